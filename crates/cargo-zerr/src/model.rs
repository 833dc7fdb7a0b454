//! `model info`.

use std::path::Path;

use serde::Serialize;
use zerr_core::report::SCHEMA_VERSION;

use crate::args::{MessageFormat, ModelCommand};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::generate;
use crate::runs;

#[derive(Serialize)]
struct ModelDocument<M> {
    schema_version: u32,
    model: M,
    ready_ms: u64,
}

pub(crate) fn run(
    console: Console,
    project: &Path,
    command: &ModelCommand,
) -> Result<Exit, Failure> {
    let ModelCommand::Info(args) = command;
    let model = generate::model(args.model.as_deref())?;
    let details = runs::reader(project, model, args.threads)?.model()?;
    let info = &details.info;
    if console.format == MessageFormat::Json {
        let document = ModelDocument {
            schema_version: SCHEMA_VERSION,
            model: info,
            ready_ms: details.ready_ms,
        };
        console.json(&document);
        return Ok(Exit::Verified);
    }
    let template = if info.has_chat_template { "its own" } else { "none known; ChatML is used" };
    let rows = [
        ("name", info.name.clone()),
        ("sha256", info.sha256.clone()),
        ("size", format!("{:.1} MB", info.size_bytes as f64 / 1e6)),
        ("architecture", info.architecture.clone()),
        ("parameters", info.parameters.to_string()),
        ("context", format!("{} tokens", info.context_tokens)),
        ("vocabulary", info.vocab.to_string()),
        ("chat template", template.to_owned()),
        ("runs on", info.backend.clone()),
        ("loaded in", format!("{} ms", info.load_ms)),
        ("ready after", format!("{} ms, start of the host included", details.ready_ms)),
    ];
    for (name, value) in rows {
        console.data_line(&format!("{name:<14} {value}"));
    }
    match &info.card {
        None => console.data_line("card           none: p starts from a cautious guess"),
        Some(card) => card_rows(console, card),
    }
    Ok(Exit::Verified)
}

/// What was measured, and what it was trained on. Cards are older and newer than this program, so
/// only what is there is shown.
fn card_rows(console: Console, card: &serde_json::Value) {
    for name in ["licence", "data", "training", "fails"] {
        if let Some(text) = card[name].as_str() {
            console.data_line(&format!("{name:<14} {text}"));
        }
    }
    for row in card["p"].as_array().into_iter().flatten() {
        console.data_line(&p_row(row));
    }
    for family in card["knows"].as_array().into_iter().flatten() {
        let names: Vec<&str> = family["functions"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(serde_json::Value::as_str)
            .collect();
        let name = family["family"].as_str().unwrap_or("");
        console.data_line(&format!("knows          {name}: {}", names.join(", ")));
    }
}

/// `p   0.921 function in rust, phrasings not trained on, 3 examples shown, n = 800`
pub(crate) fn p_row(row: &serde_json::Value) -> String {
    let text = |key: &str| row[key].as_str().unwrap_or("any");
    let p = row["p"].as_f64().map_or_else(|| "?".to_owned(), |p| format!("{p:.3}"));
    let tasks = row["tasks"].as_str().unwrap_or("phrasings");
    let tasks = match (row["held_out"] == true, tasks) {
        (false, _) => "trained phrasings",
        (true, "compositions") => "compositions not trained on",
        (true, "programs") => "programs not trained on",
        (true, "reserved") => "functions not trained on",
        (true, _) => "phrasings not trained on",
    };
    let shown = match row["examples"].as_u64() {
        None | Some(0) => "no examples shown".to_owned(),
        Some(count) => format!("up to {count} examples shown"),
    };
    let n = row["n"].as_u64().map_or_else(String::new, |n| format!(", n = {n}"));
    format!("p              {p} {} in {}, {tasks}, {shown}{n}", text("role"), text("language"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_what_was_measured_on_what() {
        let row = serde_json::json!({
            "role": "function", "language": "rust", "p": 0.9214, "n": 800, "held_out": true,
            "tasks": "reserved", "examples": 3,
        });
        assert_eq!(
            p_row(&row),
            "p              0.921 function in rust, functions not trained on, up to 3 examples \
             shown, n = 800"
        );
        assert!(p_row(&serde_json::json!({})).contains('?'));
    }
}
