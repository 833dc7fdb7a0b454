//! What a person asks for: [`Spec`], checked, and the way to it from `task_spec.yaml`
//! ([`parse`]) and from an unfinished function in a source file ([`from_hole`]).
//!
//! # Invariants
//! A [`Spec`] holds no mistake that can be found without running code: signatures parse, examples
//! fit their types, contracts type-check, `depends_on` has no cycles.

mod answer;
mod check;
mod examples;
mod hole;
mod place;
mod raw;
mod read;
mod site;
pub(crate) mod stated;
#[cfg(test)]
mod tests;
mod values;
mod write;
mod yaml;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use zerr_syntax::deny::{Capability, Policy, Surroundings};
use zerr_syntax::holes::{self, Hole, Support};
use zerr_syntax::request::Request;
use zerr_syntax::signature::{self, Signature};
use zerr_syntax::site::{ContextItem, Site};
use zerr_syntax::{Language, line_column};

use self::place::Mistakes;
use self::raw::RawSpec;
use crate::complexity::Bound;
use crate::contract::{self, Budget, Contract, Property, Scope};
use crate::hash::Hash;
use crate::observe::Observation;
use crate::ty::conform;
use crate::value::{Type, Value};

/// Longest spec that is read, in bytes. A face looks at the file's size before it reads.
pub const SPEC_BYTES_MAX: usize = 1_000_000;

/// The reliability that a spec asks for when it does not say.
pub const RELIABILITY_DEFAULT: f64 = 0.95;

/// A checked spec in one language.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// The task's name, also the file's name without extension.
    pub name: String,
    /// What the whole is for; may be empty.
    pub description: String,
    /// The language to write.
    pub language: Language,
    /// The reliability t in (0, 1) that the whole is to reach.
    pub target: f64,
    /// Dependencies first, otherwise as written.
    pub functions: Vec<FunctionSpec>,
}

/// One function to write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct FunctionSpec {
    /// As in the signature.
    pub name: String,
    /// How it is called and passed.
    pub signature: Signature,
    /// Parameters by name, with the type of their values.
    pub params: Vec<(String, Type)>,
    /// The type of the result's value.
    pub returns: Type,
    /// One paragraph for model and reader.
    pub description: String,
    /// Calls whose outcome is given.
    pub examples: Vec<Example>,
    /// What holds of the arguments of every call.
    pub requires: Vec<Contract>,
    /// What holds of the result of every call that meets `requires`.
    pub ensures: Vec<Contract>,
    /// What holds of several calls, such as `f(f(x)) == f(x)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<Property>,
    /// How the cost of a call may grow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complexity: Option<Bound>,
    /// How much a call may cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
    /// What the function may touch beside its arguments. Empty: it is pure.
    pub capabilities: BTreeSet<Capability>,
    /// Constructs that may not be used.
    pub forbidden: Vec<String>,
    /// Functions of the same spec that it may call.
    pub depends_on: Vec<String>,
    /// Where it stands, when it is tried in its own project. Its parameter is then the name of a test,
    /// and its result what became of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_project: Option<Box<InProject>>,
    /// What looks like one of its examples and could not be read as one: nothing was held against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
}

/// A function's place in its project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InProject {
    /// Where it is written: `shapes::Circle::area`.
    pub path: String,
    /// Its head as the project has it.
    pub head: String,
    /// What it may name.
    pub surroundings: Surroundings,
    /// What the model is shown.
    pub context: Vec<ContextItem>,
    /// Hash of all that its tests depend on beside it.
    pub state: Hash,
    /// Calls that candidates are compared by, beside the tests that judge them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<String>,
}

/// What stands before a call where tests have their names.
pub const CALL: &str = "call ";

/// What a test of the project gives that passes.
pub const PASSED: &str = "passed";

/// A call whose outcome is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// One a parameter.
    pub args: Vec<Value>,
    /// What comes of it.
    pub expected: Expected,
    /// Arguments that are different after the call: position from 0, value after. All others
    /// must come back unchanged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mutated: Vec<(usize, Value)>,
    /// As prompts show it: `f(1, 2) == 3`.
    pub text: String,
}

/// What comes of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// The result.
    Returns(Value),
    /// A Python exception of this class; empty for any.
    Raises(String),
    /// A Rust panic.
    Panics,
}

pub use answer::answered;
pub use examples::call_arguments;
pub use write::write;

/// As prompts show an example that changes no argument: `f(1, 2) == 3`.
pub(crate) fn example_text(function: &FunctionSpec, args: &[Value], expected: &Expected) -> String {
    examples::text(function, args, expected, &[])
}

/// One mistake in a spec.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct SpecError {
    /// The file's name as it was given.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// The text that is wrong, from `column` on, at most one line; may be empty.
    pub offending: String,
    /// What is wrong, a lowercase fragment.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
}

/// At most this many mistakes are reported at once.
pub const ERRORS_MAX: usize = 20;

