"""The parts of a peer that FastMCP 4 has in its own way: protocol 2026-07-28 and its tasks extension."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Annotated

from fastmcp import Context, FastMCP
from fastmcp.tools import ToolResult
from fastmcp.utilities.tasks import TaskConfig
from mcp.shared.exceptions import MCPError
from mcp_types import ElicitRequest, ElicitRequestFormParams, InputRequiredResult
from pydantic import Field

MORE_HEADERS = ["mcp-method", "mcp-name", "mcp-param-region", "mcp-param-shard"]
"""The request headers that only this protocol has, for CORS, which cannot allow all that begin with `mcp-param-`."""

BEYOND_TOOLS = False
"""Whether prompts and resources can run as tasks."""


def task_config(mode: str, poll_ms: int) -> TaskConfig:
    return TaskConfig(mode=mode, poll_interval=timedelta(milliseconds=poll_ms))


class SoftFailure(ToolResult):
    """A result that says `isError`."""

    def __init__(self, content: str) -> None:
        super().__init__(content=content, is_error=True)


def enable_tasks(server: FastMCP) -> None:
    """Announces the extension. It is polled alone: FastMCP does not know `subscriptions/listen`."""
    from fastmcp_tasks import TasksExtension  # an extra of its own, which is not there without tasks

    server.add_extension(TasksExtension())


def question(message: str, kind: str = "string") -> ElicitRequest:
    schema = {"type": "object", "properties": {"value": {"type": kind}}, "required": ["value"]}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def value(answer) -> object:
    return (getattr(answer, "content", None) or {}).get("value")


def add_tools(server: FastMCP, task) -> None:
    @server.tool(**task(poll_ms=500))
    async def ask_name(ctx: Context) -> str | InputRequiredResult:
        """Ask the user for a name."""
        answers = ctx.input_responses
        if answers is None:
            return InputRequiredResult(input_requests={"name": question("What is your name?")})
        return f"{answers['name'].action}: {value(answers['name'])}"

    @server.tool(**task())
    async def ask_twice(ctx: Context) -> str | InputRequiredResult:
        """Ask two questions, and a third when they are answered."""
        answers = ctx.input_responses
        if answers is None:
            questions = {"name": question("What is your name?"), "age": question("How old are you?", "integer")}
            return InputRequiredResult(input_requests=questions)
        if ctx.request_state is None:
            state = json.dumps([value(answers["name"]), value(answers["age"])])
            return InputRequiredResult(input_requests={"colour": question("Which colour?")}, request_state=state)
        return ", ".join(str(each) for each in [*json.loads(ctx.request_state), value(answers["colour"])])

    @server.tool(**task())
    async def protocol_error() -> str:
        """Raise a JSON-RPC error, the one thing that fails a task: other exceptions complete it with `isError`."""
        raise MCPError(code=-32050, message="protocol kaboom", data={"why": "test"})

    @server.tool
    async def reporter(ctx: Context, steps: int = 2) -> str:
        """Report progress, which makes FastMCP answer by SSE where it was asked for, unless with `--json`."""
        for step in range(1, steps + 1):
            await ctx.report_progress(step, steps, f"step {step} of {steps}")
        return "reported"

    @server.tool
    async def routed(
        region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})],
        shard: Annotated[int, Field(json_schema_extra={"x-mcp-header": "Shard"})] = 0,
    ) -> str:
        """Take arguments that the client repeats in headers."""
        return f"{region} {shard}"
