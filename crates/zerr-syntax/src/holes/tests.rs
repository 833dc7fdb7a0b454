//! Files with unfinished functions.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

fn check(language: Language, text: &str, expect: &Expect) {
    let shown: Vec<String> = holes(language, text)
        .into_iter()
        .map(|hole| {
            assert_eq!(hole_at(language, text, hole.end_line).as_ref(), Some(&hole));
            let item = hole.item_span.text(text);
            let examples: Vec<String> = hole
                .doc_examples
                .iter()
                .map(|it| format!("{} == {}", it.call_text, it.expected_text))
                .collect();
            format!(
                "{}-{} {} {:?}\n  doc {:?} message {:?}\n  body {:?}\n  item starts {:?}\n  {examples:?}",
                hole.line,
                hole.end_line,
                hole.signature_text,
                hole.support,
                hole.doc,
                hole.message,
                hole.body_span.text(text),
                item.lines().next().unwrap_or(""),
            )
        })
        .collect();
    expect.assert_eq(&shown.join("\n"));
}

const RUST: &str = r##"
//! File.
fn done() -> i32 { 1 }

/// Adds.
/// ```
/// assert_eq!(add(1, 2), 3);
/// ```
#[must_use]
// plain
pub fn add(a: i32, b: i32) -> i32 {
    // TODO
    todo!("later")
}

/** Block.
 *  add2(1) == 2
 */
#[doc = " attr"]
fn add2(a: i32) -> i32 { unimplemented!(); }

impl X {
    fn m(&self) -> i32 { todo!() }
    fn n() -> i32 { todo!() }
}
mod q {
    /// in
    fn g<T>(x: T) { std::todo!() }
    fn outer() { fn inner() { todo!() } inner() }
}
fn partly() { let x = 1; todo!() }
"##;

const PYTHON: &str = r#"
import os

def done(x: int) -> int:
    return x

def add(a: int, b: int) -> int:
    """Adds.

        >>> add(1, 2)
        3
    """
    raise NotImplementedError("later")

def dots(
    xs: list[int],
) -> int:  # soon
    ...

def passes() -> None:
    pass

def todo() -> None:
    """TODO: write this"""
    pass

def only_doc() -> None:
    """TODO"""

@cache
def decorated(x: int) -> int: ...

class A:
    def method(self) -> int:
        raise NotImplementedError

def untyped(x):
    raise NotImplementedError
"#;

