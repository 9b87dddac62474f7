//! Sessions that the server forgets while they are in use: it is asked whether it has, and one new one is opened for all who were in it
//! ("Session Management").

use super::era::Era;
use super::error::{Code, Error};
use super::fault::Fault;
use super::json::{Json, Key};
use super::legacy;
use super::listing::Listing;
use super::machine::{Call, Engine};
use super::message::RequestId;
use super::purpose::Purpose;
use super::request::Request;
use super::time::Millis;
use super::wire::{CallId, Output, SessionHeaders};

/// Who waits for the new session: all, and no call of the face's.
const EVERYBODY: CallId = 0;
/// What was refused so often is not sent again.
const MOST_DOUBTS: u32 = 3;
/// A server that was asked is not asked again for so long, unless it has answered anything since.
const REST: Millis = 5_000;
/// A session that was found to be there so shortly ago still is.
const STILL: Millis = 1_000;
/// What servers say of a session that they do not know, where they do not say it by the status 404.
const SERVER_ERROR: i32 = -32000;
const NO_SUCH_SESSION: i32 = -32001;

impl<J: Json> Engine<J> {
    /// A request was refused: perhaps because the session is gone, and then it is made again once that is known. Gives it back where it is
    /// not to be made again.
    pub(super) fn doubt(
        &mut self,
        id: RequestId,
        mut failed: Box<Request<J>>,
        fault: &mut Fault<J>,
        now: Millis,
    ) -> Option<Box<Request<J>>> {
        let is_opening = matches!(failed.purpose, Purpose::Discover(_) | Purpose::Initialize(_) | Purpose::Reunion(_));
        // What was sent in an earlier session was refused for that.
        let is_old = failed.session != self.wire.session.number;
        // Refused, the session found to be there, and refused again at once: it means something else.
        let is_final = failed.doubts > 0 && !is_old && failed.found != self.session.found && now - self.session.found_at <= STILL;
        if is_opening || is_final || !(self.tells_of_session(fault) || is_old && says_no_session(fault)) {
            return Some(failed);
        }
        if !is_old {
            self.ask_after_session(now);
        }
        // The server had begun to answer it, in the session that is gone: it may have been executed.
        let is_lost = failed.last_event_id.is_some() && !failed.outgoing.repeatable;
        if failed.doubts < MOST_DOUBTS && !is_lost {
            failed.doubts += 1;
            failed.found = self.session.found;
            let late = self.send_again(id, failed, 0, now).err();
            if late.is_some() {
                *fault = Fault::timeout();
            }
            return late;
        }
        if is_lost {
            // It was not the call that was refused.
            *fault = Fault::lasting(Error::new(Code::Network, "the stream broke before the answer came, and the session is gone"));
        } else {
            // That it knows no such session is only half of it: there is no other to be had, for this reason.
            let error = self.session.denied.clone().unwrap_or_else(|| fault.error.clone());
            let is_of_session = matches!(error.rpc_code(), Some(SERVER_ERROR | NO_SUCH_SESSION));
            // These words are about the session as well, and not about what was asked.
            *fault = Fault::lasting(if is_of_session { lost(fault.status, &error) } else { error });
        }
        // Whoever follows a task asks again.
        fault.transient |= matches!(failed.purpose, Purpose::Poll { .. } | Purpose::Payload(_) | Purpose::Aside(_));
        Some(failed)
    }

    /// Is this how a server refuses what is sent in the session that we are in, for want of it?
    pub(super) fn tells_of_session(&self, fault: &Fault<J>) -> bool {
        self.era == Era::Legacy && self.wire.session.session_id.is_some() && self.session.begun && says_no_session(fault)
    }

    /// Asks in the session whether it is still there; meanwhile nothing else is sent.
    pub(super) fn ask_after_session(&mut self, now: Millis) {
        if self.is_renewing() {
            return;
        }
        let at = self.session.doubted_until.max(now);
        self.session.doubted_until = at + REST;
        self.wire.flow.hold();
        self.calls.insert(EVERYBODY, Call::Renewal(None));
        self.wire.request_at(at, Purpose::Reunion(EVERYBODY), legacy::ping(), None, now);
    }

    /// A request of the session was answered.
    pub(super) fn session_proved(&mut self, purpose: &Purpose) {
        if !matches!(purpose, Purpose::Initialize(_) | Purpose::Reunion(_)) {
            self.session.doubted_until = 0;
        }
    }

    pub(super) fn is_renewing(&self) -> bool {
        self.calls.get(&EVERYBODY).is_some()
    }

    /// The server was asked for the session.
    pub(super) fn found(&mut self, outcome: Result<(), Fault<J>>, now: Millis) {
        let fault = match outcome {
            Ok(()) => {
                self.session.found += 1;
                self.session.found_at = now;
                self.session.doubted_until = 0;
                return self.renewed(Ok(None), None);
            }
            Err(fault) => fault,
        };
        if !self.tells_of_session(&fault) {
            // Nothing was learned: the next refusal may ask again.
            self.session.doubted_until = 0;
            return self.reject(EVERYBODY, fault.error);
        }
        let number = self.wire.session.number + 1;
        let former = std::mem::replace(&mut self.wire.session, SessionHeaders { number, ..SessionHeaders::default() });
        self.calls.insert(EVERYBODY, Call::Renewal(Some(Box::new(former))));
        self.leave_session(now);
        self.session.proposed = legacy::VERSIONS[0];
        self.initialize(EVERYBODY, now);
    }

    /// What is bound to the session is gone with it: its streams, and what was asked on them.
    fn leave_session(&mut self, now: Millis) {
        self.session.begun = false;
        if let Some(exchange) = self.stream.exchange() {
            self.wire.abort(exchange);
        }
        self.stream = self.stream.anew();
        self.announced = None;
        let tasks: Vec<_> = self.tasks.iter().map(|(id, _)| id.clone()).collect();
        for id in tasks {
            let aside = self.tasks.get_mut(&id).and_then(|task| std::mem::take(&mut task.aside).request());
            aside.into_iter().for_each(|aside| self.forget_request(aside));
        }
        self.unask_all(now);
        Listing::ALL.into_iter().for_each(|listing| self.shelf(listing).drop_items());
    }

    /// There is a new session, or the one before is as good as ever, or there is none to be had. Whoever waited goes on.
    pub(super) fn renewed(&mut self, outcome: Result<Option<J>, Error<J>>, former: Option<Box<SessionHeaders>>) {
        self.calls.remove(&EVERYBODY);
        self.wire.flow.release();
        match (&outcome, former) {
            // With the old one the server says why.
            (Err(_), Some(former)) => {
                self.session.begun = true;
                self.wire.session = *former;
            }
            (Ok(Some(negotiated)), _) => self.wire.out.push_back(Output::Renewed(negotiated.clone())),
            _ => {}
        }
        self.session.denied = outcome.err();
    }
}

fn lost<J: Json>(status: u16, said: &Error<J>) -> Error<J> {
    let message = ["the server loses its sessions: ", &said.message].concat();
    Error::new(Code::Http, message).carrying(J::object().with(Key::Status, J::float(f64::from(status))))
}

fn says_no_session<J: Json>(fault: &Fault<J>) -> bool {
    match fault.status {
        404 => true,
        400 => matches!(fault.error.rpc_code(), None | Some(SERVER_ERROR | NO_SUCH_SESSION)),
        _ => false,
    }
}
