//! From confidences with known outcomes to a threshold that keeps a stated risk ([`threshold`]) and to how
//! often decisions of a confidence are right ([`chances`]), and from samples with known outcomes to what is
//! believed of the next ones ([`belief`]).
//!
//! The method is Learn-then-Test (Angelopoulos and others, arXiv 2110.01052) with fixed-sequence
//! tests: it needs no distribution, and no risk that falls with the confidence.
//!
//! # Invariants
//! A threshold is chosen from confidences and outcomes alone, and the order in which thresholds are
//! tried depends on the confidences only.

use std::collections::BTreeMap;

use statrs::distribution::{Binomial, DiscreteCDF as _};

use crate::vote::{Prior, PriorSource};

/// A decision whose outcome became known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Known {
    /// How sure the decision was.
    pub confidence: f64,
    /// The chance that it is right: 1 or 0 where one candidate was chosen, a share where several were
    /// not told apart.
    pub right: f64,
}

/// What is asked of a threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Promise {
    /// The largest share of accepted decisions that may be wrong, from 0 to 1.
    pub risk: f64,
    /// The chance that this does not hold, over the draw of the known decisions, from 0 to 1.
    pub error: f64,
}

/// A confidence from which on decisions are accepted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// The least confidence that is accepted.
    pub confidence: f64,
    /// Known decisions at or above it.
    pub accepted: usize,
    /// Wrong ones among them; shares are rounded up.
    pub wrong: usize,
}

/// Wrong decisions that the first threshold may have at most.
const WRONG_AT_FIRST: usize = 2;

/// The lowest confidence for which the promise can be made, if there is any.
///
/// Thresholds are tried downwards, one for each distinct confidence, from the first one that so many
/// decisions reach that the promise could be made if so many of them were wrong ([`WRONG_AT_FIRST`]) as the
/// number of all decisions lets, until one fails: p = P(Binomial(accepted, risk) ≤ wrong) must be at most the
/// promise's error.
pub fn threshold(known: &[Known], promise: Promise) -> Option<Threshold> {
    let mut sorted = known.to_vec();
    sorted.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let least_with = |wrong| (1..=sorted.len()).find(|count| holds(*count, wrong, promise));
    // The first test stays within the surest eighth: a later one meets more that is wrong, an earlier
    // one is lost by a single wrong one.
    let patient = (1..=WRONG_AT_FIRST).rev().filter_map(least_with);
    let least = patient.clone().find(|least| 8 * least <= sorted.len()).or(least_with(0))?;
    steps(&sorted)
        .into_iter()
        .filter(|step| step.accepted >= least)
        .take_while(|step| holds(step.accepted, step.wrong, promise))
        .last()
}

/// A threshold at each distinct confidence, the highest first.
fn steps(sorted: &[Known]) -> Vec<Threshold> {
    let mut steps: Vec<Threshold> = Vec::new();
    let mut wrong = 0.0;
    for (at, one) in sorted.iter().enumerate() {
        wrong += 1.0 - one.right;
        let step = Threshold {
            confidence: one.confidence,
            accepted: at + 1,
            // Sums of shares stay exact to far below this.
            wrong: (wrong - 1e-9).ceil().max(0.0) as usize,
        };
        match steps.last_mut() {
            Some(last) if last.confidence.total_cmp(&one.confidence).is_eq() => *last = step,
            _ => steps.push(step),
        }
    }
    steps
}

/// Folds that a promise is tried on.
const FOLDS: usize = 5;

