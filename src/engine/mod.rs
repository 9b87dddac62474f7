//! The protocol of both eras as a state machine without I/O.
//!
//! The engine does nothing by itself. It takes inputs (what the caller wants, what came over the network, what time it is) and
//! hands out [`Output`]s. Its one rule: *after every input, drain the outputs until there are none, then wait for the
//! [deadline](Engine::deadline) or the next input.* Hours of retries, expiries and cancel races are then milliseconds of test:
//! a scripted server and a clock that the test owns.
//!
//! | file | noun |
//! |---|---|
//! | `json`, `message`, `status`, `kind`, `time`, `error` | the words |
//! | `decimal`, `bytes`, `sse`, `table`, `dice`, `poll`, `lifecycle`, `outcome`, `listing`, `header`, `mirror`, `probe` | rules that need nothing else |
//! | `era`, `legacy`, `modern` | what each generation of the protocol calls things |
//! | `wire`, `flow`, `crowd`, `request`, `purpose`, `fault`, `nesting`, `bulk`, `texts`, `exchange`, `repeat`, `inbox` | HTTP exchanges and the messages on them |
//! | `machine`, `wake`, `session`, `blame`, `stream`, `subscription`, `silence`, `signing`, `lists`, `invoke`, `tracked`, `follow`, `payload`, `by_id` | what the engine does with them |
//! | `question`, `round`, `input`, `served`, `aside`, `visit` | what the server asks, and the answers |

mod aside;
mod blame;
mod bulk;
mod by_id;
mod bytes;
mod crowd;
pub mod decimal;
mod dice;
mod era;
mod error;
mod exchange;
mod fault;
mod flow;
mod follow;
pub mod header;
mod held;
mod inbox;
mod input;
mod invoke;
mod json;
mod kind;
mod legacy;
mod lifecycle;
mod listing;
mod lists;
mod machine;
mod memory;
mod message;
pub mod mirror;
mod modern;
mod nesting;
mod outcome;
mod payload;
mod poll;
mod probe;
mod purpose;
mod question;
mod renewal;
mod repeat;
mod request;
mod reunion;
mod round;
mod served;
mod session;
mod signing;
mod silence;
mod sse;
mod status;
mod stream;
mod subscription;
mod table;
mod texts;
mod time;
mod tracked;
mod visit;
mod wake;
mod wire;

pub use blame::Sight;
pub use bytes::first_of;
pub use crowd::{Crowd, MOST_STREAMS};
pub use dice::Dice;
pub use era::Era;
pub use error::{Code, Error};
pub use flow::{MOST_BACKGROUND, MOST_CALLS};
pub use json::{Json, Key};
pub use kind::{Created, Invocation, Kind, Round, Support};
pub use lifecycle::{Lifecycle, Source, Verdict};
pub use listing::Listing;
pub use machine::{Config, Engine};
pub use message::{Message, RequestId};
pub use nesting::{DEEPEST, Nesting};
pub use outcome::Reading;
pub use poll::{CAP, FLOOR, Pace};
pub use probe::{Finding, Probe, classify};
pub use question::{Answers, Ask, QuestionId, Topic};
pub use reunion::PastSession;
pub use sse::{Decoder, LIMIT, TooLong};
pub use status::{Ending, State, TaskStatus};
pub use table::Table;
pub use texts::Texts;
pub use time::Millis;
pub use wire::{Body, CallId, ExchangeId, Failure, Fetch, Head, Media, Output, Verb};

/// What a server can make us do at most. The README tells of these.
pub mod limits {
    pub use super::aside::MOST_OPEN as MOST_RESULT_STREAMS;
    pub use super::crowd::MOST_STREAMS;
    pub use super::flow::{MOST_BACKGROUND, MOST_CALLS};
    pub use super::follow::{HELD, MOST_TASKS, RETRY_AFTER_CAP};
    pub use super::lists::{MOST_ITEMS, MOST_PAGES};
    pub use super::modern::MOST_QUESTIONS;
    pub use super::nesting::DEEPEST;
    pub use super::poll::{CAP, FLOOR};
    pub use super::repeat::MOST_REPETITIONS;
    pub use super::round::MOST_ROUNDS;
    pub use super::served::{MOST_NOTICES, MOST_OPEN as MOST_OPEN_QUESTIONS, MOST_TRIES};
    pub use super::sse::LIMIT;
}
