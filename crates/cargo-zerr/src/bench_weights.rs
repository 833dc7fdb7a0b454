//! What a sign says of a sample, measured against the truth: [`Weights`].

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use zerr_core::select::Pool;

/// A sign and how often samples show it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct WeightRow {
    /// Such as `meets the examples`.
    sign: &'static str,
    /// The share of right samples that show it, from 0 to 1, each task alike.
    of_right: f64,
    of_wrong: f64,
    /// By how much it raises the odds that a sample is right.
    ratio: f64,
    /// Tasks with right and with wrong samples.
    tasks: usize,
}

impl WeightRow {
    /// A line of a table.
    pub(crate) fn cells(&self) -> [String; 4] {
        let percent = |share: f64| format!("{:.1} %", 100.0 * share);
        let ratio = format!("{:.1}", self.ratio);
        [self.sign.to_owned(), percent(self.of_right), percent(self.of_wrong), ratio]
    }
}

const SIGNS: [&str; 5] = [
    "meets the examples",
    "passes a test of the model",
    "does what most others do",
    "another text does the same",
    "does what its name and description suggest",
];

/// Sums over tasks.
#[derive(Debug, Default)]
pub(crate) struct Weights {
    right: [f64; SIGNS.len()],
    wrong: [f64; SIGNS.len()],
    /// Tasks in which samples can show a sign.
    tasks: [usize; SIGNS.len()],
}

impl Weights {
    /// Takes in a task's samples that ran, if some are right and some are wrong. `as_implied` is empty where
    /// the task's name and description suggest nothing.
    pub(crate) fn add(&mut self, pool: &Pool, as_implied: &[bool], right: &[bool]) {
        let ran: Vec<usize> = (0..pool.len())
            .filter(|sample| pool.behaviour.get(*sample).is_some_and(|keys| !keys.is_empty()))
            .collect();
        let is_right = |sample: &usize| right.get(*sample).copied().unwrap_or(false);
        let (good, bad): (Vec<usize>, Vec<usize>) = ran.iter().copied().partition(is_right);
        if good.is_empty() || bad.is_empty() {
            return;
        }
        let mut counts: BTreeMap<&[String], usize> = BTreeMap::new();
        let mut texts: BTreeMap<&[String], BTreeSet<&str>> = BTreeMap::new();
        for sample in &ran {
            let keys = behaviour(pool, *sample);
            *counts.entry(keys).or_default() += 1;
            let text = pool.texts.get(*sample).and_then(Option::as_deref);
            texts.entry(keys).or_default().extend(text);
        }
        let shows = |sample: usize| -> [f64; SIGNS.len()] {
            let own = behaviour(pool, sample);
            let others = |keys: &[String], count: usize| count - usize::from(keys == own);
            let most = counts.iter().map(|(keys, count)| others(keys, *count)).max().unwrap_or(0);
            let same = counts.get(own).map_or(0, |count| others(own, *count));
            let tests = pool.tests.get(sample).map_or(&[][..], Vec::as_slice);
            let passed = tests.iter().filter(|passed| **passed).count();
            let share = |truth: bool| f64::from(u8::from(truth));
            [
                share(pool.meets_examples.get(sample).copied().unwrap_or(false)),
                passed as f64 / tests.len().max(1) as f64,
                share(same == most && most > 0),
                share(texts.get(own).is_some_and(|texts| texts.len() > 1)),
                share(as_implied.get(sample).copied().unwrap_or(false)),
            ]
        };
        for (samples, sums) in [(good, &mut self.right), (bad, &mut self.wrong)] {
            for sample in &samples {
                for (sum, shown) in sums.iter_mut().zip(shows(*sample)) {
                    *sum += shown / samples.len() as f64;
                }
            }
        }
        for (sign, tasks) in self.tasks.iter_mut().enumerate() {
            *tasks += usize::from(sign + 1 < SIGNS.len() || !as_implied.is_empty());
        }
    }

    /// Adds what another one has summed up.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (own, theirs) in [(&mut self.right, &other.right), (&mut self.wrong, &other.wrong)] {
            for (sum, more) in own.iter_mut().zip(theirs) {
                *sum += more;
            }
        }
        for (own, theirs) in self.tasks.iter_mut().zip(other.tasks) {
            *own += theirs;
        }
    }

    /// Each sign; none where no task has both kinds of samples.
    pub(crate) fn rows(&self) -> Vec<WeightRow> {
        let counts = SIGNS.iter().zip(self.tasks).zip(self.right.iter().zip(&self.wrong));
        let row =
            |((sign, tasks), (right, wrong)): ((&&'static str, usize), (&f64, &f64))| WeightRow {
                sign,
                of_right: right / tasks as f64,
                of_wrong: wrong / tasks as f64,
                // One more of each: what no wrong sample shows is no proof.
                ratio: (right + 1.0) / (wrong + 1.0),
                tasks,
            };
        counts.filter(|((_, tasks), _)| *tasks > 0).map(row).collect()
    }
}

fn behaviour(pool: &Pool, sample: usize) -> &[String] {
    pool.behaviour.get(sample).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_weighs_by_how_much_more_often_right_samples_show_it() {
        let keys = |text: &str| vec![format!("returned {text}")];
        let pool = Pool {
            texts: ["a", "b", "c", "d"].map(|text| Some(text.to_owned())).to_vec(),
            behaviour: vec![keys("1"), keys("1"), keys("2"), Vec::new()],
            meets_examples: vec![true, true, true, false],
            tests: vec![vec![true, true], vec![true, false], vec![false, false]],
            ..Pool::default()
        };
        let mut weights = Weights::default();
        weights.add(&pool, &[], &[true, true, false, false]);
        weights.add(&pool, &[], &[true, true, true, false]);
        let rows = weights.rows();
        let shares: Vec<(f64, f64)> = rows.iter().map(|row| (row.of_right, row.of_wrong)).collect();
        assert_eq!(shares, [(1.0, 1.0), (0.75, 0.0), (1.0, 0.0), (1.0, 0.0)]);
        assert_eq!((rows[0].tasks, rows[0].ratio, rows[2].ratio), (1, 1.0, 2.0));
        // A name that suggests nothing is no sign that is missing.
        let mut other = Weights::default();
        other.add(&pool, &[true, false, false, false], &[true, true, false, false]);
        weights.merge(&other);
        let rows = weights.rows();
        assert_eq!((rows[0].tasks, rows[4].tasks), (2, 1));
        assert_eq!((rows[4].of_right, rows[4].of_wrong), (0.5, 0.0));
        assert!(Weights::default().rows().is_empty());
    }
}
