//! The state machine of a run: [`Run::next`] says what is to be done, [`Run::apply`] is told what
//! happened. Main types: [`Run`], [`Action`].
//!
//! Steps come from a lazy [`Plan`]; a window of them is in work at once. A step may start from the
//! leading, not yet decided, class of the one below it; when that class changes, what was observed
//! beside it is thrown away and only the samples stay. A step is final when everything below it
//! is, and is then dropped down to its outcome.
//!
//! # Invariants
//! - No IO. `apply` alone changes what is concluded; `next` only marks what was asked for. So a
//!   log that is applied to a fresh run leaves it where the first one was, and the first `next`
//!   after that asks for what is missing and nothing else.
//! - Same log, same conclusions.

mod assumption;
mod confidence;
mod config;
mod oracle;
mod outcome;
mod parts;
mod probes;
mod question;
mod race;
mod step;
mod strength;
mod view;
mod whole;

pub(crate) use oracle::Judge;
pub use oracle::{call_text, outcome_text};

pub use assumption::Assumption;
pub use config::{
    Acceptance, Completeness, Drawing, FormalDepth, RolePrior, RunConfig, SecondModel,
};
pub use outcome::{ClassSummary, Counted, Reason, Settled, Standing};
pub use probes::{Probes, Search};
pub use question::{Choice, Question};
pub use view::{ClassView, StepView};
pub use whole::{Assembled, WholeVerdict, assemble, whole_inputs};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use zerr_syntax::Language;

use crate::event::{Event, Stamped, StopReason};
use crate::hash::Hash;
use crate::inputs::Input;
use crate::observe::Observation;
use crate::plan::{Plan, StepDraft, StepKind};
use crate::prompt::{Approach, Prompt};
use crate::run::step::{Context, Step};
use crate::scope::{self, Used};
use crate::spec::FunctionSpec;
use crate::verdict::Verdict;
use crate::witness::{self, Asked, Witness};

/// Something that the engine is to do.
#[derive(Clone, Debug)]
pub enum Action {
    /// Ask the model.
    Sample(SampleAction),
    /// Run sources on inputs.
    Observe(ObserveAction),
    /// Let the layers look at a winner.
    Check(Box<CheckAction>),
    /// Assemble and check the file of one language.
    Whole(WholeAction),
    /// Draws of this prompt are no longer wanted.
    Cancel {
        /// Position of the step in the plan.
        step: u64,
        /// The prompt whose draws are in work.
        prompt: Hash,
    },
    /// Nothing is left to do.
    Finish,
}

/// Ask the model for some draws of one prompt.
#[derive(Clone, Debug)]
pub struct SampleAction {
    /// Position of the step in the plan.
    pub step: u64,
    /// The step's name with the language of a function in front, or else with its role:
    /// `rust:clamp`, `decompose:report`.
    pub subject: String,
    /// Name of the step's first prompt in events.
    pub prompt_hash: Hash,
    /// What to ask.
    pub prompt: Arc<Prompt>,
    /// The draws, each with its own seed.
    pub draws: Vec<Draw>,
    /// Whether the draws stand alone in the batch.
    pub drawing: Drawing,
}

/// One draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draw {
    /// From 0, in the order of counting.
    pub index: u32,
    /// For the sampler of this draw alone.
    pub seed: u32,
    /// 0 is greedy.
    pub temperature: f32,
}

/// Run sources on inputs, beside the code they build on.
#[derive(Clone, Debug)]
pub struct ObserveAction {
    /// Position of the step in the plan.
    pub step: u64,
    /// Name of the context in events.
    pub context_hash: Hash,
    /// What is called.
    pub function: Arc<FunctionSpec>,
    /// The sources it may call, dependencies first.
    pub context: Vec<String>,
    /// The sources, with their names in events.
    pub sources: Vec<(Hash, String)>,
    /// The arguments of each call.
    pub inputs: Vec<Input>,
}

