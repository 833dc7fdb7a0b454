//! Calls of a Rust function with arguments that its project's own types allow, and the code that makes
//! them: [`calls`], [`with_calls`].
//!
//! Values of the project's types come from their constructors, else from `Default`, else from their
//! fields. Whether a call compiles is for the compiler to say: names are not resolved here.

mod build;
mod types;

use std::fmt::Write as _;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use syn::spanned::Spanned as _;

use self::build::Builder;
use self::types::Types;
use super::Site;
use crate::{Language, Span};

/// The environment variable with the file that calls write what came of them to.
pub const CALLS_VARIABLE: &str = "ZERR_CALLS";

/// The environment variable with the number of the first call that is made.
pub const CALLS_FROM_VARIABLE: &str = "ZERR_CALLS_FROM";

/// The name of the test that makes all calls.
pub const CALLS_TEST: &str = "zerr_calls::zerr_makes_all_calls";

/// What stands before the code of each call, with its number.
const MARK: &str = "// zerr call ";

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// As people write it: `Circle::new(1.5).area()`.
    pub shown: String,
    /// A block that makes it and is worth what came of it, as text.
    code: String,
    /// A block that makes its arguments and nothing else.
    arguments: String,
}

/// At most `max` calls of the function. `files` are the project's, the function's own first. None for
/// functions whose arguments nothing here can make, `async` ones, and those of traits.
pub fn calls(site: &Site, files: &[(String, String)], max: usize) -> Vec<Call> {
    let Some((_, text)) = files.first() else { return Vec::new() };
    if site.language != Language::Rust || site.form.is_async || site.form.is_nested {
        return Vec::new();
    }
    let Ok(head) = syn::parse_str::<syn::ImplItemFn>(&format!("{} {{}}", site.head.text(text)))
    else {
        return Vec::new();
    };
    let owner = owner(site, text);
    if site.form.is_method && owner.is_none() {
        return Vec::new();
    }
    let types = Types::new(files);
    let mut builder = Builder::new(&types, owner.as_ref());
    builder.forbid(site.name());
    for param in &head.sig.generics.params {
        match param {
            syn::GenericParam::Type(param) => builder.instantiate(param),
            syn::GenericParam::Lifetime(_) => {}
            syn::GenericParam::Const(_) => return Vec::new(),
        }
    }
    made(site, &head.sig, owner.as_ref(), &mut builder, max)
}

/// What an `impl` block is of.
pub(super) struct Owner {
    pub(super) of: syn::Type,
    pub(super) generics: syn::Generics,
}

/// The `impl` block around a method.
fn owner(site: &Site, text: &str) -> Option<Owner> {
    struct Find {
        at: usize,
        found: Option<Owner>,
    }
    impl<'ast> syn::visit::Visit<'ast> for Find {
        fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
            if item.span().byte_range().contains(&self.at) {
                self.found =
                    Some(Owner { of: (*item.self_ty).clone(), generics: item.generics.clone() });
            }
        }
    }
    let file = syn::parse_file(text).ok()?;
    let mut find = Find { at: site.head.start, found: None };
    syn::visit::Visit::visit_file(&mut find, &file);
    find.found
}

/// How one argument is passed.
struct Argument {
    values: Vec<String>,
    /// The variable that is lent to be changed.
    changed: Option<String>,
}

fn made(
    site: &Site,
    sig: &syn::Signature,
    owner: Option<&Owner>,
    builder: &mut Builder<'_>,
    max: usize,
) -> Vec<Call> {
    let mut receiver = None;
    let mut arguments = Vec::new();
    for (at, input) in sig.inputs.iter().enumerate() {
        match input {
            syn::FnArg::Receiver(own) => {
                let Some(owner) = owner else { return Vec::new() };
                let changed = match &own.kind {
                    syn::ReceiverKind::Value => false,
                    syn::ReceiverKind::Reference(_, _, changes) => changes.is_some(),
                    _ => return Vec::new(),
                };
                let values = builder.values(&owner.of);
                if values.is_empty() {
                    return Vec::new();
                }
                receiver = Some(());
                let changed = changed.then(|| "it".to_owned());
                arguments.push(Argument { values, changed });
            }
            syn::FnArg::Typed(param) => {
                let (ty, changed) = match &*param.ty {
                    syn::Type::Reference(lent) if lent.mutability.is_some() => {
                        (&*lent.elem, Some(format!("a{at}")))
                    }
                    ty => (ty, None),
                };
                let values = builder.values(ty);
                if values.is_empty() {
                    return Vec::new();
                }
                arguments.push(Argument { values, changed });
            }
        }
    }
    let path = match owner {
        Some(owner) if receiver.is_none() => format!("<{}>::", builder.written(&owner.of)),
        _ => String::new(),
    };
    let mut found: Vec<Call> = Vec::new();
    for chosen in choices(&arguments, max) {
        let forms = (receiver.is_some(), gives_iterator(sig));
        let call = call((site.name(), &path), forms, &arguments, &chosen);
        if found.iter().all(|own| own.shown != call.shown) {
            found.push(call);
        }
    }
    found.truncate(max);
    found
}

