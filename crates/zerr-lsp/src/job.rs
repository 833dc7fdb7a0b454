//! A wish on its way to the document: progress, questions, and the edit at its end. Main type:
//! [`Job`].

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use tower_lsp::lsp_types::request::WorkDoneProgressCreate;
use tower_lsp::lsp_types::{
    AnnotatedTextEdit, ChangeAnnotation, CreateFile, DocumentChangeOperation, DocumentChanges,
    MessageActionItem, MessageType, OneOf, OptionalVersionedTextDocumentIdentifier, ProgressToken,
    ResourceOp, ShowDocumentParams, TextDocumentEdit, TextEdit, Uri, WorkDoneProgressCreateParams,
    WorkspaceEdit,
};
use tower_lsp::{Client, UriExt as _};
use zerr_core::verdict::Verdict;
use zerr_engine::Interrupt;

use crate::documents::edit_between;
use crate::generate::{NewText, Outcome, Wanted, Wish, answer, remember};
use crate::server::{Agreed, Shared, lock};
use crate::text::Text;

/// The name of the one change annotation of an edit.
const ANNOTATION: &str = "zerr";

pub(crate) struct Job {
    pub(crate) client: Client,
    pub(crate) shared: Arc<Shared>,
    pub(crate) uri: Uri,
    pub(crate) wanted: Wanted,
    pub(crate) token: String,
    pub(crate) interrupt: Interrupt,
}

