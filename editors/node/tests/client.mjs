// A small editor over the protocol's own library: one server process, its documents, its answers.
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import protocol from "vscode-languageserver-protocol/node.js";

const { ErrorCodes, StreamMessageReader, StreamMessageWriter, createProtocolConnection } = protocol;

// Far longer than anything here takes.
export const PATIENCE_MS = 60_000;

export const HOLE = `def largest(xs: list[int]) -> int:
    """Return the largest number, or 0 where there is none.

    >>> largest([1, 7, 3])
    7
    >>> largest([])
    0
    >>> largest([-2, -5])
    -2
    """
    raise NotImplementedError
`;

// The line of `raise NotImplementedError`, from 1.
export const HOLE_LINE = 11;

export const RIGHT = "    return max(xs, default=0)\n";

// A recording of a model that gives these bodies of `largest` in turn, 200 replies in all.
export function recording(...bodies) {
  const reply = (body) => `\`\`\`python\ndef largest(xs: list[int]) -> int:\n${body}\`\`\`\n`;
  const samples = Array.from({ length: 200 }, (_, at) => reply(bodies[at % bodies.length]));
  return JSON.stringify({ entry_point: "largest", language: "python", samples }) + "\n";
}

// A fresh folder with one unfinished function and a recorded model.
export function newProject(...bodies) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "zerr-node-"));
  fs.mkdirSync(path.join(folder, ".zerr"));
  fs.writeFileSync(path.join(folder, "a.py"), HOLE);
  fs.writeFileSync(path.join(folder, "model.jsonl"), recording(...(bodies.length ? bodies : [RIGHT])));
  return folder;
}

export const uriOf = (...parts) => pathToFileURL(path.join(...parts)).href;

export function within(ms, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing in ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// The library answers requests by itself, also those of a server that has just gone, and refuses what
// is still open when its connection is given up.
const GONE = ["ERR_STREAM_DESTROYED", "EPIPE", "ERR_STREAM_WRITE_AFTER_END", ErrorCodes.PendingResponseRejected];
process.on("unhandledRejection", (error) => {
  if (!GONE.includes(error?.code)) throw error;
});

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// Waits until the condition gives something that is true.
export async function until(what, condition, ms = PATIENCE_MS) {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(20)) {
    const found = await condition();
    if (found) return found;
  }
  throw new Error(`no ${what} in ${ms} ms`);
}

// What an editor of the better sort can do.
export const CAPABILITIES = {
  window: { workDoneProgress: true, showDocument: { support: true } },
  workspace: {
    workspaceEdit: { documentChanges: true, resourceOperations: ["create"] },
    codeLens: { refreshSupport: true },
  },
};

export class Editor {
  documents = new Map();
  diagnostics = new Map();
  messages = [];
  questions = [];
  progress = [];
  shown = [];
  edits = [];
  statuses = [];
  exit = undefined;

  constructor(command, environment = {}) {
    const [program, ...words] = command;
    const env = { ...process.env, ...environment };
    this.process = spawn(program, words, { env, stdio: ["pipe", "pipe", "pipe"] });
    this.stderr = "";
    this.process.stderr.on("data", (data) => (this.stderr = (this.stderr + data).slice(-4000)));
    this.process.stdin.on("error", () => {});
    this.gone = new Promise((done) => {
      this.process.on("exit", (code, signal) => done((this.exit = { code, signal })));
      this.process.on("error", (error) => done((this.exit = { code: error.code })));
    });
    const reader = new StreamMessageReader(this.process.stdout);
    const writer = new StreamMessageWriter(this.process.stdin);
    this.connection = createProtocolConnection(reader, writer);
    this.connection.onError(() => {});
    // What a case may change: the answer to a question, and whether an edit is taken.
    this.choose = (question) => question.actions?.[0] ?? null;
    this.takes = () => true;
    this.#listen();
    this.connection.listen();
  }

  // A server that has shaken hands.
  static async start(program, { options = {}, folder, capabilities = CAPABILITIES, command } = {}) {
    const editor = new Editor(command ?? [program, "lsp"]);
    await editor.initialize({ options, folder, capabilities });
    return editor;
  }

  async initialize({ options, folder, capabilities }) {
    const uri = folder ? uriOf(folder) : null;
    this.offer = await this.request("initialize", {
      processId: process.pid,
      capabilities,
      initializationOptions: options,
      rootUri: uri,
      workspaceFolders: uri ? [{ uri, name: "project" }] : null,
    });
    await this.notify("initialized", {});
  }

