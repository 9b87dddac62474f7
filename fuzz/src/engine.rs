//! The whole engine: bytes as a sequence of what callers, the network and the clock do. Nothing breaks, a call ends once, and after the
//! end there is nothing left.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use mcp_tasks::engine::{
    Answers, Body, CallId, Config, Engine, Era, ExchangeId, Failure, Head, Invocation, Kind, Listing, Media, Millis, Output, QuestionId,
    Round, State,
};
use serde_json::{Value, json};

use crate::node::Node;

const IDS: [&str; 3] = ["t1", "t2", "t3"];
const KINDS: [Kind; 3] = [Kind::Tool, Kind::Prompt, Kind::Resource];
const STATUSES: [u16; 12] = [200, 200, 200, 200, 202, 400, 401, 404, 405, 429, 500, 503];
const MEDIA: [Media; 3] = [Media::Json, Media::EventStream, Media::Other];
const STATES: [&str; 5] = ["working", "input_required", "completed", "failed", "cancelled"];
const FAILURES: [Failure; 5] = [Failure::Network, Failure::TooLarge, Failure::Redirected, Failure::Unsendable, Failure::SignIn];
const VERSION: [&str; 2] = ["2026-07-28", "2025-11-25"];

/// The bytes as they are used up; zeros after their end.
struct Tape<'a>(&'a [u8]);

impl<'a> Tape<'a> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::from(self.byte()) % of.len()]
    }

    fn chance(&mut self) -> bool {
        self.byte() % 2 == 1
    }

    fn chunk(&mut self) -> &'a [u8] {
        let length = usize::from(self.byte()).min(self.0.len());
        let (chunk, rest) = self.0.split_at(length);
        self.0 = rest;
        chunk
    }

    fn time(&mut self) -> Millis {
        1 << (self.byte() % 24)
    }
}

struct World<'a> {
    engine: Engine<Node>,
    tape: Tape<'a>,
    now: Millis,
    last_call: CallId,
    settled: BTreeSet<CallId>,
    /// The exchanges that are open, with the message that was sent and how the response is read.
    open: BTreeMap<ExchangeId, (Value, Option<Body>)>,
    asked: Vec<QuestionId>,
}

pub fn try_out(data: &[u8]) {
    let mut tape = Tape(data);
    let answers = Answers { elicitation: tape.chance(), sampling: tape.chance(), roots: true, local: false };
    let known = tape.pick(&[None, Some(Era::Legacy), Some(Era::Modern)]);
    let config = Config {
        client_info: Node(json!({ "name": "fuzz", "version": "0" })),
        notifications: tape.chance(),
        patience: 60_000,
        id_prefix: "here".into(),
        debug: false,
        hides_headers: tape.chance(),
        wanted: None,
        known,
        answers,
        remembers: true,
        session: None,
        crowd: Rc::default(),
        seed: 7,
    };
    let mut world = World {
        engine: Engine::new(config),
        tape,
        now: 1_000_000,
        last_call: 0,
        settled: BTreeSet::new(),
        open: BTreeMap::new(),
        asked: Vec::new(),
    };
    world.live();
}

