//! `message-protection.json`: RFC 9420, section 6. The sender is leaf 1 of 2.

use alloc::vec::Vec;

use serde::Deserialize;

use super::{
    Case, Hex,
    formulas::{Reader, Suite, vector},
    secret_tree::{leaf_secret, message_key, sender_data_key},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MessageProtection {
    cipher_suite: u16,
    group_id: Hex,
    epoch: u64,
    tree_hash: Hex,
    confirmed_transcript_hash: Hex,
    signature_priv: Hex,
    signature_pub: Hex,
    encryption_secret: Hex,
    sender_data_secret: Hex,
    membership_key: Hex,
    proposal: Hex,
    proposal_priv: Hex,
    proposal_pub: Hex,
    commit: Hex,
    commit_priv: Hex,
    commit_pub: Hex,
    application: Hex,
    application_priv: Hex,
}

/// `ContentType`.
const APPLICATION: u8 = 1;
const PROPOSAL: u8 = 2;
const COMMIT: u8 = 3;

/// `WireFormat`.
const PUBLIC: [u8; 2] = [0, 1];
const PRIVATE: [u8; 2] = [0, 2];

/// The version that messages begin with.
const MLS_10: [u8; 2] = [0, 1];

/// A member with leaf 1.
const SENDER: [u8; 5] = [1, 0, 0, 0, 1];

impl Case for MessageProtection {
    const THROUGH: &'static str = "our provider";

    fn suite(&self) -> Option<u16> {
        Some(self.cipher_suite)
    }

    fn check(&self) {
        let suite = Suite::new(self.cipher_suite);
        let application = vector(&self.application);
        for (kind, content, public, private) in [
            (
                PROPOSAL,
                &self.proposal[..],
                Some(&self.proposal_pub),
                &self.proposal_priv,
            ),
            (
                COMMIT,
                &self.commit,
                Some(&self.commit_pub),
                &self.commit_priv,
            ),
            // An application message is never a PublicMessage.
            (APPLICATION, &application, None, &self.application_priv),
        ] {
            if let Some(public) = public {
                let auth = self.open_public(&suite, kind, content, public);
                let again = self.seal_public(&suite, kind, content, &auth);
                self.open_public(&suite, kind, content, &again);
            }
            let (auth, generation) = self.open_private(&suite, kind, content, private);
            let again = self.seal_private(&suite, kind, content, &auth, generation + 3);
            self.open_private(&suite, kind, content, &again);
        }
    }
}

impl MessageProtection {
    /// `FramedContent`, without authenticated data.
    fn framed(&self, kind: u8, content: &[u8]) -> Vec<u8> {
        let epoch = self.epoch.to_be_bytes();
        [
            &vector(&self.group_id),
            &epoch[..],
            &SENDER,
            &vector(&[]),
            &[kind],
            content,
        ]
        .concat()
    }

    /// `FramedContentTBS`.
    fn signed(&self, suite: &Suite, wire_format: [u8; 2], kind: u8, content: &[u8]) -> Vec<u8> {
        let transcript = &self.confirmed_transcript_hash;
        let context = suite.group_context(&self.group_id, self.epoch, &self.tree_hash, transcript);
        [
            &MLS_10[..],
            &wire_format,
            &self.framed(kind, content),
            &context,
        ]
        .concat()
    }

    /// Reads `FramedContentAuthData` and checks the signature; gives all its bytes.
    fn read_auth<'a>(
        &self,
        suite: &Suite,
        wire_format: [u8; 2],
        kind: u8,
        content: &[u8],
        reader: &mut Reader<'a>,
    ) -> &'a [u8] {
        let signed = self.signed(suite, wire_format, kind, content);
        reader.taken(|reader| {
            let (key, signature) = (&self.signature_pub, reader.vector());
            assert!(suite.verifies_with_label(key, "FramedContentTBS", &signed, signature));
            if kind == COMMIT {
                assert_eq!(
                    reader.vector().len(),
                    suite.hash_length(),
                    "a confirmation tag"
                );
            }
        })
    }

    /// `FramedContentAuthData` of our own, with the confirmation tag of `theirs`.
    fn make_auth(
        &self,
        suite: &Suite,
        wire_format: [u8; 2],
        kind: u8,
        content: &[u8],
        theirs: &[u8],
    ) -> Vec<u8> {
        let signed = self.signed(suite, wire_format, kind, content);
        let signature = suite.sign_with_label(&self.signature_priv, "FramedContentTBS", &signed);
        let mut theirs = Reader(theirs);
        theirs.vector();
        [&vector(&signature), theirs.0].concat()
    }

    /// Section 6.2; gives the authentication data.
    fn open_public(&self, suite: &Suite, kind: u8, content: &[u8], message: &[u8]) -> Vec<u8> {
        let start = [&MLS_10[..], &PUBLIC, &self.framed(kind, content)].concat();
        let mut reader = Reader(message.strip_prefix(&start[..]).expect("this content"));
        let auth = self.read_auth(suite, PUBLIC, kind, content, &mut reader);
        let tag = reader.vector();
        reader.end();
        let authenticated = [&self.signed(suite, PUBLIC, kind, content), auth].concat();
        assert_eq!(
            suite.mac(&self.membership_key, &authenticated),
            tag,
            "the membership tag"
        );
        auth.to_vec()
    }

    fn seal_public(&self, suite: &Suite, kind: u8, content: &[u8], theirs: &[u8]) -> Vec<u8> {
        let auth = self.make_auth(suite, PUBLIC, kind, content, theirs);
        let authenticated = [&self.signed(suite, PUBLIC, kind, content)[..], &auth].concat();
        let tag = suite.mac(&self.membership_key, &authenticated);
        [
            &MLS_10[..],
            &PUBLIC,
            &self.framed(kind, content),
            &auth,
            &vector(&tag),
        ]
        .concat()
    }

    /// Group, epoch and kind, which authenticate sender data and content.
    fn header(&self, kind: u8) -> Vec<u8> {
        [
            &vector(&self.group_id),
            &self.epoch.to_be_bytes()[..],
            &[kind],
        ]
        .concat()
    }

    /// The key of a message, its nonce by the reuse guard.
    fn key(&self, suite: &Suite, kind: u8, generation: u32, guard: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let secret = leaf_secret(suite, &self.encryption_secret, 1, 2);
        let ratchet = if kind == APPLICATION {
            "application"
        } else {
            "handshake"
        };
        let (key, mut nonce) = message_key(suite, &secret, ratchet, generation);
        nonce
            .iter_mut()
            .zip(guard)
            .for_each(|(byte, guard)| *byte ^= guard);
        (key, nonce)
    }

    /// Section 6.3; gives the authentication data and the generation.
    fn open_private(
        &self,
        suite: &Suite,
        kind: u8,
        content: &[u8],
        message: &[u8],
    ) -> (Vec<u8>, u32) {
        let header = self.header(kind);
        let start = [&MLS_10[..], &PRIVATE, &header, &vector(&[])].concat();
        let mut reader = Reader(message.strip_prefix(&start[..]).expect("this header"));
        let (sender_data, ciphertext) = (reader.vector(), reader.vector());
        reader.end();

        let key = sender_data_key(suite, &self.sender_data_secret, ciphertext);
        let sender_data = suite.open(&key, &header, sender_data);
        let mut reader = Reader(&sender_data);
        assert_eq!(reader.u32(), 1, "the sender");
        let (generation, guard) = (reader.u32(), reader.bytes(4));
        reader.end();

        let aad = [&header[..], &vector(&[])].concat();
        let opened = suite.open(&self.key(suite, kind, generation, guard), &aad, ciphertext);
        let mut reader = Reader(opened.strip_prefix(content).expect("this content"));
        let auth = self.read_auth(suite, PRIVATE, kind, content, &mut reader);
        assert!(reader.0.iter().all(|byte| *byte == 0), "padding");
        (auth.to_vec(), generation)
    }

    fn seal_private(
        &self,
        suite: &Suite,
        kind: u8,
        content: &[u8],
        theirs: &[u8],
        generation: u32,
    ) -> Vec<u8> {
        let header = self.header(kind);
        let aad = [&header[..], &vector(&[])].concat();
        let guard = [1, 2, 3, 4];
        let auth = self.make_auth(suite, PRIVATE, kind, content, theirs);
        let padded = [content, &auth, &[0; 9]].concat();
        let ciphertext = suite.seal(&self.key(suite, kind, generation, &guard), &aad, &padded);

        let sender_data = [&1_u32.to_be_bytes()[..], &generation.to_be_bytes(), &guard].concat();
        let key = sender_data_key(suite, &self.sender_data_secret, &ciphertext);
        let sender_data = suite.seal(&key, &header, &sender_data);
        [
            &MLS_10[..],
            &PRIVATE,
            &aad,
            &vector(&sender_data),
            &vector(&ciphertext),
        ]
        .concat()
    }
}
