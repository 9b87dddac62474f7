//! For every check of the scenarios a client that breaks it.

use serde_json::{Value, json};

use super::script::{Failure, Request};
use super::wrong::*;

const TASK: &str = "786512e2-9e0d-44bd-8f29-789f320fe840";

/// A scenario, one of its checks, and the client that breaks it.
pub type Row = (&'static str, &'static str, Wrong);

pub fn rows() -> Vec<Row> {
    let tables = [modern_manners(), modern_creation(), modern_life(), modern_dispatch(), modern_questions(), modern_pushes()];
    tables
        .into_iter()
        .chain([legacy_manners(), legacy_creation(), legacy_result(), legacy_status(), legacy_questions(), legacy_rest()])
        .flatten()
        .collect()
}

fn status(status: &str) -> Value {
    json!({ "taskId": TASK, "status": status, "ttlMs": null })
}

fn undeclared(method: &'static str) -> Wrong {
    changed(method, |request| take(capabilities(request), "extensions"))
}

fn misnamed(method: &'static str) -> Wrong {
    changed(method, |request| set_header(request, "mcp-name", "another"))
}

fn notification(request: &Request) -> Request {
    let mut note = other(request, "notifications/cancelled", json!({ "requestId": 1 }));
    take(&mut note.body, "id");
    note
}

fn modern_manners() -> Vec<Row> {
    let of = "modern-declared";
    vec![
        (of, "modern-requests", followed_by("tasks/cancel", notification)),
        (
            "modern-followed",
            "modern-requests",
            followed_by("tasks/get", |request| Request { verb: "GET".into(), body: Value::Null, ..request.clone() }),
        ),
        (of, "modern-accepts", all_changed(|request| set_header(request, "accept", "application/json"))),
        (of, "modern-methods", followed_by("tools/call", |request| other(request, "initialize", json!({})))),
        ("modern-followed", "modern-methods", changed("tasks/get", |request| request.body["method"] = "tasks/result".into())),
        ("modern-listed", "modern-methods", followed_by("tools/call", |request| other(request, "tasks/list", json!({})))),
        (of, "modern-members", changed("tools/call", |request| request.body["params"]["task"] = json!({ "ttl": 60_000 }))),
        (of, "modern-members", changed("tasks/get", |request| request.body["params"]["requestState"] = "s".into())),
        (of, "modern-signed", changed("tasks/get", |request| take(&mut request.body["params"], "_meta"))),
        (of, "modern-version", changed("tools/call", |request| drop_header(request, "mcp-protocol-version"))),
        (of, "modern-version", changed("tools/call", |request| set_header(request, "mcp-protocol-version", "2025-11-25"))),
        (of, "modern-declared", undeclared("tools/list")),
        (of, "modern-method-header", changed("tasks/get", |request| set_header(request, "mcp-method", "tools/call"))),
        (of, "modern-name-header", changed("tasks/get", |request| drop_header(request, "mcp-name"))),
        (of, "modern-name-header", changed("subscriptions/listen", |request| set_header(request, "mcp-name", TASK))),
        (of, "modern-sessionless", changed("tasks/get", |request| set_header(request, "mcp-session-id", "s"))),
        (of, "modern-ids", followed_by("tasks/get", Request::clone)),
        (of, "modern-own-tasks", changed("tasks/get", |request| request.body["params"]["taskId"] = "another".into())),
        (of, "modern-own-keys", changed("tasks/update", |request| request.body["params"]["inputResponses"] = json!({ "colour": {} }))),
    ]
}

fn modern_creation() -> Vec<Row> {
    let of = "modern-declared";
    vec![
        (of, "declared-on-call", undeclared("tools/call")),
        (of, "declared-on-get", undeclared("tasks/get")),
        (of, "declared-on-update", undeclared("tasks/update")),
        (of, "declared-on-cancel", undeclared("tasks/cancel")),
        (of, "declared-on-listen", undeclared("subscriptions/listen")),
        (of, "update-is-acknowledged", sorry()),
        (of, "cancel-is-acknowledged", sorry()),
        ("modern-followed", "no-hint", changed("tools/call", |request| request.body["params"]["task"] = json!({}))),
        ("modern-followed", "handle-is-accepted", blind()),
        ("modern-followed", "end-is-the-end", repeated("tasks/get", 2)),
        ("modern-followed", "result-is-inline", pleased()),
        ("modern-followed", "changes-are-told", mute()),
        ("modern-followed", "changes-are-told", stuttering()),
        ("modern-immediate", "immediate-is-accepted", blind()),
        (
            "modern-immediate",
            "immediate-is-no-task",
            followed_by("tools/call", |request| other(request, "tasks/get", json!({ "taskId": "t" }))),
        ),
        ("modern-driven", "driven-to-the-result", blind()),
        ("modern-refused", "refused-once", repeated("tools/call", 2)),
        ("modern-refused", "refusal-is-told", blind()),
    ]
}

