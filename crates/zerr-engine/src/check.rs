//! People's own code, checked: [`check`]. The work behind `verify`, the hook and the editor.
//!
//! # Invariants
//! - Every layer looks at the same texts, read once.
//! - An answer comes from the cache only for the same texts, tools and configuration; losing the
//!   cache costs time, never correctness.

mod select;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use zerr_core::check::{Baseline, CheckReport, Looked};
use zerr_core::hash::Hash;
use zerr_core::verdict::{Finding, LayerId, LayerOutcome, LayerVerdict};
use zerr_exec::Cancel;
use zerr_store::dirs::Dirs;
use zerr_store::{CacheEntry, Store};
use zerr_syntax::Language;
use zerr_verify::{
    Depends, FileKind, OwnLayer, OwnOptions, Reads, SourceFile, Survey, VerifyError, own_layers,
};

use crate::clock::unix_ms;
use crate::error::EngineError;
use crate::interrupt::Interrupt;
use crate::stale;

pub use select::{Holds, SelectError, Selected, Selection, select};

/// What is to be checked.
#[derive(Clone, Debug)]
pub struct CheckRequest {
    /// The project's folder, absolute.
    pub root: PathBuf,
    /// Which files.
    pub selection: Selection,
    /// Only these layers; all where it is empty.
    pub layers: BTreeSet<LayerId>,
    /// Findings that do not count.
    pub baseline: Option<Baseline>,
    /// Whether answers may come from earlier checks.
    pub cache: crate::CacheUse,
    /// Tools and databases.
    pub options: OwnOptions,
}

/// A check and the texts that it looked at.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What came of it.
    pub report: CheckReport,
    /// What was looked at.
    pub files: Vec<SourceFile>,
    /// Whether it was stopped before its end; the report holds what was done by then.
    pub is_complete: bool,
}

impl Checked {
    /// Paths and texts.
    pub fn texts(&self) -> BTreeMap<&str, &str> {
        texts(&self.files)
    }
}

/// Something to show while a check runs.
#[derive(Clone, Debug)]
pub enum CheckProgress {
    /// So many files were read.
    Read(usize),
    /// A layer has begun.
    Began(LayerId, Option<Language>),
    /// A layer has ended.
    Ended(LayerId, Option<Language>),
}

/// Checks people's own code.
///
/// # Errors
/// [`EngineError::Select`] when the files cannot be told; what a tool does wrong is in the report.
pub fn check(
    request: &CheckRequest,
    on_progress: &(dyn Fn(CheckProgress) + Sync),
    interrupt: &Interrupt,
) -> Result<Checked, EngineError> {
    let started = Instant::now();
    let Selected { files, findings, holds } = select(&request.root, &request.selection)?;
    on_progress(CheckProgress::Read(files.len()));
    let survey = Survey { root: &request.root, files: &files };
    let mut options = request.options.clone();
    if options.own_tools.is_none()
        && let Ok(dirs) = Dirs::from_env()
    {
        options.own_tools = dirs.python_tool("ty").parent().map(Path::to_owned);
    }
    let mut layers = own_layers(&survey, &options);
    layers.retain(|own| request.layers.is_empty() || request.layers.contains(&own.layer.id()));

    let store = match request.cache {
        crate::CacheUse::Fresh => None,
        // In the user's own folder: a repository that ships a cache may not answer for itself.
        // Without one everything is done anew.
        crate::CacheUse::Use => Dirs::from_env()
            .ok()
            .filter(|_| !layers.is_empty())
            .and_then(|dirs| Store::open_folder(&dirs.cache.join("checks")).ok()),
    };
    let keys = Keys::new(&survey);
    let cancel = Cancel::new();
    let looked = Mutex::new(Vec::new());
    let is_complete = Mutex::new(true);
    std::thread::scope(|scope| {
        let watcher = Watcher::start(scope, interrupt, &cancel);
        let workers: Vec<_> = layers
            .iter()
            .map(|own| {
                let (keys, store, looked, is_complete, cancel) =
                    (&keys, store.as_ref(), &looked, &is_complete, &cancel);
                scope.spawn(move || {
                    let (id, language) = (own.layer.id(), own.language);
                    on_progress(CheckProgress::Began(id, language));
                    match look(own, &survey, holds, keys, store, cancel) {
                        Ok(one) => lock(looked).push(one),
                        Err(_) => *lock(is_complete) = false,
                    }
                    on_progress(CheckProgress::Ended(id, language));
                })
            })
            .collect();
        for worker in workers {
            if let Err(panic) = worker.join() {
                watcher.stop();
                std::panic::resume_unwind(panic);
            }
        }
        watcher.stop();
    });
    let mut looked = looked.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    for finding in findings {
        take_in(&mut looked, finding);
    }
    let is_wanted = |layer| request.layers.is_empty() || request.layers.contains(&layer);
    // Not answered from a cache: what zerr wrote may have changed meanwhile.
    if is_wanted(LayerId::StaticAnalysis)
        && let Ok(Some(store)) = Store::open_existing(&request.root)
    {
        for finding in stale::findings(&store, &request.root, &files) {
            take_in(&mut looked, finding);
        }
    }
    let ms = started.elapsed().as_millis() as u64;
    let report = CheckReport::new(&texts(&files), looked, request.baseline.as_ref(), ms);
    let is_complete = is_complete.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    Ok(Checked { report, files, is_complete })
}

