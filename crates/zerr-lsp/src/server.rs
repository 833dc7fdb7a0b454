//! What the client asks and is told: [`Server`].

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::lsp_types::{
    ChangeAnnotation, CodeAction, CodeActionKind, CodeActionOptions, CodeActionOrCommand,
    CodeActionParams, CodeActionProviderCapability, CodeActionResponse, CodeLens, CodeLensOptions,
    CodeLensParams, Command, CompletionItem, CompletionItemKind, CompletionOptions,
    CompletionParams, CompletionResponse, DidChangeTextDocumentParams, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, DidSaveTextDocumentParams, DocumentChanges, ExecuteCommandOptions,
    ExecuteCommandParams, Hover, HoverContents, HoverParams, HoverProviderCapability,
    InitializeParams, InitializeResult, LSPAny, MarkupContent, MarkupKind, MessageActionItem,
    MessageType, OneOf, OptionalVersionedTextDocumentIdentifier, Position, ProgressToken, Range,
    SaveOptions, ServerCapabilities, ServerInfo, TextDocumentEdit, TextDocumentSyncCapability,
    TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions, TextEdit, Uri,
    WorkDoneProgressCancelParams, WorkDoneProgressOptions, WorkspaceEdit,
};
use tower_lsp::{Client, LanguageServer, UriExt as _};
use zerr_core::report::Report;
use zerr_core::verdict::{Finding, LayerId, Verdict};
use zerr_engine::check::{CheckRequest, Selection, check};
use zerr_engine::zerr_verify::OwnOptions;
use zerr_engine::{CacheUse, Interrupt, WrittenFunction, report_of, written_functions};
use zerr_syntax::holes::{self, Hole, Support};

use crate::documents::{Document, Kind, edit_between};
use crate::evidence;
use crate::generate::{Outcome, Wanted, generate, project_of, remember};
use crate::spec_help::{self, Completions};
use crate::text::Encoding;

/// The command that writes an unfinished function: its arguments are a [`Place`].
const GENERATE: &str = "zerr.generate";

/// The command that checks a file with every layer: its arguments are a [`Place`].
const VERIFY: &str = "zerr.verify";

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
struct Agreed {
    encoding: Encoding,
    progress: bool,
    annotations: bool,
    lens_refresh: bool,
    options: Options,
}

/// `initializationOptions`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Options {
    /// A GGUF file in place of the embedded model, or a recording.
    model: Option<PathBuf>,
}

