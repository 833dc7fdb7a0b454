//! A Python function in its project: each body in a copy of the project, run by the project's interpreter
//! and its pytest. Main type: [`PythonProject`].

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use zerr_core::hash::Hash;
use zerr_core::verdict::{Finding, LayerId, Severity, ToolVersion};
use zerr_exec::{Cancel, Job, Limits, Outcome, Sandbox, Status, WorkDir, trusted};
use zerr_syntax::site::{self, CALLS_VARIABLE, REACHED_VARIABLE, Site};

use super::tree::{self, Tree};
use super::{
    Attempt, CallOutcome, Place, Project, TestOutcome, body_lines, first_line, in_time, problem,
};
use crate::layers::{Style, read_gitlab_report, ruff_report};
use crate::toolchain::Tool;
use crate::{MissingTool, Toolchain, VerifyError};

/// Sent when the processor time is used up.
const SIGXCPU: i32 = 24;

/// Processor time of all tests of the project.
const PROBE_MS: u64 = 180_000;

/// pytest's plugin that writes down what becomes of each test, and its file.
const PLUGIN: &str = include_str!("zerr_results.py");
const LIB: &str = "lib";
const RESULTS: &str = "results";
const REACHED: &str = "reached";

/// The types of the arguments that tests give to the function.
const USE: &str = "use";

/// What makes calls, and the file that it writes what came of them to.
const CALLER: &str = include_str!("zerr_calls.py");
const CALLS: &str = "calls";

/// Rules of ruff that tell of mistakes: pycodestyle's of what does not run, pyflakes, bugbear.
const MISTAKES: [&str; 3] = ["E9", "F", "B"];

/// Processor time of all calls of one body.
const CALLS_MS: u64 = 5_000;

/// How often calls are gone on with behind one that did not come to its end.
const RESTARTS: usize = 3;

/// What an unwritten function does: it tells the plugin, whatever the test does to the environment.
const UNWRITTEN: &str = "import zerr_results as _zerr_results
_zerr_results.reached()
raise NotImplementedError('not written yet')";

const ASK: &str = "import hashlib, json, os, sys, sysconfig
from importlib import metadata
base = getattr(sys, '_base_executable', None) or sys.executable
try:
    import pytest
    version = pytest.__version__
except ImportError:
    version = None
print(json.dumps({
    'python': '.'.join(map(str, sys.version_info[:3])),
    'pytest': version,
    'folders': sorted({os.path.realpath(path) for path in [
        os.path.dirname(os.path.realpath(base)), sys.base_prefix, sys.base_exec_prefix,
        *map(sysconfig.get_path, ('stdlib', 'platstdlib', 'purelib', 'platlib')), sys.prefix,
    ]}),
    'packages': hashlib.sha256(repr(sorted(
        (str(it.metadata['Name']), it.version) for it in metadata.distributions()
    )).encode()).hexdigest(),
    'sites': [path for path in sys.path if path.endswith('-packages')],
}))";

#[derive(Deserialize)]
struct Said {
    python: String,
    pytest: Option<String>,
    folders: Vec<PathBuf>,
    sites: Vec<PathBuf>,
    /// Hash of the installed packages' names and versions.
    packages: String,
}

/// How pytest is asked for a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Suite {
    /// As the project has it set up.
    Own,
    /// The examples in the file's documentation.
    Doc,
}

pub(super) struct PythonProject {
    sandbox: Arc<Sandbox>,
    interpreter: PathBuf,
    folders: Vec<PathBuf>,
    versions: Vec<ToolVersion>,
    packages: String,
    tree: Tree,
    /// The project's own programs, or zerr's.
    ruff: Option<PathBuf>,
    ty: Option<PathBuf>,
    /// The function's file, relative to the project.
    file: PathBuf,
    site: Site,
    text: String,
    tests: Vec<(Suite, String)>,
    shown: Vec<String>,
    calls: Vec<String>,
    /// Types of parameters that are not written, as tests give them.
    assumed: BTreeMap<String, String>,
    notes: Vec<String>,
}

