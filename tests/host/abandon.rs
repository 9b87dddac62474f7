//! Callers who leave before the end: what was begun for them alone is ended on the server, too.

use serde_json::json;

use crate::bench::{Bench, tool, tool_task};
use crate::server::text_result;
use crate::wire::Reply;

#[test]
fn a_plain_call_is_cancelled() {
    let mut bench = Bench::polling();
    bench.hold("tools/call");
    let call = bench.invoke(tool("plain"));
    let sent = bench.last("tools/call");
    bench.abandon(call);
    assert!(bench.aborted.iter().any(|(_, exchange)| *exchange == sent.exchange), "its exchange ends");
    let told = bench.last("notifications/cancelled");
    assert_eq!(told.params()["requestId"], sent.body["id"]);
    assert_eq!(told.body.get("id"), None);
    bench.pass(600_000);
    assert!(bench.is_pending(call), "and nobody hears of it");
}

#[test]
fn a_task_that_is_being_made_is_cancelled_once_its_id_is_known() {
    let mut bench = Bench::polling();
    bench.hold("tools/call");
    let call = bench.invoke(tool_task("slow"));
    let sent = bench.last("tools/call");
    bench.abandon(call);
    assert_eq!(bench.count("notifications/cancelled"), 0, "a task is cancelled by its id alone");
    bench.pass(1_000);
    bench.life("t1", &[(0, "working")]);
    bench.reply(&sent, Reply::json(sent.result(json!({ "task": { "taskId": "t1", "status": "working" } }))));
    bench.pass(600_000);
    assert_eq!(bench.count("tasks/cancel"), 1);
    assert_eq!(bench.last("tasks/cancel").params()["taskId"], "t1");
    assert_eq!(bench.count("tasks/get"), 0);
    assert!(bench.is_pending(call));
}

#[test]
fn nothing_is_cancelled_where_the_server_answered_at_once() {
    let mut bench = Bench::polling();
    bench.hold("tools/call");
    let call = bench.invoke(tool_task("slow"));
    bench.abandon(call);
    let sent = bench.last("tools/call");
    bench.reply(&sent, Reply::json(sent.result(text_result("at once"))));
    bench.pass(600_000);
    assert_eq!(bench.count("tasks/cancel"), 0);
    assert!(bench.is_pending(call));
}

#[test]
fn a_task_that_is_driven_unseen_is_cancelled() {
    let mut bench = Bench::polling();
    let call = bench.invoke(tool("must"));
    bench.pass(5_000);
    bench.abandon(call);
    assert_eq!(bench.last("tasks/cancel").params()["taskId"], "t1");
    let asked = bench.count("tasks/get");
    bench.pass(600_000);
    assert_eq!(bench.count("tasks/get"), asked, "it is followed no further");
}

#[test]
fn a_task_that_somebody_else_holds_is_not_cancelled() {
    let mut bench = Bench::polling();
    let id = bench.watched_task();
    let (leaving, staying) = (bench.result(&id), bench.result(&id));
    bench.abandon(leaving);
    bench.life(&id, &[(1_000, "completed")]);
    bench.pass(60_000);
    assert_eq!(bench.count("tasks/cancel"), 0);
    assert_eq!(bench.value(staying), text_result("done"));
    assert!(bench.is_pending(leaving));
}

#[test]
fn whoever_waits_for_a_task_may_leave() {
    let mut bench = Bench::polling();
    let call = bench.invoke(tool_task("slow"));
    bench.value(call);
    bench.hold("tasks/get");
    let calls = [
        bench.call(|engine, call, now| engine.status(call, "t1", now)),
        bench.call(|engine, call, now| engine.wait(call, "t1", None, now)),
        bench.result("t1"),
        bench.call(|engine, call, now| engine.list_tasks(call, None, 50, now)),
        bench.call(|engine, call, now| engine.cancel(call, "t1", now)),
    ];
    calls.into_iter().for_each(|call| bench.abandon(call));
    let asked = bench.sent.len();
    bench.pass(600_000);
    assert!(calls[..3].iter().all(|call| bench.is_pending(*call)));
    assert!(bench.sent.len() <= asked + 1, "nothing is polled for nobody");
    assert!(bench.engine.deadline().is_none(), "and nothing waits");
}

#[test]
fn whoever_waits_for_the_list_of_tools_may_leave() {
    let mut bench = Bench::polling();
    bench.hold("tools/list");
    let call = bench.invoke(tool_task("slow"));
    bench.abandon(call);
    let sent = bench.last("tools/list");
    bench.reply(&sent, Reply::json(sent.result(json!({ "tools": [] }))));
    bench.pass(1_000);
    assert_eq!(bench.count("tools/call"), 0, "the tool is not called");
}

#[test]
fn abandoning_what_has_ended_does_nothing() {
    let mut bench = Bench::polling();
    let call = bench.invoke(tool("plain"));
    bench.value(call);
    let asked = bench.sent.len();
    bench.abandon(call);
    bench.abandon(999);
    assert_eq!(bench.sent.len(), asked);
}

#[test]
fn a_task_that_is_let_go_runs_on() {
    let mut bench = Bench::polling();
    let id = bench.watched_task();
    let call = bench.result(&id);
    bench.tell(|engine, now| engine.detach("t1", now));
    assert_eq!(bench.error(call).code, mcp_tasks::engine::Code::Closed);
    let asked = bench.sent.len();
    bench.pass(600_000);
    assert_eq!(bench.sent.len(), asked, "the server is not told, and nothing is asked");
}
