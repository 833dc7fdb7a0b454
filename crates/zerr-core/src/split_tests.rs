//! Facts about splits.

use expect_test::expect;
use zerr_syntax::Language;

use super::*;
use crate::prompt::{self, Finish};
use crate::spec::{self, Spec};

const SPEC: &str = r#"
name: report
language: [rust, python]
description: "Reports: totals."
reliability: 0.9
functions:
  - name: total_of
    signature:
      rust: "fn total_of(text: &str, factor: i32) -> Result<i32, String>"
      python: "def total_of(text: str, factor: int) -> int"
    description: Parse the numbers in `text` and return their "weighted" total.
    requires: ["factor > 0"]
    examples:
      - {args: ["1,2", 3], returns: {ok: 9}}
      - {args: ["x", 3], returns: {err: "not a number"}, raises: ValueError}
    forbid: [recursion]
"#;

fn specs() -> Vec<Spec> {
    spec::parse(SPEC.as_bytes(), "s").unwrap()
}

fn whole() -> FunctionSpec {
    specs().remove(0).functions.remove(0)
}

const GOOD: &str = "\
For: their weighted total
fn scale(values: &[i32], factor: i32) -> Vec<i32>
Does: multiply every item of `values` by `factor`
Calls: parse_all
Ensures: len(result) == len(values)
fn parse_all(text: &str) -> Result<Vec<i32>, String>
Does: parse comma separated integers";

fn read(text: &str) -> Result<Split, String> {
    Split::read(&whole(), text)
}

