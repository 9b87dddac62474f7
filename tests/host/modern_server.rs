//! A server of the 2026-07-28 era that does everything right, and refuses what breaks the era.

use mcp_tasks::engine::Millis;
use serde_json::{Value, json};

use crate::header::decode;
use crate::server::{INVALID_PARAMS, METHOD_NOT_FOUND, Server, Tasks, id_of, text_result};
use crate::signature::{self, Flaw, META_CAPABILITIES, TASKS, VERSION, is_signed};
use crate::wire::{Arrival, Reply, Sent};

pub const HEADER_MISMATCH: i32 = -32020;
pub const MISSING_CAPABILITY: i32 = -32021;
pub const UNSUPPORTED_VERSION: i32 = -32022;

pub const ACKNOWLEDGED: &str = "notifications/subscriptions/acknowledged";

pub fn modern_capabilities() -> Value {
    let announced = json!({ "listChanged": true });
    json!({ "tools": announced, "prompts": announced, "resources": announced, "extensions": { TASKS: {} } })
}

/// `slow`, `must` and `wrapped` become tasks; the others answer at once.
fn modern_tools() -> Value {
    let routed = json!({ "type": "object", "properties": {
        "region": { "type": "string", "x-mcp-header": "Region" }, "shard": { "type": "integer", "x-mcp-header": "Shard" },
    } });
    json!([
        { "name": "slow", "inputSchema": { "type": "object" } },
        { "name": "must", "inputSchema": { "type": "object" } },
        { "name": "quick", "inputSchema": { "type": "object" } },
        { "name": "routed", "inputSchema": routed },
        { "name": "reads", "inputSchema": { "type": "object" }, "annotations": { "readOnlyHint": true } },
        { "name": "repeats", "inputSchema": { "type": "object" }, "annotations": { "idempotentHint": true } },
        { "name": "wrapped", "inputSchema": { "type": "object" }, "outputSchema": { "type": "object", "x-fastmcp-wrap-result": true } },
    ])
}

/// A task with all that is told of it, in this state: a name, or an object with more than its `status`.
pub fn modern_task(id: &str, state: &Value, interval: Option<&Value>) -> Value {
    let status = state.get("status").unwrap_or(state);
    let mut task = json!({
        "taskId": id, "status": status, "createdAt": "2026-07-28T10:30:00Z", "lastUpdatedAt": "2026-07-28T10:30:00Z", "ttlMs": 600_000,
    });
    match status.as_str() {
        Some("completed") => task["result"] = text_result("done"),
        Some("failed") => task["error"] = json!({ "code": -32603, "message": "why it failed" }),
        _ => {}
    }
    for (name, value) in state.as_object().into_iter().flatten() {
        task[name] = value.clone();
    }
    if let Some(interval) = interval {
        task["pollIntervalMs"] = interval.clone();
    }
    task
}

/// `notifications/tasks`, in which a task in this state is told of.
pub fn modern_told(id: &str, state: impl Into<Value>) -> Value {
    json!({ "jsonrpc": "2.0", "method": "notifications/tasks", "params": modern_task(id, &state.into(), None) })
}

/// The state of a task that asks for these, each with a question of the user.
pub fn asking(keys: &[&str]) -> Value {
    let questions: serde_json::Map<_, _> = keys.iter().map(|key| ((*key).into(), question(key))).collect();
    json!({ "status": "input_required", "inputRequests": questions })
}

pub fn question(key: &str) -> Value {
    json!({ "method": "elicitation/create", "params": { "message": key, "requestedSchema": { "type": "object", "properties": {} } } })
}

/// A result with its type.
pub fn complete(mut result: Value) -> Value {
    result["resultType"] = json!("complete");
    result
}

/// A result that makes the request come again.
pub fn input_required(requests: Option<Value>, state: Option<&str>) -> Value {
    let mut result = json!({ "resultType": "input_required" });
    requests.into_iter().for_each(|requests| result["inputRequests"] = requests);
    state.into_iter().for_each(|state| result["requestState"] = json!(state));
    result
}

impl Tasks {
    /// The server has these answers: it asks for the rest, or works on.
    pub fn answer(&mut self, id: &str, responses: &Value, now: Millis) {
        let Some(mut state) = self.state(id, now) else { return };
        let Some(open) = state.get_mut("inputRequests").and_then(Value::as_object_mut) else { return };
        open.retain(|key, _| responses.get(key).is_none());
        let is_answered = open.is_empty();
        self.set(id, now, if is_answered { json!("working") } else { state });
    }
}

