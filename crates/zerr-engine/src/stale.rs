//! What zerr wrote, remembered, and told when it is no longer what stands there: [`Engine::written`],
//! [`Engine::record_written`], [`findings`], [`written_functions`].
//!
//! # Invariants
//! Functions are compared, not files: an edit elsewhere in a file takes nothing from the evidence of
//! a function that stands as it was verified.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use zerr_core::event::Event;
use zerr_core::hash::Hash;
use zerr_core::report::{Report, specs_of};
use zerr_core::spec::FunctionSpec;
use zerr_core::verdict::{Finding, LayerId, Region, Severity};
use zerr_store::{CacheEntry, Store};
use zerr_syntax::deny::{self, Package, Policy, Violation, surroundings};
use zerr_syntax::{Language, holes, line_column};
use zerr_verify::{FileKind, SourceFile};

use crate::clock::unix_ms;
use crate::engine::{Engine, log_of};
use crate::error::EngineError;

/// One file as zerr left it.
#[derive(Debug, Serialize, Deserialize)]
struct Written {
    /// Of the whole text.
    text_hash: String,
    run: String,
    /// Generated functions by name, each with the hash of its source.
    functions: BTreeMap<String, String>,
    /// Those of other runs than the last one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    runs: BTreeMap<String, String>,
}

fn key(path: &Path) -> Hash {
    Hash::of("written", &[path.as_os_str().as_encoded_bytes()])
}

const KIND: &str = "written";

fn read(store: &Store, path: &Path) -> Option<Written> {
    let row = store.cache_get(key(path).as_str()).ok().flatten()?;
    serde_json::from_str(&row.body).ok()
}

/// The functions at the top of a file, by name, each with its line and the hash of its source.
fn functions(language: Language, text: &str) -> BTreeMap<String, (usize, String)> {
    let (found, _) = holes::written(language, text);
    found
        .into_iter()
        .map(|one| {
            // Spaces at line ends are an editor's business.
            let lines: Vec<&str> = one.source.lines().map(str::trim_end).collect();
            let hash = Hash::of_text("written function", &lines.join("\n"));
            (one.function.name, (one.function.line, hash.as_str().to_owned()))
        })
        .collect()
}

impl Engine {
    /// The hash of the text that zerr last wrote to this file, if it did.
    pub fn written(&self, path: &Path) -> Option<String> {
        read(self.store(), path).map(|written| written.text_hash)
    }

    /// Remembers what a run wrote: the file's whole `text`, and which of its functions are
    /// generated.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn record_written(
        &self,
        path: &Path,
        text_hash: &str,
        text: &str,
        run: &str,
        generated: &[String],
    ) -> Result<(), EngineError> {
        let language =
            path.extension().and_then(|extension| extension.to_str()).and_then(|extension| {
                Language::ALL.into_iter().find(|one| one.extension() == extension)
            });
        let mut functions = language.map_or_else(BTreeMap::new, |one| functions(one, text));
        // What earlier runs wrote and still stands keeps its evidence.
        let (mut earlier, mut runs) = (BTreeMap::new(), BTreeMap::new());
        for (name, hash) in read(self.store(), path).into_iter().flat_map(|older| {
            let of = older.run.clone();
            let runs = older.runs;
            older.functions.into_iter().map(move |(name, hash)| {
                let run = runs.get(&name).cloned().unwrap_or_else(|| of.clone());
                (name, (hash, run))
            })
        }) {
            let (hash, of) = hash;
            let stands = functions.get(&name).is_some_and(|(_, now)| *now == hash);
            if stands && !generated.contains(&name) {
                runs.insert(name.clone(), of);
                earlier.insert(name, hash);
            }
        }
        functions.retain(|name, _| generated.contains(name));
        let written = Written {
            runs,
            text_hash: text_hash.to_owned(),
            run: run.to_owned(),
            functions: functions
                .into_iter()
                .map(|(name, (_, hash))| (name, hash))
                .chain(earlier)
                .collect(),
        };
        let body = serde_json::to_string(&written).unwrap_or_default();
        let path = key(path);
        let entry = CacheEntry { key: path.as_str(), unix_ms: unix_ms(), kind: KIND, body: &body };
        Ok(self.store().cache_put(&[entry])?)
    }
}

