// The page of a ContextLite server: it only asks the server that it came from.

const $ = (id) => document.getElementById(id);
const store = window.sessionStorage;

/** Makes an element: attributes, listeners as functions, children as nodes or text. */
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const number = (value, digits = 0) =>
  Number(value).toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const plural = (count, one, many) => `${number(count)} ${count === 1 ? one : many}`;
const bytes = (count) => {
  const units = ["B", "kB", "MB", "GB"];
  let unit = 0;
  let value = count;
  while (1000 <= value && unit < units.length - 1) { value /= 1000; unit += 1; }
  return `${number(value, unit === 0 ? 0 : 1)} ${units[unit]}`;
};
const milliseconds = (value) => `${number(value, value < 10 ? 2 : value < 100 ? 1 : 0)} ms`;
function ago(seconds) {
  if (!seconds) return "never";
  const passed = Math.max(0, Date.now() / 1000 - seconds);
  for (const [unit, length] of [["day", 86400], ["hour", 3600], ["minute", 60]]) {
    if (length <= passed) return `${plural(Math.floor(passed / length), unit, `${unit}s`)} ago`;
  }
  return "just now";
}

// ---- the server

class Refused extends Error {}

async function call(method, path, body, signal) {
  const headers = {};
  if (body !== undefined) headers["content-type"] = "application/json";
  const token = store.getItem("token");
  if (token) headers.authorization = `Bearer ${token}`;
  const response = await fetch(path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  if (response.status === 401) {
    await askToken();
    return call(method, path, body, signal);
  }
  const text = await response.text();
  let answer;
  try { answer = JSON.parse(text); } catch { answer = { error: text || response.statusText }; }
  if (!response.ok) throw new Refused(answer.error ?? `status ${response.status}`);
  return answer;
}

let askingToken;
function askToken() {
  askingToken ??= new Promise((resolve) => {
    const dialog = $("token-dialog");
    $("token").value = "";
    dialog.showModal();
    dialog.addEventListener("close", () => {
      store.setItem("token", $("token").value.trim());
      askingToken = undefined;
      resolve();
    }, { once: true });
  });
  return askingToken;
}

function say(id, text, isBad = false) {
  const place = $(id);
  place.textContent = text;
  place.classList.toggle("bad", isBad);
}

// ---- theme

const themes = ["auto", "light", "dark"];
function setTheme(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  $("theme").textContent = `Theme: ${theme}`;
  try { localStorage.setItem("theme", theme); } catch { /* private windows may refuse */ }
}
let theme = "auto";
try { theme = themes.includes(localStorage.getItem("theme")) ? localStorage.getItem("theme") : "auto"; } catch { /* as above */ }
setTheme(theme);
$("theme").addEventListener("click", () => {
  theme = themes[(themes.indexOf(theme) + 1) % themes.length];
  setTheme(theme);
});

// ---- views

const views = { ask: () => {}, workspaces: showWorkspaces, learning: showWeights, status: showStatus };
function show() {
  const name = location.hash.slice(1) in views ? location.hash.slice(1) : "ask";
  for (const view of Object.keys(views)) $(`view-${view}`).hidden = view !== name;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.view === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  views[name]();
}
window.addEventListener("hashchange", () => { if (location.hash.slice(1) in views || location.hash === "") show(); });

// ---- asking

const BUDGET_MIN = 250;
const BUDGET_MAX = 64000;
/** The budget at a position of the slider: equal steps multiply. */
function budget() {
  const exact = BUDGET_MIN * (BUDGET_MAX / BUDGET_MIN) ** (Number($("budget").value) / 100);
  const step = 10 ** Math.max(1, Math.floor(Math.log10(exact)) - 1);
  return Math.min(BUDGET_MAX, Math.max(BUDGET_MIN, Math.round(exact / step) * step));
}
function showBudget() {
  const text = `${number(budget())} tokens`;
  $("budget-shown").textContent = text;
  $("budget").setAttribute("aria-valuetext", text);
}

const globs = (id) => $(id).value.split(",").map((glob) => glob.trim()).filter(Boolean);

function request() {
  const body = { query: $("question").value, max_tokens: budget(), objective_style: $("style").value, explain: true };
  if ($("workspace").value) body.workspace_path = $("workspace").value;
  if ($("tokenizer").value) body.tokenizer = $("tokenizer").value;
  if ($("most").value) body.max_documents = Number($("most").value);
  if ($("each").value) body.per_document = Number($("each").value);
  if (globs("include").length) body.include_patterns = globs("include");
  if (globs("exclude").length) body.exclude_patterns = globs("exclude");
  return body;
}

let running;
let timer;
function askSoon(delay) {
  clearTimeout(timer);
  timer = setTimeout(ask, delay);
}

async function ask() {
  clearTimeout(timer);
  running?.abort();
  if (!$("question").value.trim()) {
    say("ask-status", "");
    $("answer").replaceChildren();
    return;
  }
  const mine = new AbortController();
  running = mine;
  say("ask-status", "Looking …");
  try {
    const body = request();
    const answer = await call("POST", "/api/v1/context/baseline", body, mine.signal);
    if (running !== mine) return;
    render(answer, body);
  } catch (error) {
    if (error.name === "AbortError") return;
    say("ask-status", error.message, true);
  }
}

/** The words of a question that are worth showing in a text, longest first. */
function words(question) {
  const found = question.match(/[\p{L}\p{N}_]{3,}/gu) ?? [];
  const parts = found.flatMap((word) => [word, ...word.split(/_|(?<=[a-z0-9])(?=[A-Z])/)]);
  const dull = new Set(["the", "and", "how", "are", "what", "where", "which", "for", "with", "does", "that", "this", "from", "into", "when", "why", "who", "can", "has", "have", "not", "was", "were", "will", "its"]);
  const good = [...new Set(parts.map((word) => word.toLowerCase()))].filter((word) => 3 <= word.length && !dull.has(word));
  return good.sort((a, b) => b.length - a.length);
}

/** A text with the words in it marked. */
function marked(text, pattern) {
  if (!pattern) return [text];
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    nodes.push(text.slice(end, match.index), h("mark", {}, match[0]));
    end = match.index + match[0].length;
  }
  nodes.push(text.slice(end));
  return nodes;
}

