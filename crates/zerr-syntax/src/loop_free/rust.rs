//! Rust functions, read by `syn`.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::{
    Arm, BinaryOp, Block, CompareOp, DEPTH_MAX, Expr, Function, Limit, Node, Pattern, Scalar,
    Statement, Untranslated, deeper, not,
};
use crate::macro_args;
use crate::signature::IntKind;
use crate::tokens::{TokenFailure, with_tokens};

type Read<T> = Result<T, Untranslated>;

pub(super) fn parse(text: &str, name: &str) -> Read<Function> {
    with_tokens(text, |tokens| {
        let file = syn::parse2::<syn::File>(tokens).map_err(|error| {
            not(format!("a text that does not parse ({error})"), line(error.span()))
        })?;
        function(&file, name)
    })
    .unwrap_or_else(|failure| {
        Err(match failure {
            TokenFailure::Lex { .. } => not("a text that does not parse", 1),
            TokenFailure::TooDeep { .. } => not("nesting this deep", 1),
        })
    })
}

fn line(span: proc_macro2::Span) -> usize {
    span.start().line
}

fn function(file: &syn::File, name: &str) -> Read<Function> {
    let [syn::Item::Fn(item)] = file.items.as_slice() else {
        return Err(not("anything beside the function", 1));
    };
    let here = line(item.span());
    if item.sig.ident != name {
        return Err(not("another function", here));
    }
    let sig = &item.sig;
    let is_plain = sig.asyncness.is_none()
        && sig.abi.is_none()
        && matches!(sig.safety, syn::Safety::Default)
        && sig.generics.params.is_empty();
    if !is_plain {
        return Err(not("a generic, async, extern or unsafe function", here));
    }
    let mut attributes = Attributes::default();
    attributes.visit_item_fn(item);
    if let Some(line) = attributes.with_effect {
        return Err(not("an attribute", line));
    }
    let params = sig.inputs.iter().map(|input| match input {
        syn::FnArg::Typed(param) => {
            let (name, by_ref) = pattern_name(&param.pat)?;
            if by_ref { Err(not("`ref`", here)) } else { Ok((name, scalar(&param.ty)?)) }
        }
        syn::FnArg::Receiver(_) => Err(not("a method", here)),
    });
    let params = params.collect::<Read<Vec<_>>>()?;
    let returns = match &sig.output {
        syn::ReturnType::Type(_, ty) => scalar(ty)?,
        syn::ReturnType::Default => return Err(not("a function without a result", here)),
    };
    Ok(Function { name: name.to_owned(), params, returns, body: block(&item.block, DEPTH_MAX)? })
}

/// Where an attribute stands that may change what the code means, such as `#[cfg(…)]`.
#[derive(Default)]
struct Attributes {
    with_effect: Option<usize>,
}

impl<'ast> Visit<'ast> for Attributes {
    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        const HARMLESS: &[&str] = &["doc", "inline", "must_use", "allow", "expect", "warn"];
        if !HARMLESS.iter().any(|name| attribute.path().is_ident(name)) {
            self.with_effect = self.with_effect.or(Some(line(attribute.span())));
        }
        visit::visit_attribute(self, attribute);
    }
}

fn scalar(ty: &syn::Type) -> Read<Scalar> {
    if let syn::Type::Path(path) = ty
        && path.qself.is_none()
        && let Some(ident) = path.path.get_ident()
    {
        let name = ident.to_string();
        if name == "bool" {
            return Ok(Scalar::Bool);
        }
        if let Some(kind) = IntKind::from_rust_name(&name) {
            return Ok(Scalar::Int(kind));
        }
    }
    if let syn::Type::Paren(inner) = ty {
        return scalar(&inner.elem);
    }
    Err(not("a type that is neither an integer nor a truth value", line(ty.span())))
}

/// A plain name, and whether `ref` stands before it.
fn pattern_name(pattern: &syn::Pat) -> Read<(String, bool)> {
    match pattern {
        syn::Pat::Ident(ident) if ident.subpat.is_none() => {
            Ok((ident.ident.to_string(), ident.by_ref.is_some()))
        }
        syn::Pat::Paren(inner) => pattern_name(&inner.pat),
        _ => Err(not("a pattern", line(pattern.span()))),
    }
}