/// Adds a finding to what its layer says of its file's language.
fn take_in(looked: &mut Vec<Looked>, finding: Finding) {
    let language = finding.file.as_deref().and_then(|file| FileKind::of(file).language());
    let layer = finding.layer;
    let own = looked.iter_mut().find(|one| one.outcome.layer == layer && one.language == language);
    if let Some(own) = own {
        own.outcome.findings.push(finding);
    } else {
        let mut outcome = LayerOutcome::ran(layer, vec![finding], None, 0);
        if layer == LayerId::Syntax {
            let why = "the file could not be read".to_owned();
            outcome.verdict = LayerVerdict::NotRun { why };
        }
        looked.push(Looked { language, outcome, cached: false });
    }
}

fn texts(files: &[SourceFile]) -> BTreeMap<&str, &str> {
    files.iter().map(|file| (file.path.as_str(), &*file.text)).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Passes a person's Ctrl-C on to the tools that run.
pub(crate) struct Watcher(std::sync::mpsc::Sender<()>);

impl Watcher {
    const EVERY: std::time::Duration = std::time::Duration::from_millis(20);

    pub(crate) fn start<'scope>(
        scope: &'scope std::thread::Scope<'scope, '_>,
        interrupt: &'scope Interrupt,
        cancel: &'scope Cancel,
    ) -> Self {
        let (sender, receiver) = std::sync::mpsc::channel::<()>();
        scope.spawn(move || {
            use std::sync::mpsc::RecvTimeoutError::Timeout;
            while receiver.recv_timeout(Self::EVERY) == Err(Timeout) {
                if interrupt.is_stopped() {
                    cancel.cancel();
                }
            }
        });
        Self(sender)
    }

    pub(crate) fn stop(&self) {
        // Where nobody listens any more there is nothing to stop.
        let _ = self.0.send(());
    }
}

/// An answer in the cache.
#[derive(Serialize, Deserialize)]
struct Answer {
    outcome: LayerOutcome,
}

const KIND: &str = "check";

fn look(
    own: &OwnLayer,
    survey: &Survey<'_>,
    holds: Holds,
    keys: &Keys<'_>,
    store: Option<&Store>,
    cancel: &Cancel,
) -> Result<Looked, VerifyError> {
    let language = own.language;
    let id = own.layer.id();
    // These tools read the working tree by themselves.
    let is_held = match own.reads {
        Reads::Texts => true,
        Reads::Files => holds >= Holds::Files,
        Reads::Tree => holds == Holds::All,
    };
    if !is_held {
        let why = "what is staged differs from the working tree that its tool would read; stage or \
                   stash the rest";
        let outcome = LayerOutcome::not_run(id, why);
        return Ok(Looked { language, outcome, cached: false });
    }
    let key = store.and_then(|_| keys.of(own));
    if let (Some(store), Some(key)) = (store, &key)
        && let Ok(Some(cached)) = store.cache_get(key)
        && cached.kind == KIND
        && let Ok(Answer { outcome }) = serde_json::from_str(&cached.body)
    {
        return Ok(Looked { language, outcome, cached: true });
    }
    let outcome = own.layer.survey(survey, cancel)?;
    // What changed while the tool was running is not what it looked at.
    let is_current = match &own.depends {
        Depends::Survey(_) => true,
        Depends::Project(_) => hash_of_project(survey.root).as_ref() == Some(keys.project()),
        Depends::Moment => false,
    };
    let is_answer = is_current && !matches!(outcome.verdict, LayerVerdict::NotRun { .. });
    if let (Some(store), Some(key)) = (store, &key)
        && is_answer
        && let Ok(body) = serde_json::to_string(&Answer { outcome: outcome.clone() })
    {
        let entry = CacheEntry { key, unix_ms: unix_ms(), kind: KIND, body: &body };
        // Full or damaged: the next check looks again.
        drop(store.cache_put(&[entry]));
    }
    Ok(Looked { language, outcome, cached: false })
}

/// Names of answers.
struct Keys<'a> {
    survey: Survey<'a>,
    files: Hash,
    project: std::sync::OnceLock<Hash>,
}

impl<'a> Keys<'a> {
    fn new(survey: &Survey<'a>) -> Self {
        Self { survey: *survey, files: hash_of(survey.files), project: std::sync::OnceLock::new() }
    }

    fn of(&self, own: &OwnLayer) -> Option<String> {
        let language = own.language.map_or("", Language::name);
        let (depends, project) = match &own.depends {
            Depends::Survey(text) => (text, None),
            Depends::Project(text) => (text, Some(self.project())),
            Depends::Moment => return None,
        };
        let project = project.map_or("", Hash::as_str);
        let parts = [own.layer.id().name(), language, depends, self.files.as_str(), project];
        Some(Hash::of("check", &parts.map(str::as_bytes)).as_str().to_owned())
    }

    /// All that version control keeps, whatever was selected: a type error may come from any file.
    fn project(&self) -> &Hash {
        self.project
            .get_or_init(|| hash_of_project(self.survey.root).unwrap_or_else(|| self.files.clone()))
    }
}

fn hash_of_project(root: &Path) -> Option<Hash> {
    select(root, &Selection::Workspace).ok().map(|selected| hash_of(&selected.files))
}

fn hash_of(files: &[SourceFile]) -> Hash {
    let parts: Vec<&[u8]> =
        files.iter().flat_map(|file| [file.path.as_bytes(), file.text.as_bytes()]).collect();
    Hash::of("files", &parts)
}
