//! The cases, a module for each file.

mod attachments;
mod curve25519;
mod dehydrated_devices;
mod ed25519;
mod events;
mod identity;
mod json;
mod key_backup;
mod key_export;
mod livekit;
mod matrixrtc;
mod megolm_messages;
mod megolm_session_keys;
mod olm_accounts;
mod olm_messages;
mod olm_sessions;
mod pickles;
mod pickles_libolm;
mod pickles_necturus;
mod pickles_vodozemac;
mod qr_verification;
mod recovery_keys;
mod room_key_bundles;
mod sas;
mod secret_storage;
mod sframe;
mod sign_in_channels;
mod sign_in_codes;

use crate::format::File;

/// All files, by name, without notes on peers.
pub(crate) fn all() -> Vec<(&'static str, File)> {
    vec![
        ("attachments.json", attachments::file()),
        ("dehydrated-devices.json", dehydrated_devices::file()),
        ("room-key-bundles.json", room_key_bundles::file()),
        ("curve25519.json", curve25519::file()),
        ("device-keys.json", identity::devices_file()),
        ("ed25519.json", ed25519::file()),
        ("identity.json", identity::file()),
        ("json.json", json::file()),
        ("key-backup.json", key_backup::file()),
        ("key-export.json", key_export::file()),
        ("events.json", events::file()),
        ("room-events.json", events::room_file()),
        ("room-keys.json", events::room_keys_file()),
        ("livekit.json", livekit::file()),
        ("matrixrtc.json", matrixrtc::file()),
        ("megolm-messages.json", megolm_messages::file()),
        ("megolm-session-keys.json", megolm_session_keys::file()),
        ("olm-accounts.json", olm_accounts::file()),
        ("olm-messages.json", olm_messages::file()),
        ("olm-sessions.json", olm_sessions::file()),
        ("pickles-libolm.json", pickles_libolm::file()),
        ("pickles-necturus.json", pickles_necturus::file()),
        ("pickles-vodozemac.json", pickles_vodozemac::file()),
        ("qr-verification.json", qr_verification::file()),
        ("recovery-keys.json", recovery_keys::file()),
        ("sas.json", sas::file()),
        ("secret-storage.json", secret_storage::file()),
        ("sframe.json", sframe::file()),
        ("sign-in-channels.json", sign_in_channels::file()),
        ("sign-in-codes.json", sign_in_codes::file()),
    ]
}

/// Texts that stand for some bytes in bad base64: what is wrong, and the flag.
///
/// `good` is the right text, whose length is not 0 mod 4 where padding or last
/// bits are to be wrong.
fn bad_base64(good: &str) -> Vec<(&'static str, &'static str, String)> {
    let (body, last) = good.split_at(good.len() - 1);
    let mut texts = vec![
        (
            "line-feed-at-the-end",
            "a line feed at the end",
            format!("{good}\n"),
        ),
        (
            "line-feed-inside",
            "a line feed in place of a symbol",
            format!("{}\n{}", &good[..20], &good[21..]),
        ),
        (
            "space-inside",
            "a space in place of a symbol",
            format!("{} {}", &good[..20], &good[21..]),
        ),
        (
            "8-bit",
            "a byte of 0x80 and more (in UTF-8) in place of two symbols",
            format!("{}\u{e9}{}", &good[..20], &good[22..]),
        ),
        (
            "url-alphabet",
            "the URL alphabet's two symbols",
            format!("{}-_{}", &good[..20], &good[22..]),
        ),
        (
            "length-1-mod-4",
            "one symbol more than whole groups of four",
            format!("{}A", &good[..good.len() / 4 * 4]),
        ),
    ];
    let pads = (4 - good.len() % 4) % 4;
    if pads > 0 {
        texts.push(("padded", "padding", format!("{good}{}", "=".repeat(pads))));
        let next = match last.as_bytes()[0] {
            b'+' => '/',
            b'Z' => 'b',
            b'z' => '1',
            b'9' => '/',
            symbol => char::from(symbol + 1),
        };
        texts.push((
            "last-bits",
            "unused last bits that are not zero",
            format!("{body}{next}"),
        ));
    }
    if pads == 2 {
        texts.push(("half-padded", "one `=` of two", format!("{good}=")));
    }
    texts.push((
        "over-padded",
        "one `=` too many",
        format!("{good}{}", "=".repeat(pads + 1)),
    ));
    texts
}
