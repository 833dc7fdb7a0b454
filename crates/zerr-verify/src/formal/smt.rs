//! A loop-free function put to Z3, and Z3's word held against what the function does.
//!
//! # Invariants
//! - A counterexample of the solver is run; one that the function does not show is *unknown*.
//! - A proof is believed only when the terms, both as we read them and as the solver does, say of
//!   boundary inputs what was seen.

use zerr_core::formal::{Answer, FormalVerdict, Goal, Run, Theory, Translation, translate};
use zerr_core::inputs;
use zerr_core::observe::Observation;
use zerr_core::value::{IntKind, Type, Value};
use zerr_exec::Cancel;
use zerr_syntax::Language;
use zerr_syntax::candidate::Literals;

use super::judge::{Judge, Sentence};
use super::z3::Z3;
use super::{Formal, Seen, Subject};
use crate::VerifyError;
use crate::toolchain::needed;

/// How long integers are tried where there is another way: what takes longer takes for ever.
const SECONDS_FIRST: u64 = 3;

/// Boundaries by type, on which a translation has to agree with the function.
const BOUNDARIES: usize = 24;

/// The same around the constants of its text.
const NEAR_CONSTANTS: usize = 24;

impl Formal<'_> {
    /// Asks Z3 for a call that breaks the spec.
    ///
    /// # Errors
    /// When a tool or the sandbox falls short.
    pub fn smt(
        &self,
        subject: &Subject<'_>,
        cancel: &Cancel,
    ) -> Result<FormalVerdict, VerifyError> {
        let judge = Judge::new(subject.function);
        let translation = match translate(subject.function, subject.source, subject.context) {
            Ok(translation) => translation,
            Err(refusal) => return Ok(FormalVerdict::not_attempted(refusal.to_string())),
        };
        let goals = translation.goals(judge.may_stop);
        if goals.is_empty() {
            return Ok(FormalVerdict::not_attempted("nothing to prove"));
        }
        let tool = needed(&self.toolchain.z3)?;
        let z3 = Z3 { sandbox: &self.toolchain.sandbox, tool };
        let mut believed = Vec::new();
        for goal in &goals {
            let (answer, theory) = self.ask(&z3, &translation, *goal, cancel)?;
            match answer {
                Answer::Impossible => believed.push(theory),
                Answer::Possible(args) => {
                    return self.replayed(subject, &judge, &translation, *goal, &args, cancel);
                }
                Answer::Unknown(why) => return Ok(FormalVerdict::unknown(why)),
            }
        }
        let agreed = match self.agreement(subject, &translation, &z3, &believed, cancel)? {
            Ok(agreed) => agreed,
            Err(why) => return Ok(FormalVerdict::unknown(why)),
        };
        let mut assumptions = vec![format!(
            "Z3 {} is right, and so is the translation, which agreed with the function on {agreed} \
             calls",
            tool.version.version
        )];
        assumptions.extend(conditions(subject, &translation));
        let claim = format!("{} for every call{}", judge.claim(), allowed(subject));
        Ok(FormalVerdict::Proved { claim, assumptions })
    }

    /// Over integers first, which is quick where it works; over bit-vectors where that leads
    /// nowhere.
    fn ask(
        &self,
        z3: &Z3<'_>,
        translation: &Translation,
        goal: Goal,
        cancel: &Cancel,
    ) -> Result<(Answer, Theory), VerifyError> {
        let ints = translation.question(goal, Theory::Ints);
        let vectors = translation.question(goal, Theory::Vectors);
        let first = if vectors.is_some() { self.seconds.min(SECONDS_FIRST) } else { self.seconds };
        let ways = [(Theory::Ints, ints, first), (Theory::Vectors, vectors, self.seconds)];
        let mut last = (Answer::Unknown("no solver knows such terms".to_owned()), Theory::Ints);
        for (theory, question, seconds) in ways {
            let Some(question) = question else { continue };
            let said = z3.ask(&question, seconds, cancel)?;
            last = (translation.answer(&said, theory), theory);
            if !matches!(last.0, Answer::Unknown(_)) {
                break;
            }
        }
        Ok(last)
    }

    /// Runs the call that the solver named.
    fn replayed(
        &self,
        subject: &Subject<'_>,
        judge: &Judge<'_>,
        translation: &Translation,
        goal: Goal,
        args: &[Value],
        cancel: &Cancel,
    ) -> Result<FormalVerdict, VerifyError> {
        let call = judge.text(args);
        if !subject.function.accepts(args) {
            let why = format!("the solver named {call}, which `requires` excludes");
            return Ok(FormalVerdict::unknown(why));
        }
        let seen = match self.observe(subject, &[args.to_vec()], cancel)? {
            Seen::All(seen) => seen,
            Seen::Refused(why) => return Ok(FormalVerdict::unknown(why)),
        };
        match seen.first().map(|seen| judge.call(args, seen)) {
            Some(Sentence::Bad(FormalVerdict::Counterexample { rule, call, args, outcome })) => {
                // The terms know better than a message which operation it was.
                let rule = match (goal, translation.run(&args)) {
                    (Goal::Stops, Some(Run::Stops { rule, .. })) => rule.to_owned(),
                    _ => rule,
                };
                Ok(FormalVerdict::Counterexample { rule, call, args, outcome })
            }
            _ => Ok(FormalVerdict::unknown(format!(
                "the translation disagrees with the code: the solver named {call}, which is fine"
            ))),
        }
    }

    /// On how many calls translation and function agree, or why a proof is not to be believed.
    fn agreement(
        &self,
        subject: &Subject<'_>,
        translation: &Translation,
        z3: &Z3<'_>,
        believed: &[Theory],
        cancel: &Cancel,
    ) -> Result<Result<usize, String>, VerifyError> {
        let samples = samples(subject, translation);
        let seen = match self.observe(subject, &samples, cancel)? {
            Seen::All(seen) => seen,
            Seen::Refused(why) => return Ok(Err(why)),
        };
        let mut results = Vec::with_capacity(samples.len());
        let mut spoken_of = false;
        for (args, seen) in samples.into_iter().zip(seen) {
            let call = || Judge::new(subject.function).text(&args);
            let result = match (&seen, translation.run(&args)) {
                (Observation::Returned { value, mutated }, Some(Run::Returns(said)))
                    if *value == said && mutated.is_empty() =>
                {
                    Some(said)
                }
                (
                    Observation::Panicked { .. } | Observation::Raised { .. },
                    Some(Run::Stops { .. }),
                ) => None,
                // Numbers too large to calculate with here say nothing.
                (_, None) => continue,
                _ => {
                    return Ok(Err(format!(
                        "the translation disagrees with the code about {}, which gives {seen}",
                        call()
                    )));
                }
            };
            if translation.accepts(&args) != Some(subject.function.accepts(&args)) {
                let why = format!("the translation of `requires` is wrong about {}", call());
                return Ok(Err(why));
            }
            spoken_of |= result.is_some() && subject.function.accepts(&args);
            results.push((args, result));
        }
        if !spoken_of {
            // What holds of nothing is no proof of anything.
            return Ok(Err("no call that `requires` allows was seen to return".to_owned()));
        }
        for theory in [Theory::Ints, Theory::Vectors] {
            if !believed.contains(&theory) {
                continue;
            }
            let Some(question) = translation.doubt(&results, theory) else {
                return Ok(Err("the calls that were seen cannot be asked about".to_owned()));
            };
            let said = z3.ask(&question, self.seconds, cancel)?;
            if translation.answer(&said, theory) != Answer::Impossible {
                return Ok(Err("the solver reads the translation otherwise".to_owned()));
            }
        }
        Ok(Ok(results.len()))
    }
}

