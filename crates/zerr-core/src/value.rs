//! Typed values and their one encoding, shared by examples, fingerprints, counterexamples and
//! both target languages. Main types: [`Value`], [`Type`].
//!
//! The encoding is canonical JSON, an array whose first item is a tag (`["i32","-5"]`): two values
//! are the same observation exactly when their encodings are the same text. A Rust harness and a
//! Python runner write it; only this module reads it.
//!
//! # Invariants
//! Floats are kept as bits, every NaN is one NaN. Maps and sets are sorted by the encoded key.

use std::fmt::Write as _;

use num_bigint::BigInt;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value as Json, json};

pub use zerr_syntax::signature::{FloatKind, IntKind};

/// What an integer kind can hold, beside what it is called.
pub trait IntRange: Sized {
    /// The kind with this tag: its Rust name, or `int` for Python's.
    fn from_name(name: &str) -> Option<Self>;

    /// Smallest and largest value, both included; `None` when unbounded.
    fn range(self) -> Option<(BigInt, BigInt)>;

    /// Whether `value` can be held.
    fn holds(self, value: &BigInt) -> bool;
}

impl IntRange for IntKind {
    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    fn range(self) -> Option<(BigInt, BigInt)> {
        let signed = |bits: u32| {
            let half = BigInt::from(1) << (bits - 1);
            Some((-half.clone(), half - 1))
        };
        let unsigned = |bits: u32| Some((BigInt::from(0), (BigInt::from(1) << bits) - 1));
        match self {
            Self::I8 => signed(8),
            Self::I16 => signed(16),
            Self::I32 => signed(32),
            Self::I64 | Self::Isize => signed(64),
            Self::I128 => signed(128),
            Self::U8 => unsigned(8),
            Self::U16 => unsigned(16),
            Self::U32 => unsigned(32),
            Self::U64 | Self::Usize => unsigned(64),
            Self::U128 => unsigned(128),
            Self::Big => None,
        }
    }

    fn holds(self, value: &BigInt) -> bool {
        self.range().is_none_or(|(low, high)| *value >= low && *value <= high)
    }
}

/// The type of a parameter or result, free of any one language's spelling.
///
/// How a Rust parameter is passed (by reference, as a slice) is the signature's business, see
/// `zerr_syntax::signature`; what a value *is* stands here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// `()` in Rust. Python's `None` as a whole result is [`Type::None`].
    Unit,
    /// Python's `None` type.
    None,
    /// A truth value.
    Bool,
    /// An integer.
    Int(IntKind),
    /// A floating point number.
    Float(FloatKind),
    /// One Unicode scalar value.
    Char,
    /// Text.
    Str,
    /// Python's `bytes`.
    Bytes,
    /// A fixed number of parts.
    Tuple(Vec<Type>),
    /// Python's `tuple[T, ...]`: any number of parts of one type.
    Tuples(Box<Type>),
    /// `Vec`, slice, array, Python `list`; `length` for arrays.
    List {
        /// Type of every item.
        item: Box<Type>,
        /// Fixed number of items of an array.
        length: Option<usize>,
    },
    /// Keys to values.
    Map(Box<Type>, Box<Type>),
    /// Distinct values.
    Set(Box<Type>),
    /// `Option<T>`, `T | None`.
    Option(Box<Type>),
    /// `A | B`, in their order as types: a value is read as the first that it fits.
    Union(Vec<Type>),
    /// `Result<T, E>`.
    Result(Box<Type>, Box<Type>),
    /// A declared struct or enum, by name.
    Named(String),
    /// Something that zerr cannot build or look into; the text is the host type.
    Opaque(String),
}

impl Type {
    /// Whether some part may be of several types.
    pub fn has_union(&self) -> bool {
        match self {
            Self::Union(_) => true,
            Self::Tuple(parts) => parts.iter().any(Self::has_union),
            Self::List { item, .. } | Self::Set(item) | Self::Option(item) | Self::Tuples(item) => {
                item.has_union()
            }
            Self::Map(a, b) | Self::Result(a, b) => a.has_union() || b.has_union(),
            _ => false,
        }
    }