fn modern_life() -> Vec<Row> {
    let cancels = "modern-cancel";
    vec![
        ("modern-failed", "failed-is-an-error", pleased()),
        ("modern-failed", "error-is-inline", sorry()),
        ("modern-tool-error", "tool-error-is-the-tools", pleased()),
        ("modern-tool-error", "tool-error-has-its-result", ended(|| Err(Failure { code: "tool_error".into(), data: json!({}) }))),
        ("modern-cancelled", "cancelled-is-an-end", pleased()),
        ("modern-expired", "expired-is-told", sorry()),
        ("modern-expired", "expired-is-not-asked-again", repeated("tasks/get", 2)),
        (cancels, "cancel-is-a-request", followed_by("tasks/cancel", notification)),
        (cancels, "cancel-is-sent-once", repeated("tasks/cancel", 2)),
        (cancels, "ack-is-no-status", ended(|| Ok(status("cancelled")))),
        (cancels, "cancel-may-come-too-late", sorry()),
        (cancels, "cancelled-is-not-assumed", inventive(status("cancelled"))),
        ("modern-cancel-ended", "ended-stays-ended", ended(|| Ok(status("cancelled")))),
        ("modern-cancel-ended", "ended-is-told-once", stuttering()),
        ("modern-pace", "interval-is-kept", hastened(2)),
        ("modern-pace", "interval-is-kept", repeated("tasks/get", 2)),
        ("modern-pace", "interval-may-change", hastened(2)),
        ("modern-pace", "ttl-may-change", misread(|status| status["ttlMs"] = 60_000.into())),
        ("modern-pace", "slow-is-no-end", sorry()),
    ]
}

fn modern_dispatch() -> Vec<Row> {
    let raw = |method| changed(method, |request| set_header(request, "mcp-name", " -tâche 1 "));
    let (types, tasks, fields) = ("modern-unknown-type", "modern-no-such-task", "modern-fields");
    vec![
        ("modern-routed", "call-is-routed", misnamed("tools/call")),
        ("modern-routed", "get-is-routed", raw("tasks/get")),
        ("modern-routed", "update-is-routed", raw("tasks/update")),
        ("modern-routed", "cancel-is-routed", raw("tasks/cancel")),
        ("modern-routed", "odd-ids-are-ids", sorry()),
        (types, "unknown-is-invalid", blind()),
        (types, "unknown-is-no-task", followed_by("tools/call", |request| other(request, "tasks/get", json!({ "taskId": "none" })))),
        (types, "unknown-inside-is-invalid", pleased()),
        (tasks, "prompts-are-no-tasks", blind()),
        (tasks, "resources-are-no-tasks", blind()),
        (tasks, "invalid-is-not-followed", followed_by("prompts/get", |request| other(request, "tasks/get", json!({ "taskId": TASK })))),
        (fields, "a-wrapper-is-no-task", followed_by("tools/call", |request| other(request, "tasks/get", json!({ "taskId": "none" })))),
        (fields, "a-wrapper-is-no-task", blind()),
        (fields, "new-names-are-read", misread(|status| status["ttlMs"] = 1.into())),
        (fields, "old-interval-is-nothing", only("tasks/get", 1)),
        ("modern-listed", "no-list-is-asked", followed_by("tools/call", |request| other(request, "tasks/list", json!({})))),
        ("modern-listed", "own-tasks-are-listed", pleased()),
    ]
}

