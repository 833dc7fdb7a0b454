/** The commands of the palette, of lenses and of the views, and the menu of the status bar. */

import * as vscode from "vscode";
import { openExample } from "./example";
import { install } from "./install";
import type { Pages } from "./pages";
import type { Place } from "./protocol";
import { type ClassNode, comparison, type RunNode } from "./run_items";
import type { RunsView } from "./runs";
import { isOvertaken, reason, type Server } from "./server";

/** What the server does where the cursor stands, by the command of the palette. */
const ON_PLACE = new Map([
  ["zerr.generateHere", "zerr.generate"],
  ["zerr.verifyFile", "zerr.verify"],
  ["zerr.decomposeHere", "zerr.decompose"],
  ["zerr.examplesHere", "zerr.examples"],
  ["zerr.settleHere", "zerr.settle"],
  ["zerr.reportHere", "zerr.report"],
  ["zerr.runnerUpHere", "zerr.runnerUp"],
]);

/** What the commands work with. */
export interface Parts {
  server: Server;
  pages: Pages;
  runs: RunsView;
  output: vscode.LogOutputChannel;
}

export function registerCommands(parts: Parts): vscode.Disposable {
  const { server, runs, output } = parts;
  const on = vscode.commands.registerCommand;
  const walkthrough = "zerr.zerr#zerr.start";
  const disposables = [...ON_PLACE].map(([own, command]) => on(own, () => onPlace(parts, command)));
  disposables.push(
    on("zerr.execute", (command: string, about: object) => execute(parts, command, about)),
    on("zerr.openReport", ({ anchor, summary }: RunNode) => execute(parts, "zerr.report", { uri: anchor, run: summary.run } satisfies Place)),
    on("zerr.compareClass", async (node: ClassNode) => {
      const { winner, rival, title } = comparison(node);
      await vscode.commands.executeCommand("vscode.diff", winner, rival, title, { preview: true });
    }),
    on("zerr.showRuns", () => vscode.commands.executeCommand("zerr.runs.focus")),
    on("zerr.refreshRuns", () => runs.refresh()),
    on("zerr.cancelRuns", () => {
      if (!server.isBusy) {
        void vscode.window.showInformationMessage("zerr: nothing is going on.");
      }
      server.cancel();
    }),
    on("zerr.menu", () => menu(server)),
    on("zerr.restart", () => server.restart()),
    on("zerr.showOutput", () => output.show()),
    on("zerr.install", async () => {
      if (await install()) {
        await server.restart();
      }
    }),
    on("zerr.howToInstall", () => vscode.commands.executeCommand("workbench.action.openWalkthrough", { category: walkthrough, step: "zerr.zerr#zerr.start#server" })),
    on("zerr.openExample", openExample),
  );
  return vscode.Disposable.from(...disposables);
}

/** Asks the server to do something where the cursor stands. */
async function onPlace(parts: Parts, command: string): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (!editor) {
    void vscode.window.showWarningMessage("zerr: open a Rust or Python file first.");
    return;
  }
  await execute(parts, command, { uri: editor.document.uri.toString(), line: editor.selection.active.line + 1 } satisfies Place);
}

/** Asks the server to do something, shows what it wrote, and says why where it does not do it. */
async function execute({ server, pages }: Parts, command: string, about: object): Promise<void> {
  try {
    await pages.show(command, await server.execute(command, about));
  } catch (error) {
    if (!isOvertaken(error)) {
      void vscode.window.showWarningMessage(`zerr: ${reason(error)}`);
    }
  }
}

type Choice = vscode.QuickPickItem & { command?: string };

/** What the item in the status bar offers. */
async function menu(server: Server): Promise<void> {
  const heading = (label: string): Choice => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const here: Choice[] = [
    heading("where the cursor stands"),
    { label: "$(sparkle) Generate and verify the function here", command: "zerr.generateHere" },
    { label: "$(checklist) Verify this file", command: "zerr.verifyFile" },
    { label: "$(type-hierarchy-sub) Decompose into subtasks", command: "zerr.decomposeHere" },
    { label: "$(beaker) Write examples for the function here", command: "zerr.examplesHere" },
    { label: "$(question) Settle what the spec of the function here leaves open", command: "zerr.settleHere" },
    { label: "$(graph) Show the report of the function here", command: "zerr.reportHere" },
    { label: "$(diff) Show the runner-up of the function here", command: "zerr.runnerUpHere" },
  ];
  const going: Choice[] = [
    heading("runs"),
    { label: "$(list-tree) Show the runs", command: "zerr.showRuns" },
    ...(server.isBusy ? [{ label: "$(stop-circle) Cancel what is going on", command: "zerr.cancelRuns" }] : []),
  ];
  const own: Choice[] = [
    heading("server"),
    { label: "$(output) Show the server's output", command: "zerr.showOutput" },
    { label: server.isRunning ? "$(debug-restart) Restart the server" : "$(play) Start the server", command: "zerr.restart" },
    ...(server.isRunning ? [] : [{ label: "$(cloud-download) Install the server with cargo", command: "zerr.install" }]),
    { label: "$(gear) Open the settings", command: "zerr.openSettings" },
  ];
  const choices = server.isRunning ? [...(vscode.window.activeTextEditor ? here : []), ...going, ...own] : own;
  const chosen = await vscode.window.showQuickPick(choices, { placeHolder: "zerr" });
  if (chosen?.command === "zerr.openSettings") {
    await vscode.commands.executeCommand("workbench.action.openSettings", "@ext:zerr.zerr");
  } else if (chosen?.command) {
    await vscode.commands.executeCommand(chosen.command);
  }
}
