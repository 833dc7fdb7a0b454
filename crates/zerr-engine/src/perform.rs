//! Performs actions side by side and sends back what came of them. Main type: [`Hands`].
//!
//! # Invariants
//! What belongs to one action of a deterministic run comes back as one [`Group`], so that the
//! journal holds all of it or nothing.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use zerr_core::event::Event;
use zerr_core::hash::Hash;
use zerr_core::observe::Outcome;
use zerr_core::prompt::{self, Finish, RawReply};
use zerr_core::run::{
    Action, CheckAction, Draw, Drawing, FormalDepth, ObserveAction, SampleAction, WholeAction,
};
use zerr_core::sample;
use zerr_core::spec::FunctionSpec;
use zerr_core::value::Type;
use zerr_core::verdict::{LayerId, LayerOutcome, LayerVerdict, Severity};
use zerr_core::witness::{Asked, Testimony, Witness};
use zerr_exec::Cancel;
use zerr_llm::{Batching, Drawn, SampleError, SampleEvent, SampleRequest, Sampler};
use zerr_store::Store;
use zerr_syntax::Language;
use zerr_verify::{
    FileJob, Formal, LanguageRunner, ObserveJob, ObserveLimits, Performance, Properties, Subject,
    Toolchain, Unit, VerifyError,
};

use crate::action_key::{self, Surroundings};
use crate::engine::CacheUse;

/// Draws beyond the greedy one are taken from the whole distribution: temperature alone spreads
/// them, so that the formula's p means what was measured.
const TOP_P: f32 = 1.0;

/// Most inputs of a bounded check within a run, and the time for one question to the solver.
const FORMAL_INPUTS_MAX: usize = 1_024;
const FORMAL_SECONDS: u64 = 3;

/// What is known of a text already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beyond {
    Nothing,
    /// Its own language's parser has taken it.
    Syntax,
}

/// Events that are journalled together, and answers to keep with them.
#[derive(Debug, Default)]
pub(crate) struct Group {
    pub(crate) events: Vec<Event>,
    pub(crate) answers: Vec<Answer>,
    pub(crate) tokens: u64,
    pub(crate) notes: Vec<String>,
}

/// An answer for the action cache.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) key: Hash,
    pub(crate) kind: &'static str,
    pub(crate) body: String,
}

/// Models, sandbox and cache, as one run uses them. Clones share everything.
#[derive(Clone)]
pub(crate) struct Hands {
    pub(crate) sampler: Arc<dyn Sampler>,
    /// The model that is a witness, if there is one.
    pub(crate) second: Option<Arc<dyn Sampler>>,
    pub(crate) toolchain: Arc<Toolchain>,
    pub(crate) runners: Arc<BTreeMap<Language, Arc<dyn LanguageRunner>>>,
    pub(crate) store: Store,
    pub(crate) surroundings: Surroundings,
    pub(crate) cache: CacheUse,
    pub(crate) processes: Arc<Semaphore>,
    pub(crate) cancel: Cancel,
    pub(crate) draws: Arc<Mutex<Draws>>,
    pub(crate) groups: mpsc::UnboundedSender<Group>,
}

/// What ends the draws of a step that are under way: one token an action.
pub(crate) type Draws = HashMap<(u64, Hash), Vec<CancellationToken>>;

impl Hands {
    /// Starts an action; its events come through the channel.
    pub(crate) fn start(&self, action: Action) {
        let hands = self.clone();
        match action {
            Action::Sample(sample) => {
                let cancel = self.cancellable(&sample);
                tokio::spawn(async move { hands.sample(sample, cancel).await });
            }
            Action::Observe(observe) => {
                tokio::spawn(async move { hands.observe(observe).await });
            }
            Action::Check(check) => {
                tokio::spawn(async move { hands.check(*check).await });
            }
            Action::Whole(whole) => {
                tokio::spawn(async move { hands.whole(whole).await });
            }
            Action::Cancel { step, prompt } => {
                for cancel in self.tokens_of_draws().remove(&(step, prompt)).unwrap_or_default() {
                    cancel.cancel();
                }
            }
            Action::Finish => {}
        }
    }

