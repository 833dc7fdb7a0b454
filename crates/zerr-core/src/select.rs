//! One choice out of many samples by what they do: [`Pool`], [`Method`], [`choose`], [`race`], [`Course`].
//!
//! The methods that others published stand beside zerr's own, so that a recording can be judged by
//! all of them in one run.
//!
//! # Invariants
//! Nothing here knows what is right: samples, what they did, and which of the spec's examples they
//! meet, and no more.

use std::collections::BTreeMap;

use statrs::function::beta::ln_beta;

use crate::vote::{ClassId, Margin, Tally};

/// The samples of one task, each by its number.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    /// What each sample's text is, spacing and comments left out; `None` where it is no candidate.
    pub texts: Vec<Option<String>>,
    /// What each sample did on each input, as keys; empty where it did not get as far.
    pub behaviour: Vec<Vec<String>>,
    /// Whether each sample meets every example of the spec.
    pub meets_examples: Vec<bool>,
    /// Whether an example is left out of account because nobody meets it.
    pub doubted: bool,
    /// Which tests that a model wrote each sample passes; empty where there are none.
    pub tests: Vec<Vec<bool>>,
    /// How many decisions each sample makes (`zerr_syntax::decisions`); empty where nobody counted.
    pub decisions: Vec<u32>,
}

/// How one is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Any sample.
    Random,
    /// Most samples of one text.
    Text,
    /// Most samples of one behaviour.
    Behaviour,
    /// Square root of agreeing samples, times tests that they pass (`CodeT`, arXiv 2207.10397).
    Dual,
    /// Any sample that meets the examples.
    FilterRandom,
    /// `Dual` among those.
    FilterDual,
    /// Among those, the class that passes the same tests and is right most likely, where tests are right or
    /// wrong like samples (after B4).
    FilterTests,
    /// `Behaviour` among those.
    FilterBehaviour,
    /// Among those, the one that agrees with most of the others on most inputs.
    FilterSoft,
    /// The same on inputs inside of what the candidates are made for; as sure as it agrees and as
    /// many meet the examples.
    Supported,
}

impl Method {
    /// Every method, the simplest first.
    pub const ALL: [Self; 10] = [
        Self::Random,
        Self::Text,
        Self::Behaviour,
        Self::Dual,
        Self::FilterRandom,
        Self::FilterDual,
        Self::FilterTests,
        Self::FilterBehaviour,
        Self::FilterSoft,
        Self::Supported,
    ];

    /// For tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Random => "random sample",
            Self::Text => "text plurality",
            Self::Behaviour => "behaviour plurality",
            Self::Dual => "dual agreement",
            Self::FilterRandom => "example filter, then random",
            Self::FilterDual => "example filter, dual agreement",
            Self::FilterTests => "example filter, likeliest by tests",
            Self::FilterBehaviour => "example filter, behaviour plurality",
            Self::FilterSoft => "example filter, soft consensus",
            Self::Supported => "soft consensus, weighed by support",
        }
    }

    /// Whether it looks at the examples.
    pub fn filters(self) -> bool {
        !matches!(self, Self::Random | Self::Text | Self::Behaviour | Self::Dual)
    }
}

/// What a method chose: samples that it does not tell apart, each as likely.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice {
    /// Their numbers; empty where nothing can be chosen.
    pub samples: Vec<usize>,
    /// How sure the method is, from 0 to 1; comparable between tasks, and no probability.
    pub confidence: f64,
}

impl Pool {
    /// How many samples there are.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    fn keys(&self, sample: usize) -> &[String] {
        self.behaviour.get(sample).map_or(&[], Vec::as_slice)
    }

    fn ran(&self, sample: usize) -> bool {
        !self.keys(sample).is_empty()
    }

    fn meets(&self, sample: usize) -> bool {
        self.meets_examples.get(sample).copied().unwrap_or(false)
    }

    /// The samples that ran; where `filters`, those that meet the examples, if any do.
    fn candidates(&self, filters: bool) -> Vec<usize> {
        let ran: Vec<usize> = (0..self.len()).filter(|sample| self.ran(*sample)).collect();
        let met: Vec<usize> = ran.iter().copied().filter(|sample| self.meets(*sample)).collect();
        if filters && !met.is_empty() { met } else { ran }
    }
}

