//! What is an example in a documentation, and what is none.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

fn check(language: Language, doc: &str, expect: &Expect) {
    let shown: Vec<String> = find(language, "f", doc)
        .into_iter()
        .map(|example| {
            assert!(example.span.text(doc).starts_with("f("), "{doc}");
            let word = if example.outcome == Outcome::Raises { "raises" } else { "==" };
            format!(
                "{} {:?} {word} {}",
                example.call_text, example.args_text, example.expected_text
            )
        })
        .collect();
    expect.assert_eq(&shown.join("\n"));
}

#[test]
fn what_says_the_contrary_is_no_example() {
    for (language, doc) in [
        (Language::Python, ">>> f(2) == 6\nFalse"),
        (Language::Python, ">>> not f(2) == 6\nTrue"),
        (Language::Python, "assert not (f(2) == 6)"),
        (Language::Python, "assert (f(2) == 6) is False"),
        (Language::Python, "assert (f(2) == 6) == False"),
        (Language::Python, "assert 25 // f(2) == 6"),
        (Language::Python, "assert f(2) == 6 // 1.5"),
        (Language::Rust, "assert!(!(f(2) == 6));"),
        (Language::Rust, "assert_ne!(f(1) == 3, true);"),
        (Language::Rust, "!f(3) == false"),
    ] {
        let found = find(language, "f", doc);
        assert!(found.is_empty(), "{doc}: {found:?}");
    }
    for (language, doc) in [
        (Language::Python, ">>> f(2) == 6\nTrue"),
        (Language::Python, ">>> f(2)\n6"),
        (Language::Python, "(such as f(2) == 6)"),
        (Language::Python, "assert (f(2) == 6)"),
        (Language::Rust, "assert!(f(2) == 6);"),
        (Language::Rust, "f(2) // == 6"),
    ] {
        assert_eq!(find(language, "f", doc).len(), 1, "{doc}");
    }
}

