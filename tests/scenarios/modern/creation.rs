//! How a call becomes a task, or does not: the server decides, for clients that declare the extension.

use serde_json::json;

use super::super::check::check;
use super::super::client::{Act, code, text};
use super::super::life::{accepted, complete, created, done, elicitation, said, told};
use super::super::server::{MISSING_CAPABILITY, TASKS, script};
use super::super::wire::{Ending, Reply};
use super::super::{Scenario, steps};
use super::scenario;

const NEGOTIATION: &str = "Tasks, Capability Negotiation";

/// What a server must refuse a client that does not declare the extension, with the check of each.
const GATED: [(&str, &str); 5] = [
    ("tools/call", "declared-on-call"),
    ("tasks/get", "declared-on-get"),
    ("tasks/update", "declared-on-update"),
    ("tasks/cancel", "declared-on-cancel"),
    ("subscriptions/listen", "declared-on-listen"),
];

pub const DECLARED: Scenario = scenario(
    "modern-declared",
    || {
        script(|request, ledger| {
            let (_, check) = GATED.into_iter().find(|(method, _)| *method == request.method())?;
            let declares = request.meta("clientCapabilities")["extensions"][TASKS].is_object();
            ledger.demand(check, declares, request.params());
            if !declares {
                return Some(request.error(MISSING_CAPABILITY, "Missing required client capability").with_status(400));
            }
            Some(match request.method() {
                "tools/call" => created(request),
                "tasks/get" => told(request, "input_required", json!({ "inputRequests": { "name": elicitation("Who?") } })),
                "subscriptions/listen" => {
                    let heard = json!({ "notifications": request.params()["notifications"] });
                    let message = json!({ "jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged", "params": heard });
                    Reply::events(vec![(0, message)], Ending::StaysOpen)
                }
                _ => request.result(complete(json!({}))),
            })
        })
    },
    |client| {
        steps(async move {
            let id = client.task("slow").await;
            client.until(|| client.states(&id) == ["input_required"]).await;
            let updated = client.done(Act::Update(id.clone(), json!({ "name": accepted("Ada") }))).await;
            client.demand("update-is-acknowledged", updated.is_ok(), updated);
            let cancelled = client.done(Act::Cancel(id)).await;
            client.demand("cancel-is-acknowledged", cancelled.is_ok(), cancelled);
        })
    },
    &[
        check("declared-on-call", "a call that may become a task declares the extension", NEGOTIATION),
        check("declared-on-get", "so does tasks/get", "Tasks, Protocol Errors"),
        check("declared-on-update", "so does tasks/update", "Tasks, Protocol Errors"),
        check("declared-on-cancel", "so does tasks/cancel", "Tasks, Protocol Errors"),
        check("declared-on-listen", "so does a subscription to tasks", "Tasks, Task Status Notifications"),
        check("update-is-acknowledged", "an empty result is all that tasks/update answers", "Tasks, Task Update Requests"),
        check("cancel-is-acknowledged", "an empty result is all that tasks/cancel answers", "Tasks, Task Cancellation"),
    ],
);

