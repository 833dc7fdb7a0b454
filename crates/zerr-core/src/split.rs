//! A function taken apart: what a model proposes, what is wrong with a proposal, and the spec that
//! follows from one. Main types: [`Split`], [`Part`].
//!
//! A reply names each part by its signature, on the lines below it says what the part does
//! (`Does: …`, always) and, where there is something to say, `Calls: a, b`, `Requires: …` and
//! `Ensures: …`. On the line above stand the words of the whole's description that it is for
//! (`For: …`), if there are any. A reply of `one function` says that there is nothing to split.
//!
//! # Invariants
//! - A split that does not fit together is a red flag: parts that call each other in a circle,
//!   names that nobody defines, types that nothing supplies, a part as large as the whole, a part
//!   for words that the description does not have.
//! - Two splits are the same when their parts have the same names, types and calls, in whatever
//!   order and words.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use zerr_syntax::signature::{self, Signature, TypeExpr};

use crate::contract;
use crate::prompt::{Prompt, RawReply, text_of};
use crate::sample::RedFlag;
use crate::spec::FunctionSpec;
use crate::ty::lower;
use crate::value::Type;

/// More parts than this are no split but a program.
pub const PARTS_MAX: usize = 8;

/// What a model says of a function that needs no splitting.
const ATOMIC: &str = "one function";

/// A proposal that fits together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Split {
    /// It is one function already.
    Atomic,
    /// Its parts, those that are called before those that call them.
    Parts(Vec<Part>),
}

/// One part of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// How it is called.
    pub signature: Signature,
    /// The words of the whole's description that it stands for, where it was said.
    pub words: Option<String>,
    /// What it does.
    pub description: String,
    /// The parts that it calls.
    pub calls: Vec<String>,
    /// What holds of its arguments, in the contract language.
    pub requires: Vec<String>,
    /// What holds of its results.
    pub ensures: Vec<String>,
}

impl Split {
    /// Reads a reply to a prompt of role `decompose` about `whole`.
    ///
    /// # Errors
    /// A reply that is no split, or one that does not fit together.
    pub fn parse(whole: &FunctionSpec, prompt: &Prompt, reply: &RawReply) -> Result<Self, RedFlag> {
        Self::read(whole, text_of(prompt, reply)?).map_err(|why| RedFlag::BadSplit { why })
    }

    /// Reads the text of a split of `whole` again that was accepted before.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(whole: &FunctionSpec, text: &str) -> Result<Self, String> {
        if text.trim() == ATOMIC {
            return Ok(Self::Atomic);
        }
        let mut parts = read_parts(whole, text)?;
        check_names(whole, &parts)?;
        check_types(whole, &parts)?;
        parts.iter().try_for_each(check_contracts)?;
        order(&mut parts)?;
        Ok(Self::Parts(parts))
    }

    /// Equal for splits that are the same but for order and words.
    pub fn class_key(&self) -> String {
        let Self::Parts(parts) = self else { return ATOMIC.to_owned() };
        let mut lines: Vec<String> = parts
            .iter()
            .map(|part| {
                let types: Vec<String> =
                    part.signature.param_types().map(|ty| lowered(part, ty).to_string()).collect();
                let returns = lowered(part, &part.signature.returns);
                let mut calls = part.calls.clone();
                calls.sort();
                let name = &part.signature.name;
                format!("{name}({}) -> {returns} [{}]", types.join(", "), calls.join(", "))
            })
            .collect();
        lines.sort();
        lines.join("\n")
    }
}

fn lowered(part: &Part, ty: &TypeExpr) -> Type {
    lower(part.signature.language, ty)
}