    /// Whether every part can be built from and observed as a [`Value`].
    pub fn is_transparent(&self) -> bool {
        match self {
            Self::Named(_) | Self::Opaque(_) => false,
            Self::Tuple(parts) | Self::Union(parts) => parts.iter().all(Self::is_transparent),
            Self::List { item, .. } | Self::Set(item) | Self::Option(item) | Self::Tuples(item) => {
                item.is_transparent()
            }
            Self::Map(a, b) | Self::Result(a, b) => a.is_transparent() && b.is_transparent(),
            _ => true,
        }
    }
}

impl std::fmt::Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unit => f.write_str("unit"),
            Self::None => f.write_str("none"),
            Self::Bool => f.write_str("bool"),
            Self::Int(kind) => f.write_str(kind.name()),
            Self::Float(FloatKind::F32) => f.write_str("f32"),
            Self::Float(FloatKind::F64) => f.write_str("f64"),
            Self::Char => f.write_str("char"),
            Self::Str => f.write_str("text"),
            Self::Bytes => f.write_str("bytes"),
            Self::Tuple(parts) => {
                f.write_str("(")?;
                for (i, part) in parts.iter().enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{part}")?;
                }
                f.write_str(")")
            }
            Self::Tuples(item) => write!(f, "tuple of {item}"),
            Self::List { item, length: None } => write!(f, "list of {item}"),
            Self::List { item, length: Some(n) } => write!(f, "list of {n} {item}"),
            Self::Map(key, value) => write!(f, "map from {key} to {value}"),
            Self::Set(item) => write!(f, "set of {item}"),
            Self::Option(item) => write!(f, "optional {item}"),
            Self::Union(types) => {
                let names: Vec<String> = types.iter().map(Self::to_string).collect();
                f.write_str(&names.join(" or "))
            }
            Self::Result(ok, err) => write!(f, "{ok} or error {err}"),
            Self::Named(name) | Self::Opaque(name) => f.write_str(name),
        }
    }
}

/// A value of one of the [`Type`]s.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// `()`.
    Unit,
    /// Absence: Rust `None`, Python `None`.
    None,
    /// A truth value.
    Bool(bool),
    /// An integer and its kind.
    Int(IntKind, BigInt),
    /// A float as bits (binary32 in the low half for `F32`), NaN canonical.
    Float(FloatKind, u64),
    /// One Unicode scalar value.
    Char(char),
    /// Text.
    Str(String),
    /// Python's `bytes`.
    Bytes(Vec<u8>),
    /// A tuple.
    Tuple(Vec<Value>),
    /// A sequence.
    List(Vec<Value>),
    /// Entries sorted by the encoded key.
    Map(Vec<(Value, Value)>),
    /// Items sorted by their encoding.
    Set(Vec<Value>),
    /// `Some(v)`.
    Some(Box<Value>),
    /// `Ok(v)`.
    Ok(Box<Value>),
    /// `Err(v)`.
    Err(Box<Value>),
    /// A declared struct: name, fields in order of declaration.
    Struct(String, Vec<(String, Value)>),
    /// A declared enum: name, variant, payload.
    Enum(String, String, Vec<Value>),
}

/// Why a text is not an encoded value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not JSON at all.
    #[error("not json: {0}")]
    Json(String),
    /// JSON, but not of this encoding.
    #[error("not an encoded value: {0}")]
    Shape(String),
    /// Nested deeper than [`DEPTH_MAX`].
    #[error("nested deeper than {DEPTH_MAX} levels")]
    Depth,
}

/// Values nested deeper than this are refused. An event around a value of this depth, three levels
/// of JSON a map, stays within the 128 levels that the log's reader takes.
pub const DEPTH_MAX: usize = 36;

impl Value {
    /// An integer of kind `kind`.
    pub fn int(kind: IntKind, value: impl Into<BigInt>) -> Self {
        Self::Int(kind, value.into())
    }

    /// A binary64 float, NaN made canonical.
    pub fn f64(value: f64) -> Self {
        let bits = if value.is_nan() { 0x7ff8_0000_0000_0000 } else { value.to_bits() };
        Self::Float(FloatKind::F64, bits)
    }

    /// A binary32 float, NaN made canonical.
    pub fn f32(value: f32) -> Self {
        let bits = if value.is_nan() { 0x7fc0_0000 } else { value.to_bits() };
        Self::Float(FloatKind::F32, u64::from(bits))
    }

