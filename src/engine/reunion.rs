//! Going on with a session that was open before: after a reload, say, as questions and tasks may be bound to it ("Session Management").

use super::era::Era;
use super::error::Code;
use super::fault::Fault;
use super::json::{Json, Key};
use super::legacy;
use super::machine::Engine;
use super::message::RequestId;
use super::purpose::Purpose;
use super::session::Session;
use super::time::Millis;
use super::wire::{CallId, SessionHeaders};

/// A session that was open before.
pub struct PastSession<J> {
    /// What was negotiated, as the face was told of it.
    pub negotiated: J,
    /// Our requests have higher numbers: none may come twice in a session, whoever used it before.
    pub last_request: RequestId,
}

impl<J: Json> Engine<J> {
    /// Asks in the session whether it is still there.
    pub(super) fn reunite(&mut self, call: CallId, past: &PastSession<J>, now: Millis) {
        let negotiated = &past.negotiated;
        let spoken = negotiated.text_of(Key::ProtocolVersion);
        let version = legacy::VERSIONS.into_iter().find(|version| spoken.as_deref() == Some(version));
        let is_wanted = self.config.wanted.is_none() || version == Some(legacy::VERSIONS[0]);
        // Whoever can write into the store may have: what a session may not be called is none ("Session Management").
        let id = negotiated.text_of(Key::SessionId).filter(|id| id.bytes().all(|byte| byte.is_ascii_graphic()));
        let (Some(version), Some(id), true) = (version, id, is_wanted) else {
            return self.connect(call, now);
        };
        self.speak(Era::Legacy);
        self.settle_on(version);
        self.wire.session.session_id = Some(id);
        self.wire.number_after(past.last_request);
        self.session.capabilities = negotiated.get(Key::ServerCapabilities);
        self.session.server_info = negotiated.get(Key::ServerInfo);
        self.session.instructions = negotiated.get(Key::Instructions);
        self.wire.request(Purpose::Reunion(call), legacy::ping(), None, now);
    }

    pub(super) fn reunited(&mut self, call: CallId, outcome: Result<J, Fault<J>>, now: Millis) {
        // A server that does not know the request knows the session.
        let fault = outcome.err().filter(|fault| fault.status != 0 || fault.error.code != Code::Rpc);
        match fault {
            fault if self.is_renewing() => self.found(fault.map_or(Ok(()), Err), now),
            Some(fault) => self.not_reunited(call, fault, now),
            None => self.session_ready(call, Ok(()), now),
        }
    }

    /// The session is gone; unless nothing was heard of it, and then the page may come back to it.
    fn not_reunited(&mut self, call: CallId, fault: Fault<J>, now: Millis) {
        let is_told = fault.error.code == Code::Unauthorized || fault.transient && fault.error.code != Code::Network;
        if is_told {
            return self.reject(call, fault.error);
        }
        // A server that no longer has sessions may refuse their headers, which looks like no server at all.
        self.wire.session = SessionHeaders::default();
        self.session = Session::default();
        self.connect(call, now);
    }
}