/// Let the layers look at a winner.
#[derive(Clone, Debug)]
pub struct CheckAction {
    /// Position of the step in the plan.
    pub step: u64,
    /// Name of the context in events.
    pub context_hash: Hash,
    /// What it implements.
    pub function: Arc<FunctionSpec>,
    /// The sources it may call, dependencies first.
    pub context: Vec<String>,
    /// The winner, with its name in events.
    pub source: (Hash, String),
    /// How far the formal layer goes.
    pub formal: FormalDepth,
    /// Also ask the model what the winner does.
    pub describe: Option<SampleAction>,
    /// Also ask the model on which call the winner and another text of its class differ.
    pub distinguish: Option<SampleAction>,
    /// Also ask these for the same function.
    pub witnesses: Vec<Asked>,
}

/// Assemble and check the file of one language.
#[derive(Clone, Debug)]
pub struct WholeAction {
    /// Its language.
    pub language: Language,
    /// What it implements, dependencies first.
    pub functions: Vec<Arc<FunctionSpec>>,
    /// The file's text before formatting.
    pub text: String,
}

/// A final step.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Position in the plan.
    pub index: u64,
    /// Its name.
    pub name: String,
    /// What it asked for.
    pub kind: crate::plan::StepKind,
    /// Hash over its prompt and the representatives it builds on.
    pub id: Hash,
    /// What it came to.
    pub settled: Settled,
    /// What the model was asked.
    pub prompt: Arc<Prompt>,
    /// Other ways in which it was asked.
    pub approaches: Vec<Approach>,
    /// Milliseconds from its first to its last event.
    pub ms: u64,
    context: Vec<(u64, String)>,
}

/// A run in progress.
#[derive(Clone, Debug)]
pub struct Run<P> {
    plan: P,
    config: RunConfig,
    active: BTreeMap<u64, Step>,
    finished: BTreeMap<u64, Finished>,
    next_open: u64,
    /// Active steps that may want something.
    dirty: BTreeSet<u64>,
    cancels: Vec<(u64, Hash)>,
    stopped: Option<StopReason>,
    failure: Option<Reason>,
    wholes: whole::Wholes,
    /// Parts that are asked for because of what calls them.
    lent: BTreeSet<u64>,
    finish_said: bool,
    counts: Counts,
    now_ms: u64,
}

/// Totals over all final steps, kept when the steps themselves are dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Final steps.
    pub steps: u64,
    /// Draws counted.
    pub samples: u64,
    /// Steps by verdict: verified, agreed, undecided, refuted.
    pub verdicts: [u64; 4],
}

impl Counts {
    fn of(&mut self, verdict: Verdict) -> &mut u64 {
        let [verified, agreed, undecided, refuted] = &mut self.verdicts;
        match verdict {
            Verdict::Verified => verified,
            Verdict::Agreed => agreed,
            Verdict::Undecided => undecided,
            Verdict::Refuted => refuted,
        }
    }

    fn move_to(&mut self, from: Verdict, to: Verdict) {
        *self.of(from) -= 1;
        *self.of(to) += 1;
    }
}

impl<P: Plan> Run<P> {
    /// A run that has not begun.
    pub fn new(plan: P, config: RunConfig) -> Self {
        let mut run = Self {
            plan,
            config,
            active: BTreeMap::new(),
            finished: BTreeMap::new(),
            next_open: 0,
            dirty: BTreeSet::new(),
            cancels: Vec::new(),
            stopped: None,
            failure: None,
            wholes: whole::Wholes::default(),
            lent: BTreeSet::new(),
            finish_said: false,
            counts: Counts::default(),
            now_ms: 0,
        };
        run.settle_all();
        run
    }

    /// What is to be done now; empty while everything asked for is still on its way.
    #[expect(clippy::should_implement_trait, reason = "an empty answer is not the end of a run")]
    pub fn next(&mut self) -> Vec<Action> {
        let mut actions: Vec<Action> =
            self.cancels.drain(..).map(|(step, prompt)| Action::Cancel { step, prompt }).collect();
        for index in std::mem::take(&mut self.dirty) {
            if let Some(step) = self.active.get_mut(&index) {
                actions_of(step, &self.config, &mut actions);
            }
        }
        if self.is_settled() {
            if let Some(action) = self.wholes.next() {
                actions.push(Action::Whole(action));
            }
            if self.wholes.is_complete() && !self.finish_said {
                self.finish_said = true;
                actions.push(Action::Finish);
            }
        }
        actions
    }

