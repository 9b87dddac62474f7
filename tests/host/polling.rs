//! Polling where there is no stream: soon for the quick, seldom for the long, never for nobody.

use mcp_tasks::engine::{Code, Failure, Millis};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::bench::{Bench, tool_task};
use crate::dice::are_backoffs;
use crate::wire::{Answer, Arrival, Reply};

const DAY: Millis = 86_400_000;

fn with_interval(interval: Value) -> Bench {
    let bench = Bench::polling();
    bench.server.tasks.borrow_mut().interval = Some(interval);
    bench
}

/// The waits between the polls of so much time.
fn waits(bench: &mut Bench, time: Millis) -> Vec<Millis> {
    let from = bench.now;
    bench.pass(time);
    let times: Vec<_> = [from].into_iter().chain(bench.all("tasks/get").iter().map(|sent| sent.at)).collect();
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[test]
fn waits_double_up_to_the_servers_interval() {
    let mut bench = with_interval(json!(5_000));
    bench.watched_task();
    assert_eq!(waits(&mut bench, 23_000), [250, 250, 500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000]);
}

#[test]
fn no_poll_comes_sooner_than_the_floor_whatever_the_interval() {
    for interval in [json!(0), json!(-1_000), json!(1), json!(null), json!("5"), json!(1e-300)] {
        let mut bench = with_interval(interval.clone());
        bench.watched_task();
        let waits = waits(&mut bench, 60_000);
        assert!(waits.iter().all(|wait| *wait >= 20), "{interval}: {waits:?}");
        assert!(waits.len() > 10, "{interval}: {waits:?}");
    }
}

#[test]
fn no_poll_comes_later_than_the_cap_whatever_the_interval() {
    for interval in [json!(DAY), json!(1e300)] {
        let mut bench = with_interval(interval.clone());
        bench.watched_task();
        let waits = waits(&mut bench, DAY);
        assert!(waits.iter().all(|wait| *wait <= 300_000), "{interval}: {waits:?}");
    }
}

#[test]
fn nobody_watches_nothing_is_asked() {
    let mut bench = Bench::polling();
    let call = bench.invoke(tool_task("slow"));
    assert_eq!(bench.value(call)["taskId"], "t1");
    bench.pass(DAY);
    assert_eq!(bench.count("tasks/get"), 0, "not before");

    bench.tell(|engine, now| engine.watch("t1", true, now));
    bench.pass(60_000);
    assert!(bench.count("tasks/get") > 0);
    bench.tell(|engine, now| engine.watch("t1", false, now));
    bench.pass(10_000);
    let asked = bench.count("tasks/get");
    bench.pass(DAY);
    assert_eq!(bench.count("tasks/get"), asked, "nor after");
}

#[test]
fn two_watchers_cost_no_more_than_one() {
    let mut bench = with_interval(json!(1_000));
    bench.watched_task();
    bench.tell(|engine, now| engine.watch("t1", true, now));
    bench.result("t1");
    bench.pass(60_000);
    assert!(bench.count("tasks/get") <= 65, "{}", bench.count("tasks/get"));
    bench.tell(|engine, now| engine.watch("t1", false, now));
    let asked = bench.count("tasks/get");
    bench.pass(60_000);
    assert!(bench.count("tasks/get") > asked, "one is left");
}

#[test]
fn the_pace_begins_anew_with_a_new_interest() {
    let begin: [fn(&mut Bench); 2] = [
        |bench| bench.tell(|engine, now| engine.watch("t1", true, now)),
        |bench| {
            bench.result("t1");
        },
    ];
    for begin in begin {
        let mut bench = with_interval(json!(60_000));
        bench.invoke(tool_task("slow"));
        bench.pass(3_600_000);
        begin(&mut bench);
        assert_eq!(waits(&mut bench, 4_000), [0, 250, 250, 500, 1_000, 2_000], "what was last heard is an hour old");
    }
}

#[test]
fn a_poll_is_not_sent_while_one_is_under_way() {
    let mut bench = with_interval(json!(20));
    bench.on("tasks/get", |_| Reply::never());
    bench.watched_task();
    bench.pass(59_000);
    assert_eq!(bench.count("tasks/get"), 1);
}

#[test]
fn the_wait_after_a_failure_grows_and_the_task_lives_on() {
    let failures: [(&str, Answer); 6] = [
        ("no network", |_| Reply::fail()),
        ("500", |_| Reply::status(500)),
        ("502", |_| Reply::status(502)),
        ("429", |_| Reply::status(429)),
        ("408", |_| Reply::status(408)),
        ("a stream without an answer", |_| Reply::events(&[])),
    ];
    for (why, failure) in failures {
        let mut bench = with_interval(json!(100));
        bench.on("tasks/get", failure);
        let id = bench.watched_task();
        let waits = waits(&mut bench, 120_000);
        assert!(are_backoffs(&waits[1..]) && waits.len() < 30, "{why}: {waits:?}");
        assert_eq!(bench.states(&id), [""; 0], "{why}");
    }
}

#[test]
fn one_answer_ends_the_backoff() {
    let mut bench = with_interval(json!(100));
    let (mut polls, tasks) = (0, bench.server.tasks.clone());
    bench.on("tasks/get", move |sent| {
        polls += 1;
        if polls < 5 { Reply::status(503) } else { Reply::json(sent.result(tasks.borrow().at("t1", sent.at).into())) }
    });
    bench.watched_task();
    let waits = waits(&mut bench, 20_000);
    assert!(waits[5..].iter().all(|wait| *wait == 100), "{waits:?}");
}

#[test]
fn retry_after_is_honoured_up_to_a_limit() {
    for (asked, waited) in [(0, 100..=500), (7_000, 7_000..=7_000), (DAY, 300_000..=300_000)] {
        let mut bench = with_interval(json!(100));
        bench.on("tasks/get", move |_| Reply::status(503).retry_after(asked));
        bench.watched_task();
        let wait = waits(&mut bench, 600_000)[1];
        assert!(waited.contains(&wait), "{asked}: {wait}");
    }
}

#[test]
fn callers_that_come_and_go_do_not_put_off_the_next_try() {
    let mut bench = Bench::polling();
    bench.life("t1", &[(0, "working")]);
    bench.on("tasks/get", |_| Reply::fail());
    bench.tell(|engine, now| engine.follow("t1", now));
    bench.tell(|engine, now| engine.watch("t1", true, now));
    bench.pass(10_000);
    let asked = bench.count("tasks/get");
    for _ in 0..300 {
        let call = bench.call(|engine, call, now| engine.status(call, "t1", now));
        bench.pass(400);
        bench.abandon(call);
    }
    assert!(bench.count("tasks/get") >= asked + 3, "two minutes without a try");
}

#[test]
fn callers_that_come_and_go_do_not_hasten_the_next_try() {
    let mut bench = Bench::polling();
    bench.on("tasks/get", |_| Reply::status(503).retry_after(60_000));
    bench.watched_task();
    bench.pass(1_000);
    assert_eq!(bench.count("tasks/get"), 1);
    for _ in 0..100 {
        let call = bench.call(|engine, call, now| engine.status(call, "t1", now));
        bench.pass(500);
        bench.abandon(call);
    }
    assert_eq!(bench.count("tasks/get"), 1, "the server asked for a minute");
}

#[test]
fn errors_of_the_server_are_believed_when_they_stay() {
    let mut bench = with_interval(json!(100));
    bench.refuses("tasks/get", -32603, "Internal error");
    bench.watched_task();
    let call = bench.result("t1");
    bench.pass(2_000);
    assert!(bench.is_pending(call), "not the first");
    bench.pass(60_000);
    assert_eq!(bench.error(call).code, Code::Rpc);
    assert!(bench.count("tasks/get") < 10);
}

#[test]
fn a_task_that_the_server_does_not_know_is_gone() {
    let mut bench = with_interval(json!(100));
    let id = bench.watched_task();
    let call = bench.result(&id);
    bench.pass(5_000);
    bench.server.tasks.borrow_mut().forget(&id);
    bench.pass(1_000);
    let error = bench.error(call);
    assert_eq!((error.code, error.task_id.as_deref()), (Code::TaskNotFound, Some("t1")));
    assert_eq!(bench.gone(), ["t1: task_not_found"]);
    let asked = bench.sent.len();
    bench.pass(DAY);
    assert_eq!(bench.sent.len(), asked, "nothing more is asked");
}

#[test]
fn that_a_task_is_gone_is_told_to_the_face_only_where_it_holds_it() {
    let mut bench = Bench::polling();
    let call = bench.call(|engine, call, now| engine.status(call, "unknown", now));
    assert_eq!(bench.error(call).code, Code::TaskNotFound);
    assert_eq!(bench.gone(), [""; 0]);
    bench.tell(|engine, now| engine.follow("unknown", now));
    bench.tell(|engine, now| engine.watch("unknown", true, now));
    assert_eq!(bench.gone(), ["unknown: task_not_found"]);
}

#[test]
fn an_answer_about_another_task_is_none() {
    let mut bench = with_interval(json!(100));
    bench.results("tasks/get", json!({ "taskId": "t2", "status": "completed" }));
    bench.watched_task();
    let call = bench.result("t1");
    bench.pass(20_000);
    assert_eq!(bench.error(call).code, Code::Protocol);
}

#[test]
fn how_often_a_poll_may_fail_before_it_is_believed() {
    for (why, reply, tries, code) in [
        ("a door that stays closed", Reply::status(401), 2, Code::Unauthorized),
        ("a page instead of an answer", Reply::status(404), 5, Code::Http),
        ("a request that cannot be made", Reply(vec![(0, Arrival::Fail(Failure::Unsendable))]), 5, Code::InvalidArgument),
    ] {
        let mut bench = with_interval(json!(100));
        bench.on("tasks/get", move |_| reply.clone());
        bench.watched_task();
        let call = bench.result("t1");
        bench.pass(60_000);
        assert_eq!(bench.error(call).code, code, "{why}");
        assert_eq!(bench.count("tasks/get"), tries, "{why}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_end_is_seen_within_twice_the_age_and_within_the_interval(
        age in 0..200_000_u64,
        interval in prop_oneof![Just(None), (1..100_000_u64).prop_map(Some)],
    ) {
        let mut bench = Bench::polling();
        bench.server.tasks.borrow_mut().interval = interval.map(Value::from);
        bench.life("t1", &[(0, "working"), (age, "completed")]);
        let made = bench.now;
        bench.watched_task();
        bench.pass(400_000);
        prop_assert_eq!(bench.states("t1"), ["completed"]);
        let seen = bench.last("tasks/get").at - made;
        prop_assert!(seen <= (2 * age).max(250), "{} was seen at {}", age, seen);
        prop_assert!(seen - age <= interval.unwrap_or(5_000).max(100), "{} was seen at {}", age, seen);
        prop_assert!(bench.count("tasks/get") as u64 <= 40 + seen / interval.unwrap_or(5_000).max(20));
    }
}
