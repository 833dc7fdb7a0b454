//! Small wrong versions of one function, [`mutants`]: oracles that do not notice them are weak.

mod python;
mod rust;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Language, Span, tree};

/// A function with one small change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mutant {
    pub source: String,
    /// What was changed: "`<` → `<=`".
    pub what: String,
    /// Where, in the original.
    pub span: Span,
}

/// Longest function that is mutated, in bytes.
const SOURCE_BYTES_MAX: usize = 64 * 1024;

/// One change before it is made.
struct Edit {
    span: Span,
    text: String,
    what: String,
}

impl Edit {
    fn new(span: Span, source: &str, text: impl Into<String>) -> Self {
        let text = text.into();
        let shown = |text: &str| {
            let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
            if line.is_empty() { "nothing".to_owned() } else { format!("`{line}`") }
        };
        let what = format!("{} → {}", shown(span.text(source)), shown(&text));
        Self { span, text, what }
    }

    fn apply(&self, source: &str) -> Option<String> {
        let (before, after) = (source.get(..self.span.start)?, source.get(self.span.end..)?);
        Some(format!("{before}{}{after}", self.text))
    }
}

/// At most `max` mutants, in an order that depends on nothing but the text and spreads over the
/// body: any first part of it does. Each still parses (types are for a compiler to judge); none
/// is equal to the original or to another one.
pub fn mutants(language: Language, source: &str, max: usize) -> Vec<Mutant> {
    if source.len() > SOURCE_BYTES_MAX {
        return Vec::new();
    }
    let Some(tree) = tree::parse(language, source) else { return Vec::new() };
    let root = tree.root_node();
    if root.has_error() || tree::depth_exceeds(root).is_some() {
        return Vec::new();
    }
    let mut edits = match language {
        Language::Rust => rust::edits(root, source),
        Language::Python => python::edits(root, source),
    };
    edits.sort_by(|a, b| (a.span, &a.text).cmp(&(b.span, &b.text)));
    let mut seen = BTreeSet::from([source.to_owned()]);
    spread(edits.len())
        .filter_map(|index| {
            let edit = edits.get(index)?;
            let mutated = edit.apply(source)?;
            let parses =
                tree::parse(language, &mutated).is_some_and(|tree| !tree.root_node().has_error());
            (parses && seen.insert(mutated.clone())).then(|| Mutant {
                source: mutated,
                what: edit.what.clone(),
                span: edit.span,
            })
        })
        .take(max)
        .collect()
}

/// The first function of a source with another one inside of it, at the top of its body, which takes the place of any
/// outer one of its name there. `None` where the source cannot be read, or its body stands on the line of its head.
pub fn with_inner(language: Language, source: &str, inner: &str) -> Option<String> {
    let tree = tree::parse(language, source)?;
    let root = tree.root_node();
    if root.has_error() || tree::depth_exceeds(root).is_some() {
        return None;
    }
    let body = tree::named_children(root)
        .into_iter()
        .find_map(|function| function.child_by_field_name("body"))?;
    let (at, text) = match language {
        Language::Rust => (body.start_byte() + 1, format!("\n    {inner}\n")),
        Language::Python => {
            let at = body.start_byte();
            let line = source.get(..at)?.rsplit('\n').next()?;
            if !line.chars().all(char::is_whitespace) {
                return None;
            }
            (at, format!("{}\n{line}", inner.replace('\n', &format!("\n{line}"))))
        }
    };
    Some(format!("{}{text}{}", source.get(..at)?, source.get(at..)?))
}

/// The numbers below `count` by their bits reversed (van der Corput's order): neighbours come
/// far apart.
fn spread(count: usize) -> impl Iterator<Item = usize> {
    let size = count.next_power_of_two();
    let bits = size.trailing_zeros();
    (0..size)
        .map(
            move |index| {
                if bits == 0 { index } else { index.reverse_bits() >> (usize::BITS - bits) }
            },
        )
        .filter(move |index| *index < count)
}

/// The neighbours of a decimal integer literal; the suffix is kept.
fn integers(text: &str) -> Vec<String> {
    let digits_end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, suffix) = text.split_at(digits_end);
    if suffix.starts_with(['x', 'o', 'b', 'X', 'O', 'B', '_', 'j', 'e']) {
        return Vec::new();
    }
    let Ok(value) = digits.parse::<u128>() else { return Vec::new() };
    [value.checked_add(1), value.checked_sub(1)]
        .into_iter()
        .flatten()
        .map(|value| format!("{value}{suffix}"))
        .collect()
}

