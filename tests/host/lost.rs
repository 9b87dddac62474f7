//! Responses that begin and break off: the answer is lost, and only what may be repeated is asked for again.

use mcp_tasks::engine::{Code, Failure, Invocation, Kind, Listing};
use serde_json::json;

use crate::bench::{Bench, invocation, tool, tool_task};
use crate::dice::are_backoffs;
use crate::modern_server::complete;
use crate::node::Node;
use crate::wire::{Arrival, Reply, Sent};

/// The ways in which an answer is lost.
fn losses() -> [(&'static str, Reply); 3] {
    let priming = Reply::stream().bytes("id: 7\nretry: 10\ndata:\n\n");
    [
        ("the stream ends", priming.clone().ends()),
        ("the stream breaks", priming.then(Arrival::Fail(Failure::Network))),
        ("the body breaks", Reply::json(json!({})).cut()),
    ]
}

impl Reply {
    /// Broken off after the head.
    fn cut(mut self) -> Self {
        self.0.truncate(1);
        self.then(Arrival::Fail(Failure::Network))
    }
}

type Ask = fn(&mut Bench) -> u32;

fn repeatable() -> [(&'static str, Ask); 9] {
    [
        ("tools/list", |bench| {
            // What is known of them is over by then.
            bench.pass(300_000);
            bench.call(|engine, call, now| engine.list(call, Listing::Tools, now))
        }),
        ("resources/list", |bench| bench.call(|engine, call, now| engine.list(call, Listing::Resources, now))),
        ("prompts/list", |bench| bench.call(|engine, call, now| engine.list(call, Listing::Prompts, now))),
        ("prompts/get", |bench| bench.invoke(invocation(Kind::Prompt, "p"))),
        ("resources/read", |bench| bench.invoke(invocation(Kind::Resource, "r://"))),
        ("tasks/cancel", |bench| bench.call(|engine, call, now| engine.cancel(call, "t1", now))),
        ("tasks/update", |bench| bench.call(|engine, call, now| engine.update(call, "t1", Node(json!({ "a": {} })), now))),
        ("tools/call", |bench| bench.invoke(tool("reads"))),
        ("tools/call", |bench| bench.invoke(tool("repeats"))),
    ]
}

/// A server that knows the task `t1`, and its list of tools is known.
fn bench() -> Bench {
    let mut bench = Bench::modern_polling();
    bench.know_tools();
    bench.server.tasks.borrow_mut().set("t1", 0, "working");
    bench
}

#[test]
fn what_may_be_repeated_is_asked_again_under_another_id() {
    for (method, ask) in repeatable() {
        for (why, loss) in losses() {
            let mut bench = bench();
            let mut left = 3;
            bench.server.upset(move |sent| {
                let loses = sent.method() == method && left > 0;
                left -= i32::from(loses);
                loses.then(|| loss.clone())
            });
            let call = ask(&mut bench);
            bench.pass(10_000);
            assert!(bench.outcome(call).is_some_and(|outcome| outcome.is_ok()), "{method}: {why}");
            let sent = bench.all(method);
            assert_eq!(sent.len(), 4, "{method}: {why}");
            let contents: Vec<_> = sent.iter().map(|sent| (sent.params(), &sent.headers)).collect();
            assert!(contents.windows(2).all(|pair| pair[0] == pair[1]), "{method}: {why}");
            let waits: Vec<_> = sent.windows(2).map(|pair| pair[1].at - pair[0].at).collect();
            assert!(are_backoffs(&waits), "{method}: {why}: {waits:?}");
        }
    }
}

#[test]
fn and_no_more_than_three_times() {
    for (method, ask) in repeatable() {
        let mut bench = bench();
        bench.on(method, |_| Reply::stream().ends());
        let call = ask(&mut bench);
        bench.pass(600_000);
        assert_eq!((bench.error(call).code, bench.count(method)), (Code::Network, 4), "{method}");
    }
}

#[test]
fn a_call_whose_tool_does_not_say_that_it_may_be_repeated_is_not() {
    let mut bench = bench();
    let mut tools = bench.server.tools.borrow().clone();
    let hints = [("no", json!({ "readOnlyHint": false, "idempotentHint": false })), ("odd", json!({ "readOnlyHint": "yes" }))];
    for (name, hints) in hints {
        tools.as_array_mut().expect("tools").push(json!({ "name": name, "inputSchema": {}, "annotations": hints }));
    }
    *bench.server.tools.borrow_mut() = tools;
    for (why, loss) in losses() {
        let lost = loss.clone();
        bench.on("tools/call", move |_| lost.clone());
        for call in [tool("quick"), tool_task("slow"), tool("no"), tool("odd"), tool("unlisted")] {
            let before = bench.count("tools/call");
            let name = call.name.clone();
            let call = bench.invoke(call);
            bench.pass(10_000);
            assert_eq!((bench.error(call).code, bench.count("tools/call") - before), (Code::Network, 1), "{name}: {why}");
        }
    }
}

#[test]
fn a_lost_status_is_asked_for_at_the_next_poll() {
    let mut bench = bench();
    let mut lost = 5;
    let tasks = bench.server.tasks.clone();
    bench.on("tasks/get", move |sent| {
        lost -= 1;
        if lost >= 0 {
            return Reply::stream().ends();
        }
        let state = tasks.borrow().state("t1", sent.at).expect("a task");
        Reply::json(sent.result(complete(crate::modern_server::modern_task("t1", &state, None))))
    });
    bench.server.tasks.borrow_mut().set("t1", bench.now, "completed");
    let result = bench.result("t1");
    bench.pass(120_000);
    bench.value(result);
    assert!(bench.count("tasks/get") <= 8, "{}", bench.count("tasks/get"));
}

#[test]
fn repetitions_share_the_patience_of_the_first() {
    let mut bench = bench();
    bench.on("tools/call", |_| Reply::stream().then_after(40_000, Arrival::End));
    let call = bench.invoke(tool("reads"));
    bench.pass(60_000);
    assert_eq!(bench.error(call).code, Code::Timeout);
    let sent = bench.count("tools/call");
    bench.pass(600_000);
    assert_eq!((sent, bench.count("tools/call"), bench.engine.deadline()), (2, 2, None));
}

#[test]
fn a_stream_is_not_taken_up_again() {
    let mut bench = bench();
    bench.on("tools/call", |_| Reply::stream().bytes("id: 7\nretry: 10\ndata:\n\n").ends());
    bench.invoke(tool("quick"));
    bench.pass(600_000);
    let methods: Vec<_> = bench.sent.iter().map(Sent::method).collect();
    assert_eq!(methods, ["tools/call"]);
}

#[test]
fn who_leaves_closes_the_exchange_and_says_nothing() {
    for call in [tool("quick"), tool_task("slow"), invocation(Kind::Prompt, "p"), Invocation { progress: true, ..tool("quick") }] {
        for reply in [Reply::never(), Reply::stream()] {
            let mut bench = bench();
            for method in ["tools/call", "prompts/get"] {
                let reply = reply.clone();
                bench.on(method, move |_| reply.clone());
            }
            let call = bench.invoke(call.clone());
            let (exchange, sent) = (bench.sent.last().expect("a request").exchange, bench.sent.len());
            bench.abandon(call);
            bench.pass(600_000);
            assert_eq!(bench.aborted.iter().map(|(_, aborted)| *aborted).collect::<Vec<_>>(), [exchange]);
            assert_eq!((bench.sent.len(), bench.engine.deadline(), bench.is_pending(call)), (sent, None, true));
        }
    }
}

#[test]
fn who_leaves_a_repeated_request_closes_the_repetition() {
    let mut bench = bench();
    let mut first = true;
    bench.on("tools/call", move |_| if std::mem::take(&mut first) { Reply::stream().ends() } else { Reply::never() });
    let call = bench.invoke(tool("reads"));
    bench.pass(1_000);
    let exchange = bench.last("tools/call").exchange;
    bench.abandon(call);
    bench.pass(600_000);
    assert_eq!(bench.aborted.iter().map(|(_, aborted)| *aborted).collect::<Vec<_>>(), [exchange]);
    assert_eq!((bench.count("tools/call"), bench.engine.deadline()), (2, None));
}

#[test]
fn a_call_that_takes_too_long_is_closed_and_says_nothing() {
    let mut bench = bench();
    bench.hold("tools/call");
    let call = bench.invoke(Invocation { patience: Some(1_000), ..tool("reads") });
    bench.pass(600_000);
    assert_eq!((bench.error(call).code, bench.aborted.len(), bench.sent.len()), (Code::Timeout, 1, 1));
}
