//! What the stateless era calls things: protocol version 2026-07-28, with the extension `io.modelcontextprotocol/tasks`.

use super::json::{Json, Key};
use super::kind::{Created, Feature, Invocation, Kind};
use super::message::Outgoing;
use super::status::{Ending, State, TaskStatus};

/// The version that we speak.
pub const VERSION: &str = "2026-07-28";

/// The errors that only a server of this era sends ("Error Codes").
pub const HEADER_MISMATCH: i32 = -32020;
pub const MISSING_CAPABILITY: i32 = -32021;
pub const UNSUPPORTED_VERSION: i32 = -32022;

/// More questions than this at a time are none.
pub const MOST_QUESTIONS: usize = 100;

/// What every request says of us ("Per-request protocol fields").
#[derive(Clone)]
pub struct Identity<J> {
    pub client_info: J,
    pub capabilities: J,
}

impl<J: Json> Identity<J> {
    /// The capabilities are those of the handlers, and tasks.
    pub fn new(client_info: J, handlers: J) -> Self {
        let extensions = J::object().with(Key::TasksExtension, J::object());
        Self { client_info, capabilities: handlers.with(Key::Extensions, extensions) }
    }

    /// The request with what it must say of itself. The caller's own `_meta` stays, but for what is ours to say.
    pub fn sign(&self, outgoing: Outgoing<J>) -> Outgoing<J> {
        let params = outgoing.params.unwrap_or_else(J::object);
        let meta = params.get(Key::Meta).unwrap_or_else(J::object);
        let meta = meta
            .with(Key::MetaVersion, J::text(VERSION))
            .with(Key::MetaClientInfo, self.client_info.clone())
            .with(Key::MetaCapabilities, self.capabilities.clone());
        Outgoing { params: Some(params.with(Key::Meta, meta)), ..outgoing }
    }
}

/// Asks what the server speaks and offers ("Discovery").
pub fn discover<J: Json>() -> Outgoing<J> {
    Outgoing::bare("server/discover").repeatable()
}

/// Who the server says it is.
pub fn server_info<J: Json>(result: &J) -> Option<J> {
    // Drafts had it beside the capabilities.
    result.path(&[Key::Meta, Key::MetaServerInfo]).or_else(|| result.get(Key::ServerInfo))
}

/// `tools/call`, `prompts/get` or `resources/read`. Whether it becomes a task is the server's to say.
pub fn invoke<J: Json>(invocation: &Invocation<J>, token: Option<u32>) -> Outgoing<J> {
    let outgoing = invocation.outgoing(None, token).named(&invocation.name);
    let round = &invocation.round;
    let params = outgoing.params.unwrap_or_else(J::object);
    let params = params.with_some(Key::InputResponses, round.responses.clone()).with_some(Key::RequestState, round.state.clone());
    Outgoing { params: Some(params), ..outgoing }
}

/// What kind of answer this is ("ResultType").
pub fn created<J: Json>(kind: Kind, result: &J) -> Created<J> {
    match (result.get(Key::ResultType), result.text_of(Key::ResultType).as_deref()) {
        (None, _) | (_, Some("complete")) => Created::Immediate,
        (_, Some("task")) if kind == Kind::Tool => {
            read_status(result).map_or(Created::Malformed("the server's answer names a task that is none"), Created::Task)
        }
        (_, Some("input_required")) => asked(result).unwrap_or(Created::Malformed("the server wants input and does not say which")),
        _ => Created::Malformed(UNKNOWN_RESULT),
    }
}

/// Questions, or the server's own words to be given back, or both.
fn asked<J: Json>(result: &J) -> Option<Created<J>> {
    let requests = result.get(Key::InputRequests);
    // State is text: another is none.
    let state = result.get(Key::RequestState).filter(|state| state.string().is_some());
    let is_wrong = requests.as_ref().is_some_and(|requests| !requests.is_object() || requests.members().len() > MOST_QUESTIONS);
    let is_nothing = state.is_none() && requests.as_ref().is_none_or(|requests| requests.members().is_empty());
    (!is_wrong && !is_nothing).then_some(Created::Asks(requests, state))
}

const UNKNOWN_RESULT: &str = "the server's answer is of a type that nobody here has declared";

/// The answer to any other request, whose type must be one that the request can have; the specification's own examples mark a task's
/// status as a task.
pub fn checked<J: Json>(result: J, of_task: bool) -> Result<J, (&'static str, J)> {
    match (result.get(Key::ResultType), result.text_of(Key::ResultType).as_deref()) {
        (None, _) | (_, Some("complete")) => Ok(result),
        (_, Some("task")) if of_task => Ok(result),
        _ => Err((UNKNOWN_RESULT, result)),
    }
}

