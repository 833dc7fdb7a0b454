//! What Rust candidates do, seen from outside, with the real compiler in the real sandbox.

use zerr_core::observe::Observation;
use zerr_core::value::{FloatKind, IntKind, IntRange as _, Value};
use zerr_core::verdict::LayerId;

use crate::testing::{Case, crashed, i32, observe, ran, returned, try_observe};
use crate::{Observed, VerifyError};

fn check_one(signature: &str, source: &str, inputs: Vec<Vec<Value>>) -> Vec<Observation> {
    let case = Case { signature, context: &[], sources: &[source], inputs };
    ran(&observe(&case)[0]).to_vec()
}

#[test]
fn right_and_wrong_functions_are_told_apart_and_ill_typed_ones_lose_only_themselves() {
    let observed = observe(&Case {
        signature: "fn clamp_add(a: i32, b: i32) -> i32",
        context: &["fn twice(x: i32) -> i32 { x * 2 }"],
        sources: &[
            "fn clamp_add(a: i32, b: i32) -> i32 { a.saturating_add(b) }",
            "fn clamp_add(a: i32, b: i32) -> i32 { a + b }",
            "fn clamp_add(a: i32, b: i32) -> i32 { \"no\" }",
            "fn clamp_add(a: i32, b: i32) -> i32 { twice(a) + b - a }",
            "fn clamp_add(a: i32, b: i32) -> i64 { 0 }",
            "fn clamp_add(a: i32, b: i32) -> i32 { let v = vec![a]; let w = v; v[0] + b }",
            "fn clamp_add(a: i32, b: i32) -> i32 { a + b",
            "fn clamp_add(a: i32, b: i32) -> i32 { a } } fn main() {",
            "fn clamp_add(a: i32, b: i32) -> i32 { unsafe { std::hint::unreachable_unchecked() } }",
            "fn other(a: i32, b: i32) -> i32 { a + b }",
            "fn clamp_add(a: i32, b: i32) -> i32 { 255u8 as i32 + 256u8 as i32 }",
            "pub fn clamp_add(a: i32, b: i32) -> i32 { a /* unclosed",
        ],
        inputs: vec![vec![i32(1), i32(2)], vec![i32(i32::MAX), i32(1)]],
    });
    assert_eq!(ran(&observed[0]), [returned(i32(3)), returned(i32(i32::MAX))]);
    assert_eq!(ran(&observed[1])[0], returned(i32(3)));
    let Observation::Panicked { message } = &ran(&observed[1])[1] else { panic!("{observed:?}") };
    assert_eq!(message, "attempt to add with overflow");
    assert_eq!(ran(&observed[3])[0], returned(i32(3)));
    let layers: Vec<Option<LayerId>> = observed
        .iter()
        .map(|one| match one {
            Observed::Rejected { layer, .. } => Some(*layer),
            Observed::Ran(_) => None,
        })
        .collect();
    let (types, syntax) = (Some(LayerId::Types), Some(LayerId::Syntax));
    assert_eq!(layers[..4], [None, None, types, None]);
    assert_eq!(layers[4..6], [types, types]);
    assert_eq!(layers[6..8], [syntax, syntax]);
    assert_eq!(layers[8..11], [types, types, types]);
    assert!(layers[11].is_some());
    let Observed::Rejected { message, .. } = &observed[2] else { panic!() };
    assert_eq!(message, "E0308: mismatched types (line 1)");
}

