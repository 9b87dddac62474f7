//! Cancelling: the answer is the task, which then is cancelled for good.

use serde_json::json;

use super::super::check::check;
use super::super::client::{Act, code, text};
use super::super::life::said;
use super::super::server::{INVALID_PARAMS, opened, script};
use super::super::{Scenario, steps};
use super::creation::{created, paid, told};
use super::scenario;

const CANCELLATION: &str = "Tasks, Task Cancellation";

pub const CANCELLING: Scenario = scenario(
    "legacy-cancel",
    || {
        let mut cancels = 0;
        script(move |request, ledger| match request.method() {
            "tools/call" => Some(created(request)),
            "tasks/cancel" => {
                cancels += 1;
                ledger.demand("cancel-is-sent-once", cancels == 1, cancels);
                Some(told(request, "cancelled", json!({ "statusMessage": "The task was cancelled by request." })))
            }
            "tasks/get" => Some(told(request, if cancels > 0 { "cancelled" } else { "working" }, json!({}))),
            "notifications/cancelled" => {
                ledger.demand("cancel-is-a-request", false, &request.body);
                None
            }
            _ => None,
        })
    },
    |client| {
        steps(async move {
            let id = client.task("slow").await;
            let result = client.start(Act::Result(id.clone()));
            client.pause(100).await;
            let after = client.done(Act::Cancel(id.clone())).await;
            client.demand("cancelled-is-told", after.clone().unwrap_or_default()["status"] == "cancelled", after);
            client.demand("cancel-is-a-request", true, ());
            let result = client.end(result).await;
            client.demand("cancelled-has-no-result", code(&result) == "task_cancelled", result);
            client.pause(150).await;
            client.demand("cancelled-is-final", client.states(&id) == ["cancelled"], client.states(&id));
        })
    },
    &[
        check("cancel-is-a-request", "tasks/cancel is sent, never notifications/cancelled", CANCELLATION),
        check("cancel-is-sent-once", "the wish is sent once", CANCELLATION),
        check("cancelled-is-told", "the call resolves with the task as it then is", CANCELLATION),
        check("cancelled-has-no-result", "who waits for the result is rejected", CANCELLATION),
        check("cancelled-is-final", "the end is told once, and nothing after it", "Tasks, Task Status Lifecycle"),
    ],
);

pub const TOO_LATE: Scenario = scenario(
    "legacy-cancel-ended",
    || {
        let mut is_asked = false;
        script(move |request, _| match request.method() {
            "tools/call" => Some(created(request)),
            "tasks/cancel" => {
                is_asked = true;
                Some(request.error(INVALID_PARAMS, "Cannot cancel task: already in terminal status 'completed'"))
            }
            "tasks/get" => Some(told(request, if is_asked { "completed" } else { "working" }, json!({}))),
            "tasks/result" => Some(paid(request, said("done"))),
            _ => None,
        })
    },
    |client| {
        steps(async move {
            let id = client.task("slow").await;
            let result = client.start(Act::Result(id.clone()));
            let after = client.done(Act::Cancel(id)).await;
            client.demand("too-late-is-no-error", after.clone().unwrap_or_default()["status"] == "completed", after);
            let result = client.end(result).await;
            client.demand("too-late-takes-nothing", text(&result) == "done", result);
        })
    },
    &[
        check("too-late-is-no-error", "a refusal because the task has ended tells that it has", CANCELLATION),
        check("too-late-takes-nothing", "and takes nobody's result", "Tasks, Result Retrieval"),
    ],
);

pub const INCAPABLE: Scenario = scenario(
    "legacy-cancel-incapable",
    || {
        script(|request, ledger| match request.method() {
            "initialize" => Some(opened(request, json!({ "tools": {}, "tasks": { "requests": { "tools": { "call": {} } } } }))),
            "tools/call" => Some(created(request)),
            "tasks/get" => Some(told(request, "working", json!({}))),
            "tasks/cancel" => {
                ledger.demand("incapable-is-not-asked", false, &request.body);
                None
            }
            _ => None,
        })
    },
    |client| {
        steps(async move {
            let id = client.task("slow").await;
            let refused = client.done(Act::Cancel(id)).await;
            client.demand("incapable-is-told", code(&refused) == "unsupported", refused);
            client.demand("incapable-is-not-asked", true, ());
        })
    },
    &[
        check("incapable-is-not-asked", "without tasks.cancel nothing is cancelled", "Tasks, Capability Negotiation"),
        check("incapable-is-told", "and who wanted it hears so", "Tasks, Capability Negotiation"),
    ],
);
