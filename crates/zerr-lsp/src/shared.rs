//! What all requests of a session share: documents, runs, reports, and the client's capabilities.
//! Main type: [`Shared`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;
use tower_lsp::lsp_types::request::WorkDoneProgressCreate;
use tower_lsp::lsp_types::{ProgressToken, Uri, WorkDoneProgressCreateParams};
use tower_lsp::{Cancellable, Client, OngoingProgress, Unbounded, UriExt as _};
use zerr_core::report::Report;
use zerr_core::spec::{self, Manner};
use zerr_engine::{Interrupt, WrittenFunction, report_of, written_functions};
use zerr_syntax::Language;
use zerr_syntax::holes::Hole;

use crate::agreed::Agreed;
use crate::commands::Place;
use crate::documents::{Document, Kind, Reader};
use crate::evidence;
use crate::generate::{Told, Wanted, Wish, project_of};
use crate::spec_help;
use crate::status::{Status, StatusChanged};
use crate::watching::Watched;

/// Checks that run at once, and walks through folders.
const CHECKS: usize = 2;
const WALKS: usize = 1;

/// Looks at evidence, and runs of the model: each takes all there is.
const LOOKS: usize = 1;
const RUNS: usize = 2;

/// How long a client may take to agree to a progress.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

/// Something that a client is asked to ask again for; while it has not answered it is not asked twice.
#[derive(Debug, Default)]
struct Again {
    /// 0: nothing; 1: asked; 2: asked, and there is more since.
    state: AtomicU32,
}

impl Again {
    /// Whether it is to be asked now.
    fn begins(&self) -> bool {
        let next = |state: u32| Some((state + 1).min(2));
        self.state.fetch_update(Ordering::AcqRel, Ordering::Acquire, next) == Ok(0)
    }

    /// Whether there is more since it was asked.
    fn goes_on(&self) -> bool {
        let next = |state: u32| Some(state.saturating_sub(1));
        self.state.fetch_update(Ordering::AcqRel, Ordering::Acquire, next) == Ok(2)
    }
}

pub(crate) struct Shared {
    pub(crate) agreed: Mutex<Agreed>,
    pub(crate) documents: Mutex<BTreeMap<String, Document>>,
    /// Runs by the token of their progress.
    pub(crate) running: Mutex<BTreeMap<String, Interrupt>>,
    /// Checks by their document.
    pub(crate) checking: Mutex<BTreeMap<String, Interrupt>>,
    /// What clients with a status bar were told last.
    pub(crate) status: Mutex<Status>,
    tokens: AtomicU32,
    /// Reports of runs, read once.
    reports: Mutex<BTreeMap<(PathBuf, String), Arc<Report>>>,
    /// Held while diagnostics are put together and sent, so that older ones are never the last.
    publishing: tokio::sync::Mutex<()>,
    pub(crate) turns: Semaphore,
    pub(crate) walks: Semaphore,
    pub(crate) looks: Semaphore,
    pub(crate) runs: Semaphore,
    /// For clients that watch no files.
    pub(crate) watched: Mutex<Option<Watched>>,
    again: [Again; 3],
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            agreed: Mutex::default(),
            documents: Mutex::default(),
            running: Mutex::default(),
            checking: Mutex::default(),
            status: Mutex::default(),
            tokens: AtomicU32::new(0),
            reports: Mutex::default(),
            publishing: tokio::sync::Mutex::default(),
            turns: Semaphore::new(CHECKS),
            walks: Semaphore::new(WALKS),
            looks: Semaphore::new(LOOKS),
            runs: Semaphore::new(RUNS),
            watched: Mutex::default(),
            again: <[Again; 3]>::default(),
        }
    }
}

/// What a client may be asked to ask again for, by its place in [`Shared::again`].
#[derive(Debug, Clone, Copy)]
enum Refresh {
    Diagnostics = 0,
    Lenses = 1,
    Hints = 2,
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn agreed(&self) -> Agreed {
        lock(&self.agreed).clone()
    }

    /// Says what is known of a document now; of one that is closed, nothing.
    pub(crate) async fn publish(self: &Arc<Self>, client: &Client, uri: Uri) {
        let _turn = self.publishing.lock().await;
        let agreed = self.agreed();
        let reader = Reader { uri: &uri, encoding: agreed.encoding, related: agreed.related };
        let known = {
            let documents = lock(&self.documents);
            documents
                .get(uri.as_str())
                .map(|document| (document.version, document.diagnostics(reader)))
        };
        if agreed.pulls {
            self.ask_again(client, Refresh::Diagnostics);
            return;
        }
        match known {
            Some((version, found)) => client.publish_diagnostics(uri, found, Some(version)).await,
            None => client.publish_diagnostics(uri, Vec::new(), None).await,
        }
    }

