//! Replies of models and what they are judged to be.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::signature;

const RUST: &str = "fn f(xs: &[i32], n: i32) -> i32";
const PYTHON: &str = "def f(xs: list[int], n: int) -> int:";

fn judge(language: Language, text: &str) -> Result<Function, Flaw> {
    let line = match language {
        Language::Rust => RUST,
        Language::Python => PYTHON,
    };
    let expected = signature::parse(language, line).unwrap();
    let policy = Policy { allowed_calls: vec!["helper".to_owned()], ..Policy::default() };
    parse(language, text, &expected, &policy)
}

fn check(language: Language, text: &str, expect: &Expect) {
    let shown = match judge(language, text) {
        Ok(function) => {
            let Literals { ints, floats, strings, chars } = &function.literals;
            assert_eq!(judge(language, &function.source).as_ref(), Ok(&function));
            format!(
                "{}---\n{}\n---\n{ints:?} {floats:?} {strings:?} {chars:?}\ncalls {:?} recursive {}\nbody {:?}",
                function.source,
                function.normal_form,
                function.calls,
                function.is_recursive,
                function.body_span.text(&function.source)
            )
        }
        Err(flaw) => format!("{flaw}"),
    };
    expect.assert_eq(&shown);
}

fn rust(text: &str, expect: &Expect) {
    check(Language::Rust, text, expect);
}

fn python(text: &str, expect: &Expect) {
    check(Language::Python, text, expect);
}

