/**
 * The server of this window: started by the first question, never before, and gone with the window.
 *
 * It is a private one of the client for Node, about the folders of the workspace. It starts anew
 * when the folders or the settings change, and after it was lost, but only as often as a person
 * asks: nothing here tries again by itself.
 */

import { accessSync, chmodSync, constants } from "node:fs";
import * as vscode from "vscode";
import { ContextLite, ServerError } from "../../../clients/node/src/index.js";
import { concernsServer, settings } from "./settings.js";

/** What a person can do something about; its message is shown as it is. */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly action?: { title: string; command: string },
  ) {
    super(message);
  }
}

export class Server implements vscode.Disposable {
  readonly #context: vscode.ExtensionContext;
  readonly #log: vscode.LogOutputChannel;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #watching: vscode.Disposable;
  #client: Promise<ContextLite> | undefined;

  /** The server began or ended. */
  readonly onDidChange = this.#changed.event;

  constructor(context: vscode.ExtensionContext, log: vscode.LogOutputChannel) {
    this.#context = context;
    this.#log = log;
    this.#watching = vscode.Disposable.from(
      this.#changed,
      vscode.workspace.onDidChangeWorkspaceFolders(() => void this.stop()),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (concernsServer(change)) void this.stop();
      }),
    );
  }

  /** The program: the one that the settings name, else the one inside the extension. */
  get binary(): string {
    const named = settings().binaryPath;
    if (named) return named;
    const program = process.platform === "win32" ? "contextlite.exe" : "contextlite";
    const path = vscode.Uri.joinPath(this.#context.extensionUri, "bin", program).fsPath;
    try {
      accessSync(path, constants.X_OK);
    } catch {
      // Some installers unpack without the right to be run.
      try {
        chmodSync(path, 0o755);
      } catch (error) {
        throw new Refusal(`This extension has no program for this machine: ${String(error)}`);
      }
    }
    return path;
  }

  /** The server if it runs. */
  async running(): Promise<ContextLite | undefined> {
    const client = await this.#client?.catch(() => undefined);
    return client?.isRunning ? client : undefined;
  }

  /** The server; it is started if it does not run. */
  async client(): Promise<ContextLite> {
    if (!vscode.workspace.isTrusted) {
      const trust = { title: "Manage Trust", command: "workbench.trust.manage" };
      throw new Refusal("ContextLite does nothing until you trust this workspace.", trust);
    }
    if (folders().length === 0) {
      const open = { title: "Open Folder", command: "vscode.openFolder" };
      throw new Refusal("Open a folder to ask about it.", open);
    }
    const running = await this.running();
    if (running) return running;
    // Two that ask at once share one start.
    const begun = this.#start().catch((error: unknown) => {
      if (this.#client === begun) this.#client = undefined;
      throw error;
    });
    this.#client = begun;
    const client = await begun;
    this.#changed.fire();
    return client;
  }

  /** Stops a private server, or lets go of one that somebody else runs. */
  async stop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await (await client?.catch(() => undefined))?.close();
    if (client) this.#changed.fire();
  }

  dispose(): void {
    this.#watching.dispose();
    void this.stop();
  }

  async #start(): Promise<ContextLite> {
    const url = settings().serverUrl;
    if (url) return this.#connect(url);
    const binary = this.binary;
    const roots = folders();
    this.#log.info(`starting ${binary} for ${roots.join(", ")}`);
    const client = await ContextLite.start({
      binary,
      roots,
      onLog: (text) => this.#log.info(text.trimEnd()),
    });
    this.#log.info(`${client.url}, process ${client.pid}`);
    return client;
  }

  /** Connects to a server that runs; a token that it needs is asked for once. */
  async #connect(url: string): Promise<ContextLite> {
    const name = `token ${url}`;
    const kept = await this.#context.secrets.get(name);
    try {
      return await ContextLite.connect({ url, ...(kept ? { token: kept } : {}) });
    } catch (error) {
      if (!(error instanceof ServerError) || error.code !== "UNAUTHORIZED") throw error;
    }
    const token = await vscode.window.showInputBox({
      title: `The token of ${url}`,
      prompt: "It is kept in the editor's secret storage.",
      password: true,
      ignoreFocusOut: true,
    });
    if (!token) throw new Refusal(`The server at ${url} needs its token.`);
    const client = await ContextLite.connect({ url, token });
    await this.#context.secrets.store(name, token);
    return client;
  }
}

/** The folders of the workspace that are on the disk. */
export function folders(): string[] {
  const all = vscode.workspace.workspaceFolders ?? [];
  return all.filter(({ uri }) => uri.scheme === "file").map(({ uri }) => uri.fsPath);
}
