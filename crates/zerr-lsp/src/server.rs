//! What the client asks and is told: [`Server`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::lsp_types::request::WorkDoneProgressCreate;
use tower_lsp::lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionParams, CodeActionProviderCapability,
    CodeActionResponse, CodeLens, CodeLensOptions, CodeLensParams, CompletionItem,
    CompletionItemKind, CompletionOptions, CompletionParams, CompletionResponse, DiagnosticOptions,
    DiagnosticServerCapabilities, DidChangeConfigurationParams, DidChangeTextDocumentParams,
    DidChangeWatchedFilesParams, DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, DidSaveTextDocumentParams, DocumentDiagnosticParams,
    DocumentDiagnosticReport, DocumentDiagnosticReportResult, DocumentSymbol, DocumentSymbolParams,
    DocumentSymbolResponse, ExecuteCommandOptions, ExecuteCommandParams,
    FullDocumentDiagnosticReport, Hover, HoverContents, HoverParams, HoverProviderCapability,
    InitializeParams, InitializeResult, InitializedParams, InlayHint, InlayHintParams, LSPAny,
    MarkupContent, MarkupKind, MessageType, OneOf, Position, ProgressToken, Range, Registration,
    RelatedFullDocumentDiagnosticReport, SaveOptions, ServerCapabilities, ServerInfo,
    SymbolInformation, SymbolKind, TextDocumentSyncCapability, TextDocumentSyncKind,
    TextDocumentSyncOptions, TextDocumentSyncSaveOptions, Uri, WorkDoneProgressCancelParams,
    WorkDoneProgressCreateParams, WorkDoneProgressOptions, WorkspaceFoldersServerCapabilities,
    WorkspaceServerCapabilities, WorkspaceSymbol, WorkspaceSymbolParams,
};
use tower_lsp::{Cancellable, Client, LanguageServer, OngoingProgress, Unbounded, UriExt as _};
use zerr_core::report::Report;
use zerr_core::spec::{self, Manner};
use zerr_core::verdict::Upgrade;
use zerr_engine::{Interrupt, WrittenFunction, report_of, written_functions};
use zerr_syntax::Language;
use zerr_syntax::holes::Hole;

use crate::actions;
use crate::agreed::Agreed;
use crate::checking::{self, Look};
use crate::commands::{self, Place, UpgradeOf};
use crate::documents::{Document, Kind, Reader};
use crate::evidence;
use crate::generate::{Told, Wanted, Wish, project_of};
use crate::history::{Asked, Runs};
use crate::job::{Job, ask, show_file};
use crate::lens;
use crate::pages::{self, RunnerUp};
use crate::plans;
use crate::questions;
use crate::spec_help::{self, Completions};
use crate::status::{Status, StatusChanged};

/// Checks that run at once, and walks through folders.
const CHECKS: usize = 2;
const WALKS: usize = 1;

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
    agreed: Mutex<Agreed>,
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
    walks: Semaphore,
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

