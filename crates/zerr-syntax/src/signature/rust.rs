//! Rust signatures, read by `syn`.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{FnArg, GenericArgument, Pat, PathArguments, ReturnType, Type, TypePath};

use super::types::{FloatKind, IntKind, ListForm, MapForm, SetForm, TypeExpr};
use super::{Param, Signature, SignatureError};
use crate::tokens::{TokenFailure, render, with_tokens};
use crate::{Language, Span};

const FREE_FUNCTION: &str = "write a free function, such as `fn add(a: i32, b: i32) -> i32`";

pub(super) fn parse(text: &str) -> Result<Signature, SignatureError> {
    // A line that ends where its body would begin is the usual way to quote a signature.
    let head = text.trim_end();
    let head = match head.strip_suffix('{') {
        Some(rest) if !rest.contains('{') => rest,
        _ => head,
    };
    let read = with_tokens(head, |tokens| {
        head_of
            .parse2(tokens)
            .map_err(|error| {
                SignatureError::new(error.to_string(), error.span().byte_range(), FREE_FUNCTION)
            })
            .and_then(|head| read_head(&head))
    });
    match read {
        Ok(result) => result,
        Err(TokenFailure::Lex { message, span }) => {
            Err(SignatureError::new(message, span, FREE_FUNCTION))
        }
        Err(TokenFailure::TooDeep { span }) => {
            Err(SignatureError::new("types are nested too deeply", span, ""))
        }
    }
}

/// What stands before a body.
pub(crate) struct Head {
    vis: syn::Visibility,
    sig: syn::Signature,
}

fn head_of(input: ParseStream<'_>) -> syn::Result<Head> {
    syn::Attribute::parse_outer(input)?;
    let vis = input.parse()?;
    let sig = input.parse()?;
    // A body or a `;` may follow; what it holds is not this module's matter.
    if input.peek(syn::Token![;]) {
        input.parse::<syn::Token![;]>()?;
    } else if input.peek(syn::token::Brace) {
        input.parse::<proc_macro2::Group>()?;
    }
    if !input.is_empty() {
        return Err(input.error("text after the signature"));
    }
    Ok(Head { vis, sig })
}

fn read_head(head: &Head) -> Result<Signature, SignatureError> {
    read(&head.vis, &head.sig)
}

/// The signature of a parsed function.
pub(crate) fn read(
    vis: &syn::Visibility,
    sig: &syn::Signature,
) -> Result<Signature, SignatureError> {
    refuse_modifiers(sig)?;
    let name = sig.ident.to_string();
    let mut params: Vec<Param> = Vec::new();
    let mut params_text = Vec::new();
    for input in &sig.inputs {
        let (param, text) = read_param(input)?;
        if params.iter().any(|earlier| earlier.name == param.name) {
            return Err(SignatureError::new(
                format!("two parameters are named `{}`", param.name),
                span_of(input),
                "give each parameter its own name",
            ));
        }
        params_text.push(text);
        params.push(param);
    }
    let (returns, returns_text) = match &sig.output {
        ReturnType::Default => (TypeExpr::Unit, String::new()),
        ReturnType::Type(_, ty) => (read_type(ty), format!(" -> {}", rendered(ty))),
    };
    let vis_text = match vis {
        syn::Visibility::Inherited => String::new(),
        vis => format!("{} ", rendered(vis)),
    };
    let const_text = if sig.constness.is_some() { "const " } else { "" };
    let lifetimes =
        if sig.generics.params.is_empty() { String::new() } else { rendered(&sig.generics) };
    let params_text = params_text.join(", ");
    Ok(Signature {
        language: Language::Rust,
        text: format!("{vis_text}{const_text}fn {name}{lifetimes}({params_text}){returns_text}"),
        name,
        params,
        returns,
    })
}

fn refuse_modifiers(sig: &syn::Signature) -> Result<(), SignatureError> {
    let refuse = |what: &str, span: Span, hint: &str| {
        Err(SignatureError::new(format!("{what} are not supported"), span, hint))
    };
    if let Some(token) = &sig.asyncness {
        return refuse("async functions", span_of(token), "write a plain function");
    }
    if let syn::Safety::Unsafe(token) = &sig.safety {
        return refuse("unsafe functions", span_of(token), "write a safe function");
    }
    if let Some(abi) = &sig.abi {
        return refuse("extern functions", span_of(abi), "write a plain function");
    }
    if let Some(variadic) = &sig.variadic {
        return refuse("variadic functions", span_of(variadic), "take a slice");
    }
    if let Some(param) =
        sig.generics.params.iter().find(|param| !matches!(param, syn::GenericParam::Lifetime(_)))
    {
        return refuse("generic functions", span_of(param), "name the types");
    }
    if let Some(clause) = &sig.generics.where_clause {
        return refuse("where clauses", span_of(clause), "name the types");
    }
    Ok(())
}

fn read_param(input: &FnArg) -> Result<(Param, String), SignatureError> {
    let typed = match input {
        FnArg::Typed(typed) => typed,
        FnArg::Receiver(receiver) => {
            return Err(SignatureError::new(
                "methods are not supported",
                span_of(receiver),
                "write a free function that takes the value as a parameter",
            ));
        }
    };
    let Pat::Ident(pat) = &*typed.pat else {
        return Err(SignatureError::new(
            format!("parameter `{}` is a pattern", rendered(&typed.pat)),
            span_of(&typed.pat),
            "give the parameter a plain name",
        ));
    };
    if pat.by_ref.is_some() || pat.subpat.is_some() {
        return Err(SignatureError::new(
            format!("parameter `{}` is a pattern", rendered(pat)),
            span_of(pat),
            "give the parameter a plain name",
        ));
    }
    let name = pat.ident.to_string();
    let ty = read_type(&typed.ty);
    let text = format!("{name}: {}", rendered(&typed.ty));
    Ok((Param { name, mutable_ref: ty.is_mutable_ref(), ty }, text))
}

