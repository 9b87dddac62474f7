//! Cancelling: a request that is acknowledged, and no promise.

use serde_json::json;

use super::super::check::check;
use super::super::client::{Act, text};
use super::super::life::{complete, created, done, told};
use super::super::server::script;
use super::super::{Scenario, steps};
use super::scenario;

const CANCELLATION: &str = "Tasks, Task Cancellation";

pub const ACKNOWLEDGED: Scenario = scenario(
    "modern-cancel",
    || {
        let (mut cancels, mut polls_since) = (0, 0);
        script(move |request, ledger| match request.method() {
            "tools/call" => Some(created(request)),
            "tasks/cancel" => {
                cancels += 1;
                ledger.demand("cancel-is-sent-once", cancels == 1, cancels);
                Some(request.result(complete(json!({}))))
            }
            "tasks/get" => {
                polls_since += i32::from(cancels > 0);
                // The work was done before the wish could take effect.
                Some(if polls_since < 3 { told(request, "working", json!({})) } else { done(request, "done all the same") })
            }
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
            let status = after.clone().unwrap_or_default()["status"].clone();
            client.demand("ack-is-no-status", status == "working", after);
            client.demand("cancel-is-a-request", true, ());
            let result = client.end(result).await;
            client.demand("cancel-may-come-too-late", text(&result) == "done all the same", result);
            let told = client.states(&id);
            client.demand("cancelled-is-not-assumed", !told.contains(&"cancelled".into()), told);
        })
    },
    &[
        check("cancel-is-a-request", "tasks/cancel is sent, never notifications/cancelled", CANCELLATION),
        check("cancel-is-sent-once", "the wish is sent once", CANCELLATION),
        check("ack-is-no-status", "the acknowledgement says nothing of the task: its status is asked for", CANCELLATION),
        check("cancel-may-come-too-late", "a task may complete after it was cancelled, and then has its result", CANCELLATION),
        check("cancelled-is-not-assumed", "nobody is told that the task is cancelled before the server says so", CANCELLATION),
    ],
);

pub const TOO_LATE: Scenario = scenario(
    "modern-cancel-ended",
    || {
        script(|request, _| match request.method() {
            "tools/call" => Some(created(request)),
            "tasks/cancel" => Some(request.result(complete(json!({})))),
            "tasks/get" => Some(done(request, "done")),
            _ => None,
        })
    },
    |client| {
        steps(async move {
            let id = client.task("quick").await;
            let result = client.done(Act::Result(id.clone())).await;
            let after = client.done(Act::Cancel(id.clone())).await;
            let is_completed = after.clone().unwrap_or_default()["status"] == "completed";
            client.demand("ended-stays-ended", is_completed && text(&result) == "done", after);
            let told = client.states(&id);
            client.demand("ended-is-told-once", told == ["completed"], told);
        })
    },
    &[
        check("ended-stays-ended", "an acknowledged cancellation of an ended task changes nothing", "Tasks, Task Status"),
        check("ended-is-told-once", "and nobody is told again that it ended", "Tasks, Task Status"),
    ],
);
