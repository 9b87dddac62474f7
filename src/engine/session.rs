//! Finding out what the server speaks, and opening and ending a session ("Versioning and Compatibility", "Lifecycle").

use super::blame::blame_modern_preflight;
use super::era::Era;
use super::error::{Code, Error};
use super::fault::Fault;
use super::follow::RETRY_AFTER_CAP;
use super::json::{Json, Key};
use super::legacy;
use super::machine::{Call, Engine};
use super::message::Outgoing;
use super::modern;
use super::probe::{Finding, Probe, classify};
use super::purpose::Purpose;
use super::repeat::MOST_REPETITIONS;
use super::time::Millis;
use super::wire::{CallId, Channel, SessionHeaders, Verb};

/// The stream of the server's own messages is not waited for any longer than this.
const OPENING: Millis = 1_000;

/// How the server is told that the session begins.
#[derive(Default)]
pub struct Beginning {
    /// How often it was told again, and until when that is tried.
    tries: u32,
    until: Millis,
    /// Who waits for the next try, and when that is.
    pub again: Option<(CallId, Millis)>,
}

/// What the server said of itself.
pub struct Session<J> {
    pub version: Option<String>,
    pub capabilities: Option<J>,
    pub server_info: Option<J>,
    pub instructions: Option<J>,
    /// It makes tasks, whatever it said of that.
    pub makes_tasks: bool,
    /// The session version that was asked for last.
    pub proposed: &'static str,
    /// The modern request was refused for its form, and made again.
    corrected: bool,
    /// The modern request had no response that the page may see: this.
    pub(super) unseen: Option<Error<J>>,
    /// The server is not asked before whether it still is; how often it has said that it is, and when it did so last.
    pub doubted_until: Millis,
    pub found: u32,
    pub found_at: Millis,
    /// Why nothing could be learned of the session, or no other one be had, when it was doubted last.
    pub denied: Option<Error<J>>,
    /// The server knows that it has begun; and how that came to be.
    pub begun: bool,
    pub beginning: Beginning,
    /// Who waits for the stream on which the server may ask, and how long at most.
    opening: Option<(CallId, Millis)>,
    /// A server that was known to be legacy refused the session: like this.
    outdated: Option<Error<J>>,
}

impl<J> Default for Session<J> {
    fn default() -> Self {
        Self {
            version: None,
            capabilities: None,
            server_info: None,
            instructions: None,
            makes_tasks: false,
            proposed: legacy::VERSIONS[0],
            corrected: false,
            unseen: None,
            outdated: None,
            doubted_until: 0,
            found: 0,
            found_at: 0,
            denied: None,
            begun: false,
            beginning: Beginning::default(),
            opening: None,
        }
    }
}

impl<J: Json> Engine<J> {
    /// Finds out what the server speaks, and opens a session where it has those; resolves with what was negotiated.
    pub fn connect(&mut self, call: CallId, now: Millis) {
        self.calls.insert(call, Call::Session);
        self.wire.flow.hold();
        let past = self.config.session.take();
        match (self.config.wanted.or(self.config.known), past) {
            // Where it is known to be modern, this is its first request all the same.
            (Some(Era::Modern), _) | (None, None) => self.discover(call, now),
            (_, Some(past)) => self.reunite(call, &past, now),
            (Some(Era::Legacy), None) => self.initialize(call, now),
        }
    }

    fn discover(&mut self, call: CallId, now: Millis) {
        self.speak(Era::Modern);
        self.wire.request(Purpose::Discover(call), modern::discover(), None, now);
    }

    pub(super) fn speak(&mut self, era: Era) {
        self.era = era;
        let identity = || modern::Identity::new(self.config.client_info.clone(), self.config.answers.to_json());
        self.wire.identity = (era == Era::Modern).then(identity);
    }

    pub(super) fn discovered(&mut self, call: CallId, outcome: Result<J, Fault<J>>, now: Millis) {
        let probe = read_probe(&outcome);
        // What is known to be modern does not become legacy because the network is down.
        let is_unknown = self.config.known != Some(Era::Modern) && self.session.outdated.is_none();
        // What was answered once, the browser does not refuse to send.
        let hides = self.config.hides_headers && is_unknown && !self.wire.passes("mcp-method");
        // A server that has shown itself modern stays so, unless its own list of versions says otherwise.
        let may_be_legacy = !self.session.corrected || probe.names_versions();
        match (classify(&probe, hides), outcome) {
            (Finding::Speak(Era::Modern), Ok(result)) => self.is_modern(call, &result),
            (Finding::Correct, Err(_)) if !self.session.corrected => {
                self.session.corrected = true;
                self.discover(call, now);
            }
            (Finding::Speak(Era::Legacy) | Finding::TryLegacy, outcome) if may_be_legacy => {
                self.is_legacy(call, &probe, outcome.err(), now)
            }
            (Finding::NoCommonVersion, outcome) => {
                let said = outcome.map_or_else(|fault| fault.error.into_account().data, Some);
                self.reject(call, no_common_version().with_data(said));
            }
            (_, Err(fault)) => self.unconnected(call, fault),
            (_, Ok(result)) => self.reject(call, no_common_version().carrying(result)),
        }
    }

