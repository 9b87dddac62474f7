//! The stream of notifications in the stateless era: one for all tasks, opened anew as they come, and never needed to be right.

use mcp_tasks::engine::{Config, Failure, Listing, Millis, Output};
use serde_json::{Value, json};

use crate::bench::{Bench, modern_config, tool, tool_task};
use crate::dice::are_reopenings;
use crate::modern_server::{acknowledgement, farewell, modern_capabilities, modern_told, subscribe};
use crate::node::Node;
use crate::server::{METHOD_NOT_FOUND, text_result};
use crate::signature::TASKS;
use crate::wire::{Answer, Arrival, Reply, Sent};

const LISTEN: &str = "subscriptions/listen";

/// The tasks that a stream was asked for.
fn ids(sent: &Sent) -> Vec<&str> {
    sent.params()["notifications"]["taskIds"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The waits between the attempts at a stream.
fn waits(bench: &Bench) -> Vec<Millis> {
    bench.all(LISTEN).windows(2).map(|pair| pair[1].at - pair[0].at).collect()
}

/// The task is in this state from now on.
fn is(bench: &mut Bench, id: &str, state: impl Into<Value>) {
    let at = bench.now;
    bench.server.tasks.borrow_mut().set(id, at, state);
}

fn working(message: &str) -> Value {
    json!({ "status": "working", "statusMessage": message })
}

/// A server that takes on no more than the tasks of these.
fn covering(bench: &mut Bench, covered: &'static [&'static str]) {
    bench.on(LISTEN, move |sent| {
        let ids: Vec<_> = ids(sent).into_iter().filter(|id| covered.contains(id)).collect();
        Reply::stream().event(&acknowledgement(sent, &json!({ "taskIds": ids })))
    });
}

#[test]
fn tasks_that_come_together_share_a_stream() {
    let mut bench = Bench::modern();
    let made: Vec<_> = (0..5).map(|_| bench.watched_task()).collect();
    assert_eq!(bench.count(LISTEN), 0, "more may come");
    bench.pass(60_000);
    assert_eq!(bench.count(LISTEN), 1);
    let sent = bench.last(LISTEN);
    assert_eq!(ids(&sent), made);
    let changes = ["toolsListChanged", "promptsListChanged", "resourcesListChanged"];
    assert!(changes.iter().all(|change| sent.params()["notifications"][change] == json!(true)));
}

#[test]
fn it_asks_for_what_the_server_announces_and_nothing_else() {
    let offer = json!({ "tools": { "listChanged": false }, "prompts": { "listChanged": true }, "extensions": { TASKS: {} } });
    let mut bench = Bench::modern_with(modern_config(), offer);
    bench.tell(|engine, now| engine.listen(true, now));
    bench.pass(1_000);
    assert_eq!(bench.last(LISTEN).params()["notifications"], json!({ "promptsListChanged": true }));
    bench.watched_task();
    bench.pass(1_000);
    assert_eq!(bench.last(LISTEN).params()["notifications"], json!({ "promptsListChanged": true, "taskIds": ["t1"] }));

    let mut bench = Bench::modern_with(modern_config(), json!({ "tools": {}, "extensions": { TASKS: {} } }));
    bench.tell(|engine, now| engine.listen(true, now));
    bench.pass(60_000);
    assert_eq!(bench.count(LISTEN), 0, "there is nothing to hear of");
}

#[test]
fn it_is_not_opened_where_it_is_not_wanted() {
    let mut bench = Bench::modern_with(Config { notifications: false, ..modern_config() }, modern_capabilities());
    bench.tell(|engine, now| engine.listen(true, now));
    let id = bench.watched_task();
    bench.server.tasks.borrow_mut().set(&id, bench.now + 10_000, "completed");
    bench.pass(60_000);
    assert_eq!((bench.count(LISTEN), bench.states(&id)), (0, vec!["completed".to_string()]));
}

#[test]
fn the_old_one_goes_on_until_the_new_one_is_acknowledged() {
    let mut bench = Bench::modern();
    let first = bench.watched_task();
    bench.pass(1_000);
    let old = bench.stream().expect("a stream");
    let tasks = bench.server.tasks.clone();
    bench.on(LISTEN, move |sent| subscribe(sent, &tasks.borrow()).after(5_000));
    let second = bench.watched_task();
    bench.pass(4_000);
    assert_eq!(bench.all(LISTEN).iter().map(|sent| ids(sent).len()).collect::<Vec<_>>(), [1, 2]);
    assert_eq!((bench.stream(), bench.aborted.len()), (Some(old), 0));
    bench.push(&modern_told(&first, working("half")));
    assert_eq!(bench.states(&first), ["working: half"]);
    bench.pass(5_000);
    assert_ne!(bench.stream(), Some(old));
    assert_eq!(bench.aborted.iter().map(|(_, exchange)| *exchange).collect::<Vec<_>>(), [old]);
    bench.push(&modern_told(&second, "completed"));
    assert_eq!(bench.states(&second), ["completed"]);
}

#[test]
fn tasks_that_come_one_by_one_do_not_mean_a_stream_each() {
    let mut bench = Bench::modern();
    for _ in 0..200 {
        bench.watched_task();
        bench.pass(25);
    }
    bench.pass(5_000);
    assert!(bench.count(LISTEN) <= 25, "{} streams in ten seconds", bench.count(LISTEN));
    assert_eq!(ids(&bench.last(LISTEN)).len(), 200);
    assert_eq!(bench.aborted.len(), bench.count(LISTEN) - 1, "one is open");
}

#[test]
fn the_more_there_are_the_seldomer_all_of_them_are_named_again() {
    const MANY: usize = 3_000;
    let mut bench = Bench::modern();
    for index in 0..MANY {
        let id = format!("t{index}");
        is(&mut bench, &id, "working");
        bench.tell(|engine, now| {
            engine.follow(&id, now);
            engine.watch(&id, true, now);
        });
        bench.pass(5);
    }
    bench.pass(MANY as Millis / 2);
    assert_eq!(ids(&bench.last(LISTEN)).len(), MANY);
    let named: usize = bench.all(LISTEN).iter().map(|sent| ids(sent).len()).sum();
    assert!(named <= 10 * MANY, "{named} ids");
    assert!(waits(&bench).into_iter().all(|wait| wait <= MANY as Millis / 2 + 100), "a new task waits for no longer");
}

#[test]
fn what_happened_before_it_delivered_is_asked_for_once() {
    let mut bench = Bench::modern();
    let tasks = bench.server.tasks.clone();
    bench.server.tasks.borrow_mut().interval = Some(json!(60_000));
    bench.on(LISTEN, move |sent| {
        tasks.borrow_mut().set("t1", sent.at, "completed");
        Reply::stream().event(&acknowledgement(sent, &json!({ "taskIds": ["t1"] })))
    });
    let id = bench.watched_task();
    let result = bench.result(&id);
    bench.pass(2_000);
    assert_eq!(bench.value(result), text_result("done"));
    assert!(bench.count("tasks/get") <= 2, "{}", bench.count("tasks/get"));
}

#[test]
fn while_it_delivers_polls_are_only_the_net_under_it() {
    let mut bench = Bench::modern();
    bench.server.tasks.borrow_mut().interval = Some(json!(500));
    bench.watched_task();
    bench.pass(2_000);
    let polls = bench.count("tasks/get");
    bench.pass(60_000);
    let under_stream = bench.count("tasks/get") - polls;
    assert!((11..=13).contains(&under_stream), "{under_stream}");
}

#[test]
fn what_it_does_not_cover_is_polled() {
    let mut bench = Bench::modern();
    bench.server.tasks.borrow_mut().interval = Some(json!(500));
    covering(&mut bench, &["t1", "t3"]);
    (0..3).for_each(|_| drop(bench.watched_task()));
    bench.pass(3_000);
    let polls = |bench: &Bench, id: &str| bench.all("tasks/get").iter().filter(|sent| sent.params()["taskId"] == id).count();
    let before = ["t1", "t2", "t3"].map(|id| polls(&bench, id));
    bench.pass(20_000);
    let since: Vec<_> = ["t1", "t2", "t3"].iter().zip(before).map(|(id, before)| polls(&bench, id) - before).collect();
    assert!(since[0] <= 5 && since[2] <= 5 && (39..=41).contains(&since[1]), "{since:?}");
    assert_eq!(bench.count(LISTEN), 1, "the server said what it takes on");
}

#[test]
fn a_pushed_end_brings_its_result() {
    for (state, code) in [("completed", None), ("failed", Some("task_failed")), ("cancelled", Some("task_cancelled"))] {
        let mut bench = Bench::modern();
        bench.server.tasks.borrow_mut().interval = Some(json!(60_000));
        let id = bench.watched_task();
        let result = bench.result(&id);
        bench.pass(3_000);
        let polls = bench.count("tasks/get");
        is(&mut bench, &id, state);
        bench.push(&modern_told(&id, state));
        let outcome = bench.outcome(result).expect("an end");
        assert_eq!(outcome.err().map(|error| error.code.name()), code);
        assert_eq!((bench.states(&id), bench.count("tasks/get")), (vec![state.to_string()], polls));
    }
}

#[test]
fn a_pushed_failure_without_its_error_is_asked_about() {
    let mut bench = Bench::modern();
    let id = bench.watched_task();
    let result = bench.result(&id);
    bench.pass(3_000);
    is(&mut bench, &id, json!({ "status": "failed", "error": { "code": -1, "message": "the disk is full" } }));
    bench.push(&json!({ "jsonrpc": "2.0", "method": "notifications/tasks", "params": { "taskId": id, "status": "failed" } }));
    assert_eq!(&*bench.error(result).message, "the disk is full");
}

#[test]
fn changes_are_told_once_each_and_in_order_whoever_tells_them() {
    let mut bench = Bench::modern();
    let id = bench.watched_task();
    bench.pass(1_000);
    for message in ["a", "b"] {
        is(&mut bench, &id, working(message));
        bench.push(&modern_told(&id, working(message)));
        bench.push(&modern_told(&id, working(message)));
        bench.pass(20_000);
    }
    is(&mut bench, &id, "completed");
    bench.push(&modern_told(&id, "completed"));
    bench.push(&modern_told(&id, "completed"));
    bench.push(&modern_told(&id, working("b")));
    bench.pass(20_000);
    assert_eq!(bench.states(&id), ["working: a", "working: b", "completed"]);
}

#[test]
fn odd_pushes_disturb_nothing() {
    let mut bench = Bench::modern();
    let id = bench.watched_task();
    bench.pass(1_000);
    for params in
        [json!({}), json!({ "taskId": id }), json!({ "taskId": id, "status": "odd" }), json!({ "taskId": 7, "status": "working" })]
    {
        bench.push(&json!({ "jsonrpc": "2.0", "method": "notifications/tasks", "params": params }));
    }
    bench.push(&modern_told("unknown", "completed"));
    bench.push(&json!({ "jsonrpc": "2.0", "method": "notifications/tasks/status", "params": { "taskId": id, "status": "failed" } }));
    bench.push_bytes(Arrival::Bytes(b"data: not json\n\n: alive\n\n".to_vec()));
    bench.push(&modern_told(&id, "completed"));
    assert_eq!(bench.states(&id), ["completed"]);
}

#[test]
fn an_acknowledgement_counts_on_its_own_stream_alone() {
    let mut bench = Bench::modern();
    bench.server.tasks.borrow_mut().interval = Some(json!(500));
    bench.on(LISTEN, |_| Reply::stream());
    bench.on("tools/call", |sent| {
        let made = json!({ "resultType": "task", "taskId": "t1", "status": "working", "pollIntervalMs": 500 });
        let foreign = acknowledgement(sent, &json!({ "taskIds": ["t1"] }));
        Reply::stream().event(&foreign).event(&sent.result(made)).event(&foreign).ends()
    });
    is(&mut bench, "t1", "working");
    let call = bench.invoke(tool_task("slow"));
    bench.value(call);
    bench.tell(|engine, now| engine.watch("t1", true, now));
    bench.pass(3_000);
    let polls = bench.count("tasks/get");
    bench.pass(10_000);
    assert!(bench.count("tasks/get") - polls >= 19, "no stream delivers");
}

#[test]
fn whatever_becomes_of_it_tasks_are_polled() {
    let ends: [(&str, Answer); 11] = [
        ("no such method", |sent| Reply::status_with(404, sent.error(METHOD_NOT_FOUND, "no"))),
        ("405", |_| Reply::status(405)),
        ("503", |_| Reply::status(503)),
        ("no network", |_| Reply::fail()),
        ("never answered", |_| Reply::never()),
        ("never acknowledged", |_| Reply::stream()),
        ("over before it is acknowledged", |_| Reply::stream().ends()),
        ("JSON in place of a stream", |sent| Reply::json(farewell(sent))),
        ("declined", |sent| Reply::stream().event(&acknowledgement(sent, &json!({})))),
        ("declined, and over", |sent| Reply::stream().event(&acknowledgement(sent, &json!({}))).event(&farewell(sent)).ends()),
        ("over at once", |sent| Reply::stream().event(&acknowledgement(sent, &json!({ "taskIds": ["t1"] }))).ends()),
    ];
    for (why, end) in ends {
        let mut bench = Bench::modern();
        bench.server.tasks.borrow_mut().interval = Some(json!(1_000));
        bench.on(LISTEN, end);
        let id = bench.watched_task();
        bench.server.tasks.borrow_mut().set(&id, bench.now + 10_000, "completed");
        bench.pass(10_000);
        let polls = bench.count("tasks/get");
        assert!((9..=15).contains(&polls), "{why}: {polls}");
        bench.pass(1_000);
        assert_eq!(bench.states(&id), ["completed"], "{why}");
        bench.pass(120_000);
        assert_eq!(bench.engine.deadline(), None, "{why}");
    }
}

#[test]
fn one_that_ends_is_tried_again_less_and_less_often() {
    let ends: [(&str, Answer); 4] = [
        ("gracefully", |sent| Reply::stream().event(&acknowledgement(sent, &json!({ "taskIds": ["t1"] }))).event(&farewell(sent)).ends()),
        ("abruptly", |sent| Reply::stream().event(&acknowledgement(sent, &json!({ "taskIds": ["t1"] }))).ends()),
        ("before it is acknowledged", |_| Reply::stream().ends()),
        ("503", |_| Reply::status(503)),
    ];
    for (why, end) in ends {
        let mut bench = Bench::modern();
        bench.on(LISTEN, end);
        bench.watched_task();
        bench.pass(600_000);
        assert!(are_reopenings(&waits(&bench)), "{why}: {:?}", waits(&bench));
    }
}

#[test]
fn one_that_delivered_is_opened_again_soon() {
    let mut bench = Bench::modern();
    let id = bench.watched_task();
    bench.pass(1_000);
    for end in [Arrival::End, Arrival::Fail(Failure::Network), Arrival::End] {
        bench.pass(10_000);
        bench.push(&modern_told(&id, "working"));
        let at = bench.now;
        bench.push_bytes(end);
        bench.pass(1_000);
        assert!((at + 500..=at + 1_000).contains(&bench.last(LISTEN).at));
    }
}

#[test]
fn one_that_brings_nothing_of_a_task_is_no_better_than_none() {
    let foreign = |method: &str, params: Value| json!({ "jsonrpc": "2.0", "method": method, "params": params });
    for message in [
        foreign("notifications/tools/list_changed", json!({})),
        foreign("notifications/odd", json!({})),
        modern_told("unknown", "working"),
        json!({}),
    ] {
        let mut bench = Bench::modern();
        bench.server.tasks.borrow_mut().interval = Some(json!(60_000));
        let ids: Vec<_> = (0..3).map(|_| bench.watched_task()).collect();
        bench.on(LISTEN, move |sent| Reply::stream().event(&acknowledgement(sent, &json!({ "taskIds": ids }))).event(&message).ends());
        bench.pass(600_000);
        assert!(are_reopenings(&waits(&bench)), "{:?}", waits(&bench));
        let polls = bench.count("tasks/get");
        assert!(polls <= 3 * 20, "{polls} polls of three tasks in ten minutes, which are to be asked about once a minute");
    }
}

#[test]
fn what_it_told_before_it_broke_says_nothing_about_now() {
    let mut bench = Bench::modern();
    bench.server.tasks.borrow_mut().interval = Some(json!(500));
    let id = bench.watched_task();
    bench.pass(10_000);
    bench.push(&modern_told(&id, working("half")));
    let polls = bench.count("tasks/get");
    bench.on(LISTEN, |_| Reply::fail());
    bench.push_bytes(Arrival::End);
    bench.pass(600);
    assert!(bench.count("tasks/get") > polls, "it is missed at once");
    let polls = bench.count("tasks/get");
    bench.pass(10_000);
    assert!(bench.count("tasks/get") - polls >= 19);
}

#[test]
fn a_server_without_one_is_asked_once() {
    let refusals: [Answer; 4] = [
        |sent| Reply::status_with(404, sent.error(METHOD_NOT_FOUND, "no")),
        |sent| Reply::json(sent.error(METHOD_NOT_FOUND, "no")),
        |_| Reply::status(405),
        |sent| Reply::status_with(400, sent.error(-32021, "no")),
    ];
    for refusal in refusals {
        let mut bench = Bench::modern();
        bench.on(LISTEN, refusal);
        for _ in 0..5 {
            bench.watched_task();
            bench.pass(600_000);
        }
        assert_eq!(bench.count(LISTEN), 1);
    }
}

#[test]
fn a_server_that_takes_on_no_tasks_is_not_asked_for_ever() {
    let mut bench = Bench::modern();
    covering(&mut bench, &[]);
    bench.watched_task();
    bench.pass(600_000);
    assert_eq!(bench.count(LISTEN), 1, "the next try waits for another task");
    for _ in 0..10 {
        bench.watched_task();
        bench.pass(10_000);
    }
    assert_eq!(bench.count(LISTEN), 3);
}

#[test]
fn a_wall_in_front_of_it_may_open() {
    let mut bench = Bench::modern();
    let mut left = 2;
    let tasks = bench.server.tasks.clone();
    bench.on(LISTEN, move |sent| {
        left -= 1;
        if left >= 0 { Reply::status(401) } else { subscribe(sent, &tasks.borrow()) }
    });
    bench.watched_task();
    bench.pass(10_000);
    assert_eq!((bench.count(LISTEN), bench.stream().is_some()), (3, true));
}

#[test]
fn the_servers_wish_to_be_left_alone_is_honoured() {
    let mut bench = Bench::modern();
    bench.on(LISTEN, |_| Reply::status(503).retry_after(30_000));
    bench.watched_task();
    bench.pass(100_000);
    assert_eq!(waits(&bench)[..2], [30_000, 30_000]);
}

#[test]
fn it_closes_a_moment_after_the_last_task() {
    let mut bench = Bench::modern();
    let id = bench.watched_task();
    bench.pass(1_000);
    let stream = bench.stream().expect("a stream");
    bench.push(&modern_told(&id, "completed"));
    bench.pass(4_000);
    assert!(bench.is_open(stream), "the next task may come at once");
    let id = bench.watched_task();
    bench.pass(60_000);
    let stream = bench.stream().expect("a stream");
    bench.push(&modern_told(&id, "completed"));
    bench.pass(6_000);
    assert!(!bench.is_open(stream));
    assert_eq!((bench.stream(), bench.engine.deadline()), (None, None), "and nothing is left armed");
    bench.watched_task();
    bench.pass(1_000);
    assert!(bench.stream().is_some(), "and is opened for the next");
}

#[test]
fn it_stays_open_for_who_listens() {
    let mut bench = Bench::modern();
    bench.tell(|engine, now| engine.listen(true, now));
    let id = bench.watched_task();
    bench.pass(1_000);
    bench.push(&modern_told(&id, "completed"));
    bench.pass(86_400_000);
    bench.push(&json!({ "jsonrpc": "2.0", "method": "notifications/prompts/list_changed", "params": {} }));
    let heard = |(_, told): &(Millis, Output<Node>)| matches!(told, Output::Notification(message) if message.0["method"] == "notifications/prompts/list_changed");
    assert!(bench.told.iter().any(heard));
    bench.tell(|engine, now| engine.listen(false, now));
    bench.pass(6_000);
    assert_eq!((bench.stream(), bench.engine.deadline()), (None, None));
}

#[test]
fn a_quick_task_costs_no_stream() {
    let mut bench = Bench::modern();
    bench.server.tasks.borrow_mut().set("t1", bench.now + 30, "completed");
    let call = bench.invoke(tool("slow"));
    bench.pass(40);
    assert_eq!(bench.value(call), text_result("done"));
    bench.pass(60_000);
    assert_eq!((bench.count(LISTEN), bench.engine.deadline()), (0, None));
}

#[test]
fn a_lone_task_does_not_wait_for_its_stream() {
    let mut bench = Bench::modern();
    bench.hold(LISTEN);
    bench.server.tasks.borrow_mut().interval = Some(json!(300));
    bench.server.tasks.borrow_mut().set("t1", bench.now + 250, "completed");
    let call = bench.invoke(tool("slow"));
    bench.pass(600);
    assert_eq!(bench.value(call), text_result("done"));
}

#[test]
fn a_thousand_pushed_tasks_cost_few_streams_and_few_polls() {
    const MANY: usize = 1_000;
    let mut bench = Bench::modern();
    bench.call(|engine, call, now| engine.list(call, Listing::Tools, now));
    bench.sent.clear();
    bench.server.tasks.borrow_mut().interval = Some(json!(1_000));
    for index in 0..MANY {
        // They end from the first second to the fifth.
        let end = bench.now + 1_000 + index as u64 * 4;
        bench.server.tasks.borrow_mut().set(&format!("t{}", index + 1), end, "completed");
    }
    bench.server.latency = 30;
    for _ in 0..MANY {
        bench.invoke(tool("slow"));
    }
    bench.pass(30_000);
    assert_eq!(bench.told.iter().filter(|(_, told)| matches!(told, Output::Resolve(..))).count(), MANY + 1);
    let (streams, polls) = (bench.count(LISTEN), bench.count("tasks/get"));
    assert!(streams <= 5, "{streams} streams");
    assert!(streams + polls <= 200, "{streams} streams, {polls} polls");
    assert_eq!(bench.sent.len(), MANY + streams + polls);
}

#[test]
fn a_result_of_a_subscription_that_cannot_be_is_an_end() {
    for kind in ["task", "input_required", "odd"] {
        let mut bench = Bench::modern();
        bench.on(LISTEN, move |sent| Reply::json(sent.result(json!({ "resultType": kind }))));
        let id = bench.watched_task();
        bench.server.tasks.borrow_mut().set(&id, bench.now + 5_000, "completed");
        bench.pass(60_000);
        assert_eq!((bench.states(&id), bench.asked().len()), (vec!["completed".to_string()], 0), "{kind}");
    }
}
