//! Functions of real projects, tried with their own body, small wrong versions of it and bodies that
//! cannot be right: [`TriedFunction`].

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Serialize;
use zerr_exec::Cancel;
use zerr_syntax::Language;
use zerr_syntax::site::{self, Site};
use zerr_verify::{Attempt, Place, TestOutcome};

use crate::engine::Engine;
use crate::error::EngineError;

/// What is tried of a project.
#[derive(Clone, Copy, Debug)]
pub struct ProjectBench {
    /// Functions that tests reach.
    pub functions: usize,
    /// Functions that are looked at for that.
    pub looked_at_max: usize,
    /// Mutants of each.
    pub mutants: usize,
    /// Chooses the functions.
    pub seed: u64,
}

/// What came of one function.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TriedFunction {
    /// File and path.
    pub name: String,
    /// Tests that reach it.
    pub tests: usize,
    /// Why it could not be tried, or why its own body was refused.
    pub unhandled: Option<String>,
    /// Mutants that were tried, and what became of them.
    pub mutants: usize,
    /// They do not compile.
    pub mutants_refused: usize,
    /// A test fails.
    pub mutants_killed: usize,
    /// All tests pass: what was changed, and the file's text.
    #[serde(skip)]
    pub survivors: Vec<(PathBuf, String, String)>,
    /// Bodies that cannot be right, and those of them that the compiler refused.
    pub ill_typed: usize,
    /// See `ill_typed`.
    pub ill_typed_refused: usize,
    /// Ill-typed bodies that passed. None should.
    pub ill_typed_passed: usize,
    /// Milliseconds to make the project ready and find the tests, and to try all bodies.
    pub open_ms: u64,
    /// See `open_ms`.
    pub attempt_ms: u64,
    /// Milliseconds to gather what a model would be shown, files in memory.
    pub context_ms: u64,
    /// What was told of the project.
    pub notes: Vec<String>,
}

/// Statements that no compiler takes, or that raise.
const ILL_TYPED_RUST: [&str; 10] = [
    "let _zerr: u32 = \"no number\";",
    "zerr_is_not_there();",
    "let _zerr: &str = 1_u8;",
    "().zerr_has_no_method();",
    "let _zerr = 1_u8 + \"no number\";",
    "if 1_u8 {}",
    "let [_a, _b] = (1_u8, 2_u8);",
    "let zerr = Box::new(1_u8); drop(zerr); drop(zerr);",
    "let _zerr: Zerr = 1;",
    "let zerr = 1_u8; zerr = 2;",
];
const ILL_TYPED_PYTHON: [&str; 10] = [
    "1 + 'no number'",
    "zerr_is_not_there()",
    "len(1)",
    "().zerr_has_no_method()",
    "None[0]",
    "int('no number')",
    "[][1]",
    "(1)()",
    "zerr = yield_is_no_name",
    "for _ in 1: pass",
];

impl Engine {
    /// Tries functions of a project that stands in `root` and is complete there.
    ///
    /// # Errors
    /// When the sandbox falls short. A project that cannot be tried is a result.
    pub fn bench_project(
        &self,
        root: &Path,
        language: Language,
        cache: &Path,
        bench: &ProjectBench,
        say: &dyn Fn(&str),
    ) -> Result<Vec<TriedFunction>, EngineError> {
        let mut places = places(root, language);
        shuffle(&mut places, bench.seed);
        let mut tried: Vec<TriedFunction> = Vec::new();
        for place in places.into_iter().take(bench.looked_at_max) {
            if tried.len() >= bench.functions {
                break;
            }
            let name = place.file.strip_prefix(root).unwrap_or(&place.file).display();
            let name = format!("{name}: {}", place.site.shown());
            say(&name);
            if let Some(one) = self.try_one(&place, name, cache, bench)? {
                tried.push(one);
            }
        }
        Ok(tried)
    }