const FEATURES = ["relevance", "recency", "entanglement", "prior", "authority", "specificity", "uncertainty"];

/** The seven features as bars, with the numbers for who cannot see them. */
function chart(features) {
  const title = FEATURES.map((name) => `${name} ${number(features[name], 2)}`).join(", ");
  const picture = svg("svg", { width: 196, height: FEATURES.length * 11, role: "img", "aria-label": title }, svg("title", {}));
  picture.firstChild.textContent = title;
  FEATURES.forEach((name, at) => {
    const text = svg("text", { x: 70, y: at * 11 + 9, "text-anchor": "end" });
    text.textContent = name;
    picture.append(
      text,
      svg("rect", { class: "base", x: 76, y: at * 11 + 2, width: 120, height: 7, rx: 3 }),
      svg("rect", { class: name === "uncertainty" ? "minus" : "value", x: 76, y: at * 11 + 2, width: Math.max(0, Math.min(1, features[name])) * 120, height: 7, rx: 3 }),
    );
  });
  return h("div", { class: "chart" }, picture);
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Copying was refused";
  }
  setTimeout(() => { button.textContent = button.dataset.label; }, 1500);
}
function copyButton(label, text) {
  const button = h("button", { type: "button", class: "small", "data-label": label, click: () => copy(text, button) }, label);
  return button;
}

async function judge(passage, body, isAccepted, buttons) {
  const id = `${passage.id}:${passage.start_line}-${passage.end_line}`;
  const judgement = { query: body.query, accepted_docs: isAccepted ? [id] : [], rejected_docs: isAccepted ? [] : [id] };
  if (passage.root) judgement.workspace_path = passage.root;
  try {
    await call("POST", "/api/v1/weights/update", judgement);
    buttons.forEach((button) => button.setAttribute("aria-pressed", String((button.textContent === "Accept") === isAccepted)));
    say("ask-status", `${isAccepted ? "Accepted" : "Rejected"} ${id}; see Learning.`);
  } catch (error) {
    say("ask-status", error.message, true);
  }
}