#[test]
fn a_plain_function_is_a_candidate() {
    rust(
        "/// Doc.\nfn f(xs: &[i32], mut n: i32) -> i32 {   \n    // Adds.\n    n += -1;\r\n    let s = \"a  \n b\";\n    xs.iter().map(|x| x - 0x10).sum::<i32>() + helper(n, 'c', 1.5e3) + s.len() as i32\n}\n\n",
        &expect![[r#"
            /// Doc.
            fn f(xs: &[i32], mut n: i32) -> i32 {
                // Adds.
                n += -1;
                let s = "a  
             b";
                xs.iter().map(|x| x - 0x10).sum::<i32>() + helper(n, 'c', 1.5e3) + s.len() as i32
            }
            ---
            fn f ( xs : & [ i32 ] , mut n : i32 ) -> i32 { n += - 1 ; let s = "a  
             b" ; xs . iter ( ) . map ( | x | x - 0x10 ) . sum :: < i32 > ( ) + helper ( n , 'c' , 1.5e3 ) + s . len ( ) as i32 }
            ---
            ["-1", "16"] ["1.5e3"] ["a  \n b"] ['c']
            calls ["helper"] recursive false
            body "{\n    // Adds.\n    n += -1;\n    let s = \"a  \n b\";\n    xs.iter().map(|x| x - 0x10).sum::<i32>() + helper(n, 'c', 1.5e3) + s.len() as i32\n}""#]],
    );
    python(
        "def f(xs: list[int], n: int) -> int:\n    \"\"\"Doc.\"\"\"\n    # adds\n    if n < -1: return 0x10\n    total = 0   \n    for x in xs:\n        total += x; n -= 1\n    s = '''a  \n b'''\n    return total + helper(n, 1.5e3, 'c' \"d\") if n else f(xs, 0)\n",
        &expect![[r#"
            def f(xs: list[int], n: int) -> int:
                """Doc."""
                # adds
                if n < -1: return 0x10
                total = 0
                for x in xs:
                    total += x; n -= 1
                s = '''a  
             b'''
                return total + helper(n, 1.5e3, 'c' "d") if n else f(xs, 0)
            ---
            def f ( xs : list [ int ] , n : int ) -> int : {
            if n < - 1 : {
            return 0x10 
            }

            total = 0 
            for x in xs : {
            total += x 
            n -= 1 
            }

            s = '''a  
             b''' 
            return total + helper ( n , 1.5e3 , 'c' "d" ) if n else f ( xs , 0 ) 
            }


            ---
            ["-1", "0", "1", "16"] ["1.5e3"] ["a  \n b", "cd"] []
            calls ["f", "helper"] recursive true
            body "\"\"\"Doc.\"\"\"\n    # adds\n    if n < -1: return 0x10\n    total = 0\n    for x in xs:\n        total += x; n -= 1\n    s = '''a  \n b'''\n    return total + helper(n, 1.5e3, 'c' \"d\") if n else f(xs, 0)""#]],
    );
}

#[test]
fn a_frame_around_the_function_is_taken_off() {
    let body = "fn f(xs: &[i32], n: i32) -> i32 {\n    n\n}";
    for reply in [
        format!("```rust\n{body}\n```"),
        format!("Here it is:\n\n```rust\n{body}\n```\nIt returns n."),
        format!("{body}\n```\n"),
        format!("```\n{body}"),
        format!("\n\n{body}\n\n\n"),
        body.replace('\n', "\r\n"),
    ] {
        assert_eq!(judge(Language::Rust, &reply).unwrap().source, format!("{body}\n"), "{reply}");
    }
    let two = format!("```rust\n{body}\n```\nor\n```rust\n{body}\n```");
    assert!(judge(Language::Rust, &two).is_err());
}

#[test]
fn what_is_not_one_function_is_a_flaw() {
    rust("", &expect!["holds no function"]);
    rust("I cannot do that.", &expect!["does not parse: expected `!`"]);
    rust("fn f(xs: &[i32], n: i32) -> i32 {", &expect!["does not parse: brackets do not match"]);
    rust("fn f(xs: &[i32], n: i32) -> i32;", &expect!["holds no function"]);
    rust("fn g(xs: &[i32], n: i32) -> i32 { n }", &expect!["defines `g`"]);
    rust(
        "fn f(xs: &[i32], n: i64) -> i32 { n }",
        &expect!["has another signature: `fn f(xs: &[i32], n: i64) -> i32`"],
    );
    rust(
        "fn f(xs: &[i32], m: i32) -> i32 { m }",
        &expect!["has another signature: `fn f(xs: &[i32], m: i32) -> i32`"],
    );
    rust(
        "fn f<T>(xs: &[i32], n: i32) -> i32 { n }",
        &expect!["has another signature: `fn f<T>(xs: &[i32], n: i32) -> i32`"],
    );
    rust(
        "async fn f(xs: &[i32], n: i32) -> i32 { n }",
        &expect!["has another signature: `async fn f(xs: &[i32], n: i32) -> i32`"],
    );
    rust("fn f(xs: &[i32], n: i32) -> i32 { n }\nfn g() {}", &expect!["defines several functions"]);
    rust(
        "use std::cmp::max;\nfn f(xs: &[i32], n: i32) -> i32 { n }",
        &expect!["holds an import beside the function"],
    );
    rust(
        "struct A;\nfn f(xs: &[i32], n: i32) -> i32 { n }",
        &expect!["holds a type beside the function"],
    );
    rust(
        "#![no_std]\nfn f(xs: &[i32], n: i32) -> i32 { n }",
        &expect!["holds an inner attribute beside the function"],
    );
    rust(
        "fn f(xs: &[i32], n: i32) -> i32 { n + }",
        &expect!["does not parse: unexpected end of input, expected an expression"],
    );
    rust(
        "fn f(xs: &[i32], n: i32) -> i32 { \"\u{202e}\"; n }",
        &expect![[r#"holds the control character '\u{202e}'"#]],
    );
    rust("fn f(xs: &[i32], n: i32) -> i32 { todo!() }", &expect!["holds `todo!`: is unfinished"]);
    rust(
        "fn f(xs: &[i32], n: i32) -> i32 { unsafe { n } }",
        &expect!["holds `unsafe`: sets the language's guarantees aside"],
    );
    rust(
        "fn f(xs: &[i32], n: i32) -> i32 { other(n) }",
        &expect!["holds `other`: is not defined in this function, nor given to it"],
    );
    python("", &expect!["holds no function"]);
    python("I cannot do that.", &expect!["does not parse: unexpected `I cannot do that.`"]);
    python("def f(xs: list[int], n: int) -> int:", &expect!["holds `body`: is unfinished"]);
    python("def g(xs: list[int], n: int) -> int:\n    return n", &expect!["defines `g`"]);
    python("def f(xs, n):\n    return n", &expect!["has another signature: `def f(xs, n):`"]);
    python(
        "def f(xs: list[int], n: int = 0) -> int:\n    return n",
        &expect!["has another signature: `def f(xs: list[int], n: int = 0) -> int:`"],
    );
    python(
        "def f(xs: list[int], n: int) -> int:\n    return n\nprint(1)",
        &expect!["holds a statement beside the function"],
    );
    python(
        "import math\ndef f(xs: list[int], n: int) -> int:\n    return n",
        &expect!["holds an import beside the function"],
    );
    python(
        "def f(xs: list[int], n: int) -> int:\n    return n\ndef g(): pass",
        &expect!["defines several functions"],
    );
    python(
        "@cache\ndef f(xs: list[int], n: int) -> int:\n    return n",
        &expect!["holds a decorator beside the function"],
    );
    python(
        "def f(xs: list[int], n: int) -> int:\n    return n +",
        &expect!["does not parse: unexpected `return n +`"],
    );
    python("def f(xs: list[int], n: int) -> int:\n    ...", &expect!["holds `...`: is unfinished"]);
    python(
        "def f(xs: list[int], n: int) -> int:\n    raise NotImplementedError()",
        &expect!["holds `raise NotImplementedError()`: is unfinished"],
    );
    python(
        "def f(xs: list[int], n: int) -> int:\n    # x\r    import os\n    return n",
        &expect![[r#"holds the control character '\r'"#]],
    );
}

#[test]
fn equal_code_in_other_clothes_has_one_normal_form() {
    let form = |language, text: &str| judge(language, text).unwrap().normal_form;
    assert_eq!(
        form(Language::Rust, "fn f(xs: &[i32], n: i32) -> i32 { n+1 }"),
        form(Language::Rust, "/// Doc\nfn f(xs:&[i32],n:i32)->i32{\n    // one more\n    n + 1\n}"),
    );
    assert_ne!(
        form(Language::Rust, "fn f(xs: &[i32], n: i32) -> i32 { let x = true & & false; n }"),
        form(Language::Rust, "fn f(xs: &[i32], n: i32) -> i32 { let x = true && false; n }"),
    );
    let python = |body: &str| {
        form(Language::Python, &format!("def f(xs: list[int], n: int) -> int:\n{body}"))
    };
    assert_eq!(
        python("    if n: n = 1; n = 2\n    return n"),
        python("  \"\"\"D\"\"\"\n  if n:  # c\n     n = 1\n\n     n=2\n  return n\n"),
    );
    assert_ne!(
        python("    if n:\n        n = 1\n        n = 2\n    return n"),
        python("    if n:\n        n = 1\n    n = 2\n    return n"),
    );
    assert_ne!(python("    return 'a  b'"), python("    return 'a b'"));
    assert_ne!(python("    if n: pass\n    n = 1"), python("    if n: pass; n = 1"));
}

#[test]
fn endless_and_nested_garbage_is_a_flaw() {
    for language in Language::ALL {
        for unit in [
            "(", "[", "{", "!", "x = ", "\"", "'", "if a {", "fn f", "def f(", "-", "\\", "//",
            "#", "λ", "r#", "f\"{", "    ",
        ] {
            let long = unit.repeat(1_000_000 / unit.len());
            assert!(matches!(judge(language, &long), Err(Flaw::TooLong { .. })));
            let wide = unit.repeat(30_000 / unit.len());
            assert!(judge(language, &wide).is_err());
            let head = match language {
                Language::Rust => format!("fn f(xs: &[i32], n: i32) -> i32 {{ {wide}"),
                Language::Python => {
                    format!("def f(xs: list[int], n: int) -> int:\n    return {wide}")
                }
            };
            let _ = judge(language, &head);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_reply_makes_it_panic(text in "[\\PC\n\t]{0,80}") {
        for language in Language::ALL {
            let _ = judge(language, &text);
            let body = match language {
                Language::Rust => format!("{RUST} {{\n{text}\n}}"),
                Language::Python => format!("{PYTHON}\n    {}", text.replace('\n', "\n    ")),
            };
            if let Ok(function) = judge(language, &body) {
                let again = judge(language, &function.source);
                prop_assert_eq!(again, Ok(function));
            }
        }
    }

    #[test]
    fn no_run_of_tokens_makes_it_panic(
        tokens in proptest::collection::vec(
            prop::sample::select(&["fn", "f", "(", ")", "{", "}", "[", "]", "<", ">", "::", "use", "std", "as", "!", "'", "\"", "#", "=", ";", ",", "if", "match", "=>", "|", "&", "mut", "let", "for", "in", "0", "1.", "b'x'", "def", ":", "->", "lambda", "*", "**", "@", "f'{", "}'", "\n", "\n    ", "import", "from", "class", "case", "yield", "vec", "r#\"", "'a"][..]),
            0..60,
        )
    ) {
        let text = tokens.join(" ");
        for language in Language::ALL {
            let _ = judge(language, &text);
            let _ = judge(language, &format!("{RUST} {{ {text} }}"));
            let _ = judge(language, &format!("{PYTHON}\n    {text}\n"));
        }
    }
}