/// Inputs to try the translation on: also such that `requires` excludes, because there the
/// function stops.
fn samples(subject: &Subject<'_>, translation: &Translation) -> Vec<Vec<Value>> {
    let mut bare = subject.function.clone();
    bare.requires.clear();
    let mut samples = inputs::initial(&bare, BOUNDARIES);
    let mut ints: Vec<String> =
        translation.constants().iter().map(ToString::to_string).filter(|n| n.len() < 40).collect();
    ints.sort();
    ints.dedup();
    let literals = Literals { ints, ..Literals::default() };
    let near = inputs::mined(&bare, &[&literals], &samples, NEAR_CONSTANTS);
    samples.extend(near);
    // And such as the spec speaks of, of which the others may hold none.
    let spoken_of = inputs::initial(subject.function, BOUNDARIES);
    samples.extend(spoken_of);
    let mut seen = std::collections::BTreeSet::new();
    samples.retain(|input| seen.insert(input.clone()));
    samples
}

fn allowed(subject: &Subject<'_>) -> &'static str {
    if subject.function.requires.is_empty() { "" } else { " that `requires` allows" }
}

/// What a proof leaves open.
fn conditions(subject: &Subject<'_>, translation: &Translation) -> Vec<String> {
    let mut conditions = vec!["memory does not run out".to_owned()];
    let is_address = |ty: &Type| matches!(ty, Type::Int(IntKind::Usize | IntKind::Isize));
    if subject.function.params.iter().any(|(_, ty)| is_address(ty)) {
        conditions.push("addresses have 64 bits".to_owned());
    }
    if translation.can_stop() && Judge::new(subject.function).may_stop {
        conditions.push(match subject.function.signature.language {
            // Without its checks a build goes on where this one stops.
            Language::Rust => {
                "overflow is checked and assertions are on; calls that stop are not judged, \
                 because an example shows that they may"
                    .to_owned()
            }
            Language::Python => {
                "calls that raise are not judged, because an example shows that they may".to_owned()
            }
        });
    }
    conditions
}
