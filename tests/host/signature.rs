//! What every request of the 2026-07-28 era says of itself: in its body, and once more in its headers.

use serde_json::{Value, json};

use crate::header::decode;
use crate::wire::Sent;

pub const VERSION: &str = "2026-07-28";
pub const TASKS: &str = "io.modelcontextprotocol/tasks";
const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const META_CLIENT: &str = "io.modelcontextprotocol/clientInfo";
pub const META_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// A request that a client may send.
struct Rule {
    method: &'static str,
    /// The members that its parameters must have, and those that they may.
    required: &'static [&'static str],
    allowed: &'static [&'static str],
    /// The member that `Mcp-Name` repeats.
    named: Option<&'static str>,
}

const fn rule(
    method: &'static str,
    required: &'static [&'static str],
    allowed: &'static [&'static str],
    named: Option<&'static str>,
) -> Rule {
    Rule { method, required, allowed, named }
}

const RULES: [Rule; 12] = [
    rule("server/discover", &[], &[], None),
    rule("tools/list", &[], &["cursor"], None),
    rule("tools/call", &["name"], &["arguments", "inputResponses", "requestState"], Some("name")),
    rule("prompts/list", &[], &["cursor"], None),
    rule("prompts/get", &["name"], &["arguments", "inputResponses", "requestState"], Some("name")),
    rule("resources/list", &[], &["cursor"], None),
    rule("resources/templates/list", &[], &["cursor"], None),
    rule("resources/read", &["uri"], &["inputResponses", "requestState"], Some("uri")),
    rule("tasks/get", &["taskId"], &[], Some("taskId")),
    rule("tasks/update", &["taskId", "inputResponses"], &[], Some("taskId")),
    rule("tasks/cancel", &["taskId"], &[], Some("taskId")),
    rule("subscriptions/listen", &["notifications"], &[], None),
];

/// What is wrong with a request.
#[derive(Debug, PartialEq)]
pub enum Flaw {
    /// A header is missing, too much, or says something else than the body.
    Header(String),
    Body(String),
    /// Tasks are not declared.
    Capability,
}

/// Has it any mark of the era?
pub fn is_signed(sent: &Sent) -> bool {
    let marks = |name: &str| matches!(name, "mcp-method" | "mcp-name") || name.starts_with("mcp-param-");
    let meta = sent.params()["_meta"].as_object();
    sent.header("mcp-protocol-version") == Some(VERSION)
        || sent.headers.iter().any(|(name, _)| marks(name))
        || meta.is_some_and(|meta| [META_VERSION, META_CLIENT, META_CAPABILITIES].iter().any(|key| meta.contains_key(*key)))
}

/// The first rule that a request breaks, of those that hold whatever the server offers.
pub fn check(sent: &Sent) -> Result<(), Flaw> {
    check_body(sent).map_err(Flaw::Body)?;
    check_headers(sent).map_err(Flaw::Header)?;
    let declared = &sent.params()["_meta"][META_CAPABILITIES]["extensions"][TASKS];
    if declared.is_object() { Ok(()) } else { Err(Flaw::Capability) }
}

fn demand(holds: bool, what: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.into()) }
}

fn find_rule(sent: &Sent) -> Result<&'static Rule, String> {
    RULES.iter().find(|rule| rule.method == sent.method()).ok_or_else(|| format!("{} is not the era's", sent.method()))
}

fn check_body(sent: &Sent) -> Result<(), String> {
    let message = sent.body.as_object().ok_or("there is no message")?;
    let rule = find_rule(sent)?;
    demand(sent.body["jsonrpc"] == "2.0", "not JSON-RPC 2.0")?;
    demand(sent.body["id"].is_u64(), "no id: only requests are sent")?;
    demand(message.keys().all(|key| ["jsonrpc", "id", "method", "params"].contains(&key.as_str())), "an unknown member")?;
    let params = sent.params().as_object().ok_or("no params")?;
    for member in rule.required {
        demand(params.contains_key(*member), &format!("{member} is missing"))?;
    }
    for member in params.keys().map(String::as_str) {
        let known = member == "_meta" || rule.required.contains(&member) || rule.allowed.contains(&member);
        demand(known, &format!("{member} is no parameter of {}", rule.method))?;
    }
    for (member, value) in params {
        let fits = match member.as_str() {
            "_meta" | "arguments" | "inputResponses" | "notifications" => value.is_object(),
            _ => value.is_string(),
        };
        demand(fits, &format!("{member} has the wrong type: {value}"))?;
    }
    check_meta(sent)?;
    check_filter(&params.get("notifications").cloned().unwrap_or_else(|| json!({})))
}