/// The neutral form of a Rust type; what has none is kept as text.
pub(crate) fn read_type(ty: &Type) -> TypeExpr {
    match ty {
        Type::Paren(paren) => read_type(&paren.elem),
        Type::Group(group) => read_type(&group.elem),
        Type::Tuple(tuple) if tuple.elems.is_empty() => TypeExpr::Unit,
        Type::Tuple(tuple) => TypeExpr::Tuple(tuple.elems.iter().map(read_type).collect()),
        Type::Array(array) => match array_length(&array.len) {
            Some(length) => TypeExpr::List {
                item: Box::new(read_type(&array.elem)),
                form: ListForm::Array(length),
            },
            None => opaque(ty),
        },
        Type::Reference(reference) => read_reference(reference),
        Type::Path(path) => read_path(path).unwrap_or_else(|| opaque(ty)),
        _ => opaque(ty),
    }
}

fn read_reference(reference: &syn::TypeReference) -> TypeExpr {
    let mutable = reference.mutability.is_some();
    let mut elem = &*reference.elem;
    while let Type::Paren(paren) = elem {
        elem = &paren.elem;
    }
    if let Type::Slice(slice) = elem {
        let form = if mutable { ListForm::MutSlice } else { ListForm::Slice };
        return TypeExpr::List { item: Box::new(read_type(&slice.elem)), form };
    }
    if !mutable && matches!(elem, Type::Path(path) if plain_name(path).as_deref() == Some("str")) {
        return TypeExpr::Str { owned: false };
    }
    match read_type(elem) {
        TypeExpr::List { item, form: ListForm::Vec } if mutable => {
            TypeExpr::List { item, form: ListForm::MutVec }
        }
        inner => TypeExpr::Ref { mutable, inner: Box::new(inner) },
    }
}

/// The last segment of `T` and of `std::…::T`, where nothing before it has arguments.
fn plain_name(path: &TypePath) -> Option<String> {
    if path.qself.is_some() {
        return None;
    }
    let segments = &path.path.segments;
    let last = segments.last()?;
    if segments.len() > 1 {
        let first = &segments.first()?.ident;
        let plain = segments.iter().rev().skip(1).all(|segment| segment.arguments.is_empty());
        if !plain || !["std", "core", "alloc"].iter().any(|root| first == root) {
            return None;
        }
    } else if path.path.leading_colon.is_some() {
        return None;
    }
    Some(last.ident.to_string())
}

fn read_path(path: &TypePath) -> Option<TypeExpr> {
    let name = plain_name(path)?;
    let arguments: Vec<&Type> = match &path.path.segments.last()?.arguments {
        PathArguments::None => Vec::new(),
        PathArguments::AngleBracketed(arguments) => arguments
            .args
            .iter()
            .filter(|argument| !matches!(argument, GenericArgument::Lifetime(_)))
            .map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
            .collect::<Option<_>>()?,
        PathArguments::Parenthesized(_) => return None,
    };
    let boxed = |ty: &Type| Box::new(read_type(ty));
    Some(match (name.as_str(), arguments.as_slice()) {
        ("bool", []) => TypeExpr::Bool,
        ("char", []) => TypeExpr::Char,
        ("f32", []) => TypeExpr::Float(FloatKind::F32),
        ("f64", []) => TypeExpr::Float(FloatKind::F64),
        ("String", []) => TypeExpr::Str { owned: true },
        ("Vec", [item]) => TypeExpr::List { item: boxed(item), form: ListForm::Vec },
        ("HashMap", [key, value]) => {
            TypeExpr::Map { key: boxed(key), value: boxed(value), form: MapForm::Hash }
        }
        ("BTreeMap", [key, value]) => {
            TypeExpr::Map { key: boxed(key), value: boxed(value), form: MapForm::BTree }
        }
        ("HashSet", [item]) => TypeExpr::Set { item: boxed(item), form: SetForm::Hash },
        ("BTreeSet", [item]) => TypeExpr::Set { item: boxed(item), form: SetForm::BTree },
        ("Option", [item]) => TypeExpr::Option(boxed(item)),
        ("Result", [ok, err]) => TypeExpr::Result { ok: boxed(ok), err: boxed(err) },
        // Types of the standard library that have no encoding as a value.
        ("str" | "Self", []) => return None,
        (_, []) if path.path.segments.len() == 1 => {
            IntKind::from_rust_name(&name).map_or(TypeExpr::Named(name), TypeExpr::Int)
        }
        (_, []) => TypeExpr::Int(IntKind::from_rust_name(&name)?),
        _ => return None,
    })
}

fn array_length(length: &syn::Expr) -> Option<usize> {
    match length {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(int), .. }) => int.base10_parse().ok(),
        _ => None,
    }
}

fn opaque(ty: &Type) -> TypeExpr {
    TypeExpr::Opaque(rendered(ty))
}

fn rendered(tokens: &impl quote::ToTokens) -> String {
    let mut stream = TokenStream::new();
    tokens.to_tokens(&mut stream);
    render(stream)
}

fn span_of(node: &impl Spanned) -> Span {
    Span::from(node.span().byte_range())
}
