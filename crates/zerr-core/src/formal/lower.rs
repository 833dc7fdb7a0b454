//! A loop-free function as terms: [`lower`].
//!
//! Branches are walked one after the other, each under the condition that leads there, and their
//! variables joined behind it. What the program does besides giving a value is an
//! [`Obligation`]: a condition under which it would stop.
//!
//! Rust leaves the types of literals to be found out. So the function is walked twice: the first
//! walk learns which kinds meet which, the second one knows.
//!
//! # Invariants
//! - What follows an operation that may stop is reached only where it did not: at most one
//!   obligation is broken by a call, and a result is given by exactly the others.

mod calls;

use std::collections::BTreeSet;

use num_bigint::BigInt;
use zerr_syntax::Language;
use zerr_syntax::loop_free::{
    self, Arm, BinaryOp, Block, CompareOp, Expr, Function, Limit, Node, Pattern, Scalar, Statement,
};

use super::term::{BitOp, Division, Id, Term, Terms, Worth};
use crate::value::{IntKind, IntRange as _};

/// What has no translation, and the line where it stands.
pub(super) type Refusal = (String, usize);

type Lowered<T> = Result<T, Refusal>;

/// A way in which a call may stop instead of giving a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Obligation {
    /// True when the call stops here.
    pub(super) broken: Id,
    pub(super) rule: &'static str,
    pub(super) line: usize,
}

/// What a function does.
pub(super) struct Meaning {
    /// The result, where there is one.
    pub(super) result: Id,
    /// Whether there is one.
    pub(super) returned: Id,
    pub(super) obligations: Vec<Obligation>,
}

/// The functions that a function may call.
pub(super) struct Context {
    functions: Vec<Function>,
    /// Every name that the texts define, also of functions without a tree: one of these is never
    /// taken for a builtin.
    names: BTreeSet<String>,
}

impl Context {
    pub(super) fn read(language: Language, texts: &[String]) -> Self {
        let word = match language {
            Language::Rust => "fn",
            Language::Python => "def",
        };
        let mut context = Self { functions: Vec::new(), names: BTreeSet::new() };
        for text in texts {
            let words: Vec<&str> = text.split_whitespace().collect();
            let defined = words.windows(2).filter_map(|pair| match pair {
                [first, name] if *first == word => name.split('(').next(),
                _ => None,
            });
            let names: Vec<&str> = defined.collect();
            if let [name, ..] = names.as_slice() {
                context.functions.extend(loop_free::parse(language, text, name));
            }
            context.names.extend(names.into_iter().map(str::to_owned));
        }
        context
    }
}

/// Lowers a function of these variables.
pub(super) fn lower(
    terms: &Terms,
    language: Language,
    function: &Function,
    context: &Context,
) -> Lowered<(Terms, Meaning)> {
    let mut first = Lowering::new(terms.clone(), language, context, None);
    let meaning = first.function(function)?;
    if first.kinds.is_empty() {
        return Ok((first.terms, meaning));
    }
    let known = resolved(&first.kinds);
    let mut second = Lowering::new(terms.clone(), language, context, Some(known));
    let meaning = second.function(function)?;
    Ok((second.terms, meaning))
}

