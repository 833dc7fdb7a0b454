//! Facts about `spec::from_hole`.

use expect_test::{Expect, expect};
use zerr_syntax::holes;

use super::super::{FunctionSpec, from_hole, tests::line};
use super::*;

/// The spec of the hole in the marked line (`<-`), or its mistakes.
fn check(language: Language, text: &str, expected: &Expect) {
    let marked = text.lines().position(|line| line.ends_with("<-")).unwrap() + 1;
    let text = text.replace("<-", "");
    let hole = holes::hole_at(language, &text, marked).expect("a hole in the marked line");
    let found = match from_hole(&hole, language, "src/lib.rs", &text) {
        Ok(spec) => {
            assert_eq!(spec.functions.len(), 1);
            let function = spec.functions.first().unwrap();
            let mut shown = format!("{}\n{}\n", function.signature.text, function.description);
            for example in &function.examples {
                shown.extend([&example.text, "\n"]);
            }
            shown
        }
        Err(errors) => errors.iter().map(line).collect(),
    };
    expected.assert_eq(&found);
}

#[test]
fn documentation_becomes_description_and_examples() {
    check(
        Language::Rust,
        r#"
use std::fmt;

/// Clamps `x` between `lo` and `hi`.
///
/// A range upside down is left alone.
///
/// # Examples
///
/// ```
/// assert_eq!(clamp(5, 0, 3), 3);
/// assert_eq!(clamp(-1, 0, 3), 0);
/// ```
pub fn clamp(x: i32, lo: i32, hi: i32) -> i32 {
    todo!() <-
}
"#,
        &expect![[r#"
            pub fn clamp(x: i32, lo: i32, hi: i32) -> i32
            Clamps `x` between `lo` and `hi`. A range upside down is left alone.
            clamp(5, 0, 3) == 3
            clamp(-1, 0, 3) == 0
        "#]],
    );
    check(
        Language::Python,
        r#"
def shout(text: str, times: int) -> str:
    """Return `text` in upper case.

    shout("a", 2) == "AA"

    >>> shout("hi", 1)
    'HI'
    """
    raise NotImplementedError <-
"#,
        &expect![[r#"
            def shout(text: str, times: int) -> str:
            Return `text` in upper case.
            shout("a", 2) == "AA"
            shout("hi", 1) == "HI"
        "#]],
    );
}

#[test]
fn a_sentence_that_looks_like_an_example_stays_a_sentence() {
    check(
        Language::Rust,
        "/// Returns n so that square(n) == x, or None.\nfn root(x: u32) -> Option<u32> {\n    todo!() <-\n}\n",
        &expect![[r#"
            fn root(x: u32) -> Option<u32>
            Returns n so that square(n) == x, or None.
        "#]],
    );
}

#[test]
fn mistakes_point_into_the_file() {
    check(
        Language::Rust,
        r#"
/// Doubles.
/// ```
/// assert_eq!(double(300), 44);
/// assert_eq!(double(1, 2), 4);
/// assert_eq!(double(3), 6);
/// assert_eq!(double(3), 7);
/// ```
fn double(x: u8) -> u8 {
    todo!() <-
}
"#,
        &expect![[r#"
            4:23 300 does not fit u8 [300] (u8 holds 0 to 255)
            5:16 2 arguments where 1 are wanted [double(1, 2)] (the signature is `fn double(x: u8) -> u8`)
            7:16 `double(3) == 7` contradicts an earlier example [double(3)] (the earlier one says `double(3) == 6`)
        "#]],
    );
    check(
        Language::Rust,
        "/// Reads.\nfn read(f: &File) -> String {\n    todo!() <-\n}\n",
        &expect![[r#"
            2:13 zerr knows no values of type `File` [File] (use types of the standard library that hold plain values: numbers, texts, lists, maps, sets, tuples, optional values and results)
        "#]],
    );
    // What only looks like its examples says no types, and is told.
    check(
        Language::Python,
        "def sort_words(xs):\n    \"\"\"Sort.\n\n    sort_list(['b']) => ['b']\n    \"\"\"\n    raise NotImplementedError <-\n",
        &expect![[r#"
            1:5 `sort_words` cannot be written: missing type of parameter `xs` [sort_words] (`sort_list` is no example of `sort_words`; if it should be, write `sort_words`)
        "#]],
    );
    check(
        Language::Rust,
        "fn silent(x: u8) -> u8 {\n    todo!() <-\n}\n",
        &expect![[r#"
        1:4 `silent` has no documentation to go by [silent] (say above it what it does, best with an example or two)
    "#]],
    );
    check(
        Language::Rust,
        "fn told(x: u8) -> u8 {\n    todo!(\"halve x, rounding up\") <-\n}\n",
        &expect![[r#"
            fn told(x: u8) -> u8
            halve x, rounding up
        "#]],
    );
}

#[test]
fn what_looks_like_an_example_and_is_none_is_remembered() {
    let unread = |doc: &str| {
        let doc: Vec<String> = doc.lines().map(|line| format!("/// {line}\n")).collect();
        let text = format!("{}fn twice(x: i32) -> i32 {{\n    todo!()\n}}\n", doc.concat());
        let hole = holes::holes(Language::Rust, &text).remove(0);
        let function = from_hole(&hole, Language::Rust, "a.rs", &text).unwrap().functions.remove(0);
        let same = FunctionSpec { unread: None, ..function.clone() };
        assert_eq!(function.content_hash(), same.content_hash());
        function.unread
    };
    assert_eq!(unread("Doubles.\n`twice(1) == 2`"), None);
    assert!(
        unread("Doubles, so that twice(3) will be 6").is_some_and(|said| said.contains("twice(3)"))
    );
    // What is said beside a call whose example was read, and what is a contract, is none.
    assert_eq!(unread("Doubles.\n`twice(3) == 6`\ntwice(3) is 3 and 3 again."), None);
    assert_eq!(unread("Doubles.\n`twice(1) == 2`\nproperty: twice(2) >= 1"), None);
}
