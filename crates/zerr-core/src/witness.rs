//! What others say of a winner: samples of the same function in the other language, or of another
//! model, and how far they do what it does. Main types: [`Witness`], [`Asked`], [`Testimony`].
//!
//! Samples of one model in one language share their mistakes; those of a witness do so less. A
//! witness is heard after the race and has no vote in it.
//!
//! # Invariants
//! Where the two cannot be compared nothing is concluded: values that one language cannot hold, a
//! panic beside a result (an integer that is too large for one of them), calls that do not end.
//!
//! # Non-goals
//! Twins of functions that change their arguments, or that call other functions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;
use zerr_syntax::Language;
use zerr_syntax::signature::{IntKind, ListForm, TypeExpr};

use crate::inputs::Input;
use crate::observe::{Observation, Outcome};
use crate::prompt::RawReply;
use crate::run::{Judge, SampleAction, call_text, outcome_text};
use crate::spec::{self, FunctionSpec};
use crate::value::{IntRange as _, Type, Value};

/// Who else is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Witness {
    /// The same model, in this language.
    Language(Language),
    /// A model of this name, in the same language.
    Model(String),
}

/// As in "3 of 8 samples …".
impl std::fmt::Display for Witness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Language(Language::Rust) => f.write_str("in Rust"),
            Self::Language(Language::Python) => f.write_str("in Python"),
            Self::Model(name) => write!(f, "of the model `{name}`"),
        }
    }
}

/// A witness and what is compared.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Who.
    pub witness: Witness,
    /// What the witness is asked for.
    pub function: Arc<FunctionSpec>,
    /// How.
    pub ask: SampleAction,
    /// What both are called with, as the witness takes it.
    pub inputs: Vec<Input>,
    /// What the winner implements.
    pub own: Arc<FunctionSpec>,
    /// For each of `inputs` what the winner is called with and what it does.
    pub seen: Vec<(Input, Observation)>,
    /// The code that the winner stands beside.
    pub context: Vec<String>,
    /// Examples that are not held against the witness either.
    pub suspects: BTreeSet<usize>,
}

/// What a witness said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Testimony {
    /// Who.
    pub witness: Witness,
    /// Samples that were drawn.
    pub drawn: u32,
    /// Samples that could be run and meet the examples.
    pub valid: u32,
    /// Those of the valid that do what the winner does.
    pub same: u32,
    /// The most of the valid that do one other thing.
    pub other: u32,
    /// Inputs on which these could be compared with the winner.
    pub compared: u32,
    /// Inputs on which they differ from it.
    pub apart: u32,
    /// The first of those inputs.
    pub first: Option<Apart>,
    /// What it wrote; in logs only, for playing a run again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<RawReply>,
}

/// A call on which a witness does something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Apart {
    /// The call.
    pub call: String,
    /// What the winner does.
    pub own: String,
    /// What the witness does.
    pub other: String,
}

impl Testimony {
    /// What these samples of a witness, with how often each was drawn, say.
    pub fn of(asked: &Asked, sources: &[(u32, Outcome)]) -> Self {
        let mut said = Self {
            witness: asked.witness.clone(),
            drawn: asked.ask.draws.len() as u32,
            valid: 0,
            same: 0,
            other: 0,
            compared: 0,
            apart: 0,
            first: None,
            samples: Vec::new(),
        };
        // Others by what they do: votes, inputs compared, inputs apart.
        let mut others: BTreeMap<Vec<String>, (u32, Vec<usize>, Vec<usize>)> = BTreeMap::new();
        for (copies, outcome) in sources {
            let Outcome::Ran(observations) = outcome else { continue };
            let judge = Judge::new(&asked.function, &asked.inputs, &asked.suspects);
            if observations.len() < asked.inputs.len() || judge.judge(observations).is_err() {
                continue;
            }
            let compared: Vec<(usize, bool)> = (0..asked.inputs.len())
                .filter_map(|at| Some((at, asked.same(at, observations.get(at)?)?)))
                .collect();
            if compared.is_empty() {
                continue;
            }
            said.valid += copies;
            let apart: Vec<usize> =
                compared.iter().filter(|(_, same)| !same).map(|(at, _)| *at).collect();
            if apart.is_empty() {
                said.same += copies;
                said.compared = said.compared.max(compared.len() as u32);
                continue;
            }
            let keys = observations.iter().map(Observation::key).collect();
            let compared = compared.into_iter().map(|(at, _)| at).collect();
            others.entry(keys).or_insert((0, compared, apart)).0 += copies;
        }
        let most = others.iter().max_by_key(|(_, (votes, ..))| *votes);
        if let Some((keys, (votes, compared, apart))) = most {
            said.other = *votes;
            if said.other > said.same {
                said.compared = compared.len() as u32;
            }
            said.apart = apart.len() as u32;
            said.first = apart.first().and_then(|at| {
                let (input, own) = asked.seen.get(*at)?;
                Some(Apart {
                    call: call_text(&asked.own, input),
                    own: outcome_text(&asked.own, own),
                    other: keys.get(*at).and_then(|key| {
                        let all =
                            sources.iter().filter_map(|(_, seen)| seen.observations()?.get(*at));
                        let seen = all.into_iter().find(|seen| seen.key() == *key);
                        seen.map(|seen| outcome_text(&asked.own, seen))
                    })?,
                })
            });
        }
        said
    }

