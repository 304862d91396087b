// The extension in a real editor: code-server, with the VSIX installed into it, driven in a browser
// as a person would. scripts/check-editor installs what this needs and says where it is:
//
//   CODE_SERVER   code-server's entry point       VSIX      the extension
//   CHROMIUM      the browser                     PICTURES  where screenshots go
//   PROJECT       a repository to open
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test as each } from "node:test";
import { chromium } from "playwright-core";

const { CODE_SERVER, VSIX, CHROMIUM, PICTURES, PROJECT } = process.env;
const QUESTION = "how is the upper bound computed";
/** How long a step of the editor may take on a slow machine. */
const PATIENCE_MS = 20_000;

const home = mkdtempSync(join(tmpdir(), "contextlite-editor-"));
const data = join(home, "data");
const env = {
  ...process.env,
  HOME: home,
  XDG_DATA_HOME: data,
  XDG_CONFIG_HOME: join(home, "config"),
};
delete env.VSCODE_IPC_HOOK_CLI;
const places = [
  "--user-data-dir",
  join(home, "user"),
  "--extensions-dir",
  join(home, "extensions"),
];
const quiet = [
  "--disable-telemetry",
  "--disable-update-check",
  "--config",
  join(home, "none.yaml"),
];
let server;
let browser;
let page;

/** One step after the other; after one that failed the others mean nothing. */
let failed;
function test(name, act) {
  each(name, async () => {
    assert.equal(failed, undefined, "an earlier step failed");
    try {
      await act();
    } catch (error) {
      failed = name;
      await page?.screenshot({ path: join(PICTURES, "failed.png") });
      throw error;
    }
  });
}

before(async () => {
  mkdirSync(PICTURES, { recursive: true });
  writeFileSync(join(home, "none.yaml"), "auth: none\n");
  const settings = {
    "security.workspace.trust.startupPrompt": "never",
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": false,
    "workbench.colorTheme": "Default Light Modern",
    "telemetry.telemetryLevel": "off",
    "chat.commandCenter.enabled": false,
    "contextlite.budget": 1500,
  };
  mkdirSync(join(home, "user", "User"), { recursive: true });
  writeFileSync(join(home, "user", "User", "settings.json"), JSON.stringify(settings));
  execFileSync(process.execPath, [CODE_SERVER, ...quiet, ...places, "--install-extension", VSIX], {
    env,
  });
  const words = [CODE_SERVER, ...quiet, ...places, "--auth", "none", "--bind-addr", "127.0.0.1:0"];
  server = spawn(process.execPath, words, { env, stdio: ["ignore", "pipe", "pipe"] });
  const url = await listening(server);
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  const context = await browser.newContext({
    viewport: { width: 1280, height: 760 },
    permissions: ["clipboard-read", "clipboard-write"],
  });
  page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(`${url}?folder=${encodeURIComponent(PROJECT)}`);
  await page.waitForSelector(".monaco-workbench .statusbar-item");
});