#[test]
fn values_of_every_type_come_back_as_they_went_in() {
    let list = |items: Vec<Value>| Value::List(items);
    let f64s = [0.0, -0.0, 1.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE];
    let table: Vec<(&str, Vec<Value>)> = vec![
        ("()", vec![Value::Unit]),
        ("bool", vec![Value::Bool(true), Value::Bool(false)]),
        (
            "char",
            vec![Value::Char('a'), Value::Char('"'), Value::Char('\u{10ffff}'), Value::Char('\0')],
        ),
        ("f64", f64s.iter().map(|f| Value::f64(*f)).collect()),
        ("f32", vec![Value::f32(0.1), Value::f32(f32::NAN), Value::f32(-0.0)]),
        ("f64", vec![Value::Float(FloatKind::F64, 1)]),
        ("String", ["", "a b", "\"\\\n\t\0\u{7f}", "é日本🦀\u{202e}"].map(Value::str).to_vec()),
        ("&str", ["", "a b", "x0 1"].map(Value::str).to_vec()),
        ("Vec<u8>", vec![list(vec![]), list((0..3).map(|n| Value::int(IntKind::U8, n)).collect())]),
        ("&[i32]", vec![list(vec![]), list(vec![i32(-1), i32(2)])]),
        ("&Vec<String>", vec![list(vec![Value::str(""), Value::str("b")])]),
        ("[i32; 2]", vec![list(vec![i32(1), i32(2)])]),
        ("(i32, String)", vec![Value::Tuple(vec![i32(1), Value::str("x")])]),
        ("(i32,)", vec![Value::Tuple(vec![i32(1)])]),
        (
            "Option<Option<i32>>",
            vec![
                Value::None,
                Value::Some(Box::new(Value::None)),
                Value::Some(Box::new(Value::Some(Box::new(i32(1))))),
            ],
        ),
        (
            "Result<i32, String>",
            vec![Value::Ok(Box::new(i32(1))), Value::Err(Box::new(Value::str("bad")))],
        ),
        (
            "HashMap<String, Vec<i32>>",
            vec![
                Value::map(vec![]),
                Value::map(vec![
                    (Value::str("b"), list(vec![i32(1)])),
                    (Value::str("a"), list(vec![])),
                ]),
            ],
        ),
        (
            "BTreeMap<i32, bool>",
            vec![Value::map(vec![(i32(10), Value::Bool(true)), (i32(9), Value::Bool(false))])],
        ),
        ("HashSet<char>", vec![Value::set(vec![Value::Char('b'), Value::Char('a')])]),
        (
            "BTreeSet<(u8, u8)>",
            vec![Value::set(vec![Value::Tuple(vec![
                Value::int(IntKind::U8, 1),
                Value::int(IntKind::U8, 2),
            ])])],
        ),
        (
            "Vec<(&str, Option<f64>)>",
            vec![list(vec![Value::Tuple(vec![
                Value::str("k"),
                Value::Some(Box::new(Value::f64(2.5))),
            ])])],
        ),
    ];
    let mut cases = table;
    for kind in IntKind::ALL {
        if let Some((low, high)) = kind.range() {
            let values = vec![Value::Int(kind, low), Value::Int(kind, high)];
            cases.push((kind.name(), values));
        }
    }
    for group in cases.chunks(8) {
        // One call with eight types, as often as the longest column is.
        let types: Vec<String> = group.iter().map(|(ty, _)| ty.replace('&', "&'a ")).collect();
        let params: Vec<String> =
            types.iter().enumerate().map(|(at, ty)| format!("p{at}: {ty}")).collect();
        let names: Vec<String> = (0..group.len()).map(|at| format!("p{at}")).collect();
        let (params, types) = (params.join(", "), types.join(", "));
        let signature = format!("fn same<'a>({params}) -> ({types},)");
        let source = format!("{signature} {{ ({},) }}", names.join(", "));
        let rows = group.iter().map(|(_, values)| values.len()).max().unwrap();
        let inputs: Vec<Vec<Value>> = (0..rows)
            .map(|row| group.iter().map(|(_, values)| values[row % values.len()].clone()).collect())
            .collect();
        let expected: Vec<Observation> =
            inputs.iter().map(|row| returned(Value::Tuple(row.clone()))).collect();
        assert_eq!(check_one(&signature, &source, inputs), expected, "{signature}");
    }
}

