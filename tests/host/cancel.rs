//! Cancelling: what the server makes of it differs, and the status that it then tells is the truth.

use mcp_tasks::engine::{CallId, Code, State};
use serde_json::json;

use crate::bench::Bench;
use crate::server::{all_capabilities, told};
use crate::wire::{Answer, Reply};

fn cancel(bench: &mut Bench, id: &str) -> CallId {
    bench.call(|engine, call, now| engine.cancel(call, id, now))
}

#[test]
fn a_working_task_is_cancelled_and_everyone_knows() {
    let mut bench = Bench::polling();
    let id = bench.watched_task();
    let result = bench.result(&id);
    let waiting = bench.call(|engine, call, now| engine.wait(call, &id, Some(State::Completed), now));
    let call = cancel(&mut bench, &id);
    assert_eq!(bench.value(call)["status"], "cancelled");
    assert_eq!(bench.error(result).code, Code::TaskCancelled);
    assert_eq!(bench.value(waiting)["status"], "cancelled", "whatever was waited for, this is the end");
    assert_eq!(bench.states(&id), ["cancelled"]);
}

#[test]
fn the_truth_about_a_finished_task_is_read_again_whatever_the_server_answers() {
    let answers: [(&str, Answer); 4] = [
        ("success", |sent| Reply::json(sent.result(json!({ "taskId": "t1", "status": "completed" })))),
        ("it says cancelled", |sent| Reply::json(sent.result(json!({ "taskId": "t1", "status": "cancelled" })))),
        ("nothing", |sent| Reply::json(sent.result(json!({})))),
        ("it refuses", |sent| Reply::json(sent.error(-32602, "Cannot cancel a task in terminal status"))),
    ];
    for (why, answer) in answers {
        let mut bench = Bench::polling();
        bench.on("tasks/cancel", answer);
        let id = bench.watched_task();
        bench.life(&id, &[(0, "completed")]);
        let call = cancel(&mut bench, &id);
        assert_eq!(bench.value(call)["status"], "completed", "{why}");
        assert_eq!(bench.states(&id), ["completed"], "{why}");
    }
}

#[test]
fn a_refusal_counts_where_the_task_lives_on() {
    let mut bench = Bench::polling();
    bench.refuses("tasks/cancel", -32603, "this tool cannot stop");
    let id = bench.watched_task();
    let call = cancel(&mut bench, &id);
    let error = bench.error(call);
    assert_eq!((error.code, error.message.as_ref(), error.task_id.as_deref()), (Code::Rpc, "this tool cannot stop", Some("t1")));
    bench.life(&id, &[(0, "completed")]);
    bench.pass(10_000);
    assert_eq!(bench.states(&id), ["completed"]);
}

#[test]
fn a_task_that_goes_on_after_its_cancellation_is_told_as_it_is() {
    let mut bench = Bench::polling();
    bench.on("tasks/cancel", |sent| Reply::json(sent.result(json!({ "taskId": "t1", "status": "working" }))));
    let id = bench.watched_task();
    let call = cancel(&mut bench, &id);
    assert_eq!(bench.value(call)["status"], "working");
    bench.life(&id, &[(5_000, "completed")]);
    bench.pass(20_000);
    assert_eq!(bench.states(&id), ["completed"]);
}

#[test]
fn a_poll_from_before_does_not_tell_what_came_of_it() {
    let mut bench = Bench::polling();
    let id = bench.watched_task();
    bench.hold("tasks/get");
    bench.pass(1_000);
    let early = bench.last("tasks/get");
    let tasks = bench.server.tasks.clone();
    bench.on("tasks/get", move |sent| Reply::json(sent.result(tasks.borrow().at("t1", sent.at).into())));
    let call = cancel(&mut bench, &id);
    bench.reply(&early, Reply::json(early.result(json!({ "taskId": "t1", "status": "working" }))));
    bench.pass(1_000);
    assert_eq!(bench.value(call)["status"], "cancelled");
    assert_eq!(bench.states(&id), ["cancelled"]);
}

#[test]
fn a_task_known_only_by_its_id_is_cancelled() {
    let mut bench = Bench::polling();
    bench.life("elsewhere", &[(0, "working")]);
    let call = cancel(&mut bench, "elsewhere");
    assert_eq!(bench.value(call)["status"], "cancelled");
    let unknown = cancel(&mut bench, "unknown");
    assert_eq!(bench.error(unknown).code, Code::TaskNotFound);
    bench.pass(0);
    assert_eq!(bench.engine.deadline(), None, "and is not followed after it");
}

#[test]
fn a_server_that_cancels_nothing_is_not_asked_to() {
    let mut offer = all_capabilities();
    offer["tasks"].as_object_mut().expect("tasks").remove("cancel");
    let mut bench = Bench::offering(offer);
    let id = bench.watched_task();
    let call = cancel(&mut bench, &id);
    assert_eq!(bench.error(call).code, Code::Unsupported);
    assert_eq!(bench.count("tasks/cancel"), 0);
}

#[test]
fn a_cancellation_that_does_not_arrive_says_so() {
    for (reply, code, tries) in [(Reply::fail(), Code::Network, 4), (Reply::status(503), Code::Http, 4), (Reply::never(), Code::Timeout, 1)]
    {
        let mut bench = Bench::polling();
        let id = bench.watched_task();
        bench.on("tasks/cancel", move |_| reply.clone());
        let call = cancel(&mut bench, &id);
        bench.pass(60_000);
        assert_eq!(bench.error(call).code, code);
        assert_eq!(bench.count("tasks/cancel"), tries);
    }
}

#[test]
fn two_who_cancel_both_hear_what_came_of_it() {
    let mut bench = Bench::polling();
    let id = bench.watched_task();
    bench.on("tasks/cancel", |_| Reply::never());
    let calls = [cancel(&mut bench, &id), cancel(&mut bench, &id)];
    bench.life(&id, &[(0, "cancelled")]);
    let sent = bench.all("tasks/cancel");
    bench.reply(&sent[1], Reply::json(sent[1].error(-32602, "it has ended")));
    bench.reply(&sent[0], Reply::json(sent[0].result(json!({}))));
    bench.pass(10_000);
    calls.into_iter().for_each(|call| assert_eq!(bench.value(call)["status"], "cancelled"));
}

#[test]
fn the_end_may_be_pushed_before_the_answer() {
    let mut bench = Bench::streaming();
    let id = bench.watched_task();
    bench.hold("tasks/cancel");
    let call = cancel(&mut bench, &id);
    bench.push(&told(&id, "cancelled"));
    bench.life(&id, &[(0, "cancelled")]);
    let sent = bench.last("tasks/cancel");
    bench.reply(&sent, Reply::json(sent.result(json!({}))));
    bench.pass(10_000);
    assert_eq!(bench.value(call)["status"], "cancelled");
    assert_eq!(bench.states(&id), ["cancelled"]);
}
