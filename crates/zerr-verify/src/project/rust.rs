//! A Rust function in its package: all bodies compiled at once, each run by the package's tests.
//! Main type: [`RustProject`].

mod calls;
mod compile;
mod probe;
mod results;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zerr_core::hash::Hash;
use zerr_core::verdict::{LayerId, ToolVersion};
use zerr_exec::{Cancel, Limits, Outcome, Sandbox, Status, WorkDir, trusted};
use zerr_syntax::site::{self, REACHED_VARIABLE, Site, WHICH_VARIABLE};

use self::compile::Lints;
use self::results::{agreed_results, ends_with_summary, failure, has_ended};
use super::cargo::{Built, RustcCall, Unit};
use super::tree::Tree;
use super::{
    Attempt, CallOutcome, Place, Project, TestOutcome, body_lines, cargo, doc_tests, in_time,
    problem,
};
use crate::layers::Style;
use crate::rust::diagnostics;
use crate::toolchain::{RustTools, needed};
use crate::{Toolchain, VerifyError};

/// Where the compiled files go, below the work folder.
const OUT: &str = "out";

/// The file of the tests that reached the function.
const REACHED: &str = "out/reached";

/// Processor time of one run of rustc: the first, and the least of later ones.
const COMPILE_MS: u64 = 300_000;
const COMPILE_LEAST_MS: u64 = 10_000;

/// Most tests that are run alone to see whether they reach the function.
const ALONE_MAX: usize = 200;

/// Variables that may name a folder.
type Environment<'e> = &'e dyn Fn(&WorkDir) -> Vec<(OsString, OsString)>;

pub(super) struct RustProject {
    sandbox: Arc<Sandbox>,
    tools: Arc<RustTools>,
    built: Built,
    tree: Tree,
    /// The function's file, relative to the workspace.
    file: PathBuf,
    site: Site,
    text: String,
    /// Targets to compile with other bodies, in order.
    units: Vec<Unit>,
    /// Those with the function that users build: libraries and programs, without tests.
    plain: Vec<Unit>,
    /// For each test its unit and its name there.
    tests: Vec<(usize, String)>,
    shown: Vec<String>,
    /// Calls that compile, the text with their code, and the unit that it is part of.
    calls: Vec<String>,
    text_with_calls: String,
    calls_unit: Option<usize>,
    notes: Vec<String>,
    /// Processor time of one run of rustc.
    compile_ms: u64,
    /// The compiler that the project uses.
    version: ToolVersion,
}

