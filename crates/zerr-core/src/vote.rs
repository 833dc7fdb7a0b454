//! The race: votes by class, first to lead by k, and how large k must be. Main types: [`Tally`],
//! [`Margin`], [`Prior`].
//!
//! Equation numbers are those of MAKER (Meyerson et al., arXiv 2511.09030).
//!
//! # Invariants
//! This module never sees a prompt, a reply or a source text: a class is a number here.
//! A tally decided at a fixed margin leads by exactly that margin, because votes come one by one.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};
use statrs::distribution::{Beta, ContinuousCDF as _};

/// A class in one tally. Numbers are given by the caller, in order of first appearance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClassId(pub u32);

/// k: by how many votes a class must lead; at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Margin(NonZeroU32);

/// No margin is worth asking for beyond this: the votes would never come.
pub const MARGIN_MAX: u32 = 1_000;

impl Margin {
    /// `None` for zero.
    pub fn new(k: u32) -> Option<Self> {
        NonZeroU32::new(k).map(Self)
    }

    /// As a number of votes.
    pub fn get(self) -> u32 {
        self.0.get()
    }

    /// The least k that brings `steps` steps through with probability `target` (Eq 14, one step an
    /// agent): ⌈ln(t^(−1/s) − 1) / ln((1−p)/p)⌉, at least 1.
    ///
    /// `p` is the chance that one vote is right, `target` lies in (0, 1).
    ///
    /// # Errors
    /// [`NotSafe`] when `p` is not above one half, where no margin helps, or when the margin would
    /// pass [`MARGIN_MAX`].
    pub fn for_target(p: f64, steps: u64, target: f64) -> Result<Self, NotSafe> {
        let safe = p > 0.5 && p <= 1.0 && target > 0.0 && target < 1.0;
        if !safe {
            return Err(NotSafe);
        }
        let p = p.min(0.999_999);
        // t^(−1/s) − 1 by expm1, exact where s is a million and the difference is tiny.
        let needed = (-target.ln() / steps.max(1) as f64).exp_m1();
        let k = (needed.ln() / ((1.0 - p) / p).ln()).ceil().max(1.0);
        if k > f64::from(MARGIN_MAX) {
            return Err(NotSafe);
        }
        NonZeroU32::new(k as u32).map(Self).ok_or(NotSafe)
    }
}

/// Votes cannot be trusted at this p: escalate or abstain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the chance that one vote is right is not safely above one half")]
pub struct NotSafe;

/// Chance that the right class wins one step at margin `k` against one rival (Eq 9).
pub fn step_success(p: f64, k: Margin) -> f64 {
    1.0 / (1.0 + ((1.0 - p) / p).powi(k.get().cast_signed()))
}

/// Chance that all `steps` steps come out right (Eq 13, m = 1).
pub fn run_success(p: f64, k: Margin, steps: u64) -> f64 {
    step_success(p, k).powf(steps as f64)
}

/// Expected votes for one step (Eq 16, m = 1); divide by the share of valid samples for draws.
pub fn expected_votes(p: f64, k: Margin) -> f64 {
    let k_votes = f64::from(k.get());
    (2.0 * k_votes * step_success(p, k) - k_votes) / (2.0 * p - 1.0)
}

/// Votes by class, in the order they were cast.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    votes: BTreeMap<ClassId, u32>,
    cast: u32,
}

impl Tally {
    /// Counts one vote.
    pub fn vote(&mut self, class: ClassId) {
        *self.votes.entry(class).or_insert(0) += 1;
        self.cast += 1;
    }

    /// All votes so far.
    pub fn cast(&self) -> u32 {
        self.cast
    }

    /// Votes of one class.
    pub fn votes(&self, class: ClassId) -> u32 {
        self.votes.get(&class).copied().unwrap_or(0)
    }

    /// Classes with their votes, most first, ties by first appearance.
    pub fn ranking(&self) -> Vec<(ClassId, u32)> {
        let mut ranking: Vec<_> =
            self.votes.iter().map(|(class, votes)| (*class, *votes)).collect();
        ranking.sort_by_key(|(class, votes)| (std::cmp::Reverse(*votes), *class));
        ranking
    }

