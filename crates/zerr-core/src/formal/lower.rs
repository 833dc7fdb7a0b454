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

mod arithmetic;
mod branches;
mod calls;
mod exprs;
mod types;

use std::collections::BTreeSet;

use zerr_syntax::Language;
use zerr_syntax::loop_free::{self, Block, Function, Statement};

use self::types::{Ty, resolved};
use super::term::{Id, Term, Terms};

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
}
