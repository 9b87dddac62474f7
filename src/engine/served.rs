//! The server's own requests, in the era of sessions: what it asks, on whatever stream, and our answers.
//!
//! A question of a task is told with the task's status, as the other era has it; another goes to the face at once.

use std::rc::Rc;

use super::decimal::decimal;
use super::error::{Code, Error};
use super::fault::Fault;
use super::follow::{REFUSED, RETRY_AFTER_CAP};
use super::held::GRACE;
use super::json::{Json, Key};
use super::lifecycle::Source;
use super::machine::Engine;
use super::message::{self, INTERNAL, INVALID_PARAMS, METHOD_NOT_FOUND, RequestId};
use super::purpose::Purpose;
use super::question::{Asker, QuestionId, Topic};
use super::status::{State, TaskStatus};
use super::time::Millis;
use super::tracked::News;
use super::wire::{CallId, Channel, ExchangeId, Output};

/// So many answers to the server are under way at most: it must not make us flood it.
pub const MOST_NOTICES: usize = 32;
/// So many questions of the server are open at most.
pub const MOST_OPEN: usize = 256;
/// An answer that does not get through is sent so often.
pub const MOST_TRIES: u32 = 8;

/// The number of a request of the server: its own ids come again.
pub type Serial = u32;

/// A request of the server that is not answered yet.
pub struct Served<J> {
    id: J,
    /// The stream it came on, where that is a request's.
    by: Option<RequestId>,
    task: Option<Rc<str>>,
    /// Of a task that is not followed just now.
    is_kept: bool,
    key: String,
    request: J,
    /// With the face, where no task has it.
    question: Option<QuestionId>,
    reply: Option<Reply<J>>,
}

/// An answer on its way.
struct Reply<J> {
    message: J,
    exchange: ExchangeId,
    tries: u32,
    /// When it is sent again.
    at: Option<Millis>,
    /// Who answered by hand.
    call: Option<CallId>,
}

impl<J: Json> Served<J> {
    /// When the answer is sent again.
    pub fn due(&self) -> Option<Millis> {
        self.reply.as_ref().and_then(|reply| reply.at)
    }

    fn is_same(&self, id: &J) -> bool {
        self.id.number().is_some_and(|number| id.number() == Some(number)) || self.id.string().is_some_and(|text| id.string() == Some(text))
    }
}

impl<J: Json> Engine<J> {
    /// The server asks. It may ask whether we are alive, and what we have declared.
    pub(super) fn serve(&mut self, id: J, method: &str, request: &J, channel: Channel, now: Millis) {
        let topic = self.config.answers.topic(request);
        let refusal = match (method, topic) {
            ("ping", _) => None,
            (_, None) if Topic::of(request).is_some_and(|topic| self.config.answers.gives(topic)) => {
                Some((INVALID_PARAMS, "a page to visit must be https"))
            }
            (_, None) => Some((METHOD_NOT_FOUND, "this client does not offer that")),
            (_, Some(_)) if self.served.len() >= MOST_OPEN => Some((INTERNAL, "too many questions are open")),
            (_, Some(topic)) => return self.take_up(id, topic, request, channel, now),
        };
        let notices = self.wire.exchanges.iter().filter(|(_, exchange)| exchange.channel == Channel::Notice).count();
        if notices >= MOST_NOTICES {
            return self.odd("more requests than are answered at a time", id);
        }
        self.wire.notice(message::answer(id, refusal.map_or_else(|| Ok(J::object()), Err)), now);
    }

    fn take_up(&mut self, id: J, topic: Topic, request: &J, channel: Channel, now: Millis) {
        let by = match channel {
            Channel::Request(request) | Channel::Resumption(request) => Some(request),
            _ => None,
        };
        let task = self.asking_task(request, by, now);
        let words = |request: &J| request.path(&[Key::Params, Key::Message]).and_then(|words| words.string());
        // Of a task that nobody knows it may have come, and been given to the face, as nobody's.
        let is_known = task.as_ref().is_some_and(|task| self.tasks.get(task).is_some());
        let is_of = |each: &Served<J>| each.task == task || each.task.is_none() && !is_known;
        let is_repeated = self.served.iter().any(|(_, each)| each.is_same(&id) && is_of(each) && words(&each.request) == words(request));
        if is_repeated {
            return self.odd("a question that came before", id);
        }
        if by.is_none() {
            self.announced = None;
        }
        self.last_served += 1;
        let serial = self.last_served;
        let key = self.key_of(&id, task.as_deref(), serial);
        let question = match &task {
            Some(_) => None,
            None => Some(self.ask_face(Asker::Server(serial), topic, &key, request)),
        };
        let asked = request.clone();
        self.served.insert(serial, Served { id, by, task: task.clone(), is_kept: false, key, request: asked, question, reply: None });
        if let Some(task) = task {
            self.restate(&task, now);
        }
    }

