//! `explain`: what the words and numbers that zerr uses mean. Main function: [`run`].

use crate::args::ExplainArgs;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// Group, word, meaning.
const WORDS: &[(&str, &str, &str)] = &[
    (
        "verdict",
        "verified",
        "Votes decided it, every layer that ran passed, and at least one oracle that is independent of the samples (an example or a contract) is strong enough to tell mutants apart. Only this is written by default.",
    ),
    (
        "verdict",
        "agreed",
        "Votes decided it and nothing refuted it, but no strong independent oracle pins it down. Shown, and written with `--accept-agreed` only. Add examples or `ensures` to the spec.",
    ),
    (
        "verdict",
        "undecided",
        "No class of candidates may be called the winner: no sample could be used, samples or time ran out, one vote is not safely more often right than wrong, or the task is outside of what the model says that it knows. Nothing is written. A larger model, smaller functions or more examples help.",
    ),
    (
        "verdict",
        "refuted",
        "Every class that led was refuted by a layer, or the assembled file was. Nothing is written.",
    ),
    ("red flag", "empty", "The reply held nothing but whitespace."),
    ("red flag", "truncated", "The reply was cut off at a limit."),
    ("red flag", "too_long", "The reply is longer than a function of a plan may be."),
    ("red flag", "invalid_utf8", "The reply held bytes that are no text."),
    (
        "red flag",
        "no_code",
        "The reply held prose or a code block of its own instead of plain code.",
    ),
    ("red flag", "echoed_prompt", "The reply repeats the prompt."),
    ("red flag", "unparsable", "The code does not parse."),
    ("red flag", "other_name", "The code defines a function of another name."),
    ("red flag", "other_signature", "The function has other parameters or another result."),
    ("red flag", "extra_items", "There is more in the reply than the one function."),
    (
        "red flag",
        "no_effect",
        "A statement makes a value and drops it, such as `x == 1;`: words that slipped in.",
    ),
    (
        "red flag",
        "forbidden",
        "The code holds a construct that generated code may not hold, such as unsafe code, macros that read files, or what the spec forbids.",
    ),
    (
        "red flag",
        "bad_split",
        "The parts that were proposed for a function do not fit together: they call each other in a circle, name what nobody defines, take what nothing supplies, or are as large as the whole.",
    ),
    ("layer", "syntax", "The text parses: rustc, CPython."),
    ("layer", "types", "The compiler (rustc) or type checker (ty) accepts it."),
    (
        "layer",
        "contracts",
        "`requires` and `ensures` hold on everything that was observed; judged outside the candidate's process.",
    ),
    (
        "layer",
        "unit_tests",
        "The examples of the spec come out as given; compared outside the candidate's process.",
    ),
    (
        "layer",
        "properties",
        "What a spec states (`ensures`, `properties`) on many drawn calls; what breaks it is told by the simplest call that was found.",
    ),
    (
        "layer",
        "static_analysis",
        "Lints: clippy and ruff, under zerr's rules for generated code (only what they call a mistake refutes) and under the project's own for people's. Functions that zerr wrote and somebody changed are told too.",
    ),
    (
        "layer",
        "security",
        "Generated code: forbidden constructs, which are a red flag before anything is counted. People's code: secrets in texts, advisories for lock files.",
    ),
    (
        "layer",
        "performance",
        "Whether the cost of calls grows no faster than the spec's `complexity` and stays within its `budget`: instructions under callgrind for Rust, events of the tracer for Python. The other word is consistent with: counts prove nothing.",
    ),
    (
        "layer",
        "formal",
        "Z3 and bounded exhaustive checks, for generated functions over numbers and truth values. Bounded is never called proved, a counterexample has to reproduce, and a proof has to agree with what was observed.",
    ),
    (
        "layer",
        "oracle_strength",
        "Whether examples and contracts tell small changes of the winner (mutants) apart from it, and are not met by what always gives the same, or an argument as it is. If they do not, the verdict is agreed at best.",
    ),
];

pub(crate) fn run(console: Console, args: &ExplainArgs) -> Result<Exit, Failure> {
    let codes = Exit::ALL.map(|exit| {
        ("exit code", exit.code().to_string(), format!("{}.", capital(exit.meaning())))
    });
    let words =
        WORDS.iter().map(|(group, word, text)| (*group, (*word).to_owned(), (*text).to_owned()));
    let all: Vec<_> = codes.into_iter().chain(words).collect();
    let wanted =
        args.word.as_deref().map(|word| word.trim().to_lowercase().replace(['-', ' '], "_"));
    let found: Vec<_> = all
        .iter()
        .filter(|(_, word, _)| wanted.as_ref().is_none_or(|wanted| wanted == word))
        .collect();
    if found.is_empty() {
        let known: Vec<&str> = all.iter().map(|(_, word, _)| word.as_str()).collect();
        return Err(Failure::usage(format!(
            "zerr has no word {:?}",
            args.word.as_deref().unwrap_or("")
        ))
        .hint(format!("the words are {}", known.join(", "))));
    }
    for (group, word, text) in found {
        console.data_line(&format!("{word} ({group}): {text}"));
    }
    Ok(Exit::Verified)
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use zerr_core::sample::RedFlag;
    use zerr_core::verdict::{LayerId, Verdict};

    use super::*;

    fn is_explained(group: &str, word: &str) -> bool {
        WORDS.iter().any(|(at, known, _)| *at == group && *known == word)
    }

    #[test]
    fn every_layer_and_verdict_is_explained() {
        for layer in LayerId::ALL {
            assert!(is_explained("layer", layer.name()), "{}", layer.name());
        }
        for verdict in [Verdict::Verified, Verdict::Agreed, Verdict::Undecided, Verdict::Refuted] {
            assert!(is_explained("verdict", &verdict.to_string()), "{verdict}");
        }
    }

    #[test]
    fn every_red_flag_is_explained() {
        let text = String::new;
        let flags = [
            RedFlag::Empty,
            RedFlag::Truncated,
            RedFlag::TooLong { tokens: 1 },
            RedFlag::InvalidUtf8,
            RedFlag::NoCode,
            RedFlag::EchoedPrompt,
            RedFlag::Unparsable { message: text() },
            RedFlag::OtherName { found: text() },
            RedFlag::OtherSignature { found: text() },
            RedFlag::ExtraItems { what: text() },
            RedFlag::NoEffect { statement: text() },
            RedFlag::Forbidden { construct: text(), why: text() },
        ];
        for flag in flags {
            assert!(is_explained("red flag", flag.kind()), "{}", flag.kind());
        }
    }
}