    /// A text.
    pub fn str(text: impl Into<String>) -> Self {
        Self::Str(text.into())
    }

    /// A map with its entries brought into order; of equal keys the last one stays.
    pub fn map(entries: Vec<(Value, Value)>) -> Self {
        let sorted: std::collections::BTreeMap<String, (Value, Value)> =
            entries.into_iter().map(|entry| (entry.0.encode(), entry)).collect();
        Self::Map(sorted.into_values().collect())
    }

    /// A set with its items brought into order, duplicates dropped.
    pub fn set(items: Vec<Value>) -> Self {
        let sorted: std::collections::BTreeMap<String, Value> =
            items.into_iter().map(|item| (item.encode(), item)).collect();
        Self::Set(sorted.into_values().collect())
    }

    /// A float's numeric value; `None` for anything else.
    pub fn as_float(&self) -> Option<f64> {
        match self {
            Self::Float(FloatKind::F64, bits) => Some(f64::from_bits(*bits)),
            Self::Float(FloatKind::F32, bits) => Some(f64::from(f32::from_bits(*bits as u32))),
            _ => None,
        }
    }

    /// Whether there is a NaN anywhere inside: it equals nothing, itself included.
    pub fn has_nan(&self) -> bool {
        match self {
            Self::Float(..) => self.as_float().is_some_and(f64::is_nan),
            Self::Tuple(items) | Self::List(items) | Self::Set(items) | Self::Enum(_, _, items) => {
                items.iter().any(Self::has_nan)
            }
            Self::Map(entries) => entries.iter().any(|(k, v)| k.has_nan() || v.has_nan()),
            Self::Some(inner) | Self::Ok(inner) | Self::Err(inner) => inner.has_nan(),
            Self::Struct(_, fields) => fields.iter().any(|(_, value)| value.has_nan()),
            _ => false,
        }
    }

    /// The canonical text.
    pub fn encode(&self) -> String {
        self.to_json().to_string()
    }

    /// Reads a text that [`Value::encode`], a harness or a runner wrote.
    ///
    /// # Errors
    /// [`DecodeError`] for anything else; never panics.
    pub fn decode(text: &str) -> Result<Self, DecodeError> {
        let json: Json =
            serde_json::from_str(text).map_err(|error| DecodeError::Json(error.to_string()))?;
        Self::from_json(&json)
    }

    /// The encoding as a JSON tree.
    pub fn to_json(&self) -> Json {
        let list = |items: &[Value]| Json::Array(items.iter().map(Value::to_json).collect());
        match self {
            Self::Unit => json!(["u"]),
            Self::None => json!(["n"]),
            Self::Bool(b) => json!(["b", b]),
            Self::Int(kind, value) => json!([kind.name(), value.to_string()]),
            Self::Float(FloatKind::F64, bits) => json!(["f64", format!("{bits:016x}")]),
            Self::Float(FloatKind::F32, bits) => json!(["f32", format!("{bits:08x}")]),
            Self::Char(c) => json!(["c", c.to_string()]),
            Self::Str(text) => json!(["s", text]),
            Self::Bytes(bytes) => {
                let mut hex = String::with_capacity(bytes.len() * 2);
                for byte in bytes {
                    let _ = write!(hex, "{byte:02x}");
                }
                json!(["y", hex])
            }
            Self::Tuple(items) => json!(["t", list(items)]),
            Self::List(items) => json!(["l", list(items)]),
            Self::Set(items) => json!(["S", list(items)]),
            Self::Map(entries) => {
                let pairs: Vec<Json> =
                    entries.iter().map(|(k, v)| json!([k.to_json(), v.to_json()])).collect();
                json!(["m", pairs])
            }
            Self::Some(value) => json!(["some", value.to_json()]),
            Self::Ok(value) => json!(["ok", value.to_json()]),
            Self::Err(value) => json!(["err", value.to_json()]),
            Self::Struct(name, fields) => {
                let pairs: Vec<Json> =
                    fields.iter().map(|(k, v)| json!([k, v.to_json()])).collect();
                json!(["st", name, pairs])
            }
            Self::Enum(name, variant, payload) => json!(["en", name, variant, list(payload)]),
        }
    }

