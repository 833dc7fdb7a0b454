//! Lock files of Python's tools against a folder of OSV records.

use std::path::PathBuf;

use tempfile::TempDir;
use zerr_core::verdict::{LayerOutcome, LayerVerdict, Severity};

use super::{check, folder, lines, lock, survey_with};
use crate::advisories::{Advisories, DatabaseChoice};

const JINJA: &[u8] = br#"{"schema_version": "1.7.0", "id": "PYSEC-2019-217", "modified":
    "2024-11-21T14:22:53Z", "aliases": ["CVE-2019-10906", "GHSA-462w-v97r-4m45"], "details":
    "In Pallets Jinja before 2.10.1, str.format_map allows a sandbox escape.", "affected": [
    {"package": {"ecosystem": "PyPI", "name": "Jinja2"}, "ranges": [{"type": "ECOSYSTEM",
    "events": [{"introduced": "0"}, {"fixed": "2.10.1"}]}], "versions": ["2.0rc1", "2.10"]}]}"#;
const JINJA_AGAIN: &[u8] = br#"{"id": "GHSA-462w-v97r-4m45", "aliases": ["CVE-2019-10906"],
    "summary": "Jinja2 sandbox escape", "affected": [{"package": {"ecosystem": "PyPI", "name":
    "jinja2"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"},
    {"fixed": "2.10.1"}]}]}]}"#;
const WITHDRAWN: &[u8] = br#"{"id": "PYSEC-0", "withdrawn": "2022-01-01T00:00:00Z", "affected":
    [{"package": {"ecosystem": "PyPI", "name": "flask"}, "ranges": [{"type": "ECOSYSTEM",
    "events": [{"introduced": "0"}]}]}]}"#;
const ELSEWHERE: &[u8] = br#"{"id": "GHSA-1", "affected": [{"package": {"ecosystem": "npm", "name":
    "flask"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}]}]}"#;
const TYPED_YAML: &[u8] = b"id: PYSEC-2021-1\nmodified: '2023-01-02T00:00:00Z'\nsummary: Two ranges\n\
    affected:\n- package:\n    name: Typed_Thing\n    ecosystem: PyPI\n  ranges:\n  - type: GIT\n    \
    events:\n    - introduced: '0'\n  - type: ECOSYSTEM\n    events:\n    - introduced: 1.0\n    - fixed: \
    1.10\n    - introduced: '2.0'\n    - last_affected: 2.3\n  versions:\n  - 5.0\n";

fn python_folder() -> TempDir {
    folder(&[
        ("PYSEC-2019-217.json", JINJA),
        ("GHSA-462w-v97r-4m45.json", JINJA_AGAIN),
        ("withdrawn.json", WITHDRAWN),
        ("npm.json", ELSEWHERE),
        ("vulns/typed-thing/PYSEC-2021-1.yaml", TYPED_YAML),
        ("vulns/README.md", b"not a record"),
        (".git/config.json", b"not a record"),
    ])
}

fn python(folder: Option<PathBuf>, file: &str, text: &str) -> LayerOutcome {
    survey_with(&Advisories::new(DatabaseChoice::Bundled, folder), &[(file, text)])
}

#[track_caller]
fn check_python(file: &str, text: &str, expected: &[(usize, &str)]) {
    let folder = python_folder();
    let outcome = python(Some(folder.path().to_owned()), file, text);
    let told: Vec<(usize, &str)> = outcome
        .findings
        .iter()
        .map(|finding| (finding.line().unwrap_or(0), finding.message.as_str()))
        .collect();
    assert_eq!(told, expected);
    assert_eq!(outcome.tool.unwrap().version, "2024-11-21");
}

const ESCAPE: &str = "jinja2 2.10: Jinja2 sandbox escape";

