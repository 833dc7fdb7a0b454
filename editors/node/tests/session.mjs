// A real client of the real server: what an editor does in a day, then everything that it should not do.
//
//   node session.mjs CARGO_ZERR [PART OF A CASE'S NAME]
//
// Prints one line a case; behind each case the server has to answer, or to have left with code 0
// where the case says so.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import {
  CAPABILITIES, Editor, HOLE, HOLE_LINE, RIGHT, newProject, sleep, until, uriOf, within,
} from "./client.mjs";

const [given, wanted = ""] = process.argv.slice(2);
const program = path.resolve(given);

class Skipped extends Error {}

// One case: a project, an editor in it that has opened the unfinished function, and their end.
async function withEditor(settings, act) {
  const { bodies = [], options = {}, ...rest } = settings;
  const folder = newProject(...bodies);
  let editor;
  try {
    const model = path.join(folder, "model.jsonl");
    editor = await Editor.start(program, { folder, options: { model, ...options }, ...rest });
    const uri = uriOf(folder, "a.py");
    await editor.open(uri, "python", HOLE);
    await act(editor, uri, folder);
    if (!editor.exit) {
      await editor.ping();
      await editor.stop();
    }
  } finally {
    editor?.kill();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

const range = (line, character, endLine = line, end = character) => ({
  start: { line, character }, end: { line: endLine, character: end },
});
const errors = (findings) => findings.filter((one) => one.severity === 1);
const isWritten = (editor, uri) => until(
  `function; said ${JSON.stringify(editor.messages)}`, () => editor.text(uri).includes(RIGHT));

// Every sample of it runs until its time is up.
const ENDLESS = ["    while True:\n        pass\n"];

const CASES = {
  "the handshake says what is offered": () => withEditor({}, async ({ offer }) => {
    const { capabilities, serverInfo } = offer;
    assert.equal(serverInfo.name, "zerr");
    assert.equal(capabilities.positionEncoding, "utf-16");
    assert.equal(capabilities.textDocumentSync.change, 2);
    for (const command of ["generate", "verify", "decompose", "examples", "settle", "report", "runnerUp", "upgrade"]) {
      assert(capabilities.executeCommandProvider.commands.includes(`zerr.${command}`), command);
    }
  }),

  "UTF-8 is counted where it is offered": () => withEditor(
    { capabilities: { ...CAPABILITIES, general: { positionEncodings: ["utf-16", "utf-8"] } } },
    async (editor) => assert.equal(editor.offer.capabilities.positionEncoding, "utf-8")),

  "mistakes are told while they are typed": () => withEditor({}, async (editor, uri) => {
    assert.deepEqual(await editor.findings(uri, 1), []);
    let version = await editor.change(uri, [{ range: range(0, 25, 0, 26), text: "" }]);
    const [mistake] = errors(await editor.findings(uri, version));
    assert.equal(mistake.range.start.line, 0);
    version = await editor.change(uri, [{ range: range(0, 25), text: ")" }]);
    assert.deepEqual(errors(await editor.findings(uri, version)), []);
  }),

  "actions are offered, or disabled with a reason": () => withEditor({}, async (editor, uri) => {
    const action = (await editor.actions(uri, HOLE_LINE)).find((one) => one.title.includes("generate and verify"));
    assert.equal(action.command.command, "zerr.generate");
    assert.equal(action.disabled, undefined);
    await editor.open("untitled:Untitled-1", "python", HOLE);
    const unsaved = (await editor.actions("untitled:Untitled-1", HOLE_LINE)).find((one) => one.title.includes("generate"));
    assert.match(unsaved.disabled.reason, /save it first/);
    assert.equal(unsaved.command, undefined);
    const strange = "class A:\n    def f(self, x):\n        raise NotImplementedError\n";
    await editor.open("untitled:Untitled-2", "python", strange);
    for (const one of await editor.actions("untitled:Untitled-2", 3)) {
      if (one.title.includes("generate")) assert(one.disabled.reason, JSON.stringify(one));
    }
  }),

  "a lens stands above the unfinished function": () => withEditor({}, async (editor, uri) => {
    const [lens] = await editor.request("textDocument/codeLens", { textDocument: { uri } });
    assert.equal(lens.command.title, "generate and verify");
    assert.equal(lens.command.command, "zerr.generate");
    assert.equal(lens.range.start.line, 0);
  }),

  "a verified function is written, with progress, votes and evidence": () => withEditor({}, async (editor, uri) => {
    await editor.execute("zerr.generate", uri, HOLE_LINE);
    await isWritten(editor, uri);
    const said = await editor.message("`largest` is verified");
    assert.equal(said.type, 3);
    const kinds = editor.progress.map((one) => one.value.kind);
    assert.equal(kinds[0], "begin");
    assert.equal(kinds.at(-1), "end");
    assert.equal(editor.progress[0].value.cancellable, true);
    await until("votes above the function", async () => {
      const lenses = await editor.request("textDocument/codeLens", { textDocument: { uri } });
      return lenses[0]?.command.title.includes("votes");
    });
    const hover = await editor.request("textDocument/hover", { textDocument: { uri }, position: { line: 0, character: 5 } });
    assert.match(hover.contents.value, /unit_tests/);
  }),

  "a cancelled run stops and says so": () => withEditor({ bodies: ENDLESS }, async (editor, uri) => {
    await editor.execute("zerr.generate", uri, HOLE_LINE);
    const { token } = await until("progress", () => editor.progress[0]);
    assert.equal(typeof token, "string");
    await editor.notify("window/workDoneProgress/cancel", { token });
    const begin = Date.now();
    await until("end of the progress", () => editor.progress.some((one) => one.value.kind === "end"), 10_000);
    await until("word about it", () => editor.messages.length > 0, 10_000);
    assert(Date.now() - begin < 10_000);
    assert.equal(editor.text(uri), HOLE);
  }),

  "an edit that the editor does not take is told": () => withEditor({}, async (editor, uri) => {
    editor.takes = () => false;
    await editor.execute("zerr.generate", uri, HOLE_LINE);
    await editor.message("did not take the edit");
    assert.equal(editor.text(uri), HOLE);
  }),

  "what was typed meanwhile is left alone": () => withEditor({ bodies: ENDLESS }, async (editor, uri) => {
    await editor.execute("zerr.generate", uri, HOLE_LINE);
    const { token } = await until("progress", () => editor.progress[0]);
    await editor.change(uri, [{ range: range(0, 0), text: "# mine\n" }]);
    await editor.notify("window/workDoneProgress/cancel", { token });
    await until("end", () => editor.messages.length > 0);
    assert.equal(editor.text(uri), `# mine\n${HOLE}`);
  }),

  "what was refused stands at the function until it is edited": () => withEditor({ bodies: ["    return xs[0]\n"] }, async (editor, uri) => {
    await editor.execute("zerr.generate", uri, HOLE_LINE);
    const said = await editor.message("`largest` is");
    assert.equal(said.type, 2);
    const why = await until("diagnostic", () => editor.diagnostics.get(uri).diagnostics.find((one) => one.severity === 3));
    assert(why.range.start.line <= HOLE_LINE, JSON.stringify(why));
    assert.equal(editor.text(uri), HOLE);
    const version = await editor.change(uri, [{ range: range(10, 4, 10, 9), text: "  raise" }]);
    assert.deepEqual(await editor.findings(uri, version), []);
  }),

  "annotated edits are confirmed hunk by hunk": () => {
    const annotated = { documentChanges: true, changeAnnotationSupport: { groupsOnLabel: true } };
    const workspace = { ...CAPABILITIES.workspace, workspaceEdit: annotated };
    const settings = { capabilities: { ...CAPABILITIES, workspace }, options: { preview: true } };
    return withEditor(settings, async (editor, uri) => {
      await editor.execute("zerr.generate", uri, HOLE_LINE);
      await isWritten(editor, uri);
      const [edit] = editor.edits;
      for (const { edits } of edit.documentChanges) {
        for (const { annotationId } of edits) assert.equal(edit.changeAnnotations[annotationId].needsConfirmation, true);
      }
      assert.equal(editor.questions.length, 0);
    });
  },

  "other editors are asked, and shown the difference": () => withEditor({ options: { preview: true } }, async (editor, uri) => {
    const answers = ["Show the difference", "Discard", "Hunk by hunk", "Skip", "Hunk by hunk", "Take"];
    editor.choose = ({ actions }) => actions.find((one) => one.title === answers[0]) && { title: answers.shift() };
    const ask = () => editor.execute("zerr.generate", uri, HOLE_LINE);
    await ask();
    const { uri: page } = await until("difference", () => editor.shown[0]);
    assert.match(fs.readFileSync(new URL(page), "utf8"), /^\+    return max\(xs, default=0\)$/m);
    await until("discarding", () => answers.length === 4);
    await ask();
    await until("skipping", () => answers.length === 2);
    assert.equal(editor.text(uri), HOLE);
    await ask();
    await isWritten(editor, uri);
    assert.equal(answers.length, 0);
  }),

  "runs are listed, and each has its report": () => withEditor({ bodies: ["    return max(xs[:3], default=0)\n", RIGHT, RIGHT, RIGHT, RIGHT] }, async (editor, uri, folder) => {
    await editor.execute("zerr.generate", uri, HOLE_LINE);
    await isWritten(editor, uri);
    await editor.message("`largest` is verified");
    const { project, runs } = await editor.request("zerr/runs", { uri });
    assert.equal(fs.realpathSync(project), fs.realpathSync(folder));
    assert.deepEqual([runs[0].title, runs[0].verdict], ["largest", "verified"]);
    const report = await editor.request("zerr/run", { uri, run: runs[0].run });
    const [step] = report.steps;
    assert.equal(step.name, "largest");
    assert(step.classes.length >= 2 && step.classes[0].votes > step.classes[1].votes, JSON.stringify(step.classes));
    await until("the runner-up", async () =>
      (await editor.actions(uri, 1)).some((one) => one.command?.command === "zerr.runnerUp"));
    for (const [command, extension] of [["zerr.report", ".html"], ["zerr.runnerUp", ".diff"]]) {
      await editor.execute(command, uri, 1);
      await until(command, () => editor.shown.some((one) => path.extname(one.uri) === extension));
    }
    for (const run of ["", "none", "../../a.py", "0".repeat(4000)]) {
      assert.notEqual(await editor.refusal("zerr/run", { uri, run }), 0, run);
    }
  }),

  "the state is told to a client that shows it": () => withEditor({ options: { showsStatus: true } }, async (editor, uri) => {
    await until("state at rest", () => editor.statuses.some((one) => one.running === 0));
    await editor.execute("zerr.generate", uri, HOLE_LINE);
    await until("state at work", () => editor.statuses.some((one) => one.running === 1));
    await isWritten(editor, uri);
    await until("state at rest again", () => editor.statuses.at(-1).running === 0);
    assert.equal(typeof editor.statuses.at(-1).model, "string");
  }),

  "settings change while it runs": () => withEditor({ options: { model: "/nowhere.jsonl", inlayHints: false } }, async (editor, uri, folder) => {
    await editor.execute("zerr.generate", uri, HOLE_LINE);
    await editor.message("/nowhere.jsonl");
    const settings = { zerr: { model: path.join(folder, "model.jsonl"), inlayHints: true } };
    await editor.notify("workspace/didChangeConfiguration", { settings });
    await editor.execute("zerr.generate", uri, HOLE_LINE);
    await isWritten(editor, uri);
    await until("hint", async () => {
      const hints = await editor.request("textDocument/inlayHint", { textDocument: { uri }, range: range(0, 0, 20, 0) });
      return hints?.find((one) => one.position.line === 0);
    });
    for (const wrong of [null, 7, { zerr: 7 }, { zerr: { model: [] } }, { other: {} }]) {
      await editor.notify("workspace/didChangeConfiguration", { settings: wrong });
      await editor.ping();
    }
  }),

  "functions of specs are symbols of the workspace": () => withEditor({}, async (editor, uri, folder) => {
    const spec = "name: numbers\nlanguage: python\nfunctions:\n  - name: largest_of_all\n" +
      "    signature: \"def largest_of_all(xs: list[int]) -> int\"\n    description: return the largest number\n";
    fs.writeFileSync(path.join(folder, "task_spec.yaml"), spec);
    const found = await editor.request("workspace/symbol", { query: "of_all" });
    assert.deepEqual(found.map((one) => one.name), ["largest_of_all"]);
  }),

  // From here on: what a client should not do.

  "malformed JSON is answered with -32700 and forgotten": () => withEditor({}, async (editor) => {
    for (const body of ["{", "nonsense", "[1, 2", '{"jsonrpc": "2.0", "id": 7, "method": "x"', '"\\ud800"', "\u0000"]) {
      await editor.raw(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
      await editor.ping();
    }
  }),

  "JSON that is no message is forgotten": () => withEditor({}, async (editor) => {
    for (const body of ["1", "[]", "{}", "null", '{"jsonrpc":"1.0","id":1,"method":"x"}', '{"jsonrpc":"2.0","id":{},"method":"x"}',
      '{"method":"textDocument/didOpen","params":{}}', '{"jsonrpc":"2.0","id":1,"method":7}', "[".repeat(500) + "]".repeat(500)]) {
      await editor.raw(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
      await editor.ping();
    }
  }),

  "bytes that are not UTF-8 are forgotten": () => withEditor({}, async (editor) => {
    await editor.raw(Buffer.concat([Buffer.from("Content-Length: 4\r\n\r\n"), Buffer.from([0x22, 0xff, 0xfe, 0x22])]));
    await editor.ping();
  }),

  "a wrong length ends the stream at the most": async () => {
    const body = '{"jsonrpc":"2.0","id":77,"method":"textDocument/documentSymbol","params":{"textDocument":{"uri":"untitled:x"}}}';
    for (const length of [0, 5, body.length - 1, body.length + 3, -1, "x", "", "99999999999999999999", 2 ** 40]) {
      await withEditor({}, async (editor) => {
        await editor.raw(`Content-Length: ${length}\r\n\r\n${body}`);
        // The rest of the body that was announced.
        await editor.raw("   ");
        editor.process.stdin.end();
        const { code } = await within(5000, `end of a stream with length ${length}`, editor.gone);
        assert.equal(code, 0, `length ${length}: ${editor.stderr}`);
      });
    }
  },

  "headers are read as they may be written": () => withEditor({}, async (editor) => {
    const body = '{"jsonrpc":"2.0","method":"$/setTrace","params":{"value":"off"}}';
    for (const head of [`content-length: ${body.length}`, `Content-Length:${body.length}`,
      `Content-Length: ${body.length}\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8`,
      `Content-Type: application/vscode-jsonrpc; charset=utf8\r\nContent-Length: ${body.length}`]) {
      await editor.raw(`${head}\r\n\r\n${body}`);
      await editor.ping();
    }
  }),

  "methods that are unknown are refused": () => withEditor({}, async (editor) => {
    assert.equal(await editor.refusal("no/such/method", { a: 1 }), -32601);
    await editor.notify("no/such/notification", { a: 1 });
    await editor.notify("$/nothing", {});
    assert.equal(await editor.refusal("workspace/executeCommand", { command: "zerr.none", arguments: [] }), -32602);
  }),

  "parameters of wrong types are refused": () => withEditor({}, async (editor, uri) => {
    for (const params of [null, 7, {}, { textDocument: uri }, { textDocument: { uri: 7 } }, { textDocument: { uri: "no uri at all" } }]) {
      assert.notEqual(await editor.refusal("textDocument/codeLens", params), 0, JSON.stringify(params));
    }
    for (const line of [0, -1, 1.5, 1e300, "1", null, 2 ** 53]) {
      await editor.refusal("workspace/executeCommand", { command: "zerr.generate", arguments: [{ uri, line: line === 0 ? 4000 : line }] });
    }
  }),

  "a second handshake is refused": () => withEditor({}, async (editor) => {
    assert.notEqual(await editor.refusal("initialize", { capabilities: {} }), 0);
  }),

  "requests before the handshake are refused": async () => {
    const editor = new Editor([program, "lsp"]);
    assert.equal(await editor.refusal("textDocument/documentSymbol", { textDocument: { uri: "untitled:x" } }), -32002);
    await editor.initialize({ options: {}, capabilities: {} });
    await editor.ping();
    await editor.stop();
  },

  "options of wrong types leave the others as they are": async () => {
    for (const options of ["x", 7, [], { model: 7, showsPages: "yes" }, { preview: null }]) {
      const editor = await Editor.start(program, { options });
      await editor.ping();
      await editor.stop();
    }
  },

  "an exit without a shutdown ends it": async () => {
    const editor = await Editor.start(program);
    await editor.notify("exit");
    await within(5000, "exit", editor.gone);
  },

  "a client that is gone ends it": async () => {
    const editor = await Editor.start(program);
    editor.process.stdin.end();
    await within(5000, "exit behind the end of the input", editor.gone);
  },

  "edits out of range are taken at the nearest place": () => withEditor({}, async (editor, uri) => {
    const far = 2 ** 31 - 1;
    await editor.change(uri, [{ range: range(far, far), text: "# end\n" }]);
    await editor.change(uri, [{ range: range(3, 9, 1, 2), text: "" }]);
    await editor.change(uri, [{ range: range(0, far, 0, far), text: "" }]);
    const version = await editor.change(uri, [{ text: "def f(:\n" }]);
    assert.equal(errors(await editor.findings(uri, version)).length > 0, true);
    // A place that is none is a wrong parameter; the text stays.
    await editor.notify("textDocument/didChange", {
      textDocument: { uri, version: version + 1 }, contentChanges: [{ range: range(-1, -1), text: "x" }],
    });
    await editor.ping();
  }),

  "a place in the middle of a surrogate pair is a place before it": () => withEditor({}, async (editor, uri) => {
    await editor.change(uri, [{ text: "x = '\u{1F600}\u{1F600}'\n" }]);
    // Between the halves of the second.
    await editor.notify("textDocument/didChange", {
      textDocument: { uri, version: 3 }, contentChanges: [{ range: range(0, 8), text: "'" }],
    });
    const findings = await editor.findings(uri, 3);
    for (const one of findings) assert(one.range.end.character <= 12, JSON.stringify(one));
    await editor.request("textDocument/hover", { textDocument: { uri }, position: { line: 0, character: 6 } });
  }),

  "half of a surrogate pair in a text is taken": () => withEditor({}, async (editor, uri) => {
    // What an editor sends between the two halves of a character.
    await editor.notify("textDocument/didChange", {
      textDocument: { uri, version: 2 }, contentChanges: [{ range: range(0, 0), text: "# \ud83d\n" }],
    });
    await editor.ping();
    await editor.notify("textDocument/didChange", {
      textDocument: { uri, version: 3 }, contentChanges: [{ text: "def f(:\n" }],
    });
    assert(errors(await editor.findings(uri, 3)).length > 0);
  }),

  "versions that go back are taken as they come": () => withEditor({}, async (editor, uri) => {
    for (const version of [7, 3, 3, -1, 0, 2 ** 31 - 1]) await editor.change(uri, [{ range: range(0, 0), text: "#\n" }], version);
    const version = await editor.change(uri, [{ text: "def f(:\n" }], 2);
    assert(errors(await editor.findings(uri, version)).length > 0);
  }),

  "documents that are not open are no matter": () => withEditor({}, async (editor, uri) => {
    const other = uriOf("/nowhere", "b.py");
    await editor.notify("textDocument/didChange", { textDocument: { uri: other, version: 2 }, contentChanges: [{ text: "x" }] });
    await editor.notify("textDocument/didSave", { textDocument: { uri: other } });
    await editor.notify("textDocument/didClose", { textDocument: { uri: other } });
    await editor.close(uri);
    await editor.notify("textDocument/didClose", { textDocument: { uri } });
    assert.equal(await editor.refusal("workspace/executeCommand", { command: "zerr.generate", arguments: [{ uri, line: HOLE_LINE }] }), -32602);
    await editor.open(uri, "python", HOLE);
    await editor.notify("textDocument/didOpen", { textDocument: { uri, languageId: "python", version: 9, text: "def f(:\n" } });
    assert(errors(await editor.findings(uri, 9)).length > 0);
  }),

  "a document that closes in mid-run is not written": () => withEditor({}, async (editor, uri, folder) => {
    await editor.execute("zerr.generate", uri, HOLE_LINE);
    await editor.close(uri);
    await editor.message("changed meanwhile");
    assert.equal(editor.edits.length, 0);
    assert.equal(fs.readFileSync(path.join(folder, "a.py"), "utf8"), HOLE);
  }),

  "two windows on one workspace both get their function": () => withEditor({}, async (editor, uri, folder) => {
    const model = path.join(folder, "model.jsonl");
    const second = await Editor.start(program, { folder, options: { model } });
    try {
      await second.open(uri, "python", HOLE);
      await Promise.all([editor, second].map((one) => one.execute("zerr.generate", uri, HOLE_LINE)));
      await Promise.all([editor, second].map((one) => isWritten(one, uri)));
      await Promise.all([editor, second].map((one) => one.message("`largest` is verified")));
      await second.ping();
      await second.stop();
    } finally {
      second.kill();
    }
  }),

  "one function asked for twice at once is written once": () => withEditor({}, async (editor, uri) => {
    await Promise.all([1, 2].map(() => editor.execute("zerr.generate", uri, HOLE_LINE)));
    await isWritten(editor, uri);
    await until("word of both", () => editor.messages.length >= 2);
    assert.equal(editor.text(uri).split(RIGHT).length, 2, editor.text(uri));
  }),

  "a client that never answers is served": async () => {
    const pulls = {
      ...CAPABILITIES,
      textDocument: { diagnostic: {} },
      workspace: { ...CAPABILITIES.workspace, diagnostics: { refreshSupport: true }, didChangeWatchedFiles: { dynamicRegistration: true } },
    };
    for (const capabilities of [CAPABILITIES, pulls]) {
      await withEditor({ capabilities }, async (editor, uri) => {
        const never = new Promise(() => {});
        for (const method of ["window/workDoneProgress/create", "workspace/codeLens/refresh", "workspace/diagnostic/refresh", "client/registerCapability",
          "window/showMessageRequest", "window/showDocument", "workspace/applyEdit"]) {
          editor.connection.onRequest(method, () => never);
        }
        await editor.execute("zerr.generate", uri, HOLE_LINE);
        for (let count = 0; count < 200; count += 1) await editor.change(uri, [{ range: range(0, 0), text: "#\n" }]);
        await editor.notify("workspace/didChangeWatchedFiles", { changes: [{ uri, type: 2 }] });
        await editor.ping();
      });
    }
  },

  "a client that answers with nonsense is served": () => withEditor({}, async (editor, uri) => {
    for (const method of ["window/workDoneProgress/create", "workspace/codeLens/refresh", "workspace/applyEdit"]) {
      editor.connection.onRequest(method, () => ({ nonsense: [1, 2, 3] }));
    }
    await editor.execute("zerr.generate", uri, HOLE_LINE);
    await until("word about it", () => editor.messages.length > 0);
    await editor.raw(`Content-Length: 42\r\n\r\n{"jsonrpc":"2.0","id":987654,"result":"x"}`);
    await editor.ping();
  }),

  "a model that is gone is told, and one that is back is used": () => withEditor({}, async (editor, uri, folder) => {
    const model = path.join(folder, "model.jsonl");
    fs.renameSync(model, `${model}.gone`);
    await editor.execute("zerr.generate", uri, HOLE_LINE);
    await editor.message("model.jsonl");
    assert.equal(editor.text(uri), HOLE);
    fs.renameSync(`${model}.gone`, model);
    await editor.execute("zerr.generate", uri, HOLE_LINE);
    await isWritten(editor, uri);
  }),

  "a model that goes in mid-run ends the run at the most": () => withEditor({ bodies: ENDLESS }, async (editor, uri, folder) => {
    await editor.execute("zerr.generate", uri, HOLE_LINE);
    const { token } = await until("progress", () => editor.progress[0]);
    fs.rmSync(path.join(folder, "model.jsonl"));
    await sleep(300);
    await editor.ping();
    await editor.notify("window/workDoneProgress/cancel", { token });
    await until("end", () => editor.messages.length > 0);
  }),

  "a folder that is named twice is looked through once": () => withEditor({}, async (editor, uri, folder) => {
    fs.writeFileSync(path.join(folder, "task_spec.yaml"), "name: numbers\nfunctions:\n  - name: largest_of_all\n");
    const added = Array(50).fill({ uri: uriOf(folder), name: "again" });
    await editor.notify("workspace/didChangeWorkspaceFolders", { event: { added, removed: [] } });
    const found = await editor.request("workspace/symbol", { query: "of_all" });
    assert.equal(found.length, 1);
  }),

  "a folder that has everything in it keeps nobody waiting": () => withEditor({}, async (editor) => {
    const event = { added: [{ uri: "file:///", name: "all" }], removed: [] };
    await editor.notify("workspace/didChangeWorkspaceFolders", { event });
    const asked = Array.from({ length: 40 }, () => editor.request("workspace/symbol", { query: "zzz" }));
    await editor.ping(2000);
    await Promise.all(asked);
  }),

  "a workspace that goes away is no end": () => withEditor({}, async (editor, uri, folder) => {
    fs.rmSync(folder, { recursive: true, force: true });
    await editor.notify("textDocument/didSave", { textDocument: { uri } });
    await editor.refusal("workspace/executeCommand", { command: "zerr.generate", arguments: [{ uri, line: HOLE_LINE }] });
    await editor.actions(uri, HOLE_LINE);
  }),

  "a read-only workspace is worked in, or refused with the reason": async () => {
    const folder = newProject();
    fs.rmdirSync(path.join(folder, ".zerr"));
    const isRoot = process.getuid?.() === 0;
    // Permissions do not bind root: it gets a view in which nothing can be written there.
    const readOnly = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"';
    const view = ["unshare", "--mount", "sh", "-c", readOnly, "sh", folder];
    if (isRoot && spawnSync(view[0], [...view.slice(1), "true"]).status !== 0) {
      fs.rmSync(folder, { recursive: true, force: true });
      throw new Skipped("nothing can be mounted here");
    }
    if (!isRoot) fs.chmodSync(folder, 0o555);
    const model = path.join(folder, "model.jsonl");
    const command = [...(isRoot ? view : []), program, "lsp"];
    const editor = await Editor.start(program, { command, folder, options: { model } });
    try {
      const uri = uriOf(folder, "a.py");
      await editor.open(uri, "python", HOLE);
      assert.deepEqual(await editor.findings(uri, 1), []);
      await editor.notify("textDocument/didSave", { textDocument: { uri } });
      await editor.execute("zerr.generate", uri, HOLE_LINE);
      await until("word about it", () => editor.messages.length > 0);
      await editor.ping();
      await editor.stop();
      console.log(`  it said: ${editor.messages[0].message}`);
    } finally {
      editor.kill();
      fs.chmodSync(folder, 0o755);
      fs.rmSync(folder, { recursive: true, force: true });
    }
  },
};

let failures = 0;
for (const [name, act] of Object.entries(CASES)) {
  if (!name.includes(wanted)) continue;
  const begin = Date.now();
  try {
    await within(180_000, name, act());
    console.log(`ok ${name} (${Date.now() - begin} ms)`);
  } catch (error) {
    if (error instanceof Skipped) {
      console.log(`skipped ${name}: ${error.message}`);
      continue;
    }
    failures += 1;
    console.log(`FAILED ${name}: ${error.message}`);
  }
}
console.log(failures === 0 ? "all is well" : `${failures} failed`);
process.exit(failures === 0 ? 0 : 1);
