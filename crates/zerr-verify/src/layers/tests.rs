//! The layers and formatters with the real tools.

use zerr_core::verdict::{LayerId, LayerOutcome, LayerVerdict};
use zerr_exec::Cancel;
use zerr_syntax::Language;

use super::Unit;
use crate::testing::toolchain;
use crate::toolchain::{MissingTool, Toolchain};

fn check_with(toolchain: &Toolchain, language: Language, text: &str) -> Vec<LayerOutcome> {
    let unit = Unit { language, functions: &[], text };
    let layers = toolchain.layers(language);
    layers.iter().map(|layer| layer.check(&unit, &Cancel::new()).unwrap()).collect()
}

fn check(language: Language, text: &str) -> Vec<LayerOutcome> {
    check_with(toolchain(), language, text)
}

#[test]
fn a_sound_rust_file_passes_and_names_the_compiler() {
    let outcomes = check(Language::Rust, "pub fn f(x: i32) -> i32 {\n    x + 1\n}\n");
    let tools = outcomes.iter().map(|outcome| outcome.tool.as_ref().unwrap().name.as_str());
    assert_eq!(tools.collect::<Vec<_>>(), ["rustc", "rustc", "clippy"]);
    for outcome in outcomes {
        assert_eq!(outcome.verdict, LayerVerdict::Passed, "{outcome:?}");
    }
}

#[test]
fn an_ill_typed_rust_file_fails_at_its_line() {
    let outcomes = check(Language::Rust, "pub fn f(x: i32) -> i32 {\n    \"x\"\n}\n");
    assert_eq!(outcomes[0].verdict, LayerVerdict::Passed);
    assert_eq!(outcomes[1].verdict, LayerVerdict::Failed);
    let finding = &outcomes[1].findings[0];
    assert_eq!((finding.rule.as_str(), finding.line()), ("E0308", Some(2)));
}

#[test]
fn a_rust_file_that_does_not_parse_fails_both_layers() {
    let outcomes = check(Language::Rust, "pub fn f() {\n    let = 3;\n}\n");
    for outcome in &outcomes[..2] {
        assert_eq!(outcome.verdict, LayerVerdict::Failed);
        assert_eq!(outcome.findings[0].line(), Some(2));
    }
}

#[test]
fn unsafe_code_and_files_of_the_machine_fail_the_types() {
    let unsafe_code = "pub fn f() {\n    unsafe { std::hint::unreachable_unchecked() }\n}\n";
    assert_eq!(check(Language::Rust, unsafe_code)[1].verdict, LayerVerdict::Failed);
    let include = "pub const X: &str = include_str!(\"/etc/passwd\");\n";
    assert_eq!(check(Language::Rust, include)[1].verdict, LayerVerdict::Failed);
}

#[test]
fn cpython_judges_the_syntax_of_python() {
    let good = check(Language::Python, "def f(x: int) -> int:\n    return x\n");
    assert_eq!(good[0].verdict, LayerVerdict::Passed);
    assert_eq!(good[0].layer, LayerId::Syntax);
    // Parses as a tree, but not for CPython.
    let bad = check(Language::Python, "def f():\n    pass\nreturn 1\n");
    assert_eq!(bad[0].verdict, LayerVerdict::Failed);
    assert_eq!(bad[0].findings[0].line(), Some(3));
}

/// ty is not everywhere: where it is missing, the layer has to say so.
#[test]
fn ty_refutes_a_wrong_type_or_says_that_it_did_not_run() {
    let wrong = "def f(x: int) -> str:\n    return x\n";
    let outcome = check(Language::Python, wrong).remove(1);
    match &toolchain().ty {
        Ok(_) => {
            assert_eq!(outcome.verdict, LayerVerdict::Failed, "{outcome:?}");
            assert_eq!(outcome.findings[0].line(), Some(2));
            assert!(outcome.tool.unwrap().version.starts_with("0."));
            let right = "def f(x: int) -> str:\n    return str(x)\n";
            assert_eq!(check(Language::Python, right)[1].verdict, LayerVerdict::Passed);
        }
        Err(_) => assert!(matches!(outcome.verdict, LayerVerdict::NotRun { .. })),
    }
}

#[test]
fn a_missing_tool_is_not_run_and_says_what_helps() {
    let mut toolchain = toolchain().clone();
    let gone = |tool| MissingTool { tool, message: "not found".into(), hint: "get it" };
    toolchain.ty = Err(gone("ty"));
    toolchain.rust = Err(gone("rustc"));
    toolchain.ruff = Err(gone("ruff"));
    let outcomes = [
        check_with(&toolchain, Language::Rust, "").remove(1),
        check_with(&toolchain, Language::Python, "").remove(1),
    ];
    for outcome in outcomes {
        let LayerVerdict::NotRun { why } = outcome.verdict else { panic!("{outcome:?}") };
        assert!(why.ends_with("not found; get it"), "{why}");
    }
    let error = toolchain.runner(Language::Rust).err().unwrap();
    assert_eq!(error.hint(), Some("get it"));
    let python = toolchain.runner(Language::Python).unwrap();
    let formatted = python.format("x=1\n", &Cancel::new()).unwrap();
    assert_eq!((formatted.text.as_str(), formatted.tool), ("x=1\n", None));
    assert!(formatted.note.unwrap().contains("get it"));
}

#[test]
fn a_rust_file_is_formatted_or_left_alone_with_a_note() {
    let rust = toolchain().runner(Language::Rust).unwrap();
    let formatted = rust.format("pub fn f ( )->i32{1}", &Cancel::new()).unwrap();
    assert_eq!(formatted.text, "pub fn f() -> i32 {\n    1\n}\n", "{:?}", formatted.note);
    assert_eq!(formatted.tool.unwrap().name, "rustfmt");
    let broken = rust.format("pub fn f ( {", &Cancel::new()).unwrap();
    assert_eq!(broken.text, "pub fn f ( {");
    assert!(broken.note.is_some());
}

#[test]
fn a_python_file_is_formatted_where_ruff_is() {
    let python = toolchain().runner(Language::Python).unwrap();
    let formatted = python.format("def f( x ):\n  return x", &Cancel::new()).unwrap();
    match &toolchain().ruff {
        Ok(_) => assert_eq!(formatted.text, "def f(x):\n    return x\n", "{:?}", formatted.note),
        Err(_) => assert!(formatted.note.is_some()),
    }
}

#[test]
fn lints_that_speak_of_mistakes_refute_and_others_only_warn() {
    let lints = |language, text| check(language, text).remove(2);
    let ugly = lints(Language::Rust, "pub fn f(x: i32) -> i32 {\n    return x;\n}\n");
    assert_eq!(ugly.verdict, LayerVerdict::Passed);
    assert_eq!(ugly.findings[0].rule, "clippy::needless_return");
    let wrong = lints(Language::Rust, "pub fn f(x: i32) -> i32 {\n    x & 0\n}\n");
    assert_eq!(
        (wrong.verdict, wrong.findings[0].line()),
        (LayerVerdict::Failed, Some(2)),
        "{:?}",
        wrong.findings
    );
    let unused = lints(Language::Python, "def f(x: int) -> int:\n    y = 1\n    return x\n");
    assert_eq!(
        (&unused.verdict, unused.findings[0].rule.as_str()),
        (&LayerVerdict::Passed, "F841")
    );
    let unknown = lints(Language::Python, "def f(x: int) -> int:\n    return y\n");
    assert_eq!((unknown.verdict, unknown.findings[0].line()), (LayerVerdict::Failed, Some(2)));
}
