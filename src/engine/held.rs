//! A status that is held back for its question: in the era of sessions a task is said to wait for input, and what it asks comes by itself.

use super::era::Era;
use super::json::Json;
use super::machine::Engine;
use super::message::RequestId;
use super::purpose::Purpose;
use super::status::{State, TaskStatus};
use super::time::Millis;
use super::tracked::Tracked;

/// A task that waits for an answer is told of once its question is here, or so long after it may have come.
pub(super) const GRACE: Millis = 2_000;
/// It is told of after this in any case: what would bring the question may be broken, and a server that has had an answer may take its time
/// to go on.
const LAG: Millis = 30_000;

/// A status that is held back.
#[derive(Clone, Copy)]
pub struct Held {
    since: Millis,
    until: Millis,
}

impl<J: Json> Engine<J> {
    /// The status as callers are told it: a task that asks waits for input, whatever the server says, and one that waits for input is told
    /// of with its question, or not for a while.
    pub(super) fn heeded(&mut self, mut status: TaskStatus<J>, now: Millis) -> Option<TaskStatus<J>> {
        if self.era == Era::Modern {
            return Some(self.without_answered(status));
        }
        if !self.config.answers.any() {
            return Some(status);
        }
        let questions = self.questions_of(&status.task_id);
        let is_answering = self.is_answering(&status.task_id);
        let may_come = self.may_ask(&status.task_id);
        let task = self.tasks.get_mut(status.task_id.as_str())?;
        task.asks = status.state == State::InputRequired;
        if is_answering && task.asks {
            // It waits for what is on its way to it, and for nobody here.
            status.state = State::Working;
        }
        let waits = status.state == State::InputRequired;
        if status.state.is_terminal() || (questions.is_empty() && !waits) {
            task.held = None;
            return Some(status);
        }
        if questions.is_empty() {
            let wait = if may_come && !task.inputs.any() { GRACE } else { LAG };
            let held = *task.held.get_or_insert(Held { since: now, until: now + wait });
            // How often it wants to be asked holds from now on, whatever is told when.
            task.life.pace(status.interval);
            return (now >= held.until).then_some(status);
        }
        task.held = None;
        status.state = State::InputRequired;
        status.questions = Some(J::record(questions));
        Some(status)
    }

    /// Could the server ask now, for all that is open?
    fn may_ask(&self, id: &str) -> bool {
        let aside = self.tasks.get(id).and_then(|task| task.aside.request());
        let exchange = |request: RequestId| self.wire.exchanges.get(&self.wire.requests.get(&request)?.exchange);
        let is_silent = |request: RequestId| exchange(request).is_none_or(|exchange| exchange.head.status == 0);
        !self.stream.is_missing() && !aside.is_some_and(is_silent)
    }

    /// The server can ask from now on what it could not ask before.
    pub(super) fn may_ask_now(&mut self, now: Millis) {
        let waits = |held: Held| held.until == held.since + LAG;
        let held: Vec<_> = self.tasks.iter().filter(|(_, task)| task.held.is_some_and(waits)).map(|(id, _)| id.clone()).collect();
        for id in held {
            let may_ask = self.may_ask(&id);
            if let Some(task) = self.tasks.get_mut(&id).filter(|task| may_ask && !task.inputs.any()) {
                task.held = task.held.map(|Held { since, .. }| Held { since, until: (now + GRACE).min(since + LAG) });
                self.arm(&id, now);
            }
        }
    }

    /// The response to a request has begun: where that is a stream on which a task asks, it may now.
    pub(super) fn aside_heard(&mut self, request: RequestId, now: Millis) {
        if matches!(self.wire.requests.get(&request).map(|request| &request.purpose), Some(Purpose::Aside(_))) {
            self.may_ask_now(now);
        }
    }
}

impl<J: Json> Tracked<J> {
    /// The server has been given another stream on which it may ask.
    pub(super) fn hold_on(&mut self) {
        self.held = self.held.map(|Held { since, .. }| Held { since, until: since + LAG });
    }

    /// When a status that was held back is asked for again; from then on it is told, and nothing is held.
    pub fn held_until(&self) -> Option<Millis> {
        self.held.map(|held| held.until).filter(|until| self.heard.is_none_or(|heard| heard < *until))
    }
}
