//! The small typed expression language of `requires` and `ensures`. Main types: [`Contract`],
//! [`Property`], [`Budget`], [`Scope`], [`Judgement`].
//!
//! It is not host-language text: arithmetic on unbounded integers and IEEE floats, comparison,
//! `and or not implies` (also `&& || !`), `if … then … else …`, `x[i]`, `x in xs`, `x in a..b`,
//! `all(i in 0..len(xs): …)`, `any`, `count`, `sum`, and the functions of [`functions()`], which may
//! be written `f(x)` or `x.f()`. In `ensures`, a parameter is its value after the call, `old(x)`
//! the one before, `result` what came back. A [`Property`] may also call its own function.
//!
//! Where the two languages differ on the same operator, it does what the function's language
//! does: `/` on integers truncates in Rust and gives a float in Python, `%` has the sign of the
//! dividend in Rust and of the divisor in Python, `xs[-1]` is the last item in Python only.
//! `//`, `div` and `mod` always round down, `quot` and `rem` always towards zero.
//!
//! # Invariants
//! Evaluation is total: it ends within a bounded number of steps, and neither panics nor
//! overflows. Integers are unbounded here, whatever their kind.

mod budget;
mod calls;
mod check;
mod eval;
mod functions;
mod lower;
mod parse;
mod property;
mod python;
#[cfg(test)]
mod tests;
mod token;
mod tree;
mod ty;
mod worth;

use num_bigint::BigInt;
use serde::{Serialize, Serializer};
use zerr_syntax::{Language, Span};

pub use self::budget::{Budget, language_of_budget, parse_budget};
pub use self::property::{Answer, Property, Stated, parse_property};
pub use self::python::Before;
use self::tree::{Expr, Node};
use crate::ty::conform;
use crate::value::{IntKind, Type, Value};

/// What a contract may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Whose rules `/`, `%` and negative indices follow.
    pub language: Language,
    /// The parameters, in order.
    pub params: Vec<(String, Type)>,
    /// The type of `result`; `None` in `requires`.
    pub result: Option<Type>,
}

impl Scope {
    /// Contracts look into one type at a place: a list and a set are told apart by their types here.
    fn check(&self, expr: &Expr) -> Result<(), ContractError> {
        let params = self.params.iter().map(|(name, ty)| (name.as_str(), ty));
        let result = self.result.iter().map(|ty| ("result", ty));
        match params.chain(result).find(|(_, ty)| ty.has_union()) {
            None => Ok(()),
            Some((name, ty)) => Err(ContractError::new(
                format!(
                    "`{name}` may be of several types ({ty}), which contracts do not look into"
                ),
                expr.span,
                Some("say in examples what should come out".to_owned()),
            )),
        }
    }
}

/// A checked boolean expression over parameters and result.
///
/// Serialised as its text; reading it back takes the [`Scope`] that it was checked against.
#[derive(Clone, Debug)]
pub struct Contract {
    /// As it was written, on one line.
    pub text: String,
    expr: Expr,
    scope: Scope,
}

/// What a contract says of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It is true.
    Holds,
    /// It is false.
    Fails,
    /// It has no value there; never read as true. The text says why (`division by zero`).
    Undefined(String),
}

/// Why a text is no contract.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ContractError {
    /// What is wrong, a lowercase fragment.
    pub message: String,
    /// Where, in bytes of the text.
    pub span: Span,
    /// What to write instead.
    pub hint: Option<String>,
}

impl ContractError {
    fn new(message: impl Into<String>, span: Span, hint: Option<String>) -> Self {
        Self { message: message.into(), span, hint }
    }
}

/// Reads and checks a contract.
///
/// # Errors
/// The first mistake, with its place.
pub fn parse(text: &str, scope: &Scope) -> Result<Contract, ContractError> {
    let expr = parse::tree(text)?;
    scope.check(&expr)?;
    check::check(&expr, scope)?;
    Ok(Contract { text: text.trim().replace(['\n', '\r'], " "), expr, scope: scope.clone() })
}

