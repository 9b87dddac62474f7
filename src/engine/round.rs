//! Requests that the server answers with questions, and that are made again with the answers ("Multi Round-Trip Requests").

use super::error::{Code, Error};
use super::json::{Json, Key};
use super::kind::{Invocation, Round};
use super::machine::{Call, Engine};
use super::question::{Asker, QuestionId};
use super::time::Millis;
use super::wire::CallId;

/// A server that asks more often than this is not asking, it is looping.
pub const MOST_ROUNDS: u32 = 32;

/// A request whose questions are with the face.
pub struct Asking<J> {
    pub invocation: Box<Invocation<J>>,
    /// The server's questions, as they came.
    requests: J,
    state: Option<J>,
    open: Vec<QuestionId>,
    given: Vec<(String, J)>,
}

impl<J: Json> Engine<J> {
    /// The server has questions before it answers.
    pub(super) fn round_asked(&mut self, call: CallId, invocation: Box<Invocation<J>>, requests: Option<J>, state: Option<J>, now: Millis) {
        if invocation.round.number == MOST_ROUNDS {
            self.calls.insert(call, Call::Session);
            return self.reject(call, Error::new(Code::Protocol, "the server asks without end"));
        }
        let requests = requests.unwrap_or_else(J::object);
        let members = requests.members();
        let topics: Vec<_> = members.iter().map(|(_, request)| self.config.answers.topic(request)).collect();
        let is_answerable = topics.iter().all(Option::is_some);
        let mut asking = Asking { invocation, requests, state, open: Vec::new(), given: Vec::new() };
        if is_answerable {
            for ((key, request), topic) in members.iter().zip(topics.into_iter().flatten()) {
                asking.open.push(self.ask_face(Asker::Call(call), topic, key, request));
            }
        }
        let is_asked = !asking.open.is_empty();
        self.calls.insert(call, Call::Asking(Box::new(asking)));
        match (is_answerable, is_asked) {
            (false, _) => self.round_failed(call, Error::new(Code::InputRequired, "the server asks what this client does not answer")),
            // It only wants its own words again.
            (true, false) => self.next_round(call, now),
            (true, true) => {}
        }
    }

    pub(super) fn round_answered(&mut self, call: CallId, key: String, answer: J, now: Millis) {
        let Some(Call::Asking(asking)) = self.calls.get_mut(&call) else { return };
        asking.given.push((key, answer));
        if asking.given.len() == asking.open.len() {
            self.next_round(call, now);
        }
    }

    fn next_round(&mut self, call: CallId, now: Millis) {
        let Some(Call::Asking(asking)) = self.calls.remove(&call) else { return };
        let Asking { mut invocation, state, given, .. } = *asking;
        let responses = (!given.is_empty()).then(|| J::record(given));
        invocation.round = Round { number: invocation.round.number + 1, responses, state, ..Round::default() };
        self.send_invocation(call, invocation, false, now);
    }

    pub(super) fn round_failed(&mut self, call: CallId, error: Error<J>) {
        let Some(Call::Asking(asking)) = self.calls.get(&call) else { return };
        let data = J::object().with(Key::InputRequests, asking.requests.clone());
        self.abandon_round(call);
        self.reject(call, error.carrying(data));
    }

    /// Nobody waits for the answers any more.
    pub(super) fn abandon_round(&mut self, call: CallId) {
        let Some(Call::Asking(asking)) = self.calls.get_mut(&call) else { return };
        let open = std::mem::take(&mut asking.open);
        open.into_iter().for_each(|question| self.withdraw(question));
    }
}