impl World<'_> {
    fn live(&mut self) {
        let call = self.call();
        self.engine.connect(call, self.now);
        self.drain();
        while !self.tape.0.is_empty() {
            match self.tape.byte() % 4 {
                0 => self.act(),
                1 => self.pass(),
                _ => self.respond(),
            }
            self.drain();
        }
        let call = self.call();
        self.engine.close(call, self.tape.chance(), self.now);
        self.drain();
        self.now += 1 << 40;
        self.engine.tick(self.now);
        self.drain();
        assert!(self.settled.contains(&call), "closing ends");
        assert_eq!(self.engine.deadline(), None, "nothing is left to do");
    }

    fn call(&mut self) -> CallId {
        self.last_call += 1;
        self.last_call
    }

    fn drain(&mut self) {
        while let Some(output) = self.engine.poll_output(|| self.now) {
            match output {
                Output::Fetch(fetch) => {
                    let is_new = self.open.insert(fetch.exchange, (fetch.body.map_or(Value::Null, |body| body.0), None)).is_none();
                    assert!(is_new, "an exchange begins once");
                }
                Output::Abort(exchange) => {
                    self.open.remove(&exchange);
                }
                Output::Resolve(call, _) | Output::Reject(call, _) => {
                    assert!(call <= self.last_call && self.settled.insert(call), "call {call} ends twice");
                }
                Output::Ask(ask) => self.asked.push(ask.question),
                Output::Withdraw(question) => self.asked.retain(|each| *each != question),
                _ => {}
            }
        }
    }

    fn pass(&mut self) {
        self.now = match self.engine.deadline() {
            Some(deadline) if self.tape.chance() => self.now.max(deadline),
            _ => self.now + self.tape.time(),
        };
        self.engine.tick(self.now);
    }

    /// Something that a caller does.
    fn act(&mut self) {
        let (id, now) = (self.tape.pick(&IDS), self.now);
        match self.tape.byte() % 18 {
            0..=3 => self.invoke(),
            4 => {
                let call = self.call();
                self.engine.status(call, id, now);
            }
            5 => {
                let (call, state) = (self.call(), State::named(self.tape.pick(&STATES)).filter(|_| self.tape.chance()));
                self.engine.wait(call, id, state, now);
            }
            6 | 7 => {
                let (call, kind) = (self.call(), self.tape.pick(&KINDS));
                self.engine.result(call, id, Some(kind), "slow", true, None, now);
            }
            8 => {
                let call = self.call();
                self.engine.cancel(call, id, now);
            }
            9 => {
                let (call, key) = (self.call(), self.tape.pick(&["a", "b", "0", "7"]));
                self.engine.respond(call, id, key.into(), Node(json!({ "action": "decline" })), now);
            }
            10 => {
                let watching = self.tape.chance();
                self.engine.watch(id, watching, now);
            }
            11 => self.engine.follow(id, now),
            12 => self.engine.detach(id, now),
            13 => {
                let call = u32::from(self.tape.byte());
                // A call that ended cannot be abandoned, and one that was ends no more.
                if call > 0 && call <= self.last_call && self.settled.insert(call) {
                    self.engine.abandon(call, now);
                }
            }
            14 => {
                let (call, listing) = (self.call(), self.tape.pick(&Listing::ALL));
                self.engine.list(call, listing, now);
            }
            15 => {
                let call = self.call();
                self.engine.list_tasks(call, None, 10, now);
            }
            16 => match self.tape.byte() % 5 {
                0 | 2 => self.engine.wake(now),
                1 => self.engine.offline(),
                3 => self.engine.signing_in(now),
                _ => self.engine.signed_in(self.tape.chance(), now),
            },
            _ => self.answer(),
        }
    }

    fn invoke(&mut self) {
        let (kind, name) = (self.tape.pick(&KINDS), self.tape.pick(&["slow", "must", "plain"]));
        let (as_task, progress) = (self.tape.chance(), self.tape.chance());
        let invocation = Invocation {
            kind,
            name: name.into(),
            arguments: None,
            meta: None,
            as_task,
            ttl: None,
            throw: true,
            progress,
            patience: None,
            round: Round::default(),
        };
        let call = self.call();
        self.engine.invoke(call, invocation, self.now);
    }

    fn answer(&mut self) {
        if let Some(question) = self.asked.pop() {
            match self.tape.byte() % 4 {
                0 => self.engine.refuse(question, Node(json!("no")), self.now),
                1 => self.engine.answer(question, Node(json!(1)), self.now),
                _ => self.engine.answer(question, Node(json!({ "action": "accept", "content": {} })), self.now),
            }
        }
    }

    /// Something that happens on one of the exchanges.
    fn respond(&mut self) {
        let open: Vec<_> = self.open.keys().copied().collect();
        if open.is_empty() {
            return;
        }
        let exchange = self.tape.pick(&open);
        let (sent, reading) = self.open[&exchange].clone();
        if self.tape.byte() % 16 == 0 {
            self.open.remove(&exchange);
            let failure = self.tape.pick(&FAILURES);
            return self.engine.failed(exchange, failure, None, self.now);
        }
        match reading {
            None => self.begin(exchange),
            Some(Body::Whole) => {
                self.open.remove(&exchange);
                let message = self.message(&sent);
                self.engine.body(exchange, message.map(Node), self.now);
            }
            Some(_) if self.tape.byte() % 4 == 0 => {
                self.open.remove(&exchange);
                self.engine.ended(exchange, self.now);
            }
            Some(_) if self.tape.chance() => {
                let chunk = self.tape.chunk();
                self.engine.bytes(exchange, chunk, self.now);
            }
            Some(_) => {
                let event = self.message(&sent).map(|message| format!("id: {exchange}\ndata: {message}\n\n"));
                self.engine.bytes(exchange, event.unwrap_or_default().as_bytes(), self.now);
            }
        }
    }

    fn begin(&mut self, exchange: ExchangeId) {
        let head = Head {
            status: self.tape.pick(&STATUSES),
            media: self.tape.pick(&MEDIA),
            session_id: self.tape.chance().then(|| "session".into()),
            retry_after: self.tape.chance().then(|| self.tape.time()),
            ..Head::default()
        };
        match self.engine.head(exchange, head, self.now) {
            Body::Unread => {
                self.open.remove(&exchange);
            }
            body => {
                self.open.entry(exchange).and_modify(|(_, reading)| *reading = Some(body));
            }
        }
    }

    /// What a server might say to this request, or by itself; or anything at all.
    fn message(&mut self, sent: &Value) -> Option<Value> {
        let id = &sent["id"];
        let task = self.task();
        let answer = |result: Value| json!({ "jsonrpc": "2.0", "id": id, "result": result });
        Some(match self.tape.byte() % 9 {
            0 => return serde_json::from_slice(self.tape.chunk()).ok(),
            1 => {
                json!({ "jsonrpc": "2.0", "id": id, "error": { "code": self.tape.pick(&[-32602, -32601, -32600, -32000, -32020, -32022]), "message": "no" } })
            }
            2 => {
                json!({ "jsonrpc": "2.0", "method": self.tape.pick(&["notifications/tasks", "notifications/tasks/status"]), "params": task })
            }
            3 => json!({ "jsonrpc": "2.0", "id": self.tape.byte() % 3, "method": "elicitation/create", "params": {
                "message": "m", "_meta": { "io.modelcontextprotocol/related-task": { "taskId": self.tape.pick(&IDS) } },
            } }),
            4 => {
                json!({ "jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged", "params": { "notifications": { "taskIds": IDS } } })
            }
            5 => answer(self.anything()),
            _ => answer(self.expected(sent, task)),
        })
    }

    fn task(&mut self) -> Value {
        let questions = json!({ "a": { "method": "elicitation/create", "params": {} } });
        json!({
            "taskId": self.tape.pick(&IDS), "status": self.tape.pick(&STATES), "pollInterval": 1_000, "pollIntervalMs": 1_000,
            "result": { "content": [] }, "error": { "code": -32603, "message": "broken" }, "inputRequests": questions,
        })
    }

    fn anything(&mut self) -> Value {
        serde_json::from_slice(self.tape.chunk()).unwrap_or_default()
    }

    fn expected(&mut self, sent: &Value, task: Value) -> Value {
        match sent["method"].as_str().unwrap_or_default() {
            "server/discover" => {
                json!({ "supportedVersions": VERSION, "capabilities": { "tools": {}, "extensions": { "io.modelcontextprotocol/tasks": {} } } })
            }
            "initialize" => json!({ "protocolVersion": "2025-11-25", "capabilities": {
                "tools": {}, "tasks": { "list": {}, "cancel": {}, "requests": { "tools": { "call": {} } } },
            } }),
            "tools/list" => json!({ "tools": [
                { "name": "slow", "execution": { "taskSupport": "optional" } }, { "name": "must", "execution": { "taskSupport": "required" } },
            ] }),
            "tools/call" if sent["params"]["task"].is_object() => json!({ "task": task }),
            "tools/call" => {
                let mut task = task;
                task["resultType"] = json!(self.tape.pick(&["task", "complete", "input_required"]));
                task["content"] = json!([]);
                task
            }
            "tasks/list" => json!({ "tasks": [task] }),
            "tasks/get" | "tasks/cancel" => task,
            _ => json!({ "content": [], "messages": [], "contents": [] }),
        }
    }
}