    /// Takes in one event.
    pub fn apply(&mut self, stamped: &Stamped) {
        self.now_ms = stamped.unix_ms;
        match &stamped.event {
            Event::Started(_) | Event::Resumed => return,
            Event::Sampled { step, prompt, draw, reply } => {
                self.touch(*step, |own| {
                    if own.prompt == *prompt {
                        own.deliver(*draw, reply.clone());
                    }
                });
            }
            Event::Exhausted { step, prompt, available } => {
                self.touch(*step, |own| {
                    if own.prompt == *prompt {
                        own.exhaust(*available);
                    }
                });
            }
            Event::Observed { step, context, sources, inputs, results } => {
                self.touch(*step, |own| own.observe(context, sources, inputs, results));
            }
            Event::Checked { step, context, source, layers, said, heard, probes } => {
                self.touch(*step, |own| own.check(context, source, (layers, said, heard, probes)));
            }
            Event::WholeChecked { language, text, layers, examples } => {
                self.wholes.checked(*language, text, layers, examples);
                return;
            }
            Event::Failed { step, message, hint } => {
                let reason = Reason::Failed { message: message.clone(), hint: hint.clone() };
                match step {
                    Some(step) => self.touch(*step, |own| own.abandon(reason)),
                    None => self.failure = Some(reason),
                }
            }
            Event::Stopped(reason) => self.stopped = Some(*reason),
        }
        self.settle_all();
    }

    /// Whether every step is final.
    pub fn is_settled(&self) -> bool {
        self.active.is_empty() && self.next_open >= self.plan.steps()
    }

    /// The plan.
    pub fn plan(&self) -> &P {
        &self.plan
    }

    /// The rules.
    pub fn config(&self) -> &RunConfig {
        &self.config
    }

    /// Final steps that were not dropped, in order.
    pub fn finished(&self) -> impl Iterator<Item = &Finished> {
        self.finished.values()
    }

    /// Totals over all final steps.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The assembled files and what was said of them.
    pub fn assembled(&self) -> &[Assembled] {
        self.wholes.done()
    }

    /// Why the run did not come to its end by itself, if it did not.
    pub fn cut_short(&self) -> Option<Reason> {
        match (&self.failure, self.stopped) {
            (Some(reason), _) => Some(reason.clone()),
            (None, Some(StopReason::TimeLimit)) => Some(Reason::TimeLimit),
            (None, Some(StopReason::Interrupted)) => Some(Reason::Interrupted),
            (None, None) => None,
        }
    }

    /// How every step in work, and every final one that is kept, stands.
    pub fn views(&self) -> Vec<StepView> {
        let mut views: Vec<StepView> = self.finished.values().map(StepView::of_finished).collect();
        views.extend(self.active.values().map(StepView::of_step));
        views
    }

    fn touch(&mut self, index: u64, change: impl FnOnce(&mut Step)) {
        let now = self.now_ms;
        if let Some(step) = self.active.get_mut(&index) {
            step.first_ms.get_or_insert(now);
            step.last_ms = now;
            change(step);
            self.advance(index);
        }
    }

    fn advance(&mut self, index: u64) {
        let steps = self.plan.steps();
        let Some(step) = self.active.get_mut(&index) else { return };
        let before = step.representative().map(str::to_owned);
        step.advance(&self.config, steps);
        self.dirty.insert(index);
        if step.representative() != before.as_deref() {
            self.rebase_above(index);
        }
    }

    /// Gives the steps that build on `index` the code they now stand beside.
    fn rebase_above(&mut self, index: u64) {
        let above: Vec<u64> = self
            .active
            .range(index + 1..)
            .map(|(other, _)| *other)
            .filter(|other| self.plan.deps(*other).contains(&index))
            .collect();
        for other in above {
            self.rebase(other);
        }
    }

