//! Functions whose specs leave something open: the answer becomes an example, and a written function is
//! opened again to be written by it. Main functions: [`reopened`], [`answered`].

use zerr_core::run::Question;
use zerr_syntax::{Language, add_examples, holes, site};

/// Answers that one question offers.
pub(crate) const CHOICES_MAX: usize = 3;

/// The text with the body of the written function at this line, from 1, taken out again.
pub(crate) fn reopened(language: Language, text: &str, line: usize) -> Option<String> {
    let site = site::site_at(language, text, line)?;
    let open = match language {
        Language::Rust => "{\n    todo!()\n}",
        Language::Python => "raise NotImplementedError",
    };
    let (before, rest) = text.split_at_checked(site.body.start)?;
    let behind = rest.get(site.body.end - site.body.start..)?;
    let line_end = if behind.is_empty() { "\n" } else { "" };
    let new = format!("{before}{open}{line_end}{behind}");
    holes::hole_at(language, &new, line).map(|_| new)
}

/// The text with an example in the documentation of the unfinished function at this line.
pub(crate) fn answered(
    language: Language,
    text: &str,
    line: usize,
    example: &str,
) -> Option<String> {
    add_examples::added(language, text, line, &[example.to_owned()])
}

/// The question in words; its choices are the buttons.
pub(crate) fn asked(question: &Question) -> String {
    let votes: Vec<String> = question
        .choices
        .iter()
        .take(CHOICES_MAX)
        .map(|choice| {
            let s = if choice.votes == 1 { "" } else { "s" };
            format!("`{}` ({} vote{s})", choice.example, choice.votes)
        })
        .collect();
    format!("what `{}` gives is not stated: {}", question.call, votes.join(", or "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_function_is_opened_again_and_takes_the_answer() {
        let python = "def f(x: int) -> int:\n    \"\"\"Double.\"\"\"\n    y = x\n    return y + y\n\n\nz = 1\n";
        let open = reopened(Language::Python, python, 1).unwrap();
        let with = answered(Language::Python, &open, 1, "f(0) == 0").unwrap();
        assert_eq!(
            with,
            "def f(x: int) -> int:\n    \"\"\"Double.\n\n    f(0) == 0\n    \"\"\"\n    raise NotImplementedError\n\n\nz = 1\n"
        );
        let rust = "/// Doubles.\npub fn f(x: i32) -> i32 {\n    x * 2\n}\n";
        let open = reopened(Language::Rust, rust, 2).unwrap();
        let with = answered(Language::Rust, &open, 2, "f(0) == 0").unwrap();
        assert_eq!(
            with,
            "/// Doubles.\n/// f(0) == 0\npub fn f(x: i32) -> i32 {\n    todo!()\n}\n"
        );
        assert_eq!(reopened(Language::Rust, "struct A;\n", 1), None);
    }
}
