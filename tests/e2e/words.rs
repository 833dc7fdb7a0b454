//! Functions asked for in words: on standard input, and in comments.

use std::io::Write as _;
use std::process::Stdio;

use crate::support::{Project, code, stderr, stdout};

const WORDS: &str = "\
Write `def count_vowels(text: str) -> int` that counts the vowels (a, e, i, o, u) in the text, in upper or lower case.

count_vowels(\"hello\") == 2
count_vowels(\"\") == 0
count_vowels(\"XYZ\") == 0
count_vowels(\"AEIOU aeiou\") == 10
count_vowels(\"Rhythm and blues\") == 3
";

fn asked(project: &Project, args: &[&str], words: &str) -> std::process::Output {
    let mut child = project
        .zerr(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(words.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn words_on_standard_input_become_code_on_standard_output() {
    let project = Project::with(&[]);
    let output = asked(&project, &["generate", "-"], WORDS);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("def count_vowels(text: str) -> int:"), "{text}");
    let refused = asked(&project, &["generate", "-"], "sort the list");
    assert_eq!(code(&refused), 2);
    let said = stderr(&refused);
    assert!(said.contains("names no function") && said.contains("fn add(a: i32"), "{said}");
}

#[test]
fn a_comment_that_asks_for_a_function_is_replaced_by_it() {
    let lines: String = WORDS
        .lines()
        .enumerate()
        .map(|(at, line)| match (at, line) {
            (0, line) => format!("# TODO(zerr): {line}\n"),
            (_, "") => "#\n".to_owned(),
            (_, line) => format!("# {line}\n"),
        })
        .collect();
    let text = format!("x = 1\n\n{lines}\ny = 2\n");
    let project = Project::with(&[("texts.py", &text)]);
    let output = project.run(["generate", "texts.py:3"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let written = project.read("texts.py");
    assert!(
        written.starts_with("x = 1\n\ndef count_vowels(text: str) -> int:\n    \"\"\"\n"),
        "{written}"
    );
    assert!(written.ends_with("\n\ny = 2\n") && !written.contains("TODO"), "{written}");
    // A file that changed meanwhile is still not touched: here nothing asks any more.
    let again = project.run(["generate", "texts.py:3"]);
    assert_eq!(code(&again), 2, "{}", stderr(&again));
}