/// A function that a run wrote, as a file has it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenFunction {
    /// Its name.
    pub name: String,
    /// The line of its head, from 1.
    pub line: usize,
    /// The run that wrote it.
    pub run: String,
    /// Whether it still is what the run wrote.
    pub is_same: bool,
}

/// The functions of a text that runs of this project wrote to this file. Looks, and makes nothing.
pub fn written_functions(
    project: &Path,
    file: &Path,
    language: Language,
    text: &str,
) -> Vec<WrittenFunction> {
    let Ok(Some(store)) = Store::open_existing(project) else { return Vec::new() };
    let Some(written) = read(&store, file) else { return Vec::new() };
    let now = functions(language, text);
    let stands = written.functions.into_iter().filter_map(|(name, hash)| {
        let (line, own) = now.get(&name)?;
        let run = written.runs.get(&name).unwrap_or(&written.run).clone();
        Some(WrittenFunction { line: *line, is_same: *own == hash, name, run })
    });
    stands.collect()
}

/// What is told of the functions that runs of this project wrote to this file and that its text no
/// longer has as they were verified. `name` is the file's, from the project's root. Looks, and makes
/// nothing.
pub fn stale_findings(project: &Path, name: &str, text: &str) -> Vec<Finding> {
    let Ok(Some(store)) = Store::open_existing(project) else { return Vec::new() };
    let (path, kind) = (name.to_owned(), FileKind::of(name));
    findings(&store, project, &[SourceFile { path, kind, text: text.into() }])
}

/// The report of a run, from its log; `None` where there is none. Looks, and makes nothing.
pub fn report_of(project: &Path, run: &str) -> Option<Report> {
    let store = Store::open_existing(project).ok()??;
    let found = store.find_run(run).ok()?;
    Report::of_log(&log_of(&store, &found.run.id).ok()?).ok()
}

const STALE: &str = "evidence-stale";
const FORBIDDEN: &str = "forbidden-construct";

/// Whether a rule is one of [`stale_findings`].
pub fn is_of_evidence(rule: &str) -> bool {
    matches!(rule, STALE | FORBIDDEN)
}

/// What generated code may not hold and a generated function that was changed holds now, as the spec
/// that it was written for allows it.
fn forbidden(
    store: &Store,
    run: &str,
    name: &str,
    language: Language,
    text: &str,
) -> Vec<(Region, Violation)> {
    let (written, _) = holes::written(language, text);
    let Some(now) = written.into_iter().find(|one| one.function.name == name) else {
        return Vec::new();
    };
    let mut policy = policy_of(store, run, name, language).unwrap_or_default();
    // A person may call what is their own.
    policy.surroundings.get_or_insert_with(|| {
        let is_async = now.source.trim_start().contains("async ");
        surroundings(language, text, &[], &Package::default(), is_async)
    });
    let start = now.function.item_span.end.saturating_sub(now.source.len());
    let place = |at: usize| line_column(text, start + at);
    let found = deny::scan(language, &now.source, &policy).into_iter();
    found
        .map(|found| (Region::between(place(found.span.start), place(found.span.end)), found))
        .collect()
}

/// What the spec that a run started from allows to one of its functions.
fn policy_of(store: &Store, run: &str, name: &str, language: Language) -> Option<Policy> {
    let log = log_of(store, run).ok()?;
    let started = log.into_iter().find_map(|stamped| match stamped.event {
        Event::Started(started) => Some(started),
        _ => None,
    })?;
    let specs = specs_of(&started.source).ok()?;
    let spec = specs.into_iter().find(|spec| spec.language == language)?;
    spec.functions.iter().find(|one| one.name == name).map(FunctionSpec::policy)
}

