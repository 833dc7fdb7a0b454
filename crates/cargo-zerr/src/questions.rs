//! What a run leaves open, asked on the terminal; the answer becomes an example of the function.
//! Main functions: [`settled`], [`keep`].

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, BufRead, IsTerminal as _};
use std::path::Path;

use zerr_core::event::SpecSource;
use zerr_core::hash::Hash;
use zerr_core::report::{self, Report};
use zerr_core::run::Question;
use zerr_core::spec;
use zerr_core::verdict::Verdict;
use zerr_engine::Interrupt;
use zerr_syntax::{Language, add_examples};

use crate::args::MessageFormat;
use crate::console::{Console, Loudness};
use crate::outcome::{self, count};
use crate::write::{self, Change, Expected, Guard};

/// Questions that somebody left alone: by function and call.
pub(crate) type LeftOpen = BTreeSet<(String, String)>;

/// The source with the answers in the function's documentation, or in the spec; none where nothing is open,
/// nobody is there to ask, or all questions are left alone. One question a function: the next run shows what is
/// open then.
pub(crate) fn settled(
    console: Console,
    source: &SpecSource,
    report: &Report,
    left: &mut LeftOpen,
    interrupt: &Interrupt,
) -> Option<SpecSource> {
    if matches!(source, SpecSource::Hole { project: Some(_), .. }) {
        return None;
    }
    let is_there = io::stdin().is_terminal()
        && io::stderr().is_terminal()
        && console.format == MessageFormat::Human
        && console.loudness > Loudness::Quiet
        && !interrupt.is_stopped();
    let open = if is_there { open(report, source, left) } else { Vec::new() };
    if open.is_empty() {
        return None;
    }
    console.note(outcome::render(report, console.loudness).trim_end());
    let mut settled = source.clone();
    for (name, language, question) in open {
        console.note(&asked(name, &question));
        let answer = answer(&question, &mut io::stdin().lock());
        if interrupt.is_stopped() {
            break;
        }
        match answer.and_then(|example| with(&settled, name, language, example)) {
            Some(with) => settled = with,
            None => {
                left.insert((name.to_owned(), question.call.clone()));
            }
        }
    }
    (settled != *source).then_some(settled)
}

/// The first question of each function that is not left alone, with the answers that its spec has a place for.
fn open<'r>(
    report: &'r Report,
    source: &SpecSource,
    left: &LeftOpen,
) -> Vec<(&'r str, Language, Question)> {
    let mut found: Vec<(&str, Language, Question)> = Vec::new();
    for step in &report.steps {
        let (name, Some(language)) = (step.name.as_str(), step.language) else { continue };
        let is_open = matches!(step.verdict, Verdict::Agreed | Verdict::Undecided);
        // One answer settles it for both languages.
        if !is_open || found.iter().any(|(known, ..)| *known == name) {
            continue;
        }
        let is_asked = |one: &&Question| !left.contains(&(name.to_owned(), one.call.clone()));
        let fitting = |question: &Question| {
            let mut question = question.clone();
            question.choices.retain(|it| with(source, name, language, &it.example).is_some());
            question
        };
        let asked = step.questions.iter().filter(is_asked).map(fitting);
        let first = asked.into_iter().find(|question| !question.choices.is_empty());
        found.extend(first.map(|question| (name, language, question)));
    }
    found
}

/// The source with an example more of a function; `None` where it has no place for it, or contradicts it.
fn with(source: &SpecSource, function: &str, own: Language, example: &str) -> Option<SpecSource> {
    let mut with = source.clone();
    match &mut with {
        SpecSource::Hole { text, language, line, .. } => {
            *text = add_examples::added(*language, text, *line, &[example.to_owned()])?;
        }
        SpecSource::Yaml { text, .. } => *text = spec::answered(text, function, own, example)?,
    }
    report::specs_of(&with).is_ok().then_some(with)
}

