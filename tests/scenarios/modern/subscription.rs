//! Statuses that the server pushes. It may push none: then everything is polled.

use serde_json::{Value, json};

use super::super::check::check;
use super::super::client::{Act, text};
use super::super::life::{TASK, complete, created, done, modern, said, told};
use super::super::server::{METHOD_NOT_FOUND, script};
use super::super::wire::{Ending, Reply, Request};
use super::super::{Scenario, steps};
use super::scenario;

const PUSHES: &str = "Tasks, Task Status Notifications";

fn note(request: &Request, method: &str, params: Value) -> Value {
    let mut params = params;
    params["_meta"] = json!({ "io.modelcontextprotocol/subscriptionId": request.body["id"] });
    json!({ "jsonrpc": "2.0", "method": method, "params": params })
}

fn acknowledged(request: &Request, filter: Value) -> (u64, Value) {
    (0, note(request, "notifications/subscriptions/acknowledged", json!({ "notifications": filter })))
}

fn pushed(request: &Request, status: &str, more: Value) -> Value {
    note(request, "notifications/tasks", modern(TASK, status, more))
}

fn pushed_end(request: &Request, text: &str) -> Value {
    pushed(request, "completed", json!({ "result": said(text) }))
}

fn names_task(request: &Request) -> bool {
    request.params()["notifications"]["taskIds"] == json!([TASK])
}

pub const PUSHED: Scenario = scenario(
    "modern-pushed",
    || {
        let (mut streams, mut polls) = (0, 0);
        script(move |request, ledger| match request.method() {
            "tools/call" => Some(created(request)),
            "tasks/get" => {
                polls += 1;
                // One before the acknowledgement, and one after it for what was missed: no more, for half a second at 40 ms.
                ledger.demand("push-spares-polls", polls <= 4, polls);
                Some(told(request, "working", json!({})))
            }
            "subscriptions/listen" => {
                streams += 1;
                ledger.demand("one-stream-for-the-task", streams == 1 && names_task(request), request.params());
                let half = pushed(request, "working", json!({ "statusMessage": "half" }));
                let events = vec![acknowledged(request, json!({ "taskIds": [TASK] })), (200, half), (400, pushed_end(request, "pushed"))];
                Some(Reply::events(events, Ending::StaysOpen))
            }
            _ => None,
        })
    },
    |client| {
        steps(async move {
            let id = client.task("slow").await;
            let result = client.done(Act::Result(id.clone())).await;
            client.demand("pushed-result-is-the-result", text(&result) == "pushed", result);
            let told = client.statuses(&id);
            let half = told.iter().filter(|status| status["statusMessage"] == "half").count();
            client.demand("pushed-status-is-told", half == 1, told);
        })
    },
    &[
        check("one-stream-for-the-task", "a subscription names the tasks that are wanted", PUSHES),
        check("pushed-status-is-told", "a pushed status is a status", PUSHES),
        check("pushed-result-is-the-result", "and brings the result with it", PUSHES),
        check("push-spares-polls", "a task whose statuses are pushed need not be polled at its interval", PUSHES),
    ],
);

/// A server that takes the subscription and none of the tasks, and one that knows no subscriptions: polls bring the end.
const fn polled(id: &'static str, server: fn() -> super::super::Answer, checks: &'static [super::super::Check]) -> Scenario {
    scenario(
        id,
        server,
        |client| {
            steps(async move {
                let result = client.result_of("slow").await;
                client.demand("unpushed-is-polled", text(&result) == "polled", result);
                client.pause(300).await;
            })
        },
        checks,
    )
}

pub const UNACKNOWLEDGED: Scenario = polled(
    "modern-unacknowledged",
    || {
        let mut polls = 0;
        script(move |request, ledger| match request.method() {
            "tools/call" => Some(created(request)),
            "tasks/get" => {
                polls += 1;
                Some(if polls < 6 { told(request, "working", json!({})) } else { done(request, "polled") })
            }
            "subscriptions/listen" => {
                ledger.demand("unacknowledged-was-wanted", names_task(request), request.params());
                Some(Reply::events(vec![acknowledged(request, json!({}))], Ending::StaysOpen))
            }
            _ => None,
        })
    },
    &[
        check("unacknowledged-was-wanted", "a subscription names the tasks that are wanted", PUSHES),
        check("unpushed-is-polled", "a task that the acknowledgement does not name is polled", "Subscriptions, Acknowledgment"),
    ],
);

pub const NOT_OFFERED: Scenario = polled(
    "modern-not-offered",
    || {
        let (mut polls, mut streams) = (0, 0);
        script(move |request, ledger| match request.method() {
            "tools/call" => Some(created(request)),
            "tasks/get" => {
                polls += 1;
                Some(if polls < 6 { told(request, "working", json!({})) } else { done(request, "polled") })
            }
            "subscriptions/listen" => {
                streams += 1;
                ledger.demand("not-offered-is-not-asked-again", streams == 1, streams);
                Some(request.error(METHOD_NOT_FOUND, "Method not found").with_status(404))
            }
            _ => None,
        })
    },
    &[
        check("not-offered-is-not-asked-again", "a server that knows no subscriptions is asked once", PUSHES),
        check("unpushed-is-polled", "and polled", PUSHES),
    ],
);

