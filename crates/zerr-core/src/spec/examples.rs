//! Examples of a spec, typed by the signature, checked against each other and the contracts.

use std::fmt::Write as _;

use zerr_syntax::literal::{self as syntax, LiteralKind};
use zerr_syntax::{Language, Span};

use super::place::{Mistakes, Place};
use super::raw::{At, RawExample};
use super::values;
use super::yaml::{Kind, Node};
use super::{Example, Expected, FunctionSpec, closest};
use crate::contract::{Contract, Judgement};
use crate::literal;
use crate::value::{Type, Value};

/// More examples of one function are refused: each is judged against each contract.
const EXAMPLES_MAX: usize = 300;

pub(super) fn read(
    raw: &[At<RawExample>],
    function: &FunctionSpec,
    languages: usize,
    mistakes: &mut Mistakes<'_>,
) -> Vec<Example> {
    if let Some(At { place, .. }) = raw.get(EXAMPLES_MAX) {
        mistakes.add(
            *place,
            format!("more than {EXAMPLES_MAX} examples of one function"),
            Some("keep those that tell most; contracts say more in less".to_owned()),
        );
    }
    let raw = raw.get(..EXAMPLES_MAX).unwrap_or(raw);
    let mut examples: Vec<(Example, Place)> = Vec::new();
    for At { value: raw, place } in raw {
        let args = args(raw, *place, function, mistakes);
        let expected = expected(raw, *place, function, languages, mistakes);
        let mutated = after(raw, *place, args.as_deref(), function, mistakes);
        let (Some(args), Some(expected), Some(mutated)) = (args, expected, mutated) else {
            continue;
        };
        let text = text(function, &args, &expected, &mutated);
        let example = Example { args, expected, mutated, text };
        let earlier = examples.iter().find(|(earlier, _)| earlier.args == example.args);
        match earlier {
            Some((earlier, _)) if *earlier == example => {}
            Some((earlier, at)) => mistakes.add(
                *place,
                format!("`{}` contradicts an earlier example", example.text),
                Some(format!("line {} says `{}`", at.line, earlier.text)),
            ),
            None => {
                if meets_contracts(&example, *place, function, mistakes) {
                    examples.push((example, *place));
                }
            }
        }
    }
    examples.into_iter().map(|(example, _)| example).collect()
}

fn args(
    raw: &RawExample,
    place: Place,
    function: &FunctionSpec,
    mistakes: &mut Mistakes<'_>,
) -> Option<Vec<Value>> {
    match (&raw.args, &raw.call) {
        (Some(args), None) => match &args.kind {
            Kind::List(items) => positional(items, args, function, mistakes),
            Kind::Map(entries) => named(entries, args, function, mistakes),
            Kind::Scalar { .. } => {
                mistakes.add(
                    args.place,
                    format!("{} where a list of arguments is wanted", args.what()),
                    Some("write `args: [ … ]`, also for one argument".to_owned()),
                );
                None
            }
        },
        (None, Some(call)) => called(call, function, mistakes),
        (Some(_), Some(call)) => {
            mistakes.add(call.place, "both `args` and `call`", Some("keep one".to_owned()));
            None
        }
        (None, None) if function.params.is_empty() => Some(Vec::new()),
        (None, None) => {
            mistakes.add(
                place,
                "an example without arguments",
                Some("add `args: [ … ]` or `call: …`".to_owned()),
            );
            None
        }
    }
}

fn positional(
    items: &[Node],
    node: &Node,
    function: &FunctionSpec,
    mistakes: &mut Mistakes<'_>,
) -> Option<Vec<Value>> {
    if items.len() != function.params.len() {
        let hint = match function.params.as_slice() {
            [(name, Type::List { .. })] => {
                format!("`{name}` is one list: write `args: [[ … ]]`")
            }
            _ => format!("the signature is `{}`", function.signature.text),
        };
        mistakes.add(
            node.place,
            format!("{} where {} wanted", count(items.len()), is_are(function.params.len())),
            Some(hint),
        );
        return None;
    }
    let values: Vec<Option<Value>> = items
        .iter()
        .zip(&function.params)
        .map(|(item, (_, ty))| values::value(item, ty, mistakes))
        .collect();
    values.into_iter().collect()
}

