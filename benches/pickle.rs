//! State at rest, in our own format and in those of the peers.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark may stop when something is wrong"
)]

use criterion::{Criterion, criterion_group, criterion_main};
use necturus::{
    SessionVersion,
    megolm::{InboundGroupSession, OutboundGroupSession},
    olm::{Account, Session},
    pickle::PickleKey,
};

const KEY: [u8; 32] = [7; 32];
const CONTEXT: &[u8] = b"@alice:example.org DEVICE";

macro_rules! formats {
    ($criterion:expr, $name:literal, $object:ty, $value:expr) => {
        let key = PickleKey::from_bytes(&KEY);
        let value: &$object = $value;
        let mut group = $criterion.benchmark_group($name);
        group.bench_function("pickle", |b| b.iter(|| value.pickle(&key, CONTEXT)));
        let pickle = value.pickle(&key, CONTEXT).unwrap();
        group.bench_function("unpickle", |b| {
            b.iter(|| <$object>::unpickle(&pickle, &key, CONTEXT).unwrap());
        });
        group.bench_function("to libolm", |b| b.iter(|| value.to_libolm_pickle(&KEY)));
        let pickle = value.to_libolm_pickle(&KEY).unwrap();
        group.bench_function("from libolm", |b| {
            b.iter(|| <$object>::from_libolm_pickle(&pickle, &KEY).unwrap());
        });
        group.bench_function("to vodozemac", |b| {
            b.iter(|| value.to_vodozemac_pickle(&KEY))
        });
        let pickle = value.to_vodozemac_pickle(&KEY).unwrap();
        group.bench_function("from vodozemac", |b| {
            b.iter(|| <$object>::from_vodozemac_pickle(&pickle, &KEY).unwrap());
        });
        group.finish();
    };
}

fn session(alice: &Account) -> Session {
    let mut bob = Account::new().unwrap();
    let one_time_key = bob
        .generate_one_time_keys(1)
        .unwrap()
        .created
        .pop()
        .unwrap()
        .key;
    let identity_key = bob.identity_keys().curve25519;
    alice
        .outbound_session(SessionVersion::V1, &identity_key, &one_time_key)
        .unwrap()
}

fn pickles(criterion: &mut Criterion) {
    let mut account = Account::new().unwrap();
    account.generate_one_time_keys(50).unwrap();
    let session = session(&account);
    let outbound = OutboundGroupSession::new(SessionVersion::V1).unwrap();
    let inbound = InboundGroupSession::new(&outbound.session_key(), SessionVersion::V1);
    formats!(
        criterion,
        "account with 50 one-time keys",
        Account,
        &account
    );
    formats!(criterion, "session", Session, &session);
    formats!(
        criterion,
        "outbound group session",
        OutboundGroupSession,
        &outbound
    );
    formats!(
        criterion,
        "inbound group session",
        InboundGroupSession,
        &inbound
    );
}

criterion_group!(benches, pickles);
criterion_main!(benches);
