//! The network goes and comes back, the page sleeps and wakes.

use super::error::{Code, Error};
use super::fault::Fault;
use super::json::Json;
use super::machine::Engine;
use super::poll::{EACH, MOST_UNDER_STREAM};
use super::time::Millis;
use super::tracked::Tracked;

/// What was heard of a task so shortly ago is still true.
const FRESH: Millis = 1_000;
/// A poll that has been under way for so long when the page wakes may have been lost with the connection.
const STALE: Millis = 5_000;

impl<J: Json> Engine<J> {
    /// There is no network: what nobody waits for, and what failed, waits until [`Engine::wake`] instead of being tried in vain. What a
    /// caller wants now is tried all the same.
    pub fn offline(&mut self) {
        self.wire.flow.pause();
    }

    /// The network is back, or the page is: nothing that failed before says anything about now.
    pub fn wake(&mut self, now: Millis) {
        self.wire.flow.resume();
        self.revive(now, |_| true);
    }

    /// Whatever waits because it failed is tried now; of the tasks, those that are to be `spared` what they failed with.
    pub(super) fn revive(&mut self, now: Millis, spared: fn(&Tracked<J>) -> bool) {
        self.stream.wake();
        self.subscription.wake();
        self.wire.resumptions.iter_mut().for_each(|(_, at)| *at = now.min(*at));
        // A thousand tasks are not asked about at the same instant.
        let spread = (EACH * self.tasks.len().saturating_sub(1) as Millis).min(MOST_UNDER_STREAM);
        let ids: Vec<_> = self.tasks.iter().map(|(id, _)| id.clone()).collect();
        for id in ids {
            let Some(task) = self.tasks.get_mut(&id) else { continue };
            if spared(task) {
                task.failures = 0;
                task.rest_until = 0;
            }
            task.unsigned = false;
            task.inputs.wake();
            task.aside.wake();
            // What waits for the caller to sign in is not lost.
            let lost = task.poll.filter(|poll| self.signing_in.is_none() && self.wire.has_waited(*poll, STALE, now));
            if lost.is_some() {
                task.poll = None;
            }
            if task.heard.is_none_or(|heard| now - heard >= FRESH) {
                task.look = Some(now + self.dice.between(0, spread));
            }
            lost.into_iter().for_each(|poll| self.forget_request(poll));
            self.arm(&id, now);
        }
        self.tick(now);
    }

    /// When the first of the requests is given up that wait to be sent again.
    pub(super) fn patience_ends(&self) -> Option<Millis> {
        self.wire.flow.delayed().filter_map(|request| self.wire.requests.get(&request)?.deadline).min()
    }

    /// Gives up the requests that would be sent again, but for the network.
    pub(super) fn expire_delayed(&mut self, now: Millis) {
        let is_late = |request: &u32| self.wire.requests.get(request).and_then(|request| request.deadline).is_some_and(|at| at <= now);
        let late: Vec<_> = self.wire.flow.delayed().filter(is_late).collect();
        for request in late {
            let error = Error::new(Code::Network, "there was no network all the while");
            self.answered(request, Err(Fault::lasting(error)), now);
        }
    }
}