/// Reads a `task_spec.yaml`: one [`Spec`] a language, in the order they are named.
///
/// # Errors
/// Every mistake found, in the order of their places, at most [`ERRORS_MAX`]; never empty.
pub fn parse(text: &[u8], file_name: &str) -> Result<Vec<Spec>, Vec<SpecError>> {
    let whole = |line: usize, column: usize, message: String, hint: &str| {
        vec![SpecError {
            file: file_name.to_owned(),
            line,
            column,
            offending: String::new(),
            message,
            hint: Some(hint.to_owned()),
        }]
    };
    if text.len() > SPEC_BYTES_MAX {
        return Err(whole(
            1,
            1,
            format!("the file is larger than {SPEC_BYTES_MAX} bytes"),
            "split it into several specs",
        ));
    }
    let text = match std::str::from_utf8(text) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(error) => {
            let valid = text.get(..error.valid_up_to()).unwrap_or_default();
            let valid = String::from_utf8_lossy(valid);
            let (line, column) = line_column(&valid, valid.len());
            return Err(whole(
                line,
                column,
                "the file is not UTF-8 text".to_owned(),
                "save it as UTF-8; a spec is a YAML file",
            ));
        }
    };
    let control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{85}');
    if let Some((offset, c)) = text.char_indices().find(|(_, c)| control(*c)) {
        let (line, column) = line_column(text, offset);
        return Err(whole(
            line,
            column,
            format!("the file holds the control character {c:?}"),
            "a spec is a YAML file; write \"\\x00\" and the like in double quotes",
        ));
    }
    let mut mistakes = Mistakes::new(file_name, text);
    let specs = match yaml::read(text) {
        Ok(root) => read::read(&root, &mut mistakes).map(|raw| check::check(&raw, &mut mistakes)),
        Err(error) => {
            mistakes.add(error.place, error.message, error.hint);
            None
        }
    };
    match specs {
        Some(specs) if mistakes.is_empty() => Ok(specs),
        _ => Err(mistakes.into_errors()),
    }
}

/// The JSON Schema of `task_spec.yaml`, for editors. The same text on every run.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(RawSpec).to_value()
}

/// Makes a spec of one function from an unfinished one in a source file. `text` is the whole
/// file that the hole was found in.
///
/// # Errors
/// Every mistake found, placed in the file; never empty.
pub fn from_hole(
    hole: &Hole,
    language: Language,
    file_name: &str,
    text: &str,
) -> Result<Spec, Vec<SpecError>> {
    hole::read(hole, language, file_name, text)
}

/// One `task_spec.yaml` for functions that somebody asks for in words, all in one language.
///
/// # Errors
/// Every mistake of the first function that has some, and the text that it is placed in.
pub fn of_requests(requests: &[Request]) -> Result<String, (Vec<SpecError>, String)> {
    let mut whole: Option<Spec> = None;
    for request in requests {
        let stub = request.stub();
        let Some(hole) = holes::holes(request.language, &stub).pop() else {
            let error = SpecError {
                file: SPEC_OF_WORDS.to_owned(),
                line: 1,
                column: 1,
                offending: String::new(),
                message: format!("`{}` is no function that can be read", request.head),
                hint: None,
            };
            return Err((vec![error], stub));
        };
        let spec = from_hole(&hole, request.language, SPEC_OF_WORDS, &stub);
        let spec = spec.map_err(|errors| (errors, stub))?;
        match &mut whole {
            Some(whole) => whole.functions.extend(spec.functions),
            None => whole = Some(spec),
        }
    }
    Ok(whole.map_or_else(String::new, |spec| write::write(&[spec], &crate::split::Splits::new())))
}

/// What the text of [`of_requests`] is called in errors.
const SPEC_OF_WORDS: &str = "what was asked for";

/// How an unfinished function is to be tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Manner {
    /// By itself, on inputs that zerr makes.
    Alone,
    /// Where it stands, by the tests of its project: a method, or one over the project's own types.
    InProject,
    /// Not at all, and why.
    Not(String),
}

/// How to try an unfinished function of a source file.
pub fn manner(hole: &Hole) -> Manner {
    match (&hole.support, signature::parse(hole.language, &hole.signature_text)) {
        (Support::Nested(why), _) => Manner::Not(why.clone()),
        (Support::Supported, Ok(signature)) if check::unknown_type(&signature).is_none() => {
            Manner::Alone
        }
        _ => Manner::InProject,
    }
}

/// Makes a spec of one function from where it stands in its project. `text` is the whole file.
///
/// # Errors
/// A function that nothing says anything about.
pub fn from_site(
    site: &Site,
    facts: &crate::event::ProjectFacts,
    file_name: &str,
    text: &str,
) -> Result<Spec, Vec<SpecError>> {
    site::read(site, facts, file_name, text)
}

impl FunctionSpec {
    /// Changes exactly when something that matters to the function changes; what could not be read does not.
    pub fn content_hash(&self) -> Hash {
        let json = match &self.unread {
            Some(_) => serde_json::to_vec(&Self { unread: None, ..self.clone() }),
            None => serde_json::to_vec(self),
        };
        let json = json.unwrap_or_default();
        Hash::of("function-spec-1", &[&json])
    }