    /// Reads the encoding from a JSON tree.
    ///
    /// # Errors
    /// [`DecodeError::Shape`] for a tree that is not an encoded value, [`DecodeError::Depth`].
    pub fn from_json(json: &Json) -> Result<Self, DecodeError> {
        from_json(json, DEPTH_MAX)
    }

    /// The value with its floats to twelve significant digits (`f32`: six) and one zero, but in sets and in keys of maps:
    /// what two ways to calculate the same may differ by is no difference. The last digits of sixteen are lost
    /// in a few operations already.
    #[must_use]
    pub fn rounded(&self) -> Self {
        let all = |items: &[Self]| items.iter().map(Self::rounded).collect::<Vec<_>>();
        match self {
            Self::Float(kind, _) => {
                let number = self.as_float().unwrap_or(f64::NAN);
                let text = match kind {
                    FloatKind::F64 => format!("{number:.11e}"),
                    FloatKind::F32 => format!("{number:.5e}"),
                };
                let near = if number.is_finite() { text.parse().unwrap_or(number) } else { number };
                match kind {
                    FloatKind::F64 => Self::f64(near + 0.0),
                    FloatKind::F32 => Self::f32(near as f32 + 0.0),
                }
            }
            Self::List(items) => Self::List(all(items)),
            Self::Tuple(items) => Self::Tuple(all(items)),
            Self::Map(entries) => Self::Map(
                entries.iter().map(|(key, value)| (key.clone(), value.rounded())).collect(),
            ),
            Self::Some(inner) => Self::Some(Box::new(inner.rounded())),
            Self::Ok(inner) => Self::Ok(Box::new(inner.rounded())),
            Self::Err(inner) => Self::Err(Box::new(inner.rounded())),
            other => other.clone(),
        }
    }

    /// Whether the value is what was wanted, floats to nine significant digits (`f32`: five), or to 1e-12 where zero was
    /// wanted: people write `0.9` for `3.0 * 0.3`.
    pub fn is_near(&self, wanted: &Self) -> bool {
        let all = |own: &[Self], wanted: &[Self]| {
            own.len() == wanted.len() && own.iter().zip(wanted).all(|(a, b)| a.is_near(b))
        };
        match (self, wanted) {
            (Self::Float(kind, own), Self::Float(other, bits)) if kind == other => {
                let (number, near) = (self.as_float(), wanted.as_float());
                let (Some(number), Some(near)) = (number, near) else { return false };
                let share = if *kind == FloatKind::F64 { 1e-9 } else { 1e-5 };
                let allowed = if near == 0.0 { 1e-12 } else { share * near.abs() };
                own == bits || ((number - near).abs() <= allowed && near.is_finite())
            }
            (Self::List(own), Self::List(wanted)) | (Self::Tuple(own), Self::Tuple(wanted)) => {
                all(own, wanted)
            }
            (Self::Map(own), Self::Map(wanted)) => {
                let pairs = || own.iter().zip(wanted);
                own.len() == wanted.len()
                    && pairs().all(|((key, a), (other, b))| key == other && a.is_near(b))
            }
            (Self::Some(own), Self::Some(wanted))
            | (Self::Ok(own), Self::Ok(wanted))
            | (Self::Err(own), Self::Err(wanted)) => own.is_near(wanted),
            _ => self == wanted,
        }
    }

    /// Whether a set or a map in here has items or keys that Python takes for one: `1`, `1.0`, `True`.
    pub fn collapses(&self) -> bool {
        let number = |value: &Self| match value {
            Self::Bool(truth) => Some(f64::from(u8::from(*truth))),
            Self::Int(_, number) => num_traits::ToPrimitive::to_f64(number),
            other => other.as_float(),
        };
        let twice = |values: &mut dyn Iterator<Item = &Self>| {
            let mut seen: Vec<f64> = Vec::new();
            values.filter_map(number).any(|number| {
                let known = seen.contains(&number);
                seen.push(number);
                known
            })
        };
        match self {
            Self::Set(items) => twice(&mut items.iter()) || items.iter().any(Self::collapses),
            Self::Map(entries) => {
                twice(&mut entries.iter().map(|(key, _)| key))
                    || entries.iter().any(|(k, v)| k.collapses() || v.collapses())
            }
            Self::List(items) | Self::Tuple(items) => items.iter().any(Self::collapses),
            Self::Some(inner) => inner.collapses(),
            _ => false,
        }
    }

