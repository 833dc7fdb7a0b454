//! The types that a project defines, looked up by name: [`Types`].

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use syn::visit::{self, Visit};

/// Files that are read for one function: each costs some milliseconds.
const FILES_MAX: usize = 24;

/// A type's shape and the functions that make it.
#[derive(Default, Clone)]
pub(super) struct Type {
    pub(super) generics: Vec<syn::TypeParam>,
    pub(super) shapes: Vec<Shape>,
    pub(super) has_default: bool,
    pub(super) makers: Vec<Maker>,
}

/// A struct, or one variant of an enumeration.
#[derive(Clone)]
pub(super) struct Shape {
    /// Behind `::`, for a variant.
    pub(super) variant: Option<String>,
    pub(super) fields: syn::Fields,
}

/// An associated function that gives the type, without `self`.
#[derive(Clone)]
pub(super) struct Maker {
    pub(super) name: String,
    pub(super) params: Vec<syn::Type>,
    /// It gives `Result` or `Option` of it.
    pub(super) is_wrapped: bool,
}

pub(super) struct Types<'a> {
    files: &'a [(String, String)],
    known: RefCell<BTreeMap<String, Option<Rc<Type>>>>,
    read: RefCell<BTreeMap<usize, Option<Rc<syn::File>>>>,
}

impl<'a> Types<'a> {
    pub(super) fn new(files: &'a [(String, String)]) -> Self {
        Self { files, known: RefCell::default(), read: RefCell::default() }
    }

    pub(super) fn find(&self, name: &str) -> Option<Rc<Type>> {
        if let Some(known) = self.known.borrow().get(name) {
            return known.clone();
        }
        let found = self.look(name).map(Rc::new);
        self.known.borrow_mut().insert(name.to_owned(), found.clone());
        found
    }

    fn look(&self, name: &str) -> Option<Type> {
        let mut found = Find { name, ty: None, default: false, makers: Vec::new() };
        let words = [format!("struct {name}"), format!("enum {name}")];
        for (at, (_, text)) in self.files.iter().enumerate() {
            let is_here = words.iter().any(|word| text.contains(word.as_str()))
                || (text.contains("impl") && text.contains(&format!("{name} {{")))
                || (text.contains("impl") && text.contains(&format!("{name}<")));
            if is_here && let Some(file) = self.file(at) {
                found.visit_file(&file);
            }
        }
        let mut ty = found.ty?;
        ty.has_default |= found.default;
        ty.makers = found.makers;
        Some(ty)
    }

    fn file(&self, at: usize) -> Option<Rc<syn::File>> {
        let mut read = self.read.borrow_mut();
        if let Some(known) = read.get(&at) {
            return known.clone();
        }
        if read.len() >= FILES_MAX {
            return None;
        }
        let file = self.files.get(at).and_then(|(_, text)| syn::parse_file(text).ok()).map(Rc::new);
        read.insert(at, file.clone());
        file
    }
}

struct Find<'a> {
    name: &'a str,
    ty: Option<Type>,
    default: bool,
    makers: Vec<Maker>,
}

impl Find<'_> {
    fn define(
        &mut self,
        generics: &syn::Generics,
        attributes: &[syn::Attribute],
        shapes: Vec<Shape>,
    ) {
        let params = generics.params.iter();
        let ty = Type {
            generics: params
                .filter_map(|param| match param {
                    syn::GenericParam::Type(param) => Some(param.clone()),
                    _ => None,
                })
                .collect(),
            shapes,
            has_default: attributes.iter().any(|one| {
                one.path().is_ident("derive")
                    && quote::ToTokens::to_token_stream(&one.meta).to_string().contains("Default")
            }),
            makers: Vec::new(),
        };
        self.ty.get_or_insert(ty);
    }

    /// How a result is of the type: `Some(true)` within `Result` or `Option`.
    fn gives(&self, output: &syn::ReturnType) -> Option<bool> {
        let is_own = |ty: &syn::Type| {
            last(ty).is_some_and(|segment| segment.ident == "Self" || segment.ident == self.name)
        };
        let syn::ReturnType::Type(_, ty) = output else { return None };
        if is_own(ty) {
            return Some(false);
        }
        let outer = last(ty).filter(|it| it.ident == "Result" || it.ident == "Option")?;
        let syn::PathArguments::AngleBracketed(args) = &outer.arguments else { return None };
        match args.args.first()? {
            syn::GenericArgument::Type(inner) if is_own(inner) => Some(true),
            _ => None,
        }
    }
}

impl<'ast> Visit<'ast> for Find<'_> {
    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        if item.ident == self.name {
            let shape = Shape { variant: None, fields: item.fields.clone() };
            self.define(&item.generics, &item.attrs, vec![shape]);
        }
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        if item.ident == self.name {
            let shapes = item.variants.iter().map(|variant| Shape {
                variant: Some(variant.ident.to_string()),
                fields: variant.fields.clone(),
            });
            self.define(&item.generics, &item.attrs, shapes.collect());
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if last(&item.self_ty).is_none_or(|segment| segment.ident != self.name) {
            return;
        }
        if let Some((of, _)) = &item.trait_ {
            self.default |= of.segments.last().is_some_and(|it| it.ident == "Default");
            return;
        }
        for inner in &item.items {
            let syn::ImplItem::Fn(function) = inner else { continue };
            let Some(is_wrapped) = self.gives(&function.sig.output) else { continue };
            let params = function.sig.inputs.iter().map(|input| match input {
                syn::FnArg::Typed(param) => Some((*param.ty).clone()),
                syn::FnArg::Receiver(_) => None,
            });
            let Some(params) = params.collect::<Option<Vec<_>>>() else { continue };
            let is_plain =
                function.sig.asyncness.is_none() && function.sig.generics.params.is_empty();
            if is_plain {
                let name = function.sig.ident.to_string();
                self.makers.push(Maker { name, params, is_wrapped });
            }
        }
    }

    // What stands inside of functions is nobody else's.
    fn visit_item_fn(&mut self, _: &'ast syn::ItemFn) {}

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let is_test = item.attrs.iter().any(|one| {
            one.path().is_ident("cfg")
                && quote::ToTokens::to_token_stream(&one.meta).to_string().contains("test")
        });
        if !is_test {
            visit::visit_item_mod(self, item);
        }
    }
}

/// The last part of a type's path.
pub(super) fn last(ty: &syn::Type) -> Option<&syn::PathSegment> {
    match ty {
        syn::Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        syn::Type::Paren(inner) => last(&inner.elem),
        syn::Type::Group(inner) => last(&inner.elem),
        _ => None,
    }
}