    /// The functions of a document that runs wrote, each with the run's report.
    pub(crate) fn written(&self, uri: &Uri) -> Vec<(WrittenFunction, Option<Arc<Report>>)> {
        let Some(file) = file_of(uri) else { return Vec::new() };
        let Some(project) = project_of(&file) else { return Vec::new() };
        let text = {
            let documents = lock(&self.documents);
            documents.get(uri.as_str()).and_then(|document| match document.kind {
                Kind::Source(language) => Some((language, document.text.as_str().to_owned())),
                Kind::Spec | Kind::Cargo | Kind::Other => None,
            })
        };
        let Some((language, text)) = text else { return Vec::new() };
        let file = file.canonicalize().unwrap_or(file);
        let found = written_functions(&project, &file, language, &text);
        found.into_iter().map(|one| (one.clone(), self.report(&project, &one.run))).collect()
    }

    /// What a document of code is written in.
    pub(crate) fn language(&self, uri: &Uri) -> Option<Language> {
        match lock(&self.documents).get(uri.as_str())?.kind {
            Kind::Source(language) => Some(language),
            Kind::Spec | Kind::Cargo | Kind::Other => None,
        }
    }

    /// How the functions of a spec stand whose files lie beside it: lines, from 1, and what is said.
    pub(crate) fn standing(&self, uri: &Uri, text: &str) -> Vec<(usize, String)> {
        let Some(file) = file_of(uri) else { return Vec::new() };
        let Some(project) = project_of(&file) else { return Vec::new() };
        let specs = spec::parse(text.as_bytes(), "task_spec.yaml").unwrap_or_default();
        let rows = spec_help::functions(text);
        let mut found = Vec::new();
        for spec in &specs {
            let name = format!("{}.{}", spec.name, spec.language.extension());
            let beside = file.with_file_name(name);
            let Ok(code) = std::fs::read_to_string(&beside) else { continue };
            let beside = beside.canonicalize().unwrap_or(beside);
            for function in written_functions(&project, &beside, spec.language, &code) {
                let Some(row) = rows.iter().find(|row| row.name == function.name) else { continue };
                let report = self.report(&project, &function.run);
                let step = report
                    .as_deref()
                    .and_then(|it| evidence::step(it, &function.name, spec.language));
                let said = evidence::line(&function, step);
                found.push((row.row + 1, format!("{}: {said}", spec.language.name())));
            }
        }
        found
    }

    /// The report of a run, read once.
    pub(crate) fn report(&self, project: &Path, run: &str) -> Option<Arc<Report>> {
        let key = (project.to_owned(), run.to_owned());
        if let Some(known) = lock(&self.reports).get(&key) {
            return Some(Arc::clone(known));
        }
        let read = Arc::new(report_of(project, run)?);
        lock(&self.reports).insert(key, Arc::clone(&read));
        Some(read)
    }

    pub(crate) fn token(&self) -> String {
        format!("zerr-{}", self.tokens.fetch_add(1, Ordering::Relaxed))
    }

    /// The function at a place that a run wrote, with its report.
    pub(crate) fn written_at(&self, place: &Place) -> Option<(WrittenFunction, Arc<Report>)> {
        let written = self.written(&place.uri);
        let (function, report) =
            written.into_iter().find(|(function, _)| function.line == place.line)?;
        Some((function, report?))
    }

    /// The unfinished function at a place.
    pub(crate) fn hole_at(&self, place: &Place) -> Option<Hole> {
        let documents = lock(&self.documents);
        Some(documents.get(place.uri.as_str())?.asked_at(place.line)?.0)
    }

