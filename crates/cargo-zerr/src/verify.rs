//! `verify` and `audit`: people's own code, checked by every layer that fits it.

use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use notify::{RecursiveMode, Watcher as _};
use zerr_core::check::Baseline;
use zerr_core::verdict::LayerId;
use zerr_engine::check::{self, CheckProgress, CheckRequest, Checked, Selection};
use zerr_engine::zerr_verify::OwnOptions;
use zerr_engine::{CacheUse, Interrupt};
use zerr_exec::{Cancel, trusted};

use crate::args::{AuditArgs, MessageFormat, VerifyArgs};
use crate::console::{Console, Loudness};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{advisory_db, findings, fix, interrupt};

pub(crate) fn run(console: Console, project: &Path, args: &VerifyArgs) -> Result<Exit, Failure> {
    if let Some(rule) = &args.explain {
        return crate::rules::explain(console, project, rule);
    }
    let request = request(project, args)?;
    let interrupt = interrupt::listen(console)?;
    if args.fix {
        fix::run(console, &request)?;
    }
    if args.watch {
        return watch(console, &request, &interrupt);
    }
    let checked = once(console, &request, &interrupt)?;
    if let Some(path) = args.write_baseline.as_ref().filter(|_| checked.is_complete) {
        return write_baseline(console, &checked, path);
    }
    Ok(end(&checked, &request))
}

pub(crate) fn audit(console: Console, project: &Path, args: &AuditArgs) -> Result<Exit, Failure> {
    if args.fetch {
        advisory_db::fetch(console)?;
    }
    let request = CheckRequest {
        root: root(project)?,
        selection: Selection::Workspace,
        layers: BTreeSet::from([LayerId::Security]),
        baseline: None,
        cache: if args.fresh { CacheUse::Fresh } else { CacheUse::Use },
        options: OwnOptions { yanked: true, ..advisory_db::options(&args.advisories) },
    };
    console.note(&advisory_db::age(&request.options));
    let interrupt = interrupt::listen(console)?;
    let checked = once(console, &request, &interrupt)?;
    Ok(end(&checked, &request))
}

fn root(project: &Path) -> Result<PathBuf, Failure> {
    project.canonicalize().map_err(|error| {
        Failure::usage(format!("cannot use the project folder {}", project.display()))
            .because(error)
    })
}

fn request(project: &Path, args: &VerifyArgs) -> Result<CheckRequest, Failure> {
    let here = std::env::current_dir().unwrap_or_else(|_| project.to_owned());
    let selection = match (&args.since, args.staged, args.workspace) {
        (Some(revision), _, _) => Selection::Since(revision.clone()),
        (None, true, _) => Selection::Staged,
        (None, false, true) => Selection::Workspace,
        (None, false, false) if args.paths.is_empty() => Selection::Paths(vec![here]),
        (None, false, false) => {
            // Named from where the person stands, not from the project's folder.
            Selection::Paths(args.paths.iter().map(|path| here.join(path)).collect())
        }
    };
    Ok(CheckRequest {
        root: root(project)?,
        selection,
        layers: args.layers.iter().copied().collect(),
        baseline: args.baseline.as_deref().map(read_baseline).transpose()?,
        cache: if args.fresh { CacheUse::Fresh } else { CacheUse::Use },
        options: OwnOptions { tests: args.tests, ..advisory_db::options(&args.advisories) },
    })
}

fn once(
    console: Console,
    request: &CheckRequest,
    interrupt: &Interrupt,
) -> Result<Checked, Failure> {
    let display = Display::new(console);
    let checked = check::check(request, &|progress| display.show(&progress), interrupt);
    display.close();
    let checked = checked?;
    findings::print(console, &checked, &request.layers);
    Ok(checked)
}

fn end(checked: &Checked, request: &CheckRequest) -> Exit {
    if checked.is_complete {
        findings::exit(&checked.report, &request.layers)
    } else {
        Exit::Interrupted
    }
}

/// The layers that are still at work, on one line.
struct Display {
    bar: Option<ProgressBar>,
    at_work: Mutex<Vec<String>>,
}

impl Display {
    /// What is done sooner needs no line.
    const AFTER: Duration = Duration::from_millis(300);