function passageCard(passage, at, pattern, body) {
  const place = `${passage.path}:${passage.start_line}-${passage.end_line}`;
  const lines = passage.content.replace(/\n$/, "").split("\n");
  const buttons = [];
  for (const word of ["Accept", "Reject"]) {
    buttons.push(h("button", { type: "button", class: "small", "aria-pressed": "false", "aria-label": `${word}: ${place}`, click: () => judge(passage, body, word === "Accept", buttons) }, word));
  }
  const meta = [`${number(passage.tokens)} tokens`, `utility ${number(passage.score, 3)}`, passage.language];
  if (passage.breadcrumb) meta.push(passage.breadcrumb);
  return h("article", { class: "card passage", id: `passage-${at}`, tabindex: "-1", "aria-label": place },
    h("header", {},
      h("h2", {}, place),
      h("div", { class: "meta" }, meta.join(" · "), h("div", { class: "actions" }, copyButton("Copy", passage.content), ...buttons)),
      chart(passage.features)),
    h("pre", { class: "code", tabindex: "0", "aria-label": `Text of ${place}` },
      h("ol", {}, lines.map((line, offset) => h("li", { "data-line": passage.start_line + offset }, h("span", {}, ...marked(line, pattern)))))));
}

function proof(answer) {
  const solver = answer.smt_metrics;
  const words = { optimal: ["Proven optimal", ""], gap: [`At most ${number(solver.gap * 100, 2)} % below the best`, "warn"], infeasible: ["Nothing fulfils these limits", "bad"] };
  const [text, kind] = words[solver.status];
  const fact = (name, value) => h("span", { class: "fact" }, `${name} `, h("b", {}, value));
  return h("div", { class: "proof", id: "proof" },
    h("span", { class: `badge ${kind}` }, text),
    fact("objective", number(solver.objective, 4)),
    fact("bound", number(solver.upper_bound, 4)),
    fact("gap", `${number(solver.gap * 100, 2)} %`),
    fact("candidates", number(solver.k_candidates)),
    fact("pairs", number(solver.pairs_count)),
    fact("solved in", milliseconds(solver.solve_time_ms)),
    fact("answered in", milliseconds(answer.timings.total_ms)),
    answer.cache_hit ? h("span", { class: "badge" }, "from memory") : null);
}

function budgetBar(answer) {
  const segments = answer.documents.map((passage, at) => {
    const place = `${passage.path}:${passage.start_line}-${passage.end_line}`;
    const link = h("a", { href: `#passage-${at}`, title: `${place}: ${number(passage.tokens)} tokens`, "aria-label": `${place}, ${number(passage.tokens)} tokens`,
      click: (event) => { event.preventDefault(); $(`passage-${at}`).scrollIntoView(); $(`passage-${at}`).focus({ preventScroll: true }); } });
    link.style.width = `${(100 * passage.tokens) / Math.max(1, answer.budget_tokens)}%`;
    return link;
  });
  const used = (100 * answer.total_tokens) / Math.max(1, answer.budget_tokens);
  return h("div", { class: "budget" },
    h("div", { class: "bar", role: "group", "aria-label": "What each passage costs of the budget" }, segments),
    h("div", { class: "quiet" }, `${number(answer.total_tokens)} of ${number(answer.budget_tokens)} tokens (${number(used, 1)} %), counted by ${answer.tokenizer.name}${answer.tokenizer.exact ? "" : ", an estimate"}`));
}

