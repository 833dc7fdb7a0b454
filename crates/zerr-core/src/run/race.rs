//! The race of one step: classes by what they do, votes in the order of the draws. Main type:
//! [`Race`].
//!
//! # Invariants
//! A vote is a sample that passed every hard oracle. A repaired or repeated text is no extra
//! source of truth, but each draw of it is a draw and counts.

use std::collections::{BTreeMap, BTreeSet};

use crate::observe::Observation;
use crate::run::config::RunConfig;
use crate::run::oracle::{Failure, Judge};
use crate::run::outcome::{Counted, Reason};
use crate::run::step::{Judged, Source, SourceState, Step};
use crate::vote::{ClassId, Margin, Seen, Tally, posterior};

/// Candidates that did the same on every input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Class {
    /// Positions of its sources, in order of first draw; the first one represents it.
    pub(super) sources: Vec<usize>,
    pub(super) votes: u32,
    /// A layer refuted it: its votes no longer race.
    pub(super) struck: bool,
    /// What it gives on inputs that are left out, where some text of it ends there.
    ends: BTreeMap<usize, String>,
}

/// How a step's race stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Race {
    /// In order of first appearance.
    pub(super) classes: Vec<Class>,
    /// What each counted draw was, in their order.
    pub(super) draws: Vec<Counted>,
    /// Draws counted, up to the decision if there is one.
    pub(super) counted: u32,
    /// Red flags by kind among the counted.
    pub(super) flags: BTreeMap<String, u32>,
    /// Packages that red-flagged samples would need.
    pub(super) wanted: BTreeMap<String, u32>,
    /// Refused by a compiler or loader.
    pub(super) rejected: u32,
    /// Refuted by an example or contract.
    pub(super) failed: u32,
    /// Not red-flagged and not rejected.
    pub(super) valid: u32,
    pub(super) survived: u32,
    /// The chance that one survivor is right.
    pub(super) p: f64,
    /// `None` while p is not safely above one half.
    pub(super) margin: Option<Margin>,
    /// Inputs left out because most candidates do not end on them.
    pub(super) left_out: BTreeSet<usize>,
    pub(super) winner: Option<usize>,
    /// The first complaints, for a person who wonders.
    pub(super) complaints: Vec<String>,
    /// Draws taken in and not counted that do what a class does.
    pub(super) late: BTreeMap<usize, u32>,
    /// Those that do what no class does, by what they do: a source, and how many there are.
    pub(super) unheard: BTreeMap<String, (usize, u32)>,
}

const COMPLAINTS_MAX: usize = 3;