#[derive(Default)]
struct Shared {
    agreed: Mutex<Agreed>,
    documents: Mutex<BTreeMap<String, Document>>,
    /// Runs by the token of their progress.
    running: Mutex<BTreeMap<String, Interrupt>>,
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn agreed(&self) -> Agreed {
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
        let report = |run: &String| {
            let mut reports = lock(&self.reports);
            let read = || report_of(&project, run).map(Arc::new);
            reports.entry(run.clone()).or_insert_with(read).clone()
        };
        found.into_iter().map(|one| (one.clone(), report(&one.run))).collect()
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

    fn hole_at(&self, place: &Place) -> Option<(Hole, Option<Wanted>)> {
        let documents = lock(&self.shared.documents);
        let document = documents.get(place.uri.as_str())?;
        let Kind::Source(language) = document.kind else { return None };
        let text = document.text.as_str();
        let hole = holes::hole_at(language, text, place.line)?;
        let wanted = file_of(&place.uri).and_then(|file| {
            Some(Wanted {
                project: project_of(&file)?,
                file,
                text: text.to_owned(),
                language,
                line: place.line,
                name: hole.name.clone(),
                inferred: hole.inferred.then(|| hole.signature_text.clone()),
                model: self.shared.agreed().options.model,
            })
        });
        Some((hole, wanted))
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

    /// Starts a run and returns; what comes of it is told and offered later.
    fn start_generate(&self, place: Place) -> Result<()> {
        let Some((_, wanted)) = self.hole_at(&place) else {
            return Err(Error::invalid_params("there is no unfinished function at this line"));
        };
        let Some(wanted) = wanted else { return Err(Error::invalid_params(UNSAVED)) };
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

/// A run on its way to the document.
struct Job {
    client: Client,
    shared: Arc<Shared>,
    uri: Uri,
    wanted: Wanted,
    token: String,
    interrupt: Interrupt,
}

impl Job {
    async fn run(self) {
        let title = format!("zerr: {}", self.wanted.name);
        let (sender, mut lines) = tokio::sync::mpsc::unbounded_channel::<String>();
        let (wanted, interrupt) = (self.wanted.clone(), self.interrupt.clone());
        let work = tokio::task::spawn_blocking(move || {
            let mut tell = |line: String| drop(sender.send(line));
            generate(&wanted, &mut tell, &interrupt)
        });
        if self.shared.agreed().progress {
            let token = ProgressToken::String(self.token.clone());
            // A client that refuses the token gets no progress.
            let created = self
                .client
                .send_request::<tower_lsp::lsp_types::request::WorkDoneProgressCreate>(
                    tower_lsp::lsp_types::WorkDoneProgressCreateParams { token: token.clone() },
                )
                .await;
            if created.is_ok() {
                let progress =
                    self.client.progress(token, title).with_cancel_button().begin().await;
                let mut last = String::new();
                while let Some(line) = lines.recv().await {
                    if line != last {
                        progress.report_with_message(line.clone(), Some(true)).await;
                        last = line;
                    }
                }
                progress.finish().await;
            }
        }
        let outcome = work.await;
        lock(&self.shared.running).remove(&self.token);
        match outcome {
            Ok(Outcome::Refused(why)) => {
                self.client.show_message(MessageType::WARNING, format!("zerr: {why}")).await;
            }
            Ok(Outcome::Offered { patch, verdict, summary, report }) => {
                if verdict == Verdict::Agreed && !self.is_wanted(&summary).await {
                    return;
                }
                if self.offer(patch.text(), &summary).await {
                    let wanted = self.wanted.clone();
                    let remembered =
                        tokio::task::spawn_blocking(move || remember(&wanted, &patch, &report));
                    drop(remembered.await);
                    if self.shared.agreed().lens_refresh {
                        // A client that does not follow shows them at the next change.
                        drop(self.client.code_lens_refresh().await);
                    }
                }
            }
            Err(error) => {
                self.client.show_message(MessageType::ERROR, format!("zerr: {error}")).await;
            }
        }
    }

    /// Asks whether something that only agreed is to be written.
    async fn is_wanted(&self, summary: &str) -> bool {
        let insert = "Insert it";
        let item = |title: &str| MessageActionItem {
            title: title.to_owned(),
            properties: std::collections::HashMap::default(),
        };
        let question = format!("zerr: {summary}. No independent oracle pins it down.");
        let actions = Some(vec![item(insert), item("Discard")]);
        let answer =
            self.client.show_message_request(MessageType::WARNING, question, actions).await;
        matches!(answer, Ok(Some(chosen)) if chosen.title == insert)
    }

    /// Offers the text as an edit of the document that it was made for.
    async fn offer(&self, text: &str, summary: &str) -> bool {
        let agreed = self.shared.agreed();
        let edit = {
            let documents = lock(&self.shared.documents);
            let document = documents.get(self.uri.as_str());
            // Somebody went on typing: the same function may still be open.
            document.filter(|document| document.text.as_str() == self.wanted.text).map(|document| {
                let (range, new) = edit_between(&document.text, text, agreed.encoding);
                (range, new, document.version)
            })
        };
        let Some((range, new_text, version)) = edit else {
            let why = "zerr: the document has changed meanwhile; start again, the answer is kept";
            self.client.show_message(MessageType::WARNING, why).await;
            return false;
        };
        let edit = TextEdit { range, new_text };
        let label = format!("zerr: {}", self.wanted.name);
        let (edit, annotations) = if agreed.annotations {
            let annotation = ChangeAnnotation {
                label: label.clone(),
                needs_confirmation: Some(false),
                description: Some(summary.to_owned()),
            };
            let edit = tower_lsp::lsp_types::AnnotatedTextEdit {
                text_edit: edit,
                annotation_id: "zerr".to_owned(),
            };
            let annotations = std::collections::HashMap::from([("zerr".to_owned(), annotation)]);
            (OneOf::Right(edit), Some(annotations))
        } else {
            (OneOf::Left(edit), None)
        };
        let changes = TextDocumentEdit {
            text_document: OptionalVersionedTextDocumentIdentifier {
                uri: self.uri.clone(),
                version: Some(version),
            },
            edits: vec![edit],
        };
        let whole = WorkspaceEdit {
            document_changes: Some(DocumentChanges::Edits(vec![changes])),
            change_annotations: annotations,
            ..WorkspaceEdit::default()
        };
        let answer = self.client.apply_edit(whole).await;
        let is_applied = matches!(&answer, Ok(answer) if answer.applied);
        let (kind, said) = if is_applied {
            (MessageType::INFO, format!("zerr: {summary}"))
        } else {
            (MessageType::WARNING, format!("zerr: {summary}; the editor did not take the edit"))
        };
        self.client.show_message(kind, said).await;
        is_applied
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
            progress: window.and_then(|it| it.work_done_progress).unwrap_or(false),
            lens_refresh: lenses.and_then(|it| it.refresh_support).unwrap_or(false),
            annotations: edits.is_some_and(|it| it.change_annotation_support.is_some()),
            options: serde_json::from_value(options).unwrap_or_default(),
        };
        let encoding = agreed.encoding;
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
                code_lens_provider: Some(CodeLensOptions { resolve_provider: Some(false) }),
                execute_command_provider: Some(ExecuteCommandOptions {
                    commands: vec![GENERATE.to_owned(), VERIFY.to_owned()],
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
        if let Some((hole, wanted)) = self.hole_at(&place) {
            let action = generate_action(&hole, wanted.is_some(), &place);
            actions.push(CodeActionOrCommand::CodeAction(action));
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
        let found = {
            let documents = lock(&self.shared.documents);
            let Some(document) = documents.get(uri.as_str()) else { return Ok(None) };
            let Kind::Source(language) = document.kind else { return Ok(None) };
            holes::holes(language, document.text.as_str())
        };
        let written = self.shared.written(&uri);
        let lens = |hole: &Hole| {
            let place = Place { uri: uri.clone(), line: hole.line };
            let at = Position::new(hole.line.saturating_sub(1) as u32, 0);
            let title = match &hole.support {
                Support::Supported => "generate and verify".to_owned(),
                Support::Unsupported(why) => format!("zerr cannot write this: {why}"),
            };
            let command = match hole.support {
                Support::Supported => command(&title, GENERATE, &place),
                // A lens without a command is a text.
                Support::Unsupported(_) => {
                    Some(Command { title, command: String::new(), arguments: None })
                }
            };
            CodeLens { range: Range::new(at, at), command, data: None }
        };
        let evidence = |(function, report): &(WrittenFunction, Option<Arc<Report>>)| {
            let at = Position::new(function.line.saturating_sub(1) as u32, 0);
            let step = report.as_deref().and_then(|report| evidence::step(report, &function.name));
            let title = format!("zerr: {}", evidence::line(function, step));
            let command = Some(Command { title, command: String::new(), arguments: None });
            CodeLens { range: Range::new(at, at), command, data: None }
        };
        Ok(Some(found.iter().map(lens).chain(written.iter().map(evidence)).collect()))
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
            let step = evidence::step(report.as_deref()?, &function.name)?;
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
            GENERATE => self.start_generate(place).map(|()| None),
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

fn generate_action(hole: &Hole, is_saved: bool, place: &Place) -> CodeAction {
    let disabled = match &hole.support {
        Support::Supported if !is_saved => {
            Some(tower_lsp::lsp_types::CodeActionDisabled { reason: UNSAVED.to_owned() })
        }
        Support::Supported => None,
        Support::Unsupported(why) => {
            Some(tower_lsp::lsp_types::CodeActionDisabled { reason: why.clone() })
        }
    };
    let title = format!("zerr: generate and verify `{}`", hole.name);
    CodeAction {
        command: match disabled {
            None => command(&title, GENERATE, place),
            Some(_) => None,
        },
        title,
        kind: Some(CodeActionKind::QUICKFIX),
        disabled,
        ..CodeAction::default()
    }
}

fn command(title: &str, name: &str, place: &Place) -> Option<Command> {
    let argument = serde_json::to_value(place).ok()?;
    Some(Command {
        title: title.to_owned(),
        command: name.to_owned(),
        arguments: Some(vec![argument]),
    })
}
