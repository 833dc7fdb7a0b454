//! Constants that matter to a function, [`Pool`]: from its contracts and examples, or from the
//! candidates' own texts.

use num_bigint::BigInt;
use zerr_syntax::candidate::Literals;

use super::said::said;
use crate::spec::{Expected, FunctionSpec};
use crate::value::Value;

/// Constants by kind, each once, in order of appearance.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    pub(super) ints: Vec<BigInt>,
    pub(super) floats: Vec<f64>,
    pub(super) texts: Vec<String>,
    /// Texts of examples, and of kinds that the description speaks of: worth trying as they are, while variations of the examples' arguments
    /// are made elsewhere.
    pub(super) example_texts: Vec<String>,
}

/// Of each kind no more are kept: a candidate may hold a table.
const KEPT_MAX: usize = 48;

impl Pool {
    /// What the spec states, and behind it what its description suggests.
    pub(super) fn of_spec(f: &FunctionSpec) -> Self {
        let (mut pool, said) = (Self::stated(f), Self::said(f));
        said.ints.into_iter().for_each(|number| pool.int(number));
        said.texts.iter().for_each(|text| pool.text(text));
        pool.example_texts.extend(said.example_texts);
        pool
    }

    /// What its description suggests.
    pub(super) fn said(f: &FunctionSpec) -> Self {
        let is_name = |text: &str| f.name == text || f.params.iter().any(|(name, _)| name == text);
        let said = said(&f.description, &is_name);
        let mut pool = Self::default();
        said.quoted.iter().for_each(|text| pool.text(text));
        said.ints.into_iter().for_each(|number| pool.int(number));
        pool.example_texts = said.texts.into_iter().map(str::to_owned).collect();
        pool
    }

    /// What its contracts and examples hold.
    pub(super) fn stated(f: &FunctionSpec) -> Self {
        let mut pool = Self::default();
        for contract in f.requires.iter().chain(&f.ensures) {
            contract.literals().iter().for_each(|value| pool.take(value));
        }
        let mut examples = Self::default();
        for example in &f.examples {
            example.args.iter().for_each(|value| examples.take(value));
            if let Expected::Returns(value) = &example.expected {
                examples.take(value);
            }
        }
        examples.ints.into_iter().for_each(|number| pool.int(number));
        examples.floats.into_iter().for_each(|float| pool.float(float));
        pool.example_texts = examples.texts;
        pool
    }

    pub(super) fn of_literals(literals: &[&Literals]) -> Self {
        let mut pool = Self::default();
        for literals in literals {
            for digits in literals.ints.iter().filter(|digits| digits.len() < 100) {
                if let Ok(number) = digits.parse::<BigInt>() {
                    pool.int(number);
                }
            }
            for text in &literals.floats {
                if let Ok(float) = text.parse::<f64>() {
                    pool.float(float);
                }
            }
            literals.strings.iter().for_each(|text| pool.text(text));
            literals.chars.iter().for_each(|c| pool.text(c.encode_utf8(&mut [0; 4])));
        }
        pool
    }

    pub(super) fn without(mut self, other: &Self) -> Self {
        self.ints.retain(|int| !other.ints.contains(int));
        self.floats.retain(|float| !other.floats.contains(float));
        self.texts.retain(|text| !other.texts.contains(text));
        self.example_texts.clear();
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ints.is_empty()
            && self.floats.is_empty()
            && self.texts.is_empty()
            && self.example_texts.is_empty()
    }

    /// Integers worth trying around the constants: each, and its neighbours.
    pub(super) fn near_ints(&self) -> Vec<BigInt> {
        let mut near: Vec<BigInt> = Vec::new();
        for int in &self.ints {
            for candidate in [int.clone(), int + 1, int - 1] {
                if !near.contains(&candidate) {
                    near.push(candidate);
                }
            }
        }
        near
    }

    /// All texts, of examples, too.
    pub(super) fn all_texts(&self) -> impl Iterator<Item = &String> {
        self.texts.iter().chain(&self.example_texts)
    }

    fn take(&mut self, value: &Value) {
        match value {
            Value::Int(_, number) => self.int(number.clone()),
            Value::Float(..) => self.float(value.as_float().unwrap_or_default()),
            Value::Char(c) => self.text(c.encode_utf8(&mut [0; 4])),
            Value::Str(text) => self.text(text),
            Value::Bytes(bytes) => bytes.iter().for_each(|byte| self.int(BigInt::from(*byte))),
            Value::Tuple(items) | Value::List(items) | Value::Set(items) => {
                for item in items {
                    self.take(item);
                }
            }
            Value::Map(entries) => {
                for (key, item) in entries {
                    self.take(key);
                    self.take(item);
                }
            }
            Value::Some(inner) | Value::Ok(inner) | Value::Err(inner) => self.take(inner),
            Value::Struct(_, fields) => fields.iter().for_each(|(_, value)| self.take(value)),
            Value::Enum(_, _, payload) => payload.iter().for_each(|value| self.take(value)),
            Value::Unit | Value::None | Value::Bool(_) => {}
        }
    }

    fn int(&mut self, number: BigInt) {
        if self.ints.len() < KEPT_MAX && !self.ints.contains(&number) {
            self.ints.push(number);
        }
    }

    fn float(&mut self, float: f64) {
        if self.floats.len() < KEPT_MAX && float.is_finite() && !self.floats.contains(&float) {
            self.floats.push(float);
        }
    }

    fn text(&mut self, text: &str) {
        let fits = text.len() <= 200 && self.texts.len() < KEPT_MAX;
        if fits && !self.texts.iter().any(|known| known == text) {
            self.texts.push(text.to_owned());
        }
    }
}
