//! One project's engine: its store, its tools, its model. Main type: [`Engine`].

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, mpsc};
use zerr_core::event::{Event, LOG_VERSION, ModelFacts, SpecSource, Stamped, Started};
use zerr_core::hash::Hash;
use zerr_core::patch::{Accept, NotAccepted, Patch};
use zerr_core::plan::{Purpose, SpecPlan};
use zerr_core::prompt::Role;
use zerr_core::report::{self, Report};
use zerr_core::run::{Run, RunConfig, SecondModel};
use zerr_core::spec::Spec;
use zerr_core::verdict::ToolVersion;
use zerr_exec::{Cancel, Sandbox};
use zerr_llm::{Host, HostOptions, ModelInfo, ModelRef, RecordedSampler, SampleError, Sampler};
use zerr_store::{Journal, RunRow, RunSummary, Store};
use zerr_syntax::Language;
use zerr_verify::{LanguageRunner, Project, Toolchain};

use crate::action_key::Surroundings;
use crate::calibrations;
use crate::card::Card;
use crate::clock::unix_ms;
use crate::drive::{Drive, entry};
use crate::error::EngineError;
use crate::interrupt::Interrupt;
use crate::perform::Hands;
use crate::progress::Progress;
use crate::recording;

/// A model's name and the beginning of its hash.
fn named(name: &str, sha256: &str) -> String {
    format!("`{name}` ({})", sha256.get(..12).unwrap_or(sha256))
}

/// Descriptions of a winner that only votes speak for: more than half of those that say anything decide.
const DESCRIPTIONS: u32 = 5;

/// Samples of such a winner's function in the other language.
const WITNESSES: u32 = 8;

/// How an engine is set up.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// The folder whose `.zerr` is used.
    pub project: PathBuf,
    /// The model.
    pub model: ModelChoice,
    /// What happens where no sandbox can be had.
    pub isolation: IsolationChoice,
    /// Threads for llama.cpp; all cores when `None`.
    pub threads: Option<u32>,
}

/// Which model draws the samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelChoice {
    /// The one that ships with zerr.
    Embedded,
    /// A GGUF file, or samples that were recorded: JSON lines in a file that ends in `.jsonl`.
    Path(PathBuf),
}

/// What happens where no sandbox can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsolationChoice {
    /// Nothing runs.
    Required,
    /// Generated code runs with the user's own rights: the user said so in words.
    NoneAcceptedInWords,
}

/// Whether answers of earlier runs are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheUse {
    /// An action whose content did not change is not performed again.
    Use,
    /// Everything is done anew.
    Fresh,
}

/// What is to be generated.
#[derive(Clone, Debug)]
pub struct GenerateRequest {
    /// The spec.
    pub source: SpecSource,
    /// The rules; `target` and `priors` are filled in from spec and model.
    pub config: RunConfig,
    /// In place of the reliability that the spec asks for, in (0, 1).
    pub target: Option<f64>,
    /// Wall clock of the whole run.
    pub time_limit_ms: Option<u64>,
    /// What the list of runs shows.
    pub title: String,
    /// The share of accepted functions that may be wrong, from 0 to 1; needs a calibration of the model.
    pub risk: Option<f64>,
    /// Whether answers of earlier runs are used.
    pub cache: CacheUse,
    /// How often functions that no model could write are split and tried again in parts.
    pub split_depth: u32,
    /// Whether what a calibration measured of the model stands in for its card; benchmarks measure what
    /// anybody has.
    pub believe: bool,
}

/// What a run came to.
#[derive(Debug)]
pub struct RunResult {
    /// The report, a function of the log alone.
    pub report: Report,
    /// Where the evidence is.
    pub evidence: Option<PathBuf>,
    pub(crate) started: Started,
    pub(crate) run: Run<SpecPlan>,
}

impl RunResult {
    /// One patch a file, or why there is none.
    pub fn patches(&self, accept: Accept) -> Vec<Result<Patch, NotAccepted>> {
        self.run
            .assembled()
            .iter()
            .map(|file| Patch::new(&self.started.source, &self.report.name, file, accept))
            .collect()
    }

    /// Whether another model was a witness.
    pub fn has_second_model(&self) -> bool {
        self.run.config().second.is_some()
    }

    /// Whether it came to its end, and there is nothing to resume.
    pub fn is_complete(&self) -> bool {
        self.run.cut_short().is_none()
    }

