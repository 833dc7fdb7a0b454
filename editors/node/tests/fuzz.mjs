// Random and mutated messages over the server's standard input.
//
//   node fuzz.mjs CARGO_ZERR SECONDS [SEED]
//
// After each burst the server has to be alive and to answer a request in 5 s; its memory has to
// stay where it was after a warm-up. A stream whose framing is broken may end the server, but only
// with exit code 0. A failure prints the seed, the burst and the messages that were sent last.
import fs from "node:fs";
import path from "node:path";
import { CAPABILITIES, Editor, HOLE, HOLE_LINE, newProject, uriOf, within } from "./client.mjs";

const [program, seconds, seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
const PING_MS = 5000;
// Of the time: what is loaded once is loaded by then.
const WARM_UP = 0.2;
// The most that memory may grow behind the warm-up.
const GROWTH_KB = 64 * 1024;
const TEXT_MAX = 20_000;

// mulberry32: small, and the same everywhere.
function generator(start) {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
const random = generator(Number(seed));
const below = (limit) => Math.floor(random() * limit);
const one = (of) => of[below(of.length)];
const chance = (part) => random() < part;

const SPEC = `name: numbers
language: python
functions:
  - name: largest
    signature: "def largest(xs: list[int]) -> int"
    description: return the largest number
    examples:
      - {args: [[1, 7, 3]], returns: 7}
`;
const RUST = "/// Adds.\n///\n/// ```\n/// assert_eq!(add(1, 2), 3);\n/// ```\npub fn add(a: i32, b: i32) -> i32 {\n    todo!()\n}\n";
const CARGO = '[package]\nname = "a"\nversion = "0.1.0"\n\n[dependencies]\nsmallvec = "1.6.0"\n';
const LOCK = 'version = 4\n\n[[package]]\nname = "smallvec"\nversion = "1.6.0"\n';
const PIECES = [
  "", "\n", "\r\n", "\r", "\t", " ", "(", ")", "{", "}", "\"\"\"", "'", "#", "//", "/*", "*/", "é", "𝔸", "\u{1F468}\u200D\u{1F469}",
  "\0", "\ud83d", "\udc00", "\ufeff", "todo!()", "raise NotImplementedError", "def f(x: int) -> int:\n    ...\n",
  "fn f(x: u8) -> u8 { todo!() }\n", HOLE, RUST, SPEC, CARGO, "- {args: [", ": [[[[", "&a *a", "!!binary", "#".repeat(300), "(".repeat(2000),
];
const INTEGERS = [0, 1, 2, 7, 10, 11, 255, 65_535, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, -1, -(2 ** 31), 1.5, 1e300];
const VALUES = () => [null, true, "", "x", {}, [], [[]], one(INTEGERS), { uri: one(uris()) }, "file:///", "é".repeat(50)];

const folder = newProject();
fs.writeFileSync(path.join(folder, "task_spec.yaml"), SPEC);
fs.writeFileSync(path.join(folder, "Cargo.toml"), CARGO);
fs.writeFileSync(path.join(folder, "Cargo.lock"), LOCK);
const FILES = {
  "a.py": ["python", HOLE], "b.py": ["python", "x = 1\n"], "lib.rs": ["rust", RUST],
  "task_spec.yaml": ["yaml", SPEC], "Cargo.toml": ["toml", CARGO], "Cargo.lock": ["toml", LOCK],
};
const own = [...Object.keys(FILES).map((name) => uriOf(folder, name)), "untitled:Untitled-1"];
const STRANGE = [
  "", "file://", "file:///", "file:///nowhere/a.py", "untitled:", "http://[::1", "file:///%00", "file:///%ff.py", "a b", "file:relative.rs",
  "file://host/share/a.py", "zerr:?", "file:///" + "x".repeat(5000) + ".py", uriOf(folder), uriOf(folder, "é𝔸.py"),
];
const uris = () => (chance(0.9) ? own : STRANGE);

const position = () => (chance(0.8) ? { line: below(14), character: below(40) } : { line: one(INTEGERS), character: one(INTEGERS) });
const range = () => ({ start: position(), end: position() });
const lengths = new Map();

// Text that ends in one piece of its own for each change, and starts anew before it is long.
function contentChanges(uri) {
  const changes = Array.from({ length: 1 + below(4) }, () => ({ range: range(), text: one(PIECES) }));
  const added = changes.reduce((sum, change) => sum + change.text.length, lengths.get(uri) ?? 0);
  if (added > TEXT_MAX || chance(0.02)) {
    const text = chance(0.7) ? (FILES[path.basename(uri)]?.[1] ?? "") : one(PIECES);
    lengths.set(uri, text.length);
    return [{ text }];
  }
  lengths.set(uri, added);
  return changes;
}

let version = 1;
const document = () => ({ uri: one(uris()) });
const COMMANDS = ["generate", "verify", "decompose", "examples", "report", "runnerUp", "settle", "upgrade", "nothing"];
const NOTIFICATIONS = {
  "textDocument/didOpen": () => {
    const uri = one(uris());
    const [languageId, text] = FILES[path.basename(uri)] ?? [one(["python", "rust", "yaml", "", "toml"]), one(PIECES)];
    lengths.set(uri, text.length);
    return { textDocument: { uri, languageId, version: one([version++, 1, 0, -5]), text } };
  },
  "textDocument/didChange": () => {
    const { uri } = document();
    return { textDocument: { uri, version: one([version++, version++, 1, 0, -7, 2 ** 31 - 1, null]) }, contentChanges: contentChanges(uri) };
  },
  "textDocument/didSave": () => ({ textDocument: document() }),
  "textDocument/didClose": () => ({ textDocument: document() }),
  "workspace/didChangeWatchedFiles": () => ({ changes: Array.from({ length: below(5) }, () => ({ ...document(), type: 1 + below(3) })) }),
  "workspace/didChangeConfiguration": () => ({ settings: one([null, {}, { zerr: null }, { zerr: { preview: one(VALUES()), model: path.join(folder, "model.jsonl") } }]) }),
  "workspace/didChangeWorkspaceFolders": () => ({ event: { added: [{ uri: uriOf(folder), name: "x" }], removed: [] } }),
  "window/workDoneProgress/cancel": () => ({ token: one(["zerr-0", "zerr-1", "no", 7]) }),
  "$/cancelRequest": () => ({ id: id - below(20) }),
  "$/setTrace": () => ({ value: one(["off", "verbose", "what"]) }),
  "no/such": () => one(VALUES()),
};
const REQUESTS = {
  "textDocument/codeAction": () => ({ textDocument: document(), range: range(), context: { diagnostics: [] } }),
  "textDocument/codeLens": () => ({ textDocument: document() }),
  "textDocument/hover": () => ({ textDocument: document(), position: position() }),
  "textDocument/completion": () => ({ textDocument: document(), position: position() }),
  "textDocument/documentSymbol": () => ({ textDocument: document() }),
  "textDocument/inlayHint": () => ({ textDocument: document(), range: range() }),
  "textDocument/diagnostic": () => ({ textDocument: document() }),
  "workspace/symbol": () => ({ query: one(["", "l", "𝔸"]) }),
  "zerr/runs": () => document(),
  "zerr/run": () => ({ ...document(), run: one(["", "x", "../../etc/passwd", "0".repeat(64)]) }),
  "workspace/executeCommand": () => {
    const place = chance(0.8) ? { ...document(), line: one([1, HOLE_LINE, one(INTEGERS)]) } : one(VALUES());
    return { command: `zerr.${one(COMMANDS)}`, arguments: chance(0.9) ? [place] : [] };
  },
  initialize: () => ({ capabilities: {} }),
  "no/such": () => one(VALUES()),
};
// Programs are started for these: now and then is enough.
const RARE = new Set(["textDocument/didSave", "workspace/executeCommand"]);

// A value with some of its parts replaced, left out, or doubled.
function mutated(value) {
  if (chance(0.08)) return one(VALUES());
  if (Array.isArray(value)) {
    const parts = value.map(mutated);
    return chance(0.1) ? [...parts, ...parts] : parts;
  }
  if (value && typeof value === "object") {
    const entries = Object.entries(value).filter(() => !chance(0.05));
    return Object.fromEntries(entries.map(([key, part]) => [chance(0.03) ? one(["", "Uri", key + key]) : key, mutated(part)]));
  }
  return value;
}

// Apart from those of the library's own requests, which have to be answered.
const OWN_IDS = 2 ** 24;
let id = OWN_IDS;
const apart = (value) => (typeof value === "number" && Math.abs(value) < OWN_IDS ? value + OWN_IDS : value);

function message() {
  const isRequest = chance(0.5);
  const kinds = isRequest ? REQUESTS : NOTIFICATIONS;
  let method = one(Object.keys(kinds));
  if (RARE.has(method) && chance(0.9)) method = "textDocument/didChange" in kinds ? "textDocument/didChange" : "textDocument/codeLens";
  const params = kinds[method]();
  const whole = { jsonrpc: "2.0", ...(isRequest ? { id: id++ } : {}), method, params };
  if (chance(0.03)) return { jsonrpc: "2.0", id: one([below(60), "x", null]), result: one(VALUES()) };
  if (chance(0.75)) return whole;
  const other = { ...mutated(whole), method: chance(0.95) ? method : one(VALUES()) };
  if ("id" in other) other.id = apart(other.id);
  if (typeof other.params?.id === "number") other.params.id = apart(other.params.id);
  return other;
}

function bytesOf(value) {
  let body = Buffer.from(JSON.stringify(value) ?? "null");
  if (chance(0.05)) {
    for (let count = 1 + below(4); count > 0 && body.length > 0; count -= 1) {
      const at = below(body.length);
      if (chance(0.4)) body[at] = below(256);
      else if (chance(0.5)) body = Buffer.concat([body.subarray(0, at), body.subarray(at + 1 + below(5))]);
      else body = Buffer.concat([body.subarray(0, at), Buffer.from(one(['"', "{", "[", "\\u", "\\ud800", "\xff"])), body.subarray(at)]);
    }
  }
  return body;
}

const framed = (body) => Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]);