    fn rebase(&mut self, index: u64) {
        let (reps, context) = self.below(index);
        let Some(step) = self.active.get_mut(&index) else { return };
        let texts: Vec<Option<&str>> = reps.iter().map(Option::as_deref).collect();
        match self.plan.step(index, &texts) {
            None => {
                // It can no longer be put into words: wait until it can.
                if step.context.is_some() {
                    self.cancels.push((index, step.prompt.clone()));
                }
                self.active.remove(&index);
                self.next_open = self.next_open.min(index);
                self.close_from(index);
            }
            Some(draft) => {
                let prompt = prompt_hash(&draft);
                if prompt != step.prompt {
                    self.cancels.push((index, step.prompt.clone()));
                    let prior = self.config.prior(draft.kind.role(), draft.kind.language());
                    *step = Step::new(index, draft, prompt, prior);
                }
                let before = step.representative().map(str::to_owned);
                step.set_context(context);
                self.advance(index);
                // `advance` compares with what it finds; the change may have been made above.
                let after = self
                    .active
                    .get(&index)
                    .and_then(|step| step.representative().map(str::to_owned));
                if before != after {
                    self.rebase_above(index);
                }
            }
        }
    }

    /// Steps are opened in order: when one closes again, those above it do too.
    fn close_from(&mut self, index: u64) {
        for (above, step) in self.active.split_off(&index) {
            self.cancels.push((above, step.prompt));
        }
    }

    /// The representatives that `index` builds on, and all code below it once it is complete.
    fn below(&self, index: u64) -> (Vec<Option<String>>, Option<Context>) {
        let mut all: BTreeMap<u64, String> = BTreeMap::new();
        let mut complete = true;
        let mut reps = Vec::new();
        for dep in self.plan.deps(index) {
            let (rep, own) = self.representative(dep);
            match (&rep, own) {
                (Some(text), Some(own)) => {
                    all.extend(own);
                    all.insert(dep, text.clone());
                }
                _ => complete = false,
            }
            reps.push(rep);
        }
        let context = complete.then(|| Context::new(all.into_values().collect()));
        (reps, context)
    }

    /// A step's representative and the code below that one.
    fn representative(&self, index: u64) -> (Option<String>, Option<Vec<(u64, String)>>) {
        if let Some(finished) = self.finished.get(&index) {
            return (finished.settled.source.clone(), Some(finished.context.clone()));
        }
        let rep = self.active.get(&index).and_then(|step| step.representative());
        (rep.map(str::to_owned), rep.map(|_| self.code_below(index)))
    }

    fn code_below(&self, index: u64) -> Vec<(u64, String)> {
        let mut all: BTreeMap<u64, String> = BTreeMap::new();
        for dep in self.plan.deps(index) {
            if let (Some(text), Some(own)) = self.representative(dep) {
                all.extend(own);
                all.insert(dep, text);
            }
        }
        all.into_iter().collect()
    }

    /// Makes final what is final, opens what fits the window, until nothing moves.
    fn settle_all(&mut self) {
        if self.stopped.is_some() || self.failure.is_some() {
            self.abandon_all();
            return;
        }
        loop {
            let moved = self.finish_ready() | self.open_ready();
            if !moved {
                break;
            }
        }
        if self.is_settled() {
            self.take_back();
            self.wholes.plan(&self.finished, self.config.completeness);
        }
    }

    /// Parts that were lent the examples of what calls them are none without it; nor is what calls those.
    fn take_back(&mut self) {
        let lent = std::mem::take(&mut self.lent);
        for index in lent.iter().rev() {
            let mut above = self.finished.values().filter(|step| {
                step.settled.source.is_some() && self.plan.deps(step.index).contains(index)
            });
            let is_held = above.any(|step| {
                lent.contains(&step.index)
                    || matches!(&step.kind, StepKind::Function(it) if scope::shows_a_difference(it))
            });
            if !is_held {
                self.refuse(*index, Reason::PartOfNothing);
            }
        }
        if lent.is_empty() {
            return;
        }
        let all: Vec<u64> = self.finished.keys().copied().collect();
        for index in all {
            let below = self.plan.deps(index).into_iter().filter_map(|dep| self.finished.get(&dep));
            let mut lacking = below.filter(|step| step.settled.source.is_none());
            if let Some(name) = lacking.next().map(|step| step.name.clone()) {
                self.refuse(index, Reason::DependsOn { name });
            }
        }
    }