#[test]
fn unfinished_rust_functions_are_found() {
    check(
        Language::Rust,
        RUST,
        &expect![[r#"
        5-14 pub fn add(a: i32, b: i32) -> i32 Supported
          doc "Adds.\n```\nassert_eq!(add(1, 2), 3);\n```" message Some("later")
          body "{\n    // TODO\n    todo!(\"later\")\n}"
          item starts "/// Adds."
          ["add(1, 2) == 3"]
        16-20 fn add2(a: i32) -> i32 Supported
          doc "Block.\n add2(1) == 2\n\nattr" message None
          body "{ unimplemented!(); }"
          item starts "/** Block."
          ["add2(1) == 2"]
        23-23 fn m(&self) -> i32 Unsupported("methods are not supported")
          doc "" message None
          body "{ todo!() }"
          item starts "fn m(&self) -> i32 { todo!() }"
          []
        24-24 fn n() -> i32 Unsupported("methods are not supported")
          doc "" message None
          body "{ todo!() }"
          item starts "fn n() -> i32 { todo!() }"
          []
        27-28 fn g<T>(x: T) Unsupported("generic functions are not supported")
          doc "in" message None
          body "{ std::todo!() }"
          item starts "/// in"
          []
        29-29 fn inner() Nested("functions inside of functions are not supported")
          doc "" message None
          body "{ todo!() }"
          item starts "fn inner() { todo!() }"
          []"#]],
    );
}

#[test]
fn unfinished_python_functions_are_found() {
    check(
        Language::Python,
        PYTHON,
        &expect![[r#"
        7-13 def add(a: int, b: int) -> int: Supported
          doc "Adds.\n>>> add(1, 2)\n3" message Some("later")
          body "raise NotImplementedError(\"later\")"
          item starts "def add(a: int, b: int) -> int:"
          ["add(1, 2) == 3"]
        15-18 def dots(xs: list[int]) -> int: Supported
          doc "" message None
          body "..."
          item starts "def dots("
          []
        23-25 def todo() -> None: Supported
          doc "TODO: write this" message None
          body "pass"
          item starts "def todo() -> None:"
          []
        27-28 def only_doc() -> None: Supported
          doc "TODO" message None
          body ""
          item starts "def only_doc() -> None:"
          []
        30-31 def decorated(x: int) -> int: Unsupported("decorators are not supported")
          doc "" message None
          body "..."
          item starts "@cache"
          []
        34-35 def method(self) -> int: Unsupported("methods are not supported")
          doc "" message None
          body "raise NotImplementedError"
          item starts "def method(self) -> int:"
          []
        37-38 def untyped(x): Unsupported("missing type of parameter `x`")
          doc "" message None
          body "raise NotImplementedError"
          item starts "def untyped(x):"
          []"#]],
    );
}

#[test]
fn half_typed_text_elsewhere_hides_no_hole() {
    check(
        Language::Rust,
        "fn broken( { let\n\n/// Doc.\n#[inline]\nfn k(x: i32) -> u8 {\n    todo!()\n}\n\nfn half() -> i32 { if x {\n\npub fn last() -> u8 { todo!() }\n",
        &expect![[r#"
            3-7 fn k(x: i32) -> u8 Supported
              doc "Doc." message None
              body "{\n    todo!()\n}"
              item starts "/// Doc."
              []
            11-11 pub fn last() -> u8 Supported
              doc "" message None
              body "{ todo!() }"
              item starts "pub fn last() -> u8 { todo!() }"
              []"#]],
    );
    check(
        Language::Python,
        "def broken(:\n  x = (\n\ndef k(x: int) -> int:\n    \"\"\"Doc.\"\"\"\n    ...\n\nclass A\n    y = [\n\ndef last() -> int:\n    raise NotImplementedError\n",
        &expect![[r#"
            4-6 def k(x: int) -> int: Supported
              doc "Doc." message None
              body "..."
              item starts "def k(x: int) -> int:"
              []
            11-12 def last() -> int: Supported
              doc "" message None
              body "raise NotImplementedError"
              item starts "def last() -> int:"
              []"#]],
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_cut_makes_it_panic(from in 0usize..900, length in 0usize..900, junk in "\\PC{0,5}") {
        for (language, text) in [(Language::Rust, RUST), (Language::Python, PYTHON)] {
            let start = text.floor_char_boundary(from);
            let end = text.floor_char_boundary(start + length);
            let cut = format!("{junk}{}", &text[start..end.max(start)]);
            for hole in holes(language, &cut) {
                prop_assert!(!hole.item_span.text(&cut).is_empty());
                prop_assert!(hole.line >= 1 && hole.line <= hole.end_line);
            }
        }
    }
}

#[test]
fn written_functions_come_with_what_they_call_and_import() {
    let rust = "use std::fmt;\n\n/// Doubles.\n///\n/// `f(2) == 4`\n#[inline]\npub(crate) fn f(x: i32) -> i32 { g(x) + h(1) }\nfn g(x: i32) -> i32 { x }\nstruct S;\nimpl S { fn m(&self) {} }\n";
    let (found, imports) = written(Language::Rust, rust);
    let names: Vec<&str> = found.iter().map(|one| one.function.name.as_str()).collect();
    assert_eq!((names, imports), (vec!["f", "g"], vec!["use std::fmt;".to_owned()]));
    assert_eq!(found[0].source, "fn f(x: i32) -> i32 { g(x) + h(1) }");
    assert_eq!(found[0].function.doc_examples.len(), 1);
    assert_eq!(found[0].calls.iter().map(String::as_str).collect::<Vec<_>>(), ["g", "h"]);
    let python = "import re\n\n\ndef f(x: int) -> int:\n    \"\"\"Doubles.\n\n    >>> f(2)\n    4\n    \"\"\"\n    return g(x)\n\n\nclass C:\n    def m(self): pass\n";
    let (found, imports) = written(Language::Python, python);
    assert_eq!((found.len(), imports), (1, vec!["import re".to_owned()]));
    assert_eq!(found[0].function.doc_examples.len(), 1);
    assert!(found[0].source.starts_with("def f") && found[0].source.ends_with("return g(x)"));
}

#[test]
fn an_import_stands_behind_what_has_to_come_first() {
    for (head, rest) in [
        ("", "def f(): ...\n"),
        ("\"\"\"Doc.\"\"\"\n\n", "import os\n"),
        ("#!/usr/bin/env python3\n", "x = 1\n"),
        (
            "# A licence.\n'''Doc\nmore.'''\nfrom __future__ import (\n    annotations,\n)\n\n",
            "x = 1\n",
        ),
        ("", "# A licence.\nx = 1\n"),
    ] {
        assert_eq!(super::import_place(&format!("{head}{rest}")), head.len(), "{head:?}");
    }
}
