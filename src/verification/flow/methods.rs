//! The ways to verify that a side can take.

use alloc::{string::String, vec::Vec};

const SAS: &str = "m.sas.v1";
const RECIPROCATE: &str = "m.reciprocate.v1";
const SHOW: &str = "m.qr_code.show.v1";
const SCAN: &str = "m.qr_code.scan.v1";

/// A set of methods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Methods {
    pub(super) sas: bool,
    pub(super) reciprocate: bool,
    pub(super) show: bool,
    pub(super) scan: bool,
}

impl Methods {
    pub(super) fn parse(names: &[String]) -> Self {
        let has = |name| names.iter().any(|known| known == name);
        Self {
            sas: has(SAS),
            reciprocate: has(RECIPROCATE),
            show: has(SHOW),
            scan: has(SCAN),
        }
    }

    /// Those that have their counterpart among `theirs`.
    pub(super) const fn answering(self, theirs: Self) -> Self {
        Self {
            sas: self.sas && theirs.sas,
            reciprocate: self.reciprocate && theirs.reciprocate,
            show: self.show && theirs.scan,
            scan: self.scan && theirs.show,
        }
    }

    /// Whether there is any way to verify.
    pub(super) const fn suffice(self) -> bool {
        self.sas || (self.reciprocate && (self.show || self.scan))
    }

    pub(super) fn names(self) -> Vec<&'static str> {
        [
            (self.sas, SAS),
            (self.show, SHOW),
            (self.scan, SCAN),
            (self.reciprocate, RECIPROCATE),
        ]
        .into_iter()
        .filter_map(|(has, name)| has.then_some(name))
        .collect()
    }
}
