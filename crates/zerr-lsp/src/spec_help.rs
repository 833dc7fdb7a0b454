//! What helps whoever writes a `task_spec.yaml`: fields and their descriptions, from the schema.
//! Main functions: [`completions`], [`hover`].
//!
//! The text is half written most of the time, so where something stands is told by indentation, not
//! by a parser.

use serde_json::Value;
use zerr_core::spec;

/// A field that may stand somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) description: String,
    /// What may be written behind it, where that is a list of words.
    pub(crate) words: Vec<String>,
}

/// What could be written at the cursor: words behind a field, or fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Completions {
    Fields(Vec<Field>),
    Words(Vec<String>),
}

/// What a line is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Spec,
    Function,
    Example,
    Elsewhere,
}

/// A function of a spec, by the rows of its text from 0; the last one is the first behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FunctionRow {
    pub(crate) name: String,
    pub(crate) signature: Option<String>,
    pub(crate) row: usize,
    pub(crate) end_row: usize,
}

/// The functions of a spec, however much of it is written.
pub(crate) fn functions(text: &str) -> Vec<FunctionRow> {
    let lines: Vec<&str> = text.lines().collect();
    let value = |line: &str, field: &str| {
        let bare = line.trim_start().trim_start_matches("- ").trim_start_matches('{');
        let value = bare.strip_prefix(field)?.strip_prefix(':')?.trim();
        let value = value.split(", ").next().unwrap_or(value);
        Some(value.trim_matches(['"', '\'', '}']).to_owned())
    };
    let mut found: Vec<FunctionRow> = Vec::new();
    let mut is_inside = false;
    for (row, line) in lines.iter().enumerate() {
        if !line.starts_with([' ', '-']) && !line.trim().is_empty() {
            is_inside = line.starts_with("functions:");
        }
        let bare = line.trim_start();
        if !is_inside {
            continue;
        }
        if let Some(name) = value(line, "name").filter(|_| bare.starts_with("- ")) {
            found.push(FunctionRow { name, signature: None, row, end_row: lines.len() });
        } else if let (Some(last), Some(signature)) = (found.last_mut(), value(line, "signature")) {
            last.signature = last.signature.take().or(Some(signature)).filter(|it| !it.is_empty());
        }
    }
    let starts: Vec<usize> = found.iter().skip(1).map(|one| one.row).collect();
    for (one, next) in found.iter_mut().zip(starts) {
        one.end_row = next;
    }
    found
}

/// What fits where the cursor stands in a line (from 0); fields that are there already are left out.
pub(crate) fn completions(text: &str, row: usize, column: usize) -> Completions {
    let lines: Vec<&str> = text.lines().collect();
    let line = lines.get(row).copied().unwrap_or("");
    let before = line.get(..line.floor_char_boundary(column)).unwrap_or(line);
    let place = place(&lines, row, indent(before));
    let fields = fields(place);
    let bare = before.trim_start().trim_start_matches("- ");
    if let Some((name, _)) = bare.split_once(':') {
        let words = fields.into_iter().find(|field| field.name == name.trim());
        return Completions::Words(words.map(|field| field.words).unwrap_or_default());
    }
    let known = siblings(&lines, row, indent(before));
    Completions::Fields(fields.into_iter().filter(|field| !known.contains(&field.name)).collect())
}

/// What the field says whose name the cursor is on.
pub(crate) fn hover(text: &str, row: usize, column: usize) -> Option<Field> {
    let lines: Vec<&str> = text.lines().collect();
    let line = lines.get(row)?;
    let (name, _) = line.split_once(':')?;
    let start = indent(line);
    if column < start || column > name.len() {
        return None;
    }
    let bare = name.trim_start().trim_start_matches("- ").trim();
    fields(place(&lines, row, start)).into_iter().find(|field| field.name == bare)
}

/// Blanks before a line's text, the dash of an item counted as one.
fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '-']).len()
}

fn is_blank(line: &str) -> bool {
    let bare = line.trim();
    bare.is_empty() || bare.starts_with('#')
}

