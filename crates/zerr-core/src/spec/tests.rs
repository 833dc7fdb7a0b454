//! Facts about `spec`.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::value::IntKind;

/// Shows every mistake as `line:column message [offending] (hint)`, or the specs in short.
fn shown(text: &str) -> String {
    match parse(text.as_bytes(), "spec.yaml") {
        Ok(specs) => specs.iter().map(summary).collect(),
        Err(errors) => {
            assert!(!errors.is_empty());
            errors.iter().map(line).collect()
        }
    }
}

pub(super) fn line(error: &SpecError) -> String {
    let hint = error.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
    format!("{}:{} {} [{}]{hint}\n", error.line, error.column, error.message, error.offending)
}

fn summary(spec: &Spec) -> String {
    let mut text = format!("{} {} {}\n", spec.name, spec.language, spec.target);
    for function in &spec.functions {
        text.extend(["  ", &function.signature.text, "\n"]);
        for example in &function.examples {
            text.extend(["    ", &example.text, "\n"]);
        }
    }
    text
}

fn check(text: &str, expected: &Expect) {
    expected.assert_eq(&shown(text));
}

/// One Rust function with what `more` says.
fn one(signature: &str, more: &str) -> String {
    let name = signature.split(['(', ' ']).nth(1).unwrap();
    format!(
        "name: t\nlanguage: rust\nfunctions:\n  - name: {name}\n    signature: \"{signature}\"\n    \
         description: Does it.\n{more}"
    )
}

const HELLO: &str = r#"
name: hello_world
language: [rust, python]
description: Greets people.
functions:
  - name: greet
    signature:
      rust: "fn greet(name: &str, hour: u8) -> String"
      python: "def greet(name: str, hour: int) -> str"
    description: >-
      Greets `name`
      as the hour asks.
    depends_on: [salutation]
    requires: ["hour < 24"]
    ensures: ["len(result) > 0"]
    examples:
      - args: ["ada", 9]
        returns: "Good morning, Ada!"
      - args: {name: bob, hour: 20}
        returns: "Good evening, Bob!"
    forbid: [recursion]
  - name: salutation
    signature: {rust: "fn salutation(hour: u8) -> String", python: "def salutation(hour: int) -> str"}
    description: The words for an hour.
    capabilities: [time]
"#;

