//! Which files are checked, and their texts: [`select`].
//!
//! # Invariants
//! - What version control ignores is never read unasked.
//! - With [`Selection::Staged`] the texts are those of the index, whatever the working tree holds.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::WalkBuilder;
use zerr_core::verdict::{Finding, LayerId, Severity};
use zerr_exec::{Cancel, Outcome, trusted};
use zerr_syntax::Language;
use zerr_verify::{FileKind, SourceFile};

/// Which files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// These files and folders.
    Paths(Vec<PathBuf>),
    /// A text that the file of this name does not hold yet; the name begins at the project's root.
    Text {
        /// With `/`.
        path: String,
        /// What the file would hold.
        text: String,
    },
    /// What the next commit would change, as it stands in the index.
    Staged,
    /// What changed since a revision, untracked files included.
    Since(String),
    /// Everything that version control does not ignore.
    Workspace,
}

/// The files, read.
#[derive(Clone, Debug)]
pub struct Selected {
    /// By path.
    pub files: Vec<SourceFile>,
    /// About files that cannot be checked.
    pub findings: Vec<Finding>,
    /// Where the working tree holds the same.
    pub holds: Holds,
}

/// How far the working tree, which tools read by themselves, holds what is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holds {
    /// Some of the files are other ones there.
    Less,
    /// The files are the same there; others, on which they may build, are not.
    Files,
    /// There is nothing else.
    All,
}

/// The files cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum SelectError {
    /// A path that was named.
    #[error("cannot read {}", path.display())]
    Path {
        /// As it was named.
        path: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
    /// A path outside of the project.
    #[error("{} lies outside of the project {}", path.display(), root.display())]
    Outside {
        /// As it was named.
        path: PathBuf,
        /// The project.
        root: PathBuf,
    },
    /// git refuses.
    #[error("git does not tell {what}: {message}")]
    Git {
        /// What was asked.
        what: &'static str,
        /// What it says.
        message: String,
    },
}

impl SelectError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Path { .. } => Some("is it there, and may you read it?"),
            Self::Outside { .. } => Some("name its project with `--project`"),
            Self::Git { .. } => Some("is this a git repository, and is the revision in it?"),
        }
    }
}

/// Larger files are not read: nobody writes them by hand.
const FILE_BYTES_MAX: u64 = 10 << 20;

/// All staged texts together.
const OUTPUT_BYTES_MAX: u64 = 1 << 30;

/// Finds the files and reads them.
///
/// # Errors
/// [`SelectError`]; a single file that cannot be checked is a finding.
pub fn select(root: &Path, selection: &Selection) -> Result<Selected, SelectError> {
    match selection {
        Selection::Paths(paths) => {
            let mut found = BTreeSet::new();
            for path in paths {
                walk(root, path, &mut found)?;
            }
            Ok(read(root, found))
        }
        Selection::Workspace => {
            let mut found = BTreeSet::new();
            walk(root, root, &mut found)?;
            Ok(read(root, found))
        }
        Selection::Since(revision) => {
            // A revision that begins with a dash would be taken for an option.
            let end = ["--end-of-options", revision.as_str(), "--"];
            let changed = ["diff", "--name-only", "-z", "--relative", "--diff-filter=ACMRT"];
            let mut found = names(&git(root, changed.into_iter().chain(end), "what changed")?);
            let untracked = ["ls-files", "--others", "--exclude-standard", "-z"];
            found.extend(names(&git(root, untracked, "what is untracked")?));
            // What was deleted meanwhile is not there to be read.
            found.retain(|name| root.join(name).is_file());
            Ok(read(root, found))
        }
        Selection::Staged => staged(root),
        Selection::Text { path, text } => Ok(Selected {
            files: vec![SourceFile {
                path: path.clone(),
                kind: FileKind::of(path),
                text: text.as_str().into(),
            }],
            findings: Vec::new(),
            holds: Holds::Less,
        }),
    }
}

