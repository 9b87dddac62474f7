//! The server of a world: what its tasks do, and what it tells of them by itself. What it answers stands in the files of the eras.

use std::collections::BTreeMap;

use mcp_tasks::engine::{Era, ExchangeId, Kind, Millis, State};
use serde_json::{Value, json};

use super::chance::Chance;
use super::plan::{Asking, Plan};
use super::truth::{End, Open, Step, Task, question};
use crate::modern_server::complete;
use crate::server::INVALID_PARAMS;
use crate::wire::{Reply, Sent};

/// What an open response is for.
#[derive(Clone, Debug, PartialEq)]
pub enum Carrier {
    /// The server's own messages, in the era of sessions.
    Stream,
    /// The same in the stateless era: of these tasks, as the subscription of this id.
    Subscription(Value, Vec<usize>),
    /// The answer to the request of this id: the result of a task.
    Result(Value, usize),
}

/// A call as the server saw it.
#[derive(Default)]
pub struct Execution {
    pub times: u32,
    /// It may be made twice.
    pub is_safe: bool,
    pub task: Option<usize>,
    /// How often the server asked before it answered.
    pub rounds: u32,
}

pub struct Peer {
    pub plan: Plan,
    pub tasks: Vec<Task>,
    pub executions: BTreeMap<u64, Execution>,
    pub carriers: Vec<(ExchangeId, Carrier)>,
    pub sessions: Vec<String>,
    made_sessions: u32,
    /// The client said that it answers.
    pub may_ask: bool,
    last_question: u32,
    last_event: u32,
    /// The answers that were given on streams, by the request: for those who lost them.
    pub stored: BTreeMap<u64, Value>,
    /// How often a question was sent, by its number.
    pub sent_questions: BTreeMap<u32, u32>,
    /// What is to be sent, and which tasks go on when.
    pub out: Vec<(ExchangeId, Reply)>,
    pub wakes: Vec<(Millis, usize)>,
    /// Nothing is late or lost, and nobody is waited for without end.
    pub calm: bool,
}

impl Peer {
    pub fn new(plan: Plan) -> Self {
        Self {
            plan,
            tasks: Vec::new(),
            executions: BTreeMap::new(),
            carriers: Vec::new(),
            sessions: Vec::new(),
            made_sessions: 0,
            may_ask: false,
            last_question: 0,
            last_event: 0,
            stored: BTreeMap::new(),
            sent_questions: BTreeMap::new(),
            out: Vec::new(),
            wakes: Vec::new(),
            calm: false,
        }
    }

    /// What becomes of a request that arrives.
    pub fn serve(&mut self, sent: &Sent, now: Millis, chance: &mut Chance) -> Reply {
        match self.plan.era {
            Era::Legacy => self.serve_session(sent, now, chance),
            Era::Modern => self.serve_stateless(sent, now, chance),
        }
    }

    /// The connection of a response is gone.
    pub fn hung_up(&mut self, exchange: ExchangeId) {
        self.carriers.retain(|(each, _)| *each != exchange);
    }

    /// Nothing of what it says there arrives.
    pub fn silence(&mut self, exchange: ExchangeId) {
        self.hung_up(exchange);
        self.out.retain(|(each, _)| *each != exchange);
    }

    /// The process ends and another begins; gives the responses that were open.
    pub fn restart(&mut self) -> Vec<ExchangeId> {
        if self.plan.forgets_sessions {
            self.sessions.clear();
            self.stored.clear();
        }
        if self.plan.forgets_tasks {
            self.tasks.iter_mut().for_each(|task| task.is_forgotten = true);
        }
        std::mem::take(&mut self.carriers).into_iter().map(|(exchange, _)| exchange).collect()
    }

    pub fn begin_session(&mut self) -> String {
        self.made_sessions += 1;
        let id = format!("session-{}", self.made_sessions);
        self.sessions.push(id.clone());
        id
    }