    /// Whether it speaks against the winner as a whole: most samples do one other thing, on half of the
    /// inputs, or on a quarter in the same language.
    pub fn contradicts(&self) -> bool {
        let parts = match self.witness {
            Witness::Language(_) => 2,
            Witness::Model(_) => 4,
        };
        self.doubts() && parts * self.apart >= self.compared
    }

    /// Whether nothing of it is like the winner: no sample does the same, and most do one other thing on nearly all
    /// inputs. One of the two is wrong, or what is asked for may be read in two ways.
    pub fn denies(&self) -> bool {
        self.same == 0 && self.doubts() && 10 * self.apart >= 9 * self.compared
    }

    /// Whether most samples do one other thing on some input.
    pub fn doubts(&self) -> bool {
        self.other > self.same && 2 * self.other >= self.drawn
    }

    /// Whether more samples do the same than one other thing.
    pub fn agrees(&self) -> bool {
        self.same > self.other
    }
}

/// As one line for people.
impl std::fmt::Display for Testimony {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { drawn, valid, same, other, compared, apart, .. } = self;
        if *valid == 0 {
            return write!(f, "none of {drawn} samples {} could be compared with it", self.witness);
        }
        write!(f, "{same} of {drawn} samples {} do the same", self.witness)?;
        if self.same > 0 && self.same >= self.other {
            write!(f, " on {compared} inputs")?;
        }
        match &self.first {
            Some(first) if *other > *same => write!(
                f,
                "; {other} do one other thing on {apart} of {compared} inputs, such as {} == {} (here {})",
                first.call, first.other, first.own
            ),
            _ => Ok(()),
        }
    }
}

impl Asked {
    /// Whether the witness does what the winner does; `None` where that cannot be said.
    fn same(&self, at: usize, theirs: &Observation) -> Option<bool> {
        let (_, own) = self.seen.get(at)?;
        if self.own.signature.language == self.function.signature.language {
            // Two that do not end are not compared; one that does differs from one that does not.
            let is_settled = own.is_settled() || theirs.is_settled();
            let key = |seen: &Observation| self.own.conform(seen).key();
            return is_settled.then(|| key(own) == key(theirs));
        }
        let own = end(&self.own, own)?;
        let theirs = end(&self.function, theirs)?;
        match (own, theirs) {
            (End::Value(own), End::Value(theirs)) => {
                let ty = match &self.own.returns {
                    Type::Result(ok, _) => ok,
                    other => other,
                };
                Some(cast(&theirs, ty)? == own)
            }
            (End::Fails, End::Value(_)) | (End::Value(_), End::Fails) => Some(false),
            (End::Panics, End::Value(_)) | (End::Value(_), End::Panics) => None,
            (End::Fails | End::Panics, End::Fails | End::Panics) => Some(true),
        }
    }
}

/// How a call ends, in no one language's words.
enum End {
    Value(Value),
    /// An exception or an `Err`.
    Fails,
    Panics,
}

fn end(function: &FunctionSpec, seen: &Observation) -> Option<End> {
    match function.conform(seen) {
        Observation::Returned { mutated, .. } if !mutated.is_empty() => None,
        Observation::Returned { value: Value::Ok(inner), .. } => Some(End::Value(*inner)),
        Observation::Returned { value: Value::Err(_), .. } | Observation::Raised { .. } => {
            Some(End::Fails)
        }
        Observation::Returned { value, .. } => Some(End::Value(value)),
        Observation::Panicked { .. } => Some(End::Panics),
        _ => None,
    }
}

