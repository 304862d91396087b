// The web page as its users meet it, in a real browser: `scripts/check-page`.
//
// A server of its own runs on a small repository in a temporary home. Every view is also read by
// axe-core in light, dark and narrow; it may find nothing serious.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

const axe = await fs.readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TOKEN = "a-token-for-the-tests-of-the-page";
let home;
let browser;
let open;
const servers = [];

/** Starts a server on the repository; returns where it answers. */
async function serve(variables = {}) {
  const environment = { HOME: home, PATH: process.env.PATH, XDG_DATA_HOME: path.join(home, "data"), ...variables };
  const server = spawn(process.env.CONTEXTLITE_BINARY, ["serve", "--port", "0", "--stop-with-stdin"], { cwd: path.join(home, "repository"), env: environment, stdio: ["pipe", "pipe", "inherit"] });
  servers.push(server);
  const [line] = await once(readline.createInterface({ input: server.stdout }), "line");
  return line.replace("listening on ", "");
}

/** Opens the page; whatever its console complains about fails the test. */
async function visit(options = {}, url = open) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: url });
  const page = await context.newPage();
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(error.message));
  page.on("console", (message) => { if (message.type() === "error") page.complaints.push(message.text()); });
  await page.goto(url);
  return page;
}

async function ask(page, question) {
  await page.fill("#question", question);
  await page.waitForSelector("article.passage");
}

async function leave(page) {
  assert.deepEqual(page.complaints, []);
  await page.context().close();
}

async function axeFinds(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  return violations.filter((each) => ["serious", "critical"].includes(each.impact)).map((each) => `${each.id}: ${each.nodes[0].html}`);
}

before(async () => {
  home = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), "page-")));
  const write = async (name, text) => {
    const file = path.join(home, name);
    await fs.mkdir(path.dirname(file), { recursive: true });
    await fs.writeFile(file, text);
  };
  await fs.mkdir(path.join(home, "repository/.git"), { recursive: true });
  await write("repository/src/retry.rs", "/// How often a request is tried again.\npub const RETRIES_MAX: u32 = 5;\n\n/// Waits longer after each failed attempt.\npub fn backoff_delay(attempt: u32) -> u64 {\n    100 << attempt.min(6)\n}\n");
  await write("repository/notes.md", "# Retries\n\nThe team keeps the retry limit at five.\n\n# Lunch\n\nSoup.\n");
  await write("repository/long/a_very_long_folder_name_that_goes_on/and_a_file_name_that_does_too_so_that_it_must_wrap.md", `# Retry\n\n${"A retry is a request that is sent again. ".repeat(40)}\n`);
  await write("other/falcon.md", "# Kestrel\n\nA small falcon that hovers.\n");
  open = await serve();
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
});

after(async () => {
  await browser?.close();
  servers.forEach((server) => server.stdin.end());
  await Promise.all(servers.map((server) => server.exitCode ?? once(server, "exit")));
  await fs.rm(home, { recursive: true, force: true });
});

test("a question is answered live, with its proof", async () => {
  const page = await visit();
  await ask(page, "how are retries done");
  assert.match(await page.textContent("#proof"), /Proven optimal/);
  assert.match(await page.textContent("#ask-status"), /passages? of \d files?, chosen among/);
  assert.ok(await page.locator("mark", { hasText: /retr/i }).count() > 0);
  assert.equal(await page.locator("article.passage .chart svg").first().getAttribute("role"), "img");
  const first = page.locator("pre.code li").first();
  assert.match(await first.getAttribute("data-line"), /^\d+$/);
  assert.deepEqual(await page.locator("#comparison tbody th").allTextContents(), ["optimal", "greedy", "by utility until full", "by BM25 until full"]);
  await leave(page);
});

