//! The `tasks/result` stream beside the polls of a task that waits for input: in the era of sessions, servers ask there
//! ("Input Required Status").

use super::crowd::CROWDED;
use super::era::Era;
use super::fault::Fault;
use super::flow::Lane;
use super::follow::RETRY_AFTER_CAP;
use super::json::Json;
use super::machine::Engine;
use super::message::RequestId;
use super::purpose::Purpose;
use super::time::Millis;

/// So many of these streams are open at once: browsers have six connections for a server, and the answers need one too.
pub const MOST_OPEN: usize = 3;
/// A stream that has asked is ended for another task's after this.
const SPENT: Millis = 1_000;
/// And one that has not, after this.
const SILENT: Millis = 5_000;
/// One that has not brought the question of a task that asks, for so long, is taken for dead.
const DEAD: Millis = 60_000;
/// Who has just heard of a question will soon wait for what follows.
const LINGER: Millis = 5_000;
/// So long the room that was made for another client is left to it.
const YIELDED: Millis = 2 * CROWDED;
/// The server may take as long as the user.
const ENDLESS: Millis = 1 << 40;

/// The stream of one task.
#[derive(Default)]
pub struct Aside {
    request: Option<RequestId>,
    /// From when on it is ended for another task's.
    spent: Millis,
    /// Since when the task asks, and its question has not come on it.
    awaited: Option<Millis>,
    /// Nobody waits for what comes on it: ended then.
    idle_until: Option<Millis>,
    failures: u32,
    not_before: Millis,
}

impl Aside {
    /// When it is ended, for want of anybody who waits.
    pub fn closes(&self) -> Option<Millis> {
        self.idle_until.filter(|_| self.request.is_some())
    }

    pub fn request(&self) -> Option<RequestId> {
        self.request
    }

    /// It is sent again, under this id.
    pub fn goes_on_as(&mut self, request: RequestId) {
        self.request = Some(request);
    }

    /// What failed before says nothing about now.
    pub fn wake(&mut self) {
        self.failures = 0;
        self.not_before = 0;
    }

    /// When it is opened, where it is not.
    pub fn due(&self) -> Option<Millis> {
        self.request.is_none().then_some(self.not_before)
    }
}

impl<J: Json> Engine<J> {
    /// Opens the stream of a task whose question is not here yet, and ends that of a task that asks nobody.
    ///
    /// One that is open stays open while the task works on: servers that wait on it take the next question for it, even after it is
    /// gone.
    pub(super) fn tend_aside(&mut self, id: &str, now: Millis) {
        let asks = self.asks_aside(id);
        let Some(task) = self.tasks.get_mut(id) else { return };
        if !task.is_watched() {
            if task.aside.request.is_some() && *task.aside.idle_until.get_or_insert(now + LINGER) <= now {
                let open = task.aside.request.take();
                open.into_iter().for_each(|request| self.end_aside(request, now));
            }
            return;
        }
        task.aside.idle_until = None;
        if task.aside.request.is_some() && task.aside.spent <= now && self.wire.flow.crowd.yields() {
            let yielded = task.aside.request.take();
            self.yielded_until = now + YIELDED;
            yielded.into_iter().for_each(|request| self.end_aside(request, now));
        }
        let Some(task) = self.tasks.get_mut(id) else { return };
        if !task.asks {
            task.aside.awaited = None;
            task.aside.failures = 0;
            task.aside.not_before = 0;
            task.aside.spent = task.aside.spent.min(now);
            return;
        }
        if !asks {
            task.aside.awaited = None;
            return;
        }
        if task.aside.request.is_some() && now - *task.aside.awaited.get_or_insert(now) >= DEAD {
            let dead = task.aside.request.take();
            task.aside.awaited = None;
            dead.into_iter().for_each(|request| self.end_aside(request, now));
        }
        let Some(task) = self.tasks.get_mut(id) else { return };
        task.aside.not_before = task.aside.not_before.max(self.yielded_until);
        if task.aside.due().is_none_or(|due| due > now) {
            return;
        }
        let open: Vec<_> = self.tasks.iter().filter(|(_, task)| task.aside.request.is_some()).collect();
        if open.len() >= MOST_OPEN || !self.wire.flow.crowd.has_room(Lane::Aside) {
            let spent = open.iter().filter(|(_, task)| task.aside.spent <= now).min_by_key(|(_, task)| task.aside.spent);
            let spent = spent.map(|(id, _)| id.clone());
            let ended = spent.and_then(|spent| self.tasks.get_mut(&spent)).and_then(|task| task.aside.request.take());
            let Some(ended) = ended else {
                if let Some(task) = self.tasks.get_mut(id) {
                    task.aside.not_before = now + SPENT;
                }
                return;
            };
            self.end_aside(ended, now);
            if self.wire.flow.crowd.yields() {
                self.yielded_until = now + YIELDED;
                if let Some(task) = self.tasks.get_mut(id) {
                    task.aside.not_before = self.yielded_until;
                }
                return;
            }
        }
        let outgoing = self.era.payload(id);
        let request = self.wire.request(Purpose::Aside(id.into()), outgoing, Some(ENDLESS), now);
        if let Some(task) = self.tasks.get_mut(id) {
            task.aside.request = Some(request);
            task.aside.spent = now + SILENT;
            if task.aside.failures == 0 {
                task.hold_on();
            }
        }
        self.note(id);
    }

    /// The server is told: a stream that is gone is no reason for it to stop.
    fn end_aside(&mut self, request: RequestId, now: Millis) {
        self.forget_request(request);
        self.tell_cancelled(request, now);
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
            task.aside.spent = task.aside.spent.min(now + SPENT);
        }
    }

    /// `tasks/result` has its answer: the task has ended, or the server does not let us wait.
    pub(super) fn aside_ended(&mut self, id: &str, request: RequestId, outcome: Result<J, Fault<J>>, now: Millis) {
        let Some(task) = self.tasks.get_mut(id) else { return };
        if task.aside.request != Some(request) {
            return;
        }
        task.aside.request = None;
        task.aside.failures += 1;
        let wished = outcome.as_ref().err().and_then(|fault| fault.retry_after).unwrap_or(0);
        // An answer too: some servers give one before the end.
        task.aside.not_before = now + self.dice.backoff(task.aside.failures + 1).max(wished.min(RETRY_AFTER_CAP));
        self.may_ask_now(now);
        match outcome {
            Ok(_) => self.ask_status(id, now),
            Err(_) => self.arm(id, now),
        }
    }
}
