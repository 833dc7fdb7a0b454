//! One function with its contracts as terms, and the questions about it: [`Translation`].

use num_bigint::BigInt;
use zerr_syntax::loop_free;

use super::lower::{self, Context, Meaning, Obligation};
use super::smt::{self, Theory};
use super::term::{Id, Term, Terms, Worth};
use crate::spec::FunctionSpec;
use crate::value::{IntKind, Type, Value};

/// Why there are no terms: the first thing that has none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotTranslated(pub String);

/// A function as terms.
#[derive(Clone, Debug)]
pub struct Translation {
    terms: Terms,
    returns: Option<IntKind>,
    /// The call is one that the spec speaks of.
    requires: Id,
    result: Id,
    returned: Id,
    obligations: Vec<Obligation>,
    /// What has to hold of the result.
    ensures: Vec<Id>,
}

/// What may be asked. A goal is met by a call that breaks the spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// A call that stops: overflows, divides by zero, panics, raises.
    Stops,
    /// A call that returns something which does not meet that `ensures`.
    Breaks(usize),
}

/// What a call does according to the terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Run {
    /// It gives this.
    Returns(Value),
    /// It stops.
    Stops {
        /// The rule's name.
        rule: &'static str,
        /// The line in the function's text.
        line: usize,
    },
}

/// What a solver said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// There is such a call, with these arguments.
    Possible(Vec<Value>),
    /// There is none.
    Impossible,
    /// It does not know, or said something else.
    Unknown(String),
}

/// Translates a function and its contracts; `context` are the texts of functions that it may
/// call.
///
/// # Errors
/// What stands in the way, for people: `a loop (line 3) is not translated`.
pub fn translate(
    f: &FunctionSpec,
    source: &str,
    context: &[String],
) -> Result<Translation, NotTranslated> {
    let language = f.signature.language;
    let vars = f.params.iter().map(|(name, ty)| {
        kind_of(ty).ok_or_else(|| NotTranslated(format!("`{name}`: {ty} is not translated")))
    });
    let vars = vars.collect::<Result<Vec<_>, _>>()?;
    let returns = kind_of(&f.returns).ok_or_else(|| {
        NotTranslated(format!("a result that is {} is not translated", f.returns))
    })?;
    let read = |text: &str, name: &str| {
        loop_free::parse(language, text, name).map_err(|refusal| NotTranslated(refusal.to_string()))
    };
    let function = read(source, &f.name)?;
    let is_as_declared = function.params.len() == f.params.len()
        && function.params.iter().zip(&vars).all(|((_, ty), kind)| scalar_kind(*ty) == *kind)
        && scalar_kind(function.returns) == returns;
    if !is_as_declared {
        return Err(NotTranslated("another signature is not translated".to_owned()));
    }
    let context = Context::read(language, context);
    let (mut terms, meaning) = lower::lower(&Terms::new(vars), language, &function, &context)
        .map_err(|(what, line)| NotTranslated(format!("{what} (line {line}) is not translated")))?;
    let params: Vec<Id> = (0..f.params.len()).map(|var| terms.add(Term::Var(var))).collect();
    let refused = |contract: &crate::contract::Contract| {
        let text = contract.text.clone();
        move |what: &'static str| NotTranslated(format!("{what} in `{text}` is not translated"))
    };
    let mut requires = terms.bool(true);
    for contract in &f.requires {
        let holds = contract.lower(&mut terms, &params, None).map_err(refused(contract))?;
        requires = terms.and(requires, holds);
    }
    let mut ensures = Vec::with_capacity(f.ensures.len());
    for contract in &f.ensures {
        let holds = contract.lower(&mut terms, &params, Some(meaning.result));
        ensures.push(holds.map_err(refused(contract))?);
    }
    let Meaning { result, returned, obligations } = meaning;
    Ok(Translation { terms, returns, requires, result, returned, obligations, ensures })
}

/// The kind of an integer, nothing for a truth value; `None` for what has no terms.
#[expect(clippy::option_option, reason = "no variable at all, or one that is no integer")]
fn kind_of(ty: &Type) -> Option<Option<IntKind>> {
    match ty {
        Type::Bool => Some(None),
        Type::Int(kind) => Some(Some(*kind)),
        _ => None,
    }
}

fn scalar_kind(ty: loop_free::Scalar) -> Option<IntKind> {
    match ty {
        loop_free::Scalar::Bool => None,
        loop_free::Scalar::Int(kind) => Some(kind),
    }
}

impl Translation {
    /// Everything that a proof has to rule out. Empty: there is nothing to prove.
    pub fn goals(&self, may_stop: bool) -> Vec<Goal> {
        let stops = (!may_stop && !self.obligations.is_empty()).then_some(Goal::Stops);
        stops.into_iter().chain((0..self.ensures.len()).map(Goal::Breaks)).collect()
    }

    /// Whether the function's text holds anything that could stop a call.
    pub fn can_stop(&self) -> bool {
        !self.obligations.is_empty()
    }

    /// The question whether a call meets the goal, as SMT-LIB 2; `None` where the theory cannot
    /// spell it.
    pub fn question(&self, goal: Goal, theory: Theory) -> Option<String> {
        let mut terms = self.terms.clone();
        let met = match goal {
            Goal::Stops => self.stops(&mut terms),
            Goal::Breaks(ensures) => {
                let fails = terms.not(*self.ensures.get(ensures)?);
                terms.and(self.returned, fails)
            }
        };
        let goal = terms.and(self.requires, met);
        smt::script(&terms, goal, theory)
    }

