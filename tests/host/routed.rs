//! Arguments that travel in headers too, and what becomes of a call whose headers were not what the server wanted.

use mcp_tasks::engine::{Code, Config, Invocation, Listing};
use serde_json::{Value, json};

use crate::bench::{Bench, modern_config, tool, tool_task};
use crate::modern_server::{HEADER_MISMATCH, complete, input_required, modern_capabilities, question};
use crate::node::Node;
use crate::server::text_result;
use crate::wire::{Reply, Sent};

fn routed(arguments: Value) -> Invocation<Node> {
    Invocation { arguments: Some(Node(arguments)), ..tool("routed") }
}

fn sequence(bench: &Bench) -> Vec<&str> {
    bench.sent.iter().map(Sent::method).collect()
}

fn param(bench: &Bench, name: &str) -> Option<String> {
    bench.last("tools/call").header(&format!("mcp-param-{name}")).map(String::from)
}

/// The tool wants this of its arguments in headers: the parameter's name, and the header's.
fn wants(bench: &Bench, headers: &[(&str, &str)]) {
    let properties: serde_json::Map<_, _> =
        headers.iter().map(|(name, header)| ((*name).into(), json!({ "type": "string", "x-mcp-header": header }))).collect();
    *bench.server.tools.borrow_mut() = json!([{ "name": "routed", "inputSchema": { "type": "object", "properties": properties } }]);
}

#[test]
fn what_the_tool_wants_in_headers_is_there() {
    for (arguments, region, shard) in [
        (json!({ "region": "eu", "shard": 7 }), Some("eu"), Some("7")),
        (json!({ "region": "eu", "shard": 7.0, "other": "x" }), Some("eu"), Some("7")),
        (json!({ "region": "Zürich" }), Some("=?base64?WsO8cmljaA==?="), None),
        (json!({ "region": "" }), Some(""), None),
        (json!({ "region": null, "shard": -9_007_199_254_740_991_i64 }), None, Some("-9007199254740991")),
        (json!({}), None, None),
    ] {
        let mut bench = Bench::modern();
        bench.know_tools();
        bench.on("tools/call", |sent| Reply::json(sent.result(complete(text_result("routed")))));
        // The gate of the server compares numbers as they are written.
        if arguments["shard"].is_f64() {
            bench.server.gate(|_| None);
            bench.on("tools/call", |sent| Reply::json(sent.result(complete(json!({ "content": [] })))));
        }
        let call = bench.invoke(routed(arguments.clone()));
        assert!(bench.outcome(call).is_some_and(|outcome| outcome.is_ok()), "{arguments}");
        assert_eq!((param(&bench, "region").as_deref(), param(&bench, "shard").as_deref()), (region, shard), "{arguments}");
        assert_eq!(bench.last("tools/call").params()["arguments"], arguments, "the body is as it was given");
    }
}

#[test]
fn an_argument_that_no_header_can_hold_is_not_sent() {
    for arguments in
        [json!({ "shard": 1.5 }), json!({ "shard": 9_007_199_254_740_992_i64 }), json!({ "region": ["eu"] }), json!({ "region": {} })]
    {
        let mut bench = Bench::modern();
        bench.know_tools();
        let call = bench.invoke(routed(arguments.clone()));
        assert_eq!((bench.error(call).code, bench.count("tools/call")), (Code::InvalidArgument, 0), "{arguments}");
    }
}

#[test]
fn no_other_request_carries_them() {
    let mut bench = Bench::modern();
    bench.invoke(routed(json!({ "region": "eu" })));
    bench.invoke(Invocation { arguments: Some(Node(json!({ "region": "eu" }))), ..tool("quick") });
    assert_eq!(param(&bench, "region"), None);
}

#[test]
fn headers_that_are_no_longer_right_are_made_anew_once() {
    for call in [routed(json!({ "region": "eu" })), Invocation { as_task: true, ..routed(json!({ "region": "eu" })) }] {
        let mut bench = Bench::modern();
        bench.call(|engine, call, now| engine.list(call, Listing::Tools, now));
        wants(&bench, &[("region", "Place")]);
        let call = bench.invoke(call);
        assert!(bench.outcome(call).is_some_and(|outcome| outcome.is_ok()));
        assert_eq!(sequence(&bench), ["tools/list", "tools/call", "tools/list", "tools/call"]);
        let [refused, again] = &bench.all("tools/call")[..] else { panic!("two calls") };
        assert_ne!(refused.body["id"], again.body["id"]);
        assert_eq!(again.header("mcp-param-place"), Some("eu"));
        assert_eq!(again.header("mcp-param-region"), None);
    }
}

