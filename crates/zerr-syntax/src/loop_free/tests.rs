//! Facts about `loop_free`.

use expect_test::{Expect, expect};

use super::*;

fn refusal(language: Language, text: &str) -> String {
    parse(language, text, "f").unwrap_err().to_string()
}

fn check(language: Language, texts: &[&str], expected: &Expect) {
    let lines: Vec<String> = texts.iter().map(|text| refusal(language, text)).collect();
    expected.assert_eq(&lines.join("\n"));
}

#[test]
fn what_has_no_node_is_named_with_its_line() {
    check(
        Language::Rust,
        &[
            "fn f(x: i32) -> i32 {\n    let mut y = x;\n    while y > 0 { y -= 1; }\n    y\n}",
            "fn f(x: i32) -> f64 { x as f64 }",
            "fn f(x: i32) -> i32 { if let Some(y) = x.checked_add(1) { y } else { 0 } }",
            "fn f(x: i32) -> i32 { #[cfg(test)] { return 1; } x }",
            "fn f(x: i32) -> i32 { let y = &x; *y }",
            "fn f(x: i32) -> i32 { [1, 2][x as usize] }",
            "fn f(x: i32) -> i32 { println!(\"{x}\"); x }",
            "fn f(xs: &[i32]) -> i32 { 0 }",
        ],
        &expect![[r#"
            a loop (line 3) is not translated
            a type that is neither an integer nor a truth value (line 1) is not translated
            an expression of this form (line 1) is not translated
            an attribute (line 1) is not translated
            a reference (line 1) is not translated
            a list (line 1) is not translated
            `println!` of this form (line 1) is not translated
            a type that is neither an integer nor a truth value (line 1) is not translated"#]],
    );
    check(
        Language::Python,
        &[
            "def f(x: int) -> int:\n    while x:\n        x -= 1\n    return x\n",
            "def f(x: int) -> int:\n    return x / 2\n",
            "def f(x: int) -> int:\n    return (lambda: x)()\n",
            "def f(x: int) -> int:\n    return 1 if x in (1, 2) else 0\n",
            "def f(x: float) -> int:\n    return 1\n",
            "import os\ndef f(x: int) -> int:\n    return 1\n",
            "def f(x: int) -> int:\n    try:\n        return 1 // x\n    except ZeroDivisionError:\n        return 0\n",
        ],
        &expect![[r#"
            a loop (line 2) is not translated
            `/` (line 2) is not translated
            a call of `(lambda: x)` (line 2) is not translated
            `in` (line 2) is not translated
            a type that is neither `int` nor `bool` (line 1) is not translated
            anything beside the function (line 1) is not translated
            `try` (line 2) is not translated"#]],
    );
}

#[test]
fn nothing_deep_overflows_the_stack() {
    let sum = vec!["x"; 3_000].join(" + ");
    assert!(parse(Language::Rust, &format!("fn f(x: i32) -> i32 {{ {sum} }}"), "f").is_err());
    let text = format!("def f(x: int) -> int:\n    return {sum}\n");
    assert!(parse(Language::Python, &text, "f").is_err());
}

#[test]
fn both_languages_give_the_same_tree_where_they_mean_the_same() {
    let body = |language, text: &str| parse(language, text, "f").unwrap().body.statements;
    let rust = body(Language::Rust, "fn f(x: bool) -> bool { return !x; }");
    let python = body(Language::Python, "def f(x: bool) -> bool: return not x\n");
    assert_eq!(rust, python);
}