    /// Stops everything that is under way.
    pub(crate) fn stop(&self) {
        self.cancel.cancel();
        for cancel in self.tokens_of_draws().drain().flat_map(|(_, cancels)| cancels) {
            cancel.cancel();
        }
    }

    fn tokens_of_draws(&self) -> std::sync::MutexGuard<'_, Draws> {
        self.draws.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What ends the draws of an action.
    fn cancellable(&self, action: &SampleAction) -> CancellationToken {
        let cancel = CancellationToken::new();
        let name = (action.step, action.prompt_hash.clone());
        self.tokens_of_draws().entry(name).or_default().push(cancel.clone());
        cancel
    }

    fn send(&self, group: Group) {
        // The run is over when nobody listens.
        drop(self.groups.send(group));
    }

    async fn sample(&self, action: SampleAction, cancel: CancellationToken) {
        let together = action.drawing == Drawing::Deterministic;
        let mut group = Group::default();
        let mut missing: Vec<Draw> = Vec::new();
        for draw in &action.draws {
            match self.cached::<RawReply>(&self.sample_key(&action, draw)) {
                Some(reply) => group.events.push(sampled(&action, draw.index, reply)),
                None => missing.push(*draw),
            }
        }
        if together && !missing.is_empty() {
            // A wave has one shape: what was kept of it cannot stand in for a part of it.
            missing.clone_from(&action.draws);
            group.events.clear();
        }
        if !together || missing.is_empty() {
            self.send(std::mem::take(&mut group));
        }
        if missing.is_empty() {
            return;
        }
        let by_index: BTreeMap<u32, Draw> =
            missing.iter().map(|draw| (draw.index, *draw)).collect();
        let (sink, mut events) = mpsc::unbounded_channel();
        let request = request(&action, &missing);
        let mut delivered = 0usize;
        let sampling = self.sampler.sample(request, sink, cancel);
        let collecting = async {
            while let Some(event) = events.recv().await {
                match event {
                    SampleEvent::Drawn(drawn) => {
                        let Some(draw) = by_index.get(&drawn.index) else { continue };
                        let index = drawn.index;
                        let reply = reply(drawn);
                        delivered += 1;
                        group.tokens += u64::from(reply.tokens);
                        Self::keep(&mut group, self.sample_key(&action, draw), "sample", &reply);
                        group.events.push(sampled(&action, index, reply));
                        if !together {
                            self.send(std::mem::take(&mut group));
                        }
                    }
                    SampleEvent::Restarted { times } => group.notes.push(format!(
                        "the model host died and was started again ({times}); nothing is lost"
                    )),
                    SampleEvent::Progress { .. } | SampleEvent::Done(_) => {}
                }
            }
        };
        let (result, ()) = tokio::join!(sampling, collecting);
        match result {
            Ok(()) if delivered < missing.len() => self.send(Group {
                events: vec![Event::Failed {
                    step: None,
                    message: "the model host delivered fewer samples than it was asked for".into(),
                    hint: "resume the run".into(),
                }],
                ..Group::default()
            }),
            Ok(()) => {
                // Waves are counted in the order of their indices, whatever order they ended in.
                group.events.sort_by_key(|event| match event {
                    Event::Sampled { draw, .. } => *draw,
                    _ => 0,
                });
                self.send(group);
            }
            Err(SampleError::Cancelled) => {}
            Err(error @ SampleError::RecordingExhausted { available, .. }) if available > 0 => {
                group.notes.push(format!("{error}: they decide, or nothing does"));
                group.events.push(Event::Exhausted {
                    step: action.step,
                    prompt: action.prompt_hash.clone(),
                    available: available as u32,
                });
                self.send(group);
            }
            Err(error) => {
                if together {
                    // A part of a wave would make the rest of it another shape.
                    group.events.clear();
                    group.answers.clear();
                }
                group.events.push(not_sampled(action.step, &error));
                self.send(group);
            }
        }
    }