/// Chooses by a method. Where no sample meets the examples, a method that filters chooses as if
/// there were none, and is not sure at all.
pub fn choose(pool: &Pool, method: Method) -> Choice {
    let all: Vec<usize> = (0..pool.len()).collect();
    let candidates = pool.candidates(method.filters());
    let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
    let mut choice = match method {
        Method::Random => Choice { confidence: share(1, all.len()), samples: all },
        Method::FilterRandom => {
            let met = candidates.iter().filter(|sample| pool.meets(**sample)).count();
            Choice { confidence: share(met, pool.len()), samples: candidates }
        }
        Method::Text => {
            let texts = |sample: &usize| pool.texts.get(*sample).cloned().flatten();
            largest(all.iter().filter_map(|sample| Some((texts(sample)?, *sample))), pool.len())
        }
        Method::Behaviour | Method::FilterBehaviour => {
            let whole = candidates.len();
            largest(candidates.iter().map(|sample| (pool.keys(*sample), *sample)), whole)
        }
        Method::Dual | Method::FilterDual => dual(pool, &candidates),
        Method::FilterTests => likeliest(pool, &candidates),
        Method::FilterSoft => {
            let all = pool.behaviour.iter().map(Vec::len).max().unwrap_or(0);
            Numbered::of(pool).soft(&candidates, &(0..all).collect::<Vec<_>>())
        }
        Method::Supported => Numbered::of(pool).supported(&candidates),
    };
    if method.filters() && !choice.samples.iter().any(|sample| pool.meets(*sample)) {
        choice.confidence = 0.0;
    }
    choice
}

/// Whether a third of the samples that meet the examples and more do something else than the chosen one on
/// an input that all of them give a result for.
pub fn is_open(pool: &Pool, chosen: usize) -> bool {
    let met: Vec<usize> =
        (0..pool.len()).filter(|sample| pool.ran(*sample) && pool.meets(*sample)).collect();
    Numbered::of(pool).is_open(&met, chosen)
}

/// The samples of the largest class, all of those where several are as large.
fn largest<K: Ord>(labelled: impl Iterator<Item = (K, usize)>, whole: usize) -> Choice {
    let mut classes: BTreeMap<K, Vec<usize>> = BTreeMap::new();
    for (label, sample) in labelled {
        classes.entry(label).or_default().push(sample);
    }
    let most = classes.values().map(Vec::len).max().unwrap_or(0);
    let samples = classes.into_values().filter(|class| class.len() == most).flatten().collect();
    Choice { samples, confidence: most as f64 / whole.max(1) as f64 }
}

/// Classes of samples that pass the same tests, scored by √samples × tests.
fn dual(pool: &Pool, candidates: &[usize]) -> Choice {
    let mut classes: BTreeMap<&[bool], Vec<usize>> = BTreeMap::new();
    for sample in candidates {
        let passed = pool.tests.get(*sample).map_or(&[][..], Vec::as_slice);
        classes.entry(passed).or_default().push(*sample);
    }
    let score = |passed: &[bool], class: &[usize]| {
        (class.len() as f64).sqrt() * passed.iter().filter(|passed| **passed).count() as f64
    };
    let scored: Vec<(f64, Vec<usize>)> =
        classes.into_iter().map(|(passed, class)| (score(passed, &class), class)).collect();
    let best = scored.iter().map(|(score, _)| *score).fold(0.0, f64::max);
    let total: f64 = scored.iter().map(|(score, _)| *score).sum();
    let samples =
        scored.into_iter().filter(|(score, _)| *score >= best).flat_map(|(_, class)| class);
    let confidence = if total > 0.0 { best / total } else { 0.0 };
    Choice { samples: samples.collect(), confidence }
}

