//! Calling tools, prompts and resources: as tasks where the server and the tool allow it, plainly where they do not.

use mcp_tasks::engine::{Code, Invocation, Kind, Output};
use serde_json::{Value, json};

use crate::bench::{Bench, config, invocation, tool, tool_task};
use crate::node::Node;
use crate::server::{METHOD_NOT_FOUND, all_capabilities, text_result, told};
use crate::wire::{Answer, Reply, Sent};

fn as_task(kind: Kind, name: &str) -> Invocation<Node> {
    Invocation { as_task: true, ..invocation(kind, name) }
}

/// Capabilities in which only these requests may be tasks.
fn tasks_for(requests: Value) -> Value {
    json!({ "tools": {}, "prompts": {}, "resources": {}, "tasks": { "requests": requests } })
}

#[test]
fn task_is_sent_only_where_server_and_tool_allow_it() {
    let (all, none) = (all_capabilities(), json!({ "tools": {}, "prompts": {}, "resources": {} }));
    let only_tools = tasks_for(json!({ "tools": { "call": {} } }));
    let only_prompts = tasks_for(json!({ "prompts": { "get": {} } }));
    for (why, capabilities, call, method, sent_as_task) in [
        ("optional, wanted", &all, tool_task("slow"), "tools/call", true),
        ("optional, not wanted", &all, tool("slow"), "tools/call", false),
        ("required, wanted", &all, tool_task("must"), "tools/call", true),
        ("required, not wanted", &all, tool("must"), "tools/call", true),
        ("silent, which forbids", &all, tool_task("plain"), "tools/call", false),
        ("forbidden", &all, tool_task("never"), "tools/call", false),
        ("a tool that is not listed", &all, tool_task("hidden"), "tools/call", false),
        ("a server without tasks", &none, tool_task("slow"), "tools/call", false),
        ("a server without tasks, a tool that demands one", &none, tool("must"), "tools/call", false),
        ("tasks, but not for tools", &only_prompts, tool_task("slow"), "tools/call", false),
        ("a prompt", &all, as_task(Kind::Prompt, "p"), "prompts/get", true),
        ("a prompt, not wanted", &all, invocation(Kind::Prompt, "p"), "prompts/get", false),
        ("tasks, but not for prompts", &only_tools, as_task(Kind::Prompt, "p"), "prompts/get", false),
        ("a resource", &all, as_task(Kind::Resource, "r://"), "resources/read", true),
        ("tasks, but not for resources", &only_tools, as_task(Kind::Resource, "r://"), "resources/read", false),
        ("a resource of a server without tasks", &none, as_task(Kind::Resource, "r://"), "resources/read", false),
    ] {
        let mut bench = Bench::offering(capabilities.clone());
        bench.invoke(call);
        assert_eq!(bench.last(method).params().get("task").is_some(), sent_as_task, "{why}");
        assert_eq!(bench.count(method), 1, "{why}");
    }
}

#[test]
fn a_server_without_tasks_is_never_asked_about_them() {
    let mut bench = Bench::offering(json!({ "tools": {}, "prompts": {}, "resources": {} }));
    for call in [tool_task("slow"), tool("slow"), as_task(Kind::Prompt, "p"), as_task(Kind::Resource, "r://")] {
        let call = bench.invoke(call);
        bench.value(call);
    }
    bench.pass(600_000);
    let methods: Vec<_> = bench.sent.iter().map(Sent::method).collect();
    assert_eq!(methods, ["tools/call", "tools/call", "prompts/get", "resources/read"], "not even the list of tools is needed");
}

#[test]
fn what_the_caller_gave_travels_in_the_request() {
    let mut bench = Bench::polling();
    let arguments = json!({ "duration": 10, "nested": { "a": [null, 0, false] } });
    let call = bench.invoke(Invocation {
        arguments: Some(Node(arguments.clone())),
        meta: Some(Node(json!({ "traceparent": "00-1" }))),
        ttl: Some(60_000.0),
        progress: true,
        ..tool_task("slow")
    });
    let params = bench.last("tools/call").body["params"].clone();
    let expected = json!({
        "name": "slow", "arguments": arguments, "task": { "ttl": 60_000 }, "_meta": { "traceparent": "00-1", "progressToken": call },
    });
    assert_eq!(params, expected);

    bench.invoke(tool_task("slow"));
    assert_eq!(bench.last("tools/call").params(), &json!({ "name": "slow", "task": {} }), "and nothing else does");
    bench.invoke(invocation(Kind::Resource, "r://x"));
    assert_eq!(bench.last("resources/read").params(), &json!({ "uri": "r://x" }));
}

#[test]
fn a_task_is_the_callers_as_soon_as_it_is_made() {
    let mut bench = Bench::polling();
    let call = bench.invoke(tool_task("slow"));
    let made = bench.value(call);
    assert_eq!((&made["taskId"], &made["returnedImmediately"]), (&json!("t1"), &json!(false)));
    assert_eq!(
        made["status"],
        json!({
            "taskId": "t1", "status": "working", "ttlMs": 60_000,
            "createdAt": "2025-11-25T10:30:00Z", "lastUpdatedAt": "2025-11-25T10:30:00Z",
        })
    );
}

