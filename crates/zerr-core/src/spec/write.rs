//! Specs as a `task_spec.yaml` again, for people to edit. Main function: [`write`].
//!
//! # Invariants
//! What is written reads back as the same functions ([`super::parse`]), parts of splits added.

use std::fmt::Write as _;

use zerr_syntax::Language;
use zerr_syntax::signature::TypeExpr;

use super::{Example, Expected, FunctionSpec, Spec};
use crate::split::{Part, Splits};
use crate::value::Value;

/// One text for the specs of one task, a spec a language, with the parts of the functions that
/// were split in front of them. Parts were named in one language; their signatures in the other
/// follow from their types.
pub fn write(specs: &[Spec], splits: &Splits) -> String {
    let mut out = String::new();
    let Some(first) = specs.first() else { return out };
    let languages: Vec<&str> = specs.iter().map(|spec| spec.language.name()).collect();
    let _ = writeln!(out, "name: {}", first.name);
    if !first.description.is_empty() {
        let _ = writeln!(out, "description: {}", quoted(&first.description));
    }
    let _ = writeln!(out, "language: [{}]", languages.join(", "));
    let _ = writeln!(out, "reliability: {}\nfunctions:", first.target);
    let mut between = "";
    for function in &first.functions {
        let parts = splits.get(&function.name).map_or(&[][..], Vec::as_slice);
        for part in parts {
            let _ = write!(out, "{between}");
            write_part(&mut out, part, specs);
            between = "\n";
        }
        let twins: Vec<&FunctionSpec> = specs
            .iter()
            .filter_map(|spec| spec.functions.iter().find(|other| other.name == function.name))
            .collect();
        let _ = write!(out, "{between}");
        write_function(&mut out, &twins, parts);
        between = "\n";
    }
    out
}

/// A text that YAML reads as itself: JSON's strings are YAML's, but for some control characters.
fn quoted(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    json.chars().fold(String::with_capacity(json.len()), |mut out, c| {
        if c.is_control() || c == '\u{feff}' {
            let _ = write!(out, "\\u{:04x}", c as u32);
        } else {
            out.push(c);
        }
        out
    })
}

fn write_signatures<'a>(out: &mut String, texts: impl Iterator<Item = (Language, &'a str)>) {
    let _ = writeln!(out, "    signature:");
    for (language, text) in texts {
        let text = text.trim_end_matches(':');
        let _ = writeln!(out, "      {language}: {}", quoted(text));
    }
}

fn write_list(out: &mut String, key: &str, items: &[String]) {
    if !items.is_empty() {
        let items: Vec<String> = items.iter().map(|item| quoted(item)).collect();
        let _ = writeln!(out, "    {key}: [{}]", items.join(", "));
    }
}

fn write_part(out: &mut String, part: &Part, specs: &[Spec]) {
    let own = part.signature.language;
    let texts: Vec<(Language, String)> =
        specs.iter().map(|spec| (spec.language, signature_in(part, spec.language))).collect();
    let _ = writeln!(out, "  - name: {}", part.signature.name);
    if let Some(words) = &part.words {
        // Quoted, so that no line break ends the comment.
        let _ = writeln!(out, "    # for: {}", quoted(words));
    }
    write_signatures(out, texts.iter().map(|(language, text)| (*language, text.as_str())));
    let _ = writeln!(out, "    description: {}", quoted(&part.description));
    write_list(out, "depends_on", &part.calls);
    write_list(out, "requires", &part.requires);
    // What a `Result` is to a postcondition differs from language to language.
    let same = specs.iter().all(|spec| spec.language == own)
        || !matches!(part.signature.returns, TypeExpr::Result { .. });
    if same {
        write_list(out, "ensures", &part.ensures);
    }
}

/// The part's signature in any language.
fn signature_in(part: &Part, language: Language) -> String {
    let signature = &part.signature;
    if signature.language == language {
        return signature.text.clone();
    }
    let params: Vec<String> = signature
        .params
        .iter()
        .map(|param| format!("{}: {}", param.name, param.ty.text(language)))
        .collect();
    let (keyword, returns) = match language {
        Language::Rust => ("fn", signature.returns.text(language)),
        Language::Python => ("def", signature.returns.text(language)),
    };
    format!("{keyword} {}({}) -> {returns}", signature.name, params.join(", "))
}

