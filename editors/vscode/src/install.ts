/** What is said, and can be done, where there is no server: the message, and building it with cargo. */

import * as vscode from "vscode";
import { type Missing, onPath } from "./locate";

/** What cargo installs, by its folder in zerr's sources. The model host comes second: it takes long. */
const PACKAGES = ["crates/cargo-zerr", "crates/zerr-host"];

const SETTING = "Open the setting";
const INSTALL = "Install with cargo";
const AGAIN = "Try again";
const OUTPUT = "Show the output";

/** Says that there is no server, and offers what helps. */
export async function tellMissing(missing: Missing): Promise<void> {
  const chosen = missing.named
    ? await vscode.window.showErrorMessage(
        `zerr: there is no program ${missing.named}, which the setting zerr.server.path names.`,
        SETTING,
        AGAIN,
      )
    : await vscode.window.showErrorMessage(
        "zerr: the program cargo-zerr was not found on the PATH, in cargo's folder or in the extension.",
        INSTALL,
        SETTING,
        AGAIN,
      );
  await follow(chosen);
}

/** Says that the server does not start, and offers what helps. */
export async function tellFailed(why: string): Promise<void> {
  await follow(await vscode.window.showErrorMessage(`zerr: the server does not start: ${why}`, OUTPUT, SETTING, AGAIN));
}

async function follow(chosen: string | undefined): Promise<void> {
  if (chosen === SETTING) {
    await vscode.commands.executeCommand("workbench.action.openSettings", "zerr.server.path");
  } else if (chosen === INSTALL) {
    await vscode.commands.executeCommand("zerr.install");
  } else if (chosen === AGAIN) {
    await vscode.commands.executeCommand("zerr.restart");
  } else if (chosen === OUTPUT) {
    await vscode.commands.executeCommand("zerr.showOutput");
  }
}

/** Builds and installs the server from a folder of zerr's sources; whether it is there now. */
export async function install(): Promise<boolean> {
  const cargo = onPath("cargo");
  if (!cargo) {
    void vscode.window.showErrorMessage("zerr: cargo is not on the PATH. Install Rust from https://rustup.rs first.");
    return false;
  }
  const sources = (await openSources()) ?? (await chosenSources());
  if (!sources) {
    return false;
  }
  for (const folder of PACKAGES) {
    const args = ["install", "--locked", "--path", folder];
    const exit = await run(cargo, args, sources);
    if (exit !== 0) {
      void vscode.window.showErrorMessage(
        `zerr: \`cargo ${args.join(" ")}\` did not succeed; its terminal says why. \`cargo xtask setup\` installs what the build needs.`,
      );
      return false;
    }
  }
  return true;
}

/** The open folder that holds zerr's sources, if one does. */
async function openSources(): Promise<vscode.Uri | undefined> {
  for (const folder of vscode.workspace.workspaceFolders ?? []) {
    if (await isSources(folder.uri)) {
      return folder.uri;
    }
  }
  return undefined;
}

async function chosenSources(): Promise<vscode.Uri | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    title: "The folder of zerr's sources",
    openLabel: "Build and install from here",
    canSelectFiles: false,
    canSelectFolders: true,
  });
  const folder = chosen?.[0];
  if (folder && !(await isSources(folder))) {
    void vscode.window.showErrorMessage(`zerr: there is no ${PACKAGES[0]} in ${folder.fsPath}. Choose the folder that zerr was cloned into.`);
    return undefined;
  }
  return folder;
}

async function isSources(folder: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(vscode.Uri.joinPath(folder, PACKAGES[0], "Cargo.toml"));
    return true;
  } catch {
    return false;
  }
}

/** Runs a program in a terminal that people see; its exit code, none where it was stopped. */
async function run(program: string, args: string[], folder: vscode.Uri): Promise<number | undefined> {
  const execution = new vscode.ProcessExecution(program, args, { cwd: folder.fsPath });
  const name = `install ${args[args.length - 1]}`;
  const task = new vscode.Task({ type: "zerr", command: "install" }, vscode.TaskScope.Workspace, name, "zerr", execution);
  const ended = new Promise<number | undefined>((resolve) => {
    const listener = vscode.tasks.onDidEndTaskProcess((end) => {
      if (end.execution.task.name === name) {
        listener.dispose();
        resolve(end.exitCode);
      }
    });
  });
  await vscode.tasks.executeTask(task);
  return ended;
}