    /// What a command about a place wants: about an unfinished function, or about a whole spec.
    ///
    /// # Errors
    /// Why there is nothing to do.
    pub(crate) fn wanted(
        &self,
        wish: Wish,
        place: &Place,
    ) -> std::result::Result<Wanted, &'static str> {
        let model = self.agreed().options.model;
        let documents = lock(&self.documents);
        let document = documents.get(place.uri.as_str()).ok_or("the document is not open")?;
        let text = document.text.as_str();
        let mut in_project = false;
        let mut opened = None;
        let mut at = place.line;
        let (hole, name, remarks) = match document.kind {
            Kind::Source(language) => {
                let (hole, found) = document
                    .asked_at(place.line)
                    .ok_or("there is no unfinished function at this line")?;
                if let Some((text, line)) = found {
                    (opened, at) = (Some(text), line);
                }
                let remarks = hole.remarks(opened.as_deref().unwrap_or(text));
                in_project = spec::manner(&hole) == Manner::InProject;
                (Some((language, at)), hole.name, remarks)
            }
            Kind::Spec if wish == Wish::Examples => {
                return Err("examples are proposed for unfinished functions");
            }
            Kind::Spec => {
                let specs = spec::parse(text.as_bytes(), "task_spec.yaml")
                    .map_err(|_| "the spec has mistakes: mend them first")?;
                (None, specs.first().map_or_else(String::new, |spec| spec.name.clone()), Vec::new())
            }
            Kind::Cargo | Kind::Other => return Err("zerr writes nothing into such documents"),
        };
        let file = file_of(&place.uri).ok_or(UNSAVED)?;
        let project = project_of(&file).ok_or(UNSAVED)?;
        Ok(Wanted {
            wish,
            project,
            file,
            shown: opened.is_some().then(|| text.to_owned()),
            is_comment: opened.is_some(),
            text: opened.unwrap_or_else(|| text.to_owned()),
            is_reopened: false,
            answers: 0,
            hole,
            name,
            remarks,
            in_project,
            model,
        })
    }

    /// A progress that can be cancelled; none for a client that shows or takes none.
    pub(crate) async fn progress(
        &self,
        client: &Client,
        token: &str,
        title: &str,
    ) -> Option<OngoingProgress<Unbounded, Cancellable>> {
        let token = ProgressToken::String(token.to_owned());
        let params = WorkDoneProgressCreateParams { token: token.clone() };
        if !self.agreed().progress {
            return None;
        }
        let asked = client.send_request::<WorkDoneProgressCreate>(params);
        let is_shown = matches!(tokio::time::timeout(PATIENCE, asked).await, Ok(Ok(())));
        if !is_shown {
            return None;
        }
        Some(client.progress(token, title).with_cancel_button().begin().await)
    }

    /// Tells a client with a status bar how runs stand.
    pub(crate) async fn tell_status(&self, client: &Client, told: Option<Told>) {
        let agreed = self.agreed();
        if !agreed.options.shows_status {
            return;
        }
        let running = lock(&self.running).len();
        let status = {
            let mut status = lock(&self.status);
            status.running = running;
            status.model.get_or_insert_with(|| agreed.model_name());
            let (line, rate) = told.map(|it| (it.line, it.samples_per_second)).unzip();
            status.message = line;
            status.samples_per_second = rate.flatten();
            status.clone()
        };
        client.send_notification::<StatusChanged>(status).await;
    }

    /// Has the client ask again for what stands beside the text.
    pub(crate) fn refresh(self: &Arc<Self>, client: &Client) {
        let agreed = self.agreed();
        if agreed.lens_refresh {
            self.ask_again(client, Refresh::Lenses);
        }
        if agreed.hint_refresh {
            self.ask_again(client, Refresh::Hints);
        }
    }

    /// Asks, and waits for the answer where nothing waits for that.
    fn ask_again(self: &Arc<Self>, client: &Client, what: Refresh) {
        let is_first = self.again.get(what as usize).is_some_and(Again::begins);
        if !is_first {
            return;
        }
        let (client, shared) = (client.clone(), Arc::clone(self));
        tokio::spawn(async move {
            loop {
                // A client that does not follow shows it at the next change.
                match what {
                    Refresh::Diagnostics => drop(client.workspace_diagnostic_refresh().await),
                    Refresh::Lenses => drop(client.code_lens_refresh().await),
                    Refresh::Hints => drop(client.inlay_hint_refresh().await),
                }
                if !shared.again.get(what as usize).is_some_and(Again::goes_on) {
                    return;
                }
            }
        });
    }
}

/// Why a document without a file is not worked on.
pub(crate) const UNSAVED: &str = "the document has no file yet: save it first";

/// The file of a document that has one.
pub(crate) fn file_of(uri: &Uri) -> Option<PathBuf> {
    let path = uri.to_file_path().filter(|_| uri.as_str().starts_with("file:"))?;
    Some(path.into_owned())
}
