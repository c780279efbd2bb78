//! Compares what an implementation did with what a case says.

use alloc::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::format::{Case, Peer};

/// What an operation gave.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "there is nothing between them")]
pub enum Outcome {
    /// What came out, as far as the implementation can tell.
    Accepts(Map<String, Value>),
    /// The class of the error, or for a peer its own words.
    Refuses(String),
    /// The same, but the object is not as it was.
    RefusesAndChanges(String),
}

/// What an implementation did with a case.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Run {
    /// What the case's own operation gave.
    pub result: Outcome,
    /// What its steps gave; shorter than the case's if the implementation can
    /// not express a step, and so none after it.
    pub steps: Vec<Outcome>,
}

impl Run {
    /// A run with these steps.
    #[must_use]
    pub const fn new(result: Outcome, steps: Vec<Outcome>) -> Self {
        Self { result, steps }
    }
}

impl From<Outcome> for Run {
    fn from(result: Outcome) -> Self {
        Self::new(result, Vec::new())
    }
}

impl Outcome {
    /// An acceptance with these outputs: a JSON object, or null for none.
    #[must_use]
    pub fn accepts(outputs: Value) -> Self {
        match outputs {
            Value::Object(outputs) => Self::Accepts(outputs),
            _ => Self::Accepts(Map::new()),
        }
    }
}

const ACCEPTS: &str = "accepts";
const REFUSES: &str = "refuses";
const OTHERWISE: &str = "accepts otherwise";
const CHANGES: &str = "refuses and changes";

/// How an outcome differs from what was expected.
fn difference(
    expected: Option<&Value>,
    error: Option<&str>,
    outcome: &Outcome,
) -> Option<&'static str> {
    match (error, outcome) {
        (_, Outcome::RefusesAndChanges(_)) => Some(CHANGES),
        (Some(_), Outcome::Accepts(_)) => Some(ACCEPTS),
        (None, Outcome::Refuses(_)) => Some(REFUSES),
        (Some(_), Outcome::Refuses(_)) => None,
        (None, Outcome::Accepts(outputs)) => outputs
            .iter()
            .any(|(name, value)| expected.and_then(|all| all.get(name)) != Some(value))
            .then_some(OTHERWISE),
    }
}

