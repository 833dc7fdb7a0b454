//! New texts of files as edits that a person takes, in part or not at all. Main types: [`Offer`],
//! [`Taken`].
//!
//! # Invariants
//! A document that changed since the wish began is not touched.

use std::collections::HashMap;
use std::time::Duration;

use tower_lsp::lsp_types::{
    AnnotatedTextEdit, ChangeAnnotation, CreateFile, DocumentChangeOperation, DocumentChanges,
    MessageType, OneOf, OptionalVersionedTextDocumentIdentifier, ResourceOp, TextDocumentEdit,
    TextEdit, Uri, WorkspaceEdit,
};
use tower_lsp::{Client, UriExt as _};

use crate::agreed::Agreed;
use crate::documents::{edit_between, hunks_between};
use crate::generate::{Beside, NewText, Wanted};
use crate::job::{ask, show_file};
use crate::pages;
use crate::shared::{Shared, lock};
use crate::text::{Encoding, Text};

/// The name of the one change annotation of an edit.
const ANNOTATION: &str = "zerr";

/// A client that applied an edit tells of the change at once; so often it is looked for, so long apart.
const LOOKS: u32 = 40;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

pub(crate) struct Offer<'a> {
    pub(crate) client: &'a Client,
    pub(crate) shared: &'a Shared,
    /// The document that the wish came from.
    pub(crate) uri: &'a Uri,
    pub(crate) wanted: &'a Wanted,
    pub(crate) texts: &'a [NewText],
    pub(crate) summary: &'a str,
    /// Every piece is asked about.
    pub(crate) preview: bool,
}

/// How much of an offer is in the documents now.
#[derive(Debug, PartialEq)]
pub(crate) enum Taken {
    None,
    All,
    /// The texts as they are.
    Part(Vec<NewText>),
}

/// What one file holds, and what the client calls it.
struct Old {
    uri: Uri,
    /// None where the file is not open.
    version: Option<i32>,
    /// None where there is no file.
    text: Option<String>,
}