impl RustProject {
    pub(super) fn open(
        toolchain: &Toolchain,
        cache: &Path,
        place: &Place,
        progress: &dyn Fn(&'static str),
        cancel: &Cancel,
    ) -> Result<Self, VerifyError> {
        progress("building the package as it is");
        let tools = Arc::clone(needed(&toolchain.rust)?);
        let file = place.file.canonicalize().map_err(VerifyError::work_dir("find the file"))?;
        let mut built = cargo::build(&file, cache, cancel).map_err(|error| match error {
            VerifyError::Project { message, .. } if place.site.form.is_opaque => problem(
                message,
                "where a function returns `impl Trait`, a value behind its `todo!();` has to say \
                 which type that is, such as `std::iter::empty()`",
            ),
            error => error,
        })?;
        let root = built.root.canonicalize().unwrap_or_else(|_| built.root.clone());
        let inside = file.strip_prefix(&root).map(Path::to_owned).map_err(|_| {
            problem(
                format!("{} is not below its workspace", file.display()),
                "files that are included from elsewhere cannot be tried",
            )
        })?;
        let is_below = |unit: &Unit| {
            unit.sources.iter().any(|own| own.canonicalize().is_ok_and(|own| own == file))
        };
        let mut tree = Tree::read(&root)?;
        // The library of the file, the tests that hold the file itself, and those that link the library.
        let is_own_lib = |unit: &&Unit| unit.is_lib && !unit.is_foreign && is_below(unit);
        // A build script of another package may link a build of its own.
        let users =
            |lib: &Unit| built.units.iter().filter(|unit| unit.is_test && unit.links(lib)).count();
        let libs = built.units.iter().filter(is_own_lib);
        let lib = libs.rev().max_by_key(|lib| users(lib)).cloned();
        // For tests of other packages its features may be others than for its users.
        let plain_lib = built.units.iter().rfind(is_own_lib).cloned();
        let mut units: Vec<Unit> =
            built.units.iter().filter(|unit| unit.is_test && is_below(unit)).cloned().collect();
        if units.is_empty() && lib.is_none() {
            return Err(problem(
                format!("{} is not compiled into the package or its tests", inside.display()),
                "is it declared with `mod`, and are its features on?",
            ));
        }
        let mut plain: Vec<Unit> =
            built.programs.iter().filter(|unit| is_below(unit)).cloned().collect();
        plain.extend(plain_lib);
        let mut notes = tree.left_out.clone();
        notes.append(&mut built.notes);
        if let Some(lib) = lib {
            let rest = std::mem::take(&mut built.units);
            // Libraries of other packages that link this one are compiled again for their tests.
            let relays: Vec<Unit> = rest
                .iter()
                .filter(|unit| unit.is_foreign && unit.is_linked() && unit.links(&lib))
                .cloned()
                .collect();
            let links =
                |unit: &&Unit| unit.links(&lib) || relays.iter().any(|relay| unit.links(relay));
            let others: Vec<Unit> = rest
                .iter()
                .filter(|unit| unit.is_test && !is_below(unit))
                .filter(links)
                .cloned()
                .collect();
            let examples = doc_tests::add(&mut tree, &place.site, &lib, &units);
            // The tests inside come first: they are compiled in any case.
            units.push(lib);
            units.extend(relays);
            units.extend(others);
            units.extend(examples);
        }
        units.retain(|unit| {
            let is_run = !unit.is_test || unit.has_harness();
            if !is_run {
                let name = unit.call.variable("CARGO_CRATE_NAME").unwrap_or("tests");
                notes.push(format!(
                    "the tests of `{name}` have a harness of their own and are left out"
                ));
            }
            is_run
        });
        let pinned = units.iter().find(|unit| unit.call.sysroot().is_some());
        let version = match pinned.map(|unit| &unit.call.program) {
            Some(program) if *program != tools.rustc.path => {
                let said = trusted::Command::new(program).arg("-V").run(cancel)?.stdout;
                let said = String::from_utf8_lossy(&said).trim().to_owned();
                ToolVersion { name: "rustc".to_owned(), version: said.replace("rustc ", "") }
            }
            _ => tools.rustc.version.clone(),
        };
        built.root = root;
        let mut project = Self {
            sandbox: Arc::clone(&toolchain.sandbox),
            tools,
            built,
            tree,
            file: inside,
            site: place.site.clone(),
            text: place.text.clone(),
            text_with_calls: place.text.clone(),
            units,
            plain,
            tests: Vec::new(),
            shown: Vec::new(),
            calls: Vec::new(),
            calls_unit: None,
            notes,
            compile_ms: COMPILE_MS,
            version,
        };
        progress("looking for the tests that reach the function");
        project.find_calls(cancel)?;
        project.find_tests(cancel)?;
        Ok(project)
    }

    /// Where nobody looks what a body does on calls.
    fn no_calls(&self) -> Vec<CallOutcome> {
        vec![CallOutcome::Unsettled; self.calls.len()]
    }

    /// Whether the function's file is compiled into a unit itself.
    fn holds(&self, unit: &Unit) -> bool {
        let file = self.built.root.join(&self.file);
        unit.sources.iter().any(|own| own.canonicalize().is_ok_and(|own| own == file))
    }

    /// Whether a file of rustc's words is the function's.
    fn is_here(&self, file: &str) -> bool {
        Path::new(file).ends_with(&self.file) || self.file.ends_with(file.trim_start_matches("./"))
    }

    fn work_dir(&self, text: &str) -> Result<WorkDir, VerifyError> {
        let work = self.sandbox.work_dir().map_err(VerifyError::work_dir("make"))?;
        self.tree.write(&work, Some((&self.file, text)))?;
        work.create_dir_all(OUT).map_err(VerifyError::work_dir("write"))?;
        Ok(work)
    }

    /// Runs an executable of tests that was compiled in `compiled`, in a folder of its own. Gives what
    /// it said, and which threads came to the function.
    fn run_tests(
        &self,
        unit: &Unit,
        compiled: &WorkDir,
        which: Option<usize>,
        args: &[OsString],
        cpu_ms: u64,
        cancel: &Cancel,
    ) -> Result<(Outcome, String), VerifyError> {
        let env = |work: &WorkDir| {
            vec![(REACHED_VARIABLE.into(), work.inside_path().join(REACHED).into())]
        };
        let (outcome, work) = self.start(unit, compiled, which, (args, &env), cpu_ms, cancel)?;
        let reached = work.read(REACHED, 1 << 20).unwrap_or_default();
        Ok((outcome, String::from_utf8_lossy(&reached).into_owned()))
    }

    /// Runs an executable of tests with a body, arguments, and an environment that may name its folder.
    fn start(
        &self,
        unit: &Unit,
        compiled: &WorkDir,
        which: Option<usize>,
        (args, env): (&[OsString], Environment<'_>),
        cpu_ms: u64,
        cancel: &Cancel,
    ) -> Result<(Outcome, WorkDir), VerifyError> {
        let shared = compiled.share().map_err(VerifyError::work_dir("share"))?.to_owned();
        let work = self.work_dir(&self.text)?;
        let package = unit.call.variable("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let package = package.and_then(|folder| folder.canonicalize().ok()).unwrap_or_default();
        let inside = package.strip_prefix(&self.built.root).map(Path::to_owned).unwrap_or_default();
        let program = shared.join(OUT).join(&unit.stem);
        let mut job =
            self.job(&program, args.to_vec(), &unit.call, &work, &inside.to_string_lossy());
        job.read_only.push(shared);
        if let Some(which) = which {
            job.env.push((WHICH_VARIABLE.into(), which.to_string().into()));
        }
        job.env.extend(env(&work));
        job.limits = Limits {
            cpu_ms,
            wall_ms: 2 * cpu_ms,
            memory_bytes: 4 << 30,
            processes: 64,
            file_bytes: 512 << 20,
            ..Limits::default()
        };
        let outcome = finished(self.sandbox.run(&job, cancel)?)?;
        drop(job);
        Ok((outcome, work))
    }

    /// Runs the tests for one compiled body.
    fn test_one(
        &self,
        work: &WorkDir,
        which: usize,
        cpu_ms: u64,
        cancel: &Cancel,
    ) -> Result<Vec<TestOutcome>, VerifyError> {
        let mut outcomes = vec![TestOutcome::Lost; self.tests.len()];
        for (at, unit) in self.units.iter().enumerate() {
            let own: Vec<(usize, &String)> = self
                .tests
                .iter()
                .enumerate()
                .filter(|(_, (unit, _))| *unit == at)
                .map(|(position, (_, name))| (position, name))
                .collect();
            if own.is_empty() {
                continue;
            }
            let mut args: Vec<OsString> = vec!["--exact".into(), "--test-threads=2".into()];
            args.extend(own.iter().map(|(_, name)| OsString::from(name)));
            let (outcome, _) = self.run_tests(unit, work, Some(which), &args, cpu_ms, cancel)?;
            let names: Vec<&str> = own.iter().map(|(_, name)| name.as_str()).collect();
            let told = agreed_results(&outcome, &names);
            for (at, (position, name)) in own.into_iter().enumerate() {
                let passed = match told.as_ref().and_then(|told| told.get(at)) {
                    Some(passed) => Some(*passed),
                    // What tests print may have come between: alone, the exit code tells.
                    None if at < ALONE_MAX && has_ended(&outcome) => {
                        let args = ["--exact".into(), name.into(), "--test-threads=1".into()];
                        let (alone, _) =
                            self.run_tests(unit, work, Some(which), &args, cpu_ms, cancel)?;
                        match alone.status {
                            Status::Exited(0) if ends_with_summary(&alone, 1) => Some(true),
                            Status::Exited(101) => Some(false),
                            _ => None,
                        }
                    }
                    None => None,
                };
                let Some(slot) = outcomes.get_mut(position) else { continue };
                *slot = match passed {
                    Some(true) => TestOutcome::Passed,
                    Some(false) => TestOutcome::Failed(failure(&outcome.stdout, name)),
                    None => TestOutcome::Lost,
                };
            }
        }
        Ok(outcomes)
    }
}

impl Project for RustProject {
    fn tests(&self) -> &[String] {
        &self.shown
    }

    fn calls(&self) -> &[String] {
        &self.calls
    }

    fn notes(&self) -> &[String] {
        &self.notes
    }

    fn crates(&self) -> Vec<String> {
        // What users build may not name what only tests depend on.
        let calls = if self.plain.is_empty() { &self.units } else { &self.plain };
        let mut names: Vec<String> = calls
            .iter()
            .flat_map(|unit| unit.call.args.windows(2))
            .filter_map(|pair| match pair {
                [option, linked] if option == "--extern" => {
                    Some(linked.split('=').next().unwrap_or(linked).to_owned())
                }
                _ => None,
            })
            .collect();
        names.sort();
        names.dedup();
        names
    }

    fn sources(&self) -> Vec<(String, String)> {
        self.tree.sources("rs", &self.file)
    }

    fn state(&self) -> Hash {
        let tree = self.tree.hash(&self.file, &self.site);
        let calls: Vec<&RustcCall> =
            self.units.iter().chain(&self.plain).map(|unit| &unit.call).collect();
        let mut parts: Vec<String> =
            calls.iter().map(|call| serde_json::to_string(call).unwrap_or_default()).collect();
        // Cargo names them as they are finished.
        parts.sort();
        // Names of libraries hold cargo's hash of what they were built from, but for local ones.
        let linked: BTreeSet<&str> = calls
            .iter()
            .flat_map(|call| &call.args)
            .filter_map(|arg| Some(arg.split_once('=')?.1).filter(|path| path.contains("/lib")))
            .collect();
        for path in linked {
            let metadata = Path::new(path).metadata().ok();
            let modified = metadata.as_ref().and_then(|it| it.modified().ok());
            parts.push(format!("{path} {:?} {modified:?}", metadata.map(|it| it.len())));
        }
        Hash::of_text("project-state", &format!("{tree} {}", parts.join("\n")))
    }

    fn site(&self) -> &Site {
        &self.site
    }

    fn style(&self) -> Style {
        let names = ["rustfmt.toml", ".rustfmt.toml"];
        let edition = self.units.iter().find_map(|unit| {
            unit.call.args.iter().find_map(|arg| arg.strip_prefix("--edition=").map(str::to_owned))
        });
        Style { edition, config: self.tree.nearest(&self.file, &names, |_| true) }
    }

    fn objection(
        &self,
        body: &str,
        cancel: &Cancel,
    ) -> Result<Option<(LayerId, String)>, VerifyError> {
        let Some(text) = site::replace(&self.site, &self.text, body) else { return Ok(None) };
        let own_lines = body_lines(&self.site, &self.text, &text);
        let work = self.work_dir(&text)?;
        // What users build has neither the tests' items nor their dependencies.
        for unit in self.plain.iter().chain(self.units.first()) {
            let outcome = self.compile(unit, &work, Lints::Own, cancel)?;
            // The rest of the file is its author's: another unfinished function is no fault of this one.
            let own = diagnostics::read(&outcome.stderr).into_iter().find(|said| {
                said.is_error
                    && said
                        .place
                        .as_ref()
                        .is_some_and(|(file, line)| self.is_here(file) && own_lines.contains(line))
            });
            if let Some(own) = own {
                return Ok(Some((LayerId::StaticAnalysis, own.said())));
            }
        }
        Ok(None)
    }

    fn tools(&self) -> Vec<ToolVersion> {
        vec![self.version.clone()]
    }

    fn attempt(&self, bodies: &[String], cancel: &Cancel) -> Result<Vec<Attempt>, VerifyError> {
        let mut attempts: Vec<Option<Attempt>> = vec![None; bodies.len()];
        let batches = self.compile_all(bodies, &mut attempts, cancel)?;
        let runs: Vec<(&WorkDir, usize, usize)> = batches
            .iter()
            .flat_map(|batch| {
                batch.bodies.iter().enumerate().map(|(which, body)| (&batch.work, which, *body))
            })
            .collect();
        let tested = in_time(runs.len(), |run, cpu_ms| {
            let Some((work, which, _)) = runs.get(run) else { return Ok(Vec::new()) };
            self.test_one(work, *which, cpu_ms, cancel)
        })?;
        for ((work, which, body), outcomes) in runs.iter().zip(tested) {
            let passes = outcomes.iter().all(|test| *test == TestOutcome::Passed);
            let calls =
                if passes { self.call_all(work, Some(*which), cancel)? } else { self.no_calls() };
            if let Some(slot) = attempts.get_mut(*body) {
                *slot = Some(Attempt::Ran(outcomes, calls));
            }
        }
        let lost = || Attempt::Refused {
            layer: LayerId::Syntax,
            message: "it cannot be put in the function's place".to_owned(),
        };
        Ok(attempts.into_iter().map(|attempt| attempt.unwrap_or_else(lost)).collect())
    }
}

fn finished(outcome: Outcome) -> Result<Outcome, VerifyError> {
    match outcome.status {
        Status::Cancelled => Err(VerifyError::Cancelled),
        _ => Ok(outcome),
    }
}