/// The class of samples that pass the same tests which is the most likely to be right, with the tests that
/// it passes: of its likelihood every share (of samples and of tests that are right, of right tests that a
/// wrong sample passes, of wrong ones that it passes) is unknown and even, so that it is a product of Beta
/// functions. A right sample fails every wrong test.
fn likeliest(pool: &Pool, candidates: &[usize]) -> Choice {
    let passed = |sample: &usize| pool.tests.get(*sample).map_or(&[][..], Vec::as_slice);
    let mut classes: BTreeMap<&[bool], Vec<usize>> = BTreeMap::new();
    for sample in candidates {
        classes.entry(passed(sample)).or_default().push(*sample);
    }
    // Of so many trials so many succeeded.
    let even = |successes: usize, trials: usize| {
        ln_beta(successes as f64 + 1.0, (trials - successes) as f64 + 1.0)
    };
    let scored: Vec<(f64, Vec<usize>)> = classes
        .iter()
        .map(|(tests, class)| {
            let right = tests.iter().filter(|passes| **passes).count();
            let others = candidates.iter().filter(|sample| !class.contains(sample));
            let (mut by_right, mut by_wrong, mut count) = (0, 0, 0);
            for other in others {
                count += 1;
                for (is_right, passes) in tests.iter().zip(passed(other)) {
                    let slot = if *is_right { &mut by_right } else { &mut by_wrong };
                    *slot += usize::from(*passes);
                }
            }
            let score = even(class.len(), candidates.len())
                + even(right, tests.len())
                + even(by_right, count * right)
                + even(by_wrong, count * (tests.len() - right));
            (score, class.clone())
        })
        .collect();
    let best = scored.iter().map(|(score, _)| *score).fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = scored.iter().map(|(score, _)| (score - best).exp()).sum();
    let samples = scored.into_iter().filter(|(score, _)| *score > best - TIE);
    Choice {
        samples: samples.flat_map(|(_, class)| class).collect(),
        confidence: if total > 0.0 { 1.0 / total } else { 0.0 },
    }
}

/// Candidates whose agreement counts for a half: that of two or three says little, however perfect
/// it is.
const SUPPORT: f64 = 5.0;

/// Where more of the candidates do otherwise on one input that all of them give a result for, what is
/// meant there is an open question, as in a live run.
const OPEN: f64 = 1.0 / 3.0;

/// What an agreement counts for beside an open question, or an example that is doubted.
pub(crate) const BESIDE_OPEN: f64 = 0.5;

/// What an agreement on a function of so many decisions counts for. Next to nothing is taken off: it puts those in
/// order that all candidates agree on, of which the ones with more decisions are more often wrong.
pub(crate) fn simple(decisions: u32) -> f64 {
    1.0 - 0.001 * f64::from(decisions.min(50))
}

/// Agreements that differ by less are equal.
const TIE: f64 = 1e-9;

/// A pool with numbers for its texts, which are compared again and again.
struct Numbered {
    texts: Vec<usize>,
    behaviour: Vec<Vec<usize>>,
    /// Of each number in `behaviour` whether it stands for something returned.
    returned: Vec<bool>,
    doubted: bool,
    decisions: Vec<u32>,
}

impl Numbered {
    fn of(pool: &Pool) -> Self {
        let mut texts = BTreeMap::new();
        let mut keys = BTreeMap::new();
        let texts = pool.texts.iter().map(|text| number(&mut texts, text.as_deref())).collect();
        let behaviour = pool
            .behaviour
            .iter()
            .map(|of| of.iter().map(|key| number(&mut keys, key.as_str())).collect())
            .collect();
        let mut returned = vec![false; keys.len()];
        for (key, at) in keys {
            if let Some(slot) = returned.get_mut(at) {
                *slot = key.starts_with("returned");
            }
        }
        let decisions = pool.decisions.clone();
        Self { texts, behaviour, returned, doubted: pool.doubted, decisions }
    }

