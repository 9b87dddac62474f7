//! Errors as the caller sees them: a code to branch on, a message for people, and what the code promises to carry.

use std::borrow::Cow;
use std::ops::Deref;

use super::json::{Json, Key};

/// The one table of error codes. `js/error.ts` has the same names as a union type; `tests/errors.rs` holds the two together.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// Every code's name, in the order of the table.
            pub const NAMES: &'static [&'static str] = &[$($name,)*];

            /// The name that the caller branches on.
            pub fn name(self) -> &'static str {
                Self::NAMES[self as usize]
            }
        }
    };
}

codes! {
    /// No HTTP response; the cause says why as far as the browser tells.
    Network = "network",
    /// The browser hid or refused the exchange; `data.missing` names the header.
    Cors = "cors",
    /// An HTTP status that says no more; `data.status`.
    Http = "http",
    /// 401 or 403; `data.wwwAuthenticate`.
    Unauthorized = "unauthorized",
    /// The server answered with a JSON-RPC error; `data.code`, `data.message`, `data.data`.
    Rpc = "rpc",
    /// An answer that breaks the protocol, or passes a size limit.
    Protocol = "protocol",
    /// No common protocol version, or a capability that the server lacks.
    Unsupported = "unsupported",
    /// The tool's own error; `data.result`.
    ToolError = "tool_error",
    /// The task failed.
    TaskFailed = "task_failed",
    /// The task was cancelled.
    TaskCancelled = "task_cancelled",
    /// The server does not know the task (any more).
    TaskNotFound = "task_not_found",
    /// The task waits for an answer that nobody here gives; `data.inputRequests`.
    InputRequired = "input_required",
    /// A time-out of the caller's or of one HTTP request.
    Timeout = "timeout",
    /// The client was closed, or the task detached.
    Closed = "closed",
    /// The caller asked for something that cannot be.
    InvalidArgument = "invalid_argument",
    /// The WebAssembly module could not be loaded.
    WasmLoad = "wasm_load",
    /// A defect of this package.
    Internal = "internal",
}

/// What a call is rejected with. One pointer, for it is handed on through much code and seldom looked into.
#[derive(Clone, Debug)]
pub struct Error<J>(Box<Account<J>>);

/// What an [`Error`] says.
#[derive(Clone, Debug)]
pub struct Account<J> {
    pub code: Code,
    pub message: Cow<'static, str>,
    /// The task that the error is about.
    pub task_id: Option<String>,
    /// What the code promises to carry.
    pub data: Option<J>,
    /// What the platform threw.
    pub cause: Option<J>,
}

impl<J> Deref for Error<J> {
    type Target = Account<J>;

    fn deref(&self) -> &Account<J> {
        &self.0
    }
}

impl<J> Error<J> {
    pub fn into_account(self) -> Account<J> {
        *self.0
    }
}

impl<J: Json> Error<J> {
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Account { code, message: message.into(), task_id: None, data: None, cause: None }))
    }

    pub fn about(mut self, task_id: &str) -> Self {
        self.0.task_id = Some(task_id.into());
        self
    }

    pub fn carrying(self, data: J) -> Self {
        self.with_data(Some(data))
    }

    pub fn with_data(mut self, data: Option<J>) -> Self {
        self.0.data = data;
        self
    }

    pub fn with_cause(mut self, cause: Option<J>) -> Self {
        self.0.cause = cause;
        self
    }

    /// What it carries means something else here.
    pub fn meaning(mut self, code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        (self.0.code, self.0.message) = (code, message.into());
        self
    }

    /// A JSON-RPC error object of the server, in its own words.
    pub fn rpc(error: &J) -> Self {
        let message = error.text_of(Key::Message).unwrap_or_default();
        Self::new(Code::Rpc, message).carrying(error.clone())
    }

    /// The code of the server's JSON-RPC error, when this is one.
    pub fn rpc_code(&self) -> Option<i32> {
        match self.code {
            Code::Rpc => Some(self.data.as_ref()?.get(Key::Code)?.number()? as i32),
            _ => None,
        }
    }

    /// The error as a plain record, for an answer that carries it instead of rejecting.
    pub fn to_json(&self) -> J {
        J::object()
            .with(Key::Code, J::text(self.code.name()))
            .with(Key::Message, J::text(&self.message))
            .with_some(Key::TaskId, self.task_id.as_deref().map(J::text))
            .with_some(Key::Data, self.data.clone())
    }
}
