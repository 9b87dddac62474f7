//! How a call becomes a task: the client asks, where the server and the tool allow it.

use serde_json::{Value, json};

use super::super::check::check;
use super::super::client::{Act, text};
use super::super::life::{TASK, legacy, said};
use super::super::server::{METHOD_NOT_FOUND, opened, script};
use super::super::wire::{Reply, Request};
use super::super::{Scenario, steps};
use super::scenario;

const CREATING: &str = "Tasks, Creating Tasks";
const TOOL_LEVEL: &str = "Tasks, Tool-Level Negotiation";

/// The answer to a request that asks for a task.
pub fn created(request: &Request) -> Reply {
    created_as(request, TASK)
}

pub fn created_as(request: &Request, id: &str) -> Reply {
    request.result(json!({ "task": legacy(id, "working", json!({})) }))
}

/// The answer to `tasks/get`.
pub fn told(request: &Request, status: &str, more: Value) -> Reply {
    request.result(legacy(request.task_id(), status, more))
}

/// The answer to `tasks/result`.
pub fn paid(request: &Request, result: Value) -> Reply {
    let related = json!({ "_meta": { "io.modelcontextprotocol/related-task": { "taskId": request.task_id() } } });
    request.result(super::super::life::with(result, related))
}

pub const FOLLOWED: Scenario = scenario(
    "legacy-followed",
    || {
        let (mut polls, mut results) = (0, 0);
        script(move |request, ledger| match request.method() {
            "tools/call" => {
                ledger.demand("task-is-asked-for", request.params()["task"] == json!({ "ttl": 60_000 }), request.params());
                Some(created(request))
            }
            "tasks/get" => {
                polls += 1;
                ledger.demand("end-is-the-end", polls <= 3, polls);
                Some(match polls {
                    1 => told(request, "working", json!({ "statusMessage": "half" })),
                    2 => told(request, "working", json!({ "statusMessage": "nearly" })),
                    _ => told(request, "completed", json!({})),
                })
            }
            "tasks/result" => {
                results += 1;
                ledger.demand("result-is-fetched-once", results == 1, results);
                Some(paid(request, said("72°F")))
            }
            _ => None,
        })
    },
    |client| {
        steps(async move {
            let made = client.done(Act::ToolTask("slow", Some(60_000.0))).await;
            let seed = made.clone().unwrap_or_default();
            client.demand("handle-is-accepted", seed["returnedImmediately"] == false && seed["status"]["ttlMs"] == 60_000, made);
            let id = seed["taskId"].as_str().unwrap_or_default().to_owned();
            let results = [client.start(Act::Result(id.clone())), client.start(Act::Result(id.clone()))];
            for result in results {
                let result = client.end(result).await;
                let related = result.clone().unwrap_or_default()["_meta"]["io.modelcontextprotocol/related-task"]["taskId"] == id;
                client.demand("result-is-the-calls", text(&result) == "72°F" && related, result);
            }
            let messages: Vec<_> = client.statuses(&id).iter().map(|status| status["statusMessage"].clone()).collect();
            client.demand("changes-are-told", messages == [json!("half"), json!("nearly"), json!(null)], messages);
        })
    },
    &[
        check("task-is-asked-for", "a task is asked for by params.task, with the ttl that is wanted and no more", CREATING),
        check("handle-is-accepted", "result.task makes a task of the call", CREATING),
        check("changes-are-told", "every status is told, the last one too", "Tasks, Getting Tasks"),
        check("end-is-the-end", "a task is polled until it has ended, and no further", "Tasks, Getting Tasks"),
        check("result-is-fetched-once", "tasks/result is asked once for all who wait", "Tasks, Retrieving Task Results"),
        check("result-is-the-calls", "it is what the plain call would have given, its metadata too", "Tasks, Result Retrieval"),
    ],
);

