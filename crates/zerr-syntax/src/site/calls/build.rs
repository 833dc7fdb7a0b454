//! Values of a type, as expressions: [`Builder`].

use std::collections::BTreeMap;

use super::Owner;
use super::types::{Shape, Type, Types, last};

/// Values of one type at most.
const VALUES_MAX: usize = 6;

/// How many types lie inside of each other.
const DEPTH_MAX: usize = 4;

/// What stands for a type parameter.
const STAND_IN: &str = "i64";

pub(super) struct Builder<'a> {
    types: &'a Types<'a>,
    /// `Self`.
    owner: Option<syn::Type>,
    /// Type parameters, and what stands for them.
    params: BTreeMap<String, Option<syn::Type>>,
    /// The function that is called makes no arguments.
    forbidden: String,
}

impl<'a> Builder<'a> {
    pub(super) fn new(types: &'a Types<'a>, owner: Option<&Owner>) -> Self {
        let mut builder = Self {
            types,
            owner: owner.map(|owner| owner.of.clone()),
            params: BTreeMap::new(),
            forbidden: String::new(),
        };
        for param in owner.iter().flat_map(|owner| &owner.generics.params) {
            if let syn::GenericParam::Type(param) = param {
                builder.instantiate(param);
            }
        }
        builder
    }

    pub(super) fn forbid(&mut self, function: &str) {
        function.clone_into(&mut self.forbidden);
    }

    /// A number stands for a type that may be any; nothing for one that is called or iterated over.
    pub(super) fn instantiate(&mut self, param: &syn::TypeParam) {
        let is_number = param.bounds.iter().all(|bound| match bound {
            syn::TypeParamBound::Trait(bound) => {
                bound.path.segments.last().is_none_or(|it| it.arguments.is_none())
            }
            _ => true,
        });
        let stand_in = is_number.then(|| syn::parse_str(STAND_IN).ok()).flatten();
        self.params.insert(param.ident.to_string(), stand_in);
    }

    /// A type as it can be written outside of its `impl`.
    pub(super) fn written(&self, ty: &syn::Type) -> String {
        quote::ToTokens::to_token_stream(&self.concrete(ty)).to_string().replace(' ', "")
    }

    fn concrete(&self, ty: &syn::Type) -> syn::Type {
        struct Put<'b>(&'b BTreeMap<String, Option<syn::Type>>);
        impl syn::visit_mut::VisitMut for Put<'_> {
            fn visit_type_mut(&mut self, ty: &mut syn::Type) {
                let name = last(ty).map(|it| it.ident.to_string());
                if let Some(Some(put)) = name.and_then(|name| self.0.get(&name)) {
                    *ty = put.clone();
                    return;
                }
                syn::visit_mut::visit_type_mut(self, ty);
            }

