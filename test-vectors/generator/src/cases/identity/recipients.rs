//! Who gets a room's key.

use serde_json::json;

use crate::format::{Case, Group};

pub(super) fn group() -> Group {
    Group::new(
        "who gets a room's key",
        "room-key-recipient",
        json!({}),
        cases(),
    )
}

const SHARE: Result<&str, &str> = Ok("share");
const UNVERIFIED: Result<&str, &str> = Ok("m.unverified");

/// The state of a recipient and of one of their devices.
#[derive(Clone, Copy)]
struct Recipient {
    own: &'static str,
    /// The shown state of the identity, if there is one.
    state: Option<&'static str>,
    signed: bool,
    dehydrated: bool,
    local: &'static str,
}

impl Recipient {
    /// What the strategy says: a decision, or what has to be resolved first.
    fn decision(self, strategy: &str) -> Result<&'static str, &'static str> {
        let Self {
            own,
            state,
            signed,
            dehydrated,
            local,
        } = self;
        let cross_signed = signed && state.is_some();
        let violation = state == Some("verification violation");
        let verified = state == Some("verified");
        if strategy == "cross-signed" && own != "verified" {
            return Err(if own == "none" {
                "sharing.no-own-identity"
            } else {
                "sharing.own-identity"
            });
        }
        if violation && matches!(strategy, "cross-signed" | "error-on-verified-user-problem") {
            return Err("sharing.violation");
        }
        if local == "blacklisted" {
            return Ok("m.blacklisted");
        }
        let when = |allowed: bool| if allowed { SHARE } else { UNVERIFIED };
        match strategy {
            "cross-signed" => when(cross_signed),
            "only-trusted" => when(local != "unset" || cross_signed && verified),
            "error-on-verified-user-problem" if local == "ignored" => SHARE,
            "error-on-verified-user-problem" if verified && !cross_signed => {
                Err("sharing.unsigned-devices")
            }
            _ => when(!dehydrated || cross_signed && !violation),
        }
    }

    fn case(self, strategy: &str) -> Case {
        let Self {
            own,
            state,
            signed,
            dehydrated,
            local,
        } = self;
        let mut id = format!(
            "room-key-recipient/{strategy}-{}",
            state.unwrap_or("no identity")
        );
        for (part, is_said) in [
            (if signed { "signed" } else { "not-signed" }, true),
            ("dehydrated", dehydrated),
            (local, local != "unset"),
            (&format!("own-{own}"), own != "verified"),
        ] {
            if is_said {
                id = format!("{id}-{part}");
            }
        }
        let id = id.replace(' ', "-");
        let inputs = json!({"strategy": strategy, "own": own, "state": state, "signed": signed, "dehydrated": dehydrated, "local": local});
        let comment = "a device of the recipient, the recipient's state, and ours";
        match self.decision(strategy) {
            Ok(decision) => Case::good(&id, comment, inputs, json!({"decision": decision}), &[]),
            Err(class) => Case::bad(&id, comment, inputs, class, &[]),
        }
    }
}

fn cases() -> Vec<Case> {
    let states = [
        None,
        Some("pinned"),
        Some("pin violation"),
        Some("verification violation"),
        Some("verified"),
    ];
    let plain = Recipient {
        own: "verified",
        state: None,
        signed: false,
        dehydrated: false,
        local: "unset",
    };
    let mut cases = Vec::new();
    for strategy in [
        "cross-signed",
        "error-on-verified-user-problem",
        "all-devices",
        "only-trusted",
    ] {
        for state in states {
            for signed in [false, true] {
                for dehydrated in [false, true] {
                    // Nobody without an identity signs a device.
                    if state.is_some() || !signed {
                        cases.push(
                            Recipient {
                                state,
                                signed,
                                dehydrated,
                                ..plain
                            }
                            .case(strategy),
                        );
                    }
                }
            }
        }
        for local in ["verified", "ignored", "blacklisted"] {
            for state in [
                Some("pinned"),
                Some("verification violation"),
                Some("verified"),
            ] {
                cases.push(
                    Recipient {
                        state,
                        local,
                        ..plain
                    }
                    .case(strategy),
                );
            }
            let dehydrated = Recipient {
                state: Some("pinned"),
                local,
                dehydrated: true,
                ..plain
            };
            cases.push(dehydrated.case(strategy));
        }
        for own in ["none", "never", "violation"] {
            cases.push(
                Recipient {
                    own,
                    state: Some("pinned"),
                    signed: true,
                    ..plain
                }
                .case(strategy),
            );
        }
    }
    cases
}
