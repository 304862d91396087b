// What models get from the extension, which no editor without an account can show: the tool and the
// MCP server. The packed extension runs here with a stand-in for the editor's interface.
//
//   EXTENSION   the unpacked extension            PROJECT   a repository
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import Module, { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const { EXTENSION, PROJECT } = process.env;
const manifest = JSON.parse(readFileSync(join(EXTENSION, "package.json"), "utf8"));
const program = join(EXTENSION, "bin", "contextlite");
const home = mkdtempSync(join(tmpdir(), "contextlite-models-"));
process.env.XDG_DATA_HOME = join(home, "data");

const nothing = () => ({ dispose() {} });
const configured = manifest.contributes.configuration.properties;
const offered = { tools: {}, mcp: {} };

class Disposable {
  static from(...all) {
    return new Disposable(() => all.forEach((each) => each.dispose()));
  }
  constructor(act) {
    this.dispose = act;
  }
}

class EventEmitter {
  event = nothing;
  fire() {}
  dispose() {}
}

/** As much of the editor's interface as the extension uses when it is activated. */
function editor({ isTrusted = true, isNew = true } = {}) {
  const item = () => ({ show() {}, hide() {}, dispose() {} });
  const newer = {
    McpStdioServerDefinition: class {
      constructor(...given) {
        this.given = given;
      }
    },
  };
  return {
    ...(isNew ? newer : {}),
    Disposable,
    EventEmitter,
    ThemeColor: class {},
    StatusBarAlignment: {},
    Uri: { joinPath: (base, ...parts) => ({ fsPath: join(base.fsPath, ...parts) }) },
    LanguageModelToolResult: class {
      constructor(content) {
        this.content = content;
      }
    },
    LanguageModelTextPart: class {
      constructor(value) {
        this.value = value;
      }
    },
    commands: { registerCommand: nothing, executeCommand: async () => undefined },
    lm: {
      registerTool: (name, tool) => ((offered.tools[name] = tool), nothing()),
      ...(isNew
        ? {
            registerMcpServerDefinitionProvider: (id, provider) => (
              (offered.mcp[id] = provider),
              nothing()
            ),
          }
        : {}),
    },
    window: {
      createOutputChannel: () => ({ info() {}, error() {}, dispose() {} }),
      createTreeView: item,
      createStatusBarItem: item,
      createTextEditorDecorationType: item,
      onDidChangeTextEditorSelection: nothing,
    },
    workspace: {
      isTrusted,
      workspaceFolders: [{ uri: { scheme: "file", fsPath: PROJECT } }],
      onDidChangeWorkspaceFolders: nothing,
      onDidChangeConfiguration: nothing,
      onDidSaveTextDocument: nothing,
      onDidGrantWorkspaceTrust: nothing,
      getConfiguration: () => ({
        get: (name, otherwise) => configured[`contextlite.${name}`]?.default ?? otherwise,
      }),
    },
  };
}

/** Activates the extension anew in an editor, and returns what ends it. */
function activate(vscode) {
  offered.tools = {};
  offered.mcp = {};
  const load = Module._load;
  Module._load = (name, ...rest) => (name === "vscode" ? vscode : load(name, ...rest));
  const require = createRequire(import.meta.url);
  const path = join(EXTENSION, manifest.main);
  delete require.cache[path];
  const extension = require(path);
  Module._load = load;
  const context = {
    subscriptions: [],
    extensionUri: { fsPath: EXTENSION },
    extension: { packageJSON: manifest },
    secrets: { get: async () => undefined },
  };
  extension.activate(context);
  return async () => {
    await extension.deactivate();
    context.subscriptions.forEach((each) => each.dispose());
  };
}

after(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));

const cancellation = { onCancellationRequested: nothing };

test("a model gets the text of the command line, within its own budget too", async () => {
  const stop = activate(editor());
  const [{ name, inputSchema }] = manifest.contributes.languageModelTools;
  assert.deepEqual(Object.keys(offered.tools), [name]);
  const question = "how is the upper bound computed";
  const printed = (budget) =>
    execFileSync(program, ["context", question, "--root", PROJECT, "--budget", `${budget}`], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  const ask = async (input, tokenBudget) => {
    const tokenizationOptions = tokenBudget === undefined ? undefined : { tokenBudget };
    const tool = offered.tools[name];
    const { content } = await tool.invoke({ input, tokenizationOptions }, cancellation);
    return content.map(({ value }) => value).join("");
  };
  assert.equal(await ask({ question }), printed(configured["contextlite.budget"].default));
  assert.equal(await ask({ question, max_tokens: 900 }), printed(900));
  assert.equal(await ask({ question, max_tokens: 900 }, 400), printed(400));
  const filtered = await ask({ question, include_patterns: ["Cargo.toml"] });
  assert.ok(!filtered.includes(".rs:"), filtered);
  assert.deepEqual(inputSchema.required, ["question"]);
  await stop();
});

test("agents of a newer editor are offered the program as an MCP server", async () => {
  const stop = activate(editor());
  const [{ id }] = manifest.contributes.mcpServerDefinitionProviders;
  assert.deepEqual(Object.keys(offered.mcp), [id]);
  const [{ given }] = offered.mcp[id].provideMcpServerDefinitions();
  const { version } = manifest;
  assert.deepEqual(given, ["ContextLite", program, ["mcp", "--root", PROJECT], {}, version]);
  await stop();
});

test("without trust nothing is offered, and nothing runs", async () => {
  const stop = activate(editor({ isTrusted: false }));
  const [provider] = Object.values(offered.mcp);
  assert.deepEqual(provider.provideMcpServerDefinitions(), []);
  const [tool] = Object.values(offered.tools);
  const input = { question: "x" };
  await assert.rejects(tool.invoke({ input }, cancellation), /until you trust this workspace/);
  await stop();
});

test("an older editor is fine", async () => {
  const stop = activate(editor({ isNew: false }));
  assert.deepEqual(offered.mcp, {});
  await stop();
});