impl PythonProject {
    pub(super) fn open(
        toolchain: &Toolchain,
        place: &Place,
        progress: &dyn Fn(&'static str),
        cancel: &Cancel,
    ) -> Result<Self, VerifyError> {
        progress("finding the project's interpreter");
        let file = place.file.canonicalize().map_err(VerifyError::work_dir("find the file"))?;
        let root = root_of(&file);
        let interpreter = interpreter(&root, cancel).ok_or(VerifyError::NoTool {
            tool: "python3",
            message: "neither an environment of the project nor one on the PATH".to_owned(),
            hint: "make one with `python3 -m venv .venv`",
        })?;
        let command = trusted::Command::new(&interpreter).args(["-I", "-c", ASK]).cwd(&root);
        let ended = command.timeout_ms(30_000).run(cancel)?;
        let said: Said = serde_json::from_slice(&ended.stdout).map_err(|_| {
            problem(
                format!(
                    "{} does not work: {}",
                    interpreter.display(),
                    String::from_utf8_lossy(&ended.stderr).lines().last().unwrap_or("it says nothing")
                ),
                "is the project's environment complete, and made with an interpreter that is still there?",
            )
        })?;
        let pytest = said.pytest.ok_or_else(|| {
            problem(
                format!("the project's environment ({}) has no pytest", interpreter.display()),
                "install it there: `python -m pip install pytest`",
            )
        })?;
        let mut folders: Vec<PathBuf> = said
            .folders
            .into_iter()
            .chain(said.sites)
            // An environment's own folder, whose configuration leads to its packages.
            .chain(interpreter.parent().and_then(Path::parent).map(Path::to_owned))
            .filter(|path| path.is_dir() && path.parent().is_some() && !path.starts_with("/usr"))
            .collect();
        folders.sort();
        folders.dedup_by(|below, above| below.starts_with(above));
        let version = |name: &str, version: String| ToolVersion { name: name.to_owned(), version };
        let tree = Tree::read(&root)?;
        let notes = tree.left_out.clone();
        let beside = |name: &str| {
            let path = interpreter.parent()?.join(name);
            path.is_file().then_some(path)
        };
        let own = |name: &str, found: &Result<Tool, MissingTool>| {
            beside(name).or_else(|| found.as_ref().ok().map(|tool| tool.path.clone()))
        };
        let mut project = Self {
            sandbox: Arc::clone(&toolchain.sandbox),
            ruff: own("ruff", &toolchain.ruff),
            ty: own("ty", &toolchain.ty),
            interpreter,
            folders,
            versions: vec![version("python3", said.python), version("pytest", pytest)],
            packages: said.packages,
            tree,
            file: file.strip_prefix(&root).unwrap_or(&file).to_owned(),
            site: place.site.clone(),
            text: place.text.clone(),
            tests: Vec::new(),
            shown: Vec::new(),
            calls: Vec::new(),
            assumed: BTreeMap::new(),
            notes,
        };
        progress("looking for the tests that reach the function");
        project.find_tests(cancel)?;
        project.find_calls(cancel)?;
        Ok(project)
    }

    /// Chooses the calls whose arguments can be made. None is no error: the tests are still there.
    fn find_calls(&mut self, cancel: &Cancel) -> Result<(), VerifyError> {
        #[derive(Deserialize)]
        struct Line {
            call: String,
        }
        let Some(text) = site::replace(&self.site, &self.text, UNWRITTEN) else { return Ok(()) };
        let work = self.work_dir(&text)?;
        self.caller(&work, "list", 0, cancel)?;
        self.calls = lines_of(&work).map(|line: Line| line.call).collect();
        Ok(())
    }

    /// Makes the calls of the function as it stands in a folder, from a number on, or lists them.
    fn caller(
        &self,
        work: &WorkDir,
        what: &str,
        from: usize,
        cancel: &Cancel,
    ) -> Result<Outcome, VerifyError> {
        work.write(Path::new(LIB).join("zerr_calls.py"), CALLER)
            .map_err(VerifyError::work_dir("write"))?;
        let script = work.inside_path().join(LIB).join("zerr_calls.py");
        let path = serde_json::to_string(&self.site.path).unwrap_or_default();
        let args: Vec<OsString> = vec![
            script.into(),
            what.into(),
            self.file.clone().into(),
            path.into(),
            from.to_string().into(),
        ];
        self.python(work, args, CALLS_MS, cancel)
    }

    /// What came of each call with one body.
    fn call_all(&self, text: &str, cancel: &Cancel) -> Result<Vec<CallOutcome>, VerifyError> {
        #[derive(Deserialize)]
        struct Line {
            at: usize,
            what: String,
            told: String,
        }
        let mut outcomes = self.no_calls();
        let mut from = 0;
        for _ in 0..=RESTARTS {
            if from >= outcomes.len() {
                break;
            }
            let work = self.work_dir(text)?;
            let outcome = self.caller(&work, "call", from, cancel)?;
            for line in lines_of::<Line>(&work).filter(|line| line.at >= from) {
                let Some(slot) = outcomes.get_mut(line.at) else { continue };
                *slot = match line.what.as_str() {
                    "gave" => CallOutcome::Gave(line.told),
                    "stopped" => CallOutcome::Stopped(line.told),
                    _ => CallOutcome::Unsettled,
                };
            }
            let last = lines_of::<Line>(&work).map(|line| line.at + 1).max();
            from = last.unwrap_or(from).max(from);
            let Some(open) = outcomes.get_mut(from) else { break };
            *open = match outcome.status {
                Status::TimedOut | Status::Signaled(SIGXCPU) => CallOutcome::Lost,
                _ => CallOutcome::Crashed,
            };
            from += 1;
        }
        Ok(outcomes)
    }

    /// Where nobody looks what a body does on calls.
    fn no_calls(&self) -> Vec<CallOutcome> {
        vec![CallOutcome::Unsettled; self.calls.len()]
    }

    fn find_tests(&mut self, cancel: &Cancel) -> Result<(), VerifyError> {
        let Some(text) = site::replace(&self.site, &self.text, UNWRITTEN) else {
            return Err(problem(
                format!("`{}` has no place for another body", self.site.shown()),
                "write its body on lines of its own",
            ));
        };
        let mut suites = vec![Suite::Own];
        if self.site.doc.contains(">>>") {
            suites.push(Suite::Doc);
        }
        let mut used = BTreeMap::new();
        for suite in suites {
            let work = self.work_dir(&text)?;
            let outcome = self.pytest(&work, suite, &[], PROBE_MS, cancel)?;
            if outcome.status == Status::TimedOut || outcome.status == Status::Signaled(SIGXCPU) {
                return Err(problem(
                    "the project's tests do not come to an end, so nobody knows which reach the function",
                    "does pytest end within three minutes here?",
                ));
            }
            let reached = work.read(REACHED, 4 << 20).unwrap_or_default();
            let reached = String::from_utf8_lossy(&reached).into_owned();
            let results = results(&work);
            let seen = work.read(USE, 1 << 20).unwrap_or_default();
            let seen: BTreeMap<String, String> = serde_json::from_slice(&seen).unwrap_or_default();
            for (name, kind) in seen {
                // Tests say more than examples.
                used.entry(name).or_insert(kind);
            }
            if reached.lines().any(str::is_empty) {
                return Err(problem(
                    format!("`{}` is called while its module is imported", self.site.shown()),
                    "such a function cannot be told apart from its module yet",
                ));
            }
            if results.is_empty() && suite == Suite::Own && !ended_without_tests(&outcome) {
                self.notes.push(format!(
                    "pytest does not run in the sandbox: {}",
                    first_line(&String::from_utf8_lossy(&outcome.stdout))
                ));
            }
            // Another process that a test starts has no test of its own.
            let says_so = |it: &Result<(), String>| {
                it.as_ref().is_err_and(|why| why.contains("not written yet"))
            };
            let found: BTreeSet<&str> = results
                .iter()
                .filter(|(id, it)| reached.lines().any(|line| line == *id) || says_so(it))
                .map(|(id, _)| id.as_str())
                .collect();
            let unloaded = unloaded(&work);
            if let Some(first) = unloaded.first() {
                self.notes.push(format!(
                    "{} of the test files do not load in the sandbox and are left out ({first})",
                    unloaded.len()
                ));
            }
            let others =
                results.iter().filter(|(id, it)| it.is_err() && !found.contains(id.as_str()));
            if let (count @ 1.., Some((first, _))) = (others.clone().count(), others.clone().next())
            {
                self.notes.push(format!(
                    "{count} of the tests fail in the sandbox without reaching the function and are \
                     left out ({first})"
                ));
            }
            self.tests.extend(found.into_iter().map(|id| (suite, id.to_owned())));
        }
        self.shown = self.tests.iter().map(|(_, id)| id.clone()).collect();
        self.assume(&used);
        Ok(())
    }

    /// Takes types that the function's head does not say from how tests and examples call it, and tells
    /// that.
    fn assume(&mut self, used: &BTreeMap<String, String>) {
        let open = site::untyped_params(&self.site, &self.text);
        let known = |name: &&String| used.get(*name).is_some_and(|kind| !kind.contains('?'));
        let mut told = Vec::new();
        for name in open.iter().filter(known) {
            let kind = used.get(name).cloned().unwrap_or_default();
            told.push(format!("{name}: {kind}"));
            self.assumed.insert(name.clone(), kind);
        }
        if !told.is_empty() {
            self.notes.push(format!(
                "types that are not written are assumed from what the tests give it: `{}`",
                told.join(", ")
            ));
        }
    }

    fn work_dir(&self, text: &str) -> Result<WorkDir, VerifyError> {
        let work = self.sandbox.work_dir().map_err(VerifyError::work_dir("make"))?;
        self.tree.write(&work, Some((&self.file, text)))?;
        work.write(Path::new(LIB).join("zerr_results.py"), PLUGIN)
            .map_err(VerifyError::work_dir("write"))?;
        Ok(work)
    }

    fn pytest(
        &self,
        work: &WorkDir,
        suite: Suite,
        tests: &[&str],
        cpu_ms: u64,
        cancel: &Cancel,
    ) -> Result<Outcome, VerifyError> {
        let mut args: Vec<OsString> = [
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "zerr_results",
            "--color=no",
            // All of them, whatever the project's own settings say.
            "--maxfail=0",
            "--continue-on-collection-errors",
        ]
        .map(OsString::from)
        .to_vec();
        if suite == Suite::Doc {
            args.push("--doctest-modules".into());
        }
        if suite == Suite::Doc && tests.is_empty() {
            args.push(self.file.clone().into());
        }
        args.extend(tests.iter().map(OsString::from));
        let outcome = self.python(work, args, cpu_ms, cancel)?;
        Ok(outcome)
    }

    fn python(
        &self,
        work: &WorkDir,
        args: Vec<OsString>,
        cpu_ms: u64,
        cancel: &Cancel,
    ) -> Result<Outcome, VerifyError> {
        let inside = work.inside_path();
        let copy = inside.join(tree::FOLDER);
        let mut job = Job::new("/bin/sh", work);
        job.args = vec!["-c".into(), "cd \"$1\" && shift && exec \"$@\"".into(), "sh".into()];
        job.args.extend([copy.clone().into(), self.interpreter.clone().into_os_string()]);
        job.args.extend(args);
        let mut path = OsString::new();
        for folder in [copy.join("src"), copy.clone(), inside.join(LIB)] {
            if !path.is_empty() {
                path.push(":");
            }
            path.push(folder);
        }
        job.env = vec![
            ("PYTHONPATH".into(), path),
            ("PYTHONDONTWRITEBYTECODE".into(), "1".into()),
            ("PYTHONHASHSEED".into(), "0".into()),
            ("PATH".into(), "/usr/bin:/bin".into()),
            ("HOME".into(), "/tmp".into()),
            ("TMPDIR".into(), "/tmp".into()),
            ("LANG".into(), "C.UTF-8".into()),
            ("ZERR_RESULTS".into(), inside.join(RESULTS).into()),
            (REACHED_VARIABLE.into(), inside.join(REACHED).into()),
            ("ZERR_USE".into(), inside.join(USE).into()),
            (
                "ZERR_ASSUMED".into(),
                serde_json::to_string(&self.assumed).unwrap_or_default().into(),
            ),
            (CALLS_VARIABLE.into(), inside.join(CALLS).into()),
            (
                "ZERR_CALLS_WANTED".into(),
                serde_json::to_string(&self.calls).unwrap_or_default().into(),
            ),
        ];
        job.read_only.clone_from(&self.folders);
        job.limits = Limits {
            cpu_ms,
            wall_ms: 2 * cpu_ms,
            memory_bytes: 4 << 30,
            processes: 64,
            file_bytes: 512 << 20,
            ..Limits::default()
        };
        let outcome = self.sandbox.run(&job, cancel)?;
        match outcome.status {
            Status::Cancelled => Err(VerifyError::Cancelled),
            _ => Ok(outcome),
        }
    }

    /// What ruff says of these lines under the project's own rules, as far as they tell of mistakes: a right
    /// function is not thrown away for its looks. Nothing where it has no rules.
    fn lints(
        &self,
        text: &str,
        lines: &RangeInclusive<usize>,
        cancel: &Cancel,
    ) -> Result<Option<String>, VerifyError> {
        let (Some(ruff), Some(_)) = (&self.ruff, self.style().config) else { return Ok(None) };
        let args =
            ["check", "--no-cache", "--no-fix", "--force-exclude", "--output-format", "json"];
        let said = self.tool(ruff, &args, text, cancel)?;
        // A ruff that cannot read the project's settings says nothing of the body.
        let Some(found) = said.and_then(|said| ruff_report::read(&said).ok()) else {
            return Ok(None);
        };
        let is_mistake = |rule: &str| MISTAKES.iter().any(|own| rule.starts_with(own));
        let own = found
            .iter()
            .find(|it| is_mistake(&it.rule) && it.line().is_some_and(|line| lines.contains(&line)));
        Ok(own.map(|it| format!("{}: {}", it.rule, it.message)))
    }

    /// What ty says of these lines. Where it complains of the rest of the file as well, the project's code
    /// is not written for it, and its word counts for nothing.
    fn types(
        &self,
        text: &str,
        lines: &RangeInclusive<usize>,
        cancel: &Cancel,
    ) -> Result<Option<String>, VerifyError> {
        let Some(ty) = &self.ty else { return Ok(None) };
        let python = self.interpreter.to_string_lossy();
        let args =
            ["check", "--output-format", "gitlab", "--no-progress", "--python", python.as_ref()];
        let said = self.tool(ty, &args, text, cancel)?;
        let Some(found) = said.and_then(|said| read_gitlab_report(&said).ok()) else {
            return Ok(None);
        };
        let mut errors = found.iter().filter(|it| it.severity == Severity::Error).peekable();
        let first = errors.peek().map(|it| format!("{}: {}", it.rule, it.message));
        let is_own = |it: &Finding| it.line().is_some_and(|line| lines.contains(&line));
        Ok(first.filter(|_| errors.all(is_own)))
    }

    /// What a tool says of the function's file in a copy of the project; `None` where it did not come to a
    /// result.
    fn tool(
        &self,
        program: &Path,
        args: &[&str],
        text: &str,
        cancel: &Cancel,
    ) -> Result<Option<Vec<u8>>, VerifyError> {
        let work = self.work_dir(text)?;
        let mut job = Job::new("/bin/sh", &work);
        let copy = work.inside_path().join(tree::FOLDER);
        job.args = vec!["-c".into(), "cd \"$1\" && shift && exec \"$@\"".into(), "sh".into()];
        job.args.extend([copy.into(), program.into()]);
        job.args.extend(args.iter().map(OsString::from));
        job.args.push(self.file.clone().into());
        job.env = vec![("HOME".into(), "/tmp".into()), ("PATH".into(), "/usr/bin:/bin".into())];
        job.read_only.clone_from(&self.folders);
        if !program.starts_with("/usr") {
            job.read_only.push(program.to_owned());
        }
        job.limits = Limits { wall_ms: 60_000, ..Limits::compiler() };
        let ended = self.sandbox.run(&job, cancel)?;
        Ok(match ended.status {
            Status::Cancelled => return Err(VerifyError::Cancelled),
            Status::Exited(0 | 1) => Some(ended.stdout),
            _ => None,
        })
    }

    fn test_one(
        &self,
        text: &str,
        cpu_ms: u64,
        cancel: &Cancel,
    ) -> Result<Vec<TestOutcome>, VerifyError> {
        let mut outcomes = vec![TestOutcome::Lost; self.tests.len()];
        for suite in [Suite::Own, Suite::Doc] {
            let own: Vec<(usize, &str)> = self
                .tests
                .iter()
                .enumerate()
                .filter(|(_, (own, _))| *own == suite)
                .map(|(at, (_, id))| (at, id.as_str()))
                .collect();
            if own.is_empty() {
                continue;
            }
            let work = self.work_dir(text)?;
            let ids: Vec<&str> = own.iter().map(|(_, id)| *id).collect();
            let outcome = self.pytest(&work, suite, &ids, cpu_ms, cancel)?;
            let results = results(&work);
            // pytest came to its end, and says the same as its plugin wrote.
            let all_passed = ids.iter().all(|id| matches!(results.get(*id), Some(Ok(()))));
            let told = match finish(&work) {
                Some((code, count)) => {
                    outcome.status == Status::Exited(code)
                        && count == results.len()
                        && (code == 0) == all_passed
                        && matches!(code, 0 | 1)
                }
                None => false,
            };
            if !told {
                continue;
            }
            for (at, id) in own {
                if let Some(slot) = outcomes.get_mut(at) {
                    *slot = match results.get(id) {
                        Some(Ok(())) => TestOutcome::Passed,
                        Some(Err(why)) => TestOutcome::Failed(first_line(why)),
                        None => TestOutcome::Lost,
                    };
                }
            }
        }
        Ok(outcomes)
    }
}

impl Project for PythonProject {
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
        Vec::new()
    }