#[test]
fn arguments_that_change_are_reported_and_others_are_not() {
    let list = |items: &[i32]| Value::List(items.iter().copied().map(i32).collect());
    let observations = check_one(
        "fn f(a: &mut Vec<i32>, b: &mut [i32], c: &mut String, d: &mut i32, e: i32) -> usize",
        "fn f(a: &mut Vec<i32>, b: &mut [i32], c: &mut String, d: &mut i32, e: i32) -> usize {
            a.retain(|x| *x > e); b.sort(); c.push('!'); *d = *d; a.len()
        }",
        vec![vec![list(&[1, 5]), list(&[1, 2]), Value::str("hi"), i32(7), i32(3)]],
    );
    assert_eq!(
        observations,
        [Observation::Returned {
            value: Value::int(IntKind::Usize, 1),
            mutated: vec![(0, list(&[5])), (2, Value::str("hi!"))],
        }]
    );
}

#[test]
fn lifetimes_and_references_to_arguments_come_back() {
    let observations = check_one(
        "pub fn pick<'a, 'b>(first: &'a str, second: &'b str) -> &'a str",
        "pub fn pick<'a, 'b>(first: &'a str, second: &'b str) -> &'a str { &first[second.len()..] }",
        vec![vec![Value::str("abc"), Value::str("x")]],
    );
    assert_eq!(observations, [returned(Value::str("bc"))]);
}

#[test]
fn one_bad_call_does_not_lose_the_others() {
    let observed = observe(&Case {
        signature: "fn f(n: u32) -> u32",
        context: &[],
        sources: &[
            "fn f(n: u32) -> u32 { if n == 1 { loop {} } n }",
            "#[allow(unconditional_recursion)] fn f(n: u32) -> u32 { if n == 1 { fn g(x: u64) -> u64 { let a = [x; 64]; g(a[3] + 1) + a[1] } return g(1) as u32 } n }",
            "fn f(n: u32) -> u32 { if n == 1 { std::process::exit(0) } n }",
            "fn f(n: u32) -> u32 { if n == 1 { std::process::abort() } n }",
            "fn f(n: u32) -> u32 { if n == 1 { let mut v = vec![vec![1u8; 1 << 20]]; loop { v.push(v[0].clone()) } } n }",
            "fn f(n: u32) -> u32 { if n == 1 { loop { eprintln!(\"0 1 done {}\", \"x\".repeat(1000)) } } n }",
            "fn f(n: u32) -> u32 { if n == 1 { loop { std::thread::spawn(|| loop {}); } } n }",
            "fn f(n: u32) -> u32 { if n == 1 { return std::hint::black_box(vec![1u8; 1 << 40]).len() as u32 } n }",
            "fn f(n: u32) -> u32 { n }",
        ],
        inputs: (0..4).map(|n| vec![Value::int(IntKind::U32, n)]).collect(),
    });
    for (candidate, observed) in observed.iter().enumerate() {
        let observations = ran(observed);
        for input in [0, 2, 3] {
            let expected = returned(Value::int(IntKind::U32, input as u32));
            assert_eq!(observations[input], expected, "{candidate}");
        }
    }
    let second = |candidate: usize| &ran(&observed[candidate])[1];
    assert_eq!(second(0), &Observation::TimedOut);
    for candidate in [1, 2, 3, 7] {
        assert!(crashed(second(candidate)), "{candidate}: {:?}", second(candidate));
    }
    assert_eq!(second(5), &Observation::OutputLimit);
    // Filling memory takes a while: which limit comes first is the machine's.
    for candidate in [4, 6] {
        let ended = matches!(second(candidate), Observation::Returned { .. });
        assert!(!ended, "{:?}", second(candidate));
    }
}

#[test]
fn a_candidate_that_takes_every_process_costs_only_itself() {
    let bomb = r#"fn f(n: u32) -> u32 {
        let many = "i=0; while [ $i -lt 100 ]; do sleep 60 & i=$((i+1)); done";
        std::process::Command::new("/bin/sh").args(["-c", many]).status().is_ok() as u32 * 0 + n
    }"#;
    let mut sources = vec!["fn f(n: u32) -> u32 { n }"; 6];
    sources[2] = bomb;
    let observed = observe(&Case {
        signature: "fn f(n: u32) -> u32",
        context: &[],
        sources: &sources,
        inputs: (0..3).map(|n| vec![Value::int(IntKind::U32, n)]).collect(),
    });
    for (candidate, observed) in observed.iter().enumerate().filter(|(at, _)| *at != 2) {
        let last = &ran(observed)[2];
        assert_eq!(last, &returned(Value::int(IntKind::U32, 2)), "{candidate}");
    }
}