    /// What the run was started from.
    pub fn source(&self) -> &SpecSource {
        &self.started.source
    }
}

/// The model, for people.
#[derive(Clone, Debug)]
pub struct ModelDetails {
    /// What the host says of the file, its card included.
    pub info: ModelInfo,
    /// Milliseconds until it could be asked, start of the host included.
    pub ready_ms: u64,
}

/// What zerr found on this machine.
#[derive(Clone, Debug)]
pub struct Doctor {
    /// The isolation that generated code runs in, or why there is none and what to do.
    pub isolation: Result<String, (String, String)>,
    /// Tools in order.
    pub tools: Vec<ToolState>,
}

/// One tool, found or not.
#[derive(Clone, Debug)]
pub struct ToolState {
    /// Its name.
    pub name: String,
    /// Its version, or why it is not used and what helps.
    pub state: Result<String, (String, String)>,
}

/// One project's engine. Shared by reference; runs do not disturb each other.
pub struct Engine {
    options: EngineOptions,
    runtime: Runtime,
    store: Store,
    pub(crate) toolchain: Arc<Toolchain>,
    isolation: String,
    model: Mutex<Option<Model>>,
    /// Another model, asked for what the first one has written.
    second: Option<(ModelChoice, Mutex<Option<Model>>)>,
    /// Projects that functions are tried in, by the source that a run is started from.
    pub(crate) projects: Mutex<HashMap<Hash, Arc<dyn Project>>>,
}

