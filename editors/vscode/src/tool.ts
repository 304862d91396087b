/** What the editor's own models can call: the passages for a question, as text. */

import * as vscode from "vscode";
import { ask, type Wishes } from "./question.js";
import type { Server } from "./server.js";

interface ToolInput extends Wishes {
  question: string;
}

/** The name of the tool in package.json. */
const TOOL = "contextlite_context";

/** Registers the tool, where the editor knows tools. */
export function registerTool(server: Server, onAnswer: () => void): vscode.Disposable {
  if (typeof vscode.lm?.registerTool !== "function") return new vscode.Disposable(() => undefined);
  return vscode.lm.registerTool<ToolInput>(TOOL, {
    prepareInvocation({ input }) {
      return { invocationMessage: `Looking for passages about “${input.question}”` };
    },
    async invoke({ input, tokenizationOptions }, cancellation) {
      const limit = tokenizationOptions?.tokenBudget;
      const wanted = input.max_tokens;
      const max_tokens = limit === undefined ? wanted : Math.min(limit, wanted ?? limit);
      const client = await server.client();
      const answer = await ask(client, input.question, { ...input, max_tokens }, cancellation);
      onAnswer();
      const text =
        answer.context || answer.message || "nothing in the workspace answers this question";
      return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(text)]);
    },
  });
}
