//! Pages for a browser or an editor's side panel: [`page`] of a run, [`figures`] of a benchmark.
//!
//! # Invariants
//! A page is one file: no script, nothing that is loaded from elsewhere, and nothing in it but what
//! the [`Report`](zerr_core::report::Report) says. Text of models and people is escaped by `maud`.
//!
//! # Non-goals
//! Reading the log: whoever has one makes a report of it first.

mod chart;
mod code;
mod figures;
mod race;
mod run;

pub use chart::{Chart, Line};
pub use figures::{Table, figures};
pub use run::page;

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// A whole page around its content.
fn document(title: &str, content: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy"
                    content="default-src 'none'; style-src 'unsafe-inline'";
                title { (title) }
                style { (PreEscaped(include_str!("page.css"))) }
            }
            body { main { (content) } }
        }
    }
    .into_string()
}