/// A model that is ready to be asked. The host is kept, so that it stays while the engine does;
/// recorded samples need none.
struct Model {
    _host: Option<Host>,
    sampler: Arc<dyn Sampler>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Engine {
    /// Opens the project's store and finds the tools. No model is loaded yet.
    ///
    /// # Errors
    /// [`EngineError::NoSandbox`] where generated code could only run unconfined and the user did
    /// not say that it may; [`EngineError::Store`] where `.zerr` cannot be used.
    pub fn open(options: EngineOptions) -> Result<Self, EngineError> {
        let sandbox = match options.isolation {
            IsolationChoice::Required => Sandbox::probe()?,
            IsolationChoice::NoneAcceptedInWords => {
                Sandbox::probe().unwrap_or_else(|_| Sandbox::none_accepted_in_words())
            }
        };
        let isolation = sandbox.isolation().to_string();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(EngineError::Runtime)?;
        let store = Store::open(&options.project)?;
        let dirs = zerr_store::dirs::Dirs::from_env().ok();
        let own_tools = dirs.map(|dirs| dirs.python_tool("ty"));
        let own_tools = own_tools.as_deref().and_then(Path::parent);
        let toolchain = Arc::new(zerr_verify::probe(sandbox, own_tools));
        Ok(Self {
            options,
            runtime,
            store,
            toolchain,
            isolation,
            model: Mutex::new(None),
            second: None,
            projects: Mutex::default(),
        })
    }

    /// The other model, loaded; none where there is none.
    ///
    /// # Errors
    /// The file is no model that can be used.
    pub fn second_model(&self) -> Result<Option<SecondModel>, EngineError> {
        let second = self.second_sampler(&mut |_| {})?;
        Ok(second.map(|second| facts_of_second(second.model())))
    }

    /// Also asks another model for every function that the first one has written, as a witness.
    #[must_use]
    pub fn with_second(mut self, choice: ModelChoice) -> Self {
        self.second = Some((choice, Mutex::new(None)));
        self
    }

    /// Performs one run for one purpose; returns when it is settled, stopped or interrupted.
    ///
    /// # Errors
    /// What keeps the run from being started or its journal from being written.
    pub(crate) fn run_once(
        &self,
        request: &GenerateRequest,
        purpose: Purpose,
        watch: &mut dyn FnMut(&Progress),
        interrupt: &Interrupt,
    ) -> Result<RunResult, EngineError> {
        // What is wrong with a spec is told before a model is loaded.
        report::specs_of(&request.source).map_err(EngineError::Spec)?;
        let sampler = self.sampler(watch)?;
        self.run_with(sampler, request, purpose, watch, interrupt)
    }

    /// The same with a sampler of its own.
    ///
    /// # Errors
    /// As [`Self::run_once`].
    pub(crate) fn run_with(
        &self,
        sampler: Arc<dyn Sampler>,
        request: &GenerateRequest,
        purpose: Purpose,
        watch: &mut dyn FnMut(&Progress),
        interrupt: &Interrupt,
    ) -> Result<RunResult, EngineError> {
        let specs = report::specs_of(&request.source).map_err(EngineError::Spec)?;
        let runners = self.runners(&request.source, &specs, watch, interrupt)?;
        let model = sampler.model().clone();
        let card = Card::of(model.card.as_ref());
        let mut config = request.config.clone();
        config.priors = card.as_ref().map(Card::priors).unwrap_or_default();
        config.distinguish = match &card {
            Some(card) => card.languages(Role::Distinguish),
            None => Language::ALL.to_vec(),
        };
        config.scope = card.as_ref().and_then(Card::scope);
        let describes = card.as_ref().is_some_and(|card| card.plays(Role::Describe));
        config.descriptions = if describes && config.scope.is_some() { DESCRIPTIONS } else { 0 };
        config.witnesses = if config.scope.is_some() { WITNESSES } else { 0 };
        let second = self.second_sampler(watch)?;
        if let Some(same) = second.as_ref().filter(|second| second.model().sha256 == model.sha256) {
            return Err(EngineError::SameModel { name: same.model().name.clone() });
        }
        config.second = second.as_ref().map(|second| facts_of_second(second.model()));
        let strictest = specs.iter().map(|spec| spec.target).fold(0.0, f64::max);
        config.target = request.target.unwrap_or(strictest);
        if request.believe && request.risk.is_none() && !config.fragments {
            calibrations::believe(&model, &request.source, &specs, &mut config);
        }
        if let Some(risk) = request.risk {
            config.fragments = true;
            config.acceptance =
                vec![calibrations::acceptance(&model, &request.source, &specs, &config, risk)?];
        }
        let now = unix_ms();
        let id = run_id(now);
        let role = purpose.role();
        let started = Started {
            log_version: LOG_VERSION,
            zerr_version: env!("CARGO_PKG_VERSION").to_owned(),
            run: id.clone(),
            source: request.source.clone(),
            purpose,
            config,
            model: ModelFacts {
                name: model.name.clone(),
                sha256: model.sha256.clone(),
                backend: model.backend.clone(),
                prompt_versions: card.as_ref().and_then(|card| card.prompts(role)),
            },
            isolation: self.isolation.clone(),
            tools: self.tools(&runners),
        };
        let text = serde_json::to_string(&started.source).unwrap_or_default();
        let lock = self.store.create_run(&RunRow {
            id,
            title: request.title.clone(),
            spec_hash: Hash::of_text("spec", &text).as_str().to_owned(),
            created_unix_ms: now,
            arguments: "{}".to_owned(),
        })?;
        let mut journal = self.store.journal(lock)?;
        let first = Stamped { unix_ms: now, event: Event::Started(Box::new(started.clone())) };
        journal.append(&[entry(&first)])?;
        let run = Run::new(report::plan_of(&started, &specs), started.config.clone());
        self.drive(
            Begun { started, specs, run, log: vec![first], journal, runners, sampler, second },
            request.cache,
            request.time_limit_ms,
            watch,
            interrupt,
        )
    }

    /// Goes on with a run that was killed, interrupted or ran out of time. Nothing that its
    /// journal holds is done again.
    ///
    /// # Errors
    /// No such run, a run that another process works on, another model than the one it was begun
    /// with.
    pub fn resume(
        &self,
        run: &str,
        watch: &mut dyn FnMut(&Progress),
        interrupt: &Interrupt,
    ) -> Result<RunResult, EngineError> {
        let summary = self.store.find_run(run)?;
        let mut journal = self.store.journal(self.store.lock_run(&summary.run.id)?)?;
        let mut log = self.log(&summary.run.id)?;
        let resumed = Stamped { unix_ms: unix_ms(), event: Event::Resumed };
        log.push(resumed);
        let (started, specs, mut run) = report::replay(&log)?;
        if run.next().iter().any(|action| matches!(action, zerr_core::run::Action::Finish)) {
            // It had come to its end: there is nothing to go on with.
            log.pop();
            return self.result(started, &specs, run, &log);
        }
        let (_, _, run) = report::replay(&log)?;
        let runners = self.runners(&started.source, &specs, watch, interrupt)?;
        if self.tools(&runners) != started.tools || self.isolation != started.isolation {
            return Err(EngineError::OtherTools { run: summary.run.id });
        }
        let sampler = self.sampler(watch)?;
        let model = sampler.model();
        if model.sha256 != started.model.sha256 {
            return Err(EngineError::OtherModel {
                run: summary.run.id,
                begun: named(&started.model.name, &started.model.sha256),
                now: named(&model.name, &model.sha256),
            });
        }
        let second = self.second_sampler(watch)?;
        let begun_with = started.config.second.as_ref().map(|second| second.sha256.as_str());
        if begun_with != second.as_ref().map(|second| second.model().sha256.as_str()) {
            let none = || "none".to_owned();
            let begun = started.config.second;
            return Err(EngineError::OtherSecondModel {
                run: summary.run.id,
                begun: begun.map_or_else(none, |second| named(&second.name, &second.sha256)),
                now: second.map_or_else(none, |it| named(&it.model().name, &it.model().sha256)),
            });
        }
        if let Some(last) = log.last() {
            journal.append(&[entry(last)])?;
        }
        let begun = Begun { started, specs, run, log, journal, runners, sampler, second };
        self.drive(begun, CacheUse::Use, None, watch, interrupt)
    }

    /// All runs of the project, newest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn runs(&self) -> Result<Vec<RunSummary>, EngineError> {
        Ok(self.store.runs()?)
    }