    fn sources(&self) -> Vec<(String, String)> {
        self.tree.sources("py", &self.file)
    }

    fn state(&self) -> Hash {
        let tree = self.tree.hash(&self.file, &self.site);
        Hash::of_text("project-state", &format!("{tree} {} {:?}", self.packages, self.versions))
    }

    fn site(&self) -> &Site {
        &self.site
    }

    fn style(&self) -> Style {
        let own = self.tree.nearest(&self.file, &["ruff.toml", ".ruff.toml"], |_| true);
        let shared = || {
            self.tree.nearest(&self.file, &["pyproject.toml"], |text| text.contains("[tool.ruff"))
        };
        let config = own.or_else(shared);
        Style { edition: None, config }
    }

    fn objection(
        &self,
        body: &str,
        cancel: &Cancel,
    ) -> Result<Option<(LayerId, String)>, VerifyError> {
        let Some(text) = site::replace(&self.site, &self.text, body) else { return Ok(None) };
        let own = body_lines(&self.site, &self.text, &text);
        if let Some(objection) = self.lints(&text, &own, cancel)? {
            return Ok(Some((LayerId::StaticAnalysis, objection)));
        }
        Ok(self.types(&text, &own, cancel)?.map(|objection| (LayerId::Types, objection)))
    }

    fn tools(&self) -> Vec<ToolVersion> {
        self.versions.clone()
    }