    async fn observe(&self, action: ObserveAction) {
        let mut known: BTreeMap<Hash, Outcome> = BTreeMap::new();
        for (source, _) in &action.sources {
            if let Some(outcome) =
                self.cached::<Outcome>(&self.surroundings.observe(&action, source))
            {
                known.insert(source.clone(), outcome);
            }
        }
        let missing: Vec<(Hash, String)> =
            action.sources.iter().filter(|(hash, _)| !known.contains_key(hash)).cloned().collect();
        let mut group = Group::default();
        if !missing.is_empty() {
            let (function, context, inputs) =
                (Arc::clone(&action.function), action.context.clone(), action.inputs.clone());
            let sources: Vec<String> = missing.iter().map(|(_, text)| text.clone()).collect();
            let language = action.function.signature.language;
            let observed = self
                .run_confined(move |hands| {
                    hands.observe_now(language, &function, &context, &sources, &inputs)
                })
                .await;
            match observed {
                Ok(outcomes) => {
                    for ((hash, _), outcome) in missing.into_iter().zip(outcomes) {
                        let key = self.surroundings.observe(&action, &hash);
                        if may_keep(&outcome) {
                            Self::keep(&mut group, key, "observe", &outcome);
                        }
                        known.insert(hash, outcome);
                    }
                }
                Err(error) => return self.fail(Some(action.step), &error),
            }
        }
        let results: Vec<Outcome> =
            action.sources.iter().filter_map(|(hash, _)| known.get(hash).cloned()).collect();
        group.events.push(Event::Observed {
            step: action.step,
            context: action.context_hash,
            sources: action.sources.into_iter().map(|(hash, _)| hash).collect(),
            inputs: action.inputs,
            results,
        });
        self.send(group);
    }

    async fn check(&self, action: CheckAction) {
        let key = self.surroundings.check(&action);
        let mut group = Group::default();
        let layers = if let Some(layers) = self.cached::<Vec<LayerOutcome>>(&key) {
            layers
        } else {
            let language = action.function.signature.language;
            let mut text = zerr_verify::imports(language, [&action.function.signature]);
            text.push_str(&action.context.join("\n\n\n"));
            text.push_str("\n\n\n");
            text.push_str(&action.source.1);
            let function = Arc::clone(&action.function);
            let (context, source) = (action.context.clone(), action.source.1.clone());
            let formal = action.formal;
            let look = move |hands: &Hands| {
                if function.in_project.is_some() {
                    return Ok(in_project_layers(language));
                }
                let functions = [function.as_ref().clone()];
                let mut layers = hands.check_now(language, &functions, &text)?;
                // A candidate with a forbidden construct is none: it was red-flagged.
                layers.push(LayerOutcome::ran(LayerId::Security, Vec::new(), None, 0));
                let subject = Subject { function: &function, context: &context, source: &source };
                let (tools, cancel) = (&hands.toolchain, &hands.cancel);
                layers.push(Properties::new(tools).check(&subject, cancel)?);
                layers.push(Performance::new(tools).check(&subject, cancel)?);
                layers.push(hands.formal_now(&subject, formal)?);
                Ok(layers)
            };
            let checked = self.run_confined(look).await;
            match checked {
                Ok(layers) => {
                    Self::keep(&mut group, key, "check", &layers);
                    layers
                }
                Err(error) => return self.fail(Some(action.step), &error),
            }
        };
        let is_refuted = layers.iter().any(|layer| layer.verdict == LayerVerdict::Failed);
        let said = match &action.describe {
            None => Vec::new(),
            Some(_) if is_refuted => Vec::new(),
            Some(describe) => match self.sentences(describe, &mut group).await {
                Ok(said) => said,
                Err(SampleError::Cancelled) => return,
                // What cannot be described was asked for all the same.
                Err(error) if is_about_step(&error) => Vec::new(),
                Err(error) => {
                    group.events.push(not_sampled(action.step, &error));
                    return self.send(group);
                }
            },
        };
        let probes = match &action.distinguish {
            None => Vec::new(),
            Some(_) if is_refuted => Vec::new(),
            Some(distinguish) => {
                match self.calls(distinguish, &action.function.name, &mut group).await {
                    Ok(calls) => calls,
                    Err(SampleError::Cancelled) => return,
                    Err(error) if is_about_step(&error) => Vec::new(),
                    Err(error) => {
                        group.events.push(not_sampled(action.step, &error));
                        return self.send(group);
                    }
                }
            }
        };
        let mut heard = Vec::new();
        for asked in action.witnesses.iter().filter(|_| !is_refuted) {
            match self.hear(asked, &mut group).await {
                Ok(said) => heard.extend(said),
                Err(SampleError::Cancelled) => return,
                // Whoever cannot be asked says nothing. A recording has what was asked for when it was made.
                Err(error) if is_about_step(&error) => {
                    if matches!(asked.witness, Witness::Model(_)) {
                        let name = &action.function.name;
                        group
                            .notes
                            .push(format!("no samples {} of {name}: {error}", asked.witness));
                    }
                }
                Err(error) => {
                    group.events.push(not_sampled(action.step, &error));
                    return self.send(group);
                }
            }
        }
        group.events.push(Event::Checked {
            step: action.step,
            context: action.context_hash,
            source: action.source.0,
            layers,
            said,
            heard,
            probes,
        });
        self.send(group);
    }