    /// The class with most votes (the earlier one on a tie) and its lead over the next.
    pub fn leader(&self) -> Option<(ClassId, u32)> {
        let mut best: Option<(ClassId, u32)> = None;
        let mut second = 0;
        for (class, votes) in &self.votes {
            match best {
                Some((_, most)) if *votes <= most => second = second.max(*votes),
                _ => {
                    second = best.map_or(0, |(_, most)| most);
                    best = Some((*class, *votes));
                }
            }
        }
        best.map(|(class, votes)| (class, votes - second))
    }

    /// The class that leads all others by at least `margin` votes (Alg. 2), if there is one.
    pub fn ahead_by(&self, margin: Margin) -> Option<ClassId> {
        self.leader().filter(|(_, lead)| *lead >= margin.get()).map(|(class, _)| class)
    }
}

/// What is believed of one vote before any was seen, and where that comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prior {
    /// Chance that one valid sample is right, in (0, 1).
    pub p: f64,
    /// How much two samples of one step are right or wrong together, in (0, 1): the share of the variance
    /// that lies between steps.
    #[serde(default = "Prior::correlation_assumed")]
    pub correlation: f64,
    /// Where they come from.
    pub source: PriorSource,
}

impl Prior {
    /// A prior whose correlation nobody measured.
    pub fn new(p: f64, source: PriorSource) -> Self {
        Self { p, correlation: Self::correlation_assumed(), source }
    }

    /// That of a Beta distribution worth ten samples, in digits that a log gives back as they are.
    fn correlation_assumed() -> f64 {
        0.0909
    }

    /// Samples of a step that the prior is worth: a + b of the Beta distribution over steps.
    fn weight(&self) -> f64 {
        1.0 / self.correlation.clamp(0.01, 0.99) - 1.0
    }
}

/// Where a prior comes from; shown in the evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriorSource {
    /// The table that the model ships with.
    Card,
    /// Outcomes recorded on this machine.
    Recorded,
    /// Nobody measured it: the conservative configured value.
    Assumed,
}

/// How much the oracles of a step are expected to let wrong candidates through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OracleKind {
    /// Nothing but syntax and types stands between a sample and a vote.
    TypesOnly,
    /// Examples or postconditions do.
    Behaviour,
}

/// What came of the samples of a step so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// All of them.
    pub drawn: u32,
    /// Those that are neither red-flagged nor refused by a compiler or loader.
    pub valid: u32,
    /// Those of the valid that passed the hard oracles.
    pub survived: u32,
}

/// Valid samples that are believed in before any was drawn.
const VALID_BEFORE: f64 = 4.0;

/// The chance that one *surviving* candidate is right.
///
/// Right samples always survive; wrong ones slip through at an unknown rate q. The posterior mean
/// of p / (p + (1 − p) q) over Beta(w·p, w·(1 − p)) × Beta(1, 2) × Binomial(survived | valid) is taken
/// on a grid, where w = 1/correlation − 1. Votes themselves are not looked at: agreement among samples that share a mistake
/// must not raise the belief that they are right.
///
/// Where nothing judges behaviour every valid sample survives and nothing is learnt from that. Steps
/// differ, so a step is then taken to be one standard deviation of the prior worse than the model's
/// mean. A model that mostly writes what is no candidate does not know the task: where less than half
/// of the draws are valid, the few that are count for less in proportion.
pub fn posterior(prior: &Prior, oracles: OracleKind, seen: Seen) -> f64 {
    let (p, weight) = (prior.p.clamp(0.01, 0.99), prior.weight());
    let Seen { drawn, valid, survived } = seen;
    if oracles == OracleKind::TypesOnly {
        let careful = p - (p * (1.0 - p) / (weight + 1.0)).sqrt();
        let share =
            (f64::from(valid) + VALID_BEFORE) / (f64::from(drawn.max(valid)) + VALID_BEFORE);
        return careful.max(0.0) * (2.0 * share).min(1.0);
    }
    let (a, b) = (weight * p, weight * (1.0 - p));
    // Most wrong candidates are stopped by an example, some are not.
    let (qa, qb) = (1.0, 2.0);
    let survived = f64::from(survived.min(valid));
    let struck = f64::from(valid) - survived;
    let mut weights = 0.0;
    let mut sum = 0.0;
    let mut cells = Vec::with_capacity(GRID * GRID);
    let mut best = f64::NEG_INFINITY;
    let below = Beta::new(a, b).ok();
    let share_below = |p: f64| below.as_ref().map_or(p, |beta| beta.cdf(p));
    // Cells that grow narrow towards both ends, where steps that differ have most of their weight.
    let edge = |i: usize| (std::f64::consts::FRAC_PI_2 * i as f64 / CELLS as f64).sin().powi(2);
    let mut share_before = 0.0;
    for i in 0..CELLS {
        let p = f64::midpoint(edge(i), edge(i + 1)).clamp(1e-9, 1.0 - 1e-9);
        let share = share_below(edge(i + 1));
        let mass = (share - share_before).max(0.0);
        share_before = share;
        if mass <= 0.0 {
            continue;
        }
        for j in 0..GRID {
            let q = (j as f64 + 0.5) / GRID as f64;
            let pass = p + (1.0 - p) * q;
            let log_weight = mass.ln()
                + (qa - 1.0) * q.ln()
                + (qb - 1.0) * (1.0 - q).ln()
                + survived * pass.ln()
                + struck * (1.0 - pass).ln();
            best = best.max(log_weight);
            cells.push((log_weight, p / pass));
        }
    }
    for (log_weight, right) in cells {
        let weight = (log_weight - best).exp();
        weights += weight;
        sum += weight * right;
    }
    sum / weights
}

