/** What goes on, as notifications with a button that cancels. Main type: `Going`. */

import * as vscode from "vscode";
import type { ProgressToken, WorkDoneProgressBegin, WorkDoneProgressEnd, WorkDoneProgressReport } from "vscode-languageclient/node";

type Told = WorkDoneProgressBegin | WorkDoneProgressReport | WorkDoneProgressEnd;

interface Shown {
  say(message: string | undefined): void;
  end(): void;
}

/** The library shows every progress in the status bar, where nothing can be cancelled. */
export class Going {
  private readonly shown = new Map<ProgressToken, Shown>();

  constructor(private readonly cancel: (token: ProgressToken) => void) {}

  get count(): number {
    return this.shown.size;
  }

  /** Takes a message of a progress that can be cancelled; whether it did. */
  take(token: ProgressToken, told: Told): boolean {
    if (told.kind === "begin" && told.cancellable) {
      this.shown.set(token, this.show(token, told));
    }
    const shown = this.shown.get(token);
    if (told.kind === "end") {
      this.shown.delete(token);
      shown?.end();
    } else {
      shown?.say(told.message);
    }
    return shown !== undefined;
  }

  cancelAll(): void {
    for (const token of this.shown.keys()) {
      this.cancel(token);
    }
  }

  /** Ends all: their server is gone. */
  clear(): void {
    for (const shown of this.shown.values()) {
      shown.end();
    }
    this.shown.clear();
  }

  private show(token: ProgressToken, { title }: WorkDoneProgressBegin): Shown {
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    let say: Shown["say"] = () => {};
    const options = { location: vscode.ProgressLocation.Notification, cancellable: true, title };
    void vscode.window.withProgress(options, (progress, cancelled) => {
      say = (message) => progress.report({ message });
      cancelled.onCancellationRequested(() => this.cancel(token));
      return ended;
    });
    return { say: (message) => say(message), end };
  }
}
