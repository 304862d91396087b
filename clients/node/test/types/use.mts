// Compiled with --strict against the installed package: what types say, and what they refuse.
import {
  BinaryNotFoundError,
  ContextLite,
  ContextLiteClient,
  type ContextAnswer,
  ServerError,
  withContextLiteClient,
} from "contextlite";

export async function use(): Promise<string> {
  await using lite = await ContextLite.start({ roots: ["."], timeoutMs: 1000, retries: 1 });
  const signal = AbortSignal.timeout(1000);
  const answer: ContextAnswer = await lite.assemble("x", { max_tokens: 100, signal, space: "a" });
  const first: number | undefined = answer.documents[0]?.features.relevance;
  await lite.indexWorkspace(".", { onProgress: ({ done, total }) => done / total });
  await lite.feedback("x", { accepted: ["a"] }, { workspace_path: "/" });
  await lite.addDocuments([{ content: "x", metadata: { any: ["thing"] } }]);
  const client: ContextLiteClient = new ContextLiteClient({ port: 1 });
  await withContextLiteClient({ autoStart: false }, (each) => each.query("x", { maxResults: 1 }));
  await client.close();

  // @ts-expect-error a document has content
  await lite.addDocument({ id: "x" });
  // @ts-expect-error no such option
  await lite.assemble("x", { maxTokens: 1 });
  // @ts-expect-error a number
  await lite.assemble("x", { max_tokens: "1" });
  // @ts-expect-error no such field
  void answer.nothing;

  try {
    return `${first ?? 0}`;
  } catch (error) {
    if (error instanceof ServerError) return `${error.code} ${error.field ?? ""} ${error.status}`;
    if (error instanceof BinaryNotFoundError) return error.code;
    throw error;
  }
}
