//! One step of a run: its samples, its classes, its race and what refutes the winner. Main type:
//! [`Step`].
//!
//! # Invariants
//! Samples are taken in by whole waves and counted in the order of their indices, so that the
//! order of arrival decides nothing. All that is concluded is a function of the samples taken and
//! of the context: when the context changes, everything but the samples is thrown away.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use crate::hash::Hash;
use crate::inputs::{self, Input};
use crate::observe::{Observation, Outcome};
use crate::plan::{StepDraft, StepKind};
use crate::prompt::RawReply;
use crate::run::confidence;
use crate::run::config::{Drawing, RunConfig};
use crate::run::oracle::Judge;
use crate::run::outcome::{Reason, Settled};
use crate::run::parts;
use crate::run::probes::{self, Probes, Search};
use crate::run::race::{self, Race};
use crate::sample::{self, Candidate, RedFlag};
use crate::spec::FunctionSpec;
use crate::split::Split;
use crate::verdict::LayerOutcome;
use crate::vote::{self, Margin, OracleKind, Prior};
use crate::witness::Testimony;

/// A sample after judging.
#[derive(Clone, Debug)]
pub(super) enum Judged {
    Flagged(RedFlag),
    /// Position in [`Step::sources`].
    Candidate(usize),
}

/// A distinct text and what is known of it.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) text: String,
    pub(super) hash: Hash,
    pub(super) candidate: Option<Candidate>,
    pub(super) state: SourceState,
    /// Inputs that the hands were already asked to run it on.
    asked: usize,
}

#[derive(Clone, Debug)]
pub(super) enum SourceState {
    Rejected {
        message: String,
    },
    /// One observation for each of the first inputs.
    Ran(Vec<Observation>),
}

impl Source {
    fn new(text: String, candidate: Option<Candidate>) -> Self {
        let hash = Hash::of_text("source", &text);
        Self { text, hash, candidate, state: SourceState::Ran(Vec::new()), asked: 0 }
    }

    fn forget(&mut self) {
        self.state = SourceState::Ran(Vec::new());
        self.asked = 0;
    }

    /// The inputs have one less.
    fn forget_input(&mut self, input: usize) {
        if let SourceState::Ran(observations) = &mut self.state
            && input < observations.len()
        {
            observations.remove(input);
        }
        self.asked -= usize::from(self.asked > input);
    }

    /// Inputs not yet observed, counted from the front.
    fn seen(&self, inputs: usize) -> usize {
        match &self.state {
            SourceState::Rejected { .. } => inputs,
            SourceState::Ran(observations) => observations.len(),
        }
    }

    pub(super) fn observations(&self) -> Option<&[Observation]> {
        match &self.state {
            SourceState::Rejected { .. } => None,
            SourceState::Ran(observations) => Some(observations),
        }
    }
}

/// The code that a step stands beside: the representatives of all steps below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Context {
    pub(super) hash: Hash,
    /// In the order of the plan.
    pub(super) sources: Vec<String>,
}

impl Context {
    pub(super) fn new(sources: Vec<String>) -> Self {
        let parts: Vec<&[u8]> = sources.iter().map(String::as_bytes).collect();
        Self { hash: Hash::of("context", &parts), sources }
    }
}

#[derive(Clone, Debug)]
enum Phase {
    /// Waiting for the samples of the wave.
    Gather,
    /// Waiting for what the candidates do.
    Observe,
    /// A class leads by k and stands on more inputs; it is being refuted.
    Refute(Refuting),
    /// Done, as far as this context goes.
    Settled(Box<Settled>),
}

/// What is being tried against a winner.
#[derive(Clone, Debug)]
struct Refuting {
    class: usize,
    source: usize,
    mutants: Vec<Source>,
    what: Vec<String>,
    /// So many of the last mutants are those in which a part does nothing; `what` has its name.
    shadows: usize,
    check_asked: bool,
    layers: Option<Vec<LayerOutcome>>,
    /// What the model says that the winner does.
    said: Vec<String>,
    /// What others do that were asked for the same function.
    heard: Vec<Testimony>,
    /// Calls on which it and another text of its class might differ.
    probes: Vec<String>,
    /// The inputs that a search has found.
    searched: Range<usize>,
    /// The inputs that the proposed calls have become; behind those of the search.
    grown: Range<usize>,
}

