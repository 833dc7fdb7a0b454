//! What Python candidates do, seen from outside, with the real interpreter in the real sandbox.

use zerr_core::observe::Observation;
use zerr_core::value::Value;
use zerr_core::verdict::LayerId;

use zerr_exec::Cancel;

use super::{RUNNER, python_job, run};
use crate::testing::{Case, crashed, int, observe, ran, returned, toolchain, try_observe};
use crate::{Observed, VerifyError};

fn raised(kind: &str) -> String {
    format!("raised {kind}")
}

/// What each of some candidates for `def f(n: int) -> int` does on 0, 1, 2, 3.
fn on_four(sources: &[&str]) -> Vec<Vec<Observation>> {
    let inputs = (0..4).map(|n| vec![int(n)]).collect();
    let case = Case { signature: "def f(n: int) -> int:", context: &[], sources, inputs };
    observe(&case).iter().map(|observed| ran(observed).to_vec()).collect()
}

#[test]
fn right_and_wrong_functions_are_told_apart_and_broken_ones_lose_only_themselves() {
    let observed = observe(&Case {
        signature: "def halve(n: int) -> int:",
        context: &["def twice(n: int) -> int:\n    return n * 2\n"],
        sources: &[
            "def halve(n: int) -> int:\n    return n // 2",
            "def halve(n: int) -> int:\n    return int(n / 2)",
            "def halve(n: int) -> int:\n    return n // 0",
            "def halve(n: int) -> int\n    return n // 2",
            "def halve(n: int) -> int:\n    return twice(n) // 4",
            "def other(n: int) -> int:\n    return n",
            "def halve(n: Missing) -> int:\n    return n",
            "def halve(n: int) -> int:\n    if n < 0:\n        raise ValueError('negative')\n    return n // 2",
            "def halve(n: int) -> int:\n    class ValueError(Exception):\n        pass\n    raise ValueError(n)",
            "\0",
            "def halve(n: int) -> int:\n    return n / 2",
        ],
        inputs: vec![vec![int(8)], vec![int(-3)]],
    });
    assert_eq!(ran(&observed[0]), [returned(int(4)), returned(int(-2))]);
    assert_eq!(ran(&observed[1]), [returned(int(4)), returned(int(-1))]);
    assert_eq!(ran(&observed[2])[0].key(), raised("ZeroDivisionError"));
    assert_eq!(ran(&observed[4])[0], returned(int(4)));
    let Observation::Raised { kind, message } = &ran(&observed[7])[1] else { panic!() };
    assert_eq!((kind.as_str(), message.as_str()), ("ValueError", "negative"));
    assert_eq!(ran(&observed[8])[0].key(), raised("candidate.ValueError"));
    assert_eq!(ran(&observed[10])[0], returned(Value::f64(4.0)));
    let rejected = |at: usize| match &observed[at] {
        Observed::Rejected { layer, message } => (*layer, message.as_str()),
        Observed::Ran(_) => panic!("{observed:?}"),
    };
    assert_eq!(rejected(3), (LayerId::Syntax, "SyntaxError: expected ':' (line 1)"));
    assert_eq!(rejected(5), (LayerId::Types, "defines no function `halve`"));
    assert_eq!(rejected(6).0, LayerId::Types);
    assert_eq!(rejected(9).0, LayerId::Syntax);
}

