//! What the records hold.

use super::{ACCOUNT, INBOUND, OUTBOUND, PK, SESSION, bad, loads, pk};
use crate::{
    cases::pickles::{account, group, see_account, see_session, session},
    crypto::{Pair, near_p},
    draw::draw32,
    format::Case,
    megolm,
    olm::{Chain, Skipped},
    records::Record,
};

pub(super) fn accounts() -> Vec<Case> {
    let (good, record) = (account(), account().record());
    let refused = |id: &str, comment: &str, record: &[u8], error: &str, flags: &[&str]| {
        bad(id, comment, ACCOUNT, record, error, flags)
    };
    let changed = |at: usize, bytes: &[u8]| {
        let mut record = record.clone();
        record[at..at + bytes.len()].copy_from_slice(bytes);
        record
    };
    let mut legacy = record.clone();
    legacy[..4].copy_from_slice(&1u32.to_be_bytes());
    let other = Pair::drawn("pickle other");
    let (count_at, fallback_at) = (4 + 96 + 64, 4 + 96 + 64 + 4 + 3 * 69);
    let one_bit = |at: usize| changed(at, &[record[at] ^ 1]);
    let mut unclamped = good.head(4).finish();
    unclamped[36..100].copy_from_slice(&good.signer.hash);
    unclamped.extend_from_slice(&record[fallback_at..]);
    let mut many = good.clone();
    many.one_time = (1..=101)
        .rev()
        .map(|id| crate::records::OneTimeKey {
            id,
            published: true,
            pair: Pair::drawn(&format!("pickle one of many {id}")),
        })
        .collect();
    let mut full = many.clone();
    full.one_time.truncate(100);
    full.last_id = 101;
    let full_record = full.record();
    vec![
        refused(
            "account-1",
            "version 1, whose keys come from a faulty generator",
            &legacy,
            "pickle.legacy-account",
            &["version"],
        ),
        refused(
            "account-ed25519-public",
            "the Ed25519 public key is another's",
            &changed(4, &crate::crypto::Signer::drawn("pickle other").public),
            "pickle.keys-disagree",
            &["public-half"],
        ),
        refused(
            "account-ed25519-public-identity",
            "the Ed25519 public key is the identity point",
            &changed(4, &near_identity()),
            "key.small-order",
            &["public-half", "small-order"],
        ),
        refused(
            "account-ed25519-scalar",
            "one bit of the Ed25519 scalar flipped",
            &one_bit(50),
            "pickle.keys-disagree",
            &["public-half"],
        ),
        refused(
            "account-curve25519-public",
            "the Curve25519 public key is another's",
            &changed(100, &other.public),
            "pickle.keys-disagree",
            &["public-half"],
        ),
        refused(
            "account-one-time-public",
            "the public half of a one-time key is another's",
            &changed(count_at + 4 + 5, &other.public),
            "pickle.keys-disagree",
            &["public-half"],
        ),
        refused(
            "account-fallback-public",
            "the public half of a fallback key is another's",
            &changed(fallback_at + 1 + 5, &other.public),
            "pickle.keys-disagree",
            &["public-half"],
        ),
        refused(
            "account-3-fallback-keys",
            "a count of 3 fallback keys",
            &changed(fallback_at, &[3]),
            "pickle.too-many",
            &["too-many"],
        ),
        refused(
            "account-255-fallback-keys",
            "a count of 255 fallback keys",
            &changed(fallback_at, &[255]),
            "pickle.too-many",
            &["too-many"],
        ),
        refused(
            "account-fewer-one-time-keys",
            "a count of 2 one-time keys where 3 are",
            &changed(count_at, &2u32.to_be_bytes()),
            "pickle",
            &[],
        ),
        refused(
            "account-4-one-time-keys",
            "a count of 4 one-time keys where 3 are",
            &changed(count_at, &4u32.to_be_bytes()),
            "pickle",
            &["truncated"],
        ),
        refused(
            "account-2-pow-32-one-time-keys",
            "a count of 2^32 − 1 one-time keys",
            &changed(count_at, &u32::MAX.to_be_bytes()),
            "pickle.truncated",
            &["truncated"],
        ),
        refused(
            "account-101-one-time-keys",
            "one one-time key more than libolm holds",
            &many.record(),
            "pickle.too-many",
            &["too-many"],
        ),
        loads(
            "account-100-one-time-keys",
            "as many as libolm holds",
            ACCOUNT,
            &full_record,
            see_account(&full),
            &full_record,
        ),
        loads(
            "account-not-clamped",
            "an expanded key whose scalar is as the hash gave it, as \
            vodozemac writes it: it is clamped when read",
            ACCOUNT,
            &unclamped,
            see_account(&good),
            &record,
        ),
        loads(
            "account-flag-2",
            "a flag of 2 reads as true",
            ACCOUNT,
            &changed(count_at + 8, &[2]),
            see_account(&published(good.clone())),
            &published(good.clone()).record(),
        ),
    ]
}

fn published(mut account: crate::records::Account) -> crate::records::Account {
    account.one_time[0].published = true;
    account
}

fn near_identity() -> [u8; 32] {
    let mut identity = [0; 32];
    identity[0] = 1;
    identity
}

