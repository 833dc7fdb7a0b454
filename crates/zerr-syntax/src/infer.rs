//! Types of a Python function that has no annotations, from its examples and, where they show none,
//! from the words of its documentation: [`annotated`].
//!
//! # Invariants
//! What examples show together has one type: `f(1)` and `f("a")` make `int | str`. Where that would be
//! more than [`UNION_MAX`] types, or tuples of several lengths whose parts have no type in common, nothing
//! is inferred.

mod prose;

use tree_sitter::Node;

use crate::Language;
use crate::doc_example::{DocExample, Outcome};
use crate::literal::{self, LiteralKind};
use crate::tree::{self, named_children};

/// The type of a Python constant as an annotation; `None` where its parts have none in common.
pub fn type_of_constant(constant: &literal::Literal) -> Option<String> {
    ty_of(&constant.kind, Numbers::Apart).map(text_of)
}

/// What values have in common.
#[derive(Clone, Debug, PartialEq)]
enum Ty {
    /// Items of an empty list.
    Unknown,
    None,
    Bool,
    Int,
    Float,
    Str,
    Bytes,
    List(Box<Ty>),
    Set(Box<Ty>),
    Map(Box<Ty>, Box<Ty>),
    Tuple(Vec<Ty>),
    /// Of several lengths.
    Tuples(Box<Ty>),
    Option(Box<Ty>),
    /// Several that have nothing in common, none of them an option or a union.
    Union(Vec<Ty>),
}

/// Types that values of one place may have.
const UNION_MAX: usize = 5;

/// Whether integers may stand among floats. An argument that is written `5` has to arrive as `5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Numbers {
    Mixed,
    Apart,
}

/// The names of a Python function's parameters; empty where its head cannot be read.
pub(crate) fn param_names(head: &str) -> Vec<String> {
    let full = format!("{} pass\n", head.trim_end());
    let names = || -> Option<Vec<String>> {
        let parsed = tree::parse(Language::Python, &full)?;
        let root = named_children(parsed.root_node());
        let function = root.into_iter().find(|it| it.kind() == "function_definition")?;
        let nodes = named_children(function.child_by_field_name("parameters")?);
        let name = |node: Node<'_>| match node.kind() {
            "identifier" => Some(tree::text(node, &full).to_owned()),
            "typed_parameter" => {
                Some(tree::text(named_children(node).first().copied()?, &full).to_owned())
            }
            _ => None,
        };
        nodes.into_iter().map(name).collect()
    };
    names().unwrap_or_default()
}

/// Annotations that leave out what the container holds, and how one begins that does not, as those with
/// `Any`. A bare `tuple` may be of any length or of one.
const BARE: &[(&str, &str)] = &[
    ("list", "list["),
    ("List", "list["),
    ("dict", "dict["),
    ("Dict", "dict["),
    ("set", "set["),
    ("Set", "set["),
];

/// An annotation that leaves something out.
#[derive(Clone, Copy)]
struct Open {
    /// How one begins that says it.
    begins: &'static str,
    /// It says that anything may stand there.
    is_any: bool,
}

/// What an annotation leaves out; `None` where it leaves out nothing, or says a part of it.
fn left_open(written: &str) -> Option<Open> {
    let written = written.trim_start_matches("typing.");
    let name = written.strip_suffix("[Any]").unwrap_or(written);
    match name {
        "Any" => Some(Open { begins: "", is_any: true }),
        "dict" | "Dict" if name != written => None,
        name => {
            let begins = BARE.iter().find(|(bare, _)| *bare == name).map(|(_, begins)| *begins)?;
            Some(Open { begins, is_any: name != written })
        }
    }
}

/// Lists, or sets, of several things as one of anything.
fn gather_items(ty: Ty) -> Ty {
    let (mut lists, mut sets): (Vec<Ty>, Vec<Ty>) = (Vec::new(), Vec::new());
    for member in members_of(ty.clone()) {
        match member {
            Ty::List(item) => lists.extend(members_of(*item)),
            Ty::Set(item) => sets.extend(members_of(*item)),
            _ => return ty,
        }
    }
    match (lists.is_empty(), sets.is_empty()) {
        (false, true) => Ty::List(Box::new(anything(Ty::Union(lists)))),
        (true, false) => Ty::Set(Box::new(anything(Ty::Union(sets)))),
        _ => ty,
    }
}

