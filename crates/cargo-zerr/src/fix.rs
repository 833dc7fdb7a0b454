//! `verify --fix`: what the person's own tools can put right by themselves.
//!
//! Only fixes that the tools call safe; what they changed is checked afterwards like anything else.

use std::path::PathBuf;

use zerr_engine::check::{CheckRequest, Selection, select};
use zerr_engine::zerr_verify::FileKind;
use zerr_exec::trusted;
use zerr_syntax::Language;

use crate::console::Console;
use crate::failure::Failure;
use crate::verify::call;

pub(crate) fn run(console: Console, request: &CheckRequest) -> Result<(), Failure> {
    if request.selection == Selection::Staged {
        return Err(Failure::usage("what is staged cannot be fixed in place")
            .hint("fix the working tree (`cargo zerr verify --fix`) and stage it again"));
    }
    let selected =
        select(&request.root, &request.selection).map_err(zerr_engine::EngineError::from)?;
    let of = |language| {
        let own = move |kind: FileKind| kind.language() == Some(language);
        selected.files.iter().filter(move |file| own(file.kind)).map(|file| file.path.as_str())
    };
    let python: Vec<&str> = of(Language::Python).collect();
    if !python.is_empty() {
        match ruff() {
            Some(ruff) => {
                let args = ["check", "--fix", "--force-exclude", "--exit-zero", "--quiet", "--"];
                let args: Vec<&str> = args.into_iter().chain(python).collect();
                call(console, &request.root, &ruff, &args)?;
            }
            None => console.note("ruff was not found: Python is left as it is"),
        }
    }
    let whole = [Selection::Workspace, Selection::Paths(vec![request.root.clone()])];
    if of(Language::Rust).next().is_some() && !whole.contains(&request.selection) {
        console.note(
            "clippy fixes whole workspaces only: Rust is left as it is without `--workspace`",
        );
    } else if of(Language::Rust).next().is_some() {
        match trusted::find("cargo") {
            Some(cargo) => {
                let args = [
                    "clippy",
                    "--fix",
                    "--workspace",
                    "--allow-dirty",
                    "--allow-staged",
                    "--quiet",
                ];
                call(console, &request.root, &cargo, &args)?;
            }
            None => console.note("cargo was not found: Rust is left as it is"),
        }
    }
    Ok(())
}

fn ruff() -> Option<PathBuf> {
    let own = zerr_engine::zerr_store::dirs::Dirs::from_env().ok()?.python_tool("ruff");
    trusted::find("ruff").or_else(|| Some(own).filter(|path| path.is_file()))
}
