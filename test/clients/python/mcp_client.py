"""What programs do with the `mcp` package. Arguments: the client's mode, and either the gateway's /mcp URL and its key, or
the command that starts it on stdio."""

import sys

import anyio
import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from conversation import converse

mode, *server = sys.argv[1:]


def with_client(use):
    """Runs `use` with a client that connects before and leaves after."""

    async def over_http(url, key):
        headers = {"authorization": f"Bearer {key}"}
        async with httpx2.AsyncClient(headers=headers, timeout=30) as http:
            async with Client(streamable_http_client(url, http_client=http), mode=mode) as client:
                return await use(client)

    async def over_stdio(command, *args):
        env = {"DATA_DIR": ":memory:", "PROVIDERS": "sandbox", "LOG_LEVEL": "error"}
        async with Client(StdioServerParameters(command=command, args=args, env=env), mode=mode) as client:
            return await use(client)

    return anyio.run(over_http if server[0].startswith("http://") else over_stdio, *server)


def list_tools():
    async def use(client):
        tools = (await client.list_tools()).tools
        return {
            "protocol": client.protocol_version,
            "instructions": client.instructions,
            "tools": [tool.model_dump(by_alias=True, exclude_none=True) for tool in tools],
        }

    return with_client(use)


def call(name, arguments):
    """Calls a tool after listing, so that the SDK checks the result against the tool's output schema."""

    async def use(client):
        await client.list_tools()
        heard = []

        async def progress(_progress, _total, message):
            heard.append(message)

        result = await client.call_tool(name, arguments, progress_callback=progress)
        return {
            "is_error": result.is_error,
            "texts": [block.text for block in result.content],
            "data": result.structured_content,
            "heard": heard,
        }

    return with_client(use)


def leave(name, arguments):
    """Cancels a call once it is heard of, and leaves."""

    async def use(client):
        with anyio.CancelScope() as scope:

            async def progress(_progress, _total, _message):
                scope.cancel()

            await client.call_tool(name, arguments, progress_callback=progress)
        return scope.cancelled_caught

    return with_client(use)


converse({"list_tools": list_tools, "call": call, "leave": leave})
