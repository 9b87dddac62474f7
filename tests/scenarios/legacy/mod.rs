//! The era of sessions: 2025-11-25 with tasks in the core.

mod cancel;
mod creation;
mod input;
mod list;
mod result;
mod status;

use super::{Age, Answer, Check, Client, Scenario, Steps};

pub const ALL: &[&Scenario] = &[
    &creation::FOLLOWED,
    &creation::INCAPABLE,
    &creation::SUPPORT,
    &result::BLOCKING,
    &result::EARLY,
    &result::TOOL_ERROR,
    &result::RPC_ERROR,
    &result::CANCELLED,
    &result::EXPIRED,
    &status::PUSHED,
    &status::UNPUSHED,
    &status::RELATED,
    &status::CHANGING,
    &cancel::CANCELLING,
    &cancel::TOO_LATE,
    &cancel::INCAPABLE,
    &input::AHEAD,
    &input::ANYWHERE,
    &input::UNHEALTHY,
    &input::SILENT,
    &list::PAGED,
    &list::INCAPABLE,
];

const fn scenario(id: &'static str, server: fn() -> Answer, steps: fn(Client) -> Steps, checks: &'static [Check]) -> Scenario {
    Scenario { id, age: Age::Legacy, answers: false, server, steps, checks }
}
