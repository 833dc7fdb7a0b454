//! What the client asks and is told: [`Server`].

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::lsp_types::{
    CodeAction, CodeActionDisabled, CodeActionKind, CodeActionOptions, CodeActionOrCommand,
    CodeActionParams, CodeActionProviderCapability, CodeActionResponse, CodeLens, CodeLensOptions,
    CodeLensParams, Command, CompletionItem, CompletionItemKind, CompletionOptions,
    CompletionParams, CompletionResponse, DiagnosticOptions, DiagnosticServerCapabilities,
    DidChangeTextDocumentParams, DidChangeWatchedFilesParams, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, DidSaveTextDocumentParams, DocumentDiagnosticParams,
    DocumentDiagnosticReport, DocumentDiagnosticReportResult, DocumentSymbol, DocumentSymbolParams,
    DocumentSymbolResponse, ExecuteCommandOptions, ExecuteCommandParams,
    FullDocumentDiagnosticReport, Hover, HoverContents, HoverParams, HoverProviderCapability,
    InitializeParams, InitializeResult, InitializedParams, LSPAny, MarkupContent, MarkupKind,
    MessageType, OneOf, Position, ProgressToken, Range, Registration,
    RelatedFullDocumentDiagnosticReport, ResourceOperationKind, SaveOptions, ServerCapabilities,
    ServerInfo, SymbolKind, TextDocumentSyncCapability, TextDocumentSyncKind,
    TextDocumentSyncOptions, TextDocumentSyncSaveOptions, Uri, WorkDoneProgressCancelParams,
    WorkDoneProgressOptions,
};
use tower_lsp::{Client, LanguageServer, UriExt as _};
use zerr_core::report::Report;
use zerr_core::spec::{self, Manner};
use zerr_core::verdict::{Finding, LayerId};
use zerr_engine::check::{CheckRequest, Selection, check};
use zerr_engine::zerr_verify::OwnOptions;
use zerr_engine::{CacheUse, Interrupt, WrittenFunction, report_of, written_functions};
use zerr_syntax::Language;
use zerr_syntax::holes::{self, Hole};

use crate::documents::{Document, Kind};
use crate::evidence;
use crate::generate::{Wanted, Wish, project_of};
use crate::job::{Job, show_file};
use crate::pages;
use crate::spec_help::{self, Completions};
use crate::text::Encoding;

/// The command that writes an unfinished function: its arguments are a [`Place`].
const GENERATE: &str = "zerr.generate";

/// The command that checks a file with every layer: its arguments are a [`Place`].
const VERIFY: &str = "zerr.verify";

/// The command that takes a function apart: its arguments are a [`Place`].
const DECOMPOSE: &str = "zerr.decompose";

/// The command that puts examples into a function's documentation: its arguments are a [`Place`].
const EXAMPLES: &str = "zerr.examples";

/// The command that shows the report of the run that wrote a function: its arguments are a [`Place`].
/// Its result is the path of an HTML page.
const REPORT: &str = "zerr.report";

/// The command that shows how the second class differs from the first: its arguments are a
/// [`Place`]. Its result is the path of a diff.
const RUNNER_UP: &str = "zerr.runnerUp";

/// The wishes that an action may be for, with their commands.
const WISHES: [(Wish, &str); 3] =
    [(Wish::Generate, GENERATE), (Wish::Decompose, DECOMPOSE), (Wish::Examples, EXAMPLES)];

/// What a command is about.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Place {
    uri: Uri,
    /// From 1; of no meaning to a command about a file.
    #[serde(default)]
    line: usize,
}

/// What the client can do, and what its user set.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a capability that a client has or not")]
pub(crate) struct Agreed {
    pub(crate) encoding: Encoding,
    pub(crate) progress: bool,
    pub(crate) annotations: bool,
    pub(crate) lens_refresh: bool,
    pub(crate) creates_files: bool,
    pub(crate) shows_documents: bool,
    /// It can be asked to say when files change on disk.
    watches: bool,
    /// It asks for diagnostics by itself.
    pulls: bool,
    pub(crate) options: Options,
}