    /// What `requires` may name.
    pub fn scope_before(&self) -> Scope {
        self.scope(None)
    }

    /// What `ensures` may name.
    pub fn scope_after(&self) -> Scope {
        self.scope(Some(self.returns.clone()))
    }

    fn scope(&self, result: Option<Type>) -> Scope {
        Scope { language: self.signature.language, params: self.params.clone(), result }
    }

    /// Whether a call with these arguments is one that the spec speaks of: they fit the
    /// parameters' types and every `requires` holds.
    pub fn accepts(&self, args: &[Value]) -> bool {
        args.len() == self.params.len()
            && args.iter().zip(&self.params).all(|(arg, (_, ty))| arg.fits(ty))
            && !args
                .iter()
                .zip(&self.params)
                .any(|(arg, (_, ty))| ty.has_union() && arg.collapses())
            && self
                .requires
                .iter()
                .all(|contract| contract.check(args, None, None) == contract::Judgement::Holds)
    }

    /// The observation with its values read as the declared types, see [`conform`].
    pub fn conform(&self, observation: &Observation) -> Observation {
        match observation {
            Observation::Returned { value, mutated } => Observation::Returned {
                value: conform(value, &self.returns),
                mutated: mutated
                    .iter()
                    .map(|(position, value)| {
                        let value = match self.params.get(*position) {
                            Some((_, ty)) => conform(value, ty),
                            None => value.clone(),
                        };
                        (*position, value)
                    })
                    .collect(),
            },
            other => other.clone(),
        }
    }

    /// What a source that implements this function may hold.
    pub fn policy(&self) -> Policy {
        Policy {
            allow: self.capabilities.clone(),
            forbidden: self.forbidden.clone(),
            allowed_calls: self.depends_on.clone(),
            types: Vec::new(),
            surroundings: self.in_project.as_ref().map(|place| place.surroundings.clone()),
        }
    }
}

/// The one of `known` that somebody may have meant, if one is near enough.
pub(crate) fn closest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    known
        .map(|name| (strsim::damerau_levenshtein(word, name), name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

impl Example {
    /// Whether the observed outcome of the call is the given one, floats nearly ([`Value::is_near`]).
    /// `function` is the one that the example belongs to.
    pub fn is_met_by(&self, function: &FunctionSpec, observation: &Observation) -> bool {
        match (&self.expected, function.conform(observation)) {
            (Expected::Returns(expected), Observation::Returned { value, mutated }) => {
                let pairs = || self.mutated.iter().zip(&mutated);
                value.is_near(expected)
                    && self.mutated.len() == mutated.len()
                    && pairs()
                        .all(|((at, wanted), (place, own))| at == place && own.is_near(wanted))
            }
            (Expected::Raises(kind), Observation::Raised { kind: seen, .. }) => {
                kind.is_empty() || *kind == seen
            }
            (Expected::Panics, Observation::Panicked { .. }) => true,
            _ => false,
        }
    }
}

/// [`FunctionSpec`] as it is stored: contracts as text.
#[derive(Deserialize)]
struct Stored {
    name: String,
    signature: Signature,
    params: Vec<(String, Type)>,
    returns: Type,
    description: String,
    examples: Vec<Example>,
    requires: Vec<String>,
    ensures: Vec<String>,
    #[serde(default)]
    properties: Vec<String>,
    #[serde(default)]
    complexity: Option<Bound>,
    #[serde(default)]
    budget: Option<String>,
    capabilities: BTreeSet<Capability>,
    forbidden: Vec<String>,
    depends_on: Vec<String>,
    #[serde(default)]
    in_project: Option<Box<InProject>>,
    #[serde(default)]
    unread: Option<String>,
}

impl TryFrom<Stored> for FunctionSpec {
    type Error = contract::ContractError;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        let before = Scope {
            language: stored.signature.language,
            params: stored.params.clone(),
            result: None,
        };
        let after = Scope { result: Some(stored.returns.clone()), ..before.clone() };
        let read = |texts: &[String], scope: &Scope| {
            texts.iter().map(|text| contract::parse(text, scope)).collect::<Result<Vec<_>, _>>()
        };
        let properties = stored
            .properties
            .iter()
            .map(|text| contract::parse_property(text, &after, &stored.name))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            properties,
            complexity: stored.complexity,
            budget: stored.budget.map(|text| contract::parse_budget(&text, &before)).transpose()?,
            requires: read(&stored.requires, &before)?,
            ensures: read(&stored.ensures, &after)?,
            name: stored.name,
            signature: stored.signature,
            params: stored.params,
            returns: stored.returns,
            description: stored.description,
            examples: stored.examples,
            capabilities: stored.capabilities,
            forbidden: stored.forbidden,
            depends_on: stored.depends_on,
            in_project: stored.in_project,
            unread: stored.unread,
        })
    }
}
