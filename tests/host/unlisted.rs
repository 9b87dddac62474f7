//! Calls of tools that nobody has read about yet: sent at once, with the list beside them.

use mcp_tasks::engine::{Code, Invocation, Listing, Output};
use serde_json::{Value, json};

use crate::bench::{Bench, modern_config, tool, tool_task};
use crate::modern_server::{HEADER_MISMATCH, complete, input_required, question};
use crate::node::Node;
use crate::server::text_result;
use crate::wire::{Reply, Sent};

fn sequence(bench: &Bench) -> Vec<&str> {
    bench.sent.iter().map(Sent::method).collect()
}

/// A server whose list of tools takes its time.
fn bench() -> Bench {
    let mut bench = Bench::modern_polling();
    bench.hold("tools/list");
    bench
}

fn comes(bench: &mut Bench, method: &str, reply: impl FnOnce(&Sent) -> Reply) {
    let sent = bench.last(method);
    bench.reply(&sent, reply(&sent));
    bench.pass(0);
}

fn list_comes(bench: &mut Bench, tools: &Value) {
    let list = complete(json!({ "tools": tools, "ttlMs": 300_000, "cacheScope": "public" }));
    comes(bench, "tools/list", |sent| Reply::json(sent.result(list)));
}

#[test]
fn the_call_does_not_wait_for_the_list() {
    let mut bench = bench();
    let call = bench.invoke(tool("quick"));
    assert_eq!(bench.value(call), complete(text_result("at once")));
    assert_eq!(sequence(&bench), ["tools/call", "tools/list"]);
    // Who comes while the list is on its way waits for it, so that a tool that wants headers is called in vain but once.
    let call = bench.invoke(tool("quick"));
    assert!(bench.is_pending(call));
    list_comes(&mut bench, &json!([{ "name": "quick", "inputSchema": {} }]));
    bench.value(call);
    bench.invoke(tool("quick"));
    assert_eq!(sequence(&bench), ["tools/call", "tools/list", "tools/call", "tools/call"]);
}

#[test]
fn nor_does_it_end_with_the_list() {
    for list in [Reply::fail(), Reply::status(500)] {
        let mut bench = Bench::modern_polling();
        bench.on("tools/list", move |_| list.clone());
        bench.hold("tools/call");
        let call = bench.invoke(tool("quick"));
        bench.pass(20_000);
        comes(&mut bench, "tools/call", |sent| Reply::json(sent.result(complete(text_result("late")))));
        assert_eq!(bench.value(call), complete(text_result("late")));
    }
}

#[test]
fn a_tool_that_wants_headers_is_called_again_with_them_by_one_list() {
    for is_first in [true, false] {
        let mut bench = Bench::modern_polling();
        bench.hold("tools/list");
        let tools = bench.server.tools.borrow().clone();
        // The refusal, or the list, is there first.
        if is_first {
            bench.invoke(Invocation { arguments: Some(Node(json!({ "region": "eu" }))), ..tool("routed") });
            list_comes(&mut bench, &tools);
        } else {
            bench.hold("tools/call");
            bench.invoke(Invocation { arguments: Some(Node(json!({ "region": "eu" }))), ..tool("routed") });
            list_comes(&mut bench, &tools);
            comes(&mut bench, "tools/call", |sent| Reply::status_with(400, sent.error(HEADER_MISMATCH, "Header mismatch")));
        }
        assert_eq!(sequence(&bench), ["tools/call", "tools/list", "tools/call"]);
        let [refused, again] = &bench.all("tools/call")[..] else { panic!("two calls") };
        assert_eq!((refused.header("mcp-param-region"), again.header("mcp-param-region")), (None, Some("eu")));
    }
}

#[test]
fn what_the_tool_says_of_its_results_is_waited_for() {
    let wrapped = json!({ "content": [], "structuredContent": { "result": 7 } });
    for (marks, data) in [(true, json!(7)), (false, json!({ "result": 7 }))] {
        let mut bench = bench();
        let result = complete(wrapped.clone());
        bench.on("tools/call", move |sent| Reply::json(sent.result(result.clone())));
        let call = bench.invoke(tool("any"));
        assert!(bench.is_pending(call));
        list_comes(&mut bench, &json!([{ "name": "any", "inputSchema": {}, "outputSchema": { "x-fastmcp-wrap-result": marks } }]));
        assert_eq!(bench.value(call)["data"], data);
    }
}

