//! The `tasks/result` stream beside the polls of a task that waits for input: in the era of sessions, servers ask there
//! ("Input Required Status").

use super::era::Era;
use super::fault::Fault;
use super::follow::RETRY_AFTER_CAP;
use super::json::Json;
use super::machine::Engine;
use super::message::RequestId;
use super::poll::backoff;
use super::purpose::Purpose;
use super::time::Millis;

/// So many of these streams are open at once: browsers have six connections for a server, and the answers need one too.
const MOST_OPEN: usize = 3;
/// A stream that has asked is ended for another task's after this, and after a time-out like a blocking server's.
const SPENT: Millis = 1_000;
/// The server may take as long as the user.
const ENDLESS: Millis = 1 << 40;

/// The stream of one task.
#[derive(Default)]
pub struct Aside {
    request: Option<RequestId>,
    /// When a question came on it.
    asked: Option<Millis>,
    failures: u32,
    not_before: Millis,
}

impl Aside {
    pub fn request(&self) -> Option<RequestId> {
        self.request
    }

    /// When it is opened, where it is not.
    pub fn due(&self) -> Option<Millis> {
        self.request.is_none().then_some(self.not_before)
    }
}

impl<J: Json> Engine<J> {
    /// Opens the stream of a task whose question is not here yet, and ends that of a task that no longer asks.
    pub(super) fn tend_aside(&mut self, id: &str, now: Millis) {
        let asks = self.asks_aside(id);
        let Some(task) = self.tasks.get_mut(id) else { return };
        if !task.asks && !asks {
            let open = std::mem::take(&mut task.aside).request;
            return open.into_iter().for_each(|request| self.forget_request(request));
        }
        if !asks || task.aside.due().is_none_or(|due| due > now) {
            return;
        }
        let open: Vec<_> = self.tasks.iter().filter(|(_, task)| task.aside.request.is_some()).collect();
        if open.len() >= MOST_OPEN {
            let is_spent = |asked: Option<Millis>| asked.is_some_and(|asked| now - asked >= SPENT);
            let spent = open.iter().find(|(_, task)| is_spent(task.aside.asked)).map(|(id, _)| id.clone());
            let ended = spent.and_then(|spent| self.tasks.get_mut(&spent)).and_then(|task| task.aside.request.take());
            let Some(ended) = ended else {
                if let Some(task) = self.tasks.get_mut(id) {
                    task.aside.not_before = now + SPENT;
                }
                return;
            };
            self.forget_request(ended);
        }
        let outgoing = self.era.payload(id);
        let request = self.wire.request(Purpose::Aside(id.into()), outgoing, Some(ENDLESS), now);
        if let Some(task) = self.tasks.get_mut(id) {
            task.aside.request = Some(request);
        }
    }

    /// Does a task wait for an answer to what we do not know?
    pub(super) fn asks_aside(&self, id: &str) -> bool {
        let Some(task) = self.tasks.get(id) else { return false };
        let is_asked = task.life.status().is_some_and(|status| status.questions.is_some());
        self.era == Era::Legacy && self.config.answers.any() && task.asks && !is_asked && !task.life.is_over() && task.is_watched()
    }

    /// A question has come on it.
    pub(super) fn aside_asked(&mut self, by: RequestId, now: Millis) {
        let Some(Purpose::Aside(id)) = self.wire.requests.get(&by).map(|request| request.purpose.clone()) else { return };
        if let Some(task) = self.tasks.get_mut(id.as_str()) {
            task.aside.asked = Some(now);
        }
    }

    /// `tasks/result` has its answer: the task has ended, or the server does not let us wait.
    pub(super) fn aside_ended(&mut self, id: &str, request: RequestId, outcome: Result<J, Fault<J>>, now: Millis) {
        let Some(task) = self.tasks.get_mut(id) else { return };
        if task.aside.request != Some(request) {
            return;
        }
        task.aside.request = None;
        task.aside.asked = None;
        match outcome {
            Ok(_) => self.ask_status(id, now),
            Err(fault) => {
                task.aside.failures += 1;
                let wait = backoff(task.aside.failures + 1).max(fault.retry_after.unwrap_or(0).min(RETRY_AFTER_CAP));
                task.aside.not_before = now + wait;
                self.arm(id, now);
            }
        }
    }
}
