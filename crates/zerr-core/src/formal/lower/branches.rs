//! Several ways through a function, joined behind it: `if`, `match`, `and`, `or`.
//!
//! # Invariants
//! A way that has ended takes no part: neither its variables nor its value are joined.

use zerr_syntax::loop_free::{Arm, Pattern};

use super::super::term::{Id, Term};
use super::{Lowered, Lowering, Ty, Typed, Variable};

/// Which ways go on behind a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joined {
    Both,
    OnlyYes,
    OnlyNo,
}

impl Lowering<'_> {
    /// One of two ways; the variables are joined behind them.
    pub(super) fn branch<T>(
        &mut self,
        condition: Id,
        yes: impl FnOnce(&mut Self) -> Lowered<T>,
        no: impl FnOnce(&mut Self) -> Lowered<T>,
    ) -> Lowered<(T, T, Joined)> {
        let (scope, path) = (self.scope.clone(), self.path);
        let into_yes = self.terms.and(path, condition);
        self.path = into_yes;
        let yes = yes(self)?;
        let yes_scope = std::mem::replace(&mut self.scope, scope);
        let otherwise = self.terms.not(condition);
        let into_no = self.terms.and(path, otherwise);
        let yes_path = std::mem::replace(&mut self.path, into_no);
        let no = no(self)?;
        let no_scope = std::mem::take(&mut self.scope);
        let no_path = self.path;
        let is_straight = yes_path == into_yes && no_path == into_no;
        self.path = if is_straight { path } else { self.terms.or(yes_path, no_path) };
        let joined = match (self.terms.is_false(yes_path), self.terms.is_false(no_path)) {
            (true, _) => Joined::OnlyNo,
            (_, true) => Joined::OnlyYes,
            _ => Joined::Both,
        };
        self.scope = match joined {
            Joined::OnlyYes => yes_scope,
            Joined::OnlyNo => no_scope,
            Joined::Both => self.joined(condition, &yes_scope, &no_scope)?,
        };
        Ok((yes, no, joined))
    }

    pub(super) fn joined(
        &mut self,
        condition: Id,
        yes: &[Variable],
        no: &[Variable],
    ) -> Lowered<Vec<Variable>> {
        // The same variables stand at the same places, and behind them, in Python, those that
        // only one side has made.
        let common = yes.iter().zip(no).take_while(|(a, b)| a.name == b.name).count();
        let mut scope = Vec::with_capacity(yes.len().max(no.len()));
        for (a, b) in yes.iter().zip(no).take(common) {
            scope.push(self.joined_variable(condition, a, b)?);
        }
        let (yes, no) = (yes.get(common..).unwrap_or(&[]), no.get(common..).unwrap_or(&[]));
        for a in yes {
            match no.iter().find(|b| b.name == a.name) {
                Some(b) => scope.push(self.joined_variable(condition, a, b)?),
                None => scope.push(Variable { id: None, ..a.clone() }),
            }
        }
        let only_no = no.iter().filter(|b| !yes.iter().any(|a| a.name == b.name));
        scope.extend(only_no.map(|b| Variable { id: None, ..b.clone() }));
        Ok(scope)
    }

    pub(super) fn joined_variable(
        &mut self,
        condition: Id,
        a: &Variable,
        b: &Variable,
    ) -> Lowered<Variable> {
        let ty = match (a.ty, b.ty) {
            (Some(a), Some(b)) => Some(self.unify(a, b, 1)?),
            (a, b) => a.or(b),
        };
        let id = match (a.id, b.id) {
            (Some(a), Some(b)) => Some(self.terms.choose(condition, a, b)),
            _ => None,
        };
        Ok(Variable { name: a.name.clone(), ty, id })
    }

    pub(super) fn worth(
        &mut self,
        condition: Id,
        (yes, no, joined): (Option<Typed>, Option<Typed>, Joined),
        line: usize,
    ) -> Lowered<Option<Typed>> {
        Ok(match (yes, no, joined) {
            (yes, _, Joined::OnlyYes) => yes,
            (_, no, Joined::OnlyNo) => no,
            (Some(yes), Some(no), Joined::Both) => {
                let ty = self.unify(yes.ty, no.ty, line)?;
                Some(Typed { id: self.terms.choose(condition, yes.id, no.id), ty })
            }
            (None, None, Joined::Both) => None,
            _ => return Err(("a branch without a value".to_owned(), line)),
        })
    }

    pub(super) fn arms(&mut self, of: Typed, arms: &[Arm], line: usize) -> Lowered<Option<Typed>> {
        let Some((arm, rest)) = arms.split_first() else {
            return Err(("`match` without an arm".to_owned(), line));
        };
        let body = |this: &mut Self| {
            this.bind(arm, of);
            this.block(&arm.body)
        };
        let condition = self.fits(of, arm, line)?;
        if rest.is_empty() && arm.guard.is_none() {
            // There is an arm for every value, so the last one need not be asked for.
            return self.scoped(body);
        }
        let branches =
            self.branch(condition, |this| this.scoped(body), |this| this.arms(of, rest, line))?;
        self.worth(condition, branches, line)
    }

    pub(super) fn scoped<T>(&mut self, read: impl FnOnce(&mut Self) -> Lowered<T>) -> Lowered<T> {
        let outer = self.scope.len();
        let value = read(self)?;
        self.scope.truncate(outer);
        Ok(value)
    }

    pub(super) fn bind(&mut self, arm: &Arm, of: Typed) {
        if let Some(name) = &arm.binding {
            let (ty, id) = (Some(of.ty), Some(of.id));
            self.scope.push(Variable { name: name.clone(), ty, id });
        }
    }

    pub(super) fn fits(&mut self, of: Typed, arm: &Arm, line: usize) -> Lowered<Id> {
        let mut fits = self.terms.bool(arm.patterns.is_empty());
        for pattern in &arm.patterns {
            let one = match pattern {
                Pattern::Value(value) => {
                    let value = self.value(value)?;
                    self.unify(of.ty, value.ty, line)?;
                    self.terms.add(Term::Eq(of.id, value.id))
                }
                Pattern::Range(from, to, inclusive) => {
                    let mut inside = self.terms.bool(true);
                    if let Some(from) = from {
                        let from = self.value(from)?;
                        self.unify(of.ty, from.ty, line)?;
                        let above = self.terms.add(Term::Le(from.id, of.id));
                        inside = self.terms.and(inside, above);
                    }
                    if let Some(to) = to {
                        let to = self.value(to)?;
                        self.unify(of.ty, to.ty, line)?;
                        let below = if *inclusive {
                            Term::Le(of.id, to.id)
                        } else {
                            Term::Lt(of.id, to.id)
                        };
                        let below = self.terms.add(below);
                        inside = self.terms.and(inside, below);
                    }
                    inside
                }
            };
            fits = self.terms.or(fits, one);
        }
        if let Some(guard) = &arm.guard {
            // The guard is looked at only where the pattern fits.
            let path = self.path;
            self.path = self.terms.and(path, fits);
            let reached = self.path;
            let guarded = self.scoped(|this| {
                this.bind(arm, of);
                this.truth(guard)
            })?;
            if self.path != reached {
                return Err(("a guard that may stop".to_owned(), line));
            }
            self.path = path;
            fits = self.terms.and(fits, guarded);
        }
        Ok(fits)
    }

    pub(super) fn short_circuit(
        &mut self,
        a: Typed,
        is_and: bool,
        right: impl FnOnce(&mut Self) -> Lowered<Typed>,
        line: usize,
    ) -> Lowered<Id> {
        if self.follow(a.ty) != Ty::Bool {
            return Err(("`and` or `or` that gives a number".to_owned(), line));
        }
        let condition = if is_and { a.id } else { self.terms.not(a.id) };
        let nothing = |this: &mut Self| Ok(Typed { id: this.terms.bool(!is_and), ty: Ty::Bool });
        let (yes, no, _) = self.branch(condition, right, nothing)?;
        if self.follow(yes.ty) != Ty::Bool {
            return Err(("`and` or `or` that gives a number".to_owned(), line));
        }
        Ok(self.terms.choose(condition, yes.id, no.id))
    }
}