#[test]
fn who_leaves_before_the_list_is_there_leaves_no_task() {
    let mut bench = bench();
    let call = bench.invoke(tool_task("slow"));
    assert!(bench.is_pending(call), "a task's result is read as its tool says");
    bench.abandon(call);
    bench.pass(10_000);
    assert_eq!((bench.count("tasks/cancel"), bench.last("tasks/cancel").params()["taskId"].clone()), (1, json!("t1")));
    assert!(bench.is_pending(call) && bench.engine.deadline().is_none());
}

#[test]
fn once_the_tool_is_known_to_read_only_a_lost_call_is_sent_again() {
    for (name, count) in [("reads", 2), ("slow", 1)] {
        let mut bench = bench();
        bench.hold("tools/call");
        let call = bench.invoke(tool(name));
        let tools = bench.server.tools.borrow().clone();
        list_comes(&mut bench, &tools);
        comes(&mut bench, "tools/call", |_| Reply::fail());
        bench.pass(10_000);
        assert_eq!(bench.count("tools/call"), count, "{name}");
        assert_eq!(bench.is_pending(call), count == 2, "{name}");
    }
}

#[test]
fn a_call_that_asks_meanwhile_is_not_ended_by_the_list() {
    let mut bench = bench();
    bench.on("tools/call", |sent| Reply::json(sent.result(input_required(Some(json!({ "q": question("q") })), Some("s")))));
    let call = bench.invoke(tool("asks"));
    list_comes(&mut bench, &json!([]));
    assert!(bench.is_pending(call));
    assert!(bench.told.iter().any(|(_, told)| matches!(told, Output::Ask { .. })));
}

#[test]
fn callers_of_the_list_get_the_list() {
    let mut bench = bench();
    let call = bench.invoke(tool("quick"));
    let list = bench.call(|engine, call, now| engine.list(call, Listing::Tools, now));
    bench.value(call);
    comes(&mut bench, "tools/list", |sent| Reply::status_with(404, sent.error(-32601, "no list")));
    assert_eq!((bench.error(list).code, bench.count("tools/list")), (Code::Rpc, 1));
}

#[test]
fn what_is_asked_again_is_as_unknown_as_before() {
    let mut bench = bench();
    bench.on("tools/call", |sent| match sent.params().get("requestState") {
        None => Reply::json(sent.result(input_required(None, Some("s")))),
        Some(_) => Reply::json(sent.result(complete(json!({ "content": [], "structuredContent": { "result": 7 } })))),
    });
    let call = bench.invoke(tool("any"));
    assert_eq!((bench.count("tools/call"), bench.is_pending(call)), (2, true));
    list_comes(&mut bench, &json!([{ "name": "any", "inputSchema": {}, "outputSchema": { "x-fastmcp-wrap-result": true } }]));
    assert_eq!(bench.value(call)["data"], 7);
}

#[test]
fn a_call_that_is_lost_before_the_list_is_there_waits_for_what_it_says() {
    for (name, count) in [("reads", 2), ("slow", 1)] {
        for lost in [Reply::fail(), Reply::status(502)] {
            let mut bench = bench();
            let mut first = true;
            let tools = bench.server.tools.borrow().clone();
            bench.on("tools/call", move |sent| match std::mem::take(&mut first) {
                true => lost.clone(),
                false => Reply::json(sent.result(complete(text_result("again")))),
            });
            let call = bench.invoke(tool(name));
            assert!(bench.is_pending(call));
            list_comes(&mut bench, &tools);
            bench.pass(10_000);
            assert_eq!(bench.count("tools/call"), count, "{name}");
            assert_eq!(bench.outcome(call).map(|outcome| outcome.is_ok()), Some(count == 2), "{name}");
        }
    }
}