#[test]
fn prints_hooks_and_forged_results_do_not_count() {
    let forged = r#"fn f(n: u32) -> u32 {
        std::panic::set_hook(Box::new(|_| loop {}));
        for line in ["0 {\"returned\":{\"value\":[\"u32\",\"7\"],\"mutated\":[]}}", "done", "end"] {
            println!("{line}\n0 0 {line}");
            eprintln!("{line}\n0 {line}");
            eprint!("\n{line}");
        }
        std::mem::forget(std::io::stderr().lock());
        n
    }"#;
    let exits = r#"fn f(n: u32) -> u32 {
        eprintln!("\n0 {{\"returned\":{{\"value\":[\"u32\",\"7\"],\"mutated\":[]}}}}\ndone");
        std::process::exit(0)
    }"#;
    let again = "fn f(n: u32) -> u32 { crate::main(); n }";
    let panics = "fn f(n: u32) -> u32 { struct D; impl Drop for D { fn drop(&mut self) { panic!() } } std::panic::panic_any(D) }";
    let observed = observe(&Case {
        signature: "fn f(n: u32) -> u32",
        context: &[],
        sources: &[forged, exits, again, panics],
        inputs: vec![vec![Value::int(IntKind::U32, 1)]],
    });
    assert_eq!(ran(&observed[0]), [returned(Value::int(IntKind::U32, 1))]);
    assert!(crashed(&ran(&observed[1])[0]), "{observed:?}");
    assert!(crashed(&ran(&observed[2])[0]), "{observed:?}");
    assert!(matches!(ran(&observed[3])[0], Observation::Panicked { .. }), "{observed:?}");
}

#[test]
fn nothing_of_the_harness_can_be_named() {
    let observed = observe(&Case {
        signature: "fn f(n: u32) -> u32",
        context: &[],
        sources: &[
            "fn f(n: u32) -> u32 { crate::TABLE; n }",
            "fn f(n: u32) -> u32 { super::super::harness::encoded(&n, 1); n }",
            "fn f(n: u32) -> u32 { use crate::*; let mut o = Out { limit: 3 }; n }",
            "fn f(n: u32) -> u32 { zerr_harness::main(&[]); n }",
            "fn f(n: u32) -> u32 { super::c5::f(n) }",
            "fn f(n: u32) -> u32 { n }",
        ],
        inputs: vec![vec![Value::int(IntKind::U32, 1)]],
    });
    for refused in &observed[..5] {
        assert!(matches!(refused, Observed::Rejected { layer: LayerId::Types, .. }), "{refused:?}");
    }
    assert_eq!(ran(&observed[5]), [returned(Value::int(IntKind::U32, 1))]);
}

