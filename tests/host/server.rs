//! A server that does everything right: here of the 2025-11-25 era. Tests replace what they want to see go wrong.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use mcp_tasks::engine::Millis;
use serde_json::{Value, json};

use crate::wire::{Reply, Sent};

type Handler = Box<dyn FnMut(&Sent) -> Reply>;
type Upset = Box<dyn FnMut(&Sent) -> Option<Reply>>;

pub const INVALID_PARAMS: i32 = -32602;
pub const METHOD_NOT_FOUND: i32 = -32601;

/// The tasks of a server, and what becomes of them.
#[derive(Default)]
pub struct Tasks {
    lives: BTreeMap<String, Vec<(Millis, Value)>>,
    made: usize,
    pub interval: Option<Value>,
    /// From this instant on whatever was not over is completed.
    pub all_done: Option<Millis>,
}

fn is_end(state: &Value) -> bool {
    let state = state.get("status").unwrap_or(state);
    ["completed", "failed", "cancelled"].iter().any(|end| state == end)
}

impl Tasks {
    /// The state of the task now: a name, or an object with more than its `status`.
    pub fn state(&self, id: &str, now: Millis) -> Option<Value> {
        let life = self.lives.get(id)?;
        let (_, state) = life.iter().rev().find(|(at, _)| *at <= now)?;
        let all_done = self.all_done.is_some_and(|at| at <= now);
        Some(if all_done && !is_end(state) { Value::from("completed") } else { state.clone() })
    }

    /// The task as the server sees it now.
    pub fn at(&self, id: &str, now: Millis) -> Option<Value> {
        Some(task(id, &self.state(id, now)?, self.interval.as_ref()))
    }

    /// What will become of the task.
    pub fn future(&self, id: &str, now: Millis) -> impl Iterator<Item = &(Millis, Value)> {
        self.lives.get(id).into_iter().flatten().filter(move |(at, _)| *at > now)
    }

    pub fn is_over(&self, id: &str, now: Millis) -> bool {
        self.at(id, now).is_some_and(|task| is_end(&task))
    }

    /// From that instant on the task is in this state: a name, or an object with more than its `status`.
    pub fn set(&mut self, id: &str, at: Millis, state: impl Into<Value>) {
        let life = self.lives.entry(id.into()).or_default();
        life.push((at, state.into()));
        life.sort_by_key(|(at, _)| *at);
    }

    /// The task ends now, whatever else it was going to do.
    pub fn end(&mut self, id: &str, now: Millis, state: &str) {
        self.lives.entry(id.into()).or_default().retain(|(at, _)| *at <= now);
        self.set(id, now, state);
    }

    /// All states that the task had or will have.
    pub fn history(&self, id: &str) -> Vec<Value> {
        self.lives.get(id).into_iter().flatten().map(|(_, state)| task(id, state, None)).collect()
    }

    pub fn forget(&mut self, id: &str) {
        self.lives.remove(id);
    }

    /// A new task, with the next id.
    pub fn make(&mut self, now: Millis) -> String {
        self.made += 1;
        let id = format!("t{}", self.made);
        if self.state(&id, now).is_none() {
            self.set(&id, now, "working");
        }
        id
    }
}

/// A `Task` object of the specification.
pub fn task(id: &str, state: &Value, interval: Option<&Value>) -> Value {
    let mut task = json!({
        "taskId": id, "status": state, "createdAt": "2025-11-25T10:30:00Z", "lastUpdatedAt": "2025-11-25T10:30:00Z", "ttl": 60_000,
    });
    for (name, value) in state.as_object().into_iter().flatten() {
        task[name] = value.clone();
    }
    if let Some(interval) = interval {
        task["pollInterval"] = interval.clone();
    }
    task
}

/// `notifications/tasks/status`, in which a task in this state is told of.
pub fn told(id: &str, state: impl Into<Value>) -> Value {
    json!({ "jsonrpc": "2.0", "method": "notifications/tasks/status", "params": task(id, &state.into(), None) })
}

pub fn all_capabilities() -> Value {
    json!({
        "tools": {}, "prompts": {}, "resources": {},
        "tasks": {
            "list": {}, "cancel": {},
            "requests": { "tools": { "call": {} }, "prompts": { "get": {} }, "resources": { "read": {} } },
        },
    })
}

fn all_tools() -> Value {
    json!([
        { "name": "slow", "inputSchema": {}, "execution": { "taskSupport": "optional" } },
        { "name": "must", "inputSchema": {}, "execution": { "taskSupport": "required" } },
        { "name": "plain", "inputSchema": {} },
        { "name": "never", "inputSchema": {}, "execution": { "taskSupport": "forbidden" } },
        { "name": "wrapped", "inputSchema": {}, "execution": { "taskSupport": "optional" },
          "outputSchema": { "type": "object", "x-fastmcp-wrap-result": true } },
    ])
}

pub fn text_result(text: &str) -> Value {
    json!({ "content": [{ "type": "text", "text": text }] })
}

