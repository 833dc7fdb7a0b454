//! What generated code may not hold: [`scan`] under a [`Policy`].
//!
//! Main types: [`Policy`] (what a spec allows and forbids), [`Violation`] (one place and why).

pub(crate) use python::unfinished as unfinished_python;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::tokens::{TokenFailure, with_tokens};
use crate::{Language, Span, tree};

mod forbidden;
mod python;
mod python_names;
mod python_scope;
mod rust;
mod rust_std;
mod rust_tree;
mod surroundings;

pub use surroundings::{package, surroundings};

/// A door out of a pure function that a spec may open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Capability {
    Files,
    Network,
    Environment,
    Time,
}

impl Capability {
    pub const ALL: [Self; 4] = [Self::Files, Self::Network, Self::Environment, Self::Time];

    pub fn name(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Network => "network",
            Self::Environment => "environment",
            Self::Time => "time",
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown capability `{0}`")]
pub struct UnknownCapability(pub String);

impl FromStr for Capability {
    type Err = UnknownCapability;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|capability| capability.name() == text)
            .ok_or_else(|| UnknownCapability(text.to_owned()))
    }
}

/// What one function may do. The default allows pure computation and nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    pub allow: BTreeSet<Capability>,
    /// Constructs a spec forbids, by the words of [`FORBIDDABLE`], or the name of a function,
    /// method, macro or module that may not appear (`sort`, `HashMap`, `re`).
    pub forbidden: Vec<String>,
    /// The functions of the spec that it may call, besides itself.
    pub allowed_calls: Vec<String>,
    /// The declared structs and enums it may name, besides those of its signature.
    pub types: Vec<String>,
    /// For a function of a project: what stands around it there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub surroundings: Option<Surroundings>,
}

/// What a function of a project may name besides the standard library. It opens no door that the list
/// of pure things keeps shut: a name that leads to `std::fs` or `subprocess` stays refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Surroundings {
    /// Items of its file, and names that imports bring there and that lead to nothing refused.
    pub names: Vec<String>,
    /// Names that the file imports, with what they stand for: paths in Rust, modules in Python. Rust's
    /// `*` stands for a glob.
    pub imports: Vec<(String, String)>,
    /// Macros that the file uses or defines.
    pub macros: Vec<String>,
    /// Crates that the package depends on.
    pub crates: Vec<String>,
    /// Whether the function is `async`.
    pub is_async: bool,
    /// What the whole project defines and imports.
    #[serde(default)]
    pub package: Package,
}

/// The names of a whole project, as far as its texts alone tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// What it defines somewhere, sorted: functions, types, constants, modules.
    pub items: Vec<String>,
    /// Names that some file imports and that lead to what stays refused, sorted: `Command` where somebody
    /// uses `std::process::Command`.
    pub doors: Vec<String>,
}

impl Package {
    fn defines(&self, name: &str) -> bool {
        self.items.binary_search_by(|own| own.as_str().cmp(name)).is_ok()
    }

    fn is_door(&self, name: &str) -> bool {
        self.doors.binary_search_by(|own| own.as_str().cmp(name)).is_ok()
    }
}

impl Surroundings {
    fn has(&self, name: &str) -> bool {
        self.names.iter().any(|own| own == name)
    }

    /// Whether a name that comes from elsewhere in a Rust project may lead out of it.
    fn leads_out(&self, name: &str) -> bool {
        self.package.is_door(name)
            || (rust_std::STD_DOORS.contains(&name) && !self.package.defines(name))
    }

    /// Whether a Python file imports a module.
    fn imports_module(&self, module: &str) -> bool {
        module.starts_with('.')
            || self.imports.iter().any(|(_, own)| {
                own == module || own.strip_prefix(module).is_some_and(|rest| rest.starts_with('.'))
            })
    }
}

/// The words with a meaning of their own in [`Policy::forbidden`]; plurals are understood.
pub const FORBIDDABLE: &[&str] = &[
    "recursion",
    "loop",
    "panic",
    "unwrap",
    "indexing",
    "closure",
    "lambda",
    "comprehension",
    "import",
    "float",
    "macro",
];

/// One place in a text that breaks the policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// The construct as it is called or written, such as `unsafe` or `std::fs`.
    pub construct: String,
    pub span: Span,
    pub why: String,
}

/// The package that a refused construct would need, by the name that code has for it: `regex` for
/// `regex::Regex`. `None` for what is refused for another reason, and for modules of Python itself.
pub fn wanted_package(violation: &str, why: &str) -> Option<String> {
    let named = violation.strip_prefix("import ").unwrap_or(violation);
    let name = named.split(['.', ':']).next().filter(|name| !name.is_empty())?;
    let is_wanted = why == rust::NOT_STANDARD
        || (why == python_names::NOT_LISTED && !python_names::is_stdlib(name));
    // A path such as `helper::f` leads to a module that is not there, as far as this can tell.
    (is_wanted && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
        .then(|| name.to_owned())
}

/// Whether a plain name means something to every Python program already.
pub fn is_python_builtin(name: &str) -> bool {
    python_names::is_plain_builtin(name)
}

/// Every place in `source` that breaks the policy, in order of appearance. A text that cannot be
/// read at all is one violation: what cannot be judged is not allowed.
pub fn scan(language: Language, source: &str, policy: &Policy) -> Vec<Violation> {
    let unreadable = |span: Span| {
        vec![Violation {
            construct: "text".to_owned(),
            span,
            why: "cannot be read and so not be judged".to_owned(),
        }]
    };
    match language {
        Language::Rust => {
            let read = with_tokens(source, |tokens| {
                syn::parse2::<syn::File>(tokens.clone())
                    .map(|file| scan_rust(&tokens, &file, policy))
                    .map_err(|error| Span::from(error.span().byte_range()))
            });
            match read {
                Ok(Ok(found)) => found,
                Ok(Err(span)) => unreadable(span),
                Err(TokenFailure::Lex { span, .. } | TokenFailure::TooDeep { span }) => {
                    unreadable(span)
                }
            }
        }
        Language::Python => {
            let Some(tree) = tree::parse(language, source) else {
                return unreadable(Span::new(0, source.len()));
            };
            let root = tree.root_node();
            let failure = tree::depth_exceeds(root)
                .or_else(|| tree::first_error(root, source).map(|(_, span)| span));
            match failure {
                Some(span) => unreadable(span),
                None => scan_python(root, source, policy),
            }
        }
    }
}

pub(crate) fn scan_rust(
    tokens: &proc_macro2::TokenStream,
    file: &syn::File,
    policy: &Policy,
) -> Vec<Violation> {
    let (mut found, imports) = rust::scan_tokens(tokens, policy);
    found.extend(rust_tree::scan_tree(file, &imports, policy));
    found.extend(forbidden::scan_rust(tokens, file, &policy.forbidden));
    in_order(found)
}

pub(crate) fn scan_python(
    root: tree_sitter::Node<'_>,
    source: &str,
    policy: &Policy,
) -> Vec<Violation> {
    let mut found = python::scan(root, source, policy);
    found.extend(forbidden::scan_python(root, source, &policy.forbidden));
    in_order(found)
}

fn in_order(mut found: Vec<Violation>) -> Vec<Violation> {
    found.sort_by(|a, b| (a.span, &a.construct).cmp(&(b.span, &b.construct)));
    found.dedup_by(|later, earlier| later.span == earlier.span);
    found
}

#[cfg(test)]
mod tests;
