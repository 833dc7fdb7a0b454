//! Types as signatures write them, [`TypeExpr`]: one form for Rust and Python.
//!
//! # Non-goals
//! - Resolving declared types: a name that is not built in stays [`TypeExpr::Named`].

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Language;

/// A type in a signature.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TypeExpr {
    /// Rust `()`, Python `None`.
    Unit,
    Bool,
    Int(IntKind),
    /// Python's `float` is `F64`.
    Float(FloatKind),
    Char,
    /// `owned` is true for `String`, false for `&str`; Python's `str` is owned.
    Str {
        owned: bool,
    },
    /// Python's `bytes`. Rust's bytes are lists of `u8`.
    Bytes,
    Tuple(Vec<TypeExpr>),
    /// Python's `tuple[T, ...]`: as many parts of one type as there are.
    Tuples(Box<TypeExpr>),
    List {
        item: Box<TypeExpr>,
        form: ListForm,
    },
    Map {
        key: Box<TypeExpr>,
        value: Box<TypeExpr>,
        form: MapForm,
    },
    Set {
        item: Box<TypeExpr>,
        form: SetForm,
    },
    Option(Box<TypeExpr>),
    /// Python's `int | str`: two or more that are no union, no `None` and not the same.
    Union(Vec<TypeExpr>),
    Result {
        ok: Box<TypeExpr>,
        err: Box<TypeExpr>,
    },
    /// A Rust reference that no other form above covers (`&i32`, `&mut String`, `&Vec<T>`).
    /// Lifetimes are not kept.
    Ref {
        mutable: bool,
        inner: Box<TypeExpr>,
    },
    /// A name that is not built in: a declared struct or enum.
    Named(String),
    /// Anything else, as it was written (one space between tokens at most).
    Opaque(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IntKind {
    I8,
    I16,
    I32,
    I64,
    I128,
    Isize,
    U8,
    U16,
    U32,
    U64,
    U128,
    Usize,
    /// Python's unbounded `int`.
    #[serde(rename = "int")]
    Big,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FloatKind {
    F32,
    F64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListForm {
    /// `Vec<T>`
    Vec,
    /// `&[T]`
    Slice,
    /// `[T; n]`
    Array(usize),
    /// `&mut [T]`
    MutSlice,
    /// `&mut Vec<T>`
    MutVec,
    /// `list[T]`
    PyList,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MapForm {
    Hash,
    BTree,
    PyDict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetForm {
    Hash,
    BTree,
    PySet,
    PyFrozenSet,
}

impl IntKind {
    pub const ALL: [Self; 13] = [
        Self::I8,
        Self::I16,
        Self::I32,
        Self::I64,
        Self::I128,
        Self::Isize,
        Self::U8,
        Self::U16,
        Self::U32,
        Self::U64,
        Self::U128,
        Self::Usize,
        Self::Big,
    ];

    /// The type's name in its language; `int` for [`IntKind::Big`].
    pub fn name(self) -> &'static str {
        match self {
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::I128 => "i128",
            Self::Isize => "isize",
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::U128 => "u128",
            Self::Usize => "usize",
            Self::Big => "int",
        }
    }

    /// The Rust integer type of that name.
    pub fn from_rust_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind != Self::Big && kind.name() == name)
    }
}

impl FloatKind {
    /// The Rust name, `f32` or `f64`.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }
}

impl TypeExpr {
    /// The type as `language` writes it.
    pub fn text(&self, language: Language) -> String {
        InLanguage { ty: self, language }.to_string()
    }

    /// Does a function that takes this type change the caller's value (`&mut …`)?
    pub fn is_mutable_ref(&self) -> bool {
        matches!(
            self,
            Self::Ref { mutable: true, .. }
                | Self::List { form: ListForm::MutSlice | ListForm::MutVec, .. }
        )
    }

    /// The names of declared types in here, in order of appearance, each once.
    pub fn named(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.collect_named(&mut names);
        names
    }

    fn collect_named<'a>(&'a self, names: &mut Vec<&'a str>) {
        match self {
            Self::Named(name) => {
                if !names.contains(&name.as_str()) {
                    names.push(name);
                }
            }
            Self::Tuple(items) | Self::Union(items) => {
                for item in items {
                    item.collect_named(names);
                }
            }
            Self::List { item, .. }
            | Self::Set { item, .. }
            | Self::Tuples(item)
            | Self::Option(item)
            | Self::Ref { inner: item, .. } => item.collect_named(names),
            Self::Map { key: first, value: second, .. }
            | Self::Result { ok: first, err: second } => {
                first.collect_named(names);
                second.collect_named(names);
            }
            Self::Unit
            | Self::Bool
            | Self::Int(_)
            | Self::Float(_)
            | Self::Char
            | Self::Str { .. }
            | Self::Bytes
            | Self::Opaque(_) => {}
        }
    }

    /// Which language can only have written this type? Decides how [`fmt::Display`] writes.
    fn is_python(&self) -> bool {
        match self {
            Self::Bytes
            | Self::Union(_)
            | Self::Tuples(_)
            | Self::Int(IntKind::Big)
            | Self::List { form: ListForm::PyList, .. }
            | Self::Map { form: MapForm::PyDict, .. }
            | Self::Set { form: SetForm::PySet | SetForm::PyFrozenSet, .. } => true,
            Self::Tuple(items) => items.iter().any(Self::is_python),
            Self::List { item, .. }
            | Self::Set { item, .. }
            | Self::Option(item)
            | Self::Ref { inner: item, .. } => item.is_python(),
            Self::Map { key, value, .. } => key.is_python() || value.is_python(),
            Self::Result { ok, err } => ok.is_python() || err.is_python(),
            _ => false,
        }
    }
}

/// Writes Python for a type that only Python has, and Rust otherwise. Where the language is
/// known, [`TypeExpr::text`] says more.
impl fmt::Display for TypeExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let language = if self.is_python() { Language::Python } else { Language::Rust };
        write!(f, "{}", InLanguage { ty: self, language })
    }
}