fn block(block: &syn::Block, depth: usize) -> Read<Block> {
    let depth = deeper(depth, line(block.span()))?;
    let mut read = Block::default();
    for (at, statement) in block.stmts.iter().enumerate() {
        let is_last = at + 1 == block.stmts.len();
        match statement {
            syn::Stmt::Local(local) => read.statements.extend(declare(local, depth)?),
            syn::Stmt::Expr(expr, semicolon) => match statement_of(expr, depth)? {
                Some(statement) => read.statements.push(statement),
                None if is_last && semicolon.is_none() => {
                    read.value = Some(Box::new(expression(expr, depth)?));
                }
                None => read.statements.push(Statement::Do(expression(expr, depth)?)),
            },
            syn::Stmt::Macro(call) => read.statements.push(macro_statement(&call.mac, depth)?),
            syn::Stmt::Item(item) => {
                return Err(not("an item inside of the function", line(item.span())));
            }
        }
    }
    Ok(read)
}

/// What stands where a block could: an arm of a `match`.
fn as_block(expr: &syn::Expr, depth: usize) -> Read<Block> {
    if let syn::Expr::Block(inner) = expr
        && inner.label.is_none()
    {
        return block(&inner.block, depth);
    }
    let mut read = Block::default();
    match statement_of(expr, depth)? {
        Some(statement) => read.statements.push(statement),
        None => read.value = Some(Box::new(expression(expr, depth)?)),
    }
    Ok(read)
}

/// Expressions that are statements here, because they have no value of their own.
fn statement_of(expr: &syn::Expr, depth: usize) -> Read<Option<Statement>> {
    let here = line(expr.span());
    Ok(Some(match expr {
        syn::Expr::Return(back) => {
            let value = back.expr.as_deref().map(|value| expression(value, depth)).transpose()?;
            Statement::Return(value, here)
        }
        syn::Expr::Macro(call) if !call.mac.path.is_ident("matches") => {
            macro_statement(&call.mac, depth)?
        }
        syn::Expr::Assign(assign) => {
            let targets = names(&assign.left)?;
            let values = parts(&assign.right, targets.len(), depth)?;
            Statement::Assign { targets, values, line: here }
        }
        syn::Expr::Binary(binary) => match compound(binary.op) {
            Some(op) => {
                // rustc works the right side out before it reads the left: a block there may change it.
                if has_block(&binary.right) {
                    return Err(not("a block within a compound assignment", here));
                }
                let [target] = <[String; 1]>::try_from(names(&binary.left)?)
                    .map_err(|_| not("an assignment of this form", here))?;
                let old = Expr { node: Node::Name(target.clone()), line: here };
                let value = Node::Binary(op, Box::new(old), inner(&binary.right, depth)?);
                let values = vec![Expr { node: value, line: here }];
                Statement::Assign { targets: vec![target], values, line: here }
            }
            None => return Ok(None),
        },
        _ => return Ok(None),
    }))
}

fn declare(local: &syn::Local, depth: usize) -> Read<Vec<Statement>> {
    let here = line(local.span());
    if local.init.as_ref().is_some_and(|init| init.diverge.is_some()) {
        return Err(not("`let … else`", here));
    }
    let (pattern, ty) = match &local.pat {
        syn::Pat::Type(typed) => (&*typed.pat, Some(&*typed.ty)),
        pattern => (pattern, None),
    };
    let value = local.init.as_ref().map(|init| &*init.expr);
    if let syn::Pat::Wild(_) = pattern {
        let value = value.map(|value| expression(value, depth)).transpose()?;
        return Ok(value.map(Statement::Do).into_iter().collect());
    }
    if let (syn::Pat::Tuple(patterns), Some(value), None) = (pattern, value, ty) {
        // `let (a, b) = (…, …)`: the values are worked out before either name is known, so they
        // go through names that no program can write.
        let targets = patterns.elems.iter().map(|one| match pattern_name(one)? {
            (name, false) => Ok(name),
            _ => Err(not("`ref`", here)),
        });
        let targets = targets.collect::<Read<Vec<String>>>()?;
        let values = parts(value, targets.len(), depth)?;
        let hidden = |at: usize| format!("tuple part {at}");
        let first = values.into_iter().enumerate().map(|(at, value)| Statement::Declare {
            name: hidden(at),
            ty: None,
            value: Some(value),
            line: here,
        });
        let then = targets.into_iter().enumerate().map(|(at, name)| Statement::Declare {
            name,
            ty: None,
            value: Some(Expr { node: Node::Name(hidden(at)), line: here }),
            line: here,
        });
        return Ok(first.collect::<Vec<_>>().into_iter().chain(then).collect());
    }
    let (name, by_ref) = pattern_name(pattern)?;
    if by_ref {
        return Err(not("`ref`", here));
    }
    let ty = match ty {
        Some(syn::Type::Infer(_)) | None => None,
        Some(ty) => Some(scalar(ty)?),
    };
    let value = value.map(|value| expression(value, depth)).transpose()?;
    Ok(vec![Statement::Declare { name, ty, value, line: here }])
}

