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
    vscode.commands.registerCommand("zerr.decomposeHere", () => onPlace("zerr.decompose")),
    vscode.commands.registerCommand("zerr.examplesHere", () => onPlace("zerr.examples")),
    vscode.commands.registerCommand("zerr.reportHere", () => onPlace("zerr.report")),
    vscode.commands.registerCommand("zerr.runnerUpHere", () => onPlace("zerr.runnerUp")),
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
    initializationOptions: { showsPages: true, ...(model ? { model } : {}) },
    middleware: {
      // The server writes a page and gives its path; here it is shown.
      executeCommand: async (command, args, next) => {
        const result: unknown = await next(command, args);
        await showPage(command, result);
        return result;
      },
    },
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
    const result: unknown = await client.sendRequest("workspace/executeCommand", { command, arguments: [place] });
    await showPage(command, result);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    void vscode.window.showWarningMessage(`zerr: ${why}`);
  }
}

/** Shows what a command of the server wrote: a report in a panel, how two classes differ as a document. */
async function showPage(command: string, result: unknown): Promise<void> {
  if (typeof result !== "string") {
    return;
  }
  const file = vscode.Uri.file(result);
  if (command === "zerr.runnerUp") {
    await vscode.window.showTextDocument(file, { preview: true, viewColumn: vscode.ViewColumn.Beside });
  } else if (command === "zerr.report") {
    const page = Buffer.from(await vscode.workspace.fs.readFile(file)).toString("utf8");
    const title = `zerr: ${path.basename(result, ".html")}`;
    const panel = vscode.window.createWebviewPanel("zerr.report", title, vscode.ViewColumn.Beside, {
      enableScripts: false,
      enableFindWidget: true,
    });
    panel.webview.html = page;
  }
}