            fn visit_lifetime_mut(&mut self, lifetime: &mut syn::Lifetime) {
                lifetime.ident = quote::format_ident!("_");
            }
        }
        let mut ty = ty.clone();
        syn::visit_mut::VisitMut::visit_type_mut(&mut Put(&self.params), &mut ty);
        ty
    }

    /// Expressions that are worth a value of the type; none where nobody knows how.
    pub(super) fn values(&self, ty: &syn::Type) -> Vec<String> {
        let mut values = self.of(ty, DEPTH_MAX);
        values.truncate(VALUES_MAX);
        values
    }

    fn of(&self, ty: &syn::Type, depth: usize) -> Vec<String> {
        let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
        match ty {
            syn::Type::Paren(inner) => self.of(&inner.elem, depth + 1),
            syn::Type::Group(inner) => self.of(&inner.elem, depth + 1),
            syn::Type::Reference(lent) if lent.mutability.is_none() => self.lent(&lent.elem, depth),
            syn::Type::Tuple(parts) => {
                let parts: Vec<Vec<String>> =
                    parts.elems.iter().map(|part| self.of(part, depth)).collect();
                let wrap = |all: Vec<String>| match all.as_slice() {
                    [] => "()".to_owned(),
                    [one] => format!("({one},)"),
                    all => format!("({})", all.join(", ")),
                };
                in_step(&parts).into_iter().map(wrap).collect()
            }
            syn::Type::Array(array) => self.array(array, depth),
            syn::Type::Path(_) => self.named(ty, depth),
            _ => Vec::new(),
        }
    }

    fn lent(&self, ty: &syn::Type, depth: usize) -> Vec<String> {
        match ty {
            syn::Type::Slice(slice) => lists(&self.of(&slice.elem, depth))
                .into_iter()
                .map(|list| if list == "[]" { "&[]".to_owned() } else { format!("&{list}[..]") })
                .collect(),
            _ => match last(ty).map(|it| it.ident.to_string()).as_deref() {
                Some("str") => texts(),
                Some("Path") => {
                    let path = |text: &str| format!("__zerr_std::path::Path::new({text:?})");
                    ["", "a/b.txt", "/c"].map(path).to_vec()
                }
                _ => self.of(ty, depth + 1).into_iter().map(|it| format!("&{it}")).collect(),
            },
        }
    }

    fn array(&self, array: &syn::TypeArray, depth: usize) -> Vec<String> {
        let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(length), .. }) = &array.len else {
            return Vec::new();
        };
        let Some(length @ 0..=16) = length.base10_parse::<usize>().ok() else { return Vec::new() };
        let items = self.of(&array.elem, depth);
        if items.is_empty() {
            return Vec::new();
        }
        let from = |first: usize| {
            let all: Vec<&str> = (0..length)
                .filter_map(|at| items.get((first + at) % items.len()))
                .map(String::as_str)
                .collect();
            format!("[{}]", all.join(", "))
        };
        (0..items.len()).map(from).collect()
    }

    fn named(&self, ty: &syn::Type, depth: usize) -> Vec<String> {
        let Some(segment) = last(ty) else { return Vec::new() };
        let name = segment.ident.to_string();
        if let Some(put) = self.params.get(&name) {
            // What stands for it may be a parameter again: every step costs depth.
            return put.as_ref().map_or_else(Vec::new, |put| self.of(put, depth));
        }
        if name == "Self" {
            let owner = self.owner.clone();
            return owner.map_or_else(Vec::new, |owner| self.of(&owner, depth + 1));
        }
        let inner: Vec<&syn::Type> = match &segment.arguments {
            syn::PathArguments::AngleBracketed(args) => args
                .args
                .iter()
                .filter_map(|arg| match arg {
                    syn::GenericArgument::Type(inner) => Some(inner),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        let numbers = |all: &[&str]| all.iter().map(|it| format!("{it}{name}")).collect();
        let std = |path: &str| format!("__zerr_std::{path}");
        match (name.as_str(), inner.as_slice()) {
            ("i8" | "i16" | "i32" | "i64" | "i128" | "isize", []) => {
                let mut all: Vec<String> = numbers(&["0", "1", "-1", "2", "7", "100"]);
                for value in &mut all {
                    if value.starts_with('-') {
                        *value = format!("({value})");
                    }
                }
                all
            }
            ("u8" | "u16" | "u32" | "u64" | "u128" | "usize", []) => {
                numbers(&["0", "1", "2", "3", "10", "200"])
            }
            ("f32" | "f64", []) => {
                let mut all: Vec<String> = numbers(&["0.0", "1.0", "2.5", "100.0"]);
                all.insert(2, format!("(-1.5{name})"));
                all
            }
            ("bool", []) => ["false", "true"].map(str::to_owned).to_vec(),
            ("char", []) => ["'a'", "'Z'", "'0'", "' '", "'é'"].map(str::to_owned).to_vec(),
            ("String", []) => {
                let owned = std("string::String::from");
                texts().into_iter().map(|text| format!("{owned}({text})")).collect()
            }
            ("PathBuf", []) => {
                let owned = std("path::PathBuf::from");
                ["\"\"", "\"a/b.txt\""].map(|text| format!("{owned}({text})")).to_vec()
            }
            ("Duration", []) => {
                let of = std("time::Duration::from_millis");
                ["0", "1500", "86400000"].map(|ms| format!("{of}({ms})")).to_vec()
            }
            ("Option", [inner]) => {
                let some = self.of(inner, depth).into_iter().take(VALUES_MAX - 1);
                std::iter::once("None".to_owned())
                    .chain(some.map(|it| format!("Some({it})")))
                    .collect()
            }
            ("Result", [good, rest @ ..]) => {
                let good = self.of(good, depth).into_iter().take(3).map(|it| format!("Ok({it})"));
                let bad = rest.first().map_or_else(Vec::new, |bad| self.of(bad, depth));
                good.chain(bad.into_iter().take(2).map(|it| format!("Err({it})"))).collect()
            }
            ("Box", [inner]) => self.wrapped(inner, depth, &std("boxed::Box::new")),
            ("Rc", [inner]) => self.wrapped(inner, depth, &std("rc::Rc::new")),
            ("Arc", [inner]) => self.wrapped(inner, depth, &std("sync::Arc::new")),
            ("Cell" | "RefCell", [inner]) => {
                self.wrapped(inner, depth, &std(&format!("cell::{name}::new")))
            }
            ("Vec", [inner]) => {
                let lists = lists(&self.of(inner, depth));
                lists.into_iter().map(|list| format!("vec!{list}")).collect()
            }
            ("VecDeque" | "BTreeSet" | "HashSet" | "BinaryHeap", [inner, ..]) => {
                let from = std(&format!("collections::{name}::from"));
                let lists = lists(&self.of(inner, depth));
                lists.into_iter().map(|list| format!("{from}({list})")).collect()
            }
            ("BTreeMap" | "HashMap", [key, value, ..]) => {
                let from = std(&format!("collections::{name}::from"));
                let pairs = in_step(&[self.of(key, depth), self.of(value, depth)]);
                let pairs: Vec<String> =
                    pairs.into_iter().map(|pair| format!("({})", pair.join(", "))).collect();
                // A key stands once.
                let lists = lists(&pairs).into_iter().take(4);
                lists.map(|list| format!("{from}({list})")).collect()
            }
            _ => self.own(ty, &name, &inner, depth),
        }
    }

    fn wrapped(&self, inner: &syn::Type, depth: usize, with: &str) -> Vec<String> {
        self.of(inner, depth).into_iter().map(|it| format!("{with}({it})")).collect()
    }

    /// Values of a type of the project.
    fn own(&self, ty: &syn::Type, name: &str, args: &[&syn::Type], depth: usize) -> Vec<String> {
        let Some(found) = self.types.find(name) else { return Vec::new() };
        let mut inside = Builder {
            types: self.types,
            owner: Some(ty.clone()),
            params: self.params.clone(),
            forbidden: self.forbidden.clone(),
        };
        for (at, param) in found.generics.iter().enumerate() {
            match args.get(at) {
                Some(arg) => {
                    // A parameter that nothing stands for has no values inside, either.
                    let is_open = last(arg).is_some_and(|it| {
                        self.params.get(&it.ident.to_string()).is_some_and(Option::is_none)
                    });
                    let put = (!is_open).then(|| self.concrete(arg));
                    inside.params.insert(param.ident.to_string(), put);
                }
                None => inside.instantiate(param),
            }
        }
        let path = format!("<{}>", self.written(ty));
        let plain = path.trim_start_matches('<').trim_end_matches('>');
        let plain = plain.split('<').next().unwrap_or(name);
        inside.made(&found, &path, plain, depth)
    }

    fn made(&self, found: &Type, path: &str, plain: &str, depth: usize) -> Vec<String> {
        let mut values = Vec::new();
        let is_struct = found.shapes.iter().all(|shape| shape.variant.is_none());
        if is_struct {
            let makers = found.makers.iter().filter(|maker| maker.name != self.forbidden);
            let each = makers.map(|maker| {
                let params: Vec<Vec<String>> =
                    maker.params.iter().map(|param| self.of(param, depth)).collect();
                let end = if maker.is_wrapped { ").unwrap()" } else { ")" };
                let made = in_step(&params);
                let call = |args: Vec<String>| {
                    format!("{}::{}({}{end}", shown_path(path, plain), maker.name, args.join(", "))
                };
                made.into_iter().map(call).collect::<Vec<String>>()
            });
            let each: Vec<Vec<String>> = each.collect();
            // One of each maker, then more of each.
            let most = each.iter().map(Vec::len).max().unwrap_or(0);
            values.extend(
                (0..most).flat_map(|at| each.iter().filter_map(move |made| made.get(at)).cloned()),
            );
            if values.is_empty() && found.has_default {
                values
                    .push(format!("<{} as __zerr_std::default::Default>::default()", inner(path)));
            }
            // Fields tell nothing of what their type promises: where there is another way, that is gone.
            if !found.makers.is_empty() && !values.is_empty() {
                return values;
            }
        }
        let each: Vec<Vec<String>> =
            found.shapes.iter().map(|shape| self.shaped(shape, plain, depth)).collect();
        let most = each.iter().map(Vec::len).max().unwrap_or(0);
        for at in 0..most {
            values.extend(each.iter().filter_map(|made| made.get(at)).cloned());
        }
        values
    }

    fn shaped(&self, shape: &Shape, plain: &str, depth: usize) -> Vec<String> {
        let name = match &shape.variant {
            Some(variant) => format!("{plain}::{variant}"),
            None => plain.to_owned(),
        };
        let fields: Vec<Vec<String>> =
            shape.fields.iter().map(|field| self.of(&field.ty, depth)).collect();
        let named: Vec<String> = shape
            .fields
            .iter()
            .filter_map(|field| field.ident.as_ref().map(ToString::to_string))
            .collect();
        let put = |values: Vec<String>| match &shape.fields {
            syn::Fields::Unit => name.clone(),
            syn::Fields::Unnamed(_) => format!("{name}({})", values.join(", ")),
            syn::Fields::Named(_) => {
                let all = named.iter().zip(&values).map(|(name, value)| format!("{name}: {value}"));
                format!("{name} {{ {} }}", all.collect::<Vec<_>>().join(", "))
            }
        };
        in_step(&fields).into_iter().map(put).collect()
    }
}

/// Without parameters a type's name is enough.
fn shown_path<'p>(path: &'p str, plain: &'p str) -> &'p str {
    if inner(path) == plain { plain } else { path }
}

fn inner(path: &str) -> &str {
    path.strip_prefix('<').and_then(|it| it.strip_suffix('>')).unwrap_or(path)
}

fn texts() -> Vec<String> {
    ["", "a", "Hello World", "a,b", "12", "ß é"].map(|text| format!("{text:?}")).to_vec()
}

/// Lists of no, one, and several items, also equal ones and backwards.
fn lists(items: &[String]) -> Vec<String> {
    let Some(first) = items.first() else { return Vec::new() };
    let list = |all: Vec<&str>| format!("[{}]", all.join(", "));
    let some: Vec<&str> = items.iter().take(4).map(String::as_str).collect();
    let mut back = some.clone();
    back.reverse();
    // An empty one tells no type of its items, which all others do.
    let mut found = vec![list(vec![first]), list(some.clone()), "[]".to_owned(), list(back)];
    if some.len() > 1 {
        found.push(list(vec![first, first]));
        found.push(list(some.iter().rev().take(2).copied().collect()));
    }
    found.dedup();
    found
}

/// The first values together, then the second ones, and so on; none where one part has none.
fn in_step(parts: &[Vec<String>]) -> Vec<Vec<String>> {
    if parts.iter().any(Vec::is_empty) {
        return Vec::new();
    }
    let most = parts.iter().map(Vec::len).max().unwrap_or(1);
    let at = |row: usize| {
        // Parts of one kind shall not always be equal.
        let of =
            |(place, part): (usize, &Vec<String>)| part.get((row + place) % part.len()).cloned();
        parts.iter().enumerate().filter_map(of).collect()
    };
    (0..most).map(at).collect()
}
