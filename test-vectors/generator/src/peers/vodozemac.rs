//! vodozemac 0.11.1.

use super::Note;

const PADDING: &str = "takes base64 with padding, also with one `=` of two";
const KEYS_UNCHECKED: &str =
    "takes any string of bytes that decodes to a point: small orders and y of p and more";
const VERSIONS: &str = "reads no older version of libolm's pickles";
const PUBLIC_HALF: &str = "does not look at the public half: it derives it anew";

const fn vodozemac(
    verdict: &'static str,
    reason: &'static str,
    cases: &'static [&'static str],
) -> Note {
    Note {
        peer: "vodozemac",
        verdict,
        reason,
        cases,
    }
}

pub(super) const NOTES: &[Note] = &[
    vodozemac(
        "accepts",
        PADDING,
        &[
            "curve25519/text-padded",
            "ed25519/text-padded",
            "megolm-message/base64-2-half-padded",
            "megolm-message/base64-2-padded",
            "megolm-message/base64-3-padded",
            "olm-message/base64-2-half-padded",
            "olm-message/base64-2-padded",
            "olm-message/base64-3-padded",
            "vodozemac-pickle/base64-padded",
        ],
    ),
    vodozemac(
        "undefined",
        "panics: a text of 44 characters that are 33 bytes",
        &["ed25519/text-33-bytes"],
    ),
    vodozemac(
        "refuses",
        "its equation has no cofactor",
        &[
            "ed25519/cofactored-*",
            "megolm-message/cofactored-*",
            "megolm-session-key/cofactored-*",
        ],
    ),
    vodozemac(
        "accepts",
        KEYS_UNCHECKED,
        &[
            "ed25519/key-identity*",
            "ed25519/key-not-reduced-*",
            "ed25519/key-order-*",
            "libolm-pickle/inbound-not-reduced",
            "libolm-pickle/inbound-small-order",
            "megolm-exported-key/public-key-identity*",
            "megolm-exported-key/public-key-not-reduced",
            "megolm-exported-key/public-key-order-*",
            "vodozemac-pickle/inbound-small-order",
        ],
    ),
    vodozemac(
        "accepts",
        "MAC and signature are over its own encoding of what it read, not over the bytes received",
        &[
            "megolm-message/ciphertext-first-recoded",
            "megolm-message/ciphertext-length-long-varint-recoded",
            "megolm-message/ciphertext-twice-last-right-recoded",
            "megolm-message/ciphertext-twice-recoded",
            "megolm-message/index-2-pow-32-plus-5-recoded",
            "megolm-message/index-long-varint-recoded",
            "megolm-message/index-twice-last-right-recoded",
            "megolm-message/index-twice-recoded",
            "megolm-message/tag-long-varint-recoded",
            "megolm-message/unknown-bytes-recoded",
            "megolm-message/unknown-number-recoded",
            "olm-message/ciphertext-before-index-recoded",
            "olm-message/ciphertext-first-recoded",
            "olm-message/ciphertext-length-long-varint-recoded",
            "olm-message/ciphertext-twice-last-right-recoded",
            "olm-message/ciphertext-twice-recoded",
            "olm-message/index-first-recoded",
            "olm-message/index-long-varint-recoded",
            "olm-message/index-twice-last-right-recoded",
            "olm-message/index-twice-recoded",
            "olm-message/ratchet-key-length-long-varint-recoded",
            "olm-message/ratchet-key-twice-last-right-recoded",
            "olm-message/ratchet-key-twice-recoded",
            "olm-message/tag-long-varint-recoded",
            "olm-message/unknown-bytes-recoded",
            "olm-message/unknown-number-recoded",
        ],
    ),
    vodozemac(
        "accepts",
        "reads the outer part of a pre-key message leniently; nothing authenticates it",
        &[
            "olm-pre-key/base-key-length-long-varint",
            "olm-pre-key/base-key-twice",
            "olm-pre-key/identity-key-length-long-varint",
            "olm-pre-key/identity-key-twice",
            "olm-pre-key/inner-message-length-long-varint",
            "olm-pre-key/inner-message-twice",
            "olm-pre-key/one-time-key-length-long-varint",
            "olm-pre-key/one-time-key-twice",
            "olm-pre-key/reversed",
            "olm-pre-key/unknown-last",
            "olm-pre-key/wire-type-5",
        ],
    ),
    vodozemac(
        "accepts",
        "the ratchet key meets a private key only when it answers, which then fails for good",
        &["olm-pre-key/ratchet-key-*"],
    ),
    vodozemac(
        "differs",
        "in a session that exists it reads the inner message only",
        &["olm-inbound/matching@4:accepts,7:refuses"],
    ),
    vodozemac(
        "differs",
        "makes a sender chain for the refused message, and keeps it",
        &["olm-inbound/message-of-another-session@0:refuses and changes"],
    ),
    vodozemac(
        "differs",
        "indexes have 64 bits: the chain goes on to 2^32, which others do not read",
        &["olm-session/sender-chain-ends@1:accepts,2:accepts"],
    ),
    vodozemac(
        "undefined",
        "wraps to index 0, or panics if it was built with overflow checks",
        &["megolm-outbound/the-end"],
    ),
    vodozemac(
        "differs",
        "a session that came from an export stays unverified, whatever it decrypts",
        &["megolm-inbound/verified-by-message@4:accepts otherwise"],
    ),
    vodozemac(
        "accepts",
        "ignores bytes behind an exported key, and behind the record in a pickle of libolm",
        &[
            "libolm-pickle/account-byte-appended",
            "libolm-pickle/account-fewer-one-time-keys",
            "libolm-pickle/inbound-group-session-byte-appended",
            "libolm-pickle/outbound-group-session-byte-appended",
            "libolm-pickle/session-byte-appended",
            "megolm-exported-key/byte-appended",
        ],
    ),
    vodozemac(
        "accepts",
        "compares as many bytes of the MAC as it is given",
        &[
            "pk-decryption/mac-of-1",
            "pk-decryption/mac-of-32",
            "pk-decryption/mac-of-7",
        ],
    ),
    vodozemac(
        "refuses",
        VERSIONS,
        &[
            "libolm-pickle/account-2",
            "libolm-pickle/account-3-both",
            "libolm-pickle/account-3-current",
            "libolm-pickle/account-3-none",
            "libolm-pickle/account-3-previous-alone",
            "libolm-pickle/inbound-1",
            "libolm-pickle/session-80000001",
        ],
    ),
    vodozemac(
        "accepts otherwise",
        "takes any session with a receiver chain for one that has received a message",
        &["libolm-pickle/session-called"],
    ),
    vodozemac(
        "accepts",
        PUBLIC_HALF,
        &[
            "libolm-pickle/account-curve25519-public",
            "libolm-pickle/account-ed25519-public",
            "libolm-pickle/account-ed25519-public-identity",
            "libolm-pickle/account-ed25519-scalar",
            "libolm-pickle/account-fallback-public",
            "libolm-pickle/account-one-time-public",
            "libolm-pickle/outbound-ed25519-public",
            "libolm-pickle/session-ratchet-public",
        ],
    ),
    vodozemac(
        "accepts",
        "takes a count of more than two fallback keys for two",
        &[
            "libolm-pickle/account-255-fallback-keys",
            "libolm-pickle/account-3-fallback-keys",
        ],
    ),
    vodozemac(
        "accepts",
        "holds more one-time keys than libolm, and drops what it has no room for in other lists",
        &[
            "libolm-pickle/account-101-one-time-keys",
            "libolm-pickle/session-2-sender-chains",
            "libolm-pickle/session-41-skipped-keys",
            "libolm-pickle/session-6-receiver-chains",
        ],
    ),
    vodozemac(
        "accepts",
        "does not read the latest ratchet",
        &[
            "libolm-pickle/inbound-latest-below-initial",
            "libolm-pickle/inbound-latest-of-another",
        ],
    ),
    vodozemac(
        "accepts",
        "believes the public one-time keys as they are stored",
        &[
            "vodozemac-pickle/account-public-alone",
            "vodozemac-pickle/account-public-other",
        ],
    ),
    vodozemac(
        "accepts",
        "checks no index, and loads a session that can neither send nor receive",
        &[
            "vodozemac-pickle/session-index-2-pow-33",
            "vodozemac-pickle/session-no-chain",
        ],
    ),
    vodozemac(
        "accepts",
        "sees no device id: what calls it has to compare",
        &["dehydrated/other-device-id"],
    ),
    vodozemac(
        "refuses",
        "reads the version alone that it writes",
        &["dehydrated/state-version-msc"],
    ),
    vodozemac(
        "accepts",
        "takes any byte but 0 for a flag that is set, and ignores what is behind the state",
        &["dehydrated/state-flag-*", "dehydrated/state-trailing"],
    ),
];
