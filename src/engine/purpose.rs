//! Why a request was sent, which is what its answer is for.

use super::listing::Listing;
use super::wire::CallId;

#[derive(Clone, Debug)]
pub enum Purpose {
    /// The first request, which finds out what the server speaks.
    Discover(CallId),
    Initialize(CallId),
    /// `ping`: is the session still there that was open before?
    Reunion(CallId),
    /// `tools/call` and its like; sent as a task or plainly.
    Invoke {
        call: CallId,
        as_task: bool,
    },
    /// A request for a task whose caller has left: the task, once its id is known, is cancelled, for nobody else can.
    Orphan,
    /// A page of a list.
    Page(Listing),
    /// `tasks/get`, sent when so many pushes had been heard.
    Poll {
        task_id: String,
        heard: u32,
    },
    /// The result of a task that has ended.
    Payload(String),
    /// The same, of a task that waits for input: where the server asks.
    Aside(String),
    Cancel {
        task_id: String,
        call: Option<CallId>,
    },
    /// `tasks/update`, with the answers to these questions.
    Update {
        task_id: String,
        keys: Vec<String>,
        call: Option<CallId>,
    },
    /// The request whose answer is the server's notifications.
    Listen,
    /// A page of `tasks/list`, from which so many are skipped.
    TaskPage {
        call: CallId,
        cursor: String,
        skip: usize,
        limit: usize,
    },
}
