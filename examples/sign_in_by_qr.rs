//! A new device shows a QR code, an existing one scans it and lets it in:
//! `cargo run --example sign_in_by_qr --features qr-image`.

use core::{error::Error, time::Duration};
use std::{env, fs};

use necturus::channel::hpke::{self, AssociatedData, Channel, Settings};
use necturus::channel::login::{DeviceGrant, ExistingDevice, LoginSecrets, NewDevice, Protocols};
use necturus::channel::qr::{Intent, Msc4388, QrLoginData};
use necturus::qr_image::QrImage;

type Result<T> = core::result::Result<T, Box<dyn Error>>;

/// The rendezvous on the server: one message at a time, each under a new token.
struct Rendezvous {
    code: Msc4388,
    token: u32,
}

impl Rendezvous {
    /// What the next message is bound to.
    fn next(&mut self) -> Result<AssociatedData> {
        self.token = self.token.wrapping_add(1);
        Ok(AssociatedData::new(&self.code, &self.token.to_string())?)
    }

    /// Carries JSON over the channel.
    fn carry(&mut self, from: &mut Channel, to: &mut Channel, json: &str) -> Result<Vec<u8>> {
        let place = self.next()?;
        let message = from.seal(json.as_bytes(), &place)?;
        println!("  {:?} sends {} bytes", from.role(), message.len());
        Ok(to.open(&message, &place)?.to_vec())
    }
}

fn main() -> Result<()> {
    let settings = Settings::default();
    let shown = hpke::ShownKey::new(&settings)?;
    let (id, url) = ("e8da6355", "https://example.org");
    let code = Msc4388::new(Intent::Login, shown.public_key(), id, url)?;
    let bytes = QrLoginData::from(code.clone()).to_bytes();
    let picture = env::current_exe()?.with_extension("png");
    fs::write(&picture, QrImage::new(&bytes)?.to_png()?)?;
    println!("The new device shows {}", picture.display());

    let scanned = QrLoginData::scan(&bytes, Intent::Reciprocate)?;
    assert_eq!(scanned.public_key(), shown.public_key());
    let mut at = Rendezvous { code, token: 0 };
    let (first, second) = (at.next()?, at.next()?);
    let (scanned, initiate) = hpke::scan(&at.code.public_key(), &settings, &first)?;
    let (waiting, ok) = shown.receive(&initiate, &first, &second)?;
    let showing = scanned.receive(&ok, &second)?;
    println!("The existing one shows two digits; they are typed into the new one.");
    let mut g = waiting.confirm(&showing.check_code().to_string())?;
    let mut s = showing.code_shown();

    let (e, offer) = ExistingDevice::start(&s, &Protocols::base_url(at.code.base_url()));
    let (NewDevice::Shown(n), Some(offer)) = (NewDevice::start(&g), offer) else {
        return Err("the existing device scanned".into());
    };
    let (n, _) = n.receive(&at.carry(&mut s, &mut g, &offer)?)?;
    let grant = DeviceGrant::new("https://login.example.org/device?code=ABCDE", None);
    let (n, message) = n.send_protocol(&grant, "NEWDEVICE");
    let e = e.receive(&at.carry(&mut g, &mut s, &message)?)?.absent();
    println!("The user consents at {}", e.verification_uri());
    let (e, message) = e.consent();
    let (n, message) = n.receive(&at.carry(&mut s, &mut g, &message)?)?.token();
    let e = e.receive(&at.carry(&mut g, &mut s, &message)?, Duration::ZERO)?;
    println!("{} appears on the server.", e.device_id());
    let secrets = LoginSecrets::new(&[1; 32], &[2; 32], &[3; 32]);
    let message = e.appeared().send(&secrets);
    let secrets = n.receive(&at.carry(&mut s, &mut g, &message)?)?;
    assert_eq!(secrets.expose_master_key(), &[1; 32]);
    println!("The new device is signed in and has the secrets.");
    Ok(())
}