    /// What a run has come to so far, from its log alone. `run` is an id or the beginning of one.
    ///
    /// # Errors
    /// No such run, or a log that cannot be read.
    pub fn report(&self, run: &str) -> Result<RunResult, EngineError> {
        let summary = self.store.find_run(run)?;
        let log = self.log(&summary.run.id)?;
        let (started, specs, run) = report::replay(&log)?;
        self.result(started, &specs, run, &log)
    }

    /// Every sample of a run as a recording: JSON lines that [`ModelChoice::Path`] takes.
    ///
    /// # Errors
    /// No such run, or a log that cannot be read.
    pub fn recording(&self, run: &str) -> Result<String, EngineError> {
        let summary = self.store.find_run(run)?;
        let slot = self.model.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let card = slot.as_ref().and_then(|model| model.sampler.model().card.clone());
        drop(slot);
        recording::of_log(&self.log(&summary.run.id)?, card.as_ref())
    }

    /// The model, loaded.
    ///
    /// # Errors
    /// The host cannot be started, or the file is no model it can use.
    pub fn model(&self) -> Result<ModelDetails, EngineError> {
        let started = Instant::now();
        let info = self.sampler(&mut |_| {})?.model().clone();
        Ok(ModelDetails { info, ready_ms: started.elapsed().as_millis() as u64 })
    }

    /// The text as its language's formatter writes it, confined; `None` where there is none, or the
    /// text is not of the language.
    pub fn format(&self, language: zerr_syntax::Language, text: &str) -> Option<String> {
        let runner = self.toolchain.runner(language).ok()?;
        let formatted = runner.format(text, &zerr_exec::Cancel::new()).ok()?;
        formatted.note.is_none().then_some(formatted.text)
    }

