//! How much a call may cost, as a formula over its arguments: [`Budget`].

use num_traits::{Signed as _, ToPrimitive as _};
use serde::{Serialize, Serializer};
use zerr_syntax::{Language, Span};

use super::tree::Expr;
use super::{ContractError, Scope, check, eval, parse, typed};
use crate::value::Value;

/// An integer expression over the parameters and the unit of what is counted:
/// `40 * len(xs) + 500 instructions`.
///
/// Serialised as its text.
#[derive(Clone, Debug)]
pub struct Budget {
    /// As it was written, on one line.
    pub text: String,
    expr: Expr,
    scope: Scope,
}

/// What the cost of a call is counted in.
fn unit(language: Language) -> &'static str {
    match language {
        Language::Rust => "instructions",
        Language::Python => "events",
    }
}

/// Whose unit stands at the end of the text, if one does.
pub fn language_of_budget(text: &str) -> Option<Language> {
    Language::ALL.into_iter().find(|language| formula(text, *language).is_some())
}

/// The text without the unit.
fn formula(text: &str, language: Language) -> Option<&str> {
    let formula = text.trim_end().strip_suffix(unit(language))?;
    formula.ends_with(|c: char| c.is_whitespace() || c == ')').then_some(formula)
}

/// Reads and checks a budget of a function whose parameters `scope` has.
///
/// # Errors
/// The first mistake, with its place; a unit that is not the language's is one.
pub fn parse_budget(text: &str, scope: &Scope) -> Result<Budget, ContractError> {
    let unit = unit(scope.language);
    let Some(formula) = formula(text, scope.language) else {
        return Err(ContractError::new(
            format!("a budget in {} is counted in {unit}", scope.language),
            Span::new(0, text.len()),
            Some(format!("write it with its unit, such as `40 * len(xs) + 500 {unit}`")),
        ));
    };
    let expr = parse::tree(formula)?;
    let scope = Scope { result: None, ..scope.clone() };
    check::check_budget(&expr, &scope)?;
    Ok(Budget { text: text.trim().replace(['\n', '\r'], " "), expr, scope })
}

impl Budget {
    /// What a call with these arguments may cost; nothing where the formula is negative.
    ///
    /// # Errors
    /// Why the formula has no value there (`division by zero`).
    pub fn allows(&self, args: &[Value]) -> Result<u64, String> {
        let args = typed(args, &self.scope.params)?;
        let call = eval::Call {
            language: self.scope.language,
            names: &self.scope.params,
            before: &args,
            after: &args,
            result: None,
        };
        let allowed = eval::evaluate_int(&self.expr, &call)?;
        Ok(if allowed.is_negative() { 0 } else { allowed.to_u64().unwrap_or(u64::MAX) })
    }
}

impl PartialEq for Budget {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl std::fmt::Display for Budget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Budget {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{IntKind, Type};

    fn scope(language: Language) -> Scope {
        let xs = Type::List { item: Box::new(Type::Int(IntKind::I64)), length: None };
        Scope { language, params: vec![("xs".to_owned(), xs)], result: Some(Type::Bool) }
    }

    fn list(items: i64) -> Vec<Value> {
        vec![Value::List((0..items).map(|item| Value::Int(IntKind::I64, item.into())).collect())]
    }

    #[test]
    fn a_budget_is_a_number_that_grows_with_the_arguments() {
        let budget =
            parse_budget("40 * len(xs) + 500 instructions", &scope(Language::Rust)).unwrap();
        assert_eq!(budget.allows(&list(0)), Ok(500));
        assert_eq!(budget.allows(&list(3)), Ok(620));
        let less = parse_budget("len(xs) - 2 instructions", &scope(Language::Rust)).unwrap();
        assert_eq!(less.allows(&list(0)), Ok(0));
        let none = parse_budget("100 // len(xs) events", &scope(Language::Python)).unwrap();
        assert!(none.allows(&list(0)).is_err());
        assert!(none.allows(&[]).is_err());
        assert_eq!(none.to_string(), "100 // len(xs) events");
    }

    #[test]
    fn what_is_no_number_or_has_another_unit_is_refused_at_its_place() {
        let refused = |text: &str| parse_budget(text, &scope(Language::Python)).unwrap_err();
        assert!(refused("40 * len(xs)").hint.unwrap().contains("events"));
        assert!(refused("40 * len(xs) instructions").message.contains("events"));
        let error = refused("7 + len(ys) events");
        assert_eq!((error.span.start, error.span.end), (8, 10));
        assert!(refused("len(xs) > 4 events").message.contains("number"));
        assert!(refused("result events").message.contains("result"));
        assert_eq!(language_of_budget("9 instructions"), Some(Language::Rust));
        assert_eq!(language_of_budget("100 EUR"), None);
    }
}
