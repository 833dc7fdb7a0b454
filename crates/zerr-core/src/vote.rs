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
    /// Where `p` comes from.
    pub source: PriorSource,
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

/// How many samples the prior is worth.
const PRIOR_WEIGHT: f64 = 10.0;

/// The chance that one *surviving* candidate is right, after `valid` samples of which `survived`
/// passed the hard oracles.
///
/// Right samples always survive; wrong ones slip through at an unknown rate q. The posterior mean
/// of p / (p + (1 − p) q) over Beta(10·prior) × Beta(1, 2) × Binomial(survived | valid) is taken
/// on a grid. Votes themselves are not looked at: agreement among samples that share a mistake
/// must not raise the belief that they are right.
///
/// Where nothing judges behaviour every sample survives and nothing is learnt. Steps differ, so a
/// step is then taken to be one standard deviation of the prior worse than the model's mean.
pub fn posterior(prior: f64, oracles: OracleKind, valid: u32, survived: u32) -> f64 {
    let prior = prior.clamp(0.01, 0.99);
    if oracles == OracleKind::TypesOnly {
        return prior - (prior * (1.0 - prior) / (PRIOR_WEIGHT + 1.0)).sqrt();
    }
    let (a, b) = (PRIOR_WEIGHT * prior, PRIOR_WEIGHT * (1.0 - prior));
    // Most wrong candidates are stopped by an example, some are not.
    let (qa, qb) = (1.0, 2.0);
    let survived = f64::from(survived.min(valid));
    let struck = f64::from(valid) - survived;
    let mut weights = 0.0;
    let mut sum = 0.0;
    let mut cells = Vec::with_capacity(GRID * GRID);
    let mut best = f64::NEG_INFINITY;
    for i in 0..GRID {
        let p = (i as f64 + 0.5) / GRID as f64;
        for j in 0..GRID {
            let q = (j as f64 + 0.5) / GRID as f64;
            let pass = p + (1.0 - p) * q;
            let log_weight = (a - 1.0) * p.ln()
                + (b - 1.0) * (1.0 - p).ln()
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
        let strict = posterior(0.7, OracleKind::Behaviour, 16, 10);
        let loose = posterior(0.7, OracleKind::TypesOnly, 16, 10);
        assert!(strict > loose, "{strict} {loose}");
        assert!(strict > 0.75, "{strict}");
    }

    #[test]
    fn few_survivors_of_a_model_believed_good_are_still_mostly_right() {
        let few = posterior(0.6, OracleKind::Behaviour, 20, 4);
        assert!(few > 0.5 && few < 0.95, "{few}");
    }

    #[test]
    fn unanimous_survival_says_little_when_nothing_but_types_was_asked() {
        let p = posterior(0.92, OracleKind::TypesOnly, 40, 40);
        assert!(p < 0.85, "{p}");
        assert!(posterior(0.6, OracleKind::TypesOnly, 40, 40) < 0.5);
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
            low in 0.1f64..0.8, valid in 0u32..60, share in 0.0f64..1.0,
        ) {
            let survived = (f64::from(valid) * share) as u32;
            for oracles in [OracleKind::Behaviour, OracleKind::TypesOnly] {
                let a = posterior(low, oracles, valid, survived);
                let b = posterior(low + 0.15, oracles, valid, survived);
                prop_assert!((0.0..=1.0).contains(&a));
                prop_assert!(b >= a - 1e-9);
            }
        }
    }
}
