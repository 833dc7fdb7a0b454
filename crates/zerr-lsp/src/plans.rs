//! Functions of all plans of the workspace: `workspace/symbol`.

use std::path::PathBuf;

use ignore::WalkBuilder;
use tower_lsp::UriExt as _;
use tower_lsp::lsp_types::{Location, Position, Range, SymbolInformation, SymbolKind, Uri};

use crate::documents::Kind;
use crate::spec_help;

/// Symbols of one answer.
const SYMBOLS_MAX: usize = 500;

/// Files and folders that are looked at: a whole disk is nobody's plan.
const ENTRIES_MAX: usize = 50_000;

/// The functions whose names have the letters of `query` in their order; blocks.
pub(crate) fn symbols(folders: &[PathBuf], query: &str) -> Vec<SymbolInformation> {
    let mut found = Vec::new();
    let mut left = ENTRIES_MAX;
    for folder in folders {
        let mut walk = WalkBuilder::new(folder);
        walk.require_git(false);
        for entry in walk.build().flatten() {
            left = left.saturating_sub(1);
            if left == 0 {
                return found;
            }
            let path = entry.path();
            if Kind::of("", &path.to_string_lossy()) != Kind::Spec {
                continue;
            }
            let (Ok(text), Some(uri)) = (std::fs::read_to_string(path), Uri::from_file_path(path))
            else {
                continue;
            };
            let plan = path.parent().and_then(|it| it.file_name());
            let plan = plan.map(|name| name.to_string_lossy().into_owned());
            for function in spec_help::functions(&text) {
                if !has_letters(&function.name, query) {
                    continue;
                }
                let at = Position::new(function.row as u32, 0);
                #[expect(deprecated, reason = "the type has the field and no constructor")]
                found.push(SymbolInformation {
                    name: function.name,
                    kind: SymbolKind::FUNCTION,
                    tags: None,
                    deprecated: None,
                    location: Location::new(uri.clone(), Range::new(at, at)),
                    container_name: plan.clone(),
                });
                if found.len() == SYMBOLS_MAX {
                    return found;
                }
            }
        }
    }
    found
}

fn has_letters(name: &str, query: &str) -> bool {
    let mut left = name.chars().flat_map(char::to_lowercase);
    query.chars().flat_map(char::to_lowercase).all(|letter| left.any(|own| own == letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_all_specs_are_found_by_some_of_their_letters() {
        let folder = tempfile::tempdir().unwrap();
        let spec = "name: shop\nfunctions:\n  - name: total_price\n  - name: parse_line\n";
        std::fs::create_dir(folder.path().join("shop")).unwrap();
        std::fs::write(folder.path().join("shop/task_spec.yaml"), spec).unwrap();
        std::fs::write(folder.path().join("other.yaml"), spec).unwrap();
        let names = |query: &str| -> Vec<(String, u32)> {
            let found = symbols(&[folder.path().to_owned()], query).into_iter();
            found.map(|one| (one.name, one.location.range.start.line)).collect()
        };
        assert_eq!(names(""), [("total_price".to_owned(), 2), ("parse_line".to_owned(), 3)]);
        assert_eq!(names("tprc"), [("total_price".to_owned(), 2)]);
        assert!(names("xyz").is_empty());
    }
}
