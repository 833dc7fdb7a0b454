//! The layer with real compilers, a real sandbox and the real Z3.

use zerr_core::contract;
use zerr_core::formal::{Answer, FormalVerdict, Run, Theory, translate};
use zerr_core::observe::Observation;
use zerr_core::spec::FunctionSpec;
use zerr_core::value::{IntKind, Value};
use zerr_core::verdict::{LayerOutcome, LayerVerdict, Severity};
use zerr_exec::Cancel;
use zerr_syntax::Language;

use super::z3::Z3;
use super::{Formal, Subject};
use crate::bench::from_signature;
use crate::testing::toolchain;
use crate::{ObserveJob, ObserveLimits};

/// A function whose signature stands in the first line of its text.
fn function(source: &str, requires: &[&str], ensures: &[&str]) -> FunctionSpec {
    let line = source.lines().next().unwrap();
    let (language, text) = if line.starts_with("def ") {
        (Language::Python, line)
    } else {
        (Language::Rust, line.split(" {").next().unwrap())
    };
    let mut function = from_signature(language, text).unwrap();
    let read = |texts: &[&str], scope: &contract::Scope| {
        texts.iter().map(|text| contract::parse(text, scope).unwrap()).collect()
    };
    function.requires = read(requires, &function.scope_before());
    function.ensures = read(ensures, &function.scope_after());
    function
}

fn bounded(source: &str, requires: &[&str], ensures: &[&str]) -> FormalVerdict {
    let function = function(source, requires, ensures);
    let subject = Subject { function: &function, context: &[], source };
    Formal::new(toolchain()).bounded(&subject, &Cancel::new()).unwrap()
}

fn rule(verdict: &FormalVerdict) -> (&str, &str) {
    match verdict {
        FormalVerdict::Counterexample { rule, call, .. } => (rule, call),
        other => panic!("{other}"),
    }
}

const CLAMP: &str = "fn limit(x: i32, lo: i32, hi: i32) -> i32 {
    if x < lo { lo } else if x > hi { hi } else { x }
}
";

#[test]
fn a_small_domain_is_checked_to_its_end() {
    let good = bounded(CLAMP, &["lo <= hi"], &["result in lo..=hi"]);
    let FormalVerdict::BoundedOk { inputs, bound, claim } = &good else { panic!("{good}") };
    assert_eq!(*inputs, 15 * 120, "{bound}");
    assert_eq!(claim, "`ensures` holds and no call panics");
    let bad = bounded(CLAMP, &[], &["result in lo..=hi"]);
    assert_eq!(rule(&bad).0, "ensures-violated");
}

#[test]
fn a_loop_is_no_obstacle_for_a_bounded_check() {
    let text = "def largest(xs: list[int]) -> int:
    best = 0
    for x in xs:
        best = max(best, x)
    return best
";
    let bad = bounded(text, &["len(xs) > 0"], &["result in xs"]);
    assert_eq!(rule(&bad), ("ensures-violated", "largest([-1])"));
    let none = bounded(text, &[], &["len(xs) > 0 implies result >= max(xs)"]);
    assert!(matches!(none, FormalVerdict::BoundedOk { .. }), "{none}");
}

#[test]
fn an_exception_is_a_counterexample_unless_an_example_shows_one() {
    let text = "def ratio(a: int, b: int) -> int:\n    return a // b\n";
    let bad = bounded(text, &[], &[]);
    assert_eq!(rule(&bad), ("can-divide-by-zero", "ratio(0, 0)"));
    assert!(matches!(bounded(text, &["b != 0"], &[]), FormalVerdict::BoundedOk { .. }));
}

#[test]
fn what_does_not_end_is_not_called_good() {
    let text = "fn wait(x: i32) -> i32 {
    let mut y = x;
    while y == 1 { y = x; }
    y
}
";
    let verdict = bounded(text, &[], &[]);
    assert!(matches!(verdict, FormalVerdict::Unknown { .. }), "{verdict}");
}