/// Which value of each argument: in step first, then shifted against each other.
fn choices(arguments: &[Argument], max: usize) -> Vec<Vec<usize>> {
    let longest = arguments.iter().map(|one| one.values.len()).max().unwrap_or(1);
    let mut found = Vec::new();
    for shift in 0..longest {
        for first in 0..longest {
            if found.len() >= 2 * max {
                return found;
            }
            let at = |(place, one): (usize, &Argument)| (first + shift * place) % one.values.len();
            found.push(arguments.iter().enumerate().map(at).collect());
        }
    }
    found
}

/// Items that are looked at of what a function gives to iterate over.
const ITEMS_MAX: usize = 200;

/// Whether a function says only that what it returns can be iterated over.
fn gives_iterator(sig: &syn::Signature) -> bool {
    let syn::ReturnType::Type(_, ty) = &sig.output else { return false };
    let syn::Type::ImplTrait(hidden) = &**ty else { return false };
    hidden.bounds.iter().any(|bound| match bound {
        syn::TypeParamBound::Trait(bound) => bound.path.segments.last().is_some_and(|last| {
            let name = last.ident.to_string();
            name.ends_with("Iterator")
        }),
        _ => false,
    })
}

fn call(
    (name, path): (&str, &str),
    (is_method, is_iterated): (bool, bool),
    arguments: &[Argument],
    chosen: &[usize],
) -> Call {
    let mut code = String::from("{\n");
    let (mut passed, mut seen, mut shown_after) = (Vec::new(), Vec::new(), String::new());
    for (argument, at) in arguments.iter().zip(chosen) {
        let value = argument.values.get(*at).map_or("", String::as_str);
        match &argument.changed {
            Some(variable) => {
                let _ = writeln!(code, "let mut {variable} = {value};");
                passed.push((format!("&mut {variable}"), format!("&mut {}", shown(value))));
                let _ = writeln!(
                    shown_after,
                    "__zerr_said.push_str(\"; {variable} is \"); \
                     __zerr_said.push_str(&(&Shown(&{variable})).shown());"
                );
            }
            None => passed.push((value.to_owned(), shown(value))),
        }
        seen.push(argument.changed.is_some());
    }
    let (mut written, mut told) = (String::new(), String::new());
    let rest = if is_method {
        let (own, read) = passed.first().cloned().unwrap_or_default();
        let own = if seen.first() == Some(&true) { "it".to_owned() } else { format!("({own})") };
        let _ = write!(written, "{own}.{name}(");
        let _ = write!(told, "{}.{name}(", read.trim_start_matches("&mut "));
        passed.get(1..).unwrap_or_default()
    } else {
        let _ = write!(written, "{path}{name}(");
        let _ = write!(told, "{}{name}(", shown(path).replace(['<', '>'], ""));
        passed.as_slice()
    };
    let join =
        |part: fn(&(String, String)) -> &str| rest.iter().map(part).collect::<Vec<_>>().join(", ");
    written.push_str(&join(|one| &one.0));
    told.push_str(&join(|one| &one.1));
    let (before, after) = if is_iterated {
        let after = format!(").take({ITEMS_MAX}).collect::<__zerr_std::vec::Vec<_>>()");
        ("__zerr_std::iter::IntoIterator::into_iter(", after)
    } else {
        ("", String::new())
    };
    let _ = writeln!(code, "let __zerr_out = {before}{written}){after};");
    code.push_str("let mut __zerr_said = (&Shown(&__zerr_out)).shown();\n");
    code.push_str(&shown_after);
    code.push_str("__zerr_said\n}");
    let values = arguments.iter().zip(chosen);
    let values = values.map(|(one, at)| format!("{},", one.values.get(*at).map_or("", |it| it)));
    let arguments = format!("{{ let _ = ({}); }}", values.collect::<String>());
    Call { shown: format!("{told})"), code, arguments }
}

/// A value as people write it.
fn shown(code: &str) -> String {
    let mut text = code.to_owned();
    for module in ["string", "collections", "boxed", "rc", "sync", "path", "time", "option", "cell"]
    {
        text = text.replace(&format!("__zerr_std::{module}::"), "");
    }
    text.replace("__zerr_std::", "")
}

