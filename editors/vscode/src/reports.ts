/** Reports of runs, asked for once. Main type: `RunReports`. */

import type { Report } from "./protocol";
import type { Server } from "./server";

export class RunReports {
  private readonly asked = new Map<string, Promise<Report>>();

  constructor(private readonly server: Server) {}

  /** The report of a run of the project that a file, the anchor, belongs to. */
  get(anchor: string, run: string): Promise<Report> {
    const key = `${anchor} ${run}`;
    const known = this.asked.get(key);
    if (known) {
      return known;
    }
    const report = this.server.request<Report>("zerr/run", { uri: anchor, run });
    this.asked.set(key, report);
    report.catch(() => this.asked.delete(key));
    return report;
  }

  /** Forgets all: runs that had not come to their end go on. */
  clear(): void {
    this.asked.clear();
  }
}
