//! Constants of both languages and what they are read as.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

/// The tree in one line.
fn show(literal: &Literal) -> String {
    let list = |items: &[Literal]| items.iter().map(show).collect::<Vec<_>>().join(" ");
    match &literal.kind {
        LiteralKind::Int { digits, suffix } => {
            format!("i:{digits}{}", suffix.as_deref().unwrap_or(""))
        }
        LiteralKind::Float { text, suffix } => {
            format!("f:{text}{}", suffix.as_deref().unwrap_or(""))
        }
        LiteralKind::Str(text) => format!("{text:?}"),
        LiteralKind::Char(character) => format!("{character:?}"),
        LiteralKind::Bytes(bytes) => format!("y:{bytes:?}"),
        LiteralKind::Bool(value) => format!("{value}"),
        LiteralKind::None => "none".to_owned(),
        LiteralKind::Unit => "unit".to_owned(),
        LiteralKind::Tuple(items) => format!("(t {})", list(items)),
        LiteralKind::List(items) => format!("(l {})", list(items)),
        LiteralKind::Set(items) => format!("(S {})", list(items)),
        LiteralKind::Map(pairs) => {
            let pairs: Vec<_> =
                pairs.iter().map(|(k, v)| format!("{}={}", show(k), show(v))).collect();
            format!("(m {})", pairs.join(" "))
        }
        LiteralKind::Some(inner) => format!("(some {})", show(inner)),
        LiteralKind::Ok(inner) => format!("(ok {})", show(inner)),
        LiteralKind::Err(inner) => format!("(err {})", show(inner)),
        LiteralKind::Neg(inner) => format!("-{}", show(inner)),
        LiteralKind::Call { name, args, fields } => {
            let fields: Vec<_> = fields.iter().map(|(n, v)| format!("{n}={}", show(v))).collect();
            format!("(call {name} {} {})", list(args), fields.join(" "))
        }
    }
}

fn check(language: Language, texts: &[&str], expect: &Expect) {
    let shown: Vec<String> = texts
        .iter()
        .map(|text| match parse(language, text) {
            Ok(literal) => format!("{text} => {}", show(&literal)),
            Err(error) => {
                let at = error.span.text(text);
                format!("{text} => error: {error} at {at:?}; {}", error.hint)
            }
        })
        .collect();
    expect.assert_eq(&shown.join("\n"));
}