    fn attempt(&self, bodies: &[String], cancel: &Cancel) -> Result<Vec<Attempt>, VerifyError> {
        let texts: Vec<Option<String>> =
            bodies.iter().map(|body| site::replace(&self.site, &self.text, body)).collect();
        let placed: Vec<&String> = texts.iter().flatten().collect();
        let tested = in_time(placed.len(), |run, cpu_ms| match placed.get(run) {
            Some(text) => self.test_one(text, cpu_ms, cancel),
            None => Ok(Vec::new()),
        })?;
        let mut tested = tested.into_iter();
        let refused = || Attempt::Refused {
            layer: LayerId::Syntax,
            message: "it cannot be put in the function's place".to_owned(),
        };
        let mut attempts = Vec::with_capacity(texts.len());
        for text in &texts {
            attempts.push(match text.as_ref().and_then(|text| Some((text, tested.next()?))) {
                None => refused(),
                Some((text, tests)) => {
                    let passes = tests.iter().all(|test| *test == TestOutcome::Passed);
                    let calls = if passes { self.call_all(text, cancel)? } else { self.no_calls() };
                    Attempt::Ran(tests, calls)
                }
            });
        }
        Ok(attempts)
    }
}

/// The nearest folder above that people would call the project.
fn root_of(file: &Path) -> PathBuf {
    let marks = ["pyproject.toml", "setup.py", "setup.cfg", ".git"];
    let folder = file.parent().unwrap_or(file);
    file.ancestors()
        .skip(1)
        .find(|folder| marks.iter().any(|mark| folder.join(mark).exists()))
        .unwrap_or(folder)
        .to_owned()
}