/// Which decisions are accepted by a threshold of the other folds' alone. Decisions of one group, `groups` says
/// of which each is, stay in one fold: two answers to one task are wrong together. `split` is the seed of the
/// folds.
pub fn held_out<G: Ord>(known: &[Known], groups: &[G], promise: Promise, split: u64) -> Vec<bool> {
    let mut order: Vec<&G> = groups.iter().collect();
    order.sort();
    order.dedup();
    fastrand::Rng::with_seed(split).shuffle(&mut order);
    let places: BTreeMap<&G, usize> = order.into_iter().zip(0..).collect();
    let folds: Vec<usize> =
        groups.iter().map(|group| places.get(group).map_or(0, |place| place % FOLDS)).collect();
    let thresholds: Vec<Option<Threshold>> = (0..FOLDS)
        .map(|fold| {
            let others = known.iter().zip(&folds).filter(|(_, own)| **own != fold);
            threshold(&others.map(|(one, _)| *one).collect::<Vec<_>>(), promise)
        })
        .collect();
    let accepts = |(one, fold): (&Known, &usize)| {
        let least = thresholds.get(*fold).copied().flatten();
        least.is_some_and(|least| one.confidence >= least.confidence)
    };
    known.iter().zip(&folds).map(accepts).collect()
}

fn holds(accepted: usize, wrong: usize, promise: Promise) -> bool {
    let Ok(binomial) = Binomial::new(promise.risk, accepted as u64) else { return false };
    binomial.cdf(wrong as u64) <= promise.error
}

/// How often decisions from a confidence on, up to the next step's, were right.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Chance {
    /// The least confidence of the step.
    pub from: f64,
    /// The share of them that were right, from 0 to 1.
    pub right: f64,
    /// How many there were.
    pub known: u32,
}

/// Steps of how often decisions are right, rising with their confidence: the isotonic fit by pooling
/// adjacent violators (Barlow and others 1972).
pub fn chances(known: &[Known]) -> Vec<Chance> {
    let mut sorted = known.to_vec();
    sorted.sort_by(|a, b| a.confidence.total_cmp(&b.confidence));
    let mut steps: Vec<Chance> = Vec::new();
    // Equal confidences are one step, whatever came of them.
    for equal in sorted.chunk_by(|a, b| a.confidence.total_cmp(&b.confidence).is_eq()) {
        let Some(first) = equal.first() else { continue };
        let right = equal.iter().map(|one| one.right).sum::<f64>() / equal.len() as f64;
        let mut step = Chance { from: first.confidence, right, known: equal.len() as u32 };
        while let Some(last) = steps.pop_if(|last| last.right >= step.right) {
            step = both(last, step);
        }
        steps.push(step);
    }
    // A few say nothing by themselves.
    let mut pooled: Vec<Chance> = Vec::new();
    for step in steps {
        match pooled.last_mut().filter(|last| last.known < CHANCE_LEAST) {
            Some(last) => *last = both(*last, step),
            None => pooled.push(step),
        }
    }
    if let Some(last) = pooled.pop_if(|last| last.known < CHANCE_LEAST) {
        match pooled.last_mut() {
            Some(before) => *before = both(*before, last),
            None => pooled.push(last),
        }
    }
    pooled
}

/// Decisions that a step rests on, at least, where there are so many.
const CHANCE_LEAST: u32 = 10;

fn both(low: Chance, high: Chance) -> Chance {
    let (a, b) = (f64::from(low.known), f64::from(high.known));
    let right = (a * low.right + b * high.right) / (a + b);
    Chance { from: low.from, right, known: low.known + high.known }
}

/// The step that a confidence falls on; `None` for what is less sure than all known.
pub fn chance_of(steps: &[Chance], confidence: f64) -> Option<Chance> {
    steps.iter().rfind(|step| step.from <= confidence).copied()
}

/// Fewer tasks than this say nothing of how tasks differ.
const TASKS_LEAST: usize = 20;