fn modern_questions() -> Vec<Row> {
    let answers = |answers: Value| move |request: &mut Request| request.body["params"]["inputResponses"] = answers.clone();
    let (input, partial, resent, round, bare) =
        ("modern-input", "modern-input-partial", "modern-input-resent", "modern-round-then-task", "modern-round-without-state");
    let declined = json!({ "name": { "action": "decline" } });
    let state = |request: &mut Request| {
        if request.body["params"]["requestState"].is_string() {
            request.body["params"]["requestState"] = r#"{"a":"é","b":1}"#.into();
        }
    };
    // What a call that is made again says otherwise.
    let again = |change: fn(&mut Request)| {
        changed("tools/call", move |request| {
            if request.body["params"].get("inputResponses").is_some() {
                change(request);
            }
        })
    };
    vec![
        (input, "input-is-asked-as-it-is", misread(|question| take(question, "mode"))),
        (input, "input-is-asked-once", stuttering()),
        (input, "input-is-answered-by-key", changed("tasks/update", answers(declined.clone()))),
        (input, "input-is-answered-once", repeated("tasks/update", 2)),
        (input, "input-lets-it-go-on", sorry()),
        (partial, "partial-is-sent", changed("tasks/update", answers(json!({ "name": {}, "age": {} })))),
        (partial, "partial-has-no-repeats", repeated("tasks/update", 2)),
        (partial, "partial-asks-once", stuttering()),
        (partial, "partial-becomes-whole", only("tasks/update", 1)),
        (resent, "lost-answer-is-sent-again", changed("tasks/update", answers(declined))),
        (resent, "lost-answer-asks-nobody", stuttering()),
        (resent, "lost-answer-arrives", only("tasks/update", 1)),
        (round, "round-begins-bare", changed("tools/call", answers(json!({})))),
        (round, "round-has-a-new-id", changed("tools/call", |request| request.body["id"] = 2.into())),
        (round, "round-repeats-the-call", again(|request| request.body["params"]["arguments"] = json!({ "name": "Bob" }))),
        (round, "round-echoes-the-state", changed("tools/call", state)),
        (round, "round-echoes-the-state", again(|request| take(&mut request.body["params"], "requestState"))),
        (round, "round-brings-the-answers", again(|request| request.body["params"]["inputResponses"] = json!({}))),
        (round, "round-is-the-calls-alone", changed("tasks/get", |request| request.body["params"]["requestState"] = "s".into())),
        (round, "round-ends-in-a-task", blind()),
        (bare, "absent-state-stays-absent", again(|request| request.body["params"]["requestState"] = Value::Null)),
        (bare, "unrelated-carries-nothing", changed("tools/call", answers(json!({})))),
        (bare, "unrelated-is-answered", pleased()),
        (bare, "round-ends-in-a-result", pleased()),
    ]
}

fn modern_pushes() -> Vec<Row> {
    let unnamed = || changed("subscriptions/listen", |request| request.body["params"]["notifications"] = json!({}));
    let (pushed, disorder) = ("modern-pushed", "modern-disorder");
    vec![
        (pushed, "one-stream-for-the-task", unnamed()),
        (pushed, "one-stream-for-the-task", repeated("subscriptions/listen", 2)),
        (pushed, "pushed-status-is-told", mute()),
        (pushed, "pushed-result-is-the-result", pleased()),
        (pushed, "push-spares-polls", repeated("tasks/get", 9)),
        ("modern-unacknowledged", "unacknowledged-was-wanted", unnamed()),
        ("modern-unacknowledged", "unpushed-is-polled", only("tasks/get", 2)),
        ("modern-not-offered", "not-offered-is-not-asked-again", repeated("subscriptions/listen", 2)),
        ("modern-not-offered", "unpushed-is-polled", only("tasks/get", 2)),
        ("modern-polls-fail", "failing-polls-are-rare", repeated("tasks/get", 4)),
        ("modern-polls-fail", "pushes-need-no-polls", sorry()),
        ("modern-stream-ended", "ended-is-polled", only("tasks/get", 2)),
        ("modern-stream-ended", "ended-is-opened-again", only("subscriptions/listen", 1)),
        (disorder, "first-end-is-the-end", pleased()),
        (disorder, "changes-are-told-once", stuttering()),
        (disorder, "others-are-not-told", inventive(json!({ "taskId": "another", "status": "completed" }))),
    ]
}

