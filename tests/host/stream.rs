//! The GET stream of the server's own messages: open while it is needed, opened again when it breaks, never needed to be right.

use mcp_tasks::engine::{Answers, Config, Millis, Output};
use serde_json::{Value, json};

use crate::bench::{Bench, config, tool_task};
use crate::dice::are_reopenings;
use crate::server::{all_capabilities, text_result, told};
use crate::wire::{Arrival, Reply};

/// The waits between the attempts at a stream.
fn waits(bench: &Bench) -> Vec<Millis> {
    bench.all("GET").windows(2).map(|pair| pair[1].at - pair[0].at).collect()
}

#[test]
fn it_is_opened_with_the_first_task_and_no_second_time() {
    let mut bench = Bench::streaming();
    bench.pass(60_000);
    assert_eq!(bench.count("GET"), 0, "nobody needs it yet");
    bench.hold("tools/call");
    bench.invoke(tool_task("slow"));
    assert_eq!(bench.count("GET"), 1, "before the task is made, whose first news may overtake the answer");
    bench.invoke(tool_task("slow"));
    assert_eq!(bench.count("GET"), 1);
}

#[test]
fn one_who_can_be_asked_has_it_open_as_soon_as_the_session_has_begun() {
    let answers = Answers { elicitation: true, ..Answers::default() };
    let mut bench = Bench::new(Config { answers, ..config() }, all_capabilities());
    bench.on("GET", |_| Reply::stream());
    bench.on("notifications/initialized", |_| Reply::status(202).after(300));
    let call = bench.call(|engine, call, now| engine.connect(call, now));
    bench.pass(299);
    assert_eq!(bench.count("GET"), 0, "the server does not know yet that the session has begun");
    bench.pass(1);
    assert_eq!(bench.count("GET"), 1);
    bench.value(call);
}

#[test]
fn it_names_the_session_and_the_version() {
    let mut bench = Bench::new(config(), all_capabilities());
    bench.on("GET", |_| Reply::stream());
    bench.on("initialize", |sent| {
        let result = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {} });
        Reply::json(sent.result(result)).in_session("s1")
    });
    bench.call(|engine, call, now| engine.connect(call, now));
    bench.tell(|engine, now| engine.listen(true, now));
    let stream = bench.last("GET");
    assert_eq!((stream.header("mcp-session-id"), stream.header("mcp-protocol-version")), (Some("s1"), Some("2025-11-25")));
    assert_eq!(stream.header("last-event-id"), None);
}

#[test]
fn it_is_not_opened_where_it_is_not_wanted() {
    let mut bench = Bench::new(Config { notifications: false, ..config() }, all_capabilities());
    bench.on("GET", |_| Reply::stream());
    bench.call(|engine, call, now| engine.connect(call, now));
    bench.tell(|engine, now| engine.listen(true, now));
    bench.watched_task();
    bench.pass(60_000);
    assert_eq!(bench.count("GET"), 0);
}

#[test]
fn it_closes_a_moment_after_the_last_task() {
    let mut bench = Bench::streaming();
    let id = bench.watched_task();
    let stream = bench.last("GET").exchange;
    bench.push(&told(&id, "completed"));
    bench.pass(4_000);
    assert!(bench.is_open(stream), "the next task may come at once");
    bench.watched_task();
    bench.pass(60_000);
    assert!(bench.is_open(stream));
    bench.push(&told("t2", "completed"));
    bench.pass(6_000);
    assert!(!bench.is_open(stream));
    assert_eq!(bench.engine.deadline(), None);
    bench.watched_task();
    assert_eq!(bench.count("GET"), 2, "and is opened for the next");
}

#[test]
fn it_stays_open_for_who_listens() {
    let mut bench = Bench::streaming();
    bench.tell(|engine, now| engine.listen(true, now));
    bench.pass(86_400_000);
    let message = json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": { "level": "info" } });
    bench.push(&message);
    let heard =
        bench.told.iter().any(|(_, told)| matches!(told, Output::Notification(message) if message.0["method"] == "notifications/message"));
    assert!(heard);
    bench.tell(|engine, now| engine.listen(false, now));
    bench.pass(6_000);
    assert!(!bench.is_open(bench.last("GET").exchange));
}