/// Sources by hash and text, and the inputs that each of them still misses.
pub(super) type Unobserved = (Vec<(Hash, String)>, Vec<Input>);

/// What a step wants from the hands.
#[derive(Debug, Default)]
pub(super) struct Wants {
    pub(super) draws: Vec<u32>,
    /// Groups of sources with the inputs that each still misses.
    pub(super) observe: Vec<Unobserved>,
    pub(super) check: Option<(Hash, String)>,
}

#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) index: u64,
    pub(super) draft: StepDraft,
    pub(super) prompt: Hash,
    pub(super) prior: Prior,
    pub(super) context: Option<Context>,
    /// Words of the description that the model does not know it by.
    pub(super) untaught: Vec<String>,
    /// What it calls, where its examples have to show what that does for it.
    pub(super) parts: Vec<Arc<FunctionSpec>>,
    /// Arrived, not yet judged because an earlier one is missing.
    waiting: BTreeMap<u32, RawReply>,
    pub(super) judged: Vec<Judged>,
    /// Samples that are taken in.
    pub(super) taken: usize,
    /// Samples that there are, once the sampler said that there are no more.
    available: usize,
    asked: BTreeSet<u32>,
    pub(super) sources: Vec<Source>,
    by_form: BTreeMap<String, usize>,
    pub(super) inputs: Vec<Input>,
    /// Whether inputs that search for differences were added.
    widened: bool,
    /// What the model proposed to tell texts of a winner apart, once it was asked.
    pub(super) probes: Option<Probes>,
    /// What came of searching for inputs that tell texts of a winner apart, once that was done.
    pub(super) search: Option<Search>,
    /// Classes that were refuted, by the source that stood for them.
    struck: BTreeMap<usize, String>,
    pub(super) suspects: BTreeSet<usize>,
    pub(super) race: Race,
    phase: Phase,
    pub(super) first_ms: Option<u64>,
    pub(super) last_ms: u64,
}

impl Step {
    pub(super) fn new(index: u64, draft: StepDraft, prompt: Hash, prior: Prior) -> Self {
        Self {
            index,
            draft,
            prompt,
            prior,
            context: None,
            untaught: Vec::new(),
            parts: Vec::new(),
            waiting: BTreeMap::new(),
            judged: Vec::new(),
            taken: 0,
            available: usize::MAX,
            asked: BTreeSet::new(),
            sources: Vec::new(),
            by_form: BTreeMap::new(),
            inputs: Vec::new(),
            widened: false,
            probes: None,
            search: None,
            struck: BTreeMap::new(),
            suspects: BTreeSet::new(),
            race: Race::default(),
            phase: Phase::Gather,
            first_ms: None,
            last_ms: 0,
        }
    }

    /// Moves on as far as what is known allows.
    pub(super) fn advance(&mut self, config: &RunConfig, steps: u64) {
        loop {
            match &self.phase {
                Phase::Gather => {
                    if self.taken == 0 {
                        self.taken = self.first_wave(config, steps).min(self.available);
                    }
                    self.judge_arrived();
                    if self.judged.len() < self.taken {
                        return;
                    }
                    self.grow_inputs(config);
                    self.phase = Phase::Observe;
                }
                Phase::Observe => {
                    if !self.is_observed() {
                        return;
                    }
                    self.decide(config, steps);
                }
                Phase::Refute(refuting) => {
                    // What was asked for first has to be there before more is.
                    if refuting.layers.is_none() || !self.is_observed() {
                        return;
                    }
                    self.take_probes();
                    if !self.is_observed() {
                        return;
                    }
                    self.conclude(config, steps);
                }
                Phase::Settled(_) => return,
            }
        }
    }

    /// A reply has come; one that was delivered before is not counted again.
    pub(super) fn deliver(&mut self, draw: u32, reply: RawReply) {
        if (draw as usize) >= self.judged.len() {
            self.asked.insert(draw);
            self.waiting.entry(draw).or_insert(reply);
        }
    }

    /// The sampler has no more than so many samples.
    pub(super) fn exhaust(&mut self, available: u32) {
        self.available = available as usize;
        self.taken = self.taken.min(self.available);
    }