pub(crate) struct Server {
    client: Client,
    shared: Arc<Shared>,
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
    fn report(&self, project: &Path, run: &str) -> Option<Arc<Report>> {
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
        let (hole, name, inferred) = match document.kind {
            Kind::Source(language) => {
                let (hole, found) = document
                    .asked_at(place.line)
                    .ok_or("there is no unfinished function at this line")?;
                if let Some((text, line)) = found {
                    (opened, at) = (Some(text), line);
                }
                let inferred = hole.inferred.then(|| hole.signature_text.clone());
                in_project = spec::manner(&hole) == Manner::InProject;
                (Some((language, at)), hole.name, inferred)
            }
            Kind::Spec if wish == Wish::Examples => {
                return Err("examples are proposed for unfinished functions");
            }
            Kind::Spec => {
                let specs = spec::parse(text.as_bytes(), "task_spec.yaml")
                    .map_err(|_| "the spec has mistakes: mend them first")?;
                (None, specs.first().map_or_else(String::new, |spec| spec.name.clone()), None)
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
            inferred,
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

impl Server {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, shared: Arc::default() }
    }

    /// `window/workDoneProgress/cancel`: stops the run that the progress is of.
    #[expect(clippy::unused_async, reason = "the library calls its methods so")]
    pub(crate) async fn cancel_progress(&self, params: WorkDoneProgressCancelParams) {
        if let ProgressToken::String(token) = params.token
            && let Some(interrupt) = lock(&self.shared.running).get(&token)
        {
            interrupt.stop();
        }
    }

    /// Tells what is wrong with the settings, once.
    async fn complain(&self) {
        let complaint = lock(&self.shared.agreed).complaint.take();
        if let Some(why) = complaint {
            self.client.show_message(MessageType::WARNING, format!("zerr: {why}")).await;
        }
    }

    /// Whether the document is as its file has it, which is what layers look at.
    fn is_on_disk(&self, uri: &Uri) -> bool {
        let Some(text) = file_of(uri).and_then(|file| std::fs::read_to_string(file).ok()) else {
            return false;
        };
        let documents = lock(&self.shared.documents);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        documents.get(uri.as_str()).is_some_and(|document| document.text.as_str() == text)
    }

    /// What is known of a place in a spec: row, and column in bytes.
    fn in_spec<T>(
        &self,
        uri: &Uri,
        position: Position,
        ask: impl Fn(&str, usize, usize) -> T,
    ) -> Option<T> {
        let encoding = self.shared.agreed().encoding;
        let documents = lock(&self.shared.documents);
        let document = documents.get(uri.as_str()).filter(|it| it.kind == Kind::Spec)?;
        let start = document.text.offset(Position::new(position.line, 0), encoding);
        let column = document.text.offset(position, encoding) - start;
        Some(ask(document.text.as_str(), position.line as usize, column))
    }

    /// Opens a file in the editor; the answer to a command does not wait for the editor's own.
    fn show(&self, path: &Path) {
        let (client, shared) = (self.client.clone(), Arc::clone(&self.shared));
        let path = path.to_owned();
        tokio::spawn(async move { show_file(&client, &shared, &path).await });
    }

    /// Writes a page about a run, or about the function at a place, and shows it; its path is the
    /// answer.
    fn show_report(&self, place: &Place) -> Result<Option<LSPAny>> {
        let project = file_of(&place.uri).and_then(|file| project_of(&file)).ok_or_else(nothing)?;
        let report = match &place.run {
            Some(run) => self.shared.report(&project, run),
            None => self.shared.written_at(place).map(|(_, report)| report),
        };
        let path = pages::report(&*report.ok_or_else(nothing)?)
            .save(&project)
            .map_err(|error| unwritten(&error))?;
        if !self.shared.agreed().options.shows_pages {
            self.show(&path);
        }
        Ok(Some(LSPAny::String(path.display().to_string())))
    }

    /// Writes the two leading classes of a function's race and how they differ, and shows that.
    fn show_runner_up(&self, place: &Place) -> Result<Option<LSPAny>> {
        let (function, report) = self.shared.written_at(place).ok_or_else(nothing)?;
        let language = self.shared.language(&place.uri).ok_or_else(nothing)?;
        let pages = RunnerUp::of(&report, &function.name, language).ok_or_else(|| {
            Error::invalid_params("all candidates did the same: there is no other")
        })?;
        let project = file_of(&place.uri).and_then(|file| project_of(&file)).ok_or_else(nothing)?;
        let shown = pages.save(&project).map_err(|error| unwritten(&error))?;
        if self.shared.agreed().options.shows_pages {
            return Ok(serde_json::to_value(&shown).ok());
        }
        self.show(&shown.diff);
        Ok(Some(LSPAny::String(shown.diff.display().to_string())))
    }

    /// Starts a run and returns; what comes of it is told and offered later.
    fn start(&self, wish: Wish, place: Place) -> Result<()> {
        let wanted = self.shared.wanted(wish, &place).map_err(Error::invalid_params)?;
        self.begin(place.uri, wanted);
        Ok(())
    }

    /// Writes the unfinished functions of a selection, one after the other: each is read with those that
    /// were written before it.
    fn start_all(&self, place: &Place) {
        let (client, shared) = (self.client.clone(), Arc::clone(&self.shared));
        let uri = place.uri.clone();
        let names = {
            let documents = lock(&self.shared.documents);
            let document = documents.get(uri.as_str());
            let last = place.end_line.unwrap_or(place.line);
            document.map(|document| document.open_within(place.line, last)).unwrap_or_default()
        };
        tokio::spawn(async move {
            let interrupt = Interrupt::new();
            for name in names {
                let line = {
                    let documents = lock(&shared.documents);
                    documents.get(uri.as_str()).and_then(|document| document.line_of(&name))
                };
                let Some(line) = line else { continue };
                let wanted = match shared.wanted(Wish::Generate, &Place::at(uri.clone(), line)) {
                    Ok(wanted) => wanted,
                    Err(why) => {
                        let text = format!("zerr: {name}: {why}");
                        client.show_message(MessageType::WARNING, text).await;
                        continue;
                    }
                };
                let (client, shared, uri) = (client.clone(), Arc::clone(&shared), uri.clone());
                Job { client, shared, uri, wanted, interrupt: interrupt.clone() }.run().await;
                if interrupt.is_stopped() {
                    return;
                }
            }
        });
    }

    fn begin(&self, uri: Uri, wanted: Wanted) {
        let job = Job {
            client: self.client.clone(),
            shared: Arc::clone(&self.shared),
            uri,
            wanted,
            interrupt: Interrupt::new(),
        };
        tokio::spawn(job.run());
    }

    /// Asks what the spec of a written function leaves open; with the answer it is written again.
    fn settle(&self, place: Place) -> Result<()> {
        let (function, report) = self.shared.written_at(&place).ok_or_else(nothing)?;
        if !function.is_same {
            return Err(Error::invalid_params("it was changed since: it is your own code now"));
        }
        let language = self.shared.language(&place.uri).ok_or_else(nothing)?;
        let text_of = |shared: &Shared, uri: &Uri| {
            let documents = lock(&shared.documents);
            documents.get(uri.as_str()).map(|it| it.text.as_str().to_owned())
        };
        let before = text_of(&self.shared, &place.uri);
        let step = evidence::step(&report, &function.name, language);
        let question = step.and_then(|step| step.questions.first()).cloned();
        let question = question.ok_or_else(|| {
            Error::invalid_params("its candidates did the same everywhere: nothing is open")
        })?;
        let file = file_of(&place.uri).ok_or_else(|| Error::invalid_params(UNSAVED))?;
        let project = project_of(&file).ok_or_else(|| Error::invalid_params(UNSAVED))?;
        let (client, shared) = (self.client.clone(), Arc::clone(&self.shared));
        tokio::spawn(async move {
            let choices = question.choices.iter().take(questions::CHOICES_MAX);
            let choices: Vec<&str> = choices.map(|choice| choice.example.as_str()).collect();
            let text = format!("zerr: {}", questions::asked(&question));
            let Some(said) = ask(&client, MessageType::INFO, &text, &choices).await else { return };
            let now = text_of(&shared, &place.uri);
            // Lines and functions are those of the text that was asked about.
            let wanted = now.filter(|now| Some(now) == before.as_ref()).and_then(|shown| {
                let open = questions::reopened(language, &shown, place.line)?;
                let text = questions::answered(language, &open, place.line, &said)?;
                Some(Wanted {
                    wish: Wish::Generate,
                    project,
                    file,
                    text,
                    shown: Some(shown),
                    is_reopened: true,
                    is_comment: false,
                    answers: 0,
                    hole: Some((language, place.line)),
                    name: function.name,
                    inferred: None,
                    in_project: false,
                    model: shared.agreed().options.model,
                })
            });
            let Some(wanted) = wanted else {
                let why = "zerr: the function has changed meanwhile; ask again";
                client.show_message(MessageType::WARNING, why).await;
                return;
            };
            let interrupt = Interrupt::new();
            Job { client, shared, uri: place.uri, wanted, interrupt }.run().await;
        });
        Ok(())
    }

    /// Has cargo write another version into a lock file.
    fn upgrade(&self, of: UpgradeOf) -> Result<()> {
        let folder = actions::folder_of(&of)
            .ok_or_else(|| Error::invalid_params("this names no lock file"))?;
        let (client, shared) = (self.client.clone(), Arc::clone(&self.shared));
        tokio::spawn(async move {
            let UpgradeOf { uri, package, version, to } = of;
            let title = format!("zerr: {package} {to}");
            let wanted = Upgrade { package, version, to };
            let interrupt = Interrupt::new();
            let token = shared.token();
            lock(&shared.running).insert(token.clone(), interrupt.clone());
            let progress = shared.progress(&client, &token, &title).await;
            let work = tokio::task::spawn_blocking(move || {
                zerr_engine::upgrade(&folder, &wanted, &interrupt)
            });
            let done = work.await;
            if let Some(progress) = progress {
                progress.finish().await;
            }
            lock(&shared.running).remove(&token);
            match done {
                Ok(Ok(())) => {
                    client
                        .show_message(MessageType::INFO, format!("{title} is in the lock file"))
                        .await;
                    checking::start(&client, &shared, uri, &Look::full());
                }
                Ok(Err(why)) => {
                    client.show_message(MessageType::WARNING, format!("{title}: {why}")).await;
                }
                Err(error) => {
                    client.show_message(MessageType::ERROR, format!("{title}: {error}")).await;
                }
            }
        });
        Ok(())
    }

    /// `zerr/runs`: the runs of a file's project.
    pub(crate) async fn runs(&self, asked: Asked) -> Result<Runs> {
        on_the_side(move || asked.runs()).await
    }

    /// `zerr/run`: a run's report.
    pub(crate) async fn run(&self, asked: Asked) -> Result<LSPAny> {
        on_the_side(move || asked.report()).await
    }
}

/// Work that reads files, where it blocks nobody.
async fn on_the_side<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::internal_error())?
}

