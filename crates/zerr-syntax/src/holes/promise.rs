//! icontract's decorators as contracts: [`promises`].

use tree_sitter::Node;

use super::Promise;
use crate::tree::{self, named_children};

/// What the decorators of a `decorated_definition` state; `None` where one of them is not
/// icontract's, or says what contracts have no words for.
pub(super) fn promises(item: Node<'_>, text: &str) -> Option<Vec<Promise>> {
    let decorators = named_children(item).into_iter().filter(|it| it.kind() == "decorator");
    let mut found = Vec::new();
    for decorator in decorators {
        let call = named_children(decorator).into_iter().find(|it| it.kind() == "call")?;
        let name = tree::text(call.child_by_field_name("function")?, text);
        let ensures = match name.strip_prefix("icontract.").unwrap_or(name) {
            "require" => false,
            "ensure" => true,
            "snapshot" if is_plain_snapshot(call, text) => continue,
            _ => return None,
        };
        let arguments = named_children(call.child_by_field_name("arguments")?);
        let lambda = arguments.into_iter().find(|it| it.kind() == "lambda")?;
        let body = lambda.child_by_field_name("body")?;
        let text = contract(body, text, 0)?;
        found.push(Promise { ensures, text, start: decorator.start_byte() });
    }
    Some(found)
}

/// Whether a snapshot keeps an argument as it was and nothing else: then `OLD.xs` is `old(xs)`.
fn is_plain_snapshot(call: Node<'_>, text: &str) -> bool {
    let Some(arguments) = call.child_by_field_name("arguments") else { return false };
    let arguments = named_children(arguments);
    // A name of its own (`name="size"`) would be something else.
    let [lambda] = arguments.as_slice() else { return false };
    let part = |name| lambda.child_by_field_name(name).map(|node| tree::text(node, text).trim());
    let (Some(name), Some(body)) = (part("parameters"), part("body")) else { return false };
    let body = body.replace(' ', "");
    let copies = ["list", "set", "dict", "tuple", "copy.copy", "copy.deepcopy", "deepcopy"];
    lambda.kind() == "lambda"
        && (body == name
            || body == format!("{name}[:]")
            || body == format!("{name}.copy()")
            || copies.iter().any(|copy| body == format!("{copy}({name})")))
}

/// Deeper than this nobody writes a condition.
const DEPTH_MAX: u32 = 60;

/// An expression of Python as a contract writes it; `None` where there is no such contract.
fn contract(node: Node<'_>, text: &str, depth: u32) -> Option<String> {
    if depth > DEPTH_MAX {
        return None;
    }
    let deeper = |node| contract(node, text, depth + 1);
    let shown = tree::text(node, text);
    match node.kind() {
        "identifier" | "integer" | "float" | "true" | "false" | "none" => Some(shown.to_owned()),
        // Escapes and prefixes are not the same everywhere.
        "string" => {
            let is_plain = shown.starts_with(['"', '\'']) && !shown.contains('\\');
            (is_plain && !shown.starts_with("\"\"\"") && !shown.starts_with("'''"))
                .then(|| shown.to_owned())
        }
        "parenthesized_expression" => {
            let inner = named_children(node).into_iter().next()?;
            Some(format!("({})", deeper(inner)?))
        }
        "not_operator" => Some(format!("not {}", deeper(node.child_by_field_name("argument")?)?)),
        "boolean_operator" | "binary_operator" => {
            let left = deeper(node.child_by_field_name("left")?)?;
            let right = deeper(node.child_by_field_name("right")?)?;
            let operator = tree::text(node.child_by_field_name("operator")?, text);
            match operator {
                "**" => Some(format!("pow({left}, {right})")),
                "and" | "or" | "+" | "-" | "*" | "/" | "//" | "%" => {
                    Some(format!("{left} {operator} {right}"))
                }
                _ => None,
            }
        }
        "unary_operator" => {
            let argument = deeper(node.child_by_field_name("argument")?)?;
            shown.starts_with('-').then(|| format!("-{argument}"))
        }
        "comparison_operator" => comparison(node, text, depth),
        "conditional_expression" => {
            let [yes, condition, no] = named_children(node).try_into().ok()?;
            let (yes, condition, no) = (deeper(yes)?, deeper(condition)?, deeper(no)?);
            Some(format!("(if {condition} then {yes} else {no})"))
        }
        "subscript" => {
            let value = deeper(node.child_by_field_name("value")?)?;
            let index = node.child_by_field_name("subscript")?;
            if index.kind() == "slice" {
                // Backwards is the only slice that contracts know.
                return (tree::text(index, text).replace(' ', "") == "::-1")
                    .then(|| format!("reversed({value})"));
            }
            Some(format!("{value}[{}]", deeper(index)?))
        }
        "list" | "tuple" => {
            let items: Option<Vec<String>> = named_children(node).into_iter().map(deeper).collect();
            let items = items?;
            // `(1,)` has no form of its own here.
            if node.kind() == "tuple" && items.len() == 1 {
                return None;
            }
            let items = items.join(", ");
            Some(if node.kind() == "list" { format!("[{items}]") } else { format!("({items})") })
        }
        // `OLD.xs`: what the argument was before the call.
        "attribute" => {
            let object = tree::text(node.child_by_field_name("object")?, text);
            let name = tree::text(node.child_by_field_name("attribute")?, text);
            (object == "OLD").then(|| format!("old({name})"))
        }
        "call" => called(node, text, depth),
        _ => None,
    }
}

