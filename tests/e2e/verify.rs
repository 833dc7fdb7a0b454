//! People's own code: `verify`, the hook, the forms of a report, with the real tools.

use std::fs;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::{Project, code, repository, stderr, stdout};

/// A git repository with these files in it, none of them added.
fn repository_with(files: &[(&str, &str)]) -> Project {
    let project = Project::new();
    for (name, text) in files {
        let path = project.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    git(&project, &["init", "--quiet"]);
    project
}

fn git(project: &Project, args: &[&str]) -> Output {
    project
        .command("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"])
        .args(args)
        .output()
        .unwrap()
}

fn rules(report: &Value) -> Vec<(String, String)> {
    let findings = report["findings"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    findings.iter().map(|found| (text(&found["rule"]), text(&found["file"]))).collect()
}

fn pair(rule: &str, file: &str) -> (String, String) {
    (rule.to_owned(), file.to_owned())
}

/// What a layer says, by name and language.
fn layer<'a>(report: &'a Value, name: &str) -> &'a Value {
    let layers = report["layers"].as_array().unwrap();
    layers.iter().find(|row| row["layer"] == name).unwrap_or(&Value::Null)
}

const QUICK: &str = "syntax,security,static_analysis";

#[test]
fn a_python_project_is_checked_by_every_layer_that_fits_it() {
    let project = repository_with(&[
        ("a.py", "import os\n\n\ndef f(x: int) -> str:\n    return x\n"),
        ("b.py", "def g(:\n"),
        ("ok.py", "def h(x: int) -> int:\n    return x\n"),
    ]);
    let (report, exit) = project.json(&["verify"]);
    assert_eq!(exit, 1, "{report:#}");
    let found = rules(&report);
    assert!(found.contains(&pair("F401", "a.py")), "{report:#}");
    assert!(found.contains(&pair("invalid-explicit-return", "a.py")), "{report:#}");
    assert!(found.contains(&pair("syntax-error", "b.py")), "{report:#}");
    assert!(!found.iter().any(|(_, file)| file == "ok.py"), "{report:#}");
    // Nothing changed: the answers are there.
    let (again, _) = project.json(&["verify"]);
    assert_eq!(again["findings"], report["findings"]);
    assert_eq!(layer(&again, "static_analysis")["cached"], true, "{again:#}");
    // Something did: it is looked at again, in that file too.
    project.write("a.py", "def f(x: int) -> str:\n    return str(x)\n");
    let (third, _) = project.json(&["verify"]);
    assert!(!rules(&third).iter().any(|(_, file)| file == "a.py"), "{third:#}");
}

#[test]
fn what_is_staged_is_checked_as_it_is_staged() {
    let project = repository_with(&[("a.py", "import os\n"), ("b.py", "x = = 1\n")]);
    git(&project, &["add", "a.py"]);
    let (report, exit) = project.json(&["verify", "--staged", "--layers", QUICK]);
    assert_eq!((exit, rules(&report)), (1, vec![pair("F401", "a.py")]), "{report:#}");
    // The working tree is fine by now; what would be committed is not.
    project.write("a.py", "x = 1\n");
    git(&project, &["add", "b.py"]);
    let (report, exit) = project.json(&["verify", "--staged", "--layers", QUICK]);
    assert_eq!(exit, 1);
    assert_eq!(rules(&report), [pair("syntax-error", "b.py")], "{report:#}");
    assert_eq!(layer(&report, "static_analysis")["verdict"], "not_run", "{report:#}");
    assert_eq!(project.read("a.py"), "x = 1\n");
}

#[test]
fn an_empty_index_and_a_folder_without_code_have_no_findings() {
    let project = repository_with(&[]);
    for arguments in [&["verify", "--staged"][..], &["verify"], &["audit"]] {
        let (report, exit) = project.json(arguments);
        assert_eq!((exit, report["files"].as_u64()), (0, Some(0)), "{report:#}");
    }
}

