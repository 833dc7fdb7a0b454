//! Tables and pictures of a benchmark: [`figures`].

use maud::html;

use crate::{Chart, document};

/// A table with its heading.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// What it shows.
    pub title: String,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Cells; the first of a row is its name.
    pub rows: Vec<Vec<String>>,
}

/// One self-contained page.
pub fn figures(
    title: &str,
    notes: &[String],
    charts: &[(String, Chart)],
    tables: &[Table],
) -> String {
    document(
        title,
        &html! {
            h1 { (title) }
            @for note in notes { p.faint { (note) } }
            @for (title, chart) in charts {
                h2 { (title) }
                (chart.markup())
            }
            @for table in tables {
                h2 { (table.title) }
                div.wide { table {
                    thead { tr { @for (at, name) in table.columns.iter().enumerate() {
                        th class=(if at == 0 { "" } else { "number" }) { (name) }
                    } } }
                    tbody { @for row in &table.rows { tr { @for (at, cell) in row.iter().enumerate() {
                        td class=(if at == 0 { "" } else { "number" }) { (cell) }
                    } } } }
                } }
            }
        },
    )
}
