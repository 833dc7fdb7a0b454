//! A contract as a tree, [`Expr`], before it is known to make sense.
//!
//! # Invariants
//! No tree is deeper than [`DEPTH_MAX`], so that whoever walks one may recurse.

use num_bigint::BigInt;
use zerr_syntax::Span;

/// Deeper than this nobody reads; a conjunction of so many parts is several contracts.
pub(super) const DEPTH_MAX: usize = 100;

#[derive(Clone, Debug)]
pub(super) struct Expr {
    pub(super) node: Node,
    pub(super) span: Span,
    /// 1 for a leaf.
    pub(super) depth: usize,
}

#[derive(Clone, Debug)]
pub(super) enum Node {
    Bool(bool),
    Int(BigInt),
    Float(f64),
    Str(String),
    None,
    /// A parameter, `result`, or what a quantifier binds.
    Name(String),
    List(Vec<Expr>),
    Tuple(Vec<Expr>),
    Not(Box<Expr>),
    Neg(Box<Expr>),
    Binary(Op, Box<Expr>, Box<Expr>),
    Index(Box<Expr>, Box<Expr>),
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// A function of [`super::functions::FUNCTIONS`].
    Call(String, Vec<Expr>),
    Old(Box<Expr>),
    /// `all(name in items: body)`.
    Each(Each, String, Box<Expr>, Box<Expr>),
    /// `from..to`, or `from..=to` when `inclusive`.
    Range {
        from: Box<Expr>,
        to: Box<Expr>,
        inclusive: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Each {
    All,
    Any,
    Count,
    Sum,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Implies,
    Or,
    And,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    NotIn,
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Rem,
}

impl Op {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Implies => "implies",
            Self::Or => "or",
            Self::And => "and",
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::In => "in",
            Self::NotIn => "not in",
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::FloorDiv => "//",
            Self::Rem => "%",
        }
    }

    pub(super) fn is_comparison(self) -> bool {
        matches!(
            self,
            Self::Eq
                | Self::Ne
                | Self::Lt
                | Self::Le
                | Self::Gt
                | Self::Ge
                | Self::In
                | Self::NotIn
        )
    }

    /// How tightly it binds.
    pub(super) fn strength(self) -> u8 {
        match self {
            Self::Implies => 1,
            Self::Or => 2,
            Self::And => 3,
            op if op.is_comparison() => 5,
            Self::Add | Self::Sub => 6,
            _ => 7,
        }
    }
}

impl Node {
    pub(super) fn children(&self) -> Vec<&Expr> {
        match self {
            Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Str(_)
            | Self::None
            | Self::Name(_) => Vec::new(),
            Self::List(items) | Self::Tuple(items) | Self::Call(_, items) => items.iter().collect(),
            Self::Not(inner) | Self::Neg(inner) | Self::Old(inner) => vec![inner],
            Self::Binary(_, a, b) | Self::Index(a, b) | Self::Each(_, _, a, b) => vec![a, b],
            Self::Range { from, to, .. } => vec![from, to],
            Self::If(a, b, c) => vec![a, b, c],
        }
    }
}
