//! Values drawn from a seed: [`Random`].
//!
//! # Invariants
//! The same seed draws the same values on every platform.

use std::collections::BTreeMap;
use std::rc::Rc;

use num_bigint::BigInt;

use super::bounds;
use super::pool::Pool;
use crate::value::{FloatKind, IntKind, IntRange as _, Type, Value};

/// `SplitMix64` (Steele, Lea, Flood 2014): small, well mixed, the same everywhere.
#[derive(Clone, Debug)]
pub(super) struct Random {
    state: u64,
    /// Boundaries by type, made once. They belong to the pool that the first draw came with.
    bounds: BTreeMap<Type, Rc<[Value]>>,
}

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed, bounds: BTreeMap::new() }
    }

    pub(super) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to `end`, excluded; 0 where there is nothing to choose.
    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.next() % (end.max(1) as u64)) as usize
    }

    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let at = self.below(items.len());
        items.get(at)
    }

    /// A value of `ty`: mostly small and plain, sometimes a boundary or a constant of the pool.
    pub(super) fn value(&mut self, ty: &Type, pool: &Pool, depth: usize) -> Value {
        if self.below(8) == 0 {
            let bounds = self
                .bounds
                .entry(ty.clone())
                .or_insert_with(|| bounds::of(ty, pool).into())
                .clone();
            if let Some(value) = self.pick(&bounds) {
                return value.clone();
            }
        }
        let deeper = depth.saturating_sub(1);
        let length = if depth == 0 { 0 } else { self.below(6) };
        match ty {
            Type::Unit => Value::Unit,
            Type::Bool => Value::Bool(self.below(2) == 0),
            Type::Int(kind) => self.integer(*kind, pool),
            Type::Float(kind) => self.float(*kind, pool),
            Type::Char => Value::Char(self.char(pool)),
            Type::Str => Value::Str(self.text(pool)),
            Type::Bytes => Value::Bytes((0..length).map(|_| self.next() as u8).collect()),
            Type::Tuple(types) => {
                Value::Tuple(types.iter().map(|ty| self.value(ty, pool, deeper)).collect())
            }
            Type::Tuples(item) => bounds::as_tuple(self.value(&bounds::as_list(item), pool, depth)),
            Type::List { item, length: fixed } => {
                let length = fixed.unwrap_or(length).min(4_096);
                let mut items: Vec<Value> = Vec::with_capacity(length);
                for _ in 0..length {
                    // Equal items are rare by chance and matter often.
                    let again = if self.below(4) == 0 { self.pick(&items).cloned() } else { None };
                    let item = again.unwrap_or_else(|| self.value(item, pool, deeper));
                    items.push(item);
                }
                Value::List(items)
            }
            Type::Set(item) => {
                Value::set((0..length).map(|_| self.value(item, pool, deeper)).collect())
            }
            Type::Map(key, item) => {
                let mut entries = Vec::with_capacity(length);
                for _ in 0..length {
                    entries.push((self.value(key, pool, deeper), self.value(item, pool, deeper)));
                }
                Value::map(entries)
            }
            Type::Option(item) => match self.below(4) {
                0 => Value::None,
                _ => Value::Some(Box::new(self.value(item, pool, deeper))),
            },
            Type::Union(types) => match self.pick(types).cloned() {
                Some(ty) => self.value(&ty, pool, depth),
                None => Value::None,
            },
            Type::Result(ok, err) => match self.below(3) {
                0 => Value::Err(Box::new(self.value(err, pool, deeper))),
                _ => Value::Ok(Box::new(self.value(ok, pool, deeper))),
            },
            Type::None | Type::Named(_) | Type::Opaque(_) => Value::None,
        }
    }

    fn integer(&mut self, kind: IntKind, pool: &Pool) -> Value {
        let number = match self.below(10) {
            0..=4 => BigInt::from(self.below(21)) - 5,
            5 | 6 => BigInt::from(self.below(301)) - 100,
            7 => BigInt::from(self.below(200_001)) - 100_000,
            8 => match self.pick(&pool.near_ints()) {
                Some(number) => number + self.below(5) - 2,
                None => BigInt::from(self.below(64)),
            },
            // Every magnitude alike.
            _ => {
                let bits = self.below(63);
                let number = BigInt::from(self.next() >> (63 - bits));
                if self.below(2) == 0 { -number } else { number }
            }
        };
        let Some((low, high)) = kind.range() else { return Value::Int(kind, number) };
        if number < low && low == BigInt::from(0) {
            return Value::Int(kind, (-number).min(high));
        }
        Value::Int(kind, number.clamp(low, high))
    }

    fn float(&mut self, kind: FloatKind, pool: &Pool) -> Value {
        let float = match self.below(6) {
            0 => self.below(41) as f64 - 20.0,
            1 | 2 => (self.below(801) as f64 - 400.0) / 8.0,
            3 => (self.below(20_001) as f64 - 10_000.0) / 100.0,
            4 => match self.pick(&pool.floats) {
                Some(float) => float + (self.below(5) as f64 - 2.0) / 4.0,
                None => self.below(10) as f64 / 10.0,
            },
            _ => (self.next() >> 11) as f64 / (1_u64 << 53) as f64,
        };
        match kind {
            FloatKind::F32 => Value::f32(float as f32),
            FloatKind::F64 => Value::f64(float),
        }
    }

    fn char(&mut self, pool: &Pool) -> char {
        const COMMON: &[char] = &[
            'a', 'b', 'c', 'd', 'e', 'x', 'y', 'z', 'A', 'B', 'Z', '0', '1', '2', '9', ' ', ' ',
            '.', ',', '-', '_', '(', ')', '\n', 'é', 'ß', '日',
        ];
        let named: Vec<char> = pool.all_texts().flat_map(|text| text.chars()).take(64).collect();
        let from = if self.below(3) == 0 && !named.is_empty() { &named[..] } else { COMMON };
        self.pick(from).copied().unwrap_or('a')
    }

    fn named(&mut self, pool: &Pool) -> Option<String> {
        let count = pool.texts.len() + pool.example_texts.len();
        let at = self.below(count);
        pool.all_texts().nth(at).cloned()
    }

    fn text(&mut self, pool: &Pool) -> String {
        const WORDS: &[&str] = &[
            "hello",
            "World",
            "foo",
            "BAR",
            "x",
            "level",
            "noon",
            "42",
            "3.5",
            "-7",
            "the",
            "Ada",
            "a1b2",
            "racecar",
            "[]",
            "user@example.com",
            "2024-02-29",
            "#tag",
            "key=value",
        ];
        match self.below(4) {
            // Few different characters, so that runs, pairs and palindromes turn up.
            0 => {
                let (a, b) = (self.char(pool), self.char(pool));
                let length = self.below(9);
                (0..length).map(|_| if self.below(2) == 0 { a } else { b }).collect()
            }
            1 => {
                let count = 1 + self.below(4);
                let gap = if self.below(4) == 0 { "  " } else { " " };
                let words: Vec<&str> =
                    (0..count).filter_map(|_| self.pick(WORDS).copied()).collect();
                words.join(gap)
            }
            2 => match self.named(pool) {
                Some(text) => {
                    let other = self.named(pool).unwrap_or_default();
                    match self.below(4) {
                        0 => format!("{text}{other}"),
                        1 => format!("{text} {other}"),
                        2 => text.chars().rev().collect(),
                        _ => text.chars().skip(1).collect(),
                    }
                }
                None => self.pick(WORDS).copied().unwrap_or_default().to_owned(),
            },
            _ => {
                let length = self.below(13);
                (0..length).map(|_| self.char(pool)).collect()
            }
        }
    }
}
