//! The life of one task: everything that moves its state stands here.
//!
//! Statuses come from two sides that know nothing of each other: the answers to our polls, and the server's pushes. They repeat
//! themselves, overtake each other, and their timestamps prove nothing. What counts is the order in which we asked and heard.

use super::json::Json;
use super::status::{State, TaskStatus};

/// How a status reached us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The answer to a request that was sent when so many pushes had been heard ([`Lifecycle::heard`]).
    Answer { heard: u32 },
    /// A notification.
    Push,
}

/// What a status meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Too late, or after the end: as if it had not come.
    Stale,
    /// Nothing that a caller would be told.
    Same,
    /// News.
    Changed,
    /// A pushed failure without its cause, held back: pushes say "Task failed", the answer to a poll sent after it says why. Ask, then tell.
    Confirm,
}

/// The state machine. Terminal is final.
#[derive(Clone, Debug)]
pub struct Lifecycle<J> {
    status: Option<TaskStatus<J>>,
    heard: u32,
    unconfirmed: Option<TaskStatus<J>>,
}

impl<J> Default for Lifecycle<J> {
    fn default() -> Self {
        Self { status: None, heard: 0, unconfirmed: None }
    }
}

impl<J: Json> Lifecycle<J> {
    /// The newest status that counts.
    pub fn status(&self) -> Option<&TaskStatus<J>> {
        self.status.as_ref()
    }

    /// The server wants to be asked so often, and of that alone nobody is told.
    pub fn pace(&mut self, interval: Option<f64>) {
        if let Some(status) = &mut self.status {
            status.interval = interval;
        }
    }

    pub fn state(&self) -> Option<State> {
        Some(self.status.as_ref()?.state)
    }

    pub fn is_over(&self) -> bool {
        self.state().is_some_and(State::is_terminal)
    }

    /// Was a failure pushed that the answer to a poll is to explain?
    pub fn is_confirming(&self) -> bool {
        self.unconfirmed.is_some()
    }

    /// How many pushes were heard so far: goes with a question, and comes back with its answer.
    pub fn heard(&self) -> u32 {
        self.heard
    }

    /// Takes in a status.
    pub fn observe(&mut self, mut new: TaskStatus<J>, source: Source) -> Verdict {
        if self.is_over() {
            return Verdict::Stale;
        }
        match source {
            // A failure that is being confirmed, told again.
            Source::Push if self.unconfirmed.is_some() && new.state == State::Failed && new.ending.is_none() => return Verdict::Stale,
            Source::Push => {
                self.heard += 1;
                if new.state == State::Failed && new.ending.is_none() {
                    self.unconfirmed = Some(new);
                    return Verdict::Confirm;
                }
            }
            // What was pushed since we asked is newer than the answer, unless the answer is the end.
            Source::Answer { heard } if heard != self.heard && !new.state.is_terminal() => {
                return if self.unconfirmed.is_some() { Verdict::Confirm } else { Verdict::Stale };
            }
            Source::Answer { .. } => {
                if let Some(pushed) = self.unconfirmed.take() {
                    if !new.state.is_terminal() {
                        return self.adopt(pushed);
                    }
                    new.message = new.message.or(pushed.message);
                }
            }
        }
        self.adopt(new)
    }

    /// Nobody could confirm the pushed failure: it stands as it was pushed.
    pub fn give_up_confirming(&mut self) -> Verdict {
        match self.unconfirmed.take() {
            Some(pushed) => self.adopt(pushed),
            None => Verdict::Stale,
        }
    }

    fn adopt(&mut self, mut new: TaskStatus<J>) -> Verdict {
        let Some(old) = &self.status else {
            self.status = Some(new);
            return Verdict::Changed;
        };
        // A status that leaves a member out says nothing about it.
        new.created_at = new.created_at.or_else(|| old.created_at.clone());
        new.updated_at = new.updated_at.or_else(|| old.updated_at.clone());
        new.interval = new.interval.or(old.interval);
        let keys: Vec<_> = old.keys().collect();
        let asks_anew = || new.keys().count() != keys.len() || new.keys().any(|key| !keys.contains(&key));
        let changed = new.state != old.state || (new.message.is_some() && new.message != old.message) || asks_anew();
        if !changed {
            new.message.clone_from(&old.message);
        }
        self.status = Some(new);
        if changed { Verdict::Changed } else { Verdict::Same }
    }
}