  #listen() {
    const { connection } = this;
    connection.onNotification("textDocument/publishDiagnostics", (it) => this.diagnostics.set(it.uri, it));
    connection.onNotification("window/showMessage", (it) => this.messages.push(it));
    connection.onNotification("window/logMessage", () => {});
    connection.onNotification("zerr/status", (it) => this.statuses.push(it));
    connection.onNotification("$/progress", (it) => this.progress.push(it));
    connection.onRequest("window/workDoneProgress/create", () => null);
    connection.onRequest("client/registerCapability", () => null);
    connection.onRequest("workspace/codeLens/refresh", () => null);
    connection.onRequest("workspace/inlayHint/refresh", () => null);
    connection.onRequest("workspace/diagnostic/refresh", () => null);
    connection.onRequest("window/showDocument", (it) => {
      this.shown.push(it);
      return { success: true };
    });
    connection.onRequest("window/showMessageRequest", (it) => {
      this.questions.push(it);
      return this.choose(it);
    });
    connection.onRequest("workspace/applyEdit", (it) => {
      this.edits.push(it.edit);
      if (!this.takes(it.edit)) return { applied: false, failureReason: "not wanted" };
      setImmediate(() => this.#take(it.edit));
      return { applied: true };
    });
  }

  request(method, params, ms = PATIENCE_MS) {
    // `undefined` would be sent as a parameter.
    const words = params === undefined ? [method] : [method, params];
    return within(ms, method, this.connection.sendRequest(...words));
  }

  // Its error's code; 0 where it succeeds.
  async refusal(method, params) {
    try {
      await this.request(method, params);
      return 0;
    } catch (error) {
      if (typeof error.code !== "number") throw error;
      return error.code;
    }
  }

  notify(method, params) {
    const words = params === undefined ? [method] : [method, params];
    return this.connection.sendNotification(...words);
  }

  // Bytes as they are, behind what was sent before.
  raw(bytes) {
    return new Promise((done) => this.process.stdin.write(bytes, done));
  }

  async open(uri, languageId, text, version = 1) {
    this.documents.set(uri, { version, text });
    await this.notify("textDocument/didOpen", { textDocument: { uri, languageId, version, text } });
  }

  async change(uri, changes, version) {
    const document = this.documents.get(uri);
    document.version = version ?? document.version + 1;
    document.text = changes.reduce(changed, document.text);
    const textDocument = { uri, version: document.version };
    await this.notify("textDocument/didChange", { textDocument, contentChanges: changes });
    return document.version;
  }

  async close(uri) {
    this.documents.delete(uri);
    await this.notify("textDocument/didClose", { textDocument: { uri } });
  }

  text(uri) {
    return this.documents.get(uri)?.text;
  }

  // What was said of this version.
  async findings(uri, version) {
    const said = await until(`diagnostics of version ${version}`, () => {
      const last = this.diagnostics.get(uri);
      return last?.version === version && last;
    });
    return said.diagnostics;
  }

  actions(uri, line) {
    const at = { line: line - 1, character: 4 };
    const params = { textDocument: { uri }, range: { start: at, end: at }, context: { diagnostics: [] } };
    return this.request("textDocument/codeAction", params);
  }

  execute(command, uri, line) {
    return this.request("workspace/executeCommand", { command, arguments: [{ uri, line }] });
  }

  message(part, ms) {
    return until(`message with "${part}"; said: ${JSON.stringify(this.messages)}`, () =>
      this.messages.find((one) => one.message.includes(part)), ms);
  }

  // Whether it is alive and answers.
  async ping(ms = 5000) {
    const asked = this.request("textDocument/documentSymbol", { textDocument: { uri: "untitled:ping" } }, ms);
    const gone = this.gone.then(({ code, signal }) => {
      throw new Error(`the server ended: exit ${code} ${signal ?? ""} ${this.stderr}`);
    });
    asked.catch(() => {});
    gone.catch(() => {});
    await Promise.race([asked, gone]);
  }

  residentKb() {
    const status = fs.readFileSync(`/proc/${this.process.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
  }

  // As an editor ends it: it has to leave with 0.
  async stop() {
    await this.request("shutdown");
    await this.notify("exit");
    const { code, signal } = await within(5000, "exit", this.gone);
    if (code !== 0) throw new Error(`exit ${code} ${signal}: ${this.stderr}`);
  }

  kill() {
    if (!this.exit) this.process.kill("SIGKILL");
    this.connection.dispose();
  }

  async #take(edit) {
    for (const change of edit.documentChanges ?? []) {
      if (change.kind) continue;
      const { uri } = change.textDocument;
      if (!this.documents.has(uri)) continue;
      // From the last to the first, so that earlier ones keep their places.
      const edits = [...change.edits].sort((a, b) => before(b.range.start, a.range.start));
      await this.change(uri, edits.map((one) => ({ range: one.range, text: one.newText })));
    }
  }
}

const before = (a, b) => a.line - b.line || a.character - b.character;

function offset(text, { line, character }) {
  let start = 0;
  for (let row = 0; row < line; row += 1) {
    const end = text.indexOf("\n", start);
    if (end < 0) return text.length;
    start = end + 1;
  }
  const end = text.indexOf("\n", start);
  return Math.min(start + character, end < 0 ? text.length : end);
}

function changed(text, { range, text: added }) {
  if (!range) return added;
  const start = offset(text, range.start);
  return text.slice(0, start) + added + text.slice(Math.max(start, offset(text, range.end)));
}
