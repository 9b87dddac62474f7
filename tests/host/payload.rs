//! The result of a task that has ended: fetched once it is there, and no truth lost on the way.

use mcp_tasks::engine::{Code, Kind, State, TaskStatus};
use serde_json::{Value, json};

use crate::bench::{Bench, tool, tool_task};
use crate::server::{INVALID_PARAMS, text_result, told};
use crate::wire::{Answer, Reply, Sent};

/// A task whose result is awaited, and which ends so after a second.
fn ending(state: Value) -> (Bench, u32) {
    let mut bench = Bench::polling();
    let id = bench.watched_task();
    let at = bench.now + 1_000;
    bench.server.tasks.borrow_mut().set(&id, at, state);
    let call = bench.result(&id);
    (bench, call)
}

#[test]
fn the_result_is_fetched_once_for_all_who_wait() {
    let mut bench = Bench::polling();
    let id = bench.watched_task();
    let calls = [bench.result(&id), bench.result(&id), bench.result(&id)];
    bench.life(&id, &[(1_000, "completed")]);
    bench.pass(10_000);
    calls.into_iter().for_each(|call| assert_eq!(bench.value(call), text_result("done")));
    assert_eq!(bench.count("tasks/result"), 1);
}

#[test]
fn nobody_wants_it_it_is_not_fetched() {
    let mut bench = Bench::polling();
    let id = bench.watched_task();
    bench.life(&id, &[(1_000, "completed")]);
    bench.pass(10_000);
    assert_eq!(bench.states(&id), ["completed"]);
    assert_eq!(bench.count("tasks/result"), 0);
}

#[test]
fn each_who_waits_reads_it_in_their_own_way() {
    let mut bench = Bench::polling();
    let failed = json!({ "content": [{ "type": "text", "text": "no" }], "isError": true });
    bench.results("tasks/result", failed.clone());
    let id = bench.watched_task();
    let throwing = bench.result(&id);
    let quiet = bench.call(|engine, call, now| engine.result(call, &id, Some(Kind::Tool), "", false, None, now));
    let raw = bench.call(|engine, call, now| engine.result(call, &id, None, "", true, None, now));
    bench.life(&id, &[(1_000, "completed")]);
    bench.pass(10_000);
    assert_eq!(bench.error(throwing).code, Code::ToolError);
    assert_eq!((bench.value(quiet), bench.value(raw)), (failed.clone(), failed));
}

#[test]
fn data_is_unwrapped_where_the_tools_schema_marks_it() {
    let mut bench = Bench::polling();
    bench.results("tasks/result", json!({ "content": [], "structuredContent": { "result": 42 } }));
    bench.life("t1", &[(0, "working"), (100, "completed")]);
    bench.life("t2", &[(0, "completed")]);
    let made = bench.invoke(tool_task("wrapped"));
    bench.value(made);
    let followed = bench.result("t1");
    let driven = bench.invoke(tool("must"));
    bench.pass(10_000);
    assert_eq!(bench.value(followed)["data"], 42);
    assert_eq!(bench.value(driven)["data"], json!({ "result": 42 }), "another tool's schema does not");
}

#[test]
fn how_a_task_ends_is_how_its_result_ends() {
    for (state, code, message) in [
        (json!("cancelled"), Code::TaskCancelled, "the task was cancelled"),
        (json!({ "status": "cancelled", "statusMessage": "by the operator" }), Code::TaskCancelled, "by the operator"),
        (json!("failed"), Code::ToolError, "why it failed"),
        (json!("input_required"), Code::InputRequired, "the task waits for an answer that this client does not give"),
    ] {
        let (mut bench, call) = ending(state.clone());
        bench.pass(10_000);
        let error = bench.error(call);
        assert_eq!((error.code, error.message.as_ref(), error.task_id.as_deref()), (code, message, Some("t1")), "{state}");
    }
}

#[test]
fn a_task_that_needs_input_lives_on() {
    let (mut bench, call) = ending(json!("input_required"));
    bench.pass(10_000);
    let error = bench.error(call);
    assert_eq!(error.data.as_ref().expect("data").0, json!({ "inputRequests": {} }));
    bench.life("t1", &[(0, "completed")]);
    bench.pass(20_000);
    assert_eq!(bench.states("t1"), ["input_required", "completed"]);
}

#[test]
fn of_a_cancelled_task_no_result_is_asked() {
    let (mut bench, _) = ending(json!("cancelled"));
    bench.pass(10_000);
    assert_eq!(bench.count("tasks/result"), 0);
}

#[test]
fn a_failure_is_told_in_the_fullest_words_there_are() {
    let refusal = |message: &'static str| move |sent: &Sent| Reply::json(sent.error(-32603, message));
    for (state, words, message) in [
        (json!({ "status": "failed", "statusMessage": "disk full" }), "Internal error", "disk full"),
        (json!("failed"), "the disk is full", "the disk is full"),
    ] {
        let (mut bench, call) = ending(state);
        bench.on("tasks/result", refusal(words));
        bench.pass(10_000);
        let error = bench.error(call);
        assert_eq!((error.code, error.message.as_ref()), (Code::TaskFailed, message));
        assert_eq!(error.data.as_ref().expect("data").0, json!({ "code": -32603, "message": words }), "and the server's error with them");
    }
}