    fn keys(&self, sample: usize) -> &[usize] {
        self.behaviour.get(sample).map_or(&[], Vec::as_slice)
    }

    fn inputs(&self, candidates: &[usize]) -> usize {
        candidates.iter().map(|sample| self.keys(*sample).len()).max().unwrap_or(0)
    }

    fn text(&self, sample: usize) -> Option<usize> {
        self.texts.get(sample).copied()
    }

    /// `soft` inside of what the candidates are made for, and among those that agree as much there, on all
    /// inputs; as sure as it agrees inside and as many there are, less so beside an open question, and a little less
    /// for each decision.
    fn supported(&self, candidates: &[usize]) -> Choice {
        let agreed = self.told_apart(candidates, self.soft(candidates, &self.inside(candidates)));
        let support = candidates.len() as f64;
        let first = agreed.samples.first();
        let is_open = first.is_some_and(|chosen| self.is_open(candidates, *chosen));
        let counts = if is_open || self.doubted { BESIDE_OPEN } else { 1.0 };
        let decisions = first.and_then(|chosen| self.decisions.get(*chosen)).copied();
        let counts = counts * simple(decisions.unwrap_or(0));
        let confidence = agreed.confidence * counts * support / (support + SUPPORT);
        Choice { confidence, ..agreed }
    }

    /// Of what agrees as much inside, what agrees most on all inputs; as sure as before.
    fn told_apart(&self, candidates: &[usize], inside: Choice) -> Choice {
        let mut kinds: Vec<(&[usize], Vec<usize>)> = Vec::new();
        for sample in &inside.samples {
            match kinds.iter_mut().find(|(keys, _)| *keys == self.keys(*sample)) {
                Some((_, same)) => same.push(*sample),
                None => kinds.push((self.keys(*sample), vec![*sample])),
            }
        }
        if kinds.len() < 2 {
            return inside;
        }
        let weights = self.weights(candidates);
        let agreement = |keys: &[usize]| -> f64 {
            let same =
                |other: &usize| keys.iter().zip(self.keys(*other)).filter(|(a, b)| a == b).count();
            candidates.iter().zip(&weights).map(|(other, weight)| weight * same(other) as f64).sum()
        };
        let all: Vec<f64> = kinds.iter().map(|(keys, _)| agreement(keys)).collect();
        let most = all.iter().copied().fold(0.0, f64::max);
        let best = kinds.into_iter().zip(all).filter(|(_, agreement)| *agreement > most - TIE);
        Choice { samples: best.flat_map(|((_, same), _)| same).collect(), ..inside }
    }

    /// Whether more than [`OPEN`] of the candidates do something else than the chosen one on an input that
    /// all of them give a result for. Who raises on most inputs is not asked.
    fn is_open(&self, candidates: &[usize], chosen: usize) -> bool {
        let returns = |key: &&usize| self.returned.get(**key).copied().unwrap_or(false);
        let has_a_say = |sample: &usize| {
            let keys = self.keys(*sample);
            4 * keys.iter().filter(returns).count() >= keys.len()
        };
        let candidates: Vec<usize> = candidates.iter().copied().filter(has_a_say).collect();
        let weights = self.weights(&candidates);
        let whole: f64 = weights.iter().sum();
        (0..self.keys(chosen).len()).any(|input| {
            let own = self.keys(chosen).get(input);
            let mut others = 0.0;
            for (sample, weight) in candidates.iter().zip(&weights) {
                let key = self.keys(*sample).get(input);
                if key.is_none_or(|key| self.returned.get(*key) != Some(&true)) {
                    return false;
                }
                others += if key == own { 0.0 } else { *weight };
            }
            others > OPEN * whole + TIE
        })
    }

