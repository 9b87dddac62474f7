//! How a task ends.

use serde_json::json;

use super::super::check::check;
use super::super::client::code;
use super::super::life::{created, said, told, with};
use super::super::server::{INVALID_PARAMS, script};
use super::super::{Answer, Scenario, steps};
use super::scenario;

const EXECUTION: &str = "Tasks, Task Execution Errors";

/// A task that is working at the first poll, and at the second has ended so.
fn ending(status: &'static str, more: serde_json::Value) -> Answer {
    let mut polls = 0;
    script(move |request, _| match request.method() {
        "tools/call" => Some(created(request)),
        "tasks/get" => {
            polls += 1;
            Some(if polls == 1 { told(request, "working", json!({})) } else { told(request, status, more.clone()) })
        }
        _ => None,
    })
}

pub const FAILED: Scenario = scenario(
    "modern-failed",
    || {
        let error = json!({ "code": -32603, "message": "API rate limit exceeded", "data": { "limit": 5 } });
        ending("failed", json!({ "error": error, "statusMessage": "Tool execution failed: API rate limit exceeded" }))
    },
    |client| {
        steps(async move {
            let failed = client.result_of("slow").await;
            client.demand("failed-is-an-error", code(&failed) == "task_failed", &failed);
            let data = failed.err().map(|failure| failure.data).unwrap_or_default();
            client.demand("error-is-inline", data["code"] == -32603 && data["data"]["limit"] == 5, data);
        })
    },
    &[
        check("failed-is-an-error", "a failed task rejects who waits for its result", EXECUTION),
        check("error-is-inline", "with the JSON-RPC error that is in the status", EXECUTION),
    ],
);

pub const TOOL_ERROR: Scenario = scenario(
    "modern-tool-error",
    || ending("completed", json!({ "result": with(said("invalid input"), json!({ "isError": true })) })),
    |client| {
        steps(async move {
            let failed = client.result_of("slow").await;
            client.demand("tool-error-is-the-tools", code(&failed) == "tool_error", &failed);
            let data = failed.err().map(|failure| failure.data).unwrap_or_default();
            client.demand("tool-error-has-its-result", data["result"]["content"][0]["text"] == "invalid input", data);
        })
    },
    &[
        check("tool-error-is-the-tools", "isError in a completed task is the tool's own error, and no failed task", EXECUTION),
        check("tool-error-has-its-result", "it comes with the result that says what went wrong", EXECUTION),
    ],
);

pub const CANCELLED: Scenario = scenario(
    "modern-cancelled",
    || ending("cancelled", json!({ "statusMessage": "by the operator" })),
    |client| {
        steps(async move {
            let cancelled = client.result_of("slow").await;
            client.demand("cancelled-is-an-end", code(&cancelled) == "task_cancelled", cancelled);
        })
    },
    &[check("cancelled-is-an-end", "a task that the server cancelled rejects who waits for its result", "Tasks, Task Status")],
);

pub const EXPIRED: Scenario = scenario(
    "modern-expired",
    || {
        let mut polls = 0;
        script(move |request, ledger| match request.method() {
            "tools/call" => Some(created(request)),
            "tasks/get" => {
                polls += 1;
                ledger.demand("expired-is-not-asked-again", polls <= 2, polls);
                let gone = || request.error(INVALID_PARAMS, "Failed to retrieve task: Task has expired").with_status(400);
                Some(if polls == 1 { told(request, "working", json!({})) } else { gone() })
            }
            _ => None,
        })
    },
    |client| {
        steps(async move {
            let gone = client.result_of("slow").await;
            client.demand("expired-is-told", code(&gone) == "task_not_found", gone);
        })
    },
    &[
        check("expired-is-told", "Invalid params of tasks/get means that the task is gone", "Tasks, Protocol Errors"),
        check("expired-is-not-asked-again", "and ends the polls", "Tasks, Protocol Errors"),
    ],
);
