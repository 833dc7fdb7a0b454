//! What the client asks and is told: [`Server`].

use std::path::Path;
use std::sync::Arc;

use tower_lsp::jsonrpc::{Error, Result};
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
    WorkDoneProgressOptions, WorkspaceFoldersServerCapabilities, WorkspaceServerCapabilities,
    WorkspaceSymbol, WorkspaceSymbolParams,
};
use tower_lsp::{Client, LanguageServer};
use zerr_core::verdict::Upgrade;
use zerr_engine::Interrupt;

use crate::actions;
use crate::agreed::Agreed;
use crate::background;
use crate::checking::{self, Look};
use crate::commands::{self, Place, UpgradeOf};
use crate::documents::{Document, Kind, Reader};
use crate::evidence;
use crate::generate::{Wanted, Wish, project_of};
use crate::history::{Asked, Runs};
use crate::job::{Job, ask, show_file};
use crate::lens;
use crate::pages::{self, RunnerUp};
use crate::plans;
use crate::questions;
use crate::shared::{Shared, UNSAVED, file_of, lock};
use crate::spec_help::{self, Completions};
use crate::status::Status;
use crate::watching;

pub(crate) struct Server {
    client: Client,
    shared: Arc<Shared>,
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
                    remarks: Vec::new(),
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
            let work = background::run(move || zerr_engine::upgrade(&folder, &wanted, &interrupt));
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
        watching::watch(&self.client, &self.shared);
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
        watching::watch(&self.client, &self.shared);
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
        let files = params.changes.iter().filter_map(|change| file_of(&change.uri));
        let files = files.map(watching::resolved).collect();
        watching::changed(&self.client, &self.shared, &files);
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

/// Why a document is not checked.
const DIRTY: &str = "the document has changes that are not saved: save it first";