/// `0 <= x < n` holds where each part does.
fn comparison(node: Node<'_>, text: &str, depth: u32) -> Option<String> {
    let operands = named_children(node);
    let mut cursor = node.walk();
    let operators: Vec<&str> = node
        .children_by_field_name("operators", &mut cursor)
        .map(|operator| tree::text(operator, text))
        .collect();
    // Each with whether it asks for identity.
    let mut words: Vec<(String, bool)> = Vec::new();
    let mut operators = operators.into_iter().peekable();
    while let Some(word) = operators.next() {
        match (word, operators.peek()) {
            ("not", Some(&"in")) => {
                operators.next();
                words.push(("not in".to_owned(), false));
            }
            ("is", Some(&"not")) => {
                operators.next();
                words.push(("!=".to_owned(), true));
            }
            ("is not", _) => words.push(("!=".to_owned(), true)),
            ("is", _) => words.push(("==".to_owned(), true)),
            (word, _) => words.push((word.to_owned(), false)),
        }
    }
    if operands.len() != words.len() + 1 {
        return None;
    }
    // Contracts know no identity; of these there is one each.
    let is_single = |node: &Node<'_>| matches!(node.kind(), "none" | "true" | "false");
    for (pair, (_, by_identity)) in operands.windows(2).zip(&words) {
        if *by_identity && !pair.iter().any(is_single) {
            return None;
        }
    }
    let mut shown = Vec::with_capacity(operands.len());
    for (at, operand) in operands.iter().enumerate() {
        let is_searched = at > 0
            && words.get(at - 1).is_some_and(|(word, _)| matches!(word.as_str(), "in" | "not in"));
        // `x in (1, 2)` looks at the items, as it does for a list.
        if is_searched && operand.kind() == "tuple" {
            let items = named_children(*operand).into_iter();
            let items: Option<Vec<String>> =
                items.map(|item| contract(item, text, depth + 1)).collect();
            shown.push(format!("[{}]", items?.join(", ")));
        } else {
            shown.push(contract(*operand, text, depth + 1)?);
        }
    }
    let operands = shown;
    let parts: Vec<String> = operands
        .windows(2)
        .zip(&words)
        .filter_map(|(pair, word)| match pair {
            [left, right] => Some(format!("{left} {} {right}", word.0)),
            _ => None,
        })
        .collect();
    match parts.as_slice() {
        [only] => Some(only.clone()),
        parts => Some(format!("({})", parts.join(" and "))),
    }
}

fn called(node: Node<'_>, text: &str, depth: u32) -> Option<String> {
    let deeper = |node| contract(node, text, depth + 1);
    let function = node.child_by_field_name("function")?;
    let arguments = node.child_by_field_name("arguments")?;
    if arguments.kind() == "generator_expression" {
        return quantified(tree::text(function, text), arguments, text, depth);
    }
    let arguments: Option<Vec<String>> =
        named_children(arguments).into_iter().map(deeper).collect();
    let arguments = arguments?.join(", ");
    if function.kind() == "attribute" {
        let object = deeper(function.child_by_field_name("object")?)?;
        let name = match tree::text(function.child_by_field_name("attribute")?, text) {
            "startswith" => "starts_with",
            "endswith" => "ends_with",
            "strip" => "trim",
            name @ ("lower" | "upper" | "count" | "keys" | "values") => name,
            _ => return None,
        };
        let rest = if arguments.is_empty() { String::new() } else { format!(", {arguments}") };
        return Some(format!("{name}({object}{rest})"));
    }
    match tree::text(function, text) {
        name @ ("len" | "abs" | "min" | "max" | "sum" | "sorted" | "pow") => {
            Some(format!("{name}({arguments})"))
        }
        // Contracts do not tell a list from what goes through it.
        "list" if !arguments.is_empty() => Some(format!("({arguments})")),
        _ => None,
    }
}