#[test]
fn a_server_without_one_is_asked_once() {
    for status in [400, 404, 405, 406] {
        let mut bench = Bench::polling();
        bench.on("GET", move |_| Reply::status(status));
        bench.watched_task();
        bench.pass(3_600_000);
        assert_eq!(bench.count("GET"), 1, "{status}");
    }
    let mut bench = Bench::polling();
    bench.on("GET", |_| Reply::json(json!({})));
    bench.watched_task();
    bench.pass(3_600_000);
    assert_eq!(bench.count("GET"), 1, "an answer that is no stream");
}

#[test]
fn one_that_is_there_already_is_waited_for() {
    let mut bench = Bench::polling();
    let mut left = 3;
    bench.on("GET", move |_| {
        left -= 1;
        if left > 0 { Reply::status(409) } else { Reply::stream() }
    });
    bench.watched_task();
    bench.pass(60_000);
    assert_eq!(bench.count("GET"), 3);
    assert!(are_reopenings(&waits(&bench)), "{:?}", waits(&bench));
}

#[test]
fn while_there_is_none_tasks_are_polled() {
    for refusal in [Reply::status(405), Reply::status(409), Reply::fail(), Reply::never(), Reply::status(503).retry_after(3_600_000)] {
        let mut bench = Bench::polling();
        bench.on("GET", move |_| refusal.clone());
        let id = bench.watched_task();
        bench.life(&id, &[(10_000, "completed")]);
        bench.pass(20_000);
        assert_eq!(bench.states(&id), ["completed"]);
    }
}

#[test]
fn a_broken_one_is_opened_again_less_and_less_often() {
    let mut bench = Bench::streaming();
    bench.on("GET", |_| Reply::stream().ends());
    bench.watched_task();
    bench.pass(600_000);
    assert!(are_reopenings(&waits(&bench)), "{:?}", waits(&bench));
}

#[test]
fn one_that_delivered_is_opened_again_soon() {
    let mut bench = Bench::streaming();
    let id = bench.watched_task();
    for _ in 0..5 {
        bench.pass(100_000);
        let at = bench.now;
        bench.push(&told(&id, "working"));
        bench.push_bytes(Arrival::Fail(mcp_tasks::engine::Failure::Network));
        bench.pass(1_000);
        assert!((at + 500..=at + 1_000).contains(&bench.last("GET").at));
    }
}

#[test]
fn the_servers_wish_for_the_wait_is_honoured_within_reason() {
    for (retry, waited) in [(3_000_u64, 3_000), (10, 500), (0, 500), (86_400_000, 60_000)] {
        let mut bench = Bench::streaming();
        let id = bench.watched_task();
        bench.push_bytes(Arrival::Bytes(format!("retry: {retry}\n\n").into_bytes()));
        bench.push(&told(&id, "working"));
        let at = bench.now;
        bench.push_bytes(Arrival::End);
        bench.pass(100_000);
        assert_eq!(bench.all("GET")[1].at - at, waited, "{retry}");
    }
}

