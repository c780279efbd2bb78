//! Extensions of a group, and what a client says to understand.

use alloc::{vec, vec::Vec};

use openmls::{
    credentials::Credential as EngineCredential,
    extensions::{
        Extension as EngineExtension, ExtensionType, Extensions, ExternalSender as EngineSender,
        RequiredCapabilitiesExtension, UnknownExtension,
    },
    group::GroupContext,
    prelude::{Capabilities as EngineCapabilities, CredentialType, ProposalType, ProtocolVersion},
};
use tls_codec::{Deserialize, Serialize, VLBytes};

use super::{credential::Credential, suite::CipherSuite};

/// An extension of a group's context (RFC 9420 §13) that only the application
/// understands. All members see the same: say, a room's name, or 0xF6D0 of Matrix.
/// Authenticated, and not secret: it is in each GroupInfo and Welcome.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Extension {
    /// The number of the type. Those from 0xF000 on are for private use; those
    /// that MLS itself uses (1 to 5, and 10) are refused.
    pub kind: u16,
    /// The content.
    pub data: Vec<u8>,
}

impl Extension {
    /// An extension of this type.
    #[must_use]
    pub fn new(kind: u16, data: &[u8]) -> Self {
        Self {
            kind,
            data: data.to_vec(),
        }
    }
}

/// Somebody outside of a group who may send proposals to it (RFC 9420 §12.1.8.1),
/// such as a server that removes users whose accounts are gone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ExternalSender {
    /// The key that verifies the proposals.
    pub signature_key: Vec<u8>,
    /// Who it is.
    pub credential: Credential,
}

impl ExternalSender {
    /// The sender with this key and credential.
    #[must_use]
    pub fn new(signature_key: &[u8], credential: Credential) -> Self {
        Self {
            signature_key: signature_key.to_vec(),
            credential,
        }
    }
}

/// What a client says to understand beyond the suites of this build (RFC 9420
/// §7.2): in its key packages, and in the leaf of a group that it makes or joins.
/// Key packages of last resort and
/// leaving by a self-remove proposal are always among it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    extensions: Vec<u16>,
    proposals: Vec<u16>,
    credentials: Vec<u16>,
}

impl Capabilities {
    /// Understands a type of extension.
    #[must_use]
    pub fn extension(mut self, kind: u16) -> Self {
        self.extensions.push(kind);
        self
    }

    /// Understands a type of the application's own proposals.
    #[must_use]
    pub fn proposal(mut self, kind: u16) -> Self {
        self.proposals.push(kind);
        self
    }

    /// Understands a type of credentials, beside basic, X.509 and that of its own.
    #[must_use]
    pub fn credential(mut self, kind: u16) -> Self {
        self.credentials.push(kind);
        self
    }