/// Counts the samples that are taken in, in order, until a class leads by k.
pub(super) fn run(
    step: &Step,
    config: &RunConfig,
    steps: u64,
    struck: &BTreeMap<usize, String>,
) -> Race {
    let mut race = Race::default();
    let verdicts = judge_sources(step, &mut race);
    let mut classes: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut class_of: BTreeMap<usize, usize> = BTreeMap::new();
    let mut tally = Tally::default();
    race.p = step.prior.p;
    let mut draws = step.judged.iter().take(step.taken);
    for judged in draws.by_ref() {
        race.counted += 1;
        let position = match judged {
            Judged::Flagged(flag) => {
                *race.flags.entry(flag.kind().to_owned()).or_insert(0) += 1;
                if let Some(package) = flag.wanted_package() {
                    *race.wanted.entry(package).or_insert(0) += 1;
                }
                race.complain(|| flag.to_string());
                race.draws.push(Counted::RedFlag);
                continue;
            }
            Judged::Candidate(position) => *position,
        };
        match verdicts.get(&position) {
            Some(SourceVerdict::Rejected(message)) => {
                race.rejected += 1;
                race.draws.push(Counted::Rejected);
                race.complain(|| message.clone());
                continue;
            }
            Some(SourceVerdict::Failed(message)) => {
                race.valid += 1;
                race.failed += 1;
                race.draws.push(Counted::Failed);
                race.complain(|| message.clone());
            }
            Some(SourceVerdict::Passed(fingerprint)) => {
                race.valid += 1;
                race.survived += 1;
                let beside = classes.entry(fingerprint.clone()).or_default();
                let known = class_of.get(&position).copied();
                let ends = race.ends_of(step, position);
                let class = known.or_else(|| race.agreeing(beside, &ends)).unwrap_or_else(|| {
                    let next = race.classes.len();
                    beside.push(next);
                    race.classes.push(Class::default());
                    next
                });
                race.draws.push(Counted::Vote(class as u32));
                if let Some(entry) = race.classes.get_mut(class) {
                    entry.votes += 1;
                    if class_of.insert(position, class).is_none() {
                        entry.sources.push(position);
                        entry.ends.extend(ends);
                    }
                    entry.struck |= struck.contains_key(&position);
                    if !entry.struck {
                        tally.vote(ClassId(class as u32));
                    }
                }
            }
            None => continue,
        }
        if step.function().is_some() {
            race.p = posterior(&step.prior, step.oracles(), race.seen(config));
        }
        race.margin = Margin::for_target(race.p, steps, config.target).ok();
        if let Some(winner) = race.margin.and_then(|margin| tally.ahead_by(margin)) {
            race.winner = Some(winner.0 as usize);
            break;
        }
    }
    // What was drawn beside and has no vote tells what else the spec lets pass.
    for judged in draws {
        let Judged::Candidate(position) = judged else { continue };
        let Some(SourceVerdict::Passed(fingerprint)) = verdicts.get(position) else { continue };
        let beside = classes.get(fingerprint).map_or(&[][..], Vec::as_slice);
        let known = class_of.get(position).copied();
        match known.or_else(|| race.agreeing(beside, &race.ends_of(step, *position))) {
            Some(class) => *race.late.entry(class).or_default() += 1,
            None => {
                race.unheard.entry(fingerprint.clone()).or_insert((*position, 0)).1 += 1;
            }
        }
    }
    // On inputs that are left out a class may hold texts that end and texts that do not: who stands for it
    // is one that ends.
    let unsettled = |source: &usize| {
        let seen = step.sources.get(*source).and_then(Source::observations).unwrap_or_default();
        seen.iter().filter(|observation| !observation.is_settled()).count()
    };
    for class in &mut race.classes {
        class.sources.sort_by_key(unsettled);
    }
    race
}

enum SourceVerdict {
    Rejected(String),
    Failed(String),
    Passed(String),
}

/// What the hard oracles say of every source, and the fingerprints of those that pass.
fn judge_sources(step: &Step, race: &mut Race) -> BTreeMap<usize, SourceVerdict> {
    let Some(function) = step.function() else {
        let all = step.sources.iter().enumerate();
        return all.map(|(i, source)| (i, SourceVerdict::Passed(source.text.clone()))).collect();
    };
    let judge = Judge::new(function, &step.inputs, &step.suspects);
    let mut verdicts = BTreeMap::new();
    let mut passed: Vec<(usize, &[Observation])> = Vec::new();
    for (position, source) in step.sources.iter().enumerate() {
        match &source.state {
            SourceState::Rejected { message } => {
                verdicts.insert(position, SourceVerdict::Rejected(message.clone()));
            }
            SourceState::Ran(observations) if observations.len() < step.inputs.len() => {}
            SourceState::Ran(observations) => match judge.judge(observations) {
                Err(failure) => {
                    let message = judge.describe(&failure, observations);
                    verdicts.insert(position, SourceVerdict::Failed(message));
                }
                // What never ends does nothing that others could agree with.
                Ok(()) if !observations.is_empty() && observations.iter().all(never_ends) => {
                    let message = match observations.first() {
                        Some(first) => format!("no call comes to an end: the first {first}"),
                        None => String::new(),
                    };
                    verdicts.insert(position, SourceVerdict::Failed(message));
                }
                Ok(()) => passed.push((position, observations)),
            },
        }
    }
    race.left_out = judge.left_out(passed.iter().map(|(_, observations)| *observations));
    for (position, observations) in passed {
        let mut fingerprint = String::new();
        for (input, observation) in observations.iter().enumerate() {
            if !race.left_out.contains(&input) {
                fingerprint.push_str(&observation.key());
                fingerprint.push('\n');
            }
        }
        verdicts.insert(position, SourceVerdict::Passed(fingerprint));
    }
    verdicts
}

