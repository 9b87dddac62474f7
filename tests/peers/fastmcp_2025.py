"""The parts of a peer that FastMCP 2.14 and 3 have in their own way: protocol 2025-11-25."""

from __future__ import annotations

from datetime import timedelta

from fastmcp import Context, FastMCP
from fastmcp.server.tasks import TaskConfig
from fastmcp.tools.tool import ToolResult
from mcp.types import CallToolResult

MORE_HEADERS: list[str] = []
"""The request headers that only this protocol has, for CORS."""

BEYOND_TOOLS = True
"""Whether prompts and resources can run as tasks."""


def task_config(mode: str, poll_ms: int) -> TaskConfig:
    """A task, polled every `poll_ms` where the version can say so."""
    knows_poll = "poll_interval" in TaskConfig.__dataclass_fields__
    pace = {"poll_interval": timedelta(milliseconds=poll_ms)} if knows_poll else {}
    return TaskConfig(mode=mode, **pace)


class SoftFailure(ToolResult):
    """A result that says `isError`: `ToolResult` itself cannot in every version."""

    def to_mcp_result(self) -> CallToolResult:
        return CallToolResult(content=self.content, isError=True)


def enable_tasks(server: FastMCP) -> None:
    """Nothing: they are on as soon as a tool has them."""


def add_tools(server: FastMCP, task) -> None:
    @server.tool(**task(poll_ms=500))
    async def ask_name(ctx: Context) -> str:
        """Ask the user for a name."""
        answer = await ctx.elicit("What is your name?", response_type=str)
        return f"{answer.action}: {getattr(answer, 'data', None)}"