    /// What samples of a witness do; `None` where they cannot be run here.
    async fn hear(
        &self,
        asked: &Asked,
        group: &mut Group,
    ) -> Result<Option<Testimony>, SampleError> {
        let sampler = match (&asked.witness, &self.second) {
            (Witness::Language(_), _) => &self.sampler,
            (Witness::Model(_), Some(second)) => second,
            (Witness::Model(_), None) => return Ok(None),
        };
        let replies = self.replies(sampler, &asked.ask, group).await?;
        let mut copies: Vec<(String, u32)> = Vec::new();
        for reply in &replies {
            let Ok(candidate) = sample::judge(&asked.function, &asked.ask.prompt, reply) else {
                continue;
            };
            match copies.iter_mut().find(|(source, _)| *source == candidate.source) {
                Some((_, count)) => *count += 1,
                None => copies.push((candidate.source, 1)),
            }
        }
        let language = asked.function.signature.language;
        let (function, inputs) = (Arc::clone(&asked.function), asked.inputs.clone());
        let context = asked.context.clone();
        let sources: Vec<String> = copies.iter().map(|(source, _)| source.clone()).collect();
        let observed = self
            .run_confined(move |hands| {
                hands.observe_now(language, &function, &context, &sources, &inputs)
            })
            .await;
        match observed {
            Ok(outcomes) => {
                let sources: Vec<(u32, Outcome)> =
                    copies.into_iter().map(|(_, count)| count).zip(outcomes).collect();
                Ok(Some(Testimony { samples: replies, ..Testimony::of(asked, &sources) }))
            }
            Err(VerifyError::Cancelled) => Err(SampleError::Cancelled),
            // No compiler for the other language, for one.
            Err(error) => {
                group.notes.push(format!("no samples {} were run: {error}", asked.witness));
                Ok(None)
            }
        }
    }

    /// What the model says in one sentence, as often as it is asked; what is no sentence is left out.
    async fn sentences(
        &self,
        action: &SampleAction,
        group: &mut Group,
    ) -> Result<Vec<String>, SampleError> {
        let replies = self.replies(&self.sampler, action, group).await?;
        let sentence = |reply: &RawReply| prompt::parse_sentence(&action.prompt, reply).ok();
        Ok(replies.iter().filter_map(sentence).collect())
    }

    /// Calls of a function that the model proposes; what is no call is left out.
    async fn calls(
        &self,
        action: &SampleAction,
        name: &str,
        group: &mut Group,
    ) -> Result<Vec<String>, SampleError> {
        let replies = self.replies(&self.sampler, action, group).await?;
        let call = |reply: &RawReply| prompt::parse_call(&action.prompt, reply, name).ok();
        Ok(replies.iter().filter_map(call).collect())
    }

    /// All draws of an action that is no race of its own, kept or drawn now.
    async fn replies(
        &self,
        sampler: &Arc<dyn Sampler>,
        action: &SampleAction,
        group: &mut Group,
    ) -> Result<Vec<RawReply>, SampleError> {
        let key = |draw: &Draw| action_key::sample(&sampler.model().sha256, action, draw);
        let kept: Option<Vec<RawReply>> =
            action.draws.iter().map(|draw| self.cached(&key(draw))).collect();
        if let Some(replies) = kept {
            return Ok(replies);
        }
        let (sink, mut events) = mpsc::unbounded_channel();
        let sampling = request(action, &action.draws);
        let cancel = self.cancellable(action);
        if self.cancel.is_cancelled() {
            return Err(SampleError::Cancelled);
        }
        sampler.sample(sampling, sink, cancel).await?;
        let mut drawn = BTreeMap::new();
        while let Ok(event) = events.try_recv() {
            if let SampleEvent::Drawn(one) = event {
                drawn.insert(one.index, reply(one));
            }
        }
        for draw in &action.draws {
            if let Some(reply) = drawn.get(&draw.index) {
                group.tokens += u64::from(reply.tokens);
                Self::keep(group, key(draw), "sample", reply);
            }
        }
        Ok(drawn.into_values().collect())
    }

