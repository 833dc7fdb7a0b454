/** What the server says and is asked beyond the Language Server Protocol. */

/** What most commands are about: a place in a document (lines count from 1), or a run of its project. */
export interface Place {
  uri: string;
  line?: number;
  run?: string;
}

/** The notification `zerr/status`. */
export interface Status {
  model?: string | null;
  backend?: string | null;
  running: number;
  message?: string | null;
  samplesPerSecond?: number | null;
}

/** What `zerr.runnerUp` answers; servers of before answer with the path of a diff alone. */
export interface RunnerUp {
  title: string;
  winner: string;
  runnerUp: string;
  diff: string;
}

export type Verdict = "verified" | "agreed" | "undecided" | "refuted";

/** One run in the answer of `zerr/runs`. */
export interface RunSummary {
  run: string;
  title: string;
  created_unix_ms: number;
  /** `null` while it has not come to an end. */
  verdict: Verdict | null;
}

/** What `zerr/runs` answers. */
export interface Runs {
  project: string;
  runs: RunSummary[];
}

/** What `zerr/run` answers: the report of a run, as far as it is shown here. */
export interface Report {
  name: string;
  verdict: Verdict;
  steps: Step[];
  files?: File[];
}

export interface Step {
  name: string;
  language?: "rust" | "python" | null;
  verdict: Verdict;
  reason?: string | null;
  advice?: string | null;
  k?: number | null;
  samples: number;
  red_flags: number;
  red_flag_kinds?: Record<string, number>;
  classes: Class[];
  layers: Layer[];
  assumptions?: Assumption[];
  questions?: Question[];
}

export interface Class {
  votes: number;
  texts?: number;
  standing: "winner" | "rival" | "refuted";
  source: string;
  differs?: string | null;
}

export interface Layer {
  layer: string;
  verdict: "passed" | "failed" | "not_run";
  why?: string;
  findings?: Finding[];
  tool?: { name: string; version: string };
}

export interface Finding {
  rule: string;
  severity: "error" | "warning" | "note";
  message: string;
  hint?: string | null;
}

export interface Assumption {
  call: string;
  outcome: string;
  why: string;
}

/** A call that the spec does not settle, with what the classes do there. */
export interface Question {
  call: string;
  choices: { example: string; votes: number }[];
}

export interface File {
  path: string;
  verdict: Verdict;
  layers: Layer[];
}

export function isRunnerUp(value: unknown): value is RunnerUp {
  return typeof value === "object" && value !== null && "winner" in value && "runnerUp" in value;
}