#[test]
fn values_of_every_type_come_back_as_they_went_in() {
    let f64s = [0.0, -0.0, 1.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE];
    let huge = format!(r#"["int","-{}"]"#, "9".repeat(4_000));
    let list = Value::List;
    let table: Vec<(&str, Vec<Value>)> = vec![
        ("None", vec![Value::None]),
        ("bool", vec![Value::Bool(true), Value::Bool(false)]),
        ("int", vec![int(0), int(1), int(i64::MIN), Value::decode(&huge).unwrap()]),
        ("float", f64s.iter().map(|f| Value::f64(*f)).collect()),
        ("str", ["", "\"\\\n\t\0\u{7f}", "é日本🦀\u{202e}"].map(Value::str).to_vec()),
        ("bytes", vec![Value::Bytes(vec![]), Value::Bytes(vec![0, 255])]),
        ("list[list[int]]", vec![list(vec![]), list(vec![list(vec![int(1)]), list(vec![])])]),
        ("tuple[int, str]", vec![Value::Tuple(vec![int(1), Value::str("a")])]),
        ("tuple[int, ...]", vec![Value::Tuple(vec![]), Value::Tuple(vec![int(1), int(2)])]),
        ("set[int]", vec![Value::Set(vec![]), Value::set(vec![int(10), int(9)])]),
        ("frozenset[str]", vec![Value::set(vec![Value::str("b"), Value::str("a")])]),
        (
            "int | list[str] | frozenset[int]",
            vec![
                int(3),
                list(vec![Value::str("a")]),
                Value::Set(vec![]),
                Value::set(vec![int(2), int(1)]),
            ],
        ),
        ("set[frozenset[int]]", vec![Value::set(vec![Value::set(vec![int(1)])])]),
        (
            "dict[tuple[int, int], list[str]]",
            vec![
                Value::Map(vec![]),
                Value::map(vec![
                    (Value::Tuple(vec![int(2), int(1)]), list(vec![Value::str("x")])),
                    (Value::Tuple(vec![int(1), int(2)]), list(vec![])),
                ]),
            ],
        ),
    ];
    // One call with all of them, as often as the longest column is.
    let params: Vec<String> =
        table.iter().enumerate().map(|(at, (ty, _))| format!("a{at}: {ty}")).collect();
    let names: Vec<String> = (0..table.len()).map(|at| format!("a{at}")).collect();
    let signature = format!("def same({}) -> tuple[int]:", params.join(", "));
    let source = format!("{signature}\n    return ({},)", names.join(", "));
    let rows = table.iter().map(|(_, values)| values.len()).max().unwrap();
    let inputs: Vec<Vec<Value>> = (0..rows)
        .map(|row| table.iter().map(|(_, values)| values[row % values.len()].clone()).collect())
        .collect();
    let expected: Vec<Observation> =
        inputs.iter().map(|row| returned(Value::Tuple(row.clone()))).collect();
    let case = Case { signature: &signature, context: &[], sources: &[&source], inputs };
    assert_eq!(ran(&observe(&case)[0]), expected);
}

#[test]
fn an_optional_argument_is_the_value_itself_or_none() {
    let some = |n| Value::Some(Box::new(int(n)));
    let observed = observe(&Case {
        signature: "def f(n: int | None, ns: list[int | None]) -> str:",
        context: &[],
        sources: &["def f(n: int | None, ns: list[int | None]) -> str:\n    return repr((n, ns))"],
        inputs: vec![
            vec![Value::None, Value::List(vec![])],
            vec![some(3), Value::List(vec![some(1), Value::None])],
        ],
    });
    let expected = ["(None, [])", "(3, [1, None])"].map(|text| returned(Value::str(text)));
    assert_eq!(ran(&observed[0]), expected);
}

#[test]
fn arguments_that_change_are_reported_and_others_are_not() {
    let list = |items: &[i64]| Value::List(items.iter().copied().map(int).collect());
    let signature = "def f(a: list[int], b: list[int], c: dict[str, list[int]]) -> list[int]:";
    let source = format!("{signature}\n    b.sort()\n    c['k'].append(1)\n    return a");
    let map = |items: &[i64]| Value::map(vec![(Value::str("k"), list(items))]);
    let observed = observe(&Case {
        signature,
        context: &[],
        sources: &[&source],
        inputs: vec![vec![list(&[1]), list(&[2, 1]), map(&[])]],
    });
    assert_eq!(
        ran(&observed[0]),
        [Observation::Returned {
            value: list(&[1]),
            mutated: vec![(1, list(&[1, 2])), (2, map(&[1]))],
        }]
    );
}

#[test]
fn one_bad_call_does_not_lose_the_others() {
    let seen = on_four(&[
        "def f(n):\n    while n == 1:\n        pass\n    return n",
        "def f(n):\n    while n == 1:\n        try:\n            while True:\n                pass\n        except BaseException:\n            pass\n    return n",
        "def f(n):\n    if n == 1:\n        raise SystemExit(0)\n    return n",
        "def f(n):\n    xs = [0] * 100000\n    while n == 1:\n        xs = xs + xs\n    return n",
        "def f(n):\n    while n == 1:\n        print('0 1 x ' * 1000)\n    return n",
        "def f(n):\n    return f(n) if n == 1 else n",
        "def f(n):\n    return n ** n ** 12 % 7 if n == 1 else 9 ** 9 ** 9 if n == 100 else n",
        "def f(n):\n    while n == 1:\n        n += sum(range(10 ** 12))\n    return n",
        "def f(n):\n    return n",
    ]);
    for (candidate, observations) in seen.iter().enumerate() {
        for (input, n) in [(0, 0), (2, 2), (3, 3)] {
            assert_eq!(observations[input], returned(int(n)), "{candidate}");
        }
    }
    let second = |candidate: usize| &seen[candidate][1];
    for candidate in [0, 1, 4, 7] {
        assert_eq!(second(candidate), &Observation::TimedOut, "{candidate}");
    }
    assert!(crashed(second(2)), "{:?}", second(2));
    assert!(!second(3).is_settled(), "{:?}", second(3));
    assert_eq!(second(5).key(), raised("RecursionError"));
}

#[test]
fn a_candidate_without_end_is_given_up_and_the_next_is_not() {
    let seen = on_four(&["def f(n):\n    while True:\n        pass", "def f(n):\n    return n"]);
    assert_eq!(seen[0][..2], [Observation::TimedOut, Observation::TimedOut]);
    assert!(seen[0].iter().all(|observation| !observation.is_settled()));
    assert_eq!(seen[1][3], returned(int(3)));
}

/// Tells a candidate's clock and the wall's what they show, and asks whether its time is over.
const CLOCKS: &str = r#"
import sys
runner = {"__name__": "no program"}
exec(sys.argv.pop(), runner)
wall = used = 0.0
class Clock:
    monotonic = staticmethod(lambda: wall)
runner["time"] = Clock
runner["processor_time"] = lambda pid: used
def times(*looks):
    global wall, used
    for wall, used in looks:
        print(wall, one.is_late(wall))
one = runner["Running"]({})
one.allow(1.0)
times((0.5, 0.5), (1.0, 0.4), (1.2, 0.5), (1.6, 0.75), (2.0, 1.0))
one.allow(1.0)
times((3.0, 1.3), (3.1, 1.3), (3.8, 1.301))
one = runner["Running"]({})
wall = used = 0.0
one.allow(1.0)
times((1.0, 0.1), (5.0, 0.5), (10.9, 0.8))
one.allow(1.0)
times((11.95, 0.9), (12.1, 0.95))
"#;

#[test]
fn time_is_counted_while_a_candidate_has_a_processor() {
    let toolchain = toolchain();
    let tools = toolchain.python.as_ref().unwrap();
    let work = toolchain.sandbox.work_dir().unwrap();
    let job = python_job(tools, &work, &["-c", CLOCKS, RUNNER], 20_000);
    let outcome = run(&toolchain.sandbox, &job, &Cancel::new()).unwrap();
    let said = String::from_utf8_lossy(&outcome.stdout);
    let said: Vec<&str> = said.lines().collect();
    assert_eq!(said[..5], ["0.5 False", "1.0 False", "1.2 False", "1.6 False", "2.0 True"]);
    assert_eq!(said[5..8], ["3.0 False", "3.1 False", "3.8 True"], "it waits for something else");
    assert_eq!(said[8..11], ["1.0 False", "5.0 False", "10.9 False"]);
    assert_eq!(said[11..], ["11.95 False", "12.1 True"], "its patience is for all calls together");
}

/// Reaches what the scan would forbid: classes by way of `object`, and from there any module.
const ESCAPE: &str = "
    for c in ().__class__.__base__.__subclasses__():
        if c.__name__ == '_wrap_close':
            os = c.__init__.__globals__
            break
";

#[test]
fn a_process_that_gets_out_of_python_is_still_confined() {
    let escaped = |then: &str| format!("def f(n):{ESCAPE}    {then}\n    return n");
    let sources: Vec<String> = [
        "os['_exit'](0) if n == 1 else None",
        "os['kill'](os['getpid'](), 9) if n == 1 else None",
        "os['write'](1, b'0 1 done') and os['close'](1) or os['closerange'](0, 100) if n == 1 else None",
        "\n    try:\n        while n == 1 and os['fork']() >= 0:\n            pass\n    except OSError:\n        pass",
        "\n    try:\n        n += len(os['listdir']('/root'))\n    except OSError:\n        pass",
        "\n    for path in '/etc/shadow', '/proc/%d/mem' % os['getppid'](), '/proc/%d/fd/1' % os['getppid']():\n        try:\n            n += os['open'](path, 0)\n        except OSError:\n            pass",
        "\n    try:\n        os['open']('/zerr/left', 65)\n        n += os['write'](os['open']('/zerr/left', 65), b'x')\n    except OSError:\n        pass",
        "n += len(os['environ'].get('HOME', ''))",
    ]
    .iter()
    .map(|then| escaped(then))
    .collect();
    let mut sources: Vec<&str> = sources.iter().map(String::as_str).collect();
    sources.push("def f(n):\n    return n");
    let seen = on_four(&sources);
    for candidate in [0, 1, 2] {
        assert!(crashed(&seen[candidate][1]), "{candidate}: {:?}", seen[candidate]);
        assert_eq!(seen[candidate][3], returned(int(3)));
    }
    for (candidate, observations) in seen.iter().enumerate().skip(3) {
        let unmoved: Vec<Observation> = (0..4).map(|n| returned(int(n))).collect();
        assert_eq!(*observations, unmoved, "{candidate}");
    }
}

#[test]
fn doors_of_the_language_are_shut() {
    let seen = on_four(&[
        "def f(n):\n    return len(open('/etc/passwd').read())",
        "def f(n):\n    import os\n    return 1",
        "def f(n):\n    import socket\n    return 1",
        "def f(n):\n    import sys\n    sys.exit(0)",
        "def f(n):\n    return eval('1')",
        "def f(n):\n    return __import__('subprocess')",
        "def f(n):\n    import collections.abc, math\n    from functools import reduce\n    return math.gcd(n, 0)",
    ]);
    let keys: Vec<String> = seen.iter().map(|observations| observations[1].key()).collect();
    let shut = [
        raised("NameError"),
        raised("ImportError"),
        raised("ImportError"),
        raised("ImportError"),
        raised("NameError"),
        raised("ImportError"),
    ];
    assert_eq!(keys[..6], shut);
    assert_eq!(seen[6][3], returned(int(3)));
}

#[test]
fn monkeypatching_and_lying_objects_touch_nobody_else() {
    let seen = on_four(&[
        "def f(n):\n    __builtins__['len'] = lambda x: 7\n    __builtins__['int'] = str\n    return n",
        "def f(n):\n    class Yes:\n        def __eq__(self, other):\n            return True\n        def __hash__(self):\n            return 1\n    return Yes()",
        "def f(n):\n    class I(int):\n        def __repr__(self):\n            return '7'\n    return I(n)",
        "def f(n):\n    class E(Exception):\n        def __str__(self):\n            while True:\n                pass\n    raise E(E())",
        "def f(n):\n    import math\n    math.floor = lambda x: 7\n    return n",
        "def f(n):\n    import math\n    return math.floor(n + 0.5)",
        "def f(n):\n    xs = []\n    xs.append(xs)\n    return xs",
        "def f(n):\n    return (i for i in range(n))",
        "def f(n):\n    return len('ab') + int('1') + n - 3",
        "def f(n):\n    x = 0\n    for _ in range(60):\n        x = [x, x]\n    return x",
        "def f(n):\n    return '\\ud800'",
        "def f(n):\n    return 10 ** 5000",
    ]);
    assert_eq!(seen[0][1], returned(int(1)));
    let opaque = |name: &str| Observation::Opaque { type_name: name.to_owned() };
    assert_eq!(seen[1][1], opaque("Yes"));
    assert_eq!(seen[2][1], opaque("I"));
    assert_eq!(seen[3][1].key(), raised("candidate.E"));
    for candidate in [4, 5, 8] {
        assert_eq!(seen[candidate][3], returned(int(3)), "{candidate}");
    }
    assert_eq!(seen[7][1], opaque("generator"));
    for candidate in [6, 9, 10, 11] {
        assert!(!seen[candidate][1].is_settled(), "{candidate}: {:?}", seen[candidate][1]);
    }
}

#[test]
fn frames_do_not_lead_to_the_secret_or_the_results() {
    let seen = on_four(&[
        "def f(n):
    found = []
    def g():
        frame = held[0].gi_frame
        while frame:
            found.extend(frame.f_globals)
            found.extend(frame.f_locals)
            frame = frame.f_back
        yield
    held = []
    held.append(g())
    next(held[0])
    return sorted({'secret', 'job', 'say', 'os', 'child', 'results'} & set(found))",
        "def f(n):
    try:
        raise ValueError
    except ValueError as error:
        frame = error.__traceback__.tb_frame.f_back
        frame.f_locals['put']((True, 7))
    return n",
    ]);
    assert_eq!(seen[0][1], returned(Value::List(vec![])));
    assert!(!seen[1][1].is_settled() || !seen[1][2].is_settled(), "{:?}", seen[1]);
}

#[test]
fn an_answer_that_changes_from_call_to_call_is_none() {
    let observed = observe(&Case {
        signature: "def f(words: list[str]) -> list[str]:",
        context: &[],
        sources: &[
            "def f(words):\n    return list(set(words))",
            "def f(words, seen=[]):\n    seen.extend(words)\n    return list(seen)",
            "def f(words):\n    return [str(hash(words[0]))]",
            "def f(words):\n    return sorted(set(words))",
        ],
        inputs: (0..3)
            .map(|n| vec![Value::List("abcdefgh".chars().skip(n).map(Value::str).collect())])
            .collect(),
    });
    for changing in &observed[..3] {
        let settled = ran(changing).iter().all(Observation::is_settled);
        assert!(!settled, "{changing:?}");
    }
    assert!(ran(&observed[3]).iter().all(Observation::is_settled));
}

#[test]
fn older_annotations_load_and_a_broken_context_is_an_error() {
    let good = Case {
        signature: "def f(xs: List[int]) -> Optional[int]:",
        context: &[],
        sources: &["def f(xs: List[int]) -> Optional[int]:\n    return xs[0] if xs else None"],
        inputs: vec![vec![Value::List(vec![])]],
    };
    assert_eq!(ran(&observe(&good)[0]), [returned(Value::None)]);
    let broken = Case { context: &["def g(:"], ..good };
    assert!(matches!(try_observe(&broken), Err(VerifyError::Context(_))));
}

#[test]
fn what_a_candidate_replaces_is_not_what_the_runner_calls() {
    let seen = on_four(&[
        "def f(n):\n    import json\n    forged = '{\"returned\":{\"value\":[\"int\",\"7\"],\"mutated\":[]}}'\n    json.dumps = json.encoder.encode_basestring_ascii = lambda *given: forged\n    raise ValueError",
        "def f(n):\n    import json\n    json._default_encoder = None\n    return {f}",
        "def f(n):\n    import json\n    return json.dumps(n)",
    ]);
    assert_eq!(seen[0][1].key(), raised("ValueError"));
    assert!(matches!(seen[1][1], Observation::Opaque { .. }), "{:?}", seen[1]);
    assert_eq!(seen[2][3], returned(Value::str("3")));
}

#[test]
fn the_guard_leaves_honest_programs_alone() {
    let seen = on_four(&[
        "from collections import namedtuple\nfrom dataclasses import dataclass\nfrom enum import Enum\nP = namedtuple('P', 'x y')\n@dataclass\nclass D:\n    x: int\nclass E(Enum):\n    A = 1\ndef f(n):\n    return P(n, 0).x + D(0).x + E.A.value - 1",
        "def f(n):\n    def g():\n        yield n\n    return next(g())",
        "from functools import lru_cache\n@lru_cache(None)\ndef g(n):\n    return n\ndef f(n):\n    return g(n)",
    ]);
    for observations in &seen {
        assert_eq!(observations[3], returned(int(3)));
    }
}

#[test]
fn calls_that_end_are_seen_whatever_the_largest_arguments_do() {
    let source = "def f(n: int) -> int:\n    while n > 1:\n        pass\n    return n";
    let case = Case {
        signature: "def f(n: int) -> int:",
        context: &[],
        sources: &[source],
        inputs: [0, 1, 7, 8, 9, 10].into_iter().map(|n| vec![int(n)]).collect(),
    };
    let observed = observe(&case);
    let seen = ran(&observed[0]);
    assert_eq!(seen[..2], [returned(int(0)), returned(int(1))]);
    assert!(seen[2..].iter().all(|one| !one.is_settled()), "{seen:?}");
}