function comparison(methods) {
  const best = Math.max(...methods.map((method) => method.objective), 1e-9);
  const names = { optimal: "optimal", greedy: "greedy", "top-k": "by utility until full", bm25: "by BM25 until full" };
  const rows = methods.map((method) => {
    const fill = h("i");
    fill.style.width = `${Math.max(0, (100 * method.objective) / best)}%`;
    return h("tr", {},
      h("th", { scope: "row" }, names[method.method] ?? method.method),
      h("td", {}, h("div", { class: `spark ${method.method === "optimal" ? "" : "other"}`, "aria-hidden": "true" }, fill)),
      h("td", { class: "num" }, `${number((100 * method.objective) / best, 2)} %`),
      h("td", { class: "num" }, number(method.tokens)),
      h("td", { class: "num" }, `${number(method.shared)} of ${number(method.passages.length)}`));
  });
  return h("details", { open: true }, h("summary", {}, "Beside other ways to choose"),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Comparison" },
      h("table", { id: "comparison" },
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "choice"), h("th", { scope: "col" }, "objective"), h("th", { scope: "col", class: "num" }, "of optimal"), h("th", { scope: "col", class: "num" }, "tokens"), h("th", { scope: "col", class: "num" }, "shared"))),
        h("tbody", {}, rows))));
}

const REASONS = { excluded: "you excluded it", "too-large": "larger than the budget", "no-room": "no room beside better ones", "count-cap": "enough passages", "document-cap": "enough of this file", "no-gain": "adds nothing new", style: "the style prefers others" };

function leftOut(list) {
  if (!list?.length) return null;
  const rows = list.slice(0, 100).map((each) => h("tr", {},
    h("td", { class: "path" }, each.passage), h("td", { class: "num" }, number(each.tokens)), h("td", { class: "num" }, number(each.score, 3)), h("td", {}, REASONS[each.reason] ?? each.reason)));
  const more = rows.length < list.length ? h("p", { class: "quiet" }, `and ${number(list.length - rows.length)} more`) : null;
  return h("details", { id: "left-out" }, h("summary", {}, `Left out: ${plural(list.length, "candidate", "candidates")}`),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Left out" },
      h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "passage"), h("th", { scope: "col", class: "num" }, "tokens"), h("th", { scope: "col", class: "num" }, "utility"), h("th", { scope: "col" }, "why"))), h("tbody", {}, rows))), more);
}

function render(answer, body) {
  const found = answer.documents.length;
  const files = new Set(answer.documents.map((passage) => `${passage.root}/${passage.path}`)).size;
  say("ask-status", found
    ? `${plural(found, "passage", "passages")} of ${plural(files, "file", "files")}, chosen among ${plural(answer.smt_metrics.k_candidates, "candidate", "candidates")} in ${plural(answer.searched_documents, "document", "documents")}.${answer.message ? ` ${answer.message}` : ""}`
    : answer.message ?? "Nothing was found.");
  const terms = words(body.query);
  const pattern = terms.length ? new RegExp(terms.map((term) => term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|"), "giu") : null;
  const parts = found ? [
    h("div", { class: "card" }, proof(answer), budgetBar(answer), comparison(answer.comparison),
      leftOut(answer.left_out), h("div", { class: "row" }, copyButton("Copy the whole context", answer.context))),
    ...answer.documents.map((passage, at) => passageCard(passage, at, pattern, body)),
  ] : [];
  $("answer").replaceChildren(...parts);
}

$("ask-form").addEventListener("submit", (event) => { event.preventDefault(); ask(); });
$("question").addEventListener("input", () => askSoon(350));
$("question").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); ask(); }
});
$("budget").addEventListener("input", () => { showBudget(); askSoon(120); });
for (const id of ["workspace", "style", "tokenizer", "most", "each", "include", "exclude"]) $(id).addEventListener("change", () => askSoon(0));

async function fillWorkspaces() {
  try {
    const { workspaces } = await call("GET", "/api/v1/workspaces");
    const chosen = $("workspace").value;
    const defaults = workspaces.filter((each) => each.is_default).map((each) => each.root.split("/").pop());
    const options = workspaces.filter((each) => each.root_exists && !each.problem)
      .map((each) => h("option", { value: each.root }, each.root));
    $("workspace").replaceChildren(h("option", { value: "" }, defaults.length ? `Default (${defaults.join(", ")})` : "Default"), ...options);
    $("workspace").value = chosen;
  } catch (error) {
    say("ask-status", error.message, true);
  }
}

