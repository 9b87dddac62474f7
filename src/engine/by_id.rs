//! The calls about a task: its status, its states, its result, its end; and the list of tasks.

use std::rc::Rc;

use super::decimal::decimal;
use super::error::{Code, Error};
use super::fault::Fault;
use super::json::{Json, Key};
use super::kind::{Feature, Kind};
use super::legacy;
use super::lifecycle::Source;
use super::machine::{Call, Engine};
use super::purpose::Purpose;
use super::status::{State, TaskStatus};
use super::time::Millis;
use super::tracked::{News, Want};
use super::wire::CallId;

impl<J: Json> Engine<J> {
    /// The newest status: told at once where a live stream keeps it current, else asked for.
    pub fn status(&mut self, call: CallId, id: &str, now: Millis) {
        let connection = self.connection();
        if let Some(task) = self.tasks.get(id).filter(|task| task.is_current(connection, now))
            && let Some(status) = task.life.status()
        {
            let status = status.to_json();
            self.calls.insert(call, Call::Task { id: id.into(), driven: false });
            return self.resolve(call, status);
        }
        self.fresh_status(call, id, now);
    }

    /// The status, always asked for.
    pub fn fresh_status(&mut self, call: CallId, id: &str, now: Millis) {
        self.wait_for(call, id, Want::Status, now);
    }

    /// Waits for a state; without one, until the task is no longer working.
    pub fn wait(&mut self, call: CallId, id: &str, state: Option<State>, now: Millis) {
        self.wait_for(call, id, Want::State(state), now);
        // The question is here: nobody knows better.
        if self.is_asked_for(id) {
            self.advance(id, News::Push, now);
        }
    }

    /// The result of a task. `kind` and the tool's name say how it is read; no kind hands it on as it comes. `ended` is how the face saw
    /// it end.
    #[allow(clippy::too_many_arguments, reason = "a record of them would be taken apart at once")]
    pub fn result(
        &mut self,
        call: CallId,
        id: &str,
        kind: Option<Kind>,
        name: &str,
        throw: bool,
        ended: Option<TaskStatus<J>>,
        now: Millis,
    ) {
        let reading = self.reading(kind, name, throw);
        if let (Some(status), None) = (ended, self.without_tasks(id)) {
            let task = self.track(id, now);
            task.life.observe(status, Source::Answer { heard: task.life.heard() });
            task.heard = Some(now);
        }
        self.wait_for(call, id, Want::Result(reading), now);
    }

    /// Asks the server to cancel; resolves with the status that the task then has.
    pub fn cancel(&mut self, call: CallId, id: &str, now: Millis) {
        if !self.offers(Feature::Cancel) {
            self.calls.insert(call, Call::Session);
            return self.reject(call, Error::new(Code::Unsupported, "the server cancels no tasks").about(id));
        }
        let purpose = Purpose::Cancel { task_id: id.into(), call: Some(call) };
        let outgoing = self.era.cancel(id);
        self.ask(call, purpose, outgoing, now);
    }

    /// Why nothing can be asked about tasks, where the server has none.
    pub(super) fn without_tasks(&self, id: &str) -> Option<Error<J>> {
        (!self.offers(Feature::Tasks)).then(|| Error::new(Code::Unsupported, "the server has no tasks").about(id))
    }

    fn offers(&self, feature: Feature) -> bool {
        let announced = self.session.capabilities.as_ref().is_some_and(|capabilities| self.era.offers(capabilities, feature));
        announced || self.session.makes_tasks && feature != Feature::List
    }

    /// Cancels a task that nobody knows of.
    pub(super) fn cancel_unseen(&mut self, id: &str, now: Millis) {
        if self.offers(Feature::Cancel) {
            let outgoing = self.era.cancel(id);
            self.wire.request(Purpose::Cancel { task_id: id.into(), call: None }, outgoing, None, now);
        }
    }

    /// `tasks/cancel` was answered. What it says of a task that had ended differs by server: the status is asked for.
    pub(super) fn cancelled(&mut self, id: &str, call: Option<CallId>, outcome: Result<J, Fault<J>>, now: Millis) {
        let Some(call) = call else { return };
        let refusal = match outcome {
            Err(fault) if fault.error.code != Code::Rpc => return self.reject(call, fault.error.about(id)),
            Err(fault) => Some(fault.error.about(id)),
            Ok(_) => None,
        };
        // A poll that was under way was asked too early to know.
        if let Some(stale) = self.tasks.get_mut(id).and_then(|task| task.poll.take()) {
            self.forget_request(stale);
        }
        self.wait_for(call, id, Want::Verdict(refusal), now);
    }

