//! What a server can make us do is bounded, and what it leaves open is closed.

use mcp_tasks::engine::Code;
use serde_json::{Value, json};

use crate::bench::{Bench, config, tool, tool_task};
use crate::server::{INVALID_PARAMS, all_capabilities, text_result, told};
use crate::wire::{Arrival, Reply};

#[test]
fn a_flood_of_questions_is_not_a_flood_of_answers() {
    let mut bench = Bench::streaming();
    bench.tell(|engine, now| engine.listen(true, now));
    bench.hold("answer");
    let pings: String = (0..5_000).map(|id| format!("data: {{\"id\":{id},\"method\":\"ping\"}}\n\n")).collect();
    bench.push_bytes(Arrival::Bytes(pings.into_bytes()));
    assert!((1..100).contains(&bench.count("answer")), "{}", bench.count("answer"));
    bench.pass(120_000);
    bench.push(&json!({ "id": "later", "method": "ping" }));
    assert_eq!(bench.last("answer").body["id"], "later", "and it is over when it is over");
}

#[test]
fn the_head_of_the_answer_to_a_notice_is_the_answer() {
    let mut bench = Bench::new(config(), all_capabilities());
    bench.on("notifications/initialized", |_| Reply::stream());
    let call = bench.call(|engine, call, now| engine.connect(call, now));
    bench.value(call);
}

#[test]
fn a_stream_that_is_left_open_after_the_answer_is_closed() {
    let mut bench = Bench::polling();
    bench.on("tools/call", |sent| Reply::stream().event(&sent.result(text_result("done"))));
    let call = bench.invoke(tool("plain"));
    bench.value(call);
    bench.pass(10_000);
    assert!(!bench.is_open(bench.last("tools/call").exchange), "it would hold one of few connections");
}

#[test]
fn an_event_id_goes_back_as_the_bytes_that_came() {
    for (id, header) in [("7", Some("7")), ("日1", Some("\u{E6}\u{97}\u{A5}1")), (&*"x".repeat(100_000), None)] {
        let mut bench = Bench::streaming();
        bench.watched_task();
        bench.push_bytes(Arrival::Bytes(format!("id: {id}\ndata: {{}}\n\n").into_bytes()));
        bench.push_bytes(Arrival::End);
        bench.pass(5_000);
        assert_eq!(bench.count("GET"), 2);
        assert_eq!(bench.last("GET").header("last-event-id"), header, "{}", &id[..1]);
    }
}

#[test]
fn an_event_that_the_server_no_longer_knows_is_not_insisted_on() {
    let mut bench = Bench::streaming();
    bench.watched_task();
    bench.push_bytes(Arrival::Bytes(b"id: 7\ndata: {}\n\n".to_vec()));
    bench.on("GET", |sent| if sent.header("last-event-id").is_some() { Reply::status(410) } else { Reply::stream() });
    bench.push_bytes(Arrival::End);
    bench.pass(60_000);
    assert!(bench.stream().is_some());
}

#[test]
fn no_wait_of_the_servers_ends_a_stream_for_good() {
    let mut bench = Bench::streaming();
    bench.on("GET", |_| Reply::status(503).retry_after(1 << 40));
    bench.watched_task();
    bench.pass(3_600_000);
    assert!(bench.count("GET") >= 10, "{}", bench.count("GET"));
}

#[test]
fn streams_that_break_at_once_are_taken_up_less_and_less_often() {
    let mut bench = Bench::offering(json!({ "tools": {} }));
    let breaks = |_: &_| Reply::stream().bytes("retry: 0\nid: 7\ndata:\n\n").ends();
    bench.on("tools/call", breaks);
    bench.on("GET", breaks);
    let call = bench.invoke(tool("plain"));
    bench.pass(59_000);
    assert!(bench.count("GET") < 20, "{}", bench.count("GET"));
    bench.pass(60_000);
    assert_eq!(bench.error(call).code, Code::Timeout, "and not for ever");
    let asked = bench.count("GET");
    bench.pass(600_000);
    assert_eq!(bench.count("GET"), asked);
}

#[test]
fn polls_that_nobody_waits_for_are_ended() {
    let mut bench = Bench::polling();
    bench.hold("tasks/get");
    for _ in 0..50 {
        let call = bench.call(|engine, call, now| engine.fresh_status(call, "t1", now));
        bench.abandon(call);
    }
    assert!(bench.all("tasks/get").iter().all(|sent| !bench.is_open(sent.exchange)));
}