/// The project's own interpreter: an environment in or above its folder, the active one, poetry's, or
/// what is on the `PATH`.
pub(crate) fn interpreter(root: &Path, cancel: &Cancel) -> Option<PathBuf> {
    let program = |folder: PathBuf| Some(folder.join("bin/python")).filter(|path| path.is_file());
    let beside = root
        .ancestors()
        .flat_map(|folder| [folder.join(".venv"), folder.join("venv")])
        .find_map(program);
    let active = ["VIRTUAL_ENV", "CONDA_PREFIX"]
        .iter()
        .filter_map(std::env::var_os)
        .find_map(|folder| program(PathBuf::from(folder)));
    let poetry = || {
        let poetry = trusted::find("poetry").filter(|_| root.join("poetry.lock").is_file())?;
        let asked = trusted::Command::new(poetry).args(["env", "info", "--path"]).cwd(root);
        let ended = asked.timeout_ms(20_000).run(cancel).ok()?;
        program(PathBuf::from(String::from_utf8_lossy(&ended.stdout).trim()))
    };
    beside.or(active).or_else(poetry).or_else(|| trusted::find("python3"))
}

/// What was written down of calls, a line of JSON each.
fn lines_of<T: serde::de::DeserializeOwned>(work: &WorkDir) -> impl Iterator<Item = T> {
    let bytes = work.read(CALLS, 4 << 20).unwrap_or_default();
    let lines: Vec<T> = bytes
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect();
    lines.into_iter()
}

