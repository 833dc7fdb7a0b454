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

use std::fmt::Write as _;

use num_bigint::BigInt;
use num_traits::{One as _, Signed as _, ToPrimitive as _, Zero as _};

use super::term::{BitOp, Division, Id, SHIFT_MAX, Term, Terms, Worth};
use crate::value::IntRange as _;

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
        Theory::Ints => ints(terms, &needed, &mut text)?,
        Theory::Vectors => vectors(terms, &needed, &mut text)?,
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

fn ints(terms: &Terms, needed: &[bool], text: &mut String) -> Option<()> {
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

/// Smallest and largest value of a term.
type Range = (BigInt, BigInt);

/// Bits of a signed vector that holds both ends.
fn width((low, high): &Range) -> u64 {
    // `-8` takes four bits like `7`.
    let bits = |n: &BigInt| if n.is_negative() { (-n - 1_u8).bits() } else { n.bits() };
    bits(low).max(bits(high)) + 1
}

fn vector(number: &BigInt, width: u64) -> String {
    let number =
        if number.is_negative() { (BigInt::one() << width) + number } else { number.clone() };
    format!("(_ bv{number} {width})")
}

/// Brings a signed vector to another width; what falls off is only repetitions of the sign.
fn fitted(text: &str, from: u64, to: u64) -> String {
    match to.checked_sub(from) {
        Some(0) => text.to_owned(),
        Some(more) => format!("((_ sign_extend {more}) {text})"),
        None => format!("((_ extract {} 0) {text})", to.saturating_sub(1)),
    }
}

fn vectors(terms: &Terms, needed: &[bool], text: &mut String) -> Option<()> {
    for (var, kind) in terms.vars().iter().enumerate() {
        let Some(kind) = kind else {
            let _ = writeln!(text, "(declare-const v{var} Bool)");
            continue;
        };
        let range = kind.range()?;
        let width = width(&range);
        let (low, high) = (vector(&range.0, width), vector(&range.1, width));
        let _ = writeln!(text, "(declare-const v{var} (_ BitVec {width}))");
        let _ = writeln!(text, "(assert (and (bvsle {low} v{var}) (bvsle v{var} {high})))");
    }
    let mut ranges: Vec<Range> = Vec::with_capacity(terms.all().len());
    for (id, term) in terms.each() {
        let at = id.index();
        if !needed.get(at).copied().unwrap_or_default() {
            ranges.push((BigInt::zero(), BigInt::zero()));
            continue;
        }
        let boolean = terms.is_bool(id);
        let range =
            if boolean { (BigInt::zero(), BigInt::zero()) } else { range(terms, term, &ranges)? };
        let width = width(&range);
        if width > WIDTH_MAX {
            return None;
        }
        let spelled = match logical(term) {
            Some(spelled) => spelled,
            None => Vectors { terms, ranges: &ranges }.term(term, width)?,
        };
        let sort = if boolean { "Bool".to_owned() } else { format!("(_ BitVec {width})") };
        let _ = writeln!(text, "(define-fun t{at} () {sort} {spelled})");
        ranges.push(range);
    }
    Some(())
}

/// Between which values the term lies, whatever the variables are.
fn range(terms: &Terms, term: &Term, ranges: &[Range]) -> Option<Range> {
    let of = |id: &Id| ranges.get(id.index());
    let hull = |values: Vec<BigInt>| -> Option<Range> {
        Some((values.iter().min()?.clone(), values.iter().max()?.clone()))
    };
    let full = |width: u64| {
        let half = BigInt::one() << width.saturating_sub(1);
        (-&half, half - 1)
    };
    Some(match term {
        Term::Const(Worth::Int(number)) => (number.clone(), number.clone()),
        Term::Var(var) => terms.vars().get(*var).copied()??.range()?,
        Term::If(_, a, b) => {
            let (a, b) = (of(a)?, of(b)?);
            hull(vec![a.0.clone(), a.1.clone(), b.0.clone(), b.1.clone()])?
        }
        Term::Neg(a) => {
            let a = of(a)?;
            (-&a.1, -&a.0)
        }
        Term::Add(a, b) => (&of(a)?.0 + &of(b)?.0, &of(a)?.1 + &of(b)?.1),
        Term::Sub(a, b) => (&of(a)?.0 - &of(b)?.1, &of(a)?.1 - &of(b)?.0),
        Term::Mul(a, b) => {
            let (a, b) = (of(a)?, of(b)?);
            hull(vec![&a.0 * &b.0, &a.0 * &b.1, &a.1 * &b.0, &a.1 * &b.1])?
        }
        Term::Divide(division, a, b) => {
            let most = match division {
                Division::Trunc | Division::Floor | Division::Euclid => {
                    let (low, high) = of(a)?;
                    low.abs().max(high.abs()) + 1
                }
                _ => {
                    let (low, high) = of(b)?;
                    low.abs().max(high.abs())
                }
            };
            let never_negative = of(a)?.0 >= BigInt::zero() && of(b)?.0 >= BigInt::zero();
            (if never_negative { BigInt::zero() } else { -&most }, most)
        }
        Term::Wrap(kind, _) => kind.range()?,
        Term::Bits(_, a, b) => {
            let (a, b) = (of(a)?, of(b)?);
            let (_, most) = full(width(a).max(width(b)));
            let never_negative = a.0 >= BigInt::zero() && b.0 >= BigInt::zero();
            (if never_negative { BigInt::zero() } else { -&most - 1 }, most)
        }
        Term::Shl(a, by) => {
            let most = of(by)?.1.to_u32().unwrap_or(SHIFT_MAX).min(SHIFT_MAX);
            let (low, high) = of(a)?;
            hull(vec![low << most, high << most, low.clone(), high.clone(), BigInt::zero()])?
        }
        Term::Shr(a, _) => {
            let (low, high) = of(a)?;
            hull(vec![low.clone(), high.clone(), BigInt::zero()])?
        }
        _ => return None,
    })
}

struct Vectors<'a> {
    terms: &'a Terms,
    ranges: &'a [Range],
}

