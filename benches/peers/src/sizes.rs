//! How large the objects are in memory.

use core::mem::size_of;

use necturus_interop_libolm as libolm;

pub(crate) struct Size {
    pub(crate) object: &'static str,
    pub(crate) necturus: usize,
    pub(crate) vodozemac: usize,
    /// Whether vodozemac's object points to more.
    pub(crate) vodozemac_has_heap: bool,
    pub(crate) libolm: usize,
}

pub(crate) fn all() -> [Size; 4] {
    [
        Size {
            object: "Account",
            necturus: size_of::<necturus::olm::Account>(),
            vodozemac: size_of::<vodozemac::olm::Account>(),
            vodozemac_has_heap: true,
            libolm: libolm::Account::size(),
        },
        Size {
            object: "Session",
            necturus: size_of::<necturus::olm::Session>(),
            vodozemac: size_of::<vodozemac::olm::Session>(),
            vodozemac_has_heap: true,
            libolm: libolm::Session::size(),
        },
        Size {
            object: "InboundGroupSession",
            necturus: size_of::<necturus::megolm::InboundGroupSession>(),
            vodozemac: size_of::<vodozemac::megolm::InboundGroupSession>(),
            vodozemac_has_heap: true,
            libolm: libolm::InboundGroupSession::size(),
        },
        Size {
            object: "OutboundGroupSession",
            necturus: size_of::<necturus::megolm::OutboundGroupSession>(),
            vodozemac: size_of::<vodozemac::megolm::GroupSession>(),
            vodozemac_has_heap: true,
            libolm: libolm::OutboundGroupSession::size(),
        },
    ]
}
