//! `tasks/list`: the server's pages, cut where the caller wants them shorter, and the tasks known here where it has none.

use mcp_tasks::engine::{CallId, Code};
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::server::{METHOD_NOT_FOUND, all_capabilities, task};
use crate::wire::Reply;

fn list(bench: &mut Bench, cursor: Option<&str>, limit: usize) -> CallId {
    bench.call(|engine, call, now| engine.list_tasks(call, cursor, limit, now))
}

fn ids(list: &Value) -> Vec<&str> {
    list["tasks"].as_array().expect("tasks").iter().map(|task| task["taskId"].as_str().expect("an id")).collect()
}

/// A server with pages of three: `a0 a1 a2`, `b0 b1 b2`, and a last one of one, `c0`.
fn paged() -> Bench {
    let mut bench = Bench::polling();
    bench.on("tasks/list", |sent| {
        let (letter, count, next) = match sent.params()["cursor"].as_str() {
            None => ("a", 3, Some("to:b")),
            Some("to:b") => ("b", 3, Some("c")),
            Some("c") => ("c", 1, None),
            Some(_) => return Reply::json(sent.error(-32602, "Invalid cursor")),
        };
        let tasks: Vec<_> = (0..count).map(|index| task(&format!("{letter}{index}"), &"working".into(), None)).collect();
        let mut page = json!({ "tasks": tasks });
        next.inspect(|next| page["nextCursor"] = (*next).into());
        Reply::json(sent.result(page))
    });
    bench
}

/// The pages that a caller sees who follows the cursors.
fn pages(bench: &mut Bench, limit: usize) -> Vec<String> {
    let mut cursor: Option<String> = None;
    let mut pages = Vec::new();
    loop {
        let call = list(bench, cursor.as_deref(), limit);
        let page = bench.value(call);
        pages.push(ids(&page).join(" "));
        assert!(pages.len() < 20, "the pages have no end: {pages:?}");
        match page.get("nextCursor") {
            Some(next) => cursor = next.as_str().map(Into::into),
            None => return pages,
        }
    }
}

#[test]
fn the_pages_are_the_servers_cut_at_the_limit() {
    for (limit, expected) in [
        (50, vec!["a0 a1 a2", "b0 b1 b2", "c0"]),
        (3, vec!["a0 a1 a2", "b0 b1 b2", "c0"]),
        (2, vec!["a0 a1", "a2", "b0 b1", "b2", "c0"]),
        (1, vec!["a0", "a1", "a2", "b0", "b1", "b2", "c0"]),
    ] {
        assert_eq!(pages(&mut paged(), limit), expected, "{limit}");
    }
}

#[test]
fn a_listed_task_has_the_status_that_callers_see() {
    let mut bench = Bench::polling();
    let seen = task("x", &json!({ "status": "working", "statusMessage": "half" }), Some(&json!(500)));
    bench.results("tasks/list", json!({ "tasks": [seen, { "taskId": "broken" }, 7] }));
    let call = list(&mut bench, None, 50);
    let expected = json!({ "tasks": [{
        "taskId": "x", "status": "working", "statusMessage": "half", "ttlMs": 60_000, "pollIntervalMs": 500,
        "createdAt": "2025-11-25T10:30:00Z", "lastUpdatedAt": "2025-11-25T10:30:00Z",
    }] });
    assert_eq!(bench.value(call), expected, "and what is no task is left out");
}

#[test]
fn without_a_list_the_tasks_known_here_are_asked_one_by_one() {
    let mut unlisted = all_capabilities();
    unlisted["tasks"].as_object_mut().expect("tasks").remove("list");
    type Script = fn(&mut Bench);
    let servers: [(&str, Value, Script); 3] = [
        ("no such capability", unlisted, |_| {}),
        ("an empty list", all_capabilities(), |bench| bench.results("tasks/list", json!({ "tasks": [] }))),
        ("the method is refused", all_capabilities(), |bench| bench.refuses("tasks/list", METHOD_NOT_FOUND, "no")),
    ];
    for (why, capabilities, script) in servers {
        let mut bench = Bench::offering(capabilities);
        script(&mut bench);
        let made: Vec<_> = (0..3).map(|_| bench.watched_task()).collect();
        bench.life(&made[1], &[(0, "completed")]);
        bench.pass(10_000);
        let call = list(&mut bench, None, 50);
        let listed = bench.value(call);
        let mut known = ids(&listed);
        known.sort_unstable();
        assert_eq!(known, made, "{why}: those that ended here, too");
        let call = list(&mut bench, None, 2);
        let first = bench.value(call);
        let call = list(&mut bench, first["nextCursor"].as_str(), 2);
        let second = bench.value(call);
        assert_eq!((ids(&first).len(), ids(&second).len(), second.get("nextCursor")), (2, 1, None), "{why}");
    }
}

#[test]
fn a_known_task_that_is_gone_is_left_out() {
    let mut bench = Bench::polling();
    bench.results("tasks/list", json!({ "tasks": [] }));
    let (kept, gone) = (bench.watched_task(), bench.watched_task());
    bench.server.tasks.borrow_mut().forget(&gone);
    let call = list(&mut bench, None, 50);
    assert_eq!(ids(&bench.value(call)), [kept]);
}

#[test]
fn a_known_task_that_is_let_go_of_meanwhile_is_left_out() {
    let mut bench = Bench::offering(json!({ "tools": {}, "tasks": { "requests": { "tools": { "call": {} } } } }));
    bench.watched_task();
    bench.watched_task();
    bench.server.latency = 100;
    let call = list(&mut bench, None, 50);
    bench.tell(|engine, now| engine.detach("t1", now));
    bench.pass(1_000);
    assert_eq!(ids(&bench.value(call)), ["t2"]);
}

#[test]
fn nothing_is_known_nothing_is_listed() {
    let mut bench = Bench::polling();
    let call = list(&mut bench, None, 50);
    assert_eq!(bench.value(call), json!({ "tasks": [] }));
}

#[test]
fn a_list_that_fails_says_why() {
    for (reply, code) in
        [(Reply::fail(), Code::Network), (Reply::status(503), Code::Http), (Reply::json(json!({ "id": 2, "result": {} })), Code::Protocol)]
    {
        let mut bench = Bench::polling();
        bench.on("tasks/list", move |sent| {
            let mut reply = reply.clone();
            if let Some((_, crate::wire::Arrival::Body(Some(message)))) = reply.0.last_mut() {
                message["id"] = sent.body["id"].clone();
            }
            reply
        });
        let call = list(&mut bench, None, 50);
        bench.pass(10_000);
        assert_eq!(bench.error(call).code, code);
    }
    let mut bench = paged();
    let call = list(&mut bench, Some("0:unknown"), 50);
    assert_eq!(bench.error(call).code, Code::Rpc, "a cursor that the server refuses");
}

#[test]
fn a_list_of_known_tasks_does_not_wait_for_ever_for_one() {
    let mut bench = Bench::polling();
    bench.results("tasks/list", json!({ "tasks": [] }));
    bench.watched_task();
    bench.watched_task();
    bench.on("tasks/get", |_| Reply::fail());
    let call = list(&mut bench, None, 50);
    bench.pass(60_000);
    assert_eq!(bench.error(call).code, Code::Network);
}