    /// Observations have come; those of another context are not counted.
    pub(super) fn observe(
        &mut self,
        context: &Hash,
        sources: &[Hash],
        inputs: &[Input],
        results: &[Outcome],
    ) {
        if self.context.as_ref().is_none_or(|own| own.hash != *context) {
            return;
        }
        let known: BTreeMap<&Input, usize> = inputs.iter().zip(0..).collect();
        let mutants = match &mut self.phase {
            Phase::Refute(refuting) => refuting.mutants.as_mut_slice(),
            _ => &mut [],
        };
        for (hash, outcome) in sources.iter().zip(results) {
            let found =
                self.sources.iter_mut().chain(mutants.iter_mut()).filter(|own| own.hash == *hash);
            for source in found {
                match (outcome, &mut source.state) {
                    (_, SourceState::Rejected { .. }) => {}
                    (Outcome::Rejected { message, .. }, state) => {
                        *state = SourceState::Rejected { message: message.clone() };
                    }
                    (Outcome::Ran(observations), SourceState::Ran(own)) => {
                        for input in self.inputs.iter().skip(own.len()) {
                            let observation =
                                known.get(input).and_then(|position| observations.get(*position));
                            let Some(observation) = observation else { break };
                            own.push(observation.clone());
                        }
                    }
                }
                source.asked = source.asked.max(source.seen(self.inputs.len()));
            }
        }
    }

    /// Layers have looked at a source, and the model has said what it does.
    pub(super) fn check(
        &mut self,
        context: &Hash,
        source: &Hash,
        (layers, said, heard, probes): (&[LayerOutcome], &[String], &[Testimony], &[String]),
    ) {
        let fits = self.context.as_ref().is_some_and(|own| own.hash == *context);
        if let Phase::Refute(refuting) = &mut self.phase
            && fits
            && self.sources.get(refuting.source).is_some_and(|own| own.hash == *source)
        {
            refuting.layers = Some(layers.to_vec());
            refuting.said = said.to_vec();
            refuting.heard = heard.to_vec();
            refuting.probes = probes.to_vec();
        }
    }

    /// Of the winner's texts the one that is least like the one that stands for it, unless the model was
    /// asked already.
    pub(super) fn unlike(&self) -> Option<&str> {
        let Phase::Refute(refuting) = &self.phase else { return None };
        let source = |position: &usize| self.sources.get(*position);
        let own = source(&refuting.source)?;
        let class = self.race.classes.get(refuting.class).filter(|_| self.probes.is_none())?;
        let others = class.sources.iter().filter(|other| **other != refuting.source);
        let other = others
            .filter_map(source)
            .max_by_key(|other| probes::words_apart(&own.text, &other.text))?;
        Some(&other.text)
    }

    /// Calls that the model proposes become inputs, once.
    fn take_probes(&mut self) {
        let function = self.function().cloned();
        let Phase::Refute(refuting) = &mut self.phase else { return };
        let calls = std::mem::take(&mut refuting.probes);
        let Some(function) = function.filter(|_| !calls.is_empty() && self.probes.is_none()) else {
            return;
        };
        let new = probes::inputs(&function, &calls, &self.inputs);
        let (calls, new_count) = (calls.len() as u32, new.len() as u32);
        refuting.grown = self.inputs.len()..self.inputs.len() + new.len();
        self.inputs.extend(new);
        self.probes = Some(Probes { calls, new: new_count, parted: false });
    }

    /// A proposed input on which a candidate in the race does not come to an end would compare clocks, and
    /// one on which a contract has no value judges nobody: they are taken out again.
    fn drop_clocks(&mut self, refuting: &mut Refuting) {
        let Some(function) = self.function().cloned() else { return };
        let judge = Judge::new(&function, &self.inputs, &self.suspects);
        let racing = || self.race.classes.iter().flat_map(|class| &class.sources);
        let says_nothing = |input: &usize| {
            let seen = racing()
                .filter_map(|source| self.sources.get(*source)?.observations()?.get(*input));
            seen.into_iter().any(|seen| judge.says_nothing(*input, seen))
        };
        let (searched, grown) = (refuting.searched.clone(), refuting.grown.clone());
        let dropped: Vec<usize> =
            searched.clone().chain(grown.clone()).rev().filter(says_nothing).collect();
        for input in dropped {
            self.inputs.remove(input);
            for source in self.sources.iter_mut().chain(&mut refuting.mutants) {
                source.forget_input(input);
            }
            if searched.contains(&input) {
                self.search = self.search.map(|found| Search { new: found.new - 1, ..found });
                refuting.searched.end -= 1;
                refuting.grown =
                    refuting.grown.start.saturating_sub(1)..refuting.grown.end.saturating_sub(1);
            } else {
                self.probes = self.probes.map(|probes| Probes { new: probes.new - 1, ..probes });
                refuting.grown.end -= 1;
            }
        }
    }