    /// The task whose question it is: as the request says, as its stream says, or the one that has just said that it will ask.
    fn asking_task(&self, request: &J, by: Option<RequestId>, now: Millis) -> Option<Rc<str>> {
        let related = request.path(&[Key::Params, Key::Meta, Key::RelatedTask]).and_then(|task| task.text_of(Key::TaskId));
        let streamed = by.and_then(|by| match &self.wire.requests.get(&by)?.purpose {
            Purpose::Aside(id) | Purpose::Payload(id) => Some(id.clone()),
            _ => None,
        });
        // It may have gone back to "working" before its question: servers tell both at once.
        let is_recent = |at: Millis| now - at <= GRACE;
        let announced = || self.announced.as_ref().filter(|(_, at)| by.is_none() && is_recent(*at)).map(|(id, _)| String::from(&**id));
        let id: Rc<str> = related.or(streamed).or_else(announced)?.into();
        // A task may ask before the answer has come that tells us of it.
        (self.tasks.get(&id).is_some() || self.creating > 0).then_some(id)
    }

    /// No task is being made any more: what is asked for one that nobody knows is the face's.
    pub(super) fn release_served(&mut self) {
        let strays: Vec<_> = self
            .served
            .iter()
            .filter(|(_, each)| !each.is_kept && each.task.as_ref().is_some_and(|id| self.tasks.get(id).is_none()))
            .map(|(serial, _)| *serial)
            .collect();
        for serial in strays {
            let Some(served) = self.served.get_mut(&serial) else { continue };
            served.task = None;
            let (key, request) = (served.key.clone(), served.request.clone());
            let topic = self.config.answers.topic(&request);
            let question = topic.map(|topic| self.ask_face(Asker::Server(serial), topic, &key, &request));
            if let Some(served) = self.served.get_mut(&serial) {
                served.question = question;
            }
        }
    }

    /// The name of a question: the request's id, and more where the task has had that before.
    fn key_of(&self, id: &J, task: Option<&str>, serial: Serial) -> String {
        let text = id.string().or_else(|| Some(decimal(id.number()? as i64))).unwrap_or_default();
        let is_taken = task.and_then(|task| self.tasks.get(task)).is_some_and(|task| task.inputs.knows(&text));
        let is_open = self.served.iter().any(|(_, each)| each.key == text && each.task.as_deref() == task);
        if is_taken || is_open { [&text, "-", &decimal(serial.into())].concat() } else { text }
    }

    /// The face, or the task's inputs, have the answer.
    pub(super) fn reply(&mut self, serial: Serial, outcome: Result<J, (i32, &str)>, call: Option<CallId>, now: Millis) {
        let Some(served) = self.served.get_mut(&serial) else { return };
        let message = message::answer(served.id.clone(), outcome);
        let exchange = self.wire.post(Channel::Reply(serial), message.clone(), now);
        served.reply = Some(Reply { message, exchange, tries: 0, at: None, call });
        served.question = None;
    }

    /// A question that no task has was refused by the face: the server is told, in no words of the page's.
    pub(super) fn server_unanswered(&mut self, serial: Serial, error: Error<J>, now: Millis) {
        if let Some(cause) = error.into_account().cause {
            self.wire.out.push_back(Output::Oddity("a question has no answer", cause));
        }
        self.reply(serial, Err((INTERNAL, "the client has no answer")), None, now);
    }

    /// The open question of a task.
    pub(super) fn served_as(&self, task: &str, key: &str) -> Option<Serial> {
        let is_it = |served: &Served<J>| served.task.as_deref() == Some(task) && served.key == key && served.reply.is_none();
        Some(self.served.iter().find(|(_, served)| is_it(served))?.0)
    }

