//! How fast the syntax layer reads a tree of a million lines, against tree-sitter alone on as many
//! threads, in one run. `cargo run --release --package zerr-verify --example syntax_speed [FOLDER]`.
//! The files of the folder (this repository's sources without one) are repeated until there are
//! enough.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark for a terminal")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tree_sitter::Parser;
use zerr_core::verdict::LayerId;
use zerr_exec::Cancel;
use zerr_syntax::Language;
use zerr_verify::{FileKind, OwnOptions, SourceFile, Survey, own_layers};

const LINES: usize = 1_000_000;
const ROUNDS: usize = 3;

fn main() {
    let folder = std::env::args()
        .nth(1)
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), PathBuf::from);
    let mut found = Vec::new();
    collect(&folder, &mut found);
    let mut files: Vec<SourceFile> = Vec::new();
    let mut lines = 0;
    for (number, (kind, text)) in found.iter().cycle().enumerate() {
        if lines >= LINES {
            break;
        }
        lines += text.lines().count();
        files.push(SourceFile {
            path: format!("{number}"),
            kind: *kind,
            text: text.as_str().into(),
        });
    }
    let survey = Survey { root: &folder, files: &files };
    let layers: Vec<_> = own_layers(&survey, &OwnOptions::default())
        .into_iter()
        .filter(|own| own.layer.id() == LayerId::Syntax)
        .collect();
    let (mut alone, mut layer) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..ROUNDS {
        let started = Instant::now();
        parse(&files);
        alone = alone.min(started.elapsed().as_secs_f64());
        let started = Instant::now();
        for own in &layers {
            own.layer.survey(&survey, &Cancel::new()).unwrap();
        }
        layer = layer.min(started.elapsed().as_secs_f64());
    }
    println!("{lines} lines in {} files", files.len());
    println!("tree-sitter alone  {alone:.2} s");
    println!("the syntax layer   {layer:.2} s");
    println!("its speed          {:.0} % (at least 60 %)", 100.0 * alone / layer);
}

fn collect(folder: &Path, found: &mut Vec<(FileKind, String)>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, found);
            continue;
        }
        let kind = FileKind::of(&path.to_string_lossy());
        if kind.language().is_some()
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            found.push((kind, text));
        }
    }
}

/// Every file once, on all cores, and nothing done with the trees.
fn parse(files: &[SourceFile]) {
    let next = AtomicUsize::new(0);
    let width = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..width {
            scope.spawn(|| {
                let mut parser = Parser::new();
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let grammar = match file.kind.language() {
                        Some(Language::Rust) => tree_sitter_rust::LANGUAGE,
                        _ => tree_sitter_python::LANGUAGE,
                    };
                    parser.set_language(&grammar.into()).unwrap();
                    drop(parser.parse(&*file.text, None));
                }
            });
        }
    });
}