/// The targets of an assignment.
fn names(target: &syn::Expr) -> Read<Vec<String>> {
    let name = |expr: &syn::Expr| match expr {
        syn::Expr::Path(path) if path.qself.is_none() => {
            path.path.get_ident().map(ToString::to_string)
        }
        _ => None,
    };
    let names: Option<Vec<String>> = match target {
        syn::Expr::Tuple(parts) => parts.elems.iter().map(name).collect(),
        one => name(one).map(|name| vec![name]),
    };
    names.ok_or_else(|| not("an assignment of this form", line(target.span())))
}

fn parts(value: &syn::Expr, count: usize, depth: usize) -> Read<Vec<Expr>> {
    match value {
        syn::Expr::Tuple(parts) if parts.elems.len() == count => {
            parts.elems.iter().map(|part| expression(part, depth)).collect()
        }
        one if count == 1 => Ok(vec![expression(one, depth)?]),
        other => Err(not("a tuple", line(other.span()))),
    }
}

fn macro_statement(mac: &syn::Macro, depth: usize) -> Read<Statement> {
    let here = line(mac.span());
    let name = mac.path.get_ident().map(ToString::to_string).unwrap_or_default();
    let args = || macro_args::read(mac).map(|args| args.exprs).unwrap_or_default();
    match (name.as_str(), args().as_slice()) {
        // Their message could overflow, too; a plain one is all that is let through.
        ("panic" | "unreachable" | "unimplemented" | "todo", [] | [syn::Expr::Lit(_)]) => {
            Ok(Statement::Stop(here))
        }
        ("assert" | "debug_assert", [condition] | [condition, syn::Expr::Lit(_)]) => {
            Ok(Statement::Assert(expression(condition, depth)?))
        }
        ("assert_eq" | "debug_assert_eq", [a, b] | [a, b, syn::Expr::Lit(_)]) => {
            compared(CompareOp::Eq, a, b, here, depth).map(Statement::Assert)
        }
        ("assert_ne" | "debug_assert_ne", [a, b] | [a, b, syn::Expr::Lit(_)]) => {
            compared(CompareOp::Ne, a, b, here, depth).map(Statement::Assert)
        }
        _ => Err(not(format!("`{name}!` of this form"), here)),
    }
}

fn compared(op: CompareOp, a: &syn::Expr, b: &syn::Expr, here: usize, depth: usize) -> Read<Expr> {
    let node = Node::Compare(inner(a, depth)?, vec![(op, expression(b, depth)?)]);
    Ok(Expr { node, line: here })
}

fn inner(expr: &syn::Expr, depth: usize) -> Read<Box<Expr>> {
    expression(expr, depth).map(Box::new)
}