/// The file's text with these calls as one more test, at the end of the function's module; what stands
/// before is where it was.
pub fn with_calls(site: &Site, text: &str, calls: &[Call]) -> Option<String> {
    let end = module_end(site, text)?;
    let mut code = String::from(PROLOGUE);
    for (at, call) in calls.iter().enumerate() {
        let Call { code: block, arguments, .. } = call;
        let _ = writeln!(code, "{MARK}{at}\nfn call_{at}() -> String {block}");
        let _ = writeln!(code, "fn make_{at}() {arguments}");
    }
    let _ = writeln!(code, "{MARK}end");
    code.push_str("#[test]\nfn zerr_makes_all_calls() {\nlet all: &[(fn(), fn() -> String)] = &[");
    for at in 0..calls.len() {
        let _ = write!(code, "(make_{at}, call_{at}), ");
    }
    code.push_str(EPILOGUE);
    Some(format!("{}{code}{}", text.get(..end)?, text.get(end..)?))
}

/// The call whose code a 1-based line of such a text is part of.
pub fn call_at(text: &str, line: usize) -> Option<usize> {
    let above: Vec<&str> = text.lines().take(line).collect();
    above.iter().rev().find_map(|line| line.strip_prefix(MARK))?.parse().ok()
}

/// Where the function's module ends: before the brace, or the file's end.
fn module_end(site: &Site, text: &str) -> Option<usize> {
    fn inner(items: &[syn::Item], at: usize) -> Option<Range<usize>> {
        for item in items {
            if let syn::Item::Mod(item) = item
                && let Some((brace, items)) = &item.content
                && item.span().byte_range().contains(&at)
            {
                return inner(items, at).or_else(|| Some(brace.span.close().byte_range()));
            }
        }
        None
    }
    let file = syn::parse_file(text).ok()?;
    let place = inner(&file.items, site.head.start).map_or(text.len(), |brace| brace.start);
    // A text that holds other things than its own bytes, such as a mark at its beginning, is read
    // differently.
    (place >= site.body.end && Span::new(place, place).text(text).is_empty()).then_some(place)
}

/// `std` under a name of its own, as for bodies. A value is shown by `Debug` where it has that.
const PROLOGUE: &str = "
#[cfg(test)]
mod zerr_calls {
#![allow(warnings, clippy::all)]
use super::*;
extern crate std as __zerr_std;
use self::__zerr_std::{format, vec, string::String, option::Option};
struct Shown<'a, T: ?Sized>(&'a T);
trait ByDebug { fn shown(&self) -> String; }
impl<T: __zerr_std::fmt::Debug + ?Sized> ByDebug for Shown<'_, T> {
fn shown(&self) -> String { format!(\"{:?}\", self.0) }
}
trait ByNothing { fn shown(&self) -> String { String::from(\"\\u{1}\") } }
impl<T: ?Sized> ByNothing for &Shown<'_, T> {}
";

/// Each call is made several times: what differs then depends on more than the arguments.
const EPILOGUE: &str = "];
let file = __zerr_std::env::var_os(\"ZERR_CALLS\");
let from = __zerr_std::env::var(\"ZERR_CALLS_FROM\").ok().and_then(|it| it.parse::<usize>().ok());
let open = __zerr_std::fs::OpenOptions::new().create(true).append(true)
.open(file.unwrap_or_default());
let mut file = match open {
__zerr_std::result::Result::Ok(file) => file,
_ => return,
};
for (at, (make, call)) in all.iter().enumerate().skip(from.unwrap_or(0)) {
let mut said: Option<Option<String>> = None;
let mut same = __zerr_std::panic::catch_unwind(|| make()).is_ok();
let mut rounds = 2;
while rounds > 0 && same {
rounds -= 1;
let one: Option<String> = __zerr_std::panic::catch_unwind(|| call()).ok();
if said.is_none() && one.as_ref().map_or(false, |it| it.contains('{')) { rounds += 5; }
same = said.as_ref().map_or(true, |it| *it == one);
said = Some(one);
}
let line = match said {
_ if !same => format!(\"{at} differs\\n\"),
Some(Some(text)) if text.contains('\\u{1}') => format!(\"{at} opaque\\n\"),
Some(Some(text)) => {
let short: String = text.chars().take(2000).collect();
format!(\"{at} gave {:?}\\n\", if short.len() == text.len() { short } else {
format!(\"{short}… ({} bytes)\", text.len())
})
}
_ => format!(\"{at} panicked\\n\"),
};
let _ = __zerr_std::io::Write::write_all(&mut file, line.as_bytes());
}
}
}
";

#[cfg(test)]
mod tests;