pub const UNHEALTHY: Scenario = scenario(
    "modern-polls-fail",
    || {
        let mut polls = 0;
        script(move |request, ledger| match request.method() {
            "tools/call" => Some(created(request)),
            "tasks/get" => {
                polls += 1;
                ledger.demand("failing-polls-are-rare", polls <= 3, polls);
                Some(Reply::status(503))
            }
            "subscriptions/listen" => {
                let events = vec![acknowledged(request, json!({ "taskIds": [TASK] })), (700, pushed_end(request, "pushed"))];
                Some(Reply::events(events, Ending::StaysOpen))
            }
            _ => None,
        })
    },
    |client| {
        steps(async move {
            let result = client.result_of("slow").await;
            client.demand("pushes-need-no-polls", text(&result) == "pushed", result);
        })
    },
    &[
        check(
            "failing-polls-are-rare",
            "a server that cannot answer tasks/get is not asked again at once, whatever a stream promises",
            "Tasks, Task Polling",
        ),
        check("pushes-need-no-polls", "a pushed end is the end, even if no poll is answered", PUSHES),
    ],
);

pub const ENDED: Scenario = scenario(
    "modern-stream-ended",
    || {
        let (mut polls, mut streams) = (0, 0);
        script(move |request, ledger| match request.method() {
            "tools/call" => Some(created(request)),
            "tasks/get" => {
                polls += 1;
                Some(told(request, "working", json!({ "statusMessage": if polls < 5 { "early" } else { "late" } })))
            }
            "subscriptions/listen" => {
                streams += 1;
                ledger.demand("ended-is-opened-again", names_task(request), request.params());
                let acknowledged = acknowledged(request, json!({ "taskIds": [TASK] }));
                let goodbye = json!({ "_meta": { "io.modelcontextprotocol/subscriptionId": request.body["id"] } });
                Some(match streams {
                    1 => Reply::events(vec![acknowledged, (50, request.answer(complete(goodbye)))], Ending::Closes),
                    _ => Reply::events(vec![acknowledged, (50, pushed_end(request, "pushed again"))], Ending::StaysOpen),
                })
            }
            _ => None,
        })
    },
    |client| {
        steps(async move {
            let id = client.task("slow").await;
            let result = client.done(Act::Result(id.clone())).await;
            client.demand("ended-is-opened-again", text(&result) == "pushed again", result);
            let told = client.statuses(&id);
            let late = told.iter().any(|status| status["statusMessage"] == "late");
            client.demand("ended-is-polled", late, told);
        })
    },
    &[
        check("ended-is-polled", "a task whose stream has ended is polled", PUSHES),
        check("ended-is-opened-again", "until a new stream tells of it", "Subscriptions, Graceful Closure"),
    ],
);

pub const DISORDERLY: Scenario = scenario(
    "modern-disorder",
    || {
        script(|request, _| match request.method() {
            "tools/call" => Some(created(request)),
            "tasks/get" => Some(told(request, "working", json!({}))),
            "subscriptions/listen" => {
                let half = || pushed(request, "working", json!({ "statusMessage": "half" }));
                let other = note(request, "notifications/tasks", modern("another", "completed", json!({ "result": said("another's") })));
                let failed = pushed(request, "failed", json!({ "error": { "code": -32603, "message": "late" } }));
                let events = vec![
                    acknowledged(request, json!({ "taskIds": [TASK] })),
                    (50, half()),
                    (0, half()),
                    (0, other),
                    (50, pushed_end(request, "done")),
                    (0, half()),
                    (0, pushed_end(request, "done twice")),
                    (0, failed),
                ];
                Some(Reply::events(events, Ending::StaysOpen))
            }
            _ => None,
        })
    },
    |client| {
        steps(async move {
            let id = client.task("slow").await;
            let result = client.done(Act::Result(id.clone())).await;
            client.demand("first-end-is-the-end", text(&result) == "done", result);
            client.pause(100).await;
            let told: Vec<_> =
                client.statuses(&id).iter().map(|status| (status["status"].clone(), status["statusMessage"].clone())).collect();
            let expected = [(json!("working"), json!("half")), (json!("completed"), json!(null))];
            client.demand("changes-are-told-once", told == expected, told);
            client.demand("others-are-not-told", client.statuses("another").is_empty(), client.statuses("another"));
        })
    },
    &[
        check("first-end-is-the-end", "nothing that comes after a terminal status changes the result", "Tasks, Task Status"),
        check("changes-are-told-once", "a status that is repeated is told once, and none after the last", "Tasks, Task Status"),
        check("others-are-not-told", "a task that nobody here follows is nobody's", PUSHES),
    ],
);
