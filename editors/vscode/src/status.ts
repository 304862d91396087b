/**
 * The status bar: how fresh the index is.
 *
 * It is there once ContextLite is in use. Freshness is measured, which takes a look at every file,
 * so it is asked for after an answer and after a file was saved, not more often than every few
 * seconds, and only of a server that runs.
 */

import * as vscode from "vscode";
import type { ContextLite, WorkspaceStatus } from "../../../clients/node/src/index.js";
import type { Server } from "./server.js";
import { settings } from "./settings.js";

/** Between two looks. */
const LOOK_MS_MIN = 3000;

export class StatusBar implements vscode.Disposable {
  readonly #server: Server;
  readonly #item = vscode.window.createStatusBarItem(
    "contextlite.freshness",
    vscode.StatusBarAlignment.Right,
    90,
  );
  readonly #listening: vscode.Disposable;
  #timer: NodeJS.Timeout | undefined;

  constructor(server: Server) {
    this.#server = server;
    this.#item.name = "ContextLite";
    this.#item.command = "contextlite.status";
    this.#listening = vscode.Disposable.from(
      server.onDidChange(() => this.lookSoon()),
      vscode.workspace.onDidSaveTextDocument(() => this.lookSoon()),
      vscode.workspace.onDidChangeConfiguration(() => this.lookSoon()),
    );
    this.#show("$(list-selection) ContextLite", "ContextLite: not used in this window yet");
  }

  /** Says that something takes a while. */
  busy(text: string): void {
    this.#show(`$(sync~spin) ${text}`, `ContextLite: ${text}`);
  }

  /** Looks, a little later and once for all who ask. */
  lookSoon(delayMs = LOOK_MS_MIN): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.look().catch(() => this.#show("$(warning) ContextLite", "ContextLite: no answer"));
    }, delayMs);
  }

  /** Looks now. */
  async look(): Promise<void> {
    const client = await this.#server.running();
    if (!client)
      return this.#show("$(circle-outline) ContextLite", "ContextLite: the server does not run");
    const states = await workspacesOf(client);
    if (states.length === 0)
      return this.#show("$(list-selection) ContextLite", "ContextLite: nothing is indexed yet");
    const stale = states.map(
      ({ freshness }) => freshness.changed + freshness.new + freshness.deleted,
    );
    const changes = stale.reduce((sum, count) => sum + count, 0);
    const documents = states.reduce((sum, each) => sum + each.documents, 0).toLocaleString("en");
    if (changes === 0) {
      this.#show("$(pass) ContextLite", `ContextLite: ${documents} documents, the index is fresh`);
    } else {
      const files = `${changes} ${changes === 1 ? "file" : "files"} changed`;
      this.#show(
        `$(history) ContextLite: ${files}`,
        `${files}; they are indexed before the next answer`,
      );
    }
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#listening.dispose();
    this.#item.dispose();
  }

  #show(text: string, tooltip: string): void {
    this.#item.text = text;
    this.#item.tooltip = tooltip;
    if (settings().statusBar) this.#item.show();
    else this.#item.hide();
  }
}

/** The workspaces that the server answers about if a question names none, each measured now. */
export async function workspacesOf(client: ContextLite): Promise<WorkspaceStatus[]> {
  const { workspaces } = await client.workspaces();
  const own = workspaces.filter((each) => each.is_default);
  return Promise.all(own.map(({ id }) => client.workspace(id)));
}