    /// The server has our answer, or did not take it.
    pub(super) fn replied(&mut self, serial: Serial, outcome: Result<(), Fault<J>>, now: Millis) {
        let Some(served) = self.served.get_mut(&serial) else { return };
        let Some(reply) = &mut served.reply else { return };
        if let Err(fault) = &outcome
            && reply.tries < if fault.error.code == Code::Unauthorized { REFUSED } else { MOST_TRIES * u32::from(fault.transient) }
        {
            reply.tries += 1;
            reply.at = Some(now + self.dice.backoff(reply.tries).max(fault.retry_after.unwrap_or(0).min(RETRY_AFTER_CAP)));
            return;
        }
        let (task, call) = (served.task.clone(), reply.call);
        self.served.remove(&serial);
        if let Some(call) = call {
            self.deliver((call, outcome.map(|()| J::null()).map_err(|fault| fault.error)));
        }
        if let Some(task) = task {
            self.restate(&task, now);
        }
    }

    pub(super) fn resend_replies(&mut self, now: Millis) {
        let due: Vec<_> =
            self.served.iter().filter(|(_, each)| each.due().is_some_and(|at| at <= now)).map(|(serial, _)| *serial).collect();
        for serial in due {
            let Some(reply) = self.served.get_mut(&serial).and_then(|served| served.reply.as_mut()) else { continue };
            reply.at = None;
            reply.exchange = self.wire.post(Channel::Reply(serial), reply.message.clone(), now);
        }
    }

    /// The server takes a question back.
    pub(super) fn unasked(&mut self, params: Option<&J>, now: Millis) {
        let Some(id) = params.and_then(|params| params.get(Key::RequestId)) else { return };
        // An id that came again is that of the question which has no answer.
        let of = self.served.iter().filter(|(_, each)| each.is_same(&id)).min_by_key(|(_, each)| each.reply.is_some());
        let Some(serial) = of.map(|(serial, _)| *serial) else { return };
        if let Some(task) = self.drop_served(serial) {
            self.restate(&task, now);
        }
    }

    /// The request on whose stream the server asked is over: so is what it asked there, unless a task has it.
    pub(super) fn drop_asked_by(&mut self, request: RequestId) {
        let is_of = |served: &Served<J>| served.by == Some(request) && served.task.is_none() && served.reply.is_none();
        let of: Vec<_> = self.served.iter().filter(|(_, served)| is_of(served)).map(|(serial, _)| *serial).collect();
        for serial in of {
            self.drop_served(serial);
        }
    }

    /// The session is gone, and all that was asked in it.
    pub(super) fn unask_all(&mut self, now: Millis) {
        let all: Vec<_> = self.served.iter().map(|(serial, _)| *serial).collect();
        for serial in all {
            // The next session numbers its questions anew: what is not sent yet would answer one of those.
            if let Some(reply) = self.served.get(&serial).and_then(|served| served.reply.as_ref()) {
                self.wire.flow.remove(reply.exchange);
            }
            if let Some(task) = self.drop_served(serial) {
                self.restate(&task, now);
            }
        }
    }

    /// Nobody waits for the answer any more; the task that asked, if one did.
    fn drop_served(&mut self, serial: Serial) -> Option<Rc<str>> {
        let served = self.served.remove(&serial)?;
        if let Some(question) = served.question {
            self.withdraw(question);
        }
        if let Some(call) = served.reply.and_then(|reply| reply.call) {
            self.reject(call, Error::new(Code::InvalidArgument, "the server no longer waits for the answer"));
        }
        served.task
    }

    /// What a task asks that nobody follows any more, but may follow again: its server may not ask it a second time, and waits for an answer
    /// that is still to be sent.
    pub(super) fn keep_served_of(&mut self, task: &str) {
        if self.served.len() < MOST_OPEN / 2 {
            let of = self.served.iter_mut().filter(|(_, each)| each.task.as_deref() == Some(task));
            of.for_each(|(_, each)| each.is_kept = true);
        }
    }