#[test]
fn what_comes_of_itself_is_not_put_off() {
    let refused: [fn(&Sent) -> Reply; 3] = [
        |sent| Reply::json(sent.error(-32602, "no such tool")),
        |_| Reply::status(404),
        |sent| {
            let marked = json!({ "fastmcp": { "wrap_result": true } });
            Reply::json(sent.result(complete(json!({ "content": [], "structuredContent": { "result": 7 }, "_meta": marked }))))
        },
    ];
    for answer in refused {
        let mut bench = bench();
        bench.on("tools/call", answer);
        let call = bench.invoke(tool("any"));
        assert!(!bench.is_pending(call));
    }
}

#[test]
fn a_second_call_is_not_ended_by_a_list_that_it_does_not_need() {
    for list in [Reply::fail(), Reply::status(500)] {
        let mut bench = Bench::modern_polling();
        bench.on("tools/list", move |_| list.clone());
        let calls = [bench.invoke(tool("quick")), bench.invoke(tool("other"))];
        bench.pass(60_000);
        calls.into_iter().for_each(|call| assert!(bench.outcome(call).is_some_and(|outcome| outcome.is_ok())));
    }
}

#[test]
fn a_tool_that_was_known_is_read_about_anew_before_it_is_called() {
    let mut bench = Bench::modern();
    bench.tell(|engine, now| engine.listen(true, now));
    bench.pass(1_000);
    let tools = |kind: &str, header: Option<&str>| {
        let shard = json!({ "type": kind, "x-mcp-header": header });
        complete(
            json!({ "tools": [{ "name": "routed", "inputSchema": { "properties": { "shard": shard } } }], "cacheScope": "public", "ttlMs": 300_000 }),
        )
    };
    bench.results("tools/list", tools("integer", Some("Shard")));
    let stream = bench.stream();
    bench.call(|engine, call, now| engine.list(call, Listing::Tools, now));
    assert!(stream.is_some());
    bench.results("tools/list", tools("object", None));
    bench.server.gate(|_| None);
    bench.push(&json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": {} }));
    let call = bench.invoke(Invocation { arguments: Some(Node(json!({ "shard": {} }))), ..tool("routed") });
    assert_eq!(sequence(&bench)[2..], ["tools/list", "tools/call"]);
    assert!(bench.outcome(call).is_some_and(|outcome| outcome.is_ok()));
}

#[test]
fn a_task_that_somebody_else_holds_is_not_cancelled() {
    let mut bench = bench();
    bench.tell(|engine, now| engine.follow("t1", now));
    let call = bench.invoke(tool_task("slow"));
    assert!(bench.is_pending(call), "the answer is that very task");
    bench.abandon(call);
    bench.pass(1_000);
    assert_eq!(bench.count("tasks/cancel"), 0);
}

#[test]
fn a_task_of_a_server_that_does_not_say_that_it_makes_any_is_cancelled_too() {
    let mut bench = Bench::modern_with(modern_config(), json!({ "tools": {} }));
    bench.hold("tools/list");
    let call = bench.invoke(tool("slow"));
    bench.abandon(call);
    bench.pass(1_000);
    assert_eq!(bench.count("tasks/cancel"), 1);
}

#[test]
fn a_list_that_is_outdated_when_it_comes_is_what_was_waited_for() {
    let mut bench = bench();
    bench.on("tools/call", |sent| Reply::json(sent.result(complete(json!({ "content": [], "structuredContent": { "result": 7 } })))));
    let call = bench.invoke(tool("any"));
    bench.tell(|engine, _| engine.reauthorized());
    list_comes(&mut bench, &json!([{ "name": "any", "inputSchema": {}, "outputSchema": { "x-fastmcp-wrap-result": true } }]));
    assert_eq!(bench.value(call)["data"], 7);
    bench.call(|engine, call, now| engine.list(call, Listing::Tools, now));
    assert_eq!(bench.count("tools/list"), 2, "but it is not kept");
}

#[test]
fn who_leaves_leaves_no_list_behind() {
    let mut bench = bench();
    bench.hold("tools/call");
    let call = bench.invoke(tool("quick"));
    bench.abandon(call);
    let exchanges: Vec<_> = bench.sent.iter().map(|sent| sent.exchange).collect();
    let mut aborted: Vec<_> = bench.aborted.iter().map(|(_, aborted)| *aborted).collect();
    aborted.sort_unstable();
    assert_eq!((aborted, bench.engine.deadline()), (exchanges, None));
}
