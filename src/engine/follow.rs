//! Following tasks: polls, pushes, results, and the calls that wait for them.

use std::cmp::Reverse;
use std::rc::Rc;

use super::era::Era;
use super::error::{Code, Error};
use super::fault::Fault;
use super::flow::Lane;
use super::json::Json;
use super::lifecycle::{Source, Verdict};
use super::machine::{Call, Engine};
use super::message::{INVALID_PARAMS, METHOD_NOT_FOUND, RequestId};
use super::poll::EACH;
use super::purpose::Purpose;
use super::status::{State, TaskStatus};
use super::time::Millis;
use super::tracked::{News, Tracked, Waiting, Want};
use super::wire::{CallId, Output};

/// So many other failures in a row are believed: a proxy's page, a server's bad moment.
pub(super) const BELIEVED: u32 = 5;
/// A token may have run out, and the next request carry a new one; more tries are hammering at a door.
pub(super) const REFUSED: u32 = 2;
/// After so many failed attempts in a row, whoever asked for the status is told of them. Waits go on.
const PATIENT: u32 = 3;
/// Statuses for ids that nobody knows are held while a task is being made, and only so many.
pub const HELD: usize = 1_024;
/// So many tasks are followed at a time: each costs requests and memory until it ends, and a server need not let it.
pub const MOST_TASKS: usize = 10_000;
/// So many ended tasks are remembered for `listTasks`.
const REMEMBERED: usize = 100;
/// More tasks than these are asked about at so many different times.
const FEW: usize = 10;
const PHASES: Millis = 256;
/// The longest `Retry-After` that is honoured, in milliseconds.
pub const RETRY_AFTER_CAP: Millis = 300_000;

impl<J: Json> Engine<J> {
    /// The face holds a task from now on: it was resumed, by its id alone.
    pub fn follow(&mut self, id: &str, now: Millis) {
        let is_known = self.tasks.get(id).is_some();
        if let Some(error) = self.without_tasks(id).or_else(|| self.too_many_tasks().filter(|_| !is_known)) {
            return self.wire.out.push_back(Output::Gone(id.into(), error));
        }
        self.track(id, now).followed = true;
        self.advance(id, News::None, now);
    }

    /// Why no other task can be taken on, where that is so.
    pub(super) fn too_many_tasks(&self) -> Option<Error<J>> {
        (self.tasks.len() + self.creating >= MOST_TASKS).then(|| Error::new(Code::InvalidArgument, "too many tasks are live"))
    }

    /// The face lets go of a task. The server is not told.
    pub fn detach(&mut self, id: &str, now: Millis) {
        let Some(mut task) = self.tasks.remove(id) else { return };
        let settled = task.fail(&Error::new(Code::Closed, "the task was detached").about(id));
        self.keep_served_of(id);
        self.let_go(&mut task);
        self.deliver_all(settled);
        self.tend_stream(now);
    }

    /// One more callback or iterator wants every change, or (`false`) one less.
    pub fn watch(&mut self, id: &str, watching: bool, now: Millis) {
        let Some(task) = self.tasks.get_mut(id) else { return };
        if watching && !task.is_watched() {
            task.since = now;
        }
        task.watchers = if watching { task.watchers + 1 } else { task.watchers.saturating_sub(1) };
        self.advance(id, News::None, now);
    }

    /// The task of this id, newly taken up where it was not known.
    pub(super) fn track(&mut self, id: &str, now: Millis) -> &mut Tracked<J> {
        if self.tasks.get(id).is_none() {
            let phase = self.dice.between(0, PHASES);
            self.tasks.insert(id.into(), Box::new(Tracked { phase, ..Tracked::new(id, now) }));
            self.take_kept_of(id);
            if self.era == Era::Modern && self.config.notifications {
                self.subscription.grow(now);
            }
        }
        match self.tasks.get_mut(id) {
            Some(task) => task,
            None => unreachable!("it was inserted just now"),
        }
    }

    /// A call waits for something of a task.
    pub(super) fn wait_for(&mut self, call: CallId, id: &str, want: Want<J>, now: Millis) {
        if !matches!(self.calls.get(&call), Some(Call::Gather { .. })) {
            self.calls.insert(call, Call::Task { id: id.into(), driven: false });
        }
        if let Some(error) = self.without_tasks(id) {
            return self.reject(call, error);
        }
        let next = self.wire.next_request();
        let task = self.track(id, now);
        if !task.is_watched() {
            task.since = now;
            // Nobody heard what was asked before.
            task.held = None;
        }
        let from = task.poll.unwrap_or(next);
        task.waiting.push(Waiting { call, want, from });
        let id = task.id.clone();
        self.ask_again(&id, now);
        self.advance(&id, News::None, now);
        self.hasten_poll(&id, now);
    }

