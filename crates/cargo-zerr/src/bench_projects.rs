//! `bench projects`: functions of published crates and packages, tried in their own projects. Main
//! function: [`run`].

use std::path::{Path, PathBuf};

use serde::Serialize;
use zerr_engine::{
    Engine, EngineOptions, IsolationChoice, ModelChoice, ProjectBench, TriedFunction,
};
use zerr_exec::{Cancel, Outcome, trusted};
use zerr_syntax::Language;

use crate::args::ProjectArgs;
use crate::console::Console;
use crate::failure::Failure;

/// How a line ends about a project that was not asked.
const UNASKED: &str = "not asked";

/// Longer than any build of a package and its tests.
const TIMEOUT_MS: u64 = 1_200_000;

/// What came of one project.
#[derive(Debug, Serialize)]
pub(crate) struct ProjectFigures {
    name: String,
    language: Language,
    /// Why nothing of it could be tried.
    failed: Option<String>,
    functions: Vec<TriedFunction>,
    /// Survivors that the project's own `cargo test` or `pytest` refuses, where that was asked.
    missed: Vec<String>,
    /// Survivors that were asked about.
    confirmed: usize,
    /// Packages in its lock file.
    packages: usize,
    /// Milliseconds of one `cargo check` and one build of the tests, each after a change of one file.
    reference_ms: Option<u64>,
}

/// What came of all.
#[derive(Debug, Serialize)]
pub(crate) struct ProjectsFigures {
    projects: Vec<ProjectFigures>,
}

pub(crate) fn run(
    console: Console,
    project: &Path,
    args: &ProjectArgs,
) -> Result<(ProjectsFigures, Vec<String>), Failure> {
    let engine = Engine::open(EngineOptions {
        project: project.to_owned(),
        model: ModelChoice::Embedded,
        isolation: IsolationChoice::Required,
        threads: None,
    })?;
    let temporary = tempfile::tempdir()
        .map_err(|error| Failure::usage("no temporary folder can be made").because(error))?;
    let work = args.work.clone().unwrap_or_else(|| temporary.path().to_owned());
    let bench = ProjectBench {
        functions: args.functions,
        looked_at_max: args.looked_at,
        mutants: args.mutants,
        seed: args.seed,
    };
    let wanted = args
        .rust
        .iter()
        .map(|name| (Language::Rust, name))
        .chain(args.python.iter().map(|name| (Language::Python, name)));
    let mut figures = ProjectsFigures { projects: Vec::new() };
    for (language, asked) in wanted {
        console.note(&format!("fetching {asked}"));
        let mut one = ProjectFigures {
            name: asked.clone(),
            language,
            failed: None,
            functions: Vec::new(),
            missed: Vec::new(),
            confirmed: 0,
            packages: 0,
            reference_ms: None,
        };
        match fetch(&work, language, asked) {
            Ok(root) => {
                let say = |name: &str| console.note(&format!("{asked}  {name}"));
                one.functions = engine.bench_project(&root, language, &work, &bench, &say)?;
                if args.confirm {
                    confirm(&root, &work, &mut one)?;
                }
                if language == Language::Rust {
                    reference(&root, &work, &mut one)?;
                }
            }
            Err(failure) => {
                one.failed = Some(format!("{}: {}", failure.message, failure.because.join(": ")));
            }
        }
        console.note(&one.row());
        figures.projects.push(one);
    }
    let rows = rows(&figures.projects);
    Ok((figures, rows))
}

