//! Statuses: pushed on the server's own stream or not, in whatever order, and polled at the server's interval.

use serde_json::{Value, json};

use super::super::check::check;
use super::super::client::{Act, text};
use super::super::life::{TASK, legacy, said};
use super::super::server::script;
use super::super::wire::{Ending, Reply};
use super::super::{Scenario, steps};
use super::creation::{created, paid, told};
use super::scenario;

const NOTIFICATIONS: &str = "Tasks, Task Notifications";

fn pushed(status: &str, more: Value) -> Value {
    json!({ "jsonrpc": "2.0", "method": "notifications/tasks/status", "params": legacy(TASK, status, more) })
}

pub const PUSHED: Scenario = scenario(
    "legacy-pushed",
    || {
        let (mut polls, mut streams, mut opened) = (0, 0, 0);
        script(move |request, ledger| match request.method() {
            "GET" => {
                streams += 1;
                opened = request.at;
                ledger.demand("one-stream-of-its-own", streams == 1, streams);
                let half = || pushed("working", json!({ "statusMessage": "half" }));
                // The first comes before the answer that makes the task, the last ones after its end.
                let events = vec![
                    (50, half()),
                    (0, half()),
                    (500, pushed("completed", json!({}))),
                    (50, half()),
                    (0, pushed("completed", json!({}))),
                ];
                Some(Reply::events(events, Ending::StaysOpen))
            }
            "tools/call" => Some(created(request).after(200)),
            "tasks/get" => {
                polls += 1;
                let is_done = request.at >= opened + 550;
                Some(told(request, if is_done { "completed" } else { "working" }, json!({ "statusMessage": "half" })))
            }
            "tasks/result" => {
                ledger.demand("push-spares-polls", polls <= 3, polls);
                Some(paid(request, said("done")))
            }
            _ => None,
        })
    },
    |client| {
        steps(async move {
            let id = client.task("slow").await;
            let result = client.done(Act::Result(id.clone())).await;
            client.demand("pushed-end-is-the-end", text(&result) == "done", result);
            client.pause(200).await;
            let told = client.states(&id);
            client.demand("early-push-is-kept", told.first().is_some_and(|first| first == "working"), &told);
            client.demand("changes-are-told-once", told == ["working", "completed"], told);
        })
    },
    &[
        check(
            "one-stream-of-its-own",
            "one stream is opened for what the server has to tell",
            "Transports, Listening for Messages from the Server",
        ),
        check("early-push-is-kept", "a status that comes before the answer which makes the task is not lost", NOTIFICATIONS),
        check("changes-are-told-once", "a status that is repeated is told once, and none after the last", "Tasks, Task Status Lifecycle"),
        check("pushed-end-is-the-end", "a pushed end lets the result be fetched", NOTIFICATIONS),
        check("push-spares-polls", "a task whose statuses are pushed need not be polled at its interval", NOTIFICATIONS),
    ],
);

pub const UNPUSHED: Scenario = scenario(
    "legacy-unpushed",
    || {
        let (mut polls, mut streams) = (0, 0);
        script(move |request, ledger| match request.method() {
            "GET" => {
                streams += 1;
                ledger.demand("no-stream-is-asked-once", streams == 1, streams);
                None
            }
            "tools/call" => Some(created(request)),
            "tasks/get" => {
                polls += 1;
                Some(told(request, if polls < 6 { "working" } else { "completed" }, json!({})))
            }
            "tasks/result" => Some(paid(request, said("polled"))),
            _ => None,
        })
    },
    |client| {
        steps(async move {
            let result = client.result_of("slow").await;
            client.demand("nothing-relies-on-pushes", text(&result) == "polled", result);
        })
    },
    &[
        check(
            "no-stream-is-asked-once",
            "a server that has no stream of its own is asked for it once",
            "Transports, Listening for Messages from the Server",
        ),
        check("nothing-relies-on-pushes", "a task that is never told of is polled to its end", NOTIFICATIONS),
    ],
);

