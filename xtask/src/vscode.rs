//! The session in a real VS Code: `code-server` and Chromium, the packed extension, and a script that
//! looks at what a person sees. Main functions: [`ensure`], [`run`].
//!
//! It is no reason to stop where it cannot be installed: the last lines of `cargo xtask test` say so.
//! It runs by itself, after all other tests: an editor beside them would wait for the machine.

use std::fs;
use std::path::{Path, PathBuf};

use crate::process::{self, Failure};
use crate::setup::{self, Consent, Importance, Need, Packages};

/// What npm installs, and nothing newer: the editor's own parts are built by hand below.
const PACKAGES: [&str; 2] = ["code-server@4.100.3", "playwright-core@1.65.1"];

/// Parts of the editor that are compiled here.
const NATIVE: [&str; 3] = ["node-pty", "@vscode/spdlog", "native-watchdog"];

const NEEDS: [Need; 2] = [
    Need {
        name: "Chromium and ripgrep",
        why: "show VS Code, for the extension's test",
        is_met: has_browser,
        importance: Importance::Optional,
        packages: Packages { apt: &["chromium", "ripgrep"], dnf: &[], pacman: &[], brew: &[] },
    },
    // By itself: a node that is not the distribution's brings them, and does not go with its package.
    Need {
        name: "the headers of node",
        why: "build parts of VS Code, for the extension's test",
        is_met: has_node_headers,
        importance: Importance::Optional,
        packages: Packages { apt: &["libnode-dev"], dnf: &[], pacman: &[], brew: &[] },
    },
];

/// Where everything of it lies.
fn place() -> PathBuf {
    process::target().join("test-tools").join("vscode")
}

/// Installs what the session needs, where it may.
///
/// # Errors
/// Why there is no session, in words.
pub(crate) fn ensure(consent: Consent) -> Result<(), String> {
    let missing: Vec<&Need> = NEEDS.iter().filter(|need| !(need.is_met)()).collect();
    if !missing.is_empty() {
        setup::install(&missing, consent).map_err(|failure| failure.to_string())?;
    }
    if !has_tools() {
        return Err("there is no Chromium with ripgrep and the headers of node".to_owned());
    }
    let extension = process::root().join("editors/vscode");
    for arguments in [["ci", "--no-audit", "--no-fund"].as_slice(), &["run", "package"]] {
        process::run(process::command("npm").current_dir(&extension).args(arguments))
            .map_err(|failure| failure.to_string())?;
    }
    let place = place();
    let done = place.join("installed");
    let pinned = PACKAGES.join("\n");
    if fs::read_to_string(&done).is_ok_and(|text| text == pinned) {
        return Ok(());
    }
    install(&place).map_err(|failure| failure.to_string())?;
    fs::write(&done, pinned).map_err(|error| error.to_string())
}

fn install(place: &Path) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::failed(error.to_string());
    fs::create_dir_all(place).map_err(failed)?;
    fs::write(place.join("package.json"), "{\"private\": true}\n").map_err(failed)?;
    let npm = |folder: &Path, arguments: &[&str]| {
        let mut npm = process::command("npm");
        npm.current_dir(folder).args(arguments).args(["--no-audit", "--no-fund"]);
        // The headers of the system, and no questions.
        npm.env("npm_config_nodedir", "/usr").env("npm_config_yes", "true");
        process::run(&mut npm)
    };
    // What packages would run by themselves looks for a browser and for compilers of its own.
    npm(place, &[["install", "--ignore-scripts"].as_slice(), &PACKAGES].concat())?;
    let editor = place.join("node_modules/code-server/lib/vscode");
    npm(&editor, &["install", "--ignore-scripts", "--omit=dev"])?;
    npm(&editor.join("extensions"), &["install", "--ignore-scripts", "--omit=dev"])?;
    for part in NATIVE {
        npm(&editor, &["rebuild", part])?;
    }
    // npm puts what the server needs beside it.
    npm(place, &["rebuild", "argon2"])?;
    let bin = editor.join("node_modules/@vscode/ripgrep/bin");
    fs::create_dir_all(&bin).map_err(failed)?;
    for (target, link) in [
        (Path::new("/usr/bin/rg"), bin.join("rg")),
        (Path::new("node_modules"), editor.join("node_modules.asar")),
    ] {
        if fs::symlink_metadata(&link).is_err() {
            link_to(target, &link).map_err(failed)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn link_to(target: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(not(unix))]
fn link_to(_: &Path, _: &Path) -> std::io::Result<()> {
    Err(std::io::Error::other("links are made on Unix"))
}

/// The session alone, with the program that is built already.
///
/// # Errors
/// What is missing, or a step that failed twice.
pub(crate) fn only(consent: Consent) -> Result<(), Failure> {
    ensure(consent).map_err(Failure::failed)?;
    match run()? {
        Seen::All => Ok(()),
        Seen::Nothing => Err(Failure::failed("the editor itself does not work here".to_owned())),
    }
}

/// What became of the session.
pub(crate) enum Seen {
    /// Every step went well.
    All,
    /// The editor itself does not come up on this machine, or takes no commands.
    Nothing,
}

/// Goes through the session, a second time where the first one fails: what a person sees comes in its
/// own time.
///
/// # Errors
/// A step that failed twice.
pub(crate) fn run() -> Result<Seen, Failure> {
    let extension = process::root().join("editors/vscode");
    let session = || {
        let mut node = process::command("node");
        node.current_dir(&extension).arg("tests/session.mjs").arg(place());
        node.arg(extension.join("zerr.vsix"));
        node.arg(process::target().join("debug").join("cargo-zerr"));
        node.arg(process::target().join("test-tools").join("pictures"));
        let shown = process::announce(&node);
        let status = node
            .status()
            .map_err(|error| Failure::failed(format!("cannot start `{shown}`: {error}")))?;
        match status.code() {
            Some(0) => Ok(Seen::All),
            // As the script says it.
            Some(2) => Ok(Seen::Nothing),
            _ => Err(Failure::failed(format!("`{shown}` failed: {status}"))),
        }
    };
    match session() {
        Ok(Seen::All) => Ok(Seen::All),
        Ok(Seen::Nothing) => {
            eprintln!("once more");
            session()
        }
        Err(failure) => {
            eprintln!("{failure}\nonce more");
            session()
        }
    }
}

fn has_tools() -> bool {
    ["node", "npm"].into_iter().all(process::is_on_path) && has_browser() && has_node_headers()
}

fn has_browser() -> bool {
    ["chromium", "rg"].into_iter().all(process::is_on_path)
}

fn has_node_headers() -> bool {
    Path::new("/usr/include/node/node.h").is_file()
}
