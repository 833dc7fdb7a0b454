//! A contract over integers and truth values as terms that a solver is asked about:
//! [`Contract::lower`].
//!
//! # Invariants
//! The terms say what the evaluation in `eval` says, undefined values included, except that they
//! know no limit on the length of an integer: whoever relies on them states that.

use num_traits::ToPrimitive as _;
use zerr_syntax::Language;

use super::Contract;
use super::tree::{Expr, Node, Op};
use crate::formal::term::{Division, Id, Term, Terms, Worth};

/// Exponents above this are not multiplied out.
const EXPONENT_MAX: u32 = 64;

/// A value, and whether there is one.
#[derive(Clone, Copy)]
struct Lowered {
    value: Id,
    defined: Id,
}

impl Contract {
    /// Whether the contract holds, for these parameters and this result. What is undefined does
    /// not hold.
    ///
    /// # Errors
    /// What has no translation, as a phrase: `an index`.
    pub(crate) fn lower(
        &self,
        terms: &mut Terms,
        params: &[Id],
        result: Option<Id>,
    ) -> Result<Id, &'static str> {
        let mut lowering = Lowering { contract: self, terms, params, result };
        let lowered = lowering.expr(&self.expr)?;
        if !lowering.terms.is_bool(lowered.value) {
            return Err("a contract that is no truth value");
        }
        Ok(lowering.terms.and(lowered.defined, lowered.value))
    }
}

struct Lowering<'a> {
    contract: &'a Contract,
    terms: &'a mut Terms,
    params: &'a [Id],
    result: Option<Id>,
}

