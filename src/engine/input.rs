//! The questions of a task, and the answers to them: each question is asked once, each answer sent until the server has it
//! ("Task Update Requests").

use super::era::Era;
use super::error::{Code, Error};
use super::fault::Fault;
use super::follow::{BELIEVED, RETRY_AFTER_CAP};
use super::json::Json;
use super::lifecycle::Source;
use super::machine::{Call, Engine};
use super::message::INVALID_PARAMS;
use super::modern;
use super::purpose::Purpose;
use super::question::{Asker, QuestionId, Topic};
use super::status::{State, TaskStatus};
use super::time::Millis;
use super::tracked::{News, Want};
use super::wire::CallId;

/// Where a question of a task stands.
#[derive(Clone, Debug)]
pub enum Input<J> {
    Asked(QuestionId),
    /// Answered, and the server does not know yet.
    Given(J),
    /// The server has the answer, whatever it still asks.
    Sent,
}

/// The questions of one task that were seen to, by key.
pub struct Inputs<J> {
    known: Vec<(String, Input<J>)>,
    sending: bool,
    /// The server refused these answers, or it does not know the task, and is being asked for its status; and why, where that is to be told
    /// to whoever waits for the result.
    refused: Option<(Vec<String>, Option<Error<J>>)>,
    failures: u32,
    /// The answers are not sent again before.
    not_before: Millis,
}

impl<J> Default for Inputs<J> {
    fn default() -> Self {
        Self { known: Vec::new(), sending: false, refused: None, failures: 0, not_before: 0 }
    }
}

impl<J: Json> Inputs<J> {
    /// The keys of the questions whose answer the server has.
    pub fn answered(&self) -> impl Iterator<Item = &str> {
        self.known.iter().filter(|(_, input)| matches!(input, Input::Sent)).map(|(key, _)| key.as_str())
    }

    /// The task lives: then it is the answers that were refused.
    pub fn take_refusal(&mut self) -> Option<Error<J>> {
        let (keys, error) = self.refused.take()?;
        self.forget_sent(&keys);
        error
    }

    /// Was any question of the task seen to?
    pub fn any(&self) -> bool {
        !self.known.is_empty()
    }

    pub fn knows(&self, key: &str) -> bool {
        self.known.iter().any(|(each, _)| each == key)
    }

    /// Has the server the answer, or will have it any moment?
    fn is_answered(&self, key: &str) -> bool {
        self.known.iter().any(|(each, input)| each == key && matches!(input, Input::Sent))
    }

    fn is_to_send(&self) -> bool {
        !self.sending && self.known.iter().any(|(_, input)| matches!(input, Input::Given(_)))
    }

    /// When the answers that wait for it are sent.
    pub fn due(&self) -> Option<Millis> {
        self.is_to_send().then_some(self.not_before)
    }

    fn set(&mut self, key: &str, input: Input<J>) {
        match self.known.iter_mut().find(|(each, _)| each == key) {
            Some((_, known)) => *known = input,
            None => self.known.push((key.into(), input)),
        }
    }

    fn forget(&mut self, key: &str) {
        self.known.retain(|(each, _)| each != key);
    }

    /// What failed before says nothing about now.
    pub fn wake(&mut self) {
        self.failures = 0;
        self.not_before = 0;
    }

    /// The server does not have these answers. What the face was asked anew meanwhile stays with it, and so does what it answered.
    fn forget_sent(&mut self, keys: &[String]) {
        self.known.retain(|(each, input)| !matches!(input, Input::Sent) || !keys.contains(each));
    }

    /// Takes out the questions that nobody is to answer any more.
    pub fn take_asked(&mut self, is_idle: impl Fn(&str) -> bool) -> Vec<QuestionId> {
        let mut questions = Vec::new();
        self.known.retain(|(key, input)| match input {
            Input::Asked(question) if is_idle(key) => {
                questions.push(*question);
                false
            }
            _ => true,
        });
        questions
    }
}

impl<J: Json> Engine<J> {
    /// The status without the questions whose answers the server has, however long it still names them: it waits for none of us.
    pub(super) fn without_answered(&self, mut status: TaskStatus<J>) -> TaskStatus<J> {
        let asked = status.questions.as_ref().map(J::members).unwrap_or_default();
        let is_open = |(key, _): &(String, J)| !self.tasks.get(status.task_id.as_str()).is_some_and(|task| task.inputs.is_answered(key));
        let (open, answered): (Vec<_>, Vec<_>) = asked.into_iter().partition(is_open);
        if !answered.is_empty() {
            if open.is_empty() && status.state == State::InputRequired {
                status.state = State::Working;
            }
            status.questions = (!open.is_empty()).then(|| J::record(open));
        }
        status
    }

