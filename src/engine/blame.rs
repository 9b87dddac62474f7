//! What a browser hides or refuses, told by the header that the server must send for it.

use super::era::Era;
use super::error::{Code, Error};
use super::fault::Fault;
use super::json::{Json, Key};
use super::machine::Engine;
use super::wire::{CallId, Output};

/// What a page sees of a server from which no response comes, when it knocks at its door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// No answer: it is not there, or may not be asked at all.
    Nothing,
    /// An answer that the browser hides.
    Hidden,
    /// Answers to what needs no leave: it is the question whether more may be asked that fails.
    Plain,
}

impl<J: Json> Engine<J> {
    /// There is no connection. Where nothing of the server could be seen, the page finds out first what it can.
    pub(super) fn unconnected(&mut self, call: CallId, fault: Fault<J>) {
        if !(self.config.hides_headers && fault.is_unseen()) {
            return self.reject(call, fault.error);
        }
        self.session.unseen = Some(fault.error);
        self.wire.out.push_back(Output::Knock(call));
    }

    /// What was seen of the server, and the names of the caller's own headers, with commas.
    pub fn knocked(&mut self, call: CallId, sight: Sight, own: &str) {
        let Some(unseen) = self.session.unseen.take() else { return };
        let error = match sight {
            Sight::Nothing => unseen,
            Sight::Hidden => hidden(
                "the server answers and the browser hides it: every response, errors too, needs ",
                "Access-Control-Allow-Origin: *",
                "",
                unseen,
            ),
            Sight::Plain => {
                let needed: &[&str] = match self.era {
                    Era::Modern => &["Content-Type", "MCP-Protocol-Version", "Mcp-Method"],
                    Era::Legacy => &["Content-Type"],
                };
                let names: Vec<_> = needed.iter().copied().chain(Some(own).filter(|own| !own.is_empty())).collect();
                let line = allow_headers(&names);
                hidden(
                    "the server refuses what the browser asks ahead of the request: it must answer OPTIONS with status 204 and ",
                    &line,
                    "",
                    unseen,
                )
            }
        };
        self.reject(call, error);
    }

    /// `initialize` was answered, and the next request, the first with the session's headers, was not: they are what is new.
    pub(super) fn blame_preflight(&self, fault: Fault<J>) -> Error<J> {
        let session = &self.wire.session;
        let id = session.session_id.as_ref().map(|_| "Mcp-Session-Id");
        let version = session.version.as_ref().map(|_| "MCP-Protocol-Version");
        unsent(&id.into_iter().chain(version).collect::<Vec<_>>(), fault.error)
    }

    /// A server with sessions whose `Mcp-Session-Id` the browser hides answers 400 from the second request on.
    pub(super) fn blame_hidden_session(&self, fault: Fault<J>) -> Fault<J> {
        // An error in a success is about the request, and not about the session.
        let refused = matches!(fault.error.code, Code::Http | Code::Rpc) && fault.status != 0 && !fault.transient;
        let may_lack_session = self.era == Era::Legacy && self.wire.session.session_id.is_none();
        if !(refused && self.config.hides_headers && may_lack_session) {
            return fault;
        }
        let data = fault.error.data.clone();
        let cause = fault.error.with_cause(data);
        Fault::lasting(hidden(
            "the server refused the request after the first: if it has sessions, it must send ",
            "Access-Control-Expose-Headers: Mcp-Session-Id",
            ", or the browser hides the session from the page",
            cause,
        ))
    }

    /// How to sign in may have been said where the page cannot read it.
    pub(super) fn blame_hidden_challenge(&self, fault: &mut Fault<J>) {
        let says = |error: &Error<J>| error.data.as_ref().is_some_and(|data| data.get(Key::WwwAuthenticate).is_some());
        if self.config.hides_headers && fault.status == 401 && !says(&fault.error) {
            let line = "Access-Control-Expose-Headers: WWW-Authenticate";
            let message =
                [&fault.error.message, "; if it says how, it must send ", line, ", or the browser hides it from the page"].concat();
            let data = fault.error.data.clone().map(|data| data.with(Key::Missing, J::text(line)));
            fault.error = fault.error.clone().meaning(Code::Unauthorized, message).with_data(data);
        }
    }
}

/// The server answers requests without the headers of the modern era, and with them the browser does not let it answer.
pub(super) fn blame_modern_preflight<J: Json>(unseen: Error<J>) -> Error<J> {
    unsent(&["MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"], unseen)
}

/// Others were answered, and the one with these headers was not.
pub(super) fn unsent<J: Json>(names: &[&str], unseen: Error<J>) -> Error<J> {
    hidden(
        "no response, unlike others: if the server is there, it must send ",
        &allow_headers(names),
        ", or the browser refuses to ask it",
        unseen,
    )
}

fn allow_headers(names: &[&str]) -> String {
    ["Access-Control-Allow-Headers: ", &names.join(", ")].concat()
}

fn hidden<J: Json>(why: &str, missing: &str, so: &str, seen: Error<J>) -> Error<J> {
    let error = Error::new(Code::Cors, [why, missing, so].concat()).carrying(J::object().with(Key::Missing, J::text(missing)));
    error.with_cause(seen.into_account().cause)
}
