//! A file is encrypted as it is read, opened again, and refused when somebody
//! has changed it.
//!
//! Run it with `cargo run --release --example attachment`.

use core::error::Error;
use std::fs::{self, File};

use necturus::{
    json::Object,
    vault::{EncryptedFile, FileVersions},
};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("necturus-attachment-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let shown = show(
        &folder.join("picture"),
        &folder.join("upload"),
        &folder.join("copy"),
    );
    fs::remove_dir_all(&folder)?;
    shown
}

fn show(
    picture: &std::path::Path,
    upload: &std::path::Path,
    copy: &std::path::Path,
) -> Result<(), Box<dyn Error>> {
    let pixels: Vec<u8> = (0..=255).cycle().take(5_000_000).collect();
    fs::write(picture, &pixels)?;
    println!("a picture of {} bytes", pixels.len());

    // In 64 kB of memory, however large the picture.
    let file = EncryptedFile::encrypt_to(File::open(picture)?, File::create(upload)?)?;
    println!("encrypted: {} bytes to upload", fs::metadata(upload)?.len());

    // What goes into the encrypted event, and its parts that need not be secret.
    let json = file.to_json("mxc://example.org/where-the-server-put-it");
    let object = Object::parse(json.as_bytes())?;
    for member in ["v", "url", "iv", "hashes"] {
        let value = object.get(member).ok_or("not there")?;
        println!("  {member}: {value}");
    }

    // The receiver has the event and the download.
    let file = EncryptedFile::from_json(json.as_bytes(), FileVersions::Current)?;
    let verified = file.decrypt_to(File::open(upload)?, File::create(copy)?)?;
    println!(
        "decrypted: {} bytes, all of them the sender's",
        verified.length()
    );
    assert!(fs::read(copy)? == pixels, "the picture came through");

    // Whoever stores the upload can flip a bit of the picture, unless he is caught.
    let mut tampered = fs::read(upload)?;
    *tampered.get_mut(1_000_000).ok_or("too short")? ^= 1;
    fs::write(upload, tampered)?;
    match file.decrypt_to(File::open(upload)?, File::create(copy)?) {
        Ok(_) => return Err("a changed file was accepted".into()),
        Err(error) => println!(
            "changed by one bit: {error}, {}; {} bytes were written",
            error.source().ok_or("it has a reason")?,
            fs::metadata(copy)?.len()
        ),
    }
    Ok(())
}