    /// Whether the value belongs to `ty`.
    pub fn fits(&self, ty: &Type) -> bool {
        match (self, ty) {
            (Self::Unit, Type::Unit)
            | (Self::None, Type::None | Type::Option(_))
            | (Self::Bool(_), Type::Bool)
            | (Self::Char(_), Type::Char)
            | (Self::Str(_), Type::Str)
            | (Self::Bytes(_), Type::Bytes) => true,
            (Self::Int(kind, value), Type::Int(wanted)) => kind == wanted && kind.holds(value),
            (Self::Float(kind, _), Type::Float(wanted)) => kind == wanted,
            (Self::Tuple(items), Type::Tuple(types)) => {
                items.len() == types.len() && items.iter().zip(types).all(|(v, t)| v.fits(t))
            }
            (Self::Tuple(items), Type::Tuples(item)) => items.iter().all(|v| v.fits(item)),
            (Self::List(items), Type::List { item, length }) => {
                length.is_none_or(|n| n == items.len()) && items.iter().all(|v| v.fits(item))
            }
            (Self::Set(items), Type::Set(item)) => items.iter().all(|v| v.fits(item)),
            (Self::Map(entries), Type::Map(key, value)) => {
                entries.iter().all(|(k, v)| k.fits(key) && v.fits(value))
            }
            (Self::Some(value), Type::Option(item)) => value.fits(item),
            // Who tells several types apart may take a truth value for the number that it is in Python. One that
            // asks for an `int` asks for no `bool`: `str(True)` parts candidates that are right.
            (Self::Bool(_), Type::Union(types))
                if types.contains(&Type::Int(IntKind::Big))
                    && types.iter().any(|ty| !matches!(ty, Type::Int(_) | Type::Float(_))) =>
            {
                true
            }
            (value, Type::Union(types)) => types.iter().any(|ty| value.fits(ty)),
            (Self::Ok(value), Type::Result(ok, _)) => value.fits(ok),
            (Self::Err(value), Type::Result(_, err)) => value.fits(err),
            (Self::Struct(name, _) | Self::Enum(name, _, _), Type::Named(wanted)) => name == wanted,
            _ => false,
        }
    }
}

fn from_json(json: &Json, depth: usize) -> Result<Value, DecodeError> {
    let Some(depth) = depth.checked_sub(1) else { return Err(DecodeError::Depth) };
    let shape = || DecodeError::Shape(json.to_string().chars().take(80).collect());
    let parts = json.as_array().ok_or_else(shape)?;
    let tag = parts.first().and_then(Json::as_str).ok_or_else(shape)?;
    let text = |i: usize| parts.get(i).and_then(Json::as_str).ok_or_else(shape);
    let one = |i: usize| {
        let part = parts.get(i).ok_or_else(shape)?;
        from_json(part, depth).map(Box::new)
    };
    let many = |i: usize| -> Result<Vec<Value>, DecodeError> {
        let items = parts.get(i).and_then(Json::as_array).ok_or_else(shape)?;
        items.iter().map(|item| from_json(item, depth)).collect()
    };
    let arity = |n: usize| if parts.len() == n { Ok(()) } else { Err(shape()) };
    match tag {
        "en" => arity(4)?,
        "st" => arity(3)?,
        "u" | "n" => arity(1)?,
        _ => arity(2)?,
    }
    Ok(match tag {
        "u" => Value::Unit,
        "n" => Value::None,
        "b" => Value::Bool(parts.get(1).and_then(Json::as_bool).ok_or_else(shape)?),
        "f64" => {
            let bits = u64::from_str_radix(text(1)?, 16).map_err(|_| shape())?;
            Value::f64(f64::from_bits(bits))
        }
        "f32" => {
            let bits = u32::from_str_radix(text(1)?, 16).map_err(|_| shape())?;
            Value::f32(f32::from_bits(bits))
        }
        "c" => {
            let mut chars = text(1)?.chars();
            match (chars.next(), chars.next()) {
                (Some(c), None) => Value::Char(c),
                _ => return Err(shape()),
            }
        }
        "s" => Value::Str(text(1)?.to_owned()),
        "y" => Value::Bytes(bytes_from_hex(text(1)?).ok_or_else(shape)?),
        "t" => Value::Tuple(many(1)?),
        "l" => Value::List(many(1)?),
        "S" => Value::set(many(1)?),
        "m" => {
            let pairs = parts.get(1).and_then(Json::as_array).ok_or_else(shape)?;
            let mut entries = Vec::with_capacity(pairs.len());
            for pair in pairs {
                match pair.as_array().map(Vec::as_slice) {
                    Some([k, v]) => entries.push((from_json(k, depth)?, from_json(v, depth)?)),
                    _ => return Err(shape()),
                }
            }
            Value::map(entries)
        }
        "some" => Value::Some(one(1)?),
        "ok" => Value::Ok(one(1)?),
        "err" => Value::Err(one(1)?),
        "st" => {
            let pairs = parts.get(2).and_then(Json::as_array).ok_or_else(shape)?;
            let mut fields = Vec::with_capacity(pairs.len());
            for pair in pairs {
                match pair.as_array().map(Vec::as_slice) {
                    Some([Json::String(k), v]) => fields.push((k.clone(), from_json(v, depth)?)),
                    _ => return Err(shape()),
                }
            }
            Value::Struct(text(1)?.to_owned(), fields)
        }
        "en" => Value::Enum(text(1)?.to_owned(), text(2)?.to_owned(), many(3)?),
        tag => {
            let kind = IntKind::from_name(tag).ok_or_else(shape)?;
            let digits = text(1)?;
            if digits.len() > 5_000 {
                return Err(shape());
            }
            let value: BigInt = digits.parse().map_err(|_| shape())?;
            if !kind.holds(&value) {
                return Err(shape());
            }
            Value::Int(kind, value)
        }
    })
}