    /// The step stands beside other code now: everything but the samples is void.
    pub(super) fn set_context(&mut self, context: Option<Context>) {
        let given_up = self.settled().is_some_and(|settled| {
            matches!(
                settled.reason,
                Some(
                    Reason::OutsideScope { .. }
                        | Reason::Nameless
                        | Reason::OnlyCalling
                        | Reason::Failed { .. }
                )
            )
        });
        if self.context == context || given_up {
            return;
        }
        self.context = context;
        self.taken = 0;
        for source in &mut self.sources {
            source.forget();
        }
        self.inputs.clear();
        self.widened = false;
        self.probes = None;
        self.search = None;
        self.struck.clear();
        self.suspects.clear();
        self.race = Race::default();
        self.phase = Phase::Gather;
    }

    /// Ends the step without a winner.
    pub(super) fn abandon(&mut self, reason: Reason) {
        self.phase = Phase::Settled(Box::new(Settled::without_winner(self, reason)));
    }

    pub(super) fn settled(&self) -> Option<&Settled> {
        match &self.phase {
            Phase::Settled(settled) => Some(settled),
            _ => None,
        }
    }

    /// The text that stands for the leading class, settled or not.
    pub(super) fn representative(&self) -> Option<&str> {
        if let Phase::Settled(settled) = &self.phase {
            return settled.source.as_deref();
        }
        let class = self.race.leading()?;
        self.sources.get(*class.sources.first()?).map(|source| source.text.as_str())
    }

    /// Samples that have come so far.
    pub(super) fn arrived(&self) -> u32 {
        (self.judged.len() + self.waiting.len()) as u32
    }

