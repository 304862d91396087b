/**
 * The program as an MCP server of the editor.
 *
 * Editors know MCP servers of extensions since version 1.101; this extension runs in older ones,
 * so the interface is looked for when it runs, and its types, which the older version's lack,
 * stand here.
 */

import * as vscode from "vscode";
import { type Server, folders } from "./server.js";
import { settings } from "./settings.js";

/** The id of the provider in package.json. */
const PROVIDER = "contextlite.mcp";

type StdioServer = new (
  label: string,
  command: string,
  args: string[],
  env: Record<string, string | number | null>,
  version?: string,
) => object;

interface Provider {
  onDidChangeMcpServerDefinitions: vscode.Event<void>;
  provideMcpServerDefinitions(): object[];
}

interface NewerEditor {
  McpStdioServerDefinition?: StdioServer;
  lm?: { registerMcpServerDefinitionProvider?(id: string, provider: Provider): vscode.Disposable };
}

/** Offers the program to the editor's agents, where the editor knows such an offer. */
export function registerMcp(server: Server, version: string): vscode.Disposable {
  const { McpStdioServerDefinition, lm } = vscode as unknown as NewerEditor;
  if (!McpStdioServerDefinition || typeof lm?.registerMcpServerDefinitionProvider !== "function") {
    return new vscode.Disposable(() => undefined);
  }
  const changed = new vscode.EventEmitter<void>();
  const provider: Provider = {
    onDidChangeMcpServerDefinitions: changed.event,
    provideMcpServerDefinitions() {
      const roots = folders();
      if (!settings().mcp || !vscode.workspace.isTrusted || roots.length === 0) return [];
      const words = ["mcp", ...roots.flatMap((root) => ["--root", root])];
      return [new McpStdioServerDefinition("ContextLite", server.binary, words, {}, version)];
    },
  };
  const fire = (): void => changed.fire();
  return vscode.Disposable.from(
    changed,
    lm.registerMcpServerDefinitionProvider(PROVIDER, provider),
    vscode.workspace.onDidChangeWorkspaceFolders(fire),
    vscode.workspace.onDidGrantWorkspaceTrust(fire),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("contextlite")) fire();
    }),
  );
}
