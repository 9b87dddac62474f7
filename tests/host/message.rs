//! What a message is: told by the members that are there.

use mcp_tasks::engine::Message;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::bench::{Bench, tool};
use crate::node::Node;
use crate::wire::Reply;

/// The classification as a line of text.
fn read(message: Value) -> String {
    match Message::read(&Node(message)) {
        Message::Answer(id, Ok(result)) => format!("answer {id}: {}", result.0),
        Message::Answer(id, Err(error)) => format!("answer {id}, error {}", error.0["code"]),
        Message::Complaint(error) => format!("complaint {}", error.0["code"]),
        Message::Request { id, method } => format!("request {}: {method}", id.0),
        Message::Notification { method, params } => format!("notification {method}: {}", params.map_or(Value::Null, |params| params.0)),
        Message::Malformed => "malformed".into(),
    }
}

#[test]
fn a_message_is_what_its_members_say() {
    let error = json!({ "code": -32600, "message": "no" });
    for (why, message, verdict) in [
        ("a result", json!({ "jsonrpc": "2.0", "id": 7, "result": { "a": 1 } }), r#"answer 7: {"a":1}"#),
        ("an id may be 0", json!({ "jsonrpc": "2.0", "id": 0, "result": {} }), "answer 0: {}"),
        ("a result may be null", json!({ "jsonrpc": "2.0", "id": 7, "result": null }), "answer 7: null"),
        ("a result may be false", json!({ "jsonrpc": "2.0", "id": 7, "result": false }), "answer 7: false"),
        ("an error", json!({ "jsonrpc": "2.0", "id": 7, "error": error }), "answer 7, error -32600"),
        ("unknown members", json!({ "jsonrpc": "2.0", "id": 7, "result": {}, "_meta": {}, "x": 1 }), "answer 7: {}"),
        ("no version, as some servers have it", json!({ "id": 7, "result": {} }), "answer 7: {}"),
        ("both: the error counts", json!({ "id": 7, "result": {}, "error": error }), "answer 7, error -32600"),
        ("both, and the error is null", json!({ "id": 7, "result": {}, "error": null }), "answer 7: {}"),
        ("an error without an id", json!({ "jsonrpc": "2.0", "error": error }), "complaint -32600"),
        ("an error with the id null", json!({ "jsonrpc": "2.0", "id": null, "error": error }), "complaint -32600"),
        ("an HTTP error", json!({ "jsonrpc": "2.0", "id": "server-error", "error": error }), "complaint -32600"),
        ("the server asks", json!({ "jsonrpc": "2.0", "id": 3, "method": "ping" }), "request 3: ping"),
        ("with the id 0", json!({ "jsonrpc": "2.0", "id": 0, "method": "ping" }), "request 0: ping"),
        ("with a text as id", json!({ "jsonrpc": "2.0", "id": "a", "method": "ping" }), r#"request "a": ping"#),
        ("a notification", json!({ "jsonrpc": "2.0", "method": "m", "params": { "a": 1 } }), r#"notification m: {"a":1}"#),
        ("without parameters", json!({ "jsonrpc": "2.0", "method": "m" }), "notification m: null"),
        ("a result of nobody", json!({ "jsonrpc": "2.0", "result": {} }), "malformed"),
        ("a result under an id that is none of ours", json!({ "id": "a", "result": {} }), "malformed"),
        ("a negative id", json!({ "id": -7, "result": {} }), "malformed"),
        ("half an id", json!({ "id": 7.5, "result": {} }), "malformed"),
        ("neither result nor error", json!({ "jsonrpc": "2.0", "id": 7 }), "malformed"),
        ("an error that is a text", json!({ "jsonrpc": "2.0", "id": 7, "error": "no" }), "malformed"),
        ("a method that is no text", json!({ "jsonrpc": "2.0", "method": 7 }), "malformed"),
        ("a text", json!("hello"), "malformed"),
        ("null", json!(null), "malformed"),
        ("an array", json!([]), "malformed"),
    ] {
        assert_eq!(read(message), verdict, "{why}");
    }
}

#[test]
fn an_answer_is_found_in_a_batch() {
    let mut bench = Bench::polling();
    bench.on("tools/call", |sent| {
        let noise = json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": {} });
        Reply::json(json!([noise, [sent.result(json!({ "content": ["nested"] }))], sent.result(json!({ "content": [] }))]))
    });
    let call = bench.invoke(tool("plain"));
    assert_eq!(bench.value(call)["content"], json!([]));
}

#[test]
fn what_answers_nobody_disturbs_nobody() {
    let strays = [
        json!({ "jsonrpc": "2.0", "id": 999, "result": {} }),
        json!({ "jsonrpc": "2.0", "id": "server-error", "error": "text" }),
        json!("text"),
        json!([]),
    ];
    let mut bench = Bench::polling();
    bench.on("tools/call", move |sent| {
        let stray = strays.iter().fold(Reply::stream(), |reply, stray| reply.event(stray));
        stray.event(&sent.result(json!({ "content": [] }))).ends()
    });
    let call = bench.invoke(tool("plain"));
    assert_eq!(bench.value(call)["content"], json!([]));
}

#[test]
fn the_servers_own_requests_are_answered_under_their_ids() {
    let mut bench = Bench::streaming();
    bench.tell(|engine, now| engine.listen(true, now));
    for (id, method, answer) in [
        (json!(0), "ping", json!({ "jsonrpc": "2.0", "id": 0, "result": {} })),
        (json!("a"), "ping", json!({ "jsonrpc": "2.0", "id": "a", "result": {} })),
    ] {
        bench.push(&json!({ "jsonrpc": "2.0", "id": id, "method": method }));
        assert_eq!(bench.last("answer").body, answer);
    }
    bench.push(&json!({ "jsonrpc": "2.0", "id": 0, "method": "elicitation/create", "params": {} }));
    let answer = bench.last("answer").body;
    assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(0), &json!(-32601)), "not declared, not offered");
}

/// Any JSON, not too deep.
pub fn any_json() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec!["jsonrpc", "id", "method", "params", "result", "error", "code", "task", "taskId", "status"]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-2_i64..9).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z/]{0,6}".prop_map(Value::from),
        prop::sample::select(vec!["working", "completed", "failed", "cancelled", "input_required", "t1", "2.0"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(names.clone(), inner, 0..5).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn every_json_is_some_message(message in any_json()) {
        read(message);
    }
}