/// `all(x > 0 for x in xs)`; a condition behind it is one more part of the body.
fn quantified(name: &str, generator: Node<'_>, text: &str, depth: u32) -> Option<String> {
    let body = contract(generator.child_by_field_name("body")?, text, depth + 1)?;
    let clauses: Vec<Node<'_>> =
        named_children(generator).into_iter().filter(|it| it.kind().ends_with("_clause")).collect();
    let (each, condition) = match clauses.as_slice() {
        [each] => (*each, None),
        [each, only] if only.kind() == "if_clause" => {
            let condition = named_children(*only).into_iter().next()?;
            (*each, Some(contract(condition, text, depth + 1)?))
        }
        _ => return None,
    };
    let left = each.child_by_field_name("left")?;
    if left.kind() != "identifier" {
        return None;
    }
    let variable = tree::text(left, text);
    let items = items(each.child_by_field_name("right")?, text, depth + 1)?;
    let body = match (name, condition) {
        (_, None) => body,
        ("all", Some(condition)) => format!("({condition}) implies ({body})"),
        ("any", Some(condition)) => format!("({condition}) and ({body})"),
        ("sum", Some(condition)) if body == "1" => {
            return Some(format!("count({variable} in {items}: {condition})"));
        }
        _ => return None,
    };
    matches!(name, "all" | "any" | "sum").then(|| format!("{name}({variable} in {items}: {body})"))
}

/// `range(a, b)` is `a..b`.
fn items(node: Node<'_>, text: &str, depth: u32) -> Option<String> {
    let called = node.child_by_field_name("function").map(|function| tree::text(function, text));
    if node.kind() == "call" && called == Some("range") {
        let arguments = named_children(node.child_by_field_name("arguments")?);
        let arguments: Option<Vec<String>> =
            arguments.into_iter().map(|one| contract(one, text, depth + 1)).collect();
        return match arguments?.as_slice() {
            [to] => Some(format!("0..({to})")),
            [from, to] => Some(format!("({from})..({to})")),
            _ => None,
        };
    }
    contract(node, text, depth)
}

#[cfg(test)]
mod tests {
    use crate::Language;
    use crate::holes::{Support, hole_at, written};

    #[test]
    fn decorators_of_icontract_are_read_as_contracts() {
        let text = "\
import icontract

@icontract.require(lambda xs: len(xs) > 0, \"not empty\")
@icontract.require(lambda lo, hi: 0 <= lo < hi)
@icontract.snapshot(lambda xs: xs[:])
@icontract.ensure(lambda result, OLD: all(x in OLD.xs for x in result if x is not None))
@icontract.ensure(lambda xs, result: all(result[i - 1] <= result[i] for i in range(1, len(result))))
@icontract.ensure(lambda s: s.strip().startswith('a') and s[::-1] != s or sum(1 for c in s if c == 'x') == 2)
def f(xs: list[int], lo: int, hi: int, s: str) -> list[int]:
    return xs
";
        let (found, _) = written(Language::Python, text);
        let [one] = found.as_slice() else { panic!("{found:?}") };
        assert!(one.source.starts_with("def f("), "{}", one.source);
        let said: Vec<(bool, &str)> =
            one.function.promises.iter().map(|one| (one.ensures, one.text.as_str())).collect();
        assert_eq!(
            said,
            [
                (false, "len(xs) > 0"),
                (false, "(0 <= lo and lo < hi)"),
                (true, "all(x in result: (x != None) implies (x in old(xs)))"),
                (true, "all(i in (1)..(len(result)): result[i - 1] <= result[i])"),
                (
                    true,
                    "starts_with(trim(s), 'a') and reversed(s) != s or \
                     count(c in s: c == 'x') == 2"
                ),
            ]
        );
    }

    #[test]
    fn a_decorator_that_does_something_else_is_not_stripped() {
        let text =
            "@cache\n@icontract.require(lambda x: x > 0)\ndef f(x: int) -> int:\n    return x\n";
        assert!(written(Language::Python, text).0.is_empty());
        let open = text.replace("return x", "...");
        let hole = hole_at(Language::Python, &open, 3).unwrap();
        assert!(matches!(hole.support, Support::Unsupported(_)), "{hole:?}");
    }

    #[test]
    fn what_contracts_have_no_words_for_is_not_guessed() {
        let read = |decorator: &str| {
            let text = format!("{decorator}\ndef f(xs: list[int]) -> list[int]:\n    return xs\n");
            let found = written(Language::Python, &text).0.pop()?;
            found.function.promises.first().map(|one| one.text.clone())
        };
        assert_eq!(read("@icontract.ensure(lambda xs, result: result is not xs)"), None);
        assert_eq!(read("@icontract.ensure(lambda result: result == (1,))"), None);
        assert_eq!(read("@icontract.ensure(lambda result: result != '\\012')"), None);
        let changed =
            "@icontract.snapshot(lambda n: n + 1)\n@icontract.ensure(lambda OLD: OLD.n > 1)";
        assert_eq!(read(changed), None);
        let member = read("@icontract.ensure(lambda result: result in ('error',))");
        assert_eq!(member.as_deref(), Some("result in ['error']"));
        let listed = read("@icontract.ensure(lambda s, t, result: list(s + t)[0] == result)");
        assert_eq!(listed.as_deref(), Some("(s + t)[0] == result"));
    }
}