    /// What each candidate counts for. Copies of one text are counted by their root: a text that comes
    /// again and again is no new witness each time.
    fn weights(&self, candidates: &[usize]) -> Vec<f64> {
        let mut copies: BTreeMap<Option<usize>, usize> = BTreeMap::new();
        for sample in candidates {
            *copies.entry(self.text(*sample)).or_default() += 1;
        }
        let of = |sample: &usize| {
            let same = copies.get(&self.text(*sample)).copied().unwrap_or(1);
            (same as f64).sqrt() / same as f64
        };
        candidates.iter().map(of).collect()
    }

    /// The behaviour that agrees with the candidates on most inputs, on average.
    fn soft(&self, candidates: &[usize], inputs: &[usize]) -> Choice {
        let keys = |sample: usize| -> Vec<usize> {
            inputs.iter().filter_map(|input| self.keys(sample).get(*input).copied()).collect()
        };
        let mut classes: BTreeMap<Vec<usize>, (f64, Vec<usize>)> = BTreeMap::new();
        for (sample, weight) in candidates.iter().zip(self.weights(candidates)) {
            let class = classes.entry(keys(*sample)).or_default();
            class.0 += weight;
            class.1.push(*sample);
        }
        let whole: f64 = classes.values().map(|(weight, _)| weight).sum();
        let mut best = Choice::default();
        for (keys, (_, class)) in &classes {
            let agreement: f64 = classes
                .iter()
                .map(|(others, (weight, _))| {
                    let same = keys.iter().zip(others).filter(|(a, b)| a == b).count();
                    weight * same as f64 / keys.len().max(1) as f64
                })
                .sum::<f64>()
                / whole;
            // Several that agree as much are not told apart.
            if agreement > best.confidence + TIE {
                best = Choice { samples: class.clone(), confidence: agreement };
            } else if agreement > best.confidence - TIE {
                best.samples.extend(class);
            }
        }
        best
    }

    /// The inputs that the candidates seem to be made for: where a quarter of them raise or do not end, a
    /// spec that says nothing leaves open whether there is anything to agree on.
    fn inside(&self, candidates: &[usize]) -> Vec<usize> {
        let count = self.inputs(candidates);
        let raises = |input: usize| {
            let raised = |sample: &&usize| {
                let key = self.keys(**sample).get(input);
                key.is_some_and(|key| !self.returned.get(*key).copied().unwrap_or(false))
            };
            candidates.iter().filter(raised).count()
        };
        let inside: Vec<usize> =
            (0..count).filter(|input| 4 * raises(*input) < candidates.len()).collect();
        if inside.is_empty() { (0..count).collect() } else { inside }
    }
}

fn number<K: Ord>(known: &mut BTreeMap<K, usize>, key: K) -> usize {
    let next = known.len();
    *known.entry(key).or_insert(next)
}

/// How the choice of [`Method::Supported`] goes on while samples come one after another.
pub struct Course {
    points: Vec<Point>,
    /// Samples that can be drawn.
    samples: usize,
}

/// The choice after a sample that meets the examples.
struct Point {
    drawn: usize,
    met: usize,
    confidence: f64,
    sample: Option<usize>,
}

/// Draws before hope is given up.
const PATIENCE: usize = 10;

impl Course {
    /// The courses over several orders of the samples.
    pub fn over(pool: &Pool, orders: &[Vec<usize>]) -> Vec<Self> {
        let numbered = Numbered::of(pool);
        let of = |order: &Vec<usize>| {
            let (mut met, mut points) = (Vec::new(), Vec::new());
            for (at, sample) in order.iter().enumerate() {
                if !pool.ran(*sample) || !pool.meets(*sample) {
                    continue;
                }
                met.push(*sample);
                let choice = numbered.supported(&met);
                points.push(Point {
                    drawn: at + 1,
                    met: met.len(),
                    confidence: choice.confidence,
                    sample: choice.samples.first().copied(),
                });
            }
            Self { points, samples: order.len() }
        };
        orders.iter().map(of).collect()
    }

