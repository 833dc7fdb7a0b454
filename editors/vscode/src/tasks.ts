/** `cargo zerr verify` and `audit` as tasks, whose findings the matcher `$zerr` reads. */

import * as vscode from "vscode";
import { locate } from "./locate";

/** What a task of the type `zerr` says in `tasks.json`. */
interface Definition extends vscode.TaskDefinition {
  command: string;
  args?: string[];
}

const COMMANDS = ["verify", "audit"];

export function registerTasks(extension: string): vscode.Disposable {
  return vscode.tasks.registerTaskProvider("zerr", {
    provideTasks: () =>
      (vscode.workspace.workspaceFolders ?? []).flatMap((folder) =>
        COMMANDS.flatMap((command) => taskOf({ type: "zerr", command }, folder, extension) ?? []),
      ),
    resolveTask: (task) => {
      const scope = typeof task.scope === "object" ? task.scope : vscode.workspace.workspaceFolders?.[0];
      return scope && taskOf(task.definition as Definition, scope, extension);
    },
  });
}

function taskOf(definition: Definition, folder: vscode.WorkspaceFolder, extension: string): vscode.Task | undefined {
  const found = locate(vscode.workspace.getConfiguration("zerr").get<string>("server.path", ""), extension);
  if ("lookedIn" in found) {
    return undefined;
  }
  const args = [definition.command, ...(definition.args ?? [])];
  const execution = new vscode.ProcessExecution(found.program, args, { cwd: folder.uri.fsPath });
  return new vscode.Task(definition, folder, args.join(" "), "zerr", execution, "$zerr");
}