fn read_parts(whole: &FunctionSpec, text: &str) -> Result<Vec<Part>, String> {
    let language = whole.signature.language;
    let mut parts: Vec<Part> = Vec::new();
    let mut words: Option<String> = None;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(quoted) = line.strip_prefix("For:").map(str::trim) {
            if let Some(other) = words.replace(quoted.to_owned()) {
                return Err(format!("no signature follows `For: {other}`"));
            }
            if !says(&whole.description, quoted) {
                return Err(format!("`{quoted}` is not in the description"));
            }
            continue;
        }
        let labelled = ["Does:", "Calls:", "Requires:", "Ensures:"]
            .into_iter()
            .find_map(|label| Some((label, line.strip_prefix(label)?.trim())));
        let Some((label, rest)) = labelled else {
            let signature = signature::parse(language, line)
                .map_err(|error| format!("`{line}` is no signature: {error}"))?;
            parts.push(Part {
                signature,
                words: words.take(),
                description: String::new(),
                calls: Vec::new(),
                requires: Vec::new(),
                ensures: Vec::new(),
            });
            continue;
        };
        let Some(part) = parts.last_mut() else {
            return Err(format!("`{line}` stands before any signature"));
        };
        match label {
            "Does:" => rest.clone_into(&mut part.description),
            "Calls:" => part.calls.extend(
                rest.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned),
            ),
            "Requires:" => part.requires.push(rest.to_owned()),
            _ => part.ensures.push(rest.to_owned()),
        }
    }
    if let Some(words) = words {
        return Err(format!("no signature follows `For: {words}`"));
    }
    match parts.iter().find(|part| part.description.is_empty()) {
        Some(part) => Err(format!("it is not said what `{}` does", part.signature.name)),
        None if parts.is_empty() => Err("it names no part".to_owned()),
        None if parts.len() > PARTS_MAX => Err(format!("more than {PARTS_MAX} parts")),
        None => Ok(parts),
    }
}

/// Whether a description has these words in this order; spaces, case and marks around do not count.
fn says(description: &str, words: &str) -> bool {
    let plain = |text: &str| -> Vec<String> {
        text.split_whitespace()
            .map(|word| word.trim_matches([',', ';', ':', '.', '"', '`', '\'']).to_lowercase())
            .filter(|word| !word.is_empty())
            .collect()
    };
    let (said, words) = (plain(description), plain(words));
    !words.is_empty() && said.windows(words.len()).any(|window| window == words)
}

fn check_names(whole: &FunctionSpec, parts: &[Part]) -> Result<(), String> {
    let mut names = BTreeSet::new();
    for part in parts {
        let name = part.signature.name.as_str();
        if name == whole.name || part.description == whole.description {
            return Err(format!("the part `{name}` is as large as the whole"));
        }
        if whole.depends_on.iter().any(|other| other == name) || !names.insert(name) {
            return Err(format!("two functions are called `{name}`"));
        }
    }
    if let [only] = parts
        && whole.depends_on.is_empty()
        && lowered(only, &only.signature.returns) == whole.returns
        && only
            .signature
            .param_types()
            .map(|ty| lowered(only, ty))
            .eq(whole.params.iter().map(|(_, ty)| ty.clone()))
    {
        let name = &only.signature.name;
        return Err(format!("the only part, `{name}`, takes and gives what the whole does"));
    }
    let unknown = |name: &&String| !names.contains(name.as_str());
    match parts.iter().flat_map(|part| &part.calls).find(unknown) {
        Some(name) => Err(format!("`{name}` is called and not among the parts")),
        None => Ok(()),
    }
}

/// Whether what parts take can come from the whole's arguments or from other parts. Scalars can be
/// written down as constants; a collection has to be supplied, or made item by item of another one.
fn check_types(whole: &FunctionSpec, parts: &[Part]) -> Result<(), String> {
    let language = whole.signature.language;
    if let Some((part, ty)) = parts
        .iter()
        .flat_map(|part| part.signature.param_types().map(move |ty| (part, ty)))
        .chain(parts.iter().map(|part| (part, &part.signature.returns)))
        .find(|(_, ty)| !lower(language, ty).is_transparent())
    {
        let name = &part.signature.name;
        return Err(format!(
            "`{name}` uses `{}`, of which zerr knows no values",
            ty.text(language)
        ));
    }
    for part in parts {
        let mut supplied = BTreeSet::new();
        for (_, ty) in &whole.params {
            supply(ty, &mut supplied);
        }
        for other in parts.iter().filter(|other| other.signature.name != part.signature.name) {
            supply(&lowered(other, &other.signature.returns), &mut supplied);
        }
        let iterable = |ty: &Type| {
            matches!(
                ty,
                Type::List { .. } | Type::Tuples(_) | Type::Set(_) | Type::Map(..) | Type::Str
            )
        };
        let collects = supplied.iter().any(iterable);
        let mut params = part.signature.param_types().map(|ty| lowered(part, ty));
        if let Some(ty) = params.find(|ty| !can_make(ty, &supplied, collects)) {
            return Err(format!("nothing supplies the {ty} that `{}` takes", part.signature.name));
        }
    }
    Ok(())
}

