//! From the tree of a YAML file to a [`RawSpec`]: [`read`].

use zerr_syntax::Language;
use zerr_syntax::deny::Capability;

use super::closest;
use super::place::{Mistakes, Place};
use super::raw::{At, RawExample, RawFunction, RawSpec, Signatures};
use super::yaml::{Kind, Node, Plain};
use crate::complexity::Bound;

/// The fields of each mapping, as the reader knows them.
pub(super) const SPEC_FIELDS: &[&str] =
    &["name", "language", "description", "reliability", "functions"];
pub(super) const FUNCTION_FIELDS: &[&str] = &[
    "name",
    "signature",
    "description",
    "depends_on",
    "requires",
    "ensures",
    "properties",
    "complexity",
    "budget",
    "examples",
    "forbid",
    "capabilities",
];
pub(super) const EXAMPLE_FIELDS: &[&str] =
    &["args", "call", "returns", "raises", "panics", "after"];

/// Words that people write for a field, and the field.
const SYNONYMS: &[(&str, &str)] = &[
    ("arguments", "args"),
    ("input", "args"),
    ("inputs", "args"),
    ("params", "args"),
    ("expect", "returns"),
    ("expected", "returns"),
    ("output", "returns"),
    ("result", "returns"),
    ("error", "raises"),
    ("exception", "raises"),
    ("panic", "panics"),
    ("mutates", "after"),
    ("depends", "depends_on"),
    ("uses", "depends_on"),
    ("calls", "depends_on"),
    ("pre", "requires"),
    ("preconditions", "requires"),
    ("post", "ensures"),
    ("postconditions", "ensures"),
    ("performance", "complexity"),
    ("cost", "complexity"),
    ("budgets", "budget"),
    ("property", "properties"),
    ("laws", "properties"),
    ("invariants", "properties"),
    ("forbidden", "forbid"),
    ("forbids", "forbid"),
    ("allow", "capabilities"),
    ("languages", "language"),
    ("lang", "language"),
    ("target", "reliability"),
    ("doc", "description"),
    ("tests", "examples"),
    ("title", "name"),
];

/// Reads the tree. What is wrong is said to `mistakes` and left out, or left empty where it is
/// not optional; `None` when the whole is no mapping.
pub(super) fn read(root: &Node, mistakes: &mut Mistakes<'_>) -> Option<RawSpec> {
    let mut fields = Fields::read(root, "a spec", SPEC_FIELDS, mistakes)?;
    let name = fields.required_text("name", mistakes);
    let language = fields
        .required("language", mistakes)
        .map(|node| one_or_many(node).filter_map(|node| language(node, mistakes)).collect())
        .unwrap_or_default();
    let description = fields.take("description").and_then(|node| text(node, mistakes));
    let reliability = fields.take("reliability").and_then(|node| number(node, mistakes));
    let functions = fields.required("functions", mistakes);
    let functions = functions.and_then(|node| items(node, "functions", mistakes)).unwrap_or(&[]);
    let functions = functions
        .iter()
        .filter_map(|node| {
            let value = function(node, mistakes)?;
            Some(At { value, place: node.place })
        })
        .collect();
    Some(RawSpec { name, language, description, reliability, functions })
}

fn function(node: &Node, mistakes: &mut Mistakes<'_>) -> Option<RawFunction> {
    let mut fields = Fields::read(node, "a function", FUNCTION_FIELDS, mistakes)?;
    Some(RawFunction {
        name: fields.required_text("name", mistakes),
        signature: fields
            .required("signature", mistakes)
            .and_then(|node| signatures(node, mistakes))
            .unwrap_or_default(),
        description: fields.required_text("description", mistakes),
        depends_on: fields.texts("depends_on", mistakes),
        requires: fields.text_nodes("requires", mistakes),
        ensures: fields.text_nodes("ensures", mistakes),
        properties: fields.text_nodes("properties", mistakes),
        complexity: fields.take("complexity").and_then(|node| bound(node, mistakes)),
        budget: fields
            .take("budget")
            .map(|node| {
                one_or_many(node).filter(|node| text(node, mistakes).is_some()).cloned().collect()
            })
            .unwrap_or_default(),
        examples: fields
            .list("examples", mistakes)
            .iter()
            .filter_map(|node| {
                let value = example(node, mistakes)?;
                Some(At { value, place: node.place })
            })
            .collect(),
        forbid: fields.texts("forbid", mistakes),
        capabilities: fields
            .list("capabilities", mistakes)
            .iter()
            .filter_map(|node| capability(node, mistakes))
            .collect(),
    })
}

