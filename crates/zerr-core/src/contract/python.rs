//! A contract as an expression of Python, for tools that read Python: [`Contract::python`].
//!
//! # Invariants
//! The expression says what the contract says, for values that Python's functions can have; what
//! has no such expression gives none.

use zerr_syntax::Language;

use super::Contract;
use super::tree::{Each, Expr, Node, Op};
use crate::literal::python_str;

/// How an argument is named as it was before the call.
pub type Before<'a> = &'a dyn Fn(&str) -> String;

impl Contract {
    /// The contract of a Python function as Python reads it; `None` where Python has no such
    /// expression, or the contract is Rust's. `before` names an argument as it was before the call;
    /// those that are needed are [`Contract::old_params`].
    pub fn python(&self, before: Before<'_>) -> Option<String> {
        if self.scope.language != Language::Python {
            return None;
        }
        let params = self.scope.params.iter().map(|(name, _)| name.as_str()).collect();
        Writer { params, before, in_old: false }.text(&self.expr, 0)
    }

    /// The parameters whose earlier value it speaks of, in order, each once.
    pub fn old_params(&self) -> Vec<&str> {
        let mut found = Vec::new();
        collect_old(&self.expr, false, &mut found);
        found.retain(|name| self.scope.params.iter().any(|(param, _)| param == name));
        found
    }
}

fn collect_old<'a>(expr: &'a Expr, in_old: bool, found: &mut Vec<&'a str>) {
    match &expr.node {
        Node::Name(name) if in_old && !found.contains(&name.as_str()) => found.push(name),
        Node::Old(inner) => collect_old(inner, true, found),
        node => node.children().into_iter().for_each(|child| collect_old(child, in_old, found)),
    }
}

struct Writer<'a> {
    params: Vec<&'a str>,
    before: Before<'a>,
    in_old: bool,
}

/// How tightly an atom binds.
const ATOM: u8 = 9;

