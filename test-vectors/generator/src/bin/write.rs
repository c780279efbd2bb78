//! Writes all files of vectors into the folder above this package.

use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (name, file) in necturus_test_vectors::files() {
        fs::write(folder.join(name), file.to_json())?;
        println!("{name}: {} cases", file.cases_count);
    }
    Ok(())
}