#[test]
fn a_server_that_is_never_content_is_not_asked_for_ever() {
    let mut bench = Bench::modern();
    bench.on("tools/call", |sent| Reply::status_with(400, sent.error(HEADER_MISMATCH, "Header mismatch")));
    for call in [routed(json!({ "region": "eu" })), tool_task("slow")] {
        bench.sent.clear();
        let call = bench.invoke(call);
        let error = bench.error(call);
        assert_eq!((error.code, error.rpc_code(), bench.count("tools/call")), (Code::Rpc, Some(HEADER_MISMATCH), 2));
    }
}

#[test]
fn prompts_and_resources_have_no_headers_to_make_anew() {
    use mcp_tasks::engine::Kind;
    for (kind, method) in [(Kind::Prompt, "prompts/get"), (Kind::Resource, "resources/read")] {
        let mut bench = Bench::modern();
        bench.refuses(method, HEADER_MISMATCH, "Header mismatch");
        let call = bench.invoke(crate::bench::invocation(kind, "x"));
        assert_eq!((bench.error(call).code, sequence(&bench)), (Code::Rpc, vec![method]));
    }
}

#[test]
fn answers_are_not_lost_when_the_headers_are_made_anew() {
    let mut bench = Bench::modern();
    bench.on("tools/call", |sent| match sent.params().get("inputResponses") {
        None => Reply::json(sent.result(input_required(Some(json!({ "q": question("q") })), Some("s")))),
        Some(_) => Reply::json(sent.result(complete(text_result("routed")))),
    });
    let call = bench.invoke(routed(json!({ "region": "eu" })));
    wants(&bench, &[("region", "Place")]);
    bench.answer(1, json!({ "action": "decline" }));
    assert!(bench.outcome(call).is_some_and(|outcome| outcome.is_ok()));
    let last = bench.last("tools/call");
    assert_eq!((&last.params()["requestState"], &last.params()["inputResponses"]["q"]), (&json!("s"), &json!({ "action": "decline" })));
    assert_eq!((last.header("mcp-param-place"), bench.asked().len()), (Some("eu"), 1));
}

#[test]
fn a_tool_with_wrong_annotations_is_left_out_and_told_of() {
    let mut bench = Bench::modern();
    let wrong = [
        json!({ "type": "string", "x-mcp-header": "" }),
        json!({ "type": "string", "x-mcp-header": "a b" }),
        json!({ "type": "number", "x-mcp-header": "A" }),
        json!({ "type": "object", "x-mcp-header": "A" }),
        json!({ "type": "array", "items": { "type": "string", "x-mcp-header": "A" } }),
    ];
    let mut tools: Vec<_> = wrong
        .iter()
        .enumerate()
        .map(|(index, schema)| json!({ "name": format!("wrong{index}"), "inputSchema": { "properties": { "a": schema } } }))
        .collect();
    tools.insert(2, json!({ "name": "right", "inputSchema": { "properties": { "a": { "type": "string", "x-mcp-header": "A" } } } }));
    *bench.server.tools.borrow_mut() = json!(tools);
    let call = bench.call(|engine, call, now| engine.list(call, Listing::Tools, now));
    assert_eq!(bench.value(call), json!([tools[2]]));
    assert_eq!(bench.oddities().len(), wrong.len());
}

#[test]
fn sessions_leave_annotations_alone() {
    let mut bench = Bench::polling();
    let tool = json!({ "name": "odd", "inputSchema": { "properties": { "a": { "type": "number", "x-mcp-header": "" } } } });
    bench.results("tools/list", json!({ "tools": [tool] }));
    let call = bench.call(|engine, call, now| engine.list(call, Listing::Tools, now));
    assert_eq!((bench.value(call), bench.oddities().len()), (json!([tool]), 0));
}

#[test]
fn a_header_that_the_browser_may_not_send_is_named() {
    for (hides_headers, code) in [(true, Code::Cors), (false, Code::Network)] {
        let mut bench = Bench::modern_with(Config { hides_headers, ..modern_config() }, modern_capabilities());
        bench.invoke(tool("quick"));
        bench.on("tools/call", |_| Reply::fail());
        let call = bench.invoke(routed(json!({ "region": "eu" })));
        let error = bench.error(call);
        assert_eq!(error.code, code);
        if hides_headers {
            let missing = error.data.as_ref().expect("data").0["missing"].as_str().expect("a header").to_lowercase();
            assert_eq!(missing, "access-control-allow-headers: mcp-param-region");
        }
        let call = bench.invoke(tool("quick"));
        assert_eq!(bench.error(call).code, Code::Network, "headers that passed before are not blamed");
    }
}

#[test]
fn the_first_name_of_all_may_be_what_the_browser_does_not_send() {
    let mut bench = Bench::modern_with(Config { hides_headers: true, ..modern_config() }, modern_capabilities());
    bench.on("tools/call", |_| Reply::fail());
    let call = bench.invoke(tool("quick"));
    let error = bench.error(call);
    let missing = error.data.as_ref().expect("data").0["missing"].as_str().expect("a header").to_lowercase();
    assert_eq!((error.code, &*missing), (Code::Cors, "access-control-allow-headers: mcp-name"));
}
