/** Passages in the editor: opened at their lines, and marked there until something else is done. */

import * as vscode from "vscode";
import type { Passage } from "../../../clients/node/src/index.js";
import { fileOf } from "./view.js";

export class PassageEditor implements vscode.Disposable {
  readonly #mark = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor("editor.rangeHighlightBackground"),
    overviewRulerColor: new vscode.ThemeColor("editorOverviewRuler.rangeHighlightForeground"),
  });
  #marked: vscode.TextEditor | undefined;
  readonly #listening: vscode.Disposable;

  constructor() {
    this.#listening = vscode.window.onDidChangeTextEditorSelection((event) => {
      const byPerson =
        event.kind !== undefined && event.kind !== vscode.TextEditorSelectionChangeKind.Command;
      if (byPerson && event.textEditor === this.#marked) this.#unmark();
    });
  }

  /** Opens the lines of a passage; of a document that is not a file, its text. */
  async open(passage: Passage): Promise<void> {
    const file = fileOf(passage);
    if (!file) {
      const document = await vscode.workspace.openTextDocument({ content: passage.content });
      await vscode.window.showTextDocument(document, { preview: true });
      return;
    }
    const document = await vscode.workspace.openTextDocument(file);
    const lines = document.validateRange(
      new vscode.Range(passage.start_line - 1, 0, passage.end_line - 1, Number.MAX_SAFE_INTEGER),
    );
    const start = new vscode.Range(lines.start, lines.start);
    const editor = await vscode.window.showTextDocument(document, {
      preview: true,
      selection: start,
    });
    this.#unmark();
    editor.setDecorations(this.#mark, [lines]);
    editor.revealRange(lines, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
    this.#marked = editor;
  }

  dispose(): void {
    this.#listening.dispose();
    this.#mark.dispose();
  }

  #unmark(): void {
    this.#marked?.setDecorations(this.#mark, []);
    this.#marked = undefined;
  }
}
