//! The part of Rust's deny-scan that needs the tree: items, impls, and names from outside.

use std::collections::BTreeSet;

use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::rust::Imports;
use super::rust_std::PRELUDE_FUNCTIONS;
use super::{Policy, Surroundings, Violation};
use crate::{Span, macro_args};

pub(super) fn scan_tree(file: &syn::File, imports: &Imports, policy: &Policy) -> Vec<Violation> {
    let mut names = Names::default();
    names.visit_file(file);
    let known = PRELUDE_FUNCTIONS.iter().map(|name| (*name).to_owned());
    names.bound.extend(known);
    names.bound.extend(imports.names.iter().cloned());
    for call in &policy.allowed_calls {
        names.bound.extend(call.rsplit("::").next().map(str::to_owned));
    }
    names.bound.extend(policy.types.iter().cloned());
    let around = policy.surroundings.as_ref();
    names.bound.extend(around.into_iter().flat_map(|around| around.names.iter().cloned()));
    let mut scan = Scan { names, has_glob: imports.has_glob, around, found: Vec::new() };
    scan.visit_file(file);
    scan.found
}

/// Every name that the text itself binds, wherever. That a use stands in the scope of its
/// binding is rustc's to judge; here it only matters what can come from outside.
#[derive(Default)]
struct Names {
    bound: BTreeSet<String>,
    types: BTreeSet<String>,
}

impl<'ast> Visit<'ast> for Names {
    fn visit_pat_ident(&mut self, pat: &'ast syn::PatIdent) {
        let name = pat.ident.unraw().to_string();
        // In a pattern, `LIMIT` compares with a constant.
        if !is_constant(&name) {
            self.bound.insert(name);
        }
        visit::visit_pat_ident(self, pat);
    }

    fn visit_item(&mut self, item: &'ast syn::Item) {
        let name = match item {
            syn::Item::Fn(item) => Some(&item.sig.ident),
            syn::Item::Const(item) => Some(&item.ident),
            syn::Item::Type(item) => Some(&item.ident),
            syn::Item::Struct(item) => {
                self.types.insert(item.ident.to_string());
                Some(&item.ident)
            }
            syn::Item::Enum(item) => {
                self.types.insert(item.ident.to_string());
                Some(&item.ident)
            }
            _ => None,
        };
        self.bound.extend(name.map(|name| name.unraw().to_string()));
        visit::visit_item(self, item);
    }

    fn visit_const_param(&mut self, param: &'ast syn::ConstParam) {
        self.bound.insert(param.ident.to_string());
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        if let Some(args) = macro_args::read(mac) {
            args.exprs.iter().for_each(|expr| self.visit_expr(expr));
            args.pats.iter().for_each(|pat| self.visit_pat(pat));
            self.bound.extend(args.named);
        }
    }
}

fn is_constant(name: &str) -> bool {
    name.len() > 1
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && !name.contains(|c: char| c.is_ascii_lowercase())
}

struct Scan<'a> {
    names: Names,
    has_glob: bool,
    /// The project around.
    around: Option<&'a Surroundings>,
    found: Vec<Violation>,
}

impl Scan<'_> {
    fn report(&mut self, construct: impl Into<String>, node: &impl Spanned, why: &str) {
        self.found.push(Violation {
            construct: construct.into(),
            span: Span::from(node.span().byte_range()),
            why: why.to_owned(),
        });
    }

    fn use_of(&mut self, ident: &proc_macro2::Ident) {
        let name = ident.unraw().to_string();
        if self.is_known(&name) {
            return;
        }
        self.report(name, ident, "is not defined in this function, nor given to it");
    }

    fn is_known(&self, name: &str) -> bool {
        // Constructors such as `Some`, unit structs, variants: types are harmless.
        let is_type = name.starts_with(|c: char| c.is_ascii_uppercase()) && !is_constant(name);
        is_type
            || name == "self"
            || self.names.bound.contains(name)
            || match self.around {
                // What a glob brings in is the project's, where that has it at all.
                Some(around) => {
                    self.has_glob && around.package.defines(name) && !around.leads_out(name)
                }
                None => self.has_glob && !is_constant(name),
            }
    }

    /// Names inside of a format text: `format!("{x}")`, `{:>width$}`.
    fn captures(&mut self, mac: &syn::Macro, args: &macro_args::MacroArgs) {
        let name = mac.path.segments.last().map(|last| last.ident.to_string());
        let at = match name.as_deref() {
            Some("format" | "panic" | "unreachable" | "format_args") => 0,
            Some("write" | "writeln" | "assert" | "debug_assert") => 1,
            Some("assert_eq" | "assert_ne" | "debug_assert_eq" | "debug_assert_ne") => 2,
            _ => return,
        };
        let Some(syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. })) =
            args.exprs.get(at)
        else {
            return;
        };
        for name in captured(&text.value()) {
            if !self.is_known(&name) {
                self.report(name, text, "is not defined in this function, nor given to it");
            }
        }
    }
}