/// `initializationOptions`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Options {
    /// A GGUF file in place of the embedded model, or a recording.
    pub(crate) model: Option<PathBuf>,
    /// The client shows reports and diffs itself, by the paths that their commands give.
    pub(crate) shows_pages: bool,
}

#[derive(Default)]
pub(crate) struct Shared {
    agreed: Mutex<Agreed>,
    pub(crate) documents: Mutex<BTreeMap<String, Document>>,
    /// Runs by the token of their progress.
    pub(crate) running: Mutex<BTreeMap<String, Interrupt>>,
    /// Checks by their document.
    checking: Mutex<BTreeMap<String, Interrupt>>,
    tokens: AtomicU32,
    /// Reports of runs, read once.
    reports: Mutex<BTreeMap<String, Option<Arc<Report>>>>,
    /// Held while diagnostics are put together and sent, so that older ones are never the last.
    publishing: tokio::sync::Mutex<()>,
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
    async fn publish(&self, client: &Client, uri: Uri) {
        let _turn = self.publishing.lock().await;
        let encoding = self.agreed().encoding;
        let known = {
            let documents = lock(&self.documents);
            documents
                .get(uri.as_str())
                .map(|document| (document.version, document.diagnostics(encoding)))
        };
        if self.agreed().pulls {
            // A client that does not follow asks at the next change.
            drop(client.workspace_diagnostic_refresh().await);
            return;
        }
        match known {
            Some((version, found)) => client.publish_diagnostics(uri, found, Some(version)).await,
            None => client.publish_diagnostics(uri, Vec::new(), None).await,
        }
    }

    /// The functions of a document that runs wrote, each with the run's report.
    fn written(&self, uri: &Uri) -> Vec<(WrittenFunction, Option<Arc<Report>>)> {
        let Some(file) = file_of(uri) else { return Vec::new() };
        let Some(project) = project_of(&file) else { return Vec::new() };
        let text = {
            let documents = lock(&self.documents);
            documents.get(uri.as_str()).and_then(|document| match document.kind {
                Kind::Source(language) => Some((language, document.text.as_str().to_owned())),
                Kind::Spec | Kind::Other => None,
            })
        };
        let Some((language, text)) = text else { return Vec::new() };
        let file = file.canonicalize().unwrap_or(file);
        let found = written_functions(&project, &file, language, &text);
        found.into_iter().map(|one| (one.clone(), self.report(&project, &one.run))).collect()
    }

    /// What a document of code is written in.
    fn language(&self, uri: &Uri) -> Option<Language> {
        match lock(&self.documents).get(uri.as_str())?.kind {
            Kind::Source(language) => Some(language),
            Kind::Spec | Kind::Other => None,
        }
    }

    /// How the functions of a spec stand whose files lie beside it: lines, from 1, and what is said.
    fn standing(&self, uri: &Uri, text: &str) -> Vec<(usize, String)> {
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
        let mut reports = lock(&self.reports);
        let read = || report_of(project, run).map(Arc::new);
        reports.entry(run.to_owned()).or_insert_with(read).clone()
    }