/// What the solver's side says. Needs Z3: `cargo xtask setup` installs it.
fn smt(source: &str, requires: &[&str], ensures: &[&str]) -> FormalVerdict {
    let toolchain = toolchain();
    if let Err(missing) = &toolchain.z3 {
        panic!("these tests need Z3 ({missing}); {}", missing.hint);
    }
    let function = function(source, requires, ensures);
    let subject = Subject { function: &function, context: &[], source };
    Formal::new(toolchain).smt(&subject, &Cancel::new()).unwrap()
}

fn is_proved(verdict: &FormalVerdict) -> bool {
    matches!(verdict, FormalVerdict::Proved { .. })
}

#[test]
fn a_sum_that_overflows_is_found_and_seen_to_panic() {
    let midpoint = "fn midpoint(a: i32, b: i32) -> i32 { (a + b) / 2 }";
    let verdict = smt(midpoint, &[], &[]);
    assert_eq!(rule(&verdict).0, "can-overflow");
    assert!(verdict.to_string().contains("attempt to add with overflow"), "{verdict}");
    let small = ["a in 0..=1000", "b in 0..=1000"];
    let proved = smt(midpoint, &small, &["result * 2 in a + b - 1..=a + b"]);
    assert!(is_proved(&proved), "{proved}");
    let text = proved.to_string();
    assert!(text.contains("for every call that `requires` allows"), "{text}");
}

#[test]
fn what_never_stops_and_promises_nothing_has_nothing_to_prove() {
    let verdict = smt("fn add(a: i32, b: i32) -> i32 { a.wrapping_add(b) }", &[], &[]);
    assert_eq!(verdict, FormalVerdict::not_attempted("nothing to prove"));
}

#[test]
fn contracts_are_proved_for_every_call() {
    for (source, requires, ensures) in [
        (CLAMP, &["lo <= hi"][..], &["result in lo..=hi", "result == max(lo, min(x, hi))"][..]),
        ("fn far(a: i64, b: i64) -> u64 { a.abs_diff(b) }", &[], &["result == abs(a - b)"]),
        (
            "fn max3(a: i32, b: i32, c: i32) -> i32 { a.max(b).max(c) }",
            &[],
            &["result == max(a, b, c)"],
        ),
        (
            "fn lowest_bit(x: u8) -> u8 { x & x.wrapping_neg() }",
            &[],
            &["result <= x", "x > 0 implies x % result == 0"],
        ),
        ("def square(x: int) -> int:\n    return x * x\n", &[], &["result >= 0"]),
        (
            "def divide(a: int, b: int) -> int:\n    return a // b\n",
            &["b != 0"],
            &["a == result * b + mod(a, b)", "b > 0 implies result * b <= a"],
        ),
        (
            "def grade(points: int) -> int:\n    if points >= 90:\n        return 1\n    \
             return 2 if points >= 50 else 3\n",
            &[],
            &["result in 1..=3", "(result == 1) == (points >= 90)"],
        ),
    ] {
        let verdict = smt(source, requires, ensures);
        assert!(is_proved(&verdict), "{source}: {verdict}");
    }
}

#[test]
fn a_broken_contract_is_found_and_seen() {
    for (source, requires, ensures, wanted) in [
        (CLAMP, &[][..], "result in lo..=hi", "ensures-violated"),
        ("fn square(x: i32) -> i32 { x * x }", &[], "result >= 0", "can-overflow"),
        (
            "def divide(a: int, b: int) -> int:\n    return a // b\n",
            &["b != 0"],
            "result == quot(a, b)",
            "ensures-violated",
        ),
        (
            "def divide(a: int, b: int) -> int:\n    return a // b\n",
            &[],
            "result == div(a, b)",
            "can-divide-by-zero",
        ),
        (
            "fn odd(x: u64) -> u64 { if x == 123_456_789 { 0 } else { x } }",
            &[],
            "result == x",
            "ensures-violated",
        ),
        ("fn half(x: u8, by: u32) -> u8 { x >> by }", &[], "result <= x", "can-overflow"),
    ] {
        let verdict = smt(source, requires, &[ensures]);
        assert_eq!(rule(&verdict).0, wanted, "{source}: {verdict}");
    }
    let wrong = "fn near(x: i32) -> i32 { if x == 7 { 0 } else { x } }";
    assert_eq!(rule(&smt(wrong, &[], &["result == x"])).1, "near(7)");
    assert_eq!(rule(&bounded(wrong, &[], &["result == x"])).1, "near(7)");
}