/// By the names of the fields that a line is indented under.
fn place(lines: &[&str], row: usize, own: usize) -> Place {
    let mut least = own;
    let mut around = Vec::new();
    for line in lines.iter().take(row).rev() {
        if is_blank(line) {
            continue;
        }
        let here = indent(line);
        if here < least {
            least = here;
            let name = line.trim_start_matches([' ', '-']).split(':').next().unwrap_or("");
            around.push(name.to_owned());
        }
    }
    match around.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => Place::Spec,
        ["functions"] => Place::Function,
        ["examples", "functions"] => Place::Example,
        _ => Place::Elsewhere,
    }
}

/// The fields that stand in the same mapping.
fn siblings(lines: &[&str], row: usize, own: usize) -> Vec<String> {
    let mut found = Vec::new();
    let mut take = |line: &str| -> bool {
        if is_blank(line) || indent(line) > own {
            return true;
        }
        if indent(line) < own {
            return false;
        }
        let name = line.trim_start_matches([' ', '-']).split(':').next().unwrap_or("");
        found.push(name.trim().to_owned());
        // The dash begins the mapping.
        !line.trim_start().starts_with("- ")
    };
    if lines.get(row).is_none_or(|line| !line.trim_start().starts_with("- ")) {
        for line in lines.iter().take(row).rev() {
            if !take(line) {
                break;
            }
        }
    }
    for line in lines.iter().skip(row + 1) {
        if line.trim_start().starts_with("- ") && indent(line) <= own || !take(line) {
            break;
        }
    }
    found
}

fn fields(place: Place) -> Vec<Field> {
    let schema = spec::schema();
    let part = match place {
        Place::Spec => &schema,
        Place::Function => &schema["$defs"]["Function"],
        Place::Example => &schema["$defs"]["Example"],
        Place::Elsewhere => return Vec::new(),
    };
    let fields = part["properties"].as_object().into_iter().flatten();
    fields
        .map(|(name, about)| Field {
            name: name.clone(),
            description: about["description"].as_str().unwrap_or("").replace('\n', " "),
            words: words(about),
        })
        .collect()
}

/// The words of an enumeration, however deep it stands.
fn words(about: &Value) -> Vec<String> {
    let own = about["enum"].as_array().into_iter().flatten();
    let mut found: Vec<String> = own.filter_map(Value::as_str).map(str::to_owned).collect();
    for below in about["anyOf"].as_array().into_iter().flatten().chain([&about["items"]]) {
        if below.is_object() {
            found.extend(words(below));
        }
    }
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: &str = "\
name: demo
language: 
functions:
  - name: f
    signature: fn f()
    
    examples:
      - args: []
        ret
  - des
";

    fn names(row: usize, column: usize) -> Vec<String> {
        match completions(SPEC, row, column) {
            Completions::Fields(fields) => fields.into_iter().map(|field| field.name).collect(),
            Completions::Words(words) => words,
        }
    }

    #[test]
    fn what_may_be_written_depends_on_where_it_stands() {
        assert_eq!(names(1, 10), ["python", "rust"]);
        let of_function = names(5, 4);
        assert!(of_function.contains(&"ensures".to_owned()), "{of_function:?}");
        assert!(!of_function.contains(&"signature".to_owned()), "it is there: {of_function:?}");
        let of_example = names(8, 11);
        assert!(of_example.contains(&"returns".to_owned()), "{of_example:?}");
        assert!(!of_example.contains(&"args".to_owned()), "{of_example:?}");
        let of_second = names(9, 7);
        assert!(of_second.contains(&"description".to_owned()), "{of_second:?}");
        assert!(of_second.contains(&"name".to_owned()), "another function: {of_second:?}");
        assert!(names(0, 0).contains(&"reliability".to_owned()));
    }

    #[test]
    fn a_field_says_what_it_is_for() {
        let field = hover(SPEC, 4, 6).unwrap();
        assert_eq!(field.name, "signature");
        assert!(field.description.contains("without a body"), "{field:?}");
        assert_eq!(hover(SPEC, 4, 18), None);
        assert_eq!(hover(SPEC, 99, 0), None);
    }
}
