//! The client's side of a scenario: what a page does with the client, and what it is told.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use serde_json::Value;

use super::check::Ledger;

/// Longer than anything in a scenario takes, in milliseconds.
const PATIENCE: u64 = 20_000;

/// A call of the client, which ends once.
#[derive(Clone, Debug)]
pub enum Act {
    Connect,
    Tool(&'static str),
    /// A tool that is wanted as a task, kept so long.
    ToolTask(&'static str, Option<f64>),
    PromptTask(&'static str),
    ResourceTask(&'static str),
    Result(String),
    Cancel(String),
    Update(String, Value),
    Respond(String, String, Value),
    /// So many tasks of the server's list, from this cursor on.
    Tasks(Option<String>, u32),
    Close,
}

/// What the page tells the client without waiting for anything.
#[derive(Clone, Debug)]
pub enum Tell {
    /// It wants to hear of every change of a task.
    Watch(String),
    Answer(u32, Value),
}

/// What the page is told without having asked.
#[derive(Clone, Debug)]
pub enum News {
    Status(Value),
    Asked(Question),
}

/// A question of the server, under a number of the client's.
#[derive(Clone, Debug)]
pub struct Question {
    pub number: u32,
    pub key: String,
    pub params: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    pub code: String,
    pub data: Value,
}

pub type Outcome = Result<Value, Failure>;

/// Who plays the client.
pub trait Face {
    /// Starts a call, and gives its number.
    fn start(&self, act: Act) -> u32;

    fn tell(&self, tell: Tell);

    /// How a call ended; `None` while it has not.
    fn end_of(&self, call: u32) -> Option<Outcome>;

    /// Everything that the page was told so far.
    fn heard(&self) -> Vec<News>;

    fn now(&self) -> u64;

    /// A moment, in which something may happen.
    fn rest(&self) -> Pin<Box<dyn Future<Output = ()>>>;
}

/// A call that was started.
#[must_use = "how it ends is of interest"]
pub struct Call(u32);

#[derive(Clone)]
pub struct Client {
    face: Rc<dyn Face>,
    ledger: Ledger,
}

impl Client {
    pub fn new(face: Rc<dyn Face>, ledger: Ledger) -> Self {
        Self { face, ledger }
    }

    pub fn demand(&self, id: &'static str, holds: bool, seen: impl Debug) {
        self.ledger.demand(id, holds, seen);
    }

    pub fn start(&self, act: Act) -> Call {
        Call(self.face.start(act))
    }

    pub fn tell(&self, tell: Tell) {
        self.face.tell(tell);
    }

    pub async fn end(&self, call: Call) -> Outcome {
        self.until(|| self.face.end_of(call.0).is_some()).await;
        self.face.end_of(call.0).unwrap_or_else(|| Err(Failure { code: "no end".into(), data: Value::Null }))
    }

    pub async fn done(&self, act: Act) -> Outcome {
        self.end(self.start(act)).await
    }

    /// A tool's task, every change of which the page hears of.
    pub async fn task(&self, tool: &'static str) -> String {
        let made = self.done(Act::ToolTask(tool, None)).await.unwrap_or_default();
        let id = made["taskId"].as_str().unwrap_or_default().to_owned();
        self.tell(Tell::Watch(id.clone()));
        id
    }

    /// How the task of a tool ends.
    pub async fn result_of(&self, tool: &'static str) -> Outcome {
        let id = self.task(tool).await;
        self.done(Act::Result(id)).await
    }

    pub async fn pause(&self, wait: u64) {
        let until = self.face.now() + wait;
        while self.face.now() < until {
            self.face.rest().await;
        }
    }

    /// Waits for something, but not for ever.
    pub async fn until(&self, happened: impl Fn() -> bool) {
        let patience = self.face.now() + PATIENCE;
        while !happened() && self.face.now() < patience {
            self.face.rest().await;
        }
    }

    /// The states that the page was told of a task, in order.
    pub fn states(&self, id: &str) -> Vec<String> {
        let state = |status: &Value| status["status"].as_str().unwrap_or_default().to_owned();
        self.statuses(id).iter().map(state).collect()
    }

    pub fn statuses(&self, id: &str) -> Vec<Value> {
        let statuses = self.face.heard().into_iter().filter_map(|news| match news {
            News::Status(status) if status["taskId"] == id => Some(status),
            _ => None,
        });
        statuses.collect()
    }

    pub fn questions(&self) -> Vec<Question> {
        let questions = self.face.heard().into_iter().filter_map(|news| match news {
            News::Asked(question) => Some(question),
            _ => None,
        });
        questions.collect()
    }

    /// The question of this key, once it is asked.
    pub async fn question(&self, key: &str) -> Option<Question> {
        let asked = || self.questions().into_iter().find(|question| question.key == key);
        self.until(|| asked().is_some()).await;
        asked()
    }

    /// Answers a question that was asked.
    pub async fn answer(&self, key: &str, answer: Value) {
        if let Some(question) = self.question(key).await {
            self.tell(Tell::Answer(question.number, answer));
        }
    }

    pub fn times_asked(&self, key: &str) -> usize {
        self.questions().iter().filter(|question| question.key == key).count()
    }
}

/// The code of a rejection; empty where there was none.
pub fn code(outcome: &Outcome) -> &str {
    outcome.as_ref().err().map_or("", |failure| failure.code.as_str())
}

/// The text of a tool's result; empty where there is none.
pub fn text(outcome: &Outcome) -> &str {
    outcome.as_ref().ok().and_then(|result| result["content"][0]["text"].as_str()).unwrap_or_default()
}