/// A package at `NAME@VERSION`, unpacked and with all that its tests need; or a folder, as it is.
fn fetch(work: &Path, language: Language, asked: &str) -> Result<PathBuf, Failure> {
    if asked.contains('/') {
        return Path::new(asked)
            .canonicalize()
            .map_err(|error| Failure::usage(format!("cannot use {asked}")).because(error));
    }
    let (name, version) = asked.split_once('@').ok_or_else(|| {
        Failure::usage(format!("`{asked}` names no version")).hint("write NAME@VERSION")
    })?;
    let root = work.join(language.to_string()).join(format!("{name}-{version}"));
    // One that was broken off is fetched again.
    let ready = work.join("fetching").join(asked).join("ready");
    if root.is_dir() && ready.is_file() {
        return Ok(root);
    }
    let _ = std::fs::remove_dir_all(&root);
    let _ = std::fs::remove_dir_all(work.join("fetching").join(asked));
    let made = |error: std::io::Error| {
        Failure::usage(format!("{} cannot be made", root.display())).because(error)
    };
    match language {
        Language::Rust => {
            let fetching = work.join("fetching").join(asked);
            std::fs::create_dir_all(fetching.join("src")).map_err(made)?;
            let manifest = format!(
                "[package]\nname = \"fetching\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\
                 [workspace]\n[dependencies]\n{name} = \"={version}\"\n"
            );
            std::fs::write(fetching.join("Cargo.toml"), manifest).map_err(made)?;
            std::fs::write(fetching.join("src/lib.rs"), "").map_err(made)?;
            call(&fetching, "cargo", &["fetch", "--quiet"])?;
            let told = call(&fetching, "cargo", &["metadata", "--format-version", "1"])?;
            let metadata: serde_json::Value =
                serde_json::from_slice(&told.stdout).unwrap_or_default();
            let source = metadata
                .get("packages")
                .and_then(serde_json::Value::as_array)
                .into_iter()
                .flatten()
                .filter(|package| package.get("name").is_some_and(|own| own == name))
                .find_map(|package| package.get("manifest_path")?.as_str())
                .and_then(|manifest| Path::new(manifest).parent().map(Path::to_owned))
                .ok_or_else(|| Failure::usage(format!("cargo does not say where {asked} is")))?;
            copy(&source, &root).map_err(made)?;
            // A package that is unpacked below another one is none of that one's.
            let manifest = root.join("Cargo.toml");
            let text = std::fs::read_to_string(&manifest).map_err(made)?;
            if !text.contains("[workspace]") {
                std::fs::write(&manifest, format!("{text}\n[workspace]\n")).map_err(made)?;
            }
            let locked = root.join("Cargo.lock");
            if !locked.exists() || call(&root, "cargo", &["fetch", "--locked", "--quiet"]).is_err()
            {
                let _ = std::fs::remove_file(&locked);
                call(&root, "cargo", &["generate-lockfile", "--quiet"])?;
                call(&root, "cargo", &["fetch", "--quiet"])?;
            }
        }
        Language::Python => {
            let archives = work.join("fetching").join(asked);
            std::fs::create_dir_all(&archives).map_err(made)?;
            let environment = root.join(".venv");
            let pinned = format!("{name}=={version}");
            let into = archives.to_string_lossy().into_owned();
            call(
                &archives,
                "python3",
                &[
                    "-m",
                    "pip",
                    "download",
                    "-q",
                    "--no-deps",
                    "--no-binary",
                    ":all:",
                    "-d",
                    &into,
                    &pinned,
                ],
            )?;
            let archive = std::fs::read_dir(&archives)
                .map_err(made)?
                .flatten()
                .map(|entry| entry.path())
                .find(|path| path.extension().is_some_and(|it| it == "gz"))
                .ok_or_else(|| Failure::usage(format!("{asked} has no source archive")))?;
            let unpacked = archives.join("unpacked");
            let (archive, to) = (archive.to_string_lossy(), unpacked.to_string_lossy());
            call(&archives, "python3", &["-m", "tarfile", "-e", &archive, &to])?;
            let source = std::fs::read_dir(&unpacked)
                .map_err(made)?
                .flatten()
                .map(|entry| entry.path())
                .find(|path| path.is_dir())
                .ok_or_else(|| Failure::usage(format!("the archive of {asked} is empty")))?;
            copy(&source, &root).map_err(made)?;
            let environment = environment.to_string_lossy().into_owned();
            call(&root, "python3", &["-m", "venv", &environment])?;
            let python = format!("{environment}/bin/python");
            let mut install = vec!["-m", "pip", "install", "-q", &*pinned, "pytest"];
            install.extend(TEST_NEEDS.iter().filter(|(own, _)| *own == name).map(|(_, it)| *it));
            call(&root, &python, &install)?;
            // Some make modules when they are built. What cannot be built so is tried as it is.
            let editable = ["-m", "pip", "install", "-q", "--no-deps", "-e", "."];
            let _ = run_tool(&root, &python, &editable)?;
        }
    }
    std::fs::write(&ready, "").map_err(made)?;
    Ok(root)
}