#[test]
fn what_holds_of_no_call_is_not_proved() {
    let verdict = smt("fn same(x: i32) -> i32 { x }", &["x > 5", "x < 5"], &["result == 0"]);
    assert!(matches!(verdict, FormalVerdict::Unknown { .. }), "{verdict}");
}

#[test]
fn a_loop_is_left_to_the_bounded_check() {
    let source = "fn sum(n: u8) -> u32 {
    let mut sum = 0;
    for i in 1..=u32::from(n) { sum += i; }
    sum
}
";
    let function = function(source, &[], &["result * 2 == n * (n + 1)"]);
    let subject = Subject { function: &function, context: &[], source };
    let (verdict, outcome) = Formal::new(toolchain()).check(&subject, &Cancel::new()).unwrap();
    assert!(matches!(verdict, FormalVerdict::BoundedOk { inputs: 256, .. }), "{verdict}");
    assert_eq!(outcome.verdict, LayerVerdict::Passed);
    let notes = said(&outcome);
    assert!(notes.contains("a loop (line 3) is not translated"), "{notes}");
}

fn said(outcome: &LayerOutcome) -> String {
    assert!(outcome.findings.iter().all(|finding| finding.severity == Severity::Note));
    outcome.findings.iter().map(|finding| finding.message.clone() + "\n").collect()
}

#[test]
fn a_counterexample_fails_the_layer_with_a_call_to_paste() {
    let source = "fn midpoint(a: u8, b: u8) -> u8 { (a + b) / 2 }";
    let function = function(source, &[], &[]);
    let subject = Subject { function: &function, context: &[], source };
    let formal = Formal::new(toolchain());
    let (_, outcome) = formal.check(&subject, &Cancel::new()).unwrap();
    assert_eq!(outcome.verdict, LayerVerdict::Failed);
    let finding = &outcome.findings[0];
    assert_eq!(finding.rule, "can-overflow");
    assert!(finding.message.starts_with("midpoint("), "{}", finding.message);
    let (_, mild) = formal.stops(Severity::Warning).check(&subject, &Cancel::new()).unwrap();
    assert_eq!(mild.findings[0].severity, Severity::Warning);
}

#[test]
fn without_the_solver_the_bounded_check_remains() {
    let mut toolchain = toolchain().clone();
    toolchain.z3 = Err(crate::MissingTool {
        tool: "z3",
        message: "not found".to_owned(),
        hint: crate::toolchain::SETUP_HINT,
    });
    let function = function(CLAMP, &["lo <= hi"], &["result in lo..=hi"]);
    let subject = Subject { function: &function, context: &[], source: CLAMP };
    let (verdict, outcome) = Formal::new(&toolchain).check(&subject, &Cancel::new()).unwrap();
    assert!(matches!(verdict, FormalVerdict::BoundedOk { .. }), "{verdict}");
    assert!(said(&outcome).contains("z3 was not found"), "{}", said(&outcome));
}

#[test]
fn a_text_that_does_not_compile_is_not_passed() {
    let source = "fn same(x: i32) -> i32 { true }";
    let function = function(source, &[], &["result == x"]);
    let subject = Subject { function: &function, context: &[], source };
    let (verdict, outcome) = Formal::new(toolchain()).check(&subject, &Cancel::new()).unwrap();
    assert!(matches!(verdict, FormalVerdict::Unknown { .. }), "{verdict}");
    assert!(matches!(outcome.verdict, LayerVerdict::NotRun { .. }), "{outcome:?}");
}

