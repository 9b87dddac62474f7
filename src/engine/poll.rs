//! When to ask for a task's status next.

use super::time::Millis;

/// No poll comes sooner after the last than this, whatever the server says.
pub const FLOOR: Millis = 20;
/// A server that asks to be asked more often than this is asked so often only while the task is young.
const HASTE: Millis = 100;
/// No poll comes later than this while somebody waits: a server that says "a day" would otherwise hide the end for a day.
pub const CAP: Millis = 300_000;
/// While a stream brings this task's changes, polls are only the net under it.
pub(super) const UNDER_STREAM: Millis = 5_000;
/// The same under the stream of a thousand tasks, most of which tell of themselves.
pub(super) const MOST_UNDER_STREAM: Millis = 30_000;
/// For every task that lives, things may take so much longer: what is done at once for one task is done once for a thousand.
pub(super) const EACH: Millis = 20;
/// The longest interval that we choose ourselves, where the server gives none.
const OWN_CHOICE: Millis = 5_000;
/// The first poll of a task comes no later than this.
const FIRST: Millis = 250;

/// What the next instant is reckoned from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Since when somebody watches the task, or it exists.
    pub since: Millis,
    /// The server's `pollInterval` in milliseconds, as it came; `None` when it gave none.
    pub interval: Option<f64>,
    /// The instant before which the server is not asked, after a failure or because it does not want to be (`Retry-After`).
    pub not_before: Millis,
    /// A stream delivers this task's changes.
    pub streamed: bool,
    /// How many tasks there are.
    pub live: usize,
}

impl Pace {
    /// The server's interval within bounds; `None` when it gave none that means anything.
    pub fn interval(&self) -> Option<Millis> {
        let interval = self.interval.filter(|interval| *interval > 0.0)?;
        // The cast saturates, so that infinity is the cap as well.
        Some((interval as Millis).clamp(FLOOR, CAP))
    }

    /// The instant of the next `tasks/get`.
    ///
    /// The wait grows with the task's age: up to the server's interval where it gave one (doubling, so that a quick task is
    /// seen soon and few requests are spent on the way), else a quarter of the age.
    pub fn next(&self, now: Millis) -> Millis {
        let age = now.saturating_sub(self.since);
        let interval = self.interval();
        let wait = match interval {
            Some(interval) if self.streamed => interval.max(UNDER_STREAM),
            None if self.streamed => UNDER_STREAM,
            Some(interval) => age.clamp((interval / 8).clamp(FLOOR, FIRST), interval).max((age / 32).min(HASTE)),
            None => (age / 4).clamp(FLOOR, OWN_CHOICE),
        };
        // A crowd is not asked about sooner than it must be.
        let most = if self.streamed { MOST_UNDER_STREAM } else { interval.unwrap_or(OWN_CHOICE) };
        let wait = wait.max((EACH * self.live.saturating_sub(1) as Millis).min(most));
        (now + wait).max(self.not_before)
    }
}
