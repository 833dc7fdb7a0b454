//! A Rust function in its package: all bodies compiled at once, each run by the package's tests.
//! Main type: [`RustProject`].

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use zerr_core::hash::Hash;
use zerr_core::verdict::{LayerId, ToolVersion};
use zerr_exec::{Cancel, Job, Limits, Outcome, Sandbox, Status, WorkDir, trusted};
use zerr_syntax::site::{self, Dispatched, REACHED_VARIABLE, Site, WHICH_VARIABLE};

use super::cargo::{Built, RustcCall, Unit};
use super::tree::{self, Tree};
use super::{
    Attempt, Place, Project, TESTS_MS, TestOutcome, cargo, doc_tests, first_line, in_time, problem,
};
use crate::layers::Style;
use crate::rust::compile::layer_of;
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

/// How much longer other bodies may take than none did: constants may be computed without end.
const COMPILE_SLOWER_MAX: u64 = 8;

/// The same for all tests of the package, which are run once.
const PROBE_MS: u64 = 120_000;

/// For so long bodies are compiled.
const ALL_MAX: Duration = Duration::from_mins(1);

/// Most tests that are run alone to see whether they reach the function.
const ALONE_MAX: usize = 200;

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
    notes: Vec<String>,
    /// Processor time of one run of rustc.
    compile_ms: u64,
    /// The compiler that the project uses.
    version: ToolVersion,
}

/// Bodies that were compiled together.
struct Batch {
    /// Positions among the bodies.
    bodies: Vec<usize>,
    work: WorkDir,
}

/// Whether lints may refuse a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lints {
    /// As the project has it.
    Own,
    Warn,
}

/// What became of compiling a group.
enum Compiled {
    Built,
    /// These are to blame, by position in the group.
    Refused(Vec<(usize, LayerId, String)>),
    /// It does not compile, and nobody is to blame by name.
    Failed,
    /// The only one took too long.
    Ended,
}

impl RustProject {
    pub(super) fn open(
        toolchain: &Toolchain,
        cache: &Path,
        place: &Place,
        progress: &dyn Fn(&'static str),
        cancel: &Cancel,
    ) -> Result<Self, VerifyError> {
        if place.site.form.is_opaque {
            return Err(problem(
                format!("`{}` returns a type that only its body says", place.site.shown()),
                "functions that return `impl Trait` cannot be tried yet",
            ));
        }
        progress("building the package as it is");
        let tools = Arc::clone(needed(&toolchain.rust)?);
        let file = place.file.canonicalize().map_err(VerifyError::work_dir("find the file"))?;
        let mut built = cargo::build(&file, cache, cancel)?;
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
        let lib = built.units.iter().find(|unit| unit.is_lib && is_below(unit)).cloned();
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
        plain.extend(lib.clone());
        if let Some(lib) = lib {
            let linked = format!("lib{}.", lib.stem);
            let links = |unit: &&Unit| unit.call.args.iter().any(|arg| arg.contains(&linked));
            let others: Vec<Unit> = std::mem::take(&mut built.units)
                .iter()
                .filter(|unit| unit.is_test && !is_below(unit))
                .filter(links)
                .cloned()
                .collect();
            let examples = doc_tests::add(&mut tree, &place.site, &lib, &units);
            // The tests inside come first: they are compiled in any case.
            units.push(lib);
            units.extend(others);
            units.extend(examples);
        }
        let notes = tree.left_out.clone();
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
            units,
            plain,
            tests: Vec::new(),
            shown: Vec::new(),
            notes,
            compile_ms: COMPILE_MS,
            version,
        };
        progress("looking for the tests that reach the function");
        project.find_tests(cancel)?;
        Ok(project)
    }