    pub(super) fn stop_waiting(&mut self, id: &str, call: CallId, now: Millis) {
        if let Some(task) = self.tasks.get_mut(id) {
            task.waiting.retain(|waiting| waiting.call != call);
            self.advance(id, News::None, now);
        }
    }

    /// The status that came with a new task.
    pub(super) fn created_as(&mut self, status: TaskStatus<J>, now: Millis) {
        let id = status.task_id.clone();
        if let Some(task) = self.tasks.get_mut(id.as_str()) {
            task.heard = Some(now);
            if let Some(status) = self.heeded(status, now)
                && let Some(task) = self.tasks.get_mut(id.as_str())
            {
                task.life.observe(status, Source::Answer { heard: 0 });
            }
            self.advance(&id, News::None, now);
        }
    }

    /// A status came by notification.
    pub(super) fn pushed(&mut self, status: TaskStatus<J>, now: Millis) {
        let connection = self.connection();
        let Some(task) = self.tasks.get_mut(status.task_id.as_str()) else {
            if self.creating > 0 && self.early.len() < HELD {
                if status.state == State::InputRequired {
                    self.announced = Some((status.task_id.as_str().into(), now));
                }
                self.early.push(status);
            }
            return;
        };
        let id = task.id.clone();
        // What was not asked yet is answered by this.
        if let Some(poll) = task.poll.filter(|poll| !task.life.is_over() && !self.wire.has_begun(*poll)) {
            task.poll = None;
            self.forget_request(poll);
        }
        // Old news too is followed by its question.
        if status.state == State::InputRequired {
            self.announced = Some((id.clone(), now));
        }
        let Some(task) = self.tasks.get_mut(&id) else { return };
        if self.stream.repeats() && task.answered_under != connection && !status.state.is_terminal() {
            return self.ask_status(&id, now);
        }
        task.heard = Some(now);
        // The server is there.
        task.rest_until = 0;
        task.look = None;
        task.streamed_by = connection;
        self.stream.delivered = true;
        let Some(status) = self.heeded(status, now) else { return self.advance(&id, News::None, now) };
        match self.tasks.get_mut(&id).map(|task| task.life.observe(status, Source::Push)) {
            Some(Verdict::Confirm) => self.ask_status(&id, now),
            Some(verdict) => self.tell(&id, verdict),
            None => {}
        }
        self.advance(&id, News::Push, now);
    }

    /// `tasks/get` was answered.
    pub(super) fn polled(&mut self, id: &str, request: RequestId, heard: u32, outcome: Result<J, Fault<J>>, now: Millis) {
        let connection = self.connection();
        let era = self.era;
        let Some(task) = self.tasks.get_mut(id) else { return };
        if task.poll == Some(request) {
            task.poll = None;
        }
        let status = outcome.and_then(|result| {
            let status = era.read_status(&result).filter(|status| status.task_id == id);
            status.ok_or_else(|| {
                let error = Error::new(Code::Protocol, "the answer to tasks/get is not the status of the task");
                Fault::lasting(error.carrying(result))
            })
        });
        let verdict = match status {
            Ok(status) => {
                task.failures = 0;
                task.turned_away = false;
                let was_asked_before = connection != 0 && task.asked_under == connection && task.answered_under == connection;
                let before = task.life.state().filter(|_| was_asked_before && !task.life.is_confirming());
                task.answered_under = task.asked_under;
                task.look = None;
                task.heard = Some(now);
                let unanswered = task.inputs.take_refusal().filter(|_| !status.state.is_terminal());
                let settled = match task.refused.take() {
                    // Twice, and ended both times: so it is. Once may have been just before the end.
                    Some(error) if status.state.is_terminal() && task.refusals > 1 => task.settle_results(|_| Err(error.clone())),
                    // The end was told before it was there: it is asked about until it is.
                    Some(error) if !status.state.is_terminal() => {
                        task.refusals = 0;
                        task.refused = Some(error);
                        Vec::new()
                    }
                    _ => unanswered.map_or_else(Vec::new, |error| task.settle_results(|_| Err(error.clone()))),
                };
                self.deliver_all(settled);
                let Some(status) = self.heeded(status, now) else { return self.advance(id, News::None, now) };
                let Some(task) = self.tasks.get_mut(id) else { return };
                let verdict = task.life.observe(status, Source::Answer { heard });
                if before.is_some() && task.life.state() != before {
                    self.missed(id, now);
                }
                verdict
            }
            Err(fault) => {
                if task.life.give_up_confirming() == Verdict::Changed {
                    Verdict::Changed
                } else {
                    return self.poll_failed(id, fault, now);
                }
            }
        };
        if verdict == Verdict::Confirm {
            self.ask_status(id, now);
        }
        self.tell(id, verdict);
        self.advance(id, News::Answer(request), now);
    }