    /// The task is followed again.
    pub(super) fn take_kept_of(&mut self, task: &str) {
        self.served.iter_mut().filter(|(_, each)| each.task.as_deref() == Some(task)).for_each(|(_, each)| each.is_kept = false);
    }

    /// Forgets what a task asks, which has ended or is let go of. An answer on its way may be why it ended: that comes to its own end, once.
    pub(super) fn drop_served_of(&mut self, task: &str) {
        let is_of = |each: &Served<J>| each.task.as_deref() == Some(task) && !each.is_kept;
        let of: Vec<_> = self.served.iter().filter(|(_, each)| is_of(each)).map(|(serial, _)| *serial).collect();
        for serial in of {
            if let Some(served) = self.served.get_mut(&serial)
                && let Some(reply) = served.reply.as_mut().filter(|reply| reply.at.is_none())
            {
                reply.tries = MOST_TRIES;
                served.task = None;
            } else if let Some(call) = self.served.remove(&serial).and_then(|served| served.reply).and_then(|reply| reply.call) {
                self.reject(call, Error::new(Code::InvalidArgument, "the task no longer waits for the answer").about(task));
            }
        }
    }

    /// The questions of a task that have no answer yet.
    pub(super) fn questions_of(&self, task: &str) -> Vec<(String, J)> {
        let open = self.served.iter().filter(|(_, each)| each.task.as_deref() == Some(task) && each.reply.is_none());
        let asked = open.map(|(_, each)| (each.key.clone(), each.request.clone()));
        let only = |(key, request): (String, J)| {
            let method = request.get(Key::Method).unwrap_or_else(J::null);
            (key, J::object().with(Key::Method, method).with_some(Key::Params, request.get(Key::Params)))
        };
        asked.map(only).collect()
    }

    /// The questions of a task whose answers the server does not have, each as the server asked it, and under which key.
    pub(super) fn served_to(&self, task: &str) -> Vec<J> {
        let open = self.served.iter().filter(|(_, each)| each.task.as_deref() == Some(task));
        let with_id = |each: &Served<J>| J::object().with(Key::Key, J::text(&each.key)).with(Key::Id, each.id.clone());
        open.map(|(_, each)| with_id(each).with(Key::Request, each.request.clone())).collect()
    }

    /// The same again, where the task still is.
    pub(super) fn recall_asked(&mut self, id: &str, asked: Option<&J>, now: Millis) {
        let Some(task) = self.tasks.get(id).map(|task| task.id.clone()) else { return };
        let before = self.last_served;
        for each in asked.into_iter().flat_map(J::items).take(MOST_OPEN) {
            let (Some(key), Some(of), Some(request)) = (each.text_of(Key::Key), each.get(Key::Id), each.get(Key::Request)) else {
                continue;
            };
            if self.config.answers.topic(&request).is_some() {
                self.last_served += 1;
                let served =
                    Served { id: of, by: None, task: Some(task.clone()), is_kept: false, key, request, question: None, reply: None };
                self.served.insert(self.last_served, served);
            }
        }
        if self.last_served > before {
            self.restate(id, now);
        }
    }

    /// Is an answer on its way to what the task asks?
    pub(super) fn is_answering(&self, task: &str) -> bool {
        self.served.iter().any(|(_, each)| each.reply.is_some() && each.task.as_deref() == Some(task))
    }

    /// Did a task ask before it was known?
    pub(super) fn is_asked_for(&self, task: &str) -> bool {
        !self.questions_of(task).is_empty()
    }

    /// What a task asks has changed: its status says so.
    pub(super) fn restate(&mut self, id: &str, now: Millis) {
        self.note(id);
        let questions = self.questions_of(id);
        let Some(task) = self.tasks.get_mut(id).filter(|task| !task.life.is_over()) else { return };
        // The status that the task was made with was held back until now.
        let Some(status) = task.life.status().cloned() else { return self.ask_status(id, now) };
        let state = if questions.is_empty() { State::Working } else { State::InputRequired };
        let asked = (!questions.is_empty()).then(|| J::record(questions));
        let verdict = task.life.observe(TaskStatus { state, questions: asked, message: None, ..status }, Source::Push);
        task.held = None;
        self.tell(id, verdict);
        self.advance(id, News::Push, now);
    }
}
