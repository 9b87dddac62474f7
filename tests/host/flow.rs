//! The queue in front of the wire: so much in flight and no more, in which order, and from when on time counts.

use mcp_tasks::engine::{Code, Config, Failure, Invocation, MOST_BACKGROUND, MOST_CALLS, Output};
use serde_json::json;

use crate::bench::{Bench, modern_config, tool, tool_task};
use crate::modern_server::modern_capabilities;
use crate::server::{INVALID_PARAMS, text_result, told};
use crate::wire::{Answer, Arrival, Reply};

/// So many tasks that the face holds and watches, in whatever era.
fn watched(bench: &mut Bench, count: usize) -> Vec<String> {
    (0..count).map(|_| bench.watched_task()).collect()
}

impl Bench {
    /// The requests of one method that have no answer yet.
    fn in_flight(&self, method: &str) -> usize {
        self.sent.iter().filter(|sent| sent.method() == method && self.is_open(sent.exchange)).count()
    }

    /// Lets time pass, and says how many requests of these methods were in flight at most.
    fn most_in_flight(&mut self, methods: &[&str], time: u64) -> usize {
        let count = |bench: &Self| methods.iter().map(|method| bench.in_flight(method)).sum::<usize>();
        let mut most = count(self);
        for _ in 0..time / 20 {
            self.pass(20);
            most = most.max(count(self));
        }
        most
    }
}

#[test]
fn so_many_calls_are_in_flight_and_the_others_wait_in_the_order_in_which_they_came() {
    for mut bench in [Bench::polling(), Bench::modern_polling()] {
        bench.hold("tools/call");
        let calls: Vec<_> =
            (0..MOST_CALLS + 3).map(|number| bench.invoke(Invocation { ttl: Some(number as f64), ..tool("never") })).collect();
        assert_eq!(bench.in_flight("tools/call"), MOST_CALLS);
        for place in [5, 0, 9] {
            let sent = bench.all("tools/call")[place].clone();
            bench.reply(&sent, Reply::json(sent.result(json!({ "resultType": "complete", "content": [] }))));
            bench.pass(0);
            bench.value(calls[place]);
            assert_eq!(bench.in_flight("tools/call"), MOST_CALLS, "the next goes out at once");
        }
        let ids: Vec<_> = bench.all("tools/call").iter().map(|sent| sent.body["id"].as_u64()).collect();
        assert!(ids.is_sorted(), "{ids:?}");
        assert_eq!(ids.len(), calls.len());
    }
}

#[test]
fn a_thousand_tasks_are_asked_about_by_a_few_requests_at_a_time_and_a_call_goes_out_at_once() {
    for (mut bench, listed) in [(Bench::polling(), "plain"), (Bench::modern_polling(), "quick")] {
        bench.server.tasks.borrow_mut().interval = Some(json!(1_000));
        watched(&mut bench, 1_000);
        bench.server.latency = 300;
        let most = bench.most_in_flight(&["tasks/get"], 10_000);
        assert_eq!(most, MOST_BACKGROUND);
        let asked = bench.now;
        let call = bench.invoke(tool(listed));
        assert_eq!(bench.last("tools/call").at, asked);
        bench.pass(300);
        bench.value(call);
    }
}

#[test]
fn results_go_before_polls_and_by_the_same_few() {
    let mut bench = Bench::polling();
    bench.server.tasks.borrow_mut().interval = Some(json!(100));
    let ids = watched(&mut bench, 100);
    let results: Vec<_> = ids.iter().map(|id| bench.result(id)).collect();
    bench.server.latency = 200;
    let tasks = bench.server.tasks.clone();
    tasks.borrow_mut().all_done = Some(bench.now);
    let most = bench.most_in_flight(&["tasks/get", "tasks/result"], 12_000);
    assert_eq!(most, MOST_BACKGROUND);
    results.iter().for_each(|result| assert!(bench.value(*result)["content"].is_array()));
    let (firsts, polls) = (bench.all("tasks/result")[0].at, bench.all("tasks/get"));
    assert!(polls.iter().filter(|sent| sent.at > firsts).count() > 50, "a task that has ended does not wait for a hundred others");
}

#[test]
fn a_status_that_somebody_asks_for_does_not_wait_for_those_that_nobody_does() {
    for mut bench in [Bench::polling(), Bench::modern_polling()] {
        let ids = watched(&mut bench, 20);
        bench.hold("tasks/get");
        bench.pass(60_000 - 1);
        let waiting: Vec<_> = ids.iter().filter(|id| bench.all("tasks/get").iter().all(|sent| sent.params()["taskId"] != **id)).collect();
        assert!(waiting.len() > 10, "{waiting:?}");
        let (id, asked) = (waiting[7].clone(), bench.count("tasks/get"));
        bench.call(|engine, call, now| engine.fresh_status(call, &id, now));
        assert_eq!((bench.count("tasks/get"), bench.last("tasks/get").params()["taskId"].as_str()), (asked + 1, Some(id.as_str())));
    }
}

