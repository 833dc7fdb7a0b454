/** Shows what commands of the server wrote: reports as panels, two classes side by side. */

import * as fs from "node:fs/promises";
import * as path from "node:path";
import * as vscode from "vscode";
import { isRunnerUp } from "./protocol";
import { fileDocument } from "./sources";

/** The page brings its own policy; this one holds for a page of any server. */
const POLICY = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`;

export class Pages implements vscode.Disposable {
  /** Panels by the file that they show. */
  private readonly panels = new Map<string, vscode.WebviewPanel>();
  private readonly listener = vscode.window.onDidChangeActiveColorTheme(() => {
    for (const [file, panel] of this.panels) {
      void fill(panel, file);
    }
  });

  /** Shows the result of a command, where it is a page. */
  async show(command: string, result: unknown): Promise<void> {
    if (command === "zerr.report" && typeof result === "string") {
      await this.report(result);
    } else if (command === "zerr.runnerUp") {
      await runnerUp(result);
    }
  }

  private async report(file: string): Promise<void> {
    const open = this.panels.get(file);
    if (open) {
      await fill(open, file);
      open.reveal(undefined, true);
      return;
    }
    const title = `zerr: ${path.basename(file, ".html")}`;
    // Where the other reports are, so that one never opens a third column.
    const [other] = this.panels.values();
    const viewColumn = other?.viewColumn ?? vscode.ViewColumn.Beside;
    const panel = vscode.window.createWebviewPanel("zerr.report", title, { viewColumn, preserveFocus: true }, {
      enableScripts: false,
      enableFindWidget: true,
      localResourceRoots: [],
    });
    this.panels.set(file, panel);
    panel.onDidDispose(() => this.panels.delete(file));
    await fill(panel, file);
  }

  dispose(): void {
    this.listener.dispose();
    for (const panel of [...this.panels.values()]) {
      panel.dispose();
    }
  }
}

async function runnerUp(result: unknown): Promise<void> {
  if (isRunnerUp(result)) {
    const { title, winner, runnerUp: second } = result;
    const options: vscode.TextDocumentShowOptions = { preview: true };
    await vscode.commands.executeCommand("vscode.diff", fileDocument(winner), fileDocument(second), title, options);
  } else if (typeof result === "string") {
    const options = { preview: true, viewColumn: vscode.ViewColumn.Beside };
    await vscode.window.showTextDocument(vscode.Uri.file(result), options);
  }
}

async function fill(panel: vscode.WebviewPanel, file: string): Promise<void> {
  const page = await fs.readFile(file, "utf8");
  const title = /<title>([^<]*)<\/title>/.exec(page)?.[1];
  if (title) {
    panel.title = `zerr: ${title}`;
  }
  const { kind } = vscode.window.activeColorTheme;
  const isDark = kind === vscode.ColorThemeKind.Dark || kind === vscode.ColorThemeKind.HighContrast;
  panel.webview.html = themed(page, isDark);
}

/**
 * The page in the editor's colours. A page asks whether the *system* is dark; what counts here is
 * the editor's theme.
 */
function themed(page: string, isDark: boolean): string {
  const style = `<style>
    :root { color-scheme: ${isDark ? "dark" : "light"}; --ground: var(--vscode-editor-background); }
    body { font-size: calc(var(--vscode-font-size) + 1px); }
    code, pre { color: inherit; background-color: transparent; }
    pre { background-color: var(--vscode-textCodeBlock-background); }
  </style>`;
  return page
    .replace("(prefers-color-scheme: dark)", isDark ? "all" : "not all")
    .replace("<head>", `<head>${POLICY}`)
    .replace("</head>", `${style}</head>`);
}