fn bytes_from_hex(hex: &str) -> Option<Vec<u8>> {
    if !hex.is_ascii() || !hex.len().is_multiple_of(2) {
        return None;
    }
    (0..hex.len())
        .step_by(2)
        .map(|i| hex.get(i..i + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect()
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        Self::from_json(&json).map_err(D::Error::custom)
    }
}

/// A value for a person to read: neutral literals, close to Python's.
impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let list = |f: &mut std::fmt::Formatter<'_>, open: &str, items: &[Value], close: &str| {
            f.write_str(open)?;
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    f.write_str(", ")?;
                }
                write!(f, "{item}")?;
            }
            f.write_str(close)
        };
        match self {
            Self::Unit => f.write_str("()"),
            Self::None => f.write_str("None"),
            Self::Bool(b) => write!(f, "{b}"),
            Self::Int(_, value) => write!(f, "{value}"),
            Self::Float(..) => write!(f, "{:?}", self.as_float().unwrap_or(f64::NAN)),
            Self::Char(c) => write!(f, "{c:?}"),
            Self::Str(text) => write!(f, "{text:?}"),
            Self::Bytes(bytes) => write!(f, "b\"{}\"", bytes.escape_ascii()),
            Self::Tuple(items) if items.len() == 1 => list(f, "(", items, ",)"),
            Self::Tuple(items) => list(f, "(", items, ")"),
            Self::List(items) => list(f, "[", items, "]"),
            Self::Set(items) => list(f, "{", items, "}"),
            Self::Map(entries) => {
                f.write_str("{")?;
                for (i, (key, value)) in entries.iter().enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{key}: {value}")?;
                }
                f.write_str("}")
            }
            Self::Some(value) => write!(f, "Some({value})"),
            Self::Ok(value) => write!(f, "Ok({value})"),
            Self::Err(value) => write!(f, "Err({value})"),
            Self::Struct(name, fields) => {
                write!(f, "{name} {{ ")?;
                for (i, (field, value)) in fields.iter().enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{field}: {value}")?;
                }
                f.write_str(" }")
            }
            Self::Enum(name, variant, payload) if payload.is_empty() => {
                write!(f, "{name}::{variant}")
            }
            Self::Enum(name, variant, payload) => {
                write!(f, "{name}::{variant}")?;
                list(f, "(", payload, ")")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Unit),
            Just(Value::None),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(|v| Value::int(IntKind::I64, v)),
            any::<u128>().prop_map(|v| Value::int(IntKind::U128, v)),
            any::<i128>().prop_map(|v| Value::int(IntKind::Big, BigInt::from(v) << 70)),
            any::<u64>().prop_map(|bits| Value::f64(f64::from_bits(bits))),
            any::<u32>().prop_map(|bits| Value::f32(f32::from_bits(bits))),
            any::<char>().prop_map(Value::Char),
            ".*".prop_map(Value::Str),
            any::<Vec<u8>>().prop_map(Value::Bytes),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Tuple),
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::set),
                prop::collection::vec((inner.clone(), inner.clone()), 0..4).prop_map(Value::map),
                inner.clone().prop_map(|v| Value::Some(Box::new(v))),
                inner.clone().prop_map(|v| Value::Ok(Box::new(v))),
                inner.clone().prop_map(|v| Value::Err(Box::new(v))),
                inner.clone().prop_map(|v| Value::Struct("P".into(), vec![("x".into(), v)])),
                inner.prop_map(|v| Value::Enum("E".into(), "A".into(), vec![v])),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(value in any_value()) {
            prop_assert_eq!(Value::decode(&value.encode()), Ok(value));
        }

        #[test]
        fn nothing_that_is_decoded_panics(text in ".*") {
            let _ = Value::decode(&text);
        }
    }

    #[test]
    fn values_that_look_alike_are_told_apart() {
        let alike = [
            Value::Bool(true),
            Value::int(IntKind::Big, 1),
            Value::int(IntKind::I32, 1),
            Value::f64(1.0),
            Value::f32(1.0),
            Value::str("1"),
            Value::Char('1'),
            Value::List(vec![]),
            Value::Tuple(vec![]),
            Value::Set(vec![]),
            Value::Map(vec![]),
            Value::Unit,
            Value::None,
            Value::f64(0.0),
            Value::f64(-0.0),
        ];
        let texts: std::collections::BTreeSet<String> = alike.iter().map(Value::encode).collect();
        assert_eq!(texts.len(), alike.len());
    }

    #[test]
    fn every_nan_is_one_nan() {
        assert_eq!(Value::f64(f64::NAN), Value::f64(-f64::NAN));
        let list = |items: &[f64]| Value::List(items.iter().map(|it| Value::f64(*it)).collect());
        let (a, b) = (list(&[0.1 + 0.2, -0.0, f64::NAN]), list(&[0.3, 0.0, f64::NAN]));
        assert_ne!(a, b);
        assert_eq!(a.rounded(), b.rounded());
        assert!(a.is_near(&b) && b.is_near(&a));
        for (own, wanted) in
            [(0.9001, 0.9), (1e-30, 2e-30), (1e-9, 0.0), (f64::INFINITY, 1.0), (1.0, f64::INFINITY)]
        {
            assert!(!list(&[own]).is_near(&list(&[wanted])), "{own} {wanted}");
            assert_ne!(list(&[own]).rounded(), list(&[wanted]).rounded());
        }
        assert!(Value::f64(1e-17).is_near(&Value::f64(0.0)));
        assert!(!list(&[1.0]).is_near(&list(&[1.0, 1.0])));
        assert!(Value::f32(0.1 + 0.2).is_near(&Value::f32(0.3)));
        assert_eq!(Value::decode(r#"["f64","7ff8000000000001"]"#), Ok(Value::f64(f64::NAN)));
    }

    #[test]
    fn a_value_past_its_kind_is_refused() {
        assert!(Value::decode(r#"["u8","256"]"#).is_err());
        assert!(Value::decode(r#"["i8","-129"]"#).is_err());
        assert!(Value::decode(r#"["i8","-128"]"#).is_ok());
    }

    #[test]
    fn deep_nesting_is_refused_and_does_not_overflow() {
        let text = format!("{}{}", r#"["some","#.repeat(100), r#"["u"]"#) + &"]".repeat(100);
        assert_eq!(Value::decode(&text), Err(DecodeError::Depth));
    }

    #[test]
    fn order_of_entries_does_not_matter() {
        let entry = |k: &str, v: i64| (Value::str(k), Value::int(IntKind::I64, v));
        assert_eq!(
            Value::map(vec![entry("a", 1), entry("b", 2)]),
            Value::map(vec![entry("b", 2), entry("a", 1)])
        );
    }
}