    /// What is on this machine.
    pub fn doctor(&self) -> Doctor {
        let tools = self.toolchain.all().into_iter().map(|tool| match tool {
            Ok(tool) => ToolState {
                name: tool.version.name.clone(),
                state: Ok(tool.version.version.clone()),
            },
            Err(missing) => ToolState {
                name: missing.tool.to_owned(),
                state: Err((missing.message.clone(), missing.hint.to_owned())),
            },
        });
        Doctor { isolation: Ok(self.isolation.clone()), tools: tools.collect() }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Times candidates against one, see [`zerr_verify::bench_fingerprint`].
    ///
    /// # Errors
    /// A tool or the sandbox falls short.
    pub fn bench_fingerprint(&self) -> Result<zerr_verify::BenchReport, EngineError> {
        Ok(zerr_verify::bench_fingerprint(&self.toolchain, &Cancel::new())?)
    }

    pub(crate) fn sampler(
        &self,
        watch: &mut dyn FnMut(&Progress),
    ) -> Result<Arc<dyn Sampler>, EngineError> {
        self.loaded(&self.options.model, &self.model, watch)
    }

    /// The model that is a witness, if there is one.
    fn second_sampler(
        &self,
        watch: &mut dyn FnMut(&Progress),
    ) -> Result<Option<Arc<dyn Sampler>>, EngineError> {
        let second = self.second.as_ref();
        second.map(|(choice, slot)| self.loaded(choice, slot, watch)).transpose()
    }

    fn loaded(
        &self,
        choice: &ModelChoice,
        slot: &Mutex<Option<Model>>,
        watch: &mut dyn FnMut(&Progress),
    ) -> Result<Arc<dyn Sampler>, EngineError> {
        let mut slot = slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(model) = slot.as_ref() {
            return Ok(Arc::clone(&model.sampler));
        }
        if let ModelChoice::Path(path) = choice
            && is_recording(path)
        {
            let sampler: Arc<dyn Sampler> = Arc::new(recorded(path)?);
            *slot = Some(Model { _host: None, sampler: Arc::clone(&sampler) });
            return Ok(sampler);
        }
        let options = HostOptions { threads: self.options.threads, ..HostOptions::default() };
        let model = match choice {
            ModelChoice::Embedded => ModelRef::Embedded,
            ModelChoice::Path(path) => ModelRef::Path(path.clone()),
        };
        let (host, sampler) = self.runtime.block_on(async {
            watch(&Progress::Preparing("starting the model host"));
            let host = Host::connect_or_start(&options).await?;
            watch(&Progress::Preparing("loading the model"));
            let sampler = host.sampler(&model).await?;
            Ok::<_, EngineError>((host, sampler))
        })?;
        let sampler: Arc<dyn Sampler> = Arc::new(sampler);
        *slot = Some(Model { _host: Some(host), sampler: Arc::clone(&sampler) });
        Ok(sampler)
    }

    pub(crate) fn spawn(
        &self,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> tokio::task::JoinHandle<()> {
        self.runtime.spawn(work)
    }

    pub(crate) fn block_on<T>(
        &self,
        work: impl Future<Output = Result<T, SampleError>>,
    ) -> Result<T, EngineError> {
        Ok(self.runtime.block_on(work)?)
    }

    pub(crate) fn runner(
        &self,
        language: Language,
    ) -> Result<Arc<dyn LanguageRunner>, EngineError> {
        Ok(self.toolchain.runner(language)?)
    }

    /// The folder that names of files are relative to.
    pub(crate) fn root(&self) -> &Path {
        &self.options.project
    }

    fn runners(
        &self,
        source: &SpecSource,
        specs: &[Spec],
        watch: &mut dyn FnMut(&Progress),
        interrupt: &Interrupt,
    ) -> Result<BTreeMap<Language, Arc<dyn LanguageRunner>>, EngineError> {
        let mut runners = BTreeMap::new();
        if let Some(runner) = self.project_runner(source, watch, interrupt)? {
            runners.insert(runner.language(), runner);
            return Ok(runners);
        }
        for spec in specs {
            if let Entry::Vacant(slot) = runners.entry(spec.language) {
                slot.insert(self.toolchain.runner(spec.language)?);
            }
        }
        Ok(runners)
    }

    fn tools(&self, runners: &BTreeMap<Language, Arc<dyn LanguageRunner>>) -> Vec<ToolVersion> {
        let mut tools: Vec<ToolVersion> =
            runners.values().flat_map(|runner| runner.tools()).collect();
        if runners.contains_key(&Language::Python) {
            tools.extend(self.toolchain.ty.iter().map(|tool| tool.version.clone()));
        }
        tools.sort();
        tools.dedup();
        tools
    }

    fn log(&self, run: &str) -> Result<Vec<Stamped>, EngineError> {
        log_of(&self.store, run)
    }

    fn drive(
        &self,
        begun: Begun,
        cache: CacheUse,
        time_limit_ms: Option<u64>,
        watch: &mut dyn FnMut(&Progress),
        interrupt: &Interrupt,
    ) -> Result<RunResult, EngineError> {
        let Begun { started, specs, mut run, mut log, mut journal, runners, sampler, second } =
            begun;
        let (sender, mut groups) = mpsc::unbounded_channel();
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let hands = Hands {
            sampler,
            second,
            toolchain: Arc::clone(&self.toolchain),
            runners: Arc::new(runners),
            store: self.store.clone(),
            surroundings: Surroundings::new(&started.tools, &started.isolation),
            cache,
            processes: Arc::new(Semaphore::new(cores)),
            cancel: Cancel::new(),
            draws: Arc::new(Mutex::new(HashMap::new())),
            groups: sender,
        };
        for runner in hands.runners.values() {
            // What is compiled once a process is compiled while the model draws. A failure here
            // comes again, with its reason, when something is observed.
            let (runner, cancel) = (Arc::clone(runner), hands.cancel.clone());
            self.runtime.spawn_blocking(move || drop(runner.prepare(&cancel)));
        }
        let deadline = time_limit_ms.map(|ms| Instant::now() + Duration::from_millis(ms));
        let mut drive = Drive {
            journal: &mut journal,
            hands: &hands,
            groups: &mut groups,
            watch,
            interrupt,
            deadline,
        };
        let driven = self.runtime.block_on(drive.run(&mut run, &mut log));
        hands.stop();
        driven?;
        let result = self.result(started, &specs, run, &log)?;
        self.store.set_run_state(&result.report.run, &result.report.verdict.to_string())?;
        Ok(result)
    }

    fn result(
        &self,
        started: Started,
        specs: &[Spec],
        run: Run<SpecPlan>,
        log: &[Stamped],
    ) -> Result<RunResult, EngineError> {
        let times = || log.iter().map(|stamped| stamped.unix_ms);
        let ms = times().max().unwrap_or(0) - times().min().unwrap_or(0);
        let report = Report::of_run(&started, specs, &run, ms);
        let json = serde_json::to_vec_pretty(&report).unwrap_or_default();
        self.store.write_evidence(&report.run, "report.json", &json)?;
        let evidence = self.store.evidence_folder(&report.run)?;
        Ok(RunResult { report, evidence, started, run })
    }
}

fn facts_of_second(info: &ModelInfo) -> SecondModel {
    let card = Card::of(info.card.as_ref());
    SecondModel {
        name: info.name.clone(),
        sha256: info.sha256.clone(),
        prompt_versions: card.as_ref().and_then(|card| card.prompts(Role::Function)),
    }
}

/// Whether a model's path is that of recorded samples, packed or not.
pub fn is_recording(path: &Path) -> bool {
    let has = |path: &Path, wanted: &str| path.extension().is_some_and(|it| it == wanted);
    let inside = path.file_stem().filter(|_| has(path, "gz")).map(Path::new);
    has(inside.unwrap_or(path), "jsonl")
}

fn recorded(path: &Path) -> Result<RecordedSampler, EngineError> {
    let file = std::fs::File::open(path).map_err(|error| SampleError::Io {
        action: "read",
        path: path.to_owned(),
        error,
    })?;
    let mut reader = std::io::BufReader::new(file);
    // By its first bytes, whatever its name is.
    let is_packed = std::io::BufRead::fill_buf(&mut reader).is_ok_and(|it| it.starts_with(GZIP));
    if is_packed {
        let unpacked = flate2::bufread::GzDecoder::new(reader);
        return Ok(RecordedSampler::from_lines(std::io::BufReader::new(unpacked))?);
    }
    Ok(RecordedSampler::from_lines(reader)?)
}

/// What a file packed by gzip begins with.
const GZIP: &[u8] = &[0x1f, 0x8b];

/// A run that is about to be driven.
struct Begun {
    started: Started,
    specs: Vec<Spec>,
    run: Run<SpecPlan>,
    log: Vec<Stamped>,
    journal: Journal,
    runners: BTreeMap<Language, Arc<dyn LanguageRunner>>,
    sampler: Arc<dyn Sampler>,
    second: Option<Arc<dyn Sampler>>,
}

/// Sorts by time, is told apart by process and by the clock's finest digits.
fn run_id(now: u64) -> String {
    let nanos = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.subsec_nanos());
    let salt = Hash::of(
        "run",
        &[&std::process::id().to_le_bytes(), &now.to_le_bytes(), &nanos.to_le_bytes()],
    );
    format!("{now:x}-{}", salt.short().get(..4).unwrap_or("0000"))
}

/// The events of a run, in order.
pub(crate) fn log_of(store: &Store, run: &str) -> Result<Vec<Stamped>, EngineError> {
    let mut log = Vec::new();
    for row in store.events(run)? {
        let row = row?;
        let event = serde_json::from_str(&row.body).map_err(|error| EngineError::Event {
            run: run.to_owned(),
            seq: row.seq,
            message: error.to_string(),
        })?;
        log.push(Stamped { unix_ms: row.unix_ms, event });
    }
    Ok(log)
}
