//! The samples of a run in the form that a recorded sampler plays back, and that is read as tasks. Main
//! function: [`of_log`].

use std::collections::BTreeMap;

use zerr_core::contract::Contract;
use zerr_core::event::{Event, Stamped};
use zerr_core::plan::Purpose;
use zerr_core::prompt::{Finish, RawReply, Role};
use zerr_core::report;
use zerr_core::run::{PROBES, describing, probing, witnessing};
use zerr_core::spec::FunctionSpec;
use zerr_core::witness::{Testimony, Witness};
use zerr_llm::{RecordedFinish, RecordedLine, RecordedText};
use zerr_syntax::Language;

use crate::bench_replay::spec_of_prompt;
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
    let (started, specs, run) = report::replay(log)?;
    let name = specs.first().map_or("", |spec| spec.name.as_str());
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
        let own = function.signature.language;
        let samples = (0..).map_while(|draw| replies.get(&draw)).map(|reply| recorded(reply));
        let line = RecordedLine {
            // The same for every run of a spec, so that recordings of several can be put together.
            task_id: Some(format!("{name}/{}.{}", function.name, own.extension())),
            prompt: head(function).filter(|_| split.is_none()),
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

/// The function as it would stand unfinished in a file: its head, and what is known of it as documentation. `None`
/// for what that cannot say: functions that call others, changed arguments, capabilities.
fn head(function: &FunctionSpec) -> Option<String> {
    let mut lines: Vec<String> = function.description.lines().map(str::to_owned).collect();
    let texts = |contracts: &[Contract]| -> Vec<String> {
        contracts.iter().map(|contract| contract.text.clone()).collect()
    };
    let stated = [
        ("requires", texts(&function.requires)),
        ("ensures", texts(&function.ensures)),
        ("property", function.properties.iter().map(|one| one.text.clone()).collect()),
        ("complexity", function.complexity.iter().map(ToString::to_string).collect()),
        ("budget", function.budget.iter().map(ToString::to_string).collect()),
    ];
    for (word, texts) in stated {
        lines.extend(texts.iter().map(|text| format!("{word}: {text}")));
    }
    lines.push(String::new());
    lines.extend(function.examples.iter().map(|example| example.text.clone()));
    let of = |before: &str| -> String {
        lines.iter().map(|line| format!("{before}{line}").trim_end().to_owned() + "\n").collect()
    };
    let signature = &function.signature.text;
    let head = match function.signature.language {
        Language::Rust => format!("{}{signature} {{\n", of("/// ")),
        Language::Python => {
            // What would end the documentation, or begin an escape, is none.
            let text = of("    ").replace('\\', "\\\\").replace('"', "\\\"");
            format!("{signature}\n    \"\"\"\n{text}    \"\"\"\n")
        }
    };
    let (read, context, _) =
        spec_of_prompt(function.signature.language, &function.name, &head).ok()?;
    (context.is_empty() && read == *function).then_some(head)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn function(fields: &str) -> FunctionSpec {
        let text = format!(
            "name: t\nlanguage: python\nfunctions:\n  - name: f\n    signature: \"def f(xs: list[str]) -> int\"\n{fields}"
        );
        let mut specs = zerr_core::spec::parse(text.as_bytes(), "t").unwrap();
        specs.remove(0).functions.remove(0)
    }

    #[test]
    fn a_head_reads_back_as_the_function_or_there_is_none() {
        let plain = function(
            "    description: How many.\n    requires: [\"len(xs) > 0\"]\n    ensures: [\"result >= 0\"]\n    examples: [{args: [[\"a\\n\", '\"\"\"']], returns: 2}]\n",
        );
        let head = head(&plain).unwrap();
        assert!(head.contains("requires: len(xs) > 0") && head.contains("f(["), "{head}");
        for other in [
            "    description: How many.\n    examples: [{args: [[\"a\"]], returns: 2, after: {xs: []}}]\n",
            "    description: How many.\n    capabilities: [time]\n",
        ] {
            assert_eq!(super::head(&function(other)), None, "{other}");
        }
    }
}
