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
    for row in card["p"].as_array().into_iter().flatten() {
        let text = |key: &str| row[key].as_str().unwrap_or("any").to_owned();
        let Some(p) = row["p"].as_f64() else { continue };
        console.data_line(&format!(
            "p              {p:.3} for one sample, {} in {}, {}",
            text("role"),
            text("language"),
            if row["held_out"] == true {
                "on phrasings not trained on"
            } else {
                "on training data"
            },
        ));
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