pub const INCAPABLE: Scenario = scenario(
    "legacy-incapable",
    || {
        script(|request, ledger| match request.method() {
            "initialize" => Some(opened(request, json!({ "tools": {}, "tasks": { "list": {}, "cancel": {} } }))),
            "tools/call" => {
                ledger.demand("incapable-is-not-asked", request.params().get("task").is_none(), request.params());
                Some(request.result(said("at once")))
            }
            _ => None,
        })
    },
    |client| {
        steps(async move {
            let made = client.done(Act::ToolTask("slow", None)).await;
            let is_immediate = made.clone().unwrap_or_default()["returnedImmediately"] == true;
            client.demand("incapable-answers-at-once", is_immediate, made);
        })
    },
    &[
        check("incapable-is-not-asked", "without tasks.requests.tools.call no call asks for a task, whatever the tool says", TOOL_LEVEL),
        check("incapable-answers-at-once", "and the plain answer stands for it", "Tasks, Capability Negotiation"),
    ],
);

/// What a tool says of itself, and the checks of its calls: one that wants a task, and a plain one.
const TOOLS: [(&str, Option<&str>, &str, &str); 4] = [
    ("silent", None, "silent-forbids", "silent-forbids"),
    ("never", Some("forbidden"), "forbidden-is-not-asked", "forbidden-is-not-asked"),
    ("may", Some("optional"), "optional-may-be", "optional-need-not-be"),
    ("must", Some("required"), "required-must-be", "required-must-be"),
];

pub const SUPPORT: Scenario = scenario(
    "legacy-support",
    || {
        // The first call of every tool wants a task, the second is a plain one.
        let mut called: Vec<String> = Vec::new();
        script(move |request, ledger| match request.method() {
            "tools/list" => {
                let tools = TOOLS.map(|(name, support, ..)| match support {
                    Some(support) => json!({ "name": name, "inputSchema": { "type": "object" }, "execution": { "taskSupport": support } }),
                    None => json!({ "name": name, "inputSchema": { "type": "object" } }),
                });
                Some(request.result(json!({ "tools": tools })))
            }
            "tools/call" => {
                let name = request.params()["name"].as_str().unwrap_or_default();
                let is_plain = called.iter().any(|each| each == name);
                called.push(name.into());
                let (_, support, wanted, plain) = TOOLS.into_iter().find(|(each, ..)| *each == name)?;
                let may = match support {
                    Some("required") => true,
                    Some("optional") => !is_plain,
                    _ => false,
                };
                let asks = request.params()["task"].is_object();
                ledger.demand(if is_plain { plain } else { wanted }, asks == may, request.params());
                Some(match (asks, asks == may) {
                    (_, false) => request.error(METHOD_NOT_FOUND, "Method not found"),
                    (true, _) => created_as(request, &format!("{name}-{is_plain}")),
                    _ => request.result(said("at once")),
                })
            }
            "tasks/get" => Some(told(request, "completed", json!({}))),
            "tasks/result" => Some(paid(request, said("later"))),
            _ => None,
        })
    },
    |client| {
        steps(async move {
            for (name, support, ..) in TOOLS {
                let made = client.done(Act::ToolTask(name, None)).await;
                let is_task = made.clone().unwrap_or_default()["returnedImmediately"] == false;
                client.demand("either-answer-is-accepted", is_task == matches!(support, Some("optional" | "required")), (name, made));
                let plain = client.done(Act::Tool(name)).await;
                let words = if support == Some("required") { "later" } else { "at once" };
                client.demand("plain-calls-have-results", text(&plain) == words, (name, plain));
            }
        })
    },
    &[
        check("silent-forbids", "a tool that says nothing of tasks is not called as one", TOOL_LEVEL),
        check("forbidden-is-not-asked", "nor is one that forbids it", TOOL_LEVEL),
        check("optional-may-be", "a tool that may be a task is one where it is wanted", TOOL_LEVEL),
        check("optional-need-not-be", "and is none where it is not", TOOL_LEVEL),
        check("required-must-be", "a tool that must be a task is one, wanted or not", TOOL_LEVEL),
        check("either-answer-is-accepted", "a task is a task, and a plain answer one that came at once", "Tasks, Creating Tasks"),
        check("plain-calls-have-results", "a plain call has the result, of whatever it was made of", "Tasks, Result Retrieval"),
    ],
);