impl Writer<'_> {
    /// The text, in parentheses where it binds less tightly than `needed`.
    fn text(&mut self, expr: &Expr, needed: u8) -> Option<String> {
        let (text, strength) = self.loose(expr)?;
        Some(if strength < needed { format!("({text})") } else { text })
    }

    fn list(&mut self, items: &[Expr]) -> Option<Vec<String>> {
        items.iter().map(|item| self.text(item, 1)).collect()
    }

    fn loose(&mut self, expr: &Expr) -> Option<(String, u8)> {
        let atom = |text: String| Some((text, ATOM));
        match &expr.node {
            Node::Bool(truth) => atom(if *truth { "True" } else { "False" }.to_owned()),
            Node::Int(number) => atom(number.to_string()),
            Node::Float(float) if float.is_finite() => atom(format!("{float:?}")),
            Node::Float(_) | Node::Range { .. } => None,
            Node::Str(text) => atom(python_str(text)),
            Node::None => atom("None".to_owned()),
            Node::Name(name) if self.in_old && self.params.contains(&name.as_str()) => {
                atom((self.before)(name))
            }
            Node::Name(name) => atom(name.clone()),
            Node::List(items) => {
                let items = self.list(items)?;
                atom(format!("[{}]", items.join(", ")))
            }
            Node::Tuple(items) => {
                let items = self.list(items)?;
                let comma = if items.len() == 1 { "," } else { "" };
                atom(format!("({}{comma})", items.join(", ")))
            }
            Node::Not(inner) => Some((format!("not {}", self.text(inner, 4)?), 4)),
            Node::Neg(inner) => Some((format!("-{}", self.text(inner, 8)?), 8)),
            Node::Binary(op, a, b) => self.binary(*op, a, b),
            Node::Index(of, index) => {
                atom(format!("{}[{}]", self.text(of, ATOM)?, self.text(index, 1)?))
            }
            Node::If(condition, yes, no) => {
                let (condition, yes) = (self.text(condition, 2)?, self.text(yes, 2)?);
                Some((format!("{yes} if {condition} else {}", self.text(no, 1)?), 1))
            }
            Node::Old(inner) => {
                let was = std::mem::replace(&mut self.in_old, true);
                let text = self.loose(inner);
                self.in_old = was;
                text
            }
            Node::Each(each, name, items, body) => {
                let (items, body) = (self.items(items)?, self.text(body, 1)?);
                atom(match each {
                    Each::All => format!("all({body} for {name} in {items})"),
                    Each::Any => format!("any({body} for {name} in {items})"),
                    Each::Sum => format!("sum({body} for {name} in {items})"),
                    Each::Count => format!("sum(1 for {name} in {items} if {body})"),
                })
            }
            Node::Call(name, args) => self.call(name, args),
        }
    }

    /// What stands behind `in` of a quantifier.
    fn items(&mut self, items: &Expr) -> Option<String> {
        match &items.node {
            Node::Range { from, to, inclusive } => {
                let (from, to) = (self.text(from, 1)?, self.text(to, 6)?);
                let end = if *inclusive { " + 1" } else { "" };
                Some(format!("range({from}, {to}{end})"))
            }
            _ => self.text(items, 2),
        }
    }

    fn binary(&mut self, op: Op, a: &Expr, b: &Expr) -> Option<(String, u8)> {
        if let (Op::In | Op::NotIn, Node::Range { from, to, inclusive }) = (op, &b.node) {
            let less = if *inclusive { "<=" } else { "<" };
            let (from, item, to) = (self.text(from, 6)?, self.text(a, 6)?, self.text(to, 6)?);
            let text = format!("{from} <= {item} {less} {to}");
            return Some(match op {
                Op::In => (text, 5),
                _ => (format!("not {text}"), 4),
            });
        }
        let is_none = |expr: &Expr| matches!(expr.node, Node::None);
        let strength = op.strength();
        Some(match op {
            Op::Implies => (format!("not {} or {}", self.text(a, 4)?, self.text(b, 3)?), 2),
            Op::Eq if is_none(b) => (format!("{} is None", self.text(a, 6)?), 5),
            Op::Ne if is_none(b) => (format!("{} is not None", self.text(a, 6)?), 5),
            // The next operand of the same strength would be read as one chain.
            _ if op.is_comparison() => {
                (format!("{} {} {}", self.text(a, 6)?, op.text(), self.text(b, 6)?), 5)
            }
            _ => {
                let left = self.text(a, strength)?;
                (format!("{left} {} {}", op.text(), self.text(b, strength + 1)?), strength)
            }
        })
    }

    fn call(&mut self, name: &str, args: &[Expr]) -> Option<(String, u8)> {
        let atom = |text: String| Some((text, ATOM));
        match (name, args) {
            // Their names in Python.
            ("len" | "abs" | "min" | "max" | "sum" | "sorted", _) => {
                let args = self.list(args)?;
                atom(format!("{name}({})", args.join(", ")))
            }
            ("count", [xs, item]) => {
                let (xs, item) = (self.text(xs, ATOM)?, self.text(item, 1)?);
                atom(format!("{xs}.count({item})"))
            }
            ("contains", [xs, item]) => {
                Some((format!("{} in {}", self.text(item, 6)?, self.text(xs, 6)?), 5))
            }
            ("pow", [x, n]) => {
                Some((format!("{} ** {}", self.text(x, ATOM)?, self.text(n, 8)?), 8))
            }
            ("div", [a, b]) => Some((format!("{} // {}", self.text(a, 7)?, self.text(b, 8)?), 7)),
            ("mod", [a, b]) => Some((format!("{} % {}", self.text(a, 7)?, self.text(b, 8)?), 7)),
            ("is_sorted", [xs]) => {
                let xs = self.text(xs, ATOM)?;
                // The items are those of the expression outside: its names mean what they meant.
                atom(format!(
                    "all(left <= right for left, right in zip(list({xs}), list({xs})[1:]))"
                ))
            }
            ("reversed", [xs]) => atom(format!("{}[::-1]", self.text(xs, ATOM)?)),
            ("first", [xs]) => atom(format!("{}[0]", self.text(xs, ATOM)?)),
            ("last", [xs]) => atom(format!("{}[-1]", self.text(xs, ATOM)?)),
            ("keys" | "values", [m]) => atom(format!("list({}.{name}())", self.text(m, ATOM)?)),
            ("lower" | "upper", [s]) => atom(format!("{}.{name}()", self.text(s, ATOM)?)),
            ("trim", [s]) => atom(format!("{}.strip()", self.text(s, ATOM)?)),
            ("starts_with" | "ends_with", [s, part]) => {
                let method = name.replace('_', "");
                atom(format!("{}.{method}({})", self.text(s, ATOM)?, self.text(part, 1)?))
            }
            // An optional value is the value.
            ("Some" | "unwrap", [x]) => self.loose(x),
            ("is_none", [x]) => Some((format!("{} is None", self.text(x, 6)?), 5)),
            ("is_some", [x]) => Some((format!("{} is not None", self.text(x, 6)?), 5)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::contract::{Scope, parse};
    use crate::value::{IntKind, Type};
    use zerr_syntax::Language;

    fn python(text: &str) -> Option<String> {
        let list = Type::List { item: Box::new(Type::Int(IntKind::Big)), length: None };
        let int = Type::Int(IntKind::Big);
        let params = [("xs", list.clone()), ("n", int.clone()), ("o", Type::Option(Box::new(int)))];
        let params = params.into_iter().map(|(name, ty)| (name.to_owned(), ty)).collect();
        let scope = Scope { language: Language::Python, params, result: Some(list) };
        let contract = parse(text, &scope).unwrap_or_else(|e| panic!("{text}: {e}"));
        contract.python(&|name| format!("OLD.{name}"))
    }

    #[test]
    fn a_contract_reads_the_same_in_python() {
        for (text, expected) in [
            ("len(result) == len(old(xs)) + 1", "len(result) == len(OLD.xs) + 1"),
            ("all(x in result: x in old(xs))", "all(x in OLD.xs for x in result)"),
            ("all(i in 1..len(xs): xs[i] > 0)", "all(xs[i] > 0 for i in range(1, len(xs)))"),
            ("n in 0..=9 or not (n > 3 and n < 5)", "0 <= n <= 9 or not (n > 3 and n < 5)"),
            ("n > 0 implies n - (n - 1) == 1", "not n > 0 or n - (n - 1) == 1"),
            ("is_none(o) or unwrap(o) > 1", "o is None or o > 1"),
            ("(if n > 0 then n else -n) >= 0", "(n if n > 0 else -n) >= 0"),
            (
                "is_sorted(result)",
                "all(left <= right for left, right in zip(list(result), list(result)[1:]))",
            ),
            ("count(x in xs: x > 1) == 2", "sum(1 for x in xs if x > 1) == 2"),
            ("(n > 1) == (n > 0)", "(n > 1) == (n > 0)"),
        ] {
            assert_eq!(python(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(python("quot(n, 2) == 1"), None);
    }
}
