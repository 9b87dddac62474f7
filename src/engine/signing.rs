//! The caller signs in, because a server has refused a request for want of that ("Authorization").
//!
//! How, is the face's: it takes minutes where somebody types a password, or fails. Here nothing begins meanwhile and no time runs out,
//! and no task is lost for it.

use super::error::Error;
use super::flow::Lane;
use super::json::Json;
use super::machine::Engine;
use super::time::Millis;

/// A task that nobody may ask about is asked about again when somebody has signed in; else in a thousand years.
pub(super) const NEVER: Millis = 1 << 45;

impl<J: Json> Engine<J> {
    /// The caller signs in: nothing is sent but what was, until they have, or have not.
    pub fn signing_in(&mut self, now: Millis) {
        if self.signing_in.is_none() && !self.closed {
            self.signing_in = Some(now);
            self.wire.flow.bar(true);
        }
    }

    /// That is over: what waited goes on with the time that it had. After a success what failed before says nothing about now, but for the
    /// tasks that the server refuses whoever has signed in: they would have everybody asked for ever.
    pub fn signed_in(&mut self, succeeded: bool, now: Millis) {
        let Some(since) = self.signing_in.take() else { return };
        self.wire.flow.bar(false);
        self.wire.postpone(now.saturating_sub(since));
        if succeeded {
            self.revive(now, |task| !task.turned_away);
        }
    }

    /// A caller wants something of a task that nobody may ask about: it is asked about for them, and they may sign in for it.
    pub(super) fn ask_again(&mut self, id: &str, now: Millis) {
        let Some(task) = self.tasks.get_mut(id).filter(|task| task.unsigned) else { return };
        task.unsigned = false;
        task.rest_until = 0;
        if !task.life.is_over() {
            self.poll(id, Lane::Call, now);
        }
    }

    /// The status of a task is not to be had before the caller signs in. Who waits is told; the task goes on, and is asked about then.
    pub(super) fn rest_unsigned(&mut self, id: &str, error: Error<J>) {
        let Some(task) = self.tasks.get_mut(id) else { return };
        task.failures = 0;
        task.turned_away = false;
        task.rest_until = NEVER;
        task.look = None;
        task.unsigned = true;
        let settled = task.fail(&error.about(id));
        self.deliver_all(settled);
    }
}
