// The same for CommonJS.
import contextlite = require("contextlite");

export async function use(): Promise<number> {
  const lite: contextlite.ContextLite = await contextlite.ContextLite.connect({ url: "http://x" });
  const { total_tokens } = await lite.assemble("x");
  return total_tokens;
}
