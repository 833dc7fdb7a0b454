//! The main job: `examples/hello_world` in both languages with the embedded model.

use std::fs;

use serde_json::Value;

use crate::generated::assert_calls;
use crate::support::{Project, code, repository, stderr, stdout};

fn spec() -> String {
    repository().join("examples/hello_world").display().to_string()
}

fn calls() -> Value {
    let file = repository().join("examples/hello_world/expected_output/calls.json");
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn both_languages_are_verified_and_do_what_is_expected() {
    let project = Project::new();
    let output = project.run(["generate", &spec(), "--out", "out"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let mut written: Vec<String> = stdout(&output).lines().map(str::to_owned).collect();
    written.sort();
    assert_eq!(written, ["out/hello_world.py", "out/hello_world.rs"]);
    for name in &written {
        assert_calls(&project.path().join(name), &calls());
    }
    assert!(stderr(&output).contains("evidence "), "{}", stderr(&output));
}

#[test]
fn files_of_zerr_are_replaced_and_edited_ones_are_spared() {
    let project = Project::new();
    let arguments = ["generate", &spec(), "--language", "python", "--out", "out", "--quiet"];
    let first = project.run(arguments);
    assert_eq!(code(&first), 0, "{}", stderr(&first));
    let text = project.read("out/hello_world.py");
    assert_eq!(code(&project.run(arguments)), 0, "what zerr wrote it may write again");

    project.write("out/hello_world.py", "edited = True\n");
    let spared = project.run(arguments);
    assert_eq!(code(&spared), 2);
    assert!(stderr(&spared).contains("is not overwritten"), "{}", stderr(&spared));
    assert_eq!(project.read("out/hello_world.py"), "edited = True\n");

    let diff = project.run(arguments.iter().chain(&["--diff"]));
    assert!(stdout(&diff).contains("-edited = True\n+"), "{}", stdout(&diff));
    let dry = project.run(arguments.iter().chain(&["--dry-run"]));
    assert_eq!(stdout(&dry), text);
    assert_eq!(project.read("out/hello_world.py"), "edited = True\n");

    let forced = project.run(arguments.iter().chain(&["--force"]));
    assert_eq!(code(&forced), 0, "{}", stderr(&forced));
    assert_eq!(project.read("out/hello_world.py"), text);
    assert_eq!(project.names(), ["out"], "nothing is left beside it");
}

#[test]
fn two_commands_work_side_by_side_on_one_project() {
    let project = Project::new();
    let start = |language: &str, out: &str| {
        project
            .zerr(["generate", &spec(), "--language", language, "--out", out, "--quiet"])
            .stderr(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap()
    };
    let running = [start("python", "one"), start("python", "two")];
    for child in running {
        let output = child.wait_with_output().unwrap();
        assert_eq!(code(&output), 0, "{}", stderr(&output));
    }
    assert_calls(&project.path().join("one/hello_world.py"), &calls());
    assert_calls(&project.path().join("two/hello_world.py"), &calls());
    let (runs, _) = project.json(&["runs", "list"]);
    assert_eq!(runs["runs"].as_array().map(Vec::len), Some(2), "{runs}");
}

/// Outside what the embedded model knows.
const UNKNOWN: &str = "\
name: distances
language: python
description: Distances between texts.
functions:
  - name: edit_distance
    signature: \"def edit_distance(left: str, right: str) -> int\"
    description: >-
      return the least number of insertions, deletions and substitutions of single characters,
      and of swaps of two neighbours, that turn one text into the other
    examples:
      - {args: [\"\", \"\"], returns: 0}
      - {args: [\"kitten\", \"sitting\"], returns: 3}
      - {args: [\"ab\", \"ba\"], returns: 1}
      - {args: [\"flaw\", \"lawn\"], returns: 2}
";

#[test]
fn what_the_model_does_not_know_ends_undecided_with_advice_and_writes_nothing() {
    let project = Project::with(&[("task_spec.yaml", UNKNOWN)]);
    let output = project.run(["generate", "task_spec.yaml"]);
    assert_eq!(code(&output), 3, "{}", stderr(&output));
    assert!(stderr(&output).contains("undecided"), "{}", stderr(&output));
    assert!(stderr(&output).contains("--model"), "{}", stderr(&output));
    assert_eq!(stdout(&output), "");
    assert_eq!(project.names(), ["task_spec.yaml"]);
}

/// Nothing but syntax and types speaks of it.
const UNPINNED: &str = "\
name: blanks
language: python
description: Blanks.
functions:
  - name: is_blank
    signature: \"def is_blank(name: str) -> bool\"
    description: return true if the name is empty or consists only of whitespace
";

#[test]
fn what_no_oracle_pins_down_is_agreed_at_best_and_written_only_on_request() {
    let project = Project::with(&[("task_spec.yaml", UNPINNED)]);
    let output = project.run(["generate", "task_spec.yaml"]);
    assert_eq!(code(&output), 3, "{}", stderr(&output));
    assert!(stderr(&output).contains("is_blank (python): agreed"), "{}", stderr(&output));
    assert!(stderr(&output).contains("    def is_blank"), "it is shown: {}", stderr(&output));
    assert_eq!(project.names(), ["task_spec.yaml"]);
    let accepted = project.run(["generate", "task_spec.yaml", "--accept-agreed"]);
    assert_eq!(code(&accepted), 3, "the verdict stays what it is");
    assert_eq!(project.names(), ["blanks.py", "task_spec.yaml"]);
}

#[test]
fn a_run_out_of_time_is_undecided_and_writes_nothing() {
    let project = Project::new();
    let output =
        project.run(["generate", &spec(), "--out", "out", "--fresh", "--time-limit", "1ms"]);
    assert_eq!(code(&output), 3, "{}", stderr(&output));
    assert!(stderr(&output).contains("time limit"), "{}", stderr(&output));
    assert_eq!(stdout(&output), "");
    assert!(project.names().is_empty());
}