#[test]
fn parts_come_with_all_that_is_said_of_them_and_in_the_order_of_their_calls() {
    let split = read(GOOD).unwrap();
    expect![[r#"
        fn parse_all(text: &str) -> Result<Vec<i32>, String>
        Does: parse comma separated integers
        For: their weighted total
        fn scale(values: &[i32], factor: i32) -> Vec<i32>
        Does: multiply every item of `values` by `factor`
        Calls: parse_all
        Ensures: len(result) == len(values)"#]]
    .assert_eq(&split.to_string());
    assert_eq!(read(&split.to_string()).unwrap(), split);
    assert_eq!(read("one function\n").unwrap(), Split::Atomic);
}

#[test]
fn order_and_words_do_not_tell_splits_apart_but_names_types_and_calls_do() {
    let key = |text: &str| read(text).unwrap().class_key();
    let same = GOOD.replace("multiply every item", "scale each value");
    assert_eq!(key(GOOD), key(&same));
    let (scale, parse_all) = GOOD.split_at(GOOD.find("fn parse_all").unwrap());
    assert_eq!(key(GOOD), key(&format!("{parse_all}\n{scale}")));
    assert_eq!(key(GOOD), key(&GOOD.replace("For: their weighted total\n", "")));
    assert_ne!(key(GOOD), key(&GOOD.replace("\nCalls: parse_all", "")));
    assert_ne!(key(GOOD), key(&GOOD.replace("factor: i32", "factor: i64")));
    assert_ne!(key(GOOD), key(&GOOD.replace("parse_all", "read_all")));
    assert_ne!(key(GOOD), key("one function"));
}

#[test]
fn what_does_not_fit_together_is_a_red_flag() {
    let part = |signature: &str, more: &str| format!("{signature}\nDoes: something\n{more}\n");
    let check = |text: &str, wanted: &str| {
        let why = read(text).unwrap_err();
        assert!(why.contains(wanted), "{why}");
    };
    let (a, b) = ("fn a(x: &str) -> i32", "fn b(x: &str) -> i32");
    check(&(part(a, "Calls: b") + &part(b, "Calls: a")), "a, b call each other in a circle");
    check(&part(a, "Calls: a"), "in a circle");
    check(&part(a, "Calls: c"), "`c` is called and not among the parts");
    check(&(part(a, "") + &part(a, "")), "two functions are called `a`");
    check(&part("fn total_of(x: &str) -> i32", ""), "as large as the whole");
    let whole = whole();
    check(&format!("{a}\nDoes: {}", whole.description), "as large as the whole");
    let of_number = r#"{name: t, language: rust, functions: [{name: f, description: d, signature: "fn f(x: i32) -> i32"}]}"#;
    let number = spec::parse(of_number.as_bytes(), "s").unwrap().remove(0).functions.remove(0);
    let taking = part("fn a(items: &[i32]) -> i32", "");
    let why = Split::read(&number, &taking).unwrap_err();
    assert!(why.contains("nothing supplies the"), "{why}");
    let giving = taking + &part("fn b(x: i32) -> Vec<i32>", "");
    assert!(Split::read(&number, &giving).is_ok());
    check(&part("fn a(x: Shape) -> i32", ""), "zerr knows no values");
    check(&part("fn a(x) -> i32", ""), "is no signature");
    check(a, "it is not said what `a` does");
    check("Does: something", "before any signature");
    check(&format!("For: the weighted sum\n{}", part(a, "")), "is not in the description");
    check("For: parse the numbers\nFor: return\n", "no signature follows `For: parse the numbers`");
    check(&(part(a, "") + "For: the numbers"), "no signature follows `For: the numbers`");
    check("For:\n", "is not in the description");
    assert!(read(&format!("For: the  Numbers in text.\n{}", part(a, ""))).is_ok());
    check("Sure! First we parse.", "is no signature");
    check(&part(a, "Ensures: result > y"), "`result > y` of `a`");
    let many: String = (0..9).map(|i| part(&format!("fn a{i}(x: &str) -> i32"), "")).collect();
    check(&many, "more than 8 parts");
}

#[test]
fn a_reply_is_flagged_as_for_every_role() {
    let whole = whole();
    assert!(prompt::decompose(0, &whole).is_none() && prompt::decompose(3, &whole).is_none());
    let prompt = prompt::decompose(2, &whole).unwrap();
    let parse = |text: &str, finish: Finish| {
        let reply = RawReply { text: text.into(), finish, invalid_utf8: false, tokens: 9 };
        Split::parse(&whole, &prompt, &reply)
    };
    assert!(parse(GOOD, Finish::Stop).is_ok());
    assert_eq!(parse(GOOD, Finish::Length).unwrap_err().kind(), "truncated");
    assert_eq!(parse(" ", Finish::Stop).unwrap_err().kind(), "empty");
    assert_eq!(parse("no idea", Finish::Stop).unwrap_err().kind(), "bad_split");
    let echo = prompt.messages[0].content.as_str();
    assert_eq!(parse(echo, Finish::Stop).unwrap_err().kind(), "echoed_prompt");
}

#[test]
fn a_split_spec_reads_back_with_its_parts_in_both_languages() {
    let specs = specs();
    let Split::Parts(parts) = read(GOOD).unwrap() else { panic!("parts") };
    let splits = Splits::from([("total_of".to_owned(), parts)]);
    let text = spec::write(&specs, &splits);
    expect![[r#"
        name: report
        description: "Reports: totals."
        language: [rust, python]
        reliability: 0.9
        functions:
          - name: parse_all
            signature:
              rust: "fn parse_all(text: &str) -> Result<Vec<i32>, String>"
              python: "def parse_all(text: str) -> list[int]"
            description: "parse comma separated integers"

          - name: scale
            # for: "their weighted total"
            signature:
              rust: "fn scale(values: &[i32], factor: i32) -> Vec<i32>"
              python: "def scale(values: list[int], factor: int) -> list[int]"
            description: "multiply every item of `values` by `factor`"
            depends_on: ["parse_all"]
            ensures: ["len(result) == len(values)"]

          - name: total_of
            signature:
              rust: "fn total_of(text: &str, factor: i32) -> Result<i32, String>"
              python: "def total_of(text: str, factor: int) -> int"
            description: "Parse the numbers in `text` and return their \"weighted\" total."
            depends_on: ["parse_all", "scale"]
            requires: ["factor > 0"]
            forbid: ["recursion"]
            examples:
              - {args: ["1,2", 3], returns: {ok: 9}}
              - {args: ["x", 3], returns: {err: "not a number"}, raises: ValueError}
    "#]]
    .assert_eq(&text);
    let back = spec::parse(text.as_bytes(), "s").unwrap();
    for (spec, back) in specs.iter().zip(&back) {
        assert_eq!(back.functions.len(), 3);
        let mut function = back.functions[2].clone();
        function.depends_on.clear();
        assert_eq!(function, spec.functions[0]);
    }
    assert_eq!(spec::parse(spec::write(&specs, &Splits::new()).as_bytes(), "s").unwrap(), specs);
    // Whichever language is named first.
    let turned = SPEC.replace("[rust, python]", "[python, rust]");
    let specs = spec::parse(turned.as_bytes(), "s").unwrap();
    assert_eq!(specs[0].language, Language::Python);
    let written = spec::write(&specs, &Splits::new());
    assert_eq!(spec::parse(written.as_bytes(), "s").unwrap(), specs, "{written}");
}
