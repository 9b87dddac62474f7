//! Questions of the server: to the user, to a model, to the page. Whoever answers is the face's to know.

use std::rc::Rc;

use super::error::{Code, Error};
use super::json::{Json, Key};
use super::machine::Engine;
use super::served::Serial;
use super::time::Millis;
use super::wire::{CallId, Output};

/// Unique in the life of an engine.
pub type QuestionId = u32;

/// What a server may ask ("Elicitation", "Sampling", "Roots").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    Elicitation,
    Sampling,
    Roots,
}

impl Topic {
    /// What a request of the server asks.
    pub fn of<J: Json>(request: &J) -> Option<Self> {
        Self::asked_by(&request.text_of(Key::Method)?)
    }

    fn asked_by(method: &str) -> Option<Self> {
        match method {
            "elicitation/create" => Some(Self::Elicitation),
            "sampling/createMessage" => Some(Self::Sampling),
            "roots/list" => Some(Self::Roots),
            _ => None,
        }
    }

    /// The name of the client's capability, and of the option that gives the answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Elicitation => "elicitation",
            Self::Sampling => "sampling",
            Self::Roots => "roots",
        }
    }

    /// May the server ask this? A page to visit must be one that nobody on the way can read or change; `local` is a page that is being
    /// developed.
    fn allows<J: Json>(self, request: &J, local: bool) -> bool {
        let param = |key: Key| request.path(&[Key::Params, key]).and_then(|param| param.string());
        if self != Self::Elicitation || param(Key::Mode).as_deref() != Some("url") {
            return true;
        }
        let url = param(Key::Url).unwrap_or_default().to_ascii_lowercase();
        url.starts_with("https://") || local && url.starts_with("http://")
    }

    /// The answer as it is sent: what a form left open has its default ("Default Values").
    pub fn completed<J: Json>(self, request: &J, answer: J) -> J {
        let is_accepted = self == Self::Elicitation && answer.text_of(Key::Action).as_deref() == Some("accept");
        let fields = request.path(&[Key::Params, Key::RequestedSchema, Key::Properties]).filter(|_| is_accepted);
        let defaults = fields.iter().flat_map(J::members).filter_map(|(name, field)| Some((name, field.get(Key::Default)?)));
        let content = answer.get(Key::Content).unwrap_or_else(J::object);
        let missing: Vec<_> = defaults.filter(|(name, _)| content.member(name).is_none()).collect();
        if missing.is_empty() {
            return answer;
        }
        let all = content.members().into_iter().chain(missing).collect();
        answer.with(Key::Content, J::record(all))
    }

    /// Has the answer the shape that the protocol has for it?
    pub fn is_answered_by<J: Json>(self, answer: &J) -> bool {
        let is_text = |key: Key| answer.text_of(key).is_some();
        match self {
            Self::Elicitation => {
                let action = answer.text_of(Key::Action);
                let is_known = matches!(action.as_deref(), Some("accept" | "decline" | "cancel"));
                is_known && answer.get(Key::Content).is_none_or(|content| content.is_object())
            }
            Self::Sampling => {
                let content = answer.get(Key::Content);
                is_text(Key::Role) && is_text(Key::Model) && content.is_some_and(|content| content.is_object() || content.is_array())
            }
            Self::Roots => answer.get(Key::Roots).is_some_and(|roots| roots.is_array()),
        }
    }
}

/// What the face answers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Answers {
    pub elicitation: bool,
    pub sampling: bool,
    pub roots: bool,
    /// The page is one that is being developed, on this machine.
    pub local: bool,
}

impl Answers {
    pub fn gives(self, topic: Topic) -> bool {
        match topic {
            Topic::Elicitation => self.elicitation,
            Topic::Sampling => self.sampling,
            Topic::Roots => self.roots,
        }
    }

    pub fn any(self) -> bool {
        self.elicitation || self.sampling || self.roots
    }