    /// A word for what is being waited for, for progress.
    pub(super) fn phase_name(&self) -> &'static str {
        match &self.phase {
            Phase::Gather => "sampling",
            Phase::Observe if self.context.is_none() => "waiting",
            Phase::Observe => "running",
            Phase::Refute(_) => "refuting",
            Phase::Settled(_) => "settled",
        }
    }

    /// What is missing and was not yet asked for; marks it as asked.
    pub(super) fn wants(&mut self) -> Wants {
        let mut wants = Wants::default();
        if matches!(self.phase, Phase::Settled(_)) {
            return wants;
        }
        for draw in self.judged.len() as u32..self.taken as u32 {
            if self.asked.insert(draw) {
                wants.draws.push(draw);
            }
        }
        if self.context.is_none() {
            return wants;
        }
        let total = self.inputs.len();
        let in_play = self.in_play();
        let mut groups: BTreeMap<usize, Vec<(Hash, String)>> = BTreeMap::new();
        let mut ask = |source: &mut Source| {
            let rejected = matches!(source.state, SourceState::Rejected { .. });
            if !rejected && source.asked < total {
                let known = (source.hash.clone(), source.text.clone());
                let group = groups.entry(source.asked).or_default();
                // A mutant may be the text of a candidate.
                if !group.contains(&known) {
                    group.push(known);
                }
                source.asked = total;
            }
        };
        if matches!(self.phase, Phase::Observe | Phase::Refute(_)) {
            for (position, source) in self.sources.iter_mut().enumerate() {
                if in_play.contains(&position) {
                    ask(source);
                }
            }
        }
        match &mut self.phase {
            Phase::Refute(refuting) => {
                refuting.mutants.iter_mut().for_each(&mut ask);
                if !refuting.check_asked && refuting.layers.is_none() {
                    refuting.check_asked = true;
                    wants.check = self
                        .sources
                        .get(refuting.source)
                        .map(|source| (source.hash.clone(), source.text.clone()));
                }
            }
            Phase::Gather | Phase::Observe | Phase::Settled(_) => {}
        }
        for (from, sources) in groups {
            wants.observe.push((sources, self.inputs.iter().skip(from).cloned().collect()));
        }
        wants
    }

    pub(super) fn function(&self) -> Option<&Arc<FunctionSpec>> {
        match &self.draft.kind {
            StepKind::Function(function) => Some(function),
            StepKind::Split(_) | StepKind::Answer(_) => None,
        }
    }

    fn first_wave(&self, config: &RunConfig, steps: u64) -> usize {
        match self.draft.kind {
            StepKind::Function(_) | StepKind::Split(_) => {
                // Half as many again as the race is expected to take.
                let votes = Margin::for_target(self.prior.p, steps, config.target)
                    .map_or(f64::INFINITY, |k| vote::expected_votes(self.prior.p, k));
                wave_of((1.5 * votes).ceil() as usize, config)
            }
            StepKind::Answer(_) => Margin::for_target(self.prior.p, steps, config.target)
                .map_or(config.wave, Margin::get) as usize,
        }
        .min(config.samples_max as usize)
        .max(1)
    }

    fn judge_arrived(&mut self) {
        while let Some(reply) = self.waiting.remove(&(self.judged.len() as u32)) {
            let judged = match &self.draft.kind {
                StepKind::Function(function) => {
                    match sample::judge(function, &self.draft.prompt, &reply) {
                        Err(flag) => Judged::Flagged(flag),
                        Ok(candidate) => Judged::Candidate(self.intern(candidate)),
                    }
                }
                StepKind::Split(function) => {
                    match Split::parse(function, &self.draft.prompt, &reply) {
                        Err(flag) => Judged::Flagged(flag),
                        // The first of a class stands for it, words and all.
                        Ok(split) => Judged::Candidate(
                            self.intern_text(split.class_key(), split.to_string()),
                        ),
                    }
                }
                StepKind::Answer(format) => match format.parse(&reply.text) {
                    None => Judged::Flagged(RedFlag::NoCode),
                    Some(answer) => Judged::Candidate(self.intern_text(answer.clone(), answer)),
                },
            };
            self.judged.push(judged);
        }
    }

    /// Texts that differ in spacing and comments alone are one source: equal text is the one fast
    /// path to "same class".
    fn intern(&mut self, candidate: Candidate) -> usize {
        let next = self.sources.len();
        let position = *self.by_form.entry(candidate.normal_form.clone()).or_insert(next);
        if position == next {
            self.sources.push(Source::new(candidate.source.clone(), Some(candidate)));
        }
        position
    }

    /// A text that is no code: texts of one key are one source.
    fn intern_text(&mut self, key: String, text: String) -> usize {
        let next = self.sources.len();
        let position = *self.by_form.entry(key).or_insert(next);
        if position == next {
            self.sources.push(Source::new(text, None));
        }
        position
    }

    /// Sources that the samples taken so far point at.
    fn in_play(&self) -> BTreeSet<usize> {
        self.judged
            .iter()
            .take(self.taken)
            .filter_map(|judged| match judged {
                Judged::Candidate(position) => Some(*position),
                Judged::Flagged(_) => None,
            })
            .collect()
    }

    fn grow_inputs(&mut self, config: &RunConfig) {
        let Some(function) = self.function().cloned() else { return };
        if self.inputs.is_empty() {
            for example in &function.examples {
                if !self.inputs.contains(&example.args) {
                    self.inputs.push(example.args.clone());
                }
            }
            for input in inputs::initial(&function, config.inputs_max as usize * 2 / 3) {
                if !self.inputs.contains(&input) {
                    self.inputs.push(input);
                }
            }
        }
        // Later waves bring constants of their own, which get some room more.
        let limit = if self.widened {
            config.inputs_max + 2 * config.inputs_widen
        } else {
            config.inputs_max
        };
        let room = (limit as usize).saturating_sub(self.inputs.len());
        if room > 0 {
            let in_play = self.in_play();
            let literals: Vec<_> = in_play
                .iter()
                .filter_map(|position| self.sources.get(*position)?.candidate.as_ref())
                .map(|candidate| &candidate.literals)
                .collect();
            let mined = inputs::mined(&function, &literals, &self.inputs, room);
            self.inputs.extend(mined);
        }
        if !std::mem::replace(&mut self.widened, true) {
            let seed = function.content_hash().seed();
            let more =
                inputs::distinguishing(&function, &self.inputs, seed, config.inputs_widen as usize);
            self.inputs.extend(more);
        }
    }

    fn is_observed(&self) -> bool {
        match self.draft.kind {
            StepKind::Split(_) | StepKind::Answer(_) => true,
            StepKind::Function(_) => {
                let inputs = self.inputs.len();
                let is_seen = |source: &Source| source.seen(inputs) == inputs;
                let mutants = match &self.phase {
                    Phase::Refute(refuting) => refuting.mutants.as_slice(),
                    _ => &[],
                };
                self.context.is_some()
                    && mutants.iter().all(is_seen)
                    && self
                        .in_play()
                        .into_iter()
                        .all(|position| self.sources.get(position).is_some_and(is_seen))
            }
        }
    }

    fn decide(&mut self, config: &RunConfig, steps: u64) {
        self.race = race::run(self, config, steps, &self.struck);
        if let Some(class) = self.race.winner {
            if self.function().is_none() {
                let settled = Settled::of_answer(self, class);
                self.phase = Phase::Settled(Box::new(settled));
                return;
            }
            self.start_refuting(class, config);
            return;
        }
        let most = self.available.min(config.samples_max as usize);
        let room = most.saturating_sub(self.taken);
        if let Some(reason) = self.race.hopeless(self, config, steps, room) {
            // Where every candidate fails the same example, the example itself is suspect.
            if self.suspects.is_empty() && self.suspect_examples(config) {
                return;
            }
            if config.fragments
                && let Some(class) = confidence::consensus(self)
            {
                self.start_refuting(class, config);
                return;
            }
            self.phase = Phase::Settled(Box::new(Settled::without_winner(self, reason)));
            return;
        }
        let more = match self.draft.kind {
            StepKind::Function(_) | StepKind::Split(_) => {
                wave_of(2 * self.race.missing() as usize, config)
            }
            StepKind::Answer(_) => self.race.missing().max(1) as usize,
        };
        self.taken += more.max(1).min(room);
        self.phase = Phase::Gather;
    }

    fn start_refuting(&mut self, class: usize, config: &RunConfig) {
        let source = self.race.classes.get(class).and_then(|class| class.sources.first()).copied();
        let text = source.and_then(|position| self.sources.get(position));
        let (Some(source), Some(winner), Some(language)) =
            (source, text, self.draft.kind.language())
        else {
            return;
        };
        let mutants =
            zerr_syntax::mutate::mutants(language, &winner.text, config.mutants_max as usize);
        let mutants = mutants.into_iter().map(|mutant| (mutant.what, mutant.source));
        let shadows = match self.function() {
            Some(function) => parts::shadows(function, &winner.text, &self.parts),
            None => Vec::new(),
        };
        let count = shadows.len();
        let (what, mutants): (Vec<String>, Vec<String>) = mutants.chain(shadows).unzip();
        self.phase = Phase::Refute(Refuting {
            class,
            source,
            mutants: mutants.into_iter().map(|text| Source::new(text, None)).collect(),
            what,
            shadows: count,
            check_asked: false,
            layers: None,
            said: Vec::new(),
            heard: Vec::new(),
            probes: Vec::new(),
            searched: self.search_between(class, config),
            grown: 0..0,
        });
    }

    /// Inputs near those on which some candidate does something else than the winner, once, where the winner has
    /// several texts: they may differ where others do. Gives the places of the new ones.
    fn search_between(&mut self, class: usize, config: &RunConfig) -> Range<usize> {
        let none = self.inputs.len()..self.inputs.len();
        let (Some(function), Some(class)) =
            (self.function().cloned(), self.race.classes.get(class))
        else {
            return none;
        };
        let [own, _, ..] = class.sources.as_slice() else { return none };
        let Some(own) = self.sources.get(*own).and_then(Source::observations) else { return none };
        if self.search.is_some() {
            return none;
        }
        let others: Vec<_> = self
            .in_play()
            .into_iter()
            .filter_map(|at| self.sources.get(at)?.observations())
            .collect();
        let key = |seen: &[Observation], input: usize| seen.get(input).map(Observation::key);
        let parting: Vec<Input> = (0..self.inputs.len())
            .filter(|input| !self.race.left_out.contains(input))
            .filter(|input| others.iter().any(|other| key(other, *input) != key(own, *input)))
            .filter_map(|input| self.inputs.get(input).cloned())
            .collect();
        let seed = function.content_hash().seed() ^ SEARCH_SEED;
        let most = config.inputs_widen as usize / 2;
        let new = inputs::between(&function, &parting, &self.inputs, seed, most);
        if new.is_empty() {
            return none;
        }
        let (near, count) = (parting.len() as u32, new.len() as u32);
        self.search = Some(Search { near, new: count, parted: false });
        self.inputs.extend(new);
        none.start..self.inputs.len()
    }

    /// Whether texts of one class, as the race was decided, differ on some of these inputs.
    fn parts(&self, range: &Range<usize>) -> bool {
        let seen = |source: &usize| self.sources.get(*source)?.observations()?.get(range.clone());
        self.race.classes.iter().any(|class| {
            let keys = |seen: &[Observation]| seen.iter().map(Observation::key).collect::<Vec<_>>();
            let mut all = class.sources.iter().filter_map(seen).map(keys);
            let first = all.next();
            all.any(|other| Some(other) != first)
        })
    }

    fn conclude(&mut self, config: &RunConfig, steps: u64) {
        let Phase::Refute(mut refuting) = std::mem::replace(&mut self.phase, Phase::Observe) else {
            return;
        };
        if !refuting.searched.is_empty() || !refuting.grown.is_empty() {
            self.drop_clocks(&mut refuting);
            let (by_search, by_model) =
                (self.parts(&refuting.searched), self.parts(&refuting.grown));
            self.search =
                self.search.map(|found| Search { parted: found.parted || by_search, ..found });
            self.probes =
                self.probes.map(|probes| Probes { parted: probes.parted || by_model, ..probes });
            let race = race::run(self, config, steps, &self.struck);
            let stands = |class: &usize| {
                let class = race.classes.get(*class);
                class.is_some_and(|class| class.sources.first() == Some(&refuting.source))
            };
            let Some(class) = race.winner.filter(stands) else { return };
            refuting.class = class;
            self.race = race;
        }
        let layers = refuting.layers.unwrap_or_default();
        if let Some(failed) = Judge::refuting_layer(&layers) {
            self.struck.insert(refuting.source, failed);
            return;
        }
        let all: Vec<_> = refuting.mutants.iter().zip(&refuting.what).collect();
        let (mutants, shadows) = all.split_at(all.len() - refuting.shadows);
        let mut settled = Settled::of_function(self, refuting.class, mutants, layers, config);
        if let Some(function) = self.function() {
            let judge = Judge::new(function, &self.inputs, &self.suspects);
            let passes = |shadow: &Source| {
                shadow.observations().is_some_and(|seen| judge.judge(seen).is_ok())
            };
            let unshown = shadows.iter().find(|(shadow, _)| passes(shadow));
            settled.unshown = unshown.map(|(_, part)| (*part).clone());
        }
        if let Some(function) = self.function() {
            settled.hold_to_words(function, &refuting.said, config);
        }
        settled.hold_to_witnesses(refuting.heard);
        self.phase = Phase::Settled(Box::new(settled));
    }

    /// Marks examples that no candidate meets although candidates meet all the others. `true` when
    /// there are such and the race should be run again without them.
    fn suspect_examples(&mut self, config: &RunConfig) -> bool {
        let Some(function) = self.function().cloned() else { return false };
        let judge = Judge::new(&function, &self.inputs, &self.suspects);
        self.suspects = judge.unmeetable(self, config);
        !self.suspects.is_empty()
    }

    pub(super) fn oracles(&self) -> OracleKind {
        match self.function() {
            Some(function) if function.examples.is_empty() && function.ensures.is_empty() => {
                OracleKind::TypesOnly
            }
            Some(_) => OracleKind::Behaviour,
            None => OracleKind::TypesOnly,
        }
    }

    pub(super) fn struck(&self) -> &BTreeMap<usize, String> {
        &self.struck
    }
}

/// Tells the search's inputs from those that were drawn before.
const SEARCH_SEED: u64 = 0x5ea2_c4be_73ee_9f11;

/// A wave for this many votes: between half a wave, since a compiler's start costs more than a
/// few candidates, and a whole one.
fn wave_of(votes: usize, config: &RunConfig) -> usize {
    let whole = config.wave.max(1) as usize;
    match config.drawing {
        Drawing::Continuous => votes.clamp(whole.div_ceil(2), whole),
        // One shape, whatever was known when it was asked for.
        Drawing::Deterministic => whole,
    }
}