#[test]
fn examples_in_the_usual_forms() {
    check(
        Language::Python,
        "Adds. See g(1) == 2.\n\n>>> f(1, [2, 3])\n6\n>>> f(0, [])\n[1,\n 2]\n\n>>> f('a)', \"b,(\")\n'x'\nIn prose f(1) == 2, and `f(2) -> 3`; f(3) => 4. Also f(4) returns 5 (five).\nf(-1) raises ValueError.\n>>> f(9)\nTraceback (most recent call last):\n    ...\nValueError: too big\nassert f(1) == 1.5\nassert f(2)\nassert not f(3)\n>>> f(1,\n...   2)\n3\n`f(7)` returns `8`.\nf(8) -> {'a': 1}  # comment\n>>> f(5) == 6\nTrue\n",
        &expect![[r#"
            f(1, [2, 3]) ["1", "[2, 3]"] == 6
            f(0, []) ["0", "[]"] == [1, 2]
            f('a)', "b,(") ["'a)'", "\"b,(\""] == 'x'
            f(1) ["1"] == 2
            f(2) ["2"] == 3
            f(3) ["3"] == 4
            f(4) ["4"] == 5
            f(-1) ["-1"] raises ValueError
            f(1) ["1"] == 1.5
            f(1,   2) ["1", "2"] == 3
            f(7) ["7"] == 8
            f(8) ["8"] == {'a': 1}
            f(5) ["5"] == 6"#]],
    );
    check(
        Language::Rust,
        "Adds.\n\n```\nuse demo::f;\nassert_eq!(f(1, \"a\"), vec![1, 2]);\nassert_eq!(3, f(2));\nassert_eq!(demo::f(&[1]), Some((1, 2)), \"message\");\nassert!(f(4));\nassert!(!f(5));\nassert!(f(6).is_none());\nassert!(f(7) == 8);\nassert_eq!(f(8).len(), 3);\nassert_eq!(f(9).unwrap(), 3);\n```\n>>> f(vec![1], 'a')\nString::from(\"b\")\nf(\"it's\") -> 1.5.\nf(i32::MAX) => i32::MIN + 1\n",
        &expect![[r#"
            f(1, "a") ["1", "\"a\""] == vec![1, 2]
            f(2) ["2"] == 3
            f(&[1]) ["&[1]"] == Some((1, 2))
            f(4) ["4"] == true
            f(5) ["5"] == false
            f(6) ["6"] == None
            f(7) ["7"] == 8
            f(vec![1], 'a') ["vec![1]", "'a'"] == String::from("b")
            f("it's") ["\"it's\""] == 1.5
            f(i32::MAX) ["i32::MAX"] == i32::MIN + 1"#]],
    );
}

#[test]
fn what_is_calculated_commented_or_written_in_another_manner_is_read() {
    check(
        Language::Python,
        "f(1) ==> 2\nf(2) = 3\nf(3) => true, f(4)-->false\nf(5) should return [1].\nf(6)   # returns \"a b\"\nf(7) # => 'x' (as it is)\nf(\"a\", 19) ->19 - 5 - 6 = 8\nf(8) -> null\nf(9) -> x - 5 = 8\nf(3) = 3 x 2 x 1 = 6\nf(3) = 2 ^ 3 = 8\nf(4) = 1,000\n",
        &expect![[r#"
            f(1) ["1"] == 2
            f(2) ["2"] == 3
            f(3) ["3"] == True
            f(4) ["4"] == False
            f(5) ["5"] == [1]
            f(6) ["6"] == "a b"
            f(7) ["7"] == 'x'
            f("a", 19) ["\"a\"", "19"] == 8
            f(8) ["8"] == None"#]],
    );
    check(
        Language::Rust,
        "f(1) // => 2\nf(2) = True\n",
        &expect![[r#"
        f(1) ["1"] == 2
        f(2) ["2"] == true"#]],
    );
}

#[test]
fn results_behind_a_variable_are_read_and_loose_ones_are_told_apart() {
    let doc = "f(5)  # 10\nf(6) # `11`\nf(9): 18\n- `f(4)` is `8`.\nf(1) ➔ 2\n\nf(7)\n14\n\n  f(8)\n  -> [1]\n>>> x = f(3)\n>>> x\n6\ny = f(2)\nz = f(1)\nassert y == 4\nassert z == 2\nSmall ones stay. f(0) equals 0, f(1) is 2.\nassert f(6) is None\n";
    let all = find_loosely(Language::Python, "f", &[], doc);
    let shown: Vec<String> = all
        .iter()
        .map(|one| {
            let mark = if one.loose { " (loose)" } else { "" };
            format!("{} == {}{mark}", one.call_text, one.expected_text)
        })
        .collect();
    expect![[r#"
        f(5) == 10 (loose)
        f(6) == 11 (loose)
        f(9) == 18 (loose)
        f(4) == 8 (loose)
        f(1) == 2
        f(7) == 14 (loose)
        f(8) == [1] (loose)
        f(3) == 6
        f(2) == 4
        f(1) == 2
        f(0) == 0 (loose)
        f(1) == 2 (loose)
        f(6) == None (loose)"#]]
    .assert_eq(&shown.join("\n"));
    let rust = "`f(6)` is `12`; f(1); // 2\nlet mut x: i32 = f(7);\nassert_eq!(x, 14);\nFor example, f(1) yields Some(2).\n";
    check(Language::Rust, rust, &expect![[r#"f(7) ["7"] == 14"#]]);
    assert_eq!(find_loosely(Language::Rust, "f", &[], rust).len(), 3);
    let named = find_all(
        Language::Python,
        "f",
        &["n", "k"],
        "f(k=1, n=2) == 3, f(4, k=5) == 6, f(n=1) == 2",
    );
    let shown: Vec<&str> = named.iter().map(|one| one.call_text.as_str()).collect();
    assert_eq!(shown, ["f(2, 1)", "f(4, 5)"]);
    let line = |doc| unread(Language::Python, "f", doc, &find(Language::Python, "f", doc));
    assert_eq!(line("Doc.\n  f(5) ~ 10\nf(1) == 2"), Some("f(5) ~ 10"));
    assert_eq!(line("It calls f(5) often. f(n) ~ 3\nf(1) == 2"), None);
}

#[test]
fn what_only_looks_like_a_result_is_none() {
    for doc in [
        // What a doctest prints says whether it holds.
        ">>> x = f(3)\n>>> x == 7\nFalse",
        ">>> f(3) is None\nFalse",
        ">>> f(3) is True\nFalse",
        ">>> x = f(3)\n>>> x is None\nFalse",
        ">>> x = f(3)\n>>> x = 5",
        "x = f(2)\nassert (x == 6) is False",
        "x = f(3)\nprint(x == 7)  # False",
        "y = f(3)\nz = y == 6",
        "y = f(3)\nassert y or x == 4",
        "x = f(3)\nassert 1 + x == 4",
        "x = f(3)\nassert x == 4 or y",
        "x = f(3)\nx = 4",
        "print(f(3) == 7)  # False",
        "f(3) == 7  # False",
        ">>> print(f(3) == 7)\nFalse",
        ">>> x = f(3) == 7\n>>> x\nFalse",
        ">>> assert f(3) == 7\nTraceback (most recent call last):\nAssertionError",
        "`f(3) == 7` is False",
        "self.assertFalse(f(3) == 7)",
        "with pytest.raises(AssertionError):\n    assert f(3) == 5",
        "x = f(3)\nwith pytest.raises(AssertionError):\n    assert x == 5",
        "assert f(3) # fails",
        "assert not (x and f(3) == 5)",
        "assert x or f(3) == 5",
        "assert f(2) == 5 \\\n    or n",
        "f(1) +\nf(3) == 5",
        ">>> f(3)  # doctest: +SKIP\n7",
        "f(-1) raises an error.",
        // Lists, chains, alternatives, the contrary.
        "f(1), f(2), f(3) = 1, 2, 3",
        "f(6) → 3 → 10 → 5",
        "f(5) -> 2 ⋅ 5",
        "f(3) returns 2, or 3 if n is odd.",
        "f(3) -> 5 unless n is odd",
        "f(3) -> 5 to 7",
        "f(3) == 5 is wrong.",
        "If f(3) == 5, this is a bug.",
        "It is not the case that f(3) == 5.",
        "3 × f(3) = 18",
        // A part of a sentence or of an expression.
        "The sum of f(3) and f(4) is 5.",
        "The difference between f(5) and f(3) equals 2.",
        "f(1) plus f(2) is 3.",
        "The length of f(3) is 4.",
        "twice f(3) is 12",
        "f of f(3) is 12",
        "It is not true that f(3) is 5.",
        "Never assume f(3) is 5.",
        "Before the fix, f(3) is 5.",
        "It is a bug if f(4) is True.",
        "1 if f(3) is 2.",
        "while f(3) is 1, loop",
        "return f(3) is None",
        "Number of recursive calls made by f(5): 15",
        "ratio f(3) : 4",
        "return 1 + 2 * n if n else f(3)  # 4",
        "-f(3)  # -6",
        "-f(3) == -6",
        // Another unit, another answer, a note.
        "f(1000)  # 5 (ms)",
        "f(30): 0.27 (seconds)",
        "f(5)  # (1)",
        "f(5)  # 10 times, then f stops",
        "f(5)  # step 1",
        "f(9): 18 items",
        "f(3)  # O(1)",
        "f(4) is 2, 3 or 4.",
        "f(4) is 2 (or 3).",
        "f(3) is True, or False if strict",
        "f(10) is 3 (mod 7).",
        "f(4) is 3 more than that",
        "f(4) -> 10 mod 7",
        "f(4) -> 8 ÷ 2",
        // A list of calls, of inputs, of items.
        "f(2)\n- 2",
        "f(2)\n3 + 4",
        "f(2)\n2-3",
        "Example inputs:\nf(3)\n10",
        "f(3)\nf(2)\n1",
        "See f(2)\n3\n",
    ] {
        let found = find_loosely(Language::Python, "f", &[], doc);
        assert!(found.is_empty(), "{doc}: {found:?}");
    }
    for doc in [
        "let x = f(3);\nassert_ne!(x, 3);",
        "let x = f(4);\nassert_eq!(x.len(), 3);",
        "let x = f(3);\nlet ok = x == 7;\nassert!(!ok);",
        "f(3) is Even.",
        "f(3); // Ok",
        "f(3); // Err(Bad)",
        "f(3)\nPanics",
        "```should_panic\nassert_eq!(f(3), 7);\n```",
        "The opposite of f(3) is true.",
        "let ok = f(3) == 7; // false",
        "assert!(!(x && f(3) == 5));",
        "~~~should_panic\nassert_eq!(f(3), 7);\n~~~",
        "let x = f(3);\nassert_eq!(x, 5, \"this fails\");",
    ] {
        let found = find_loosely(Language::Rust, "f", &[], doc);
        assert!(found.is_empty(), "{doc}: {found:?}");
    }
    let printed = find(Language::Python, "f", ">>> f(3)  # 1\n6\n");
    assert_eq!(printed.iter().map(|it| it.expected_text.as_str()).collect::<Vec<_>>(), ["6"]);
}

#[test]
fn what_names_the_parameters_is_read() {
    let doc = "For xs = [1, 2], k = 1 the output should be 2\nFor xs = [3] and k=2, the result should be (3, 'a').\nInput: [4], 3\nOutput: 7 # 4 + 3\n  Input: xs = [5], k = 4\n  Output: 9\nInput:\n    k = 3\n    xs = [8]\nOutput: 11\nInput:\n    grid : [6]\n    n : 1\nOutput: 0\nInput:\n    xs : [9]\n    max_k : 1\nOutput: 5\nxs = [7], k = 1\n   -> sort xs -> [7]\n return [7]\n";
    let shown: Vec<String> = find_all(Language::Python, "f", &["xs", "k"], doc)
        .into_iter()
        .map(|example| format!("{} == {}", example.call_text, example.expected_text))
        .collect();
    expect![[r#"
        f([1, 2], 1) == 2
        f([3], 2) == (3, 'a')
        f([4], 3) == 7
        f([5], 4) == 9
        f([8], 3) == 11
        f([6], 1) == 0
        f([9], 1) == 5
        f([7], 1) == [7]"#]]
    .assert_eq(&shown.join("\n"));
    for prose in [
        "For xs = [1] nothing is known, k = 1 the output should be 2",
        "xs = ys, k = 1 the output should be 2",
        "If xs = [1], k = 2 then it may stop.\nOutput: 3",
        "Input: [1]\nOutput: 2",
        "maxs = [1], k = 2 -> 3",
        "For all but xs = [1], k = 2 the result is 3",
        "Raises ValueError for xs = [1], k = 2; otherwise the result is 1.",
        "For xs = [1], k = 2 the output should be 5 times that.",
        "Input: [1], 2\nIt raises.\n\nInput: [3], 4\nraises, too",
        "It starts with xs = [1], k = 2\nReturns 2 values for each call.",
        "Input:\n xs = [1, 2]\n n = 3\n k = 2\nOutput: 2",
    ] {
        let found = find_all(Language::Python, "f", &["xs", "k"], prose);
        assert!(found.is_empty(), "{prose}: {found:?}");
    }
}

#[test]
fn prose_is_no_example() {
    check(
        Language::Python,
        "f(x) returns y. f(x) == f(y). If f(1) > 2 then g. half(1) == 2, a.f(1) == 2, f(1) + f(2) == 3. f(1) == x + 1. f(1) is even. f(\n f(1) == 2 + x. f( == 3",
        &expect![[""]],
    );
    check(Language::Rust, "f(n) -> n! and `f(a, b)` => a. f(1) == g(2) f(2", &expect![[""]]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_text_makes_it_panic(doc in "(f\\(|x = |Input:|output should be|>>> |assert_eq!\\(|==|\\)|[0-9'\",\n ]|\\PC){0,30}") {
        for language in Language::ALL {
            let _ = find_all(language, "f", &["x"], &doc);
        }
    }
}
