//! What all clients of a page have under way to one origin.
//!
//! Browsers have six connections for a server of HTTP/1.1, whoever in the page asks, and a stream holds one for as long as it is open: with
//! six streams nothing else gets through any more, not even the answers that would end them.

use std::cell::Cell;

use super::flow::Lane;
use super::time::Millis;

/// So many streams are open over such connections at most; two are left for what is to get through.
pub const MOST_STREAMS: usize = 4;
/// So many of them for what servers tell by themselves; one is left for the result of a task that asks on it.
const MOST_LISTENING: usize = 3;
/// Who found no room tries again after this.
pub(super) const CROWDED: Millis = 1_000;

/// Shared by the engines whose servers have the same origin.
#[derive(Default)]
pub struct Crowd {
    in_flight: [Cell<usize>; Lane::ALL.len()],
    /// Every request has a connection of its own, or shares one: HTTP/2.
    is_wide: bool,
    /// Somebody found no room.
    is_pressed: Cell<bool>,
}

impl Crowd {
    /// Over HTTP/2, or what may be that: browsers have it for https alone.
    pub fn wide() -> Self {
        Self { is_wide: true, ..Self::default() }
    }

    pub(super) fn count(&self, lane: Lane) -> usize {
        self.in_flight[lane as usize].get()
    }

    pub(super) fn came(&self, lane: Lane) {
        self.in_flight[lane as usize].set(self.count(lane) + 1);
    }

    pub(super) fn went(&self, lane: Lane, how_many: usize) {
        self.in_flight[lane as usize].set(self.count(lane) - how_many);
    }

    /// May another stream be opened, in this lane? Who may not is made room for.
    pub(super) fn has_room(&self, lane: Lane) -> bool {
        let (listening, asides) = (self.count(Lane::Listening), self.count(Lane::Aside));
        let has_room = self.is_wide || listening + asides < MOST_STREAMS && (lane == Lane::Aside || listening < MOST_LISTENING);
        if !has_room {
            self.is_pressed.set(true);
        }
        has_room
    }

    /// Is somebody to be made room for?
    pub(super) fn yields(&self) -> bool {
        self.is_pressed.take()
    }
}
