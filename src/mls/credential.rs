//! Who a member says to be.

use alloc::vec::Vec;

use openmls::credentials as engine;
use tls_codec::{Deserialize, Serialize, VLBytes};

/// A credential (RFC 9420 §5.3): ties a signature key to somebody, in the eyes of
/// whoever believes it. MLS carries it and leaves the belief to the application:
/// see [`Rules`](super::Rules). Public.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Credential {
    /// `basic`: bytes that only the application understands, such as a user id.
    Basic(Vec<u8>),
    /// `x509`: a chain of DER certificates, the member's own first. They are not
    /// looked into here.
    X509(Vec<Vec<u8>>),
    /// Another type, of [`Credential::other`]; or `x509` as a member has sent it, if
    /// it is no list of certificates.
    #[non_exhaustive]
    Other {
        /// The number of the type.
        kind: u16,
        /// The content, as it stands on the wire.
        content: Vec<u8>,
    },
}

/// The registered numbers of types.
const BASIC: u16 = 1;
const X509: u16 = 2;

impl Credential {
    /// A basic credential.
    #[must_use]
    pub fn basic(identity: &[u8]) -> Self {
        Self::Basic(identity.to_vec())
    }

    /// A credential of the type of this number, with its content as it stands on the
    /// wire: of 1 and 2 those that have a name here, so that one credential has one
    /// form. None if it is 2 and the content is no list of certificates.
    #[must_use]
    pub fn other(kind: u16, content: &[u8]) -> Option<Self> {
        match Self::from_content(kind, content) {
            Self::Other { kind: X509, .. } => None,
            credential => Some(credential),
        }
    }

    /// The number of the type.
    #[must_use]
    pub const fn kind(&self) -> u16 {
        match self {
            Self::Basic(_) => BASIC,
            Self::X509(_) => X509,
            Self::Other { kind, .. } => *kind,
        }
    }

    /// The content as it stands on the wire, within its length.
    pub(super) fn content(&self) -> Vec<u8> {
        match self {
            Self::Basic(identity) => identity.clone(),
            Self::X509(chain) => {
                let mut content = Vec::new();
                for certificate in chain {
                    // Writing to a vector does not fail.
                    let _ = VLBytes::new(certificate.clone()).tls_serialize(&mut content);
                }
                content
            }
            Self::Other { content, .. } => content.clone(),
        }
    }

    pub(super) fn from_content(kind: u16, content: &[u8]) -> Self {
        let other = || Self::Other {
            kind,
            content: content.to_vec(),
        };
        match kind {
            BASIC => Self::Basic(content.to_vec()),
            X509 => chain(content).map_or_else(other, Self::X509),
            _ => other(),
        }
    }

    pub(super) fn engine(&self) -> engine::Credential {
        engine::Credential::new(self.kind().into(), self.content())
    }

    pub(super) fn from_engine(credential: &engine::Credential) -> Self {
        let kind = credential.credential_type().into();
        Self::from_content(kind, credential.serialized_content())
    }
}

/// The certificates in the content of an X.509 credential.
fn chain(content: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut rest = content;
    let mut chain = Vec::new();
    while !rest.is_empty() {
        chain.push(VLBytes::tls_deserialize(&mut rest).ok()?.into());
    }
    Some(chain)
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn what_goes_to_openmls_comes_back() {
        for credential in [
            Credential::basic(b"@alice:example.org"),
            Credential::basic(b""),
            Credential::X509(vec![vec![1; 700], vec![], vec![3; 100]]),
            Credential::Other {
                kind: 0xf000,
                content: vec![1, 2],
            },
        ] {
            assert_eq!(Credential::from_engine(&credential.engine()), credential);
        }
    }

    #[test]
    fn an_x509_credential_that_is_no_list_of_certificates_is_kept_as_it_is() {
        let odd = engine::Credential::new(X509.into(), vec![5, 1]);
        let content = vec![5, 1];
        assert_eq!(
            Credential::from_engine(&odd),
            Credential::Other {
                kind: X509,
                content
            }
        );
    }
}
