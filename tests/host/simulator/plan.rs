//! What kind of world it is: its server, its network, its client.

use mcp_tasks::engine::{Era, Millis};

use super::chance::Chance;

/// What a server does when it is asked to cancel a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancelling {
    /// The task is cancelled at once.
    Obeys,
    /// The server says yes, and the task goes on.
    Ignores,
    Refuses,
    /// It has no such request.
    Unknown,
}

/// Where a server with sessions asks what its tasks ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// On its own stream, saying which task asks.
    OnStream,
    /// The same without saying it, right after it has pushed that the task asks; and polls see it working.
    AfterPush,
    /// On the stream of `tasks/result`.
    OnResult,
}

#[derive(Clone, Debug)]
pub struct Plan {
    pub era: Era,
    /// The client knows of which era the server is.
    pub known: bool,
    /// The client answers questions.
    pub answers: bool,
    /// The client wants streams.
    pub notifications: bool,

    pub tasks: bool,
    pub lists_tasks: bool,
    /// Prompts and resources may be tasks too.
    pub all_kinds: bool,
    pub sessions: bool,
    pub streams: bool,
    pub pushes: bool,
    /// Of a hundred answers, so many are event streams.
    pub events: u64,
    /// Event streams begin with an id, and can be resumed.
    pub primed: bool,
    /// `tasks/result` waits for the end.
    pub blocking: bool,
    pub cancelling: Cancelling,
    pub asking: Asking,
    pub interval: Option<f64>,
    /// How long a task is kept after its end.
    pub retention: Millis,

    pub latency: Millis,
    /// Of a hundred requests and open streams, so many meet with trouble.
    pub trouble: u64,
    pub restarts: bool,
    /// A restart loses the sessions, and the tasks.
    pub forgets_sessions: bool,
    pub forgets_tasks: bool,
    pub sleeps: bool,
    /// What the callers do, in number.
    pub acts: u64,
}

/// Whether sessions may be lost.
const LOSES_SESSIONS: bool = true;

impl Plan {
    pub fn new(chance: &mut Chance) -> Self {
        let era = chance.pick(&[Era::Legacy, Era::Modern]);
        let answers = chance.percent(70);
        let notifications = chance.percent(85);
        let streams = chance.percent(70);
        let pushes = streams && chance.percent(80);
        let asking = match chance.below(3) {
            0 if streams && notifications => Asking::OnStream,
            1 if pushes && notifications => Asking::AfterPush,
            _ => Asking::OnResult,
        };
        Self {
            era,
            known: chance.percent(80),
            answers,
            notifications,
            tasks: chance.percent(95),
            lists_tasks: chance.percent(50),
            all_kinds: chance.percent(50),
            sessions: chance.percent(75),
            streams,
            pushes,
            events: chance.pick(&[0, 30, 100]),
            primed: chance.percent(50),
            blocking: chance.percent(60),
            cancelling: chance.pick(&[Cancelling::Obeys, Cancelling::Obeys, Cancelling::Ignores, Cancelling::Refuses, Cancelling::Unknown]),
            asking,
            interval: chance.pick(&[None, Some(0.0), Some(-1.0), Some(50.0), Some(1_000.0), Some(1_000.0), Some(5_000.0), Some(1e12)]),
            retention: chance.pick(&[0, 20_000, 600_000, 36_000_000, 36_000_000, 36_000_000]),
            latency: chance.pick(&[0, 5, 40, 300]),
            trouble: chance.pick(&[0, 0, 2, 10, 30]),
            restarts: chance.percent(30),
            forgets_sessions: LOSES_SESSIONS && chance.percent(50),
            forgets_tasks: chance.percent(30),
            sleeps: chance.percent(20),
            acts: chance.between(4, 40),
        }
    }
}