/// Generated functions among these files that no longer stand as they were verified.
pub(crate) fn findings(store: &Store, root: &Path, files: &[SourceFile]) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in files {
        let Some(language) = file.kind.language() else { continue };
        let Some(written) = read(store, &root.join(&file.path)) else { continue };
        let now = functions(language, &file.text);
        let open = holes::holes(language, &file.text);
        for (name, hash) in &written.functions {
            // One that was taken back is open again, and nothing is claimed of it.
            if open.iter().any(|hole| hole.name == *name) {
                continue;
            }
            let run = written.runs.get(name).unwrap_or(&written.run);
            let (line, message) = match now.get(name) {
                Some((_, own)) if own == hash => continue,
                Some((line, _)) => {
                    (Some(*line), format!("`{name}` is no longer the code that was verified"))
                }
                None => (None, format!("`{name}`, which was verified, is no longer here")),
            };
            found.push(
                Finding::error(LayerId::StaticAnalysis, STALE, message)
                    .severity(Severity::Warning)
                    .in_file(file.path.as_str())
                    .at(line.map(Region::line))
                    .hint(format!(
                        "its evidence is that of run {run}: generate it again, or take it for your \
                         own code"
                    )),
            );
            if line.is_none() {
                continue;
            }
            for (region, violation) in forbidden(store, run, name, language, &file.text) {
                let Violation { construct, why, .. } = violation;
                let message = format!("generated code may not hold `{construct}`: {why}");
                found.push(
                    Finding::error(LayerId::Security, FORBIDDEN, message)
                        .severity(Severity::Warning)
                        .in_file(file.path.as_str())
                        .at(region)
                        .hint(format!(
                            "run {run} wrote `{name}` without it: a spec that needs it allows it"
                        )),
                );
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const TEXT: &str =
        "def f(x: int) -> int:\n    return x\n\n\ndef g(x: int) -> int:\n    return f(x)\n";

    /// The rules and lines of a file that zerr wrote as [`TEXT`] and that now holds `now`.
    fn check(now: &str) -> Vec<(String, Option<usize>)> {
        let store = Store::open_in_memory().unwrap();
        let root = Path::new("/p");
        let generated = functions(Language::Python, TEXT);
        let written = Written {
            text_hash: String::new(),
            run: "r1".into(),
            runs: BTreeMap::new(),
            functions: generated.into_iter().map(|(name, (_, hash))| (name, hash)).collect(),
        };
        let body = serde_json::to_string(&written).unwrap();
        let path = key(&root.join("a.py"));
        let entry = CacheEntry { key: path.as_str(), unix_ms: 0, kind: KIND, body: &body };
        store.cache_put(&[entry]).unwrap();
        let file =
            SourceFile { path: "a.py".into(), kind: FileKind::of("a.py"), text: Arc::from(now) };
        let found = findings(&store, root, &[file]);
        found.iter().map(|found| (found.message.clone(), found.line())).collect()
    }

    #[test]
    fn edits_elsewhere_leave_evidence_fresh() {
        assert_eq!(check(TEXT), []);
        let moved = format!(
            "import os\n\n\n# mine\n{}\n\nx = 1\n",
            TEXT.replace("return x\n", "return x  \n")
        );
        assert_eq!(check(&moved), []);
    }

    #[test]
    fn a_changed_function_and_a_missing_one_are_told() {
        let changed = TEXT.replace("return f(x)", "return f(x) + 1");
        assert_eq!(check(&changed).len(), 1);
        assert_eq!(check(&changed)[0].1, Some(5));
        let shut = TEXT.replace("return f(x)", "return f(x) + len(open('a').read())");
        let found = check(&shut);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[1].0.contains("generated code may not hold `open`"), "{found:?}");
        assert_eq!(found[1].1, Some(6));
        let open = TEXT.replace("return f(x)", "raise NotImplementedError");
        assert_eq!(check(&open), [], "taken back");
        assert!(check("x = 1\n").iter().all(|(message, _)| message.contains("no longer here")));
    }
}