// A frame that is not one.
function broken(body) {
  const length = one([0, 1, body.length - 1, body.length + 1, body.length + 40, -1, "", "x", "1e3", "99999999999999999999", 2 ** 40, " 5 "]);
  return one([
    () => Buffer.concat([Buffer.from(`Content-Length: ${length}\r\n\r\n`), body]),
    () => Buffer.concat([Buffer.from(`content-length:${body.length}\r\n\r\n`), body]),
    () => Buffer.concat([Buffer.from(`Content-Length: ${body.length}\n\n`), body]),
    () => Buffer.concat([Buffer.from(`Content-Type: x\r\nContent-Length: ${body.length}\r\nX: y\r\n\r\n`), body]),
    () => Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\nContent-Length: ${length}\r\n\r\n`), body]),
    () => Buffer.from(one(["\r\n\r\n", "\0\0\0", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "Content-Length\r\n\r\n", "é".repeat(100)])),
    () => framed(body).subarray(0, below(body.length)),
  ])();
}

const last = [];
function remember(bytes) {
  last.push(bytes);
  if (last.length > 60) last.shift();
}

function fail(burst, why) {
  const kept = `fuzz-${seed}.bin`;
  fs.writeFileSync(path.join(process.env.ZERR_FUZZ_OUT ?? folder, kept), Buffer.concat(last));
  console.log(`FAILED seed ${seed}, burst ${burst}: ${why}`);
  for (const bytes of last.slice(-20)) console.log(`  ${bytes.toString().replaceAll(/\s+/g, " ").slice(0, 300)}`);
  process.exitCode = 1;
}

const start = () => Editor.start(program, {
  folder, options: { model: path.join(folder, "model.jsonl"), showsStatus: true, inlayHints: true, preview: chance(0.5) },
  capabilities: chance(0.5) ? CAPABILITIES : { ...CAPABILITIES, textDocument: { diagnostic: {} }, general: { positionEncodings: ["utf-8"] } },
});

// Broken frames, to a server of their own, which has to end with 0 when its input does.
async function breakFrames() {
  const editor = await start();
  try {
    for (let count = 1 + below(4); count > 0; count -= 1) {
      const bytes = broken(bytesOf(message()));
      remember(bytes);
      await editor.raw(bytes);
    }
    editor.process.stdin.end();
    const { code, signal } = await within(PING_MS, "the end of a server whose stream is broken and at its end", editor.gone);
    if (code !== 0) throw new Error(`exit ${code} ${signal} behind broken frames: ${editor.stderr}`);
  } finally {
    editor.kill();
  }
}

async function main() {
  const begin = Date.now();
  const end = begin + Number(seconds) * 1000;
  let editor = await start();
  // Some requests of the server are never answered, some in nonsense: as the worst of clients.
  editor.choose = () => one([null, { title: "what" }, undefined]);
  editor.takes = () => chance(0.5);
  let [bursts, messages, streams] = [0, 0, 0];
  const memory = { first: 0, warm: 0, last: 0, peak: 0 };
  const sample = () => {
    const now = editor.residentKb();
    if (!memory.first) memory.first = now;
    if (!memory.warm && Date.now() - begin > (end - begin) * WARM_UP) memory.warm = now;
    memory.last = now;
    memory.peak = Math.max(memory.peak, now);
  };
  let slowest = 0;
  let said = begin;
  try {
    while (Date.now() < end) {
      bursts += 1;
      const burst = [];
      for (let count = 1 + below(30); count > 0; count -= 1) {
        const bytes = framed(bytesOf(message()));
        remember(bytes);
        burst.push(bytes);
      }
      messages += burst.length;
      await editor.raw(Buffer.concat(burst));
      const asked = Date.now();
      await editor.ping(PING_MS);
      slowest = Math.max(slowest, Date.now() - asked);
      sample();
      if (chance(0.01)) {
        streams += 1;
        await breakFrames();
      }
      // What the editor keeps is of no use here.
      for (const kept of [editor.messages, editor.questions, editor.progress, editor.shown, editor.edits, editor.statuses]) kept.length = 0;
      editor.diagnostics.clear();
      if (Date.now() - said > 30_000) {
        said = Date.now();
        console.log(`${Math.round((said - begin) / 1000)} s: ${bursts} bursts, ${messages} messages, ${memory.last} kB`);
      }
    }
    // Left alone, it comes to rest.
    await editor.ping(PING_MS);
    sample();
    const grown = memory.last - memory.warm;
    if (grown > GROWTH_KB) throw new Error(`memory grew by ${grown} kB behind the warm-up`);
    await editor.stop();
  } catch (error) {
    fail(bursts, error.message);
  }
  editor.kill();
  console.log(
    `seed ${seed}: ${bursts} bursts, ${messages} messages, ${streams} broken streams in ${Math.round((Date.now() - begin) / 1000)} s; ` +
      `slowest answer ${slowest} ms; memory ${memory.first} kB at first, ${memory.warm} warm, ${memory.last} at last, ${memory.peak} at most`,
  );
  fs.rmSync(folder, { recursive: true, force: true });
  process.exit();
}

await main();
