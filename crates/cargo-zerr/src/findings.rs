//! A check's findings in the forms that people and programs read: [`print`].
//!
//! All forms come from one [`CheckReport`]; none knows more than another.

mod github;
mod human;
mod junit;
mod sarif;

use serde::Serialize;
use zerr_core::check::CheckReport;
use zerr_engine::check::Checked;

use crate::args::MessageFormat;
use crate::console::Console;
use crate::exit::Exit;

/// The report as data on standard output; for people the summary goes to standard error.
pub(crate) fn print(console: Console, checked: &Checked) {
    match console.format {
        MessageFormat::Human => human::print(console, checked),
        MessageFormat::Json => console.json(&document(&checked.report)),
        MessageFormat::Sarif => console.json(&sarif::document(checked)),
        MessageFormat::Junit => console.data_line(&junit::document(&checked.report)),
        MessageFormat::Github => console.data(&github::lines(&checked.report)),
    }
}

/// The report with the exit code that it ends with.
#[derive(Serialize)]
struct Document<'a> {
    exit_code: u8,
    #[serde(flatten)]
    report: &'a CheckReport,
}

fn document(report: &CheckReport) -> Document<'_> {
    Document { exit_code: exit(report).code(), report }
}

/// Findings of severity error end the command with 1.
pub(crate) fn exit(report: &CheckReport) -> Exit {
    match report.count(zerr_core::verdict::Severity::Error) {
        0 => Exit::Verified,
        _ => Exit::Findings,
    }
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