    /// Runs all tests without any body: those that come to the function say so.
    fn find_tests(&mut self, cancel: &Cancel) -> Result<(), VerifyError> {
        let work = self.work_dir(&self.probe_text())?;
        let mut usable = Vec::new();
        let mut slowest = 0;
        for (at, unit) in self.units.iter().enumerate() {
            let outcome = self.compile(unit, &work, Lints::Warn, cancel)?;
            slowest = slowest.max(outcome.wall_ms);
            if outcome.is_success() {
                usable.push(at);
                continue;
            }
            let error = complaint(&outcome);
            if doc_tests::is_own(unit) {
                self.notes
                    .push(format!("the examples of the documentation do not compile: {error}"));
            } else if self.site.form.is_const {
                return Err(problem(
                    format!("`{}` is evaluated by the compiler", self.site.shown()),
                    "constant functions that constants are made of cannot be tried yet",
                ));
            } else {
                return Err(problem(
                    format!("the package does not compile in the sandbox: {error}"),
                    "code that is generated outside of the package's folder is not seen there",
                ));
            }
        }
        self.compile_ms = (COMPILE_SLOWER_MAX * slowest).clamp(COMPILE_LEAST_MS, COMPILE_MS);
        let mut notes = Vec::new();
        for &at in &usable {
            let Some(unit) = self.units.get(at).filter(|unit| unit.is_test) else { continue };
            let listed = self.run_tests(unit, &work, None, &["--list".into()], PROBE_MS, cancel)?.0;
            let names: BTreeSet<String> = String::from_utf8_lossy(&listed.stdout)
                .lines()
                .filter_map(|line| line.strip_suffix(": test").map(str::to_owned))
                .collect();
            if names.is_empty() {
                continue;
            }
            // Two threads: alone, the harness runs tests in its own.
            let args = ["--test-threads=2".into()];
            let (outcome, reached) = self.run_tests(unit, &work, None, &args, PROBE_MS, cancel)?;
            if outcome.status == Status::TimedOut {
                return Err(problem(
                    "the package's tests do not come to an end, so nobody knows which reach the function",
                    "does `cargo test` end within two minutes here?",
                ));
            }
            let results = read_results(&outcome.stdout);
            let ignored = ignored(&outcome.stdout);
            let mut found: BTreeSet<String> =
                reached.lines().filter(|name| names.contains(*name)).map(str::to_owned).collect();
            let mut by_themselves = Vec::new();
            let mut alone = 0;
            for name in &names {
                let passed = results.iter().any(|(own, passed)| own == name && *passed);
                if passed || found.contains(name) || ignored.contains(name) {
                    continue;
                }
                alone += 1;
                if alone > ALONE_MAX {
                    return Err(problem(
                        format!("more than {ALONE_MAX} tests fail in the sandbox by themselves"),
                        "nobody knows which of them reach the function; do they need the network?",
                    ));
                }
                let args = ["--exact".into(), name.into()];
                let (outcome, reached) =
                    self.run_tests(unit, &work, None, &args, TESTS_MS, cancel)?;
                let ran = read_results(&outcome.stdout);
                if !reached.is_empty() || (self.site.form.is_const && fails_unwritten(&outcome)) {
                    found.insert(name.clone());
                } else if ran.iter().any(|(_, passed)| !passed) {
                    by_themselves.push(name.clone());
                }
            }
            if !by_themselves.is_empty() {
                notes.push(format!(
                    "{} of the tests fail in the sandbox without reaching the function and are \
                     left out ({})",
                    by_themselves.len(),
                    by_themselves.first().map_or("", String::as_str)
                ));
            }
            self.tests.extend(found.into_iter().map(|name| (at, name)));
        }
        self.notes.extend(notes);
        // What reaches nothing need not be compiled again.
        let used: BTreeSet<usize> = self.tests.iter().map(|(at, _)| *at).collect();
        let links_lib =
            self.units.iter().enumerate().any(|(at, unit)| used.contains(&at) && !self.holds(unit));
        let keep: Vec<usize> = (0..self.units.len())
            .filter(|at| {
                let is_lib = self.units.get(*at).is_some_and(|unit| unit.is_lib);
                used.contains(at) || (is_lib && (links_lib || used.is_empty()))
            })
            .collect();
        for (at, _) in &mut self.tests {
            *at = keep.iter().position(|kept| kept == at).unwrap_or(0);
        }
        self.units = keep.iter().filter_map(|at| self.units.get(*at).cloned()).collect();
        self.shown = self
            .tests
            .iter()
            .map(|(at, name)| match self.units.get(*at) {
                Some(unit) if !self.holds(unit) => {
                    format!("{}: {name}", unit.call.variable("CARGO_CRATE_NAME").unwrap_or("tests"))
                }
                _ => name.clone(),
            })
            .collect();
        // One name for two tests would let one stand for both.
        for at in 1..self.shown.len() {
            let (before, rest) = self.shown.split_at_mut(at);
            if let Some(own) = rest.first_mut()
                && before.contains(own)
            {
                let same = before.iter().filter(|name| name.starts_with(own.as_str())).count();
                *own = format!("{own} ({})", same + 1);
            }
        }
        Ok(())
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

    fn probe_text(&self) -> String {
        let unwritten = "{ panic!(\"not written yet\") }";
        site::dispatch(&self.site, &self.text, &[])
            .map(|made| made.text)
            .or_else(|| site::replace(&self.site, &self.text, unwritten))
            .unwrap_or_else(|| self.text.clone())
    }

    fn work_dir(&self, text: &str) -> Result<WorkDir, VerifyError> {
        let work = self.sandbox.work_dir().map_err(VerifyError::work_dir("make"))?;
        self.tree.write(&work, Some((&self.file, text)))?;
        work.create_dir_all(OUT).map_err(VerifyError::work_dir("write"))?;
        Ok(work)
    }

    /// One run of rustc as cargo would make it, on the copy.
    fn compile(
        &self,
        unit: &Unit,
        work: &WorkDir,
        lints: Lints,
        cancel: &Cancel,
    ) -> Result<Outcome, VerifyError> {
        let out = work.inside_path().join(OUT);
        let mut args: Vec<OsString> = Vec::new();
        let mut own = unit.call.args.iter().peekable();
        while let Some(arg) = own.next() {
            match arg.as_str() {
                "--out-dir" => {
                    own.next();
                    args.extend(["--out-dir".into(), out.clone().into()]);
                }
                "-C" if own.peek().is_some_and(|next| next.starts_with("incremental=")) => {
                    own.next();
                }
                "--cap-lints" => {
                    own.next();
                }
                "--extern" => {
                    args.push(arg.into());
                    if let Some(linked) = own.next() {
                        args.push(self.linked(linked, &out).into());
                    }
                }
                _ => args.push(self.moved(arg, work).into()),
            }
        }
        // While bodies stand side by side, what one leaves unused refuses no other.
        if lints == Lints::Warn {
            args.extend(["--cap-lints", "warn"].map(OsString::from));
        }
        args.push("-L".into());
        let mut search = OsString::from("dependency=");
        search.push(&out);
        args.push(search);
        let rustc = unit.call.sysroot().map_or(&self.tools.rustc.path, |_| &unit.call.program);
        let mut job = self.job(rustc, args, &unit.call, work, ".");
        job.limits = Limits {
            cpu_ms: self.compile_ms,
            wall_ms: 2 * self.compile_ms,
            file_bytes: 2 << 30,
            ..Limits::compiler()
        };
        finished(self.sandbox.run(&job, cancel)?)
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
        let shared = compiled.share().map_err(VerifyError::work_dir("share"))?.to_owned();
        let work = self.work_dir(&self.text)?;
        let package = self.built.package.canonicalize().unwrap_or_default();
        let inside = package.strip_prefix(&self.built.root).map(Path::to_owned).unwrap_or_default();
        let program = shared.join(OUT).join(&unit.stem);
        let mut job =
            self.job(&program, args.to_vec(), &unit.call, &work, &inside.to_string_lossy());
        job.read_only.push(shared);
        if let Some(which) = which {
            job.env.push((WHICH_VARIABLE.into(), which.to_string().into()));
        }
        job.env.push((REACHED_VARIABLE.into(), work.inside_path().join(REACHED).into()));
        job.limits = Limits {
            cpu_ms,
            wall_ms: 2 * cpu_ms,
            memory_bytes: 4 << 30,
            processes: 64,
            file_bytes: 512 << 20,
            ..Limits::default()
        };
        let outcome = finished(self.sandbox.run(&job, cancel)?)?;
        let reached = work.read(REACHED, 1 << 20).unwrap_or_default();
        Ok((outcome, String::from_utf8_lossy(&reached).into_owned()))
    }

    /// A confined job that starts in a folder of the copy.
    fn job<'a>(
        &self,
        program: &Path,
        args: Vec<OsString>,
        call: &RustcCall,
        work: &'a WorkDir,
        folder: &str,
    ) -> Job<'a> {
        let mut job = Job::new("/bin/sh", work);
        let start = work.inside_path().join(tree::FOLDER).join(folder);
        job.args = vec!["-c".into(), "cd \"$1\" && shift && exec \"$@\"".into(), "sh".into()];
        job.args.extend([start.into(), program.as_os_str().to_owned()]);
        job.args.extend(args);
        job.env = call
            .env
            .iter()
            .map(|(name, value)| (name.into(), self.moved(value, work).into()))
            .collect();
        job.env.push(("PATH".into(), "/usr/bin:/bin".into()));
        job.env.push(("TMPDIR".into(), "/tmp".into()));
        job.env.push(("HOME".into(), "/tmp".into()));
        let sysroot = call.sysroot().unwrap_or(&self.tools.sysroot).to_owned();
        job.read_only = vec![sysroot, self.built.target.clone()];
        job
    }

    /// Paths of the workspace as they are in the copy.
    fn moved(&self, text: &str, work: &WorkDir) -> String {
        let target = self.built.target.to_string_lossy();
        if text.contains(&*target) {
            return text.to_owned();
        }
        let inside = work.inside_path().join(tree::FOLDER);
        let (root, inside) = (self.built.root.to_string_lossy(), inside.to_string_lossy());
        let mut out = String::new();
        let mut rest = text;
        // Of `/w/a` and `/w/a-b` only the first is below `/w/a`.
        while let Some((before, after)) = rest.split_once(&*root) {
            let goes_on = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
            let is_whole = !after.starts_with(goes_on);
            out.push_str(before);
            out.push_str(if is_whole { &inside } else { &root });
            rest = after;
        }
        out.push_str(rest);
        out
    }

    /// A linked library: of those that are compiled here, the one of this copy.
    fn linked(&self, linked: &str, out: &Path) -> String {
        let own = self.units.iter().filter(|unit| unit.is_lib).find_map(|unit| {
            let (name, path) = linked.split_once('=')?;
            let file = Path::new(path).file_name()?.to_str()?;
            file.starts_with(&format!("lib{}.", unit.stem))
                .then(|| format!("{name}={}", out.join(format!("lib{}.rlib", unit.stem)).display()))
        });
        own.unwrap_or_else(|| linked.to_owned())
    }

    /// Compiles all units with a text in the function's place.
    fn compile_group(
        &self,
        work: &WorkDir,
        made: &Dispatched,
        count: usize,
        cancel: &Cancel,
    ) -> Result<Compiled, VerifyError> {
        work.write(Path::new(tree::FOLDER).join(&self.file), &made.text)
            .map_err(VerifyError::work_dir("write"))?;
        for unit in &self.units {
            let outcome = self.compile(unit, work, Lints::Warn, cancel)?;
            if outcome.is_success() {
                continue;
            }
            let mut refused: Vec<(usize, LayerId, String)> = Vec::new();
            for error in diagnostics::read(&outcome.stderr).iter().filter(|said| said.is_error) {
                let Some((file, line)) = &error.place else { continue };
                let body = made.body_at(*line).filter(|_| self.is_here(file));
                if let Some(body) = body
                    && !refused.iter().any(|(own, ..)| *own == body)
                {
                    refused.push((body, layer_of(error), error.said()));
                }
            }
            // A compiler that was ended says nothing of the body.
            let ended = matches!(outcome.status, Status::TimedOut | Status::Signaled(_));
            return Ok(match refused.is_empty() {
                true if count == 1 && ended => Compiled::Ended,
                true if count == 1 => {
                    Compiled::Refused(vec![(0, LayerId::Types, complaint(&outcome))])
                }
                true => Compiled::Failed,
                false => Compiled::Refused(refused),
            });
        }
        Ok(Compiled::Built)
    }

    /// Compiles the bodies, as many at once as compile.
    fn compile_all(
        &self,
        bodies: &[String],
        attempts: &mut [Option<Attempt>],
        cancel: &Cancel,
    ) -> Result<Vec<Batch>, VerifyError> {
        let together = site::dispatch(&self.site, &self.text, &[]).is_some();
        let started = Instant::now();
        let mut groups: Vec<Vec<usize>> = if together {
            // Constants are computed while compiling, perhaps without end: those pay for themselves, and so
            // does what may hold for all that is compiled beside it.
            let alone =
                |body: &String| ["const ", "impl ", "impl<"].iter().any(|word| body.contains(word));
            let (alone, rest): (Vec<usize>, Vec<usize>) =
                (0..bodies.len()).partition(|at| bodies.get(*at).is_some_and(alone));
            alone.into_iter().map(|one| vec![one]).chain([rest]).collect()
        } else {
            (0..bodies.len()).map(|body| vec![body]).collect()
        };
        let mut batches = Vec::new();
        while let Some(mut group) = groups.pop() {
            if started.elapsed() > ALL_MAX {
                for body in group {
                    if let Some(slot) = attempts.get_mut(body) {
                        // Nobody knows what it would do.
                        *slot = Some(Attempt::Ran(vec![TestOutcome::Lost; self.tests.len()]));
                    }
                }
                continue;
            }
            let work = self.work_dir(&self.text)?;
            while !group.is_empty() {
                let chosen: Vec<String> =
                    group.iter().filter_map(|body| bodies.get(*body).cloned()).collect();
                let made = match chosen.as_slice() {
                    [body] if !together => site::replace(&self.site, &self.text, body)
                        .map(|text| Dispatched { text, lines: Vec::new() }),
                    chosen => site::dispatch(&self.site, &self.text, chosen),
                };
                let Some(made) = made else {
                    group.clear();
                    break;
                };
                match self.compile_group(&work, &made, group.len(), cancel)? {
                    Compiled::Built => break,
                    Compiled::Refused(refused) => {
                        let refused = refused.into_iter().filter_map(|(at, layer, message)| {
                            group.get(at).map(|body| (*body, layer, message))
                        });
                        let refused: Vec<_> = refused.collect();
                        group.retain(|body| !refused.iter().any(|(own, ..)| own == body));
                        for (body, layer, message) in refused {
                            if let Some(slot) = attempts.get_mut(body) {
                                *slot = Some(Attempt::Refused { layer, message });
                            }
                        }
                    }
                    Compiled::Ended => {
                        for body in std::mem::take(&mut group) {
                            if let Some(slot) = attempts.get_mut(body) {
                                let lost = vec![TestOutcome::Lost; self.tests.len()];
                                *slot = Some(Attempt::Ran(lost));
                            }
                        }
                    }
                    Compiled::Failed => {
                        let rest = group.split_off(group.len() / 2);
                        groups.push(rest);
                    }
                }
            }
            if !group.is_empty() {
                batches.push(Batch { bodies: group, work });
            }
        }
        Ok(batches)
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
        let mut parts = vec![serde_json::to_string(&calls).unwrap_or_default()];
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

    fn objection(&self, body: &str, cancel: &Cancel) -> Result<Option<String>, VerifyError> {
        let Some(text) = site::replace(&self.site, &self.text, body) else { return Ok(None) };
        let before = self.text.get(..self.site.body.start).unwrap_or("");
        let first = before.matches('\n').count() + 1;
        let added =
            text.matches('\n').count() + self.site.body.text(&self.text).matches('\n').count();
        let last = first + added.saturating_sub(self.text.matches('\n').count());
        let work = self.work_dir(&text)?;
        // What users build has neither the tests' items nor their dependencies.
        for unit in self.plain.iter().chain(self.units.first()) {
            let outcome = self.compile(unit, &work, Lints::Own, cancel)?;
            // The rest of the file is its author's: another unfinished function is no fault of this one.
            let own = diagnostics::read(&outcome.stderr).into_iter().find(|said| {
                said.is_error
                    && said.place.as_ref().is_some_and(|(file, line)| {
                        self.is_here(file) && (first..=last).contains(line)
                    })
            });
            if let Some(own) = own {
                return Ok(Some(own.said()));
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
        for ((.., body), outcomes) in runs.iter().zip(tested) {
            if let Some(slot) = attempts.get_mut(*body) {
                *slot = Some(Attempt::Ran(outcomes));
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

/// Whether the harness came to its end: 0 when all tests passed, 101 when some failed.
fn has_ended(outcome: &Outcome) -> bool {
    matches!(outcome.status, Status::Exited(0 | 101))
}

/// Whether the last line is the harness's and counts so many passed tests.
fn ends_with_summary(outcome: &Outcome, passed: usize) -> bool {
    let said = String::from_utf8_lossy(&outcome.stdout);
    let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("");
    last.starts_with(&format!("test result: ok. {passed} passed; 0 failed;"))
}

/// What became of each of these tests, where all that was said agrees: one line for each of them, as many
/// of each kind as the last line counts, and the exit code.
fn agreed_results(outcome: &Outcome, names: &[&str]) -> Option<Vec<bool>> {
    let results = read_results(&outcome.stdout);
    let found: Vec<bool> = names
        .iter()
        .map(|name| {
            let mut own = results.iter().filter(|(own, _)| own == name);
            let only = own.next().map(|(_, passed)| *passed);
            only.filter(|_| own.next().is_none())
        })
        .collect::<Option<_>>()?;
    if results.len() != names.len() {
        return None;
    }
    let passed = found.iter().filter(|passed| **passed).count();
    let failed = found.len() - passed;
    let said = String::from_utf8_lossy(&outcome.stdout);
    let last = said.lines().rev().find(|line| !line.trim().is_empty())?;
    let word = if failed == 0 { "ok" } else { "FAILED" };
    let counts = format!("test result: {word}. {passed} passed; {failed} failed;");
    let code = if failed == 0 { 0 } else { 101 };
    (last.starts_with(&counts) && outcome.status == Status::Exited(code)).then_some(found)
}

fn fails_unwritten(outcome: &Outcome) -> bool {
    String::from_utf8_lossy(&outcome.stdout).contains("not written yet")
}

/// Tests that were not run.
fn ignored(stdout: &[u8]) -> BTreeSet<String> {
    let said = String::from_utf8_lossy(stdout);
    let names = said.lines().filter_map(|line| {
        let (name, result) = line.strip_prefix("test ")?.split_once(" ... ")?;
        result.starts_with("ignored").then(|| name.trim_end_matches(" - should panic").to_owned())
    });
    names.collect()
}

/// `test a::b ... ok`, `test a::b - should panic ... FAILED`: names, and whether they passed.
fn read_results(stdout: &[u8]) -> Vec<(String, bool)> {
    let said = String::from_utf8_lossy(stdout);
    said.lines()
        .filter_map(|line| {
            let (name, result) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
            let name = name.trim_end_matches(" - should panic").to_owned();
            match result {
                "ok" => Some((name, true)),
                "FAILED" => Some((name, false)),
                _ => None,
            }
        })
        .collect()
}

/// What a failed test said first.
fn failure(stdout: &[u8], name: &str) -> String {
    let said = String::from_utf8_lossy(stdout);
    let head = format!("---- {name} stdout ----");
    let block = said.split_once(&head).map_or("", |(_, block)| block);
    let mut lines = block.lines().filter(|line| !line.trim().is_empty());
    let panicked = lines.find(|line| line.contains(" panicked at "));
    let rest: Vec<&str> = lines.take(3).take_while(|line| !line.starts_with("note: ")).collect();
    match panicked {
        Some(_) => first_line(&rest.join("; ")),
        None => String::new(),
    }
}

fn complaint(outcome: &Outcome) -> String {
    let said = diagnostics::read(&outcome.stderr);
    let error = said.iter().find(|said| said.is_error).map(diagnostics::Diagnostic::text);
    error.unwrap_or_else(|| {
        let raw = String::from_utf8_lossy(&outcome.stderr);
        format!("{:?} {}", outcome.status, first_line(&raw))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_and_failures_are_read() {
        let said = b"\nrunning 2 tests\ntest a::b ... ok\ntest c - should panic ... FAILED\ntest d ... ignored\n\n\
            failures:\n\n---- c stdout ----\n\nthread 'c' (7) panicked at src/lib.rs:1:2:\nleft != right\n  \
            left: 1\nnote: run\n";
        assert_eq!(read_results(said), [("a::b".to_owned(), true), ("c".to_owned(), false)]);
        assert_eq!(failure(said, "c"), "left != right;   left: 1");
    }

    #[test]
    fn only_what_agrees_with_itself_is_believed() {
        let outcome = |code: i32, said: &str| Outcome {
            status: Status::Exited(code),
            stdout: said.as_bytes().to_vec(),
            stderr: Vec::new(),
            wall_ms: 0,
        };
        let ok =
            "test a ... ok\ntest b ... ok\n\ntest result: ok. 2 passed; 0 failed; 0 ignored\n\n";
        assert_eq!(agreed_results(&outcome(0, ok), &["a", "b"]), Some(vec![true, true]));
        assert_eq!(agreed_results(&outcome(101, ok), &["a", "b"]), None);
        assert_eq!(agreed_results(&outcome(0, ok), &["a"]), None);
        let failed =
            "test a ... ok\ntest b ... FAILED\n\ntest result: FAILED. 1 passed; 1 failed; 0\n";
        assert_eq!(agreed_results(&outcome(101, failed), &["a", "b"]), Some(vec![true, false]));
        assert_eq!(agreed_results(&outcome(0, failed), &["a", "b"]), None);
        // Somebody else printed a line like the harness's.
        let twice = format!("test b ... ok\n{failed}");
        assert_eq!(agreed_results(&outcome(101, &twice), &["a", "b"]), None);
        let after = format!("{failed}test result: ok. 2 passed; 0 failed;\n");
        assert_eq!(agreed_results(&outcome(0, &after), &["a", "b"]), None);
    }
}