    async fn whole(&self, action: WholeAction) {
        let language = action.language;
        let checked = self.run_confined(move |hands| hands.whole_now(&action)).await;
        match checked {
            Err(error) => self.fail(None, &error),
            Ok((text, layers, examples, notes)) => self.send(Group {
                events: vec![Event::WholeChecked { language, text, layers, examples }],
                notes,
                ..Group::default()
            }),
        }
    }

    /// Runs something that blocks and starts processes, when there is a processor for it.
    async fn run_confined<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Hands) -> Result<T, VerifyError> + Send + 'static,
    ) -> Result<T, VerifyError> {
        let Ok(permit) = Arc::clone(&self.processes).acquire_owned().await else {
            return Err(VerifyError::Cancelled);
        };
        let hands = self.clone();
        let joined = tokio::task::spawn_blocking(move || {
            let result = work(&hands);
            drop(permit);
            result
        });
        joined.await.unwrap_or_else(|error| Err(VerifyError::BadJob(error.to_string())))
    }

    fn runner(&self, language: Language) -> Result<Arc<dyn LanguageRunner>, VerifyError> {
        match self.runners.get(&language) {
            Some(runner) => Ok(Arc::clone(runner)),
            None => self.toolchain.runner(language),
        }
    }

    fn observe_now(
        &self,
        language: Language,
        function: &FunctionSpec,
        context: &[String],
        sources: &[String],
        inputs: &[Vec<zerr_core::value::Value>],
    ) -> Result<Vec<Outcome>, VerifyError> {
        let limits = ObserveLimits::default();
        let job = ObserveJob { function, context, sources, inputs, limits };
        self.runner(language)?.observe(&job, &self.cancel)
    }

    /// The layers that look at one step. What was observed was compiled or loaded: rustc judged a
    /// Rust winner's syntax and types then, `CPython` a Python winner's syntax, and the whole file is
    /// judged by all layers again at the end.
    fn check_now(
        &self,
        language: Language,
        functions: &[FunctionSpec],
        text: &str,
    ) -> Result<Vec<LayerOutcome>, VerifyError> {
        let tools = self.runner(language)?.tools();
        let passed = |layer, name| {
            let tool = tools.iter().find(|tool| tool.name == name).cloned();
            LayerOutcome::ran(layer, Vec::new(), tool, 0)
        };
        match language {
            Language::Rust => {
                Ok(vec![passed(LayerId::Syntax, "rustc"), passed(LayerId::Types, "rustc")])
            }
            Language::Python => {
                let mut layers = vec![passed(LayerId::Syntax, "python3")];
                layers.extend(self.layers_now(language, functions, text, Beyond::Syntax)?);
                Ok(layers)
            }
        }
    }

    /// What holds for all calls of a function. Unless more was asked for, of one over numbers and
    /// truth values: for others no domain is small enough to be worth the time of a run.
    fn formal_now(
        &self,
        subject: &Subject<'_>,
        depth: FormalDepth,
    ) -> Result<LayerOutcome, VerifyError> {
        let layer = Formal::new(&self.toolchain);
        let layer = match depth {
            FormalDepth::Off => {
                let why = "switched off by the setting `formal`";
                return Ok(LayerOutcome::not_run(LayerId::Formal, why));
            }
            FormalDepth::Quick if !has_small_domain(&subject.function.params) => {
                let why = "only functions over numbers and truth values have small domains \
                           (`--formal full` tries others too)";
                return Ok(LayerOutcome::not_run(LayerId::Formal, why));
            }
            FormalDepth::Quick => layer.inputs_max(FORMAL_INPUTS_MAX).seconds(FORMAL_SECONDS),
            FormalDepth::Full => layer.crosshair(),
        };
        // A sum that can overflow is the spec's to allow or not: it is told, and refutes nobody.
        let (_, outcome) = layer.stops(Severity::Warning).check(subject, &self.cancel)?;
        Ok(outcome)
    }

    fn layers_now(
        &self,
        language: Language,
        functions: &[FunctionSpec],
        text: &str,
        beyond: Beyond,
    ) -> Result<Vec<LayerOutcome>, VerifyError> {
        let unit = Unit { language, functions, text };
        self.toolchain
            .layers(language)
            .iter()
            .filter(|layer| beyond == Beyond::Nothing || layer.id() != LayerId::Syntax)
            .map(|layer| layer.check(&unit, &self.cancel))
            .collect()
    }

    #[expect(clippy::type_complexity, reason = "the parts of one event, named where it is made")]
    fn whole_now(
        &self,
        action: &WholeAction,
    ) -> Result<(String, Vec<LayerOutcome>, Vec<(String, Outcome)>, Vec<String>), VerifyError> {
        let runner = self.runner(action.language)?;
        let functions: Vec<FunctionSpec> =
            action.functions.iter().map(|function| function.as_ref().clone()).collect();
        let is_in_project = functions.iter().any(|function| function.in_project.is_some());
        // The names that candidates were observed under.
        let signatures = functions.iter().map(|function| &function.signature);
        let imports = if is_in_project {
            String::new()
        } else {
            zerr_verify::imports(action.language, signatures)
        };
        let between = if imports.is_empty() { "" } else { "\n" };
        let text = format!("{imports}{between}{}", action.text);
        let formatted = runner.format(&text, &self.cancel)?;
        let layers = if is_in_project {
            in_project_layers(action.language)
        } else {
            self.layers_now(action.language, &functions, &formatted.text, Beyond::Nothing)?
        };
        let source = without(&formatted.text, &imports);
        let wanted: Vec<_> = functions
            .iter()
            .map(|function| (function, zerr_core::run::whole_inputs(function)))
            .collect();
        let limits = ObserveLimits::default();
        let job = FileJob { source: &source, functions: &wanted, limits };
        let observed = runner.observe_file(&job, &self.cancel)?;
        let examples = functions
            .iter()
            .zip(observed)
            .map(|(function, outcome)| (function.name.clone(), outcome))
            .collect();
        Ok((formatted.text, layers, examples, formatted.note.into_iter().collect()))
    }

    fn fail(&self, step: Option<u64>, error: &VerifyError) {
        if matches!(error, VerifyError::Cancelled) {
            return;
        }
        let hint = error.hint().unwrap_or_default().to_owned();
        let event = Event::Failed { step, message: error.to_string(), hint };
        self.send(Group { events: vec![event], ..Group::default() });
    }

    fn sample_key(&self, action: &SampleAction, draw: &Draw) -> Hash {
        action_key::sample(&self.sampler.model().sha256, action, draw)
    }

    fn cached<T: serde::de::DeserializeOwned>(&self, key: &Hash) -> Option<T> {
        if self.cache == CacheUse::Fresh {
            return None;
        }
        // A cache that cannot be read costs time and nothing else.
        let cached = self.store.cache_get(key.as_str()).ok().flatten()?;
        serde_json::from_str(&cached.body).ok()
    }

    fn keep<T: serde::Serialize>(group: &mut Group, key: Hash, kind: &'static str, value: &T) {
        if let Ok(body) = serde_json::to_string(value) {
            group.answers.push(Answer { key, kind, body });
        }
    }
}