test("the budget is a slider, for the keyboard too", async () => {
  const page = await visit();
  await ask(page, "retry");
  const before = await page.locator("article.passage").count();
  await page.focus("#budget");
  await page.keyboard.press("Home");
  await page.waitForFunction(() => /of 250 tokens/.test(document.querySelector(".budget")?.textContent ?? ""));
  assert.ok(await page.locator("article.passage").count() < before);
  assert.equal(await page.getAttribute("#budget", "aria-valuetext"), "250 tokens");
  await page.locator("#left-out summary").click();
  assert.match(await page.textContent("#left-out"), /larger than the budget|no room beside better ones/);
  await leave(page);
});

test("a segment of the budget leads to its passage, and the context is copied", async () => {
  const page = await visit();
  await ask(page, "retry");
  await page.locator(".bar a").last().click();
  assert.equal(await page.evaluate(() => document.activeElement.className), "card passage");
  await page.getByRole("button", { name: "Copy the whole context" }).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /^## /);
  await leave(page);
});

test("feedback moves the weights, and can be undone", async () => {
  const page = await visit();
  await ask(page, "retry limit");
  await page.getByRole("button", { name: /^Accept: / }).first().click();
  await page.waitForSelector("button[aria-pressed=true]");
  await page.click("nav a[data-view=learning]");
  await page.waitForFunction(() => /1 judgement: 1 passage accepted/.test(document.querySelector("#learning-status").textContent));
  assert.equal(await page.locator("#weights tbody tr").count(), 7);
  assert.deepEqual(await axeFinds(page), []);
  await page.getByRole("button", { name: "Undo the last" }).click();
  await page.waitForFunction(() => /0 judgements/.test(document.querySelector("#learning-status").textContent));
  await leave(page);
});

test("workspaces are indexed, shown and forgotten", async () => {
  const page = await visit();
  await ask(page, "retry");
  await page.click("nav a[data-view=workspaces]");
  await page.fill("#folder", path.join(home, "other"));
  await page.getByRole("button", { name: "Index", exact: true }).click();
  const card = page.locator("#workspaces-list li", { hasText: path.join(home, "other") });
  await card.getByText("1, 1 passages").waitFor();
  await card.getByRole("button", { name: /^Index again/ }).click();
  await card.getByText(/Indexed 0 files of 1/).waitFor();
  await page.click("nav a[data-view=ask]");
  await page.selectOption("#workspace", path.join(home, "other"));
  await ask(page, "falcon");
  assert.match(await page.locator("article.passage h2").first().textContent(), /^falcon.md:/);
  await page.click("nav a[data-view=workspaces]");
  await card.getByRole("button", { name: /^Forget/ }).click();
  await page.getByRole("button", { name: "Keep it" }).click();
  await card.getByRole("button", { name: /^Forget/ }).click();
  await page.getByRole("button", { name: "Delete" }).click();
  await card.waitFor({ state: "detached" });
  await page.fill("#folder", "/etc");
  await page.getByRole("button", { name: "Index", exact: true }).click();
  await page.getByText(/only visible folders below the home directory/).waitFor();
  page.complaints.length = 0; // the refusal, which the browser reports as a failed request
  await leave(page);
});

test("a token is asked for once", async () => {
  const url = await serve({ CONTEXTLITE_TOKEN: TOKEN });
  const page = await visit({}, url);
  await page.waitForSelector("#token-dialog[open]");
  assert.deepEqual(await axeFinds(page), []);
  await page.fill("#token", TOKEN);
  await page.getByRole("button", { name: "Use it" }).click();
  await ask(page, "retry");
  page.complaints.length = 0; // the first refusal
  await leave(page);
});

for (const [name, options] of Object.entries({
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  narrow: { viewport: { width: 360, height: 740 } },
})) {
  test(`axe finds nothing serious in ${name}`, async () => {
    const page = await visit(options);
    assert.deepEqual(await axeFinds(page), []);
    await ask(page, "how are retries done");
    await page.locator("#left-out summary").click().catch(() => {});
    for (const view of ["ask", "workspaces", "learning", "status"]) {
      await page.click(`nav a[data-view=${view}]`);
      await page.waitForTimeout(300);
      assert.deepEqual(await axeFinds(page), [], view);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= page.viewportSize().width, `${view} is ${width} wide`);
    }
    await leave(page);
  });
}