impl Lowering<'_> {
    fn always(&mut self, value: Id) -> Lowered {
        Lowered { value, defined: self.terms.bool(true) }
    }

    fn expr(&mut self, expr: &Expr) -> Result<Lowered, &'static str> {
        if self.terms.is_full() {
            return Err("a contract of this size");
        }
        match &expr.node {
            Node::Bool(truth) => {
                let value = self.terms.bool(*truth);
                Ok(self.always(value))
            }
            Node::Int(number) => {
                let value = self.terms.int(number.clone());
                Ok(self.always(value))
            }
            Node::Name(name) => {
                let position =
                    self.contract.scope.params.iter().position(|(param, _)| param == name);
                let id = match position {
                    Some(position) => self.params.get(position).copied(),
                    None => self.result.filter(|_| name == "result"),
                };
                let id = id.ok_or("a name of this kind")?;
                Ok(self.always(id))
            }
            // Integers and truth values cannot be changed by a call.
            Node::Old(inner) => self.expr(inner),
            Node::Not(inner) => {
                let inner = self.truth(inner)?;
                Ok(Lowered { value: self.terms.not(inner.value), ..inner })
            }
            Node::Neg(inner) => {
                let inner = self.int(inner)?;
                Ok(Lowered { value: self.terms.add(Term::Neg(inner.value)), ..inner })
            }
            Node::Binary(op, a, b) => self.binary(*op, a, b),
            Node::If(condition, yes, no) => {
                let condition = self.truth(condition)?;
                let (yes, no) = (self.expr(yes)?, self.expr(no)?);
                self.same_sort(yes, no)?;
                let value = self.terms.choose(condition.value, yes.value, no.value);
                let defined = self.terms.choose(condition.value, yes.defined, no.defined);
                Ok(Lowered { value, defined: self.terms.and(condition.defined, defined) })
            }
            Node::Call(name, args) => self.call(name, args),
            Node::Float(_) => Err("a float"),
            Node::Str(_) => Err("a text"),
            Node::None => Err("`None`"),
            Node::List(_) | Node::Tuple(_) | Node::Index(..) => Err("a list"),
            Node::Each(..) => Err("a quantifier"),
            Node::Range { .. } => Err("a range"),
        }
    }

    fn int(&mut self, expr: &Expr) -> Result<Lowered, &'static str> {
        let lowered = self.expr(expr)?;
        if self.terms.is_bool(lowered.value) {
            Err("a truth value as a number")
        } else {
            Ok(lowered)
        }
    }

    fn truth(&mut self, expr: &Expr) -> Result<Lowered, &'static str> {
        let lowered = self.expr(expr)?;
        if self.terms.is_bool(lowered.value) {
            Ok(lowered)
        } else {
            Err("a number as a truth value")
        }
    }

    fn same_sort(&self, a: Lowered, b: Lowered) -> Result<(), &'static str> {
        if self.terms.is_bool(a.value) == self.terms.is_bool(b.value) {
            Ok(())
        } else {
            Err("numbers beside truth values")
        }
    }

    fn binary(&mut self, op: Op, a: &Expr, b: &Expr) -> Result<Lowered, &'static str> {
        match op {
            Op::And | Op::Or | Op::Implies => {
                let (a, b) = (self.truth(a)?, self.truth(b)?);
                // The right side is looked at only where the left one does not settle it.
                let settles = if op == Op::Or { a.value } else { self.terms.not(a.value) };
                let b_defined = self.terms.or(settles, b.defined);
                let value = match op {
                    Op::And => self.terms.and(a.value, b.value),
                    Op::Or => self.terms.or(a.value, b.value),
                    _ => self.terms.implies(a.value, b.value),
                };
                return Ok(Lowered { value, defined: self.terms.and(a.defined, b_defined) });
            }
            Op::In | Op::NotIn => {
                let inside = self.is_in(a, b)?;
                let value = if op == Op::In { inside.value } else { self.terms.not(inside.value) };
                return Ok(Lowered { value, ..inside });
            }
            _ => {}
        }
        let (a, b) = match op {
            Op::Eq | Op::Ne => (self.expr(a)?, self.expr(b)?),
            _ => (self.int(a)?, self.int(b)?),
        };
        self.same_sort(a, b)?;
        let (left, right) = (a.value, b.value);
        let value = match op {
            Op::Eq => self.terms.add(Term::Eq(left, right)),
            Op::Ne => {
                let equal = self.terms.add(Term::Eq(left, right));
                self.terms.not(equal)
            }
            Op::Lt => self.terms.add(Term::Lt(left, right)),
            Op::Le => self.terms.add(Term::Le(left, right)),
            Op::Gt => self.terms.add(Term::Lt(right, left)),
            Op::Ge => self.terms.add(Term::Le(right, left)),
            Op::Add => self.terms.add(Term::Add(left, right)),
            Op::Sub => self.terms.add(Term::Sub(left, right)),
            Op::Mul => self.terms.add(Term::Mul(left, right)),
            Op::FloorDiv => return Ok(self.divided(Division::Floor, a, b)),
            Op::Div | Op::Rem => {
                let division = match (op, self.contract.scope.language) {
                    (Op::Div, Language::Rust) => Division::Trunc,
                    (Op::Div, Language::Python) => return Err("`/`, which gives a float"),
                    (_, Language::Rust) => Division::TruncRem,
                    (_, Language::Python) => Division::FloorRem,
                };
                return Ok(self.divided(division, a, b));
            }
            Op::And | Op::Or | Op::Implies | Op::In | Op::NotIn => return Err("this operator"),
        };
        Ok(Lowered { value, defined: self.terms.and(a.defined, b.defined) })
    }

    fn divided(&mut self, division: Division, a: Lowered, b: Lowered) -> Lowered {
        let zero = self.terms.int(0);
        let by_zero = self.terms.add(Term::Eq(b.value, zero));
        let possible = self.terms.not(by_zero);
        let both = self.terms.and(a.defined, b.defined);
        let value = self.terms.add(Term::Divide(division, a.value, b.value));
        Lowered { value, defined: self.terms.and(both, possible) }
    }

    fn is_in(&mut self, a: &Expr, b: &Expr) -> Result<Lowered, &'static str> {
        match &b.node {
            Node::Range { from, to, inclusive } => {
                let (item, from, to) = (self.int(a)?, self.int(from)?, self.int(to)?);
                let above = self.terms.add(Term::Le(from.value, item.value));
                let below = if *inclusive {
                    self.terms.add(Term::Le(item.value, to.value))
                } else {
                    self.terms.add(Term::Lt(item.value, to.value))
                };
                let ends = self.terms.and(from.defined, to.defined);
                let defined = self.terms.and(item.defined, ends);
                Ok(Lowered { value: self.terms.and(above, below), defined })
            }
            Node::List(items) => {
                let item = self.expr(a)?;
                let mut found = Lowered { value: self.terms.bool(false), defined: item.defined };
                for other in items {
                    let other = self.expr(other)?;
                    self.same_sort(item, other)?;
                    let equal = self.terms.add(Term::Eq(item.value, other.value));
                    found.value = self.terms.or(found.value, equal);
                    // All items of a list are worked out before any is compared.
                    found.defined = self.terms.and(found.defined, other.defined);
                }
                Ok(found)
            }
            _ => Err("`in` of this form"),
        }
    }

    fn call(&mut self, name: &str, args: &[Expr]) -> Result<Lowered, &'static str> {
        let lowered = args.iter().map(|arg| self.int(arg)).collect::<Result<Vec<_>, _>>()?;
        match (name, lowered.as_slice()) {
            ("abs", [x]) => Ok(Lowered { value: self.terms.abs(x.value), ..*x }),
            ("min" | "max", [first, _, ..]) => {
                let mut best = *first;
                for next in lowered.iter().skip(1) {
                    let value = self.terms.extreme(name == "max", best.value, next.value);
                    best = Lowered { value, defined: self.terms.and(best.defined, next.defined) };
                }
                Ok(best)
            }
            ("pow", [x, n]) => {
                let exponent = match self.terms.constant(n.value) {
                    Some(Worth::Int(n)) => n.to_u32().filter(|n| *n <= EXPONENT_MAX),
                    _ => None,
                };
                let exponent = exponent.ok_or("a power with this exponent")?;
                let mut value = self.terms.int(1);
                for _ in 0..exponent {
                    value = self.terms.add(Term::Mul(value, x.value));
                }
                Ok(Lowered { value, defined: self.terms.and(x.defined, n.defined) })
            }
            ("div", [a, b]) => Ok(self.divided(Division::Floor, *a, *b)),
            ("mod", [a, b]) => Ok(self.divided(Division::FloorRem, *a, *b)),
            ("quot", [a, b]) => Ok(self.divided(Division::Trunc, *a, *b)),
            ("rem", [a, b]) => Ok(self.divided(Division::TruncRem, *a, *b)),
            _ => Err("this function"),
        }
    }
}