fn walk(root: &Path, path: &Path, found: &mut BTreeSet<PathBuf>) -> Result<(), SelectError> {
    let bad = |source| SelectError::Path { path: path.to_owned(), source };
    let absolute = if path.is_absolute() { path.to_owned() } else { root.join(path) };
    // The folder, not the file: a file that is a link is checked where it stands.
    let metadata = std::fs::metadata(&absolute).map_err(bad)?;
    let absolute = if metadata.is_dir() {
        absolute.canonicalize().map_err(bad)?
    } else {
        let folder = absolute.parent().unwrap_or(root).canonicalize().map_err(bad)?;
        folder.join(absolute.file_name().unwrap_or_default())
    };
    let within = |path: &Path| path.strip_prefix(root).ok().map(Path::to_owned);
    let Some(name) = within(&absolute) else {
        return Err(SelectError::Outside { path: path.to_owned(), root: root.to_owned() });
    };
    if !metadata.is_dir() {
        found.insert(name);
        return Ok(());
    }
    let mut walk = WalkBuilder::new(&absolute);
    // A build folder says by a tag that all of it can be made again.
    // Hidden files are part of a project too, and hold what must not be there.
    walk.require_git(false).hidden(false).ignore(false).filter_entry(|entry| {
        let name = entry.file_name();
        let is_own = name == ".git" || name == zerr_store::FOLDER;
        let is_built = name == "target" && is_build_folder(entry.path());
        !(is_own || is_built)
    });
    for entry in walk.build() {
        // What cannot be entered is not the project's to be checked.
        let Ok(entry) = entry else { continue };
        if entry.file_type().is_some_and(|kind| kind.is_file())
            && let Some(name) = within(entry.path())
        {
            found.insert(name);
        }
    }
    Ok(())
}

fn is_build_folder(path: &Path) -> bool {
    std::fs::read(path.join("CACHEDIR.TAG"))
        .is_ok_and(|tag| tag.starts_with(b"Signature: 8a477f597d28d172789f06886806bc55"))
}

fn read(root: &Path, names: BTreeSet<PathBuf>) -> Selected {
    let mut selected = Selected { files: Vec::new(), findings: Vec::new(), holds: Holds::All };
    for name in names {
        let Some(path) = slashed(&name) else {
            let shown = name.to_string_lossy().into_owned();
            selected.findings.push(unchecked(
                &shown,
                "path-not-unicode",
                "its name is no Unicode text",
            ));
            continue;
        };
        let file = root.join(&name);
        // A link leads elsewhere, perhaps to something without an end.
        let Ok(known) = std::fs::symlink_metadata(&file) else {
            selected.findings.push(unchecked(&path, "file-unreadable", "it is not there any more"));
            continue;
        };
        if !known.is_file() {
            continue;
        }
        let size = known.len();
        if size > FILE_BYTES_MAX {
            selected.add_too_large(&path, size);
            continue;
        }
        match std::fs::read(&file) {
            Ok(bytes) => selected.add(path, bytes),
            Err(error) => {
                let why = format!("it cannot be read: {error}");
                selected.findings.push(unchecked(&path, "file-unreadable", &why));
            }
        }
    }
    selected
}

impl Selected {
    fn add(&mut self, path: String, bytes: Vec<u8>) {
        let kind = FileKind::of(&path);
        match String::from_utf8(bytes) {
            Ok(text) => {
                let text: Arc<str> = text.strip_prefix('\u{feff}').unwrap_or(&text).into();
                self.files.push(SourceFile { path, kind, text });
            }
            // Pictures and archives are nobody's concern.
            Err(_) if kind == FileKind::Other => {}
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let line =
                    error.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
                let why = format!("it is not UTF-8 from byte {at} on (line {line})");
                let found = unchecked(&path, "not-utf8", &why).severity(Severity::Error);
                self.findings.push(found.hint("save it as UTF-8"));
            }
        }
    }

    fn add_too_large(&mut self, path: &str, size: u64) {
        if FileKind::of(path) != FileKind::Other {
            let why = format!(
                "it has {} MiB, and more than {} are not read",
                size >> 20,
                FILE_BYTES_MAX >> 20
            );
            self.findings.push(unchecked(path, "file-too-large", &why));
        }
    }
}

fn unchecked(path: &str, rule: &str, why: &str) -> Finding {
    Finding::error(LayerId::Syntax, rule, format!("not checked: {why}"))
        .severity(Severity::Warning)
        .in_file(path)
}

fn slashed(path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path.iter().map(|part| part.to_str()).collect();
    Some(parts?.join("/"))
}

// ---- git

fn git(
    root: &Path,
    args: impl IntoIterator<Item = impl AsRef<std::ffi::OsStr>>,
    what: &'static str,
) -> Result<Vec<u8>, SelectError> {
    git_with(root, args, Vec::new(), what)
}