/// pytest's exit code for a project without tests.
fn ended_without_tests(outcome: &Outcome) -> bool {
    outcome.status == Status::Exited(5)
}

/// The plugin's last line: pytest's exit code, and how many tests it wrote down.
fn finish(work: &WorkDir) -> Option<(i32, usize)> {
    #[derive(Deserialize)]
    struct Last {
        exit: i32,
        count: usize,
    }
    let bytes = work.read(RESULTS, 16 << 20).ok()?;
    let last = bytes.split(|byte| *byte == b'\n').rfind(|line| !line.is_empty())?;
    let last: Last = serde_json::from_slice(last).ok()?;
    Some((last.exit, last.count))
}

/// Test files that do not load.
fn unloaded(work: &WorkDir) -> Vec<String> {
    #[derive(Deserialize)]
    struct Unloaded {
        unloaded: String,
    }
    let bytes = work.read(RESULTS, 16 << 20).unwrap_or_default();
    bytes
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Unloaded>(line).ok())
        .map(|line| line.unloaded)
        .collect()
}

/// What the plugin wrote: for each test whether it passed, or what it said.
fn results(work: &WorkDir) -> BTreeMap<String, Result<(), String>> {
    #[derive(Deserialize)]
    struct Line {
        id: String,
        passed: bool,
        why: String,
    }
    let bytes = work.read(RESULTS, 16 << 20).unwrap_or_default();
    let mut results: BTreeMap<String, Result<(), String>> = BTreeMap::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let Ok(line) = serde_json::from_slice::<Line>(line) else { continue };
        let result = if line.passed { Ok(()) } else { Err(line.why) };
        let own = results.entry(line.id).or_insert_with(|| result.clone());
        if own.is_ok() {
            *own = result;
        }
    }
    results
}