/// Keeps the answers in the file of the spec or of the function, where that is still what was read.
pub(crate) fn keep(console: Console, file: &Path, before: &SpecSource, settled: &SpecSource) {
    let text_of = |source: &SpecSource| match source {
        SpecSource::Yaml { text, .. } | SpecSource::Hole { text, .. } => text.clone(),
    };
    let (read, text) = (text_of(before), text_of(settled));
    let kept = Change::look(file, &text, Guard::Careful).and_then(|change| {
        change.check(Expected::Text(&Hash::of_text("file", &read)))?;
        write::apply(&[change])
    });
    let shown = file.display();
    match kept {
        Ok(()) => console.note(&format!("{shown}: what was answered is among its examples now")),
        Err(why) => {
            console.note(&format!("{shown} does not hold what was answered: {}", why.message));
        }
    }
}

/// The answers side by side, with their numbers.
fn asked(name: &str, question: &Question) -> String {
    let width = question.choices.iter().map(|it| it.example.chars().count()).max().unwrap_or(0);
    let mut text = format!("\nWhat is right? The spec of `{name}` does not say.\n");
    for (at, choice) in question.choices.iter().enumerate() {
        let votes = count(choice.votes as usize, "vote");
        let _ = writeln!(text, "  {}  {:width$}  {votes}", at + 1, choice.example);
    }
    text.push_str(
        "Its number makes it an example, and the function is tried by it; Enter leaves it open.",
    );
    text
}

/// The example that was chosen: by its number, and after some nonsense none.
fn answer<'q>(question: &'q Question, input: &mut impl BufRead) -> Option<&'q str> {
    for _ in 0..3 {
        let mut line = String::new();
        if input.read_line(&mut line).ok()? == 0 || line.trim().is_empty() {
            return None;
        }
        let number: Option<usize> = line.trim().parse().ok();
        let choice = number.and_then(|number| question.choices.get(number.checked_sub(1)?));
        if let Some(choice) = choice {
            return Some(&choice.example);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use zerr_core::run::Choice;

    use super::*;

    #[test]
    fn a_number_chooses_and_anything_else_leaves_it_open() {
        let choice = |example: &str, votes| Choice { example: example.to_owned(), votes };
        let question = Question {
            call: "f([])".to_owned(),
            choices: vec![choice("f([]) == 0", 5), choice("f([]) raises IndexError", 1)],
        };
        let said = |text: &str| answer(&question, &mut text.as_bytes()).map(str::to_owned);
        assert_eq!(said("2\n").as_deref(), Some("f([]) raises IndexError"));
        assert_eq!(said("what\n1\n").as_deref(), Some("f([]) == 0"));
        for text in ["", "\n", "0\n\n", "3\n9\nx\n1\n"] {
            assert_eq!(said(text), None, "{text:?}");
        }
        let text = asked("f", &question);
        assert!(text.contains("  1  f([]) == 0               5 votes\n"), "{text}");
    }

    #[test]
    fn an_answer_goes_into_the_spec_or_the_documentation() {
        let yaml = "name: t\nlanguage: python\nfunctions:\n  - name: f\n    signature: \"def f(xs: list[int]) -> int\"\n    description: d\n";
        let spec = SpecSource::Yaml { name: "t".to_owned(), text: yaml.to_owned(), language: None };
        let Some(SpecSource::Yaml { text, .. }) = with(&spec, "f", Language::Python, "f([]) == 0")
        else {
            panic!("no place");
        };
        assert!(text.contains("- {args: [[]], returns: 0}"), "{text}");
        assert_eq!(with(&spec, "g", Language::Python, "g([]) == 0"), None);
        let hole = SpecSource::Hole {
            name: "f.py".to_owned(),
            text: "def f(x: int) -> int:\n    \"\"\"Double.\"\"\"\n    ...\n".to_owned(),
            language: Language::Python,
            line: 1,
            project: None,
        };
        let Some(SpecSource::Hole { text, .. }) = with(&hole, "f", Language::Python, "f(1) == 2")
        else {
            panic!("no place");
        };
        assert!(text.contains("    f(1) == 2\n"), "{text}");
    }
}