fn count(arguments: usize) -> String {
    format!("{arguments} argument{}", if arguments == 1 { "" } else { "s" })
}

fn is_are(wanted: usize) -> String {
    format!("{wanted} {}", if wanted == 1 { "is" } else { "are" })
}

fn named(
    entries: &[(Node, Node)],
    node: &Node,
    function: &FunctionSpec,
    mistakes: &mut Mistakes<'_>,
) -> Option<Vec<Value>> {
    let given = by_parameter(entries, function, mistakes)?;
    let missing: Vec<&str> = function
        .params
        .iter()
        .enumerate()
        .filter(|(position, _)| !given.iter().any(|(given, _)| given == position))
        .map(|(_, (name, _))| name.as_str())
        .collect();
    if !missing.is_empty() {
        mistakes.add(node.place, format!("no argument for {}", missing.join(", ")), None);
        return None;
    }
    let mut given = given;
    given.sort_by_key(|(position, _)| *position);
    Some(given.into_iter().map(|(_, value)| value).collect())
}

/// Values by the names of parameters, with their positions.
fn by_parameter(
    entries: &[(Node, Node)],
    function: &FunctionSpec,
    mistakes: &mut Mistakes<'_>,
) -> Option<Vec<(usize, Value)>> {
    let names = || function.params.iter().map(|(name, _)| name.as_str());
    let mut given: Vec<(usize, Value)> = Vec::new();
    let mut is_whole = true;
    for (key, node) in entries {
        let name = key.raw_text().unwrap_or_default();
        let Some(position) = names().position(|known| known == name) else {
            let hint = closest(name, names()).map_or_else(
                || format!("parameters are {}", names().collect::<Vec<_>>().join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            mistakes.add(key.place, format!("no parameter `{name}`"), Some(hint));
            is_whole = false;
            continue;
        };
        if given.iter().any(|(known, _)| *known == position) {
            mistakes.add(key.place, format!("`{name}` is given twice"), None);
            is_whole = false;
            continue;
        }
        let Some((_, ty)) = function.params.get(position) else { continue };
        match values::value(node, ty, mistakes) {
            Some(value) => given.push((position, value)),
            None => is_whole = false,
        }
    }
    is_whole.then_some(given)
}

/// The arguments of a call as code.
fn called(node: &Node, function: &FunctionSpec, mistakes: &mut Mistakes<'_>) -> Option<Vec<Value>> {
    let shape = format!("write a call such as `{}(…)`", function.name);
    let Some(text) = node.raw_text() else {
        mistakes.add(node.place, format!("{} where a call is wanted", node.what()), Some(shape));
        return None;
    };
    let start = text.len() - text.trim_start().len();
    let inner = text
        .trim()
        .strip_prefix(function.name.as_str())
        .map(str::trim_start)
        .and_then(|rest| rest.strip_prefix('('))
        .and_then(|rest| rest.strip_suffix(')'));
    let Some(inner) = inner else {
        mistakes.add(node.place, format!("not a call of `{}`", function.name), Some(shape));
        return None;
    };
    let offset = start + (text.trim().len() - 1 - inner.len());
    match arguments(inner, function) {
        Ok(values) => Some(values),
        Err((span, message, hint)) => {
            let span = Span::new(offset + span.start, offset + span.end);
            mistakes.add_inside(node, span, message, Some(hint));
            None
        }
    }
}

/// The arguments of a call of the function, such as `twice(2)`; `None` for anything else.
pub fn call_arguments(function: &FunctionSpec, call: &str) -> Option<Vec<Value>> {
    let rest = call.trim().strip_prefix(function.name.as_str())?.trim_start();
    arguments(rest.strip_prefix('(')?.strip_suffix(')')?, function).ok()
}

/// Reads `1, "a"` as the arguments of the function. Spans are into `inner`.
fn arguments(inner: &str, function: &FunctionSpec) -> Result<Vec<Value>, (Span, String, String)> {
    let language = function.signature.language;
    let whole = Span::new(0, inner.len());
    let trimmed = inner.trim_end().trim_end_matches(',');
    let items = if trimmed.trim().is_empty() {
        Vec::new()
    } else {
        // A tuple of one needs its comma in both languages.
        let tuple = format!("({trimmed},)");
        let shifted = |span: Span| {
            let back = |at: usize| at.saturating_sub(1).min(inner.len());
            Span::new(back(span.start), back(span.end))
        };
        let read = syntax::parse(language, &tuple)
            .map_err(|error| (shifted(error.span), error.message, error.hint))?;
        let LiteralKind::Tuple(mut items) = read.kind else {
            return Err((whole, "not a list of arguments".to_owned(), String::new()));
        };
        for item in &mut items {
            item.span = shifted(item.span);
        }
        items
    };
    if items.len() != function.params.len() {
        return Err((
            whole,
            format!("{} where {} wanted", count(items.len()), is_are(function.params.len())),
            format!("the signature is `{}`", function.signature.text),
        ));
    }
    items
        .iter()
        .zip(&function.params)
        .map(|(item, (_, ty))| {
            literal::value(item, ty).map_err(|error| {
                let span = if error.span == item.span { item.span } else { whole };
                (span, error.message, error.hint)
            })
        })
        .collect()
}

fn expected(
    raw: &RawExample,
    place: Place,
    function: &FunctionSpec,
    languages: usize,
    mistakes: &mut Mistakes<'_>,
) -> Option<Expected> {
    let language = function.signature.language;
    let panics = raw.panics.as_ref().filter(|at| at.value);
    let mut refuse = |place: Place, message: &str, hint: &str| {
        mistakes.add(place, message, Some(hint.to_owned()));
        None
    };
    match (language, &raw.returns, &raw.raises, panics) {
        (_, Some(returns), _, Some(panics)) if returns.place < panics.place => {
            refuse(panics.place, "both `returns` and `panics`", "keep one")
        }
        (_, Some(returns), _, Some(_)) => {
            refuse(returns.place, "both `returns` and `panics`", "keep one")
        }
        (Language::Rust, None, Some(raises), None) => refuse(
            raises.place,
            "`raises` is for Python",
            "say `panics: true` or `returns: {err: …}` for Rust",
        ),
        (Language::Python, None, None, Some(panics)) => refuse(
            panics.place,
            "`panics` is for Rust",
            "say `raises: ValueError` (or another exception) for Python",
        ),
        (_, Some(_), Some(raises), None) | (_, None, Some(raises), Some(_)) if languages == 1 => {
            refuse(raises.place, "two outcomes of one call", "keep one")
        }
        (Language::Python, _, Some(raises), _) => {
            let name = raises.value.trim();
            let is_name = |part: &str| {
                part.starts_with(|c: char| c.is_alphabetic() || c == '_')
                    && part.chars().all(|c| c.is_alphanumeric() || c == '_')
            };
            if !is_name(name) {
                return refuse(
                    raises.place,
                    "not the name of an exception",
                    "write a class such as ValueError",
                );
            }
            Some(Expected::Raises(name.to_owned()))
        }
        (Language::Rust, None, _, Some(_)) => Some(Expected::Panics),
        // What Rust wraps in `Ok`, Python returns as it is.
        (Language::Python, Some(returns), None, None)
            if languages > 1
                && !matches!(function.returns, Type::Map(..))
                && let Some(("ok", inner)) = values::entry(returns) =>
        {
            values::value(inner, &function.returns, mistakes).map(Expected::Returns)
        }
        (_, Some(returns), _, None) => {
            values::value(returns, &function.returns, mistakes).map(Expected::Returns)
        }
        (_, None, None, None) => match function.returns {
            Type::Unit if raw.after.is_some() => Some(Expected::Returns(Value::Unit)),
            Type::None if raw.after.is_some() => Some(Expected::Returns(Value::None)),
            _ => refuse(
                place,
                "an example without an outcome",
                match language {
                    Language::Rust => "add `returns: …` or `panics: true`",
                    Language::Python => "add `returns: …` or `raises: …`",
                },
            ),
        },
    }
}

/// What `after` says, without arguments that stay as they are.
fn after(
    raw: &RawExample,
    place: Place,
    args: Option<&[Value]>,
    function: &FunctionSpec,
    mistakes: &mut Mistakes<'_>,
) -> Option<Vec<(usize, Value)>> {
    let mut given = match &raw.after {
        None => Vec::new(),
        Some(node) => {
            let Kind::Map(entries) = &node.kind else {
                mistakes.add(
                    node.place,
                    format!("{} where a mapping is wanted", node.what()),
                    Some("write `after: {parameter: value}`".to_owned()),
                );
                return None;
            };
            by_parameter(entries, function, mistakes)?
        }
    };
    let is_given = |position: usize| given.iter().any(|(known, _)| *known == position);
    if function.signature.language == Language::Rust {
        for (position, param) in function.signature.params.iter().enumerate() {
            let wrong = match (param.mutable_ref, is_given(position)) {
                (false, true) => Some((
                    format!("`{}` cannot be changed by the function", param.name),
                    "only a `&mut` parameter can".to_owned(),
                )),
                (true, false) if raw.returns.is_some() || raw.after.is_some() => Some((
                    format!("says nothing of `{}` after the call", param.name),
                    format!("add `after: {{{}: …}}`", param.name),
                )),
                _ => None,
            };
            if let Some((message, hint)) = wrong {
                let at = raw.after.as_ref().map_or(place, |node| node.place);
                mistakes.add(at, message, Some(hint));
                return None;
            }
        }
    }
    given.sort_by_key(|(position, _)| *position);
    given.retain(|(position, value)| args.and_then(|args| args.get(*position)) != Some(value));
    Some(given)
}

fn meets_contracts(
    example: &Example,
    place: Place,
    function: &FunctionSpec,
    mistakes: &mut Mistakes<'_>,
) -> bool {
    let mut judge = |which: &str, contract: &Contract, judgement: Judgement| {
        let (message, hint) = match judgement {
            Judgement::Holds => return true,
            Judgement::Fails => (
                format!("`{}` breaks `{which}: {contract}`", example.text),
                "correct the example or the contract".to_owned(),
            ),
            Judgement::Undefined(why) => {
                (format!("`{which}: {contract}` has no value for `{}`", example.text), why)
            }
        };
        mistakes.add(place, message, Some(hint));
        false
    };
    let before = function
        .requires
        .iter()
        .all(|contract| judge("requires", contract, contract.check(&example.args, None, None)));
    let Expected::Returns(result) = &example.expected else { return before };
    let mut after = example.args.clone();
    for (position, value) in &example.mutated {
        if let Some(slot) = after.get_mut(*position) {
            *slot = value.clone();
        }
    }
    before
        && function.ensures.iter().all(|contract| {
            let judgement = contract.check(&example.args, Some(result), Some(&after));
            judge("ensures", contract, judgement)
        })
}

/// The example as prompts show it.
pub(super) fn text(
    function: &FunctionSpec,
    args: &[Value],
    expected: &Expected,
    mutated: &[(usize, Value)],
) -> String {
    let language = function.signature.language;
    let types = function.signature.param_types();
    let shown: Vec<String> =
        args.iter().zip(types).map(|(value, ty)| literal::host_text(language, value, ty)).collect();
    let call = format!("{}({})", function.name, shown.join(", "));
    let mut text = match expected {
        // The changed arguments say it all.
        Expected::Returns(Value::Unit | Value::None) if !mutated.is_empty() => call,
        Expected::Returns(value) => {
            let value = literal::host_text(language, value, &function.signature.returns);
            format!("{call} == {value}")
        }
        Expected::Raises(kind) if kind.is_empty() => format!("{call} raises an exception"),
        Expected::Raises(kind) => format!("{call} raises {kind}"),
        Expected::Panics => format!("{call} panics"),
    };
    for (position, value) in mutated {
        if let Some(param) = function.signature.params.get(*position) {
            let value = literal::host_text(language, value, &param.ty);
            let value = value.trim_start_matches("&mut ");
            let _ = write!(text, "; then {} == {value}", param.name);
        }
    }
    text
}
