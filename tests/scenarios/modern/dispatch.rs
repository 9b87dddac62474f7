//! What is sent where, and how an answer is told from another.

use serde_json::json;

use super::super::check::check;
use super::super::client::{Act, Tell, code, text};
use super::super::life::{accepted, complete, created, created_as, done, elicitation, legacy, said, told, with};
use super::super::server::script;
use super::super::{Scenario, steps};
use super::scenario;

const ROUTING: &str = "Tasks, Routing Headers";
const TYPES: &str = "Tasks, Polymorphic Results";

/// No header can hold it as it is.
const ODD: &str = " -tâche 1 ";
/// The same in Base64, as it has to stand in one.
const ODD_ENCODED: &str = "=?base64?IC10w6JjaGUgMSA=?=";

pub const ROUTED: Scenario = scenario(
    "modern-routed",
    || {
        let mut is_answered = false;
        script(move |request, ledger| {
            let check = match request.method() {
                "tasks/get" => "get-is-routed",
                "tasks/update" => "update-is-routed",
                "tasks/cancel" => "cancel-is-routed",
                "tools/call" => {
                    ledger.demand("call-is-routed", request.header("mcp-name") == Some("slow"), &request.headers);
                    return Some(created_as(request, ODD));
                }
                _ => return None,
            };
            let is_routed = request.header("mcp-name") == Some(ODD_ENCODED) && request.header("mcp-method") == Some(request.method());
            ledger.demand(check, is_routed && request.task_id() == ODD, &request.headers);
            is_answered |= request.method() == "tasks/update";
            Some(match request.method() {
                "tasks/get" if is_answered => told(request, "working", json!({})),
                "tasks/get" => told(request, "input_required", json!({ "inputRequests": { "name": elicitation("Who?") } })),
                _ => request.result(complete(json!({}))),
            })
        })
    },
    |client| {
        steps(async move {
            let id = client.task("slow").await;
            client.until(|| client.states(&id) == ["input_required"]).await;
            let answered = client.done(Act::Respond(id.clone(), "name".into(), accepted("Ada"))).await;
            client.demand("odd-ids-are-ids", answered.is_ok(), answered);
            let cancelled = client.done(Act::Cancel(id)).await;
            client.demand("odd-ids-are-ids", cancelled.is_ok(), cancelled);
        })
    },
    &[
        check("call-is-routed", "Mcp-Name of tools/call is the tool", "Streamable HTTP, Standard Request Headers"),
        check("get-is-routed", "Mcp-Name of tasks/get is the task, in Base64 where a header could not hold it", ROUTING),
        check("update-is-routed", "so is that of tasks/update", ROUTING),
        check("cancel-is-routed", "and that of tasks/cancel", ROUTING),
        check("odd-ids-are-ids", "an id is any string", "Tasks, Tasks"),
    ],
);

pub const UNKNOWN_TYPE: Scenario = scenario(
    "modern-unknown-type",
    || {
        script(|request, ledger| {
            let is_named = request.params()["name"] == "holding";
            match request.method() {
                "tools/call" if is_named => {
                    let task = json!({ "taskId": "none", "status": "working", "ttlMs": null });
                    Some(request.result(with(task, with(said("wait"), json!({ "resultType": "holding" })))))
                }
                "tools/call" => Some(created(request)),
                "tasks/get" => {
                    ledger.demand("unknown-is-no-task", request.task_id() != "none", request.params());
                    let result = with(said("wait"), json!({ "resultType": "holding" }));
                    Some(told(request, "completed", json!({ "result": result })))
                }
                _ => None,
            }
        })
    },
    |client| {
        steps(async move {
            let unknown = client.done(Act::ToolTask("holding", None)).await;
            client.demand("unknown-is-invalid", code(&unknown) == "protocol", unknown);
            let inner = client.result_of("slow").await;
            client.demand("unknown-inside-is-invalid", code(&inner) == "protocol", inner);
        })
    },
    &[
        check("unknown-is-invalid", "a resultType that nobody declared is an error", "Base Protocol, ResultType"),
        check("unknown-is-no-task", "whatever else is in it: no task is followed", TYPES),
        check("unknown-inside-is-invalid", "it is an error in a task's result too", "Base Protocol, ResultType"),
    ],
);

