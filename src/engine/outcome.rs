//! From the server's result to what the caller gets: the tool's own error, the unwrapped data, the contents.

use super::error::{Code, Error};
use super::json::{Json, Key};
use super::kind::Kind;

/// How a result is read.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// `None` hands the result on as it came.
    pub kind: Option<Kind>,
    /// The tool's output schema says that its structured content is wrapped in `{ result }`.
    pub wrapped: bool,
    /// A tool's own error rejects.
    pub throw: bool,
}

impl Reading {
    /// The value that the call resolves with, or the error that it rejects with.
    pub fn read<J: Json>(self, result: &J) -> Result<J, Error<J>> {
        let Some(kind) = self.kind else { return Ok(result.clone()) };
        if !result.is_object() {
            return Err(broken("the result is no object", result));
        }
        let is_error = result.is_true(Key::IsError);
        match kind {
            Kind::Tool if result.get(Key::Content).is_some_and(|content| !content.is_array()) => {
                Err(broken("the result's content is no list", result))
            }
            Kind::Tool if is_error && self.throw => Err(tool_error(result)),
            Kind::Tool => Ok(self.tool_result(result)),
            // Servers answer a failed prompt or resource with a tool-shaped error.
            _ if is_error => Err(Error::new(Code::TaskFailed, words(result)).carrying(result.clone())),
            Kind::Prompt => match result.get(Key::Messages) {
                Some(messages) if messages.is_array() => Ok(result.clone()),
                _ => Err(broken("the prompt has no messages", result)),
            },
            Kind::Resource => match result.get(Key::Contents) {
                Some(contents) if contents.is_array() => Ok(contents),
                _ => Err(broken("the resource has no contents", result)),
            },
        }
    }

    /// `CallToolResult` with `data`: the structured content, out of its wrapper where the server marks one.
    fn tool_result<J: Json>(self, result: &J) -> J {
        let mut result = result.clone();
        if result.get(Key::Content).is_none() {
            result.set(Key::Content, J::array(Vec::new()));
        }
        let Some(structured) = result.get(Key::StructuredContent) else {
            // Only we say what `data` is.
            let is_theirs = result.get(Key::Data).is_some();
            let rest = || J::record(result.members().into_iter().filter(|(name, _)| name != Key::Data.name()).collect());
            return if is_theirs { rest() } else { result };
        };
        let data = match structured.get(Key::Result) {
            Some(inner) if self.wrapped || is_marked(&result) => inner,
            _ => structured,
        };
        result.set(Key::Data, data);
        result
    }
}

/// The tool's own error, in the tool's own words.
pub fn tool_error<J: Json>(result: &J) -> Error<J> {
    Error::new(Code::ToolError, words(result)).carrying(J::object().with(Key::Result, result.clone()))
}

/// Does the result say of itself that it is wrapped?
pub fn is_marked<J: Json>(result: &J) -> bool {
    result.path(&[Key::Meta, Key::FastMcp]).is_some_and(|mark| mark.is_true(Key::WrapResult))
}

/// Does a tool's output schema mark its results as wrapped?
pub fn wraps<J: Json>(tool: &J) -> bool {
    tool.get(Key::OutputSchema).is_some_and(|schema| schema.is_true(Key::FastMcpWrap))
}

fn broken<J: Json>(why: &'static str, result: &J) -> Error<J> {
    Error::new(Code::Protocol, why).carrying(result.clone())
}

/// The text of the first text content.
fn words<J: Json>(result: &J) -> String {
    let content = result.get(Key::Content);
    let text = content.and_then(|content| content.items().find_map(|item| item.text_of(Key::Text)));
    text.unwrap_or_else(|| "the server reported an error without saying which".into())
}
