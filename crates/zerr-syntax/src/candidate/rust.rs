//! Rust replies, judged by `syn`.

use proc_macro2::{Spacing, TokenStream};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::{Expected, Flaw, Function, Literals, set_of, without_trailing_blanks};
use crate::deny::{self, Policy};
use crate::signature;
use crate::tokens::{Flat, FlatKind, TokenFailure, flatten, render, with_tokens};
use crate::{Span, macro_args};

pub(super) fn parse(text: &str, expected: Expected<'_>, policy: &Policy) -> Result<Function, Flaw> {
    let kept = read(text, |tokens| multi_line_literals(&tokens))?;
    let source = without_trailing_blanks(text, &kept);
    read(&source, |tokens| judge(&tokens, &source, expected, policy))?
}

fn read<T>(text: &str, judge: impl FnOnce(TokenStream) -> T) -> Result<T, Flaw> {
    with_tokens(text, judge).map_err(|failure| match failure {
        TokenFailure::Lex { message, span } => Flaw::NoParse { message, span },
        TokenFailure::TooDeep { span } => Flaw::TooDeep { span },
    })
}

fn multi_line_literals(tokens: &TokenStream) -> Vec<Span> {
    flatten(tokens)
        .into_iter()
        .filter(|token| matches!(&token.kind, FlatKind::Literal(text) if text.contains('\n')))
        .map(|token| token.span)
        .collect()
}

fn judge(
    tokens: &TokenStream,
    source: &str,
    expected: Expected<'_>,
    policy: &Policy,
) -> Result<Function, Flaw> {
    let file = syn::parse2::<syn::File>(tokens.clone()).map_err(|error| Flaw::NoParse {
        message: error.to_string(),
        span: error.span().byte_range().into(),
    })?;
    let item = only_function(&file)?;
    let found = item.sig.ident.to_string();
    if found != expected.name() {
        return Err(Flaw::OtherName { found });
    }
    let matches = match expected {
        Expected::Shape(expected) => signature::read_rust(&item.vis, &item.sig)
            .is_ok_and(|signature| signature.same_shape(expected)),
        // Who may see it is the file's to say.
        Expected::Head { head, .. } => syn::parse_str::<syn::ImplItemFn>(&format!("{head} {{}}"))
            .is_ok_and(|asked| shown(&asked.sig) == shown(&item.sig)),
    };
    if !matches {
        return Err(Flaw::SignatureDiffers { found: shown(&item.sig) });
    }
    let from = expected.judged_from(item.block.span().byte_range().start);
    let mut violations = deny::scan_rust(tokens, &file, policy).into_iter();
    if let Some(violation) = violations.find(|violation| violation.span.start >= from) {
        return Err(violation.into());
    }
    let flat = flatten(tokens);
    let mut facts = Facts::default();
    facts.visit_block(&item.block);
    if let Some(span) = facts.idle {
        return Err(Flaw::NoEffect { statement: span.text(source).to_owned(), span });
    }
    let calls = set_of(facts.calls);
    Ok(Function {
        source: source.to_owned(),
        normal_form: normal_form(&flat),
        literals: literals(&flat),
        is_recursive: facts.names.contains(&found),
        calls,
        body_span: item.block.span().byte_range().into(),
    })
}

fn shown(signature: &syn::Signature) -> String {
    let mut stream = TokenStream::new();
    quote::ToTokens::to_tokens(signature, &mut stream);
    render(stream)
}

fn only_function(file: &syn::File) -> Result<&syn::ItemFn, Flaw> {
    let mut functions = file.items.iter().filter_map(|item| match item {
        syn::Item::Fn(item) => Some(item),
        _ => None,
    });
    let Some(first) = functions.next() else { return Err(Flaw::NoFunction) };
    let rest: Vec<&syn::ItemFn> = functions.collect();
    if !rest.is_empty() {
        let names = [first].into_iter().chain(rest).map(|item| item.sig.ident.to_string());
        return Err(Flaw::SeveralFunctions { names: names.collect() });
    }
    if let Some(extra) = file.items.iter().find(|item| !matches!(item, syn::Item::Fn(_))) {
        let what = match extra {
            syn::Item::Use(_) => "an import",
            syn::Item::Struct(_) | syn::Item::Enum(_) | syn::Item::Type(_) => "a type",
            syn::Item::Impl(_) | syn::Item::Trait(_) => "an impl or trait",
            syn::Item::Macro(_) => "a macro",
            syn::Item::Const(_) | syn::Item::Static(_) => "a constant",
            _ => "another item",
        };
        let span = extra.span().byte_range().into();
        return Err(Flaw::ExtraItem { what: what.to_owned(), span });
    }
    if let Some(attribute) = file.attrs.first() {
        let span = attribute.span().byte_range().into();
        return Err(Flaw::ExtraItem { what: "an inner attribute".to_owned(), span });
    }
    Ok(first)
}

/// Tokens with one space between them, doc comments left out.
fn normal_form(flat: &[Flat]) -> String {
    let mut out = String::new();
    let mut index = 0;
    while let Some(token) = flat.get(index) {
        if let Some(end) = doc_attribute(flat, index) {
            index = end;
            continue;
        }
        match &token.kind {
            FlatKind::Word(text) | FlatKind::Literal(text) => {
                out.push_str(text);
                out.push(' ');
            }
            FlatKind::Punct('\'', _) => out.push('\''),
            FlatKind::Punct(..) => {
                let operator = operator(flat, index);
                out.push_str(&operator);
                out.push(' ');
                index += operator.len();
                continue;
            }
            FlatKind::Open(character) | FlatKind::Close(character) => {
                out.push(*character);
                out.push(' ');
            }
        }
        index += 1;
    }
    out.truncate(out.trim_end().len());
    out
}