    /// Where it stops when the choice is as sure as `enough`, or when the samples that are left will
    /// hardly bring as many that meet the examples as that takes, agree as they may.
    ///
    /// A threshold on the outcomes of whole courses holds whenever they stop: what is counted is whether
    /// the choice at the stop was right.
    pub fn until(&self, enough: f64) -> Raced {
        let needed = enough * SUPPORT / (1.0 - enough).max(TIE);
        let is_hopeless = |drawn: usize, met: usize| {
            let rate = (met as f64 + 0.5) / (drawn as f64 + 1.0);
            drawn >= PATIENCE && rate * (self.samples as f64) < needed
        };
        let mut met = 0;
        let mut points = self.points.iter().peekable();
        for drawn in 1..=self.samples {
            if let Some(point) = points.next_if(|point| point.drawn == drawn) {
                met = point.met;
                if point.confidence >= enough {
                    return Raced { winner: point.sample, drawn };
                }
            }
            if is_hopeless(drawn, met) {
                return Raced { winner: None, drawn };
            }
        }
        Raced { winner: None, drawn: self.samples }
    }
}

/// What a race over samples in this order came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raced {
    /// A sample of the class that won; `None` where none did.
    pub winner: Option<usize>,
    /// Samples drawn.
    pub drawn: usize,
}

