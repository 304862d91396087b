/** What a person can do, one function each. */

import { basename } from "node:path";
import * as vscode from "vscode";
import type { ContextAnswer, Passage } from "../../../clients/node/src/index.js";
import type { PassageEditor } from "./editor.js";
import { ask, promptOf } from "./question.js";
import { Refusal, type Server, folders } from "./server.js";
import { type StatusBar, workspacesOf } from "./status.js";
import { type PassagesView, type Verdict, citationOf } from "./view.js";

/** The longest selection that is taken as a question: an issue with a long stack trace. */
const SELECTION_CHARS_MAX = 20_000;

/** Everything that commands work with. */
export interface Parts {
  server: Server;
  view: PassagesView;
  editor: PassageEditor;
  status: StatusBar;
  log: vscode.LogOutputChannel;
}

/** Registers the commands; a failure of one is shown, with what can be done about it. */
export function registerCommands(parts: Parts): vscode.Disposable {
  const commands: Record<string, (...given: never[]) => unknown> = {
    ask: (question?: string) => askForContext(parts, question),
    askSelection: () => askForSelection(parts),
    copyPrompt: () => copyPrompt(parts),
    insertPrompt: () => insertPrompt(parts),
    clear: () => parts.view.show(undefined),
    indexWorkspace: () => indexWorkspace(parts),
    status: () => showStatus(parts),
    openUI: () => openPage(parts),
    start: () => parts.server.client(),
    stop: () => parts.server.stop(),
    showLog: () => parts.log.show(),
    openPassage: (passage: Passage) => parts.editor.open(passage),
    copyCitation: (passage: Passage) => vscode.env.clipboard.writeText(citationOf(passage)),
    accept: (passage: Passage) => judge(parts, passage, "accepted"),
    reject: (passage: Passage) => judge(parts, passage, "rejected"),
  };
  const registered = Object.entries(commands).map(([name, act]) =>
    vscode.commands.registerCommand(`contextlite.${name}`, async (...given: never[]) => {
      try {
        return await act(...given);
      } catch (error) {
        parts.status.lookSoon();
        await showFailure(error, parts.log);
        return undefined;
      }
    }),
  );
  return vscode.Disposable.from(...registered);
}

/** Asks, shows the passages, and returns the answer, for whoever calls the command. */
async function askForContext(parts: Parts, given?: string): Promise<ContextAnswer | undefined> {
  const client = await parts.server.client();
  const question = (given ?? (await askPerson(parts.view.answer?.query)))?.trim();
  if (!question) return undefined;
  parts.status.busy("ContextLite");
  const where = { location: { viewId: "contextlite.passages" }, title: "Asking" };
  const answer = await vscode.window.withProgress(where, (_, cancellation) =>
    ask(client, question, {}, cancellation),
  );
  parts.view.show(answer);
  await parts.view.reveal();
  parts.status.lookSoon(0);
  return answer;
}

function askPerson(last?: string): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title: "ContextLite: which passages should a model read?",
    prompt: "Plain words, an identifier, a path, a stack trace, an issue",
    placeHolder: "How are retries done?",
    value: last ?? "",
    ignoreFocusOut: true,
  });
}

async function askForSelection(parts: Parts): Promise<ContextAnswer | undefined> {
  const editor = vscode.window.activeTextEditor;
  const selected = editor?.document.getText(editor.selection).slice(0, SELECTION_CHARS_MAX);
  return askForContext(parts, selected || undefined);
}

/** The answer that is shown, asked for if there is none. */
async function answerOf(parts: Parts): Promise<ContextAnswer | undefined> {
  return parts.view.answer ?? (await askForContext(parts));
}

async function copyPrompt(parts: Parts): Promise<void> {
  const answer = await answerOf(parts);
  if (!answer) return;
  await vscode.env.clipboard.writeText(promptOf(answer));
  const tokens = answer.total_tokens.toLocaleString("en");
  vscode.window.setStatusBarMessage(`$(copy) ${tokens} tokens of context copied`, 4000);
}

async function insertPrompt(parts: Parts): Promise<void> {
  const answer = await answerOf(parts);
  if (!answer) return;
  const text = promptOf(answer);
  const editor = vscode.window.activeTextEditor;
  if (editor) {
    await editor.edit((edit) => edit.replace(editor.selection, text));
    return;
  }
  const document = await vscode.workspace.openTextDocument({ content: text, language: "markdown" });
  await vscode.window.showTextDocument(document);
}

