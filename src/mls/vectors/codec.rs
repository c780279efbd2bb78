//! `messages.json` and `deserialization.json`: what is read and written again by
//! the engine's types, as our own code reads and writes.

use alloc::vec::Vec;

use openmls::prelude::{
    ContentType, MlsMessageBodyIn, MlsMessageIn, ProposalIn, RatchetTreeIn, WireFormat,
};
use serde::Deserialize;
use tls_codec::{Deserialize as _, Serialize as _, vlen};

use super::{
    Case, Hex,
    formulas::{Reader, vector},
};

/// `ExtensionType`.
const RATCHET_TREE: u16 = 2;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    vlbytes_header: Hex,
    length: usize,
}

impl Case for Header {
    const THROUGH: &'static str = "the engine's codec";

    fn suite(&self) -> Option<u16> {
        None
    }

    fn check(&self) {
        let mut rest = &self.vlbytes_header[..];
        let read = vlen::read_length(&mut rest).unwrap();
        assert_eq!(read, (self.length, self.vlbytes_header.len()));
        assert!(rest.is_empty());

        let mut written = Vec::new();
        vlen::write_length(&mut written, self.length).unwrap();
        assert_eq!(written, *self.vlbytes_header);
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Messages {
    mls_welcome: Hex,
    mls_group_info: Hex,
    mls_key_package: Hex,
    ratchet_tree: Hex,
    group_secrets: Hex,
    add_proposal: Hex,
    update_proposal: Hex,
    remove_proposal: Hex,
    pre_shared_key_proposal: Hex,
    re_init_proposal: Hex,
    external_init_proposal: Hex,
    group_context_extensions_proposal: Hex,
    commit: Hex,
    public_message_application: Hex,
    public_message_proposal: Hex,
    public_message_commit: Hex,
    private_message: Hex,
}

impl Case for Messages {
    const THROUGH: &'static str = "the engine's public types: of GroupSecrets (private) the shape, ReInit without ratchet_tree (refused)";

    fn suite(&self) -> Option<u16> {
        None
    }

    fn check(&self) {
        for (message, wire_format) in [
            (&self.mls_welcome, WireFormat::Welcome),
            (&self.mls_group_info, WireFormat::GroupInfo),
            (&self.mls_key_package, WireFormat::KeyPackage),
            (&self.private_message, WireFormat::PrivateMessage),
        ] {
            assert_eq!(again(message).wire_format(), wire_format);
        }
        for (message, content_type) in [
            (&self.public_message_application, ContentType::Application),
            (&self.public_message_proposal, ContentType::Proposal),
            (&self.public_message_commit, ContentType::Commit),
        ] {
            assert_public(message, content_type);
        }

        let tree = RatchetTreeIn::tls_deserialize_exact(&*self.ratchet_tree).unwrap();
        assert_eq!(tree.tls_serialize_detached().unwrap(), *self.ratchet_tree);

        for (proposal_type, proposal) in [
            (1, &self.add_proposal),
            (2, &self.update_proposal),
            (3, &self.remove_proposal),
            (4, &self.pre_shared_key_proposal),
            (6, &self.external_init_proposal),
            (7, &self.group_context_extensions_proposal),
        ] {
            proposal_again(proposal_type, proposal).unwrap();
        }
        self.check_re_init();

        // The type of a bare commit is private: it is read in a message.
        let framed = [
            // Version, public message, group, epoch, member 0, no data, a commit.
            &[
                0, 1, 0, 1, 1, 9, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 3,
            ][..],
            &self.commit,
            // Signature, confirmation tag, membership tag.
            &vector(&[1; 64]),
            &vector(&[2; 32]),
            &vector(&[3; 32]),
        ]
        .concat();
        assert_public(&framed, ContentType::Commit);
        self.check_group_secrets();
    }
}

impl Messages {
    /// The type is private to the engine: its shape (RFC 9420, section 12.4.3.1).
    fn check_group_secrets(&self) {
        let mut reader = Reader(&self.group_secrets);
        assert!(!reader.vector().is_empty());
        match reader.u8() {
            0 => {}
            1 => assert!(!reader.vector().is_empty()),
            other => panic!("optional {other}"),
        }
        let mut psks = Reader(reader.vector());
        while !psks.0.is_empty() {
            match psks.u8() {
                // External: its id.
                1 => drop(psks.vector()),
                // Resumption: usage, group and epoch.
                2 => drop((psks.u8(), psks.vector(), psks.u64())),
                other => panic!("type of pre-shared key {other}"),
            }
            assert!(!psks.vector().is_empty(), "a nonce");
        }
        reader.end();
    }

    /// The working group's proposals carry a ratchet tree, which is an extension
    /// of a GroupInfo and none of a group's context (RFC 9420, section 17.3): the
    /// engine refuses it, and reads the proposal without.
    fn check_re_init(&self) {
        if proposal_again(5, &self.re_init_proposal).is_some() {
            return;
        }
        let mut reader = Reader(&self.re_init_proposal);
        // Group, version and suite.
        let head = reader.taken(|reader| {
            reader.skip_vectors(1);
            reader.bytes(4);
        });
        let mut extensions = Reader(reader.vector());
        assert_eq!(extensions.u16(), RATCHET_TREE);
        RatchetTreeIn::tls_deserialize_exact(extensions.vector()).unwrap();
        extensions.end();
        reader.end();
        proposal_again(5, &[head, &vector(&[])].concat()).unwrap();
    }
}

/// Reads a proposal of this type, if the engine takes it, and compares what is
/// written of it.
fn proposal_again(proposal_type: u16, proposal: &[u8]) -> Option<ProposalIn> {
    let bytes = [&proposal_type.to_be_bytes()[..], proposal].concat();
    let proposal = ProposalIn::tls_deserialize_exact(&bytes).ok()?;
    assert_eq!(u16::from(proposal.proposal_type()), proposal_type);
    assert_eq!(proposal.tls_serialize_detached().unwrap(), bytes);
    Some(proposal)
}

fn assert_public(message: &[u8], content_type: ContentType) {
    match again(message).extract() {
        MlsMessageBodyIn::PublicMessage(message) => {
            assert_eq!(message.content_type(), content_type);
        }
        other => panic!("not a public message: {other:?}"),
    }
}

/// Reads a message, and compares what is written of it.
fn again(bytes: &[u8]) -> MlsMessageIn {
    let message = MlsMessageIn::tls_deserialize_exact(bytes).unwrap();
    assert_eq!(message.tls_serialize_detached().unwrap(), bytes);
    message
}
