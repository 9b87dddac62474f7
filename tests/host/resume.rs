//! Streams that break before the answer came, and time that passes without any.

use mcp_tasks::engine::{Code, Config, Failure, Invocation, Millis};
use serde_json::{Value, json};

use crate::bench::{Bench, config, tool, tool_task};
use crate::server::{all_capabilities, text_result};
use crate::wire::{Answer, Arrival, Reply, Sent};

/// An answer as an event stream in which a request's answer comes only after it was taken up again, after this event.
fn broken_after(events: &'static str) -> impl FnMut(&Sent) -> Reply {
    move |_| Reply::stream().bytes(events).ends()
}

/// The GETs that take up a stream: those of the server's own messages name no event.
fn resumptions(bench: &Bench) -> Vec<(Millis, String)> {
    let gets = bench.all("GET").into_iter();
    gets.filter_map(|sent| Some((sent.at, sent.header("last-event-id")?.to_owned()))).collect()
}

/// A server without tasks, so that every GET resumes.
fn plain() -> Bench {
    Bench::offering(json!({ "tools": {} }))
}

#[test]
fn a_broken_stream_is_taken_up_after_its_last_event() {
    for (why, events, wait) in [
        ("a priming event", "id: 7\ndata:\n\n", 1_000),
        ("a message with an id", "id: 6\ndata:\n\nid: 7\ndata: {}\n\n", 1_000),
        ("the server's own wait", "retry: 250\nid: 7\ndata:\n\n", 250),
        ("a wait of a day is cut", "retry: 86400000\nid: 7\ndata:\n\n", 30_000),
    ] {
        for broken in [Arrival::End, Arrival::Fail(Failure::Network)] {
            let mut bench = plain();
            bench.on("tools/call", move |_| Reply::stream().bytes(events).then(broken.clone()));
            let call = bench.invoke(tool("plain"));
            let sent = bench.last("tools/call");
            let answer = sent.result(text_result("later"));
            bench.on("GET", move |_| Reply::stream().event(&answer));
            bench.pass(wait);
            assert_eq!(bench.value(call), text_result("later"), "{why}");
            assert_eq!(resumptions(&bench), [(sent.at + wait, "7".into())], "{why}");
            assert_eq!(bench.count("tools/call"), 1, "{why}: the call is not repeated");
            assert!(!bench.is_open(bench.last("GET").exchange), "{why}: the stream is left once the answer is there");
        }
    }
}

#[test]
fn a_stream_without_an_event_id_cannot_be_taken_up() {
    for events in ["", ": hello\n\n", "data: {}\n\n", "id: 7\n"] {
        let mut bench = plain();
        bench.on("tools/call", broken_after(events));
        let call = bench.invoke(tool("plain"));
        assert_eq!(bench.error(call).code, Code::Network, "{events:?}");
        assert_eq!(bench.count("GET"), 0, "{events:?}");
    }
}

#[test]
fn a_stream_is_taken_up_as_often_as_it_breaks() {
    let mut bench = plain();
    bench.on("tools/call", broken_after("id: 1\ndata:\n\n"));
    let call = bench.invoke(tool("plain"));
    let answer = bench.last("tools/call").result(text_result("at last"));
    let mut event = 1;
    bench.on("GET", move |_| {
        event += 1;
        if event < 6 { Reply::stream().bytes(&format!("id: {event}\ndata:\n\n")).ends() } else { Reply::stream().event(&answer) }
    });
    bench.pass(60_000);
    assert_eq!(bench.value(call), text_result("at last"));
    let after: Vec<_> = resumptions(&bench).into_iter().map(|(_, after)| after).collect();
    assert_eq!(after, ["1", "2", "3", "4", "5"]);
}

#[test]
fn a_connection_that_brought_nothing_is_taken_up_after_the_same_event() {
    for nothing in [Reply::stream().ends(), Reply::stream().bytes(": still here\n\n").ends(), Reply::fail()] {
        let mut bench = plain();
        bench.on("tools/call", broken_after("id: 7\ndata:\n\n"));
        let call = bench.invoke(tool("plain"));
        let answer = bench.last("tools/call").result(text_result("at last"));
        let mut attempts = 0;
        bench.on("GET", move |_| {
            attempts += 1;
            if attempts == 1 { nothing.clone() } else { Reply::stream().event(&answer) }
        });
        bench.pass(30_000);
        assert_eq!(bench.value(call), text_result("at last"));
        assert!(resumptions(&bench).iter().all(|(_, after)| after == "7"));
    }
}

#[test]
fn a_server_that_does_not_resume_ends_the_call() {
    for (refusal, code) in [(Reply::status(405), Code::Http), (Reply::status(404), Code::Http), (Reply::status(200), Code::Protocol)] {
        let mut bench = plain();
        bench.on("tools/call", broken_after("id: 7\ndata:\n\n"));
        bench.on("GET", move |_| refusal.clone());
        let call = bench.invoke(tool("plain"));
        bench.pass(600_000);
        assert_eq!(bench.error(call).code, code);
    }
}

#[test]
fn an_answer_may_come_on_any_stream() {
    let mut bench = Bench::streaming();
    bench.tell(|engine, now| engine.listen(true, now));
    bench.hold("tools/call");
    let call = bench.invoke(tool("plain"));
    let answer = bench.last("tools/call").result(text_result("over there"));
    bench.push(&answer);
    assert_eq!(bench.value(call), text_result("over there"));
    bench.push(&answer);
    bench.pass(600_000);
}

