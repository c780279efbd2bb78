//! A Megolm session moves between here and vodozemac at any point, in
//! vodozemac's format and in libolm's, and goes on as if it had not moved.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;
#[path = "megolm_beside_vodozemac/sender.rs"]
mod sender;

use common::rng::SeededRng;
use necturus::{
    SessionVersion::V1,
    megolm::{InboundGroupSession, OutboundGroupSession},
    pickle::PickleKey,
};
use proptest::prelude::*;
use sender::{KEY, Sender, index, to_theirs};
use vodozemac::megolm as theirs;

proptest! {
    #[test]
    fn a_sender_goes_on_through_every_format(
        seed in any::<u64>(),
        start in index(),
        roads in prop::collection::vec(0..4u8, 1..8),
    ) {
        let sender = Sender::new(seed, start.min(u32::MAX - 10));
        let mut ours = sender.ours();
        let mut receiver = sender.their_inbound();
        let mut rng = SeededRng::new(seed);
        for (road, index) in roads.into_iter().zip(sender.index..) {
            let message = match road {
                0 => {
                    let pickle = ours.to_vodozemac_pickle(&KEY).unwrap();
                    let pickle = theirs::GroupSessionPickle::from_encrypted(&pickle, &KEY).unwrap();
                    let mut theirs = theirs::GroupSession::from_pickle(pickle);
                    let message = theirs.encrypt("moved");
                    let pickle = theirs.pickle().encrypt(&KEY);
                    ours = OutboundGroupSession::from_vodozemac_pickle(&pickle, &KEY).unwrap();
                    message
                }
                1 => {
                    // libolm's format has no seed, and vodozemac reads it but
                    // does not write it.
                    let pickle = ours.to_libolm_pickle(b"pickle key").unwrap();
                    let mut theirs =
                        theirs::GroupSession::from_libolm_pickle(&pickle, b"pickle key").unwrap();
                    let message = theirs.encrypt("moved");
                    let pickle = theirs.pickle().encrypt(&KEY);
                    ours = OutboundGroupSession::from_vodozemac_pickle(&pickle, &KEY).unwrap();
                    message
                }
                2 => {
                    let pickle = ours.to_libolm_pickle(b"").unwrap();
                    ours = OutboundGroupSession::from_libolm_pickle(&pickle, b"").unwrap();
                    to_theirs(&ours.encrypt(b"moved").unwrap())
                }
                _ => {
                    let key = PickleKey::from_bytes(&KEY);
                    let pickle = ours.pickle_with(&mut rng, &key, b"room").unwrap();
                    ours = OutboundGroupSession::unpickle(&pickle, &key, b"room").unwrap();
                    to_theirs(&ours.encrypt(b"moved").unwrap())
                }
            };
            // No road changes what is sent.
            let unmoved = sender.at(index).ours().encrypt(b"moved").unwrap();
            prop_assert_eq!(message.to_bytes(), unmoved.as_bytes());
            let decrypted = receiver.decrypt(&message).unwrap();
            prop_assert_eq!(decrypted.plaintext, b"moved");
            prop_assert_eq!(decrypted.message_index, index);
        }
    }

    #[test]
    fn a_receiver_goes_on_through_every_format(
        seed in any::<u64>(),
        first in index(),
        used in index(),
        later in index(),
        signed in any::<bool>(),
        decrypts in any::<bool>(),
    ) {
        let sender = Sender::new(seed, first);
        let (used, later) = (used.max(first), later.max(first));
        let mut ours = if signed {
            InboundGroupSession::new(&sender.ours().session_key(), V1)
        } else {
            sender.our_inbound()
        };
        if decrypts {
            let message = sender.at(used).ours().encrypt(b"before").unwrap();
            ours.decrypt(&message).unwrap();
        }
        // A message that verified and decrypted vouches for the session.
        prop_assert_eq!(ours.is_verified(), signed || decrypts);

        let pickle = ours.to_vodozemac_pickle(&KEY).unwrap();
        let their_pickle =
            theirs::InboundGroupSessionPickle::from_encrypted(&pickle, &KEY).unwrap();
        let mut straight = theirs::InboundGroupSession::from_pickle(their_pickle);
        prop_assert_eq!(&straight.pickle().encrypt(&KEY), &pickle);
        let libolms = ours.to_libolm_pickle(b"pickle key").unwrap();
        let mut through_libolm =
            theirs::InboundGroupSession::from_libolm_pickle(&libolms, b"pickle key").unwrap();
        prop_assert_eq!(&through_libolm.pickle().encrypt(&KEY), &pickle);

        let key = PickleKey::from_bytes(&KEY);
        let own = ours.pickle_with(&mut SeededRng::new(seed), &key, b"").unwrap();
        let mut back = [
            InboundGroupSession::from_vodozemac_pickle(&pickle, &KEY).unwrap(),
            InboundGroupSession::from_libolm_pickle(&libolms, b"pickle key").unwrap(),
            InboundGroupSession::unpickle(&own, &key, b"").unwrap(),
        ];
        for index in [later, first] {
            let message = sender.at(index).ours().encrypt(b"after").unwrap();
            for theirs in [&mut straight, &mut through_libolm] {
                let decrypted = theirs.decrypt(&to_theirs(&message)).unwrap();
                prop_assert_eq!(decrypted.plaintext, b"after");
            }
            for ours in &mut back {
                prop_assert_eq!(ours.first_known_index(), first);
                prop_assert_eq!(ours.session_id().to_base64(), straight.session_id());
                prop_assert_eq!(ours.decrypt(&message).unwrap().index, index);
            }
        }
        for ours in [&back[0], &back[1], &back[2]] {
            prop_assert!(ours.is_verified());
        }
    }
}
