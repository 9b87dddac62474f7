//! What the era of sessions calls things: protocol versions 2025-03-26 to 2025-11-25, with core tasks in the last.

use super::json::{Json, Key};
use super::kind::{Created, Feature, Invocation, Kind, Support};
use super::message::{Outgoing, RequestId};
use super::status::{State, TaskStatus};

/// The versions that we speak, the one that we ask for first.
pub const VERSIONS: [&str; 3] = ["2025-11-25", "2025-06-18", "2025-03-26"];

/// Since this version every request after `initialize` names the version in a header.
pub const VERSION_HEADER_SINCE: &str = "2025-06-18";

pub const INITIALIZED: &str = "notifications/initialized";

/// Opens a session ("Lifecycle", Initialization).
pub fn initialize<J: Json>(version: &str, client_info: J, capabilities: J) -> Outgoing<J> {
    let params =
        J::object().with(Key::ProtocolVersion, J::text(version)).with(Key::Capabilities, capabilities).with(Key::ClientInfo, client_info);
    Outgoing::new("initialize", params)
}

/// Asks for nothing but an answer ("Ping").
pub fn ping<J: Json>() -> Outgoing<J> {
    Outgoing::bare("ping")
}

/// `tools/call`, `prompts/get` or `resources/read`; with `task`, augmented ("Tasks", Creating Tasks).
pub fn invoke<J: Json>(invocation: &Invocation<J>, as_task: bool, token: Option<u32>) -> Outgoing<J> {
    let task = as_task.then(|| J::object().with_some(Key::Ttl, invocation.ttl.map(J::float)));
    invocation.outgoing(task, token)
}

/// The answer to an augmented request: a task, or at once what the plain request would have given.
///
/// FastMCP 2.14, older than the final text, puts the task into the result's `_meta`.
pub fn created<J: Json>(result: &J) -> Created<J> {
    if let Some(task) = result.get(Key::Task) {
        return read_status(&task).map_or(Created::Malformed("the server's answer names a task that is none"), Created::Task);
    }
    let early = result.path(&[Key::Meta, Key::FastMcpTask]);
    early.and_then(|task| read_status(&task)).map_or(Created::Immediate, Created::Task)
}

/// A `Task` object, wherever it stands.
pub fn read_status<J: Json>(task: &J) -> Option<TaskStatus<J>> {
    Some(TaskStatus {
        message: task.text_of(Key::StatusMessage),
        created_at: task.text_of(Key::CreatedAt),
        updated_at: task.text_of(Key::LastUpdatedAt),
        ttl: task.get(Key::Ttl).and_then(|ttl| ttl.number()),
        interval: task.get(Key::PollInterval).and_then(|interval| interval.number()),
        ..TaskStatus::new(&task.text_of(Key::TaskId).filter(|id| !id.is_empty())?, State::named(&task.text_of(Key::Status)?)?)
    })
}

/// The status that a notification carries, when it is one.
pub fn pushed<J: Json>(method: &str, params: Option<&J>) -> Option<TaskStatus<J>> {
    if method == "notifications/tasks/status" { read_status(params?) } else { None }
}

pub fn get<J: Json>(task_id: &str) -> Outgoing<J> {
    Outgoing::new("tasks/get", by_id(task_id))
}

pub fn payload<J: Json>(task_id: &str) -> Outgoing<J> {
    Outgoing::new("tasks/result", by_id(task_id))
}

pub fn cancel<J: Json>(task_id: &str) -> Outgoing<J> {
    Outgoing::new("tasks/cancel", by_id(task_id)).repeatable()
}

/// The request for a page of the server's tasks.
pub fn task_page<J: Json>(cursor: Option<&str>) -> Outgoing<J> {
    Outgoing::new("tasks/list", J::object().with_some(Key::Cursor, cursor.map(J::text))).repeatable()
}

/// Tells the server that nobody waits for the answer to a plain request any more ("Cancellation").
pub fn withdrawn<J: Json>(request: RequestId) -> Outgoing<J> {
    let params = J::object().with(Key::RequestId, J::float(f64::from(request)));
    Outgoing::new("notifications/cancelled", params.with(Key::Reason, J::text("the caller no longer waits")))
}

fn by_id<J: Json>(task_id: &str) -> J {
    J::object().with(Key::TaskId, J::text(task_id))
}

/// May a request of this kind be augmented? The server says so for each kind of request ("Tasks", Capabilities).
pub fn augmentable<J: Json>(capabilities: &J, kind: Kind) -> bool {
    let (group, verb) = match kind {
        Kind::Tool => (Key::Tools, Key::Call),
        Kind::Prompt => (Key::Prompts, Key::Get),
        Kind::Resource => (Key::Resources, Key::Read),
    };
    capabilities.path(&[Key::Tasks, Key::Requests, group, verb]).is_some()
}

/// What else the server does about tasks.
pub fn offers<J: Json>(capabilities: &J, feature: Feature) -> bool {
    let path: &[Key] = match feature {
        Feature::Tasks => &[Key::Tasks],
        Feature::List => &[Key::Tasks, Key::List],
        Feature::Cancel => &[Key::Tasks, Key::Cancel],
    };
    capabilities.path(path).is_some()
}

/// What a tool says about itself, in `execution.taskSupport`; saying nothing forbids.
pub fn tool_support<J: Json>(tool: &J) -> Support {
    match tool.path(&[Key::Execution, Key::TaskSupport]).and_then(|support| support.string()).as_deref() {
        Some("required") => Support::Required,
        Some("optional") => Support::Optional,
        _ => Support::Forbidden,
    }
}
