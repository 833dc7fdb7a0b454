//! Samples that were drawn before, or that a test wrote: [`RecordedSampler`].
//!
//! # Invariants
//! - Stateless: the draw with index `i` of a subject gets the subject's sample number `i`, so that
//!   a resumed run hears the same again.

use std::{
    collections::BTreeMap,
    io::{self, BufRead},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;
use zerr_wire::ModelInfo;

use crate::{Drawn, Finish, SampleError, SampleEvent, SampleFuture, SampleRequest, Sampler, Usage};

/// Plays samples back. A request's [`subject`](SampleRequest::subject) is a task's id or an entry
/// point, with or without its language or role in front (`rust:clamp`, `decompose:report`); a draw's index is the number of the
/// sample, so one subject's draws are numbered through.
#[derive(Clone, Debug)]
pub struct RecordedSampler {
    model: ModelInfo,
    by_subject: BTreeMap<String, Vec<RecordedText>>,
    any_subject: Option<Vec<RecordedText>>,
}

/// One line of a recording: samples of one subject, in the order of their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedLine {
    /// The task's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_id: Option<String>,
    /// The function's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry_point: Option<String>,
    /// `rust` or `python`, where one name stands for functions of both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The head of the function with its documentation, for who reads a recording without its spec.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// What was asked for, where it was not the function: `decompose`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// What drew them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What that says of itself; the first line that has one counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<serde_json::Value>,
    /// The samples.
    pub samples: Vec<RecordedText>,
}

/// A sample is a text, or an object that says more about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RecordedText {
    /// The raw text, with or without what stops it.
    Text(String),
    /// The text and how it ended.
    Object {
        /// The raw text.
        #[serde(alias = "solution", alias = "code")]
        text: String,
        /// How it ended; found from the stop texts when it is not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        finish: Option<RecordedFinish>,
        /// The model's bytes were not UTF-8.
        #[serde(default)]
        invalid_utf8: bool,
        /// Tokens generated, 0 where that is not known.
        #[serde(default)]
        tokens: u32,
    },
}

/// [`Finish`] as a recording spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordedFinish {
    /// At a stop text.
    Stop,
    /// By itself.
    EndOfTurn,
    /// At the limit of tokens.
    Length,
    /// At the end of the model's context.
    Context,
}

impl RecordedSampler {
    /// Reads a recording: JSON lines with `samples`, and `task_id` or `entry_point` or both. Lines
    /// of one subject are joined in order. Where two tasks share an entry point, both are found by
    /// their id, and the first by the entry point.
    ///
    /// # Errors
    /// [`SampleError::Recording`] with the line's number, from 1.
    pub fn from_lines(reader: impl BufRead) -> Result<Self, SampleError> {
        let mut lines = Vec::new();
        for (index, line) in reader.lines().enumerate() {
            let bad = |reason: String| SampleError::Recording { line: index + 1, reason };
            let line = line.map_err(|error: io::Error| bad(error.to_string()))?;
            // Some editors mark a file's beginning.
            let text = if index == 0 { line.trim_start_matches('\u{feff}') } else { &line };
            if text.trim().is_empty() {
                continue;
            }
            let line: RecordedLine =
                crate::lenient::from_str(text).map_err(|error| bad(error.to_string()))?;
            lines.push((index + 1, line));
        }
        Self::numbered(lines)
    }

    /// The same of lines that are read already.
    ///
    /// # Errors
    /// As [`Self::from_lines`].
    pub fn of(lines: impl IntoIterator<Item = RecordedLine>) -> Result<Self, SampleError> {
        Self::numbered((1..).zip(lines))
    }

    fn numbered(
        lines: impl IntoIterator<Item = (usize, RecordedLine)>,
    ) -> Result<Self, SampleError> {
        let mut by_subject: BTreeMap<String, Vec<RecordedText>> = BTreeMap::new();
        let mut task_of_entry_point: BTreeMap<String, Option<String>> = BTreeMap::new();
        let (mut model_name, mut card) = (None, None);
        for (number, line) in lines {
            let samples = line.samples;
            model_name = model_name.or(line.model);
            card = card.or(line.card);
            let of = |kind: Option<&String>, name: String| match kind {
                Some(kind) => format!("{kind}:{name}"),
                None => name,
            };
            let kind = line.role.as_ref().or(line.language.as_ref());
            if line.task_id.is_none() && line.entry_point.is_none() {
                let reason = "neither `task_id` nor `entry_point`".into();
                return Err(SampleError::Recording { line: number, reason });
            }
            // What else was asked for a task is none of its samples.
            let task_id = line.task_id.clone().map(|task| of(line.role.as_ref(), task));
            let entry_point = line.entry_point.map(|name| of(kind, name));
            if let Some(entry_point) = entry_point.filter(|name| Some(name) != task_id.as_ref()) {
                let task = task_of_entry_point
                    .entry(entry_point.clone())
                    .or_insert_with(|| line.task_id.clone());
                if *task == line.task_id {
                    by_subject.entry(entry_point).or_default().extend(samples.iter().cloned());
                }
            }
            if let Some(task_id) = task_id {
                by_subject.entry(task_id).or_default().extend(samples);
            }
        }
        let name = model_name.map_or_else(|| "recorded".into(), |name| format!("recorded {name}"));
        let model = ModelInfo { card, ..info(name, &by_subject, &[]) };
        Ok(Self { model, by_subject, any_subject: None })
    }