impl Job {
    pub(crate) async fn run(self) {
        let title = match self.wanted.wish {
            Wish::Generate => format!("zerr: {}", self.wanted.name),
            Wish::Decompose => format!("zerr: parts of {}", self.wanted.name),
            Wish::Examples => format!("zerr: examples of {}", self.wanted.name),
        };
        let (sender, lines) = tokio::sync::mpsc::unbounded_channel::<String>();
        let (wanted, interrupt) = (self.wanted.clone(), self.interrupt.clone());
        let work = tokio::task::spawn_blocking(move || {
            let mut tell = |line: String| drop(sender.send(line));
            answer(&wanted, &mut tell, &interrupt)
        });
        if self.shared.agreed().progress {
            self.follow(title, lines).await;
        }
        let outcome = work.await;
        lock(&self.shared.running).remove(&self.token);
        match outcome {
            Ok(Outcome::Refused(why)) => self.warn(&why).await,
            Ok(Outcome::Proposed { texts, summary }) => {
                if self.offer(&texts, &summary).await {
                    self.show(&texts).await;
                }
            }
            Ok(Outcome::Offered { texts, verdict, summary, accepted }) => {
                if verdict == Verdict::Agreed && !self.is_wanted(&summary).await {
                    return;
                }
                if self.offer(&texts, &summary).await {
                    let wanted = self.wanted.clone();
                    let remembered = tokio::task::spawn_blocking(move || {
                        remember(&wanted, &texts, &accepted);
                    });
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

    /// Shows the lines as they come, until the work is done.
    async fn follow(&self, title: String, mut lines: tokio::sync::mpsc::UnboundedReceiver<String>) {
        let token = ProgressToken::String(self.token.clone());
        let params = WorkDoneProgressCreateParams { token: token.clone() };
        // A client that refuses the token gets no progress.
        if self.client.send_request::<WorkDoneProgressCreate>(params).await.is_err() {
            return;
        }
        let progress = self.client.progress(token, title).with_cancel_button().begin().await;
        let mut last = String::new();
        while let Some(line) = lines.recv().await {
            if line != last {
                progress.report_with_message(line.clone(), Some(true)).await;
                last = line;
            }
        }
        progress.finish().await;
    }

    async fn warn(&self, what: &str) {
        self.client.show_message(MessageType::WARNING, format!("zerr: {what}")).await;
    }

    /// Asks whether something that only agreed is to be written.
    async fn is_wanted(&self, summary: &str) -> bool {
        let insert = "Insert it";
        let item = |title: &str| MessageActionItem {
            title: title.to_owned(),
            properties: HashMap::default(),
        };
        let question = format!("zerr: {summary}. No independent oracle pins it down.");
        let actions = Some(vec![item(insert), item("Discard")]);
        let answer =
            self.client.show_message_request(MessageType::WARNING, question, actions).await;
        matches!(answer, Ok(Some(chosen)) if chosen.title == insert)
    }

    /// Offers the texts as one edit; whether the editor took it.
    async fn offer(&self, texts: &[NewText], summary: &str) -> bool {
        let agreed = self.shared.agreed();
        let mut operations = Vec::new();
        for new in texts {
            match self.operations(new, &agreed) {
                Ok(found) => operations.extend(found),
                Err(why) => {
                    self.warn(&why).await;
                    return false;
                }
            }
        }
        let annotations = agreed.annotations.then(|| {
            let annotation = ChangeAnnotation {
                label: format!("zerr: {}", self.wanted.name),
                needs_confirmation: Some(false),
                description: Some(summary.to_owned()),
            };
            HashMap::from([(ANNOTATION.to_owned(), annotation)])
        });
        let edits: Option<Vec<TextDocumentEdit>> = operations
            .iter()
            .map(|operation| match operation {
                DocumentChangeOperation::Edit(edit) => Some(edit.clone()),
                DocumentChangeOperation::Op(_) => None,
            })
            .collect();
        let changes = match edits {
            Some(edits) => DocumentChanges::Edits(edits),
            None => DocumentChanges::Operations(operations),
        };
        let whole = WorkspaceEdit {
            document_changes: Some(changes),
            change_annotations: annotations,
            ..WorkspaceEdit::default()
        };
        let answer = self.client.apply_edit(whole).await;
        let is_applied = matches!(&answer, Ok(answer) if answer.applied);
        if is_applied {
            self.client.show_message(MessageType::INFO, format!("zerr: {summary}")).await;
        } else {
            self.warn(&format!("{summary}; the editor did not take the edit")).await;
        }
        is_applied
    }

    /// What makes a file hold a text: of the document that the wish came from, which must not have
    /// changed, of another open one, of a file, or of a new one.
    fn operations(
        &self,
        new: &NewText,
        agreed: &Agreed,
    ) -> Result<Vec<DocumentChangeOperation>, String> {
        let is_own = new.file == self.wanted.file;
        let uri = if is_own {
            self.uri.clone()
        } else {
            Uri::from_file_path(&new.file).ok_or("a path that cannot be named to the editor")?
        };
        let open = {
            let documents = lock(&self.shared.documents);
            documents
                .get(uri.as_str())
                .map(|document| (document.text.as_str().to_owned(), Some(document.version)))
        };
        if is_own && open.as_ref().is_none_or(|(text, _)| *text != self.wanted.text) {
            let why = "the document has changed meanwhile; start again, the answer is kept";
            return Err(why.to_owned());
        }
        let is_saved =
            |text: &String| std::fs::read_to_string(&new.file).is_ok_and(|it| it == *text);
        let (old, version) = match open {
            Some((text, _)) if !is_own && !is_saved(&text) => {
                return Err(format!("{} has changes that are not saved", new.file.display()));
            }
            Some(open) => open,
            None => match std::fs::read_to_string(&new.file) {
                Ok(text) => (text, None),
                Err(_) if !agreed.creates_files => {
                    return Err(format!("this editor creates no files: {}", new.file.display()));
                }
                Err(_) => return Ok(created(&uri, &new.text)),
            },
        };
        let (range, new_text) = edit_between(&Text::new(old), &new.text, agreed.encoding);
        Ok(vec![edited(uri, version, TextEdit { range, new_text }, agreed.annotations)])
    }

    /// Brings a new file before the person's eyes.
    async fn show(&self, texts: &[NewText]) {
        if let Some(new) = texts.iter().find(|new| new.file != self.wanted.file) {
            show_file(&self.client, &self.shared, &new.file).await;
        }
    }
}

/// Opens a file in the editor, where it can be asked to.
pub(crate) async fn show_file(client: &Client, shared: &Shared, file: &Path) {
    let Some(uri) = Uri::from_file_path(file).filter(|_| shared.agreed().shows_documents) else {
        client.show_message(MessageType::INFO, format!("zerr: {}", file.display())).await;
        return;
    };
    // A page is for a browser.
    let is_page = file.extension().is_some_and(|it| it == "html");
    let params = ShowDocumentParams {
        uri,
        external: Some(is_page),
        take_focus: Some(true),
        selection: None,
    };
    // It is on disk whether or not the editor opens it.
    drop(client.show_document(params).await);
}

fn created(uri: &Uri, text: &str) -> Vec<DocumentChangeOperation> {
    let create = CreateFile { uri: uri.clone(), options: None, annotation_id: None };
    let edit =
        TextEdit { range: tower_lsp::lsp_types::Range::default(), new_text: text.to_owned() };
    vec![
        DocumentChangeOperation::Op(ResourceOp::Create(create)),
        edited(uri.clone(), None, edit, false),
    ]
}

fn edited(
    uri: Uri,
    version: Option<i32>,
    edit: TextEdit,
    annotated: bool,
) -> DocumentChangeOperation {
    let edit = if annotated {
        OneOf::Right(AnnotatedTextEdit { text_edit: edit, annotation_id: ANNOTATION.to_owned() })
    } else {
        OneOf::Left(edit)
    };
    DocumentChangeOperation::Edit(TextDocumentEdit {
        text_document: OptionalVersionedTextDocumentIdentifier { uri, version },
        edits: vec![edit],
    })
}