    fn token(&self) -> String {
        format!("zerr-{}", self.tokens.fetch_add(1, Ordering::Relaxed))
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

    /// Checks a file by these layers in the background, all where there are none, and says what they
    /// found.
    fn start_check(&self, uri: Uri, layers: BTreeSet<LayerId>) {
        let Some(file) = file_of(&uri) else { return };
        let Some(root) = project_of(&file) else { return };
        let interrupt = Interrupt::new();
        if let Some(older) =
            lock(&self.shared.checking).insert(uri.as_str().to_owned(), interrupt.clone())
        {
            older.stop();
        }
        let (client, shared) = (self.client.clone(), Arc::clone(&self.shared));
        tokio::spawn(async move {
            let request = CheckRequest {
                root,
                selection: Selection::Paths(vec![file.canonicalize().unwrap_or(file)]),
                layers,
                baseline: None,
                cache: CacheUse::Use,
                options: OwnOptions::default(),
            };
            let stopped = interrupt.clone();
            let checked =
                tokio::task::spawn_blocking(move || check(&request, &|_| {}, &stopped)).await;
            let checked = match checked {
                Ok(Ok(checked)) if !interrupt.is_stopped() => checked,
                Ok(Err(error)) => {
                    client.log_message(MessageType::WARNING, format!("zerr: {error}")).await;
                    return;
                }
                _ => return,
            };
            let Some(own) = checked.files.first() else { return };
            let is_own = |finding: &Finding| finding.file.as_deref() == Some(own.path.as_str());
            let findings = checked.report.findings.into_iter();
            let found: Vec<Finding> = findings.filter(is_own).collect();
            let is_taken = {
                let mut documents = lock(&shared.documents);
                // What was found is of the text on disk.
                let document = documents.get_mut(uri.as_str());
                let document =
                    document.filter(|document| document.text.as_str() == own.text.as_ref());
                document.map(|document| document.set_full(found)).is_some()
            };
            if is_taken {
                shared.publish(&client, uri).await;
            }
        });
    }

    /// The unfinished function at a place.
    fn hole_at(&self, place: &Place) -> Option<Hole> {
        let documents = lock(&self.shared.documents);
        let document = documents.get(place.uri.as_str())?;
        holes::innermost(document.holes(), place.line).cloned()
    }

    /// What a command about a place wants: about an unfinished function, or about a whole spec.
    ///
    /// # Errors
    /// Why there is nothing to do.
    fn wanted(&self, wish: Wish, place: &Place) -> std::result::Result<Wanted, &'static str> {
        let model = self.shared.agreed().options.model;
        let documents = lock(&self.shared.documents);
        let document = documents.get(place.uri.as_str()).ok_or("the document is not open")?;
        let text = document.text.as_str();
        let mut in_project = false;
        let (hole, name, inferred) = match document.kind {
            Kind::Source(language) => {
                let hole = holes::innermost(document.holes(), place.line)
                    .cloned()
                    .ok_or("there is no unfinished function at this line")?;
                let inferred = hole.inferred.then(|| hole.signature_text.clone());
                in_project = spec::manner(&hole) == Manner::InProject;
                (Some((language, place.line)), hole.name, inferred)
            }
            Kind::Spec if wish == Wish::Examples => {
                return Err("examples are proposed for unfinished functions");
            }
            Kind::Spec => {
                let specs = spec::parse(text.as_bytes(), "task_spec.yaml")
                    .map_err(|_| "the spec has mistakes: mend them first")?;
                (None, specs.first().map_or_else(String::new, |spec| spec.name.clone()), None)
            }
            Kind::Other => return Err("zerr knows nothing of such documents"),
        };
        let file = file_of(&place.uri).ok_or(UNSAVED)?;
        let project = project_of(&file).ok_or(UNSAVED)?;
        let text = text.to_owned();
        Ok(Wanted { wish, project, file, text, hole, name, inferred, in_project, model })
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

    /// What is offered at a place for one wish; an action that cannot be taken says why.
    fn wish_action(
        &self,
        wish: Wish,
        name: &'static str,
        place: &Place,
    ) -> Option<CodeActionOrCommand> {
        let hole = self.hole_at(place);
        let is_spec = {
            let documents = lock(&self.shared.documents);
            documents.get(place.uri.as_str()).is_some_and(|document| document.kind == Kind::Spec)
        };
        let what = match (&hole, is_spec) {
            (Some(hole), _) => format!("`{}`", hole.name),
            (None, true) if wish != Wish::Examples => "this spec".to_owned(),
            (None, _) => return None,
        };
        let title = match wish {
            Wish::Generate => format!("zerr: generate and verify {what}"),
            Wish::Decompose => format!("zerr: decompose {what} into subtasks"),
            Wish::Examples => format!("zerr: write examples for {what}"),
        };
        let reason = match hole.as_ref().map(spec::manner) {
            Some(Manner::Not(why)) => Some(why),
            Some(Manner::InProject) if wish != Wish::Generate => {
                Some("only for functions over standard types".to_owned())
            }
            _ => self.wanted(wish, place).err().map(str::to_owned),
        };
        let disabled = reason.map(|reason| CodeActionDisabled { reason });
        Some(CodeActionOrCommand::CodeAction(CodeAction {
            command: if disabled.is_none() { command(&title, name, place) } else { None },
            title,
            kind: Some(CodeActionKind::QUICKFIX),
            disabled,
            ..CodeAction::default()
        }))
    }

    /// The function at a place that a run wrote, with its report.
    fn written_at(&self, place: &Place) -> Option<(WrittenFunction, Arc<Report>)> {
        let written = self.shared.written(&place.uri);
        let (function, report) =
            written.into_iter().find(|(function, _)| function.line == place.line)?;
        Some((function, report?))
    }

    /// What can be shown of the function at a place.
    fn evidence_commands(&self, place: &Place) -> Vec<(String, &'static str)> {
        let Some((function, report)) = self.written_at(place) else { return Vec::new() };
        let mut found = vec![(format!("zerr: report of `{}`", function.name), REPORT)];
        let step = self.shared.language(&place.uri);
        let step = step.and_then(|language| evidence::step(&report, &function.name, language));
        if step.is_some_and(|step| step.classes.len() > 1) {
            found.push((format!("zerr: runner-up of `{}`", function.name), RUNNER_UP));
        }
        found
    }

    /// Writes a page about the function at a place and shows it; its path is the answer.
    async fn show_page(
        &self,
        place: &Place,
        page: fn(&Report, &str, Language) -> Option<pages::Page>,
    ) -> Result<Option<LSPAny>> {
        let nothing = || Error::invalid_params("no run of zerr wrote a function at this line");
        let (function, report) = self.written_at(place).ok_or_else(nothing)?;
        let language = self.shared.language(&place.uri).ok_or_else(nothing)?;
        let page = page(&report, &function.name, language).ok_or_else(|| {
            Error::invalid_params("all candidates did the same: there is no other")
        })?;
        let project = file_of(&place.uri).and_then(|file| project_of(&file)).ok_or_else(nothing)?;
        let path = page.save(&project).map_err(|error| {
            Error::invalid_params(format!("the page cannot be written: {error}"))
        })?;
        if !self.shared.agreed().options.shows_pages {
            show_file(&self.client, &self.shared, &path).await;
        }
        Ok(Some(LSPAny::String(path.display().to_string())))
    }

    /// Starts a run and returns; what comes of it is told and offered later.
    fn start(&self, wish: Wish, place: Place) -> Result<()> {
        let wanted = self.wanted(wish, &place).map_err(Error::invalid_params)?;
        let interrupt = Interrupt::new();
        let token = self.shared.token();
        lock(&self.shared.running).insert(token.clone(), interrupt.clone());
        let job = Job {
            client: self.client.clone(),
            shared: Arc::clone(&self.shared),
            uri: place.uri,
            wanted,
            token,
            interrupt,
        };
        tokio::spawn(job.run());
        Ok(())
    }
}

impl LanguageServer for Server {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let general = params.capabilities.general.as_ref();
        let offered = general.and_then(|it| it.position_encodings.as_deref());
        let window = params.capabilities.window.as_ref();
        let workspace = params.capabilities.workspace.as_ref();
        let edits = workspace.and_then(|it| it.workspace_edit.as_ref());
        let lenses = workspace.and_then(|it| it.code_lens.as_ref());
        let options = params.initialization_options.unwrap_or_default();
        let agreed = Agreed {
            encoding: Encoding::negotiated(offered),
            creates_files: edits
                .and_then(|it| it.resource_operations.as_ref())
                .is_some_and(|operations| operations.contains(&ResourceOperationKind::Create)),
            shows_documents: window
                .and_then(|it| it.show_document.as_ref())
                .is_some_and(|it| it.support),
            // Most clients that can ask take what is sent to them too, and would show it twice.
            pulls: params
                .capabilities
                .text_document
                .as_ref()
                .is_some_and(|it| it.diagnostic.is_some() && it.publish_diagnostics.is_none()),
            watches: workspace
                .and_then(|it| it.did_change_watched_files)
                .is_some_and(|it| it.dynamic_registration == Some(true)),
            progress: window.and_then(|it| it.work_done_progress).unwrap_or(false),
            lens_refresh: lenses.and_then(|it| it.refresh_support).unwrap_or(false),
            annotations: edits.is_some_and(|it| it.change_annotation_support.is_some()),
            options: serde_json::from_value(options).unwrap_or_default(),
        };
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
                    commands: [GENERATE, VERIFY, DECOMPOSE, EXAMPLES, REPORT, RUNNER_UP]
                        .map(str::to_owned)
                        .to_vec(),
                    work_done_progress_options: WorkDoneProgressOptions::default(),
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
        self.start_check(item.uri, BTreeSet::from([LayerId::Syntax, LayerId::Security]));
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        let identifier = params.text_document;
        {
            let encoding = self.shared.agreed().encoding;
            let mut documents = lock(&self.shared.documents);
            let Some(document) = documents.get_mut(identifier.uri.as_str()) else { return };
            document.change(identifier.version, &params.content_changes, encoding);
        }
        self.shared.publish(&self.client, identifier.uri).await;
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        self.start_check(params.text_document.uri, BTreeSet::new());
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
        let uri = params.text_document.uri;
        let mut actions: CodeActionResponse = Vec::new();
        let place = Place { uri, line: params.range.start.line as usize + 1 };
        for (wish, name) in WISHES {
            actions.extend(self.wish_action(wish, name, &place));
        }
        for (title, name) in self.evidence_commands(&place) {
            actions.push(CodeActionOrCommand::CodeAction(CodeAction {
                command: command(&title, name, &place),
                title,
                kind: Some(CodeActionKind::EMPTY),
                ..CodeAction::default()
            }));
        }
        let is_source = {
            let documents = lock(&self.shared.documents);
            let document = documents.get(place.uri.as_str());
            document.is_some_and(|document| matches!(document.kind, Kind::Source(_)))
        };
        if is_source {
            actions.push(CodeActionOrCommand::CodeAction(CodeAction {
                title: "zerr: verify this file".to_owned(),
                kind: Some(CodeActionKind::SOURCE),
                command: command("Verify", VERIFY, &place),
                ..CodeAction::default()
            }));
        }
        Ok(Some(actions))
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        let uri = params.text_document.uri;
        let lens = |line: usize, title: String, name: Option<&str>| {
            let place = Place { uri: uri.clone(), line };
            let at = Position::new(line.saturating_sub(1) as u32, 0);
            let command = match name {
                Some(name) => command(&title, name, &place),
                // A lens without a command is a text.
                None => Some(Command { title, command: String::new(), arguments: None }),
            };
            CodeLens { range: Range::new(at, at), command, data: None }
        };
        let (kind, text, open) = {
            let documents = lock(&self.shared.documents);
            let Some(document) = documents.get(uri.as_str()) else { return Ok(None) };
            (document.kind, document.text.as_str().to_owned(), document.holes().to_vec())
        };
        let mut lenses = Vec::new();
        match kind {
            Kind::Source(language) => {
                for hole in open {
                    lenses.push(match spec::manner(&hole) {
                        Manner::Alone => {
                            lens(hole.line, "generate and verify".to_owned(), Some(GENERATE))
                        }
                        Manner::InProject => lens(
                            hole.line,
                            "generate and verify by the project's tests".to_owned(),
                            Some(GENERATE),
                        ),
                        Manner::Not(why) => {
                            lens(hole.line, format!("zerr cannot write this: {why}"), None)
                        }
                    });
                }
                for (function, report) in self.shared.written(&uri) {
                    let step = report
                        .as_deref()
                        .and_then(|report| evidence::step(report, &function.name, language));
                    let title = format!("zerr: {}", evidence::line(&function, step));
                    lenses.push(lens(function.line, title, report.as_ref().map(|_| REPORT)));
                }
            }
            Kind::Spec => {
                if spec::parse(text.as_bytes(), "task_spec.yaml").is_ok() {
                    lenses.push(lens(1, "generate and verify all".to_owned(), Some(GENERATE)));
                    lenses.push(lens(1, "decompose".to_owned(), Some(DECOMPOSE)));
                }
                for (line, title) in self.shared.standing(&uri, &text) {
                    lenses.push(lens(line, title, None));
                }
            }
            Kind::Other => {}
        }
        Ok(Some(lenses))
    }