    /// Those of a client with a credential of this type, which it has to understand.
    pub(super) fn engine(&self, own_kind: u16) -> EngineCapabilities {
        let mut kinds = vec![CredentialType::Basic, CredentialType::X509];
        for kind in self.credentials.iter().chain([&own_kind]) {
            let kind = (*kind).into();
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        let own_proposals = self.proposals.iter().map(|kind| (*kind).into());
        EngineCapabilities::builder()
            .versions(vec![ProtocolVersion::Mls10])
            .ciphersuites(
                CipherSuite::ALL
                    .iter()
                    .map(|suite| suite.engine())
                    .collect(),
            )
            .extensions(
                core::iter::once(ExtensionType::LastResort)
                    .chain(self.extensions.iter().map(|kind| (*kind).into()))
                    .collect(),
            )
            .proposals(
                core::iter::once(ProposalType::SelfRemove)
                    .chain(own_proposals)
                    .collect(),
            )
            .credentials(kinds)
            .build()
    }
}

/// The context's extensions in place of `present`: the application's, which all
/// members have to understand, and who may send from outside. A context has no other,
/// but what it requires of its members: that stays, except for extensions that go.
pub(super) fn group_context_extensions(
    extensions: &[Extension],
    external_senders: &[ExternalSender],
    present: &Extensions<GroupContext>,
) -> Result<Extensions<GroupContext>, ExtensionKindError> {
    let mut all = Vec::new();
    let kinds: Vec<ExtensionType> = extensions
        .iter()
        .map(|extension| extension.kind.into())
        .collect();
    if kinds
        .iter()
        .any(|kind| !matches!(kind, ExtensionType::Unknown(_)))
    {
        return Err(ExtensionKindError);
    }
    let required = required_capabilities(&kinds, present);
    if required != RequiredCapabilitiesExtension::default() {
        all.push(EngineExtension::RequiredCapabilities(required));
    }
    if !external_senders.is_empty() {
        all.push(EngineExtension::ExternalSenders(
            external_senders
                .iter()
                .map(|sender| {
                    EngineSender::new(
                        sender.signature_key.clone().into(),
                        sender.credential.engine(),
                    )
                })
                .collect(),
        ));
    }
    all.extend(extensions.iter().map(|extension| {
        EngineExtension::Unknown(extension.kind, UnknownExtension(extension.data.clone()))
    }));
    Extensions::from_vec(all).map_err(|_| ExtensionKindError)
}

/// What members have to understand when the application's extensions are `kinds`.
/// What `present` requires beyond its own extensions, other clients have put there.
fn required_capabilities(
    kinds: &[ExtensionType],
    present: &Extensions<GroupContext>,
) -> RequiredCapabilitiesExtension {
    let required = present.required_capabilities().cloned().unwrap_or_default();
    let mut extensions = required.extension_types().to_vec();
    extensions.retain(|kind| kinds.contains(kind) || !present.contains(*kind));
    for kind in kinds {
        if !extensions.contains(kind) {
            extensions.push(*kind);
        }
    }
    RequiredCapabilitiesExtension::new(
        &extensions,
        required.proposal_types(),
        required.credential_types(),
    )
}

/// A type of extension stands there twice, or is one that MLS itself uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ExtensionKindError;

/// The application's extensions among a context's.
pub(super) fn own_extensions(extensions: &Extensions<GroupContext>) -> Vec<Extension> {
    extensions
        .iter()
        .filter_map(|extension| match extension {
            EngineExtension::Unknown(kind, UnknownExtension(data)) => {
                Some(Extension::new(*kind, data))
            }
            _ => None,
        })
        .collect()
}

/// Who may send to a group from outside.
pub(super) fn external_senders(extensions: &Extensions<GroupContext>) -> Vec<ExternalSender> {
    let senders = extensions.external_senders().into_iter().flatten();
    // openmls shows no part of a sender, so it is read as on the wire.
    senders.filter_map(read_sender).collect()
}

fn read_sender(sender: &EngineSender) -> Option<ExternalSender> {
    let bytes = sender.tls_serialize_detached().ok()?;
    let mut rest = bytes.as_slice();
    let key = VLBytes::tls_deserialize(&mut rest).ok()?;
    let credential = EngineCredential::tls_deserialize(&mut rest).ok()?;
    Some(ExternalSender::new(
        key.as_slice(),
        Credential::from_engine(&credential),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: u16 = 0xF001;
    const GONE: u16 = 0xF002;
    const NEW: u16 = 0xF003;
    /// Required, and no extension of the context.
    const ABSENT: u16 = 0xF004;

    /// The context of a group that another client made.
    fn present(required: Option<RequiredCapabilitiesExtension>) -> Extensions<GroupContext> {
        let own = [KEPT, GONE]
            .map(|kind| EngineExtension::Unknown(kind, UnknownExtension(b"old".to_vec())));
        let required = required.map(EngineExtension::RequiredCapabilities);
        Extensions::from_vec(required.into_iter().chain(own).collect()).unwrap()
    }

    fn changed(kinds: &[u16], present: &Extensions<GroupContext>) -> Extensions<GroupContext> {
        let extensions: Vec<Extension> = kinds
            .iter()
            .map(|kind| Extension::new(*kind, b"new"))
            .collect();
        let changed = group_context_extensions(&extensions, &[], present).unwrap();
        assert_eq!(own_extensions(&changed), extensions);
        changed
    }

    fn types(kinds: &[u16]) -> Vec<ExtensionType> {
        kinds.iter().map(|kind| (*kind).into()).collect()
    }

    #[test]
    fn a_change_keeps_what_the_group_requires() {
        let proposals = [ProposalType::SelfRemove, ProposalType::Custom(0xF123)];
        let credentials = [CredentialType::X509, CredentialType::Other(0xF456)];
        let present = present(Some(RequiredCapabilitiesExtension::new(
            &types(&[ABSENT, KEPT, GONE]),
            &proposals,
            &credentials,
        )));
        for (kinds, required) in [
            (&[NEW, KEPT][..], &[ABSENT, KEPT, NEW][..]),
            (&[], &[ABSENT]),
            (&[ABSENT], &[ABSENT]),
        ] {
            let changed = changed(kinds, &present);
            let kept = changed.required_capabilities().unwrap();
            assert_eq!(kept.extension_types(), types(required));
            assert_eq!(kept.proposal_types(), proposals);
            assert_eq!(kept.credential_types(), credentials);
        }
    }

    #[test]
    fn where_nothing_is_required_nothing_is_said_of_it() {
        for required in [None, Some(types(&[KEPT, GONE]))] {
            let required =
                required.map(|types| RequiredCapabilitiesExtension::new(&types, &[], &[]));
            let present = present(required);
            assert!(changed(&[], &present).required_capabilities().is_none());
            let changed = changed(&[NEW], &present);
            let required = changed.required_capabilities().unwrap();
            assert_eq!(required.extension_types(), types(&[NEW]));
        }
    }
}
