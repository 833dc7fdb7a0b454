//! Facts about `prompt`.

use expect_test::{Expect, expect};

use super::*;
use crate::spec;

const SPEC: &str = r#"
name: t
language: [rust, python]
functions:
  - name: parse_port
    signature:
      rust: "fn parse_port(text: &str, limits: &[u16]) -> Result<u16, String>"
      python: "def parse_port(text: str, limits: list[int]) -> int"
    description: "Return the port number in `text`, or the error \"bad port\"."
    depends_on: [is_digit]
    requires: ["len(limits) == 2", "limits[0] <= limits[1]"]
    ensures: ["len(text) > 0 or true"]
    examples:
      - {args: ["80", [1, 100]], returns: {ok: 80}, raises: ValueError}
      - {args: ["é\"", [1, 65535]], returns: {err: "bad port"}, raises: ValueError}
    forbid: [recursion, unwrap]
  - name: is_digit
    signature:
      rust: "fn is_digit(text: &str) -> bool"
      python: "def is_digit(text: str) -> bool"
    description: "Tell whether `text` is one digit."
"#;

fn functions(language: Language) -> (FunctionSpec, FunctionSpec) {
    let specs = spec::parse(SPEC.as_bytes(), "s").unwrap();
    let spec = specs.into_iter().find(|spec| spec.language == language).unwrap();
    let mut functions = spec.functions.into_iter();
    let (uses, function) = (functions.next().unwrap(), functions.next().unwrap());
    (function, uses)
}

fn prompt(language: Language) -> Prompt {
    let (f, uses) = functions(language);
    function(1, &f, &[&uses], None).unwrap()
}

fn check(prompt: &Prompt, expected: &Expect) {
    let message = prompt.messages.first().unwrap();
    assert_eq!((prompt.messages.len(), message.role.as_str()), (1, "user"));
    expected
        .assert_eq(&format!("{}\n--\n{}--{:?}\n", message.content, prompt.prefill, prompt.stop));
}

