//! Whether the parts of a spec go together: from [`RawSpec`] to one [`Spec`] a language.

use std::collections::BTreeSet;

use zerr_syntax::signature::{self, Signature};
use zerr_syntax::{Language, Span};

use super::examples;
use super::place::{Mistakes, Place};
use super::raw::{At, RawFunction, RawSpec};
use super::yaml::Node;
use super::{FunctionSpec, RELIABILITY_DEFAULT, Spec, closest};
use crate::contract::{self, Budget, ContractError, Scope};
use crate::ty::lower;
use crate::value::Type;

/// Longest name of a task, in characters.
const NAME_CHARS_MAX: usize = 64;

/// Longest description, in bytes: it goes into every prompt.
const DESCRIPTION_BYTES_MAX: usize = 8_000;

/// The specs, one a language; what is wrong is said to `mistakes`, and then they are not to be
/// used.
pub(super) fn check(raw: &RawSpec, mistakes: &mut Mistakes<'_>) -> Vec<Spec> {
    name(&raw.name, mistakes);
    let target = reliability(raw.reliability.as_ref(), mistakes);
    let languages = languages(&raw.language, mistakes);
    if raw.functions.is_empty() && mistakes.is_empty() {
        mistakes.add(Place::default(), "a spec without functions", Some("add one".to_owned()));
    }
    duplicates(&raw.functions, mistakes);
    let order = order(&raw.functions, mistakes);
    for function in &raw.functions {
        languages_of_signature(&function.value, &languages, mistakes);
    }
    let description = raw.description.as_ref().map(|at| one_line(&at.value)).unwrap_or_default();
    languages
        .iter()
        .map(|language| Spec {
            name: raw.name.value.clone(),
            description: description.clone(),
            language: *language,
            target,
            functions: order
                .iter()
                .filter_map(|position| raw.functions.get(*position))
                .filter_map(|raw| function(&raw.value, *language, languages.len(), mistakes))
                .collect(),
        })
        .collect()
}

fn name(name: &At<String>, mistakes: &mut Mistakes<'_>) {
    let text = &name.value;
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let goes_on_well = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    // An empty one has been reported where it is missing.
    let is_good = starts_well && goes_on_well && text.len() <= NAME_CHARS_MAX;
    if !text.is_empty() && !is_good {
        mistakes.add(
            name.place,
            format!("`{text}` cannot be the name of a task"),
            Some(format!(
                "use letters, digits and `_`, a letter first, at most {NAME_CHARS_MAX}: \
                 the file is called like the task"
            )),
        );
    }
}

fn reliability(given: Option<&At<f64>>, mistakes: &mut Mistakes<'_>) -> f64 {
    let Some(At { value, place }) = given else { return RELIABILITY_DEFAULT };
    if !(*value > 0.0 && *value < 1.0) {
        mistakes.add(
            *place,
            "reliability is not between 0 and 1",
            Some("write a number such as 0.95; 1 takes endless samples".to_owned()),
        );
    }
    *value
}

fn languages(given: &[At<Language>], mistakes: &mut Mistakes<'_>) -> Vec<Language> {
    let mut languages = Vec::new();
    for At { value, place } in given {
        if languages.contains(value) {
            mistakes.add(*place, format!("`{value}` is given twice"), None);
        } else {
            languages.push(*value);
        }
    }
    if given.is_empty() && mistakes.is_empty() {
        mistakes.add(
            Place::default(),
            "a spec without a language",
            Some("write `language: rust`, `language: python` or both in a list".to_owned()),
        );
    }
    languages
}

fn duplicates(functions: &[At<RawFunction>], mistakes: &mut Mistakes<'_>) {
    for (position, function) in functions.iter().enumerate() {
        let name = &function.value.name;
        let earlier = functions
            .iter()
            .take(position)
            .find(|other| !name.value.is_empty() && other.value.name.value == name.value);
        if let Some(earlier) = earlier {
            mistakes.add(
                name.place,
                format!("function `{}` is given twice", name.value),
                Some(format!("the first one is in line {}", earlier.value.name.place.line)),
            );
        }
    }
}

