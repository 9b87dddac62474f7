//! Pages that the user must visit before a call goes through: the error -32042 of the era of sessions ("URL Mode Elicitation").

use super::error::Error;
use super::fault::Fault;
use super::json::{Json, Key};
use super::kind::{Invocation, Round};
use super::machine::{Call, Engine};
use super::question::{Asker, Question, Topic};
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
            let id = visit.text_of(Key::ElicitationId).or_else(|| visit.text_of(Key::Url)).unwrap_or_default();
            if !invocation.round.visited.contains(&id) {
                // Another call may be held up by it as well: the user is asked once, and agrees once.
                let is_asked = self.waits_for_visit(&id);
                if is_asked || !self.calls.iter().any(|(_, call)| call.has_visited(&id)) {
                    open.push(id.clone());
                }
                if !is_asked && open.last() == Some(&id) {
                    self.ask_face(Asker::Visit, Topic::Elicitation, &id, &as_request(&visit));
                }
                invocation.round.visited.push(id);
            }
        }
        // The user is there: the server says when that is over, or lets the call through.
        let at = open.is_empty().then(|| now + pause(invocation.round.number));
        self.calls.insert(call, Call::Visiting(Box::new(Visit { invocation, refusal, open, at })));
        self.note_retry(call, at);
    }

    /// Has the user been asked to make this visit, and not agreed yet?
    fn waits_for_visit(&self, id: &str) -> bool {
        self.calls.iter().any(|(_, call)| call.waits_for_visit(id))
    }

    /// The user agreed, or did not.
    pub(super) fn visit_answered(&mut self, key: &str, answer: &J, now: Millis) {
        if answer.text_of(Key::Action).as_deref() != Some("accept") {
            return self.visit_refused(key, None);
        }
        for call in self.held_up_by(key) {
            let Some(Call::Visiting(visit)) = self.calls.get_mut(&call) else { continue };
            visit.open.retain(|open| open != key);
            if visit.open.is_empty() {
                visit.at = Some(now);
                self.visited(call, now);
            }
        }
    }

    /// The user will not go, or nobody asked them: for this reason, or as the server said.
    pub(super) fn visit_refused(&mut self, key: &str, error: Option<Error<J>>) {
        for call in self.held_up_by(key) {
            let Some(Call::Visiting(visit)) = self.calls.get_mut(&call) else { continue };
            let (open, refusal) = (std::mem::take(&mut visit.open), visit.refusal.clone());
            self.reject(call, error.clone().unwrap_or(refusal));
            self.unask_visits(&open);
        }
    }

    fn held_up_by(&self, visit: &str) -> Vec<CallId> {
        self.calls.iter().filter(|(_, call)| call.waits_for_visit(visit)).map(|(call, _)| *call).collect()
    }

    /// A call no longer waits for these visits: the user is not asked for those that nobody else waits for.
    fn unask_visits(&mut self, visits: &[String]) {
        for id in visits.iter().filter(|id| !self.waits_for_visit(id)).collect::<Vec<_>>() {
            let is_it = |question: &Question<J>| question.asker == Asker::Visit && question.key == *id;
            let question = self.questions.iter().find(|(_, question)| is_it(question)).map(|(question, _)| *question);
            question.into_iter().for_each(|question| self.withdraw(question));
        }
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
    pub(super) fn abandon_visit(&mut self, call: CallId, visit: &Visit<J>) {
        self.note_retry(call, None);
        self.unask_visits(&visit.open);
    }
}

impl<J> Call<J> {
    fn waits_for_visit(&self, id: &str) -> bool {
        matches!(self, Self::Visiting(visit) if visit.open.iter().any(|open| open == id))
    }

    /// Was the user asked to make this visit for the call?
    fn has_visited(&self, id: &str) -> bool {
        let invocation = match self {
            Self::Visiting(visit) => &visit.invocation,
            Self::Invoke(invocation, _) => invocation,
            _ => return false,
        };
        invocation.round.visited.iter().any(|visited| visited == id)
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
