//! The server of a scenario: what every server of its age does, and the script before it.

use serde_json::{Value, json};

use super::check::Ledger;
use super::life::complete;
use super::manners::Manners;
use super::wire::{Reply, Request};
use super::{Age, Scenario};

pub const VERSION_MODERN: &str = "2026-07-28";
pub const VERSION_LEGACY: &str = "2025-11-25";
pub const TASKS: &str = "io.modelcontextprotocol/tasks";
pub const SESSION: &str = "a-session";

pub const METHOD_NOT_FOUND: i32 = -32601;
pub const INVALID_PARAMS: i32 = -32602;
pub const MISSING_CAPABILITY: i32 = -32021;

/// What the script of a scenario answers, where it does.
pub type Answer = Box<dyn FnMut(&Request, &Ledger) -> Option<Reply>>;

pub fn script(answer: impl FnMut(&Request, &Ledger) -> Option<Reply> + 'static) -> Answer {
    Box::new(answer)
}

pub struct Server {
    age: Age,
    script: Answer,
    manners: Manners,
    ledger: Ledger,
}

impl Server {
    pub fn new(scenario: &Scenario, ledger: Ledger) -> Self {
        Self { age: scenario.age, script: (scenario.server)(), manners: Manners::new(scenario.age), ledger }
    }

    pub fn answer(&mut self, request: &Request) -> Reply {
        self.manners.check(request, &self.ledger);
        let scripted = (self.script)(request, &self.ledger);
        let reply = scripted.unwrap_or_else(|| match self.age {
            Age::Modern => modern(request),
            Age::Legacy => legacy(request),
        });
        self.manners.learn(request, &reply);
        reply
    }
}

/// A stateless server that pushes nothing.
fn modern(request: &Request) -> Reply {
    let capabilities = json!({ "tools": {}, "prompts": {}, "resources": {}, "extensions": { TASKS: {} } });
    match request.method() {
        "server/discover" => {
            request.result(complete(json!({ "supportedVersions": [VERSION_MODERN], "capabilities": capabilities, "ttlMs": 0 })))
        }
        "tools/list" => request.result(complete(json!({ "tools": [], "ttlMs": 60_000, "cacheScope": "private" }))),
        method => request.error(METHOD_NOT_FOUND, &format!("{method} is not offered")).with_status(404),
    }
}

/// A server with sessions, tasks for all that can be one, and no stream of its own.
fn legacy(request: &Request) -> Reply {
    match request.method() {
        "initialize" => opened(request, everything()),
        "tools/list" => {
            let schema = json!({ "type": "object" });
            let tool = |name: &str| json!({ "name": name, "inputSchema": schema, "execution": { "taskSupport": "optional" } });
            request.result(json!({ "tools": [tool("slow"), tool("quick")] }))
        }
        "server/discover" => Reply::json(400, request.refusal(-32000, "Bad Request: Server not initialized")),
        "GET" => Reply::status(405),
        "DELETE" => Reply::status(200),
        _ if request.body["id"].is_null() || request.method() == "answer" => Reply::status(202),
        method => request.error(METHOD_NOT_FOUND, &format!("{method} is not offered")),
    }
}

/// The answer to `initialize`.
pub fn opened(request: &Request, capabilities: Value) -> Reply {
    let info = json!({ "name": "scripted", "version": "1" });
    let reply = request.result(json!({ "protocolVersion": VERSION_LEGACY, "capabilities": capabilities, "serverInfo": info }));
    Reply { session: Some(SESSION.into()), ..reply }
}

pub fn everything() -> Value {
    json!({ "tools": {}, "tasks": { "list": {}, "cancel": {}, "requests": { "tools": { "call": {} } } } })
}
