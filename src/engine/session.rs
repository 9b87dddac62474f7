//! Opening and ending a session ("Lifecycle").

use super::error::{Code, Error};
use super::fault::Fault;
use super::json::{Json, Key};
use super::legacy;
use super::machine::{Call, Engine};
use super::message::Outgoing;
use super::purpose::Purpose;
use super::time::Millis;
use super::wire::{CallId, Channel, Verb};

/// The farewell is not waited for any longer than this, in milliseconds.
const FAREWELL: Millis = 5_000;

/// What the server said of itself.
pub struct Session<J> {
    pub version: Option<String>,
    pub capabilities: Option<J>,
    pub server_info: Option<J>,
    pub instructions: Option<J>,
    /// The version that was asked for last.
    pub proposed: &'static str,
}

impl<J> Default for Session<J> {
    fn default() -> Self {
        Self { version: None, capabilities: None, server_info: None, instructions: None, proposed: legacy::VERSIONS[0] }
    }
}

impl<J: Json> Engine<J> {
    /// Opens the session; resolves with what was negotiated.
    pub fn connect(&mut self, call: CallId, now: Millis) {
        self.calls.insert(call, Call::Session);
        self.initialize(call, now);
    }

    fn initialize(&mut self, call: CallId, now: Millis) {
        let outgoing = legacy::initialize(self.session.proposed, self.config.client_info.clone());
        self.wire.request(Purpose::Initialize(call), outgoing, None, now);
    }

    pub(super) fn initialized(&mut self, call: CallId, outcome: Result<J, Fault<J>>, now: Millis) {
        let result = match outcome {
            Ok(result) => result,
            Err(fault) => return self.initialize_refused(call, fault, now),
        };
        let offered = result.text_of(Key::ProtocolVersion);
        let Some(version) = legacy::VERSIONS.into_iter().find(|version| offered.as_deref() == Some(version)) else {
            let data = J::object().with_some(Key::ProtocolVersion, offered.as_deref().map(J::text));
            let message = "the server speaks no protocol version that this client does";
            return self.reject(call, Error::new(Code::Unsupported, message).carrying(data));
        };
        if version >= legacy::VERSION_HEADER_SINCE {
            self.wire.session.version = Some(version.into());
        }
        self.session.version = Some(version.into());
        self.session.capabilities = result.get(Key::Capabilities);
        self.session.server_info = result.get(Key::ServerInfo);
        self.session.instructions = result.get(Key::Instructions);
        // Servers may refuse requests, or hide tools, until this has arrived: the caller waits for it.
        let message = Outgoing::bare(legacy::INITIALIZED).envelope(None);
        self.wire.post(Channel::Initialized(call), message, now);
    }

    /// A refusal that names a version which we speak is answered with that version, once for each.
    fn initialize_refused(&mut self, call: CallId, fault: Fault<J>, now: Millis) {
        let supported = fault.error.data.as_ref().and_then(|error| error.path(&[Key::Data, Key::Supported]));
        let supported: Vec<_> = supported.iter().flat_map(J::items).filter_map(|version| version.string()).collect();
        let older = legacy::VERSIONS
            .into_iter()
            .filter(|version| *version < self.session.proposed)
            .find(|version| supported.iter().any(|each| each == version));
        match older {
            Some(version) => {
                self.session.proposed = version;
                self.initialize(call, now);
            }
            None => self.reject(call, fault.error),
        }
    }

    pub(super) fn session_ready(&mut self, call: CallId, outcome: Result<(), Fault<J>>) {
        match outcome {
            Ok(()) => {
                let negotiated = self.negotiated();
                self.resolve(call, negotiated);
            }
            Err(fault) => {
                let error = match fault.error.code {
                    Code::Network if self.config.hides_headers => self.blame_preflight(fault),
                    _ => self.blame_hidden_session(fault).error,
                };
                self.reject(call, error);
            }
        }
    }

    /// `initialize` was answered, and the next request, the first with the session's headers, was not: they are what is new.
    fn blame_preflight(&self, fault: Fault<J>) -> Error<J> {
        let missing = "Access-Control-Allow-Headers: Mcp-Session-Id, MCP-Protocol-Version";
        let message = "the server answered the first request and not the second: \
            if it is there, it must send Access-Control-Allow-Headers: Mcp-Session-Id, MCP-Protocol-Version, or the browser refuses to ask it";
        let error = Error::new(Code::Cors, message).carrying(J::object().with(Key::Missing, J::text(missing)));
        Error { cause: fault.error.cause, ..error }
    }

    /// A server with sessions whose `Mcp-Session-Id` the browser hides answers 400 from the second request on.
    pub(super) fn blame_hidden_session(&self, fault: Fault<J>) -> Fault<J> {
        let refused = matches!(fault.error.code, Code::Http | Code::Rpc) && !fault.transient;
        if !(refused && self.config.hides_headers && self.wire.session.session_id.is_none()) {
            return fault;
        }
        let missing = "Access-Control-Expose-Headers: Mcp-Session-Id";
        let message = "the server refused the request after it; \
            if it has sessions, it must send Access-Control-Expose-Headers: Mcp-Session-Id, or the browser hides the session from the page";
        let error = Error::new(Code::Cors, message).carrying(J::object().with(Key::Missing, J::text(missing)));
        Fault::lasting(Error { cause: fault.error.data, ..error })
    }

    pub(super) fn abandon_session(&mut self, call: CallId) {
        let exchanges: Vec<_> = self.wire.exchanges.iter().map(|(id, _)| *id).collect();
        exchanges.into_iter().for_each(|exchange| self.wire.abort(exchange));
        self.wire.requests.take();
        self.calls.remove(&call);
    }

    /// Ends the session on the server, where there is one.
    pub(super) fn say_goodbye(&mut self, call: CallId, now: Millis) {
        if self.wire.session.session_id.is_none() {
            return self.resolve(call, J::null());
        }
        self.wire.open(Channel::Goodbye(call), Verb::Delete, None, None, self.wire.patience.min(FAREWELL), now);
    }
}
