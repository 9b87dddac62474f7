//! The three requests that can become tasks, and what is said about them in either era.

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
pub enum Created {
    Task(TaskStatus),
    Immediate,
    /// It says that it made a task, and does not say which.
    Malformed,
}
