//! The seam between the two generations of the protocol: what differs is asked here, and answered by one file for each.

use super::json::Json;
use super::kind::{Created, Feature, Invocation, Kind, Support};
use super::legacy;
use super::message::{Outgoing, RequestId};
use super::modern;
use super::status::TaskStatus;

/// Which generation the server speaks ("Versioning and Compatibility", Terminology).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// Sessions, a GET stream, and core tasks that the client asks for: 2025-03-26 to 2025-11-25.
    Legacy,
    /// Stateless, with the extension for tasks, which the server makes as it sees fit: 2026-07-28.
    Modern,
}

impl Era {
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "legacy" => Some(Self::Legacy),
            "modern" => Some(Self::Modern),
            _ => None,
        }
    }

    /// The request that makes a task, or the plain one.
    pub fn invoke<J: Json>(self, invocation: &Invocation<J>, as_task: bool, token: Option<u32>) -> Outgoing<J> {
        match self {
            Self::Legacy => legacy::invoke(invocation, as_task, token),
            Self::Modern => modern::invoke(invocation, token),
        }
    }

    /// What the answer to it is.
    pub fn created<J: Json>(self, kind: Kind, result: &J) -> Created<J> {
        match self {
            Self::Legacy => legacy::created(result),
            Self::Modern => modern::created(kind, result),
        }
    }

    pub fn read_status<J: Json>(self, task: &J) -> Option<TaskStatus<J>> {
        match self {
            Self::Legacy => legacy::read_status(task),
            Self::Modern => modern::read_status(task),
        }
    }

    pub fn pushed<J: Json>(self, method: &str, params: Option<&J>) -> Option<TaskStatus<J>> {
        match self {
            Self::Legacy => legacy::pushed(method, params),
            Self::Modern => modern::pushed(method, params),
        }
    }

    pub fn get<J: Json>(self, task_id: &str) -> Outgoing<J> {
        match self {
            Self::Legacy => legacy::get(task_id),
            Self::Modern => modern::get(task_id),
        }
    }

    /// The request for the result of a task that has ended; the status holds it in the modern era.
    pub fn payload<J: Json>(self, task_id: &str) -> Outgoing<J> {
        match self {
            Self::Legacy => legacy::payload(task_id),
            Self::Modern => modern::get(task_id),
        }
    }

    pub fn cancel<J: Json>(self, task_id: &str) -> Outgoing<J> {
        match self {
            Self::Legacy => legacy::cancel(task_id),
            Self::Modern => modern::cancel(task_id),
        }
    }

    /// The notification that nobody waits for the answer to a plain request any more. Where there is none, closing the exchange says it.
    pub fn withdrawn<J: Json>(self, request: RequestId) -> Option<Outgoing<J>> {
        match self {
            Self::Legacy => Some(legacy::withdrawn(request)),
            Self::Modern => None,
        }
    }

    pub fn offers<J: Json>(self, capabilities: &J, feature: Feature) -> bool {
        match self {
            Self::Legacy => legacy::offers(capabilities, feature),
            Self::Modern => modern::offers(capabilities, feature),
        }
    }

    /// May the caller ask for a task?
    pub fn augmentable<J: Json>(self, capabilities: &J, kind: Kind) -> bool {
        match self {
            Self::Legacy => legacy::augmentable(capabilities, kind),
            Self::Modern => false,
        }
    }

    pub fn tool_support<J: Json>(self, tool: &J) -> Support {
        match self {
            Self::Legacy => legacy::tool_support(tool),
            Self::Modern => Support::Forbidden,
        }
    }
}
