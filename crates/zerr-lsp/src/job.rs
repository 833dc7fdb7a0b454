//! A wish on its way to the document: progress, questions, and the edit at its end. Main type:
//! [`Job`].

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use tower_lsp::lsp_types::{MessageActionItem, MessageType, ShowDocumentParams, Uri};
use tower_lsp::{Client, UriExt as _};
use zerr_core::run::Question;
use zerr_core::verdict::Verdict;
use zerr_engine::Interrupt;

use crate::background;
use crate::checking::{self, Look};
use crate::generate::{Accepted, NewText, Outcome, Refused, Told, Wanted, Wish, answer, remember};
use crate::offer::{Offer, Taken};
use crate::questions;
use crate::shared::{Shared, lock};

/// Questions of one wish: a spec that stays open after so many is one to be written anew.
const ROUNDS_MAX: usize = 5;

pub(crate) struct Job {
    pub(crate) client: Client,
    pub(crate) shared: Arc<Shared>,
    pub(crate) uri: Uri,
    pub(crate) wanted: Wanted,
    pub(crate) interrupt: Interrupt,
}

/// What a person says of something that only agreed.
enum Said {
    Insert,
    Discard,
    /// A line of documentation that settles what was open.
    Answer(String),
}

impl Job {
    pub(crate) async fn run(mut self) {
        self.tell_document(None).await;
        for _ in 0..ROUNDS_MAX {
            let answer = match self.attempt().await {
                Err(error) => {
                    self.client.show_message(MessageType::ERROR, format!("zerr: {error}")).await;
                    return;
                }
                Ok(Outcome::Refused(refused)) => match self.ask_open(&refused).await {
                    Some(answer) => answer,
                    None => return self.refuse(refused).await,
                },
                Ok(Outcome::Proposed { texts, summary }) => {
                    let offer = self.offer(&texts, &summary, false);
                    if offer.make().await == Taken::All {
                        self.show(&texts).await;
                    }
                    return;
                }
                Ok(Outcome::Offered { texts, verdict, summary, accepted, questions }) => {
                    let said = if verdict == Verdict::Agreed {
                        self.ask_agreed(&summary, questions.first()).await
                    } else {
                        Said::Insert
                    };
                    match said {
                        Said::Discard => return,
                        Said::Insert => return self.insert(texts, &summary, accepted).await,
                        Said::Answer(answer) => answer,
                    }
                }
            };
            if !self.take_answer(&answer) {
                self.warn(&format!("the answer fits nowhere in the documentation: {answer}")).await;
                return;
            }
        }
        let why = format!("`{}` is still open after {ROUNDS_MAX} answers", self.wanted.name);
        self.refuse(why.into()).await;
    }

    /// One run, with its progress.
    async fn attempt(&self) -> Result<Outcome, String> {
        let title = match self.wanted.wish {
            Wish::Generate => format!("zerr: {}", self.wanted.name),
            Wish::Decompose => format!("zerr: parts of {}", self.wanted.name),
            Wish::Examples => format!("zerr: examples of {}", self.wanted.name),
        };
        let Ok(_turn) = self.shared.runs.acquire().await else {
            return Err("the server is ending".to_owned());
        };
        let token = self.shared.token();
        lock(&self.shared.running).insert(token.clone(), self.interrupt.clone());
        let (sender, lines) = tokio::sync::mpsc::unbounded_channel::<Told>();
        let (wanted, interrupt) = (self.wanted.clone(), self.interrupt.clone());
        let work = background::run(move || {
            let mut tell = |told: Told| drop(sender.send(told));
            answer(&wanted, &mut tell, &interrupt)
        });
        let (outcome, ()) = tokio::join!(work, self.follow(&token, &title, lines));
        lock(&self.shared.running).remove(&token);
        if let Ok(Outcome::Offered { accepted, .. }) = &outcome {
            let mut status = lock(&self.shared.status);
            let model = &accepted.report().model;
            status.model = Some(model.name.clone());
            status.backend = Some(model.backend.clone());
        }
        self.shared.tell_status(&self.client, None).await;
        outcome
    }

    /// Shows the lines as they come, until the work is done.
    async fn follow(
        &self,
        token: &str,
        title: &str,
        mut lines: tokio::sync::mpsc::UnboundedReceiver<Told>,
    ) {
        let progress = self.shared.progress(&self.client, token, title).await;
        let mut last = String::new();
        while let Some(told) = lines.recv().await {
            if told.line == last {
                continue;
            }
            if let Some(progress) = &progress {
                progress.report_with_message(told.line.clone(), Some(true)).await;
            }
            last.clone_from(&told.line);
            self.shared.tell_status(&self.client, Some(told)).await;
        }
        if let Some(progress) = progress {
            progress.finish().await;
        }
    }

    async fn warn(&self, what: &str) {
        self.client.show_message(MessageType::WARNING, format!("zerr: {what}")).await;
    }

    async fn ask(&self, question: &str, answers: &[&str]) -> Option<String> {
        ask(&self.client, MessageType::WARNING, &format!("zerr: {question}"), answers).await
    }