    /// Takes the winner of a final step back.
    fn refuse(&mut self, index: u64, reason: Reason) {
        let Some(step) = self.finished.get_mut(&index) else { return };
        if step.settled.source.is_none() {
            return;
        }
        self.counts.move_to(step.settled.verdict, Verdict::Undecided);
        step.settled.refuse(reason);
    }

    fn finish_ready(&mut self) -> bool {
        let mut moved = false;
        let indices: Vec<u64> = self.active.keys().copied().collect();
        for index in indices {
            let deps = self.plan.deps(index);
            let blocked = deps.iter().find_map(|dep| {
                let finished = self.finished.get(dep)?;
                finished.settled.source.is_none().then(|| finished.name.clone())
            });
            if let Some(name) = blocked
                && let Some(step) = self.active.get_mut(&index)
                && step.settled().is_none_or(|settled| settled.source.is_some())
            {
                self.cancels.push((index, step.prompt.clone()));
                step.abandon(Reason::DependsOn { name });
            }
            let last = deps.iter().max().copied();
            let final_below = deps.iter().all(|dep| self.finished.contains_key(dep))
                || last
                    .is_some_and(|dep| !self.active.contains_key(&dep) && dep < self.keep_from());
            if final_below && self.active.get(&index).is_some_and(|step| step.settled().is_some()) {
                self.finish(index);
                moved = true;
            }
        }
        moved
    }

    fn keep_from(&self) -> u64 {
        let lowest = self.active.keys().next().copied().unwrap_or(self.next_open);
        self.plan.keep_from(lowest)
    }

    fn finish(&mut self, index: u64) {
        let (reps, _) = self.below(index);
        let Some(step) = self.active.remove(&index) else { return };
        // A chain of answers would otherwise carry all of itself along.
        let context = if step.function().is_some() { self.code_below(index) } else { Vec::new() };
        let Some(mut settled) = step.settled().cloned() else { return };
        if step.function().is_some() {
            let below = self.plan.deps(index).into_iter().filter_map(|dep| self.finished.get(&dep));
            settled.lean_on(below);
            if self.config.scope.is_some() {
                let unmet = step.suspects.first().zip(step.function());
                let unmet = unmet.and_then(|(at, function)| function.examples.get(*at));
                settled.doubt(step.untaught.clone(), unmet);
            } else {
                settled.doubt_lucky();
            }
        }
        self.counts.steps += 1;
        self.counts.samples += u64::from(settled.samples);
        *self.counts.of(settled.verdict) += 1;
        let mut parts: Vec<&[u8]> = vec![step.prompt.as_str().as_bytes()];
        parts.extend(reps.iter().flatten().map(String::as_bytes));
        parts.extend(context.iter().map(|(_, text)| text.as_bytes()));
        let id = Hash::of("step", &parts);
        let ms = step.first_ms.map_or(0, |first| step.last_ms.saturating_sub(first));
        let mut approaches: Vec<Approach> = (0..settled.drawn)
            .filter_map(|draw| step.draft.asked(draw, self.config.wave).0)
            .collect();
        approaches.sort_unstable();
        approaches.dedup();
        let StepDraft { name, kind, prompt, .. } = step.draft;
        let finished = Finished { index, name, kind, id, settled, prompt, approaches, ms, context };
        self.finished.insert(index, finished);
        let keep = self.keep_from();
        if keep > 0 {
            self.finished = self.finished.split_off(&keep);
        }
    }

    /// The functions that a step calls, and what those call in turn, as many levels down.
    fn used(&self, index: u64, levels: u32) -> Vec<Used> {
        let deps = if levels == 0 { Vec::new() } else { self.plan.deps(index) };
        let function = |dep: u64| match self.plan.step(dep, &[])?.kind {
            StepKind::Function(function) => Some((dep, function)),
            _ => None,
        };
        let used = deps.into_iter().filter_map(function);
        used.map(|(dep, function)| Used { function, uses: self.used(dep, levels - 1) }).collect()
    }