    fn is_modern(&mut self, call: CallId, result: &J) {
        self.session.version = Some(modern::VERSION.into());
        self.session.capabilities = result.get(Key::Capabilities);
        self.session.server_info = modern::server_info(result);
        self.session.instructions = result.get(Key::Instructions);
        self.wire.flow.release();
        let negotiated = self.negotiated();
        self.resolve(call, negotiated);
    }

    /// The server is legacy; or may be, where nothing could be seen of it.
    fn is_legacy(&mut self, call: CallId, probe: &Probe, fault: Option<Fault<J>>, now: Millis) {
        if let Some(refused) = self.session.outdated.take() {
            // It refused the session before: the modern request was the second try.
            return self.reject(call, refused);
        }
        let (unseen, said) = match fault {
            Some(fault) if *probe == Probe::Opaque => (Some(fault), None),
            fault => (None, fault.and_then(|fault| fault.error.into_account().data)),
        };
        if self.config.wanted == Some(Era::Modern) {
            return match unseen {
                Some(fault) => self.unconnected(call, fault),
                None => self.reject(call, no_common_version().with_cause(said)),
            };
        }
        self.session.unseen = unseen.map(|fault| fault.error);
        self.initialize(call, now);
    }

    pub(super) fn initialize(&mut self, call: CallId, now: Millis) {
        self.speak(Era::Legacy);
        let (info, capabilities) = (self.config.client_info.clone(), self.config.answers.to_json());
        let outgoing = legacy::initialize(self.session.proposed, info, capabilities);
        self.wire.request(Purpose::Initialize(call), outgoing, None, now);
    }

    pub(super) fn initialized(&mut self, call: CallId, outcome: Result<J, Fault<J>>, now: Millis) {
        let result = match outcome {
            Ok(result) => result,
            Err(fault) => return self.initialize_refused(call, fault, now),
        };
        let offered = result.text_of(Key::ProtocolVersion);
        let is_pinned = self.config.wanted == Some(Era::Legacy);
        let mut spoken = legacy::VERSIONS.into_iter().take(if is_pinned { 1 } else { legacy::VERSIONS.len() });
        let Some(version) = spoken.find(|version| offered.as_deref() == Some(version)) else {
            let data = J::object().with_some(Key::ProtocolVersion, offered.as_deref().map(J::text));
            return self.refuse_session(call, no_common_version().carrying(data), now);
        };
        self.settle_on(version);
        self.session.capabilities = result.get(Key::Capabilities);
        self.session.server_info = result.get(Key::ServerInfo);
        self.session.instructions = result.get(Key::Instructions);
        self.session.beginning = Beginning { until: now.saturating_add(self.wire.patience), ..Beginning::default() };
        self.begin_session(call, now);
    }

    /// Servers may refuse requests, or hide tools, until this has arrived: the caller waits for it.
    fn begin_session(&mut self, call: CallId, now: Millis) {
        let message = Outgoing::bare(legacy::INITIALIZED).envelope(None);
        self.wire.post(Channel::Initialized(call), message, now);
    }

    /// Says it again where that may help: heard twice, it means what it meant. Where the browser may be what refuses, once is enough.
    fn begin_again(&mut self, call: CallId, fault: &Fault<J>, now: Millis) -> bool {
        let most = if self.config.hides_headers && fault.is_unseen() { 1 } else { MOST_REPETITIONS };
        let beginning = &mut self.session.beginning;
        let rest = self.dice.backoff(beginning.tries + 1).max(fault.retry_after.unwrap_or(0).min(RETRY_AFTER_CAP));
        let goes_on = fault.transient && beginning.tries < most && now + rest < beginning.until;
        if goes_on {
            beginning.tries += 1;
            beginning.again = Some((call, now + rest));
        }
        goes_on
    }

    /// When the server is told again that the session begins.
    pub(super) fn beginning_at(&self) -> Option<Millis> {
        self.session.beginning.again.map(|(_, at)| at)
    }

    pub(super) fn resume_beginning(&mut self, now: Millis) {
        if let Some((call, _)) = self.session.beginning.again.take_if(|(_, at)| *at <= now) {
            self.begin_session(call, now);
        }
    }

    /// This version is spoken from now on.
    pub(super) fn settle_on(&mut self, version: &'static str) {
        if version >= legacy::VERSION_HEADER_SINCE {
            self.wire.session.version = Some(version.into());
        }
        self.session.version = Some(version.into());
    }