// ---- workspaces

async function showWorkspaces() {
  say("workspaces-status", "Looking …");
  try {
    const { workspaces } = await call("GET", "/api/v1/workspaces");
    $("workspaces-list").replaceChildren(...workspaces.map(workspaceCard));
    say("workspaces-status", workspaces.length ? plural(workspaces.length, "workspace", "workspaces") : "Nothing is indexed yet.");
  } catch (error) {
    say("workspaces-status", error.message, true);
  }
}

function facts(pairs) {
  return h("dl", {}, pairs.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

function workspaceCard(workspace) {
  const details = h("div", {}, facts([["documents", number(workspace.documents ?? 0)], ["written", ago(workspace.indexed_s)]]));
  const bar = h("progress", { hidden: true, "aria-label": `Indexing ${workspace.root}` });
  const said = h("p", { class: "quiet", role: "status" }, workspace.problem ?? (workspace.root_exists ? "" : "The folder is gone."));
  const card = h("li", {},
    h("h2", { class: "path" }, workspace.root), details, bar, said,
    h("div", { class: "row" },
      h("button", { type: "button", class: "small", "aria-label": `Index again: ${workspace.root}`, click: () => reindex(workspace.root, bar, said) }, "Index again"),
      h("button", { type: "button", class: "small danger", "aria-label": `Forget: ${workspace.root}`, click: () => forget(workspace) }, "Forget")));
  if (!workspace.problem && workspace.root_exists) fillDetails(workspace, details);
  return card;
}

async function fillDetails(workspace, place) {
  try {
    const status = await call("GET", `/api/v1/workspaces/${workspace.id}`);
    const fresh = status.freshness;
    const changes = [["changed", fresh.changed], ["new", fresh.new], ["deleted", fresh.deleted]].filter(([, count]) => count).map(([name, count]) => `${number(count)} ${name}`);
    place.replaceChildren(facts([
      ["documents", `${number(status.documents)}, ${number(status.passages)} passages`],
      ["fresh", fresh.fresh ? "yes" : `no: ${changes.join(", ")}; the next question reads them`],
      ["written", ago(status.indexed_s)],
      ["text", bytes(status.text_bytes)],
      ["index", bytes(status.database_bytes + status.index_bytes)],
      ["languages", status.languages.slice(0, 5).map((each) => `${each.name} ${number(each.count)}`).join(", ")],
    ]));
  } catch (error) {
    place.append(h("p", { class: "status bad" }, error.message));
  }
}

async function reindex(root, bar, said) {
  try {
    bar.hidden = false;
    bar.removeAttribute("value");
    let job = await call("POST", "/api/v1/documents/workspace", { path: root, wait: false });
    while (job.state === "running") {
      if (job.total) { bar.max = job.total; bar.value = job.done; }
      said.textContent = job.total ? `${job.stage}: ${number(job.done)} of ${number(job.total)}` : job.stage;
      await new Promise((resolve) => setTimeout(resolve, 200));
      job = await call("GET", `/api/v1/jobs/${job.job}`);
    }
    if (job.state === "failed") throw new Refused(job.error);
    bar.hidden = true;
    said.textContent = `Indexed ${plural(job.indexed_files, "file", "files")} of ${number(job.scanned_files)} in ${milliseconds(job.took_ms)}.`;
    fillWorkspaces();
    return true;
  } catch (error) {
    bar.hidden = true;
    said.textContent = error.message;
    said.classList.add("bad");
    return false;
  }
}

function forget(workspace) {
  const dialog = $("confirm-dialog");
  $("confirm-title").textContent = "Delete this index?";
  $("confirm-text").textContent = `The index of ${workspace.root} is deleted. The files are not touched.`;
  dialog.returnValue = "no";
  dialog.showModal();
  dialog.addEventListener("close", async () => {
    if (dialog.returnValue !== "yes") return;
    try {
      await call("DELETE", `/api/v1/workspaces/${workspace.id}`);
      await showWorkspaces();
      await fillWorkspaces();
    } catch (error) {
      say("workspaces-status", error.message, true);
    }
  }, { once: true });
}

$("index-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const bar = h("progress", { "aria-label": `Indexing ${$("folder").value}` });
  const said = h("p", { class: "quiet", role: "status" });
  const card = h("li", {}, h("h2", { class: "path" }, $("folder").value), bar, said);
  $("workspaces-list").prepend(card);
  if (await reindex($("folder").value, bar, said)) await showWorkspaces();
});

// ---- learning

async function showWeights() {
  try {
    const scope = $("workspace").value ? `?workspace_path=${encodeURIComponent($("workspace").value)}` : "";
    const learned = await call("GET", `/api/v1/weights${scope}`);
    const rows = Object.entries(learned.weights).map(([name, weight]) => {
      const fill = h("i");
      fill.style.width = `${Math.min(100, 100 * weight)}%`;
      return h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, h("div", { class: "spark", "aria-hidden": "true" }, fill)),
        h("td", { class: "num" }, number(weight, 4)), h("td", { class: "num" }, number(learned.defaults[name], 4)));
    });
    const change = (path) => async () => {
      try {
        await call("POST", path, $("workspace").value ? { workspace_path: $("workspace").value } : {});
        await showWeights();
      } catch (error) {
        say("learning-status", error.message, true);
      }
    };
    $("weights").replaceChildren(
      h("div", { class: "card scroll", tabindex: "0", role: "region", "aria-label": "Weights" },
        h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "feature"), h("th", { scope: "col" }, "weight"), h("th", { scope: "col", class: "num" }, "now"), h("th", { scope: "col", class: "num" }, "default"))), h("tbody", {}, rows)),
        h("div", { class: "row" },
          h("button", { type: "button", class: "small", disabled: learned.updates === 0, click: change("/api/v1/weights/undo") }, "Undo the last"),
          h("button", { type: "button", class: "small danger", disabled: learned.updates === 0, click: change("/api/v1/weights/reset") }, "Reset"))));
    say("learning-status", `${plural(learned.updates, "judgement", "judgements")}: ${plural(learned.accepted, "passage", "passages")} accepted, ${number(learned.rejected)} rejected.`);
  } catch (error) {
    say("learning-status", error.message, true);
  }
}