    /// The task that is known by this id.
    pub fn find(&self, sent: &Sent) -> Option<usize> {
        let index = Task::index(sent.params()["taskId"].as_str()?)?;
        self.tasks.get(index).filter(|task| !task.is_forgotten).map(|_| index)
    }

    pub fn unknown(sent: &Sent) -> Value {
        sent.error(INVALID_PARAMS, "Task not found")
    }

    /// A call arrives, and work begins.
    pub fn execute(&mut self, sent: &Sent) {
        let execution = self.executions.entry(token(sent)).or_default();
        execution.times += 1;
        execution.is_safe = sent.params()["name"] == "safe" || sent.method() != "tools/call";
    }

    pub fn make(&mut self, sent: &Sent, now: Millis, chance: &mut Chance) -> usize {
        let kind = match sent.method() {
            "prompts/get" => Kind::Prompt,
            "resources/read" => Kind::Resource,
            _ => Kind::Tool,
        };
        let index = self.tasks.len();
        self.tasks.push(Task::new(index, token(sent), kind, chance));
        self.executions.entry(token(sent)).or_default().task = Some(index);
        self.go_on(index, now, chance);
        index
    }

    /// The next that happens to a task by itself.
    pub fn go_on(&mut self, index: usize, now: Millis, chance: &mut Chance) {
        let (may_ask, calm) = (self.may_ask, self.calm);
        let retention = self.plan.retention;
        let task = &mut self.tasks[index];
        if task.is_over() {
            task.is_forgotten |= now >= task.ended_at + retention;
            return;
        }
        if task.is_forgotten || !task.open.is_empty() {
            return;
        }
        match task.next() {
            Step::Work(time) => {
                let message = chance.percent(40).then(|| format!("step {}", task.past.len()));
                task.enter(State::Working, message);
                self.wakes.push((now + time, index));
            }
            // Nobody answers: it goes on by itself after a while.
            Step::Ask(_) if !may_ask => {
                let waits = chance.percent(30);
                if waits {
                    task.enter(State::InputRequired, None);
                }
                self.wakes.push((now + if waits && !calm { chance.around(20_000) } else { 0 }, index));
            }
            Step::Ask(count) => {
                task.open = (1..=count).map(|each| Open { serial: self.last_question + each }).collect();
                self.last_question += count;
                task.enter(State::InputRequired, None);
            }
            Step::End(end) => return self.finish(index, end, now),
        }
        self.announce(index);
        self.ask(index, None);
    }

    pub fn finish(&mut self, index: usize, end: End, now: Millis) {
        let modern = self.plan.era == Era::Modern;
        self.tasks[index].finish(end, modern, now);
        self.wakes.push((now + self.plan.retention, index));
        self.announce(index);
        let waiting: Vec<_> =
            self.carriers.iter().filter(|(_, each)| matches!(each, Carrier::Result(_, of) if *of == index)).cloned().collect();
        for (exchange, carrier) in waiting {
            let Carrier::Result(request, _) = carrier else { continue };
            let answer = self.payload(index, &request);
            let last = Reply::default().bytes(&self.event(&request, &answer)).ends();
            self.out.push((exchange, last));
            self.hung_up(exchange);
        }
    }

    /// A question has its answer.
    pub fn answered(&mut self, serial: u32, now: Millis, chance: &mut Chance) {
        let Some(index) = self.tasks.iter().position(|task| task.open.iter().any(|open| open.serial == serial)) else { return };
        let task = &mut self.tasks[index];
        task.open.retain(|open| open.serial != serial);
        if task.open.is_empty() {
            task.enter(State::Working, None);
            self.wakes.push((now + chance.pick(&[0, 0, 0, 100, 1_500]), index));
        }
        self.announce(index);
    }