struct InLanguage<'a> {
    ty: &'a TypeExpr,
    language: Language,
}

impl InLanguage<'_> {
    fn with<'b>(&self, ty: &'b TypeExpr) -> InLanguage<'b> {
        InLanguage { ty, language: self.language }
    }

    fn rust(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ty {
            TypeExpr::Unit => f.write_str("()"),
            TypeExpr::Bool => f.write_str("bool"),
            TypeExpr::Int(kind) => f.write_str(kind.name()),
            TypeExpr::Float(kind) => f.write_str(kind.name()),
            TypeExpr::Char => f.write_str("char"),
            TypeExpr::Str { owned: true } => f.write_str("String"),
            TypeExpr::Str { owned: false } => f.write_str("&str"),
            TypeExpr::Bytes => f.write_str("Vec<u8>"),
            TypeExpr::Tuple(items) => match items.as_slice() {
                [one] => write!(f, "({},)", self.with(one)),
                items => {
                    f.write_str("(")?;
                    self.separated(f, items)?;
                    f.write_str(")")
                }
            },
            TypeExpr::List { item, form } => {
                let item = self.with(item);
                match form {
                    ListForm::Vec | ListForm::PyList => write!(f, "Vec<{item}>"),
                    ListForm::Slice => write!(f, "&[{item}]"),
                    ListForm::MutSlice => write!(f, "&mut [{item}]"),
                    ListForm::MutVec => write!(f, "&mut Vec<{item}>"),
                    ListForm::Array(length) => write!(f, "[{item}; {length}]"),
                }
            }
            TypeExpr::Map { key, value, form } => {
                let name = if *form == MapForm::BTree { "BTreeMap" } else { "HashMap" };
                write!(f, "{name}<{}, {}>", self.with(key), self.with(value))
            }
            TypeExpr::Set { item, form } => {
                let name = if *form == SetForm::BTree { "BTreeSet" } else { "HashSet" };
                write!(f, "{name}<{}>", self.with(item))
            }
            TypeExpr::Option(item) => write!(f, "Option<{}>", self.with(item)),
            // Rust has no such types, and these are read as none.
            TypeExpr::Union(_) | TypeExpr::Tuples(_) => self.python(f),
            TypeExpr::Result { ok, err } => {
                write!(f, "Result<{}, {}>", self.with(ok), self.with(err))
            }
            TypeExpr::Ref { mutable: true, inner } => write!(f, "&mut {}", self.with(inner)),
            TypeExpr::Ref { mutable: false, inner } => write!(f, "&{}", self.with(inner)),
            TypeExpr::Named(text) | TypeExpr::Opaque(text) => f.write_str(text),
        }
    }

    fn python(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ty {
            TypeExpr::Unit => f.write_str("None"),
            TypeExpr::Bool => f.write_str("bool"),
            TypeExpr::Int(_) => f.write_str("int"),
            TypeExpr::Float(_) => f.write_str("float"),
            TypeExpr::Char | TypeExpr::Str { .. } => f.write_str("str"),
            TypeExpr::Bytes => f.write_str("bytes"),
            TypeExpr::Tuple(items) if items.is_empty() => f.write_str("tuple[()]"),
            TypeExpr::Tuple(items) => {
                f.write_str("tuple[")?;
                self.separated(f, items)?;
                f.write_str("]")
            }
            TypeExpr::Tuples(item) => write!(f, "tuple[{}, ...]", self.with(item)),
            TypeExpr::List { item, .. } => write!(f, "list[{}]", self.with(item)),
            TypeExpr::Map { key, value, .. } => {
                write!(f, "dict[{}, {}]", self.with(key), self.with(value))
            }
            TypeExpr::Set { item, form: SetForm::PyFrozenSet } => {
                write!(f, "frozenset[{}]", self.with(item))
            }
            TypeExpr::Set { item, .. } => write!(f, "set[{}]", self.with(item)),
            TypeExpr::Option(item) => write!(f, "{} | None", self.with(item)),
            TypeExpr::Union(items) => {
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        f.write_str(" | ")?;
                    }
                    write!(f, "{}", self.with(item))?;
                }
                Ok(())
            }
            TypeExpr::Result { ok, .. } => write!(f, "{}", self.with(ok)),
            TypeExpr::Ref { inner, .. } => write!(f, "{}", self.with(inner)),
            TypeExpr::Named(text) | TypeExpr::Opaque(text) => f.write_str(text),
        }
    }

    fn separated(&self, f: &mut fmt::Formatter<'_>, items: &[TypeExpr]) -> fmt::Result {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{}", self.with(item))?;
        }
        Ok(())
    }
}

impl fmt::Display for InLanguage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.language {
            Language::Rust => self.rust(f),
            Language::Python => self.python(f),
        }
    }
}