#[test]
fn an_abandoned_call_is_not_taken_up() {
    let mut bench = plain();
    bench.on("tools/call", broken_after("id: 7\ndata:\n\n"));
    let call = bench.invoke(tool("plain"));
    bench.abandon(call);
    bench.pass(60_000);
    assert_eq!(bench.count("GET"), 0);
    assert_eq!(bench.count("notifications/cancelled"), 1);
}

#[test]
fn answers_come_as_json_and_as_events_in_any_chunks() {
    let noise: Value = json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": {} });
    let stream = move |sent: &Sent| {
        let answer = sent.result(text_result("grüße \u{1F600}"));
        format!("\u{FEFF}id: 0\nretry: 500\ndata:\n\n: ping\n\ndata: {noise}\r\n\r\nevent: message\ndata: {answer}\n\n")
    };
    for size in [1, 2, 3, 7, 64, 4_096] {
        let mut bench = plain();
        let stream = stream.clone();
        bench.on("tools/call", move |sent| {
            let bytes = stream(sent).into_bytes();
            bytes.chunks(size).fold(Reply::stream(), |reply, chunk| reply.then_after(1, Arrival::Bytes(chunk.to_vec()))).ends()
        });
        let call = bench.invoke(tool("plain"));
        bench.pass(5_000);
        assert_eq!(bench.value(call), text_result("grüße \u{1F600}"), "{size}");
    }
}

#[test]
fn what_is_no_answer_breaks_the_protocol() {
    let answers: [(&str, Answer); 6] = [
        ("no JSON", |_| Reply::json(json!({})).headed(|head| head.media = mcp_tasks::engine::Media::Other)),
        ("an empty body", |sent| Reply(vec![Reply::json(sent.result(json!({}))).0[0].clone(), (0, Arrival::Body(None))])),
        ("another's answer", |_| Reply::json(json!({ "jsonrpc": "2.0", "id": 999, "result": {} }))),
        ("a notification", |_| Reply::json(json!({ "jsonrpc": "2.0", "method": "m" }))),
        ("an event that is no JSON", |_| Reply::stream().bytes("data: {\n\n")),
        ("too much of it", |_| Reply::stream().then(Arrival::Fail(Failure::TooLarge))),
    ];
    for (why, answer) in answers {
        let mut bench = plain();
        bench.on("tools/call", answer);
        let call = bench.invoke(tool("plain"));
        assert_eq!(bench.error(call).code, Code::Protocol, "{why}");
    }
}

#[test]
fn every_exchange_is_given_up_when_its_time_is_over() {
    let silences: [(&str, Answer); 4] = [
        ("no response", |_| Reply::never()),
        ("no body", |sent| Reply(vec![Reply::json(sent.result(json!({}))).0[0].clone()])),
        ("a stream without events", |_| Reply::stream()),
        ("a stream that only keeps alive", |_| {
            (0..100).fold(Reply::stream(), |reply, _| reply.then_after(1_000, Arrival::Bytes(b": ping\n\n".to_vec())))
        }),
    ];
    for (why, silence) in silences {
        for call in [tool("plain"), tool_task("slow"), Invocation { patience: Some(7_000), ..tool("slow") }] {
            let patience = call.patience.unwrap_or(60_000);
            let mut bench = Bench::polling();
            bench.on("tools/call", silence);
            let call = bench.invoke(call);
            bench.pass(patience - 1);
            assert!(bench.is_pending(call), "{why}");
            bench.pass(1);
            assert_eq!(bench.error(call).code, Code::Timeout, "{why}");
            assert!(!bench.is_open(bench.last("tools/call").exchange), "{why}: its connection is set free");
        }
    }
}

#[test]
fn a_call_whose_time_is_over_is_cancelled_on_the_server() {
    let mut bench = plain();
    bench.hold("tools/call");
    let call = bench.invoke(tool("plain"));
    bench.pass(60_000);
    assert_eq!(bench.error(call).code, Code::Timeout);
    assert_eq!(bench.last("notifications/cancelled").params()["requestId"], bench.last("tools/call").body["id"]);
}

#[test]
fn a_poll_whose_time_is_over_is_tried_again() {
    let mut bench = Bench::polling();
    bench.hold("tasks/get");
    let id = bench.watched_task();
    bench.pass(100_000);
    assert_eq!(bench.count("tasks/get"), 2);
    bench.results("tasks/get", json!({ "taskId": id, "status": "completed" }));
    bench.pass(100_000);
    assert_eq!(bench.states(&id), ["completed"]);
}

#[test]
fn where_the_browser_does_not_send_the_last_event_an_answer_is_lost_sooner() {
    for answers_others in [true, false] {
        let mut bench = Bench::new(Config { hides_headers: true, ..config() }, all_capabilities());
        bench.connect();
        bench.on("GET", |sent| if sent.header("last-event-id").is_some() { Reply::fail() } else { Reply::status(405) });
        bench.watched_task();
        bench.on("tools/call", broken_after("id: 7\ndata:\n\n"));
        if !answers_others {
            bench.server.upset(|sent| (sent.method() == "tasks/get").then(Reply::fail));
        }
        let call = bench.invoke(tool("plain"));
        bench.pass(40_000);
        let named = bench.oddities().iter().any(|odd| odd.contains("Access-Control-Allow-Headers: Last-Event-ID"));
        assert_eq!((named, bench.is_pending(call)), (answers_others, !answers_others));
        if answers_others {
            assert_eq!(bench.error(call).code, Code::Network);
            let resumed = resumptions(&bench).len();
            assert!(resumed <= 4, "{resumed}");
            let call = bench.invoke(tool("plain"));
            assert_eq!(bench.error(call).code, Code::Network, "and at once from then on");
            assert_eq!(resumptions(&bench).len(), resumed);
        }
    }
}