/// What a step, or the whole run, ends with where the model could not be asked.
fn not_sampled(step: u64, error: &SampleError) -> Event {
    Event::Failed {
        step: is_about_step(error).then_some(step),
        hint: error.hint().unwrap_or_default(),
        message: error.to_string(),
    }
}

/// Whether another step may be asked for all the same.
fn is_about_step(error: &SampleError) -> bool {
    match error {
        SampleError::Refused(refused) => {
            !error.is_about_model() && !matches!(refused.kind, zerr_llm::ErrorKind::Internal)
        }
        SampleError::NotRecorded { .. } | SampleError::RecordingExhausted { .. } => true,
        _ => false,
    }
}

/// The layers of a function that is tried in its project. What was observed there was compiled or loaded
/// there, and a candidate with a forbidden construct was red-flagged.
fn in_project_layers(language: Language) -> Vec<LayerOutcome> {
    let passed = |layer| LayerOutcome::ran(layer, Vec::new(), None, 0);
    let not_run = |layer| {
        let why = "in its project only the project's tests call the function";
        LayerOutcome::not_run(layer, why)
    };
    let types = match language {
        Language::Rust => passed(LayerId::Types),
        Language::Python => LayerOutcome::not_run(
            LayerId::Types,
            "the project's own type checker looks at whole files: `cargo zerr verify`",
        ),
    };
    vec![
        passed(LayerId::Syntax),
        types,
        passed(LayerId::Security),
        not_run(LayerId::Properties),
        not_run(LayerId::Performance),
        not_run(LayerId::Formal),
    ]
}