pub const RELATED: Scenario = scenario(
    "legacy-related",
    || {
        let mut is_answered = false;
        script(move |request, ledger| match request.method() {
            "GET" => {
                let related = json!({ "io.modelcontextprotocol/related-task": { "taskId": TASK } });
                let asks = json!({
                    "jsonrpc": "2.0", "id": 0, "method": "sampling/createMessage",
                    "params": { "messages": [], "maxTokens": 1, "_meta": related },
                });
                Some(Reply::events(vec![(50, asks)], Ending::StaysOpen))
            }
            "answer" => {
                is_answered = true;
                ledger.demand("answer-keeps-the-id", request.body["id"] == 0, &request.body);
                ledger.demand("undeclared-is-refused", request.body["error"]["code"] == -32601, &request.body);
                None
            }
            "tools/call" => Some(created(request)),
            "tasks/get" => Some(told(request, if is_answered { "completed" } else { "working" }, json!({}))),
            "tasks/result" => Some(paid(request, said("without a model"))),
            _ => None,
        })
    },
    |client| {
        steps(async move {
            let result = client.result_of("slow").await;
            client.demand("refusal-ends-nothing", text(&result) == "without a model", result);
        })
    },
    &[
        check("answer-keeps-the-id", "a request of the server is answered under its id, which may be 0", "Base Protocol, Responses"),
        check(
            "undeclared-is-refused",
            "what the client did not declare it refuses, related to a task or not",
            "Tasks, Associating Task-Related Messages",
        ),
        check("refusal-ends-nothing", "and goes on to follow the task", "Tasks, Input Required Status"),
    ],
);

/// The interval of the first polls, and of those after them, in milliseconds.
const QUICK: u64 = 100;
const SLOW: u64 = 400;
const QUICK_POLLS: usize = 10;
const SLOW_POLLS: usize = 4;

pub const CHANGING: Scenario = scenario(
    "legacy-pace",
    || {
        let mut polls = Vec::<u64>::new();
        script(move |request, ledger| match request.method() {
            "tools/call" => Some(created(request)),
            "tasks/get" => {
                let wanted = if polls.len() > QUICK_POLLS { SLOW } else { QUICK };
                let check = if wanted == SLOW { "interval-may-change" } else { "interval-is-kept" };
                // At its first poll the client knew of the task.
                let since = polls.first().copied().unwrap_or(request.at);
                if let Some(last) = polls.last().filter(|last| **last >= since + wanted) {
                    // Both instants are cut to whole milliseconds.
                    ledger.demand(check, request.at - last + 1 >= wanted, (&polls, request.at));
                }
                polls.push(request.at);
                Some(match polls.len() {
                    count if count <= QUICK_POLLS => told(request, "working", json!({ "pollInterval": QUICK })),
                    count if count <= QUICK_POLLS + SLOW_POLLS => {
                        told(request, "working", json!({ "pollInterval": SLOW, "ttl": null, "statusMessage": "longer" }))
                    }
                    _ => told(request, "completed", json!({})),
                })
            }
            "tasks/result" => Some(paid(request, said("done"))),
            _ => None,
        })
    },
    |client| {
        steps(async move {
            let id = client.task("slow").await;
            let result = client.done(Act::Result(id.clone())).await;
            client.demand("slow-is-no-end", text(&result) == "done", result);
            let statuses = client.statuses(&id);
            let longer = statuses.iter().find(|status| status["statusMessage"] == "longer").cloned().unwrap_or_default();
            client.demand("ttl-may-change", longer.get("ttlMs") == Some(&Value::Null) && longer["pollIntervalMs"] == SLOW, longer);
        })
    },
    &[
        check("interval-is-kept", "a task that is older than its interval is not polled more often", "Tasks, Getting Tasks"),
        check("interval-may-change", "an interval that the server changes is kept from then on", "Tasks, TTL and Resource Management"),
        check("ttl-may-change", "a changed lifetime and interval are told", "Tasks, TTL and Resource Management"),
        check("slow-is-no-end", "the task is polled to its end at either interval", "Tasks, Getting Tasks"),
    ],
);
