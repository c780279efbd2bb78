//! Accounts and Olm sessions.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark may stop when something is wrong"
)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use necturus::{
    SessionVersion,
    olm::{Account, OlmMessage, PreKeyMessage, Session},
};

const TEXT: [u8; 1024] = [0x61; 1024];

fn outbound(alice: &Account, bob: &Account) -> Session {
    let one_time_key = bob.unpublished_one_time_keys().next().unwrap().key;
    let identity_key = bob.identity_keys().curve25519;
    alice
        .outbound_session(SessionVersion::V1, &identity_key, &one_time_key)
        .unwrap()
}

fn with_one_time_key() -> Account {
    let mut account = Account::new().unwrap();
    account.generate_one_time_keys(1).unwrap();
    account
}

fn first_message(session: &mut Session) -> Option<PreKeyMessage> {
    match session.encrypt(&TEXT).unwrap() {
        OlmMessage::PreKey(message) => Some(message),
        OlmMessage::Normal(_) => None,
    }
}

/// Two sessions that have heard of each other.
fn pair() -> (Session, Session) {
    let (alice, mut bob) = (Account::new().unwrap(), with_one_time_key());
    let mut ours = outbound(&alice, &bob);
    let message = first_message(&mut ours).unwrap();
    let pending = bob
        .open(
            SessionVersion::V1,
            &alice.identity_keys().curve25519,
            &message,
        )
        .unwrap();
    let (mut theirs, _) = pending.accept(&mut bob).unwrap();
    ours.decrypt(&theirs.encrypt(b"reply").unwrap()).unwrap();
    theirs.decrypt(&ours.encrypt(b"heard").unwrap()).unwrap();
    (ours, theirs)
}

fn accounts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("account");
    group.bench_function("new", |b| b.iter(Account::new));
    group.bench_function("50 one-time keys", |b| {
        b.iter_batched_ref(
            || Account::new().unwrap(),
            |account| account.generate_one_time_keys(50),
            BatchSize::SmallInput,
        );
    });
    let account = Account::new().unwrap();
    group.bench_function("sign 1 KiB", |b| b.iter(|| account.sign(&TEXT)));
    group.finish();
}

fn sessions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("session");
    let (alice, bob) = (Account::new().unwrap(), with_one_time_key());
    group.bench_function("outbound", |b| b.iter(|| outbound(&alice, &bob)));
    let message = first_message(&mut outbound(&alice, &bob)).unwrap();
    let sender = alice.identity_keys().curve25519;
    group.bench_function("open a pre-key message", |b| {
        b.iter(|| bob.open(SessionVersion::V1, &sender, &message));
    });
    group.finish();
}

fn messages(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("olm message, 1 KiB");
    group.throughput(Throughput::Bytes(TEXT.len() as u64));
    let (mut alice, _) = pair();
    group.bench_function("encrypt", |b| b.iter(|| alice.encrypt(&TEXT)));
    let (mut alice, mut bob) = pair();
    group.bench_function("encrypt + decrypt, same chain", |b| {
        b.iter(|| bob.decrypt(&alice.encrypt(&TEXT).unwrap()));
    });
    let (mut alice, mut bob) = pair();
    group.bench_function("two messages with turns", |b| {
        b.iter(|| {
            alice.decrypt(&bob.encrypt(&TEXT).unwrap()).unwrap();
            bob.decrypt(&alice.encrypt(&TEXT).unwrap()).unwrap()
        });
    });
    group.finish();
}

criterion_group!(benches, accounts, sessions, messages);
criterion_main!(benches);
