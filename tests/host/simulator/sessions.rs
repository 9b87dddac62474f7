//! What the server of a world answers in the era of sessions.

use mcp_tasks::engine::{Kind, Millis, State, Verb};
use serde_json::{Value, json};

use super::chance::Chance;
use super::peer::{Carrier, Peer, token};
use super::plan::{Asking, Cancelling};
use super::truth::{End, broken, result};
use crate::server::{INVALID_PARAMS, METHOD_NOT_FOUND};
use crate::wire::{Reply, Sent};

impl Peer {
    pub fn serve_session(&mut self, sent: &Sent, now: Millis, chance: &mut Chance) -> Reply {
        if sent.method() == "server/discover" {
            return match chance.below(3) {
                0 => Reply::status(400),
                1 => Reply::status_with(400, sent.error(-32600, "Bad Request: no session")),
                _ => Reply::json(sent.error(METHOD_NOT_FOUND, "Method not found")),
            };
        }
        if sent.method() == "initialize" {
            return self.initialize(sent, chance);
        }
        let session = sent.header("mcp-session-id");
        if self.plan.sessions && !self.sessions.iter().any(|id| session == Some(id)) {
            return match chance.percent(70) {
                true => Reply::status_with(
                    404,
                    json!({ "jsonrpc": "2.0", "id": null, "error": { "code": -32001, "message": "Session not found" } }),
                ),
                false => Reply::status_with(
                    400,
                    json!({ "jsonrpc": "2.0", "id": null, "error": { "code": -32000, "message": "No valid session" } }),
                ),
            };
        }
        match sent.verb {
            Verb::Get => return self.open_stream(sent),
            Verb::Delete => return self.end_session(sent),
            Verb::Post => {}
        }
        match sent.method() {
            "answer" => {
                let serial = sent.body["id"].as_u64().unwrap_or_default() as u32;
                self.answered(serial, now, chance);
                Reply::status(202)
            }
            "notifications/cancelled" => {
                let request = sent.params()["requestId"].clone();
                self.carriers.retain(|(_, carrier)| !matches!(carrier, Carrier::Result(id, _) if *id == request));
                Reply::status(202)
            }
            "tools/list" => self.plain(sent, tools(), chance),
            "tools/call" | "prompts/get" | "resources/read" => self.call(sent, now, chance),
            method if method.starts_with("tasks/") && self.plan.tasks => self.of_task(sent, now, chance),
            _ if sent.body["id"].is_null() => Reply::status(202),
            _ => Reply::json(sent.error(METHOD_NOT_FOUND, "Method not found")),
        }
    }

    fn initialize(&mut self, sent: &Sent, chance: &mut Chance) -> Reply {
        self.may_ask = sent.params()["capabilities"]["elicitation"].is_object();
        let mut capabilities = json!({ "tools": {}, "prompts": {}, "resources": {} });
        if self.plan.tasks {
            let mut tasks = json!({ "requests": { "tools": { "call": {} } } });
            if self.plan.all_kinds {
                tasks["requests"]["prompts"] = json!({ "get": {} });
                tasks["requests"]["resources"] = json!({ "read": {} });
            }
            if self.plan.lists_tasks {
                tasks["list"] = json!({});
            }
            if self.plan.cancelling != Cancelling::Unknown {
                tasks["cancel"] = json!({});
            }
            capabilities["tasks"] = tasks;
        }
        let version = sent.params()["protocolVersion"].clone();
        let info = json!({ "name": "simulated", "version": "1" });
        let reply = self.plain(sent, json!({ "protocolVersion": version, "capabilities": capabilities, "serverInfo": info }), chance);
        if self.plan.sessions { reply.in_session(&self.begin_session()) } else { reply }
    }

    fn end_session(&mut self, sent: &Sent) -> Reply {
        self.sessions.retain(|id| sent.header("mcp-session-id") != Some(id));
        Reply::status(200)
    }

    /// The stream of the server's own messages, or what goes on where a request's stream broke off.
    fn open_stream(&mut self, sent: &Sent) -> Reply {
        let after = sent.header("last-event-id").and_then(|id| id.split('-').next()?.parse::<u64>().ok());
        if let Some(request) = after {
            let waiting = self.carriers.iter().find_map(|(_, each)| match each {
                Carrier::Result(id, index) if id.as_u64() == Some(request) => Some(*index),
                _ => None,
            });
            if let Some(index) = waiting {
                self.carriers.retain(|(_, each)| !matches!(each, Carrier::Result(id, _) if id.as_u64() == Some(request)));
                self.carriers.push((sent.exchange, Carrier::Result(json!(request), index)));
                self.ask(index, Some(sent.exchange));
                return Reply::stream();
            }
            return match self.stored.get(&request).cloned() {
                Some(message) => {
                    let event = self.event(&json!(request), &message);
                    Reply::stream().bytes(&event).ends()
                }
                None => Reply::status(404),
            };
        }
        if !self.plan.streams {
            return Reply::status(405);
        }
        self.carriers.retain(|(_, carrier)| *carrier != Carrier::Stream);
        self.carriers.push((sent.exchange, Carrier::Stream));
        if self.plan.asking != Asking::OnResult {
            (0..self.tasks.len()).for_each(|index| self.ask_again(index, sent));
        }
        Reply::stream()
    }