/// How long the compiler alone needs for one change of one file, warm: a check, and a build of the tests.
fn reference(root: &Path, work: &Path, figures: &mut ProjectFigures) -> Result<(), Failure> {
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).unwrap_or_default();
    figures.packages = lock.matches("[[package]]").count();
    let Some(file) = figures.functions.first().and_then(|one| one.name.split(": ").next()) else {
        return Ok(());
    };
    let copied = work.join("timing").join(figures.name.replace('/', "_"));
    let failed = |error: std::io::Error| {
        Failure::usage(format!("{} cannot be made", copied.display())).because(error)
    };
    let _ = std::fs::remove_dir_all(&copied);
    copy(root, &copied).map_err(failed)?;
    let file = copied.join(file);
    let check: &[&str] = &["check", "--tests", "--offline", "--quiet"];
    let build: &[&str] = &["test", "--no-run", "--tests", "--offline", "--quiet"];
    let mut total = 0;
    for args in [check, build] {
        if !run_tool(&copied, "cargo", args)?.is_success() {
            return Ok(());
        }
        let text = std::fs::read_to_string(&file).map_err(failed)?;
        std::fs::write(&file, format!("{text}\n// Changed.\n")).map_err(failed)?;
        total += run_tool(&copied, "cargo", args)?.wall_ms;
    }
    figures.reference_ms = Some(total);
    Ok(())
}

/// What the tests of packages need that the packages themselves do not.
const TEST_NEEDS: &[(&str, &str)] =
    &[("humanize", "freezegun"), ("packaging", "pretend"), ("natsort", "hypothesis")];

/// Asks the project's own tests, without zerr, about mutants that passed: whether zerr missed a test.
fn confirm(root: &Path, work: &Path, figures: &mut ProjectFigures) -> Result<(), Failure> {
    let copied = work.join("confirming").join(&figures.name);
    let failed = |error: std::io::Error| {
        Failure::usage(format!("{} cannot be made", copied.display())).because(error)
    };
    let test = |folder: &Path| match figures.language {
        Language::Rust => run_tool(
            folder,
            "cargo",
            &["test", "--tests", "--offline", "--quiet", "--no-fail-fast"],
        ),
        Language::Python => {
            let python = root.join(".venv/bin/python").to_string_lossy().into_owned();
            run_tool(folder, &python, &["-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"])
        }
    };
    let _ = std::fs::remove_dir_all(&copied);
    copy(root, &copied).map_err(failed)?;
    if !test(&copied)?.is_success() {
        figures.missed.push(format!("{}: its own tests fail as they are: {UNASKED}", figures.name));
        return Ok(());
    }
    for function in &figures.functions {
        for (file, what, text) in &function.survivors {
            let own = copied.join(file.strip_prefix(root).unwrap_or(file));
            let before = std::fs::read(&own).map_err(failed)?;
            std::fs::write(&own, text).map_err(failed)?;
            figures.confirmed += 1;
            if !test(&copied)?.is_success() {
                figures.missed.push(format!("{}: {what}", function.name));
            }
            std::fs::write(&own, before).map_err(failed)?;
        }
    }
    Ok(())
}

impl ProjectFigures {
    fn sum(&self, count: impl Fn(&TriedFunction) -> usize) -> usize {
        self.functions.iter().map(count).sum()
    }

    fn handled(&self) -> usize {
        self.functions.iter().filter(|one| one.unhandled.is_none()).count()
    }