    /// Tells of a task on the stream that is there for it.
    fn announce(&mut self, index: usize) {
        if !self.plan.pushes {
            return;
        }
        let mut told = Vec::new();
        for (exchange, carrier) in self.carriers.iter().rev() {
            match carrier {
                Carrier::Stream => {
                    let params = self.tasks[index].to_session(self.tasks[index].state, self.plan.interval);
                    told.push((*exchange, json!({ "jsonrpc": "2.0", "method": "notifications/tasks/status", "params": params })));
                    break;
                }
                Carrier::Subscription(id, of) if of.contains(&index) => {
                    let mut params = self.tasks[index].to_stateless(self.plan.interval);
                    params["_meta"] = json!({ "io.modelcontextprotocol/subscriptionId": id });
                    told.push((*exchange, json!({ "jsonrpc": "2.0", "method": "notifications/tasks", "params": params })));
                }
                _ => {}
            }
        }
        for (exchange, message) in told {
            let event = self.event(&json!("stream"), &message);
            self.out.push((exchange, Reply::default().bytes(&event)));
        }
    }

    /// Sends what a task asks, on the stream that it asks on, or on the one that has just come.
    pub fn ask(&mut self, index: usize, only: Option<ExchangeId>) {
        if self.plan.era == Era::Modern || self.tasks[index].open.is_empty() || self.tasks[index].is_forgotten {
            return;
        }
        let on_result = self.plan.asking == Asking::OnResult;
        let carries = |carrier: &Carrier| match carrier {
            Carrier::Stream => !on_result,
            Carrier::Result(_, of) => on_result && *of == index,
            Carrier::Subscription(..) => false,
        };
        let carrier = self.carriers.iter().rev().find(|(exchange, each)| carries(each) && only.is_none_or(|only| only == *exchange));
        let Some((exchange, carrier)) = carrier.cloned() else { return };
        let on = match &carrier {
            Carrier::Result(request, _) => request.clone(),
            _ => json!("stream"),
        };
        let mut events = String::new();
        for open in self.tasks[index].open.clone() {
            *self.sent_questions.entry(open.serial).or_default() += 1;
            let mut message = question(open.serial);
            message["jsonrpc"] = json!("2.0");
            message["id"] = json!(open.serial);
            if self.plan.asking != Asking::AfterPush {
                message["params"]["_meta"] = json!({ "io.modelcontextprotocol/related-task": { "taskId": self.tasks[index].id } });
            }
            events += &self.event(&on, &message);
        }
        self.out.push((exchange, Reply::default().bytes(&events)));
    }

    /// A message as an event: of a request's stream, or of the server's own.
    pub fn event(&mut self, of: &Value, message: &Value) -> String {
        if !self.plan.primed || self.plan.era == Era::Modern {
            return format!("data: {message}\n\n");
        }
        self.last_event += 1;
        let of = of.as_u64().map_or_else(|| "stream".into(), |of| of.to_string());
        format!("id: {of}-{}\ndata: {message}\n\n", self.last_event)
    }

    /// The answer to a request: in one piece, or as an event stream.
    pub fn answer(&mut self, sent: &Sent, message: Value, chance: &mut Chance) -> Reply {
        if !chance.percent(self.plan.events) {
            return Reply::json(message);
        }
        let id = sent.body["id"].clone();
        let mut stream = Reply::stream();
        if self.plan.primed && self.plan.era == Era::Legacy {
            stream = stream.bytes(&format!("id: {id}-0\ndata:\n\n"));
            self.stored.insert(id.as_u64().unwrap_or_default(), message.clone());
        }
        let event = self.event(&id, &message);
        stream.bytes(&event).ends()
    }

    pub fn plain(&mut self, sent: &Sent, result: Value, chance: &mut Chance) -> Reply {
        let result = if self.plan.era == Era::Modern { complete(result) } else { result };
        self.answer(sent, sent.result(result), chance)
    }
}

/// The number of the call that a request belongs to.
pub fn token(sent: &Sent) -> u64 {
    let params = sent.params();
    let uri = || params["uri"].as_str().and_then(|uri| uri.strip_prefix("call:")?.parse().ok());
    params["arguments"]["token"].as_u64().or_else(uri).unwrap_or_default()
}