    /// Whether a function that calls this one, perhaps through others, has examples of two results: a wrong part does
    /// not meet them. What is far behind in the plan is not looked for.
    fn is_shown_above(&self, index: u64) -> bool {
        let mut reached = BTreeSet::from([index]);
        let end = self.plan.steps().min(index.saturating_add(CALLERS_AHEAD));
        (index + 1..end).any(|above| {
            let calls = self.plan.deps(above).iter().any(|dep| reached.contains(dep));
            calls && {
                reached.insert(above);
                matches!(self.plan.step(above, &[]), Some(StepDraft { kind: StepKind::Function(function), .. })
                    if scope::shows_a_difference(&function))
            }
        })
    }

    fn open_ready(&mut self) -> bool {
        let mut moved = false;
        while self.next_open < self.plan.steps()
            && self.active.len() < self.config.window.max(1) as usize
        {
            let index = self.next_open;
            let (reps, context) = self.below(index);
            let texts: Vec<Option<&str>> = reps.iter().map(Option::as_deref).collect();
            let Some(draft) = self.plan.step(index, &texts) else { break };
            let prompt = prompt_hash(&draft);
            let prior = self.config.prior(draft.kind.role(), draft.kind.language());
            let mut step = Step::new(index, draft, prompt, prior);
            step.set_context(context);
            if let (Some(scope), Some(function)) = (&self.config.scope, step.function()) {
                let uses = self.used(index, SCOPE_DEPTH);
                let covered = match scope.covers(function, &uses) {
                    Err(_) if self.is_shown_above(index) => {
                        let covered = scope.covers_part(function, &uses);
                        if covered.is_ok() {
                            self.lent.insert(index);
                        }
                        covered
                    }
                    covered => covered,
                };
                let speaks = covered.as_ref().is_ok_and(|untaught| !untaught.is_empty())
                    || self.plan.deps(index).iter().any(|dep| self.lent.contains(dep));
                if speaks && !function.examples.is_empty() {
                    step.parts = uses.into_iter().map(|used| used.function).collect();
                }
                match covered {
                    Ok(untaught) => step.untaught = untaught,
                    Err(outside) => step.abandon(outside.into()),
                }
            }
            if let (Some(scope), StepKind::Split(function)) = (&self.config.scope, &step.draft.kind)
                && let Err(outside) = scope.reads(function)
            {
                step.abandon(outside.into());
            }
            self.active.insert(index, step);
            self.next_open += 1;
            self.advance(index);
            moved = true;
        }
        moved
    }

    fn abandon_all(&mut self) {
        let Some(reason) = self.cut_short() else { return };
        for (index, step) in &mut self.active {
            if step.settled().is_none() {
                self.cancels.push((*index, step.prompt.clone()));
                step.abandon(reason.clone());
            }
        }
        // Steps that were never opened are not made up: a plan may hold a million of them.
        while let Some(index) = self.active.keys().next().copied() {
            // What was built beside a leader that never won proves nothing.
            let open_below = self.plan.deps(index).iter().any(|dep| {
                self.finished.get(dep).is_some_and(|below| below.settled.source.is_none())
            });
            if open_below && let Some(step) = self.active.get_mut(&index) {
                step.abandon(reason.clone());
            }
            self.finish(index);
        }
        self.next_open = self.plan.steps();
        self.wholes.give_up();
    }
}

