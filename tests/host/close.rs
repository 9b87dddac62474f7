//! The end of a client.

use mcp_tasks::engine::{Code, Config};
use serde_json::json;

use crate::bench::{Bench, config, tool, tool_task};
use crate::node::Node;
use crate::served::answering;
use crate::server::all_capabilities;
use crate::wire::{Reply, Sent};

/// In a session with a stream, and a call of each kind that waits.
fn busy() -> (Bench, Vec<u32>) {
    busy_with(config())
}

fn busy_with(config: Config<Node>) -> (Bench, Vec<u32>) {
    let mut bench = Bench::new(config, all_capabilities());
    bench.on("initialize", |sent| {
        let result = json!({ "protocolVersion": "2025-11-25", "capabilities": all_capabilities(), "serverInfo": {} });
        Reply::json(sent.result(result)).in_session("s1")
    });
    bench.on("GET", |_| Reply::stream());
    bench.call(|engine, call, now| engine.connect(call, now));
    bench.tell(|engine, now| engine.listen(true, now));
    let id = bench.watched_task();
    bench.on("tools/call", |_| Reply::never());
    bench.on("prompts/list", |_| Reply::never());
    bench.on("tasks/cancel", |_| Reply::never());
    bench.on("tasks/list", |_| Reply::never());
    let calls = vec![
        bench.result(&id),
        bench.invoke(tool("plain")),
        bench.invoke(tool_task("slow")),
        bench.call(|engine, call, now| engine.wait(call, &id, None, now)),
        bench.call(|engine, call, now| engine.list(call, mcp_tasks::engine::Listing::Prompts, now)),
        bench.call(|engine, call, now| engine.cancel(call, &id, now)),
        bench.call(|engine, call, now| engine.list_tasks(call, None, 50, now)),
    ];
    (bench, calls)
}

#[test]
fn every_call_that_waits_is_rejected() {
    let (mut bench, calls) = busy();
    let goodbye = bench.close();
    for call in calls {
        assert_eq!(bench.error(call).code, Code::Closed);
    }
    assert_eq!(bench.value(goodbye), json!(null));
}

#[test]
fn every_exchange_is_ended_and_the_session_too() {
    let (mut bench, _) = busy();
    let before = bench.sent.len();
    bench.close();
    assert!(bench.sent[..before].iter().all(|sent| !bench.is_open(sent.exchange)));
    let after: Vec<_> = bench.sent[before..].iter().map(Sent::method).collect();
    assert_eq!(after, ["DELETE"], "the tasks run on");
    assert_eq!(bench.last("DELETE").header("mcp-session-id"), Some("s1"));
    assert_eq!(bench.engine.deadline(), None, "and nothing is waited for");
}

#[test]
fn nothing_follows_whatever_time_or_the_server_does() {
    let (mut bench, calls) = busy();
    let held: Vec<_> = ["tools/call", "tasks/cancel", "tasks/list"].iter().flat_map(|method| bench.all(method)).collect();
    bench.close();
    bench.pass(0);
    let (sent, told) = (bench.sent.len(), bench.told.len());
    for late in &held {
        bench.reply(late, Reply::json(late.result(json!({ "task": { "taskId": "late", "status": "working" } }))));
    }
    bench.pass(86_400_000);
    let now = bench.now;
    bench.engine.tick(now);
    bench.tell(|engine, now| engine.listen(false, now));
    bench.tell(|engine, now| engine.watch("t1", false, now));
    bench.tell(|engine, now| engine.detach("t1", now));
    calls.into_iter().for_each(|call| bench.abandon(call));
    bench.pass(86_400_000);
    assert_eq!((bench.sent.len(), bench.told.len()), (sent, told));
    assert_eq!(bench.engine.deadline(), None);
}

#[test]
fn a_tick_while_the_server_takes_its_time_to_say_goodbye_starts_nothing() {
    let (mut bench, _) = busy();
    bench.hold("DELETE");
    let goodbye = bench.close();
    let sent = bench.sent.len();
    for _ in 0..4 {
        bench.pass(1_000);
        let now = bench.now;
        bench.tell(|engine, _| engine.tick(now));
    }
    assert!(bench.is_pending(goodbye));
    bench.pass(60_000);
    assert_eq!(bench.value(goodbye), json!(null), "nor is it waited for without end");
    assert_eq!(bench.sent.len(), sent);
}

#[test]
fn the_session_ends_with_us_whatever_the_server_says() {
    for reply in [Reply::status(200), Reply::status(405), Reply::status(404), Reply::status(500), Reply::fail()] {
        let (mut bench, _) = busy();
        bench.on("DELETE", move |_| reply.clone());
        let goodbye = bench.close();
        assert_eq!(bench.value(goodbye), json!(null));
    }
}

#[test]
fn where_there_is_no_session_there_is_none_to_end() {
    let mut bench = Bench::polling();
    let goodbye = bench.close();
    assert_eq!(bench.value(goodbye), json!(null));
    assert_eq!(bench.sent.len(), 0);
}

#[test]
fn connecting_can_be_ended_by_closing() {
    let mut bench = Bench::new(Config { hides_headers: true, ..config() }, json!({}));
    bench.hold("initialize");
    let call = bench.call(|engine, call, now| engine.connect(call, now));
    bench.close();
    assert_eq!(bench.error(call).code, Code::Closed);
    bench.pass(600_000);
    assert_eq!(bench.sent.len(), 1);
}

#[test]
fn a_farewell_that_takes_its_time_opens_no_stream() {
    let (mut bench, _) = busy_with(answering());
    bench.hold("DELETE");
    let goodbye = bench.close();
    bench.pass(600_000);
    assert!(!bench.is_pending(goodbye));
    assert_eq!((bench.count("GET"), bench.engine.deadline()), (1, None), "the one that was open before");
}