#[test]
fn it_goes_on_after_the_last_event_that_came() {
    let mut bench = Bench::streaming();
    bench.watched_task();
    let after = |bench: &Bench| bench.last("GET").header("last-event-id").map(String::from);
    bench.push_bytes(Arrival::Bytes(b"id: 7\ndata:\n\n".to_vec()));
    bench.push_bytes(Arrival::End);
    bench.pass(5_000);
    assert_eq!(after(&bench).as_deref(), Some("7"), "a priming event is one");

    bench.push_bytes(Arrival::Bytes(b": nothing new\n\n".to_vec()));
    bench.push_bytes(Arrival::End);
    bench.pass(10_000);
    assert_eq!(after(&bench).as_deref(), Some("7"), "a connection that brought none changes nothing");

    bench.on("GET", |_| Reply::fail());
    bench.push_bytes(Arrival::End);
    bench.pass(60_000);
    bench.on("GET", |_| Reply::stream());
    bench.pass(60_000);
    assert_eq!(after(&bench).as_deref(), Some("7"), "nor does one that failed");

    bench.push_bytes(Arrival::Bytes(b"id: 8\ndata: {}\n\n".to_vec()));
    bench.push_bytes(Arrival::End);
    bench.pass(60_000);
    assert_eq!(after(&bench).as_deref(), Some("8"));
}

#[test]
fn pushes_wake_waits_at_once() {
    let mut bench = Bench::streaming();
    bench.server.tasks.borrow_mut().interval = Some(json!(60_000));
    let id = bench.watched_task();
    let waiting = bench.call(|engine, call, now| engine.wait(call, &id, None, now));
    let result = bench.result(&id);
    bench.pass(100_000);
    bench.life(&id, &[(0, "completed")]);
    let at = bench.now;
    bench.push(&told(&id, "completed"));
    assert_eq!((bench.value(waiting)["status"].clone(), bench.value(result)), (json!("completed"), text_result("done")));
    assert_eq!(bench.now, at);
}

#[test]
fn changes_are_told_once_each_and_in_order_whoever_tells_them() {
    let mut bench = Bench::streaming();
    let id = bench.watched_task();
    let working = |message: &str| json!({ "status": "working", "statusMessage": message });
    for message in ["a", "b"] {
        let at = bench.now;
        bench.server.tasks.borrow_mut().set(&id, at, working(message));
        bench.push(&told(&id, working(message)));
        bench.push(&told(&id, working(message)));
        bench.pass(20_000);
    }
    bench.life(&id, &[(0, "completed")]);
    bench.push(&told(&id, "completed"));
    bench.push(&told(&id, "completed"));
    bench.push(&told(&id, working("b")));
    bench.pass(20_000);
    assert_eq!(bench.states(&id), ["working: a", "working: b", "completed"]);
}

#[test]
fn while_it_brings_a_tasks_changes_polls_are_only_the_net_under_it() {
    let mut bench = Bench::streaming();
    bench.server.tasks.borrow_mut().interval = Some(json!(500));
    let id = bench.watched_task();
    bench.pass(20_000);
    let polled = bench.count("tasks/get");
    assert!(polled > 30, "it has not brought any yet: {polled}");
    bench.push(&told(&id, json!({ "status": "working", "statusMessage": "half" })));
    bench.pass(60_000);
    let under_stream = bench.count("tasks/get") - polled;
    assert!((8..=14).contains(&under_stream), "{under_stream}");

    bench.on("GET", |_| Reply::status(405));
    bench.push(&told(&id, json!({ "status": "working", "statusMessage": "more" })));
    bench.push_bytes(Arrival::End);
    let polled = bench.count("tasks/get");
    bench.pass(600);
    assert_eq!(bench.count("tasks/get"), polled + 1, "it is gone, and is missed at once");
    bench.pass(20_000);
    assert!(bench.count("tasks/get") - polled > 30);
}

#[test]
fn what_another_connection_brought_says_nothing_about_this_one() {
    let mut bench = Bench::streaming();
    bench.server.tasks.borrow_mut().interval = Some(json!(500));
    let id = bench.watched_task();
    bench.push(&told(&id, json!({ "status": "working", "statusMessage": "half" })));
    bench.push_bytes(Arrival::End);
    bench.pass(5_000);
    assert_eq!(bench.count("GET"), 2);
    let polled = bench.count("tasks/get");
    bench.pass(20_000);
    assert!(bench.count("tasks/get") - polled > 30, "the new one is silent so far");
}

