//! Functions that are tried in their own projects: from a place in a file to a source that a run can be
//! started from. Main function: [`Engine::in_project`].

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use zerr_core::event::{ProjectFacts, SpecSource};
use zerr_core::hash::Hash;
use zerr_exec::Cancel;
use zerr_store::dirs::Dirs;
use zerr_syntax::Language;
use zerr_syntax::site;
use zerr_verify::{LanguageRunner, Place, Project, ProjectRunner, VerifyError};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::interrupt::Interrupt;
use crate::progress::Progress;

/// Bytes of code that the model is shown beside the function: about 2,000 tokens.
const CONTEXT_BYTES_MAX: usize = 8_000;

/// Of these, bytes of tests.
const TESTS_BYTES_MAX: usize = 2_500;

/// Where a function is that is to be written in its project.
#[derive(Clone, Debug)]
pub struct ProjectPlace<'a> {
    /// The file.
    pub file: &'a Path,
    /// The file's name as the report has it.
    pub name: String,
    /// Its text.
    pub text: String,
    /// Its language.
    pub language: Language,
    /// Line from 1 that lies in the function.
    pub line: usize,
    /// Parts of the names of tests that judge and are not shown to the model.
    pub held_out: &'a [String],
}

impl Engine {
    /// Makes the project ready: builds it as it is, finds the tests that reach the function, and gathers
    /// what the model is to see.
    ///
    /// # Errors
    /// A project that does not build, or a function that cannot be tried in it.
    pub fn in_project(
        &self,
        place: &ProjectPlace<'_>,
        watch: &mut dyn FnMut(&Progress),
        interrupt: &Interrupt,
    ) -> Result<SpecSource, EngineError> {
        // Another project that is still held would keep what it was built into.
        self.projects.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let project = self.open_project(
            place.file,
            (&place.text, place.language, place.line),
            watch,
            interrupt,
        )?;
        let site = site_of(&place.text, place.language, place.line)?;
        let sources = project.sources();
        let is_held =
            |test: &&String| place.held_out.iter().any(|part| test.contains(part.as_str()));
        let last_of = |test: &str| test.rsplit([':', '.']).next().unwrap_or(test).to_owned();
        let shown: Vec<String> = project
            .tests()
            .iter()
            .filter(|test| {
                // A test is looked up by its own name, which another may share.
                let own = last_of(test);
                let mut held = project.tests().iter().filter(|it| is_held(it));
                !is_held(test) && !held.any(|held| last_of(held) == own)
            })
            .cloned()
            .collect();
        let mut context = site::context(&site, &sources, CONTEXT_BYTES_MAX - TESTS_BYTES_MAX);
        context.extend(site::tests_named(place.language, &shown, &sources, TESTS_BYTES_MAX));
        let source = SpecSource::Hole {
            name: place.name.clone(),
            text: place.text.clone(),
            language: place.language,
            line: place.line,
            project: Some(Box::new(ProjectFacts {
                tests: project.tests().to_vec(),
                context,
                crates: project.crates(),
                package: zerr_syntax::deny::package(place.language, &sources),
                state: project.state(),
                notes: project.notes().to_vec(),
                calls: project.calls().to_vec(),
            })),
        };
        self.keep(key(&source), project);
        Ok(source)
    }

    /// The runner for a source that is tried in its project; `None` for others. A project that is not
    /// open, because the run was begun by another process, is opened again: it has to be the same.
    pub(crate) fn project_runner(
        &self,
        source: &SpecSource,
        watch: &mut dyn FnMut(&Progress),
        interrupt: &Interrupt,
    ) -> Result<Option<Arc<dyn LanguageRunner>>, EngineError> {
        let SpecSource::Hole { name, text, language, line, project: Some(facts) } = source else {
            return Ok(None);
        };
        let key = key(source);
        let known = self.projects.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let project = if let Some(project) = known {
            project
        } else {
            let file = self.root().join(name);
            let opened = self.open_project(&file, (text, *language, *line), watch, interrupt)?;
            let is_same = opened.state() == facts.state
                && opened.tests() == facts.tests
                && opened.calls() == facts.calls;
            if !is_same {
                return Err(VerifyError::Project {
                    message: "the project has changed since the run was begun".to_owned(),
                    hint: "begin a new run",
                }
                .into());
            }
            self.keep(key, Arc::clone(&opened));
            opened
        };
        let plain = self.runner(*language)?;
        Ok(Some(Arc::new(ProjectRunner::new(project, plain))))
    }

    /// Keeps the project that is being worked in, and no other: each holds its files.
    fn keep(&self, key: Hash, project: Arc<dyn Project>) {
        let mut projects = self.projects.lock().unwrap_or_else(PoisonError::into_inner);
        projects.clear();
        projects.insert(key, project);
    }

    fn open_project(
        &self,
        file: &Path,
        (text, language, line): (&str, Language, usize),
        watch: &mut dyn FnMut(&Progress),
        interrupt: &Interrupt,
    ) -> Result<Arc<dyn Project>, EngineError> {
        let watch = RefCell::new(watch);
        let say = |what: &'static str| (watch.borrow_mut())(&Progress::Preparing(what));
        let (cancel, token) = (Cancel::new(), interrupt.token().clone());
        let stopped = cancel.clone();
        let listening = self.spawn(async move {
            token.cancelled().await;
            stopped.cancel();
        });
        let site = site_of(text, language, line)?;
        let place = Place { file: file.to_owned(), text: text.to_owned(), site };
        let cache = cache();
        let opened = zerr_verify::open_project(&self.toolchain, &cache, &place, &say, &cancel);
        listening.abort();
        Ok(opened?)
    }
}

fn site_of(text: &str, language: Language, line: usize) -> Result<site::Site, EngineError> {
    Ok(site::site_at(language, text, line).ok_or_else(|| VerifyError::Project {
        message: format!("there is no function on line {line}"),
        hint: "name a line inside of one, and look whether the file parses",
    })?)
}

fn cache() -> PathBuf {
    Dirs::from_env().map_or_else(|_| std::env::temp_dir().join("zerr"), |dirs| dirs.cache)
}

fn key(source: &SpecSource) -> Hash {
    Hash::of_text("project-source", &serde_json::to_string(source).unwrap_or_default())
}