#[test]
fn the_hook_refuses_a_bad_commit_and_leaves_unstaged_changes_alone() {
    let project = repository_with(&[("a.py", "x = 1\n"), ("b.py", "y = 1\n")]);
    let installed = project.run(["hook", "install"]);
    assert_eq!(code(&installed), 0, "{}", stderr(&installed));
    git(&project, &["add", "a.py", "b.py"]);
    let first = git(&project, &["commit", "--quiet", "-m", "one"]);
    assert!(first.status.success(), "{}", stderr(&first));

    project.write("a.py", "x = = 1\n");
    git(&project, &["add", "a.py"]);
    project.write("b.py", "y = 2  # not staged\n");
    let refused = git(&project, &["commit", "--quiet", "-m", "two"]);
    assert!(!refused.status.success());
    assert!(stdout(&refused).contains("syntax-error") || stderr(&refused).contains("syntax-error"));
    assert_eq!(project.read("b.py"), "y = 2  # not staged\n");
    let log = git(&project, &["log", "--oneline"]);
    assert_eq!(stdout(&log).lines().count(), 1);

    let removed = project.run(["hook", "uninstall"]);
    assert_eq!(code(&removed), 0);
    assert!(git(&project, &["commit", "--quiet", "-m", "two"]).status.success());
}

#[test]
fn a_hook_of_somebody_elses_is_left_alone() {
    let project = repository_with(&[]);
    let hook = project.path().join(".git/hooks/pre-commit");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, "#!/bin/sh\nexit 0\n").unwrap();
    for word in ["install", "uninstall"] {
        let output = project.run(["hook", word]);
        assert_eq!(code(&output), 2, "{}", stderr(&output));
    }
    assert_eq!(fs::read_to_string(&hook).unwrap(), "#!/bin/sh\nexit 0\n");
}

#[test]
fn every_form_of_a_report_says_the_same() {
    let project = repository_with(&[("a b.py", "import os\nx = = 1\n")]);
    let form = |format: &str| {
        let output =
            project.run(["verify", "--layers", "syntax", "--message-format", format, "--fresh"]);
        assert_eq!(code(&output), 1, "{format}: {}", stderr(&output));
        stdout(&output)
    };
    let json: Value = serde_json::from_str(&form("json")).unwrap();
    assert_eq!(json["exit_code"], 1);
    let sarif: Value = serde_json::from_str(&form("sarif")).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap().len();
    assert_eq!(results, json["findings"].as_array().unwrap().len());
    assert!(form("junit").contains("failures=\"1\""));
    assert!(form("github").starts_with("::error file=a b.py,line=2"), "{}", form("github"));
    assert!(form("human").contains("--> a b.py:2"), "{}", form("human"));
}

#[test]
fn a_baseline_hides_what_was_there_before_and_nothing_else() {
    let project = repository_with(&[("a.py", "import os\n")]);
    let write = ["verify", "--layers", QUICK, "--write-baseline", "known.json"];
    assert_eq!(code(&project.run(write)), 0);
    let check = ["verify", "a.py", "--layers", QUICK, "--baseline", "known.json"];
    let (report, exit) = project.json(&check);
    assert_eq!((exit, report["known"].as_u64()), (0, Some(1)), "{report:#}");
    project.write("a.py", "x = 1\nimport os\nimport sys\n");
    let (report, exit) = project.json(&check);
    let lines: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| &found["region"]["line"])
        .collect();
    assert_eq!(exit, 1);
    assert!(lines.iter().any(|line| **line == 3), "{report:#}");
    let missing = project.run(["verify", "--baseline", "nowhere.json"]);
    assert_eq!(code(&missing), 2);
}

#[test]
fn a_tool_that_is_missing_is_not_run_and_never_passed() {
    let project = repository_with(&[("a.py", "x = 1\n")]);
    let empty = project.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let output = project
        .zerr(["verify", "a.py", "--message-format", "json"])
        .env("PATH", &empty)
        .env("ZERR_DATA_DIR", &empty)
        .output()
        .unwrap();
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    for name in ["types", "static_analysis"] {
        let row = layer(&report, name);
        assert_eq!(row["verdict"], "not_run", "{report:#}");
        assert!(row["why"].as_str().unwrap().contains("doctor --install"), "{report:#}");
    }
    assert_eq!(layer(&report, "syntax")["verdict"], "passed");
}

#[test]
fn strange_files_are_told_or_passed_over_and_nothing_panics() {
    let project = repository_with(&[
        ("crlf.py", "\u{feff}x = 1\r\ny = 2\r\n"),
        ("with 'quotes' and\nnewline.py", "x = 1\n"),
    ]);
    project.write("long.py", &format!("x = \"{}\"\n", "a".repeat(100_000)));
    fs::write(project.path().join("latin.py"), b"x = '\xe9'\n").unwrap();
    fs::write(project.path().join("picture.png"), b"\x89PNG\xff\xfe").unwrap();
    std::os::unix::fs::symlink(".", project.path().join("loop")).unwrap();
    std::os::unix::fs::symlink("nowhere.py", project.path().join("dangling.py")).unwrap();
    let large = fs::File::create(project.path().join("large.py")).unwrap();
    large.set_len(50 << 20).unwrap();
    let (report, exit) = project.json(&["verify", "--layers", "syntax,security"]);
    let found = rules(&report);
    assert!(found.contains(&pair("not-utf8", "latin.py")), "{report:#}");
    assert!(found.contains(&pair("file-too-large", "large.py")), "{report:#}");
    assert_eq!((exit, found.len()), (1, 2), "{report:#}");
}

