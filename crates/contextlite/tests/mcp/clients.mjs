// The official TypeScript clients, of both generations, over both transports:
// `node clients.mjs BINARY URL`, in a small repository that holds README.md.
import assert from 'node:assert/strict';
import * as now from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as OldStdio } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as OldHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const [binary, url] = process.argv.slice(2);
const stdio = { command: binary, args: ['mcp'], env: process.env, stderr: 'inherit' };
const about = { name: 'contextlite-tests', version: '1.0.0' };
const auto = { versionNegotiation: { mode: 'auto' } };

const ways = {
  'client 2, stdio': () => [new now.Client(about, auto), new StdioClientTransport(stdio)],
  'client 2, http': () => [
    new now.Client(about, auto),
    new now.StreamableHTTPClientTransport(new URL(url)),
  ],
  'sdk 1, stdio': () => [new OldClient(about), new OldStdio(stdio)],
  'sdk 1, http': () => [new OldClient(about), new OldHttp(new URL(url))],
};

for (const [name, make] of Object.entries(ways)) {
  const [client, transport] = make();
  await client.connect(transport);
  const { tools } = await client.listTools();
  assert.deepEqual(
    tools.map((tool) => tool.name),
    ['context', 'search', 'read', 'outline', 'symbol', 'status', 'index'],
  );
  assert.match(client.getInstructions(), /^ContextLite searches/);
  const answer = await client.callTool({ name: 'read', arguments: { citation: 'README.md:1' } });
  assert.match(answer.content[0].text, /# ContextLite/);
  // Several at once, on one connection or on several; each gets its own answer.
  const lines = [1, 2, 3, 4].map((line) =>
    client.callTool({ name: 'read', arguments: { citation: `README.md:${line}`, format: 'json' } }),
  );
  const together = (await Promise.all(lines)).map((each) => each.structuredContent.start_line);
  assert.deepEqual(together, [1, 2, 3, 4]);
  const wrong = await client.callTool({ name: 'read', arguments: { citation: 'none.md' } });
  assert.equal(wrong.isError, true);
  const { resources } = await client.listResources();
  const read = await client.readResource({ uri: resources[0].uri });
  assert.ok(read.contents[0].text.length > 0);
  assert.equal((await client.listPrompts()).prompts.length, 3);
  await client.close();
  console.log(`${name}: passed`);
}