    /// Asks what a task asks, once somebody waits for its result; takes back what it asks no more; sends the answers.
    pub(super) fn attend(&mut self, id: &str, now: Millis) {
        let Some(task) = self.tasks.get_mut(id) else { return };
        let (asker, answers) = (task.id.clone(), self.config.answers);
        let asks = task.life.state() == Some(State::InputRequired) && task.waiting.iter().any(|each| matches!(each.want, Want::Result(_)));
        let questions = task.life.status().and_then(|status| status.questions.clone()).filter(|_| asks);
        let open = questions.as_ref().map(J::members).unwrap_or_default();
        let idle = task.inputs.take_asked(|key| !open.iter().any(|(each, _)| each == key));
        idle.into_iter().for_each(|question| self.withdraw(question));
        for (key, request) in open {
            let is_new = self.tasks.get(id).is_some_and(|task| !task.inputs.knows(&key));
            if let (true, Some(topic)) = (is_new, answers.topic(&request)) {
                let question = self.ask_face(Asker::Task(asker.clone()), topic, &key, &request);
                if let Some(task) = self.tasks.get_mut(id) {
                    task.inputs.set(&key, Input::Asked(question));
                }
            }
        }
        self.send_inputs(id, now);
    }

    fn send_inputs(&mut self, id: &str, now: Millis) {
        let Some(task) = self.tasks.get_mut(id) else { return };
        if task.inputs.due().is_none_or(|due| due > now) {
            return;
        }
        let given = task.inputs.known.iter().filter_map(|(key, input)| match input {
            Input::Given(answer) => Some((key.clone(), answer.clone())),
            _ => None,
        });
        let given: Vec<_> = given.collect();
        if self.era == Era::Legacy {
            for (key, answer) in given {
                self.reply_for(id, &key, answer, None, now);
            }
            return;
        }
        task.inputs.sending = true;
        let keys = given.iter().map(|(key, _)| key.clone()).collect();
        let outgoing = modern::update(id, J::record(given));
        self.wire.request(Purpose::Update { task_id: id.into(), keys, call: None }, outgoing, None, now);
    }

    /// In the era of sessions the answer is a message, and the message knows by itself how to get through.
    fn reply_for(&mut self, id: &str, key: &str, answer: J, call: Option<CallId>, now: Millis) -> bool {
        if let Some(task) = self.tasks.get_mut(id) {
            task.inputs.set(key, Input::Sent);
        }
        let Some(serial) = self.served_as(id, key) else { return false };
        self.reply(serial, Ok(answer), call, now);
        self.restate(id, now);
        true
    }

    /// The face answered a question of a task.
    pub(super) fn input_given(&mut self, id: &str, key: String, answer: J, now: Millis) {
        if let Some(task) = self.tasks.get_mut(id) {
            task.inputs.set(&key, Input::Given(answer));
            self.advance(id, News::None, now);
        }
    }

    /// Nobody answers a question of a task: whoever waits for the result is told. The next who waits will be asked again.
    pub(super) fn input_failed(&mut self, id: &str, key: &str, error: Error<J>, now: Millis) {
        if let Some(serial) = self.served_as(id, key) {
            // The server hears it, and what comes of it is the task's.
            if let Some(task) = self.tasks.get_mut(id) {
                task.inputs.set(key, Input::Sent);
            }
            self.server_unanswered(serial, error, now);
            return self.restate(id, now);
        }
        let Some(task) = self.tasks.get_mut(id) else { return };
        task.inputs.forget(key);
        let error = error.about(id).with_data(task.life.status().map(TaskStatus::asked));
        let settled = task.settle_results(|_| Err(error.clone()));
        self.deliver_all(settled);
        self.advance(id, News::None, now);
    }

    /// Questions of a task that were answered before, elsewhere perhaps, by key: nobody is asked them again.
    pub(super) fn recall_answered(&mut self, id: &str, answered: Option<&J>) {
        let Some(task) = self.tasks.get_mut(id) else { return };
        let keys = answered.into_iter().flat_map(J::items).filter_map(|key| key.string());
        keys.for_each(|key| task.inputs.set(&key, Input::Sent));
    }

    /// One answer, by hand.
    pub fn respond(&mut self, call: CallId, id: &str, key: String, response: J, now: Millis) {
        self.calls.insert(call, Call::Reply);
        let status = self.tasks.get(id).and_then(|task| task.life.status());
        let asked = status.and_then(|status| status.questions.as_ref()?.member(&key));
        let is_untold = status.is_none_or(|status| status.state == State::InputRequired && status.questions.is_none());
        // What the server asks may be newer than what we know; but where it asks by messages, we know every one.
        let is_answered = self.tasks.get(id).is_some_and(|task| task.inputs.is_answered(&key));
        let is_open = asked.is_some() || (is_untold || is_answered) && self.era == Era::Modern;
        let topic = asked.as_ref().and_then(Topic::of);
        let wrong = match topic {
            _ if !is_open => "the task waits for no answer to a question of this key",
            Some(topic) if !topic.is_answered_by(&response) => "this is no answer that the protocol has for the question",
            _ => "",
        };
        if !wrong.is_empty() {
            return self.reject(call, Error::new(Code::InvalidArgument, wrong).about(id));
        }
        let response = match (topic, asked) {
            (Some(topic), Some(asked)) => topic.completed(&asked, response),
            _ => response,
        };
        if self.era == Era::Modern {
            return self.update(call, id, J::record(vec![(key, response)]), now);
        }
        let withdrawn = self.tasks.get_mut(id).map(|task| task.inputs.take_asked(|each| each == key));
        withdrawn.into_iter().flatten().for_each(|question| self.withdraw(question));
        if !self.reply_for(id, &key, response, Some(call), now) {
            self.reject(call, Error::new(Code::InvalidArgument, "the question was answered before").about(id));
        }
    }