#[test]
fn a_ttl_without_limit_is_null() {
    let mut bench = Bench::polling();
    bench.results("tools/call", json!({ "task": { "taskId": "x", "status": "working", "ttl": null, "pollInterval": 100 } }));
    let call = bench.invoke(tool_task("slow"));
    let expected = json!({ "taskId": "x", "status": "working", "ttlMs": null, "pollIntervalMs": 100 });
    assert_eq!(bench.value(call)["status"], expected);
}

#[test]
fn an_older_create_result_makes_a_task_too() {
    let mut bench = Bench::polling();
    bench.life("old", &[(0, "working"), (5_000, "completed")]);
    let task = json!({ "taskId": "old", "status": "working" });
    bench.results("tools/call", json!({ "content": [], "_meta": { "modelcontextprotocol.io/task": task } }));
    let call = bench.invoke(tool_task("slow"));
    assert_eq!(bench.value(call)["taskId"], "old");
    let result = bench.result("old");
    bench.pass(20_000);
    assert_eq!(bench.value(result), text_result("done"));
}

#[test]
fn an_answer_at_once_is_a_task_that_has_ended() {
    let mut bench = Bench::polling();
    for (name, outcome) in [("slow", text_result("at once")), ("plain", text_result("at once"))] {
        bench.results("tools/call", outcome.clone());
        let call = bench.invoke(tool_task(name));
        let made = bench.value(call);
        assert_eq!((&made["returnedImmediately"], &made["result"]), (&json!(true), &outcome), "{name}");
    }
    let ids = bench.told.iter().filter_map(|(_, told)| match told {
        Output::Resolve(_, made) => Some(made.0["taskId"].clone()),
        _ => None,
    });
    assert_eq!(ids.collect::<Vec<_>>(), ["here-1", "here-2"], "each under an id of its own");
}

#[test]
fn the_error_of_an_answer_at_once_waits_for_who_asks_for_the_result() {
    let mut bench = Bench::polling();
    let failed = json!({ "content": [{ "type": "text", "text": "refused" }], "isError": true, "_meta": { "returned_immediately": true } });
    bench.results("tools/call", failed.clone());
    let call = bench.invoke(tool_task("plain"));
    let error = &bench.value(call)["error"];
    assert_eq!(error, &json!({ "code": "tool_error", "message": "refused", "taskId": "here-1", "data": { "result": failed } }));

    let call = bench.invoke(Invocation { throw: false, ..tool_task("plain") });
    assert_eq!(bench.value(call)["result"], failed);
}

#[test]
fn a_plain_call_of_a_tool_that_demands_a_task_has_its_result() {
    let mut bench = Bench::polling();
    bench.life("t1", &[(0, "working"), (10_000, "completed")]);
    let call = bench.invoke(tool("must"));
    bench.pass(9_000);
    assert!(bench.is_pending(call));
    bench.pass(11_000);
    assert_eq!(bench.value(call), text_result("done"));
    assert_eq!(bench.states("t1"), [""; 0], "of the task nobody hears");
}

#[test]
fn a_refusal_to_run_as_a_task_is_answered_with_the_plain_call() {
    for (call, method) in [
        (tool_task("slow"), "tools/call"),
        (as_task(Kind::Prompt, "p"), "prompts/get"),
        (as_task(Kind::Resource, "r://"), "resources/read"),
    ] {
        let mut bench = Bench::polling();
        bench.on(method, |sent| match sent.params().get("task") {
            Some(_) => Reply::json(sent.error(METHOD_NOT_FOUND, "not as a task")),
            None => Reply::json(sent.result(json!({ "content": [], "messages": [], "contents": [] }))),
        });
        let call = bench.invoke(call);
        assert_eq!(bench.value(call)["returnedImmediately"], true, "{method}");
        assert_eq!(bench.count(method), 2);
    }
    let mut bench = Bench::polling();
    bench.refuses("tools/call", METHOD_NOT_FOUND, "no such method");
    let call = bench.invoke(tool_task("slow"));
    assert_eq!(bench.error(call).code, Code::Rpc);
    assert_eq!(bench.count("tools/call"), 2, "and the plain call once");
}

#[test]
fn other_errors_are_the_calls() {
    let errors: [(&str, Answer, Code); 5] = [
        ("JSON-RPC", |sent| Reply::json(sent.error(-32602, "bad arguments")), Code::Rpc),
        ("503: who knows whether it ran", |_| Reply::status(503), Code::Http),
        ("the network", |_| Reply::fail(), Code::Network),
        ("401", |_| Reply::status(401), Code::Unauthorized),
        ("not JSON", |_| Reply::status(200), Code::Protocol),
    ];
    for (why, reply, code) in errors {
        for call in [tool("plain"), tool_task("slow")] {
            let mut bench = Bench::polling();
            bench.on("tools/call", reply);
            let call = bench.invoke(call);
            bench.pass(600_000);
            assert_eq!(bench.error(call).code, code, "{why}");
            assert_eq!(bench.count("tools/call"), 1, "{why}: it is not repeated");
        }
    }
}