/// Positions of the functions, dependencies first, otherwise as written.
fn order(functions: &[At<RawFunction>], mistakes: &mut Mistakes<'_>) -> Vec<usize> {
    let position_of = |name: &str| functions.iter().position(|f| f.value.name.value == name);
    let names: Vec<&str> = functions.iter().map(|f| f.value.name.value.as_str()).collect();
    let mut edges: Vec<Vec<(usize, Place)>> = Vec::with_capacity(functions.len());
    for (position, function) in functions.iter().enumerate() {
        let mut targets: Vec<(usize, Place)> = Vec::new();
        for At { value, place } in &function.value.depends_on {
            match position_of(value) {
                Some(target) if target == position => mistakes.add(
                    *place,
                    format!("`{value}` depends on itself"),
                    Some("a function may always call itself; leave this out".to_owned()),
                ),
                Some(target) if targets.iter().any(|(known, _)| *known == target) => {
                    mistakes.add(*place, format!("`{value}` is given twice"), None);
                }
                Some(target) => targets.push((target, *place)),
                None => {
                    let near = closest(value, names.iter().copied());
                    mistakes.add(
                        *place,
                        format!("no function `{value}` in this spec"),
                        Some(match near {
                            Some(near) => format!("did you mean `{near}`?"),
                            None => format!("functions are {}", names.join(", ")),
                        }),
                    );
                }
            }
        }
        edges.push(targets);
    }
    let mut order = Vec::with_capacity(functions.len());
    let mut state = vec![Visit::New; functions.len()];
    for start in 0..functions.len() {
        visit(start, &edges, &names, &mut state, &mut order, mistakes);
    }
    order
}

#[derive(Clone, Copy, PartialEq)]
enum Visit {
    New,
    Open,
    Done,
}

/// Depth first with a stack of its own: a chain of dependencies may be as long as the spec.
fn visit(
    start: usize,
    edges: &[Vec<(usize, Place)>],
    names: &[&str],
    state: &mut [Visit],
    order: &mut Vec<usize>,
    mistakes: &mut Mistakes<'_>,
) {
    let get = |state: &[Visit], at: usize| state.get(at).copied().unwrap_or(Visit::Done);
    let set = |state: &mut [Visit], at: usize, to: Visit| {
        if let Some(slot) = state.get_mut(at) {
            *slot = to;
        }
    };
    if get(state, start) != Visit::New {
        return;
    }
    set(state, start, Visit::Open);
    let mut path: Vec<(usize, usize)> = vec![(start, 0)];
    while let Some((at, next)) = path.last_mut() {
        let Some((target, place)) = edges.get(*at).and_then(|targets| targets.get(*next)) else {
            set(state, *at, Visit::Done);
            order.push(*at);
            path.pop();
            continue;
        };
        *next += 1;
        match get(state, *target) {
            Visit::Done => {}
            Visit::New => {
                set(state, *target, Visit::Open);
                path.push((*target, 0));
            }
            Visit::Open => {
                let name = |at: usize| names.get(at).copied().unwrap_or_default();
                let mut cycle: Vec<&str> = path
                    .iter()
                    .skip_while(|(at, _)| at != target)
                    .map(|(at, _)| name(*at))
                    .collect();
                cycle.push(name(*target));
                mistakes.add(
                    *place,
                    format!("functions depend on each other: {}", cycle.join(" → ")),
                    Some("one of them must do without the others".to_owned()),
                );
            }
        }
    }
}

fn languages_of_signature(
    function: &RawFunction,
    languages: &[Language],
    mistakes: &mut Mistakes<'_>,
) {
    for (language, node) in &function.signature {
        match language {
            Some(language) if !languages.contains(language) && !languages.is_empty() => {
                mistakes.add(
                    node.place,
                    format!("{language} is not among the spec's languages"),
                    Some(format!("write `language: [{}]`, or leave this out", {
                        let mut all: Vec<&str> = languages.iter().map(|l| l.name()).collect();
                        all.push(language.name());
                        all.join(", ")
                    })),
                );
            }
            None if languages.len() > 1 => mistakes.add(
                node.place,
                "one signature for several languages",
                Some("write `signature: {rust: \"…\", python: \"…\"}`".to_owned()),
            ),
            _ => {}
        }
    }
}