fn example(node: &Node, mistakes: &mut Mistakes<'_>) -> Option<RawExample> {
    let mut fields = Fields::read(node, "an example", EXAMPLE_FIELDS, mistakes)?;
    Some(RawExample {
        args: fields.take("args").cloned(),
        call: fields.take("call").cloned(),
        returns: fields.take("returns").cloned(),
        raises: fields.take("raises").and_then(|node| text(node, mistakes)),
        panics: fields.take("panics").and_then(|node| truth(node, mistakes)),
        after: fields.take("after").cloned(),
    })
}

/// The fields of a signature that is given by language.
const LANGUAGES: &[&str] = &["rust", "python"];

fn signatures(node: &Node, mistakes: &mut Mistakes<'_>) -> Option<Signatures> {
    if node.raw_text().is_some() {
        return text(node, mistakes).map(|_| vec![(None, node.clone())]);
    }
    let mut fields = Fields::read(node, "a signature", LANGUAGES, mistakes)?;
    let mut found = Vec::new();
    for language in Language::ALL {
        if let Some(node) = fields.take(language.name())
            && text(node, mistakes).is_some()
        {
            found.push((Some(language), node.clone()));
        }
    }
    Some(found)
}

fn language(node: &Node, mistakes: &mut Mistakes<'_>) -> Option<At<Language>> {
    let At { value, place } = text(node, mistakes)?;
    let language = value.parse().ok();
    if language.is_none() {
        mistakes.add(
            place,
            format!("unknown language `{value}`"),
            Some(format!("known are {}", Language::ALL.map(Language::name).join(" and "))),
        );
    }
    language.map(|value| At { value, place })
}

fn capability(node: &Node, mistakes: &mut Mistakes<'_>) -> Option<At<Capability>> {
    let At { value, place } = text(node, mistakes)?;
    let capability = value.parse().ok();
    if capability.is_none() {
        let names = Capability::ALL.map(Capability::name);
        mistakes.add(
            place,
            format!("unknown capability `{value}`"),
            Some(match closest(&value, names.into_iter()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known are {}", names.join(", ")),
            }),
        );
    }
    capability.map(|value| At { value, place })
}

fn bound(node: &Node, mistakes: &mut Mistakes<'_>) -> Option<At<Bound>> {
    let At { value, place } = text(node, mistakes)?;
    match Bound::try_from(value) {
        Ok(value) => Some(At { value, place }),
        Err(error) => {
            let hint = "write how the cost of a call may grow, such as `O(n log n)`";
            mistakes.add(place, error.to_string(), Some(hint.to_owned()));
            None
        }
    }
}

/// A text; numbers and truth values without quotes are not taken for one.
fn text(node: &Node, mistakes: &mut Mistakes<'_>) -> Option<At<String>> {
    match node.scalar() {
        Some(Plain::Text(text)) => Some(At { value: text.to_owned(), place: node.place }),
        Some(Plain::Null) | None => {
            // `all(x in xs: …)` without quotes is a mapping to YAML.
            let hint = match node.kind {
                Kind::Map(_) => Some("put it in quotes if it holds `: `".to_owned()),
                _ => None,
            };
            mistakes.add(node.place, format!("{} where a text is wanted", node.what()), hint);
            None
        }
        Some(_) => {
            mistakes.add(
                node.place,
                format!("{} where a text is wanted", node.what()),
                Some("put it in quotes".to_owned()),
            );
            None
        }
    }
}

fn number(node: &Node, mistakes: &mut Mistakes<'_>) -> Option<At<f64>> {
    let value = match node.scalar() {
        Some(Plain::Int(digits, 10)) => digits.parse().ok(),
        Some(Plain::Float(text)) => text.parse().ok(),
        _ => None,
    };
    if value.is_none() {
        mistakes.add(
            node.place,
            format!("{} where a number is wanted", node.what()),
            Some("write a number such as 0.95".to_owned()),
        );
    }
    value.map(|value| At { value, place: node.place })
}