/// The functions that a contract may call, each with how it is used.
pub fn functions() -> &'static [(&'static str, &'static str)] {
    functions::FUNCTIONS
}

impl Contract {
    /// Judges one call: `args` before the call; for `ensures` also `result` and `after`, all
    /// arguments after the call (`None` when nothing was changed).
    ///
    /// [`Judgement::Undefined`] also where a value does not belong to its declared type.
    pub fn check(
        &self,
        args: &[Value],
        result: Option<&Value>,
        after: Option<&[Value]>,
    ) -> Judgement {
        match self.evaluate(args, result, after) {
            Ok(true) => Judgement::Holds,
            Ok(false) => Judgement::Fails,
            Err(why) => Judgement::Undefined(why),
        }
    }

    fn evaluate(
        &self,
        args: &[Value],
        result: Option<&Value>,
        after: Option<&[Value]>,
    ) -> Result<bool, String> {
        let before = typed(args, &self.scope.params)?;
        let after = match after {
            Some(after) => typed(after, &self.scope.params)?,
            None => before.clone(),
        };
        let result = match (&self.scope.result, result) {
            (Some(ty), Some(value)) => {
                let value = conform(value, ty);
                if !value.fits(ty) {
                    return Err(format!("the result is not of type {ty}"));
                }
                Some(value)
            }
            _ => None,
        };
        eval::evaluate(
            &self.expr,
            &eval::Call {
                language: self.scope.language,
                names: &self.scope.params,
                before: &before,
                after: &after,
                result: result.as_ref(),
            },
        )
    }

    /// Whether it speaks of what came back.
    pub fn names_result(&self) -> bool {
        let mut found = Vec::new();
        names(&self.expr, &mut found);
        found.contains(&"result") && !self.scope.params.iter().any(|(param, _)| param == "result")
    }

    /// The constants in the text, in order, each once: boundaries to try. Integers come as
    /// [`IntKind::Big`], floats as binary64, characters as texts.
    pub fn literals(&self) -> Vec<Value> {
        let mut found = Vec::new();
        collect(&self.expr, &mut found);
        found
    }

    /// The parameters that the text names, in order, each once; `result` is not among them.
    pub fn params(&self) -> Vec<&str> {
        let mut found = Vec::new();
        names(&self.expr, &mut found);
        found.retain(|name| self.scope.params.iter().any(|(param, _)| param == name));
        found
    }
}

/// The arguments read as the parameters' types, see [`conform`].
fn typed(args: &[Value], params: &[(String, Type)]) -> Result<Vec<Value>, String> {
    if args.len() != params.len() {
        return Err(format!("{} values for {} parameters", args.len(), params.len()));
    }
    let typed = |(value, (name, ty)): (&Value, &(String, Type))| {
        let value = conform(value, ty);
        if value.fits(ty) { Ok(value) } else { Err(format!("`{name}` is not of type {ty}")) }
    };
    args.iter().zip(params).map(typed).collect()
}

fn collect(expr: &Expr, found: &mut Vec<Value>) {
    let value = match &expr.node {
        Node::Int(number) => Some(Value::Int(IntKind::Big, number.clone())),
        Node::Float(float) => Some(Value::f64(*float)),
        Node::Str(text) => Some(Value::str(text.clone())),
        Node::Neg(inner) => match &inner.node {
            Node::Int(number) => Some(Value::Int(IntKind::Big, -BigInt::clone(number))),
            Node::Float(float) => Some(Value::f64(-float)),
            _ => None,
        },
        _ => None,
    };
    match value {
        Some(value) if !found.contains(&value) => found.push(value),
        Some(_) => {}
        None => expr.node.children().into_iter().for_each(|child| collect(child, found)),
    }
}

fn names<'a>(expr: &'a Expr, found: &mut Vec<&'a str>) {
    if let Node::Name(name) = &expr.node
        && !found.contains(&name.as_str())
    {
        found.push(name);
    }
    expr.node.children().into_iter().for_each(|child| names(child, found));
}

impl PartialEq for Contract {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Contract {}

impl std::fmt::Display for Contract {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Contract {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}