pub const FOLLOWED: Scenario = scenario(
    "modern-followed",
    || {
        let mut polls = 0;
        script(move |request, ledger| match request.method() {
            "tools/call" => {
                ledger.demand("no-hint", request.params().get("task").is_none(), request.params());
                Some(created(request))
            }
            "tasks/get" => {
                polls += 1;
                ledger.demand("end-is-the-end", polls <= 3, polls);
                Some(match polls {
                    1 => told(request, "working", json!({ "statusMessage": "half" })),
                    2 => told(request, "working", json!({ "statusMessage": "nearly" })),
                    _ => done(request, "Operation completed successfully."),
                })
            }
            _ => None,
        })
    },
    |client| {
        steps(async move {
            let made = client.done(Act::ToolTask("slow", Some(30_000.0))).await;
            let seed = made.clone().unwrap_or_default();
            let is_handle = seed["returnedImmediately"] == false && seed["status"]["status"] == "working";
            client.demand("handle-is-accepted", is_handle, made);
            let id = seed["taskId"].as_str().unwrap_or_default().to_owned();
            let result = client.done(Act::Result(id.clone())).await;
            client.demand("result-is-inline", text(&result) == "Operation completed successfully.", result);
            let messages: Vec<_> = client.statuses(&id).iter().map(|status| status["statusMessage"].clone()).collect();
            let all = messages == [json!("half"), json!("nearly"), json!(null)];
            client.demand("changes-are-told", all && client.states(&id).last().is_some_and(|last| last == "completed"), messages);
        })
    },
    &[
        check("no-hint", "the client does not say that it wants a task: the server is the sole decider", NEGOTIATION),
        check("handle-is-accepted", "resultType task makes a task of the call", "Tasks, Polymorphic Results"),
        check("end-is-the-end", "a task is polled until it has ended, and no further", "Tasks, Task Polling"),
        check("result-is-inline", "the result is the one in the status", "Tasks, Task Polling, Response"),
        check("changes-are-told", "every status is told, the last one too", "Tasks, Task Polling"),
    ],
);

pub const IMMEDIATE: Scenario = scenario(
    "modern-immediate",
    || {
        script(|request, ledger| {
            let asks = request.method().starts_with("tasks/") || request.method() == "subscriptions/listen";
            ledger.demand("immediate-is-no-task", !asks, &request.body);
            (request.method() == "tools/call").then(|| request.result(complete(said("Hello, World!"))))
        })
    },
    |client| {
        steps(async move {
            let made = client.done(Act::ToolTask("greet", None)).await;
            let at_once = made.clone().unwrap_or_default();
            let is_there = at_once["returnedImmediately"] == true && at_once["result"]["content"][0]["text"] == "Hello, World!";
            client.demand("immediate-is-accepted", is_there, made);
        })
    },
    &[
        check("immediate-is-accepted", "the plain result is accepted where a task was wanted", NEGOTIATION),
        check("immediate-is-no-task", "nothing more is asked about a call that was answered at once", "Tasks, Polymorphic Results"),
    ],
);

pub const DRIVEN: Scenario = scenario(
    "modern-driven",
    || {
        let mut polls = 0;
        script(move |request, _| match request.method() {
            "tools/call" => Some(created(request)),
            "tasks/get" => {
                polls += 1;
                Some(if polls < 3 { told(request, "working", json!({})) } else { done(request, "driven") })
            }
            _ => None,
        })
    },
    |client| {
        steps(async move {
            let result = client.done(Act::Tool("slow")).await;
            client.demand("driven-to-the-result", text(&result) == "driven", result);
        })
    },
    &[check("driven-to-the-result", "a plain call that becomes a task has the task's result", "Tasks, Backwards Compatibility")],
);

pub const REFUSED: Scenario = scenario(
    "modern-refused",
    || {
        let mut calls = 0;
        script(move |request, ledger| {
            (request.method() == "tools/call").then(|| {
                calls += 1;
                ledger.demand("refused-once", calls == 1, calls);
                let mut refusal = request.refusal(MISSING_CAPABILITY, "Missing required client capability");
                refusal["error"]["data"] = json!({ "requiredCapabilities": { "extensions": { "com.example/other": {} } } });
                Reply::json(400, refusal)
            })
        })
    },
    |client| {
        steps(async move {
            let refused = client.done(Act::ToolTask("must", None)).await;
            let data = refused.clone().err().map(|failure| failure.data).unwrap_or_default();
            let names = data["data"]["requiredCapabilities"]["extensions"].is_object();
            client.demand("refusal-is-told", code(&refused) == "rpc" && data["code"] == MISSING_CAPABILITY && names, refused);
        })
    },
    &[
        check("refused-once", "what the server demands and the client lacks is not asked for again", "Tasks, Protocol Errors"),
        check("refusal-is-told", "the refusal is told with the capabilities that it names", NEGOTIATION),
    ],
);