#[test]
fn rust_constants() {
    check(
        Language::Rust,
        &[
            "5",
            "-5",
            "1_000u64",
            "0xff",
            "0b1010_u8",
            "0o17",
            "1.5",
            "-1e9",
            "2.",
            "3f64",
            "1.0f32",
            "i32::MAX",
            "u64::MAX",
            "std::i8::MIN",
            "i128::MIN",
            "usize::MAX",
            "i32::MAX - 1",
            "1 << 4",
            "2 * -3",
            "f64::NAN",
            "f64::INFINITY",
            "-f64::INFINITY",
            "f64::NEG_INFINITY",
            "f32::MAX",
            "f64::MIN_POSITIVE",
            "f64::EPSILON",
            "std::f64::consts::PI",
            "true",
            "'a'",
            "'\\n'",
            "\"x\\u{e9}\"",
            "r#\"a\"b\"#",
            "b\"ab\"",
            "b'a'",
            "String::from(\"x\")",
            "\"x\".to_string()",
            "\"x\".to_owned()",
            "String::new()",
            "\"ab\".repeat(2)",
            "'x'.to_string()",
            "()",
            "(1,)",
            "(1, \"a\")",
            "(5)",
            "[1, 2]",
            "vec![1, 2]",
            "&[1, 2]",
            "vec![0; 3]",
            "[[0; 2]; 2]",
            "Vec::new()",
            "Vec::<i32>::new()",
            "vec![]",
            "&mut vec![1]",
            "vec![1].into_iter().collect()",
            "&vec![vec![1], vec![]][..]",
            "Some(3)",
            "None",
            "Ok(())",
            "Err(\"bad\".to_string())",
            "Option::Some(1)",
            "Some(None)",
            "Box::new(3)",
            "HashMap::from([(\"a\", 1)])",
            "HashSet::from([1])",
            "BTreeMap::new()",
            "std::collections::BTreeSet::from([2, 1])",
            "Point { x: 1, y: -2 }",
            "Shape::Circle(2.0)",
            "Color::Red",
            "Red",
            "5 as u8",
            "3 as f64",
        ],
        &expect![[r##"
            5 => i:5
            -5 => -i:5
            1_000u64 => i:1000u64
            0xff => i:255
            0b1010_u8 => i:10u8
            0o17 => i:15
            1.5 => f:1.5
            -1e9 => -f:1e9
            2. => f:2.
            3f64 => f:3f64
            1.0f32 => f:1.0f32
            i32::MAX => i:2147483647i32
            u64::MAX => i:18446744073709551615u64
            std::i8::MIN => -i:128i8
            i128::MIN => -i:170141183460469231731687303715884105728i128
            usize::MAX => i:18446744073709551615usize
            i32::MAX - 1 => i:2147483646i32
            1 << 4 => i:16
            2 * -3 => -i:6
            f64::NAN => f:nanf64
            f64::INFINITY => f:inff64
            -f64::INFINITY => -f:inff64
            f64::NEG_INFINITY => -f:inff64
            f32::MAX => f:3.4028235e38f32
            f64::MIN_POSITIVE => f:2.2250738585072014e-308f64
            f64::EPSILON => f:2.220446049250313e-16f64
            std::f64::consts::PI => f:3.141592653589793f64
            true => true
            'a' => 'a'
            '\n' => '\n'
            "x\u{e9}" => "xé"
            r#"a"b"# => "a\"b"
            b"ab" => y:[97, 98]
            b'a' => i:97u8
            String::from("x") => "x"
            "x".to_string() => "x"
            "x".to_owned() => "x"
            String::new() => ""
            "ab".repeat(2) => "abab"
            'x'.to_string() => "x"
            () => unit
            (1,) => (t i:1)
            (1, "a") => (t i:1 "a")
            (5) => i:5
            [1, 2] => (l i:1 i:2)
            vec![1, 2] => (l i:1 i:2)
            &[1, 2] => (l i:1 i:2)
            vec![0; 3] => (l i:0 i:0 i:0)
            [[0; 2]; 2] => (l (l i:0 i:0) (l i:0 i:0))
            Vec::new() => (l )
            Vec::<i32>::new() => (l )
            vec![] => (l )
            &mut vec![1] => (l i:1)
            vec![1].into_iter().collect() => (l i:1)
            &vec![vec![1], vec![]][..] => (l (l i:1) (l ))
            Some(3) => (some i:3)
            None => none
            Ok(()) => (ok unit)
            Err("bad".to_string()) => (err "bad")
            Option::Some(1) => (some i:1)
            Some(None) => (some none)
            Box::new(3) => i:3
            HashMap::from([("a", 1)]) => (m "a"=i:1)
            HashSet::from([1]) => (S i:1)
            BTreeMap::new() => (m )
            std::collections::BTreeSet::from([2, 1]) => (S i:2 i:1)
            Point { x: 1, y: -2 } => (call Point  x=i:1 y=-i:2)
            Shape::Circle(2.0) => (call Shape::Circle f:2.0 )
            Color::Red => (call Color::Red  )
            Red => (call Red  )
            5 as u8 => i:5u8
            3 as f64 => f:3f64"##]],
    );
}

#[test]
fn python_constants() {
    check(
        Language::Python,
        &[
            "5",
            "-5",
            "+5",
            "1_000",
            "0xff",
            "0xffffffffffffffffffffffff",
            "0b11",
            "0o17",
            "00",
            "1.5",
            "1e9",
            ".5",
            "5.",
            "-1_0.0",
            "float(\"nan\")",
            "float('inf')",
            "-float('inf')",
            "float('-inf')",
            "float(3)",
            "math.inf",
            "math.pi",
            "10 ** 9",
            "2**31 - 1",
            "[0] * 3",
            "\"a\" * 3",
            "True",
            "False",
            "None",
            "\"x\"",
            "'x\\n\\x41\\u00e9\\101'",
            "r'\\n'",
            "'a' \"b\"",
            "'''a\nb'''",
            "'\\q'",
            "b'a\\xff'",
            "b'a' b'b'",
            "u'x'",
            "()",
            "(1,)",
            "(1, 'a')",
            "(5)",
            "1, 2",
            "[1, 2]",
            "[]",
            "[[1], []]",
            "{}",
            "{'a': 1, 'b': [2]}",
            "{1, 2}",
            "set()",
            "set([1])",
            "frozenset({1})",
            "list()",
            "dict()",
            "tuple()",
            "Point(1, y=2)",
            "Color.RED",
            "Decimal('1.5')",
            "[\n  1,  # one\n  2,\n]",
        ],
        &expect![[r#"
            5 => i:5
            -5 => -i:5
            +5 => i:5
            1_000 => i:1000
            0xff => i:255
            0xffffffffffffffffffffffff => i:79228162514264337593543950335
            0b11 => i:3
            0o17 => i:15
            00 => i:0
            1.5 => f:1.5
            1e9 => f:1e9
            .5 => f:.5
            5. => f:5.
            -1_0.0 => -f:10.0
            float("nan") => f:nan
            float('inf') => f:inf
            -float('inf') => -f:inf
            float('-inf') => -f:inf
            float(3) => f:3
            math.inf => f:inf
            math.pi => f:3.141592653589793
            10 ** 9 => i:1000000000
            2**31 - 1 => i:2147483647
            [0] * 3 => (l i:0 i:0 i:0)
            "a" * 3 => "aaa"
            True => true
            False => false
            None => none
            "x" => "x"
            'x\n\x41\u00e9\101' => "x\nAéA"
            r'\n' => "\\n"
            'a' "b" => "ab"
            '''a
            b''' => "a\nb"
            '\q' => "\\q"
            b'a\xff' => y:[97, 255]
            b'a' b'b' => y:[97, 98]
            u'x' => "x"
            () => (t )
            (1,) => (t i:1)
            (1, 'a') => (t i:1 "a")
            (5) => i:5
            1, 2 => (t i:1 i:2)
            [1, 2] => (l i:1 i:2)
            [] => (l )
            [[1], []] => (l (l i:1) (l ))
            {} => (m )
            {'a': 1, 'b': [2]} => (m "a"=i:1 "b"=(l i:2))
            {1, 2} => (S i:1 i:2)
            set() => (S )
            set([1]) => (S i:1)
            frozenset({1}) => (S i:1)
            list() => (l )
            dict() => (m )
            tuple() => (t )
            Point(1, y=2) => (call Point i:1 y=i:2)
            Color.RED => (call Color.RED  )
            Decimal('1.5') => (call Decimal "1.5" )
            [
              1,  # one
              2,
            ] => (l i:1 i:2)"#]],
    );
}

#[test]
fn what_is_no_constant_says_so() {
    check(
        Language::Rust,
        &[
            "x",
            "f(1)",
            "1 +",
            "a.b",
            "|x| x",
            "\"a",
            "vec![1; 99999999]",
            "vec![vec![1; 1000]; 1000]",
            "if true { 1 } else { 2 }",
            "i32::WHAT",
            "S { ..x }",
            "1 / 2",
            "1.5.sqrt()",
            "300 as u8",
        ],
        &expect![[r#"
            x => error: `x` is no constant zerr knows at "x"; write a plain value, such as `3`, `"text"` or `vec![1, 2]`
            f(1) => error: `f` is no constant at "f(1)"; write a plain value, such as `3`, `"text"` or `vec![1, 2]`
            1 + => error: unexpected end of input, expected an expression at ""; write a plain value, such as `3`, `"text"` or `vec![1, 2]`
            a.b => error: not a constant at "a.b"; write a plain value, such as `3`, `"text"` or `vec![1, 2]`
            |x| x => error: not a constant at "|x| x"; write a plain value, such as `3`, `"text"` or `vec![1, 2]`
            "a => error: `"a` is no Rust token at ""; write a plain value, such as `3`, `"text"` or `vec![1, 2]`
            vec![1; 99999999] => error: no number of items at "99999999"; repeat at most 10000 times
            vec![vec![1; 1000]; 1000] => error: no number of items at "1000"; repeat at most 10000 times
            if true { 1 } else { 2 } => error: not a constant at "if true { 1 } else { 2 }"; write a plain value, such as `3`, `"text"` or `vec![1, 2]`
            i32::WHAT => error: `i32::WHAT` is no constant zerr knows at "i32::WHAT"; write a plain value, such as `3`, `"text"` or `vec![1, 2]`
            S { ..x } => error: not a constant at "S { ..x }"; write a plain value, such as `3`, `"text"` or `vec![1, 2]`
            1 / 2 => error: not a constant at "1 / 2"; write a plain value, such as `3`, `"text"` or `vec![1, 2]`
            1.5.sqrt() => error: not a constant at "1.5.sqrt()"; write a plain value, such as `3`, `"text"` or `vec![1, 2]`
            300 as u8 => error: the number does not fit `u8` at "300 as u8"; write the number that is meant"#]],
    );
    check(
        Language::Python,
        &[
            "x",
            "f(1)",
            "1 +",
            "a.b",
            "lambda x: x",
            "'a",
            "[0] * 99999999",
            "[[0] * 1000] * 1000",
            "1j",
            "f'{x}'",
            "[x for x in y]",
            "{**a}",
            "...",
            "'\\ud800'",
            "x = 1",
            "1\n2",
            "float('x')",
            "9 ** 9 ** 9",
            "'\\N{BULLET}'",
        ],
        &expect![[r#"
            x => error: not a constant at "x"; write a plain value, such as `3`, `"text"` or `[1, 2]`
            f(1) => error: not a constant at "f(1)"; write a plain value, such as `3`, `"text"` or `[1, 2]`
            1 + => error: unexpected `1 +` at "1 +"; write a plain value, such as `3`, `"text"` or `[1, 2]`
            a.b => error: not a constant at "a.b"; write a plain value, such as `3`, `"text"` or `[1, 2]`
            lambda x: x => error: not a constant at "lambda x: x"; write a plain value, such as `3`, `"text"` or `[1, 2]`
            'a => error: unexpected `'` at "'"; write a plain value, such as `3`, `"text"` or `[1, 2]`
            [0] * 99999999 => error: the value is too long at "[0] * 99999999"; write a plain value, such as `3`, `"text"` or `[1, 2]`
            [[0] * 1000] * 1000 => error: the value is too long at "[[0] * 1000] * 1000"; write a plain value, such as `3`, `"text"` or `[1, 2]`
            1j => error: not a constant at "1j"; write a plain value, such as `3`, `"text"` or `[1, 2]`
            f'{x}' => error: not a constant at "f'{x}'"; write a plain value, such as `3`, `"text"` or `[1, 2]`
            [x for x in y] => error: not a constant at "[x for x in y]"; write a plain value, such as `3`, `"text"` or `[1, 2]`
            {**a} => error: not a constant at "**a"; write a plain value, such as `3`, `"text"` or `[1, 2]`
            ... => error: not a constant at "..."; write a plain value, such as `3`, `"text"` or `[1, 2]`
            '\ud800' => error: half of a surrogate pair is no character at "'\\ud800'"; write the character itself
            x = 1 => error: not a constant at "x = 1"; write a plain value, such as `3`, `"text"` or `[1, 2]`
            1
            2 => error: not one value at "1\n2"; write a plain value, such as `3`, `"text"` or `[1, 2]`
            float('x') => error: not a constant at "float('x')"; write a plain value, such as `3`, `"text"` or `[1, 2]`
            9 ** 9 ** 9 => error: the number is too large to compute at "9 ** 9 ** 9"; write its digits
            '\N{BULLET}' => error: unknown escape at "'\\N{BULLET}'"; write the character itself"#]],
    );
}

#[test]
fn nested_garbage_is_an_error() {
    for language in Language::ALL {
        for unit in ["(", "[", "-", "Some(", "vec![", "!", "&", "{"] {
            assert!(parse(language, &unit.repeat(10_000)).is_err());
        }
        let closed = format!("{}1{}", "(".repeat(5000), ")".repeat(5000));
        assert!(parse(language, &closed).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_text_makes_it_panic(text in "[-+*'\"\\\\(){}\\[\\],:;.0-9a-zA-Z_ \nλ#!&|]{0,30}") {
        for language in Language::ALL {
            let _ = parse(language, &text);
        }
    }

    #[test]
    fn strings_and_numbers_come_back(
        text in "\\PC{0,20}",
        int in any::<i128>(),
        float in any::<f64>(),
    ) {
        let rust = parse(Language::Rust, &format!("{text:?}"));
        prop_assert_eq!(rust.map(|it| it.kind), Ok(LiteralKind::Str(text.clone())));
        let escaped: Vec<String> =
            text.chars().map(|c| format!("\\U{:08x}", u32::from(c))).collect();
        let escaped = escaped.concat();
        let python = parse(Language::Python, &format!("\"{escaped}\""));
        prop_assert_eq!(python.map(|it| it.kind), Ok(LiteralKind::Str(text)));
        for language in Language::ALL {
            let read = parse(language, &int.to_string()).unwrap();
            if int > i128::MIN {
                prop_assert_eq!(read.as_int(), Some(int));
            }
            if float.is_finite() && float.is_sign_positive() {
                let read = parse(language, &format!("{float:?}")).unwrap();
                let LiteralKind::Float { text, .. } = read.kind else { panic!("no float") };
                prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), float.to_bits());
            }
        }
        let hex = parse(Language::Python, &format!("{:#x}", int.unsigned_abs())).unwrap();
        let LiteralKind::Int { digits, .. } = hex.kind else { panic!("no int") };
        prop_assert_eq!(digits, int.unsigned_abs().to_string());
    }
}