fn legacy_manners() -> Vec<Row> {
    let of = "legacy-followed";
    vec![
        (
            of,
            "legacy-probe",
            followed_by("tools/call", |request| {
                let mut probe = other(request, "server/discover", json!({}));
                set_header(&mut probe, "mcp-protocol-version", "2026-07-28");
                probe
            }),
        ),
        (of, "legacy-opening", only("notifications/initialized", 0)),
        (of, "legacy-opening", followed_by("initialize", |request| other(request, "tools/list", json!({})))),
        (of, "legacy-session", changed("tasks/get", |request| drop_header(request, "mcp-session-id"))),
        (of, "legacy-version", changed("tasks/get", |request| drop_header(request, "mcp-protocol-version"))),
        (of, "legacy-accepts", changed("tools/call", |request| set_header(request, "accept", "application/json"))),
        (of, "legacy-members", changed("tools/call", |request| request.body["params"]["inputResponses"] = json!({}))),
        (of, "legacy-members", followed_by("tools/call", |request| other(request, "tasks/update", json!({})))),
        (of, "legacy-unmarked", changed("tasks/get", |request| set_header(request, "mcp-name", TASK))),
        (of, "legacy-unmarked", changed("tools/call", |request| *capabilities(request) = json!({}))),
        (of, "legacy-task-member", changed("tools/call", |request| request.body["params"]["task"] = json!({ "ttl": 0.5 }))),
        (
            of,
            "legacy-unrelated",
            changed("tasks/get", |request| {
                request.body["params"]["_meta"] = json!({ "io.modelcontextprotocol/related-task": { "taskId": TASK } });
            }),
        ),
        (of, "legacy-ids", followed_by("tasks/get", Request::clone)),
        (of, "legacy-own-tasks", changed("tasks/get", |request| request.body["params"]["taskId"] = "another".into())),
    ]
}

fn legacy_creation() -> Vec<Row> {
    let asks = |tool: &'static str, task: Option<Value>| {
        changed("tools/call", move |request| {
            if request.body["params"]["name"] == tool {
                take(&mut request.body["params"], "task");
                task.iter().for_each(|task| request.body["params"]["task"] = task.clone());
            }
        })
    };
    let (of, support) = ("legacy-followed", "legacy-support");
    vec![
        (of, "task-is-asked-for", asks("slow", Some(json!({ "ttl": 1 })))),
        (of, "task-is-asked-for", asks("slow", None)),
        (of, "handle-is-accepted", blind()),
        (of, "changes-are-told", stuttering()),
        (of, "end-is-the-end", repeated("tasks/get", 2)),
        (of, "result-is-fetched-once", repeated("tasks/result", 2)),
        (of, "result-is-the-calls", pleased()),
        ("legacy-incapable", "incapable-is-not-asked", asks("slow", Some(json!({})))),
        ("legacy-incapable", "incapable-answers-at-once", blind()),
        (support, "silent-forbids", asks("silent", Some(json!({})))),
        (support, "forbidden-is-not-asked", asks("never", Some(json!({})))),
        (support, "optional-may-be", asks("may", None)),
        (support, "optional-need-not-be", asks("may", Some(json!({})))),
        (support, "required-must-be", asks("must", None)),
        (support, "either-answer-is-accepted", blind()),
        (support, "plain-calls-have-results", pleased()),
    ]
}

fn legacy_result() -> Vec<Row> {
    vec![
        ("legacy-result-blocks", "blocking-is-waited-for", sorry()),
        ("legacy-result-early", "early-is-asked-again", only("tasks/result", 1)),
        ("legacy-tool-error", "tool-error-is-fetched", only("tasks/result", 0)),
        ("legacy-tool-error", "tool-error-has-its-result", ended(|| Err(Failure { code: "tool_error".into(), data: json!({}) }))),
        ("legacy-rpc-error", "error-is-the-requests", pleased()),
        ("legacy-rpc-error", "error-is-whole", ended(|| Err(Failure { code: "task_failed".into(), data: json!({}) }))),
        ("legacy-cancelled", "cancelled-is-an-end", pleased()),
        ("legacy-expired", "expired-is-told", sorry()),
        ("legacy-expired", "expired-is-not-asked-again", repeated("tasks/get", 2)),
    ]
}