    /// A page of the server's list of tasks; where it has none, the tasks known here, asked one by one.
    ///
    /// `limit` cuts a page; the cursor of the rest says where it was cut.
    pub fn list_tasks(&mut self, call: CallId, cursor: Option<&str>, limit: usize, now: Millis) {
        let (skip, cursor) = cursor.map_or((0, ""), |cursor| {
            let (skip, rest) = cursor.split_once(':').unwrap_or(("0", cursor));
            (skip.parse().unwrap_or(0), rest)
        });
        if !self.offers(Feature::List) {
            return self.list_known(call, skip, limit, now);
        }
        let outgoing = legacy::task_page(Some(cursor).filter(|cursor| !cursor.is_empty()));
        let purpose = Purpose::TaskPage { call, cursor: cursor.into(), skip, limit };
        self.ask(call, purpose, outgoing, now);
    }

    pub(super) fn task_page(&mut self, call: CallId, cursor: &str, skip: usize, limit: usize, outcome: Result<J, Fault<J>>, now: Millis) {
        let page = match outcome {
            Ok(page) => page,
            Err(fault) if fault.error.code == Code::Rpc && cursor.is_empty() => return self.list_known(call, skip, limit, now),
            Err(fault) => return self.reject(call, fault.error),
        };
        let Some(tasks) = page.get(Key::Tasks).filter(J::is_array) else {
            let error = Error::new(Code::Protocol, "the list of tasks has no tasks");
            return self.reject(call, error.carrying(page));
        };
        let all: Vec<_> = tasks.items().filter_map(|task| self.era.read_status(&task)).collect();
        let following = page.text_of(Key::NextCursor);
        if all.is_empty() && following.is_none() && cursor.is_empty() {
            return self.list_known(call, skip, limit, now);
        }
        let cut = all.len() > skip.saturating_add(limit);
        let next = if cut { Some(place(skip + limit, cursor)) } else { following.map(|cursor| place(0, &cursor)) };
        let shown: Vec<_> = all.iter().skip(skip).take(limit).map(TaskStatus::to_json).collect();
        self.resolve(call, task_list(shown, next));
    }

    fn list_known(&mut self, call: CallId, skip: usize, limit: usize, now: Millis) {
        let live: Vec<Rc<str>> = self.tasks.iter().map(|(id, _)| id.clone()).collect();
        let ended = self.ended.iter().filter(|id| !live.contains(id)).cloned();
        let known: Vec<Rc<str>> = live.iter().cloned().chain(ended).collect();
        let asked: Vec<_> = known.iter().skip(skip).take(limit).cloned().collect();
        let next = (known.len() > skip.saturating_add(limit)).then(|| place(skip + limit, ""));
        self.calls.insert(call, Call::Gather { left: asked.len(), found: Vec::new(), next });
        if asked.is_empty() {
            return self.gathered(call, Vec::new(), None);
        }
        asked.iter().for_each(|id| self.fresh_status(call, id, now));
    }

    /// One of the gathered tasks has answered. One that is gone, or that the face has let go of, is left out; another error is the call's.
    pub(super) fn gather(&mut self, call: CallId, left: usize, mut found: Vec<J>, next: Option<String>, outcome: Result<J, Error<J>>) {
        match outcome {
            Ok(status) => found.push(status),
            Err(error) if matches!(error.code, Code::TaskNotFound | Code::Closed) => {
                self.ended.retain(|id| error.task_id.as_deref() != Some(&**id));
            }
            Err(error) => {
                self.calls.insert(call, Call::Session);
                return self.reject(call, error);
            }
        }
        if left > 1 {
            self.calls.insert(call, Call::Gather { left: left - 1, found, next });
        } else {
            self.gathered(call, found, next);
        }
    }

    fn gathered(&mut self, call: CallId, found: Vec<J>, next: Option<String>) {
        self.calls.insert(call, Call::Session);
        self.resolve(call, task_list(found, next));
    }
}

/// Our cursor: how many of the server's page to skip, and the server's own cursor of that page.
fn place(skip: usize, cursor: &str) -> String {
    [&decimal(skip as i64), ":", cursor].concat()
}

fn task_list<J: Json>(tasks: Vec<J>, next: Option<String>) -> J {
    let list = J::object().with(Key::Tasks, J::array(tasks));
    list.with_some(Key::NextCursor, next.as_deref().map(J::text))
}
