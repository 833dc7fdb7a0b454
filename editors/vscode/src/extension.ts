/** Finds the server, speaks with it, and shows in the status bar whether it runs. */

import * as fs from "node:fs";
import * as path from "node:path";
import * as vscode from "vscode";
import {
  type Executable,
  LanguageClient,
  type LanguageClientOptions,
  State,
} from "vscode-languageclient/node";

let client: LanguageClient | undefined;
let status: vscode.StatusBarItem;
let output: vscode.LogOutputChannel;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  output = vscode.window.createOutputChannel("zerr", { log: true });
  status = vscode.window.createStatusBarItem("zerr.status", vscode.StatusBarAlignment.Right, 10);
  status.name = "zerr";
  status.command = "zerr.showOutput";
  context.subscriptions.push(
    output,
    status,
    vscode.commands.registerCommand("zerr.generateHere", () => onPlace("zerr.generate")),
    vscode.commands.registerCommand("zerr.verifyFile", () => onPlace("zerr.verify")),
    vscode.commands.registerCommand("zerr.restart", restart),
    vscode.commands.registerCommand("zerr.showOutput", () => output.show()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("zerr.server") || change.affectsConfiguration("zerr.model")) {
        void restart();
      }
    }),
  );
  await start();
}

export async function deactivate(): Promise<void> {
  if (client?.isRunning()) {
    await client.stop();
  }
}

async function restart(): Promise<void> {
  try {
    await client?.dispose();
  } catch {
    // One that never started cannot be stopped.
  }
  client = undefined;
  await start();
}

/** The program of the setting, or the first `cargo-zerr` of the PATH. */
function server(): string | undefined {
  const set = vscode.workspace.getConfiguration("zerr").get<string>("server.path")?.trim();
  if (set) {
    return set;
  }
  const name = process.platform === "win32" ? "cargo-zerr.exe" : "cargo-zerr";
  const home = process.env.CARGO_HOME ?? path.join(process.env.HOME ?? "", ".cargo");
  const folders = (process.env.PATH ?? "").split(path.delimiter).concat(path.join(home, "bin"));
  return folders.map((folder) => path.join(folder, name)).find((file) => isProgram(file));
}

function isProgram(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

async function start(): Promise<void> {
  const program = server();
  if (!program || !isProgram(program)) {
    show("$(error) zerr", program ? `There is no program ${program}.` : "There is no cargo-zerr on the PATH.");
    const settings = "Open the setting";
    const what = program
      ? `zerr: there is no program ${program}, which the setting zerr.server.path names.`
      : "zerr: cargo-zerr is not on the PATH. Install it, or say where it is.";
    if ((await vscode.window.showErrorMessage(what, settings)) === settings) {
      await vscode.commands.executeCommand("workbench.action.openSettings", "zerr.server.path");
    }
    return;
  }
  const executable: Executable = { command: program, args: ["lsp"] };
  const model = vscode.workspace.getConfiguration("zerr").get<string>("model")?.trim();
  const options: LanguageClientOptions = {
    documentSelector: [
      { language: "rust" },
      { language: "python" },
      { language: "yaml", pattern: "**/*task_spec.{yaml,yml}" },
    ],
    initializationOptions: model ? { model } : {},
    outputChannel: output,
    traceOutputChannel: vscode.window.createOutputChannel("zerr trace"),
  };
  client = new LanguageClient("zerr", "zerr", executable, options);
  client.onDidChangeState(({ newState }) => {
    if (newState === State.Running) {
      show("$(check-all) zerr", `${program}\nmodel: ${model || "embedded"}`);
    } else if (newState === State.Starting) {
      show("$(sync~spin) zerr", "starting");
    } else {
      show("$(circle-slash) zerr", "The server does not run. `zerr: Restart the server` starts it.");
    }
  });
  try {
    await client.start();
  } catch (error) {
    show("$(error) zerr", String(error));
    void vscode.window.showErrorMessage(`zerr: the server does not start: ${String(error)}`);
  }
}

function show(text: string, tooltip: string): void {
  status.text = text;
  status.tooltip = tooltip;
  status.show();
}

/** Asks the server to do something where the cursor stands. */
async function onPlace(command: string): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (!editor || !client?.isRunning()) {
    void vscode.window.showWarningMessage("zerr: open a Rust or Python file first, and see that the server runs.");
    return;
  }
  const place = { uri: editor.document.uri.toString(), line: editor.selection.active.line + 1 };
  try {
    await client.sendRequest("workspace/executeCommand", { command, arguments: [place] });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    void vscode.window.showWarningMessage(`zerr: ${why}`);
  }
}