fn actions_of(step: &mut Step, config: &RunConfig, actions: &mut Vec<Action>) {
    let wants = step.wants();
    if !wants.draws.is_empty() {
        let asked = |index: &u32| step.draft.asked(*index, config.wave);
        for group in wants.draws.chunk_by(|a, b| asked(a).0 == asked(b).0) {
            let Some(first) = group.first() else { continue };
            actions.push(Action::Sample(SampleAction {
                step: step.index,
                subject: match &step.draft.kind {
                    StepKind::Function(function) => {
                        format!("{}:{}", function.signature.language, function.name)
                    }
                    kind => format!("{}:{}", kind.role(), step.draft.name),
                },
                prompt_hash: step.prompt.clone(),
                prompt: Arc::clone(asked(first).1),
                draws: group.iter().map(|index| draw(config, &step.prompt, *index)).collect(),
                drawing: config.drawing,
            }));
        }
    }
    let (Some(context), Some(function)) = (&step.context, step.function()) else { return };
    for (sources, inputs) in wants.observe {
        actions.push(Action::Observe(ObserveAction {
            step: step.index,
            context_hash: context.hash.clone(),
            function: Arc::clone(function),
            context: context.sources.clone(),
            sources,
            inputs,
        }));
    }
    if let Some(source) = wants.check {
        let describe = describe_action(step, config, function, &source.1);
        let distinguish = distinguish_action(step, config, function, &source.1);
        let witnesses = witnesses(step, config, function, &source.0);
        actions.push(Action::Check(Box::new(CheckAction {
            step: step.index,
            context_hash: context.hash.clone(),
            function: Arc::clone(function),
            context: context.sources.clone(),
            source,
            formal: config.formal,
            describe,
            distinguish,
            witnesses,
        })));
    }
}

/// What recordings call samples of a witness in a language; another model is asked as if it were the only
/// one.
pub fn witnessing(language: Language) -> String {
    format!("witness-{language}")
}

/// Whether something that a person said judges what a function does.
fn is_judged(function: &FunctionSpec) -> bool {
    !function.examples.is_empty()
        || !function.ensures.is_empty()
        || !function.properties.is_empty()
        || function.in_project.is_some()
}

/// Who else is to be asked for the function of a winner.
fn witnesses(
    step: &Step,
    config: &RunConfig,
    function: &Arc<FunctionSpec>,
    source: &Hash,
) -> Vec<Asked> {
    let winner = step.sources.iter().find(|own| own.hash == *source);
    let observations = winner.and_then(|own| own.observations()).unwrap_or_default();
    let seen = || {
        let all = step.inputs.iter().zip(observations).enumerate();
        let compared = all.filter(|(at, _)| !step.race.left_out.contains(at));
        compared.map(|(_, (input, seen))| (input.clone(), seen.clone()))
    };
    let ask = |witness: Witness, theirs: Arc<FunctionSpec>, prompt: Arc<Prompt>| {
        let (inputs, seen): (Vec<Input>, Vec<(Input, Observation)>) = match &witness {
            Witness::Language(_) => witness::shared(function, &theirs, seen()),
            Witness::Model(_) => seen().map(|(input, seen)| (input.clone(), (input, seen))).unzip(),
        };
        let subject = match &witness {
            Witness::Language(language) => {
                format!("{}:{}", witnessing(*language), function.name)
            }
            Witness::Model(_) => format!("{}:{}", function.signature.language, function.name),
        };
        let ask = aside(step, config, subject, prompt, config.witnesses.max(WITNESSES_LEAST));
        let context = match (&witness, &step.context) {
            (Witness::Model(_), Some(context)) => context.sources.clone(),
            _ => Vec::new(),
        };
        let (own, suspects) = (Arc::clone(function), step.suspects.clone());
        let asked = Asked { witness, function: theirs, ask, inputs, own, seen, context, suspects };
        (!asked.inputs.is_empty()).then_some(asked)
    };
    let alone = function.depends_on.is_empty() && function.in_project.is_none();
    let other_language = (config.witnesses > 0 && alone && !is_judged(function))
        .then(|| witness::twin(function))
        .flatten()
        .filter(|twin| config.scope.as_ref().is_none_or(|scope| scope.covers(twin, &[]).is_ok()))
        .and_then(|twin| {
            let witness = Witness::Language(twin.signature.language);
            let prompt = crate::prompt::function(step.draft.prompt.version, &twin, &[], None)?;
            ask(witness, Arc::new(twin), Arc::new(prompt))
        });
    let other_model = config.second.as_ref().and_then(|second| {
        let versions = second.prompt_versions.as_deref();
        let version = crate::prompt::newest_common(crate::prompt::Role::Function, versions);
        let prompt = if version == step.draft.prompt.version || !alone {
            // What it may call stands in there, too.
            Arc::clone(&step.draft.prompt)
        } else {
            Arc::new(crate::prompt::function(version, function, &[], None)?)
        };
        ask(Witness::Model(second.name.clone()), Arc::clone(function), prompt)
    });
    [other_language, other_model].into_iter().flatten().collect()
}