    fn new(console: Console) -> Self {
        let bar = console.is_watched().then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Self::AFTER);
            bar
        });
        Self { bar, at_work: Mutex::default() }
    }

    fn show(&self, progress: &CheckProgress) {
        let Some(bar) = &self.bar else { return };
        let name = |layer: &LayerId, language: &Option<zerr_syntax::Language>| match language {
            Some(language) => format!("{} ({language})", layer.name()),
            None => layer.name().to_owned(),
        };
        let mut at_work = self.at_work.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match progress {
            CheckProgress::Read(_) => {}
            CheckProgress::Began(layer, language) => at_work.push(name(layer, language)),
            CheckProgress::Ended(layer, language) => {
                let ended = name(layer, language);
                if let Some(at) = at_work.iter().position(|name| *name == ended) {
                    at_work.remove(at);
                }
            }
        }
        bar.set_message(at_work.join(", "));
    }

    fn close(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Checks again whenever a file changes, until Ctrl-C.
fn watch(console: Console, request: &CheckRequest, interrupt: &Interrupt) -> Result<Exit, Failure> {
    /// Editors write a file in several steps.
    const SETTLE: Duration = Duration::from_millis(100);
    const LOOK: Duration = Duration::from_millis(50);

    let cannot = |error: notify::Error| Failure::usage("files cannot be watched").because(error);
    let (sender, changes) = std::sync::mpsc::channel();
    let mut watcher = notify::recommended_watcher(sender).map_err(cannot)?;
    watcher.watch(&request.root, RecursiveMode::Recursive).map_err(cannot)?;
    let mut last = once(console, request, interrupt)?;
    console.note("watching; press Ctrl-C to stop");
    while !interrupt.is_stopped() {
        let Ok(change) = changes.recv_timeout(LOOK) else { continue };
        let mut concerns = is_of_concern(&request.root, change);
        while let Ok(change) = changes.recv_timeout(SETTLE) {
            concerns |= is_of_concern(&request.root, change);
        }
        if !concerns {
            continue;
        }
        if console.format == MessageFormat::Human && std::io::stdout().is_terminal() {
            console.data("\u{1b}[2J\u{1b}[H");
        }
        last = once(console, request, interrupt)?;
    }
    Ok(end(&last, request))
}

/// What zerr, cargo and git write by themselves is no change.
fn is_of_concern(root: &Path, change: notify::Result<notify::Event>) -> bool {
    let Ok(event) = change else { return true };
    let own = [zerr_engine::zerr_store::FOLDER, ".git", "target", "__pycache__", ".ruff_cache"];
    let concerns = |path: &PathBuf| {
        let inside = path.strip_prefix(root).unwrap_or(path);
        !inside.iter().any(|part| own.iter().any(|name| part == *name))
    };
    !event.kind.is_access() && event.paths.iter().any(concerns)
}

const BASELINE_BYTES_MAX: u64 = 64 << 20;

fn read_baseline(path: &Path) -> Result<Baseline, Failure> {
    let bad = || Failure::usage(format!("cannot read the baseline {}", path.display()));
    let size = std::fs::metadata(path)
        .map_err(|error| bad().because(error).hint("`--write-baseline FILE` writes one"))?;
    if size.len() > BASELINE_BYTES_MAX {
        return Err(bad().because("it is too large to be one"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| bad().because(error))?;
    serde_json::from_str(&text).map_err(|error| bad().because(error))
}

fn write_baseline(console: Console, checked: &Checked, path: &Path) -> Result<Exit, Failure> {
    let baseline = Baseline::of(&checked.report, &checked.texts());
    let cannot = || Failure::usage(format!("cannot write the baseline {}", path.display()));
    let text = serde_json::to_string_pretty(&baseline).map_err(|error| cannot().because(error))?;
    std::fs::write(path, text + "\n").map_err(|error| cannot().because(error))?;
    console.note(&format!("{} findings are known from now on", checked.report.findings.len()));
    Ok(Exit::Verified)
}

/// One of the person's own programs, at work in front of them.
pub(crate) fn call(
    console: Console,
    root: &Path,
    program: &Path,
    args: &[&str],
) -> Result<(), Failure> {
    if console.loudness > Loudness::Quiet {
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        console.note(&format!("$ {name} {}", args.join(" ")));
    }
    let outcome = trusted::Command::new(program)
        .args(args)
        .cwd(root)
        .run(&Cancel::new())
        .map_err(|error| Failure::usage("a tool could not be started").because(error))?;
    let said = String::from_utf8_lossy(&outcome.stderr);
    for line in said.lines().filter(|line| !line.trim().is_empty()) {
        console.note(line);
    }
    if !outcome.is_success() {
        console.note(&format!("it ended with {:?}; not everything was fixed", outcome.status));
    }
    Ok(())
}
