//! The seam between the two generations of the protocol: what differs is asked here, and answered by one file for each.

use super::json::Json;
use super::kind::{Created, Feature, Invocation, Kind, Support};
use super::legacy;
use super::message::{Outgoing, RequestId};
use super::status::TaskStatus;

/// Which generation the server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// Sessions, a GET stream, and core tasks that the client asks for: 2025-03-26 to 2025-11-25.
    Legacy,
}

impl Era {
    /// The request that makes a task, or the plain one.
    pub fn invoke<J: Json>(self, invocation: &Invocation<J>, as_task: bool, token: Option<u32>) -> Outgoing<J> {
        match self {
            Self::Legacy => legacy::invoke(invocation, as_task, token),
        }
    }

    /// What the answer to it is.
    pub fn created<J: Json>(self, result: &J) -> Created {
        match self {
            Self::Legacy => legacy::created(result),
        }
    }

    pub fn read_status<J: Json>(self, task: &J) -> Option<TaskStatus> {
        match self {
            Self::Legacy => legacy::read_status(task),
        }
    }

    pub fn pushed<J: Json>(self, method: &str, params: Option<&J>) -> Option<TaskStatus> {
        match self {
            Self::Legacy => legacy::pushed(method, params),
        }
    }

    pub fn get<J: Json>(self, task_id: &str) -> Outgoing<J> {
        match self {
            Self::Legacy => legacy::get(task_id),
        }
    }

    /// The request for the result of a task that has ended.
    pub fn payload<J: Json>(self, task_id: &str) -> Outgoing<J> {
        match self {
            Self::Legacy => legacy::payload(task_id),
        }
    }

    pub fn cancel<J: Json>(self, task_id: &str) -> Outgoing<J> {
        match self {
            Self::Legacy => legacy::cancel(task_id),
        }
    }

    /// A page of the server's tasks.
    pub fn task_page<J: Json>(self, cursor: Option<&str>) -> Outgoing<J> {
        match self {
            Self::Legacy => legacy::task_page(cursor),
        }
    }

    /// The notification that nobody waits for the answer to a plain request any more.
    pub fn withdrawn<J: Json>(self, request: RequestId) -> Outgoing<J> {
        match self {
            Self::Legacy => legacy::withdrawn(request),
        }
    }

    pub fn offers<J: Json>(self, capabilities: &J, feature: Feature) -> bool {
        match self {
            Self::Legacy => legacy::offers(capabilities, feature),
        }
    }

    pub fn augmentable<J: Json>(self, capabilities: &J, kind: Kind) -> bool {
        match self {
            Self::Legacy => legacy::augmentable(capabilities, kind),
        }
    }

    pub fn tool_support<J: Json>(self, tool: &J) -> Support {
        match self {
            Self::Legacy => legacy::tool_support(tool),
        }
    }
}