/// Every kind, links followed; what nothing is known of is `i32`, as in Rust.
fn resolved(kinds: &[Option<Ty>]) -> Vec<Ty> {
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ty {
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

#[derive(Clone, Copy, Debug)]
struct Typed {
    id: Id,
    ty: Ty,
}

/// A variable; without a value where it has none on some way to here.
#[derive(Clone, Debug)]
struct Variable {
    name: String,
    ty: Option<Ty>,
    id: Option<Id>,
}

struct Lowering<'a> {
    terms: Terms,
    language: Language,
    context: &'a Context,
    /// Functions that are being looked into.
    inside: BTreeSet<String>,
    scope: Vec<Variable>,
    /// Whether the program gets here.
    path: Id,
    returns: Vec<(Id, Id)>,
    returns_ty: Ty,
    obligations: Vec<Obligation>,
    /// Kinds of literals that do not say theirs, in order of appearance.
    kinds: Vec<Option<Ty>>,
    /// What the first walk found out about them.
    known: Option<std::vec::IntoIter<Ty>>,
}

impl<'a> Lowering<'a> {
    fn new(
        mut terms: Terms,
        language: Language,
        context: &'a Context,
        known: Option<Vec<Ty>>,
    ) -> Self {
        let path = terms.bool(true);
        Self {
            terms,
            language,
            context,
            inside: BTreeSet::new(),
            scope: Vec::new(),
            path,
            returns: Vec::new(),
            returns_ty: Ty::Unit,
            obligations: Vec::new(),
            kinds: Vec::new(),
            known: known.map(Vec::into_iter),
        }
    }

    fn function(&mut self, function: &Function) -> Lowered<Meaning> {
        let args: Vec<Typed> = function
            .params
            .iter()
            .enumerate()
            .map(|(at, (_, ty))| Typed { id: self.terms.add(Term::Var(at)), ty: (*ty).into() })
            .collect();
        let (result, returned) = self.inlined(function, &args)?;
        let obligations = std::mem::take(&mut self.obligations);
        Ok(Meaning { result: result.id, returned, obligations })
    }

    /// The function's body with these arguments, and whether it returned.
    fn inlined(&mut self, function: &Function, args: &[Typed]) -> Lowered<(Typed, Id)> {
        if !self.inside.insert(function.name.clone()) {
            return Err((format!("`{}`, which calls itself,", function.name), 1));
        }
        let scope = std::mem::take(&mut self.scope);
        let returns = std::mem::take(&mut self.returns);
        let returns_ty = std::mem::replace(&mut self.returns_ty, function.returns.into());
        for ((name, ty), arg) in function.params.iter().zip(args) {
            let arg = self.as_type(*arg, (*ty).into(), 1)?;
            self.scope.push(Variable { name: name.clone(), ty: Some(arg.ty), id: Some(arg.id) });
        }
        let value = self.block(&function.body)?;
        if !self.terms.is_false(self.path) {
            match value {
                Some(value) => self.give_back(value, 1)?,
                None => return Err(("a function that may give nothing".to_owned(), 1)),
            }
        }
        self.scope = scope;
        self.returns_ty = returns_ty;
        let given = std::mem::replace(&mut self.returns, returns);
        self.inside.remove(&function.name);
        let Some(((_, last), rest)) = given.split_last() else {
            return Err(("a function that never gives anything".to_owned(), 1));
        };
        let mut result = *last;
        let mut returned = self.terms.bool(false);
        for (path, value) in rest.iter().rev() {
            result = self.terms.choose(*path, *value, result);
        }
        for (path, _) in &given {
            returned = self.terms.or(returned, *path);
        }
        self.path = returned;
        Ok((Typed { id: result, ty: function.returns.into() }, returned))
    }

    fn give_back(&mut self, value: Typed, line: usize) -> Lowered<()> {
        let value = self.as_type(value, self.returns_ty, line)?;
        self.returns.push((self.path, value.id));
        self.path = self.terms.bool(false);
        Ok(())
    }

    /// The call stops here unless this holds.
    fn oblige(&mut self, holds: Id, rule: &'static str, line: usize) {
        let fails = self.terms.not(holds);
        let broken = self.terms.and(self.path, fails);
        if !self.terms.is_false(broken) {
            self.obligations.push(Obligation { broken, rule, line });
            self.path = self.terms.and(self.path, holds);
        }
    }

    /// The result must be held by the value's own kind.
    fn checked(&mut self, value: Typed, line: usize) -> Lowered<Typed> {
        let kind = self.kind(value, line)?;
        let holds = self.terms.within(kind, value.id);
        self.oblige(holds, "can-overflow", line);
        Ok(value)
    }

    fn not_zero(&mut self, value: Id, line: usize) {
        let zero = self.terms.int(0);
        let is_zero = self.terms.add(Term::Eq(value, zero));
        let holds = self.terms.not(is_zero);
        self.oblige(holds, "can-divide-by-zero", line);
    }

    // Types.

    /// A fresh kind, or what the first walk found out about it.
    fn open(&mut self) -> Ty {
        if let Some(known) = self.known.as_mut().and_then(Iterator::next) {
            return known;
        }
        self.kinds.push(None);
        Ty::Open(self.kinds.len() - 1)
    }

    fn follow(&self, ty: Ty) -> Ty {
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
    fn unify(&mut self, a: Ty, b: Ty, line: usize) -> Lowered<Ty> {
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

    fn as_type(&mut self, value: Typed, ty: Ty, line: usize) -> Lowered<Typed> {
        let ty = self.unify(value.ty, ty, line)?;
        Ok(Typed { ty, ..value })
    }

    /// The kind of an integer; a guess in the first walk, whose terms are thrown away.
    fn kind(&self, value: Typed, line: usize) -> Lowered<IntKind> {
        match self.follow(value.ty) {
            Ty::Int(kind) => Ok(kind),
            Ty::Open(_) => Ok(IntKind::I32),
            Ty::Bool | Ty::Unit => Err(("a truth value where a number is wanted".to_owned(), line)),
        }
    }

    fn is_int(&self, value: Typed) -> bool {
        matches!(self.follow(value.ty), Ty::Int(_) | Ty::Open(_))
    }

    // Statements.

    fn block(&mut self, block: &Block) -> Lowered<Option<Typed>> {
        let outer = self.scope.len();
        for statement in &block.statements {
            self.statement(statement)?;
        }
        let value = match &block.value {
            Some(value) => Some(self.any(value)?),
            None => None,
        };
        // In Python a variable belongs to the whole function.
        if self.language == Language::Rust {
            self.scope.truncate(outer);
        }
        Ok(value.flatten())
    }

    fn statement(&mut self, statement: &Statement) -> Lowered<()> {
        if self.terms.is_full() {
            return Err(("a function of this size".to_owned(), 1));
        }
        match statement {
            Statement::Declare { name, ty, value, line } => {
                let mut variable = Variable { name: name.clone(), ty: ty.map(Ty::from), id: None };
                if let Some(value) = value {
                    let value = self.value(value)?;
                    let value = match variable.ty {
                        Some(ty) => self.as_type(value, ty, *line)?,
                        None => value,
                    };
                    variable = Variable { ty: Some(value.ty), id: Some(value.id), ..variable };
                }
                self.scope.push(variable);
            }
            Statement::Assign { targets, values, line } => {
                let values = values.iter().map(|value| self.value(value));
                let values = values.collect::<Lowered<Vec<_>>>()?;
                for (target, value) in targets.iter().zip(values) {
                    self.assign(target, value, *line)?;
                }
            }
            Statement::Do(expr) => {
                self.any(expr)?;
            }
            Statement::Return(Some(value), line) => {
                if let Some(value) = self.any(value)? {
                    self.give_back(value, *line)?;
                }
            }
            Statement::Return(None, line) => {
                return Err(("`return` of nothing".to_owned(), *line));
            }
            Statement::Assert(condition) => {
                let holds = self.truth(condition)?;
                self.oblige(holds, "can-stop", condition.line);
            }
            Statement::Stop(line) => {
                let never = self.terms.bool(false);
                self.oblige(never, "can-stop", *line);
                self.path = never;
            }
        }
        Ok(())
    }

    fn assign(&mut self, target: &str, value: Typed, line: usize) -> Lowered<()> {
        let found = self.scope.iter().rposition(|variable| variable.name == target);
        let Some(at) = found else {
            if self.language == Language::Rust {
                return Err((format!("`{target}`"), line));
            }
            let (ty, id) = (Some(value.ty), Some(value.id));
            self.scope.push(Variable { name: target.to_owned(), ty, id });
            return Ok(());
        };
        let known = self.scope.get(at).and_then(|variable| variable.ty);
        let ty = match known {
            Some(ty) => self.unify(ty, value.ty, line)?,
            None => value.ty,
        };
        if let Some(variable) = self.scope.get_mut(at) {
            variable.ty = Some(ty);
            variable.id = Some(value.id);
        }
        Ok(())
    }

    /// One of two ways; the variables are joined behind them.
    fn branch<T>(
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
            Joined::Both => self.joined(condition, yes_scope, no_scope)?,
        };
        Ok((yes, no, joined))
    }

    fn joined(
        &mut self,
        condition: Id,
        yes: Vec<Variable>,
        no: Vec<Variable>,
    ) -> Lowered<Vec<Variable>> {
        // The same variables stand at the same places, and behind them, in Python, those that
        // only one side has made.
        let common = yes.iter().zip(&no).take_while(|(a, b)| a.name == b.name).count();
        let mut scope = Vec::with_capacity(yes.len().max(no.len()));
        for (a, b) in yes.iter().zip(&no).take(common) {
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

    fn joined_variable(&mut self, condition: Id, a: &Variable, b: &Variable) -> Lowered<Variable> {
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

    // Expressions.

    /// The value; nothing for what has none (`if` without `else`, a block that never ends).
    fn any(&mut self, expr: &Expr) -> Lowered<Option<Typed>> {
        if self.terms.is_full() {
            return Err(("a function of this size".to_owned(), expr.line));
        }
        match &expr.node {
            Node::If(condition, yes, no) => {
                let condition = self.truth(condition)?;
                let branches =
                    self.branch(condition, |this| this.block(yes), |this| this.block(no))?;
                self.worth(condition, branches, expr.line)
            }
            Node::Block(block) => self.block(block),
            Node::Match(of, arms) => {
                let of = self.value(of)?;
                self.arms(of, arms, expr.line)
            }
            _ => self.value(expr).map(Some),
        }
    }

    fn worth(
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

    fn arms(&mut self, of: Typed, arms: &[Arm], line: usize) -> Lowered<Option<Typed>> {
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

    fn scoped<T>(&mut self, read: impl FnOnce(&mut Self) -> Lowered<T>) -> Lowered<T> {
        let outer = self.scope.len();
        let value = read(self)?;
        self.scope.truncate(outer);
        Ok(value)
    }

    fn bind(&mut self, arm: &Arm, of: Typed) {
        if let Some(name) = &arm.binding {
            let (ty, id) = (Some(of.ty), Some(of.id));
            self.scope.push(Variable { name: name.clone(), ty, id });
        }
    }

    fn fits(&mut self, of: Typed, arm: &Arm, line: usize) -> Lowered<Id> {
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

    fn value(&mut self, expr: &Expr) -> Lowered<Typed> {
        let line = expr.line;
        match &expr.node {
            Node::Int(digits, kind) => self.literal(digits, *kind, false, line),
            Node::Bool(truth) => Ok(Typed { id: self.terms.bool(*truth), ty: Ty::Bool }),
            Node::Name(name) => {
                let found = self.scope.iter().rev().find(|variable| variable.name == *name);
                match found.map(|variable| (variable.id, variable.ty)) {
                    Some((Some(id), Some(ty))) => Ok(Typed { id, ty }),
                    Some(_) => Err((format!("`{name}`, which may have no value,"), line)),
                    None => Err((format!("`{name}`"), line)),
                }
            }
            Node::Not(inner) => {
                if self.language == Language::Python {
                    let truth = self.truth(inner)?;
                    return Ok(Typed { id: self.terms.not(truth), ty: Ty::Bool });
                }
                let inner = self.value(inner)?;
                if self.follow(inner.ty) == Ty::Bool {
                    return Ok(Typed { id: self.terms.not(inner.id), ty: Ty::Bool });
                }
                let top = match self.kind(inner, line)?.range() {
                    // All bits of an unsigned number set, or -1.
                    Some((low, high)) if low == BigInt::ZERO => self.terms.int(high),
                    _ => self.terms.int(-1),
                };
                Ok(Typed { id: self.terms.add(Term::Sub(top, inner.id)), ..inner })
            }
            Node::Invert(inner) => {
                let inner = self.int(inner)?;
                let minus_one = self.terms.int(-1);
                Ok(Typed { id: self.terms.add(Term::Sub(minus_one, inner.id)), ..inner })
            }
            Node::Neg(inner) => {
                // `-128_i8` is a constant, though `128_i8` is none.
                if let Node::Int(digits, kind) = &inner.node {
                    return self.literal(digits, *kind, true, line);
                }
                let inner = self.int(inner)?;
                let negated = Typed { id: self.terms.add(Term::Neg(inner.id)), ..inner };
                self.checked(negated, line)
            }
            Node::Binary(op, a, b) => {
                let (a, b) = (self.value(a)?, self.value(b)?);
                self.binary(*op, a, b, line)
            }
            Node::Compare(first, rest) => {
                let first = self.value(first)?;
                self.compare(first, rest, line)
            }
            Node::And(a, b) | Node::Or(a, b) => {
                let is_and = matches!(expr.node, Node::And(..));
                let a = self.value(a)?;
                let b = self.short_circuit(a, is_and, |this| this.value(b), line)?;
                Ok(Typed { id: b, ty: Ty::Bool })
            }
            Node::If(..) | Node::Match(..) | Node::Block(_) => match self.any(expr)? {
                Some(value) => Ok(value),
                None => Err(("a branch without a value".to_owned(), line)),
            },
            Node::Cast(inner, scalar) => {
                let is_literal = matches!(inner.node, Node::Int(_, None));
                let inner = self.value(inner)?;
                self.cast(inner, *scalar, is_literal, line)
            }
            Node::Limit(kind, limit) => {
                let Some((low, high)) = kind.range() else {
                    return Err(("a limit".to_owned(), line));
                };
                let (number, ty) = match limit {
                    Limit::Min => (low, Ty::Int(*kind)),
                    Limit::Max => (high, Ty::Int(*kind)),
                    Limit::Bits => ((high - low).bits().into(), Ty::Int(IntKind::U32)),
                };
                Ok(Typed { id: self.terms.int(number), ty })
            }
            Node::Call(name, args) => self.call(name, args, line),
            Node::Method(of, name, args) => self.method(of, name, args, line),
        }
    }

    fn literal(
        &mut self,
        digits: &str,
        kind: Option<IntKind>,
        is_negative: bool,
        line: usize,
    ) -> Lowered<Typed> {
        let too_large = || ("a constant of this size".to_owned(), line);
        let number = digits.parse::<BigInt>().ok().filter(|_| digits.len() < 1_000);
        let number = number.ok_or_else(too_large)?;
        let number = if is_negative { -number } else { number };
        let ty = kind.map_or_else(|| self.open(), Ty::Int);
        // In the first walk nothing is known yet of an open kind.
        if let Ty::Int(kind) = ty
            && !kind.holds(&number)
        {
            return Err(too_large());
        }
        Ok(Typed { id: self.terms.int(number), ty })
    }

    fn int(&mut self, expr: &Expr) -> Lowered<Typed> {
        let value = self.value(expr)?;
        self.kind(value, expr.line)?;
        Ok(value)
    }

    /// What a condition says; in Python a number says whether it is other than zero.
    fn truth(&mut self, expr: &Expr) -> Lowered<Id> {
        if let (Node::And(a, b) | Node::Or(a, b), Language::Python) = (&expr.node, self.language) {
            let is_and = matches!(expr.node, Node::And(..));
            let a = Typed { id: self.truth(a)?, ty: Ty::Bool };
            let right = |this: &mut Self| Ok(Typed { id: this.truth(b)?, ty: Ty::Bool });
            return self.short_circuit(a, is_and, right, expr.line);
        }
        let value = self.value(expr)?;
        self.truth_of(value, expr.line)
    }

    fn truth_of(&mut self, value: Typed, line: usize) -> Lowered<Id> {
        match self.follow(value.ty) {
            Ty::Bool => Ok(value.id),
            Ty::Int(_) if self.language == Language::Python => {
                let zero = self.terms.int(0);
                let is_zero = self.terms.add(Term::Eq(value.id, zero));
                Ok(self.terms.not(is_zero))
            }
            _ => Err(("a number where a truth value is wanted".to_owned(), line)),
        }
    }

    fn short_circuit(
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

    fn compare(&mut self, a: Typed, rest: &[(CompareOp, Expr)], line: usize) -> Lowered<Typed> {
        let Some(((op, b), more)) = rest.split_first() else {
            return Ok(Typed { id: self.terms.bool(true), ty: Ty::Bool });
        };
        let b = self.value(b)?;
        let ty = self.unify(a.ty, b.ty, line)?;
        if ty == Ty::Bool && !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Err(("an order of truth values".to_owned(), line));
        }
        let term = match op {
            CompareOp::Eq | CompareOp::Ne => Term::Eq(a.id, b.id),
            CompareOp::Lt => Term::Lt(a.id, b.id),
            CompareOp::Le => Term::Le(a.id, b.id),
            CompareOp::Gt => Term::Lt(b.id, a.id),
            CompareOp::Ge => Term::Le(b.id, a.id),
        };
        let mut id = self.terms.add(term);
        if *op == CompareOp::Ne {
            id = self.terms.not(id);
        }
        if !more.is_empty() {
            let first = Typed { id, ty: Ty::Bool };
            id = self.short_circuit(first, true, |this| this.compare(b, more, line), line)?;
        }
        Ok(Typed { id, ty: Ty::Bool })
    }

    fn binary(&mut self, op: BinaryOp, a: Typed, b: Typed, line: usize) -> Lowered<Typed> {
        if matches!(op, BinaryOp::Shl | BinaryOp::Shr) {
            return self.shift(op == BinaryOp::Shl, a, b, line);
        }
        if op == BinaryOp::Pow {
            return self.power(a, b, line);
        }
        let ty = self.unify(a.ty, b.ty, line)?;
        if ty == Ty::Bool {
            let id = match op {
                BinaryOp::BitAnd => self.terms.and(a.id, b.id),
                BinaryOp::BitOr => self.terms.or(a.id, b.id),
                BinaryOp::BitXor => {
                    let equal = self.terms.add(Term::Eq(a.id, b.id));
                    self.terms.not(equal)
                }
                _ => return Err(("a truth value as a number".to_owned(), line)),
            };
            return Ok(Typed { id, ty });
        }
        let term = match op {
            BinaryOp::Add => Term::Add(a.id, b.id),
            BinaryOp::Sub => Term::Sub(a.id, b.id),
            BinaryOp::Mul => Term::Mul(a.id, b.id),
            BinaryOp::BitAnd => Term::Bits(BitOp::And, a.id, b.id),
            BinaryOp::BitOr => Term::Bits(BitOp::Or, a.id, b.id),
            BinaryOp::BitXor => Term::Bits(BitOp::Xor, a.id, b.id),
            BinaryOp::TruncDiv => return self.divided(Division::Trunc, a, b, line),
            BinaryOp::TruncRem => return self.divided(Division::TruncRem, a, b, line),
            BinaryOp::FloorDiv => return self.divided(Division::Floor, a, b, line),
            BinaryOp::FloorRem => return self.divided(Division::FloorRem, a, b, line),
            BinaryOp::Shl | BinaryOp::Shr | BinaryOp::Pow => {
                return Err(("this operator".to_owned(), line));
            }
        };
        let value = Typed { id: self.terms.add(term), ty };
        // Of bits that fit, the result fits.
        if matches!(op, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul) {
            self.checked(value, line)
        } else {
            Ok(value)
        }
    }

    /// A division stops by zero, and where its quotient does not fit: the smallest number by -1,
    /// also of `%`, whose result would fit.
    fn divided(&mut self, division: Division, a: Typed, b: Typed, line: usize) -> Lowered<Typed> {
        let ty = self.unify(a.ty, b.ty, line)?;
        self.not_zero(b.id, line);
        if let Some((low, _)) = self.kind(a, line)?.range().filter(|(low, _)| *low != BigInt::ZERO)
        {
            let (low, minus_one) = (self.terms.int(low), self.terms.int(-1));
            let is_lowest = self.terms.add(Term::Eq(a.id, low));
            let by_minus_one = self.terms.add(Term::Eq(b.id, minus_one));
            let overflows = self.terms.and(is_lowest, by_minus_one);
            let holds = self.terms.not(overflows);
            self.oblige(holds, "can-overflow", line);
        }
        Ok(Typed { id: self.terms.add(Term::Divide(division, a.id, b.id)), ty })
    }

    fn shift(&mut self, is_left: bool, a: Typed, by: Typed, line: usize) -> Lowered<Typed> {
        let kind = self.kind(a, line)?;
        self.kind(by, line)?;
        let Some((low, high)) = kind.range() else {
            // Python: any power of two, but only plain ones are translated.
            let small = match self.terms.constant(by.id) {
                Some(Worth::Int(by)) => {
                    u32::try_from(by).is_ok_and(|by| by <= super::term::SHIFT_MAX)
                }
                _ => false,
            };
            if !small {
                return Err(("a shift by this".to_owned(), line));
            }
            let term = if is_left { Term::Shl(a.id, by.id) } else { Term::Shr(a.id, by.id) };
            return Ok(Typed { id: self.terms.add(term), ..a });
        };
        let bits = self.terms.int((high - low).bits());
        let zero = self.terms.int(0);
        let above = self.terms.add(Term::Le(zero, by.id));
        let below = self.terms.add(Term::Lt(by.id, bits));
        let holds = self.terms.and(above, below);
        self.oblige(holds, "can-overflow", line);
        let id = if is_left {
            let shifted = self.terms.add(Term::Shl(a.id, by.id));
            self.terms.add(Term::Wrap(kind, shifted))
        } else {
            self.terms.add(Term::Shr(a.id, by.id))
        };
        Ok(Typed { id, ..a })
    }

    /// Whether steps in between overflow as well makes no difference: none is larger than the
    /// result.
    fn power(&mut self, a: Typed, by: Typed, line: usize) -> Lowered<Typed> {
        const EXPONENT_MAX: u32 = 32;
        self.kind(a, line)?;
        let exponent = match self.terms.constant(by.id) {
            Some(Worth::Int(by)) => u32::try_from(by).ok().filter(|by| *by <= EXPONENT_MAX),
            _ => None,
        };
        let exponent = exponent.ok_or_else(|| ("a power with this exponent".to_owned(), line))?;
        let mut id = self.terms.int(1);
        for _ in 0..exponent {
            id = self.terms.add(Term::Mul(id, a.id));
        }
        self.checked(Typed { id, ..a }, line)
    }

    fn cast(
        &mut self,
        inner: Typed,
        scalar: Scalar,
        is_literal: bool,
        line: usize,
    ) -> Lowered<Typed> {
        let Scalar::Int(kind) = scalar else {
            return match self.follow(inner.ty) {
                Ty::Bool => Ok(inner),
                _ => Err(("a cast to a truth value".to_owned(), line)),
            };
        };
        let ty = Ty::Int(kind);
        match self.follow(inner.ty) {
            Ty::Bool => {
                let (one, zero) = (self.terms.int(1), self.terms.int(0));
                Ok(Typed { id: self.terms.choose(inner.id, one, zero), ty })
            }
            // A literal takes the type that it is cast to.
            Ty::Open(_) if is_literal => self.as_type(inner, ty, line),
            Ty::Open(_) | Ty::Int(_) => {
                Ok(Typed { id: self.terms.add(Term::Wrap(kind, inner.id)), ty })
            }
            Ty::Unit => Err(("a cast of nothing".to_owned(), line)),
        }
    }
}

/// Which ways go on behind a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Joined {
    Both,
    OnlyYes,
    OnlyNo,
}
