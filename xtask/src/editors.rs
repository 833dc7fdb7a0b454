//! What tests of the language server use beside Neovim: Emacs with eglot, and the protocol's own
//! library under node. Main function: [`ensure`].
//!
//! None of it is a reason to stop: a test whose client is missing is skipped, and the last lines of
//! `cargo xtask test` say so.

use std::path::Path;

use crate::process;
use crate::setup::{self, Consent, Importance, Need, Packages};

const NEEDS: &[Need] = &[
    Need {
        name: "Emacs with eglot",
        why: "tests the language server with a client that is not ours",
        is_met: has_eglot,
        importance: Importance::Optional,
        packages: Packages {
            apt: &["emacs-nox", "elpa-eglot"],
            dnf: &["emacs-nox"],
            pacman: &["emacs-nox"],
            brew: &["emacs"],
        },
    },
    Need {
        name: "node and npm",
        why: "test the language server with the protocol's own library",
        is_met: has_node,
        importance: Importance::Optional,
        packages: Packages {
            apt: &["nodejs", "npm"],
            dnf: &["nodejs-npm"],
            pacman: &["npm"],
            brew: &["node"],
        },
    },
];

/// Installs what is missing where it may, and says which tests are skipped.
pub(crate) fn ensure(consent: Consent) -> Vec<String> {
    let missing: Vec<&Need> = NEEDS.iter().filter(|need| !(need.is_met)()).collect();
    if !missing.is_empty()
        && let Err(failure) = setup::install(&missing, consent)
    {
        eprintln!("{failure}\ngoing on without it");
    }
    let mut skipped = Vec::new();
    if !has_eglot() {
        skipped.push("the session in Emacs: there is no `emacs` with eglot".to_owned());
    }
    if !has_node() {
        skipped.push("the client under node: there is no `node` 18 or newer with `npm`".to_owned());
    } else if let Err(why) = packages() {
        skipped.push(format!("the client under node: {why}"));
    }
    skipped
}

/// The library's packages, as they are pinned.
fn packages() -> Result<(), String> {
    let folder = process::root().join("editors/node");
    let changed = |path: &Path| path.metadata().and_then(|it| it.modified()).ok();
    let pinned = changed(&folder.join("package-lock.json"));
    // What npm writes last.
    let installed = changed(&folder.join("node_modules/.package-lock.json"));
    if installed.is_some() && installed >= pinned {
        return Ok(());
    }
    let mut npm = process::command("npm");
    npm.current_dir(folder).args(["ci", "--no-fund", "--no-audit"]);
    process::run(&mut npm).map_err(|failure| failure.to_string())
}

fn has_eglot() -> bool {
    // Debian has it as a package of its own, which is not loaded unasked; newer ones bring it along.
    let asked = "(progn (package-activate-all) (require 'eglot))";
    process::succeeds(process::command("emacs").args(["--batch", "--eval", asked]))
}

fn has_node() -> bool {
    const SUITS: &str = "process.exit(+(process.versions.node.split('.')[0] < 18))";
    process::succeeds(process::command("node").args(["-e", SUITS]))
        && process::succeeds(process::command("npm").arg("--version"))
}
