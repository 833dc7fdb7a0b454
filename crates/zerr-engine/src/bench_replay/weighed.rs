//! Examples of a prompt that cannot all be right: [`readable`], [`met`].
//!
//! Nobody is there to be asked, so they are told and weighed, not obeyed: what contradicts itself does not
//! count, and what no sample meets is doubted where most of them meet all the others.

use zerr_core::observe::Observation;
use zerr_core::spec::{self, FunctionSpec};
use zerr_syntax::Language;
use zerr_syntax::holes::Hole;

/// Samples that have to have run before an example is doubted because none meets it.
const SAMPLES_MIN: usize = 4;

/// The hole without the examples that cannot be read as calls of it or that contradict each other, and
/// what is wrong with those.
pub(super) fn readable(hole: &Hole, language: Language, text: &str) -> (Hole, Vec<String>) {
    let with =
        |examples| Hole { doc_examples: examples, loose_examples: Vec::new(), ..hole.clone() };
    let shown = |one: &zerr_syntax::doc_example::DocExample| {
        format!("`{} == {}`", one.call_text, one.expected_text)
    };
    let (mut kept, mut defects) = (Vec::new(), Vec::new());
    let is_own = spec::from_hole(&with(Vec::new()), language, "prompt", text).is_ok();
    // Here is nobody to say what is prose: it counts where it fits.
    let loose = hole.loose_examples.iter().cloned();
    let mut all: Vec<_> = hole.doc_examples.iter().cloned().chain(loose).collect();
    all.sort_by_key(|one| one.span);
    for one in &all {
        let alone = with(vec![one.clone()]);
        match spec::from_hole(&alone, language, "prompt", text) {
            Err(_) if one.loose => {}
            Err(errors) if is_own => {
                let why = errors.first().map(|error| error.message.clone()).unwrap_or_default();
                defects.push(format!("{} does not count: {why}", shown(one)));
            }
            Err(_) => kept.push((one.clone(), None)),
            Ok(spec) => {
                let mut function = spec.functions.into_iter();
                kept.push((one.clone(), function.next().and_then(|mut it| it.examples.pop())));
            }
        }
    }
    let told = kept.clone();
    kept.retain(|(one, example)| {
        let Some(example) = example else { return true };
        let others = told.iter().filter(|(other, _)| one.loose || !other.loose);
        let other = others.clone().find(|(_, other)| {
            other.as_ref().is_some_and(|other| {
                other.args == example.args
                    && (&other.expected, &other.mutated) != (&example.expected, &example.mutated)
            })
        });
        if let Some((other, _)) = other.filter(|_| !one.loose) {
            defects.push(format!("{} does not count: {} is there too", shown(one), shown(other)));
        }
        other.is_none()
    });
    (with(kept.into_iter().map(|(one, _)| one).collect()), defects)
}

/// What examples say of the samples.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Met {
    /// Whether each sample meets all that count.
    pub meets: Vec<bool>,
    /// Examples that are doubted.
    pub doubted: Vec<usize>,
}

/// `ran`: for each sample whether it meets each example; `None` where it did not run.
pub(super) fn met(examples: usize, ran: &[Option<Vec<bool>>]) -> Met {
    let all = |but: &[usize]| -> Vec<bool> {
        let meets = |one: &Vec<bool>| (0..examples).all(|at| but.contains(&at) || one[at]);
        ran.iter().map(|one| one.as_ref().is_some_and(meets)).collect()
    };
    let meets = all(&[]);
    let count = |of: &[bool]| of.iter().filter(|one| **one).count();
    if count(&meets) > 0 {
        return Met { meets, ..Met::default() };
    }
    let alive = ran.iter().flatten().count();
    let nobody: Vec<usize> =
        (0..examples).filter(|at| !ran.iter().flatten().any(|one| one[*at])).collect();
    let others = all(&nobody);
    if examples > 2 * nobody.len() && alive >= SAMPLES_MIN && 2 * count(&others) >= alive {
        return Met { meets: others, doubted: nobody };
    }
    Met { meets, doubted: Vec::new() }
}

/// Whether a sample meets each of the examples.
pub(super) fn of_sample(
    function: &FunctionSpec,
    inputs: &[zerr_core::inputs::Input],
    seen: &[Observation],
) -> Vec<bool> {
    let is_met = |example: &spec::Example| {
        let at = inputs.iter().position(|args| *args == example.args);
        at.and_then(|at| seen.get(at)).is_some_and(|it| example.is_met_by(function, it))
    };
    function.examples.iter().map(is_met).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_that_nobody_meets_is_doubted_where_most_meet_the_others() {
        let ran = |samples: &[&str]| -> Vec<Option<Vec<bool>>> {
            let of = |one: &&str| one.chars().map(|it| it == 'm').collect::<Vec<_>>();
            samples.iter().map(|one| (!one.is_empty()).then(|| of(one))).collect()
        };
        let said = met(3, &ran(&["mm.", "mm.", "mm.", "m..", ""]));
        assert_eq!((said.doubted, said.meets[0], said.meets[3]), (vec![2], true, false));
        // One that does is enough to believe it, and few that meet the rest say nothing against it.
        assert_eq!(met(3, &ran(&["mm.", "mm.", "mm.", "mmm"])).meets, [false, false, false, true]);
        let said = met(3, &ran(&["mm.", "m..", ".m.", "..."]));
        assert!(said.doubted.is_empty() && !said.meets.contains(&true));
        assert_eq!(met(0, &ran(&["", ""])).meets, [false, false]);
    }
}
