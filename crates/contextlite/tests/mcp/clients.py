"""The official Python client in both lifecycles, over both transports.

`python clients.py BINARY URL`, in a small repository that holds README.md.
"""

import asyncio
import os
import sys

from mcp import Client, StdioServerParameters, stdio_client

TOOLS = ["context", "search", "read", "outline", "symbol", "status", "index"]


async def check(name, server, mode):
    async with Client(server, mode=mode) as client:
        listed = await client.list_tools()
        assert [tool.name for tool in listed.tools] == TOOLS, listed
        answer = await client.call_tool("read", {"citation": "README.md:1"})
        assert "# ContextLite" in answer.content[0].text, answer
        wrong = await client.call_tool("read", {"citation": "none.md"})
        assert wrong.is_error, wrong
        resources = (await client.list_resources()).resources
        read = await client.read_resource(resources[0].uri)
        assert read.contents[0].text, read
        assert len((await client.list_prompts()).prompts) == 3
    print(f"python, {name}, {mode}: passed")


async def main(binary, url):
    for mode in ("auto", "legacy"):
        parameters = StdioServerParameters(command=binary, args=["mcp"], env=dict(os.environ))
        await check("stdio", stdio_client(parameters), mode)
        await check("http", url, mode)


asyncio.run(main(*sys.argv[1:]))