    fn row(&self) -> String {
        if let Some(why) = &self.failed {
            return format!("{:<26} {why}", self.name);
        }
        let seconds = |ms: u64| ms as f64 / 1_000.0;
        let tried: Vec<&TriedFunction> =
            self.functions.iter().filter(|one| one.attempt_ms > 0).collect();
        let mean = |time: fn(&TriedFunction) -> u64| {
            seconds(tried.iter().map(|one| time(one)).sum::<u64>()) / tried.len().max(1) as f64
        };
        format!(
            "{:<26} {:>4} {:>3} of {:<3} {:>6} {:>8} {:>8} {:>8} {:>8} {:>8} {:>7.1} {:>7.1} {:>7}",
            self.name,
            self.packages,
            self.handled(),
            self.functions.len(),
            self.sum(|one| one.tests),
            self.sum(|one| one.mutants),
            self.sum(|one| one.mutants_refused),
            self.sum(|one| one.mutants_killed),
            self.sum(|one| one.survivors.len()),
            format!("{}/{}", self.sum(|one| one.ill_typed_refused), self.sum(|one| one.ill_typed)),
            mean(|one| one.open_ms),
            mean(|one| one.attempt_ms),
            self.reference_ms.map_or_else(String::new, |ms| {
                format!("{:.1}", mean(|one| one.attempt_ms) / seconds(ms.max(1)))
            }),
        )
    }
}

fn rows(projects: &[ProjectFigures]) -> Vec<String> {
    let mut rows = vec![format!(
        "{:<26} {:>4} {:<10} {:>6} {:>8} {:>8} {:>8} {:>8} {:>8} {:>7} {:>7} {:>7}",
        "project",
        "pkgs",
        "handled",
        "tests",
        "mutants",
        "refused",
        "killed",
        "pass",
        "ill",
        "open s",
        "try s",
        "× rustc"
    )];
    rows.extend(projects.iter().map(ProjectFigures::row));
    let handled: usize = projects.iter().map(ProjectFigures::handled).sum();
    let all: usize = projects.iter().map(|project| project.functions.len()).sum();
    rows.push(format!(
        "{handled} of {all} functions handled ({:.0} %)",
        100.0 * handled as f64 / all.max(1) as f64
    ));
    let passed: usize = projects.iter().map(|it| it.sum(|one| one.ill_typed_passed)).sum();
    rows.push(format!("{passed} ill-typed bodies passed"));
    let slowest = projects.iter().flat_map(|it| &it.functions).map(|one| one.context_ms).max();
    rows.push(format!("context of one function: {} ms at most", slowest.unwrap_or(0)));
    let confirmed: usize = projects.iter().map(|project| project.confirmed).sum();
    let missed: Vec<&String> = projects.iter().flat_map(|project| &project.missed).collect();
    if confirmed > 0 || !missed.is_empty() {
        rows.push(format!(
            "{confirmed} mutants that pass were put to the projects' own runs: {} refused there",
            missed.iter().filter(|one| !one.ends_with(UNASKED)).count()
        ));
    }
    rows.extend(missed.into_iter().map(|one| format!("  {one}")));
    for function in projects.iter().flat_map(|project| &project.functions) {
        if let Some(why) = &function.unhandled {
            rows.push(format!("not handled: {}: {why}", function.name));
        }
    }
    rows
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (own, other) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() && !matches!(entry.file_name().to_str(), Some("target" | ".venv")) {
            copy(&own, &other)?;
        } else if kind.is_file() {
            std::fs::copy(&own, &other)?;
        }
    }
    Ok(())
}

fn run_tool(folder: &Path, program: &str, args: &[&str]) -> Result<Outcome, Failure> {
    let tool = if program.contains('/') { Some(program.into()) } else { trusted::find(program) };
    let tool = tool.ok_or_else(|| Failure::usage(format!("{program} was not found")))?;
    trusted::Command::new(tool)
        .args(args)
        .cwd(folder)
        .env_remove("CARGO_TARGET_DIR")
        .timeout_ms(TIMEOUT_MS)
        .run(&Cancel::new())
        .map_err(|error| Failure::usage(format!("{program} does not run")).because(error))
}

fn call(folder: &Path, program: &str, args: &[&str]) -> Result<Outcome, Failure> {
    let ended = run_tool(folder, program, args)?;
    if ended.is_success() {
        return Ok(ended);
    }
    let said = String::from_utf8_lossy(&ended.stderr);
    let line = said.lines().find(|line| line.to_lowercase().contains("error")).unwrap_or("");
    Err(Failure::usage(format!("`{program} {}` failed", args.join(" "))).because(line.trim()))
}
