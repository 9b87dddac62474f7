//! The calls about a task: its status, its states, its result.

use mcp_tasks::engine::{CallId, Code, State};
use serde_json::json;

use crate::bench::{Bench, tool_task};
use crate::server::{text_result, told};
use crate::wire::Reply;

fn status(bench: &mut Bench, id: &str) -> CallId {
    bench.call(|engine, call, now| engine.status(call, id, now))
}

fn wait(bench: &mut Bench, id: &str, state: Option<State>) -> CallId {
    bench.call(|engine, call, now| engine.wait(call, id, state, now))
}

#[test]
fn a_status_is_asked_for_and_told_as_callers_see_it() {
    let mut bench = Bench::polling();
    bench.life("elsewhere", &[(0, "working")]);
    let call = status(&mut bench, "elsewhere");
    let expected = json!({
        "taskId": "elsewhere", "status": "working", "ttlMs": 60_000,
        "createdAt": "2025-11-25T10:30:00Z", "lastUpdatedAt": "2025-11-25T10:30:00Z",
    });
    assert_eq!(bench.value(call), expected);
    bench.pass(600_000);
    assert_eq!(bench.count("tasks/get"), 1, "asking once is not watching");
    assert_eq!(bench.engine.deadline(), None);
}

#[test]
fn a_status_is_never_one_from_before_it_was_asked_for() {
    let mut bench = Bench::polling();
    let id = bench.watched_task();
    bench.pass(60_000);
    let asked = bench.count("tasks/get");
    let call = status(&mut bench, &id);
    bench.value(call);
    assert_eq!(bench.count("tasks/get"), asked + 1);
}

#[test]
fn those_who_ask_at_the_same_time_share_a_request() {
    let mut bench = Bench::polling();
    bench.life("t1", &[(0, "working")]);
    bench.on("tasks/get", |sent| Reply::json(sent.result(json!({ "taskId": "t1", "status": "working" }))).after(50));
    let calls: Vec<_> = (0..5).map(|_| status(&mut bench, "t1")).collect();
    bench.pass(50);
    calls.into_iter().for_each(|call| assert_eq!(bench.value(call)["status"], "working"));
    assert_eq!(bench.count("tasks/get"), 1);
}

#[test]
fn an_unknown_task_is_not_found() {
    let mut bench = Bench::polling();
    let calls = [status(&mut bench, "unknown"), wait(&mut bench, "unknown", None), bench.result("unknown")];
    for call in calls {
        let error = bench.error(call);
        assert_eq!((error.code, error.task_id.as_deref()), (Code::TaskNotFound, Some("unknown")));
    }
}

#[test]
fn a_server_without_tasks_is_asked_for_none() {
    let mut bench = Bench::offering(json!({ "tools": {} }));
    let calls = [
        status(&mut bench, "t1"),
        wait(&mut bench, "t1", None),
        bench.result("t1"),
        bench.call(|engine, call, now| engine.cancel(call, "t1", now)),
    ];
    for call in calls {
        assert_eq!(bench.error(call).code, Code::Unsupported);
    }
    assert_eq!(bench.sent.len(), 0);
}

#[test]
fn a_wait_ends_when_its_state_is_reached_or_the_task_is_over() {
    use State::{Completed, Failed, InputRequired, Working};
    for (why, wanted, life, end) in [
        ("no longer working", None, [(0, "working"), (2_000, "completed")], Some("completed")),
        ("input is wanted", None, [(0, "working"), (2_000, "input_required")], Some("input_required")),
        ("still working", None, [(0, "working"), (90_000, "completed")], None),
        ("the state", Some(Completed), [(0, "working"), (2_000, "completed")], Some("completed")),
        ("another end", Some(Completed), [(0, "working"), (2_000, "cancelled")], Some("cancelled")),
        ("on the way", Some(InputRequired), [(0, "working"), (2_000, "input_required")], Some("input_required")),
        ("not on the way", Some(Failed), [(0, "working"), (2_000, "input_required")], None),
        ("it works already", Some(Working), [(0, "working"), (90_000, "completed")], Some("working")),
        ("it is over already", Some(InputRequired), [(0, "completed"), (0, "completed")], Some("completed")),
    ] {
        let mut bench = Bench::polling();
        bench.life("t1", &life);
        let call = wait(&mut bench, "t1", wanted);
        bench.pass(30_000);
        let status = bench.outcome(call).map(|outcome| outcome.expect("a status")["status"].clone());
        assert_eq!(status, end.map(Into::into), "{why}");
    }
}

