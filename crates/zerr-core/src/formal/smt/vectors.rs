//! Terms over bit-vectors, each as wide as its values need: [`define`].

use std::fmt::Write as _;

use num_bigint::BigInt;
use num_traits::{One as _, Signed as _, ToPrimitive as _, Zero as _};

use super::super::term::{BitOp, Division, Id, SHIFT_MAX, Term, Terms, Worth};
use super::{WIDTH_MAX, logical};
use crate::value::IntRange as _;

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

/// Declares the variables and defines the terms that are needed; `None` where one of them has no
/// limit, or one that is too far away.
pub(super) fn define(terms: &Terms, needed: &[bool], text: &mut String) -> Option<()> {
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