fn check_contracts(part: &Part) -> Result<(), String> {
    let params: Vec<(String, Type)> = part
        .signature
        .params
        .iter()
        .map(|param| (param.name.clone(), lowered(part, &param.ty)))
        .collect();
    let language = part.signature.language;
    let before = contract::Scope { language, params, result: None };
    let result = Some(lowered(part, &part.signature.returns));
    let after = contract::Scope { result, ..before.clone() };
    let requires = part.requires.iter().map(|text| (text, &before));
    let ensures = part.ensures.iter().map(|text| (text, &after));
    for (text, scope) in requires.chain(ensures) {
        if let Err(error) = contract::parse(text, scope) {
            return Err(format!("`{text}` of `{}`: {error}", part.signature.name));
        }
    }
    Ok(())
}

/// A value of `ty` and what is inside of it.
fn supply(ty: &Type, supplied: &mut BTreeSet<Type>) {
    if !supplied.insert(ty.clone()) {
        return;
    }
    match ty {
        Type::List { item, .. } | Type::Set(item) | Type::Option(item) | Type::Tuples(item) => {
            supply(item, supplied);
        }
        Type::Map(key, item) | Type::Result(key, item) => {
            supply(key, supplied);
            supply(item, supplied);
        }
        Type::Tuple(items) | Type::Union(items) => {
            for item in items {
                supply(item, supplied);
            }
        }
        _ => {}
    }
}

fn can_make(ty: &Type, supplied: &BTreeSet<Type>, collects: bool) -> bool {
    let make = |ty: &Type| can_make(ty, supplied, collects);
    supplied.contains(ty)
        || match ty {
            Type::List { item, .. } | Type::Set(item) | Type::Tuples(item) => {
                collects && make(item)
            }
            Type::Map(key, item) => collects && make(key) && make(item),
            Type::Option(item) | Type::Result(item, _) => make(item),
            Type::Tuple(items) => items.iter().all(make),
            Type::Union(items) => items.iter().any(make),
            Type::Named(_) | Type::Opaque(_) => false,
            _ => true,
        }
}

/// Puts what is called before what calls it, otherwise as written.
fn order(parts: &mut Vec<Part>) -> Result<(), String> {
    let mut left = std::mem::take(parts);
    while !left.is_empty() {
        let ready = left
            .iter()
            .position(|part| !left.iter().any(|other| part.calls.contains(&other.signature.name)));
        let Some(position) = ready else {
            let names: Vec<&str> = left.iter().map(|part| part.signature.name.as_str()).collect();
            return Err(format!("{} call each other in a circle", names.join(", ")));
        };
        parts.push(left.remove(position));
    }
    Ok(())
}

/// The split as a model writes it: what [`Split::read`] reads.
impl std::fmt::Display for Split {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self::Parts(parts) = self else { return f.write_str(ATOMIC) };
        let mut text = String::new();
        for part in parts {
            if let Some(words) = &part.words {
                let _ = writeln!(text, "For: {words}");
            }
            let _ = writeln!(text, "{}\nDoes: {}", part.signature.text, part.description);
            if !part.calls.is_empty() {
                let _ = writeln!(text, "Calls: {}", part.calls.join(", "));
            }
            for (label, contracts) in [("Requires", &part.requires), ("Ensures", &part.ensures)] {
                for contract in contracts {
                    let _ = writeln!(text, "{label}: {contract}");
                }
            }
        }
        f.write_str(text.trim_end())
    }
}

/// The parts of every function that was split, by its name.
pub type Splits = BTreeMap<String, Vec<Part>>;

#[cfg(test)]
#[path = "split_tests.rs"]
mod tests;