pub struct Server {
    handlers: HashMap<String, Handler>,
    /// Asked before all others; where they say nothing, those are.
    upset: Option<Upset>,
    gate: Option<Upset>,
    pub tasks: Rc<RefCell<Tasks>>,
    pub tools: Rc<RefCell<Value>>,
    /// How long every answer takes.
    pub latency: Millis,
}

impl Server {
    /// A server that refuses everything.
    pub fn bare(tools: Value) -> Self {
        let tools = Rc::new(RefCell::new(tools));
        Self { handlers: HashMap::new(), upset: None, gate: None, tasks: Rc::default(), tools, latency: 0 }
    }

    pub fn new(capabilities: Value) -> Self {
        let mut server = Self::bare(all_tools());
        server.on("initialize", move |sent| {
            let version = sent.params()["protocolVersion"].clone();
            let info = json!({ "name": "scripted", "version": "1" });
            Reply::json(sent.result(json!({ "protocolVersion": version, "capabilities": capabilities, "serverInfo": info })))
        });
        let tools = server.tools.clone();
        server.on("tools/list", move |sent| Reply::json(sent.result(json!({ "tools": *tools.borrow() }))));
        for (method, plain) in [
            ("tools/call", text_result("at once")),
            ("prompts/get", json!({ "messages": [] })),
            ("resources/read", json!({ "contents": [] })),
        ] {
            let tasks = server.tasks.clone();
            server.on(method, move |sent| {
                let asks = sent.params()["task"].is_object();
                let made = asks.then(|| {
                    let id = tasks.borrow_mut().make(sent.at);
                    json!({ "task": tasks.borrow().at(&id, sent.at) })
                });
                Reply::json(sent.result(made.unwrap_or_else(|| plain.clone())))
            });
        }
        server.serve_tasks();
        server.on("GET", |_| Reply::status(405));
        server
    }

    fn serve_tasks(&mut self) {
        let tasks = self.tasks.clone();
        self.on("tasks/get", move |sent| {
            Reply::json(match tasks.borrow().at(id_of(sent), sent.at) {
                Some(task) => sent.result(task),
                None => sent.error(INVALID_PARAMS, "Task not found"),
            })
        });
        let tasks = self.tasks.clone();
        self.on("tasks/result", move |sent| {
            let tasks = tasks.borrow();
            let status = tasks.at(id_of(sent), sent.at).map(|task| task["status"].clone());
            Reply::json(match status.as_ref().and_then(Value::as_str) {
                Some("completed") => sent.result(text_result("done")),
                Some("failed") => sent.result(json!({ "content": [{ "type": "text", "text": "why it failed" }], "isError": true })),
                Some("cancelled") => sent.error(INVALID_PARAMS, "Task was cancelled"),
                Some(_) => sent.error(INVALID_PARAMS, "Task is not completed yet"),
                None => sent.error(INVALID_PARAMS, "Task not found"),
            })
        });
        let tasks = self.tasks.clone();
        self.on("tasks/cancel", move |sent| {
            let mut tasks = tasks.borrow_mut();
            if tasks.at(id_of(sent), sent.at).is_none() {
                return Reply::json(sent.error(INVALID_PARAMS, "Task not found"));
            }
            if tasks.is_over(id_of(sent), sent.at) {
                return Reply::json(sent.error(INVALID_PARAMS, "Task has ended"));
            }
            tasks.end(id_of(sent), sent.at, "cancelled");
            Reply::json(sent.result(tasks.at(id_of(sent), sent.at).into()))
        });
        let tasks = self.tasks.clone();
        self.on("tasks/list", move |sent| {
            let tasks = tasks.borrow();
            let all: Vec<_> = tasks.lives.keys().filter_map(|id| tasks.at(id, sent.at)).collect();
            Reply::json(sent.result(json!({ "tasks": all })))
        });
    }

    /// From now on, this is what happens to requests of this method.
    pub fn on(&mut self, method: &str, handler: impl FnMut(&Sent) -> Reply + 'static) {
        self.handlers.insert(method.into(), Box::new(handler));
    }

    /// From now on, this is asked first.
    pub fn upset(&mut self, upset: impl FnMut(&Sent) -> Option<Reply> + 'static) {
        self.upset = Some(Box::new(upset));
    }

    /// Whatever tests replace, this is asked before it.
    pub fn gate(&mut self, gate: impl FnMut(&Sent) -> Option<Reply> + 'static) {
        self.gate = Some(Box::new(gate));
    }

    pub fn reply(&mut self, sent: &Sent) -> Reply {
        self.handle(sent).after(self.latency)
    }

    fn handle(&mut self, sent: &Sent) -> Reply {
        for first in [&mut self.upset, &mut self.gate] {
            if let Some(reply) = first.as_mut().and_then(|first| first(sent)) {
                return reply;
            }
        }
        match self.handlers.get_mut(sent.method()) {
            Some(handler) => handler(sent),
            None if sent.body["id"].is_null() || sent.method() == "answer" => Reply::status(202),
            None => Reply::json(sent.error(METHOD_NOT_FOUND, "Method not found")),
        }
    }
}

pub fn id_of(sent: &Sent) -> &str {
    sent.params()["taskId"].as_str().unwrap_or_default()
}