    /// `None` for a function that no test reaches.
    fn try_one(
        &self,
        place: &Place,
        name: String,
        cache: &Path,
        bench: &ProjectBench,
    ) -> Result<Option<TriedFunction>, EngineError> {
        let cancel = Cancel::new();
        let mut one = TriedFunction { name, ..TriedFunction::default() };
        let started = Instant::now();
        let project =
            match zerr_verify::open_project(&self.toolchain, cache, place, &|_| {}, &cancel) {
                Ok(project) => project,
                Err(zerr_verify::VerifyError::Project { message, .. }) => {
                    one.unhandled = Some(message);
                    return Ok(Some(one));
                }
                Err(error) => return Err(error.into()),
            };
        one.open_ms = ms(started);
        one.tests = project.tests().len();
        one.notes = project.notes().to_vec();
        if one.tests == 0 {
            // Where no test runs at all, nobody knows whether one would reach it.
            one.unhandled = one.notes.iter().find(|note| note.contains("does not run")).cloned();
            return Ok(one.unhandled.is_some().then_some(one));
        }
        let (started, sources) = (Instant::now(), project.sources());
        let _ = site::context(&place.site, &sources, 8_000);
        one.context_ms = ms(started);
        let own = place.site.body_text(&place.text).to_owned();
        let mutated = place.site.mutated_bodies(&place.text, bench.mutants);
        let wrong = ill_typed(place.site.language, &own);
        one.mutants = mutated.len();
        one.ill_typed = wrong.len();
        let mut bodies = vec![own];
        bodies.extend(mutated.iter().map(|(_, body)| body.clone()));
        bodies.extend(wrong);
        let started = Instant::now();
        let attempts = project.attempt(&bodies, &cancel)?;
        one.attempt_ms = ms(started);
        let mut attempts = attempts.into_iter();
        let original = attempts.next();
        one.unhandled = original.filter(|it| !it.passed()).map(|it| why(&it, project.tests()));
        for ((what, body), attempt) in mutated.into_iter().zip(attempts.by_ref()) {
            match attempt {
                Attempt::Refused { .. } => one.mutants_refused += 1,
                ran if ran.passed() => {
                    let text = site::replace(&place.site, &place.text, &body);
                    one.survivors.extend(text.map(|text| (place.file.clone(), what, text)));
                }
                Attempt::Ran(..) => one.mutants_killed += 1,
            }
        }
        for attempt in attempts {
            match attempt {
                Attempt::Refused { .. } => one.ill_typed_refused += 1,
                ran if ran.passed() => one.ill_typed_passed += 1,
                Attempt::Ran(..) => {}
            }
        }
        Ok(Some(one))
    }
}

fn ms(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Why a body did not pass.
fn why(attempt: &Attempt, tests: &[String]) -> String {
    match attempt {
        Attempt::Refused { message, .. } => format!("its own body is refused: {message}"),
        Attempt::Ran(outcomes, _) => {
            let failed = tests.iter().zip(outcomes).find(|(_, it)| **it != TestOutcome::Passed);
            match failed {
                Some((test, TestOutcome::Failed(why))) => {
                    format!("its own body fails `{test}`: {why}")
                }
                Some((test, _)) => format!("its own body does not end `{test}`"),
                None => "no test ran".to_owned(),
            }
        }
    }
}

/// The body with a statement in front that cannot be right.
fn ill_typed(language: Language, body: &str) -> Vec<String> {
    match language {
        Language::Rust => ILL_TYPED_RUST
            .iter()
            .map(|wrong| format!("{{ {wrong}\n{}", body.trim_start().trim_start_matches('{')))
            .collect(),
        Language::Python => {
            let indent: String = body.chars().take_while(|c| *c == ' ').collect();
            ILL_TYPED_PYTHON.iter().map(|wrong| format!("{indent}{wrong}\n{body}")).collect()
        }
    }
}

/// The functions of a project's own sources that are no tests and do more than name a value.
fn places(root: &Path, language: Language) -> Vec<Place> {
    let mut places = Vec::new();
    let skipped = ["tests", "test", "benches", "examples", "docs", "target", ".venv", "build.rs"];
    for entry in ignore::WalkBuilder::new(root).sort_by_file_path(Ord::cmp).build().flatten() {
        let path = entry.path();
        let inside = path.strip_prefix(root).unwrap_or(path);
        let is_source = path.extension().is_some_and(|it| it == language.extension());
        let is_left_out = inside
            .iter()
            .filter_map(|part| part.to_str())
            .any(|part| skipped.contains(&part) || part.starts_with("test_"));
        if !is_source || is_left_out {
            continue;
        }
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        for site in site::sites(language, &text) {
            if is_worth(&site, &text) {
                places.push(Place { file: path.to_owned(), text: text.clone(), site });
            }
        }
    }
    places
}

fn is_worth(site: &Site, text: &str) -> bool {
    let body = site.body_text(text);
    !site.form.is_test && !site.form.is_nested && site.open.is_none() && body.trim().len() > 24
}

/// An order that the seed alone decides.
fn shuffle(places: &mut [Place], seed: u64) {
    let name = |place: &Place| {
        let text = format!("{seed} {} {}", place.file.display(), place.site.shown());
        zerr_core::hash::Hash::of_text("shuffle", &text)
    };
    places.sort_by_cached_key(name);
}