#[test]
fn version_1_is_this_text() {
    check(
        &prompt(Language::Rust),
        &expect![[r#"
        Write one Rust function.

        fn parse_port(text: &str, limits: &[u16]) -> Result<u16, String>

        Return the port number in `text`, or the error "bad port".
        Requires: len(limits) == 2
        Requires: limits[0] <= limits[1]
        Ensures: len(text) > 0 or true
        Example: parse_port("80", &[1, 100]) == Ok(80)
        Example: parse_port("é\"", &[1, u16::MAX]) == Err("bad port")
        You may call: fn is_digit(text: &str) -> bool
        Forbidden: recursion
        Forbidden: unwrap

        Reply with one code block that holds only this function.
        --
        ```rust
        --["\n```"]
    "#]],
    );
    check(
        &prompt(Language::Python),
        &expect![[r#"
        Write one Python function.

        def parse_port(text: str, limits: list[int]) -> int:

        Return the port number in `text`, or the error "bad port".
        Requires: len(limits) == 2
        Requires: limits[0] <= limits[1]
        Ensures: len(text) > 0 or true
        Example: parse_port("80", [1, 100]) raises ValueError
        Example: parse_port("é\"", [1, 65535]) raises ValueError
        You may call: def is_digit(text: str) -> bool:
        Forbidden: recursion
        Forbidden: unwrap

        Reply with one code block that holds only this function.
        --
        ```python
        --["\n```"]
    "#]],
    );
}

#[test]
fn a_function_of_which_nothing_more_is_said_has_a_short_prompt() {
    let (_, uses) = functions(Language::Rust);
    check(
        &function(1, &uses, &[], None).unwrap(),
        &expect![[r#"
        Write one Rust function.

        fn is_digit(text: &str) -> bool

        Tell whether `text` is one digit.

        Reply with one code block that holds only this function.
        --
        ```rust
        --["\n```"]
    "#]],
    );
}

#[test]
fn the_newest_version_that_the_model_lists_is_used() {
    assert_eq!(newest_common(Role::Function, None), 3);
    assert_eq!(newest_common(Role::Function, Some(&[1, 7])), 1);
    assert_eq!(newest_common(Role::Function, Some(&[])), 3);
    assert_eq!(function(99, &functions(Language::Rust).0, &[], None), None);
    for version in FUNCTION_VERSIONS {
        assert!(function(*version, &functions(Language::Rust).0, &[], None).is_some());
    }
}

#[test]
fn an_approach_is_one_line_more_and_needs_version_2() {
    let (f, _) = functions(Language::Rust);
    let plain = function(2, &f, &[], None).unwrap();
    assert_eq!(plain.messages, function(1, &f, &[], None).unwrap().messages);
    for approach in Approach::ALL {
        let asked = function(2, &f, &[], Some(approach)).unwrap();
        let line = format!("\nApproach: {}\n", approach.words(Language::Rust));
        assert_eq!(asked.messages[0].content.replace(&line, "\n"), plain.messages[0].content);
        assert_ne!(asked.messages, plain.messages);
        assert_eq!(function(1, &f, &[], Some(approach)), None);
    }
}

#[test]
fn version_3_begins_the_function_and_the_reply_goes_on() {
    for (language, head, body) in [
        (Language::Rust, "fn is_digit(text: &str) -> bool {\n", "    text.len() == 1\n}"),
        (Language::Python, "def is_digit(text: str) -> bool:\n", "    return text.isdigit()"),
    ] {
        let (_, f) = functions(language);
        let (older, newer) =
            (function(2, &f, &[], None).unwrap(), function(3, &f, &[], None).unwrap());
        assert_eq!(older.messages, newer.messages);
        assert_eq!(newer.prefill, format!("{}{head}", older.prefill));
        let whole = format!("{head}{body}");
        // A model may begin anew.
        for text in [body, &whole] {
            assert_eq!(parse_reply(&newer, &reply(text)).as_deref(), Ok(whole.as_str()));
        }
        assert_eq!(parse_reply(&older, &reply(&whole)).as_deref(), Ok(whole.as_str()));
        assert_eq!(parse_reply(&older, &reply(body)).unwrap_err().kind(), "no_code");
        assert_eq!(parse_reply(&newer, &reply("I cannot.")).unwrap_err().kind(), "no_code");
    }
    let (_, f) = functions(Language::Rust);
    let prompt = function(3, &f, &[], None).unwrap();
    assert!(parse_reply(&prompt, &reply("}")).unwrap().ends_with("bool {\n}"));
}

fn reply(text: &str) -> RawReply {
    RawReply { text: text.to_owned(), finish: Finish::Stop, invalid_utf8: false, tokens: 20 }
}

#[test]
fn white_space_around_code_does_not_matter() {
    let prompt = prompt(Language::Rust);
    let code = "fn f() {}";
    for text in ["fn f() {}", "fn f() {}\n\n", "\nfn f() {}  \n", "\r\nfn f() {}\r\n"] {
        assert_eq!(parse_reply(&prompt, &reply(text)).as_deref(), Ok(code));
    }
    let end_of_turn = RawReply { finish: Finish::EndOfTurn, ..reply(code) };
    assert_eq!(parse_reply(&prompt, &end_of_turn).as_deref(), Ok(code));
}

#[test]
fn what_is_not_plain_code_is_flagged() {
    let prompt = prompt(Language::Rust);
    let flag = |reply: &RawReply| parse_reply(&prompt, reply).unwrap_err().kind();
    let whole = &prompt.messages.first().unwrap().content;
    for text in ["", "  \n\t", "\u{a0}"] {
        assert_eq!(flag(&reply(text)), "empty", "{text:?}");
    }
    assert_eq!(flag(&reply(whole)), "echoed_prompt");
    assert_eq!(flag(&reply(&format!("fn f() {{}}\n{whole}"))), "echoed_prompt");
    assert_eq!(flag(&reply("I cannot help with that.")), "no_code");
    assert_eq!(flag(&reply("```rust\nfn f() {}")), "no_code");
    assert_eq!(flag(&reply("fn f() {}\n```\nIt works.")), "no_code");
    assert_eq!(flag(&RawReply { invalid_utf8: true, ..reply("fn f() {}") }), "invalid_utf8");
    for finish in [Finish::Length, Finish::Context, Finish::Cancelled] {
        assert_eq!(flag(&RawReply { finish, ..reply("fn f() {}") }), "truncated");
    }
    assert_eq!(flag(&RawReply { tokens: 10_000, ..reply("fn f() {}") }), "too_long");
}

/// What the embedded model is trained on, as its curriculum renders it.
const TRAINED: &str = include_str!("../../zerr-micro/curriculum/prompts.json");

#[derive(serde::Deserialize)]
struct Pair {
    id: String,
    request: Asked,
    message: String,
    prefill: String,
    reply: String,
    spec: Option<serde_json::Value>,
}

#[derive(serde::Deserialize)]
struct Asked {
    role: Role,
    language: Language,
    source_language: Option<Language>,
    #[serde(default)]
    signature: String,
    approach: Option<Approach>,
    #[serde(default)]
    code: String,
    #[serde(default)]
    rival: String,
    #[serde(default)]
    finding: String,
}

/// The functions that a request is about, the last one above all.
fn functions_of(pair: &Pair) -> Vec<FunctionSpec> {
    let Some(spec) = &pair.spec else { return Vec::new() };
    let text = spec.to_string();
    let specs = spec::parse(text.as_bytes(), &pair.id)
        .unwrap_or_else(|errors| panic!("{}: {errors:?}", pair.id));
    specs.into_iter().next().unwrap().functions
}

/// What the engine would send for a request of the curriculum.
fn rendered(pair: &Pair) -> Prompt {
    let asked = &pair.request;
    let functions = functions_of(pair);
    let whole = || functions.last().unwrap();
    let signature =
        || zerr_syntax::signature::parse(asked.language, asked.signature.trim_end_matches(':'));
    match asked.role {
        Role::Function => {
            let uses: Vec<&FunctionSpec> = functions.iter().take(functions.len() - 1).collect();
            // Dependencies come in the order of the spec, as the curriculum lists them.
            function(3, whole(), &uses, asked.approach).unwrap()
        }
        Role::Decompose => decompose(1, whole()).unwrap(),
        Role::Translate => {
            translate(&signature().unwrap(), asked.source_language.unwrap(), &asked.code)
        }
        Role::Examples => examples(whole()),
        Role::Describe => describe(asked.language, &asked.code),
        Role::Repair => repair(whole(), &asked.code, &asked.finding),
        Role::Distinguish => distinguish(&signature().unwrap(), &asked.code, &asked.rival),
    }
}

#[test]
fn every_role_is_asked_in_the_very_words_that_the_embedded_model_learnt() {
    let pairs: Vec<Pair> = serde_json::from_str(TRAINED).unwrap();
    for role in Role::ALL {
        assert!(pairs.iter().filter(|pair| pair.request.role == role).count() >= 10, "{role:?}");
    }
    for pair in &pairs {
        let prompt = rendered(pair);
        assert_eq!(prompt.messages.len(), 1);
        assert_eq!(prompt.messages[0].content, pair.message, "{}", pair.id);
        assert_eq!(prompt.prefill, pair.prefill, "{}", pair.id);
    }
}

#[test]
fn what_the_embedded_model_learns_to_reply_is_read_without_a_red_flag() {
    let pairs: Vec<Pair> = serde_json::from_str(TRAINED).unwrap();
    for pair in &pairs {
        let (prompt, raw) = (rendered(pair), reply(&pair.reply));
        let functions = functions_of(pair);
        let read = match (pair.request.role, functions.last()) {
            (Role::Function | Role::Repair, Some(function)) => {
                crate::sample::judge(function, &prompt, &raw).map(drop)
            }
            (Role::Decompose, Some(function)) => {
                crate::split::Split::parse(function, &prompt, &raw).map(drop)
            }
            (Role::Describe, _) => parse_sentence(&prompt, &raw).map(drop),
            (Role::Distinguish, _) => {
                let name = pair.reply.split('(').next().unwrap();
                parse_call(&prompt, &raw, name).map(drop)
            }
            _ => parse_reply(&prompt, &raw).map(drop).or_else(|flag| {
                // Examples are calls and no functions.
                if pair.request.role == Role::Examples { Ok(()) } else { Err(flag) }
            }),
        };
        assert!(read.is_ok(), "{} {:?}: {read:?}\n{}", pair.id, pair.request.role, pair.reply);
    }
}