    async fn diagnostic(
        &self,
        params: DocumentDiagnosticParams,
    ) -> Result<DocumentDiagnosticReportResult> {
        let encoding = self.shared.agreed().encoding;
        let items = {
            let documents = lock(&self.shared.documents);
            let document = documents.get(params.text_document.uri.as_str());
            document.map(|document| document.diagnostics(encoding)).unwrap_or_default()
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
        if !self.shared.agreed().watches {
            return;
        }
        // Sources, what is built from them and with what, and the evidence that other programs write.
        let globs = ["**/*.{rs,py}", "**/{Cargo.toml,Cargo.lock,pyproject.toml,task_spec.yaml}"];
        let watchers = globs.map(|glob| serde_json::json!({"globPattern": glob}));
        let registration = Registration {
            id: "watched-files".to_owned(),
            method: "workspace/didChangeWatchedFiles".to_owned(),
            register_options: Some(serde_json::json!({"watchers": watchers})),
        };
        // A client that refuses it is none that can be helped.
        drop(self.client.register_capability(vec![registration]).await);
    }

    async fn did_change_watched_files(&self, params: DidChangeWatchedFilesParams) {
        let changed: Vec<Uri> = params.changes.into_iter().map(|change| change.uri).collect();
        let open: Vec<Uri> = {
            let documents = lock(&self.shared.documents);
            changed.into_iter().filter(|uri| documents.contains_key(uri.as_str())).collect()
        };
        for uri in open {
            self.start_check(uri, BTreeSet::from([LayerId::Syntax, LayerId::Security]));
        }
        if self.shared.agreed().lens_refresh {
            drop(self.client.code_lens_refresh().await);
        }
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
        let place: Place = serde_json::from_value(argument)
            .map_err(|error| Error::invalid_params(error.to_string()))?;
        match params.command.as_str() {
            GENERATE => self.start(Wish::Generate, place).map(|()| None),
            DECOMPOSE => self.start(Wish::Decompose, place).map(|()| None),
            EXAMPLES => self.start(Wish::Examples, place).map(|()| None),
            REPORT => self.show_page(&place, pages::report).await,
            RUNNER_UP => self.show_page(&place, pages::runner_up).await,
            VERIFY => {
                if !self.is_on_disk(&place.uri) {
                    return Err(Error::invalid_params(DIRTY));
                }
                self.start_check(place.uri, BTreeSet::new());
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
fn file_of(uri: &Uri) -> Option<PathBuf> {
    let path = uri.to_file_path().filter(|_| uri.as_str().starts_with("file:"))?;
    Some(path.into_owned())
}

fn command(title: &str, name: &str, place: &Place) -> Option<Command> {
    let argument = serde_json::to_value(place).ok()?;
    Some(Command {
        title: title.to_owned(),
        command: name.to_owned(),
        arguments: Some(vec![argument]),
    })
}
