/** How the view of runs looks: a node, and its row. */

import * as vscode from "vscode";
import type { Assumption, Class, Layer, Report, RunSummary, Step, Verdict } from "./protocol";
import { classDocument } from "./sources";

export interface RunNode {
  is: "run";
  /** A file of its project. */
  anchor: string;
  summary: RunSummary;
}

export interface StepNode {
  is: "step";
  run: RunNode;
  report: Report;
  step: Step;
  at: number;
  /** The run has no other. */
  only: boolean;
}

export interface ClassNode {
  is: "class";
  run: RunNode;
  report: Report;
  /** The place of its step. */
  step: number;
  at: number;
}

interface GroupNode {
  is: "group";
  id: string;
  label: string;
  description?: string;
  icon?: string;
  verdict?: Verdict;
  children: Node[];
}

export type Node =
  | { is: "project"; project: string; runs: RunNode[] }
  | RunNode
  | StepNode
  | ClassNode
  | GroupNode
  | { is: "layer"; layer: Layer }
  | { is: "assumption"; assumption: Assumption }
  | { is: "note"; text: string };

const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;

const GOOD = "testing.iconPassed";
const UNSURE = "list.warningForeground";
const BAD = "testing.iconFailed";

export function itemOf(node: Node): vscode.TreeItem {
  switch (node.is) {
    case "project":
      return row(vscode.workspace.asRelativePath(node.project), Expanded, { icon: "folder", tooltip: node.project });
    case "run":
      return runItem(node);
    case "step":
      return stepItem(node);
    case "class":
      return classItem(node);
    case "layer":
      return layerItem(node.layer);
    case "group": {
      const item = row(node.label, Collapsed, { description: node.description ?? node.verdict });
      item.id = node.id;
      item.iconPath = node.verdict ? verdictIcon(node.verdict) : icon(node.icon ?? "list-unordered");
      return item;
    }
    case "assumption": {
      const { call, outcome, why } = node.assumption;
      return row(call, None, { description: outcome, tooltip: why, icon: "question" });
    }
    case "note":
      return row(node.text, None, { tooltip: node.text, icon: "info" });
  }
}

function runItem({ summary }: RunNode): vscode.TreeItem {
  const { run, title, verdict, created_unix_ms } = summary;
  const begun = new Date(created_unix_ms);
  const description = `${verdict ?? "unfinished"}, ${when(begun)}`;
  const item = row(title, Collapsed, { description, tooltip: `run ${run}, begun ${begun.toLocaleString()}` });
  item.id = run;
  item.iconPath = verdictIcon(verdict);
  item.contextValue = "run";
  return item;
}

function stepItem({ run, step, at, only }: StepNode): vscode.TreeItem {
  const votes = step.classes.map((one) => one.votes).join(" : ") || "no votes";
  const k = step.k ? `, k = ${step.k}` : "";
  const description = [step.language, step.verdict, votes + k].filter(Boolean).join(", ");
  const samples = plural(step.samples, "sample");
  const tooltip = `${samples}, ${plural(step.red_flags, "red flag")}${step.reason ? `; ${step.reason}` : ""}`;
  const item = row(step.name, only ? Expanded : Collapsed, { description, tooltip });
  item.id = `${run.summary.run}/${at}`;
  item.iconPath = verdictIcon(step.verdict);
  return item;
}

function classItem({ run, report, step, at }: ClassNode): vscode.TreeItem {
  const one = report.steps[step].classes[at];
  const description = plural(one.votes, "vote") + (one.differs ? `, differs: ${one.differs}` : "");
  const item = row(one.standing, None, { description });
  item.id = `${run.summary.run}/${step}/class ${at}`;
  item.tooltip = new vscode.MarkdownString().appendText(description).appendCodeblock(one.source, report.steps[step].language ?? "");
  item.iconPath = standingIcon(one.standing);
  item.contextValue = at > 0 ? "rival" : "class";
  const uri = classDocument(run.anchor, run.summary.run, report, step, at);
  item.command = { command: "vscode.open", title: "Open", arguments: [uri, { preview: true }] };
  return item;
}

function layerItem({ layer, verdict, why, findings, tool }: Layer): vscode.TreeItem {
  const said = (findings ?? []).map(({ message }) => message);
  const word = verdict === "failed" ? "refuted" : verdict === "not_run" ? "not run" : "passed";
  const description = [word, why, ...said].filter(Boolean).join(": ");
  const details = (findings ?? []).map(({ rule, message, hint }) => `${rule}: ${message}${hint ? `\n${hint}` : ""}`);
  const tooltip = [tool ? `${tool.name} ${tool.version}` : undefined, why, ...details].filter(Boolean).join("\n");
  const item = row(layer.replaceAll("_", " "), None, { description, tooltip });
  item.iconPath =
    verdict === "passed" ? icon("pass", GOOD) : verdict === "failed" ? icon("error", BAD) : icon("circle-slash", "disabledForeground");
  return item;
}

/** How a rival differs from its winner: the documents of both, and a title. */
export function comparison({ run, report, step, at }: ClassNode): { winner: vscode.Uri; rival: vscode.Uri; title: string } {
  const { name, classes } = report.steps[step];
  const said = (one: Class): string => `${one.standing}, ${plural(one.votes, "vote")}`;
  const uri = (index: number): vscode.Uri => classDocument(run.anchor, run.summary.run, report, step, index);
  return { winner: uri(0), rival: uri(at), title: `${name}: ${said(classes[0])} | ${said(classes[at])}` };
}

interface Looks {
  description?: string;
  tooltip?: string;
  icon?: string;
}

function row(label: string, state: vscode.TreeItemCollapsibleState, looks: Looks): vscode.TreeItem {
  const item = new vscode.TreeItem(label, state);
  item.description = looks.description;
  item.tooltip = looks.tooltip;
  item.iconPath = looks.icon ? icon(looks.icon) : undefined;
  return item;
}

function verdictIcon(verdict: Verdict | null): vscode.ThemeIcon {
  switch (verdict) {
    case "verified":
      return icon("verified-filled", GOOD);
    case "agreed":
      return icon("check", UNSURE);
    case "undecided":
      return icon("question", UNSURE);
    case "refuted":
      return icon("error", BAD);
    default:
      // It goes on, or was stopped.
      return icon("history");
  }
}

function standingIcon(standing: Class["standing"]): vscode.ThemeIcon {
  switch (standing) {
    case "winner":
      return icon("star-full", GOOD);
    case "rival":
      return icon("star-empty");
    case "refuted":
      return icon("error", BAD);
  }
}

function icon(name: string, colour?: string): vscode.ThemeIcon {
  return new vscode.ThemeIcon(name, colour ? new vscode.ThemeColor(colour) : undefined);
}

export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

/** The time, of another day the date. */
function when(begun: Date): string {
  return begun.toDateString() === new Date().toDateString()
    ? begun.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })
    : begun.toLocaleDateString();
}