/// The other one of a pair of names.
fn swapped(pairs: &[(&'static str, &'static str)], name: &str) -> Option<&'static str> {
    pairs.iter().find_map(|(a, b)| match name {
        name if name == *a => Some(*b),
        name if name == *b => Some(*a),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    fn check(language: Language, source: &str, expect: &Expect) {
        let found = mutants(language, source, usize::MAX);
        let mut shown: Vec<(Span, String)> =
            found.iter().map(|mutant| (mutant.span, mutant.what.clone())).collect();
        shown.sort();
        let shown: Vec<String> = shown.into_iter().map(|(_, what)| what).collect();
        expect.assert_eq(&shown.join("\n"));
    }

    const RUST: &str = "fn f(xs: &[i32], s: &str) -> i32 {\n    let mut total = 0;\n    for i in 1..xs.len() {\n        if xs[i] < 3 && !s.is_empty() {\n            total += xs[i] - 1;\n            continue;\n        }\n        if let Some(x) = xs.iter().rev().min() {\n            return *x;\n        }\n    }\n    let t = format!(\"{s}\");\n    total.max(2u8 as i32)\n}\n";
    const PYTHON: &str = "def f(xs: list[int], s: str) -> int:\n    \"\"\"Doc 1.\"\"\"\n    total = 0\n    for i in range(1, len(xs)):\n        if xs[i] < 3 and not s:\n            total += xs[i] - 1\n            continue\n        if i in xs[1:]:\n            return max(xs)\n    t = \"a\"\n    return total if True else [x for x in xs if x != 2][0]\n";

    #[test]
    fn rust_mutants() {
        check(
            Language::Rust,
            RUST,
            &expect![[r#"
            `0` → `1`
            `1` → `0`
            `1` → `2`
            `..` → `..=`
            `xs[i] < 3 && !s.is_empty()` → `!(xs[i] < 3 && !s.is_empty())`
            `<` → `<=`
            `<` → `>=`
            `3` → `2`
            `3` → `4`
            `&&` → `||`
            `!s.is_empty()` → `s.is_empty()`
            `total += xs[i] - 1;` → nothing
            `+=` → `-=`
            `-` → `+`
            `1` → `0`
            `1` → `2`
            `continue;` → nothing
            `.rev()` → nothing
            `min` → `max`
            `return *x;` → nothing
            `*x` → `Default::default()`
            `"{s}"` → `"{s}x"`
            `total.max(2u8 as i32)` → `Default::default()`
            `max` → `min`
            `2u8` → `1u8`
            `2u8` → `3u8`"#]],
        );
    }

    #[test]
    fn python_mutants() {
        check(
            Language::Python,
            PYTHON,
            &expect![[r#"
            `0` → `1`
            `1` → `0`
            `1` → `2`
            `len(xs)` → `len(xs) + 1`
            `len(xs)` → `len(xs) - 1`
            `xs[i] < 3 and not s` → `not (xs[i] < 3 and not s)`
            `<` → `<=`
            `<` → `>=`
            `3` → `2`
            `3` → `4`
            `and` → `or`
            `not s` → `(s)`
            `total += xs[i] - 1` → `pass`
            `+=` → `-=`
            `-` → `+`
            `1` → `0`
            `1` → `2`
            `continue` → `pass`
            `i in xs[1:]` → `not (i in xs[1:])`
            `in` → `not in`
            `1` → `0`
            `1` → `2`
            `max` → `min`
            `max(xs)` → `None`
            `"a"` → `""`
            `total if True else [x for x in xs if x != 2][0]` → `None`
            `True` → `False`
            `True` → `not (True)`
            `x != 2` → `not (x != 2)`
            `!=` → `==`
            `2` → `1`
            `2` → `3`
            `0` → `1`"#]],
        );
    }

    #[test]
    fn the_first_few_are_spread_over_the_body() {
        for (language, source) in [(Language::Rust, RUST), (Language::Python, PYTHON)] {
            let all = mutants(language, source, usize::MAX);
            let few = mutants(language, source, 8);
            assert_eq!(few, all.get(..8).unwrap());
            let half = source.len() / 2;
            let early = few.iter().filter(|mutant| mutant.span.start < half).count();
            assert!((2..=6).contains(&early), "{early}");
        }
    }

    #[test]
    fn mutants_differ_from_the_original_and_from_one_another() {
        for (language, source) in [(Language::Rust, RUST), (Language::Python, PYTHON)] {
            let mut sources: Vec<String> =
                mutants(language, source, usize::MAX).into_iter().map(|it| it.source).collect();
            let count = sources.len();
            assert!(count > 20);
            sources.push(source.to_owned());
            sources.sort();
            sources.dedup();
            assert_eq!(sources.len(), count + 1);
            if language == Language::Rust {
                for source in sources {
                    assert!(syn::parse_str::<syn::ItemFn>(&source).is_ok(), "{source}");
                }
            }
        }
    }

    #[test]
    fn spreading_visits_every_index_once() {
        for count in 0..70 {
            let mut order: Vec<usize> = spread(count).collect();
            order.sort_unstable();
            assert_eq!(order, (0..count).collect::<Vec<_>>());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn no_text_makes_it_panic(text in "[\\PC\n]{0,60}") {
            for language in Language::ALL {
                let _ = mutants(language, &text, 5);
            }
        }
    }
}