fn check_meta(sent: &Sent) -> Result<(), String> {
    let meta = &sent.params()["_meta"];
    let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    demand(is_text(&meta[META_VERSION]), "the version is missing in _meta")?;
    demand(is_text(&meta[META_CLIENT]["name"]) && is_text(&meta[META_CLIENT]["version"]), "the client does not say who it is")?;
    let capabilities = meta[META_CAPABILITIES].as_object().ok_or("the client's capabilities are missing in _meta")?;
    for (name, capability) in capabilities {
        let known = ["elicitation", "sampling", "roots", "extensions"].contains(&name.as_str());
        demand(known && capability.is_object(), &format!("{name} is no capability"))?;
    }
    Ok(())
}

fn check_filter(filter: &Value) -> Result<(), String> {
    for (member, wanted) in filter.as_object().into_iter().flatten() {
        let fits = match member.as_str() {
            "toolsListChanged" | "promptsListChanged" | "resourcesListChanged" => *wanted == json!(true),
            "taskIds" => wanted.as_array().is_some_and(|ids| !ids.is_empty() && ids.iter().all(Value::is_string)),
            _ => false,
        };
        demand(fits, &format!("nobody can subscribe to {member}: {wanted}"))?;
    }
    Ok(())
}

fn check_headers(sent: &Sent) -> Result<(), String> {
    let rule = find_rule(sent)?;
    for (index, (name, value)) in sent.headers.iter().enumerate() {
        let mirrors = sent.method() == "tools/call" && name.starts_with("mcp-param-");
        let known = ["content-type", "accept", "mcp-protocol-version", "mcp-method", "mcp-name"].contains(&&**name);
        demand(known || mirrors, &format!("{name} is no header of {}", rule.method))?;
        demand(value.bytes().all(|byte| matches!(byte, b' '..=b'~')), &format!("{name} cannot hold {value:?}"))?;
        demand(!sent.headers[..index].iter().any(|(each, _)| each == name), &format!("{name} comes twice"))?;
    }
    let version = &sent.params()["_meta"][META_VERSION];
    demand(sent.header("mcp-protocol-version") == version.as_str(), "the version is another in the header")?;
    demand(sent.header("mcp-method") == Some(rule.method), "the method is another in the header")?;
    let named = rule.named.and_then(|member| sent.params()[member].as_str());
    let header = sent.header("mcp-name").map(|value| decode(value).ok_or(format!("{value} is not encoded rightly"))).transpose()?;
    demand(header.as_deref() == named, &format!("Mcp-Name is {header:?} and not {named:?}"))
}

/// A good request, which tests spoil.
pub fn good(method: &str) -> Sent {
    let meta = json!({
        META_VERSION: VERSION,
        META_CLIENT: { "name": "test", "version": "0" },
        META_CAPABILITIES: { "extensions": { TASKS: {} } },
    });
    let rule = RULES.iter().find(|rule| rule.method == method).expect("a method of the era");
    let mut params = json!({ "_meta": meta });
    for member in rule.required {
        params[member] = if ["inputResponses", "notifications"].contains(member) { json!({}) } else { json!("it") };
    }
    let headers = [("mcp-protocol-version", VERSION), ("mcp-method", method), ("mcp-name", "it")];
    let headers = headers.into_iter().filter(|(name, _)| *name != "mcp-name" || rule.named.is_some());
    Sent {
        at: 0,
        exchange: 1,
        verb: mcp_tasks::engine::Verb::Post,
        headers: headers.map(|(name, value)| (name.into(), value.into())).collect(),
        body: json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }),
        awaited: true,
    }
}

