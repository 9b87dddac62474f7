//! A task's status, in the one shape that callers see in both eras.

use super::json::{Json, Key};

/// Where a task stands ("Task Status" of the tasks section).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Working,
    InputRequired,
    Completed,
    Failed,
    Cancelled,
}

impl State {
    const NAMES: [(State, &'static str); 5] = [
        (State::Working, "working"),
        (State::InputRequired, "input_required"),
        (State::Completed, "completed"),
        (State::Failed, "failed"),
        (State::Cancelled, "cancelled"),
    ];

    pub fn named(name: &str) -> Option<Self> {
        Some(Self::NAMES.iter().find(|(_, each)| *each == name)?.0)
    }

    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].1
    }

    /// Nothing comes after it.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

/// How a task ended: with what the plain request would have given.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending<J> {
    Result(J),
    /// A JSON-RPC error object.
    Error(J),
}

impl<J: Json> Ending<J> {
    /// The result, or the error.
    pub fn parts(&self) -> (Option<J>, Option<J>) {
        match self {
            Self::Result(result) => (Some(result.clone()), None),
            Self::Error(error) => (None, Some(error.clone())),
        }
    }

    /// `{ result }`, or `{ error }`.
    pub fn to_json(&self) -> J {
        let (result, error) = self.parts();
        J::object().with_some(Key::Result, result).with_some(Key::Error, error)
    }
}

/// What the server said about a task.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskStatus<J> {
    pub task_id: String,
    pub state: State,
    pub message: Option<String>,
    /// The server's timestamps, as they came: shown, and never reckoned with.
    pub created_at: Option<String>,
    pub updated_at: Option<String>,
    /// Milliseconds from creation; `None` is without limit, or unknown.
    pub ttl: Option<f64>,
    /// Milliseconds between polls, as it came.
    pub interval: Option<f64>,
    /// The questions that the task waits on, by key, where the server tells them with the status.
    pub questions: Option<J>,
    /// How it ended, where the server tells it with the status.
    pub ending: Option<Ending<J>>,
}

impl<J: Json> TaskStatus<J> {
    pub fn new(task_id: &str, state: State) -> Self {
        Self {
            task_id: task_id.into(),
            state,
            message: None,
            created_at: None,
            updated_at: None,
            ttl: None,
            interval: None,
            questions: None,
            ending: None,
        }
    }

    /// The keys of the questions.
    pub fn keys(&self) -> impl Iterator<Item = String> {
        self.questions.iter().flat_map(J::members).map(|(key, _)| key)
    }

    /// What the task asks, as `data` of an error carries it.
    pub fn asked(&self) -> J {
        J::object().with(Key::InputRequests, self.questions.clone().unwrap_or_else(J::object))
    }

    /// The record that callers get: `TaskStatus` of the public interface. How the task ended is not in it.
    pub fn to_json(&self) -> J {
        let text = |text: &Option<String>| text.as_deref().map(J::text);
        J::object()
            .with(Key::TaskId, J::text(&self.task_id))
            .with(Key::Status, J::text(self.state.name()))
            .with_some(Key::StatusMessage, text(&self.message))
            .with_some(Key::CreatedAt, text(&self.created_at))
            .with_some(Key::LastUpdatedAt, text(&self.updated_at))
            .with(Key::TtlMs, self.ttl.map_or_else(J::null, J::float))
            .with_some(Key::PollIntervalMs, self.interval.map(J::float))
            .with_some(Key::InputRequests, self.questions.clone())
    }
}