impl Vectors<'_> {
    fn width(&self, id: Id) -> Option<u64> {
        self.ranges.get(id.index()).map(width)
    }

    /// The term of that number at a width that holds it.
    fn at(&self, id: Id, width: u64) -> Option<String> {
        Some(fitted(&format!("t{}", id.index()), self.width(id)?, width))
    }

    /// Both at the width of the wider one and `more`.
    fn both(&self, a: Id, b: Id, more: u64) -> Option<(String, String, u64)> {
        let width = self.width(a)?.max(self.width(b)?) + more;
        Some((self.at(a, width)?, self.at(b, width)?, width))
    }

    fn term(&self, term: &Term, width: u64) -> Option<String> {
        // The result fits, so the operands' upper bits make no difference to sums and products.
        let simple = |op: &str, a: Id, b: Id| {
            Some(format!("({op} {} {})", self.at(a, width)?, self.at(b, width)?))
        };
        let compare = |op: &str, a: Id, b: Id| {
            let (a, b, _) = self.both(a, b, 0)?;
            Some(format!("({op} {a} {b})"))
        };
        Some(match term {
            Term::Const(Worth::Int(number)) => vector(number, width),
            Term::Var(var) => format!("v{var}"),
            Term::Eq(a, b) if self.terms.is_bool(*a) => {
                format!("(= t{} t{})", a.index(), b.index())
            }
            Term::Eq(a, b) => compare("=", *a, *b)?,
            Term::Lt(a, b) => compare("bvslt", *a, *b)?,
            Term::Le(a, b) => compare("bvsle", *a, *b)?,
            Term::If(c, a, b) if self.terms.is_bool(*a) => {
                format!("(ite t{} t{} t{})", c.index(), a.index(), b.index())
            }
            Term::If(c, a, b) => {
                format!("(ite t{} {} {})", c.index(), self.at(*a, width)?, self.at(*b, width)?)
            }
            Term::Neg(a) => format!("(bvneg {})", self.at(*a, width)?),
            Term::Add(a, b) => simple("bvadd", *a, *b)?,
            Term::Sub(a, b) => simple("bvsub", *a, *b)?,
            Term::Mul(a, b) => simple("bvmul", *a, *b)?,
            Term::Divide(division, a, b) => self.division(*division, *a, *b, width)?,
            Term::Wrap(kind, a) => {
                let (low, high) = kind.range()?;
                let bits = (&high - &low).bits();
                let cut = self.at(*a, bits)?;
                if low.is_zero() {
                    fitted(&format!("((_ zero_extend 1) {cut})"), bits + 1, width)
                } else {
                    fitted(&cut, bits, width)
                }
            }
            Term::Bits(op, a, b) => {
                let op = match op {
                    BitOp::And => "bvand",
                    BitOp::Or => "bvor",
                    BitOp::Xor => "bvxor",
                };
                simple(op, *a, *b)?
            }
            Term::Shl(a, by) | Term::Shr(a, by) => {
                let wide = width.max(self.width(*a)?).max(self.width(*by)?).max(9);
                let (of, power) = (self.at(*a, wide)?, self.at(*by, wide)?);
                let op = if matches!(term, Term::Shl(..)) { "bvshl" } else { "bvashr" };
                let (none, most) = (vector(&BigInt::zero(), wide), BigInt::from(SHIFT_MAX));
                let most = vector(&most, wide);
                let shifted = format!(
                    "(ite (and (bvsle {none} {power}) (bvsle {power} {most})) ({op} {of} {power}) \
                     {none})"
                );
                fitted(&shifted, wide, width)
            }
            _ => return None,
        })
    }

    fn division(&self, division: Division, a: Id, b: Id, width: u64) -> Option<String> {
        // One bit more than either, so that the smallest number by -1 does not wrap around, and
        // another one for the sums below.
        let (a, b, wide) = self.both(a, b, 2)?;
        let zero = vector(&BigInt::zero(), wide);
        let euclid_rem = format!(
            "(let ((r (bvsrem {a} {b}))) (ite (bvslt r {zero}) (ite (bvslt {b} {zero}) \
             (bvsub r {b}) (bvadd r {b})) r))"
        );
        let spelled = match division {
            Division::Trunc => format!("(bvsdiv {a} {b})"),
            Division::TruncRem => format!("(bvsrem {a} {b})"),
            Division::FloorRem => format!("(bvsmod {a} {b})"),
            Division::Floor => format!("(bvsdiv (bvsub {a} (bvsmod {a} {b})) {b})"),
            Division::EuclidRem => euclid_rem,
            Division::Euclid => format!("(bvsdiv (bvsub {a} {euclid_rem}) {b})"),
        };
        Some(fitted(&format!("(ite (= {b} {zero}) {zero} {spelled})"), wide, width))
    }
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
