//! The types of expressions, [`Ty`], and finding out those of literals.

use zerr_syntax::loop_free::Scalar;

use super::{Lowered, Lowering, Typed};
use crate::value::IntKind;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ty {
    Bool,
    Int(IntKind),
    /// An integer whose kind is in the table.
    Open(usize),
    Unit,
}

impl From<Scalar> for Ty {
    fn from(scalar: Scalar) -> Self {
        match scalar {
            Scalar::Bool => Self::Bool,
            Scalar::Int(kind) => Self::Int(kind),
        }
    }
}

/// Every kind, links followed; what nothing is known of is `i32`, as in Rust.
pub(super) fn resolved(kinds: &[Option<Ty>]) -> Vec<Ty> {
    let follow = |at: usize| {
        let mut at = at;
        for _ in 0..=kinds.len() {
            match kinds.get(at).copied().flatten() {
                Some(Ty::Open(next)) => at = next,
                Some(known) => return known,
                None => break,
            }
        }
        Ty::Int(IntKind::I32)
    };
    (0..kinds.len()).map(follow).collect()
}

impl Lowering<'_> {
    /// A fresh kind, or what the first walk found out about it.
    pub(super) fn open(&mut self) -> Ty {
        if let Some(known) = self.known.as_mut().and_then(Iterator::next) {
            return known;
        }
        self.kinds.push(None);
        Ty::Open(self.kinds.len() - 1)
    }

    pub(super) fn follow(&self, ty: Ty) -> Ty {
        let mut ty = ty;
        for _ in 0..=self.kinds.len() {
            match ty {
                Ty::Open(at) => match self.kinds.get(at).copied().flatten() {
                    Some(next) => ty = next,
                    None => return ty,
                },
                known => return known,
            }
        }
        ty
    }

    /// Both are of one type from here on.
    pub(super) fn unify(&mut self, a: Ty, b: Ty, line: usize) -> Lowered<Ty> {
        match (self.follow(a), self.follow(b)) {
            (a, b) if a == b => Ok(a),
            (Ty::Open(at), other @ (Ty::Int(_) | Ty::Open(_)))
            | (other @ Ty::Int(_), Ty::Open(at)) => {
                if let Some(slot) = self.kinds.get_mut(at) {
                    *slot = Some(other);
                }
                Ok(other)
            }
            _ => Err(("a mixture of types".to_owned(), line)),
        }
    }

    pub(super) fn as_type(&mut self, value: Typed, ty: Ty, line: usize) -> Lowered<Typed> {
        let ty = self.unify(value.ty, ty, line)?;
        Ok(Typed { ty, ..value })
    }

    /// The kind of an integer; a guess in the first walk, whose terms are thrown away.
    pub(super) fn kind(&self, value: Typed, line: usize) -> Lowered<IntKind> {
        match self.follow(value.ty) {
            Ty::Int(kind) => Ok(kind),
            Ty::Open(_) => Ok(IntKind::I32),
            Ty::Bool | Ty::Unit => Err(("a truth value where a number is wanted".to_owned(), line)),
        }
    }

    pub(super) fn is_int(&self, value: Typed) -> bool {
        matches!(self.follow(value.ty), Ty::Int(_) | Ty::Open(_))
    }
}