fn expression(expr: &syn::Expr, depth: usize) -> Read<Expr> {
    let here = line(expr.span());
    let depth = deeper(depth, here)?;
    let node = match expr {
        syn::Expr::Paren(paren) => return expression(&paren.expr, depth),
        syn::Expr::Group(group) => return expression(&group.expr, depth),
        syn::Expr::Lit(lit) => match &lit.lit {
            syn::Lit::Bool(truth) => Node::Bool(truth.value),
            syn::Lit::Int(int) => {
                let kind = IntKind::from_rust_name(int.suffix());
                if kind.is_none() && !int.suffix().is_empty() {
                    return Err(not("a float", here));
                }
                Node::Int(int.base10_digits().to_owned(), kind)
            }
            _ => return Err(not("a constant that is neither an integer nor a truth value", here)),
        },
        syn::Expr::Path(path) => path_node(path, here)?,
        syn::Expr::Unary(unary) => match unary.op {
            syn::UnOp::Neg(_) => Node::Neg(inner(&unary.expr, depth)?),
            syn::UnOp::Not(_) => Node::Not(inner(&unary.expr, depth)?),
            _ => return Err(not("a reference", here)),
        },
        syn::Expr::Binary(binary) => {
            let (a, b) = (&*binary.left, &*binary.right);
            match binary_kind(binary.op) {
                Some(Kind::Plain(op)) => Node::Binary(op, inner(a, depth)?, inner(b, depth)?),
                Some(Kind::Compare(op)) => {
                    Node::Compare(inner(a, depth)?, vec![(op, expression(b, depth)?)])
                }
                Some(Kind::And) => Node::And(inner(a, depth)?, inner(b, depth)?),
                Some(Kind::Or) => Node::Or(inner(a, depth)?, inner(b, depth)?),
                None => return Err(not("an assignment inside of an expression", here)),
            }
        }
        syn::Expr::If(branch) => {
            let condition = inner(&branch.cond, depth)?;
            let no = match &branch.else_branch {
                Some((_, no)) => as_block(no, depth)?,
                None => Block::default(),
            };
            Node::If(condition, block(&branch.then_branch, depth)?, no)
        }
        syn::Expr::Match(branch) => {
            let arms = branch.arms.iter().map(|one| arm(one, depth)).collect::<Read<Vec<_>>>()?;
            Node::Match(inner(&branch.expr, depth)?, arms)
        }
        syn::Expr::Block(inner) if inner.label.is_none() => {
            Node::Block(block(&inner.block, depth)?)
        }
        syn::Expr::Cast(cast) => Node::Cast(inner(&cast.expr, depth)?, scalar(&cast.ty)?),
        syn::Expr::Call(call) => call_node(call, depth, here)?,
        syn::Expr::MethodCall(call) if call.turbofish.is_none() => {
            let args = call.args.iter().map(|arg| expression(arg, depth)).collect::<Read<_>>()?;
            Node::Method(inner(&call.receiver, depth)?, call.method.to_string(), args)
        }
        syn::Expr::Macro(call) => matches_node(&call.mac, here, depth)?,
        syn::Expr::Loop(_) | syn::Expr::While(_) | syn::Expr::ForLoop(_) => {
            return Err(not("a loop", here));
        }
        syn::Expr::Closure(_) => return Err(not("a closure", here)),
        syn::Expr::Return(_) => return Err(not("`return` inside of an expression", here)),
        syn::Expr::Reference(_) => return Err(not("a reference", here)),
        syn::Expr::Tuple(_) => return Err(not("a tuple", here)),
        syn::Expr::Index(_) | syn::Expr::Array(_) => return Err(not("a list", here)),
        _ => return Err(not("an expression of this form", here)),
    };
    Ok(Expr { node, line: here })
}

/// A variable, or a limit such as `i32::MAX`.
fn path_node(path: &syn::ExprPath, here: usize) -> Read<Node> {
    let words = path_words(path);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let limit = |kind: &str, name: &str| {
        let kind = IntKind::from_rust_name(kind)?;
        Some(match name {
            "MIN" => Node::Limit(kind, Limit::Min),
            "MAX" => Node::Limit(kind, Limit::Max),
            "BITS" => Node::Limit(kind, Limit::Bits),
            _ => return None,
        })
    };
    match words.as_slice() {
        [name] => Ok(Node::Name((*name).to_owned())),
        [kind, name] | ["std" | "core", kind, name] => {
            limit(kind, name).ok_or_else(|| not(format!("`{}`", words.join("::")), here))
        }
        _ => Err(not(format!("`{}`", words.join("::")), here)),
    }
}

