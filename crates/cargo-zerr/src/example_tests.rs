//! What is written beside accepted functions: their examples as tests in the project's own manner
//! (`--write-tests`), their contracts as decorators (`--icontract`).

use std::path::{Path, PathBuf};

use zerr_core::event::SpecSource;
use zerr_core::example_tests;
use zerr_core::icontract::{self, Decorated};
use zerr_core::patch::Patch;
use zerr_core::report::{FileReport, specs_of};
use zerr_core::spec::FunctionSpec;
use zerr_engine::{Engine, RunResult};
use zerr_syntax::Language;

/// What is to be written beside the code.
#[derive(Default)]
pub(crate) struct Tests {
    /// For the end of the same file.
    pub(crate) appended: String,
    /// A file of its own.
    pub(crate) file: Option<(PathBuf, String)>,
}

/// The tests of one patch that goes to `path`.
pub(crate) fn of_patch(engine: &Engine, result: &RunResult, patch: &Patch, path: &Path) -> Tests {
    let Some((file, functions)) = functions_of(result, patch) else { return Tests::default() };
    let functions: Vec<&FunctionSpec> = functions.iter().collect();
    let in_place = matches!(result.source(), SpecSource::Hole { .. });
    let formatted = |text: String| {
        // Unformatted tests are tests too.
        engine.format(file.language, &text).unwrap_or(text)
    };
    match file.language {
        Language::Rust => {
            let module = match functions.first() {
                Some(only) if in_place => format!("{}_examples", only.name),
                _ => "tests".to_owned(),
            };
            // In a module of its own the function is out of the tests' sight.
            let is_at_top = |line: &str| {
                functions.iter().any(|function| {
                    let head = format!("fn {}", function.name);
                    !line.starts_with(char::is_whitespace) && line.contains(&head)
                })
            };
            if !patch.text().lines().any(is_at_top) {
                return Tests::default();
            }
            // There from the last time.
            let known = format!("mod {module} {{");
            let tests = example_tests::rust(&functions, &module)
                .filter(|_| !patch.text().contains(&known))
                .map(|text| format!("\n{}", formatted(text).trim_start()));
            Tests { appended: tests.unwrap_or_default(), file: None }
        }
        Language::Python => {
            let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else {
                return Tests::default();
            };
            // Another name cannot be imported.
            let is_name = |c: char| c.is_alphanumeric() || c == '_';
            if !stem.chars().all(is_name) || stem.starts_with(char::is_numeric) {
                return Tests::default();
            }
            let text = example_tests::python(&functions, &dotted(path, stem)).map(formatted);
            let name = match functions.first() {
                Some(only) if in_place => format!("test_{stem}_{}.py", only.name),
                _ => format!("test_{stem}.py"),
            };
            let file = text.map(|text| (path.with_file_name(name), text));
            Tests { appended: String::new(), file }
        }
    }
}

/// The text of a Python file with the contracts of its functions; `None` for others, and where
/// nothing is decorated or the formatter does not take it for Python.
pub(crate) fn decorated(engine: &Engine, result: &RunResult, patch: &Patch) -> Option<Decorated> {
    let (file, functions) = functions_of(result, patch)?;
    if file.language != Language::Python {
        return None;
    }
    let functions: Vec<&FunctionSpec> = functions.iter().collect();
    let decorated = icontract::decorate(patch.text(), &functions);
    let text = engine.format(file.language, &decorated.text)?;
    Some(Decorated { text, ..decorated })
}

/// The functions that a patch writes, as their spec has them.
fn functions_of<'a>(
    result: &'a RunResult,
    patch: &Patch,
) -> Option<(&'a FileReport, Vec<FunctionSpec>)> {
    let file = result.report.files.iter().find(|file| file.path == patch.path())?;
    let functions = specs_of(result.source())
        .unwrap_or_default()
        .into_iter()
        .filter(|spec| spec.language == file.language)
        .flat_map(|spec| spec.functions)
        .filter(|function| file.functions.contains(&function.name))
        .collect();
    Some((file, functions))
}

/// The name that the file is imported by: from the outermost package that holds it.
fn dotted(path: &Path, stem: &str) -> String {
    let mut parts = vec![stem.to_owned()];
    let mut folder = path.parent();
    while let Some(at) = folder.filter(|at| at.join("__init__.py").is_file()) {
        let Some(name) = at.file_name().and_then(|name| name.to_str()) else { break };
        parts.push(name.to_owned());
        folder = at.parent();
    }
    parts.reverse();
    parts.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_imported_from_its_outermost_package_on() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("shop/cart");
        std::fs::create_dir_all(&inner).unwrap();
        assert_eq!(dotted(&inner.join("price.py"), "price"), "price");
        std::fs::write(inner.join("__init__.py"), "").unwrap();
        std::fs::write(folder.path().join("shop/__init__.py"), "").unwrap();
        assert_eq!(dotted(&inner.join("price.py"), "price"), "shop.cart.price");
    }
}
