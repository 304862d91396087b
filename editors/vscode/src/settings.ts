/** The user's settings, read when they are needed, so that a change counts at once. */

import * as vscode from "vscode";

export interface Settings {
  budget: number;
  tokenizer: string;
  include: string[];
  exclude: string[];
  promptTemplate: string;
  statusBar: boolean;
  mcp: boolean;
  binaryPath: string;
  serverUrl: string;
}

export function settings(): Settings {
  const read = vscode.workspace.getConfiguration("contextlite");
  return {
    budget: read.get("budget", 4000),
    tokenizer: read.get("tokenizer", "o200k"),
    include: read.get("include", []),
    exclude: read.get("exclude", []),
    promptTemplate: read.get("promptTemplate", "{context}"),
    statusBar: read.get("statusBar", true),
    mcp: read.get("mcp", true),
    binaryPath: read.get("binaryPath", ""),
    serverUrl: read.get("server.url", ""),
  };
}

/** Whether a change is one of a setting that the server depends on. */
export function concernsServer(change: vscode.ConfigurationChangeEvent): boolean {
  return ["contextlite.binaryPath", "contextlite.server.url"].some((name) =>
    change.affectsConfiguration(name),
  );
}
