//! Terms over mathematical integers: [`define`].

use std::fmt::Write as _;

use num_bigint::BigInt;
use num_traits::{One as _, Signed as _, ToPrimitive as _, Zero as _};

use super::super::term::{Division, Id, SHIFT_MAX, Term, Terms, Worth};
use super::{int_text, logical};
use crate::value::IntRange as _;

/// Declares the variables and defines the terms that are needed; `None` where one of them looks at
/// single bits.
pub(super) fn define(terms: &Terms, needed: &[bool], text: &mut String) -> Option<()> {
    for (var, kind) in terms.vars().iter().enumerate() {
        let Some(kind) = kind else {
            let _ = writeln!(text, "(declare-const v{var} Bool)");
            continue;
        };
        let _ = writeln!(text, "(declare-const v{var} Int)");
        if let Some((low, high)) = kind.range() {
            let (low, high) = (int_text(&low), int_text(&high));
            let _ = writeln!(text, "(assert (and (<= {low} v{var}) (<= v{var} {high})))");
        }
    }
    for (id, term) in terms.each() {
        let at = id.index();
        if !needed.get(at).copied().unwrap_or_default() {
            continue;
        }
        let spelled = match logical(term) {
            Some(spelled) => spelled,
            None => int_term(terms, term)?,
        };
        let sort = if terms.is_bool(id) { "Bool" } else { "Int" };
        let _ = writeln!(text, "(define-fun t{at} () {sort} {spelled})");
    }
    Some(())
}

fn int_term(terms: &Terms, term: &Term) -> Option<String> {
    let t = |id: &Id| format!("t{}", id.index());
    let constant = |id: &Id| match terms.constant(*id) {
        Some(Worth::Int(number)) => Some(number.clone()),
        _ => None,
    };
    Some(match term {
        Term::Const(Worth::Int(number)) => int_text(number),
        Term::Var(var) => format!("v{var}"),
        Term::Eq(a, b) => format!("(= {} {})", t(a), t(b)),
        Term::Lt(a, b) => format!("(< {} {})", t(a), t(b)),
        Term::Le(a, b) => format!("(<= {} {})", t(a), t(b)),
        Term::If(c, a, b) => format!("(ite {} {} {})", t(c), t(a), t(b)),
        Term::Neg(a) => format!("(- {})", t(a)),
        Term::Add(a, b) => format!("(+ {} {})", t(a), t(b)),
        Term::Sub(a, b) => format!("(- {} {})", t(a), t(b)),
        Term::Mul(a, b) => format!("(* {} {})", t(a), t(b)),
        Term::Divide(division, a, b) => {
            let quotient = int_division(*division, &t(a), &t(b), constant(b).as_ref());
            match constant(b) {
                Some(number) if !number.is_zero() => quotient,
                _ => format!("(ite (= {} 0) 0 {quotient})", t(b)),
            }
        }
        Term::Wrap(kind, a) => {
            let (low, high) = kind.range()?;
            let count = &high - &low + 1;
            if low.is_zero() {
                format!("(mod {} {count})", t(a))
            } else {
                let half = low.abs();
                format!("(- (mod (+ {} {half}) {count}) {half})", t(a))
            }
        }
        Term::Shl(a, by) | Term::Shr(a, by) => {
            let by = constant(by)?.to_u32().filter(|by| *by <= SHIFT_MAX)?;
            let factor = BigInt::one() << by;
            match term {
                Term::Shl(..) => format!("(* {} {factor})", t(a)),
                _ => format!("(div {} {factor})", t(a)),
            }
        }
        _ => return None,
    })
}

/// SMT-LIB's `div` and `mod` are Euclid's. Every rounding is made of the same two, so that a
/// quotient here and a remainder there are seen to belong together: spelled with `(div (- a) b)`,
/// `a == (a // b) * b + a % b` took Z3 for ever.
fn int_division(division: Division, a: &str, b: &str, constant: Option<&BigInt>) -> String {
    let (quotient, remainder) = (format!("(div {a} {b})"), format!("(mod {a} {b})"));
    let is_positive = match constant {
        Some(number) => number.is_positive().to_string(),
        None => format!("(> {b} 0)"),
    };
    let floors = format!("(or {is_positive} (= {remainder} 0))");
    let truncates = format!("(or (>= {a} 0) (= {remainder} 0))");
    match division {
        Division::Euclid => quotient,
        Division::EuclidRem => remainder,
        Division::Floor => format!("(ite {floors} {quotient} (- {quotient} 1))"),
        Division::FloorRem => format!("(ite {floors} {remainder} (+ {remainder} {b}))"),
        Division::Trunc => format!(
            "(ite {truncates} {quotient} (ite {is_positive} (+ {quotient} 1) (- {quotient} 1)))"
        ),
        Division::TruncRem => format!(
            "(ite {truncates} {remainder} (ite {is_positive} (- {remainder} {b}) (+ {remainder} \
             {b})))"
        ),
    }
}
