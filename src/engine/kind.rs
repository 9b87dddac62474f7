//! The three requests that can become tasks, and what is said about them in either era.

use super::json::{Json, Key};
use super::message::Outgoing;
use super::status::TaskStatus;

/// What kind of request a task was made by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Tool,
    Prompt,
    Resource,
}

impl Kind {
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "tool" => Some(Self::Tool),
            "prompt" => Some(Self::Prompt),
            "resource" => Some(Self::Resource),
            _ => None,
        }
    }
}

/// What the caller asked for.
#[derive(Clone, Debug)]
pub struct Invocation<J> {
    pub kind: Kind,
    /// The tool's or prompt's name, or the resource's URI.
    pub name: String,
    pub arguments: Option<J>,
    /// The caller's `_meta`; like the arguments a copy, which the caller no longer changes.
    pub meta: Option<J>,
    /// The caller wants a task, rather than the result.
    pub as_task: bool,
    /// How long the server is asked to keep the task, in milliseconds.
    pub ttl: Option<f64>,
    /// Is the tool's own error an error of the call?
    pub throw: bool,
    /// The caller wants to hear of progress.
    pub progress: bool,
    /// The longest wait for one HTTP exchange of this call, in milliseconds, where the caller set one.
    pub patience: Option<u64>,
    pub round: Round<J>,
}

impl<J: Json> Invocation<J> {
    /// The request, as far as both eras say the same.
    pub fn outgoing(&self, task: Option<J>, token: Option<u32>) -> Outgoing<J> {
        let (method, name) = match self.kind {
            Kind::Tool => ("tools/call", Key::Name),
            Kind::Prompt => ("prompts/get", Key::Name),
            Kind::Resource => ("resources/read", Key::Uri),
        };
        // Another object than the caller's: a request that is sent again has a token of its own.
        let meta = self.meta.as_ref().map(|meta| J::record(meta.members()));
        let meta = match token {
            Some(token) => Some(meta.unwrap_or_else(J::object).with(Key::ProgressToken, J::float(f64::from(token)))),
            None => meta,
        };
        let params = J::object()
            .with(name, J::text(&self.name))
            .with_some(Key::Arguments, self.arguments.clone())
            .with_some(Key::Task, task)
            .with_some(Key::Meta, meta);
        Outgoing::new(method, params)
    }
}

/// What the repetitions of a request carry on ("Multi Round-Trip Requests").
#[derive(Clone, Debug)]
pub struct Round<J> {
    /// How often the server has asked.
    pub number: u32,
    /// The answers to its last questions, by key.
    pub responses: Option<J>,
    /// Its own words, given back as they came.
    pub state: Option<J>,
    /// Nothing was known of the tool when it was sent.
    pub unlisted: bool,
    /// The headers were refused, and made anew once.
    pub corrected: bool,
    /// It was sent as a task.
    pub as_task: bool,
    /// The pages that the user was asked to visit for it.
    pub visited: Vec<String>,
}

impl<J> Default for Round<J> {
    fn default() -> Self {
        Self { number: 0, responses: None, state: None, unlisted: false, corrected: false, as_task: false, visited: Vec::new() }
    }
}

/// May a request be sent as a task?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    Forbidden,
    Optional,
    Required,
}

/// What a server may or may not do about tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// Anything at all.
    Tasks,
    List,
    Cancel,
}

/// What the server made of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Created<J> {
    Task(TaskStatus<J>),
    Immediate,
    /// The server asks before it answers: questions by key, and what it wants to be given back with the answers.
    Asks(Option<J>, Option<J>),
    /// An answer that is none of these; why.
    Malformed(&'static str),
}
