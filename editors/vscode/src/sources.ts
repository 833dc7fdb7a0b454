/** Read-only documents of the scheme `zerr`: the classes of a run, and files that the server wrote to be read. */

import * as fs from "node:fs/promises";
import * as path from "node:path";
import * as vscode from "vscode";
import type { Report, Step } from "./protocol";
import type { RunReports } from "./reports";
import { reason } from "./server";

const SCHEME = "zerr";

/** What a document shows; it stands in its address, so that it is there again in the next session. */
type Shown = { file: string } | { anchor: string; run: string; step: number; class: number };

/** The document of a class of a step. */
export function classDocument(anchor: string, run: string, report: Report, step: number, at: number): vscode.Uri {
  const { name, language, classes } = report.steps[step];
  const same = classes.slice(0, at).filter((one) => one.standing === classes[at].standing).length;
  const standing = same > 0 ? `${classes[at].standing}-${same + 1}` : classes[at].standing;
  return document(`/${run}/${name}-${standing}${extension(language)}`, { anchor, run, step, class: at });
}

/** A file, to be read only: the language servers of people's own code leave it alone. */
export function fileDocument(file: string): vscode.Uri {
  return document(`/${path.basename(file)}`, { file });
}

function document(name: string, shown: Shown): vscode.Uri {
  return vscode.Uri.from({ scheme: SCHEME, path: name, query: JSON.stringify(shown) });
}

function extension(language: Step["language"]): string {
  return language === "rust" ? ".rs" : language === "python" ? ".py" : ".txt";
}

export function registerSources(reports: RunReports): vscode.Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
    async provideTextDocumentContent(uri) {
      try {
        const shown = JSON.parse(uri.query) as Shown;
        if ("file" in shown) {
          return await fs.readFile(shown.file, "utf8");
        }
        const report = await reports.get(shown.anchor, shown.run);
        return report.steps[shown.step]?.classes[shown.class]?.source ?? "The run has no such class.\n";
      } catch (error) {
        return `This cannot be shown: ${reason(error)}\n`;
      }
    },
  });
}
