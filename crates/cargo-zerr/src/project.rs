//! Which folder a command is about: [`find`].

use std::env;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// What marks the folder of a project.
const MARKS: [&str; 3] = [".zerr", "zerr.toml", ".git"];

/// The folder that was named, or the nearest above this one that looks like a project, or this
/// one. Absolute.
pub(crate) fn find(named: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(named) = named {
        return named.canonicalize().map_err(|error| {
            Failure::usage(format!("cannot use the project folder {}", named.display()))
                .because(error)
                .hint("name a folder that exists with `--project`")
        });
    }
    let here = env::current_dir()
        .map_err(|error| Failure::usage("the current folder cannot be used").because(error))?;
    Ok(above(&here).unwrap_or(here))
}

fn above(folder: &Path) -> Option<PathBuf> {
    let marked = |folder: &&Path| MARKS.iter().any(|mark| folder.join(mark).exists());
    folder.ancestors().find(marked).map(Path::to_owned)
}

/// `path` as it is written from `project`, where it lies inside; its last part otherwise. Keeps
/// paths of the machine out of logs.
pub(crate) fn name_within(project: &Path, path: &Path) -> String {
    let inside = path.canonicalize().ok().and_then(|path| name_under(project, &path));
    let name = inside.or_else(|| path.file_name().map(PathBuf::from));
    name.unwrap_or_else(|| path.to_owned()).display().to_string()
}

/// `path` as it is written from `folder`, if it lies inside.
pub(crate) fn name_under(folder: &Path, path: &Path) -> Option<PathBuf> {
    path.strip_prefix(folder).ok().map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_marked_folder_is_the_project() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("a/b");
        std::fs::create_dir_all(inner.join("c")).unwrap();
        std::fs::create_dir(root.path().join(".git")).unwrap();
        assert_eq!(above(&inner.join("c")).as_deref(), Some(root.path()));
        std::fs::write(inner.join("zerr.toml"), "").unwrap();
        assert_eq!(above(&inner.join("c")), Some(inner));
    }

    #[test]
    fn names_in_logs_hold_no_path_of_the_machine() {
        let root = tempfile::tempdir().unwrap();
        let project = root.path().join("p");
        std::fs::create_dir_all(project.join("src")).unwrap();
        let project = project.canonicalize().unwrap();
        std::fs::write(project.join("src/x.rs"), "").unwrap();
        std::fs::write(root.path().join("y.rs"), "").unwrap();
        assert_eq!(name_within(&project, &project.join("src/x.rs")), "src/x.rs");
        assert_eq!(name_within(&project, &root.path().join("y.rs")), "y.rs");
    }
}