fn function(
    raw: &RawFunction,
    language: Language,
    languages: usize,
    mistakes: &mut Mistakes<'_>,
) -> Option<FunctionSpec> {
    let node = raw
        .signature
        .iter()
        .find(|(of, _)| of.is_none_or(|of| of == language))
        .map(|(_, node)| node);
    let Some(node) = node else {
        // None at all has been reported where it is missing.
        if !raw.signature.is_empty() {
            mistakes.add(
                raw.name.place,
                format!("`{}` has no signature for {language}", raw.name.value),
                Some(format!("add `{language}: \"…\"` to its signature")),
            );
        }
        return None;
    };
    if languages > 1 && raw.signature.iter().any(|(of, _)| of.is_none()) {
        return None;
    }
    let signature = signature(raw, node, language, mistakes)?;
    let params: Vec<(String, Type)> = signature
        .params
        .iter()
        .map(|param| (param.name.clone(), lower(language, &param.ty)))
        .collect();
    let returns = lower(language, &signature.returns);
    let before = Scope { language, params: params.clone(), result: None };
    let after = Scope { result: Some(returns.clone()), ..before.clone() };
    let requires = contracts(&raw.requires, mistakes, |text| contract::parse(text, &before));
    let ensures = contracts(&raw.ensures, mistakes, |text| contract::parse(text, &after));
    let properties = contracts(&raw.properties, mistakes, |text| {
        contract::parse_property(text, &after, &raw.name.value)
    });
    let function = FunctionSpec {
        name: raw.name.value.clone(),
        description: description(&raw.description, mistakes),
        examples: Vec::new(),
        requires,
        ensures,
        properties,
        complexity: raw.complexity.as_ref().map(|at| at.value),
        budget: budget(&raw.budget, languages, &before, mistakes),
        capabilities: raw.capabilities.iter().map(|at| at.value).collect::<BTreeSet<_>>(),
        forbidden: forbidden(&raw.forbid, mistakes),
        depends_on: raw.depends_on.iter().map(|at| at.value.clone()).collect(),
        signature,
        params,
        returns,
        in_project: None,
        unread: None,
    };
    let examples = examples::read(&raw.examples, &function, languages, mistakes);
    Some(FunctionSpec { examples, ..function })
}

fn signature(
    raw: &RawFunction,
    node: &Node,
    language: Language,
    mistakes: &mut Mistakes<'_>,
) -> Option<Signature> {
    let text = node.raw_text().unwrap_or_default();
    let signature = match signature::parse(language, text) {
        Ok(signature) => signature,
        Err(error) => {
            mistakes.add_inside(
                node,
                error.span,
                format!("signature does not parse: {}", error.message),
                Some(error.hint),
            );
            return None;
        }
    };
    let name = &raw.name.value;
    if !name.is_empty() && signature.name != *name {
        mistakes.add_inside(
            node,
            span_of(text, &signature.name),
            format!("the signature is of `{}`, the function's name is `{name}`", signature.name),
            Some("let both be the same".to_owned()),
        );
        return None;
    }
    if language == Language::Python && zerr_syntax::deny::is_python_builtin(&signature.name) {
        mistakes.add_inside(
            node,
            span_of(text, &signature.name),
            format!("`{}` is a function that Python has built in", signature.name),
            Some("choose another name: other functions of the file may call that one".to_owned()),
        );
        return None;
    }
    let hidden = signature.params.iter().find(|param| param.name == "result");
    let speaks = !raw.ensures.is_empty() || !raw.properties.is_empty();
    if let Some(param) = hidden.filter(|_| speaks) {
        mistakes.add_inside(
            node,
            span_of(text, &param.name),
            "a parameter called `result` hides the result from `ensures`",
            Some("give the parameter another name".to_owned()),
        );
        return None;
    }
    match unknown_type(&signature) {
        Some((ty, hint)) => {
            mistakes.add_inside(
                node,
                span_of(text, &ty),
                format!("zerr knows no values of type `{ty}`"),
                Some(hint.to_owned()),
            );
            None
        }
        None => Some(signature),
    }
}