    /// Whoever asks in the order of the push has to push again.
    fn ask_again(&mut self, index: usize, sent: &Sent) {
        if self.tasks[index].open.is_empty() || self.tasks[index].is_forgotten {
            return;
        }
        if self.plan.asking == Asking::AfterPush {
            let params = self.tasks[index].to_session(State::InputRequired, self.plan.interval);
            let told = json!({ "jsonrpc": "2.0", "method": "notifications/tasks/status", "params": params });
            let event = self.event(&json!("stream"), &told);
            self.out.push((sent.exchange, Reply::default().bytes(&event)));
        }
        self.ask(index, Some(sent.exchange));
    }

    fn call(&mut self, sent: &Sent, now: Millis, chance: &mut Chance) -> Reply {
        let name = sent.params()["name"].as_str().unwrap_or("slow").to_owned();
        let kind = match sent.method() {
            "prompts/get" => Kind::Prompt,
            "resources/read" => Kind::Resource,
            _ => Kind::Tool,
        };
        let as_task = sent.params()["task"].is_object();
        if name == "must" && !as_task {
            return Reply::json(sent.error(METHOD_NOT_FOUND, "Task augmentation required"));
        }
        self.execute(sent);
        if as_task && name != "quick" {
            let index = self.make(sent, now, chance);
            let interval = self.plan.interval;
            // As it was made: what became of it since, the polls tell.
            let state = if chance.percent(80) { State::Working } else { self.tasks[index].state };
            let task = self.tasks[index].to_session(state, interval);
            return self.plain(sent, json!({ "task": task }), chance);
        }
        match chance.below(10) {
            0 => {
                let mut error = sent.error(0, "");
                error["error"] = broken(token(sent));
                self.answer(sent, error, chance)
            }
            _ => self.plain(sent, result(kind, token(sent)), chance),
        }
    }

    fn of_task(&mut self, sent: &Sent, now: Millis, chance: &mut Chance) -> Reply {
        if sent.method() == "tasks/list" {
            let known = self.tasks.iter().filter(|task| !task.is_forgotten);
            let all: Vec<_> = known.map(|task| task.to_session(task.state, self.plan.interval)).collect();
            return self.plain(sent, json!({ "tasks": all }), chance);
        }
        let Some(index) = self.find(sent) else { return Reply::json(Self::unknown(sent)) };
        match sent.method() {
            "tasks/get" => {
                let task = &self.tasks[index];
                let hides = self.plan.asking == Asking::AfterPush && !task.open.is_empty();
                let told = task.to_session(if hides { State::Working } else { task.state }, self.plan.interval);
                self.plain(sent, told, chance)
            }
            "tasks/result" => self.result(sent, index, chance),
            "tasks/cancel" => self.cancel(sent, index, now, chance),
            _ => Reply::json(sent.error(METHOD_NOT_FOUND, "Method not found")),
        }
    }

    fn result(&mut self, sent: &Sent, index: usize, chance: &mut Chance) -> Reply {
        let asks = !self.tasks[index].open.is_empty() && self.plan.asking == Asking::OnResult;
        if self.tasks[index].is_over() {
            let answer = self.payload(index, &sent.body["id"]);
            return self.answer(sent, answer, chance);
        }
        if !self.plan.blocking && !asks {
            return Reply::json(sent.error(INVALID_PARAMS, "Task is not completed yet"));
        }
        self.carriers.push((sent.exchange, Carrier::Result(sent.body["id"].clone(), index)));
        self.ask(index, Some(sent.exchange));
        match self.plan.primed {
            true => Reply::stream().bytes(&format!("id: {}-0\ndata:\n\n", sent.body["id"])),
            false => Reply::stream(),
        }
    }

    /// The answer to `tasks/result` of a task that has ended.
    pub fn payload(&mut self, index: usize, request: &Value) -> Value {
        let task = &self.tasks[index];
        let answer = match (task.outcome(), task.end) {
            (Some(result), _) => json!({ "jsonrpc": "2.0", "id": request, "result": result }),
            (None, Some(End::Cancelled)) => {
                json!({ "jsonrpc": "2.0", "id": request, "error": { "code": INVALID_PARAMS, "message": "Task was cancelled" } })
            }
            (None, _) => json!({ "jsonrpc": "2.0", "id": request, "error": broken(task.token) }),
        };
        if self.plan.primed {
            self.stored.insert(request.as_u64().unwrap_or_default(), answer.clone());
        }
        answer
    }

    fn cancel(&mut self, sent: &Sent, index: usize, now: Millis, chance: &mut Chance) -> Reply {
        let is_over = self.tasks[index].is_over();
        match self.plan.cancelling {
            Cancelling::Refuses | Cancelling::Unknown => return Reply::json(sent.error(INVALID_PARAMS, "Task cannot be cancelled")),
            _ if is_over && chance.percent(50) => return Reply::json(sent.error(INVALID_PARAMS, "Task has ended")),
            Cancelling::Obeys if !is_over => self.finish(index, End::Cancelled, now),
            _ => {}
        }
        let told = self.tasks[index].to_session(self.tasks[index].state, self.plan.interval);
        self.plain(sent, told, chance)
    }
}

/// The tools of a world, by what becomes of a call.
pub fn tools() -> Value {
    let tool =
        |name: &str, support: &str| json!({ "name": name, "inputSchema": { "type": "object" }, "execution": { "taskSupport": support } });
    let mut safe = tool("safe", "optional");
    safe["annotations"] = json!({ "idempotentHint": true });
    json!({ "tools": [tool("slow", "optional"), tool("must", "required"), tool("plain", "forbidden"), tool("quick", "optional"), safe] })
}