/// The same with floats where integers are shown, in lists too.
fn with_fractions(ty: Ty) -> Ty {
    let boxed = |ty: Box<Ty>| Box::new(with_fractions(*ty));
    match ty {
        Ty::Int => Ty::Union(vec![Ty::Int, Ty::Float]),
        Ty::List(item) => Ty::List(boxed(item)),
        Ty::Set(item) => Ty::Set(boxed(item)),
        Ty::Tuples(item) => Ty::Tuples(boxed(item)),
        other => other,
    }
}

fn members_of(ty: Ty) -> Vec<Ty> {
    match ty {
        Ty::Union(members) => members,
        ty => vec![ty],
    }
}

/// What may stand where anything may: also what is easily taken for a number, and nothing at all.
fn anything(shown: Ty) -> Ty {
    let mut members = vec![Ty::Bool];
    for member in members_of(shown) {
        let inner = match member {
            Ty::Option(inner) => members_of(*inner),
            Ty::None | Ty::Unknown => Vec::new(),
            ty => vec![ty],
        };
        for ty in inner {
            if !members.contains(&ty) {
                members.push(ty);
            }
        }
    }
    let all = if members.len() == 1 { Ty::Bool } else { Ty::Union(members) };
    Ty::Option(Box::new(all))
}

/// The head of a function, `def f(x, y: int, zs: list):`, with the types that are missing, as the
/// examples have them, or else the words of its documentation, where those may be asked. `None`
/// where nothing is missing, where neither says anything of a parameter or of the result, or where
/// examples disagree.
pub(crate) fn annotated(
    head: &str,
    examples: &[DocExample],
    words: Option<&str>,
) -> Option<String> {
    let full = format!("{} pass\n", head.trim_end());
    let parsed = tree::parse(Language::Python, &full)?;
    let root = parsed.root_node();
    if root.has_error() {
        return None;
    }
    let function =
        named_children(root).into_iter().find(|it| it.kind() == "function_definition")?;
    let name = tree::text(function.child_by_field_name("name")?, &full);
    let nodes = named_children(function.child_by_field_name("parameters")?);
    let examples: Vec<&DocExample> =
        examples.iter().filter(|example| example.args_text.len() == nodes.len()).collect();
    let is_missing = |node: &Node<'_>| match node.kind() {
        "typed_parameter" => bare(*node, &full).is_some(),
        kind => kind == "identifier",
    };
    let mut missing = nodes.iter().any(is_missing);
    let params: Option<Vec<String>> = nodes
        .iter()
        .enumerate()
        .map(|(position, node)| param(*node, &full, position, &examples, (nodes.len() == 1, words)))
        .collect();
    let written = function.child_by_field_name("return_type").map(|node| tree::text(node, &full));
    let begins = written.map(left_open);
    let returns = if let (Some(written), Some(None)) = (written, begins) {
        written.to_owned()
    } else {
        missing = true;
        let values = examples.iter().filter(|example| example.outcome == Outcome::Value);
        match joined(values.map(|example| example.expected_text.as_str()), Numbers::Mixed) {
            Joined::One(ty) => as_written(begins.flatten(), ty)?,
            Joined::None if begins.is_none() => prose::of_result(words?)?,
            Joined::None | Joined::Many => return None,
        }
    };
    let annotated = format!("def {name}({}) -> {returns}:", params?.join(", "));
    missing.then_some(annotated)
}

