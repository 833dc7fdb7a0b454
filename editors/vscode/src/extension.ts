/** Puts the parts together when the extension starts. */

import * as vscode from "vscode";
import { registerCommands } from "./commands";
import { tellFailed, tellMissing } from "./install";
import { Pages } from "./pages";
import { RunReports } from "./reports";
import { RunsView } from "./runs";
import { Server } from "./server";
import { registerSources } from "./sources";
import { StatusItem } from "./status";
import { registerTasks } from "./tasks";

let server: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const output = vscode.window.createOutputChannel("zerr", { log: true });
  const started = new Server(context.extensionPath, output);
  server = started;
  const reports = new RunReports(started);
  const pages = new Pages();
  const runs = new RunsView(started, reports);
  context.subscriptions.push(
    output,
    started,
    pages,
    runs,
    new StatusItem(started),
    registerSources(reports),
    registerTasks(context.extensionPath),
    registerCommands({ server: started, pages, runs, output }),
    started.onStanding((standing) => {
      void vscode.commands.executeCommand("setContext", "zerr.standing", standing.is);
      if (standing.is === "missing") {
        void tellMissing(standing.missing);
      } else if (standing.is === "failed") {
        void tellFailed(standing.why);
      }
    }),
    started.onStatus(({ running }) => {
      void vscode.commands.executeCommand("setContext", "zerr.isBusy", running > 0);
    }),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("zerr.server")) {
        void started.restart();
      } else if (change.affectsConfiguration("zerr")) {
        void started.sendSettings();
      }
    }),
  );
  await started.start();
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}