    /// The topic of a question, where there is an answer to it.
    pub fn topic<J: Json>(self, request: &J) -> Option<Topic> {
        Topic::of(request).filter(|topic| self.gives(*topic) && topic.allows(request, self.local))
    }

    /// The client's capabilities.
    pub fn to_json<J: Json>(self) -> J {
        let modes = || J::object().with(Key::Form, J::object()).with(Key::Url, J::object());
        J::object()
            .with_some(Key::Elicitation, self.elicitation.then(modes))
            .with_some(Key::Sampling, self.sampling.then(|| J::object().with(Key::Tools, J::object())))
            .with_some(Key::Roots, self.roots.then(J::object))
    }
}

/// Who waits for the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asker {
    /// A call whose request the server wants to have again, with the answer.
    Call(CallId),
    /// The calls that the server refuses until the user was somewhere.
    Visit,
    Task(Rc<str>),
    /// A request of the server, whose answer is a message.
    Server(Serial),
}

/// A question that is with the face.
pub struct Question<J> {
    pub asker: Asker,
    /// The server's name for it.
    pub key: String,
    pub topic: Topic,
    pub request: J,
}

/// A question as the face gets it.
#[derive(Clone, Debug)]
pub struct Ask<J> {
    pub question: QuestionId,
    pub topic: Topic,
    pub params: J,
    pub key: String,
    pub task_id: Option<String>,
}

impl<J: Json> Engine<J> {
    /// Hands a question to the face.
    pub(super) fn ask_face(&mut self, asker: Asker, topic: Topic, key: &str, request: &J) -> QuestionId {
        self.last_question += 1;
        let question = self.last_question;
        let task_id = match &asker {
            Asker::Call(_) | Asker::Visit | Asker::Server(_) => None,
            Asker::Task(id) => Some(String::from(&**id)),
        };
        let params = request.get(Key::Params).unwrap_or_else(J::object);
        self.questions.insert(question, Question { asker, key: key.into(), topic, request: request.clone() });
        self.wire.out.push_back(Output::Ask(Ask { question, topic, params, key: key.into(), task_id }));
        question
    }

    /// Nobody needs the answer any more.
    pub(super) fn withdraw(&mut self, question: QuestionId) {
        if self.questions.remove(&question).is_some() {
            self.wire.out.push_back(Output::Withdraw(question));
        }
    }

    /// The face has the answer; one that has not the protocol's shape is refused.
    pub fn answer(&mut self, question: QuestionId, answer: J, now: Millis) {
        let Some(Question { asker, key, topic, request }) = self.questions.remove(&question) else { return };
        if !topic.is_answered_by(&answer) {
            let message = ["what the ", topic.name(), " function gave is no answer that the protocol has"].concat();
            return self.unanswered(asker, &key, Error::new(Code::InvalidArgument, message), now);
        }
        let answer = topic.completed(&request, answer);
        match asker {
            Asker::Call(call) => self.round_answered(call, key, answer, now),
            Asker::Visit => self.visit_answered(&key, &answer, now),
            Asker::Task(id) => self.input_given(&id, key, answer, now),
            Asker::Server(serial) => self.reply(serial, Ok(answer), None, now),
        }
    }

    /// The face has no answer, because of this.
    pub fn refuse(&mut self, question: QuestionId, cause: J, now: Millis) {
        let Some(Question { asker, key, topic, .. }) = self.questions.remove(&question) else { return };
        let message = ["the ", topic.name(), " function failed, and nobody else answers the server"].concat();
        let error = Error::new(Code::InputRequired, message).with_cause(Some(cause));
        self.unanswered(asker, &key, error, now);
    }

    fn unanswered(&mut self, asker: Asker, key: &str, error: Error<J>, now: Millis) {
        match asker {
            Asker::Call(call) => self.round_failed(call, error),
            Asker::Visit => self.visit_refused(key, Some(error)),
            Asker::Task(id) => self.input_failed(&id, key, error, now),
            Asker::Server(serial) => self.server_unanswered(serial, error, now),
        }
    }
}