#[test]
fn generated_functions_that_changed_are_told_and_edits_elsewhere_are_not() {
    let project = repository_with(&[]);
    let spec = repository().join("examples/hello_world").display().to_string();
    let output = project.run(["generate", &spec, "--language", "python", "--out", "."]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let check = ["verify", "hello_world.py", "--layers", "static_analysis"];
    let stale = |project: &Project| {
        let (report, _) = project.json(&check);
        rules(&report).iter().filter(|(rule, _)| rule == "evidence-stale").count()
    };
    assert_eq!(stale(&project), 0);
    let text = project.read("hello_world.py");
    project.write("hello_world.py", &format!("# mine\n\n{text}\n\nX = 1\n"));
    assert_eq!(stale(&project), 0);
    project.write("hello_world.py", &text.replace("\"World\"", "\"Nobody\""));
    assert_eq!(stale(&project), 1);
}

#[test]
fn a_rule_is_explained_by_whoever_has_it() {
    let project = Project::new();
    for (rule, word) in [
        ("E0308", "expected"),
        ("F401", "unused"),
        ("not-utf8", "UTF-8"),
        ("secret-password", "password"),
    ] {
        let output = project.run(["verify", "--explain", rule]);
        assert_eq!(code(&output), 0, "{rule}: {}", stderr(&output));
        assert!(stdout(&output).to_lowercase().contains(&word.to_lowercase()), "{rule}");
    }
    assert_eq!(code(&project.run(["verify", "--explain", "no-such-rule"])), 2);
}

/// With the real framework, and this repository as the one that offers the hook.
#[test]
fn pre_commit_refuses_a_bad_staged_change_and_keeps_unstaged_ones() {
    let own = repository().join("target/test-tools/bin/pre-commit");
    assert!(own.is_file(), "pre-commit is missing: `cargo xtask test` installs it");
    // pre-commit clones what offers hooks; only the file that says so matters.
    let offers = repository_with(&[(
        ".pre-commit-hooks.yaml",
        &fs::read_to_string(repository().join(".pre-commit-hooks.yaml")).unwrap(),
    )]);
    git(&offers, &["add", "."]);
    git(&offers, &["commit", "--quiet", "-m", "hooks"]);
    let head = stdout(&git(&offers, &["rev-parse", "HEAD"]));
    let config = format!(
        "repos:\n- repo: {}\n  rev: {}\n  hooks:\n  - id: zerr\n",
        offers.path().display(),
        head.trim()
    );
    let project = repository_with(&[("a.py", "x = 1\n"), ("b.py", "y = 1\n")]);
    project.write(".pre-commit-config.yaml", &config);
    let path =
        std::env::join_paths(std::env::split_paths(&std::env::var_os("PATH").unwrap()).chain([
            std::path::Path::new(env!("CARGO_BIN_EXE_cargo-zerr")).parent().unwrap().to_owned(),
        ]))
        .unwrap();
    let run = |mut command: Command| {
        command
            .env("PATH", &path)
            .env("PRE_COMMIT_HOME", project.path().join(".zerr/pre-commit"))
            .output()
            .unwrap()
    };
    let mut install = project.command(&own);
    install.arg("install");
    let installed = run(install);
    assert!(installed.status.success(), "{}", stderr(&installed));
    let commit = |message: &str| {
        let mut command = project.command("git");
        command.args(["-c", "user.name=t", "-c", "user.email=t@example.org"]);
        command.args(["commit", "--quiet", "-m", message]);
        run(command)
    };
    git(&project, &["add", "."]);
    let good = commit("good");
    assert!(good.status.success(), "{}{}", stdout(&good), stderr(&good));
    project.write("a.py", "x = = 1\n");
    git(&project, &["add", "a.py"]);
    project.write("b.py", "y = 2  # unstaged\n");
    let bad = commit("bad");
    assert!(!bad.status.success());
    assert!(
        format!("{}{}", stdout(&bad), stderr(&bad)).contains("syntax-error"),
        "{}",
        stderr(&bad)
    );
    assert_eq!(project.read("b.py"), "y = 2  # unstaged\n");
}