fn write_function(out: &mut String, twins: &[&FunctionSpec], parts: &[Part]) {
    let Some(function) = twins.first() else { return };
    let _ = writeln!(out, "  - name: {}", function.name);
    let texts = twins.iter().map(|twin| (twin.signature.language, twin.signature.text.as_str()));
    write_signatures(out, texts);
    let _ = writeln!(out, "    description: {}", quoted(&function.description));
    let names = parts.iter().map(|part| part.signature.name.clone());
    let depends_on: Vec<String> = function.depends_on.iter().cloned().chain(names).collect();
    write_list(out, "depends_on", &depends_on);
    let texts = |contracts: &[crate::contract::Contract]| -> Vec<String> {
        contracts.iter().map(|contract| contract.text.clone()).collect()
    };
    write_list(out, "requires", &texts(&function.requires));
    write_list(out, "ensures", &texts(&function.ensures));
    let properties: Vec<String> =
        function.properties.iter().map(|property| property.text.clone()).collect();
    write_list(out, "properties", &properties);
    if let Some(bound) = function.complexity {
        let _ = writeln!(out, "    complexity: {bound}");
    }
    let budgets: Vec<String> =
        twins.iter().filter_map(|twin| twin.budget.as_ref()).map(ToString::to_string).collect();
    write_list(out, "budget", &budgets);
    write_list(out, "forbid", &function.forbidden);
    let capabilities: Vec<String> =
        function.capabilities.iter().map(|capability| capability.name().to_owned()).collect();
    write_list(out, "capabilities", &capabilities);
    if !function.examples.is_empty() {
        let _ = writeln!(out, "    examples:");
        for position in 0..function.examples.len() {
            let same: Vec<&Example> =
                twins.iter().filter_map(|twin| twin.examples.get(position)).collect();
            let _ = writeln!(out, "      - {}", example_text(function, &same));
        }
    }
}

pub(super) fn example_text(function: &FunctionSpec, twins: &[&Example]) -> String {
    let Some(example) = twins.first() else { return String::new() };
    let args: Vec<String> = example.args.iter().map(yaml).collect();
    let mut fields = vec![format!("args: [{}]", args.join(", "))];
    let mut add = |field: String| {
        if !fields.contains(&field) {
            fields.push(field);
        }
    };
    // What Rust wraps in `Ok` is written so, and Python reads it as it is.
    let results: Vec<&Value> = twins
        .iter()
        .filter_map(|twin| match &twin.expected {
            Expected::Returns(value) => Some(value),
            _ => None,
        })
        .collect();
    let wrapped = results.iter().find(|value| matches!(value, Value::Ok(_) | Value::Err(_)));
    if let Some(value) = wrapped.or(results.first()) {
        add(format!("returns: {}", yaml(value)));
    }
    for twin in twins {
        match &twin.expected {
            Expected::Returns(_) => {}
            Expected::Raises(kind) if kind.is_empty() => add("raises: Exception".to_owned()),
            Expected::Raises(kind) => add(format!("raises: {kind}")),
            Expected::Panics => add("panics: true".to_owned()),
        }
    }
    let changeable = function.signature.params.iter().enumerate();
    let after: Vec<String> = changeable
        .filter_map(|(position, param)| {
            let changed = example.mutated.iter().find(|(at, _)| *at == position);
            let value = match changed {
                Some((_, value)) => value,
                // What may change and does not has to be said, too.
                None => example.args.get(position).filter(|_| param.mutable_ref)?,
            };
            Some(format!("{}: {}", param.name, yaml(value)))
        })
        .collect();
    if !after.is_empty() {
        add(format!("after: {{{}}}", after.join(", ")));
    }
    format!("{{{}}}", fields.join(", "))
}

/// A value in the flow style that the reader types by the signature.
fn yaml(value: &Value) -> String {
    let list = |items: &[Value]| {
        let items: Vec<String> = items.iter().map(yaml).collect();
        format!("[{}]", items.join(", "))
    };
    match value {
        Value::Unit | Value::None => "null".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Int(_, number) => number.to_string(),
        Value::Float(..) => match value.as_float() {
            Some(float) if float.is_nan() => ".nan".to_owned(),
            Some(f64::INFINITY) => ".inf".to_owned(),
            Some(f64::NEG_INFINITY) => "-.inf".to_owned(),
            _ => crate::literal::float_text(value),
        },
        Value::Char(c) => quoted(&c.to_string()),
        Value::Str(text) => quoted(text),
        Value::Bytes(bytes) => {
            let items: Vec<String> = bytes.iter().map(u8::to_string).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Tuple(items) | Value::List(items) | Value::Set(items) => list(items),
        Value::Map(entries) => {
            let pairs: Vec<String> =
                entries.iter().map(|(k, v)| format!("[{}, {}]", yaml(k), yaml(v))).collect();
            format!("[{}]", pairs.join(", "))
        }
        Value::Some(inner) if matches!(**inner, Value::None | Value::Some(_)) => {
            format!("{{some: {}}}", yaml(inner))
        }
        Value::Some(inner) => yaml(inner),
        Value::Ok(inner) => format!("{{ok: {}}}", yaml(inner)),
        Value::Err(inner) => format!("{{err: {}}}", yaml(inner)),
        Value::Struct(..) | Value::Enum(..) => quoted(&value.to_string()),
    }
}