#[test]
fn a_pushed_failure_is_told_in_the_fuller_words_of_the_poll() {
    let mut bench = Bench::streaming();
    let id = bench.watched_task();
    bench.server.tasks.borrow_mut().set(&id, bench.now, json!({ "status": "failed", "statusMessage": "the disk is full" }));
    bench.push(&told(&id, json!({ "status": "failed", "statusMessage": "Task failed" })));
    bench.pass(0);
    assert_eq!(bench.states(&id), ["failed: the disk is full"]);
}

#[test]
fn a_pushed_failure_is_asked_about_even_while_an_older_poll_is_under_way() {
    let mut bench = Bench::streaming();
    let id = bench.watched_task();
    bench.hold("tasks/get");
    bench.pass(1_000);
    let early = bench.last("tasks/get");
    bench.push(&told(&id, json!({ "status": "failed", "statusMessage": "Task failed" })));
    bench.results("tasks/get", json!({ "taskId": id, "status": "failed", "statusMessage": "the disk is full" }));
    bench.reply(&early, Reply::json(early.result(json!({ "taskId": id, "status": "working" }))));
    bench.pass(0);
    assert_eq!(bench.states(&id), ["failed: the disk is full"]);
}

#[test]
fn a_pushed_failure_that_cannot_be_asked_about_stands() {
    for reply in [Reply::fail(), Reply::status(503), Reply::never()] {
        let mut bench = Bench::streaming();
        let id = bench.watched_task();
        bench.on("tasks/get", move |_| reply.clone());
        bench.push(&told(&id, json!({ "status": "failed", "statusMessage": "Task failed" })));
        bench.pass(120_000);
        assert_eq!(bench.states(&id), ["failed: Task failed"]);
    }
}

#[test]
fn old_news_of_a_resumed_stream_do_not_turn_back_the_time() {
    let mut bench = Bench::streaming();
    let id = bench.watched_task();
    let working = |message: &str| json!({ "status": "working", "statusMessage": message });
    bench.push_bytes(Arrival::Bytes(b"id: 1\nretry: 1000\ndata:\n\n".to_vec()));
    bench.push_bytes(Arrival::End);
    bench.server.tasks.borrow_mut().set(&id, bench.now, working("second"));
    bench.pass(900);
    assert_eq!(bench.states(&id), ["working: second"]);
    bench.pass(200);
    bench.push(&told(&id, working("first")));
    bench.push(&told(&id, working("second")));
    bench.pass(10_000);
    assert_eq!(bench.states(&id), ["working: second"]);
}

#[test]
fn news_of_a_resumed_stream_are_believed_once_the_task_was_asked_about_under_it() {
    let mut bench = Bench::streaming();
    let id = bench.watched_task();
    bench.push_bytes(Arrival::Bytes(b"id: 1\ndata:\n\n".to_vec()));
    bench.push_bytes(Arrival::End);
    bench.pass(10_000);
    bench.hold("tasks/get");
    bench.push(&told(&id, json!({ "status": "working", "statusMessage": "half" })));
    assert_eq!(bench.states(&id), ["working: half"]);
}

#[test]
fn the_servers_wish_to_be_left_alone_is_honoured() {
    let mut bench = Bench::streaming();
    bench.on("GET", |_| Reply::status(503).retry_after(30_000));
    bench.watched_task();
    bench.pass(100_000);
    assert_eq!(waits(&bench), [30_000, 30_000, 30_000]);
}

#[test]
fn odd_pushes_disturb_nothing() {
    let mut bench = Bench::streaming();
    let id = bench.watched_task();
    let params = [
        json!(null),
        json!({}),
        json!({ "taskId": id }),
        json!({ "taskId": id, "status": "odd" }),
        json!({ "taskId": 7, "status": "working" }),
    ];
    for params in params {
        bench.push(&json!({ "jsonrpc": "2.0", "method": "notifications/tasks/status", "params": params }));
    }
    bench.push(&told("unknown", "completed"));
    bench.push_bytes(Arrival::Bytes(b"data: not json\n\n".to_vec()));
    bench.push(&Value::Null);
    bench.push(&told(&id, "completed"));
    assert_eq!(bench.states(&id), ["completed"]);
}