const GRID: usize = 32;
const CELLS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn believed(p: f64) -> Prior {
        Prior::new(p, PriorSource::Assumed)
    }

    /// The table of checked values: k and expected votes at t = 0.95.
    #[test]
    fn margins_and_votes_match_the_published_formulas() {
        let rows = [
            (0.6, [(10, 13, 64.0), (200, 21, 105.0), (1000, 25, 125.0)]),
            (0.7, [(10, 7, 17.0), (200, 10, 25.0), (1000, 12, 30.0)]),
            (0.8, [(10, 4, 6.6), (200, 6, 10.0), (1000, 8, 13.0)]),
            (0.9, [(10, 3, 3.7), (200, 4, 5.0), (1000, 5, 6.2)]),
            (0.95, [(10, 2, 2.2), (200, 3, 3.3), (1000, 4, 4.4)]),
        ];
        for (p, cells) in rows {
            for (steps, k, votes) in cells {
                let margin = Margin::for_target(p, steps, 0.95).unwrap();
                assert_eq!(margin.get(), k, "p = {p}, s = {steps}");
                let expected = expected_votes(p, margin);
                assert!((expected - votes).abs() <= votes * 0.03, "p = {p}: {expected} ≠ {votes}");
                assert!(run_success(p, margin, steps) >= 0.95);
            }
        }
    }

    #[test]
    fn no_margin_helps_at_one_half() {
        for p in [0.5, 0.3, 0.0, f64::NAN, 1.1] {
            assert_eq!(Margin::for_target(p, 10, 0.95), Err(NotSafe));
        }
        assert_eq!(Margin::for_target(0.5001, 1_000_000, 0.999), Err(NotSafe));
        assert_eq!(Margin::for_target(0.9, 10, 1.0), Err(NotSafe));
    }

    #[test]
    fn a_tie_has_no_lead() {
        let mut tally = Tally::default();
        tally.vote(ClassId(1));
        tally.vote(ClassId(0));
        assert_eq!(tally.leader(), Some((ClassId(0), 0)));
        assert_eq!(tally.ahead_by(Margin::new(1).unwrap()), None);
    }

    #[test]
    fn first_to_k_is_not_ahead_by_k() {
        let mut tally = Tally::default();
        for class in [0, 1, 0, 1, 0] {
            tally.vote(ClassId(class));
        }
        assert_eq!(tally.ahead_by(Margin::new(3).unwrap()), None);
        assert_eq!(tally.ahead_by(Margin::new(1).unwrap()), Some(ClassId(0)));
    }

    #[test]
    fn survivors_of_examples_are_trusted_more_than_survivors_of_types() {
        let seen = Seen { drawn: 16, valid: 16, survived: 10 };
        let strict = posterior(&believed(0.7), OracleKind::Behaviour, seen);
        let loose = posterior(&believed(0.7), OracleKind::TypesOnly, seen);
        assert!(strict > loose, "{strict} {loose}");
        assert!(strict > 0.75, "{strict}");
    }

    #[test]
    fn few_survivors_of_a_model_believed_good_are_still_mostly_right() {
        let few = posterior(
            &believed(0.6),
            OracleKind::Behaviour,
            Seen { drawn: 20, valid: 20, survived: 4 },
        );
        assert!(few > 0.5 && few < 0.95, "{few}");
    }

    #[test]
    fn unanimous_survival_says_little_when_nothing_but_types_was_asked() {
        let all = Seen { drawn: 40, valid: 40, survived: 40 };
        let p = posterior(&believed(0.92), OracleKind::TypesOnly, all);
        assert!(p < 0.85, "{p}");
        assert!(posterior(&believed(0.6), OracleKind::TypesOnly, all) < 0.5);
    }

    #[test]
    fn steps_that_differ_more_are_trusted_less_and_learnt_from_faster() {
        let prior = |correlation| Prior { correlation, ..believed(0.8) };
        let (alike, apart) = (prior(0.05), prior(0.5));
        let none = Seen::default();
        let p = |prior: &Prior, oracles, seen| posterior(prior, oracles, seen);
        assert!(p(&alike, OracleKind::TypesOnly, none) > 0.7);
        assert!(p(&apart, OracleKind::TypesOnly, none) < 0.55);
        // Few survivors are a sign of a step that is hard where steps differ.
        let few = Seen { drawn: 20, valid: 20, survived: 4 };
        assert!(p(&apart, OracleKind::Behaviour, few) < p(&alike, OracleKind::Behaviour, few));
    }

    #[test]
    fn the_posterior_is_that_of_the_integral_also_where_steps_are_all_or_nothing() {
        // By Monte Carlo with 4 million draws.
        let rows = [
            (0.1, 0.8, 2, 2, 0.36),
            (0.1, 0.8, 3, 4, 0.14),
            (0.05, 0.9, 4, 4, 0.40),
            (0.1, 0.9, 3, 3, 0.50),
            (0.2, 0.5, 1, 1, 0.43),
        ];
        for (p, correlation, survived, valid, exact) in rows {
            let prior = Prior { correlation, ..believed(p) };
            let found =
                posterior(&prior, OracleKind::Behaviour, Seen { drawn: valid, valid, survived });
            assert!((found - exact).abs() < 0.03, "{p} {correlation}: {found} and not {exact}");
        }
    }

    #[test]
    fn a_few_valid_samples_among_many_that_are_none_decide_nothing() {
        let p = |drawn, valid| {
            posterior(
                &believed(0.92),
                OracleKind::TypesOnly,
                Seen { drawn, valid, survived: valid },
            )
        };
        assert!(p(60, 7) < 0.5, "{}", p(60, 7));
        assert!((p(6, 1) - p(0, 0)).abs() < 1e-9, "a bad beginning is no sign yet");
        assert!((p(60, 30) - p(0, 0)).abs() < 1e-9);
        assert!(p(60, 20) < p(60, 30));
    }

    proptest! {
        #[test]
        fn a_decided_tally_leads_by_exactly_k(
            votes in prop::collection::vec(0u32..4, 1..200),
            k in 1u32..6,
        ) {
            let margin = Margin::new(k).unwrap();
            let mut tally = Tally::default();
            for class in votes {
                tally.vote(ClassId(class));
                if let Some(winner) = tally.ahead_by(margin) {
                    let second = tally.ranking().get(1).map_or(0, |(_, votes)| *votes);
                    prop_assert_eq!(tally.votes(winner), second + k);
                    return Ok(());
                }
            }
        }

        #[test]
        fn the_posterior_is_a_probability_and_grows_with_the_prior(
            low in 0.1f64..0.8, drawn in 0u32..80, valid in 0.0f64..1.0, share in 0.0f64..1.0,
        ) {
            let valid = (f64::from(drawn) * valid) as u32;
            let seen = Seen { drawn, valid, survived: (f64::from(valid) * share) as u32 };
            for oracles in [OracleKind::Behaviour, OracleKind::TypesOnly] {
                let a = posterior(&believed(low), oracles, seen);
                let b = posterior(&believed(low + 0.15), oracles, seen);
                prop_assert!((0.0..=1.0).contains(&a));
                prop_assert!(b >= a - 1e-9);
            }
        }
    }
}
