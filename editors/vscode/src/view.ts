/** The view in the side bar: the passages of the last answer, with score and cost. */

import * as path from "node:path";
import * as vscode from "vscode";
import type { ContextAnswer, Passage } from "../../../clients/node/src/index.js";
import { summary } from "./question.js";

export type Verdict = "accepted" | "rejected";

/** The features in the order in which they are documented. */
const FEATURES = [
  "relevance",
  "recency",
  "entanglement",
  "prior",
  "authority",
  "specificity",
  "uncertainty",
] as const;
/** The lines of a passage that its tooltip shows. */
const LINES_SHOWN = 12;

export class PassagesView implements vscode.TreeDataProvider<Passage>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<Passage | undefined>();
  readonly #tree: vscode.TreeView<Passage>;
  readonly #verdicts = new Map<Passage, Verdict>();
  #answer: ContextAnswer | undefined;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor() {
    this.#tree = vscode.window.createTreeView("contextlite.passages", { treeDataProvider: this });
  }

  /** The answer that is shown. */
  get answer(): ContextAnswer | undefined {
    return this.#answer;
  }

  /** Shows an answer, or none. */
  show(answer: ContextAnswer | undefined): void {
    this.#answer = answer;
    this.#verdicts.clear();
    void vscode.commands.executeCommand(
      "setContext",
      "contextlite.hasAnswer",
      answer !== undefined,
    );
    this.#tree.description = answer ? `${answer.documents.length} passages` : "";
    this.#tree.message = answer
      ? `“${answer.query.trim()}”\n${summary(answer)}${answer.message ? `\n${answer.message}` : ""}`
      : (undefined as unknown as string);
    this.#changed.fire(undefined);
  }

  /** Brings the view to the front. */
  async reveal(): Promise<void> {
    await vscode.commands.executeCommand("contextlite.passages.focus");
  }

  /** Marks a passage as judged. */
  judge(passage: Passage, verdict: Verdict): void {
    this.#verdicts.set(passage, verdict);
    this.#changed.fire(passage);
  }

  getChildren(parent?: Passage): Passage[] {
    return parent || !this.#answer ? [] : this.#answer.documents;
  }

  getTreeItem(passage: Passage): vscode.TreeItem {
    const place = citationOf(passage);
    const item = new vscode.TreeItem(`${path.posix.basename(passage.path)}:${linesOf(passage)}`);
    item.resourceUri = fileOf(passage) ?? vscode.Uri.parse(`contextlite:/${passage.id}`);
    const folder = path.posix.dirname(passage.path);
    const where = folder === "." ? "" : ` · ${folder}`;
    item.description = `${passage.score.toFixed(2)} · ${passage.tokens} tokens${where}`;
    item.iconPath = this.#icon(passage);
    item.contextValue = "passage";
    item.tooltip = tooltipOf(passage);
    item.command = {
      command: "contextlite.openPassage",
      title: "Open Passage",
      arguments: [passage],
    };
    item.accessibilityInformation = {
      label: `${place}, score ${passage.score.toFixed(2)}, ${passage.tokens} tokens`,
    };
    return item;
  }

  dispose(): void {
    this.#tree.dispose();
    this.#changed.dispose();
  }

  #icon(passage: Passage): vscode.ThemeIcon {
    const verdict = this.#verdicts.get(passage);
    if (verdict === "accepted")
      return new vscode.ThemeIcon("pass-filled", new vscode.ThemeColor("charts.green"));
    if (verdict === "rejected")
      return new vscode.ThemeIcon("circle-slash", new vscode.ThemeColor("charts.red"));
    return new vscode.ThemeIcon(passage.pinned ? "pinned" : "list-selection");
  }
}

/** `PATH:FIRST-LAST`, as every face cites. */
export function citationOf(passage: Passage): string {
  return `${passage.path}:${linesOf(passage)}`;
}

function linesOf(passage: Passage): string {
  return `${passage.start_line}-${passage.end_line}`;
}

/** The file of a passage; none if its document is not a file. */
export function fileOf(passage: Passage): vscode.Uri | undefined {
  if (passage.root === "") return undefined;
  return vscode.Uri.file(path.join(passage.root, passage.path));
}

function tooltipOf(passage: Passage): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.appendMarkdown("**");
  text.appendText(citationOf(passage));
  text.appendMarkdown("**\n\n");
  if (passage.breadcrumb) text.appendText(`${passage.breadcrumb}\n\n`);
  const scores = FEATURES.map((name) => `${name} ${passage.features[name].toFixed(2)}`);
  text.appendMarkdown(`score ${passage.score.toFixed(3)}: ${scores.join(", ")}\n\n`);
  const lines = passage.content.split("\n");
  const shown = lines.slice(0, LINES_SHOWN).join("\n");
  text.appendCodeblock(lines.length <= LINES_SHOWN ? shown : `${shown}\n…`, passage.language);
  return text;
}