/// The longest operator of characters that belong together here.
fn operator(flat: &[Flat], index: usize) -> String {
    const OPERATORS: &[&str] = &[
        "<<=", ">>=", "...", "..=", "::", "->", "=>", "&&", "||", "==", "!=", "<=", ">=", "+=",
        "-=", "*=", "/=", "%=", "^=", "&=", "|=", "<<", ">>", "..",
    ];
    let mut run = String::new();
    for token in flat.iter().skip(index).take(3) {
        let FlatKind::Punct(character, spacing) = token.kind else { break };
        run.push(character);
        if spacing == Spacing::Alone {
            break;
        }
    }
    let longest = OPERATORS.iter().find(|operator| run.starts_with(**operator));
    match longest {
        Some(operator) => (*operator).to_owned(),
        None => run.chars().take(1).collect(),
    }
}

/// Where `#[doc = "…"]` ends, if it starts here.
fn doc_attribute(flat: &[Flat], index: usize) -> Option<usize> {
    if !flat.get(index)?.is_punct('#') {
        return None;
    }
    let open = index + 1 + usize::from(flat.get(index + 1)?.is_punct('!'));
    let fits = matches!(flat.get(open)?.kind, FlatKind::Open('['))
        && flat.get(open + 1)?.word() == Some("doc")
        && matches!(flat.get(open + 4)?.kind, FlatKind::Close(']'));
    fits.then_some(open + 5)
}

fn literals(flat: &[Flat]) -> Literals {
    let mut found = Literals::default();
    let mut index = 0;
    while let Some(token) = flat.get(index) {
        if let Some(end) = doc_attribute(flat, index) {
            index = end;
            continue;
        }
        if let FlatKind::Literal(text) = &token.kind {
            let sign = if is_negated(flat, index) { "-" } else { "" };
            literal(text, sign, &mut found);
        }
        index += 1;
    }
    Literals {
        ints: set_of(found.ints),
        floats: set_of(found.floats),
        strings: set_of(found.strings),
        chars: set_of(found.chars),
    }
}

/// A minus that does not subtract from something before it.
fn is_negated(flat: &[Flat], index: usize) -> bool {
    let Some(minus) = index.checked_sub(1) else { return false };
    if !flat.get(minus).is_some_and(|token| token.is_punct('-')) {
        return false;
    }
    match minus.checked_sub(1).and_then(|before| flat.get(before)).map(|token| &token.kind) {
        Some(FlatKind::Word(word)) => matches!(word.as_str(), "return" | "in" | "if" | "else"),
        Some(FlatKind::Literal(_) | FlatKind::Close(_)) => false,
        _ => true,
    }
}

fn literal(text: &str, sign: &str, found: &mut Literals) {
    let Ok(literal) = syn::parse_str::<syn::Lit>(text) else { return };
    match literal {
        syn::Lit::Int(int) => found.ints.push(format!("{sign}{}", int.base10_digits())),
        syn::Lit::Float(float) => found.floats.push(format!("{sign}{}", float.base10_digits())),
        syn::Lit::Str(string) => found.strings.push(string.value()),
        syn::Lit::Char(character) => found.chars.push(character.value()),
        syn::Lit::Byte(byte) => found.ints.push(byte.value().to_string()),
        syn::Lit::ByteStr(bytes) => found.strings.extend(String::from_utf8(bytes.value()).ok()),
        _ => {}
    }
}

#[derive(Default)]
struct Facts {
    calls: Vec<String>,
    /// Every path of one name.
    names: Vec<String>,
    /// The first statement that only makes a value.
    idle: Option<Span>,
}

/// Whether a statement that is this and a semicolon does nothing; what may panic or call does something.
fn is_idle(expr: &syn::Expr) -> bool {
    match expr {
        syn::Expr::Lit(_) | syn::Expr::Path(_) => true,
        syn::Expr::Paren(inner) => is_idle(&inner.expr),
        syn::Expr::Macro(mac) => is_idle_macro(&mac.mac),
        syn::Expr::Binary(binary) => {
            let compares = matches!(
                binary.op,
                syn::BinOp::Eq(_)
                    | syn::BinOp::Ne(_)
                    | syn::BinOp::Lt(_)
                    | syn::BinOp::Le(_)
                    | syn::BinOp::Gt(_)
                    | syn::BinOp::Ge(_)
            );
            compares && is_idle(&binary.left) && is_idle(&binary.right)
        }
        _ => false,
    }
}

fn is_idle_macro(mac: &syn::Macro) -> bool {
    let makes_a_value = ["format", "concat", "stringify"].iter().any(|own| mac.path.is_ident(own));
    makes_a_value && macro_args::read(mac).is_none_or(|args| args.exprs.iter().all(is_idle))
}

impl<'ast> Visit<'ast> for Facts {
    fn visit_stmt(&mut self, statement: &'ast syn::Stmt) {
        let idle = match statement {
            syn::Stmt::Expr(expr, Some(_)) => is_idle(expr),
            syn::Stmt::Macro(mac) if mac.semi_token.is_some() => is_idle_macro(&mac.mac),
            _ => false,
        };
        if idle && self.idle.is_none() {
            self.idle = Some(statement.span().byte_range().into());
        }
        visit::visit_stmt(self, statement);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let syn::Expr::Path(path) = &*call.func
            && let Some(ident) = path.path.get_ident()
            && ident.to_string().starts_with(|c: char| c.is_lowercase() || c == '_')
        {
            self.calls.push(ident.to_string());
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        self.names.extend(path.path.get_ident().map(ToString::to_string));
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        if let Some(args) = macro_args::read(mac) {
            args.exprs.iter().for_each(|expr| self.visit_expr(expr));
        }
    }
}
