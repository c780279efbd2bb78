//! State at rest, each library in its own format. There is no goal for these.

use necturus::{
    SessionVersion,
    megolm::{InboundGroupSession, OutboundGroupSession},
    olm::Account,
    pickle::PickleKey,
};
use necturus_interop_libolm as libolm;
use vodozemac::{megolm as vodo_megolm, olm as vodo};

use crate::{
    random,
    row::{Peer, Row},
};

const KEY: [u8; 32] = [7; 32];
const CONTEXT: &[u8] = b"@alice:example.org DEVICE";

pub(crate) fn rows() -> Vec<Row> {
    vec![account(true), account(false), inbound(true), inbound(false)]
}

/// An account with 50 one-time keys.
fn account(write: bool) -> Row {
    let key = PickleKey::from_bytes(&KEY);
    let mut necturus = Account::new().unwrap();
    necturus.generate_one_time_keys(50).unwrap();
    let mut vodozemac = vodo::Account::new();
    vodozemac.generate_one_time_keys(50);
    let mut olm = libolm::Account::new(&random(64)).unwrap();
    olm.generate_one_time_keys(50, &random(50 * 32)).unwrap();
    if write {
        return Row::new("account with 50 one-time keys: pickle", None)
            .with(Peer::Necturus, move || {
                necturus.pickle(&key, CONTEXT).unwrap()
            })
            .with(Peer::Vodozemac, move || vodozemac.pickle().encrypt(&KEY))
            .with(Peer::Libolm, move || olm.pickle(KEY).unwrap());
    }
    let ours = necturus.pickle(&key, CONTEXT).unwrap();
    let theirs = vodozemac.pickle().encrypt(&KEY);
    let libolms = olm.pickle(KEY).unwrap();
    Row::new("account with 50 one-time keys: unpickle", None)
        .with(Peer::Necturus, move || {
            Account::unpickle(&ours, &key, CONTEXT).unwrap()
        })
        .with(Peer::Vodozemac, move || {
            let pickle = vodo::AccountPickle::from_encrypted(&theirs, &KEY).unwrap();
            vodo::Account::from_pickle(pickle)
        })
        .with(Peer::Libolm, move || {
            libolm::Account::unpickle(KEY, &libolms).unwrap()
        })
}

fn inbound(write: bool) -> Row {
    let key = PickleKey::from_bytes(&KEY);
    let outbound = OutboundGroupSession::new(SessionVersion::V1).unwrap();
    let necturus = InboundGroupSession::new(&outbound.session_key(), SessionVersion::V1);
    let config = vodo_megolm::SessionConfig::version_1();
    let vodozemac = vodo_megolm::InboundGroupSession::new(
        &vodo_megolm::GroupSession::new(config).session_key(),
        config,
    );
    let olm_outbound = libolm::OutboundGroupSession::new(&random(160)).unwrap();
    let olm = libolm::InboundGroupSession::new(olm_outbound.session_key().unwrap()).unwrap();
    if write {
        return Row::new("inbound group session: pickle", None)
            .with(Peer::Necturus, move || {
                necturus.pickle(&key, CONTEXT).unwrap()
            })
            .with(Peer::Vodozemac, move || vodozemac.pickle().encrypt(&KEY))
            .with(Peer::Libolm, move || olm.pickle(KEY).unwrap());
    }
    let ours = necturus.pickle(&key, CONTEXT).unwrap();
    let theirs = vodozemac.pickle().encrypt(&KEY);
    let libolms = olm.pickle(KEY).unwrap();
    Row::new("inbound group session: unpickle", None)
        .with(Peer::Necturus, move || {
            InboundGroupSession::unpickle(&ours, &key, CONTEXT).unwrap()
        })
        .with(Peer::Vodozemac, move || {
            let pickle =
                vodo_megolm::InboundGroupSessionPickle::from_encrypted(&theirs, &KEY).unwrap();
            vodo_megolm::InboundGroupSession::from_pickle(pickle)
        })
        .with(Peer::Libolm, move || {
            libolm::InboundGroupSession::unpickle(KEY, &libolms).unwrap()
        })
}