#[test]
fn pinned_requirements_are_matched_in_every_form_pip_reads() {
    let text = "# jinja2==2.10\n--index-url https://example.org\n-r other.txt\njinja2==2.10\n\
                Jinja2 [i18n, x] == 2.9 ; python_version < '4'  # why\n\njinja2==2.8 \\\n    \
                --hash=sha256:00 \\\n    --hash=sha256:11\njinja2 (==2.7)\njinja2==2.10.1\n\
                jinja2>=2.0\njinja2\njinja2==2.*\njinja2 @ https://example.org/jinja2-2.6.whl\n\
                -e git+https://example.org/x#egg=jinja2\ntyped.thing==1.9\ntyped-thing==1.10\n\
                typed_thing>=1,==2.3.0\ntyped-thing==2.3.1\ntyped-thing==1.5rc1+local.1\n\
                ==2.10\n[x]\njinja2==\njinja2==two\nflask==0.1\njinja2==2.5 \\\n# the end";
    check_python(
        "requirements-dev.txt",
        text,
        &[
            (4, ESCAPE),
            (5, "Jinja2 2.9: Jinja2 sandbox escape"),
            (7, "jinja2 2.8: Jinja2 sandbox escape"),
            (10, "jinja2 2.7: Jinja2 sandbox escape"),
            (17, "typed.thing 1.9: Two ranges"),
            (19, "typed_thing 2.3.0: Two ranges"),
            (21, "typed-thing 1.5rc1+local.1: Two ranges"),
            (27, "jinja2 2.5: Jinja2 sandbox escape"),
        ],
    );
}

#[test]
fn listed_versions_are_affected_beside_ranges() {
    check_python("requirements.txt", "typed-thing==5\n", &[(1, "typed-thing 5: Two ranges")]);
}

#[test]
fn what_is_fixed_and_where_to_read_on_is_in_the_hint() {
    let folder = python_folder();
    let outcome = python(Some(folder.path().to_owned()), "requirements.txt", "jinja2==2.10");
    assert_eq!(outcome.verdict, LayerVerdict::Failed);
    assert_eq!(
        lines(&outcome),
        [
            "requirements.txt:1 error GHSA-462w-v97r-4m45 jinja2 2.10: Jinja2 sandbox escape | fixed \
          in 2.10.1; https://osv.dev/vulnerability/GHSA-462w-v97r-4m45"
        ]
    );
}

#[test]
fn locks_of_poetry_uv_and_pip_are_read_and_foreign_sources_left_out() {
    check_python(
        "poetry.lock",
        "[[package]]\nname = \"jinja2\"\nversion = \"2.10\"\n\n[[package]]\nname = \"jinja2\"\n\
         version = \"2.9\"\n[package.source]\ntype = \"git\"\nurl = \"https://example.org\"\n\n\
         [[package]]\nname = \"jinja2\"\nversion = \"2.8\"\n[package.source]\ntype = \"legacy\"\n",
        &[(2, ESCAPE), (13, "jinja2 2.8: Jinja2 sandbox escape")],
    );
    check_python(
        "sub/uv.lock",
        "version = 1\n\n[[package]]\nname = \"app\"\nsource = { editable = \".\" }\n\n[[package]]\n\
         name = \"jinja2\"\nversion = \"2.10\"\nsource = { registry = \"https://pypi.org/simple\" }\n\
         [[package]]\nname = \"jinja2\"\nversion = \"2.9\"\nsource = { git = \"https://x.org/j\" }\n",
        &[(8, ESCAPE)],
    );
    check_python(
        "pylock.toml",
        "lock-version = \"1.0\"\n[[packages]]\nname = \"jinja2\"\nversion = \"2.10\"\n\
         [[packages]]\nname = \"jinja2\"\nversion = \"2.9\"\nvcs = { type = \"git\" }\n",
        &[(3, ESCAPE)],
    );
    check_python(
        "Pipfile.lock",
        "{\n  \"_meta\": {\"jinja2\": {\"version\": \"==2.0\"}},\n  \"default\": {\n    \"jinja2\": \
         {\n      \"version\": \"==2.10\"\n    },\n    \"x\": {\"git\": \"https://x.org\"}\n  },\n  \
         \"develop\": {}\n}\n",
        &[(4, ESCAPE)],
    );
}