/// Standard deviations by which a lead is allowed to grow better than what was seen.
const LUCK: f64 = 3.0;

fn never_ends(seen: &Observation) -> bool {
    matches!(seen, Observation::TimedOut | Observation::Crashed { .. } | Observation::OutputLimit)
}

impl Race {
    /// What a source gives on inputs that are left out, as far as it ends there.
    fn ends_of(&self, step: &Step, source: usize) -> BTreeMap<usize, String> {
        let seen = step.sources.get(source).and_then(Source::observations).unwrap_or_default();
        let ended = |input: &usize| {
            let seen = seen.get(*input).filter(|seen| seen.is_settled())?;
            Some((*input, seen.key()))
        };
        self.left_out.iter().filter_map(ended).collect()
    }

    /// The first of these classes that gives nothing else where both end.
    fn agreeing(&self, classes: &[usize], ends: &BTreeMap<usize, String>) -> Option<usize> {
        classes.iter().copied().find(|class| {
            self.classes.get(*class).is_some_and(|class| {
                ends.iter().all(|(input, key)| class.ends.get(input).is_none_or(|own| own == key))
            })
        })
    }

    /// The class with most votes; the earlier one on a tie.
    pub(super) fn leading(&self) -> Option<&Class> {
        if let Some(winner) = self.winner {
            return self.classes.get(winner);
        }
        let standing = || self.classes.iter().filter(|class| !class.struck);
        let best = standing().map(|class| class.votes).max()?;
        standing().find(|class| class.votes == best)
    }

    /// Votes that the leader still needs, at least.
    pub(super) fn missing(&self) -> u32 {
        self.margin.map_or(0, |margin| self.lacking(margin))
    }

    /// Votes by which the leader falls short of a margin.
    fn lacking(&self, margin: Margin) -> u32 {
        let (first, second) = self.two_most();
        margin.get().saturating_sub(first - second)
    }

    /// The votes of the leader and of the next, of those that nothing refuted.
    fn two_most(&self) -> (u32, u32) {
        let standing = self.classes.iter().filter(|class| !class.struck);
        let mut votes: Vec<u32> = standing.map(|class| class.votes).collect();
        votes.sort_unstable_by_key(|votes| std::cmp::Reverse(*votes));
        (votes.first().copied().unwrap_or(0), votes.get(1).copied().unwrap_or(0))
    }

    /// Why more samples would not help, if they would not. `room` is how many may still be drawn.
    pub(super) fn hopeless(
        &self,
        step: &Step,
        config: &RunConfig,
        steps: u64,
        room: usize,
    ) -> Option<Reason> {
        let patient = step.taken < config.hopeless_after as usize;
        let spent = room == 0 || (!patient && self.is_lost(step, config, steps, room));
        if self.survived == 0 && (spent || step.taken >= config.hopeless_after as usize) {
            let complaints = self.complaints.clone();
            return Some(if self.valid == 0 && self.rejected == 0 {
                Reason::AllFlagged { complaints }
            } else {
                Reason::NoSurvivor { complaints }
            });
        }
        if !spent {
            return None;
        }
        let standing = self.classes.iter().any(|class| !class.struck);
        if !standing && !step.struck().is_empty() {
            return Some(Reason::AllRefuted {
                complaints: step.struck().values().cloned().collect(),
            });
        }
        Some(match self.margin {
            None => Reason::LowConfidence { p: self.p },
            Some(margin) => Reason::SamplesSpent { k: margin.get(), missing: self.missing() },
        })
    }

