//! Pages that the user must visit before a call goes through: the error -32042 of the era of sessions ("URL Mode Elicitation").

use super::error::Error;
use super::fault::Fault;
use super::json::{Json, Key};
use super::kind::{Invocation, Round};
use super::machine::{Call, Engine};
use super::question::{Asker, Topic};
use super::time::Millis;
use super::wire::CallId;

const URL_ELICITATION_REQUIRED: i32 = -32042;
/// So often a call is made again while the user is busy there.
const MOST_TRIES: u32 = 64;

/// A call that goes on once the user was there.
pub struct Visit<J> {
    invocation: Box<Invocation<J>>,
    refusal: Error<J>,
    /// The pages that the user has not agreed yet to visit, by the server's id of the visit.
    open: Vec<String>,
    /// When the call is made again.
    pub at: Option<Millis>,
}

impl<J: Json> Engine<J> {
    /// Does the server refuse the call until the user has been somewhere? Then the user is asked, once for every visit.
    pub(super) fn needs_visit(&self, fault: &Fault<J>) -> bool {
        let is_asked = fault.error.rpc_code() == Some(URL_ELICITATION_REQUIRED) && self.wire.identity.is_none();
        let visits = fault.error.data.as_ref().and_then(|error| error.path(&[Key::Data, Key::Elicitations]));
        let visits: Vec<J> = visits.iter().flat_map(J::items).map(|visit| as_request(&visit)).collect();
        is_asked && !visits.is_empty() && visits.iter().all(|visit| self.config.answers.topic(visit) == Some(Topic::Elicitation))
    }

    pub(super) fn visit(&mut self, call: CallId, mut invocation: Box<Invocation<J>>, refusal: Error<J>, now: Millis) {
        if invocation.round.number == MOST_TRIES {
            self.calls.insert(call, Call::Session);
            return self.reject(call, refusal);
        }
        let visits = refusal.data.as_ref().and_then(|error| error.path(&[Key::Data, Key::Elicitations]));
        let mut open = Vec::new();
        for visit in visits.iter().flat_map(J::items) {
            let id = visit.text_of(Key::ElicitationId).unwrap_or_default();
            if !invocation.round.visited.contains(&id) {
                self.ask_face(Asker::Visit(call), Topic::Elicitation, &id, &as_request(&visit));
                open.push(id.clone());
                invocation.round.visited.push(id);
            }
        }
        // The user is there: the server says when that is over, or lets the call through.
        let at = open.is_empty().then(|| now + pause(invocation.round.number));
        self.calls.insert(call, Call::Visiting(Box::new(Visit { invocation, refusal, open, at })));
        self.note_retry(call, at);
    }

    /// The user agreed, or did not.
    pub(super) fn visit_answered(&mut self, call: CallId, key: &str, answer: &J, now: Millis) {
        let Some(Call::Visiting(visit)) = self.calls.get_mut(&call) else { return };
        if answer.text_of(Key::Action).as_deref() != Some("accept") {
            let refusal = visit.refusal.clone();
            return self.visit_refused(call, refusal);
        }
        visit.open.retain(|open| open != key);
        if visit.open.is_empty() {
            visit.at = Some(now);
            self.visited(call, now);
        }
    }

    /// The user will not go, or nobody asked them.
    pub(super) fn visit_refused(&mut self, call: CallId, error: Error<J>) {
        self.withdraw_of(&Asker::Visit(call));
        self.reject(call, error);
    }

    /// `notifications/elicitation/complete`: whoever waits for that visit goes on at once.
    pub(super) fn visit_completed(&mut self, params: Option<&J>, now: Millis) {
        let Some(id) = params.and_then(|params| params.text_of(Key::ElicitationId)) else { return };
        let waits =
            |call: &Call<J>| matches!(call, Call::Visiting(visit) if visit.at.is_some() && visit.invocation.round.visited.contains(&id));
        let calls: Vec<_> = self.calls.iter().filter(|(_, call)| waits(call)).map(|(call, _)| *call).collect();
        calls.into_iter().for_each(|call| self.visited(call, now));
    }

    fn visited(&mut self, call: CallId, now: Millis) {
        self.note_retry(call, None);
        let Some(Call::Visiting(visit)) = self.calls.remove(&call) else { return };
        let mut invocation = visit.invocation;
        invocation.round = Round { number: invocation.round.number + 1, ..invocation.round };
        let as_task = invocation.round.as_task;
        self.send_invocation(call, invocation, as_task, now);
    }

    fn note_retry(&mut self, call: CallId, at: Option<Millis>) {
        self.retries.remove(&call);
        if let Some(at) = at {
            self.retries.insert(call, at);
        }
    }

    /// Makes the calls again whose time has come.
    pub(super) fn retry_visits(&mut self, now: Millis) {
        let due: Vec<_> = self.retries.iter().filter(|(_, at)| *at <= now).map(|(call, _)| *call).collect();
        due.into_iter().for_each(|call| self.visited(call, now));
    }

    /// The caller waits no longer.
    pub(super) fn abandon_visit(&mut self, call: CallId) {
        self.note_retry(call, None);
        self.withdraw_of(&Asker::Visit(call));
    }
}

/// The wait before the call is made again, after so many times in vain.
fn pause(tries: u32) -> Millis {
    if tries == 0 { 0 } else { 500 << (tries - 1).min(5) }
}

/// A visit as the server would ask for it by itself. Whatever it calls itself, it is no form.
fn as_request<J: Json>(visit: &J) -> J {
    let params = J::record(visit.members()).with(Key::Mode, J::text("url"));
    J::object().with(Key::Method, J::text("elicitation/create")).with(Key::Params, params)
}