fn param(
    node: Node<'_>,
    full: &str,
    position: usize,
    examples: &[&DocExample],
    (is_alone, words): (bool, Option<&str>),
) -> Option<String> {
    let shown = tree::text(node, full);
    let (name, begins) = match node.kind() {
        "typed_parameter" => {
            let Some((name, begins)) = bare(node, full) else { return Some(shown.to_owned()) };
            (name, Some(begins))
        }
        "identifier" if !matches!(shown, "self" | "cls") => (shown, None),
        _ => return None,
    };
    let given = examples.iter().filter_map(|example| example.args_text.get(position));
    let ty = match joined(given.map(String::as_str), Numbers::Apart) {
        Joined::One(ty) => {
            let has_fractions = words.is_some_and(prose::tells_of_fractions);
            as_written(begins, if has_fractions { with_fractions(ty) } else { ty })?
        }
        Joined::None if begins.is_none() => prose::of_param(name, is_alone, words?)?,
        Joined::None | Joined::Many => return None,
    };
    Some(format!("{name}: {ty}"))
}

/// A type that fills an annotation in, and does not replace it: each of its members does.
fn as_written(open: Option<Open>, ty: Ty) -> Option<String> {
    let ty = match (open, ty) {
        (Some(Open { is_any: true, begins: "" }), ty) => anything(ty),
        (Some(Open { is_any: true, .. }), ty) => gather_items(ty),
        (_, ty) => ty,
    };
    let fills = |begins: &str| {
        members_of(ty.clone()).into_iter().all(|one| text_of(one).starts_with(begins))
    };
    open.is_none_or(|open| fills(open.begins)).then(|| text_of(ty))
}

/// The name of a parameter whose annotation leaves out what it holds, and that annotation.
fn bare<'t>(node: Node<'_>, full: &'t str) -> Option<(&'t str, Open)> {
    let written = tree::text(node.child_by_field_name("type")?, full);
    let name = tree::text(named_children(node).first().copied()?, full);
    left_open(written).map(|begins| (name, begins))
}

/// What several constants have in common.
enum Joined {
    One(Ty),
    /// There are none.
    None,
    /// Nothing, or one of them has no type.
    Many,
}

/// The type of all these constants.
fn joined<'a>(texts: impl Iterator<Item = &'a str>, numbers: Numbers) -> Joined {
    let mut found = Joined::None;
    for text in texts {
        let literal = literal::parse(Language::Python, text).ok();
        let ty = literal.and_then(|literal| ty_of(&literal.kind, numbers));
        let both = match (found, ty) {
            (Joined::One(so_far), Some(ty)) => join(so_far, ty, numbers),
            (_, ty) => ty,
        };
        found = match both {
            Some(ty) => Joined::One(ty),
            None => return Joined::Many,
        };
    }
    found
}

fn ty_of(kind: &LiteralKind, numbers: Numbers) -> Option<Ty> {
    let all = |items: &[literal::Literal]| -> Option<Box<Ty>> {
        let mut ty = Ty::Unknown;
        for item in items {
            ty = join(ty, ty_of(&item.kind, numbers)?, numbers)?;
        }
        Some(Box::new(ty))
    };
    Some(match kind {
        LiteralKind::Bool(_) => Ty::Bool,
        LiteralKind::Int { .. } => Ty::Int,
        LiteralKind::Float { .. } => Ty::Float,
        LiteralKind::Str(_) => Ty::Str,
        LiteralKind::Bytes(_) => Ty::Bytes,
        LiteralKind::None => Ty::None,
        LiteralKind::List(items) => Ty::List(all(items)?),
        LiteralKind::Set(items) => Ty::Set(all(items)?),
        LiteralKind::Tuple(items) => {
            let each = items.iter().map(|item| ty_of(&item.kind, numbers));
            Ty::Tuple(each.collect::<Option<_>>()?)
        }
        LiteralKind::Map(entries) => {
            let (mut key, mut value) = (Ty::Unknown, Ty::Unknown);
            for (k, v) in entries {
                key = join(key, ty_of(&k.kind, numbers)?, numbers)?;
                value = join(value, ty_of(&v.kind, numbers)?, numbers)?;
            }
            Ty::Map(Box::new(key), Box::new(value))
        }
        LiteralKind::Neg(inner) => ty_of(&inner.kind, numbers)?,
        _ => return None,
    })
}

