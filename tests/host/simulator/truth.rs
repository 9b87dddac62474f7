//! A task as it really is: with its server.

use std::collections::VecDeque;

use mcp_tasks::engine::{Kind, Millis, State};
use serde_json::{Value, json};

use super::chance::Chance;
use crate::modern_server::modern_task;
use crate::server::task;

/// How the work ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Done,
    /// With the tool's own error.
    ToolError,
    /// With a JSON-RPC error.
    Broken,
    Cancelled,
}

/// What the work is made of.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    Work(Millis),
    /// So many questions at once.
    Ask(u32),
    End(End),
}

/// What was asked, by the number that stands in its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open {
    pub serial: u32,
}

#[derive(Debug)]
pub struct Task {
    pub id: String,
    /// The call that made it.
    pub token: u64,
    pub kind: Kind,
    steps: VecDeque<Step>,
    pub state: State,
    message: Option<String>,
    pub open: Vec<Open>,
    pub end: Option<End>,
    pub ended_at: Millis,
    /// The server knows it no more.
    pub is_forgotten: bool,
    /// Every state and message that it was ever in.
    pub past: Vec<(State, Option<String>)>,
}

impl Task {
    pub fn new(index: usize, token: u64, kind: Kind, chance: &mut Chance) -> Self {
        let mut steps = VecDeque::new();
        for _ in 0..chance.below(4) {
            steps.push_back(if chance.percent(30) { Step::Ask(chance.between(1, 3) as u32) } else { Step::Work(chance.around(4_000)) });
        }
        steps.push_back(Step::Work(chance.around(2_000)));
        steps.push_back(Step::End(chance.pick(&[End::Done, End::Done, End::Done, End::ToolError, End::Broken, End::Cancelled])));
        Self {
            id: format!("s{index}"),
            token,
            kind,
            steps,
            state: State::Working,
            message: None,
            open: Vec::new(),
            end: None,
            ended_at: 0,
            is_forgotten: false,
            past: vec![(State::Working, None)],
        }
    }

    /// The index of the task of this id.
    pub fn index(id: &str) -> Option<usize> {
        id.strip_prefix('s')?.parse().ok()
    }

    pub fn is_over(&self) -> bool {
        self.end.is_some()
    }

    pub fn next(&mut self) -> Step {
        self.steps.pop_front().unwrap_or(Step::End(End::Done))
    }

    pub fn enter(&mut self, state: State, message: Option<String>) {
        self.state = state;
        self.message.clone_from(&message);
        self.past.push((state, message));
    }

    /// `modern` has the result with it.
    pub fn finish(&mut self, end: End, modern: bool, now: Millis) {
        self.end = Some(end);
        self.ended_at = now;
        self.open.clear();
        let state = match end {
            End::Done => State::Completed,
            End::ToolError if modern => State::Completed,
            End::ToolError | End::Broken => State::Failed,
            End::Cancelled => State::Cancelled,
        };
        self.enter(state, None);
    }

    /// The `Task` object of the era of sessions, in this state.
    pub fn to_session(&self, state: State, interval: Option<f64>) -> Value {
        task(&self.id, &self.told(state), interval.map(Value::from).as_ref())
    }

    /// The same of the stateless era, with what it asks and how it ended.
    pub fn to_stateless(&self, interval: Option<f64>) -> Value {
        let mut told = self.told(self.state);
        match self.end {
            Some(End::Done | End::ToolError) => told["result"] = self.outcome().unwrap_or_default(),
            Some(End::Broken) => told["error"] = broken(self.token),
            _ => {}
        }
        if self.state == State::InputRequired {
            let asked = self.open.iter().map(|open| (key(open.serial), question(open.serial)));
            told["inputRequests"] = Value::Object(asked.collect());
        }
        modern_task(&self.id, &told, interval.map(Value::from).as_ref())
    }

    fn told(&self, state: State) -> Value {
        match &self.message {
            Some(message) => json!({ "status": state.name(), "statusMessage": message }),
            None => json!({ "status": state.name() }),
        }
    }

    /// What the plain request would have given, or the error; `None` while there is nothing to give.
    pub fn outcome(&self) -> Option<Value> {
        match self.end? {
            End::Done => Some(result(self.kind, self.token)),
            End::ToolError => Some(json!({ "content": [{ "type": "text", "text": words(self.token) }], "isError": true })),
            End::Broken | End::Cancelled => None,
        }
    }
}

/// What the result of a call says, so that it can be told from every other.
pub fn words(token: u64) -> String {
    format!("result {token}.")
}

pub fn broken(token: u64) -> Value {
    json!({ "code": -32603, "message": words(token) })
}

pub fn result(kind: Kind, token: u64) -> Value {
    let text = json!({ "type": "text", "text": words(token) });
    match kind {
        Kind::Tool => json!({ "content": [text] }),
        Kind::Prompt => json!({ "messages": [{ "role": "user", "content": text }] }),
        Kind::Resource => json!({ "contents": [{ "uri": "u", "text": words(token) }] }),
    }
}

/// The key of a question of the stateless era.
pub fn key(serial: u32) -> String {
    format!("q{serial}")
}

/// A question, with its number in its text.
pub fn question(serial: u32) -> Value {
    let params = json!({ "message": key(serial), "requestedSchema": { "type": "object", "properties": {} } });
    json!({ "method": "elicitation/create", "params": params })
}

/// The number of a question, from its text.
pub fn serial(params: &Value) -> Option<u32> {
    params["message"].as_str()?.strip_prefix('q')?.parse().ok()
}