/// The same with something to read.
fn git_with(
    root: &Path,
    args: impl IntoIterator<Item = impl AsRef<std::ffi::OsStr>>,
    stdin: Vec<u8>,
    what: &'static str,
) -> Result<Vec<u8>, SelectError> {
    let failed = |message: String| SelectError::Git { what, message };
    let program = trusted::find("git").ok_or_else(|| failed("git was not found".to_owned()))?;
    let outcome: Outcome = trusted::Command::new(program)
        // No helper of the repository's own choosing runs for a listing.
        .args(["-c", "core.fsmonitor=false", "-c", "core.quotePath=false"])
        .args(args)
        .stdin(stdin)
        .cwd(root)
        .timeout_ms(60_000)
        .output_bytes_max(OUTPUT_BYTES_MAX)
        .run(&Cancel::new())
        .map_err(|error| failed(error.to_string()))?;
    if outcome.is_success() {
        return Ok(outcome.stdout);
    }
    let said = String::from_utf8_lossy(&outcome.stderr);
    Err(failed(said.lines().next().unwrap_or("it says nothing").to_owned()))
}

fn names(output: &[u8]) -> BTreeSet<PathBuf> {
    output.split(|byte| *byte == 0).filter(|name| !name.is_empty()).map(path_of).collect()
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    std::ffi::OsStr::from_bytes(bytes).into()
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> PathBuf {
    String::from_utf8_lossy(bytes).into_owned().into()
}

/// One file of the index that differs from the last commit.
struct Staged {
    name: PathBuf,
    /// A regular file: a link's text is where it leads to, and a submodule has none.
    is_file: bool,
    blob: String,
    is_gone: bool,
}

/// `:100644 100644 OLD NEW M`, a zero byte, the path, a zero byte; a rename is a file that is gone and
/// a new one.
fn differences(root: &Path, what: &'static str) -> Result<Vec<Staged>, SelectError> {
    let args = ["diff", "--cached", "--raw", "-z", "--no-abbrev", "--no-renames", "--relative"];
    let said = git(root, args.into_iter().chain(["--diff-filter=ACMTD"]), what)?;
    let mut parts = said.split(|byte| *byte == 0);
    let mut found = Vec::new();
    while let (Some(head), Some(name)) = (parts.next(), parts.next()) {
        let head = String::from_utf8_lossy(head).into_owned();
        let words: Vec<&str> = head.split(' ').collect();
        let [_, mode, _, blob, status] = words.as_slice() else { continue };
        found.push(Staged {
            name: path_of(name),
            is_file: mode.starts_with("100"),
            blob: (*blob).to_owned(),
            is_gone: *status == "D",
        });
    }
    Ok(found)
}

fn staged(root: &Path) -> Result<Selected, SelectError> {
    let what = "what is staged";
    let mut found = differences(root, what)?;
    let mut selected = Selected { files: Vec::new(), findings: Vec::new(), holds: Holds::All };
    if found.is_empty() {
        return Ok(selected);
    }
    found.extend(left_behind(root, &found, what)?);
    found.retain(|one| !one.is_gone);
    // Any unstaged change may change what a compiler says, and so may a file that git does not know.
    let changed = names(&git(root, ["diff", "--name-only", "-z", "--relative"], "what changed")?);
    let anywhere = git(root, ["diff", "--name-only", "-z"], "what is not staged")?;
    let untracked = ["ls-files", "--others", "--exclude-standard", "-z"];
    let untracked = names(&git(root, untracked, "what is untracked")?);
    let is_source = |name: &PathBuf| FileKind::of(&name.to_string_lossy()) != FileKind::Other;
    selected.holds = if found.iter().any(|one| changed.contains(&one.name)) {
        Holds::Less
    } else if !anywhere.is_empty() || untracked.iter().any(is_source) {
        Holds::Files
    } else {
        Holds::All
    };
    found.retain(|one| one.is_file);
    let asked = |found: &[Staged]| -> Vec<u8> {
        found.iter().flat_map(|one| [one.blob.as_bytes(), b"\n"]).flatten().copied().collect()
    };
    // `BLOB blob SIZE`
    let sizes = git_with(root, ["cat-file", "--batch-check"], asked(&found), what)?;
    let sizes = String::from_utf8_lossy(&sizes).into_owned();
    let mut sizes =
        sizes.lines().map(|line| line.rsplit(' ').next().and_then(|size| size.parse::<u64>().ok()));
    found.retain(|one| {
        // Nothing is staged of a file that is only announced (`git add -N`).
        let Some(size) = sizes.next().flatten() else { return false };
        if size > FILE_BYTES_MAX {
            selected.add_too_large(&one.name.to_string_lossy(), size);
        }
        size <= FILE_BYTES_MAX
    });
    // The same line, the bytes, a line's end.
    let texts = git_with(root, ["cat-file", "--batch"], asked(&found), what)?;
    let mut rest = texts.as_slice();
    for one in found {
        let Some(line_end) = rest.iter().position(|byte| *byte == b'\n') else { break };
        let (head, behind) = rest.split_at(line_end + 1);
        let head = String::from_utf8_lossy(head).into_owned();
        let size = head.trim().rsplit(' ').next().and_then(|size| size.parse::<usize>().ok());
        let Some((text, behind)) = size.and_then(|size| behind.split_at_checked(size)) else {
            break;
        };
        rest = behind.get(1..).unwrap_or(&[]);
        if let Some(path) = slashed(&one.name) {
            selected.add(path, text.to_vec());
        } else {
            let shown = one.name.to_string_lossy().into_owned();
            let why = "its name is no Unicode text";
            selected.findings.push(unchecked(&shown, "path-not-unicode", why));
        }
    }
    Ok(selected)
}

/// What a file that is gone may have broken: the manifest of its crate, Python files that name its
/// module.
fn left_behind(
    root: &Path,
    found: &[Staged],
    what: &'static str,
) -> Result<Vec<Staged>, SelectError> {
    let mut wanted: BTreeSet<PathBuf> = BTreeSet::new();
    for gone in found.iter().filter(|one| one.is_gone) {
        match FileKind::of(&gone.name.to_string_lossy()).language() {
            Some(Language::Rust) => {
                let folders = gone.name.ancestors().skip(1);
                let mut manifests = folders.map(|folder| folder.join("Cargo.toml"));
                wanted.extend(manifests.find(|manifest| root.join(manifest).is_file()));
            }
            Some(Language::Python) => {
                let Some(stem) = gone.name.file_stem().and_then(|stem| stem.to_str()) else {
                    continue;
                };
                let args = ["grep", "--cached", "-l", "-z", "-w", "-F", "-e", stem, "--", "*.py"];
                // It ends with 1 where nothing is found.
                wanted.extend(git(root, args, what).map(|said| names(&said)).unwrap_or_default());
            }
            None => {}
        }
    }
    wanted.retain(|name| !found.iter().any(|one| one.name == *name));
    let mut behind = Vec::new();
    for name in wanted {
        // `MODE BLOB STAGE`, a tab, the path.
        let path = name.to_string_lossy().into_owned();
        let entry = git(root, ["ls-files", "--stage", "-z", "--", &path], what)?;
        let entry = String::from_utf8_lossy(&entry).into_owned();
        let mut words = entry.split([' ', '\t']);
        if let (Some(mode), Some(blob)) = (words.next(), words.next()) {
            let (is_file, blob) = (mode.starts_with("100"), blob.to_owned());
            behind.push(Staged { name, is_file, blob, is_gone: false });
        }
    }
    Ok(behind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), files);
        run(folder.path(), &["init", "--quiet"]);
        folder
    }

    fn write(root: &Path, files: &[(&str, &str)]) {
        for (path, text) in files {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }

    fn run(root: &Path, args: &[&str]) {
        let own =
            ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
        git(root, own.iter().chain(args), "anything").unwrap();
    }

    fn check(root: &Path, selection: &Selection) -> Vec<(String, String)> {
        let root = root.canonicalize().unwrap();
        let selected = select(&root, selection).unwrap();
        selected.files.into_iter().map(|file| (file.path, file.text.to_string())).collect()
    }

    fn pair(path: &str, text: &str) -> (String, String) {
        (path.to_owned(), text.to_owned())
    }

    #[test]
    fn ignored_files_are_not_read() {
        let files = [
            ("a.py", "1"),
            ("built/b.py", "2"),
            (".gitignore", "/built\n*.log\n"),
            ("x.log", "3"),
            ("target/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55"),
            ("target/c.py", "4"),
        ];
        let folder = repository(&files);
        let names: Vec<String> =
            check(folder.path(), &Selection::Workspace).into_iter().map(|(name, _)| name).collect();
        // A hidden file is part of the project.
        assert_eq!(names, [".gitignore", "a.py"]);
    }

    #[test]
    fn a_staged_deletion_brings_what_it_may_have_broken() {
        let files = [
            ("Cargo.toml", "[package]"),
            ("src/a.rs", "1"),
            ("tool.py", "import helper"),
            ("helper.py", "2"),
            ("other.py", "helpers"),
        ];
        let folder = repository(&files);
        run(folder.path(), &["add", "."]);
        run(folder.path(), &["commit", "--quiet", "-m", "one"]);
        run(folder.path(), &["rm", "--quiet", "src/a.rs", "helper.py"]);
        let found = check(folder.path(), &Selection::Staged);
        assert_eq!(found, [pair("Cargo.toml", "[package]"), pair("tool.py", "import helper")]);
    }

    #[test]
    fn a_path_outside_of_the_project_is_refused() {
        let folder = repository(&[("a.py", "1")]);
        let outside = tempfile::NamedTempFile::new().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let wanted = Selection::Paths(vec![outside.path().to_owned()]);
        assert!(matches!(select(&root, &wanted), Err(SelectError::Outside { .. })));
        let missing = Selection::Paths(vec!["missing.py".into()]);
        assert!(matches!(select(&root, &missing), Err(SelectError::Path { .. })));
    }

    #[test]
    fn staged_texts_come_from_the_index() {
        let folder = repository(&[("a b.py", "x = 1\n"), ("other.py", "y = 1\n")]);
        let root = folder.path();
        // A repository without commits has an index too.
        run(root, &["add", "a b.py"]);
        assert_eq!(check(root, &Selection::Staged), [pair("a b.py", "x = 1\n")]);
        let holds = || {
            let root = root.canonicalize().unwrap();
            select(&root, &Selection::Staged).unwrap().holds
        };
        // `other.py` is not known to git.
        assert_eq!(holds(), Holds::Files);
        run(root, &["add", "."]);
        assert_eq!(holds(), Holds::All);
        run(root, &["rm", "--quiet", "--cached", "other.py"]);
        write(root, &[("a b.py", "x = 2\n")]);
        assert_eq!(check(root, &Selection::Staged), [pair("a b.py", "x = 1\n")]);
        let root = root.canonicalize().unwrap();
        assert_eq!(select(&root, &Selection::Staged).unwrap().holds, Holds::Less);
        run(&root, &["commit", "--quiet", "-m", "one"]);
        assert_eq!(check(&root, &Selection::Staged), []);
    }

    #[test]
    fn changes_since_a_revision_include_untracked_files_and_leave_deleted_ones() {
        let folder = repository(&[("a.py", "1"), ("b.py", "1"), ("c.py", "1")]);
        let root = folder.path();
        run(root, &["add", "."]);
        run(root, &["commit", "--quiet", "-m", "one"]);
        write(root, &[("b.py", "2"), ("d.py", "new")]);
        std::fs::remove_file(root.join("c.py")).unwrap();
        let changed = check(root, &Selection::Since("HEAD".into()));
        assert_eq!(changed, [pair("b.py", "2"), pair("d.py", "new")]);
        let root = root.canonicalize().unwrap();
        for wrong in ["no-such-revision", "--output=x"] {
            let result = select(&root, &Selection::Since(wrong.into()));
            assert!(matches!(result, Err(SelectError::Git { .. })), "{wrong}");
        }
        assert!(!root.join("x").exists());
    }

    #[test]
    fn texts_that_are_none_are_findings_and_pictures_are_not() {
        let folder = repository(&[]);
        std::fs::write(folder.path().join("a.py"), b"x = 1\ny = '\xff'\n").unwrap();
        std::fs::write(folder.path().join("p.png"), b"\xff\xfe").unwrap();
        let root = folder.path().canonicalize().unwrap();
        let selected = select(&root, &Selection::Workspace).unwrap();
        assert!(selected.files.is_empty());
        assert_eq!(selected.findings.len(), 1);
        assert!(selected.findings[0].message.contains("line 2"), "{:?}", selected.findings);
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text() {
        let folder = repository(&[("a.py", "\u{feff}x = 1\r\n")]);
        assert_eq!(check(folder.path(), &Selection::Workspace), [pair("a.py", "x = 1\r\n")]);
    }
}