#[test]
fn a_broken_python_lock_is_an_error_at_its_place() {
    let folder = python_folder();
    for (file, text, line) in [
        ("poetry.lock", "[[package]]\nname = \n", Some(2)),
        ("uv.lock", "version = 1\n", None),
        ("pylock.toml", "package = []\n", None),
        ("Pipfile.lock", "{\n  \"default\": {\n", Some(2)),
        ("Pipfile.lock", "[]", None),
    ] {
        let outcome = python(Some(folder.path().to_owned()), file, text);
        assert_eq!(outcome.verdict, LayerVerdict::Failed, "{text}");
        assert_eq!(outcome.findings[0].rule, "lock-file-unreadable");
        assert_eq!(outcome.findings[0].line(), line, "{file}: {text}");
    }
}

#[test]
fn a_version_that_cannot_be_ordered_is_noted() {
    let text = "[[package]]\nname = \"jinja2\"\nversion = \"two\"\n";
    let folder = python_folder();
    let outcome = python(Some(folder.path().to_owned()), "poetry.lock", text);
    assert_eq!(outcome.findings[0].rule, "version-unreadable");
    assert_eq!(outcome.findings[0].severity, Severity::Note);
}

#[test]
fn broken_python_records_are_named_and_hide_no_other() {
    let text = "jinja2==2.10\n";
    let folder = folder(&[
        ("a.json", JINJA),
        ("b.json", b"{"),
        ("c.yaml", b"id: [\n"),
        ("d.yaml", b"a: &x [b]\nc: *x\n"),
        ("e.json", b"\xff"),
        (
            "f.json",
            br#"{"id": "F", "affected": [{"package": {"ecosystem": "PyPI", "name": "j"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"fixed": "one"}]}]}]}"#,
        ),
        ("g.yaml", b""),
    ]);
    let outcome = python(Some(folder.path().to_owned()), "requirements.txt", text);
    let told = lines(&outcome).join("\n");
    for name in ["b.json", "c.yaml", "d.yaml", "e.json", "f.json", "1 more", "PYSEC-2019-217"] {
        assert!(told.contains(name), "{name}: {told}");
    }
    assert_eq!(outcome.verdict, LayerVerdict::Failed);
}

#[test]
fn python_without_advisories_is_never_passed() {
    let empty = tempfile::tempdir().unwrap();
    for folder in [None, Some(empty.path().to_owned()), Some(empty.path().join("missing"))] {
        let outcome = python(folder, "requirements.txt", "jinja2==2.10\n");
        assert!(matches!(outcome.verdict, LayerVerdict::NotRun { .. }), "{outcome:?}");
    }
}

#[test]
fn python_that_nobody_asked_for_is_noted_beside_rust() {
    let text = lock(&[("app", "0.1.0", "")]);
    check(
        &[("Cargo.lock", &text), ("requirements.txt", "jinja2==2.10\n")],
        &["requirements.txt note lock-file-not-checked requirements.txt was not checked: no \
           folder of Python advisories is given | -"],
    );
}

#[test]
fn python_still_counts_when_the_rust_database_is_broken() {
    let folder = python_folder();
    let missing = folder.path().join("missing");
    let advisories = Advisories::new(DatabaseChoice::Path(missing), Some(folder.path().to_owned()));
    let text = lock(&[("app", "0.1.0", "")]);
    let sound = [("Cargo.lock", text.as_str()), ("requirements.txt", "jinja2==3.0\n")];
    let outcome = survey_with(&advisories, &sound);
    assert!(matches!(outcome.verdict, LayerVerdict::NotRun { .. }), "{outcome:?}");
    let vulnerable = [("Cargo.lock", text.as_str()), ("requirements.txt", "jinja2==2.10\n")];
    assert_eq!(survey_with(&advisories, &vulnerable).verdict, LayerVerdict::Failed);
}