after(async () => {
  await browser?.close();
  server?.kill("SIGTERM");
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

function listening(child) {
  return new Promise((resolve, reject) => {
    let said = "";
    const read = (text) => {
      said += text;
      const found = said.match(/HTTP server listening on (http:\S+)/);
      if (found) resolve(found[1]);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("exit", (code) => reject(new Error(`code-server ended with ${code}: ${said}`)));
  });
}

/** The servers of ContextLite that run for this home, by the files that they keep. */
function instances() {
  try {
    const folder = join(data, "contextlite", "instances");
    const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
    return files.map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")));
  } catch {
    return [];
  }
}

/** Calls a command by its title. The list of commands grows while the editor starts. */
async function command(title) {
  const input = page.locator(".quick-input-widget input.input");
  const row = page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first();
  for (let tries = 0; ; tries += 1) {
    await page.keyboard.press("Control+Shift+P");
    await input.waitFor();
    await input.fill(`>ContextLite: ${title}`);
    try {
      await row.waitFor({ timeout: 4000 });
      break;
    } catch (error) {
      if (tries === 5) throw error;
      await page.keyboard.press("Escape");
    }
  }
  await row.click();
}

const picture = async (name) => {
  await page.mouse.move(640, 755);
  await page.waitForTimeout(700);
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
};
const toast = (text) => page.locator(".notification-toast", { hasText: text });
const rows = () => page.locator(".tree-explorer-viewlet-tree-view .monaco-list-row");
const statusBar = () => page.locator(".statusbar-item", { hasText: "ContextLite" });

test("nothing runs before it is asked for, and in a workspace that is not trusted", async () => {
  await page.waitForTimeout(3000);
  assert.equal(await statusBar().count(), 0, "the extension is not active yet");
  await command("Ask for Context");
  await toast("until you trust this workspace").waitFor();
  assert.deepEqual(instances(), []);
  await picture("trust");
  await toast("until you trust").getByRole("button", { name: "Manage Trust" }).click();
  await page
    .locator(".workspace-trust-editor")
    .getByRole("button", { name: "Trust", exact: true })
    .first()
    .click();
  await page
    .locator(".workspace-trust-editor .workspace-trust-title", { hasText: "trust" })
    .first()
    .waitFor();
  await page.locator(".tab.active .codicon-close").click();
});

test("a question shows passages with scores, within the budget", async () => {
  await command("Ask for Context");
  const input = page.locator(".quick-input-widget input.input");
  await page.locator(".quick-input-title", { hasText: "which passages" }).waitFor();
  await input.fill(QUESTION);
  await page.keyboard.press("Enter");
  await rows().first().waitFor();
  const labels = await rows().allInnerTexts();
  assert.ok(
    labels.every((label) => /:\d+-\d+/.test(label) && /0\.\d\d · \d+ tokens/.test(label)),
    labels.join("\n"),
  );
  const message = await page.locator(".tree-explorer-viewlet-tree-view .message").innerText();
  const [, used, budget] = message.match(/([\d,]+) of ([\d,]+) tokens · optimal choice, proven/);
  assert.ok(Number(used.replace(",", "")) <= 1500 && budget === "1,500", message);
  assert.equal(instances().length, 1);
  assert.equal(instances()[0].needs_token, true);
});

test("a click opens the lines", async () => {
  const row = rows().first();
  const label = await row.innerText();
  const [, file, first] = label.match(/([^\s/]+):(\d+)-\d+/);
  await row.click();
  await page.locator(".tab.active", { hasText: file }).waitFor();
  await page.locator(".statusbar-item", { hasText: `Ln ${first}, Col 1` }).waitFor();
  await page.locator(".editor-instance .view-overlays .cdr").first().waitFor();
  await statusBar()
    .filter({ has: page.locator(".codicon-pass") })
    .waitFor();
  await picture("ask");
});

test("judging a passage marks it", async () => {
  const row = rows().first();
  await row.hover();
  await row.getByRole("button", { name: "This Was of Use" }).click();
  await row.locator(".codicon-pass-filled").waitFor();
  assert.equal(await page.locator(".notification-toast").count(), 0);
});

test("the context is inserted as a prompt, with the text of the command line", async () => {
  await command("Copy Context as Prompt");
  await page.locator(".statusbar-item", { hasText: "tokens of context copied" }).waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  const [extension] = readdirSync(join(home, "extensions")).filter((name) =>
    name.startsWith("contextlite."),
  );
  const program = join(home, "extensions", extension, "bin", "contextlite");
  const words = ["context", QUESTION, "--budget", "1500", "--root", PROJECT];
  const printed = execFileSync(program, words, {
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  assert.equal(copied, `${printed}\n\nQuestion: ${QUESTION}\n`);
});

test("the status shows what is indexed", async () => {
  await command("Show Status");
  await page.locator(".quick-input-title", { hasText: "ContextLite: status" }).waitFor();
  const entries = await page.locator(".quick-input-list .monaco-list-row").allInnerTexts();
  assert.match(entries[0], /\d+ documents, \d+ passages/);
  assert.ok(entries.some((entry) => /http:\/\/127\.0\.0\.1:\d+/.test(entry)));
  await picture("status");
  await page.keyboard.press("Escape");
});

test("a file that changed is seen, and indexed again", async () => {
  await page.locator(".editor-instance .view-lines").click();
  await page.keyboard.press("Control+Home");
  await page.keyboard.type("// A zebra.");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Control+S");
  await statusBar().filter({ hasText: "1 file changed" }).waitFor();
  await command("Index Workspace");
  await toast("documents").waitFor();
  await statusBar()
    .filter({ has: page.locator(".codicon-pass") })
    .waitFor();
});

test("the view says what to do when it is empty", async () => {
  await command("Clear Context");
  await page.getByRole("button", { name: "Ask for Context" }).first().waitFor();
  await picture("empty");
});

test("the server ends with the window", async () => {
  await browser.close();
  browser = undefined;
  // The extension host waits for a window that may come back; the end of the editor ends it.
  server.kill("SIGTERM");
  for (let tries = 0; instances().length > 0 && tries < 400; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.deepEqual(instances(), []);
});