fn truth(node: &Node, mistakes: &mut Mistakes<'_>) -> Option<At<bool>> {
    if let Some(Plain::Bool(value)) = node.scalar() {
        return Some(At { value, place: node.place });
    }
    mistakes.add(node.place, format!("{} where true or false is wanted", node.what()), None);
    None
}

fn one_or_many(node: &Node) -> impl Iterator<Item = &Node> {
    match &node.kind {
        Kind::List(items) => items.iter(),
        _ => std::slice::from_ref(node).iter(),
    }
}

fn items<'n>(node: &'n Node, field: &str, mistakes: &mut Mistakes<'_>) -> Option<&'n [Node]> {
    if let Kind::List(items) = &node.kind {
        return Some(items);
    }
    mistakes.add(
        node.place,
        format!("{} where a list is wanted", node.what()),
        Some(format!("write `{field}: [ … ]`, or one line `- …` an item")),
    );
    None
}

/// The values of a mapping, taken one by one.
struct Fields<'n> {
    place: Place,
    what: &'static str,
    values: Vec<(&'static str, &'n Node)>,
}

impl<'n> Fields<'n> {
    fn read(
        node: &'n Node,
        what: &'static str,
        known: &'static [&'static str],
        mistakes: &mut Mistakes<'_>,
    ) -> Option<Self> {
        let Kind::Map(entries) = &node.kind else {
            mistakes.add(
                node.place,
                format!("{} where {what} is wanted", node.what()),
                Some(format!("write a mapping with {}", known.join(", "))),
            );
            return None;
        };
        let mut fields = Self { place: node.place, what, values: Vec::new() };
        for (key, value) in entries {
            let Some(name) = key.raw_text() else {
                mistakes.add(key.place, format!("{} as the name of a field", key.what()), None);
                continue;
            };
            let Some(field) = known.iter().find(|field| **field == name) else {
                let hint = SYNONYMS
                    .iter()
                    .find(|(word, field)| *word == name && known.contains(field))
                    .map(|(_, field)| *field)
                    .or_else(|| closest(name, known.iter().copied()))
                    .map_or_else(
                        || format!("known are {}", known.join(", ")),
                        |near| format!("did you mean `{near}`?"),
                    );
                mistakes.add(key.place, format!("unknown field `{name}`"), Some(hint));
                continue;
            };
            if fields.values.iter().any(|(known, _)| known == field) {
                mistakes.add(
                    key.place,
                    format!("`{name}` is given twice"),
                    Some("keep one of them".to_owned()),
                );
                continue;
            }
            fields.values.push((field, value));
        }
        Some(fields)
    }

    /// The field's value; one without a value counts as not given, but for `returns`, where
    /// nothing is a value.
    fn take(&mut self, field: &'static str) -> Option<&'n Node> {
        let position = self.values.iter().position(|(name, _)| *name == field)?;
        let (_, node) = self.values.swap_remove(position);
        (field == "returns" || !node.is_null()).then_some(node)
    }

    fn required(&mut self, field: &'static str, mistakes: &mut Mistakes<'_>) -> Option<&'n Node> {
        let node = self.take(field);
        if node.is_none() {
            mistakes.add(
                self.place,
                format!("{} without `{field}`", self.what),
                Some(format!("add `{field}: …`")),
            );
        }
        node
    }

    /// The field's text, empty when there is none to be had.
    fn required_text(&mut self, field: &'static str, mistakes: &mut Mistakes<'_>) -> At<String> {
        self.required(field, mistakes)
            .and_then(|node| text(node, mistakes))
            .unwrap_or(At { value: String::new(), place: self.place })
    }

    fn list(&mut self, field: &'static str, mistakes: &mut Mistakes<'_>) -> &'n [Node] {
        self.take(field).and_then(|node| items(node, field, mistakes)).unwrap_or(&[])
    }

    fn texts(&mut self, field: &'static str, mistakes: &mut Mistakes<'_>) -> Vec<At<String>> {
        self.list(field, mistakes).iter().filter_map(|node| text(node, mistakes)).collect()
    }

    fn text_nodes(&mut self, field: &'static str, mistakes: &mut Mistakes<'_>) -> Vec<Node> {
        let nodes = self.list(field, mistakes).iter();
        nodes.filter(|node| text(node, mistakes).is_some()).cloned().collect()
    }
}