    fn poll_failed(&mut self, id: &str, fault: Fault<J>, now: Millis) {
        if fault.is_unsigned() {
            self.rest_unsigned(id, fault.error);
            return self.advance(id, News::None, now);
        }
        let Some(task) = self.tasks.get_mut(id) else { return };
        task.failures += 1;
        let rpc = fault.error.rpc_code();
        let settled = matches!(rpc, Some(INVALID_PARAMS | METHOD_NOT_FOUND));
        task.turned_away = fault.error.code == Code::Unauthorized;
        let believed = if task.turned_away { REFUSED } else { BELIEVED };
        let passing = fault.transient || !settled && task.failures < believed;
        if passing {
            let wait = fault.retry_after.unwrap_or(0).min(RETRY_AFTER_CAP);
            task.not_before = now + wait;
            task.rest_until = now + self.dice.backoff(task.failures);
            task.tried = now;
            let settled = if task.failures >= PATIENT { task.settle_questions(&fault.error.about(id)) } else { Vec::new() };
            self.deliver_all(settled);
            return self.advance(id, News::None, now);
        }
        let error = match rpc {
            Some(INVALID_PARAMS) => fault.error.meaning(Code::TaskNotFound, "the server does not know the task, or no longer does"),
            _ => fault.error,
        };
        self.lose(id, &error.about(id), now);
    }

    /// The task cannot be followed any further.
    fn lose(&mut self, id: &str, error: &Error<J>, now: Millis) {
        let Some(mut task) = self.tasks.remove(id) else { return };
        let settled = task.fail(error);
        if error.code != Code::TaskNotFound {
            self.keep_served_of(id);
        }
        self.let_go(&mut task);
        if task.followed {
            self.wire.out.push_back(Output::Gone(id.into(), error.clone()));
        }
        self.deliver_all(settled);
        self.tend_stream(now);
    }

    /// Nothing more is asked about a task, nor for it.
    fn let_go(&mut self, task: &mut Tracked<J>) {
        if self.tasks.is_empty() {
            // Those that are left were set for tasks that are gone.
            self.alarms.clear();
        }
        [task.poll, task.payload].into_iter().flatten().for_each(|request| self.forget_request(request));
        task.inputs.take_asked(|_| true).into_iter().for_each(|question| self.withdraw(question));
        std::mem::take(&mut task.aside).request().into_iter().for_each(|request| self.forget_request(request));
        self.drop_served_of(&task.id);
    }

    /// Tells the face of a change.
    pub(super) fn tell(&mut self, id: &str, verdict: Verdict) {
        let Some(task) = self.tasks.get(id) else { return };
        if let (Verdict::Changed, true, Some(status)) = (verdict, task.followed, task.life.status()) {
            self.wire.out.push_back(Output::Status(status.clone()));
        }
    }

    /// After anything has happened to a task: ends the calls that are satisfied, asks what must be asked, lets go of it at its end.
    pub(super) fn advance(&mut self, id: &str, news: News, now: Millis) {
        let Some(task) = self.tasks.get_mut(id) else { return };
        let mut settled = task.settle(news, self.config.answers);
        if let Some(ending) = task.life.status().and_then(|status| status.ending.clone()) {
            settled.extend(task.settle_ending(&ending));
        }
        if task.wants_payload() && task.payload.is_none() && task.refused.is_none() && task.rested() <= now {
            let outgoing = self.era.payload(id);
            task.payload = Some(self.wire.request(Purpose::Payload(id.into()), outgoing, None, now));
        }
        if task.is_done() {
            if let Some(mut task) = self.tasks.remove(id) {
                if task.life.is_over() {
                    self.remember_ended(&task.id);
                } else {
                    self.keep_served_of(id);
                }
                self.let_go(&mut task);
            }
        } else {
            self.attend(id, now);
            self.tend_aside(id, now);
            self.arm(id, now);
        }
        self.deliver_all(settled);
        self.tend_stream(now);
    }