    /// A refusal that names a version which we speak is answered with that version, once for each.
    fn initialize_refused(&mut self, call: CallId, fault: Fault<J>, now: Millis) {
        let supported = supported_versions(&fault);
        let is_pinned = self.config.wanted == Some(Era::Legacy);
        let older = legacy::VERSIONS
            .into_iter()
            .filter(|version| !is_pinned && *version < self.session.proposed)
            .find(|version| supported.iter().any(|each| each == version));
        if let Some(version) = older {
            self.session.proposed = version;
            return self.initialize(call, now);
        }
        let probe = read_probe(&Err(fault.clone()));
        let finding = classify(&probe, false);
        let is_modern = matches!(finding, Finding::Correct | Finding::NoCommonVersion);
        if let Some(cause) = self.session.unseen.take() {
            // It answers requests without the headers of the modern era, and with them the browser does not let it answer.
            return if is_modern { self.reject(call, blame_modern_preflight(cause)) } else { self.unconnected(call, fault) };
        }
        let tells = is_modern || finding == Finding::Speak(Era::Legacy);
        if tells && self.is_to_be_asked_anew() {
            return self.refuse_session(call, fault.error, now);
        }
        if is_modern {
            self.reject(call, no_common_version().with_data(fault.error.into_account().data))
        } else {
            self.unconnected(call, fault)
        }
    }

    /// Was it taken for legacy because it was so once?
    fn is_to_be_asked_anew(&self) -> bool {
        let is_known_alone = self.config.wanted.is_none() && self.config.known == Some(Era::Legacy);
        is_known_alone && self.session.outdated.is_none() && !self.is_renewing()
    }

    /// There is no session to be had: of a server that was legacy once, perhaps because it no longer is.
    fn refuse_session(&mut self, call: CallId, error: Error<J>, now: Millis) {
        if !self.is_to_be_asked_anew() {
            return self.reject(call, error);
        }
        self.session.outdated = Some(error);
        self.wire.session = SessionHeaders::default();
        self.discover(call, now);
    }

    pub(super) fn session_ready(&mut self, call: CallId, outcome: Result<(), Fault<J>>, now: Millis) {
        match outcome {
            Ok(()) => {
                self.session.begun = true;
                self.wire.flow.release();
                self.session.opening = Some((call, now + OPENING));
                self.tend_stream(now);
                // Without handlers no question can be missed.
                if !(self.config.answers.any() && self.config.notifications) {
                    self.session_opened();
                }
            }
            Err(fault) if self.begin_again(call, &fault, now) => {}
            Err(fault) => {
                let error = match fault.error.code {
                    Code::Network if self.config.hides_headers && !fault.concerns_sign_in() => self.blame_preflight(fault),
                    _ => self.blame_hidden_session(fault).error,
                };
                self.reject(call, error);
            }
        }
    }

    /// When the stream is no longer waited for.
    pub(super) fn opening_until(&self) -> Option<Millis> {
        self.session.opening.map(|(_, until)| until)
    }

    /// The stream is there, or will not be: the session is open.
    pub(super) fn session_opened(&mut self) {
        if let Some((call, _)) = self.session.opening.take() {
            let tentative = self.session.unseen.is_some().then(|| J::truth(true));
            let negotiated = self.negotiated().with_some(Key::Tentative, tentative);
            self.resolve(call, negotiated);
        }
    }

    pub(super) fn abandon_session(&mut self, call: CallId) {
        self.wire.abort_all();
        self.session.beginning.again = None;
        self.calls.remove(&call);
    }

    /// Ends the session on the server, where there is one.
    pub(super) fn say_goodbye(&mut self, call: CallId, now: Millis) {
        if self.wire.session.session_id.is_none() {
            return self.resolve(call, J::null());
        }
        self.wire.open(Channel::Goodbye(call), Verb::Delete, None, None, now);
    }
}

fn read_probe<J: Json>(outcome: &Result<J, Fault<J>>) -> Probe {
    let fault = match outcome {
        Ok(result) => {
            let versions = result.get(Key::SupportedVersions).filter(J::is_array);
            return versions.map_or(Probe::Unreadable, |versions| Probe::Supports(texts(&versions)));
        }
        Err(fault) => fault,
    };
    match fault.error.code {
        // The sign-in went wrong, and not the server.
        _ if fault.concerns_sign_in() => Probe::Silent,
        Code::Network if !fault.is_lost() => Probe::Opaque,
        Code::Protocol => Probe::Unreadable,
        // A redirect that is not followed has no status that the page may see.
        Code::Http if fault.status == 0 => Probe::Silent,
        Code::Http | Code::Rpc | Code::Unauthorized => {
            Probe::Refused { status: fault.status, code: fault.error.rpc_code(), supported: supported_versions(fault) }
        }
        _ => Probe::Silent,
    }
}

/// The versions that a refusal names.
fn supported_versions<J: Json>(fault: &Fault<J>) -> Vec<String> {
    let supported = fault.error.data.as_ref().and_then(|error| error.path(&[Key::Data, Key::Supported]));
    supported.as_ref().map(texts).unwrap_or_default()
}

fn texts<J: Json>(list: &J) -> Vec<String> {
    list.items().filter_map(|item| item.string()).collect()
}

fn no_common_version<J: Json>() -> Error<J> {
    Error::new(Code::Unsupported, "the server speaks no protocol version that this client does")
}