impl Server {
    pub fn modern(capabilities: Value) -> Self {
        let mut server = Self::bare(modern_tools());
        let tools = server.tools.clone();
        server.gate(move |sent| refuse(sent, &tools.borrow()));
        let described = json!({
            "supportedVersions": [VERSION], "capabilities": capabilities, "instructions": "be kind", "ttlMs": 0, "cacheScope": "public",
            "_meta": { "io.modelcontextprotocol/serverInfo": { "name": "scripted", "version": "1" } },
        });
        server.on("server/discover", move |sent| Reply::json(sent.result(complete(described.clone()))));
        let tools = server.tools.clone();
        server.on("tools/list", move |sent| {
            Reply::json(sent.result(complete(json!({ "tools": *tools.borrow(), "ttlMs": 300_000, "cacheScope": "public" }))))
        });
        for (method, member) in
            [("prompts/list", "prompts"), ("resources/list", "resources"), ("resources/templates/list", "resourceTemplates")]
        {
            server.on(method, move |sent| {
                Reply::json(sent.result(complete(json!({ member: [], "ttlMs": 300_000, "cacheScope": "public" }))))
            });
        }
        server.on("prompts/get", |sent| Reply::json(sent.result(complete(json!({ "messages": [] })))));
        server.on("resources/read", |sent| {
            Reply::json(sent.result(complete(json!({ "contents": [], "ttlMs": 0, "cacheScope": "private" }))))
        });
        let tasks = server.tasks.clone();
        server.on("tools/call", move |sent| {
            let may = sent.params()["_meta"][META_CAPABILITIES]["extensions"][TASKS].is_object();
            if !may || !matches!(sent.params()["name"].as_str(), Some("slow" | "must" | "wrapped")) {
                return Reply::json(sent.result(complete(text_result("at once"))));
            }
            let id = tasks.borrow_mut().make(sent.at);
            let tasks = tasks.borrow();
            let mut task = modern_task(&id, &tasks.state(&id, sent.at).unwrap_or_default(), tasks.interval.as_ref());
            task["resultType"] = json!("task");
            Reply::json(sent.result(task))
        });
        server.serve_modern_tasks();
        server
    }

    fn serve_modern_tasks(&mut self) {
        let unknown = |sent: &Sent| Reply::status_with(400, sent.error(INVALID_PARAMS, "Task not found"));
        let tasks = self.tasks.clone();
        self.on("tasks/get", move |sent| {
            let tasks = tasks.borrow();
            let Some(state) = tasks.state(id_of(sent), sent.at) else { return unknown(sent) };
            Reply::json(sent.result(complete(modern_task(id_of(sent), &state, tasks.interval.as_ref()))))
        });
        let tasks = self.tasks.clone();
        self.on("tasks/update", move |sent| {
            let mut tasks = tasks.borrow_mut();
            if tasks.state(id_of(sent), sent.at).is_none() {
                return unknown(sent);
            }
            tasks.answer(id_of(sent), &sent.params()["inputResponses"], sent.at);
            Reply::json(sent.result(complete(json!({}))))
        });
        let tasks = self.tasks.clone();
        self.on("tasks/cancel", move |sent| {
            let mut tasks = tasks.borrow_mut();
            if tasks.state(id_of(sent), sent.at).is_none() {
                return unknown(sent);
            }
            if !tasks.is_over(id_of(sent), sent.at) {
                tasks.end(id_of(sent), sent.at, "cancelled");
            }
            Reply::json(sent.result(complete(json!({}))))
        });
        let tasks = self.tasks.clone();
        self.on("subscriptions/listen", move |sent| subscribe(sent, &tasks.borrow()));
    }
}

/// The acknowledgement of a subscription, with what the server takes on.
pub fn acknowledgement(sent: &Sent, filter: &Value) -> Value {
    on_stream(sent, json!({ "jsonrpc": "2.0", "method": ACKNOWLEDGED, "params": { "notifications": filter } }))
}

/// The answer that ends a subscription.
pub fn farewell(sent: &Sent) -> Value {
    sent.result(json!({ "resultType": "complete", "_meta": { "io.modelcontextprotocol/subscriptionId": sent.body["id"] } }))
}

/// A notification as the subscription carries it; what has no parameters to mark goes as it is.
pub fn on_stream(sent: &Sent, mut notification: Value) -> Value {
    if let Some(params) = notification.get_mut("params").filter(|params| params.is_object()) {
        params["_meta"] = json!({ "io.modelcontextprotocol/subscriptionId": sent.body["id"] });
    }
    notification
}

/// The tasks that are known are taken on, and each of their changes that is already settled is told when it happens.
pub fn subscribe(sent: &Sent, tasks: &Tasks) -> Reply {
    let mut filter = sent.params()["notifications"].clone();
    let wanted: Vec<_> = filter["taskIds"].as_array().into_iter().flatten().filter_map(Value::as_str).map(String::from).collect();
    let known: Vec<_> = wanted.into_iter().filter(|id| tasks.state(id, sent.at).is_some()).collect();
    filter["taskIds"] = json!(known);
    let mut news: Vec<_> = known.iter().flat_map(|id| tasks.future(id, sent.at).map(move |(at, state)| (*at, id, state))).collect();
    news.sort_by_key(|(at, ..)| *at);
    let mut stream = Reply::stream().event(&acknowledgement(sent, &filter));
    for (at, id, state) in news {
        let told = format!("data: {}\n\n", on_stream(sent, modern_told(id, state.clone())));
        stream.0.push((at - sent.at, Arrival::Bytes(told.into_bytes())));
    }
    stream
}