fn join(a: Ty, b: Ty, numbers: Numbers) -> Option<Ty> {
    let boxed = |a: Ty, b: Ty| join(a, b, numbers).map(Box::new);
    Some(match (a, b) {
        (Ty::Unknown, other) | (other, Ty::Unknown) => other,
        (Ty::Int, Ty::Float) | (Ty::Float, Ty::Int) if numbers == Numbers::Mixed => Ty::Float,
        (Ty::None, Ty::None) => Ty::None,
        (Ty::None, Ty::Option(inner)) | (Ty::Option(inner), Ty::None) => Ty::Option(inner),
        (Ty::Option(a), Ty::Option(b)) => Ty::Option(boxed(*a, *b)?),
        (Ty::Option(a), b) | (b, Ty::Option(a)) => Ty::Option(boxed(*a, b)?),
        (Ty::None, other) | (other, Ty::None) => Ty::Option(Box::new(other)),
        (Ty::List(a), Ty::List(b)) => gathered(*a, *b, Ty::List, numbers)?,
        (Ty::Set(a), Ty::Set(b)) => gathered(*a, *b, Ty::Set, numbers)?,
        (Ty::Map(key, a), Ty::Map(other, b)) => Ty::Map(boxed(*key, *other)?, boxed(*a, *b)?),
        (Ty::Tuple(a), Ty::Tuple(b)) if a.len() == b.len() => Ty::Tuple(
            a.into_iter().zip(b).map(|(a, b)| join(a, b, numbers)).collect::<Option<_>>()?,
        ),
        (a, b) if a == b => a,
        (a @ (Ty::Tuple(_) | Ty::Tuples(_)), b @ (Ty::Tuple(_) | Ty::Tuples(_))) => {
            of_any_length(a, b, numbers)?
        }
        (a, b) => union(a, b, numbers)?,
    })
}

/// Containers of items: of those of both where one of them shows both, otherwise one or the other:
/// `[1]` and `["a"]` do not say that the two may be mixed.
fn gathered(a: Ty, b: Ty, of: fn(Box<Ty>) -> Ty, numbers: Numbers) -> Option<Ty> {
    let both = join(a.clone(), b.clone(), numbers)?;
    let is_mixed = both == a || both == b || !matches!(both, Ty::Union(_));
    if is_mixed {
        return Some(of(Box::new(both)));
    }
    Some(Ty::Union(vec![of(Box::new(a)), of(Box::new(b))]))
}

/// Tuples of several lengths: their parts have one type, or they have none.
fn of_any_length(a: Ty, b: Ty, numbers: Numbers) -> Option<Ty> {
    let parts = |ty: Ty| match ty {
        Ty::Tuple(parts) => parts,
        Ty::Tuples(part) => vec![*part],
        _ => Vec::new(),
    };
    let is_one = |ty: &Ty| match ty {
        Ty::Option(inner) => !matches!(**inner, Ty::Union(_)),
        ty => !matches!(ty, Ty::Union(_)),
    };
    let mut part = Ty::Unknown;
    for one in parts(a).into_iter().chain(parts(b)) {
        part = join(part, one, numbers).filter(is_one)?;
    }
    Some(Ty::Tuples(Box::new(part)))
}

/// One of the types of both; what goes together stays together.
fn union(a: Ty, b: Ty, numbers: Numbers) -> Option<Ty> {
    let mut all: Vec<Ty> = Vec::new();
    for mut new in members_of(a).into_iter().chain(members_of(b)) {
        // What one of them takes in is no type of its own, and may take in others then.
        while let Some((at, joined)) = all.iter().enumerate().find_map(|(at, ty)| {
            let is_number = |ty: &Ty| matches!(ty, Ty::Int | Ty::Float);
            let is_tuple = |ty: &Ty| matches!(ty, Ty::Tuple(_) | Ty::Tuples(_));
            let alike = std::mem::discriminant(ty) == std::mem::discriminant(&new)
                || is_tuple(ty) && is_tuple(&new)
                || numbers == Numbers::Mixed && is_number(ty) && is_number(&new);
            let joined = alike.then(|| join(ty.clone(), new.clone(), numbers))??;
            (!matches!(joined, Ty::Union(_))).then_some((at, joined))
        }) {
            all.swap_remove(at);
            new = joined;
        }
        // Tuples of several lengths with nothing in common.
        let is_tuple = |ty: &Ty| matches!(ty, Ty::Tuple(_) | Ty::Tuples(_));
        if is_tuple(&new) && all.iter().any(is_tuple) {
            return None;
        }
        all.push(new);
    }
    if all.len() == 1 {
        return all.pop();
    }
    let rank = |ty: &Ty| match ty {
        Ty::Bool => 0,
        Ty::Int => 1,
        Ty::Float => 2,
        Ty::Str => 3,
        _ => 4,
    };
    all.sort_by_key(rank);
    (all.len() <= UNION_MAX).then_some(Ty::Union(all))
}

