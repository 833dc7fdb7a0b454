//! A function without loops as a small tree that both languages share: [`Function`].
//!
//! It is for those who reason about a function instead of running it. What the two languages
//! spell alike but mean differently has different nodes: `%` is [`BinaryOp::TruncRem`] in Rust and
//! [`BinaryOp::FloorRem`] in Python. What a number means as a condition, and how long a variable
//! lives, is left to whoever walks the tree.
//!
//! # Invariants
//! - The tree holds all of the text's meaning, or there is none: a construct without a node is
//!   [`Untranslated`], never left out. (Comments, attributes without effect and doc strings have
//!   no meaning.)
//! - No tree is nested deeper than [`DEPTH_MAX`], so that whoever walks one may recurse.
//!
//! # Non-goals
//! - Types: literals without a suffix have none here.

mod python;
mod rust;
#[cfg(test)]
mod tests;

use crate::Language;
use crate::signature::IntKind;

/// Longest text that is read, in bytes.
pub const SOURCE_BYTES_MAX: usize = 32 * 1024;

/// Deepest nesting of statements and expressions.
pub const DEPTH_MAX: usize = 100;

/// Why a text has no such tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} (line {line}) is not translated")]
pub struct Untranslated {
    /// The first construct that has no node, such as `a loop`.
    pub what: String,
    /// From 1.
    pub line: usize,
}

/// A type that values of the tree may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    Bool,
    Int(IntKind),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    pub params: Vec<(String, Scalar)>,
    pub returns: Scalar,
    pub body: Block,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Block {
    pub statements: Vec<Statement>,
    /// What a Rust block is worth.
    pub value: Option<Box<Expr>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    /// Rust's `let`: a new variable of that name, which may hide another one.
    Declare {
        name: String,
        ty: Option<Scalar>,
        value: Option<Expr>,
        line: usize,
    },
    /// All values are worked out before any is assigned. In Python this may make new variables.
    Assign {
        targets: Vec<String>,
        values: Vec<Expr>,
        line: usize,
    },
    /// For what it does, not for its value.
    Do(Expr),
    Return(Option<Expr>, usize),
    Assert(Expr),
    /// `panic!`, `raise`.
    Stop(usize),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expr {
    pub node: Node,
    /// From 1.
    pub line: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// Decimal digits.
    Int(String, Option<IntKind>),
    Bool(bool),
    Name(String),
    /// Logical in Python; in Rust also of all bits, by the operand's type.
    Not(Box<Expr>),
    /// Python's `~`.
    Invert(Box<Expr>),
    Neg(Box<Expr>),
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `a < b <= c`: each value is worked out once, and only as far as needed.
    Compare(Box<Expr>, Vec<(CompareOp, Expr)>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    If(Box<Expr>, Block, Block),
    /// The arms in order; there is one for every value.
    Match(Box<Expr>, Vec<Arm>),
    Block(Block),
    Cast(Box<Expr>, Scalar),
    /// The smallest or the largest value of a kind.
    Limit(IntKind, Limit),
    /// A free function: of the same file, or a builtin.
    Call(String, Vec<Expr>),
    Method(Box<Expr>, String, Vec<Expr>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    Min,
    Max,
    Bits,
}

/// One way through a `match`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arm {
    /// Any one of them fits. Empty: every value does.
    pub patterns: Vec<Pattern>,
    /// The name under which guard and body know the value.
    pub binding: Option<String>,
    pub guard: Option<Expr>,
    pub body: Block,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    Value(Expr),
    /// From, to, and whether the latter fits too.
    Range(Option<Expr>, Option<Expr>, bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    /// Towards zero.
    TruncDiv,
    TruncRem,
    /// Downwards.
    FloorDiv,
    FloorRem,
    Pow,
    BitAnd,
    BitOr,
    BitXor,
    Shl,
    Shr,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompareOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// Reads the only function of that name in a text that holds nothing else.
///
/// # Errors
/// The first construct that has no node.
pub fn parse(language: Language, text: &str, name: &str) -> Result<Function, Untranslated> {
    if text.len() > SOURCE_BYTES_MAX {
        return Err(Untranslated { what: "a text of this length".to_owned(), line: 1 });
    }
    match language {
        Language::Rust => rust::parse(text, name),
        Language::Python => python::parse(text, name),
    }
}

fn not(what: impl Into<String>, line: usize) -> Untranslated {
    Untranslated { what: what.into(), line }
}

/// One level deeper, while there are levels left.
fn deeper(depth: usize, line: usize) -> Result<usize, Untranslated> {
    depth.checked_sub(1).ok_or_else(|| not("nesting this deep", line))
}