/// The first type in a signature that values cannot be made of, and what to do about it.
pub(super) fn unknown_type(signature: &Signature) -> Option<(String, &'static str)> {
    let language = signature.language;
    let ty = signature
        .param_types()
        .chain([&signature.returns])
        .find(|ty| !lower(language, ty).is_transparent())?;
    let hint = "use types of the standard library that hold plain values: numbers, texts, lists, \
                maps, sets, tuples, optional values and results";
    Some((inner_unknown(&lower(language, ty)).unwrap_or_else(|| ty.text(language)), hint))
}

fn inner_unknown(ty: &Type) -> Option<String> {
    match ty {
        Type::Named(name) | Type::Opaque(name) => Some(name.clone()),
        Type::Tuple(items) | Type::Union(items) => items.iter().find_map(inner_unknown),
        Type::List { item, .. } | Type::Set(item) | Type::Option(item) | Type::Tuples(item) => {
            inner_unknown(item)
        }
        Type::Map(a, b) | Type::Result(a, b) => inner_unknown(a).or_else(|| inner_unknown(b)),
        _ => None,
    }
}

fn span_of(text: &str, part: &str) -> Span {
    text.find(part).map_or(Span::new(0, text.len()), |start| Span::new(start, start + part.len()))
}

fn contracts<T>(
    nodes: &[Node],
    mistakes: &mut Mistakes<'_>,
    parse: impl Fn(&str) -> Result<T, ContractError>,
) -> Vec<T> {
    nodes
        .iter()
        .filter_map(|node| {
            let text = node.raw_text()?;
            match parse(text) {
                Ok(contract) => Some(contract),
                Err(error) => {
                    mistakes.add_inside(node, error.span, error.message, error.hint);
                    None
                }
            }
        })
        .collect()
}

/// The budget in the language's unit, of which there is one at most. Those in the units of other
/// languages belong to them, where the spec has several.
fn budget(
    nodes: &[Node],
    languages: usize,
    scope: &Scope,
    mistakes: &mut Mistakes<'_>,
) -> Option<Budget> {
    let is_own = |node: &&Node| {
        let of = node.raw_text().and_then(contract::language_of_budget);
        of.is_none_or(|of| of == scope.language || languages == 1)
    };
    let own: Vec<Node> = nodes.iter().filter(is_own).cloned().collect();
    if let Some(second) = own.get(1) {
        mistakes.add(
            second.place,
            format!("a second budget for {}", scope.language),
            Some("keep one of them".to_owned()),
        );
    }
    contracts(&own, mistakes, |text| contract::parse_budget(text, scope)).into_iter().next()
}

fn description(given: &At<String>, mistakes: &mut Mistakes<'_>) -> String {
    let text = one_line(&given.value);
    if text.len() > DESCRIPTION_BYTES_MAX {
        mistakes.add(
            given.place,
            format!("description is longer than {DESCRIPTION_BYTES_MAX} bytes"),
            Some("split the function into smaller ones".to_owned()),
        );
    }
    text
}

fn forbidden(given: &[At<String>], mistakes: &mut Mistakes<'_>) -> Vec<String> {
    for At { value, place } in given {
        if value.trim().is_empty() || value.contains(char::is_whitespace) {
            mistakes.add(
                *place,
                format!("`{value}` is not one construct"),
                Some(format!(
                    "write a name, or one of {}",
                    zerr_syntax::deny::FORBIDDABLE.join(", ")
                )),
            );
        }
    }
    given.iter().map(|at| at.value.clone()).collect()
}

/// The text as one paragraph.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
