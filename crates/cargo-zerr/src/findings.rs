//! A check's findings in the forms that people and programs read: [`print`].
//!
//! All forms come from one [`CheckReport`]; none knows more than another.

mod github;
mod human;
mod junit;
mod sarif;

use std::collections::BTreeSet;

use serde::Serialize;
use zerr_core::check::{CheckReport, LayerRow};
use zerr_core::verdict::{LayerId, LayerVerdict, Severity};
use zerr_engine::check::Checked;

use crate::args::MessageFormat;
use crate::console::Console;
use crate::exit::Exit;

/// The report as data on standard output; the layers and the counts go to standard error.
pub(crate) fn print(console: Console, checked: &Checked, named: &BTreeSet<LayerId>) {
    match console.format {
        MessageFormat::Human => human::print(console, checked),
        MessageFormat::Json => console.json(&document(&checked.report, named)),
        MessageFormat::Sarif => console.json(&sarif::document(checked)),
        MessageFormat::Junit => console.data_line(&junit::document(&checked.report)),
        MessageFormat::Github => console.data(&github::lines(&checked.report)),
    }
    console.note(&human::summary(&checked.report, console.loudness));
}

/// The report with the exit code that it ends with.
#[derive(Serialize)]
struct Document<'a> {
    exit_code: u8,
    #[serde(flatten)]
    report: &'a CheckReport,
}

fn document<'a>(report: &'a CheckReport, named: &BTreeSet<LayerId>) -> Document<'a> {
    Document { exit_code: exit(report, named).code(), report }
}

/// Findings of severity error end the command with 1. Where nothing refutes, but a layer that was
/// asked for by name did not run, or none ran at all, nothing was verified: that is 3.
pub(crate) fn exit(report: &CheckReport, named: &BTreeSet<LayerId>) -> Exit {
    if report.count(Severity::Error) > 0 {
        return Exit::Findings;
    }
    let ran = |row: &LayerRow| !matches!(row.verdict, LayerVerdict::NotRun { .. });
    let missing = |layer: &LayerId| {
        let mut rows = report.layers.iter().filter(|row| row.layer == *layer).peekable();
        report.files > 0 && (rows.peek().is_none() || rows.any(|row| !ran(row)))
    };
    let nothing_ran = !report.layers.is_empty() && !report.layers.iter().any(ran);
    if nothing_ran || named.iter().any(missing) { Exit::Undecided } else { Exit::Verified }
}

#[cfg(test)]
mod testing {
    use std::collections::BTreeMap;

    use zerr_core::check::{CheckReport, Looked};
    use zerr_core::verdict::{Finding, LayerId, LayerOutcome, Region, Severity};
    use zerr_engine::check::Checked;
    use zerr_engine::zerr_verify::{FileKind, SourceFile};
    use zerr_syntax::Language;

    pub(crate) const TEXT: &str = "import os\nx: str = \"é\" + 1\n";

    /// Two findings, a layer that did not run, one that passed.
    pub(crate) fn checked() -> Checked {
        let file =
            SourceFile { path: "src/a b.py".into(), kind: FileKind::of("a.py"), text: TEXT.into() };
        let unused = Finding::error(LayerId::StaticAnalysis, "F401", "`os` imported but unused")
            .severity(Severity::Warning)
            .in_file("src/a b.py")
            .at(Region::between((1, 8), (1, 10)))
            .hint("remove it");
        let types =
            Finding::error(LayerId::Types, "unsupported-operator", "no `+` 100 %\nfor these")
                .in_file("src/a b.py")
                .at(Region::between((2, 10), (2, 17)));
        let looked = |language, outcome| Looked { language, outcome, cached: false };
        let python = Some(Language::Python);
        let looked = vec![
            looked(python, LayerOutcome::ran(LayerId::StaticAnalysis, vec![unused], None, 3)),
            looked(python, LayerOutcome::ran(LayerId::Types, vec![types], None, 5)),
            looked(None, LayerOutcome::not_run(LayerId::Security, "no database")),
            looked(python, LayerOutcome::ran(LayerId::Syntax, vec![], None, 1)),
        ];
        let texts = BTreeMap::from([("src/a b.py", TEXT)]);
        let report = CheckReport::new(&texts, looked, None, 9);
        Checked { report, files: vec![file], is_complete: true }
    }
}