    /// The same samples whatever the subject is.
    pub fn scripted(samples: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let samples: Vec<RecordedText> =
            samples.into_iter().map(|text| RecordedText::Text(text.into())).collect();
        let by_subject = BTreeMap::new();
        let model = info("scripted".into(), &by_subject, &samples);
        Self { model, by_subject, any_subject: Some(samples) }
    }

    /// The subjects that have samples, in order.
    pub fn subjects(&self) -> impl Iterator<Item = &str> {
        self.by_subject.keys().map(String::as_str)
    }

    fn samples_of(&self, subject: &str) -> Option<&[RecordedText]> {
        // A name alone stands for the function, not for what else is asked for it.
        let bare = || {
            let (kind, name) = subject.split_once(':')?;
            self.by_subject.get(name).filter(|_| matches!(kind, "rust" | "python"))
        };
        let found = self.by_subject.get(subject).or_else(bare);
        found.or(self.any_subject.as_ref()).map(Vec::as_slice)
    }

    fn play(
        &self,
        request: &SampleRequest,
        sink: &UnboundedSender<SampleEvent>,
        cancel: &CancellationToken,
    ) -> Result<(), SampleError> {
        let subject = &request.subject;
        let samples = self
            .samples_of(subject)
            .ok_or_else(|| SampleError::NotRecorded { subject: subject.clone() })?;
        for draw in &request.draws {
            if cancel.is_cancelled() {
                return Err(SampleError::Cancelled);
            }
            let Some(sample) = samples.get(draw.index as usize) else {
                let available = samples.len();
                return Err(SampleError::RecordingExhausted {
                    subject: subject.clone(),
                    available,
                });
            };
            let drawn = sample.drawn(draw.index, draw.seed, request);
            sink.send(SampleEvent::Drawn(drawn)).map_err(|_| SampleError::Cancelled)?;
        }
        sink.send(SampleEvent::Done(Usage::default())).map_err(|_| SampleError::Cancelled)
    }
}

impl Sampler for RecordedSampler {
    fn model(&self) -> &ModelInfo {
        &self.model
    }

    fn sample(
        &self,
        request: SampleRequest,
        sink: UnboundedSender<SampleEvent>,
        cancel: CancellationToken,
    ) -> SampleFuture<'_> {
        Box::pin(async move { self.play(&request, &sink, &cancel) })
    }
}

impl RecordedText {
    /// The raw text.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Object { text, .. } => text,
        }
    }

    fn drawn(&self, index: u32, seed: u32, request: &SampleRequest) -> Drawn {
        let (said, invalid_utf8, tokens) = match self {
            Self::Text(_) => (None, false, 0),
            Self::Object { finish, invalid_utf8, tokens, .. } => (*finish, *invalid_utf8, *tokens),
        };
        // One that says how it ended is what a model delivered, stop texts and prefill taken off.
        let whole = |finish| (self.text().to_owned(), finish);
        let (text, finish) = match said {
            None => cut(self.text(), request),
            Some(RecordedFinish::Stop) => whole(Finish::Stop),
            Some(RecordedFinish::EndOfTurn) => whole(Finish::EndOfTurn),
            Some(RecordedFinish::Length) => whole(Finish::Length),
            Some(RecordedFinish::Context) => whole(Finish::Context),
        };
        Drawn { index, seed, text, finish, tokens, prompt_tokens: 0, invalid_utf8, ms: 0 }
    }
}

/// What a live model would have delivered of this text: without the prefill, or the fence that it
/// begins with, which it may repeat, and up to the first stop text.
fn cut(sample: &str, request: &SampleRequest) -> (String, Finish) {
    let prefill = request.prefill.as_str();
    let fence = prefill.split_inclusive('\n').next().unwrap_or_default();
    let text = sample.strip_prefix(prefill).or_else(|| sample.strip_prefix(fence));
    let text = text.unwrap_or(sample);
    let stops = request.stop.iter().filter(|stop| !stop.is_empty());
    match stops.filter_map(|stop| text.find(stop.as_str())).min() {
        Some(end) => (text[..end].to_owned(), Finish::Stop),
        None => (text.to_owned(), Finish::EndOfTurn),
    }
}

fn info(
    name: String,
    by_subject: &BTreeMap<String, Vec<RecordedText>>,
    any_subject: &[RecordedText],
) -> ModelInfo {
    let mut hash = Sha256::new();
    let mut size_bytes = 0;
    let mut add = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
        size_bytes += text.len() as u64;
    };
    for (subject, samples) in by_subject {
        for sample in samples {
            add(&format!("{sample:?}"));
        }
        add(subject);
    }
    for sample in any_subject {
        add(&format!("{sample:?}"));
    }
    ModelInfo {
        name,
        sha256: hex(&hash.finalize()),
        size_bytes,
        architecture: "recorded".into(),
        parameters: 0,
        context_tokens: u32::MAX,
        vocab: 0,
        backend: "recorded".into(),
        threads: 0,
        has_chat_template: true,
        load_ms: 0,
        card: None,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
#[path = "recorded_tests.rs"]
mod tests;