    /// `tasks/update`, by hand: answers by key.
    pub fn update(&mut self, call: CallId, id: &str, responses: J, now: Millis) {
        self.calls.insert(call, Call::Session);
        if let Some(error) = self.without_tasks(id) {
            return self.reject(call, error);
        }
        if self.wire.identity.is_none() {
            let message = "the server's protocol version has no tasks/update";
            return self.reject(call, Error::new(Code::Unsupported, message).about(id));
        }
        let keys: Vec<_> = responses.members().into_iter().map(|(key, _)| key).collect();
        let asked = self.tasks.get_mut(id).map(|task| task.inputs.take_asked(|key| keys.iter().any(|each| each == key)));
        asked.into_iter().flatten().for_each(|question| self.withdraw(question));
        if let Some(task) = self.tasks.get_mut(id) {
            // Whatever comes of it, it is with the server now: nobody else is asked.
            keys.iter().for_each(|key| task.inputs.set(key, Input::Sent));
        }
        let purpose = Purpose::Update { task_id: id.into(), keys, call: Some(call) };
        self.ask(call, purpose, modern::update(id, responses), now);
    }

    /// `tasks/update` was answered. What the server does with the answers, the status will tell.
    pub(super) fn updated(&mut self, id: &str, keys: &[String], call: Option<CallId>, outcome: Result<J, Fault<J>>, now: Millis) {
        let Some(task) = self.tasks.get_mut(id) else {
            return match outcome {
                Err(fault) if fault.error.rpc_code() == Some(INVALID_PARAMS) => self.verify(call, id, fault.error, now),
                Err(fault) => call.into_iter().for_each(|call| self.reject(call, fault.error.clone().about(id))),
                Ok(_) => call.into_iter().for_each(|call| self.resolve(call, J::null())),
            };
        };
        let inputs = &mut task.inputs;
        inputs.sending = inputs.sending && call.is_some();
        let (mut settled, mut needless) = (Vec::new(), Vec::new());
        match outcome {
            Ok(_) => {
                inputs.failures = 0;
                needless = inputs.take_asked(|key| keys.iter().any(|each| each == key));
                keys.iter().for_each(|key| inputs.set(key, Input::Sent));
                settled.extend(call.map(|call| (call, Ok(J::null()))));
                // It goes on now: to be asked about as if it were new.
                task.since = now;
            }
            // What is no word of the server's may be a proxy's, and pass: the user is not asked again for that.
            Err(fault) if call.is_none() && (fault.transient || fault.error.code != Code::Rpc && inputs.failures + 1 < BELIEVED) => {
                inputs.failures += 1;
                inputs.not_before = now + self.dice.backoff(inputs.failures).max(fault.retry_after.unwrap_or(0).min(RETRY_AFTER_CAP));
            }
            // It may not know the task, which the status tells.
            Err(fault) if fault.error.rpc_code() == Some(INVALID_PARAMS) => {
                let (mut all, told) = inputs.refused.take().unwrap_or_default();
                all.extend_from_slice(keys);
                if call.is_some() {
                    inputs.refused = Some((all, told));
                    return self.verify(call, id, fault.error, now);
                }
                keys.iter().for_each(|key| inputs.set(key, Input::Sent));
                inputs.refused = Some((all, Some(fault.error.about(id))));
                return self.ask_status(id, now);
            }
            Err(fault) => {
                if call.is_none() {
                    keys.iter().for_each(|key| inputs.set(key, Input::Sent));
                }
                inputs.forget_sent(keys);
                let error = fault.error.about(id);
                match call {
                    Some(call) => settled.push((call, Err(error))),
                    None => settled = task.settle_results(|_| Err(error.clone())),
                }
            }
        }
        self.note(id);
        needless.into_iter().for_each(|question| self.withdraw(question));
        self.tell_answered(id);
        self.deliver_all(settled);
        self.advance(id, News::None, now);
    }

    /// The newest status names no question that has its answer.
    fn tell_answered(&mut self, id: &str) {
        let Some(status) = self.tasks.get(id).and_then(|task| task.life.status().cloned()) else { return };
        let status = self.without_answered(status);
        if let Some(task) = self.tasks.get_mut(id) {
            let verdict = task.life.observe(TaskStatus { message: None, ..status }, Source::Answer { heard: task.life.heard() });
            self.tell(id, verdict);
        }
    }

    /// The server refused what was asked of a task: does it know the task?
    fn verify(&mut self, call: Option<CallId>, id: &str, refusal: Error<J>, now: Millis) {
        if let Some(call) = call.filter(|call| self.calls.get(call).is_some()) {
            self.wait_for(call, id, Want::Verdict(Some(refusal.about(id))), now);
        }
    }
}