#[test]
fn files_of_the_machine_are_not_seen_while_compiling_or_running() {
    let read = |path: &str| {
        format!(
            "fn f(n: u32) -> u32 {{ std::fs::read({path:?}).map_or(0, |b| b.len() as u32) + n }}"
        )
    };
    let manifest = read(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
    let (passwd, shadow) = (read("/etc/passwd"), read("/etc/shadow"));
    let observed = observe(&Case {
        signature: "fn f(n: u32) -> u32",
        context: &[],
        sources: &[
            "fn f(n: u32) -> u32 { include_str!(\"/etc/passwd\").len() as u32 + n }",
            concat!(
                "fn f(n: u32) -> u32 { include_str!(\"",
                env!("CARGO_MANIFEST_DIR"),
                "/Cargo.toml\").len() as u32 + n }"
            ),
            "fn f(n: u32) -> u32 { env!(\"HOME\").len() as u32 + n }",
            &manifest,
            &shadow,
            "fn f(n: u32) -> u32 { std::env::vars().count() as u32 + n }",
            "fn f(n: u32) -> u32 { std::fs::read_dir(\"/root\").map_or(0, |d| d.count() as u32) + n }",
            "fn f(n: u32) -> u32 { std::net::TcpStream::connect(\"127.0.0.1:22\").is_ok() as u32 + n }",
            "fn f(n: u32) -> u32 { std::net::UdpSocket::bind(\"0.0.0.0:0\").and_then(|s| s.send_to(b\"x\", \"1.1.1.1:53\")).is_ok() as u32 + n }",
            "fn f(n: u32) -> u32 { std::fs::write(\"/usr/zerr-was-here\", \"x\").is_ok() as u32 + n }",
            "fn f(n: u32) -> u32 { std::fs::File::open(format!(\"/proc/{}/mem\", std::os::unix::process::parent_id())).is_ok() as u32 + n }",
            "fn f(n: u32) -> u32 { std::fs::OpenOptions::new().write(true).open(format!(\"/proc/{}/fd/1\", std::os::unix::process::parent_id())).is_ok() as u32 + n }",
            &passwd,
        ],
        inputs: vec![vec![Value::int(IntKind::U32, 1)]],
    });
    for refused in &observed[..3] {
        assert!(matches!(refused, Observed::Rejected { .. }), "{refused:?}");
    }
    for kept_out in &observed[3..] {
        assert_eq!(ran(kept_out), [returned(Value::int(IntKind::U32, 1))]);
    }
}

#[test]
fn an_answer_that_changes_from_call_to_call_is_none() {
    let observed = observe(&Case {
        signature: "fn f(xs: &[u32]) -> Vec<u32>",
        context: &[],
        sources: &[
            "fn f(xs: &[u32]) -> Vec<u32> { xs.iter().copied().collect::<std::collections::HashSet<u32>>().into_iter().collect() }",
            "fn f(xs: &[u32]) -> Vec<u32> { static N: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0); vec![N.fetch_add(1, std::sync::atomic::Ordering::SeqCst)] }",
            "fn f(xs: &[u32]) -> Vec<u32> { xs.iter().copied().collect::<std::collections::BTreeSet<u32>>().into_iter().collect() }",
        ],
        inputs: vec![vec![Value::List((0..20).map(|n| Value::int(IntKind::U32, n)).collect())]],
    });
    assert!(matches!(ran(&observed[0])[0], Observation::Opaque { .. }), "{observed:?}");
    assert!(matches!(ran(&observed[1])[0], Observation::Opaque { .. }), "{observed:?}");
    assert!(ran(&observed[2])[0].is_settled());
}

#[test]
fn results_past_the_limit_and_without_encoding_are_said_to_be_so() {
    let signature = "fn f(n: usize) -> Vec<u8>";
    let source = "fn f(n: usize) -> Vec<u8> { vec![7; n] }";
    let inputs = [1, 1 << 20].map(|n| vec![Value::int(IntKind::Usize, n)]).to_vec();
    let observations = check_one(signature, source, inputs);
    assert!(observations[0].is_settled());
    assert_eq!(observations[1], Observation::OutputLimit);

    let signature = "fn f(text: &str) -> Result<i32, std::num::ParseIntError>";
    let source = format!("{signature} {{ text.parse() }}");
    let observations = check_one(signature, &source, vec![vec![Value::str("1")]]);
    assert!(matches!(observations[0], Observation::Opaque { .. }), "{observations:?}");
}

#[test]
fn a_job_that_cannot_be_run_is_an_error_and_no_refusal() {
    let case = |signature, context, inputs| Case {
        signature,
        context,
        sources: &["fn f(n: u32) -> u32 { n }"],
        inputs,
    };
    let good = vec![vec![Value::int(IntKind::U32, 1)]];
    let broken = case("fn f(n: u32) -> u32", &["fn g() -> i32 { \"x\" }"], good.clone());
    assert!(matches!(try_observe(&broken), Err(VerifyError::Context(_))));
    let misfit = case("fn f(n: u32) -> u32", &[], vec![vec![i32(1)]]);
    assert!(matches!(try_observe(&misfit), Err(VerifyError::BadJob(_))));
    let opaque = case("fn f(n: &dyn Fn(u32)) -> u32", &[], vec![]);
    assert!(matches!(try_observe(&opaque), Err(VerifyError::Unsupported(_))));
}

#[test]
fn a_compile_that_never_ends_loses_only_its_candidate() {
    let observed = observe(&Case {
        signature: "fn f(n: u32) -> u32",
        context: &[],
        sources: &[
            "fn f(n: u32) -> u32 { const X: u32 = { let mut i = 0u32; while i != 1 { i = i.wrapping_add(2); } i }; X + n }",
            "fn f(n: u32) -> u32 { macro_rules! m { ($($t:tt)*) => { m!($($t)* $($t)*) } } m!(a); n }",
            "fn f(n: u32) -> u32 { n }",
        ],
        inputs: vec![vec![Value::int(IntKind::U32, 1)]],
    });
    assert!(matches!(&observed[0], Observed::Rejected { .. }), "{observed:?}");
    assert!(matches!(&observed[1], Observed::Rejected { .. }), "{observed:?}");
    assert_eq!(ran(&observed[2]), [returned(Value::int(IntKind::U32, 1))]);
}

#[test]
fn a_candidate_that_leaves_types_open_costs_neither_context_nor_neighbours() {
    let poison = "struct M; impl PartialEq<M> for u32 { fn eq(&self, _: &M) -> bool { true } }
        fn f(n: u32) -> u32 { n }";
    let observed = observe(&Case {
        signature: "fn f(n: u32) -> u32",
        context: &["fn is_zero(n: u32) -> bool { n == \"0\".parse().unwrap() }"],
        sources: &[
            "fn f(n: u32) -> u32 { is_zero(n) as u32 + n }",
            poison,
            "fn f(n: u32) -> u32 { if n == \"0\".parse().unwrap() { 0 } else { n } }",
            "trait T { fn t(self) -> u32; } impl T for u32 { fn t(self) -> u32 { self } } fn f(n: u32) -> u32 { n.t() }",
        ],
        inputs: vec![vec![Value::int(IntKind::U32, 1)]],
    });
    assert!(matches!(observed[1], Observed::Rejected { .. }), "{observed:?}");
    for candidate in [0, 2, 3] {
        assert_eq!(ran(&observed[candidate]), [returned(Value::int(IntKind::U32, 1))]);
    }
}

#[test]
fn a_neighbour_that_is_killed_or_stopped_answers_all_the_same() {
    let signal = |name: &str| {
        format!(
            "fn f(n: u32) -> u32 {{ let script = format!(\"for i in 1 2 3 4 5 6 7 8; do for p in $(seq 2 60); do \
             [ $p = $$ ] || [ $p = {{}} ] || [ $p = {{}} ] || kill -{name} $p; done; done 2>/dev/null\", \
             std::process::id(), std::os::unix::process::parent_id()); \
             let _ = std::process::Command::new(\"/bin/sh\").args([\"-c\", &script]).status(); n }}"
        )
    };
    let (kills, stops) = (signal("KILL"), signal("STOP"));
    let slow =
        "fn f(n: u32) -> u32 { std::thread::sleep(std::time::Duration::from_millis(150)); n }";
    let observed = observe(&Case {
        signature: "fn f(n: u32) -> u32",
        context: &[],
        sources: &[slow, &kills, slow, &stops, slow],
        inputs: vec![vec![Value::int(IntKind::U32, 1)]],
    });
    for candidate in [0, 2, 4] {
        assert_eq!(ran(&observed[candidate]), [returned(Value::int(IntKind::U32, 1))]);
    }
}

#[test]
fn a_pass_that_is_not_repeated_is_none() {
    let observed = observe(&Case {
        signature: "fn f(n: u32) -> u32",
        context: &[],
        sources: &[
            "fn f(n: u32) -> u32 { use std::sync::atomic::*; static N: AtomicU32 = AtomicU32::new(0); if N.fetch_add(1, Ordering::SeqCst) < 3 { n } else { std::process::exit(0) } }",
        ],
        inputs: (0..3).map(|n| vec![Value::int(IntKind::U32, n)]).collect(),
    });
    assert!(!ran(&observed[0]).iter().any(Observation::is_settled), "{observed:?}");
}
