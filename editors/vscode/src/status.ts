/** The item in the status bar: the model, CPU or GPU, samples a second; or what is wrong. */

import * as vscode from "vscode";
import type { Status } from "./protocol";
import type { Server, Standing } from "./server";

/** Longest name of a model in the bar; the tooltip has the whole. */
const NAME_MAX = 24;

export class StatusItem implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("zerr.status", vscode.StatusBarAlignment.Right, 10);
  private readonly listeners: vscode.Disposable[];
  private standing: Standing | undefined;
  private status: Status = { running: 0 };

  constructor(server: Server) {
    this.item.name = "zerr";
    this.item.command = "zerr.menu";
    this.listeners = [
      server.onStanding((standing) => {
        this.standing = standing;
        this.status = { running: 0 };
        this.show();
      }),
      server.onStatus((status) => {
        this.status = status;
        this.show();
      }),
    ];
  }

  private show(): void {
    const { text, tooltip, colour } = this.shown();
    this.item.text = text;
    this.item.tooltip = tooltip;
    this.item.backgroundColor = colour ? new vscode.ThemeColor(`statusBarItem.${colour}Background`) : undefined;
    this.item.accessibilityInformation = { label: `zerr: ${text.replace(/\$\([^)]*\)\s*/g, "")}`, role: "button" };
    this.item.show();
  }

  private shown(): { text: string; tooltip: vscode.MarkdownString | string; colour?: "error" | "warning" } {
    const standing = this.standing;
    switch (standing?.is) {
      case undefined:
      case "starting":
        return { text: "$(loading~spin) zerr", tooltip: "zerr: the server starts" };
      case "running":
        return { text: this.running(), tooltip: this.details(standing.program) };
      case "stopped":
        return { text: "$(circle-slash) zerr", tooltip: "zerr: the server does not run. A click offers to start it.", colour: "warning" };
      case "failed":
        return { text: "$(error) zerr", tooltip: `zerr: the server does not start: ${standing.why}`, colour: "error" };
      case "missing":
        return { text: "$(error) zerr", tooltip: "zerr: cargo-zerr was not found. A click offers to install it.", colour: "error" };
    }
  }

  private running(): string {
    const { running, model, backend, samplesPerSecond } = this.status;
    const joined = (...parts: (string | null | undefined)[]): string => parts.filter(Boolean).join(" · ");
    const name = model ? `zerr: ${shortened(model)}` : "zerr";
    if (running === 0) {
      return `$(check-all) ${joined(name, backend)}`;
    }
    const pace = samplesPerSecond ? `${samplesPerSecond.toFixed(samplesPerSecond < 10 ? 1 : 0)} samples/s` : undefined;
    const runs = running > 1 ? `${running} runs` : undefined;
    return `$(sync~spin) ${joined(name, backend, pace, runs)}`;
  }

  private details(program: string): vscode.MarkdownString {
    const { model, backend, running, message } = this.status;
    const lines = running > 0 ? [message ?? "A run is going on."] : ["Nothing is going on."];
    lines.push(`Model: ${model ?? "not loaded yet"}${backend ? `, on ${backend}` : ""}`, `Server: ${program}`);
    const tooltip = new vscode.MarkdownString(undefined, true);
    for (const line of lines) {
      tooltip.appendText(line).appendMarkdown("\n\n");
    }
    tooltip.isTrusted = { enabledCommands: ["zerr.showRuns", "zerr.showOutput", "zerr.cancelRuns"] };
    const links = ["[Runs](command:zerr.showRuns)", "[Output](command:zerr.showOutput)"];
    if (running > 0) {
      links.unshift("[Cancel](command:zerr.cancelRuns)");
    }
    return tooltip.appendMarkdown(links.join("  ·  "));
  }

  dispose(): void {
    this.item.dispose();
    vscode.Disposable.from(...this.listeners).dispose();
  }
}

function shortened(model: string): string {
  return model.length > NAME_MAX ? `${model.slice(0, NAME_MAX - 1)}…` : model;
}