#[test]
fn a_spec_becomes_one_spec_a_language_dependencies_first() {
    check(
        HELLO,
        &expect![[r#"
            hello_world rust 0.95
              fn salutation(hour: u8) -> String
              fn greet(name: &str, hour: u8) -> String
                greet("ada", 9) == "Good morning, Ada!"
                greet("bob", 20) == "Good evening, Bob!"
            hello_world python 0.95
              def salutation(hour: int) -> str:
              def greet(name: str, hour: int) -> str:
                greet("ada", 9) == "Good morning, Ada!"
                greet("bob", 20) == "Good evening, Bob!"
        "#]],
    );
    let specs = parse(HELLO.as_bytes(), "spec.yaml").unwrap();
    let greet = &specs[0].functions[1];
    assert_eq!(greet.description, "Greets `name` as the hour asks.");
    assert_eq!(greet.forbidden, ["recursion"]);
    assert_eq!(specs[0].functions[0].capabilities, [Capability::Time].into());
    assert_eq!(greet.examples[0].args[1], Value::int(IntKind::U8, 9));
    assert_eq!(specs[1].functions[1].examples[0].args[1], Value::int(IntKind::Big, 9));
}

#[test]
fn a_stored_function_is_the_same_function() {
    for spec in parse(HELLO.as_bytes(), "spec.yaml").unwrap() {
        let json = serde_json::to_string(&spec).unwrap();
        let again: Spec = serde_json::from_str(&json).unwrap();
        assert_eq!(again, spec);
        let hashes = |spec: &Spec| -> Vec<Hash> {
            spec.functions.iter().map(FunctionSpec::content_hash).collect()
        };
        assert_eq!(hashes(&again), hashes(&spec));
    }
}

#[test]
fn only_a_changed_function_has_another_hash() {
    let hashes = |text: &str| -> Vec<Hash> {
        let specs = parse(text.as_bytes(), "s").unwrap();
        specs[0].functions.iter().map(FunctionSpec::content_hash).collect()
    };
    let (before, after) = (hashes(HELLO), hashes(&HELLO.replace("hour < 24", "hour < 23")));
    assert_eq!(before[0], after[0]);
    assert_ne!(before[1], after[1]);
}

#[test]
fn several_mistakes_are_reported_at_once() {
    check(
        r#"name: my task
language: [rust, go]
reliability: 1.5
functions:
  - name: clamp
    signature: "fn clamp(x: i32, lo: i32) -> i32"
    description: Clamps.
    exampels: []
    depends_on: [clam, clamp]
    requires: ["lo <= hi", 'x > "a"']
    ensures: [result => 0]
    examples:
      - args: [1, 300000000000]
        returns: 1
      - args: [1]
        returns: yes
      - {args: [1, 2], returns: 3}
      - {args: [1, 2], returns: 4}
    capabilities: [file]
"#,
        &expect![[r#"
            1:7 `my task` cannot be the name of a task [my task] (use letters, digits and `_`, a letter first, at most 64: the file is called like the task)
            2:18 unknown language `go` [go] (known are rust and python)
            3:14 reliability is not between 0 and 1 [1.5] (write a number such as 0.95; 1 takes endless samples)
            8:5 unknown field `exampels` [exampels] (did you mean `examples`?)
            9:18 no function `clam` in this spec [clam] (did you mean `clamp`?)
            9:24 `clamp` depends on itself [clamp] (a function may always call itself; leave this out)
            10:23 unknown name `hi` [hi] (parameters are x, lo)
            10:29 `>` does not order an integer and a text [x > "a"] (did you mean `len(…)`?)
            11:22 expected the end, found `=>` [=>] (write `>=` to compare, `implies` for a consequence)
            13:19 300000000000 does not fit i32 [300000000000] (i32 holds -2147483648 to 2147483647)
            15:15 1 argument where 2 are wanted [[1]] (the signature is `fn clamp(x: i32, lo: i32) -> i32`)
            16:18 a text where i32 is wanted [yes] (write digits)
            18:9 `clamp(1, 2) == 4` contradicts an earlier example [{args: [1, 2], returns: 4}] (line 17 says `clamp(1, 2) == 3`)
            19:20 unknown capability `file` [file] (did you mean `files`?)
        "#]],
    );
}

#[test]
fn fields_that_are_missing_unknown_or_double_are_named() {
    check(
        "name: a\n",
        &expect![[r#"
        1:1 a spec without `language` [name: a] (add `language: …`)
        1:1 a spec without `functions` [name: a] (add `functions: …`)
    "#]],
    );
    check(
        "name: a\nname: b\nlang: rust\nfunctions:\n  - nam: f\n    signatur: fn f()\n",
        &expect![[r#"
            1:1 a spec without `language` [name: a] (add `language: …`)
            2:1 `name` is given twice [name] (keep one of them)
            3:1 unknown field `lang` [lang] (did you mean `language`?)
            5:5 unknown field `nam` [nam] (did you mean `name`?)
            5:5 a function without `name` [nam: f] (add `name: …`)
            5:5 a function without `signature` [nam: f] (add `signature: …`)
            5:5 a function without `description` [nam: f] (add `description: …`)
            6:5 unknown field `signatur` [signatur] (did you mean `signature`?)
        "#]],
    );
    check(
        "language: rust\nfunctions: []\nname: a",
        &expect![[r#"
        1:1 a spec without functions [] (add one)
    "#]],
    );
    check(
        "- a\n- b\n",
        &expect![[r#"
        1:1 a list where a spec is wanted [- a] (write a mapping with name, language, description, reliability, functions)
    "#]],
    );
    check(
        "name: 5\nlanguage: {}\nfunctions: f\n",
        &expect![[r#"
        1:7 an integer where a text is wanted [5] (put it in quotes)
        2:11 a mapping where a text is wanted [{}] (put it in quotes if it holds `: `)
        3:12 a text where a list is wanted [f] (write `functions: [ … ]`, or one line `- …` an item)
    "#]],
    );
}

#[test]
fn values_that_do_not_fit_their_type_are_named() {
    check(
        &one(
            "fn f(a: u8, b: &str, c: Option<i8>, d: &[f64], e: char, g: (i32, bool)) -> Result<i32, String>",
            r#"    examples:
      - {args: [300, 5, 200, [1, "x"], "ab", [1]], returns: 5}
      - {args: [-1, "s", null, [.inf, 1e3, 2], "c", [1, true]], returns: {ok: 1}}
      - {args: ["1", "s", 1, 2, "c", [1, 2]], returns: {err: 1}}
      - {args: [1, "s", 1, [], "c", [1, true]]}
      - {args: [1, "s", 1, [], "c", [1, true]], returns: {ok: 1}, panics: true}
      - {args: [1, "s", 1, [], "c", [1, true]], raises: ValueError}
      - {args: {a: 1, bb: 2}, panics: true}
"#,
        ),
        &expect![[r#"
            8:17 300 does not fit u8 [300] (u8 holds 0 to 255)
            8:22 an integer where text is wanted [5] (put it in quotes)
            8:25 200 does not fit i8 [200] (i8 holds -128 to 127)
            8:34 a text where f64 is wanted ["x"] (write a number, .inf, -.inf or .nan)
            8:40 a text where char is wanted ["ab"] (write one character in quotes)
            8:46 1 parts where 2 are wanted [[1]] (a value of (i32, bool) is written as a list of 2)
            8:61 an integer where i32 or error text is wanted [5] (write {ok: value} or {err: value})
            9:17 -1 does not fit u8 [-1] (u8 holds 0 to 255)
            10:17 a text where u8 is wanted ["1"] (take the quotes off)
            10:30 an integer where list of f64 is wanted [2] (write [ … ])
            10:42 an integer where bool is wanted [2] (write true or false)
            10:62 an integer where text is wanted [1] (put it in quotes)
            11:9 an example without an outcome [{args: [1, "s", 1, [], "c", [1, true]]}] (add `returns: …` or `panics: true`)
            12:75 both `returns` and `panics` [true] (keep one)
            13:57 `raises` is for Python [ValueError] (say `panics: true` or `returns: {err: …}` for Rust)
            14:23 no parameter `bb` [bb] (did you mean `b`?)
        "#]],
    );
}

#[test]
fn values_of_every_type_are_read_and_shown() {
    check(
        &one(
            "fn f(a: u8, b: &str, c: Option<i8>, d: &[f64], e: char, g: (i32, bool)) -> Result<i32, String>",
            r#"    examples:
      - {args: [255, "5", -128, [1, .nan, -0.0, 1e3], "é", [-2147483648, true]], returns: {ok: 0x10}}
      - {args: [0, "a\"\n", null, [], "'", [1, false]], returns: {err: bad}}
      - {args: {g: [1, true], a: 1, b: "", c: 1, d: [], e: x}, panics: true}
      - {call: 'f(1, "", Some(1), &[1.0, f64::NAN], ''c'', (1, true))', returns: {ok: 1}}
"#,
        ),
        &expect![[r#"
            t rust 0.95
              fn f(a: u8, b: &str, c: Option<i8>, d: &[f64], e: char, g: (i32, bool)) -> Result<i32, String>
                f(255, "5", Some(-128), &[1.0, f64::NAN, -0.0, 1000.0], 'é', (i32::MIN, true)) == Ok(16)
                f(0, "a\"\n", None, &[], '\'', (1, false)) == Err("bad")
                f(1, "", Some(1), &[], 'x', (1, true)) panics
                f(1, "", Some(1), &[1.0, f64::NAN], 'c', (1, true)) == Ok(1)
        "#]],
    );
    check(
        r#"
name: t
language: python
functions:
  - name: f
    signature: "def f(a: dict[str, list[int]], b: set[int], c: bytes, d: float, e: str | None) -> tuple[int, bool]"
    description: Does it.
    examples:
      - {args: [{x: [1, 2], y: []}, [3, 1, 2], "ab", 1, null], returns: [100000000000000000000, true]}
      - {args: [[["x", [1]]], [], [0, 255], .inf, "s"], raises: KeyError}
      - {call: 'f({}, set(), b"", 0.0, "x")', returns: [1, false]}
"#,
        &expect![[r#"
            t python 0.95
              def f(a: dict[str, list[int]], b: set[int], c: bytes, d: float, e: str | None) -> tuple[int, bool]:
                f({"x": [1, 2], "y": []}, {1, 2, 3}, b"ab", 1.0, None) == (100000000000000000000, True)
                f({"x": [1]}, set(), b"\x00\xff", float("inf"), "s") raises KeyError
                f({}, set(), b"", 0.0, "x") == (1, False)
        "#]],
    );
}

#[test]
fn changed_arguments_have_to_be_said() {
    let signature = "fn push(xs: &mut Vec<i32>, x: i32) -> ()";
    check(
        &one(signature, "    examples:\n      - {args: [[1], 2], after: {xs: [1, 2]}}\n"),
        &expect![[r#"
            t rust 0.95
              fn push(xs: &mut Vec<i32>, x: i32) -> ()
                push(&mut vec![1], 2); then xs == vec![1, 2]
        "#]],
    );
    check(
        &one(
            signature,
            "    examples:\n      - {args: [[1], 2], returns: null}\n      - {args: [[1], 2], after: {x: 3}}\n",
        ),
        &expect![[r#"
            8:9 says nothing of `xs` after the call [{args: [[1], 2], returns: null}] (add `after: {xs: …}`)
            9:33 says nothing of `xs` after the call [{x: 3}] (add `after: {xs: …}`)
        "#]],
    );
}

#[test]
fn contradicting_examples_are_named_and_equal_ones_are_one() {
    check(
        &one(
            "fn f(x: i32) -> i32",
            "    examples:\n      - {args: [1], returns: 2}\n      - {call: f(1), returns: 2}\n      \
             - {args: [1], panics: true}\n",
        ),
        &expect![[r#"
            10:9 `f(1) panics` contradicts an earlier example [{args: [1], panics: true}] (line 8 says `f(1) == 2`)
        "#]],
    );
}

#[test]
fn an_example_that_breaks_a_contract_is_named() {
    check(
        &one(
            "fn f(x: i32) -> i32",
            "    requires: [x > 0]\n    ensures: [result > x, 10 / result > 0]\n    examples:\n      \
             - {args: [0], returns: 2}\n      - {args: [5], returns: 4}\n      - {args: [1], returns: 2}\n",
        ),
        &expect![[r#"
            10:9 `f(0) == 2` breaks `requires: x > 0` [{args: [0], returns: 2}] (correct the example or the contract)
            11:9 `f(5) == 4` breaks `ensures: result > x` [{args: [5], returns: 4}] (correct the example or the contract)
        "#]],
    );
}

#[test]
fn contract_mistakes_point_into_the_text() {
    check(
        &one(
            "fn f(xs: &[i32]) -> i32",
            "    requires:\n      - len(ys) > 0\n      - 'len(ys) > 0'\n      - \"1 < \\x6cen(ys)\"\n      \
             - >-\n        len(ys) >\n        0\n      - all(x in xs: x > 0)\n",
        ),
        &expect![[r#"
            8:13 unknown name `ys` [ys] (parameters are xs)
            9:14 unknown name `ys` [ys] (parameters are xs)
            10:9 unknown name `ys` ["1 < \x6cen(ys)"] (parameters are xs)
            12:9 unknown name `ys` [len(ys) >] (parameters are xs)
            14:9 a mapping where a text is wanted [all(x in xs: x > 0)] (put it in quotes if it holds `: `)
        "#]],
    );
}

#[test]
fn signatures_that_cannot_be_used_are_named() {
    for signature in [
        "fn g(x: i32) -> i32",
        "fn f(x: i32 -> i32",
        "fn f(x: Foo) -> i32",
        "fn f<T>(x: T) -> T",
        "def f(x: int) -> int",
    ] {
        let text = one("fn f() -> i32", "").replace("fn f() -> i32", signature);
        let errors = parse(text.as_bytes(), "s").unwrap_err();
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert_eq!(errors[0].line, 5, "{errors:?}");
        assert!(errors[0].hint.is_some(), "{errors:?}");
    }
    check(
        &HELLO.replace("\n      python: \"def greet(name: str, hour: int) -> str\"", ""),
        &expect![[r#"
            6:11 `greet` has no signature for python [greet] (add `python: "…"` to its signature)
        "#]],
    );
}

#[test]
fn cycles_and_unknown_dependencies_are_named() {
    let function = |name: &str, on: &str| {
        format!(
            "  - {{name: {name}, signature: fn {name}(), description: D., depends_on: [{on}]}}\n"
        )
    };
    let text = format!(
        "name: t\nlanguage: rust\nfunctions:\n{}{}{}{}",
        function("a", "b"),
        function("b", "c"),
        function("c", "a"),
        function("d", "c, e")
    );
    check(
        &text,
        &expect![[r#"
        6:64 functions depend on each other: a → b → c → a [a] (one of them must do without the others)
        7:67 no function `e` in this spec [e] (did you mean `a`?)
    "#]],
    );
}

#[test]
fn files_that_are_no_spec_are_refused_with_a_reason() {
    let refused = |bytes: &[u8]| {
        let errors = parse(bytes, "spec.yaml").unwrap_err();
        errors.iter().map(line).collect::<String>()
    };
    let all = [
        refused(b""),
        refused(b"   \n# nothing\n"),
        refused(b"\x7fELF\x02\x01\x01\x00\x00"),
        refused(b"name: caf\xe9\n"),
        refused(&vec![b'a'; SPEC_BYTES_MAX + 1]),
        refused(b"name: a\n---\nname: b\n"),
        refused(b"name: [a, b\n"),
        refused(b"name: a\n\tlanguage: rust\n"),
        refused(b"name: !!python/object:os.system x\n"),
        refused(b"name: &a [*a]\n"),
        refused(b"name: *nobody\n"),
        refused("[".repeat(200).as_bytes()),
        refused("[".repeat(100_000).as_bytes()),
        refused(format!("{}a", "- ".repeat(50_000)).as_bytes()),
        refused("just a sentence".as_bytes()),
    ]
    .concat();
    expect![[r#"
        1:1 the file is empty [] (start with `name: …`)
        1:1 the file is empty [] (start with `name: …`)
        1:1 the file holds the control character '\u{7f}' [] (a spec is a YAML file; write "\x00" and the like in double quotes)
        1:10 the file is not UTF-8 text [] (save it as UTF-8; a spec is a YAML file)
        1:1 the file is larger than 1000000 bytes [] (split it into several specs)
        2:1 more than one document [---] (write one spec a file)
        2:1 not YAML: while parsing a flow sequence, expected ',' or ']' []
        1:7 not YAML: while scanning a plain scalar, found a tab [a] (indent with spaces)
        1:7 tag `tag:yaml.org,2002:!python/object:os.system` has no meaning here [!!python/object:os.system x] (leave the tag out; values get their types from the signature)
        1:11 alias of something that holds it [*a]
        1:7 not YAML: while parsing node, found unknown anchor [*nobody]
        1:41 nested deeper than 40 levels [[]
        1:256 not YAML: recursion limit exceeded [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]
        1:81 nested deeper than 40 levels [- - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - ]
        1:1 a text where a spec is wanted [just a sentence] (write a mapping with name, language, description, reliability, functions)
    "#]].assert_eq(&all);
}

#[test]
fn an_alias_bomb_is_refused_quickly() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let before = level - 1;
        let items = vec![format!("*a{before}"); 9].join(", ");
        text.extend([format!("a{level}: &a{level} [{items}]\n")]);
    }
    check(
        &text,
        &expect![[r#"
        5:10 aliases stand for more than 10000 values [*a3] (write the values out, or fewer of them)
    "#]],
    );
}

#[test]
fn at_most_twenty_mistakes_are_reported() {
    let fields: String =
        (0..50).flat_map(|i| ["wrong_".to_owned(), i.to_string(), ": 1\n".to_owned()]).collect();
    assert_eq!(parse(fields.as_bytes(), "s").unwrap_err().len(), ERRORS_MAX);
}

#[test]
fn the_schema_and_the_reader_know_the_same_fields() {
    let schema = schema();
    let names = |value: &serde_json::Value| -> BTreeSet<String> {
        value["properties"].as_object().unwrap().keys().cloned().collect()
    };
    let known = |fields: &[&str]| -> BTreeSet<String> {
        fields.iter().map(|field| (*field).to_owned()).collect()
    };
    assert_eq!(names(&schema), known(read::SPEC_FIELDS));
    assert_eq!(names(&schema["$defs"]["Function"]), known(read::FUNCTION_FIELDS));
    assert_eq!(names(&schema["$defs"]["Example"]), known(read::EXAMPLE_FIELDS));
    for part in [&schema, &schema["$defs"]["Function"], &schema["$defs"]["Example"]] {
        assert_eq!(part["additionalProperties"], serde_json::Value::Bool(false));
        for (name, property) in part["properties"].as_object().unwrap() {
            assert!(property["description"].is_string(), "{name} has no description");
        }
    }
}

#[test]
fn what_the_schema_requires_the_reader_requires() {
    let required = |value: &serde_json::Value| -> Vec<String> {
        let names = value["required"].as_array().cloned().unwrap_or_default();
        names.iter().map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    let schema = schema();
    assert_eq!(required(&schema), ["name", "language", "functions"]);
    assert_eq!(required(&schema["$defs"]["Function"]), ["name", "signature", "description"]);
    assert_eq!(required(&schema["$defs"]["Example"]), Vec::<String>::new());
}

#[test]
fn the_schema_in_the_repository_is_the_one_of_the_types() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/task_spec.schema.json");
    let kept = std::fs::read_to_string(path).unwrap();
    let made = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    assert!(
        kept == made,
        "run `cargo run -p zerr-core --example schema > config/task_spec.schema.json`"
    );
}

#[test]
fn an_example_is_met_by_the_given_outcome_only() {
    let specs = parse(HELLO.as_bytes(), "s").unwrap();
    let greet = &specs[1].functions[1];
    let example = &greet.examples[0];
    let returned =
        |value: Value, mutated: Vec<(usize, Value)>| Observation::Returned { value, mutated };
    assert!(example.is_met_by(greet, &returned(Value::str("Good morning, Ada!"), vec![])));
    assert!(!example.is_met_by(greet, &returned(Value::str("Good morning, ada!"), vec![])));
    assert!(
        !example.is_met_by(
            greet,
            &returned(Value::str("Good morning, Ada!"), vec![(0, Value::str("x"))])
        )
    );
    assert!(!example.is_met_by(greet, &Observation::TimedOut));
    let float = parse(
        b"{name: t, language: python, functions: [{name: f, description: d, signature: 'def f(x: float) -> float', \
          examples: [{args: [3.0], returns: 0.9}]}]}",
        "t",
    );
    let function = &float.unwrap()[0].functions[0];
    let met =
        |value: f64| function.examples[0].is_met_by(function, &returned(Value::f64(value), vec![]));
    assert!(met(0.9) && met(3.0 * 0.3) && !met(0.9001));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in any::<Vec<u8>>()) {
        let _ = parse(&bytes, "s");
    }

    #[test]
    fn no_damaged_spec_makes_the_reader_panic(
        at in 0..HELLO.len(),
        length in 0..40_usize,
        insert in "[-\\[\\]{}:,&*!|>'\"%@ \n\ta-c0-9]{0,6}",
    ) {
        let mut text = HELLO.to_owned();
        let end = (at + length).min(text.len());
        text.replace_range(at..end, &insert);
        if let Err(errors) = parse(text.as_bytes(), "s") {
            prop_assert!(!errors.is_empty());
            for error in errors {
                prop_assert!(error.line >= 1 && error.column >= 1);
                prop_assert!(!error.message.is_empty());
            }
        }
    }
}

#[test]
fn what_rust_wraps_in_ok_python_returns_as_it_is() {
    let text = |languages: &str, signature: &str| {
        format!(
            "name: t\nlanguage: {languages}\nfunctions:\n  - name: half\n    description: d\n    \
             signature:\n{signature}    examples:\n      - {{args: [4], returns: {{ok: 2}}}}\n      \
             - {{args: [3], returns: {{err: odd}}, raises: ValueError}}\n"
        )
    };
    let rust = "      rust: \"fn half(x: i32) -> Result<i32, String>\"\n";
    let python = "      python: \"def half(x: int) -> int\"\n";
    let both = text("[rust, python]", &(rust.to_owned() + python));
    let specs = parse(both.as_bytes(), "t").unwrap();
    let expected = |at: usize| -> Vec<Expected> {
        specs[at].functions[0].examples.iter().map(|example| example.expected.clone()).collect()
    };
    let ok = Value::Ok(Box::new(Value::int(crate::value::IntKind::I32, 2)));
    let err = Value::Err(Box::new(Value::str("odd")));
    assert_eq!(expected(0), [Expected::Returns(ok), Expected::Returns(err)]);
    let two = Value::int(crate::value::IntKind::Big, 2);
    assert_eq!(expected(1), [Expected::Returns(two), Expected::Raises("ValueError".to_owned())]);
    // In a spec of Python alone nothing is wrapped.
    assert!(parse(text("python", python).as_bytes(), "t").is_err());
}

#[test]
fn each_language_takes_the_budget_in_its_own_unit() {
    let text = |language: &str, budget: &str| {
        format!(
            "name: t\nlanguage: {language}\nfunctions:\n  - name: f\n    description: d\n    \
             signature: {{rust: 'fn f(xs: &[i32]) -> i32', python: 'def f(xs: list[int]) -> int'}}\n    \
             budget: {budget}\n"
        )
    };
    let both = "['9 * len(xs) instructions', 40 events]";
    let specs = parse(text("[rust, python]", both).as_bytes(), "t").unwrap();
    let budgets: Vec<String> = specs
        .iter()
        .map(|spec| spec.functions[0].budget.as_ref().map(ToString::to_string).unwrap_or_default())
        .collect();
    assert_eq!(budgets, ["9 * len(xs) instructions", "40 events"]);
    for spec in &specs {
        let stored = serde_json::to_string(spec).unwrap();
        assert_eq!(serde_json::from_str::<Spec>(&stored).unwrap(), *spec);
    }
    let written = super::write(&specs, &crate::split::Splits::new());
    assert_eq!(parse(written.as_bytes(), "t").unwrap(), specs, "{written}");
    check(
        &one("fn f(xs: &[i32]) -> i32", "    budget: 9 * len(ys) instructions\n"),
        &expect![[r#"
            7:21 unknown name `ys` [ys] (parameters are xs)
        "#]],
    );
    check(
        &one("fn f(xs: &[i32]) -> i32", "    budget: [9 events, 8 instructions, 7 instructions]\n"),
        &expect![[r#"
            7:14 a budget in rust is counted in instructions [9 events] (write it with its unit, such as `40 * len(xs) + 500 instructions`)
            7:24 a second budget for rust [8 instructions] (keep one of them)
        "#]],
    );
}