impl Offer<'_> {
    /// Makes it and waits for the answer.
    pub(crate) async fn make(&self) -> Taken {
        let agreed = self.shared.agreed();
        let texts: Vec<NewText> = self.texts.iter().map(|new| self.as_it_ends(new)).collect();
        // Editors that show annotated edits ask by themselves.
        if self.preview && !agreed.annotations {
            return match self.choose(&agreed).await {
                Some(chosen) if chosen == texts => self.apply(&chosen, &agreed, true).await,
                Some(chosen) => match self.apply(&chosen, &agreed, false).await {
                    Taken::All => Taken::Part(chosen),
                    other => other,
                },
                None => Taken::None,
            };
        }
        self.apply(&texts, &agreed, true).await
    }

    /// The text with the line ends of the document that it goes into.
    fn as_it_ends(&self, new: &NewText) -> NewText {
        let before = self.wanted.shown.as_ref().unwrap_or(&self.wanted.text);
        let before = match &new.beside {
            None => Some(before),
            Some(Beside(text)) => text.as_ref(),
        };
        let lines = |text: &String| text.matches('\n').count();
        let is_crlf = before.is_some_and(|text| {
            let pairs = text.matches("\r\n").count();
            pairs > 0 && pairs == lines(text)
        });
        if !is_crlf {
            return new.clone();
        }
        let text = new.text.replace("\r\n", "\n").replace('\n', "\r\n");
        NewText { text, ..new.clone() }
    }

    /// `is_whole` says whether the texts are what was offered.
    async fn apply(&self, texts: &[NewText], agreed: &Agreed, is_whole: bool) -> Taken {
        let mut operations = Vec::new();
        for new in texts {
            match self.old(new, agreed) {
                Ok(old) => operations.extend(self.operations(old, &new.text, agreed)),
                Err(why) => {
                    self.warn(&why).await;
                    return Taken::None;
                }
            }
        }
        let annotations = agreed.annotations.then(|| {
            let annotation = ChangeAnnotation {
                label: format!("zerr: {}", self.wanted.name),
                needs_confirmation: Some(self.preview),
                description: Some(self.summary.to_owned()),
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
        if !matches!(&answer, Ok(answer) if answer.applied) {
            let what = format!("{}; the editor did not take the edit", self.summary);
            self.warn(&what).await;
            return Taken::None;
        }
        let taken =
            if self.preview && agreed.annotations { self.taken(texts).await } else { Taken::All };
        // Of a part nobody said yet what it is.
        if taken == Taken::All && is_whole {
            self.client.show_message(MessageType::INFO, format!("zerr: {}", self.summary)).await;
        }
        taken
    }

    /// What a client that let its user choose left of the texts.
    async fn taken(&self, texts: &[NewText]) -> Taken {
        let mut held = Vec::new();
        for new in texts {
            let text = if new.file == self.wanted.file {
                let before = self.wanted.shown.as_ref().unwrap_or(&self.wanted.text);
                self.changed(before).await
            } else {
                None
            };
            // Of a file that is not open the client's word is all there is.
            let text = text.unwrap_or_else(|| new.text.clone());
            held.push(NewText { text, ..new.clone() });
        }
        let before = self.wanted.shown.as_ref().unwrap_or(&self.wanted.text);
        let same_ends = |texts: &[NewText]| -> Vec<String> {
            texts.iter().map(|new| new.text.replace("\r\n", "\n")).collect()
        };
        if same_ends(&held) == same_ends(texts) {
            Taken::All
        } else if held.iter().all(|one| one.file == self.wanted.file && one.text == *before) {
            Taken::None
        } else {
            Taken::Part(held)
        }
    }

    /// The document's text once it is another one, or after some patience; none where it is closed.
    async fn changed(&self, before: &str) -> Option<String> {
        let now = || {
            let documents = lock(&self.shared.documents);
            documents.get(self.uri.as_str()).map(|document| document.text.as_str().to_owned())
        };
        for _ in 0..LOOKS {
            if now()? != before {
                break;
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        now()
    }

    /// Asks, with the difference before the person's eyes if they want it; none where it is refused.
    async fn choose(&self, agreed: &Agreed) -> Option<Vec<NewText>> {
        const TAKE: &str = "Take it";
        const PIECES: &str = "Hunk by hunk";
        const SHOW: &str = "Show the difference";
        loop {
            let answers = [TAKE, PIECES, SHOW, "Discard"];
            let question = format!("zerr: {}", self.summary);
            match ask(self.client, MessageType::INFO, &question, &answers).await?.as_str() {
                TAKE => {
                    return Some(self.texts.iter().map(|new| self.as_it_ends(new)).collect());
                }
                PIECES => return self.choose_pieces(agreed).await,
                SHOW => self.show_difference(agreed).await,
                _ => return None,
            }
        }
    }

    async fn choose_pieces(&self, agreed: &Agreed) -> Option<Vec<NewText>> {
        const TAKE: &str = "Take";
        let mut chosen = Vec::new();
        let mut is_any = false;
        for new in self.texts {
            let new = &self.as_it_ends(new);
            let old = self.old(new, agreed).ok()?;
            let mut text = Text::new(old.text.clone().unwrap_or_default());
            let hunks = hunks_between(&text, &new.text, Encoding::Utf8);
            let count = hunks.len();
            // From the last one on, so that the places of the others stay what they are.
            for (at, (range, with)) in hunks.into_iter().enumerate().rev() {
                let gone = lines_of(&text, range);
                let question = format!("zerr: hunk {} of {count}:{}", at + 1, shown(&gone, &with));
                let said = ask(self.client, MessageType::INFO, &question, &[TAKE, "Skip"]).await?;
                if said == TAKE {
                    text.replace(range, &with, Encoding::Utf8);
                    is_any = true;
                }
            }
            chosen.push(NewText { text: text.as_str().to_owned(), ..new.clone() });
        }
        is_any.then_some(chosen)
    }

    async fn show_difference(&self, agreed: &Agreed) {
        let mut diff = String::new();
        for new in self.texts {
            let Ok(old) = self.old(new, agreed) else { continue };
            diff.push_str(&pages::difference(&new.file, old.text.as_deref(), &new.text));
        }
        let page = pages::Page::named(format!("{}-offer.diff", self.wanted.name), diff);
        match page.save(&self.wanted.project) {
            Ok(path) => show_file(self.client, self.shared, &path).await,
            Err(error) => self.warn(&format!("the difference cannot be written: {error}")).await,
        }
    }

    async fn warn(&self, what: &str) {
        self.client.show_message(MessageType::WARNING, format!("zerr: {what}")).await;
    }

    /// What a file holds now: the document that the wish came from, which must not have changed,
    /// another open one, a file, or nothing yet.
    fn old(&self, new: &NewText, agreed: &Agreed) -> Result<Old, String> {
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
                .map(|document| (document.text.as_str().to_owned(), document.version))
        };
        let before = self.wanted.shown.as_ref().unwrap_or(&self.wanted.text);
        if is_own && open.as_ref().is_none_or(|(text, _)| text != before) {
            let why = "the document has changed meanwhile; start again, the answer is kept";
            return Err(why.to_owned());
        }
        let current = open.as_ref().map(|(text, _)| text.clone());
        if let Some(Beside(then)) = &new.beside
            && current.or_else(|| std::fs::read_to_string(&new.file).ok()) != *then
        {
            return Err(format!("{} has changed meanwhile; start again", new.file.display()));
        }
        let is_saved =
            |text: &String| std::fs::read_to_string(&new.file).is_ok_and(|it| it == *text);
        match open {
            Some((text, _)) if !is_own && !is_saved(&text) => {
                Err(format!("{} has changes that are not saved", new.file.display()))
            }
            Some((text, version)) => Ok(Old { uri, version: Some(version), text: Some(text) }),
            None => match std::fs::read_to_string(&new.file) {
                Ok(text) => Ok(Old { uri, version: None, text: Some(text) }),
                Err(_) if !agreed.creates_files => {
                    Err(format!("this editor creates no files: {}", new.file.display()))
                }
                Err(_) => Ok(Old { uri, version: None, text: None }),
            },
        }
    }

    /// What makes a file hold a text.
    fn operations(&self, old: Old, new: &str, agreed: &Agreed) -> Vec<DocumentChangeOperation> {
        let Some(text) = old.text else { return created(&old.uri, new) };
        let text = Text::new(text);
        let pieces = if self.preview {
            hunks_between(&text, new, agreed.encoding)
        } else {
            vec![edit_between(&text, new, agreed.encoding)]
        };
        let edits = pieces.into_iter().map(|(range, new_text)| TextEdit { range, new_text });
        vec![edited(old.uri, old.version, edits, agreed.annotations)]
    }
}

/// A hunk in a question.
fn shown(gone: &str, new: &str) -> String {
    let marked = |mark: &'static str, text: &str| -> String {
        text.lines().flat_map(|line| ["\n", mark, line]).collect()
    };
    marked("- ", gone) + &marked("+ ", new)
}

fn lines_of(text: &Text, range: tower_lsp::lsp_types::Range) -> String {
    let (start, end) =
        (text.offset(range.start, Encoding::Utf8), text.offset(range.end, Encoding::Utf8));
    text.as_str().get(start..end).unwrap_or_default().to_owned()
}

pub(crate) fn created(uri: &Uri, text: &str) -> Vec<DocumentChangeOperation> {
    let create = CreateFile { uri: uri.clone(), options: None, annotation_id: None };
    let edit =
        TextEdit { range: tower_lsp::lsp_types::Range::default(), new_text: text.to_owned() };
    vec![
        DocumentChangeOperation::Op(ResourceOp::Create(create)),
        edited(uri.clone(), None, std::iter::once(edit), false),
    ]
}

fn edited(
    uri: Uri,
    version: Option<i32>,
    edits: impl Iterator<Item = TextEdit>,
    annotated: bool,
) -> DocumentChangeOperation {
    let edit = |text_edit| {
        if annotated {
            OneOf::Right(AnnotatedTextEdit { text_edit, annotation_id: ANNOTATION.to_owned() })
        } else {
            OneOf::Left(text_edit)
        }
    };
    DocumentChangeOperation::Edit(TextDocumentEdit {
        text_document: OptionalVersionedTextDocumentIdentifier { uri, version },
        edits: edits.map(edit).collect(),
    })
}