/// Empty for a path that is more than plain names.
fn path_words(path: &syn::ExprPath) -> Vec<String> {
    let is_plain = path.qself.is_none()
        && path.path.leading_colon.is_none()
        && path.path.segments.iter().all(|segment| segment.arguments.is_none());
    if !is_plain {
        return Vec::new();
    }
    path.path.segments.iter().map(|segment| segment.ident.to_string()).collect()
}

/// `i32::max(a, b)` and `std::cmp::max(a, b)` are methods written otherwise.
fn call_node(call: &syn::ExprCall, depth: usize, here: usize) -> Read<Node> {
    let syn::Expr::Path(path) = &*call.func else {
        return Err(not("a call of this form", here));
    };
    let words = path_words(path);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut args =
        call.args.iter().map(|arg| expression(arg, depth)).collect::<Read<Vec<Expr>>>()?;
    match words.as_slice() {
        [name] => Ok(Node::Call((*name).to_owned(), args)),
        [kind, "from"] if args.len() == 1 => {
            let kind = IntKind::from_rust_name(kind).ok_or_else(|| not("`from`", here))?;
            // `From` loses nothing, so a cast does the same.
            Ok(Node::Cast(Box::new(args.remove(0)), Scalar::Int(kind)))
        }
        ["std" | "core", "cmp", method @ ("min" | "max")] if args.len() == 2 => {
            let of = args.remove(0);
            Ok(Node::Method(Box::new(of), (*method).to_owned(), args))
        }
        [kind, method] if IntKind::from_rust_name(kind).is_some() && !args.is_empty() => {
            let of = args.remove(0);
            // The type that the path names is the receiver's; a literal has no other one.
            let node = match of.node {
                Node::Int(digits, None) => Node::Int(digits, IntKind::from_rust_name(kind)),
                node => node,
            };
            let of = Expr { node, line: of.line };
            Ok(Node::Method(Box::new(of), (*method).to_owned(), args))
        }
        _ => Err(not(format!("a call of `{}`", words.join("::")), here)),
    }
}

fn matches_node(mac: &syn::Macro, here: usize, depth: usize) -> Read<Node> {
    let args = macro_args::read(mac).filter(|_| mac.path.is_ident("matches"));
    let (exprs, pats) = args.map(|args| (args.exprs, args.pats)).unwrap_or_default();
    let ([of], [pat]) = (exprs.as_slice(), pats.as_slice()) else {
        return Err(not("a macro", here));
    };
    let truth = |truth| {
        let value = Expr { node: Node::Bool(truth), line: here };
        Block { statements: Vec::new(), value: Some(Box::new(value)) }
    };
    let (patterns, binding) = patterns(pat, depth)?;
    let arms = vec![
        Arm { patterns, binding, guard: None, body: truth(true) },
        Arm { patterns: Vec::new(), binding: None, guard: None, body: truth(false) },
    ];
    Ok(Node::Match(inner(of, depth)?, arms))
}

fn arm(arm: &syn::Arm, depth: usize) -> Read<Arm> {
    let (pat, guard) = match &arm.pat {
        // What it changes holds on later paths too, whether the pattern fits or not.
        syn::Pat::Guard(guarded) if has_block(&guarded.guard) => {
            return Err(not("a block within a guard", line(arm.span())));
        }
        syn::Pat::Guard(guarded) => (&*guarded.pat, Some(expression(&guarded.guard, depth)?)),
        pat => (pat, None),
    };
    let (patterns, binding) = patterns(pat, depth)?;
    Ok(Arm { patterns, binding, guard, body: as_block(&arm.body, depth)? })
}

