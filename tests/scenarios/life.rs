//! Tasks as a server tells of them, in the words of either age.

use serde_json::{Value, json};

use super::wire::{Reply, Request};

pub const TASK: &str = "786512e2-9e0d-44bd-8f29-789f320fe840";
/// How often a scenario's task wants to be polled where it does not matter, in milliseconds.
pub const INTERVAL: u64 = 40;

/// The task in this state, with these members beside or in place of the usual ones.
pub fn modern(id: &str, status: &str, more: Value) -> Value {
    let task = json!({
        "taskId": id, "status": status, "createdAt": "2026-07-28T10:30:00Z", "lastUpdatedAt": "2026-07-28T10:30:05Z",
        "ttlMs": 60_000, "pollIntervalMs": INTERVAL,
    });
    with(task, more)
}

pub fn legacy(id: &str, status: &str, more: Value) -> Value {
    let task = json!({
        "taskId": id, "status": status, "createdAt": "2025-11-25T10:30:00Z", "lastUpdatedAt": "2025-11-25T10:30:05Z",
        "ttl": 60_000, "pollInterval": INTERVAL,
    });
    with(task, more)
}

pub fn with(mut object: Value, more: Value) -> Value {
    for (name, value) in more.as_object().into_iter().flatten() {
        object[name] = value.clone();
    }
    object
}

pub fn complete(result: Value) -> Value {
    with(json!({ "resultType": "complete" }), result)
}

/// The answer to `tools/call` that makes a task.
pub fn created(request: &Request) -> Reply {
    created_as(request, TASK)
}

pub fn created_as(request: &Request, id: &str) -> Reply {
    request.result(with(json!({ "resultType": "task" }), modern(id, "working", json!({}))))
}

/// The answer to `tasks/get`.
pub fn told(request: &Request, status: &str, more: Value) -> Reply {
    request.result(complete(modern(request.task_id(), status, more)))
}

/// Tells of a task's end with this text.
pub fn done(request: &Request, text: &str) -> Reply {
    told(request, "completed", json!({ "result": said(text) }))
}

/// What a tool says.
pub fn said(text: &str) -> Value {
    json!({ "content": [{ "type": "text", "text": text }] })
}

/// A question that asks for a text.
pub fn elicitation(message: &str) -> Value {
    let schema = json!({ "type": "object", "properties": { "value": { "type": "string" } }, "required": ["value"] });
    json!({ "method": "elicitation/create", "params": { "mode": "form", "message": message, "requestedSchema": schema } })
}

pub fn accepted(value: &str) -> Value {
    json!({ "action": "accept", "content": { "value": value } })
}
