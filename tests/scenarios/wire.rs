//! HTTP as a scripted server sees it: a request in, a reply out, and nothing of who carries them.

use serde_json::{Value, json};

#[derive(Clone, Debug)]
pub struct Request {
    /// When it came, in milliseconds of a clock that never goes back.
    pub at: u64,
    pub verb: String,
    /// The names are in lower case.
    pub headers: Vec<(String, String)>,
    /// The message; null where there is none.
    pub body: Value,
}

impl Request {
    /// The JSON-RPC method; `answer` when it answers the server; the HTTP method when it carries no message.
    pub fn method(&self) -> &str {
        match self.verb.as_str() {
            "POST" => self.body["method"].as_str().unwrap_or("answer"),
            verb => verb,
        }
    }

    pub fn params(&self) -> &Value {
        &self.body["params"]
    }

    pub fn task_id(&self) -> &str {
        self.params()["taskId"].as_str().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(each, _)| each == name).map(|(_, value)| value.as_str())
    }

    /// `_meta.io.modelcontextprotocol/<name>`.
    pub fn meta(&self, name: &str) -> &Value {
        &self.params()["_meta"][format!("io.modelcontextprotocol/{name}")]
    }

    /// The message that answers it.
    pub fn answer(&self, result: Value) -> Value {
        json!({ "jsonrpc": "2.0", "id": self.body["id"], "result": result })
    }

    pub fn refusal(&self, code: i32, message: &str) -> Value {
        json!({ "jsonrpc": "2.0", "id": self.body["id"], "error": { "code": code, "message": message } })
    }

    pub fn result(&self, result: Value) -> Reply {
        Reply::json(200, self.answer(result))
    }

    pub fn error(&self, code: i32, message: &str) -> Reply {
        Reply::json(200, self.refusal(code, message))
    }
}

#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub session: Option<String>,
    /// So long after the request its head comes, in milliseconds.
    pub wait: u64,
    pub body: Body,
}

#[derive(Clone, Debug)]
pub enum Body {
    Empty,
    Json(Value),
    /// Messages, each so long after the one before.
    Events(Vec<(u64, Value)>, Ending),
}

/// What becomes of an event stream after its last event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Closes,
    StaysOpen,
}

impl Reply {
    pub fn status(status: u16) -> Self {
        Self { status, session: None, wait: 0, body: Body::Empty }
    }

    pub fn json(status: u16, message: Value) -> Self {
        Self { body: Body::Json(message), ..Self::status(status) }
    }

    pub fn events(events: Vec<(u64, Value)>, ending: Ending) -> Self {
        Self { body: Body::Events(events, ending), ..Self::status(200) }
    }

    pub fn after(self, wait: u64) -> Self {
        Self { wait, ..self }
    }

    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// Every message in it.
    pub fn messages(&self) -> Vec<&Value> {
        match &self.body {
            Body::Empty => Vec::new(),
            Body::Json(message) => vec![message],
            Body::Events(events, _) => events.iter().map(|(_, message)| message).collect(),
        }
    }
}