/// A task with all that is told of it, wherever it stands.
pub fn read_status<J: Json>(task: &J) -> Option<TaskStatus<J>> {
    let state = State::named(&task.text_of(Key::Status)?)?;
    let member = |wanted: State, key: Key| if state == wanted { task.get(key).filter(J::is_object) } else { None };
    let result = member(State::Completed, Key::Result).map(Ending::Result);
    Some(TaskStatus {
        message: task.text_of(Key::StatusMessage),
        created_at: task.text_of(Key::CreatedAt),
        updated_at: task.text_of(Key::LastUpdatedAt),
        ttl: task.get(Key::TtlMs).and_then(|ttl| ttl.number()),
        interval: task.get(Key::PollIntervalMs).and_then(|interval| interval.number()),
        // Nobody answers so many: as if they were not there.
        questions: member(State::InputRequired, Key::InputRequests).filter(|asked| asked.members().len() <= MOST_QUESTIONS),
        ending: result.or_else(|| member(State::Failed, Key::Error).map(Ending::Error)),
        ..TaskStatus::new(&task.text_of(Key::TaskId).filter(|id| !id.is_empty())?, state)
    })
}

/// The task that a notification tells of, when it tells of one.
pub fn pushed<J: Json>(method: &str, params: Option<&J>) -> Option<TaskStatus<J>> {
    if method == "notifications/tasks" { read_status(params?) } else { None }
}

/// `tasks/get`, `tasks/update` or `tasks/cancel`. Those on the way route it by the task's id.
fn by_id<J: Json>(method: &'static str, task_id: &str) -> Outgoing<J> {
    Outgoing::new(method, J::object().with(Key::TaskId, J::text(task_id))).named(task_id)
}

pub fn get<J: Json>(task_id: &str) -> Outgoing<J> {
    by_id("tasks/get", task_id)
}

pub fn cancel<J: Json>(task_id: &str) -> Outgoing<J> {
    by_id("tasks/cancel", task_id).repeatable()
}

/// Answers to a task's questions, by key.
pub fn update<J: Json>(task_id: &str, responses: J) -> Outgoing<J> {
    let outgoing = by_id("tasks/update", task_id);
    Outgoing { params: outgoing.params.map(|params: J| params.with(Key::InputResponses, responses)), ..outgoing }.repeatable()
}

pub const ACKNOWLEDGED: &str = "notifications/subscriptions/acknowledged";

/// The lists whose changes the server can tell of, and what the request for it calls them.
const ANNOUNCED: [(Key, Key); 3] =
    [(Key::Tools, Key::ToolsListChanged), (Key::Prompts, Key::PromptsListChanged), (Key::Resources, Key::ResourcesListChanged)];

fn announced<J: Json>(capabilities: &J) -> impl Iterator<Item = Key> {
    let is_announced = |group: Key| capabilities.get(group).is_some_and(|offer| offer.is_true(Key::ListChanged));
    ANNOUNCED.into_iter().filter(move |(group, _)| is_announced(*group)).map(|(_, change)| change)
}

/// Which of those lists the server agreed to tell of: tools, prompts, resources.
pub fn acknowledged<J: Json>(params: Option<&J>) -> [bool; 3] {
    let filter = params.and_then(|params| params.get(Key::Notifications));
    ANNOUNCED.map(|(_, change)| filter.as_ref().is_some_and(|filter| filter.is_true(change)))
}

/// Is there anything to hear of beside tasks?
pub fn announces<J: Json>(capabilities: &J) -> bool {
    announced(capabilities).next().is_some()
}

/// Asks for the server's notifications: of these tasks, and of the lists whose changes it announces ("Subscriptions").
pub fn listen<J: Json>(task_ids: Vec<J>, capabilities: &J) -> Outgoing<J> {
    let filter = announced(capabilities).fold(J::object(), |filter, change| filter.with(change, J::truth(true)));
    let filter = filter.with_some(Key::TaskIds, (!task_ids.is_empty()).then(|| J::array(task_ids)));
    Outgoing::new("subscriptions/listen", J::object().with(Key::Notifications, filter))
}

/// What the server does about tasks. It has no list of them.
pub fn offers<J: Json>(capabilities: &J, feature: Feature) -> bool {
    feature != Feature::List && capabilities.path(&[Key::Extensions, Key::TasksExtension]).is_some()
}
