//! Vectors in the shape of RFC 9180's file, from a folder that the environment names.

use alloc::{collections::BTreeMap, format, string::String};
use std::{env, fs};

use serde::Deserialize;

use super::*;
use crate::primitives::hpke::{PrivateKey, Receiver, Sender};

/// Its fields are all that a case has: another shape is an error, as what was not read
/// was not checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(non_snake_case, reason = "the names in the files")]
struct Case {
    mode: u8,
    kem_id: u16,
    kdf_id: u16,
    aead_id: u16,
    info: String,
    ikmR: String,
    ikmE: String,
    skRm: String,
    pkRm: String,
    /// The ephemeral key pair: X-Wing has none.
    skEm: Option<String>,
    pkEm: Option<String>,
    enc: String,
    shared_secret: String,
    key_schedule_context: String,
    secret: String,
    key: String,
    base_nonce: String,
    exporter_secret: String,
    encryptions: Vec<Encryption>,
    exports: Vec<Export>,
    /// Of other modes.
    psk: Option<String>,
    psk_id: Option<String>,
    ikmS: Option<String>,
    skSm: Option<String>,
    pkSm: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Encryption {
    aad: String,
    ct: String,
    nonce: String,
    pt: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(non_snake_case, reason = "the names in the files")]
struct Export {
    exporter_context: String,
    L: usize,
    exported_value: String,
}

impl Case {
    /// The suite, or why it is out of reach.
    fn suite(&self) -> Result<Suite, &'static str> {
        if self.mode != 0 {
            return Err("MLS has base mode alone");
        }
        match (self.kem_id, self.kdf_id, self.aead_id) {
            (0x0020, 1, 1) => Ok(Suite::X25519Aes128Gcm),
            (0x0020, 1, 3) => Ok(Suite::X25519ChaCha20Poly1305),
            (0x0010, 1, 1) => Ok(Suite::P256Aes128Gcm),
            #[cfg(feature = "experimental-x-wing")]
            (0x647a, 1, 3) => Ok(Suite::XWingChaCha20Poly1305),
            _ => Err("no suite of ours"),
        }
    }

    fn name(&self) -> String {
        let mode = ["base", "psk", "auth", "auth_psk"]
            .get(usize::from(self.mode))
            .copied()
            .unwrap_or("?");
        format!(
            "{mode} {:#06x} {:#06x} {:#06x}",
            self.kem_id, self.kdf_id, self.aead_id
        )
    }

    /// How many values of the case were compared, and how many agree.
    fn run(&self, suite: Suite) -> (usize, usize) {
        assert!(!self.encryptions.is_empty() && !self.exports.is_empty());
        let foreign = [&self.psk, &self.psk_id, &self.ikmS, &self.skSm, &self.pkSm];
        assert_eq!(foreign, [&None; 5], "of other modes");
        let mut verdicts = Vec::new();
        let (info, enc) = (hex(&self.info), hex(&self.enc));
        let (private, public) = suite.derive_key_pair(&hex(&self.ikmR)).unwrap();
        verdicts.push(private == hex(&self.skRm) && public == hex(&self.pkRm));
        match (&self.skEm, &self.pkEm) {
            (Some(private), Some(public)) => {
                let ephemeral = suite.derive_key_pair(&hex(&self.ikmE)).unwrap();
                verdicts.push(ephemeral == (hex(private), hex(public)));
                verdicts.push(hex(public) == enc);
            }
            (None, None) => assert_eq!(self.kem_id, 0x647a, "no ephemeral key pair"),
            _ => panic!("half an ephemeral key pair"),
        }

        let random = randomness(&self.ikmE);
        let shared = suite.kem().encapsulate(&public, &random).unwrap();
        verdicts.push(shared.0.as_slice() == hex(&self.shared_secret) && shared.1 == enc);
        self.run_schedule(
            suite,
            &Schedule::new(suite, &shared.0, &info),
            &mut verdicts,
        );
        if let Some(Encryption { aad, ct, pt, .. }) = self.encryptions.first() {
            let (aad, ct, pt) = (hex(aad), hex(ct), hex(pt));
            let sealed = suite.seal(&public, &info, &aad, &pt, &random);
            verdicts.push(sealed == Ok((enc.clone(), ct.clone())));
            verdicts.push(suite.open(&private, &enc, &info, &aad, &ct) == Ok(pt));
        }
        for export in &self.exports {
            let context = hex(&export.exporter_context);
            let secret = hex(&export.exported_value);
            let sent = suite.send_export(&public, &info, &context, export.L, &random);
            verdicts.push(sent == Ok((enc.clone(), secret.clone())));
            let received = suite.receive_export(&private, &enc, &info, &context, export.L);
            verdicts.push(received == Ok(secret));
        }
        if suite == Suite::X25519ChaCha20Poly1305 {
            self.run_contexts(&mut verdicts);
        }
        let passed = verdicts.iter().filter(|passed| **passed).count();
        (verdicts.len(), passed)
    }

