/** A question with the settings of the user, and what is made of its answer. */

import type * as vscode from "vscode";
import type {
  AssembleOptions,
  ContextAnswer,
  ContextLite,
} from "../../../clients/node/src/index.js";
import { settings } from "./settings.js";

/** What one question asks for beside the settings. */
export interface Wishes {
  max_tokens?: number | undefined;
  include_patterns?: string[] | undefined;
  exclude_patterns?: string[] | undefined;
}

/** Asks about the folders of the workspace. */
export async function ask(
  client: ContextLite,
  question: string,
  wishes: Wishes,
  cancellation: vscode.CancellationToken,
): Promise<ContextAnswer> {
  const { budget, tokenizer, include, exclude } = settings();
  const given = wishes.include_patterns ?? include;
  const options: AssembleOptions = {
    max_tokens: wishes.max_tokens ?? budget,
    tokenizer,
    exclude_patterns: [...exclude, ...(wishes.exclude_patterns ?? [])],
    ...(given.length === 0 ? {} : { include_patterns: given }),
  };
  const abort = new AbortController();
  const listening = cancellation.onCancellationRequested(() => abort.abort());
  try {
    return await client.assemble(question, { ...options, signal: abort.signal });
  } finally {
    listening.dispose();
  }
}

/** A question with its context, as the user's template has it. */
export function promptOf(answer: ContextAnswer): string {
  const parts: Record<string, string> = { context: answer.context, question: answer.query };
  return settings().promptTemplate.replace(
    /\{(context|question)\}/g,
    (_, name: string) => parts[name] ?? "",
  );
}

/** How well the budget is used, and how good the choice is. */
export function summary(answer: ContextAnswer): string {
  const { total_tokens, budget_tokens, tokenizer, smt_metrics } = answer;
  const count = `${total_tokens.toLocaleString("en")} of ${budget_tokens.toLocaleString("en")} tokens`;
  const exactness = tokenizer.exact ? "" : " (estimated)";
  return `${count}${exactness} · ${quality(smt_metrics)}`;
}

function quality({ status, gap }: ContextAnswer["smt_metrics"]): string {
  switch (status) {
    case "optimal":
      return "optimal choice, proven";
    case "gap":
      return `at most ${(100 * gap).toFixed(1)} % below the best choice`;
    default:
      return status;
  }
}
