//! The stateless era: 2026-07-28 with the extension for tasks.

mod cancel;
mod creation;
mod dispatch;
mod ending;
mod input;
mod pace;
mod round;
mod subscription;

use super::{Age, Answer, Check, Client, Scenario, Steps};

pub const ALL: &[&Scenario] = &[
    &creation::DECLARED,
    &creation::FOLLOWED,
    &creation::IMMEDIATE,
    &creation::DRIVEN,
    &creation::REFUSED,
    &ending::FAILED,
    &ending::TOOL_ERROR,
    &ending::CANCELLED,
    &ending::EXPIRED,
    &cancel::ACKNOWLEDGED,
    &cancel::TOO_LATE,
    &pace::CHANGING,
    &dispatch::ROUTED,
    &dispatch::UNKNOWN_TYPE,
    &dispatch::NO_SUCH_TASK,
    &dispatch::FIELD_NAMES,
    &dispatch::LISTED,
    &input::ANSWERED,
    &input::PARTIAL,
    &input::RESENT,
    &round::THEN_TASK,
    &round::WITHOUT_STATE,
    &subscription::PUSHED,
    &subscription::UNACKNOWLEDGED,
    &subscription::NOT_OFFERED,
    &subscription::UNHEALTHY,
    &subscription::ENDED,
    &subscription::DISORDERLY,
];

const fn scenario(id: &'static str, server: fn() -> Answer, steps: fn(Client) -> Steps, checks: &'static [Check]) -> Scenario {
    Scenario { id, age: Age::Modern, answers: true, server, steps, checks }
}