    fn remember_ended(&mut self, id: &Rc<str>) {
        self.ended.retain(|ended| ended != id);
        if self.ended.len() == REMEMBERED {
            self.ended.remove(0);
        }
        self.ended.push(id.clone());
    }

    /// Sets the alarm for a task's next poll, or for another try at its result.
    pub(super) fn arm(&mut self, id: &str, now: Millis) {
        let connection = self.connection();
        let asks_aside = self.asks_aside(id);
        let (live, calls) = (self.tasks.len(), self.wire.flow.calls());
        let Some(task) = self.tasks.get_mut(id) else { return };
        let at_once = task.heard.is_none() || task.held_until().is_none() && task.is_pressed();
        let asks = task.is_watched() && task.poll.is_none() && task.payload.is_none();
        let promised = self.subscription.promised(task.since);
        task.due = asks.then(|| match at_once && task.failures == 0 {
            true => now,
            // Only the result is missing, and how often the server wants to be asked for the status is no matter.
            false if task.life.is_over() && task.refused.is_none() => task.rested().max(now),
            false => {
                let last = task.tried.max(task.heard.unwrap_or(0));
                let mut pace = task.pace(connection, live);
                // The calls that are under way may make as many tasks, of which this is the first: it keeps to what the server says from
                // the beginning.
                if pace.interval().is_some() && !pace.streamed {
                    pace.live += calls;
                }
                let next = pace.next(last);
                // Those that came together are not asked about together for ever.
                let spread = (EACH * live.saturating_sub(FEW) as Millis).min((next - last) / 4);
                let next = (next + spread * task.phase / PHASES).max(promised);
                // What failed is not repeated at once.
                let rested = task.rested();
                let sooner = [task.look, task.held_until().filter(|until| *until > now)].into_iter().flatten().map(|at| at.max(rested));
                sooner.fold(next, Millis::min).max(now)
            }
        });
        let sends = task.inputs.due().map(|due| due.max(now + 1));
        let closes = task.aside.closes().map(|at| at.max(now + 1));
        let opens = task.aside.due().filter(|_| asks_aside).map(|due| due.max(now + 1));
        task.due = [task.due, sends, opens, closes].into_iter().flatten().min();
        if task.due == Some(now) && !task.life.is_over() {
            task.due = None;
            return self.ask_status(id, now);
        }
        if let Some(due) = task.due
            && task.alarm.is_none_or(|alarm| due < alarm)
        {
            task.alarm = Some(due);
            self.alarms.push(Reverse((due, task.id.clone())));
        }
    }

    /// An alarm rings; it may have been set for a poll that is no longer due.
    pub(super) fn ring(&mut self, id: &str, at: Millis, now: Millis) {
        let asks_aside = self.asks_aside(id);
        let Some(task) = self.tasks.get_mut(id) else { return };
        if task.alarm == Some(at) {
            task.alarm = None;
        }
        let is_past = |at: Option<Millis>| at.is_some_and(|at| at <= now);
        match task.due {
            Some(_) if is_past(task.inputs.due()) || asks_aside && is_past(task.aside.due()) || is_past(task.aside.closes()) => {
                task.due = None;
                self.advance(id, News::None, now);
            }
            Some(due) if due <= now => {
                task.due = None;
                if task.life.is_over() && task.refused.is_none() {
                    self.advance(id, News::None, now);
                } else {
                    self.ask_status(id, now);
                }
            }
            _ => self.arm(id, now),
        }
    }

    /// Sends `tasks/get`, unless one is under way.
    pub(super) fn ask_status(&mut self, id: &str, now: Millis) {
        let is_pressed = self.tasks.get(id).is_some_and(|task| task.is_pressed());
        self.poll(id, if is_pressed { Lane::Call } else { Lane::Poll }, now);
    }

    pub(super) fn poll(&mut self, id: &str, lane: Lane, now: Millis) {
        let connection = self.connection();
        let Some(task) = self.tasks.get_mut(id) else { return };
        if task.poll.is_none() {
            task.asked_under = connection;
            let purpose = Purpose::Poll { task_id: id.into(), heard: task.life.heard() };
            task.poll = Some(self.wire.request_in(lane, purpose, self.era.get(id), now));
        }
    }

    /// Somebody waits for the answer to a poll: it goes before those of which only the clock has thought.
    fn hasten_poll(&mut self, id: &str, now: Millis) {
        if let Some(task) = self.tasks.get(id).filter(|task| task.is_pressed())
            && let Some(poll) = task.poll
        {
            self.wire.hasten(poll, now);
        }
    }
}