    /// Whether no class can win any more: not if all that may still be drawn were valid and survived, or
    /// not by the largest lead that can be expected.
    fn is_lost(&self, step: &Step, config: &RunConfig, steps: u64, room: usize) -> bool {
        let may_end = config.race_rules >= 1 && step.function().is_some();
        if !may_end || self.classes.iter().any(|class| class.struck) {
            return false;
        }
        let room = room as u32;
        let seen = self.seen(config);
        let best = Seen {
            drawn: seen.drawn + room,
            valid: seen.valid + room,
            survived: seen.survived + room,
        };
        let p = posterior(&step.prior, step.oracles(), best);
        let Ok(least) = Margin::for_target(p, steps, config.target) else { return true };
        f64::from(least.get()) > self.lead_at_most(f64::from(seen.drawn), f64::from(room))
    }

    /// The lead after `room` more draws, if luck is with the leader: a draw adds to it, takes from it (a
    /// vote for the second) or does neither, as often as in the `drawn` ones, known as well as those tell.
    fn lead_at_most(&self, drawn: f64, room: f64) -> f64 {
        let (first, second) = self.two_most();
        let (first, second, drawn) = (f64::from(first), f64::from(second), drawn.max(1.0));
        let growth = (first - second) / drawn;
        let variance = (first + second) / drawn - growth * growth;
        let luck = LUCK * (variance * room * (1.0 + room / drawn)).sqrt();
        first - second + room * growth + luck
    }

    /// What the samples counted so far came to.
    fn seen(&self, config: &RunConfig) -> Seen {
        let flagged: u32 = self.flags.values().sum();
        let others = if config.race_rules >= 1 { flagged + self.rejected } else { 0 };
        let drawn = others + self.valid;
        Seen { drawn, valid: self.valid, survived: self.survived }
    }

    fn complain(&mut self, text: impl FnOnce() -> String) {
        if self.complaints.len() < COMPLAINTS_MAX {
            let text = text();
            if !self.complaints.contains(&text) {
                self.complaints.push(text);
            }
        }
    }
}

impl Judge<'_> {
    /// Inputs on which at least half of the sources do not end by themselves. They would compare
    /// clocks and not behaviour; an input of an example is always kept.
    fn left_out<'o>(&self, observed: impl Iterator<Item = &'o [Observation]>) -> BTreeSet<usize> {
        let mut unsettled: BTreeMap<usize, usize> = BTreeMap::new();
        let mut sources = 0;
        for observations in observed {
            sources += 1;
            for (input, observation) in observations.iter().enumerate() {
                if !observation.is_settled() {
                    *unsettled.entry(input).or_insert(0) += 1;
                }
            }
        }
        unsettled
            .into_iter()
            .filter(|(input, count)| count * 2 >= sources && !self.is_example(*input))
            .map(|(input, _)| input)
            .collect()
    }

    pub(super) fn describe(&self, failure: &Failure, observations: &[Observation]) -> String {
        let seen = |input: usize| observations.get(input).map(ToString::to_string);
        match failure {
            Failure::Example { example, input } => {
                let text = self.function.examples.get(*example).map_or("", |e| e.text.as_str());
                format!("wanted {text}, got {}", seen(*input).unwrap_or_default())
            }
            Failure::Contract { contract, input } => {
                let text = self.function.ensures.get(*contract).map_or("", |c| c.text.as_str());
                let call = self.call(*input);
                format!("{call} == {} breaks `{text}`", seen(*input).unwrap_or_default())
            }
            Failure::Unobservable { input } => {
                format!("{} gives {}", self.call(*input), seen(*input).unwrap_or_default())
            }
        }
    }
}
