//! Facts about `sample`.

use crate::prompt::{Finish, RawReply, function};
use crate::spec;

use super::*;

const SPEC: &str = "
name: t
language: [rust, python]
functions:
  - name: double
    signature: {rust: 'fn double(x: i32) -> i32', python: 'def double(x: int) -> int'}
    description: Twice.
    depends_on: [add]
  - name: add
    signature: {rust: 'fn add(a: i32, b: i32) -> i32', python: 'def add(a: int, b: int) -> int'}
    description: The sum.
";

/// The candidate's text, or the red flag's kind.
fn check(code: &str, expected: Result<&str, &str>) {
    let specs = spec::parse(SPEC.as_bytes(), "s").unwrap();
    let f = &specs[usize::from(code.contains("def "))].functions[1];
    let prompt = function(1, f, &[], None).unwrap();
    let reply =
        RawReply { text: code.to_owned(), finish: Finish::Stop, invalid_utf8: false, tokens: 9 };
    let judged = judge(f, &prompt, &reply);
    let found = judged.as_ref().map(|candidate| candidate.source.as_str()).map_err(RedFlag::kind);
    assert_eq!(found, expected, "{judged:?}");
}

#[test]
fn one_function_of_the_asked_signature_is_a_candidate() {
    check(
        "fn double(x: i32) -> i32 {\n    add(x, x)\n}",
        Ok("fn double(x: i32) -> i32 {\n    add(x, x)\n}\n"),
    );
    check(
        "fn double(x: i32) -> i32 { add(x, x); let y = x == 0; if y { return 0; } x * 2 }",
        Ok("fn double(x: i32) -> i32 { add(x, x); let y = x == 0; if y { return 0; } x * 2 }\n"),
    );
    check(
        "def double(x: int) -> int:\n    return x * 2\n",
        Ok("def double(x: int) -> int:\n    return x * 2\n"),
    );
}

#[test]
fn anything_else_is_flagged() {
    check("fn triple(x: i32) -> i32 { x }", Err("other_name"));
    check("fn double(x: i64) -> i64 { x }", Err("other_signature"));
    check("fn double(x: i32) -> i32 { x ", Err("unparsable"));
    check("fn double(x: i32) -> i32 { x }\nfn add2(x: i32) -> i32 { x }", Err("extra_items"));
    check("fn double(x: i32) -> i32 { unsafe { x } }", Err("forbidden"));
    check("fn double(x: i32) -> i32 { format!(\"<!\"); x * 2 }", Err("no_effect"));
    check("fn double(x: i32) -> i32 { if x == 0 { x == 0; } x * 2 }", Err("no_effect"));
    check("def double(x: int) -> int:\n    x == 2\n    return x * 2\n", Err("no_effect"));
    check("fn double(x: i32) -> i32 { std::fs::remove_file(\"a\"); x }", Err("forbidden"));
    check("Here is the fn double you want.", Err("unparsable"));
    check("Sure!", Err("no_code"));
    check("def double(x: int) -> int:\n    return (x\n", Err("unparsable"));
    check("def double(x: int) -> int:\n    return eval('x')\n", Err("forbidden"));
    check("", Err("empty"));
}