/// No patterns: everything fits.
fn patterns(pat: &syn::Pat, depth: usize) -> Read<(Vec<Pattern>, Option<String>)> {
    let here = line(pat.span());
    Ok(match pat {
        syn::Pat::Wild(_) => (Vec::new(), None),
        syn::Pat::Ident(ident) if ident.by_ref.is_none() => {
            let name = ident.ident.to_string();
            // A constant in capitals is compared with, not bound.
            if name.chars().next().is_none_or(char::is_uppercase) {
                return Err(not("a pattern", here));
            }
            match &ident.subpat {
                Some((_, inner)) => match patterns(inner, depth)? {
                    (inner, None) => (inner, Some(name)),
                    _ => return Err(not("a pattern", here)),
                },
                None => (Vec::new(), Some(name)),
            }
        }
        syn::Pat::Paren(inner) => patterns(&inner.pat, deeper(depth, here)?)?,
        syn::Pat::Or(cases) => {
            let mut all = Vec::new();
            for case in &cases.cases {
                match patterns(case, deeper(depth, here)?)? {
                    (some, None) if !some.is_empty() => all.extend(some),
                    _ => return Err(not("a pattern", here)),
                }
            }
            (all, None)
        }
        syn::Pat::Range(range) => {
            let end = |end: &Option<Box<syn::Expr>>| {
                end.as_deref().map(|end| expression(end, depth)).transpose()
            };
            let inclusive = matches!(range.limits, syn::RangeLimits::Closed(_));
            (vec![Pattern::Range(end(&range.start)?, end(&range.end)?, inclusive)], None)
        }
        syn::Pat::Lit(lit) => {
            let value = expression(&syn::Expr::Lit(lit.clone()), depth)?;
            (vec![Pattern::Value(value)], None)
        }
        syn::Pat::Path(path) => {
            (vec![Pattern::Value(Expr { node: path_node(path, here)?, line: here })], None)
        }
        _ => return Err(not("a pattern", here)),
    })
}

enum Kind {
    Plain(BinaryOp),
    Compare(CompareOp),
    And,
    Or,
}

fn binary_kind(op: syn::BinOp) -> Option<Kind> {
    Some(match op {
        syn::BinOp::Add(_) => Kind::Plain(BinaryOp::Add),
        syn::BinOp::Sub(_) => Kind::Plain(BinaryOp::Sub),
        syn::BinOp::Mul(_) => Kind::Plain(BinaryOp::Mul),
        syn::BinOp::Div(_) => Kind::Plain(BinaryOp::TruncDiv),
        syn::BinOp::Rem(_) => Kind::Plain(BinaryOp::TruncRem),
        syn::BinOp::BitAnd(_) => Kind::Plain(BinaryOp::BitAnd),
        syn::BinOp::BitOr(_) => Kind::Plain(BinaryOp::BitOr),
        syn::BinOp::BitXor(_) => Kind::Plain(BinaryOp::BitXor),
        syn::BinOp::Shl(_) => Kind::Plain(BinaryOp::Shl),
        syn::BinOp::Shr(_) => Kind::Plain(BinaryOp::Shr),
        syn::BinOp::Eq(_) => Kind::Compare(CompareOp::Eq),
        syn::BinOp::Ne(_) => Kind::Compare(CompareOp::Ne),
        syn::BinOp::Lt(_) => Kind::Compare(CompareOp::Lt),
        syn::BinOp::Le(_) => Kind::Compare(CompareOp::Le),
        syn::BinOp::Gt(_) => Kind::Compare(CompareOp::Gt),
        syn::BinOp::Ge(_) => Kind::Compare(CompareOp::Ge),
        syn::BinOp::And(_) => Kind::And,
        syn::BinOp::Or(_) => Kind::Or,
        _ => return None,
    })
}

/// The operator of `a += b` and its like.
fn compound(op: syn::BinOp) -> Option<BinaryOp> {
    Some(match op {
        syn::BinOp::AddAssign(_) => BinaryOp::Add,
        syn::BinOp::SubAssign(_) => BinaryOp::Sub,
        syn::BinOp::MulAssign(_) => BinaryOp::Mul,
        syn::BinOp::DivAssign(_) => BinaryOp::TruncDiv,
        syn::BinOp::RemAssign(_) => BinaryOp::TruncRem,
        syn::BinOp::BitAndAssign(_) => BinaryOp::BitAnd,
        syn::BinOp::BitOrAssign(_) => BinaryOp::BitOr,
        syn::BinOp::BitXorAssign(_) => BinaryOp::BitXor,
        syn::BinOp::ShlAssign(_) => BinaryOp::Shl,
        syn::BinOp::ShrAssign(_) => BinaryOp::Shr,
        _ => return None,
    })
}

/// Whether statements may stand within an expression.
fn has_block(expr: &syn::Expr) -> bool {
    quote::ToTokens::to_token_stream(expr).to_string().contains('{')
}