// ---- status

async function showStatus() {
  say("status-status", "Looking …");
  try {
    const [health, storage, cache, solver] = await Promise.all(["/health", "/api/v1/storage/info", "/api/v1/cache/stats", "/api/v1/smt/stats"].map((path) => call("GET", path)));
    const card = (title, pairs) => h("section", {}, h("h2", {}, title), facts(pairs));
    $("facts").replaceChildren(
      card("Server", [["version", health.version], ["state", health.status], ["runs for", plural(Math.floor(health.uptime_s / 60), "minute", "minutes")], ["documents", health.database.documents_indexed]]),
      card("Storage", [["database", storage.database_path || "none yet"], ["databases", bytes(storage.database_size)], ["full-text indexes", bytes(storage.index_size)], ["text", bytes(storage.text_bytes)], ["written", ago(storage.last_update)]]),
      card("Solver", [["solved", number(solver.solves)], ["proven", `${number(solver.proven_share * 100, 1)} %`], ["mean gap", `${number(solver.mean_gap * 100, 3)} %`], ["median", milliseconds(solver.p50_ms)], ["99 %", milliseconds(solver.p99_ms)]]),
      card("Kept answers", [["from memory", `${number(cache.hits)} of ${number(cache.hits + cache.misses)}`], ["kept", number(cache.entries)], ["size", `${bytes(cache.size_bytes)} of ${bytes(cache.max_bytes)}`]]));
    say("status-status", health.problems?.length ? health.problems.join("; ") : "All is well.", Boolean(health.problems?.length));
  } catch (error) {
    say("status-status", error.message, true);
  }
}

showBudget();
show();
fillWorkspaces();
const asked = new URLSearchParams(location.search).get("q");
if (asked) { $("question").value = asked; ask(); }
