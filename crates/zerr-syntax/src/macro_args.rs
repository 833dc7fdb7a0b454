//! The arguments of the standard macros as expressions: [`read`].
//!
//! # Invariants
//! - Arguments that do not read as expected are no arguments: callers refuse the macro.

use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, Pat, Token};

/// What a macro call holds.
#[derive(Default)]
pub(crate) struct MacroArgs {
    pub(crate) exprs: Vec<Expr>,
    /// The pattern of `matches!`.
    pub(crate) pats: Vec<Pat>,
    /// Names given to format arguments: `format!("{x}", x = 1)`.
    pub(crate) named: Vec<String>,
}

/// The arguments of a call of a standard macro; `None` where they do not read as such.
pub(crate) fn read(mac: &syn::Macro) -> Option<MacroArgs> {
    let name = mac.path.segments.last()?.ident.to_string();
    let tokens = mac.tokens.clone();
    match name.as_str() {
        "matches" => matches_args.parse2(tokens).ok(),
        // Only text comes of these, whatever they hold.
        "stringify" => Some(MacroArgs::default()),
        "vec" => vec_args.parse2(tokens).ok(),
        _ => {
            let args = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(tokens).ok()?;
            let mut read = MacroArgs::default();
            for arg in args {
                match arg {
                    Expr::Assign(assign) => {
                        if let Expr::Path(path) = &*assign.left
                            && let Some(ident) = path.path.get_ident()
                        {
                            read.named.push(ident.to_string());
                        }
                        read.exprs.push(*assign.right);
                    }
                    arg => read.exprs.push(arg),
                }
            }
            Some(read)
        }
    }
}

fn matches_args(input: ParseStream<'_>) -> syn::Result<MacroArgs> {
    let mut read = MacroArgs::default();
    read.exprs.push(input.parse()?);
    input.parse::<Token![,]>()?;
    read.pats.push(Pat::parse_multi_with_leading_vert(input)?);
    if input.peek(Token![if]) {
        input.parse::<Token![if]>()?;
        read.exprs.push(input.parse()?);
    }
    input.parse::<Option<Token![,]>>()?;
    Ok(read)
}

fn vec_args(input: ParseStream<'_>) -> syn::Result<MacroArgs> {
    let mut read = MacroArgs::default();
    while !input.is_empty() {
        read.exprs.push(input.parse()?);
        if input.peek(Token![;]) {
            input.parse::<Token![;]>()?;
        } else if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(read)
}
