//! That a channel is established, for what may happen on such a channel only.

/// Which of the two devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "one shows a QR code and the other scans it"
)]
pub enum Role {
    /// S, which scanned the QR code.
    Scanner,
    /// G, which generated and showed it.
    Generator,
}

/// An established channel: [`ecies::Channel`](super::ecies::Channel) or
/// [`hpke::Channel`](super::hpke::Channel), and nothing else. Who holds one has
/// the check code behind it.
pub trait Established: Sealed {
    /// Which of the two devices this is.
    fn role(&self) -> Role;
}

/// Keeps [`Established`] to this room.
#[expect(unnameable_types, reason = "it seals a trait")]
pub trait Sealed {}