pub(super) fn sessions() -> Vec<Case> {
    let refused = |id: &str, comment: &str, record: &[u8], error: &str, flags: &[&str]| {
        bad(id, comment, SESSION, record, error, flags)
    };
    let good = session();
    let mut none = good.clone();
    none.sender = None;
    none.receivers.clear();
    none.skipped.clear();

    // A second sender chain behind the first.
    let record = good.record();
    let at = 4 + 1 + 96 + 32;
    let chain = &record[at + 4..at + 4 + 100];
    let two = [
        &record[..at],
        &2u32.to_be_bytes(),
        chain,
        chain,
        &record[at + 104..],
    ]
    .concat();

    let mut six = good.clone();
    while six.receivers.len() < 6 {
        let label = format!("pickle chain {}", six.receivers.len());
        let chain = Chain {
            key: draw32(&label),
            next: 3,
        };
        six.receivers.push((Pair::drawn(&label).public, chain));
    }
    let mut five = six.clone();
    five.receivers.truncate(5);
    let many = |count: u32| {
        let mut session = good.clone();
        session.receivers[0].1.next = 100;
        session.skipped = (0..count)
            .rev()
            .map(|index| Skipped {
                ratchet_key: session.receivers[0].0,
                key: draw32(&format!("pickle skipped {index}")),
                index,
            })
            .collect();
        session
    };
    let mut dead = good.clone();
    let gone = dead.skipped.len();
    for number in 0..3 {
        dead.skipped.push(Skipped {
            ratchet_key: Pair::drawn("pickle gone chain").public,
            key: draw32("pickle dead key"),
            index: number,
        });
    }
    let mut without = dead.clone();
    without.skipped.truncate(gone);
    let mut public = good.clone();
    if let Some((ratchet, _)) = &mut public.sender {
        ratchet.public = Pair::drawn("pickle other").public;
    }
    let kept = |id: &str, comment: &str, session: &crate::olm::Session| {
        let record = session.record();
        loads(id, comment, SESSION, &record, see_session(session), &record)
    };
    vec![
        refused(
            "session-no-chain",
            "no chain to send or receive on",
            &none.record(),
            "pickle.no-chain",
            &[],
        ),
        refused(
            "session-2-sender-chains",
            "two sender chains",
            &two,
            "pickle.too-many",
            &["too-many"],
        ),
        refused(
            "session-6-receiver-chains",
            "one receiver chain more than libolm holds",
            &six.record(),
            "pickle.too-many",
            &["too-many"],
        ),
        kept(
            "session-5-receiver-chains",
            "as many as libolm holds",
            &five,
        ),
        refused(
            "session-41-skipped-keys",
            "one skipped key more than libolm holds",
            &many(41).record(),
            "pickle.too-many",
            &["too-many"],
        ),
        kept(
            "session-40-skipped-keys",
            "as many as libolm holds",
            &many(40),
        ),
        loads(
            "session-dead-skipped-keys",
            "skipped keys of a chain that is gone: nothing can use \
            them",
            SESSION,
            &dead.record(),
            see_session(&dead),
            &without.record(),
        ),
        refused(
            "session-ratchet-public",
            "the public half of the ratchet key is another's",
            &public.record(),
            "pickle.keys-disagree",
            &["public-half"],
        ),
    ]
}

pub(super) fn groups() -> Vec<Case> {
    let group = group();
    let other = crate::crypto::Signer::drawn("pickle other");
    let inbound = |initial: u32, latest: u32| {
        let base = megolm::Session::drawn("pickle group");
        let mut record = Record::of_version(2);
        base.ratchet.at(initial).put(&mut record);
        base.ratchet.at(latest).put(&mut record);
        record.bytes(&base.signer.public);
        record.flag(true);
        record.finish()
    };
    let with_key = |public: [u8; 32]| {
        let mut session = group.clone();
        session.signer.public = public;
        session.inbound_record(65_535, true)
    };
    let mut foreign = group.clone();
    foreign.signer.public = other.public;
    let mut latest = group.inbound_record(65_600, true);
    latest[4 + 132] ^= 1;
    let mut no_point = [0; 32];
    no_point[0] = 2;
    let pair = Pair::drawn("pickle pk");
    vec![
        bad(
            "outbound-ed25519-public",
            "the Ed25519 public key is another's",
            OUTBOUND,
            &foreign.outbound_record(),
            "pickle.keys-disagree",
            &["public-half"],
        ),
        bad(
            "inbound-latest-below-initial",
            "the latest ratchet is before the initial one",
            INBOUND,
            &inbound(65_600, 65_535),
            "pickle.keys-disagree",
            &[],
        ),
        bad(
            "inbound-latest-of-another",
            "the latest ratchet does not follow from the initial one",
            INBOUND,
            &latest,
            "pickle.keys-disagree",
            &[],
        ),
        bad(
            "inbound-no-point",
            "the public key is no point",
            INBOUND,
            &with_key(no_point),
            "key.not-a-point",
            &[],
        ),
        bad(
            "inbound-not-reduced",
            "the y of the public key is p + 3",
            INBOUND,
            &with_key(near_p(0xf0)),
            "key.not-a-point",
            &["non-canonical"],
        ),
        bad(
            "inbound-small-order",
            "the public key is the identity point",
            INBOUND,
            &with_key(near_identity()),
            "key.small-order",
            &["small-order"],
        ),
        bad(
            "pk-decryption-public",
            "the public half is another's",
            PK,
            &pk(&pair, &Pair::drawn("pickle other").public),
            "pickle.keys-disagree",
            &["public-half"],
        ),
    ]
}