/// The value as one of a type of the other language; `None` where that cannot hold it.
fn cast(value: &Value, ty: &Type) -> Option<Value> {
    let all = |items: &[Value], ty: &Type| -> Option<Vec<Value>> {
        items.iter().map(|item| cast(item, ty)).collect()
    };
    match (value, ty) {
        (Value::Int(_, number), Type::Int(kind)) => {
            kind.holds(number).then(|| Value::Int(*kind, number.clone()))
        }
        (Value::Char(c), Type::Str) => Some(Value::str(*c)),
        (Value::Str(text), Type::Char) => {
            let mut chars = text.chars();
            Some(Value::Char(chars.next().filter(|_| chars.as_str().is_empty())?))
        }
        (Value::Unit | Value::None, Type::Unit) => Some(Value::Unit),
        (Value::Unit | Value::None, Type::None) | (Value::None, Type::Option(_)) => {
            Some(Value::None)
        }
        (Value::Some(inner), Type::Option(ty)) => Some(Value::Some(Box::new(cast(inner, ty)?))),
        (Value::Tuple(items), Type::Tuple(types)) if items.len() == types.len() => {
            let items = items.iter().zip(types).map(|(item, ty)| cast(item, ty));
            Some(Value::Tuple(items.collect::<Option<_>>()?))
        }
        (Value::List(items), Type::List { item, length })
            if length.is_none_or(|length| length == items.len()) =>
        {
            Some(Value::List(all(items, item)?))
        }
        (Value::Tuple(items), Type::Tuples(item)) => Some(Value::Tuple(all(items, item)?)),
        (Value::Set(items), Type::Set(item)) => Some(Value::set(all(items, item)?)),
        (Value::Map(entries), Type::Map(key, item)) => {
            let entries = entries.iter().map(|(k, v)| Some((cast(k, key)?, cast(v, item)?)));
            Some(Value::map(entries.collect::<Option<_>>()?))
        }
        (Value::Int(..), _) => None,
        (value, ty) => value.fits(ty).then(|| value.clone()),
    }
}

/// The inputs of a winner that its twin can take, as that takes them, with what the winner does.
pub fn shared(
    own: &FunctionSpec,
    twin: &FunctionSpec,
    seen: impl Iterator<Item = (Input, Observation)>,
) -> (Vec<Input>, Vec<(Input, Observation)>) {
    let taken = seen.filter(|(input, _)| own.accepts(input)).filter_map(|(input, observation)| {
        let theirs: Input = input
            .iter()
            .zip(&twin.params)
            .map(|(value, (_, ty))| cast(value, ty))
            .collect::<Option<_>>()?;
        twin.accepts(&theirs).then_some((theirs, (input, observation)))
    });
    taken.unzip()
}

/// The same function in the other language; `None` where it has none there. Of functions that a person
/// gave examples for nothing is translated: what an exception is to a `Result` is theirs to say.
pub fn twin(function: &FunctionSpec) -> Option<FunctionSpec> {
    let language = match function.signature.language {
        Language::Rust => Language::Python,
        Language::Python => Language::Rust,
    };
    let has_no_twin = !function.depends_on.is_empty()
        || !function.examples.is_empty()
        || !function.ensures.is_empty()
        || function.in_project.is_some()
        || function.signature.params.iter().any(|param| param.mutable_ref)
        || function.params.iter().map(|(_, ty)| ty).chain([&function.returns]).any(Type::has_union);
    if has_no_twin {
        return None;
    }
    let params: Vec<String> = function
        .signature
        .params
        .iter()
        .map(|param| {
            Some(format!("{}: {}", param.name, written(&param.ty, language, Place::Param)?))
        })
        .collect::<Option<_>>()?;
    let returns = written(&function.signature.returns, language, Place::Inside)?;
    let keyword = match language {
        Language::Rust => "fn",
        Language::Python => "def",
    };
    let requires: Vec<&str> =
        function.requires.iter().map(|contract| contract.text.as_str()).collect();
    let spec = json!({
        "name": "twin",
        "language": language.name(),
        "functions": [{
            "name": function.name,
            "signature": format!("{keyword} {}({}) -> {returns}", function.name, params.join(", ")),
            "description": function.description,
            "requires": requires,
            "forbid": function.forbidden,
        }],
    });
    let specs = spec::parse(spec.to_string().as_bytes(), "twin").ok()?;
    specs.into_iter().next()?.functions.pop()
}

/// Where a type stands: Rust borrows what it is given.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Param,
    Inside,
}

/// A type as a person would write it in `language`; `None` where it has no such type.
fn written(ty: &TypeExpr, language: Language, place: Place) -> Option<String> {
    if language == Language::Python {
        let plain = match ty {
            TypeExpr::Result { ok, .. } => ok,
            other => other,
        };
        return Some(plain.text(language));
    }
    let inside = |ty: &TypeExpr| written(ty, language, Place::Inside);
    Some(match ty {
        TypeExpr::Int(IntKind::Big) => "i64".to_owned(),
        TypeExpr::Str { .. } if place == Place::Param => "&str".to_owned(),
        TypeExpr::Str { .. } => "String".to_owned(),
        TypeExpr::List { item, form: ListForm::PyList } if place == Place::Param => {
            format!("&[{}]", inside(item)?)
        }
        TypeExpr::List { item, form: ListForm::PyList } => format!("Vec<{}>", inside(item)?),
        TypeExpr::Tuple(items) => {
            let items: Vec<String> = items.iter().map(inside).collect::<Option<_>>()?;
            format!("({})", items.join(", "))
        }
        TypeExpr::Option(item) => format!("Option<{}>", inside(item)?),
        TypeExpr::Bool | TypeExpr::Float(_) | TypeExpr::Unit => ty.text(language),
        // Hash maps, sets and bytes have several forms in Rust: none is what a model was taught.
        _ => return None,
    })
}

#[cfg(test)]
#[path = "witness_tests.rs"]
mod tests;