#[test]
fn a_task_that_is_none_breaks_the_protocol() {
    for task in
        [json!({}), json!(null), json!({ "taskId": "x" }), json!({ "taskId": "x", "status": "odd" }), json!({ "status": "working" })]
    {
        let mut bench = Bench::polling();
        bench.results("tools/call", json!({ "task": task }));
        let call = bench.invoke(tool_task("slow"));
        assert_eq!(bench.error(call).code, Code::Protocol, "{task}");
    }
}

#[test]
fn a_server_that_cannot_list_its_tools_is_called_plainly() {
    let mut bench = Bench::polling();
    bench.refuses("tools/list", METHOD_NOT_FOUND, "no list");
    let call = bench.invoke(tool_task("slow"));
    assert_eq!(bench.value(call)["returnedImmediately"], true);

    let mut bench = Bench::polling();
    bench.on("tools/list", |_| Reply::fail());
    let call = bench.invoke(tool_task("slow"));
    bench.pass(10_000);
    assert_eq!(bench.error(call).code, Code::Network, "but one that is not there is not called");
}

#[test]
fn statuses_that_overtake_the_create_response_are_not_lost() {
    let mut bench = Bench::streaming();
    bench.hold("tools/call");
    let call = bench.invoke(tool_task("slow"));
    bench.push(&told("t1", json!({ "status": "working", "statusMessage": "half" })));
    bench.push(&told("other", "completed"));
    bench.push(&told("t1", "completed"));
    let sent = bench.last("tools/call");
    bench.reply(&sent, Reply::json(sent.result(json!({ "task": { "taskId": "t1", "status": "working" } }))));
    bench.pass(0);
    assert_eq!(bench.value(call)["status"]["status"], "working");
    assert_eq!(bench.states("t1"), ["working: half", "completed"]);
    let order = bench.told.iter().position(|(_, told)| matches!(told, Output::Resolve(each, _) if *each == call));
    let first = bench.told.iter().position(|(_, told)| matches!(told, Output::Status(_)));
    assert!(order < first, "the face knows the task before its news");
}

#[test]
fn two_tasks_made_at_once_each_have_their_early_statuses() {
    let mut bench = Bench::streaming();
    bench.hold("tools/call");
    let calls = [bench.invoke(tool_task("slow")), bench.invoke(tool_task("slow"))];
    bench.push(&told("b", "completed"));
    bench.push(&told("a", "cancelled"));
    for (sent, id) in bench.all("tools/call").iter().zip(["a", "b"]) {
        bench.reply(sent, Reply::json(sent.result(json!({ "task": { "taskId": id, "status": "working" } }))));
    }
    bench.pass(0);
    assert_eq!(calls.map(|call| bench.value(call)["taskId"].clone()), [json!("a"), json!("b")]);
    assert_eq!((bench.states("a"), bench.states("b")), (vec!["cancelled".into()], vec!["completed".into()]));
}

#[test]
fn two_calls_that_made_the_same_task_both_have_its_result() {
    let mut bench = Bench::polling();
    bench.life("same", &[(0, "working"), (5_000, "completed")]);
    bench.results("tools/call", json!({ "task": { "taskId": "same", "status": "working" } }));
    let driven = [bench.invoke(tool("must")), bench.invoke(tool("must"))];
    let made = bench.invoke(tool_task("must"));
    let watching = bench.result("same");
    bench.pass(30_000);
    assert_eq!(bench.value(made)["taskId"], "same");
    for call in [driven[0], driven[1], watching] {
        assert_eq!(bench.value(call), text_result("done"));
    }
}

#[test]
fn progress_finds_its_call() {
    let mut bench = Bench::streaming();
    bench.hold("tools/call");
    let call = bench.invoke(Invocation { progress: true, ..tool("plain") });
    let sent = bench.last("tools/call");
    let progress = json!({ "progressToken": call, "progress": 1, "total": 2 });
    let message = json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": progress });
    bench.reply(&sent, Reply::stream().event(&message).event(&sent.result(json!({ "content": [] }))).ends());
    bench.pass(0);
    let told = bench.told.iter().find_map(|(_, told)| match told {
        Output::Progress(each, params) => Some((*each, params.0.clone())),
        _ => None,
    });
    assert_eq!(told, Some((call, progress)));
    bench.value(call);
}

#[test]
fn a_call_may_have_a_patience_of_its_own() {
    let mut bench = Bench::new(crate::bench::config(), json!({ "tools": {} }));
    assert_eq!(config().patience, 60_000);
    bench.call(|engine, call, now| engine.connect(call, now));
    bench.hold("tools/call");
    let hasty = bench.invoke(Invocation { patience: Some(1_000), ..tool("plain") });
    let patient = bench.invoke(Invocation { patience: Some(u64::MAX), ..tool("plain") });
    bench.pass(1_000);
    assert_eq!(bench.error(hasty).code, Code::Timeout);
    bench.pass(86_400_000);
    assert!(bench.is_pending(patient), "a time-out without end never comes");
}