/// First to lead by `k` among samples that meet the examples, drawn in this order.
pub fn race(pool: &Pool, order: &[usize], k: Margin) -> Raced {
    let mut tally = Tally::default();
    let mut classes: BTreeMap<&[String], ClassId> = BTreeMap::new();
    let mut first: Vec<usize> = Vec::new();
    for (drawn, sample) in order.iter().enumerate() {
        if !pool.ran(*sample) || !pool.meets(*sample) {
            continue;
        }
        let next = ClassId(classes.len() as u32);
        let class = *classes.entry(pool.keys(*sample)).or_insert(next);
        if class == next {
            first.push(*sample);
        }
        tally.vote(class);
        if let Some((leader, lead)) = tally.leader()
            && lead >= k.get()
        {
            let winner = first.get(leader.0 as usize).copied();
            return Raced { winner, drawn: drawn + 1 };
        }
    }
    Raced { winner: None, drawn: order.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples by their behaviour, a letter an input; in capitals what meets the examples.
    fn pool(samples: &[&str]) -> Pool {
        let keys = |sample: &&str| -> Vec<String> {
            sample.to_lowercase().chars().map(|key| format!("returned {key}")).collect()
        };
        Pool {
            texts: samples.iter().map(|sample| Some(sample.to_lowercase())).collect(),
            behaviour: samples.iter().map(keys).collect(),
            meets_examples: samples.iter().map(|s| s.starts_with(char::is_uppercase)).collect(),
            ..Pool::default()
        }
    }

    fn chosen(pool: &Pool, method: Method) -> Vec<usize> {
        choose(pool, method).samples
    }

    #[test]
    fn each_method_chooses_as_it_says() {
        let pool = pool(&["xyz", "xyz", "xyz", "Abc", "Abc", "Abd", "Ade", ""]);
        assert_eq!(chosen(&pool, Method::Random).len(), 8);
        assert_eq!(chosen(&pool, Method::Text), [0, 1, 2]);
        assert_eq!(chosen(&pool, Method::Behaviour), [0, 1, 2]);
        assert_eq!(chosen(&pool, Method::FilterRandom), [3, 4, 5, 6]);
        assert_eq!(chosen(&pool, Method::FilterBehaviour), [3, 4]);
        let soft = choose(&pool, Method::FilterSoft);
        assert_eq!(soft.samples, [3, 4]);
        // Two of one text agree everywhere and count √2, one on two of three inputs, one on one.
        let copies = 2_f64.sqrt();
        assert!((soft.confidence - (copies + 1.0) / (copies + 2.0)).abs() < 1e-9);
    }

    #[test]
    fn soft_consensus_finds_what_classes_that_fell_apart_have_in_common() {
        let pool = pool(&["Abbx", "Abby", "Abbz", "Aqqq", "Aqqq"]);
        assert_eq!(chosen(&pool, Method::FilterBehaviour), [3, 4]);
        assert_eq!(chosen(&pool, Method::FilterSoft), [0, 1, 2], "and does not tell them apart");
    }

    #[test]
    fn few_that_agree_are_less_sure_than_many_that_nearly_do() {
        let few = choose(&pool(&["Abc", "Abc", "xxx"]), Method::Supported);
        let many = pool(&["Abc", "Abc", "Abc", "Abc", "Abc", "Abc", "Abc", "Abc", "Abd", "xxx"]);
        assert!(choose(&many, Method::Supported).confidence > few.confidence);
        assert!(choose(&many, Method::FilterSoft).confidence < 1.0);
        assert_eq!(few.samples, [0, 1]);
    }

    #[test]
    fn of_what_all_agree_on_what_decides_less_is_surer() {
        let sure = |samples: &[&str], decisions: u32| {
            let decisions = vec![decisions; samples.len()];
            choose(&Pool { decisions, ..pool(samples) }, Method::Supported).confidence
        };
        let agreed = ["Aab", "Aab", "Aab", "Aab"];
        assert!(sure(&agreed, 0) > sure(&agreed, 1) && sure(&agreed, 1) > sure(&agreed, 9));
        assert!(sure(&agreed, 9) > 0.9 * sure(&agreed, 0), "and no more than in order");
        assert!(sure(&agreed, 99) > sure(&["Aab", "Aab", "Aab", "Aac"], 0), "agreement goes first");
    }

    #[test]
    fn who_agrees_as_much_inside_is_told_apart_by_what_is_outside() {
        let mut pool = pool(&["Aab", "Aab", "Aab", "Aab", "Aab", "Aab", "Aac", "Aac"]);
        // A third raise on the last input, which is outside then, and two of the others differ there.
        for sample in [0, 1, 2] {
            pool.behaviour[sample][2] = "raised ValueError".to_owned();
        }
        pool.texts = (0..8).map(|at| Some(at.to_string())).collect();
        let mut choice = choose(&pool, Method::Supported);
        choice.samples.sort_unstable();
        assert_eq!(choice.samples, [0, 1, 2, 3, 4, 5], "three and three, two are fewer");
        assert!((choice.confidence - 8.0 / 13.0).abs() < 1e-9, "as sure as inside");
    }

    #[test]
    fn the_likeliest_class_passes_tests_that_few_others_do() {
        let mut pool = pool(&["Aa", "Ab", "Ac", "Ad", "Ae"]);
        // Three fail everything but what all pass; two pass what is hard.
        let row = |text: &str| text.chars().map(|c| c == 'p').collect::<Vec<_>>();
        pool.tests = vec![row("pppp"), row("pppp"), row("p..."), row(".p.."), row("..p.")];
        assert_eq!(chosen(&pool, Method::FilterTests), [0, 1]);
        pool.tests = vec![Vec::new(); 5];
        assert_eq!(chosen(&pool, Method::FilterTests).len(), 5, "without tests nobody is likelier");
    }

    #[test]
    fn a_choice_beside_an_open_question_is_less_sure() {
        let sure = |samples: &[&str]| {
            let mut pool = pool(samples);
            // Texts of their own.
            pool.texts = (0..samples.len()).map(|at| Some(at.to_string())).collect();
            let candidates: Vec<usize> = (0..samples.len()).collect();
            Numbered::of(&pool).supported(&candidates).confidence
        };
        // One of four does otherwise on one input, or two.
        let minority = sure(&["Aaab", "Aaab", "Aaab", "Aaac"]);
        let half = sure(&["Aaab", "Aaab", "Aaac", "Aaac"]);
        assert!(half < 0.6 * minority, "{half} {minority}");
        // One that raises everywhere does not close it.
        let mut raising = pool(&["Aaab", "Aaab", "Aaac", "Aaac", "Axyz"]);
        raising.behaviour[4] = vec!["raised ValueError".to_owned(); 4];
        raising.texts = (0..5).map(|at| Some(at.to_string())).collect();
        assert!(Numbered::of(&raising).is_open(&[0, 1, 2, 3, 4], 0));
    }

    #[test]
    fn inputs_on_which_many_raise_are_left_out() {
        let mut pool = pool(&["Ab", "Ac", "Ad", "Ae"]);
        assert_eq!(chosen(&pool, Method::Supported).len(), 4, "all differ on the second input");
        for keys in pool.behaviour.iter_mut().take(1) {
            keys[1] = "raised ValueError".to_owned();
        }
        assert_eq!(chosen(&pool, Method::Supported).len(), 4);
        assert!((choose(&pool, Method::Supported).confidence - 4.0 / 9.0).abs() < 1e-9);
    }

    #[test]
    fn dual_agreement_weighs_samples_by_the_tests_they_pass() {
        let mut pool = pool(&["a", "a", "b"]);
        pool.tests = vec![vec![true, false, false], vec![true, false, false], vec![true; 3]];
        assert_eq!(chosen(&pool, Method::Dual), [2]);
        pool.tests =
            vec![vec![true, true, false], vec![true, true, false], vec![false, true, true]];
        assert_eq!(chosen(&pool, Method::Dual), [0, 1]);
    }

    #[test]
    fn where_nothing_meets_the_examples_a_filter_is_not_sure() {
        let choice = choose(&pool(&["ab", "ab"]), Method::FilterSoft);
        assert_eq!((choice.samples.len(), choice.confidence), (2, 0.0));
        assert_eq!(choose(&Pool::default(), Method::Behaviour).samples, [] as [usize; 0]);
    }

    #[test]
    fn drawing_stops_when_the_choice_is_sure_or_hopeless() {
        let of = |samples: &[&str]| {
            let order: Vec<usize> = (0..samples.len()).collect();
            Course::over(&pool(samples), &[order]).pop().unwrap()
        };
        let alike = of(&["Ab"; 40]);
        // n / (n + 5) is at least a half from five on.
        assert_eq!(alike.until(0.5), Raced { winner: Some(0), drawn: 5 });
        assert_eq!(alike.until(0.95), Raced { winner: None, drawn: 10 }, "never that sure");
        let split: Vec<&str> = ["Ab", "Cd"].into_iter().cycle().take(40).collect();
        assert_eq!(of(&split).until(0.5), Raced { winner: None, drawn: 40 });
        let none = of(&["xy"; 40]);
        assert_eq!(
            none.until(0.5),
            Raced { winner: None, drawn: 10 },
            "nothing meets the examples"
        );
        let late: Vec<&str> = ["xy"; 9].into_iter().chain(["Ab"; 31]).collect();
        assert_eq!(of(&late).until(0.5).drawn, 14);
    }

    #[test]
    fn a_race_counts_what_meets_the_examples_and_every_draw() {
        let pool = pool(&["xy", "Ab", "Ac", "Ab", "Ab", "Ab"]);
        let k = Margin::new(2).unwrap();
        let raced = race(&pool, &[0, 1, 2, 3, 4, 5], k);
        assert_eq!(raced, Raced { winner: Some(1), drawn: 5 });
        assert_eq!(race(&pool, &[0, 1, 2], k), Raced { winner: None, drawn: 3 });
    }
}
