//! What a run leaves open, asked on the terminal; the answer becomes an example of the function.
//! Main function: [`settled`].

use std::fmt::Write as _;
use std::io::{self, BufRead, IsTerminal as _};

use zerr_core::event::SpecSource;
use zerr_core::report::Report;
use zerr_core::run::Question;
use zerr_core::verdict::Verdict;
use zerr_engine::Interrupt;
use zerr_syntax::add_examples;

use crate::args::MessageFormat;
use crate::console::{Console, Loudness};
use crate::outcome::{self, count};

/// The source with the answer in the function's documentation; none where nothing is open, nobody is
/// there to ask, or the question is left alone.
pub(crate) fn settled(
    console: Console,
    source: &SpecSource,
    report: &Report,
    interrupt: &Interrupt,
) -> Option<SpecSource> {
    let SpecSource::Hole { name, text, language, line, project: None } = source else {
        return None;
    };
    let is_there = io::stdin().is_terminal()
        && io::stderr().is_terminal()
        && console.format == MessageFormat::Human
        && console.loudness > Loudness::Quiet
        && !interrupt.is_stopped();
    let step = report.steps.last()?;
    let is_open = matches!(step.verdict, Verdict::Agreed | Verdict::Undecided);
    let question = step.questions.first().filter(|_| is_there && is_open)?;
    console.note(outcome::render(report, console.loudness).trim_end());
    console.note(&asked(&step.name, question));
    let example = answer(question, &mut io::stdin().lock())?;
    let Some(text) = add_examples::added(*language, text, *line, &[example.to_owned()]) else {
        console.note("the answer fits nowhere in its documentation: write it there, and try again");
        return None;
    };
    Some(SpecSource::Hole {
        name: name.clone(),
        text,
        language: *language,
        line: *line,
        project: None,
    })
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
}