#[test]
fn a_very_short_interval_is_not_kept_up() {
    let mut bench = Bench::polling();
    bench.server.tasks.borrow_mut().interval = Some(json!(1));
    bench.watched_task();
    bench.pass(60_000);
    assert!(bench.count("tasks/get") <= 700, "{}", bench.count("tasks/get"));
}

/// A task that has ended, whose result is refused, and of which then this is said.
fn refused(mut then: impl FnMut(usize) -> Option<Reply> + 'static) -> (Bench, u32) {
    let mut bench = Bench::polling();
    let id = bench.watched_task();
    bench.life(&id, &[(0, "completed")]);
    let (mut refusals, mut polls, tasks) = (0, 0, bench.server.tasks.clone());
    bench.on("tasks/result", move |sent| {
        refusals += 1;
        Reply::json(if refusals > 1 { sent.result(text_result("done")) } else { sent.error(INVALID_PARAMS, "not completed yet") })
    });
    bench.on("tasks/get", move |sent| {
        polls += 1;
        then(polls).unwrap_or_else(|| Reply::json(sent.result(tasks.borrow().at("t1", sent.at).into())))
    });
    let call = bench.result(&id);
    (bench, call)
}

#[test]
fn a_refused_result_is_asked_for_again_whatever_happens_between() {
    type Between = (&'static str, fn() -> Reply);
    let between: [Between; 4] =
        [("no network", Reply::fail), ("503", || Reply::status(503)), ("401", || Reply::status(401)), ("a page", || Reply::status(200))];
    for (why, between) in between {
        let (mut bench, call) = refused(move |poll| (poll == 2).then(between));
        bench.pass(60_000);
        assert_eq!(bench.value(call), text_result("done"), "{why}");
        assert!(bench.sent.len() < 20, "{why}: {}", bench.sent.len());
    }
}

#[test]
fn what_waited_for_input_is_asked_about_again() {
    let mut bench = Bench::streaming();
    let id = bench.watched_task();
    bench.push(&told(&id, "input_required"));
    bench.life(&id, &[(0, "completed")]);
    let calls = [bench.result(&id), bench.call(|engine, call, now| engine.wait(call, "t1", None, now))];
    bench.pass(10_000);
    assert_eq!(bench.value(calls[0]), text_result("done"), "what it was before is no answer");
    assert_eq!(bench.value(calls[1])["status"], "completed");
}

#[test]
fn a_failure_with_a_result_that_tells_nothing_of_it_is_a_failure() {
    let mut bench = Bench::polling();
    let id = bench.watched_task();
    bench.results("tasks/result", json!({ "content": [] }));
    bench.server.tasks.borrow_mut().set(&id, bench.now, json!({ "status": "failed", "statusMessage": "out of paper" }));
    let call = bench.result(&id);
    bench.pass(10_000);
    let error = bench.error(call);
    assert_eq!((error.code, error.message.as_ref()), (Code::TaskFailed, "out of paper"));
}

#[test]
fn one_bad_moment_does_not_lose_a_task() {
    for (why, bad) in [("401", Reply::status(401)), ("a page", Reply::status(200)), ("404", Reply::status(404))] {
        let mut bench = Bench::polling();
        let id = bench.watched_task();
        let (mut polls, tasks) = (0, bench.server.tasks.clone());
        bench.on("tasks/get", move |sent| {
            polls += 1;
            if polls == 2 { bad.clone() } else { Reply::json(sent.result(tasks.borrow().at("t1", sent.at).into())) }
        });
        bench.life(&id, &[(20_000, "completed")]);
        bench.pass(60_000);
        assert_eq!(bench.states(&id), ["completed"], "{why}");
    }
}

#[test]
fn one_who_leaves_a_shared_task_does_not_end_it_for_the_others() {
    let mut bench = Bench::polling();
    bench.life("same", &[(0, "working"), (10_000, "completed")]);
    bench.results("tools/call", json!({ "task": { "taskId": "same", "status": "working" } }));
    let (leaving, staying) = (bench.invoke(tool("must")), bench.invoke(tool("must")));
    let held = bench.invoke(tool_task("must"));
    bench.value(held);
    bench.abandon(leaving);
    bench.pass(60_000);
    assert_eq!(bench.count("tasks/cancel"), 0);
    assert_eq!(bench.value(staying), text_result("done"));
}

#[test]
fn news_of_tasks_that_nobody_knows_are_not_kept() {
    let mut bench = Bench::streaming();
    bench.tell(|engine, now| engine.listen(true, now));
    bench.push(&told("t1", "completed"));
    let call = bench.invoke(tool_task("slow"));
    assert_eq!(bench.value(call)["status"]["status"], Value::from("working"));
    assert_eq!(bench.states("t1"), [""; 0], "it came before anything was asked for");
}