    /// Asks whether something that only agreed is to be written, or what would settle it.
    async fn ask_agreed(&self, summary: &str, open: Option<&Question>) -> Said {
        const INSERT: &str = "Insert it";
        let mut question = format!("{summary}.");
        let mut answers = choices(open);
        if let Some(open) = open {
            question = format!("{question} And {}.", questions::asked(open));
        }
        let count = answers.len();
        answers.extend([INSERT, "Discard"]);
        match self.ask(&question, &answers).await {
            Some(said) if said == INSERT => Said::Insert,
            Some(said) if answers.iter().take(count).any(|one| *one == said) => Said::Answer(said),
            _ => Said::Discard,
        }
    }

    /// Asks what a run that came to no end could not tell.
    async fn ask_open(&self, refused: &Refused) -> Option<String> {
        let open = refused.questions.first().filter(|_| self.wanted.wish == Wish::Generate)?;
        let question = format!("{}. And {}.", refused.why, questions::asked(open));
        let mut answers = choices(Some(open));
        answers.push("Leave it");
        let said = self.ask(&question, &answers).await?;
        choices(Some(open)).contains(&said.as_str()).then_some(said)
    }

    /// Puts an answer into what the function is read from; whether there was a place for it.
    fn take_answer(&mut self, answer: &str) -> bool {
        let Some((language, line)) = self.wanted.hole else { return false };
        let text = questions::answered(language, &self.wanted.text, line, answer);
        let Some(text) = text else { return false };
        let shown = std::mem::replace(&mut self.wanted.text, text);
        self.wanted.shown.get_or_insert(shown);
        self.wanted.answers += 1;
        true
    }

    /// Says why nothing is offered, at the function and beside it; answers that were given are kept.
    async fn refuse(self, refused: Refused) {
        self.warn(&refused.why).await;
        let is_answered = self.wanted.answers > 0 && !self.wanted.is_reopened;
        if is_answered {
            let (file, text) = (self.wanted.file.clone(), self.wanted.text.clone());
            let texts = [NewText { file, text, beside: None }];
            let summary = format!("your answers, as examples of `{}`", self.wanted.name);
            if self.offer(&texts, &summary, false).make().await != Taken::All {
                return;
            }
        }
        if self.wanted.wish == Wish::Generate && !self.interrupt.is_stopped() {
            self.tell_document(Some((refused.why, refused.related))).await;
        }
    }

    /// Remembers with the document how the function stands, and says so.
    async fn tell_document(&self, why: Option<(String, Vec<String>)>) {
        let hole = self.wanted.hole.filter(|_| !self.wanted.is_comment && !self.wanted.is_reopened);
        let Some((_, line)) = hole else { return };
        {
            let mut documents = lock(&self.shared.documents);
            let Some(document) = documents.get_mut(self.uri.as_str()) else { return };
            document.set_ended(line, why);
        }
        self.shared.publish(&self.client, self.uri.clone()).await;
    }

    /// Offers what was accepted, and remembers as much of it as was taken.
    async fn insert(self, mut texts: Vec<NewText>, summary: &str, accepted: Accepted) {
        let preview = self.shared.agreed().options.preview;
        let taken = self.offer(&texts, summary, preview).make().await;
        let parts = match taken {
            Taken::None => return,
            Taken::All => false,
            Taken::Part(held) => {
                texts = held;
                true
            }
        };
        let wanted = self.wanted.clone();
        let remembered = tokio::task::spawn_blocking(move || remember(&wanted, &texts, &accepted));
        drop(remembered.await);
        if parts {
            let what = "a part of it was taken, which nobody verified: it is looked at again";
            self.client.show_message(MessageType::INFO, format!("zerr: {what}")).await;
            checking::start(&self.client, &self.shared, self.uri.clone(), &Look::Text);
        }
        self.shared.refresh(&self.client);
    }

    fn offer<'a>(&'a self, texts: &'a [NewText], summary: &'a str, preview: bool) -> Offer<'a> {
        Offer {
            client: &self.client,
            shared: &self.shared,
            uri: &self.uri,
            wanted: &self.wanted,
            texts,
            summary,
            preview,
        }
    }

    /// Brings a new file before the person's eyes.
    async fn show(&self, texts: &[NewText]) {
        if let Some(new) = texts.iter().find(|new| new.file != self.wanted.file) {
            show_file(&self.client, &self.shared, &new.file).await;
        }
    }
}

/// The answers that a question offers, as buttons.
fn choices(question: Option<&Question>) -> Vec<&str> {
    let choices = question.into_iter().flat_map(|it| &it.choices);
    choices.take(questions::CHOICES_MAX).map(|choice| choice.example.as_str()).collect()
}

/// A question with buttons; none where it is closed.
pub(crate) async fn ask(
    client: &Client,
    kind: MessageType,
    question: &str,
    answers: &[&str],
) -> Option<String> {
    let item = |title: &&str| MessageActionItem {
        title: (*title).to_owned(),
        properties: HashMap::default(),
    };
    let actions = Some(answers.iter().map(item).collect());
    let said = client.show_message_request(kind, question, actions).await;
    said.ok().flatten().map(|item| item.title)
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
