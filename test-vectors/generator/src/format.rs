//! The form of a file: a header, and groups of cases.

use alloc::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, ser::PrettyFormatter};

/// One file of vectors.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct File {
    /// Of this format: 1.
    pub format: u32,
    /// What wrote the file.
    pub generator: String,
    /// What its random bytes come from.
    pub seed: String,
    /// SPDX expression.
    pub license: String,
    /// What the file is about.
    pub about: String,
    /// How many cases there are in all groups.
    pub cases_count: usize,
    /// The groups.
    pub groups: Vec<Group>,
}

impl File {
    pub(crate) fn new(about: &str, groups: Vec<Group>) -> Self {
        Self {
            format: 1,
            generator: format!("necturus-test-vectors {}", env!("CARGO_PKG_VERSION")),
            seed: crate::draw::SEED.to_owned(),
            license: "MIT OR Apache-2.0".to_owned(),
            about: about.to_owned(),
            cases_count: groups.iter().map(|group| group.cases.len()).sum(),
            groups,
        }
    }

    /// The text of the file.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = Vec::new();
        let mut out =
            serde_json::Serializer::with_formatter(&mut text, PrettyFormatter::with_indent(b" "));
        self.serialize(&mut out).expect("JSON can hold all of it");
        text.push(b'\n');
        String::from_utf8(text).expect("JSON is UTF-8")
    }

    /// Every case, with its group's operation, and the group's inputs put
    /// before its own.
    pub fn cases(&self) -> impl Iterator<Item = (&str, Case)> {
        self.groups.iter().flat_map(|group| {
            group.cases.iter().map(|case| {
                let mut case = case.clone();
                for (name, value) in &group.given {
                    case.inputs.entry(name).or_insert_with(|| value.clone());
                }
                (group.operation.as_str(), case)
            })
        })
    }
}

/// Cases of one operation that share some inputs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Group {
    /// What the cases have in common.
    pub name: String,
    /// What to do with the inputs.
    pub operation: String,
    /// Inputs of every case here, unless it brings its own.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub given: Map<String, Value>,
    /// The cases.
    pub cases: Vec<Case>,
}

impl Group {
    pub(crate) fn new(name: &str, operation: &str, given: Value, cases: Vec<Case>) -> Self {
        Self {
            name: name.to_owned(),
            operation: operation.to_owned(),
            given: object(given),
            cases,
        }
    }
}

/// One case: inputs, and what has to come of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Case {
    /// Its name in all files, for good.
    pub id: String,
    /// What it shows.
    pub comment: String,
    /// What goes in.
    pub inputs: Map<String, Value>,
    /// What comes out, if it is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Value>,
    /// The class of the error, if it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What follows on the object that was made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// What kind of case it is.
    pub flags: Vec<String>,
    /// Which peers do otherwise.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub peers: BTreeMap<String, Peer>,
}

/// One thing to do with the object of a case.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Step {
    /// What to do.
    pub operation: String,
    /// What goes in.
    pub inputs: Map<String, Value>,
    /// What comes out, if it is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Value>,
    /// The class of the error, if it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What a peer does with a case, where that is not what has to come of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Peer {
    /// "accepts", "refuses", "accepts otherwise" (something else comes out),
    /// "refuses and changes" (the object), "undefined" (may crash or read out
    /// of bounds: do not run it), or "differs" in some steps.
    pub verdict: String,
    /// The verdicts of those steps.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub steps: BTreeMap<usize, String>,
    /// Why.
    pub reason: String,
}

impl Case {
    fn new(id: &str, comment: &str, inputs: Value, flags: &[&str]) -> Self {
        Self {
            id: id.to_owned(),
            comment: comment.to_owned(),
            inputs: object(inputs),
            expected: None,
            error: None,
            steps: Vec::new(),
            flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
            peers: BTreeMap::new(),
        }
    }

    /// A case that is accepted.
    pub(crate) fn good(
        id: &str,
        comment: &str,
        inputs: Value,
        expected: Value,
        flags: &[&str],
    ) -> Self {
        let flags: Vec<&str> = ["valid"].iter().chain(flags).copied().collect();
        Self {
            expected: Some(expected),
            ..Self::new(id, comment, inputs, &flags)
        }
    }

    /// A case that is refused.
    pub(crate) fn bad(id: &str, comment: &str, inputs: Value, error: &str, flags: &[&str]) -> Self {
        Self {
            error: Some(error.to_owned()),
            ..Self::new(id, comment, inputs, flags)
        }
    }

    pub(crate) fn with_steps(mut self, steps: Vec<Step>) -> Self {
        if steps.iter().any(|step| step.error.is_some()) {
            self.flags.retain(|flag| flag != "valid");
        }
        self.steps = steps;
        self
    }
}

impl Step {
    pub(crate) fn good(operation: &str, inputs: Value, expected: Value) -> Self {
        Self {
            operation: operation.to_owned(),
            inputs: object(inputs),
            expected: Some(expected),
            error: None,
        }
    }

    pub(crate) fn bad(operation: &str, inputs: Value, error: &str) -> Self {
        Self {
            operation: operation.to_owned(),
            inputs: object(inputs),
            expected: None,
            error: Some(error.to_owned()),
        }
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