#[test]
fn a_result_that_is_pushed_too_early_comes_when_it_is_there() {
    let mut bench = Bench::streaming();
    let id = bench.watched_task();
    let call = bench.result(&id);
    bench.push(&told(&id, "completed"));
    assert_eq!(bench.count("tasks/result"), 1, "asked at once");
    bench.pass(3_000);
    assert!(bench.is_pending(call), "the server said that it is not completed yet");
    bench.life(&id, &[(0, "completed")]);
    bench.pass(10_000);
    assert_eq!(bench.value(call), text_result("done"));
    assert_eq!(bench.states(&id), ["completed"]);
    assert!(bench.count("tasks/result") < 12, "{} times", bench.count("tasks/result"));
}

#[test]
fn a_result_that_is_refused_for_good_is_an_error() {
    let (mut bench, call) = ending(json!("completed"));
    bench.refuses("tasks/result", INVALID_PARAMS, "the result was lost");
    bench.pass(10_000);
    let error = bench.error(call);
    assert_eq!((error.code, error.message.as_ref(), error.task_id.as_deref()), (Code::Rpc, "the result was lost", Some("t1")));
}

#[test]
fn a_result_that_has_expired_is_gone() {
    let (mut bench, call) = ending(json!("completed"));
    let tasks = bench.server.tasks.clone();
    bench.on("tasks/result", move |sent| {
        tasks.borrow_mut().forget("t1");
        Reply::json(sent.error(INVALID_PARAMS, "Task not found"))
    });
    bench.pass(10_000);
    assert_eq!(bench.error(call).code, Code::TaskNotFound);
}

#[test]
fn what_may_pass_is_tried_again() {
    let troubles: [(&str, Answer); 5] = [
        ("503", |_| Reply::status(503)),
        ("429", |_| Reply::status(429).retry_after(3_000)),
        ("no network", |_| Reply::fail()),
        ("a stream that ends without the answer", |_| Reply::events(&[])),
        ("silence", |_| Reply::never()),
    ];
    for (why, trouble) in troubles {
        let (mut bench, call) = ending(json!("completed"));
        let mut left = 3;
        bench.on("tasks/result", move |sent| {
            left -= 1;
            if left > 0 { trouble(sent) } else { Reply::json(sent.result(text_result("done"))) }
        });
        bench.pass(200_000);
        assert_eq!(bench.value(call), text_result("done"), "{why}");
        let times: Vec<_> = bench.all("tasks/result").iter().map(|sent| sent.at).collect();
        assert_eq!(times.len(), 3, "{why}");
        assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= 100), "{why}: {times:?}");
    }
}

#[test]
fn however_seldom_the_server_wants_to_be_polled_a_result_that_got_lost_is_asked_for_again_soon() {
    for interval in [1_000, 60_000] {
        let mut bench = Bench::polling();
        bench.life("t1", &[(0, "working"), (100_000, "completed")]);
        bench.server.tasks.borrow_mut().interval = Some(json!(interval));
        let id = bench.watched_task();
        let call = bench.result(&id);
        let mut left = 4;
        bench.on("tasks/result", move |sent| {
            left -= 1;
            if left > 0 { Reply::fail() } else { Reply::json(sent.result(text_result("done"))) }
        });
        bench.pass(300_000);
        assert_eq!(bench.value(call), text_result("done"));
        let times: Vec<_> = bench.all("tasks/result").iter().map(|sent| sent.at).collect();
        assert!(times.len() == 4 && times[3] - times[0] <= 500 + 1_000 + 2_000, "{times:?}");
    }
}

#[test]
fn the_result_of_an_ended_task_is_fetched_without_a_poll() {
    let mut bench = Bench::polling();
    bench.life("t1", &[(0, "completed")]);
    let ended = Some(TaskStatus::new("t1", State::Completed));
    let call = bench.call(|engine, call, now| engine.result(call, "t1", Some(Kind::Tool), "", true, ended, now));
    assert_eq!(bench.value(call), text_result("done"));
    assert_eq!((bench.count("tasks/result"), bench.count("tasks/get")), (1, 0));
}

#[test]
fn a_task_that_was_made_ended_has_its_result() {
    for (state, code) in [("completed", None), ("failed", Some(Code::ToolError)), ("cancelled", Some(Code::TaskCancelled))] {
        let mut bench = Bench::polling();
        bench.life("t1", &[(0, state)]);
        let call = bench.invoke(tool("must"));
        bench.pass(1_000);
        assert_eq!(bench.outcome(call).expect("an end").err().map(|error| error.code), code, "{state}");
    }
}

#[test]
fn a_null_result_breaks_the_protocol_only_for_who_reads_it() {
    let (mut bench, call) = ending(json!("completed"));
    let raw = bench.call(|engine, call, now| engine.result(call, "t1", None, "", true, None, now));
    bench.results("tasks/result", json!(null));
    bench.pass(10_000);
    assert_eq!(bench.error(call).code, Code::Protocol);
    assert_eq!(bench.value(raw), json!(null));
}
