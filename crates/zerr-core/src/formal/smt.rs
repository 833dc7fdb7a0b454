//! Terms as SMT-LIB 2 text, in one of two theories: [`script`].
//!
//! Over integers ([`Theory::Ints`]) Z3 answers sums, comparisons and divisions by constants in
//! milliseconds, whatever the width, but knows nothing of single bits and may ponder over products
//! for ever. Over bit-vectors ([`Theory::Vectors`]) it decides all of that, in time that grows
//! with the width of products and divisions. The terms mean the same in both: a vector is always
//! as wide as the largest value that its term can have, so no operation of ours ever wraps around.
//! (Vectors of the program's own widths would need a second, wider set for contracts.)
//!
//! # Invariants
//! - One definition a term, in order: the text grows with the number of terms and never nests.

mod ints;
mod vectors;

use std::fmt::Write as _;

use num_bigint::BigInt;
use num_traits::{One as _, Signed as _};

use super::term::{Id, Term, Terms, Worth};

/// How integers are spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theory {
    /// As mathematical integers.
    Ints,
    /// As bit-vectors, each wide enough.
    Vectors,
}

/// Vectors wider than this are more than a solver gets through.
const WIDTH_MAX: u64 = 600;

/// A question whether `goal` can be true; `None` where the theory cannot spell it. The answer ends
/// with the values of the variables, when there are such.
pub(super) fn script(terms: &Terms, goal: Id, theory: Theory) -> Option<String> {
    let needed = needed(terms, goal);
    let mut text = String::from("(set-option :produce-models true)\n");
    match theory {
        Theory::Ints => ints::define(terms, &needed, &mut text)?,
        Theory::Vectors => vectors::define(terms, &needed, &mut text)?,
    }
    let _ = writeln!(text, "(assert t{})\n(check-sat)", goal.index());
    if !terms.vars().is_empty() {
        let names: Vec<String> = (0..terms.vars().len()).map(|var| format!("v{var}")).collect();
        let _ = writeln!(text, "(get-value ({}))", names.join(" "));
    }
    Some(text)
}

/// Which terms the goal is made of.
fn needed(terms: &Terms, goal: Id) -> Vec<bool> {
    let mut needed = vec![false; terms.all().len()];
    if let Some(slot) = needed.get_mut(goal.index()) {
        *slot = true;
    }
    for (at, term) in terms.all().iter().enumerate().rev() {
        if needed.get(at).copied().unwrap_or_default() {
            for child in children(term) {
                if let Some(slot) = needed.get_mut(child.index()) {
                    *slot = true;
                }
            }
        }
    }
    needed
}

fn children(term: &Term) -> Vec<Id> {
    match term {
        Term::Const(_) | Term::Var(_) => Vec::new(),
        Term::Not(a) | Term::Neg(a) | Term::Wrap(_, a) => vec![*a],
        Term::And(a, b)
        | Term::Or(a, b)
        | Term::Eq(a, b)
        | Term::Lt(a, b)
        | Term::Le(a, b)
        | Term::Add(a, b)
        | Term::Sub(a, b)
        | Term::Mul(a, b)
        | Term::Divide(_, a, b)
        | Term::Bits(_, a, b)
        | Term::Shl(a, b)
        | Term::Shr(a, b) => vec![*a, *b],
        Term::If(a, b, c) => vec![*a, *b, *c],
    }
}

/// What both theories spell alike.
fn logical(term: &Term) -> Option<String> {
    let t = |id: &Id| format!("t{}", id.index());
    Some(match term {
        Term::Const(Worth::Bool(truth)) => truth.to_string(),
        Term::Not(a) => format!("(not {})", t(a)),
        Term::And(a, b) => format!("(and {} {})", t(a), t(b)),
        Term::Or(a, b) => format!("(or {} {})", t(a), t(b)),
        _ => return None,
    })
}

fn int_text(number: &BigInt) -> String {
    if number.is_negative() { format!("(- {})", number.abs()) } else { number.to_string() }
}

/// A number in the answer of a solver: `5`, `(- 5)`, `#x0f`, `#b01`, `(_ bv5 8)`.
pub(super) fn number(text: &str, is_vector: bool) -> Option<BigInt> {
    let text = text.trim();
    if is_vector {
        let (digits, base, bits) = match (text.strip_prefix("#x"), text.strip_prefix("#b")) {
            (Some(digits), _) => (digits, 16, 4 * digits.len()),
            (_, Some(digits)) => (digits, 2, digits.len()),
            _ => return None,
        };
        if bits > usize::try_from(WIDTH_MAX).unwrap_or(0) || bits == 0 {
            return None;
        }
        let number = BigInt::parse_bytes(digits.as_bytes(), base)?;
        let half = BigInt::one() << (bits - 1);
        return Some(if number >= half { number - (BigInt::one() << bits) } else { number });
    }
    let (text, is_negative) = match text.strip_prefix("(-").and_then(|rest| rest.strip_suffix(')'))
    {
        Some(inner) => (inner.trim(), true),
        None => (text, false),
    };
    if text.is_empty() || text.len() > 10_000 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: BigInt = text.parse().ok()?;
    Some(if is_negative { -number } else { number })
}
