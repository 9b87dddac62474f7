"""A FastMCP server with something for every rule that a client must keep.

    python fastmcp.py [--port N] [--json] [--stateless] [--no-tasks] [--origins http://a,http://b]

Runs on FastMCP 4, 3 and 2.14, which speak different protocols: what differs is in `fastmcp_2026` and `fastmcp_2025`.
Prints its URL when it is ready; port 0 takes a free one. Tasks live in this process.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import os
import socket
import sys

# A script's own folder comes first on the module path, and this file has the name of the package it needs.
sys.path.append(sys.path.pop(0))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="answer POSTs as application/json")
    parser.add_argument("--stateless", action="store_true", help="no sessions, hence no GET stream and no notifications")
    parser.add_argument("--no-tasks", action="store_true", help="FastMCP as it is without its tasks extra")
    parser.add_argument("--origins", default="*", help="the origins that CORS admits")
    return parser.parse_args()


options = arguments()
os.environ |= {
    "FASTMCP_DOCKET_URL": "memory://",
    "FASTMCP_DOCKET_CONCURRENCY": "500",  # ten by default, which tasks that never end would soon use up
    "FASTMCP_SHOW_CLI_BANNER": "false",
    "FASTMCP_CHECK_FOR_UPDATES": "off",
}
if options.no_tasks:
    sys.modules["docket"] = None  # type: ignore[assignment]  # makes its import fail, as where the extra is not installed

import uvicorn  # noqa: E402
from fastmcp import FastMCP, __version__  # noqa: E402
from fastmcp.dependencies import Progress  # noqa: E402
from fastmcp.exceptions import ToolError  # noqa: E402
from pydantic import BaseModel  # noqa: E402
from starlette.middleware import Middleware  # noqa: E402
from starlette.middleware.cors import CORSMiddleware  # noqa: E402

era = importlib.import_module("fastmcp_2026" if int(__version__.split(".")[0]) >= 4 else "fastmcp_2025")
ToolResult = era.ToolResult
server = FastMCP("fastmcp-peer", instructions="Every tool here is for tests.")
if not options.no_tasks:
    era.enable_tasks(server)


def task(poll_ms: int = 250, mode: str = "optional") -> dict:
    """The decorator arguments of something that may run as a task."""
    return {} if options.no_tasks else {"task": era.task_config(mode, poll_ms)}


def task_beyond_tools() -> dict:
    """Those of a prompt or a resource, which may run as a task where the protocol knows that."""
    return task() if era.BEYOND_TOOLS else {}


# ---- tools that succeed


@server.tool(**task())
async def quick(value: int) -> int:
    """Double a number at once."""
    return value * 2


@server.tool(**task(poll_ms=500))
async def slow(seconds: float = 1.0, steps: int = 2, progress: Progress = Progress()) -> str:
    """Take a while, with a status message for each step."""
    await progress.set_total(steps)
    for step in range(1, steps + 1):
        await progress.set_message(f"step {step} of {steps}")
        await asyncio.sleep(seconds / steps)
        await progress.increment()
    return f"slept {seconds}s"


@server.tool(**task(poll_ms=500))
async def silent(seconds: float = 1.0) -> str:
    """Take a while and say nothing."""
    await asyncio.sleep(seconds)
    return "done"


@server.tool(**task(poll_ms=60_000))
async def patient(seconds: float = 1.0) -> str:
    """Take a while and ask to be polled once a minute."""
    await asyncio.sleep(seconds)
    return "done"


runs: dict[str, int] = {}


@server.tool(**task(poll_ms=500))
async def counted(key: str, seconds: float = 1.0) -> str:
    """Take a while, and count that it was called."""
    runs[key] = runs.get(key, 0) + 1
    await asyncio.sleep(seconds)
    return "counted"


@server.tool
async def count(key: str) -> int:
    """Say how often `counted` was called."""
    return runs.get(key, 0)


@server.tool(**task(poll_ms=500))
async def forever(progress: Progress = Progress()) -> str:
    """Never end."""
    await progress.set_message("running until cancelled")
    await asyncio.Event().wait()
    return "unreachable"


@server.tool(**task(mode="required"))
async def must_task(value: int = 1, seconds: float = 0.1) -> int:
    """Run as a task or not at all."""
    await asyncio.sleep(seconds)
    return value


@server.tool
async def sync_only(value: int = 1) -> int:
    """Add one, never as a task."""
    return value + 1


# ---- what results can look like


class Report(BaseModel):
    title: str
    score: float
    tags: list[str]


@server.tool(**task())
async def structured(title: str = "T") -> Report:
    """Return an object."""
    return Report(title=title, score=0.5, tags=["a", "b"])


@server.tool(**task())
async def nothing() -> None:
    """Return null."""


@server.tool(**task())
async def empty() -> ToolResult:
    """Return no content and no structure."""
    return ToolResult(content=[])


@server.tool(**task())
async def big(kilobytes: int = 1024) -> str:
    """Return much text."""
    return "0123456789abcdef" * (kilobytes * 64)


# ---- what failure can look like


@server.tool(**task())
async def boom(after: float = 0.1) -> str:
    """Raise an ordinary exception."""
    await asyncio.sleep(after)
    raise ValueError("kaboom")


@server.tool(**task())
async def tool_error(after: float = 0.1) -> str:
    """Raise the exception that FastMCP has for tools."""
    await asyncio.sleep(after)
    raise ToolError("refused by the tool")


@server.tool(**task())
async def returns_error() -> ToolResult:
    """Return a result that is an error."""
    return era.SoftFailure(content="soft failure")


era.add_tools(server, task)


# ---- prompts and resources


@server.prompt(**task_beyond_tools())
async def slow_prompt(topic: str) -> str:
    """A prompt that takes a moment."""
    await asyncio.sleep(0.3)
    return f"Write about {topic}"


@server.prompt(**task_beyond_tools())
async def bad_prompt() -> str:
    """A prompt that raises."""
    raise ValueError("prompt kaboom")


@server.prompt
async def plain_prompt() -> str:
    """A prompt, never as a task."""
    return "plain"


@server.resource("data://report.txt", **task_beyond_tools())
async def report() -> str:
    """A text that takes a moment."""
    await asyncio.sleep(0.3)
    return "report body"


@server.resource("data://pixel.bin", mime_type="application/octet-stream", **task_beyond_tools())
async def pixel() -> bytes:
    """Four bytes."""
    return bytes([0, 1, 254, 255])


@server.resource("data://item/{item_id}", **task_beyond_tools())
async def item(item_id: str) -> str:
    """A text made from its address."""
    return f"item {item_id}"


@server.resource("data://broken.txt", **task_beyond_tools())
async def broken() -> str:
    """A text that cannot be read."""
    raise ValueError("resource kaboom")


@server.resource("data://plain.txt")
async def plain() -> str:
    """A text, never as a task."""
    return "plain"


def app():
    """The server behind CORS as a browser client needs it."""
    cors = Middleware(
        CORSMiddleware,
        allow_origins=options.origins.split(","),
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=[
            "content-type", "authorization", "last-event-id", "mcp-session-id", "mcp-protocol-version", *era.MORE_HEADERS
        ],
        expose_headers=["mcp-session-id", "www-authenticate"],
        max_age=600,
    )
    return server.http_app(
        path="/mcp", middleware=[cors], json_response=options.json, stateless_http=options.stateless
    )


class Announced(uvicorn.Server):
    """Says where it is as soon as it answers."""

    async def startup(self, sockets: list[socket.socket]) -> None:
        await super().startup(sockets)
        print(f"http://127.0.0.1:{sockets[0].getsockname()[1]}/mcp", flush=True)


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", options.port))
    Announced(uvicorn.Config(app(), log_level="warning")).run(sockets=[listener])
