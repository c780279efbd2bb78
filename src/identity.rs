//! Who is who: signed device keys, cross-signing, and whom to believe.

mod device;
mod error;
mod one_time_keys;
mod own_trust;
mod private;
mod public;
mod sender_trust;
mod signing;
mod user_trust;

pub use self::{
    device::{DeviceKeys, KnownDevice},
    error::{
        ClaimError, DeviceKeysError, IdentityError, ImportKeyError, InvalidRecord,
        MasterKeyChanged, Member, MismatchedIdentityKeys, SignError,
    },
    one_time_keys::{ClaimedKey, KeysUpload},
    own_trust::{OwnState, OwnTrust, OwnView},
    private::{CrossSigningKeys, MasterKey, SelfSigningKey, UserSigningKey},
    public::{KeyRole, OwnIdentity, UserIdentity},
    sender_trust::{SenderTrust, ShownIdentity},
    signing::NewSignature,
    user_trust::{IdentityState, UserTrust},
};
