//! `tasks/result`: what the plain request would have given, once it is there.

use serde_json::json;

use super::super::check::check;
use super::super::client::{code, text};
use super::super::life::{said, with};
use super::super::server::{INVALID_PARAMS, script};
use super::super::wire::{Ending, Reply, Request};
use super::super::{Answer, Scenario, steps};
use super::creation::{created, paid, told};
use super::scenario;

const RETRIEVAL: &str = "Tasks, Result Retrieval";

/// A task that ends so at the second poll, and answers `tasks/result` with this.
fn ending(status: &'static str, pays: impl Fn(&Request) -> Reply + 'static) -> Answer {
    let mut polls = 0;
    script(move |request, _| match request.method() {
        "tools/call" => Some(created(request)),
        "tasks/get" => {
            polls += 1;
            Some(told(request, if polls == 1 { "working" } else { status }, json!({})))
        }
        "tasks/result" => Some(pays(request)),
        _ => None,
    })
}

pub const BLOCKING: Scenario = scenario(
    "legacy-result-blocks",
    || {
        ending("completed", |request| {
            let answer = paid(request, said("after a while"));
            let events = answer.messages().into_iter().map(|message| (300, message.clone())).collect();
            Reply::events(events, Ending::Closes)
        })
    },
    |client| {
        steps(async move {
            let result = client.result_of("slow").await;
            client.demand("blocking-is-waited-for", text(&result) == "after a while", result);
        })
    },
    &[check("blocking-is-waited-for", "a tasks/result that blocks is waited for, on a stream too", RETRIEVAL)],
);

pub const EARLY: Scenario = scenario(
    "legacy-result-early",
    || {
        let (mut polls, mut results) = (0, 0);
        script(move |request, _| match request.method() {
            "tools/call" => Some(created(request)),
            "tasks/get" => {
                polls += 1;
                // One node of the server knows the end before the others do.
                Some(told(request, if polls == 2 || polls > 4 { "completed" } else { "working" }, json!({})))
            }
            "tasks/result" => {
                results += 1;
                let early = || request.error(INVALID_PARAMS, "Task is not completed yet");
                Some(if results == 1 || polls <= 4 { early() } else { paid(request, said("done")) })
            }
            _ => None,
        })
    },
    |client| {
        steps(async move {
            let result = client.result_of("slow").await;
            client.demand("early-is-asked-again", text(&result) == "done", result);
        })
    },
    &[check("early-is-asked-again", "an error that comes before the result is there is not the task's", RETRIEVAL)],
);

pub const TOOL_ERROR: Scenario = scenario(
    "legacy-tool-error",
    || ending("failed", |request| paid(request, with(said("invalid input"), json!({ "isError": true })))),
    |client| {
        steps(async move {
            let failed = client.result_of("slow").await;
            client.demand("tool-error-is-fetched", code(&failed) == "tool_error", &failed);
            let data = failed.err().map(|failure| failure.data).unwrap_or_default();
            client.demand("tool-error-has-its-result", data["result"]["content"][0]["text"] == "invalid input", data);
        })
    },
    &[
        check(
            "tool-error-is-fetched",
            "of a failed task the result is fetched too: isError is the tool's own error",
            "Tasks, Task Execution Errors",
        ),
        check("tool-error-has-its-result", "it comes with the result that says what went wrong", "Tasks, Task Execution Errors"),
    ],
);

pub const RPC_ERROR: Scenario = scenario(
    "legacy-rpc-error",
    || ending("failed", |request| request.error(-32603, "API rate limit exceeded")),
    |client| {
        steps(async move {
            let failed = client.result_of("slow").await;
            client.demand("error-is-the-requests", code(&failed) == "task_failed", &failed);
            let data = failed.err().map(|failure| failure.data).unwrap_or_default();
            client.demand("error-is-whole", data["code"] == -32603 && data["message"] == "API rate limit exceeded", data);
        })
    },
    &[
        check("error-is-the-requests", "tasks/result of a failed task may be the error of the request", RETRIEVAL),
        check("error-is-whole", "which is told as it came", RETRIEVAL),
    ],
);

pub const CANCELLED: Scenario = scenario(
    "legacy-cancelled",
    || ending("cancelled", |request| request.error(INVALID_PARAMS, "Task was cancelled")),
    |client| {
        steps(async move {
            let cancelled = client.result_of("slow").await;
            client.demand("cancelled-is-an-end", code(&cancelled) == "task_cancelled", cancelled);
        })
    },
    &[check("cancelled-is-an-end", "a task that the server cancelled rejects who waits for its result", "Tasks, Task Status Lifecycle")],
);

pub const EXPIRED: Scenario = scenario(
    "legacy-expired",
    || {
        let mut polls = 0;
        script(move |request, ledger| match request.method() {
            "tools/call" => Some(created(request)),
            "tasks/get" => {
                polls += 1;
                ledger.demand("expired-is-not-asked-again", polls <= 2, polls);
                let gone = || request.error(INVALID_PARAMS, "Failed to retrieve task: Task has expired");
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