    /// The question whether the terms, as the solver reads them, say anything else than what was
    /// seen: an impossible one is a good sign. `None` for a result is a call that stopped.
    pub fn doubt(&self, seen: &[(Vec<Value>, Option<Value>)], theory: Theory) -> Option<String> {
        let mut terms = self.terms.clone();
        let stops = self.stops(&mut terms);
        let mut doubt = terms.bool(false);
        for (args, result) in seen {
            let mut differs = match result {
                None => terms.not(stops),
                Some(value) => {
                    let value = constant(&mut terms, value)?;
                    let equal = terms.add(Term::Eq(self.result, value));
                    let as_seen = terms.and(self.returned, equal);
                    terms.not(as_seen)
                }
            };
            for (var, arg) in args.iter().enumerate() {
                let var = terms.add(Term::Var(var));
                let arg = constant(&mut terms, arg)?;
                let equal = terms.add(Term::Eq(var, arg));
                differs = terms.and(equal, differs);
            }
            doubt = terms.or(doubt, differs);
        }
        smt::script(&terms, doubt, theory)
    }

    fn stops(&self, terms: &mut Terms) -> Id {
        let none = terms.bool(false);
        self.obligations.iter().fold(none, |any, obligation| terms.or(any, obligation.broken))
    }

    /// What a call does according to the terms; `None` for arguments that are none of the
    /// function's, and where integers grow out of all proportion.
    pub fn run(&self, args: &[Value]) -> Option<Run> {
        let worths = self.evaluate(args)?;
        let is_true = |id: Id| worths.get(id.index()) == Some(&Worth::Bool(true));
        if let Some(broken) = self.obligations.iter().find(|one| is_true(one.broken)) {
            return Some(Run::Stops { rule: broken.rule, line: broken.line });
        }
        if !is_true(self.returned) {
            return None;
        }
        match (worths.get(self.result.index())?, self.returns) {
            (Worth::Bool(truth), None) => Some(Run::Returns(Value::Bool(*truth))),
            (Worth::Int(number), Some(kind)) => {
                Some(Run::Returns(Value::Int(kind, number.clone())))
            }
            _ => None,
        }
    }

    /// Whether the call is one that the spec speaks of.
    pub fn accepts(&self, args: &[Value]) -> Option<bool> {
        let worths = self.evaluate(args)?;
        Some(worths.get(self.requires.index()) == Some(&Worth::Bool(true)))
    }

    /// Whether the call gives what that `ensures` asks for.
    pub fn meets(&self, ensures: usize, args: &[Value]) -> Option<bool> {
        let worths = self.evaluate(args)?;
        let id = self.ensures.get(ensures)?;
        Some(worths.get(id.index()) == Some(&Worth::Bool(true)))
    }

    fn evaluate(&self, args: &[Value]) -> Option<Vec<Worth>> {
        if args.len() != self.terms.vars().len() {
            return None;
        }
        let worth = |(arg, kind): (&Value, &Option<IntKind>)| match (arg, kind) {
            (Value::Bool(truth), None) => Some(Worth::Bool(*truth)),
            (Value::Int(found, number), Some(kind)) if found == kind => {
                Some(Worth::Int(number.clone()))
            }
            _ => None,
        };
        let vars: Option<Vec<Worth>> = args.iter().zip(self.terms.vars()).map(worth).collect();
        self.terms.evaluate(&vars?)
    }

    /// The constants in the terms, for choosing inputs around them.
    pub fn constants(&self) -> Vec<BigInt> {
        let constants = self.terms.all().iter().filter_map(|term| match term {
            Term::Const(Worth::Int(number)) => Some(number.clone()),
            _ => None,
        });
        constants.collect()
    }

    /// Reads what a solver wrote to a [`Translation::question`] in that theory.
    pub fn answer(&self, said: &str, theory: Theory) -> Answer {
        let (word, rest) = said.trim_start().split_once('\n').unwrap_or((said.trim(), ""));
        match word.trim() {
            "unsat" => Answer::Impossible,
            "sat" => match self.model(rest, theory) {
                Some(args) => Answer::Possible(args),
                None => Answer::Unknown("a model that cannot be read".to_owned()),
            },
            "unknown" => Answer::Unknown("the solver does not know".to_owned()),
            "timeout" => Answer::Unknown("the solver ran out of time".to_owned()),
            other => {
                let shown: String = other.chars().take(80).collect();
                Answer::Unknown(format!("the solver said `{shown}`"))
            }
        }
    }

    /// The values of the variables in `((v0 5) (v1 (- 3)))`.
    fn model(&self, text: &str, theory: Theory) -> Option<Vec<Value>> {
        let mut values = Vec::new();
        for (var, kind) in self.terms.vars().iter().enumerate() {
            let start = format!("(v{var} ");
            let rest = text.get(text.find(&start)? + start.len()..)?;
            let shown = rest.get(..end_of(rest)?)?;
            values.push(match kind {
                None => Value::Bool(match shown.trim() {
                    "true" => true,
                    "false" => false,
                    _ => return None,
                }),
                Some(kind) => {
                    let number = smt::number(shown, theory == Theory::Vectors)?;
                    let value = Value::Int(*kind, number);
                    value.fits(&Type::Int(*kind)).then_some(value)?
                }
            });
        }
        Some(values)
    }
}

/// Where the bracket closes that was opened before the text.
fn end_of(text: &str) -> Option<usize> {
    let mut depth = 1_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

fn constant(terms: &mut Terms, value: &Value) -> Option<Id> {
    match value {
        Value::Bool(truth) => Some(terms.bool(*truth)),
        Value::Int(_, number) => Some(terms.int(number.clone())),
        _ => None,
    }
}
