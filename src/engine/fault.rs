//! What went wrong with a request, and whether asking again may help.

use super::decimal::decimal;
use super::error::{Code, Error};
use super::json::{Json, Key};
use super::time::Millis;
use super::wire::{Failure, Head};

/// Stands for the status that made the caller sign in: no status is that low.
const UNSIGNED: u16 = 1;

#[derive(Clone, Debug)]
pub struct Fault<J> {
    pub error: Error<J>,
    /// The same request may well succeed later.
    pub transient: bool,
    /// The server's wish for the wait, in milliseconds.
    pub retry_after: Option<Millis>,
    /// The HTTP status, where it was no success, or the response broke off after it; else 0.
    pub status: u16,
}

impl<J: Json> Fault<J> {
    /// Asking again would give the same.
    pub fn lasting(error: Error<J>) -> Self {
        Self { error, transient: false, retry_after: None, status: 0 }
    }

    pub fn transient(error: Error<J>) -> Self {
        Self { error, transient: true, retry_after: None, status: 0 }
    }

    /// A status outside 2xx, with the JSON-RPC error of the body where it had one.
    pub fn status(head: &Head, said: Option<J>) -> Self {
        let status = head.status;
        let error = match (status, said) {
            (401 | 403, _) => {
                let wanted = head.www_authenticate.as_deref().map(J::text);
                let data = J::object().with(Key::Status, J::float(f64::from(status)));
                Error::new(Code::Unauthorized, "the server wants the caller to sign in")
                    .carrying(data.with_some(Key::WwwAuthenticate, wanted))
            }
            (_, Some(said)) => Error::rpc(&said),
            (_, None) => {
                let message = ["the server answered with HTTP status ", &decimal(status.into())].concat();
                Error::new(Code::Http, message).carrying(J::object().with(Key::Status, J::float(f64::from(status))))
            }
        };
        let transient = matches!(status, 408 | 425 | 429 | 500..);
        Self { error, transient, retry_after: head.retry_after, status }
    }

    /// No (whole) response.
    pub fn failure(failure: Failure, cause: Option<J>) -> Self {
        let (code, message) = match failure {
            Failure::Network => (
                Code::Network,
                "no response: the server is unreachable, the connection broke, or the server's CORS headers do not allow this page",
            ),
            Failure::TooLarge => (Code::Protocol, "the response is larger, or nested deeper, than what is read"),
            Failure::Redirected => {
                (Code::Http, "the server redirects, which a request with credentials does not follow: connect to the final URL")
            }
            Failure::Unsendable => (Code::InvalidArgument, "the request could not be made from what was given"),
            Failure::SignIn => return Self::unsigned(cause),
        };
        let status = || J::object().with(Key::Status, J::float(0.0));
        let data = (failure == Failure::Redirected).then(status);
        let error = Error::new(code, message).with_cause(cause).with_data(data);
        Self { error, transient: failure == Failure::Network, retry_after: None, status: 0 }
    }

    /// The sign-in did not succeed, for what its error says: for want of a network, too, and then it may succeed later.
    fn unsigned(cause: Option<J>) -> Self {
        let told = |key| cause.as_ref().and_then(|error| error.get(key));
        let transient = told(Key::Code).and_then(|code| code.string()).is_some_and(|code| code == Code::Network.name());
        let code = if transient { Code::Network } else { Code::Unauthorized };
        let message = told(Key::Message).and_then(|message| message.string()).unwrap_or_else(|| "the sign-in failed".into());
        let error = Error::new(code, message).with_data(told(Key::Data)).with_cause(told(Key::Cause));
        Self { error, transient, retry_after: None, status: UNSIGNED }
    }

    /// The caller was to sign in, and could not, or would not.
    pub fn concerns_sign_in(&self) -> bool {
        self.status == UNSIGNED
    }

    /// The same, and nothing is to be had before they do.
    pub fn is_unsigned(&self) -> bool {
        self.concerns_sign_in() && !self.transient
    }

    /// The response began and broke off: the answer is lost.
    pub fn is_lost(&self) -> bool {
        self.error.code == Code::Network && matches!(self.status, 200..300)
    }

    /// There is nothing of a response that the page may see.
    pub fn is_unseen(&self) -> bool {
        self.error.code == Code::Network && self.status == 0
    }

    /// The exchange took longer than it may.
    pub fn timeout() -> Self {
        Self::transient(Error::new(Code::Timeout, "the server did not answer in time"))
    }
}