/// Every operation, on all pairs of telling values, over integers and over vectors.
#[test]
fn the_solver_reads_every_operation_as_we_do() {
    let toolchain = toolchain();
    let z3 = Z3 {
        sandbox: &toolchain.sandbox,
        tool: toolchain.z3.as_ref().expect("`cargo xtask setup` installs z3"),
    };
    for body in BODIES {
        let source = format!("fn f(a: i8, b: i8) -> i8 {{ {body} }}");
        let translation = translate(&function(&source, &[], &[]), &source, &[]).unwrap();
        let said: Vec<(Vec<Value>, Option<Value>)> = pairs(IntKind::I8)
            .into_iter()
            .map(|args| match translation.run(&args).unwrap() {
                Run::Returns(value) => (args, Some(value)),
                Run::Stops { .. } => (args, None),
            })
            .collect();
        let mut asked = 0;
        for theory in [Theory::Ints, Theory::Vectors] {
            let Some(question) = translation.doubt(&said, theory) else { continue };
            let answer =
                translation.answer(&z3.ask(&question, 60, &Cancel::new()).unwrap(), theory);
            assert_eq!(answer, Answer::Impossible, "{body} as {theory:?}");
            asked += 1;
        }
        assert!(asked > 0, "{body}");
    }
}

/// Results of two `i8`.
const BODIES: &[&str] = &[
    "a + b",
    "a - b",
    "a * b",
    "a / b",
    "a % b",
    "-a",
    "!a",
    "a & b",
    "a | b",
    "a ^ b",
    "a << b",
    "a >> b",
    "a.rem_euclid(b)",
    "a.div_euclid(b)",
    "a.wrapping_mul(b)",
    "a.wrapping_sub(b).abs()",
    "a.saturating_mul(b)",
    "a.saturating_sub(b)",
    "a.signum() * b.min(a)",
    "a as u8 as i8 & b",
    "(a as u8 / 3) as i8",
    "(a as i64 * b as i64 % 100) as i8",
    "(a as u128 >> 3) as i8",
    "a.abs_diff(b) as i8",
    "if a < b && a != 3 || b == 7 { a } else { b.wrapping_add(a) }",
    "let mut n = 1; if a > 5 { n = b; } else if b == 2 { return 9; } n",
    "let c = if a < b { a } else { b }; let a = c / 2; a - c",
    "match a { 0 => b, 1 | 2 => 7, 3..=9 if b > 0 => -1, n => n.wrapping_add(1) }",
    "let (mut x, mut y) = (a, b); if x > y { (x, y) = (y, x); } y.wrapping_sub(x)",
    "assert!(a < 100); if b < 0 { panic!(\"negative\"); } a.pow(2) - b",
    "let big = i64::from(a) * 1000 + i64::from(b); (big >> 4) as i8",
    "let c = a.clamp(-b, b); c.max(i8::MIN / 2) % 10",
    "((a as u8) << (b as u32 % 8)) as i8 | 1",
    "matches!(a, 0..=7) as i8 + (a == b || b == 1) as i8",
    "let mut x = a; x <<= 1; x ^= b; x |= 4; x >>= 2; x &= 31; x",
    "let c = { let a = b; a.abs() }; c - (a as i16 + 200) as i8",
    "i8::max(a, 3).wrapping_neg() / std::cmp::min(b, -1)",
];

/// The same of two `int`.
const PYTHON: &[&str] = &[
    "return a // b",
    "return a % b",
    "return -a // 3 + b ** 2 - (a % 7)",
    "return ~a + abs(b) * min(a, b, 3) - max(a, b)",
    "return (a << 3) - (b >> 2)",
    "return int(a < b <= 8) + int(bool(a)) * 2",
    "if a and not b:\n        return 1\n    return 2 if a or b else 3",
    "c = a\n    if a > 3:\n        c -= b\n    elif a == -7:\n        c, a = a, c\n    else:\n        \
     c = 5\n    return c + a",
    "assert a != 64\n    if b == 127:\n        raise ValueError(a)\n    return pow(a, 3) - b",
    "x = y = 1\n    return x + y",
];

