//! YAML as a small tree that knows where everything stands: [`Node`].
//!
//! The events come from `saphyr-parser`; a deserialiser would stop at the first mistake and lose
//! the places.
//!
//! # Invariants
//! A tree has a bounded depth and, however its aliases are wound, a bounded size.
//!
//! # Non-goals
//! - Tags other than `!!str`, several documents, merge keys.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::place::Place;

/// Values nested deeper than this are refused.
const DEPTH_MAX: usize = 40;

/// Nodes that aliases may add.
const ALIASED_NODES_MAX: usize = 10_000;

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) place: Place,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Scalar { text: String, style: Style },
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Quoted,
    /// `|` or `>`.
    Block,
}

/// Why a text is no tree.
#[derive(Debug)]
pub(super) struct YamlError {
    pub(super) place: Place,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl YamlError {
    fn new(place: Place, message: impl Into<String>, hint: Option<&str>) -> Self {
        Self { place, message: message.into(), hint: hint.map(str::to_owned) }
    }
}

/// What a plain scalar stands for, by the core schema of YAML 1.2.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Plain<'a> {
    Null,
    Bool(bool),
    /// As [`num_bigint::BigInt`] reads it, with the base.
    Int(String, u32),
    /// As Rust reads it.
    Float(String),
    Text(&'a str),
}

impl Node {
    /// The scalar's meaning; a quoted or block scalar is always a text.
    pub(super) fn scalar(&self) -> Option<Plain<'_>> {
        match &self.kind {
            Kind::Scalar { text, style: Style::Plain } => Some(plain(text)),
            Kind::Scalar { text, .. } => Some(Plain::Text(text)),
            _ => None,
        }
    }

    pub(super) fn is_null(&self) -> bool {
        self.scalar() == Some(Plain::Null)
    }

    /// The text of a scalar, whatever it stands for.
    pub(super) fn raw_text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// What it is, for messages.
    pub(super) fn what(&self) -> &'static str {
        match &self.kind {
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
            Kind::Scalar { .. } => match self.scalar() {
                Some(Plain::Null) => "nothing (null)",
                Some(Plain::Bool(_)) => "a truth value",
                Some(Plain::Int(..)) => "an integer",
                Some(Plain::Float(_)) => "a float",
                _ => "a text",
            },
        }
    }

    fn size(&self) -> usize {
        1 + match &self.kind {
            Kind::Scalar { .. } => 0,
            Kind::List(items) => items.iter().map(Self::size).sum(),
            Kind::Map(entries) => entries.iter().map(|(k, v)| k.size() + v.size()).sum(),
        }
    }
}

fn plain(text: &str) -> Plain<'_> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Plain::Null,
        "true" | "True" | "TRUE" => return Plain::Bool(true),
        "false" | "False" | "FALSE" => return Plain::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Plain::Float("NaN".to_owned()),
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let minus = if text.starts_with('-') { "-" } else { "" };
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Plain::Float(format!("{minus}inf"));
    }
    let all =
        |digits: &str, base: u32| !digits.is_empty() && digits.chars().all(|c| c.is_digit(base));
    if all(unsigned, 10) {
        return Plain::Int(format!("{minus}{unsigned}"), 10);
    }
    for (prefix, base) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = unsigned.strip_prefix(prefix)
            && all(digits, base)
        {
            return Plain::Int(format!("{minus}{digits}"), base);
        }
    }
    let starts_like_one = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let has_only = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    if starts_like_one && unsigned.chars().all(has_only) && text.parse::<f64>().is_ok() {
        return Plain::Float(text.to_owned());
    }
    Plain::Text(text)
}

/// Reads one document.
pub(super) fn read(text: &str) -> Result<Node, YamlError> {
    let mut builder = Builder {
        stack: Vec::new(),
        root: None,
        anchors: BTreeMap::new(),
        aliased: 0,
        documents: 0,
    };
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => builder.event(event, Place::of(span))?,
            Err(error) => {
                let hint =
                    if error.info().contains("tab") { Some("indent with spaces") } else { None };
                return Err(YamlError::new(
                    Place::at(*error.marker()),
                    format!("not YAML: {}", error.info()),
                    hint,
                ));
            }
        }
    }
    builder.root.ok_or_else(|| {
        YamlError::new(Place::default(), "the file is empty", Some("start with `name: …`"))
    })
}

/// A list or mapping that is still open.
struct Open {
    kind: Kind,
    /// The key that waits for its value.
    key: Option<Node>,
    anchor: usize,
    place: Place,
}

struct Builder {
    stack: Vec<Open>,
    root: Option<Node>,
    anchors: BTreeMap<usize, (Node, usize)>,
    aliased: usize,
    documents: usize,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, place: Place) -> Result<(), YamlError> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(YamlError::new(
                        place,
                        "more than one document",
                        Some("write one spec a file"),
                    ));
                }
                Ok(())
            }
            Event::Alias(anchor) => {
                let Some((node, size)) = self.anchors.get(&anchor) else {
                    return Err(YamlError::new(place, "alias of something that holds it", None));
                };
                self.aliased += size;
                if self.aliased > ALIASED_NODES_MAX {
                    return Err(YamlError::new(
                        place,
                        format!("aliases stand for more than {ALIASED_NODES_MAX} values"),
                        Some("write the values out, or fewer of them"),
                    ));
                }
                let node = node.clone();
                self.add(node);
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                let mut style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
                    ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
                };
                if let Some(tag) = tag {
                    if !(tag.is_yaml_core_schema() && tag.suffix == "str") {
                        return Err(unknown_tag(&tag, place));
                    }
                    if style == Style::Plain {
                        style = Style::Quoted;
                    }
                }
                let node = Node { kind: Kind::Scalar { text: text.into_owned(), style }, place };
                self.keep(anchor, &node);
                self.add(node);
                Ok(())
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(Kind::List(Vec::new()), anchor, tag.as_deref(), place)
            }
            Event::MappingStart(anchor, tag) => {
                self.open(Kind::Map(Vec::new()), anchor, tag.as_deref(), place)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.stack.pop() else { return Ok(()) };
                let place = open.place.up_to(place);
                let node = Node { kind: open.kind, place };
                self.keep(open.anchor, &node);
                self.add(node);
                Ok(())
            }
        }
    }

    fn open(
        &mut self,
        kind: Kind,
        anchor: usize,
        tag: Option<&Tag>,
        place: Place,
    ) -> Result<(), YamlError> {
        if let Some(tag) = tag {
            return Err(unknown_tag(tag, place));
        }
        if self.stack.len() >= DEPTH_MAX {
            return Err(YamlError::new(
                place,
                format!("nested deeper than {DEPTH_MAX} levels"),
                None,
            ));
        }
        self.stack.push(Open { kind, key: None, anchor, place });
        Ok(())
    }

    fn keep(&mut self, anchor: usize, node: &Node) {
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), node.size()));
        }
    }

    fn add(&mut self, node: Node) {
        let Some(open) = self.stack.last_mut() else {
            self.root = Some(node);
            return;
        };
        match &mut open.kind {
            Kind::List(items) => items.push(node),
            Kind::Map(entries) => match open.key.take() {
                Some(key) => entries.push((key, node)),
                None => open.key = Some(node),
            },
            Kind::Scalar { .. } => {}
        }
    }
}

fn unknown_tag(tag: &Tag, place: Place) -> YamlError {
    YamlError::new(
        place,
        format!("tag `{tag}` has no meaning here"),
        Some("leave the tag out; values get their types from the signature"),
    )
}
