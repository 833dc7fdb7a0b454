// A real VS Code: installs the packed extension, opens a folder, sees a mistake, the lens and the
// written function; keeps pictures.
//
//   node session.mjs CODE_SERVER VSIX CARGO_ZERR MODEL PICTURES
//
// CODE_SERVER is the folder that npm installed code-server and playwright-core into.
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import net from "node:net";
import os from "node:os";
import path from "node:path";

const [place, vsix, program, model, pictures] = process.argv.slice(2).map((one) => path.resolve(one));
const { chromium } = createRequire(path.join(place, "package.json"))("playwright-core");
const entry = path.join(place, "node_modules/code-server/out/node/entry.js");

const HOLE = `def largest(xs: list[int]) -> int:
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

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "zerr-vscode-"));
const workspace = path.join(folder, "work");
const user = path.join(folder, "user");
const extensions = path.join(folder, "extensions");
fs.mkdirSync(path.join(workspace, ".zerr"), { recursive: true });
fs.mkdirSync(path.join(user, "User"), { recursive: true });
fs.writeFileSync(path.join(workspace, "a.py"), HOLE);
const settings = {
  "zerr.server.path": program,
  "zerr.model": model,
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "security.workspace.trust.enabled": false,
  "editor.fontSize": 15,
  "editor.minimap.enabled": false,
  "files.autoSave": "off",
};
fs.writeFileSync(path.join(user, "User/settings.json"), JSON.stringify(settings));
fs.mkdirSync(pictures, { recursive: true });

function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

const common = ["--user-data-dir", user, "--extensions-dir", extensions];
const installed = spawnSync("node", [entry, ...common, "--install-extension", vsix], { encoding: "utf8" });
if (installed.status !== 0) {
  throw new Error(`the extension cannot be installed: ${installed.stdout}${installed.stderr}`);
}

const port = await freePort();
const server = spawn(
  "node",
  [entry, "--auth", "none", "--bind-addr", `127.0.0.1:${port}`, "--disable-telemetry", "--disable-update-check", "--disable-workspace-trust", ...common],
  { stdio: "ignore" },
);
let browser;
try {
  for (let tries = 0; ; tries++) {
    try {
      await fetch(`http://127.0.0.1:${port}/healthz`);
      break;
    } catch (error) {
      if (tries > 300) throw error;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
  browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  const page = await browser.newPage({ viewport: { width: 1200, height: 760 } });
  page.setDefaultTimeout(90_000);
  await page.goto(`http://127.0.0.1:${port}/?folder=${workspace}`);
  await page.waitForSelector(".monaco-workbench");
  const picture = (name) => page.screenshot({ path: path.join(pictures, `${name}.png`) });

  // The file, and the lens above its function.
  await page.keyboard.press("Control+P");
  await page.keyboard.type("a.py");
  await page.locator(".quick-input-list .monaco-list-row", { hasText: "a.py" }).first().waitFor();
  await page.keyboard.press("Enter");
  await page.waitForSelector(".monaco-editor .view-lines");
  const lens = page.locator(".codelens-decoration a", { hasText: "generate and verify" });
  await lens.waitFor();
  await picture("lens");

  // A mistake is underlined, and goes when it is undone.
  await page.keyboard.press("Control+Home");
  await page.keyboard.press("Delete");
  await page.locator(".squiggly-error").first().waitFor();
  await picture("mistake");
  await page.keyboard.press("Control+Z");
  await page.locator(".squiggly-error").first().waitFor({ state: "detached" });

  await lens.click();
  await page.locator(".view-line", { hasText: "return" }).filter({ hasNotText: ">>>" }).last().waitFor();
  await page.waitForFunction(
    () => !document.querySelector(".view-lines").textContent.includes("NotImplementedError"),
  );
  await page.locator(".notification-toast", { hasText: "verified" }).first().waitFor();
  await page.keyboard.press("Control+S");
  await page.waitForFunction(() => !document.querySelector(".tab.active.dirty"));
  // Its votes stand above it, and lead to the report.
  const evidence = page.locator(".codelens-decoration a", { hasText: "zerr: verified" });
  await evidence.waitFor();
  await picture("verified");
  await evidence.click();
  const panel = page.frameLocator("iframe.webview").frameLocator("iframe");
  await panel.getByText("Assumptions").or(panel.getByRole("heading", { name: "Layers" })).first().waitFor();
  await picture("report");
} catch (error) {
  if (browser) {
    const page = browser.contexts()[0]?.pages()[0];
    await page?.screenshot({ path: path.join(pictures, "failed.png") });
  }
  throw error;
} finally {
  await browser?.close();
  server.kill();
}
const text = fs.readFileSync(path.join(workspace, "a.py"), "utf8");
fs.rmSync(folder, { recursive: true, force: true });
if (text.includes("NotImplementedError")) {
  throw new Error(`nothing was written:\n${text}`);
}
console.log(text);