/// All pairs of telling values.
fn pairs(kind: IntKind) -> Vec<Vec<Value>> {
    let telling = [-128, -127, -8, -7, -3, -2, -1, 0, 1, 2, 3, 7, 8, 64, 127];
    let pair = |a: i32, b: i32| vec![Value::int(kind, a), Value::int(kind, b)];
    telling.iter().flat_map(|a| telling.map(|b| pair(*a, b))).collect()
}

/// The real compiler and the real interpreter have the last word on every translation.
#[test]
fn programs_do_what_their_translation_says() {
    let texts = |language: Language| -> Vec<String> {
        match language {
            Language::Rust => {
                let text = |body: &&str| format!("fn f(a: i8, b: i8) -> i8 {{ {body} }}");
                BODIES.iter().map(text).collect()
            }
            Language::Python => {
                let text = |body: &&str| format!("def f(a: int, b: int) -> int:\n    {body}\n");
                PYTHON.iter().map(text).collect()
            }
        }
    };
    for (language, kind) in [(Language::Rust, IntKind::I8), (Language::Python, IntKind::Big)] {
        let (sources, inputs) = (texts(language), pairs(kind));
        let function = function(&sources[0], &[], &[]);
        let job = ObserveJob {
            function: &function,
            context: &[],
            sources: &sources,
            inputs: &inputs,
            limits: ObserveLimits::default(),
        };
        let runner = toolchain().runner(language).unwrap();
        let observed = runner.observe(&job, &Cancel::new()).unwrap();
        for (source, observed) in sources.iter().zip(&observed) {
            let seen = observed.observations().unwrap_or_else(|| panic!("{source}: {observed:?}"));
            // A chained assignment has no translation, and is here to see that it is refused.
            let Ok(translation) = translate(&function, source, &[]) else {
                assert!(source.contains("x = y"), "{source} is not translated");
                continue;
            };
            for (args, seen) in inputs.iter().zip(seen) {
                let said = match translation.run(args).unwrap() {
                    Run::Returns(value) => value.to_string(),
                    Run::Stops { .. } => "stops".to_owned(),
                };
                let did = match seen {
                    Observation::Returned { value, .. } => value.to_string(),
                    Observation::Panicked { .. } | Observation::Raised { .. } => "stops".to_owned(),
                    other => other.to_string(),
                };
                assert_eq!(said, did, "{source} on {args:?}");
            }
        }
    }
}

fn symbolic(source: &str, requires: &[&str], ensures: &[&str]) -> FormalVerdict {
    let function = function(source, requires, ensures);
    let subject = Subject { function: &function, context: &[], source };
    Formal::new(toolchain()).symbolic(&subject, &Cancel::new()).unwrap()
}

#[test]
fn crosshair_finds_a_call_that_no_small_domain_holds_and_it_is_run_before_it_counts() {
    let text = "def price(code: str, amount: int) -> int:
    if code == \"q7\" and amount > 5000:
        return amount - 5001
    return amount
";
    let found = symbolic(text, &["amount >= 0"], &["result == amount"]);
    let FormalVerdict::Counterexample { rule, call, .. } = &found else { panic!("{found}") };
    assert_eq!(rule, "ensures-violated");
    assert!(call.starts_with("price(\"q7\", "), "{call}");
}

#[test]
fn a_search_without_a_find_proves_nothing() {
    let text = "def double(xs: list[int]) -> list[int]:
    return [2 * x for x in xs]
";
    let none = symbolic(text, &["len(xs) < 3"], &["len(result) == len(old(xs))"]);
    assert!(matches!(none, FormalVerdict::Unknown { .. }), "{none}");
    let nothing = symbolic(text, &[], &[]);
    assert!(matches!(nothing, FormalVerdict::NotAttempted { .. }), "{nothing}");
}
