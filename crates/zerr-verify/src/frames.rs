//! What comes out of a confined batch: lines `CANDIDATE INPUT SECRET OBSERVATION`. Main type:
//! [`Frames`].
//!
//! # Invariants
//! An observation counts only with the secret of its candidate, which this process drew and the
//! candidate's harness has to hand back. Anything else on the stream is dropped.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

use zerr_core::observe::Observation;

/// A text nobody can guess: `SipHash` under keys that the system drew.
pub(crate) fn secret() -> String {
    let (one, two) = (RandomState::new(), RandomState::new());
    format!("{:016x}{:016x}", one.hash_one(0), two.hash_one(1))
}

/// Observations of some candidates on some inputs, as far as they are known.
pub(crate) struct Frames {
    secrets: HashMap<usize, String>,
    seen: HashMap<(usize, usize), Observation>,
}

impl Frames {
    /// Draws a secret for every candidate.
    pub(crate) fn new(candidates: impl IntoIterator<Item = usize>) -> Self {
        let secrets = candidates.into_iter().map(|candidate| (candidate, secret())).collect();
        Self { secrets, seen: HashMap::new() }
    }

    pub(crate) fn secret_of(&self, candidate: usize) -> &str {
        self.secrets.get(&candidate).map_or("", String::as_str)
    }

    /// Takes in what a batch wrote; of two lines for one call the later one stays.
    pub(crate) fn read(&mut self, stdout: &[u8]) {
        for line in stdout.split(|byte| *byte == b'\n') {
            let Ok(line) = std::str::from_utf8(line) else { continue };
            if let Some((key, observation)) = self.frame(line) {
                self.seen.insert(key, observation);
            }
        }
    }

    fn frame(&self, line: &str) -> Option<((usize, usize), Observation)> {
        let mut parts = line.splitn(4, ' ');
        let candidate = parts.next()?.parse().ok()?;
        let input = parts.next()?.parse().ok()?;
        if self.secrets.get(&candidate)? != parts.next()? {
            return None;
        }
        let observation = serde_json::from_str(parts.next()?).unwrap_or_else(|_| {
            // The harness speaks for itself, so this is a value past what the encoding holds,
            // such as one nested too deeply.
            Observation::Opaque { type_name: "value that cannot be encoded".to_owned() }
        });
        Some(((candidate, input), observation))
    }

    /// Whether every input of the candidate has its observation.
    pub(crate) fn is_complete(&self, candidate: usize, inputs: usize) -> bool {
        (0..inputs).all(|input| self.seen.contains_key(&(candidate, input)))
    }

    /// Whether a signal ended a call of the candidate. In company that may be a neighbour's doing.
    pub(crate) fn was_killed(&self, candidate: usize) -> bool {
        self.seen.iter().any(|((of, _), observation)| {
            *of == candidate
                && matches!(observation, Observation::Crashed { how } if how.starts_with("signal "))
        })
    }

    /// Forgets all observations of a candidate.
    pub(crate) fn forget(&mut self, candidate: usize) {
        self.seen.retain(|(of, _), _| *of != candidate);
    }

    /// All observations of a candidate; a call without one is said to have `crashed`.
    pub(crate) fn take(&mut self, candidate: usize, inputs: usize) -> Vec<Observation> {
        (0..inputs)
            .map(|input| {
                self.seen.remove(&(candidate, input)).unwrap_or_else(|| Observation::Crashed {
                    how: "handed back no result".to_owned(),
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zerr_core::value::Value;

    const UNIT: &str = r#"{"returned":{"value":["u"],"mutated":[]}}"#;

    fn returned() -> Observation {
        Observation::Returned { value: Value::Unit, mutated: Vec::new() }
    }

    #[test]
    fn a_result_without_the_right_secret_does_not_count() {
        let mut frames = Frames::new([0, 1]);
        let (mine, other) = (frames.secret_of(0).to_owned(), frames.secret_of(1).to_owned());
        assert_ne!(mine, other);
        frames.read(format!("0 0 {other} {UNIT}\n0 1 {mine} {UNIT}\n0 2  {UNIT}\n").as_bytes());
        let observations = frames.take(0, 3);
        assert!(matches!(observations[0], Observation::Crashed { .. }));
        assert_eq!(observations[1], returned());
        assert!(matches!(observations[2], Observation::Crashed { .. }));
    }

    #[test]
    fn noise_between_results_is_dropped() {
        let mut frames = Frames::new([7]);
        let secret = frames.secret_of(7).to_owned();
        let noise = b"7 0\n\xff\xfe\n\n0 0 0 0\n".as_slice();
        frames.read(&[noise, format!("7 0 {secret} {UNIT}").as_bytes()].concat());
        assert_eq!(frames.take(7, 1), [returned()]);
    }

    #[test]
    fn a_value_past_the_encoding_is_opaque_and_not_lost() {
        let mut frames = Frames::new([0]);
        let secret = frames.secret_of(0).to_owned();
        let deep = format!("{}[\"u\"]{}", "[\"some\",".repeat(80), "]".repeat(80));
        frames.read(
            format!(r#"0 0 {secret} {{"returned":{{"value":{deep},"mutated":[]}}}}"#).as_bytes(),
        );
        assert!(matches!(frames.take(0, 1)[0], Observation::Opaque { .. }));
    }
}