/// What samples of many tasks say of the next task: how often one is right, and how much those of one
/// task are right or wrong together (the analysis-of-variance estimator of the intraclass correlation,
/// Ridout, Demétrio and Firth 1999). `None` for fewer than 20 tasks with samples, or with hardly more than
/// one sample each.
///
/// Samples of one task are no independent witnesses: p is the mean over tasks, with half a task each way,
/// less its standard error; and tasks are never believed to be more alike than where nobody measured.
///
/// `outcomes` are right and valid samples of each task.
pub fn belief(outcomes: &[(u32, u32)]) -> Option<Prior> {
    let tasks: Vec<(f64, f64)> = outcomes
        .iter()
        .filter(|(_, of)| *of > 0)
        .map(|(right, of)| (f64::from(*right), f64::from(*of)))
        .collect();
    let groups = tasks.len() as f64;
    let all: f64 = tasks.iter().map(|(_, of)| of).sum();
    if tasks.len() < TASKS_LEAST || all - groups < TASKS_LEAST as f64 {
        return None;
    }
    let p = tasks.iter().map(|(right, _)| right).sum::<f64>() / all;
    let squares: f64 = tasks.iter().map(|(_, of)| of * of).sum();
    let size = (all - squares / all) / (groups - 1.0);
    let between: f64 = tasks.iter().map(|(right, of)| of * (right / of - p).powi(2)).sum();
    let within: f64 = tasks.iter().map(|(right, of)| right * (of - right) / of).sum();
    let (between, within) = (between / (groups - 1.0), within / (all - groups).max(1.0));
    let spread = between + (size - 1.0) * within;
    let correlation = if spread > 0.0 { (between - within) / spread } else { 0.0 };
    let mean = (tasks.iter().map(|(right, of)| right / of).sum::<f64>() + 0.5) / (groups + 1.0);
    let error = (mean * (1.0 - mean) / groups).sqrt();
    let assumed = Prior::new(mean, PriorSource::Recorded);
    // In digits that a log gives back as they are.
    let short = |value: f64| (value * 1e4).round() / 1e4;
    Some(Prior {
        p: short((mean - error).clamp(0.01, 0.99)),
        correlation: short(correlation.clamp(assumed.correlation, 0.95)),
        ..assumed
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROMISE: Promise = Promise { risk: 0.1, error: 0.1 };

    fn known(outcomes: impl IntoIterator<Item = (f64, bool)>) -> Vec<Known> {
        let known = |(confidence, right)| Known { confidence, right: f64::from(u8::from(right)) };
        outcomes.into_iter().map(known).collect()
    }

    #[test]
    fn few_decisions_promise_nothing_however_right_they_are() {
        let all_right = |count: i32| known((0..count).map(|at| (f64::from(at), true)));
        // 0.9^n ≤ 0.1 from n = 22 on.
        let one_wrong = |count: i32| known((0..count).map(|at| (f64::from(at), at != count - 3)));
        assert_eq!(threshold(&one_wrong(100), PROMISE), None, "38 are more than an eighth");
        assert_eq!(threshold(&one_wrong(304), PROMISE).map(|it| it.accepted), Some(304));
        assert_eq!(threshold(&all_right(21), PROMISE), None);
        assert_eq!(threshold(&all_right(22), PROMISE).map(|it| it.accepted), Some(22));
        assert_eq!(threshold(&[], PROMISE), None);
    }

    #[test]
    fn what_is_believed_of_samples_is_how_often_and_how_much_together_they_are_right() {
        let all_or_nothing: Vec<(u32, u32)> = (0..100).map(|at| (8 * (at % 4).min(1), 8)).collect();
        let known = belief(&all_or_nothing).unwrap();
        // The standard error of a hundred tasks is 0.043.
        assert!((known.p - 0.705).abs() < 0.01 && known.correlation > 0.9, "{known:?}");
        let alike = vec![(6, 8); 100];
        let known = belief(&alike).unwrap();
        let assumed = Prior::new(0.7, PriorSource::Assumed).correlation;
        assert!((known.correlation - assumed).abs() < 1e-9, "{known:?}");
        // Beta(3, 1) over tasks: correlation 1 / (3 + 1 + 1).
        let mut random = fastrand::Rng::with_seed(3);
        let drawn: Vec<(u32, u32)> = (0..4000)
            .map(|_| {
                let p = random.f64().powf(1.0 / 3.0);
                ((0..6).filter(|_| random.f64() < p).count() as u32, 6)
            })
            .collect();
        let known = belief(&drawn).unwrap();
        assert!((known.p - 0.743).abs() < 0.02, "{known:?}");
        assert!((known.correlation - 0.2).abs() < 0.03, "{known:?}");
        assert_eq!(belief(&alike[..19]), None);
        assert_eq!(
            belief(&[(1, 1); 40]),
            None,
            "one sample each tells nothing of how tasks differ"
        );
        // Twenty easy tasks do not make a single vote enough.
        let easy = belief(&[(16, 16); 20]).unwrap();
        let p = crate::vote::posterior(
            &easy,
            crate::vote::OracleKind::TypesOnly,
            crate::vote::Seen::default(),
        );
        assert!(crate::vote::Margin::for_target(p, 1, 0.95).unwrap().get() > 1, "{easy:?} {p}");
        assert_eq!(belief(&[(0, 0); 40]), None, "without samples nothing is believed");
    }

    #[test]
    fn how_often_decisions_are_right_rises_with_their_confidence() {
        let ten = |sure: f64, right: i32| (0..10).map(move |at| (sure, at < right));
        let outcomes = ten(0.1, 0).chain(ten(0.2, 9)).chain(ten(0.3, 1)).chain(ten(0.5, 5));
        let steps = chances(&known(outcomes.chain(ten(0.9, 10)).chain([(0.95, true)])));
        let shown: Vec<(f64, f64, u32)> =
            steps.iter().map(|step| (step.from, step.right, step.known)).collect();
        assert_eq!(shown, [(0.1, 0.0, 10), (0.2, 0.5, 30), (0.9, 1.0, 11)]);
        assert_eq!(chance_of(&steps, 0.6).map(|step| step.right), Some(0.5));
        assert_eq!(chance_of(&steps, 0.05), None, "none is like it");
        assert_eq!(chance_of(&[], 0.5), None);
        assert_eq!(chances(&known([(0.5, true)])).len(), 1);
    }

    #[test]
    fn folds_part_no_group_and_accept_by_the_others_alone() {
        // A hundred answers to one task, all right, promise nothing for the next hundred to it.
        let one_task = known((0..100).map(|at| (f64::from(at), true)));
        assert!(!held_out(&one_task, &[7; 100], PROMISE, 0).contains(&true));
        let each: Vec<usize> = (0..100).collect();
        let accepted = held_out(&one_task, &each, PROMISE, 0);
        // The least sure ones of a fold are below what the others reach.
        assert!(accepted.iter().filter(|one| **one).count() > 90, "{accepted:?}");
    }

    #[test]
    fn the_threshold_stands_where_wrong_ones_begin() {
        let good = (0..200).map(|at| (1000.0 - f64::from(at), true));
        let bad = (0..200).map(|at| (500.0 - f64::from(at), false));
        let found = threshold(&known(good.chain(bad)), PROMISE).unwrap();
        assert!(found.accepted >= 200 && found.wrong <= 20, "{found:?}");
        assert!(found.confidence <= 801.0 && found.confidence > 480.0, "{found:?}");
    }

    #[test]
    fn the_promise_is_kept_on_decisions_that_were_not_seen() {
        // Wrong with chance 1 - confidence. Accepted at t, the risk is (1 - t) / 2.
        let mut random = fastrand::Rng::with_seed(7);
        let mut draw = |count: usize| {
            let one = |random: &mut fastrand::Rng| {
                let confidence = random.f64();
                (confidence, random.f64() < confidence)
            };
            known((0..count).map(|_| one(&mut random)).collect::<Vec<_>>())
        };
        let (mut broken, mut found, mut runs) = (0, 0, 0);
        for _ in 0..200 {
            runs += 1;
            let Some(threshold) = threshold(&draw(300), PROMISE) else { continue };
            found += 1;
            broken += u32::from((1.0 - threshold.confidence) / 2.0 > PROMISE.risk);
        }
        assert!(found > runs / 4, "{found} of {runs}");
        assert!(f64::from(broken) <= 0.1 * f64::from(runs), "{broken} of {runs}");
    }
}