fn nothing() -> Error {
    Error::invalid_params("no run of zerr wrote a function at this line")
}

fn unwritten(error: &std::io::Error) -> Error {
    Error::invalid_params(format!("the page cannot be written: {error}"))
}

impl LanguageServer for Server {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let agreed = Agreed::of(params);
        let (encoding, pulls) = (agreed.encoding, agreed.pulls);
        *lock(&self.shared.agreed) = agreed;
        Ok(InitializeResult {
            server_info: Some(ServerInfo {
                name: "zerr".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
            capabilities: ServerCapabilities {
                position_encoding: Some(encoding.kind()),
                text_document_sync: Some(TextDocumentSyncCapability::Options(
                    TextDocumentSyncOptions {
                        open_close: Some(true),
                        change: Some(TextDocumentSyncKind::INCREMENTAL),
                        save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions {
                            include_text: Some(false),
                        })),
                        ..TextDocumentSyncOptions::default()
                    },
                )),
                code_action_provider: Some(CodeActionProviderCapability::Options(
                    CodeActionOptions {
                        code_action_kinds: Some(vec![
                            CodeActionKind::QUICKFIX,
                            CodeActionKind::SOURCE,
                        ]),
                        ..CodeActionOptions::default()
                    },
                )),
                completion_provider: Some(CompletionOptions::default()),
                hover_provider: Some(HoverProviderCapability::Simple(true)),
                document_symbol_provider: Some(OneOf::Left(true)),
                diagnostic_provider: pulls.then(|| {
                    DiagnosticServerCapabilities::Options(DiagnosticOptions {
                        identifier: Some("zerr".to_owned()),
                        ..DiagnosticOptions::default()
                    })
                }),
                code_lens_provider: Some(CodeLensOptions { resolve_provider: Some(false) }),
                execute_command_provider: Some(ExecuteCommandOptions {
                    commands: commands::ALL.map(str::to_owned).to_vec(),
                    work_done_progress_options: WorkDoneProgressOptions::default(),
                }),
                inlay_hint_provider: Some(OneOf::Left(true)),
                workspace_symbol_provider: Some(OneOf::Left(true)),
                workspace: Some(WorkspaceServerCapabilities {
                    workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                        supported: Some(true),
                        change_notifications: Some(OneOf::Left(true)),
                    }),
                    file_operations: None,
                }),
                ..ServerCapabilities::default()
            },
        })
    }

    async fn shutdown(&self) -> Result<()> {
        for interrupt in lock(&self.shared.running).values() {
            interrupt.stop();
        }
        for interrupt in lock(&self.shared.checking).values() {
            interrupt.stop();
        }
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        let item = params.text_document;
        let kind = Kind::of(&item.language_id, item.uri.path().as_str());
        let document = Document::new(kind, item.version, item.text);
        lock(&self.shared.documents).insert(item.uri.as_str().to_owned(), document);
        self.shared.publish(&self.client, item.uri.clone()).await;
        // What compiles waits until something is saved.
        checking::start(&self.client, &self.shared, item.uri, &Look::short());
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        let identifier = params.text_document;
        {
            let encoding = self.shared.agreed().encoding;
            let mut documents = lock(&self.shared.documents);
            let Some(document) = documents.get_mut(identifier.uri.as_str()) else { return };
            document.change(identifier.version, &params.content_changes, encoding);
        }
        self.shared.publish(&self.client, identifier.uri.clone()).await;
        let (client, shared) = (self.client.clone(), Arc::clone(&self.shared));
        tokio::spawn(async move {
            checking::watch_evidence(&client, &shared, identifier.uri).await;
        });
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        checking::start(&self.client, &self.shared, params.text_document.uri, &Look::full());
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        let uri = params.text_document.uri;
        lock(&self.shared.documents).remove(uri.as_str());
        if let Some(interrupt) = lock(&self.shared.checking).remove(uri.as_str()) {
            interrupt.stop();
        }
        self.shared.publish(&self.client, uri).await;
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        Ok(Some(actions::actions(&self.shared, params)))
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        Ok(lens::lenses(&self.shared, &params.text_document.uri))
    }

    async fn inlay_hint(&self, params: InlayHintParams) -> Result<Option<Vec<InlayHint>>> {
        if !self.shared.agreed().options.inlay_hints {
            return Ok(None);
        }
        Ok(Some(lens::hints(&self.shared, &params.text_document.uri, params.range)))
    }

    async fn symbol(
        &self,
        params: WorkspaceSymbolParams,
    ) -> Result<Option<OneOf<Vec<SymbolInformation>, Vec<WorkspaceSymbol>>>> {
        let folders = self.shared.agreed().folders;
        let _turn = self.shared.walks.acquire().await.map_err(|_| Error::internal_error())?;
        let found = on_the_side(move || Ok(plans::symbols(&folders, &params.query))).await?;
        Ok(Some(OneOf::Left(found)))
    }

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        let sent = params.settings.get("zerr").unwrap_or(&params.settings);
        let before = self.shared.agreed().options.model;
        let is_other = lock(&self.shared.agreed).set(sent);
        self.complain().await;
        if is_other {
            let agreed = self.shared.agreed();
            if agreed.options.model != before {
                let mut status = lock(&self.shared.status);
                *status = Status { model: Some(agreed.model_name()), ..Status::default() };
            }
            self.shared.tell_status(&self.client, None).await;
            self.shared.refresh(&self.client);
        }
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        let event = params.event;
        lock(&self.shared.agreed).change_folders(&event.added, &event.removed);
    }

    async fn diagnostic(
        &self,
        params: DocumentDiagnosticParams,
    ) -> Result<DocumentDiagnosticReportResult> {
        let agreed = self.shared.agreed();
        let uri = params.text_document.uri;
        let reader = Reader { uri: &uri, encoding: agreed.encoding, related: agreed.related };
        let items = {
            let documents = lock(&self.shared.documents);
            let document = documents.get(uri.as_str());
            document.map(|document| document.diagnostics(reader)).unwrap_or_default()
        };
        let report = FullDocumentDiagnosticReport { result_id: None, items };
        let full = RelatedFullDocumentDiagnosticReport {
            related_documents: None,
            full_document_diagnostic_report: report,
        };
        Ok(DocumentDiagnosticReportResult::Report(DocumentDiagnosticReport::Full(full)))
    }

    async fn document_symbol(
        &self,
        params: DocumentSymbolParams,
    ) -> Result<Option<DocumentSymbolResponse>> {
        let documents = lock(&self.shared.documents);
        let document = documents.get(params.text_document.uri.as_str());
        // Of code, the language's own server knows more.
        let Some(document) = document.filter(|document| document.kind == Kind::Spec) else {
            return Ok(None);
        };
        let symbols = spec_help::functions(document.text.as_str());
        let symbols = symbols.into_iter().map(|function| {
            let line = |row: usize| Position::new(row as u32, 0);
            #[expect(deprecated, reason = "the type has the field and no constructor")]
            DocumentSymbol {
                name: function.name,
                detail: function.signature,
                kind: SymbolKind::FUNCTION,
                tags: None,
                deprecated: None,
                range: Range::new(line(function.row), line(function.end_row)),
                selection_range: Range::new(line(function.row), line(function.row)),
                children: None,
            }
        });
        Ok(Some(DocumentSymbolResponse::Nested(symbols.collect())))
    }

    async fn initialized(&self, _: InitializedParams) {
        self.complain().await;
        self.shared.tell_status(&self.client, None).await;
        if !self.shared.agreed().watches {
            return;
        }
        // Sources, what is built from them and with what, and the evidence that other programs write.
        let globs = ["**/*.{rs,py}", "**/{Cargo.toml,Cargo.lock,pyproject.toml,*task_spec.yaml}"];
        let watchers = globs.map(|glob| serde_json::json!({"globPattern": glob}));
        let registration = Registration {
            id: "watched-files".to_owned(),
            method: "workspace/didChangeWatchedFiles".to_owned(),
            register_options: Some(serde_json::json!({"watchers": watchers})),
        };
        let client = self.client.clone();
        // A client that refuses it is none that can be helped.
        tokio::spawn(async move { drop(client.register_capability(vec![registration]).await) });
    }

    async fn did_change_watched_files(&self, params: DidChangeWatchedFilesParams) {
        let changed: Vec<Uri> = params.changes.into_iter().map(|change| change.uri).collect();
        let open: Vec<Uri> = {
            let documents = lock(&self.shared.documents);
            changed.into_iter().filter(|uri| documents.contains_key(uri.as_str())).collect()
        };
        for uri in open {
            checking::start(&self.client, &self.shared, uri, &Look::short());
        }
        self.shared.refresh(&self.client);
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        let at = params.text_document_position;
        let found = self.in_spec(&at.text_document.uri, at.position, spec_help::completions);
        let item = |label: String, kind, documentation: Option<String>| CompletionItem {
            insert_text: (kind == CompletionItemKind::FIELD).then(|| format!("{label}: ")),
            label,
            kind: Some(kind),
            documentation: documentation.map(tower_lsp::lsp_types::Documentation::String),
            ..CompletionItem::default()
        };
        let items = match found {
            None => return Ok(None),
            Some(Completions::Fields(fields)) => fields
                .into_iter()
                .map(|it| item(it.name, CompletionItemKind::FIELD, Some(it.description)))
                .collect(),
            Some(Completions::Words(words)) => words
                .into_iter()
                .map(|word| item(word, CompletionItemKind::ENUM_MEMBER, None))
                .collect(),
        };
        Ok(Some(CompletionResponse::Array(items)))
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        let at = params.text_document_position_params;
        let uri = at.text_document.uri;
        let field = self.in_spec(&uri, at.position, spec_help::hover).flatten();
        let value = field.map(|it| format!("**{}**: {}", it.name, it.description)).or_else(|| {
            let row = at.position.line as usize + 1;
            let written = self.shared.written(&uri);
            let (function, report) = written.iter().find(|(function, _)| function.line == row)?;
            let language = self.shared.language(&uri)?;
            let step = evidence::step(report.as_deref()?, &function.name, language)?;
            Some(evidence::page(function, step))
        });
        Ok(value.map(|value| Hover {
            contents: HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value }),
            range: None,
        }))
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<LSPAny>> {
        let argument = params.arguments.into_iter().next().unwrap_or_default();
        let invalid = |error: serde_json::Error| Error::invalid_params(error.to_string());
        if params.command == commands::UPGRADE {
            self.upgrade(serde_json::from_value(argument).map_err(invalid)?)?;
            return Ok(None);
        }
        let place: Place = serde_json::from_value(argument).map_err(invalid)?;
        match params.command.as_str() {
            commands::GENERATE if place.end_line.is_some() => {
                self.start_all(&place);
                Ok(None)
            }
            commands::GENERATE => self.start(Wish::Generate, place).map(|()| None),
            commands::DECOMPOSE => self.start(Wish::Decompose, place).map(|()| None),
            commands::EXAMPLES => self.start(Wish::Examples, place).map(|()| None),
            commands::SETTLE => self.settle(place).map(|()| None),
            commands::REPORT => self.show_report(&place),
            commands::RUNNER_UP => self.show_runner_up(&place),
            commands::VERIFY => {
                if !self.is_on_disk(&place.uri) {
                    return Err(Error::invalid_params(DIRTY));
                }
                checking::start(&self.client, &self.shared, place.uri, &Look::full());
                Ok(None)
            }
            other => Err(Error::invalid_params(format!("there is no command {other}"))),
        }
    }
}

/// Why a document without a file is not worked on.
const UNSAVED: &str = "the document has no file yet: save it first";

/// Why a document is not checked.
const DIRTY: &str = "the document has changes that are not saved: save it first";

/// The file of a document that has one.
pub(crate) fn file_of(uri: &Uri) -> Option<PathBuf> {
    let path = uri.to_file_path().filter(|_| uri.as_str().starts_with("file:"))?;
    Some(path.into_owned())
}
