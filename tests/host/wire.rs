//! What the engine sent, and what a server does with it.

use std::borrow::Cow;

use mcp_tasks::engine::{Failure, Head, Media, Millis, Verb};
use serde_json::{Value, json};

/// A request as it left the engine.
#[derive(Clone, Debug)]
pub struct Sent {
    pub at: Millis,
    pub exchange: u32,
    pub verb: Verb,
    pub headers: Vec<(Cow<'static, str>, String)>,
    pub body: Value,
    /// Somebody waits for it.
    pub awaited: bool,
}

impl Sent {
    /// The JSON-RPC method; `answer` when it answers the server; the HTTP method when it carries no message.
    pub fn method(&self) -> &str {
        match self.verb {
            Verb::Get => "GET",
            Verb::Delete => "DELETE",
            Verb::Post => self.body["method"].as_str().unwrap_or("answer"),
        }
    }

    pub fn params(&self) -> &Value {
        &self.body["params"]
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(each, _)| *each == name).map(|(_, value)| value.as_str())
    }

    /// The message that answers this request.
    pub fn result(&self, result: Value) -> Value {
        json!({ "jsonrpc": "2.0", "id": self.body["id"], "result": result })
    }

    pub fn error(&self, code: i32, message: &str) -> Value {
        json!({ "jsonrpc": "2.0", "id": self.body["id"], "error": { "code": code, "message": message } })
    }
}

/// How a server answers.
pub type Answer = fn(&Sent) -> Reply;

/// Something that happens on an exchange.
#[derive(Clone, Debug)]
pub enum Arrival {
    Head(Head),
    /// The whole body; `None` when it is no JSON.
    Body(Option<Value>),
    Bytes(Vec<u8>),
    End,
    Fail(Failure),
    /// The sign-in that the server wanted failed with this error.
    Unsigned(Value),
}

/// What a server does with a request, and how long after it.
#[derive(Clone, Debug, Default)]
pub struct Reply(pub Vec<(Millis, Arrival)>);

impl Reply {
    /// Nothing at all.
    pub fn never() -> Self {
        Self::default()
    }

    pub fn json(message: Value) -> Self {
        Self::status_with(200, message)
    }

    pub fn status_with(status: u16, message: Value) -> Self {
        Self::head(status, Media::Json).then(Arrival::Body(Some(message)))
    }

    /// A status without a body that says more.
    pub fn status(status: u16) -> Self {
        Self::head(status, Media::Other).then(Arrival::Body(None))
    }

    pub fn fail() -> Self {
        Self(vec![(0, Arrival::Fail(Failure::Network))])
    }

    pub fn unsigned(error: Value) -> Self {
        Self(vec![(0, Arrival::Unsigned(error))])
    }

    /// An event stream with these messages, which then ends.
    pub fn events(messages: &[Value]) -> Self {
        messages.iter().fold(Self::stream(), |reply, message| reply.event(message)).then(Arrival::End)
    }

    /// An event stream that stays open.
    pub fn stream() -> Self {
        Self::head(200, Media::EventStream)
    }

    fn head(status: u16, media: Media) -> Self {
        Self(vec![(0, Arrival::Head(Head { status, media, ..Head::default() }))])
    }

    pub fn then(self, arrival: Arrival) -> Self {
        self.then_after(0, arrival)
    }

    /// So long after the last arrival comes another.
    pub fn then_after(mut self, wait: Millis, arrival: Arrival) -> Self {
        let last = self.0.last().map_or(0, |(at, _)| *at);
        self.0.push((last + wait, arrival));
        self
    }

    pub fn event(self, message: &Value) -> Self {
        self.bytes(&format!("data: {message}\n\n"))
    }

    pub fn bytes(self, text: &str) -> Self {
        self.then(Arrival::Bytes(text.as_bytes().to_vec()))
    }

    pub fn ends(self) -> Self {
        self.then(Arrival::End)
    }

    /// Everything so much later.
    pub fn after(mut self, wait: Millis) -> Self {
        self.0.iter_mut().for_each(|(at, _)| *at += wait);
        self
    }

    /// With another head.
    pub fn headed(mut self, change: impl FnOnce(&mut Head)) -> Self {
        if let Some((_, Arrival::Head(head))) = self.0.first_mut() {
            change(head);
        }
        self
    }

    pub fn retry_after(self, wait: Millis) -> Self {
        self.headed(|head| head.retry_after = Some(wait))
    }

    pub fn in_session(self, id: &str) -> Self {
        self.headed(|head| head.session_id = Some(id.into()))
    }
}