async function indexWorkspace(parts: Parts): Promise<void> {
  const client = await parts.server.client();
  const location = vscode.ProgressLocation.Notification;
  const options = { location, title: "ContextLite: indexing", cancellable: true };
  const indexed: string[] = [];
  await vscode.window.withProgress(options, async (progress, cancellation) => {
    const abort = new AbortController();
    cancellation.onCancellationRequested(() => abort.abort());
    for (const root of folders()) {
      let shown = 0;
      const run = await client.indexWorkspace(root, {
        signal: abort.signal,
        onProgress: ({ stage, done, total }) => {
          const percent = total === 0 ? 0 : (100 * done) / total;
          const message = total === 0 ? (stage ?? "") : `${done} of ${total} files`;
          progress.report({ message, increment: Math.max(0, percent - shown) });
          shown = Math.max(shown, percent);
        },
      });
      indexed.push(`${run.documents} documents, ${run.indexed_files} of them new or changed`);
    }
  });
  parts.status.lookSoon(0);
  void vscode.window.showInformationMessage(`ContextLite: ${indexed.join("; ")}.`);
}

async function showStatus(parts: Parts): Promise<void> {
  const client = await parts.server.client();
  const [health, states] = await Promise.all([client.health(), workspacesOf(client)]);
  type Entry = vscode.QuickPickItem & { command?: string };
  const entries: Entry[] = states.map((state) => {
    const { fresh, changed, new: added, deleted } = state.freshness;
    const megabytes = ((state.database_bytes + state.index_bytes) / 1e6).toFixed(1);
    return {
      label: `$(${fresh ? "pass" : "history"}) ${basename(state.root)}`,
      description: fresh ? "fresh" : `${changed} changed, ${added} new, ${deleted} deleted`,
      detail: `${state.documents} documents, ${state.passages} passages, ${megabytes} MB on the disk`,
    };
  });
  if (states.length === 0) entries.push({ label: "$(info) Nothing is indexed yet" });
  entries.push(
    {
      label: `$(server) ${client.url}`,
      description: `version ${health.version}, ${health.status}`,
      detail:
        client.pid === undefined
          ? "started by somebody else"
          : `process ${client.pid} of this window`,
    },
    { label: "Actions", kind: vscode.QuickPickItemKind.Separator },
    { label: "$(refresh) Index Workspace", command: "contextlite.indexWorkspace" },
    { label: "$(globe) Open the Page", command: "contextlite.openUI" },
    { label: "$(output) Show Log", command: "contextlite.showLog" },
    { label: "$(debug-stop) Stop Server", command: "contextlite.stop" },
  );
  parts.status.lookSoon(0);
  const title = "ContextLite: status";
  const chosen = await vscode.window.showQuickPick(entries, { title, matchOnDetail: true });
  if (chosen?.command) await vscode.commands.executeCommand(chosen.command);
}

/** Opens the server's page; the token that it asks for is in the clipboard, never in an address. */
async function openPage(parts: Parts): Promise<void> {
  const client = await parts.server.client();
  if (client.token !== undefined) {
    await vscode.env.clipboard.writeText(client.token);
    void vscode.window.showInformationMessage(
      "ContextLite: the page asks for the token of this window's server. It is in your clipboard: paste it there.",
    );
  }
  const address = await vscode.env.asExternalUri(vscode.Uri.parse(client.url));
  await vscode.env.openExternal(address);
}

async function judge(parts: Parts, passage: Passage, verdict: Verdict): Promise<void> {
  const question = parts.view.answer?.query;
  if (question === undefined) return;
  const client = await parts.server.client();
  const options = passage.root === "" ? {} : { workspace_path: passage.root };
  await client.feedback(question, { [verdict]: [citationOf(passage)] }, options);
  parts.view.judge(passage, verdict);
}

async function showFailure(error: unknown, log: vscode.LogOutputChannel): Promise<void> {
  if (error instanceof Error && error.name === "AbortError") return;
  const message = error instanceof Error ? error.message : String(error);
  log.error(error instanceof Error ? (error.stack ?? message) : message);
  const action =
    error instanceof Refusal ? error.action : { title: "Show Log", command: "contextlite.showLog" };
  const choices = action ? [action.title] : [];
  const chosen = await (error instanceof Refusal
    ? vscode.window.showWarningMessage(message, ...choices)
    : vscode.window.showErrorMessage(`ContextLite: ${message}`, ...choices));
  if (action && chosen) await vscode.commands.executeCommand(action.command);
}