/// A page on another origin, whose browser does not send `Last-Event-ID` to the server.
fn unresumable(mut bench: Bench, answer: impl Fn() -> Reply + 'static) -> Bench {
    bench.on("GET", move |sent| if sent.header("last-event-id").is_some() { Reply::fail() } else { answer() });
    bench.connect();
    bench
}

fn hiding() -> Bench {
    Bench::new(Config { hides_headers: true, ..config() }, all_capabilities())
}

fn told_of_last_event_id(bench: &Bench) -> usize {
    bench.oddities().iter().filter(|odd| odd.contains("Access-Control-Allow-Headers: Last-Event-ID")).count()
}

#[test]
fn where_the_browser_does_not_send_the_last_event_the_stream_begins_anew() {
    let mut bench = unresumable(hiding(), || Reply::stream().bytes("id: 7\ndata:\n\n"));
    bench.tell(|engine, now| engine.listen(true, now));
    for round in 1..=3 {
        bench.push_bytes(Arrival::End);
        bench.pass(if round == 1 { 5_000 } else { 60_000 });
        assert!(bench.stream().is_some(), "{round}");
        assert_eq!(told_of_last_event_id(&bench), 1, "{round}");
    }
    let named = bench.all("GET").iter().filter(|sent| sent.header("last-event-id").is_some()).count();
    assert_eq!((named, bench.count("GET")), (2, 1 + 3 + 2), "it is tried twice, and then no more");
}

#[test]
fn a_network_that_is_gone_for_a_while_costs_no_event() {
    for hides_headers in [true, false] {
        for away in [0, 400, 3_000, 20_000, 100_000] {
            let mut bench = Bench::new(Config { hides_headers, ..config() }, all_capabilities());
            bench.on("GET", |_| Reply::stream().bytes("id: 7\ndata:\n\n"));
            bench.connect();
            bench.tell(|engine, now| engine.listen(true, now));
            let back = bench.now + away;
            bench.server.upset(move |sent| (sent.at < back).then(Reply::fail));
            bench.push_bytes(Arrival::End);
            bench.pass(away + 120_000);
            assert!(bench.stream().is_some());
            let last = bench.last("GET");
            assert_eq!((last.header("last-event-id"), told_of_last_event_id(&bench)), (Some("7"), 0), "{hides_headers} {away}");
        }
    }
}

#[test]
fn what_the_browser_has_sent_once_is_not_suspected() {
    let mut bench = hiding();
    bench.on("GET", |_| Reply::stream().bytes("id: 7\ndata:\n\n"));
    bench.connect();
    bench.tell(|engine, now| engine.listen(true, now));
    bench.push_bytes(Arrival::End);
    bench.pass(2_000);
    bench.server.upset(|sent| (sent.header("last-event-id").is_some()).then(Reply::fail));
    bench.push_bytes(Arrival::End);
    bench.pass(60_000);
    assert_eq!((bench.stream(), told_of_last_event_id(&bench)), (None, 0));
    assert_eq!(bench.last("GET").header("last-event-id"), Some("7"));
}

#[test]
fn a_server_that_refuses_the_new_stream_for_now_has_answered_too() {
    let mut refusals = 1;
    let mut bench = hiding();
    bench.on("GET", move |sent| match (sent.header("last-event-id"), refusals) {
        (Some(_), _) => Reply::fail(),
        (_, 0) => Reply::status(409),
        _ => {
            refusals -= 1;
            Reply::stream().bytes("id: 7\ndata:\n\n")
        }
    });
    bench.connect();
    bench.tell(|engine, now| engine.listen(true, now));
    bench.push_bytes(Arrival::End);
    bench.pass(10_000);
    assert_eq!(told_of_last_event_id(&bench), 1);
}