/// Fewer samples of a witness say nothing.
const WITNESSES_LEAST: u32 = 8;

/// How far down a scope looks at what a function calls: a split part may be split once more.
const SCOPE_DEPTH: u32 = 2;

/// How many steps ahead callers of a part are looked for: a spec that is split has no more functions.
const CALLERS_AHEAD: u64 = 64;

/// Calls that the model is asked for.
pub const PROBES: u32 = 3;

/// What recordings call calls that may tell functions of a language apart.
pub fn probing(language: Language) -> String {
    format!("{}-{language}", crate::prompt::Role::Distinguish.name())
}

/// Texts that do the same on all inputs so far may differ on one that the model thinks of.
fn distinguish_action(
    step: &Step,
    config: &RunConfig,
    function: &FunctionSpec,
    source: &str,
) -> Option<SampleAction> {
    let language = function.signature.language;
    if !config.distinguish.contains(&language) || function.in_project.is_some() {
        return None;
    }
    let rival = step.unlike()?;
    let prompt = Arc::new(crate::prompt::distinguish(&function.signature, source, rival));
    let subject = format!("{}:{}", probing(language), function.name);
    Some(aside(step, config, subject, prompt, PROBES))
}

/// What recordings call descriptions of functions of a language.
pub fn describing(language: Language) -> String {
    format!("{}-{language}", crate::prompt::Role::Describe.name())
}

/// Where nothing that a person said judges what a function does, the model's own words may.
fn describe_action(
    step: &Step,
    config: &RunConfig,
    function: &FunctionSpec,
    source: &str,
) -> Option<SampleAction> {
    if config.descriptions == 0 || is_judged(function) || !function.depends_on.is_empty() {
        return None;
    }
    let prompt = Arc::new(crate::prompt::describe(function.signature.language, source));
    let subject = format!("{}:{}", describing(function.signature.language), function.name);
    Some(aside(step, config, subject, prompt, config.descriptions))
}

/// Draws of a prompt that are no votes.
fn aside(
    step: &Step,
    config: &RunConfig,
    subject: String,
    prompt: Arc<Prompt>,
    draws: u32,
) -> SampleAction {
    let prompt_hash = hash_of_prompt(&prompt);
    SampleAction {
        step: step.index,
        subject,
        draws: (0..draws).map(|index| draw(config, &prompt_hash, index)).collect(),
        prompt_hash,
        prompt,
        drawing: config.drawing,
    }
}

/// The first draw is greedy: the model's best guess. All others are spread by temperature.
fn draw(config: &RunConfig, prompt: &Hash, index: u32) -> Draw {
    let seed = Hash::of(
        "draw",
        &[prompt.as_str().as_bytes(), &config.seed.to_le_bytes(), &index.to_le_bytes()],
    );
    Draw {
        index,
        seed: seed.seed() as u32,
        temperature: if index == 0 { 0.0 } else { config.temperature },
    }
}

/// The name of a step's question in events: that of its first prompt, from which the others follow.
fn prompt_hash(draft: &StepDraft) -> Hash {
    hash_of_prompt(&draft.prompt)
}

/// The name of a prompt: equal prompts have equal samples.
pub fn hash_of_prompt(prompt: &Prompt) -> Hash {
    let version = prompt.version.to_le_bytes();
    let tokens_max = prompt.tokens_max.to_le_bytes();
    let mut parts: Vec<&[u8]> = vec![prompt.role.name().as_bytes(), &version, &tokens_max];
    for message in &prompt.messages {
        parts.push(message.role.as_bytes());
        parts.push(message.content.as_bytes());
    }
    parts.push(prompt.prefill.as_bytes());
    parts.extend(prompt.stop.iter().map(String::as_bytes));
    Hash::of("prompt", &parts)
}

#[cfg(test)]
mod chain_tests;
#[cfg(test)]
mod tests;
