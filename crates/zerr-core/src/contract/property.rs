//! Statements about several calls of one function, `f(f(x)) == f(x)`: [`Property`].

use serde::{Serialize, Serializer};

use super::tree::{Expr, Node};
use super::worth::to_value;
use super::{ContractError, Judgement, Scope, check, eval, parse};
use crate::value::Value;

/// A boolean expression over the parameters that may call the function it is about, by its own
/// name; `result` is what the call on the parameters gives.
///
/// Serialised as its text.
#[derive(Clone, Debug)]
pub struct Property {
    /// As it was written, on one line.
    pub text: String,
    expr: Expr,
    scope: Scope,
    name: String,
    uses_result: bool,
}

/// What a call gave, or why it gave nothing.
pub type Answer = Result<Value, String>;

/// What a property says of one input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stated {
    /// It was decided, or has no value there.
    Judged(Judgement),
    /// First somebody has to call the function on these arguments.
    Needs(Vec<Value>),
}

/// Reads and checks a property of the function `name`, whose parameters and result `scope` has.
///
/// # Errors
/// The first mistake, with its place.
pub fn parse_property(text: &str, scope: &Scope, name: &str) -> Result<Property, ContractError> {
    let expr = parse::tree(text)?;
    scope.check(&expr)?;
    check::check_property(&expr, scope, name)?;
    let uses_result = names_result(&expr);
    if !uses_result && !calls(&expr, name) {
        return Err(ContractError::new(
            format!("it speaks of no call of `{name}`"),
            expr.span,
            Some(format!("compare calls, such as `{name}(…) == result`, or move it to `requires`")),
        ));
    }
    let text = text.trim().replace(['\n', '\r'], " ");
    Ok(Property { text, expr, scope: scope.clone(), name: name.to_owned(), uses_result })
}

fn names_result(expr: &Expr) -> bool {
    matches!(&expr.node, Node::Name(name) if name == "result")
        || expr.node.children().into_iter().any(names_result)
}

fn calls(expr: &Expr, own: &str) -> bool {
    matches!(&expr.node, Node::Call(name, _) if name == own)
        || expr.node.children().into_iter().any(|child| calls(child, own))
}

impl Property {
    /// Judges the statement for these arguments; `answers` gives what is known of calls.
    ///
    /// [`Judgement::Undefined`] where a call gave nothing, or an argument fits no parameter.
    pub fn check(&self, args: &[Value], answers: &dyn Fn(&[Value]) -> Option<Answer>) -> Stated {
        let undefined = |why: String| Stated::Judged(Judgement::Undefined(why));
        let result = if self.uses_result {
            match answers(args) {
                None => return Stated::Needs(args.to_vec()),
                Some(Err(why)) => return undefined(why),
                Some(Ok(value)) => Some(value),
            }
        } else {
            None
        };
        let call = eval::Call {
            language: self.scope.language,
            names: &self.scope.params,
            before: args,
            after: args,
            result: result.as_ref(),
        };
        let own = eval::Own { name: &self.name, params: &self.scope.params, answers };
        match eval::evaluate_property(&self.expr, &call, own) {
            Ok(true) => Stated::Judged(Judgement::Holds),
            Ok(false) => Stated::Judged(Judgement::Fails),
            Err(eval::Halt::Needs(args)) => Stated::Needs(args),
            Err(eval::Halt::Stop(why)) => undefined(why),
        }
    }
}

/// The arguments of a call that stands in a property, as values of the parameters' types.
pub(super) fn typed_args(
    params: &[(String, crate::value::Type)],
    args: &[super::worth::V],
) -> Result<Vec<Value>, String> {
    args.iter()
        .zip(params)
        .map(|(arg, (name, ty))| {
            to_value(arg, ty)
                .filter(|value| value.fits(ty))
                .ok_or_else(|| format!("a call's `{name}` is not of type {ty}"))
        })
        .collect()
}

impl PartialEq for Property {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl std::fmt::Display for Property {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Property {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}
