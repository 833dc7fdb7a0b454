/** The view of runs, steps and classes: what it asks the server, and when. Main type: `RunsView`. */

import * as vscode from "vscode";
import type { File, Report, Runs } from "./protocol";
import type { RunReports } from "./reports";
import { itemOf, type Node, plural, type RunNode, type StepNode } from "./run_items";
import { NotOffered, reason, type Server } from "./server";

/** How long the view waits for more news before it asks again, in milliseconds. */
const QUIET_MS = 300;

export class RunsView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  private readonly view: vscode.TreeView<Node>;
  private readonly listeners: vscode.Disposable[];
  private wasRunning = 0;
  private timer: NodeJS.Timeout | undefined;

  readonly onDidChangeTreeData = this.changes.event;

  constructor(
    private readonly server: Server,
    private readonly reports: RunReports,
  ) {
    this.view = vscode.window.createTreeView("zerr.runs", { treeDataProvider: this, showCollapseAll: true });
    this.listeners = [
      server.onStanding(() => this.refresh()),
      server.onStatus(({ running }) => {
        // A run that began or ended.
        if (running !== this.wasRunning) {
          this.wasRunning = running;
          this.refresh();
        }
      }),
    ];
  }

  refresh(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.reports.clear();
      this.changes.fire();
    }, QUIET_MS);
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return itemOf(node);
  }

  async getChildren(node?: Node): Promise<Node[]> {
    try {
      switch (node?.is) {
        case undefined:
          return await this.roots();
        case "project":
          return node.runs;
        case "run":
          return stepsOf(node, await this.reports.get(node.anchor, node.summary.run));
        case "step":
          return partsOf(node);
        case "group":
          return node.children;
        default:
          return [];
      }
    } catch (error) {
      if (node) {
        return [{ is: "note", text: reason(error) }];
      }
      this.view.message = error instanceof NotOffered && !this.server.isRunning ? undefined : reason(error);
      return [];
    }
  }

  /** The runs of the one project that is open, or the projects where there are several. */
  private async roots(): Promise<Node[]> {
    if (!this.server.isRunning) {
      this.view.message = undefined;
      return [];
    }
    const answers = new Map<string, { anchor: string; answer: Runs }>();
    for (const anchor of anchors()) {
      const answer = await this.server.request<Runs>("zerr/runs", { uri: anchor });
      if (!answers.has(answer.project)) {
        answers.set(answer.project, { anchor, answer });
      }
    }
    this.view.message = undefined;
    const projects = [...answers.values()]
      .filter(({ answer }) => answer.runs.length > 0)
      .map(({ anchor, answer }) => ({
        is: "project" as const,
        project: answer.project,
        runs: answer.runs.map((summary): RunNode => ({ is: "run", anchor, summary })),
      }));
    return projects.length === 1 ? projects[0].runs : projects;
  }

  dispose(): void {
    clearTimeout(this.timer);
    vscode.Disposable.from(this.view, this.changes, ...this.listeners).dispose();
  }
}

/** A file of each project that may have runs: the server finds the project from it. */
function anchors(): string[] {
  const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => vscode.Uri.joinPath(uri, "task_spec.yaml"));
  const editors = vscode.window.visibleTextEditors.map(({ document }) => document.uri);
  return [...folders, ...editors].filter(({ scheme }) => scheme === "file").map((uri) => uri.toString());
}

function stepsOf(run: RunNode, report: Report): Node[] {
  const steps = report.steps.map((step, at): Node => ({ is: "step", run, report, step, at, only: report.steps.length === 1 }));
  const files = (report.files ?? []).filter((file) => file.layers.length > 0);
  return [...steps, ...files.map((file) => fileOf(run, file))];
}

function fileOf(run: RunNode, file: File): Node {
  const children = file.layers.map((layer): Node => ({ is: "layer", layer }));
  return { is: "group", id: `${run.summary.run}/${file.path}`, label: file.path, verdict: file.verdict, children };
}

function partsOf({ run, report, step, at }: StepNode): Node[] {
  const id = `${run.summary.run}/${at}`;
  const parts: Node[] = step.classes.map((_, index) => ({ is: "class", run, report, step: at, at: index }));
  if (step.reason) {
    parts.push({ is: "note", text: step.reason });
  }
  if (step.advice) {
    parts.push({ is: "note", text: step.advice });
  }
  const flags = Object.entries(step.red_flag_kinds ?? {});
  if (flags.length > 0) {
    const children = flags.map(([kind, count]): Node => ({ is: "note", text: `${kind.replaceAll("_", " ")}: ${count}` }));
    parts.push({ is: "group", id: `${id}/flags`, label: "red flags", description: `${step.red_flags}`, icon: "warning", children });
  }
  if (step.questions && step.questions.length > 0) {
    const choices = step.questions.flatMap((question) => question.choices);
    const children = choices.map(({ example, votes }): Node => ({ is: "note", text: `${example}: ${plural(votes, "vote")}` }));
    parts.push({ is: "group", id: `${id}/questions`, label: "left open", description: "an example would settle it", icon: "comment-unresolved", children });
  }
  if (step.assumptions && step.assumptions.length > 0) {
    const children = step.assumptions.map((assumption): Node => ({ is: "assumption", assumption }));
    const description = "what the spec does not settle";
    parts.push({ is: "group", id: `${id}/assumptions`, label: "assumptions", description, icon: "question", children });
  }
  if (step.layers.length > 0) {
    const ran = step.layers.filter(({ verdict }) => verdict !== "not_run");
    const passed = ran.filter(({ verdict }) => verdict === "passed").length;
    const description = `${passed} of ${ran.length} passed`;
    const children = step.layers.map((layer): Node => ({ is: "layer", layer }));
    parts.push({ is: "group", id: `${id}/layers`, label: "layers", description, icon: "layers", children });
  }
  return parts;
}