/// The text without the import lines at its head: a runner puts them there itself.
fn without(text: &str, imports: &str) -> String {
    text.lines()
        .filter(|line| line.is_empty() || !imports.lines().any(|import| import == *line))
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// Time-outs depend on how busy the machine was: they are not kept for other runs.
fn may_keep(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Rejected { .. } => true,
        Outcome::Ran(observations) => {
            observations.iter().all(zerr_core::observe::Observation::is_settled)
        }
    }
}

fn sampled(action: &SampleAction, draw: u32, reply: RawReply) -> Event {
    Event::Sampled { step: action.step, prompt: action.prompt_hash.clone(), draw, reply }
}

/// A draw as events hold it.
pub(crate) fn reply(drawn: Drawn) -> RawReply {
    RawReply {
        text: drawn.text,
        finish: finish(drawn.finish),
        invalid_utf8: drawn.invalid_utf8,
        tokens: drawn.tokens,
    }
}

fn finish(finish: zerr_llm::Finish) -> Finish {
    match finish {
        zerr_llm::Finish::Stop => Finish::Stop,
        zerr_llm::Finish::EndOfTurn => Finish::EndOfTurn,
        zerr_llm::Finish::Length => Finish::Length,
        zerr_llm::Finish::Context => Finish::Context,
    }
}

pub(crate) fn request(action: &SampleAction, draws: &[Draw]) -> SampleRequest {
    let prompt = &action.prompt;
    SampleRequest {
        subject: action.subject.clone(),
        messages: prompt
            .messages
            .iter()
            .map(|message| zerr_llm::Message {
                role: match message.role.as_str() {
                    "system" => zerr_llm::Role::System,
                    "assistant" => zerr_llm::Role::Assistant,
                    _ => zerr_llm::Role::User,
                },
                content: message.content.clone(),
            })
            .collect(),
        prefill: prompt.prefill.clone(),
        draws: draws
            .iter()
            .map(|draw| zerr_llm::Draw {
                index: draw.index,
                seed: draw.seed,
                temperature: draw.temperature,
                top_p: TOP_P,
            })
            .collect(),
        tokens_max: prompt.tokens_max,
        stop: prompt.stop.clone(),
        grammar: None,
        batching: match action.drawing {
            Drawing::Continuous => Batching::Shared,
            Drawing::Deterministic => Batching::Exclusive,
        },
    }
}

/// Whether all of the parameters are numbers and truth values, and there are any: a function without
/// parameters has one call, which its examples show.
fn has_small_domain(params: &[(String, Type)]) -> bool {
    !params.is_empty() && params.iter().all(|(_, ty)| matches!(ty, Type::Bool | Type::Int(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use zerr_core::value::IntKind;

    #[test]
    fn quickly_looked_at_are_functions_over_numbers_and_truth_values() {
        let params = |types: &[Type]| -> Vec<(String, Type)> {
            types.iter().map(|ty| ("x".to_owned(), ty.clone())).collect()
        };
        assert!(has_small_domain(&params(&[Type::Int(IntKind::I64), Type::Bool])));
        assert!(!has_small_domain(&params(&[Type::Int(IntKind::I64), Type::Str])));
        assert!(!has_small_domain(&[]));
    }
}
