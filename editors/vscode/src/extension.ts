/**
 * The extension: everything is registered here, and nothing is done.
 *
 * The editor activates it when its view is shown, a command is called, or a model wants the tool;
 * the server starts with the first of these that needs one.
 */

import * as vscode from "vscode";
import { registerCommands } from "./commands.js";
import { PassageEditor } from "./editor.js";
import { registerMcp } from "./mcp.js";
import { Server } from "./server.js";
import { StatusBar } from "./status.js";
import { registerTool } from "./tool.js";
import { PassagesView } from "./view.js";

let server: Server | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel("ContextLite", { log: true });
  server = new Server(context, log);
  const view = new PassagesView();
  const editor = new PassageEditor();
  const status = new StatusBar(server);
  const { version } = context.extension.packageJSON as { version: string };
  context.subscriptions.push(
    log,
    server,
    view,
    editor,
    status,
    registerCommands({ server, view, editor, status, log }),
    registerTool(server, () => status.lookSoon(0)),
    registerMcp(server, version),
  );
}

/** The editor waits for this, so the server is gone before the window is. */
export function deactivate(): Promise<void> | undefined {
  return server?.stop();
}