/// What breaks the era has its own errors.
fn refuse(sent: &Sent, tools: &Value) -> Option<Reply> {
    if matches!(sent.method(), "GET" | "DELETE") {
        return Some(Reply::status(405));
    }
    if !is_signed(sent) {
        return Some(unsupported(sent, &[VERSION]));
    }
    match signature::check(sent) {
        Err(Flaw::Header(_)) => return Some(Reply::status_with(400, sent.error(HEADER_MISMATCH, "Header mismatch"))),
        Err(Flaw::Body(why)) if why.ends_with("is not the era's") => {
            return Some(Reply::status_with(404, sent.error(METHOD_NOT_FOUND, "Method not found")));
        }
        Err(Flaw::Body(_)) => return Some(Reply::status_with(400, sent.error(INVALID_PARAMS, "Invalid params"))),
        Err(Flaw::Capability) => {
            let needs = sent.params()["name"] == "must" || !matches!(sent.method(), "tools/call" | "server/discover");
            return needs.then(|| {
                let mut error = sent.error(MISSING_CAPABILITY, "Missing required client capability");
                error["error"]["data"] = json!({ "requiredCapabilities": { "extensions": { TASKS: {} } } });
                Reply::status_with(400, error)
            });
        }
        Ok(()) => {}
    }
    let mismatch = || Reply::status_with(400, sent.error(HEADER_MISMATCH, "Header mismatch"));
    (sent.method() == "tools/call" && !mirrors(sent, tools)).then(mismatch)
}

/// Do the headers say what the tool wants them to say of the arguments?
fn mirrors(sent: &Sent, tools: &Value) -> bool {
    let tool = tools.as_array().into_iter().flatten().find(|tool| tool["name"] == sent.params()["name"]);
    let properties = tool.and_then(|tool| tool["inputSchema"]["properties"].as_object());
    properties.into_iter().flatten().all(|(name, schema)| {
        let Some(header) = schema["x-mcp-header"].as_str() else { return true };
        let said = sent.header(&format!("mcp-param-{}", header.to_lowercase())).map(decode);
        match &sent.params()["arguments"][name] {
            Value::Null => said.is_none(),
            Value::String(text) => said == Some(Some(text.clone())),
            other => said == Some(Some(other.to_string())),
        }
    })
}

/// `UnsupportedProtocolVersionError`, with the versions that the server speaks.
pub fn unsupported(sent: &Sent, versions: &[&str]) -> Reply {
    let mut error = sent.error(UNSUPPORTED_VERSION, "Unsupported protocol version");
    error["error"]["data"] = json!({ "supported": versions });
    Reply::status_with(400, error)
}

/// The status and the code with which the server refuses a request.
fn refusal(sent: &Sent) -> Option<(u16, i64)> {
    let reply = Server::modern(modern_capabilities()).reply(sent);
    match &reply.0[..] {
        [(_, Arrival::Head(head)), (_, Arrival::Body(Some(message)))] => Some((head.status, message["error"]["code"].as_i64()?)),
        _ => None,
    }
}

#[test]
fn what_breaks_the_era_is_refused() {
    let undeclared = |method: &str, name: &str| {
        let mut sent = good_call(method, name);
        sent.body["params"]["_meta"][META_CAPABILITIES] = json!({});
        sent
    };
    let routed = |header: Option<&str>| {
        let mut sent = good_call("tools/call", "routed");
        sent.body["params"]["arguments"] = json!({ "region": "eu" });
        sent.headers.extend(header.map(|header| ("mcp-param-region".into(), header.into())));
        sent
    };
    let mut unnamed = good_call("tasks/get", "t1");
    unnamed.headers.retain(|(name, _)| name != "mcp-name");
    let mut foreign = signature::good("tools/list");
    foreign.body["method"] = json!("tasks/list");
    let mut session = signature::good("server/discover");
    session.headers.clear();
    session.body = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {} });
    for (why, sent, expected) in [
        ("good", signature::good("tools/list"), None),
        ("no Mcp-Name", unnamed, Some((400, -32020))),
        ("an argument that is mirrored", routed(Some("eu")), None),
        ("an argument that is not", routed(None), Some((400, -32020))),
        ("an argument that is mirrored wrongly", routed(Some("us")), Some((400, -32020))),
        ("a tool that need not be a task, without the extension", undeclared("tools/call", "slow"), None),
        ("one that must", undeclared("tools/call", "must"), Some((400, -32021))),
        ("a task without the extension", undeclared("tasks/get", "t1"), Some((400, -32021))),
        ("a method of the other era", foreign, Some((404, -32601))),
        ("a session", session, Some((400, -32022))),
        ("an unknown task", good_call("tasks/get", "t1"), Some((400, -32602))),
    ] {
        assert_eq!(refusal(&sent), expected, "{why}");
    }
}

/// A good request about this tool or task.
fn good_call(method: &str, name: &str) -> Sent {
    let mut sent = signature::good(method);
    let member = if method == "tools/call" { "name" } else { "taskId" };
    sent.body["params"][member] = json!(name);
    sent.headers.retain(|(each, _)| each != "mcp-name");
    sent.headers.push(("mcp-name".into(), name.into()));
    sent
}