fn legacy_status() -> Vec<Row> {
    let (pushed, related) = ("legacy-pushed", "legacy-related");
    let early = |news: Vec<_>| news.into_iter().skip(1).collect();
    vec![
        (pushed, "one-stream-of-its-own", followed_by("GET", Request::clone)),
        (pushed, "early-push-is-kept", Wrong::Hears(std::rc::Rc::new(early))),
        (pushed, "changes-are-told-once", stuttering()),
        (pushed, "pushed-end-is-the-end", only("tasks/result", 0)),
        (pushed, "push-spares-polls", preceded_by("tasks/result", 4, |request| other(request, "tasks/get", json!({})))),
        ("legacy-unpushed", "no-stream-is-asked-once", followed_by("GET", Request::clone)),
        ("legacy-unpushed", "nothing-relies-on-pushes", only("tasks/get", 2)),
        (related, "answer-keeps-the-id", changed("answer", |request| request.body["id"] = 1.into())),
        (related, "undeclared-is-refused", changed("answer", |request| request.body["error"]["code"] = (-32603).into())),
        (related, "refusal-ends-nothing", only("answer", 0)),
        ("legacy-pace", "interval-is-kept", hastened(2)),
        ("legacy-pace", "interval-is-kept", repeated("tasks/get", 2)),
        ("legacy-pace", "interval-may-change", hastened(2)),
        ("legacy-pace", "ttl-may-change", misread(|status| take(status, "ttlMs"))),
        ("legacy-pace", "slow-is-no-end", sorry()),
    ]
}

fn legacy_questions() -> Vec<Row> {
    let (ahead, anywhere, unhealthy) = ("legacy-input", "legacy-input-anywhere", "legacy-input-polls-fail");
    let declines = || changed("answer", |request| request.body["result"] = json!({ "action": "decline" }));
    let undeclared = changed("initialize", |request| take(&mut request.body["params"]["capabilities"], "elicitation"));
    vec![
        (ahead, "elicitation-is-declared", undeclared),
        (ahead, "result-is-called-ahead", only("tasks/result", 0)),
        (ahead, "question-is-asked-once", stuttering()),
        (ahead, "question-is-answered", declines()),
        (ahead, "question-is-answered", changed("answer", |request| request.body["id"] = 7.into())),
        (ahead, "answer-is-sent-once", followed_by("answer", Request::clone)),
        (ahead, "answer-lets-it-go-on", pleased()),
        (anywhere, "stream-question-is-answered", declines()),
        (anywhere, "stream-question-is-the-tasks", misread(|status| take(status, "inputRequests"))),
        (anywhere, "answer-lets-it-go-on", pleased()),
        (unhealthy, "failing-polls-are-rare", repeated("tasks/get", 40)),
        (unhealthy, "failing-polls-end", sorry()),
        ("legacy-input-silent", "silent-keeps-its-interval", repeated("tasks/get", 10)),
        ("legacy-input-silent", "silent-is-told", mute()),
    ]
}

fn legacy_rest() -> Vec<Row> {
    let (cancels, list) = ("legacy-cancel", "legacy-list");
    let parsed = |request: &mut Request| {
        if request.body["params"].get("cursor").is_some() {
            request.body["params"]["cursor"] = "next".into();
        }
    };
    vec![
        (cancels, "cancel-is-a-request", followed_by("tasks/cancel", notification)),
        (cancels, "cancel-is-sent-once", repeated("tasks/cancel", 2)),
        (cancels, "cancelled-is-told", pleased()),
        (cancels, "cancelled-has-no-result", pleased()),
        (cancels, "cancelled-is-final", stuttering()),
        ("legacy-cancel-ended", "too-late-is-no-error", sorry()),
        ("legacy-cancel-ended", "too-late-takes-nothing", sorry()),
        (
            "legacy-cancel-incapable",
            "incapable-is-not-asked",
            followed_by("tools/call", |request| other(request, "tasks/cancel", json!({ "taskId": TASK }))),
        ),
        ("legacy-cancel-incapable", "incapable-is-told", pleased()),
        (list, "cursor-is-opaque", changed("tasks/list", parsed)),
        (list, "cursor-is-opaque", changed("tasks/list", |request| request.body["params"]["cursor"] = Value::Null)),
        (list, "list-has-its-tasks", pleased()),
        (list, "list-has-an-end", ended(|| Ok(json!({ "tasks": [], "nextCursor": "again" })))),
        ("legacy-list-incapable", "no-list-is-asked", followed_by("tools/call", |request| other(request, "tasks/list", json!({})))),
        ("legacy-list-incapable", "own-tasks-are-listed", pleased()),
    ]
}
