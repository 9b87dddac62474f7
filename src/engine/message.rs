//! JSON-RPC 2.0 envelopes: what a message is, told by which members are present and never by their truth (an id may be 0).

use super::json::{Json, Key};

/// JSON-RPC's own error codes, as far as they mean something here.
pub const METHOD_NOT_FOUND: i32 = -32601;
pub const INVALID_PARAMS: i32 = -32602;
pub const INTERNAL: i32 = -32603;

/// The id of one of our requests.
pub type RequestId = u32;

/// A message from the server.
#[derive(Clone, Debug)]
pub enum Message<J> {
    /// The answer to our request.
    Answer(RequestId, Result<J, J>),
    /// An error that names no request of ours: servers send it with `"id": null` or `"server-error"`.
    Complaint(J),
    /// The server asks us.
    Request {
        id: J,
        method: String,
    },
    Notification {
        method: String,
        params: Option<J>,
    },
    /// Neither of these.
    Malformed,
}

impl<J: Json> Message<J> {
    pub fn read(message: &J) -> Self {
        let id = message.get(Key::Id);
        if let Some(method) = message.text_of(Key::Method) {
            return match id {
                Some(id) => Self::Request { id, method },
                None => Self::Notification { method, params: message.get(Key::Params) },
            };
        }
        let ours = id.and_then(|id| id.number()).filter(|id| *id >= 0.0 && id.fract() == 0.0).map(|id| id as RequestId);
        match (ours, message.get(Key::Result), message.get(Key::Error)) {
            (Some(id), _, Some(error)) if error.is_object() => Self::Answer(id, Err(error)),
            (Some(id), Some(result), _) => Self::Answer(id, Ok(result)),
            (None, _, Some(error)) if error.is_object() => Self::Complaint(error),
            _ => Self::Malformed,
        }
    }
}

/// A request or notification of ours before it has its envelope.
#[derive(Clone, Debug)]
pub struct Outgoing<J> {
    pub method: &'static str,
    pub params: Option<J>,
    /// What the request is about, for those on the way who do not read its body: a tool, a prompt, a resource, a task.
    pub name: Option<String>,
    /// Arguments that the server wants to see in headers too.
    pub mirrored: Vec<(String, String)>,
    /// Sending it twice does no more than sending it once.
    pub repeatable: bool,
}

impl<J: Json> Outgoing<J> {
    pub fn new(method: &'static str, params: J) -> Self {
        Self { params: Some(params), ..Self::bare(method) }
    }

    /// A request without parameters, or a notification.
    pub fn bare(method: &'static str) -> Self {
        Self { method, params: None, name: None, mirrored: Vec::new(), repeatable: false }
    }

    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.into());
        self
    }

    pub fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// The envelope; with an id it is a request, without one a notification.
    pub fn envelope(self, id: Option<RequestId>) -> J {
        base::<J>()
            .with_some(Key::Id, id.map(|id| J::float(f64::from(id))))
            .with(Key::Method, J::text(self.method))
            .with_some(Key::Params, self.params)
    }
}

/// Our answer to a request of the server, under the server's own id.
pub fn answer<J: Json>(id: J, outcome: Result<J, (i32, &str)>) -> J {
    let message = base::<J>().with(Key::Id, id);
    match outcome {
        Ok(result) => message.with(Key::Result, result),
        Err((code, text)) => {
            let error = J::object().with(Key::Code, J::float(f64::from(code))).with(Key::Message, J::text(text));
            message.with(Key::Error, error)
        }
    }
}

fn base<J: Json>() -> J {
    J::object().with(Key::JsonRpc, J::text("2.0"))
}