    /// The schedule's values, and each encryption under its key and nonce: MLS makes the
    /// first alone.
    fn run_schedule(&self, suite: Suite, schedule: &Schedule, verdicts: &mut Vec<bool>) {
        verdicts.push(schedule.context.as_slice() == hex(&self.key_schedule_context));
        verdicts.push(schedule.secret.as_slice() == hex(&self.secret));
        verdicts.push(schedule.expand::<32>(b"exp").as_slice() == hex(&self.exporter_secret));
        let base_nonce = schedule.base_nonce();
        verdicts.push(base_nonce.as_slice() == hex(&self.base_nonce));
        let key = hex(&self.key);
        verdicts.push(match suite.aead() {
            Aead::Aes128Gcm => schedule.key::<16>().as_slice() == key,
            Aead::ChaCha20Poly1305 => schedule.key::<32>().as_slice() == key,
        });
        for (number, case) in (0u128..).zip(&self.encryptions) {
            let mut nonce = *base_nonce;
            let number = number.to_be_bytes();
            for (byte, digit) in nonce.iter_mut().rev().zip(number.iter().rev()) {
                *byte ^= digit;
            }
            verdicts.push(nonce.as_slice() == hex(&case.nonce));
            let (aad, mut buffer) = (hex(&case.aad), hex(&case.pt));
            let tag = match suite.aead() {
                Aead::Aes128Gcm => Aes128Gcm::new(&schedule.key()).seal(&nonce, &aad, &mut buffer),
                Aead::ChaCha20Poly1305 => chacha::seal(&schedule.key(), &nonce, &aad, &mut buffer),
            };
            verdicts.push([&buffer[..], &tag.unwrap()].concat() == hex(&case.ct));
        }
    }

    /// All encryptions in turn, by the contexts of sign-in channels.
    fn run_contexts(&self, verdicts: &mut Vec<bool>) {
        let info = hex(&self.info);
        let (private, public) = PrivateKey::derive(&hex(&self.ikmR).try_into().unwrap());
        let random = hex(&self.ikmE).try_into().unwrap();
        let (mut sender, enc) = Sender::new(&public, &info, &random).unwrap();
        let mut receiver = Receiver::new(&private, &enc, &info).unwrap();
        for Encryption { aad, ct, pt, .. } in &self.encryptions {
            let (aad, ct, mut buffer) = (hex(aad), hex(ct), hex(pt));
            let tag = sender.seal(&aad, &mut buffer).unwrap();
            verdicts.push([&buffer[..], &tag].concat() == ct);
            verdicts.push(receiver.open(&aad, &mut buffer, &tag).is_ok() && buffer == hex(pt));
        }
    }
}

/// One line of the table.
#[derive(Default)]
struct Line {
    cases: usize,
    run: usize,
    passed: usize,
    out_of_reach: &'static str,
}

#[test]
#[ignore = "needs a folder of vectors: scripts/mls-vectors"]
#[expect(clippy::print_stdout, reason = "the table is what it is for")]
fn every_case_of_a_folder() {
    let folder = env::var("NECTURUS_HPKE_VECTORS").expect("NECTURUS_HPKE_VECTORS names a folder");
    let mut lines: BTreeMap<(String, String), Line> = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let cases: Vec<Case> = serde_json::from_slice(&fs::read(&path).unwrap())
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(!cases.is_empty(), "no case in {file}");
        for case in cases {
            let line = lines.entry((file.clone(), case.name())).or_default();
            line.cases += 1;
            match case.suite() {
                Ok(suite) => {
                    let (run, passed) = case.run(suite);
                    line.run += run;
                    line.passed += passed;
                }
                Err(why) => line.out_of_reach = why,
            }
        }
    }

    std::println!("| file | mode, KEM, KDF, AEAD | cases | values run | passed | out of reach |");
    std::println!("| --- | --- | --- | --- | --- | --- |");
    let (mut run, mut passed) = (0, 0);
    for ((file, name), line) in &lines {
        let Line {
            cases,
            run: line_run,
            passed: line_passed,
            out_of_reach,
        } = line;
        std::println!(
            "| {file} | {name} | {cases} | {line_run} | {line_passed} | {out_of_reach} |"
        );
        run += line_run;
        passed += line_passed;
    }
    std::println!("{run} values run, {passed} passed");
    assert!(run > 0, "the folder has no case of ours");
    assert_eq!(passed, run);
}