#[test]
fn a_status_that_the_live_stream_keeps_current_is_told_at_once() {
    let mut bench = Bench::streaming();
    bench.server.tasks.borrow_mut().interval = Some(json!(1_000));
    let id = bench.watched_task();
    let asked = bench.count("tasks/get");
    bench.push(&told(&id, json!({ "status": "working", "statusMessage": "half" })));
    let call = status(&mut bench, &id);
    assert_eq!(bench.value(call)["statusMessage"], "half");
    assert_eq!(bench.count("tasks/get"), asked, "nothing was asked");

    bench.pass(1_001);
    let asked = bench.count("tasks/get");
    let call = status(&mut bench, &id);
    bench.value(call);
    assert_eq!(bench.count("tasks/get"), asked + 1, "after an interval it may be stale");
}

#[test]
fn a_status_is_asked_for_where_the_stream_has_not_told_of_the_task() {
    let mut bench = Bench::streaming();
    bench.server.tasks.borrow_mut().interval = Some(json!(1_000));
    let id = bench.watched_task();
    let asked = bench.count("tasks/get");
    let call = status(&mut bench, &id);
    bench.value(call);
    assert_eq!(bench.count("tasks/get"), asked + 1);
}

#[test]
fn a_network_that_stays_away_is_told_to_who_asks_and_not_to_who_waits() {
    let mut bench = Bench::polling();
    bench.life("t1", &[(0, "working")]);
    bench.on("tasks/get", |_| Reply::fail());
    let waiting = [wait(&mut bench, "t1", None), bench.result("t1")];
    let asking = status(&mut bench, "t1");
    bench.pass(60_000);
    assert_eq!(bench.error(asking).code, Code::Network);
    waiting.into_iter().for_each(|call| assert!(bench.is_pending(call)));
    bench.results("tasks/get", json!({ "taskId": "t1", "status": "completed" }));
    bench.life("t1", &[(0, "completed")]);
    bench.pass(60_000);
    assert_eq!(bench.value(waiting[0])["status"], "completed");
    assert_eq!(bench.value(waiting[1]), text_result("done"));
}

#[test]
fn a_task_from_elsewhere_is_taken_up_by_its_id() {
    let mut bench = Bench::polling();
    bench.life("elsewhere", &[(0, "working"), (5_000, "completed")]);
    bench.tell(|engine, now| engine.follow("elsewhere", now));
    bench.tell(|engine, now| engine.watch("elsewhere", true, now));
    let call = bench.result("elsewhere");
    bench.pass(30_000);
    assert_eq!(bench.states("elsewhere"), ["working", "completed"]);
    assert_eq!(bench.value(call), text_result("done"));
}

#[test]
fn a_task_that_was_pushed_to_its_end_is_asked_about_no_more() {
    let mut bench = Bench::streaming();
    let id = bench.watched_task();
    bench.push(&told(&id, "completed"));
    let asked = bench.count("tasks/get");
    bench.pass(600_000);
    assert_eq!(bench.count("tasks/get"), asked);
    assert_eq!(bench.engine.deadline(), None);
}

#[test]
fn a_thousand_tasks_leave_nothing_behind() {
    let mut bench = Bench::polling();
    for number in 1..=1_000 {
        bench.life(&format!("t{number}"), &[(0, "working"), (500, "completed")]);
        let call = bench.invoke(tool_task("slow"));
        bench.value(call);
        bench.result(&format!("t{number}"));
    }
    bench.pass(600_000);
    assert_eq!(bench.count("tasks/result"), 1_000);
    assert_eq!(bench.engine.deadline(), None);
}