/// Checks an implementation that the vectors are to be right for: outputs all
/// there and equal, errors of the class, all steps run.
///
/// # Errors
/// What differs.
pub fn check(case: &Case, run: &Run) -> Result<(), String> {
    let mut wrong = exactly(case.expected.as_ref(), case.error.as_deref(), &run.result);
    if case.error.is_none() && run.steps.len() != case.steps.len() {
        wrong.push(format!(
            "{} of {} steps run",
            run.steps.len(),
            case.steps.len()
        ));
    }
    for (at, (step, outcome)) in case.steps.iter().zip(&run.steps).enumerate() {
        for what in exactly(step.expected.as_ref(), step.error.as_deref(), outcome) {
            wrong.push(format!("step {at}: {what}"));
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(format!("{}: {}", case.id, wrong.join("; ")))
    }
}

fn exactly(expected: Option<&Value>, error: Option<&str>, outcome: &Outcome) -> Vec<String> {
    match (error, outcome) {
        (_, Outcome::RefusesAndChanges(found)) => vec![format!("refused as {found}, and changed")],
        (Some(class), Outcome::Refuses(found)) => {
            let within = found
                .strip_prefix(class)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
            (!within)
                .then(|| format!("refused as {found}, not as {class}"))
                .into_iter()
                .collect()
        }
        (Some(class), Outcome::Accepts(outputs)) => {
            vec![format!("accepted, not refused as {class}: {outputs:?}")]
        }
        (None, Outcome::Refuses(found)) => vec![format!("refused as {found}")],
        (None, Outcome::Accepts(outputs)) => {
            let empty = Map::new();
            let expected = expected.and_then(Value::as_object).unwrap_or(&empty);
            let names = expected.keys().chain(outputs.keys());
            let mut wrong: Vec<String> = names
                .filter(|name| expected.get(*name) != outputs.get(*name))
                .map(|name| {
                    let (right, found) = (expected.get(name), outputs.get(name));
                    format!("{name} is {found:?}, not {right:?}")
                })
                .collect();
            wrong.dedup();
            wrong
        }
    }
}

/// Checks a peer: it differs from the case just where the case says so.
///
/// # Errors
/// What differs, and from what.
pub fn check_peer(case: &Case, peer: &str, run: &Run) -> Result<(), String> {
    let found = found(case, run);
    let noted = case
        .peers
        .get(peer)
        .map(|peer| (peer.verdict.clone(), peer.steps.clone()));
    if found == noted {
        Ok(())
    } else {
        Err(format!(
            "{}: {peer} {found:?}, noted {noted:?}; it said {run:?}",
            case.id
        ))
    }
}

fn found(case: &Case, run: &Run) -> Option<(String, BTreeMap<usize, String>)> {
    if let Some(verdict) = difference(case.expected.as_ref(), case.error.as_deref(), &run.result) {
        return Some((verdict.to_owned(), BTreeMap::new()));
    }
    let steps: BTreeMap<usize, String> = case
        .steps
        .iter()
        .zip(&run.steps)
        .enumerate()
        .filter_map(|(at, (step, outcome))| {
            difference(step.expected.as_ref(), step.error.as_deref(), outcome)
                .map(|verdict| (at, verdict.to_owned()))
        })
        .collect();
    (!steps.is_empty()).then(|| ("differs".to_owned(), steps))
}

/// Whether a case must not be run with a peer: it may crash, or read memory
/// that is not its own.
#[must_use]
pub fn is_undefined(case: &Case, peer: &str) -> bool {
    case.peers
        .get(peer)
        .is_some_and(|Peer { verdict, .. }| verdict == "undefined")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::format::Step;

    fn accepts(outputs: Value) -> Outcome {
        Outcome::accepts(outputs)
    }

    fn refuses(class: &str) -> Outcome {
        Outcome::Refuses(class.to_owned())
    }

    #[test]
    fn a_case_passes_by_its_own_outcome_alone() {
        let good = Case::good("a/b", "", json!({}), json!({"x": 1}), &[]);
        assert!(check(&good, &accepts(json!({"x": 1})).into()).is_ok());
        for outputs in [json!({"x": 2}), json!({}), json!({"x": 1, "y": 1})] {
            assert!(check(&good, &accepts(outputs).into()).is_err());
        }
        assert!(check(&good, &refuses("gap").into()).is_err());

        let bad = Case::bad("a/c", "", json!({}), "format", &[]);
        assert!(check(&bad, &refuses("format").into()).is_ok());
        assert!(check(&bad, &refuses("format.base64").into()).is_ok());
        for outcome in [
            refuses("formats"),
            refuses("gap"),
            accepts(json!({})),
            Outcome::RefusesAndChanges("format".to_owned()),
        ] {
            assert!(check(&bad, &outcome.into()).is_err());
        }
    }

    #[test]
    fn a_step_that_is_not_run_is_missed() {
        let step = Step::bad("encrypt", json!({}), "exhausted");
        let case = Case::good("a/b", "", json!({}), json!({}), &[]).with_steps(vec![step]);
        let run = |steps| Run::new(accepts(json!({})), steps);
        assert!(check(&case, &run(vec![refuses("exhausted")])).is_ok());
        assert!(check(&case, &run(vec![accepts(json!({}))])).is_err());
        assert!(check(&case, &run(Vec::new())).is_err());
    }

    #[test]
    fn a_peer_has_to_differ_where_it_is_noted() {
        let mut case = Case::bad("a/b", "", json!({}), "gap", &[]);
        let (fine, lenient) = (refuses("no"), accepts(json!({})));
        assert!(check_peer(&case, "peer", &fine.clone().into()).is_ok());
        assert!(check_peer(&case, "peer", &lenient.clone().into()).is_err());
        let peer = Peer {
            verdict: ACCEPTS.to_owned(),
            steps: BTreeMap::new(),
            reason: String::new(),
        };
        case.peers.insert("peer".to_owned(), peer);
        assert!(check_peer(&case, "peer", &fine.into()).is_err());
        assert!(check_peer(&case, "peer", &lenient.into()).is_ok());
    }
}
