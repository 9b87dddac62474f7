//! The server's list of tasks.

use serde_json::{Value, json};

use super::super::check::check;
use super::super::client::Act;
use super::super::life::legacy;
use super::super::server::{opened, script};
use super::super::{Scenario, steps};
use super::creation::{created_as, told};
use super::scenario;

const LISTING: &str = "Tasks, Task Listing";
/// Opaque: whoever takes it apart gives another back.
const CURSOR: &str = "7:next page=é/+";

fn ids(list: &Value) -> Vec<&str> {
    list["tasks"].as_array().into_iter().flatten().filter_map(|task| task["taskId"].as_str()).collect()
}

pub const PAGED: Scenario = scenario(
    "legacy-list",
    || {
        let mut pages = 0;
        script(move |request, ledger| {
            (request.method() == "tasks/list").then(|| {
                pages += 1;
                let wanted = (pages > 1).then(|| json!(CURSOR));
                ledger.demand("cursor-is-opaque", request.params().get("cursor") == wanted.as_ref(), request.params());
                request.result(match pages {
                    1 => json!({ "tasks": [legacy("one", "working", json!({}))], "nextCursor": CURSOR }),
                    _ => json!({ "tasks": [legacy("two", "completed", json!({}))] }),
                })
            })
        })
    },
    |client| {
        steps(async move {
            let first = client.done(Act::Tasks(None, 50)).await.unwrap_or_default();
            let cursor = first["nextCursor"].as_str().map(Into::into);
            client.demand("list-has-its-tasks", ids(&first) == ["one"] && cursor.is_some(), &first);
            let second = client.done(Act::Tasks(cursor, 50)).await.unwrap_or_default();
            client.demand("list-has-its-tasks", ids(&second) == ["two"], &second);
            client.demand("list-has-an-end", second.get("nextCursor").is_none(), second);
        })
    },
    &[
        check("cursor-is-opaque", "the server's cursor goes back as it came, and none at first", LISTING),
        check("list-has-its-tasks", "every page is told", LISTING),
        check("list-has-an-end", "a page without a cursor is the last", LISTING),
    ],
);

pub const INCAPABLE: Scenario = scenario(
    "legacy-list-incapable",
    || {
        let mut made = 0;
        script(move |request, ledger| match request.method() {
            "initialize" => Some(opened(request, json!({ "tools": {}, "tasks": { "requests": { "tools": { "call": {} } } } }))),
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
            for tool in ["slow", "quick"] {
                client.task(tool).await;
            }
            let list = client.done(Act::Tasks(None, 50)).await.unwrap_or_default();
            let mut listed = ids(&list);
            // They stand there as they answered.
            listed.sort_unstable();
            client.demand("own-tasks-are-listed", listed == ["task-1", "task-2"], &list);
            client.demand("no-list-is-asked", true, ());
        })
    },
    &[
        check("no-list-is-asked", "without tasks.list there is none", "Tasks, Capability Negotiation"),
        check("own-tasks-are-listed", "the tasks that are known here are asked one by one", "Tasks, Getting Tasks"),
    ],
);