fn text_of(ty: Ty) -> String {
    match ty {
        // Nothing speaks against a number.
        Ty::Unknown | Ty::Int => "int".to_owned(),
        Ty::None => "None".to_owned(),
        Ty::Bool => "bool".to_owned(),
        Ty::Float => "float".to_owned(),
        Ty::Str => "str".to_owned(),
        Ty::Bytes => "bytes".to_owned(),
        Ty::List(item) => format!("list[{}]", text_of(*item)),
        Ty::Set(item) => format!("set[{}]", text_of(*item)),
        Ty::Map(key, value) => format!("dict[{}, {}]", text_of(*key), text_of(*value)),
        Ty::Tuple(items) if items.is_empty() => "tuple[()]".to_owned(),
        Ty::Tuple(items) => {
            format!("tuple[{}]", items.into_iter().map(text_of).collect::<Vec<_>>().join(", "))
        }
        Ty::Tuples(item) => format!("tuple[{}, ...]", text_of(*item)),
        Ty::Option(inner) => format!("{} | None", text_of(*inner)),
        Ty::Union(items) => items.into_iter().map(text_of).collect::<Vec<_>>().join(" | "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doc_example::find;

    fn inferred(head: &str, doc: &str) -> Option<String> {
        annotated(head, &find(Language::Python, "f", doc), Some(doc))
    }

    #[test]
    fn missing_types_are_those_of_the_examples() {
        let doc = "f([1.0, 2.5], 'a') == {'a': [1, 0.5]}\nf([], 'b') == {}\n";
        assert_eq!(
            inferred("def f(xs, key):", doc).as_deref(),
            Some("def f(xs: list[float], key: str) -> dict[str, list[float]]:")
        );
        let doc = ">>> f(3, (1, 'x'))\n>>> f(4, (-2, 'y'))\n7\n>>> f(0, (0, ''))\nNone\n";
        assert_eq!(
            inferred("def f(n: int, pair):", doc).as_deref(),
            Some("def f(n: int, pair: tuple[int, str]) -> int | None:")
        );
    }

    #[test]
    fn containers_that_say_not_what_they_hold_are_read_from_examples_and_words() {
        assert_eq!(
            inferred("def f(l: list, n: int):", "f([1], 2) == ['a']\n").as_deref(),
            Some("def f(l: list[int], n: int) -> list[str]:")
        );
        assert_eq!(
            inferred("def f(n):", "Given a positive integer n, return the number of cars.\n")
                .as_deref(),
            Some("def f(n: int) -> int:")
        );
        // Words say nothing against what is written, and nothing where they may not be asked.
        assert_eq!(
            inferred("def f(xs: list) -> int:", "Return the number of even entries.\n"),
            None
        );
        assert_eq!(inferred("def f(n: int) -> list:", "Counts the digits.\n"), None);
        assert_eq!(inferred("def f(xs: list) -> int:", "f('abc') == 3\n"), None);
        assert_eq!(annotated("def f(n):", &[], None), None);
        assert_eq!(param_names("def f(a, b: list, c: int) -> int:"), ["a", "b", "c"]);
        assert!(param_names("def f(a, *rest):").is_empty());
    }

    #[test]
    fn numbers_that_the_words_speak_of_are_taken_too() {
        let doc = "Sum the squares. Ignore what is not an integer.\nf([1, 3]) == 10\n";
        assert_eq!(
            inferred("def f(xs):", doc).as_deref(),
            Some("def f(xs: list[int | float]) -> int:")
        );
    }

    #[test]
    fn examples_of_several_types_make_a_union() {
        assert_eq!(
            inferred("def f(x):", "f(1) == 'a'\nf('a') == -1\nf(None) == 0\n").as_deref(),
            Some("def f(x: int | str | None) -> int | str:")
        );
        // An argument that is written `2` has to arrive as `2`; a result is a number either way.
        assert_eq!(
            inferred("def f(x):", "f(2.5) == 1\nf(1) == 0.5\n").as_deref(),
            Some("def f(x: int | float) -> float:")
        );
        assert_eq!(
            inferred("def f(xs, ys):", "f([1], [1]) == 1\nf(['a'], [1.5, 2]) == 1\n").as_deref(),
            Some("def f(xs: list[int] | list[str], ys: list[int | float]) -> int:")
        );
        assert_eq!(
            inferred("def f(d: dict, xs: List[Any]) -> int:", "f({'a': 1, 8: 2}, [0, 'b']) == 1\n")
                .as_deref(),
            Some("def f(d: dict[int | str, int], xs: list[bool | int | str | None]) -> int:")
        );
        assert_eq!(inferred("def f(xs: List[Any]) -> int:", "no example\n"), None);
        let doc = "f(['a', 5], 1) == 1\nf([2.5, {}], 'x') == 1\n";
        assert_eq!(
            inferred("def f(xs: list[Any], x: Any) -> int:", doc).as_deref(),
            Some(
                "def f(xs: list[bool | int | str | float | dict[int, int] | None], \
                 x: bool | int | str | None) -> int:"
            )
        );
        // What one example mixes is one list's; the order in which they are shown does not matter.
        let mixed = "f([1]) == 1\nf([2.5]) == 1.5\nf([1, 2.5]) == 'x'\nf(['b']) == 2\n";
        let expected = "def f(xs: list[int | float] | list[str]) -> float | str:";
        assert_eq!(inferred("def f(xs):", mixed).as_deref(), Some(expected));
        let turned = mixed.lines().rev().collect::<Vec<_>>().join("\n");
        let expected = "def f(xs: list[str] | list[int | float]) -> float | str:";
        assert_eq!(inferred("def f(xs):", &turned).as_deref(), Some(expected));
        let many =
            "f([1]) == 1\nf(['a']) == 1\nf(['b']) == 1\nf([2]) == 1\nf(['c']) == 1\nf([3]) == 1\n";
        assert_eq!(
            inferred("def f(xs):", many).as_deref(),
            Some("def f(xs: list[str] | list[int]) -> int:")
        );
        // What is written is filled in, and not replaced.
        assert_eq!(inferred("def f(d: Dict[str, Any]) -> int:", "f({}) == 0\n"), None);
        assert_eq!(inferred("def f(xs: list) -> int:", "f([1]) == 1\nf((1, 2)) == 1\n"), None);
    }

    #[test]
    fn tuples_of_several_lengths_have_parts_of_one_type() {
        let doc = "f('a', 'b') == ('x', 'y', 'z')\nf('a', 'a') == ()\nf('c', 'd') == ('x')\n";
        assert_eq!(
            inferred("def f(a, b):", doc).as_deref(),
            Some("def f(a: str, b: str) -> str | tuple[str, ...]:")
        );
        assert_eq!(
            inferred("def f(x):", "f((1, 2)) == 1\nf((1,)) == 1\nf((1, 2.5, 3)) == 1\n"),
            None
        );
        for doc in
            ["f((None, 1, 'a')) == 1\nf((1,)) == 1\n", "f((1, 'a', None)) == 1\nf((1,)) == 1\n"]
        {
            assert_eq!(inferred("def f(x):", doc), None, "{doc}");
        }
    }

    #[test]
    fn examples_that_disagree_or_say_nothing_infer_nothing() {
        assert_eq!(inferred("def f(x):", "f((1, 'a')) == 1\nf((1,)) == 1\n"), None);
        assert_eq!(inferred("def f(x):", "no example\n"), None);
        assert_eq!(inferred("def f(x, y=1):", "f(1, 2) == 1\n"), None);
        assert_eq!(inferred("def f(x: int) -> int:", "f(1) == 1\n"), None);
    }
}