/// The names that a format text takes from around it.
fn captured(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        rest = rest.get(open + 1..).unwrap_or("");
        if let Some(escaped) = rest.strip_prefix('{') {
            rest = escaped;
            continue;
        }
        let field = rest.split('}').next().unwrap_or("");
        let (name, spec) = field.split_once(':').unwrap_or((field, ""));
        names.push(name.trim().to_owned());
        let mut parts: Vec<&str> = spec.split('$').collect();
        parts.pop();
        for part in parts {
            let start =
                part.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_').map_or(0, |at| at + 1);
            names.push(part.get(start..).unwrap_or("").to_owned());
        }
    }
    names.retain(|name| name.starts_with(|c: char| c.is_alphabetic() || c == '_'));
    names
}

impl<'ast> Visit<'ast> for Scan<'_> {
    fn visit_expr(&mut self, expr: &'ast syn::Expr) {
        match expr {
            syn::Expr::Path(path) if path.qself.is_none() => {
                if let Some(ident) = path.path.get_ident() {
                    self.use_of(ident);
                }
            }
            syn::Expr::Verbatim(_) => self.report("expression", expr, "is not understood"),
            _ => {}
        }
        visit::visit_expr(self, expr);
    }

    fn visit_pat_ident(&mut self, pat: &'ast syn::PatIdent) {
        if is_constant(&pat.ident.unraw().to_string()) {
            self.use_of(&pat.ident);
        }
        visit::visit_pat_ident(self, pat);
    }

    fn visit_item(&mut self, item: &'ast syn::Item) {
        match item {
            syn::Item::Fn(_)
            | syn::Item::Const(_)
            | syn::Item::Struct(_)
            | syn::Item::Enum(_)
            | syn::Item::Type(_)
            | syn::Item::Use(_)
            | syn::Item::Trait(_)
            | syn::Item::Impl(_) => {}
            syn::Item::Static(_) => {
                self.report("static", item, "keeps state from one call to the next");
            }
            _ => self.report("item", item, "is no part of one plain function"),
        }
        visit::visit_item(self, item);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let is_local = match &*item.self_ty {
            syn::Type::Path(path) => path
                .path
                .get_ident()
                .is_some_and(|ident| self.names.types.contains(&ident.to_string())),
            _ => false,
        };
        let is_of_project = self.around.is_some_and(|around| {
            let name = match &*item.self_ty {
                syn::Type::Path(path) => path.path.segments.last().map(|it| it.ident.to_string()),
                _ => None,
            };
            name.is_none_or(|name| {
                around.has(&name)
                    || around.package.defines(&name)
                    || around.imports.iter().any(|(own, _)| *own == name)
            })
        });
        if !is_local || is_of_project {
            self.report("impl", item, "changes a type that is declared elsewhere");
        }
        let name = item
            .trait_
            .as_ref()
            .and_then(|(path, _)| path.segments.last())
            .map(|segment| segment.ident.to_string());
        if name.as_deref() == Some("Drop") {
            self.report("impl Drop", item, "runs code when nobody calls it");
        }
        visit::visit_item_impl(self, item);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        match macro_args::read(mac) {
            Some(args) => {
                args.exprs.iter().for_each(|expr| self.visit_expr(expr));
                args.pats.iter().for_each(|pat| self.visit_pat(pat));
                self.captures(mac, &args);
            }
            // Its words were judged one by one.
            None if mac.path.get_ident().is_some_and(|name| {
                let name = name.to_string();
                self.around.is_some_and(|around| around.macros.contains(&name))
            }) => {}
            None => self.report("macro", mac, "its arguments cannot be judged"),
        }
    }

    fn visit_type(&mut self, ty: &'ast syn::Type) {
        if let syn::Type::Verbatim(_) = ty {
            self.report("type", ty, "is not understood");
        }
        visit::visit_type(self, ty);
    }
}