#[test]
fn good_requests_pass() {
    for rule in RULES {
        assert_eq!(check(&good(rule.method)), Ok(()), "{}", rule.method);
        assert!(is_signed(&good(rule.method)), "{}", rule.method);
    }
}

#[test]
fn a_spoiled_body_is_found() {
    type Spoil = fn(&mut Value);
    let spoils: [(&str, Spoil); 14] = [
        ("a notification", |body| drop(body.as_object_mut().expect("an object").remove("id"))),
        ("an answer", |body| *body = json!({ "jsonrpc": "2.0", "id": 1, "result": {} })),
        ("a method of the other era", |body| body["method"] = json!("tasks/result")),
        ("an unknown member", |body| body["task"] = json!({})),
        ("no parameters", |body| drop(body.as_object_mut().expect("an object").remove("params"))),
        ("a parameter of the other era", |body| body["params"]["task"] = json!({})),
        ("no name", |body| drop(body["params"].as_object_mut().expect("an object").remove("name"))),
        ("state that is no text", |body| body["params"]["requestState"] = json!(null)),
        ("answers that are none", |body| body["params"]["inputResponses"] = json!(null)),
        ("arguments that are none", |body| body["params"]["arguments"] = json!([])),
        ("no version", |body| body["params"]["_meta"][META_VERSION] = json!(null)),
        ("no client", |body| body["params"]["_meta"][META_CLIENT] = json!({})),
        ("no capabilities", |body| body["params"]["_meta"][META_CAPABILITIES] = json!(null)),
        ("a capability that is none", |body| body["params"]["_meta"][META_CAPABILITIES]["tasks"] = json!({})),
    ];
    for (why, spoil) in spoils {
        let mut sent = good("tools/call");
        spoil(&mut sent.body);
        assert!(matches!(check(&sent), Err(Flaw::Body(_))), "{why}");
    }
    for filter in [json!({ "taskIds": [] }), json!({ "taskIds": [7] }), json!({ "toolsListChanged": false }), json!({ "tasks": true })] {
        let mut sent = good("subscriptions/listen");
        sent.body["params"]["notifications"] = filter.clone();
        assert!(matches!(check(&sent), Err(Flaw::Body(_))), "{filter}");
    }
}

#[test]
fn a_spoiled_header_is_found() {
    for (why, method, name, value) in [
        ("no version", "tools/call", "mcp-protocol-version", None),
        ("another version", "tools/call", "mcp-protocol-version", Some("2025-11-25")),
        ("no method", "tools/call", "mcp-method", None),
        ("another method", "tools/call", "mcp-method", Some("Tools/Call")),
        ("no name", "tools/call", "mcp-name", None),
        ("another name", "tools/call", "mcp-name", Some("It")),
        ("a task without its id", "tasks/get", "mcp-name", None),
        ("a name where there is none", "tools/list", "mcp-name", Some("it")),
        ("a name that is not encoded", "tools/call", "mcp-name", Some("ité")),
        ("a name that is encoded wrongly", "tools/call", "mcp-name", Some("=?base64?aXQ?=")),
        ("a session", "tools/call", "mcp-session-id", Some("s1")),
        ("a place in a stream", "subscriptions/listen", "last-event-id", Some("7")),
        ("an argument where there is none", "tools/list", "mcp-param-region", Some("eu")),
    ] {
        let mut sent = good(method);
        sent.headers.retain(|(each, _)| each != name);
        sent.headers.extend(value.map(|value| (name.into(), value.into())));
        assert!(matches!(check(&sent), Err(Flaw::Header(_))), "{why}");
    }
    let mut sent = good("tools/call");
    sent.headers.push(("mcp-name".into(), "it".into()));
    assert!(matches!(check(&sent), Err(Flaw::Header(_))), "a name that comes twice");
}

#[test]
fn an_undeclared_extension_is_found() {
    let mut sent = good("tools/call");
    sent.body["params"]["_meta"][META_CAPABILITIES] = json!({});
    assert_eq!(check(&sent), Err(Flaw::Capability));
}