pub const NO_SUCH_TASK: Scenario = scenario(
    "modern-no-such-task",
    || {
        script(|request, ledger| {
            let follows = request.method().starts_with("tasks/") || request.method() == "subscriptions/listen";
            ledger.demand("invalid-is-not-followed", !follows, &request.body);
            matches!(request.method(), "prompts/get" | "resources/read").then(|| created(request))
        })
    },
    |client| {
        steps(async move {
            let prompt = client.done(Act::PromptTask("greeting")).await;
            client.demand("prompts-are-no-tasks", code(&prompt) == "protocol", prompt);
            let resource = client.done(Act::ResourceTask("data://plain.txt")).await;
            client.demand("resources-are-no-tasks", code(&resource) == "protocol", resource);
        })
    },
    &[
        check("prompts-are-no-tasks", "a task in answer to prompts/get is an invalid response", "Tasks, Capability Negotiation"),
        check("resources-are-no-tasks", "and so it is in answer to resources/read", "Tasks, Supported Methods"),
        check("invalid-is-not-followed", "nothing is asked about it", "Tasks, Capability Negotiation"),
    ],
);

pub const FIELD_NAMES: Scenario = scenario(
    "modern-fields",
    || {
        let mut polls = 0;
        script(move |request, ledger| match request.method() {
            "tools/call" if request.params()["name"] == "wrapped" => {
                let wrapped = json!({ "task": legacy("none", "working", json!({})) });
                Some(request.result(complete(with(said("no task"), wrapped))))
            }
            "tools/call" => Some(created(request)),
            "tasks/get" => {
                ledger.demand("a-wrapper-is-no-task", request.task_id() != "none", request.params());
                polls += 1;
                let old = json!({ "ttl": 1, "pollInterval": 86_400_000, "ttlMs": 30_000, "statusMessage": "renamed" });
                Some(if polls == 1 { told(request, "working", old) } else { done(request, "done") })
            }
            _ => None,
        })
    },
    |client| {
        steps(async move {
            let wrapped = client.done(Act::ToolTask("wrapped", None)).await;
            let is_immediate = wrapped.clone().unwrap_or_default()["returnedImmediately"] == true;
            client.demand("a-wrapper-is-no-task", is_immediate, wrapped);
            let id = client.task("slow").await;
            let result = client.done(Act::Result(id.clone())).await;
            client.demand("old-interval-is-nothing", text(&result) == "done", result);
            let statuses = client.statuses(&id);
            let told = statuses.iter().find(|status| status["statusMessage"] == "renamed").cloned().unwrap_or_default();
            client.demand("new-names-are-read", told["ttlMs"] == 30_000 && told["pollIntervalMs"] == 40, told);
        })
    },
    &[
        check("a-wrapper-is-no-task", "only resultType makes a task: one in a member task is of another era", "Tasks, Task Creation"),
        check("new-names-are-read", "ttlMs and pollIntervalMs are read, whatever ttl and pollInterval say", "Tasks, Tasks"),
        check("old-interval-is-nothing", "a day in pollInterval delays nothing", "Tasks, Tasks"),
    ],
);

pub const LISTED: Scenario = scenario(
    "modern-listed",
    || {
        let mut made = 0;
        script(move |request, ledger| match request.method() {
            "tools/call" => {
                made += 1;
                Some(created_as(request, &format!("task-{made}")))
            }
            "tasks/get" => Some(told(request, "working", json!({}))),
            "tasks/list" => {
                ledger.demand("no-list-is-asked", false, &request.body);
                None
            }
            _ => None,
        })
    },
    |client| {
        steps(async move {
            for tool in ["slow", "slower"] {
                let id = client.task(tool).await;
                client.tell(Tell::Watch(id));
            }
            let list = client.done(Act::Tasks(None, 50)).await;
            client.demand("no-list-is-asked", true, ());
            let listed = list.clone().unwrap_or_default();
            let tasks = listed["tasks"].as_array().into_iter().flatten();
            let mut ids: Vec<_> = tasks.map(|task| task["taskId"].as_str().unwrap_or_default()).collect();
            // They stand there as they answered.
            ids.sort_unstable();
            client.demand("own-tasks-are-listed", ids == ["task-1", "task-2"], list);
        })
    },
    &[
        check("no-list-is-asked", "there is no tasks/list", "Tasks, Security Considerations"),
        check("own-tasks-are-listed", "the tasks that are known here are asked one by one", "Tasks, Task Polling"),
    ],
);
