//! Samples that were drawn before, or that a test wrote: [`RecordedSampler`].
//!
//! # Invariants
//! - Stateless: the draw with index `i` of a subject gets the subject's sample number `i`, so that
//!   a resumed run hears the same again.

use std::{
    collections::BTreeMap,
    io::{self, BufRead},
};

use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;
use zerr_wire::ModelInfo;

use crate::{Drawn, Finish, SampleError, SampleEvent, SampleFuture, SampleRequest, Sampler, Usage};

/// Plays samples back. A request's [`subject`](SampleRequest::subject) is a task's id or its entry
/// point; a draw's index is the number of the sample, so one subject's draws are numbered through.
#[derive(Clone, Debug)]
pub struct RecordedSampler {
    model: ModelInfo,
    by_subject: BTreeMap<String, Vec<String>>,
    any_subject: Option<Vec<String>>,
}

/// One line of a recording, as far as a sampler needs it.
#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    task_id: Option<String>,
    #[serde(default)]
    entry_point: Option<String>,
    #[serde(default)]
    model: Option<String>,
    samples: Vec<RecordedText>,
}

/// A sample is a text, or an object that says more about it.
#[derive(Deserialize)]
#[serde(untagged)]
enum RecordedText {
    Text(String),
    Object {
        #[serde(alias = "solution", alias = "code")]
        text: String,
    },
}

impl RecordedSampler {
    /// Reads a recording: JSON lines with `samples`, and `task_id` or `entry_point` or both. Lines
    /// of one subject are joined in order. Where two tasks share an entry point, both are found by
    /// their id, and the first by the entry point.
    ///
    /// # Errors
    /// [`SampleError::Recording`] with the line's number, from 1.
    pub fn from_lines(reader: impl BufRead) -> Result<Self, SampleError> {
        let mut by_subject: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut task_of_entry_point: BTreeMap<String, Option<String>> = BTreeMap::new();
        let mut model_name = None;
        for (index, line) in reader.lines().enumerate() {
            let bad = |reason: String| SampleError::Recording { line: index + 1, reason };
            let line = line.map_err(|error: io::Error| bad(error.to_string()))?;
            if line.trim().is_empty() {
                continue;
            }
            let line: Line = serde_json::from_str(&line).map_err(|error| bad(error.to_string()))?;
            let samples: Vec<String> = line.samples.into_iter().map(RecordedText::text).collect();
            model_name = model_name.or(line.model);
            if line.task_id.is_none() && line.entry_point.is_none() {
                return Err(bad("neither `task_id` nor `entry_point`".into()));
            }
            if let Some(entry_point) = line.entry_point {
                let task = task_of_entry_point
                    .entry(entry_point.clone())
                    .or_insert_with(|| line.task_id.clone());
                if *task == line.task_id {
                    by_subject.entry(entry_point).or_default().extend(samples.iter().cloned());
                }
            }
            if let Some(task_id) = line.task_id {
                by_subject.entry(task_id).or_default().extend(samples);
            }
        }
        let name = model_name.map_or_else(|| "recorded".into(), |name| format!("recorded {name}"));
        Ok(Self { model: info(name, &by_subject, &[]), by_subject, any_subject: None })
    }

    /// The same samples whatever the subject is.
    pub fn scripted(samples: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let samples: Vec<String> = samples.into_iter().map(Into::into).collect();
        let by_subject = BTreeMap::new();
        let model = info("scripted".into(), &by_subject, &samples);
        Self { model, by_subject, any_subject: Some(samples) }
    }

    /// Samples by subject.
    pub fn scripted_by_subject(
        samples: impl IntoIterator<Item = (impl Into<String>, Vec<String>)>,
    ) -> Self {
        let by_subject: BTreeMap<_, _> =
            samples.into_iter().map(|(subject, samples)| (subject.into(), samples)).collect();
        Self { model: info("scripted".into(), &by_subject, &[]), by_subject, any_subject: None }
    }

    /// The subjects that have samples, in order.
    pub fn subjects(&self) -> impl Iterator<Item = &str> {
        self.by_subject.keys().map(String::as_str)
    }

    fn samples_of(&self, subject: &str) -> Option<&[String]> {
        self.by_subject.get(subject).or(self.any_subject.as_ref()).map(Vec::as_slice)
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
            let (text, finish) = cut(sample, request);
            let drawn = Drawn {
                index: draw.index,
                seed: draw.seed,
                text,
                finish,
                tokens: 0,
                prompt_tokens: 0,
                invalid_utf8: false,
                ms: 0,
            };
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
    fn text(self) -> String {
        match self {
            Self::Text(text) | Self::Object { text } => text,
        }
    }
}

/// What a live model would have delivered of this text: without the prefill it may repeat, and up
/// to the first stop text.
fn cut(sample: &str, request: &SampleRequest) -> (String, Finish) {
    let text = sample.strip_prefix(request.prefill.as_str()).unwrap_or(sample);
    let stops = request.stop.iter().filter(|stop| !stop.is_empty());
    match stops.filter_map(|stop| text.find(stop.as_str())).min() {
        Some(end) => (text[..end].to_owned(), Finish::Stop),
        None => (text.to_owned(), Finish::EndOfTurn),
    }
}

fn info(
    name: String,
    by_subject: &BTreeMap<String, Vec<String>>,
    any_subject: &[String],
) -> ModelInfo {
    let mut hash = Sha256::new();
    let mut size_bytes = 0;
    for text in by_subject.iter().flat_map(|(subject, samples)| samples.iter().chain([subject])) {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
        size_bytes += text.len() as u64;
    }
    for text in any_subject {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
        size_bytes += text.len() as u64;
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
