//! `--message-format json`: what other programs rely on.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Project, repository};

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn assert_has(value: &Value, wanted: &[&str]) {
    let keys = keys(value);
    for key in wanted {
        assert!(keys.contains(key), "{key} is missing among {keys:?}");
    }
}

/// All keys of a value and those wanted are the same, but for those that come and go.
fn assert_is(value: &Value, wanted: &[&str], optional: &[&str]) {
    let found: Vec<&str> = keys(value).into_iter().filter(|key| !optional.contains(key)).collect();
    let mut wanted = wanted.to_vec();
    wanted.sort_unstable();
    assert_eq!(found, wanted);
}

/// Whoever changes this list raises `SCHEMA_VERSION` where a field changes its meaning or goes.
const REPORT: &[&str] = &[
    "schema_version",
    "zerr_version",
    "run",
    "name",
    "verdict",
    "steps",
    "files",
    "model",
    "isolation",
    "tools",
    "target",
    "seed",
    "ms",
    "written",
    "not_written",
    "evidence",
];
const STEP: &[&str] = &[
    "name",
    "language",
    "id",
    "verdict",
    "k",
    "p",
    "p_prior",
    "p_source",
    "prompt",
    "prompt_version",
    "race",
    "approaches",
    "samples",
    "drawn",
    "red_flags",
    "red_flag_kinds",
    "rejected",
    "failed",
    "classes",
    "assumptions",
    "layers",
    "inputs",
    "confidence",
    "confidence_means",
    "mutants_killed",
    "mutants_lived",
    "file",
    "ms",
];
const STEP_OPTIONAL: &[&str] = &[
    "reason",
    "advice",
    "complaints",
    "votes_expected",
    "questions",
    "acceptance",
    "chance",
    "consensus",
    "witnesses",
    "probes",
    "search",
];

#[test]
fn the_report_has_the_fields_that_programs_rely_on() {
    let project = Project::new();
    let spec = repository().join("examples/hello_world").display().to_string();
    let (report, code) = project.json(&["generate", &spec, "--language", "python", "--out", "out"]);
    assert_eq!(code, 0, "{report:#}");
    assert_is(&report, REPORT, &[]);
    assert_eq!(report["schema_version"], 1);
    assert_eq!(report["verdict"], "verified");
    assert_eq!(report["written"], serde_json::json!(["out/hello_world.py"]));
    let steps = report["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 6);
    for step in steps {
        assert_is(step, STEP, STEP_OPTIONAL);
        assert_eq!(step["verdict"], "verified");
        assert_eq!(step["file"], "hello_world.py");
        let layers = step["layers"].as_array().unwrap();
        assert_eq!(layers.len(), 10, "every layer is listed: {layers:?}");
        for layer in layers {
            assert_has(layer, &["layer", "verdict", "ms"]);
            if layer["verdict"] != "not_run" {
                assert_has(&layer["tool"], &["name", "version"]);
            }
        }
        let winner = &step["classes"][0];
        assert_eq!(winner["standing"], "winner");
        assert!(winner["votes"].as_u64().unwrap() >= step["k"].as_u64().unwrap());
    }
    assert_has(&report["model"], &["name", "sha256", "backend"]);

    let run = report["run"].as_str().unwrap();
    let (shown, code) = project.json(&["runs", "show", run]);
    assert_eq!(code, 0);
    assert_eq!(shown["steps"], report["steps"], "a report is a function of the journal");
    assert_eq!(shown["files"], report["files"]);

    let output = project.run(["runs", "show", run, "--report", "page.html"]);
    assert_eq!(crate::support::code(&output), 0, "{}", crate::support::stderr(&output));
    let page = std::fs::read_to_string(project.path().join("page.html")).unwrap();
    assert_eq!(page.matches("<svg").count(), steps.len(), "a race for each step");
    for said in ["hello_world", "verified", "unit tests", "salutation", "wins when it leads by k"] {
        assert!(page.contains(said), "{said}");
    }
    for loaded in ["<script", "http-equiv=\"refresh", "src=", "url("] {
        assert!(!page.contains(loaded), "{loaded}: a page is one file without a program");
    }
}