#[test]
fn what_is_pushed_need_not_be_asked_any_more() {
    let mut bench = Bench::streaming();
    let ids = watched(&mut bench, 20);
    bench.hold("tasks/get");
    bench.pass(20_000);
    let is_asked = |bench: &Bench, id: &str| bench.all("tasks/get").iter().any(|sent| sent.params()["taskId"] == *id);
    let id = ids.iter().rev().find(|id| !is_asked(&bench, id)).expect("one that waits").clone();
    bench.push(&told(&id, "working"));
    let first = bench.all("tasks/get")[0].clone();
    let later = bench.now;
    bench.on("tasks/get", |sent| Reply::json(sent.result(crate::server::task(crate::server::id_of(sent), &json!("working"), None))));
    for sent in bench.all("tasks/get") {
        bench.reply(&sent, Reply::json(sent.error(INVALID_PARAMS, "Task not found")));
    }
    bench.pass(1_000);
    let asked: Vec<_> = bench.all("tasks/get").into_iter().filter(|sent| sent.at >= later).collect();
    assert!(asked.len() > 10, "{}, {first:?}", asked.len());
    assert!(!is_asked(&bench, &id));
}

#[test]
fn time_counts_from_when_a_request_is_sent() {
    let mut bench = Bench::polling();
    bench.hold("tools/call");
    let quick = Invocation { patience: Some(50_000), ..tool("never") };
    (0..MOST_CALLS).for_each(|_| {
        bench.invoke(quick.clone());
    });
    let last = bench.invoke(Invocation { patience: Some(20_000), ..tool("never") });
    bench.pass(50_000);
    assert!(bench.is_pending(last), "it was not sent until now");
    bench.pass(19_999);
    assert!(bench.is_pending(last));
    bench.pass(1);
    assert_eq!(bench.error(last).code, Code::Timeout);
}

#[test]
fn who_leaves_before_the_request_was_sent_leaves_no_trace() {
    for mut bench in [Bench::polling(), Bench::modern_polling()] {
        bench.hold("tools/call");
        let calls: Vec<_> = (0..MOST_CALLS).map(|_| bench.invoke(tool("never"))).collect();
        for call in [tool("never"), tool_task("slow")] {
            let call = bench.invoke(call);
            bench.abandon(call);
        }
        calls.into_iter().for_each(|call| bench.abandon(call));
        bench.pass(600_000);
        assert_eq!((bench.count("tools/call"), bench.aborted.len()), (MOST_CALLS, MOST_CALLS));
        let told = bench.all("notifications/cancelled").len();
        assert!(told == 0 || told == MOST_CALLS, "of what it never saw the server hears nothing: {told}");
        assert_eq!(bench.engine.deadline(), None);
    }
}

#[test]
fn closing_sends_nothing_of_what_waits() {
    let mut bench = Bench::polling();
    bench.hold("tools/call");
    (0..MOST_CALLS * 2).for_each(|_| {
        bench.invoke(tool("never"));
    });
    let close = bench.close();
    bench.pass(600_000);
    bench.value(close);
    let rejected = bench.told.iter().filter(|(_, output)| matches!(output, Output::Reject(..))).count();
    assert_eq!((bench.count("tools/call"), rejected), (MOST_CALLS, MOST_CALLS * 2));
    assert_eq!(bench.engine.deadline(), None);
}

#[test]
fn a_slot_is_free_again_however_an_exchange_ends() {
    let ends: [(&str, Answer); 6] = [
        ("answered", |sent| Reply::json(sent.result(text_result("done")))),
        ("answered by a stream that does not end", |sent| Reply::stream().event(&sent.result(text_result("done")))),
        ("a stream that ends", |_| Reply::events(&[])),
        ("a refusal", |_| Reply::status(500)),
        ("a broken connection", |_| Reply::fail()),
        ("too large", |_| Reply::stream().then(Arrival::Fail(Failure::TooLarge))),
    ];
    for (why, end) in ends {
        let mut bench = Bench::polling();
        bench.on("tools/call", end);
        let calls: Vec<_> = (0..MOST_CALLS * 3).map(|_| bench.invoke(tool("never"))).collect();
        bench.pass(5_000);
        assert!(calls.iter().all(|call| !bench.is_pending(*call)), "{why}");
    }
}

#[test]
fn a_crowd_that_is_being_made_is_asked_about_no_sooner_than_the_server_wants() {
    let modern = Bench::modern_with(Config { notifications: false, ..modern_config() }, modern_capabilities());
    for (mut bench, driven) in [(Bench::polling(), "must"), (modern, "slow")] {
        bench.server.tasks.borrow_mut().interval = Some(json!(1_000));
        bench.server.latency = 20;
        for _ in 0..1_000 {
            bench.invoke(tool(driven));
        }
        bench.pass(1_000);
        assert_eq!(bench.count("tools/call"), 1_000);
        // The first call of a tool that nobody has heard of is sent alone: its task is the only one for a moment.
        assert!(bench.count("tasks/get") <= 1, "{driven}: {}", bench.count("tasks/get"));
        bench.pass(1_000);
        assert!(bench.count("tasks/get") > 10, "{driven}");
    }
}
