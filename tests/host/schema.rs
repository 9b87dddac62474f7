//! What the schema of its era demands of every message that we send, and the transport of every request.

use mcp_tasks::engine::{Era, Verb};
use serde_json::Value;

use crate::signature::{self, is_signed};
use crate::wire::Sent;

/// The requests of the 2025-11-25 era that a client may send, with the required members of their parameters.
const REQUESTS: [(&str, &[&str]); 13] = [
    ("initialize", &["protocolVersion", "capabilities", "clientInfo"]),
    ("tools/list", &[]),
    ("tools/call", &["name"]),
    ("prompts/list", &[]),
    ("prompts/get", &["name"]),
    ("resources/list", &[]),
    ("resources/templates/list", &[]),
    ("resources/read", &["uri"]),
    ("tasks/get", &["taskId"]),
    ("tasks/result", &["taskId"]),
    ("tasks/cancel", &["taskId"]),
    ("tasks/list", &[]),
    ("ping", &[]),
];

const NOTIFICATIONS: [(&str, &[&str]); 2] = [("notifications/initialized", &[]), ("notifications/cancelled", &["requestId"])];

/// Panics at the first rule that a request breaks. Gives its era.
pub fn check(sent: &Sent) -> Era {
    if sent.verb == Verb::Post {
        assert_eq!(sent.header("content-type"), Some("application/json"));
        assert_eq!(sent.header("accept"), Some("application/json, text/event-stream"), "both types, or 406");
    }
    if is_signed(sent) {
        assert_eq!(sent.verb, Verb::Post, "the stateless era has no other");
        assert_eq!(signature::check(sent), Ok(()), "{sent:?}");
        return Era::Modern;
    }
    match sent.verb {
        Verb::Post => check_message(&sent.body),
        Verb::Get => {
            assert_eq!(sent.header("accept"), Some("text/event-stream"));
            assert!(sent.body.is_null());
        }
        Verb::Delete => assert!(sent.header("mcp-session-id").is_some(), "there is no session to end"),
    }
    let initializes = sent.method() == "initialize";
    assert!(!(initializes && sent.header("mcp-protocol-version").is_some()), "nothing is negotiated before initialize");
    assert!(!(initializes && sent.header("mcp-session-id").is_some()), "a session begins without an id");
    Era::Legacy
}

fn check_message(message: &Value) {
    assert_eq!(message["jsonrpc"], "2.0", "{message}");
    let (id, method) = (message.get("id"), message.get("method").and_then(Value::as_str));
    match (id, method) {
        (Some(id), Some(method)) => {
            assert!(id.is_u64(), "our ids are whole numbers: {message}");
            check_params(message, &REQUESTS, method);
        }
        (None, Some(method)) => check_params(message, &NOTIFICATIONS, method),
        (Some(_), None) => {
            assert_ne!(message.get("result").is_some(), message.get("error").is_some(), "an answer is one of both: {message}");
            if let Some(error) = message.get("error") {
                assert!(error["code"].is_i64() && error["message"].is_string(), "{message}");
            }
        }
        (None, None) => panic!("neither request, notification nor answer: {message}"),
    }
}

fn check_params(message: &Value, known: &[(&str, &[&str])], method: &str) {
    let Some((_, required)) = known.iter().find(|(name, _)| *name == method) else { panic!("not the era's: {message}") };
    let params = message.get("params");
    assert!(params.is_none_or(Value::is_object), "{message}");
    for member in *required {
        assert!(params.is_some_and(|params| params.get(member).is_some()), "{member} is missing: {message}");
    }
    for member in ["_meta", "arguments", "task"] {
        assert!(message["params"].get(member).is_none_or(Value::is_object), "{member} is an object or absent: {message}");
    }
    for member in ["inputResponses", "requestState"] {
        assert!(message["params"].get(member).is_none(), "{member} is not the era's: {message}");
    }
    let ttl = message["params"]["task"].get("ttl");
    assert!(ttl.is_none_or(Value::is_u64), "a ttl is a whole number: {message}");
}
