//! The samples of a run in the form that a recorded sampler plays back. Main function: [`of_log`].

use std::collections::BTreeMap;

use zerr_core::event::{Event, Stamped};
use zerr_core::plan::Purpose;
use zerr_core::prompt::{Finish, RawReply, Role};
use zerr_core::report;
use zerr_core::run::{PROBES, describing, probing, witnessing};
use zerr_core::witness::{Testimony, Witness};
use zerr_llm::{RecordedFinish, RecordedLine, RecordedText};
use zerr_syntax::Language;

use crate::error::EngineError;

/// One line a step, in order of the steps. Samples of a step that was asked for again with
/// another prompt follow those of the first; a draw that never came ends its step's line.
///
/// # Errors
/// A log that is none.
pub(crate) fn of_log(
    log: &[Stamped],
    card: Option<&serde_json::Value>,
) -> Result<String, EngineError> {
    let (started, _, run) = report::replay(log)?;
    let mut drawn: BTreeMap<u64, BTreeMap<u32, &RawReply>> = BTreeMap::new();
    for stamped in log {
        if let Event::Sampled { step, draw, reply, .. } = &stamped.event {
            drawn.entry(*step).or_default().entry(*draw).or_insert(reply);
        }
    }
    // What the model said of a winner is asked for again when the rest is played, and so is what it wrote
    // in the other language.
    let mut said: BTreeMap<u64, &Vec<String>> = BTreeMap::new();
    let mut probes: BTreeMap<u64, &Vec<String>> = BTreeMap::new();
    let mut heard: BTreeMap<u64, (Language, &Testimony)> = BTreeMap::new();
    for stamped in log {
        if let Event::Checked { step, said: sentences, probes: calls, .. } = &stamped.event {
            let found = [(&mut said, sentences), (&mut probes, calls)];
            for (all, texts) in found.into_iter().filter(|(_, texts)| !texts.is_empty()) {
                all.insert(*step, texts);
            }
        }
        if let Event::Checked { step, heard: testimonies, .. } = &stamped.event {
            heard.extend(testimonies.iter().filter_map(|one| match one.witness {
                Witness::Language(language) => Some((*step, (language, one))),
                Witness::Model(_) => None,
            }));
        }
    }
    let split = (started.purpose != Purpose::Write).then(|| Role::Decompose.name().to_owned());
    let mut text = String::new();
    for (step, replies) in drawn {
        let Some(function) = run.plan().functions().get(step as usize) else { continue };
        let samples = (0..).map_while(|draw| replies.get(&draw)).map(|reply| recorded(reply));
        let line = RecordedLine {
            task_id: None,
            entry_point: Some(function.name.clone()),
            language: split.is_none().then(|| function.signature.language.to_string()),
            role: split.clone(),
            model: Some(started.model.name.clone()),
            card: card.filter(|_| text.is_empty()).cloned(),
            samples: samples.collect(),
        };
        // What was no sentence or call is none again.
        let aside = |role: String, texts: &Vec<String>, asked: u32| RecordedLine {
            role: Some(role),
            language: None,
            card: None,
            samples: texts
                .iter()
                .map(|text| RecordedText::Text(format!("{text}\n")))
                .chain(std::iter::repeat(RecordedText::Text(String::new())))
                .take(asked as usize)
                .collect(),
            ..line.clone()
        };
        let own = function.signature.language;
        let asked = run.config().descriptions;
        let described = said.get(&step).map(|texts| aside(describing(own), texts, asked));
        let probed = probes.get(&step).map(|texts| aside(probing(own), texts, PROBES));
        let witnessed = heard.get(&step).map(|(theirs, one)| RecordedLine {
            role: Some(witnessing(*theirs)),
            language: None,
            card: None,
            samples: one.samples.iter().map(recorded).collect(),
            ..line.clone()
        });
        for line in [Some(line), described, probed, witnessed].into_iter().flatten() {
            text.push_str(&serde_json::to_string(&line).unwrap_or_default());
            text.push('\n');
        }
    }
    Ok(text)
}

fn recorded(reply: &RawReply) -> RecordedText {
    RecordedText::Object {
        text: reply.text.clone(),
        finish: Some(match reply.finish {
            Finish::Stop => RecordedFinish::Stop,
            Finish::Length => RecordedFinish::Length,
            Finish::Context => RecordedFinish::Context,
            Finish::EndOfTurn | Finish::Cancelled => RecordedFinish::EndOfTurn,
        }),
        invalid_utf8: reply.invalid_utf8,
        tokens: reply.tokens,
    }
}
