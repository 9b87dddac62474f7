//! The queue in front of the wire: what is sent waits here for its turn, and what is in flight is counted.
//!
//! Browsers have six connections for a server of HTTP/1.1, one of which a stream holds. A page that follows a thousand tasks must
//! not keep a caller waiting behind a thousand polls, nor open a thousand requests where HTTP/2 would let it.

use std::collections::VecDeque;
use std::rc::Rc;

use super::crowd::Crowd;
use super::message::RequestId;
use super::purpose::Purpose;
use super::table::Table;
use super::time::Millis;
use super::wire::{Channel, ExchangeId, Verb};

/// So many requests that callers wait for are in flight at most, of all clients whose servers have the same origin.
pub const MOST_CALLS: usize = 64;
/// So many of them are that nobody waits for by themselves: polls, and the results of tasks.
pub const MOST_BACKGROUND: usize = 4;

/// What waits for the same slots, in the order in which it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// What opens a session, and what ends it: never held back.
    Opening,
    /// Answers to the server and notices, which have bounds of their own.
    Free,
    /// What the server tells by itself.
    Listening,
    /// The results of tasks that ask there.
    Aside,
    /// What a caller waits for.
    Call,
    /// The results of tasks, the answers to their questions, and what nobody waits for at all.
    Background,
    /// The same slots, after those: a task that has ended is asked about no more.
    Poll,
}

impl Lane {
    pub(super) const ALL: [Self; 7] = [Self::Opening, Self::Free, Self::Listening, Self::Aside, Self::Call, Self::Background, Self::Poll];

    pub fn of(purpose: &Purpose) -> Self {
        match purpose {
            Purpose::Discover(_) | Purpose::Initialize(_) | Purpose::Reunion(_) => Self::Opening,
            Purpose::Listen => Self::Listening,
            Purpose::Aside(_) => Self::Aside,
            Purpose::Payload(_) | Purpose::Cancel { call: None, .. } | Purpose::Update { call: None, .. } => Self::Background,
            Purpose::Poll { .. } => Self::Poll,
            Purpose::Invoke { .. }
            | Purpose::Orphan
            | Purpose::Page(_)
            | Purpose::Cancel { .. }
            | Purpose::Update { .. }
            | Purpose::TaskPage { .. } => Self::Call,
        }
    }
}

/// An exchange that has not begun. What depends on the session is added when it does, and the body of a request.
pub struct Queued<J> {
    pub exchange: ExchangeId,
    pub channel: Channel,
    pub verb: Verb,
    pub body: Option<J>,
    pub last_event_id: Option<String>,
}

pub struct Flow<J> {
    /// By lane; each in the order of the exchanges.
    queues: [VecDeque<Box<Queued<J>>>; Lane::ALL.len()],
    /// What goes there later, by when.
    later: Table<(Millis, ExchangeId), (Lane, Queued<J>)>,
    in_flight: [usize; Lane::ALL.len()],
    /// All in flight of those who share the connections.
    pub crowd: Rc<Crowd>,
    held: bool,
    paused: bool,
    barred: bool,
}

impl<J> Flow<J> {
    pub fn new(crowd: Rc<Crowd>) -> Self {
        Self {
            queues: Default::default(),
            later: Table::default(),
            in_flight: Default::default(),
            crowd,
            held: false,
            paused: false,
            barred: false,
        }
    }

    /// Nothing begins until [`Flow::release`], but what opens a session.
    pub fn hold(&mut self) {
        self.held = true;
    }

    pub fn release(&mut self) {
        self.held = false;
    }

    /// As long as the caller signs in nothing begins either.
    pub fn bar(&mut self, barred: bool) {
        self.barred = barred;
    }

    /// Only what callers want now begins until [`Flow::resume`]: there is no network.
    pub fn pause(&mut self) {
        self.paused = true;
    }

    pub fn resume(&mut self) {
        self.paused = false;
    }

    pub fn push(&mut self, lane: Lane, queued: Queued<J>) {
        let queue = &mut self.queues[lane as usize];
        let place = queue.partition_point(|each| each.exchange < queued.exchange);
        queue.insert(place, Box::new(queued));
    }

    /// Waits until then, and then for its turn.
    pub fn delay(&mut self, lane: Lane, queued: Queued<J>, until: Millis) {
        self.later.insert((until, queued.exchange), (lane, queued));
    }

    /// When the next of those that wait for their time has come to it.
    pub fn deadline(&self) -> Option<Millis> {
        self.later.iter().next().map(|((until, _), _)| *until).filter(|_| !self.paused)
    }

    /// The requests that wait for their time.
    pub fn delayed(&self) -> impl Iterator<Item = RequestId> {
        self.later.iter().filter_map(|(_, (_, queued))| match queued.channel {
            Channel::Request(id) => Some(id),
            _ => None,
        })
    }

    /// Takes out an exchange that has not begun.
    fn take(&mut self, lane: Lane, exchange: ExchangeId) -> Option<Box<Queued<J>>> {
        let queue = &mut self.queues[lane as usize];
        let place = queue.binary_search_by_key(&exchange, |each| each.exchange).ok()?;
        queue.remove(place)
    }

    /// An exchange is no longer wanted; was it waiting here?
    pub fn remove(&mut self, exchange: ExchangeId) -> bool {
        let delayed = self.later.iter().map(|(key, _)| *key).find(|(_, each)| *each == exchange);
        delayed.is_some_and(|key| self.later.remove(&key).is_some())
            || Lane::ALL.into_iter().any(|lane| self.take(lane, exchange).is_some())
    }

    /// A caller waits for this poll.
    pub fn hasten(&mut self, exchange: ExchangeId) {
        if let Some(queued) = self.take(Lane::Poll, exchange) {
            self.push(Lane::Call, *queued);
        }
    }

    /// One of ours may always be in flight: whoever waits goes on when one of theirs has ended.
    fn has_room(&self, lane: Lane) -> bool {
        let fits = |lanes: &[Lane], most: usize| {
            lanes.iter().all(|lane| self.in_flight[*lane as usize] == 0)
                || lanes.iter().map(|lane| self.crowd.count(*lane)).sum::<usize>() < most
        };
        match lane {
            Lane::Opening => true,
            _ if self.held || self.barred || self.paused && lane != Lane::Call => false,
            Lane::Free | Lane::Listening | Lane::Aside => true,
            Lane::Call => fits(&[lane], MOST_CALLS),
            Lane::Background | Lane::Poll => {
                let is_next = lane == Lane::Background || self.queues[Lane::Background as usize].is_empty();
                is_next && fits(&[Lane::Background, Lane::Poll], MOST_BACKGROUND)
            }
        }
    }

    /// So many requests that callers wait for are under way, or wait to be.
    pub fn calls(&self) -> usize {
        self.in_flight[Lane::Call as usize] + self.queues[Lane::Call as usize].len()
    }

    /// Does anything wait for the slots of this lane?
    pub fn is_crowded(&self, lane: Lane) -> bool {
        let waits = |lane: Lane| !self.queues[lane as usize].is_empty();
        match lane {
            Lane::Background | Lane::Poll => waits(Lane::Background) || waits(Lane::Poll),
            lane => waits(lane),
        }
    }

    /// The oldest exchange that may begin now; it counts until [`Flow::ended`].
    pub fn begin(&mut self, now: Millis) -> Option<(Lane, Box<Queued<J>>)> {
        while self.deadline().is_some_and(|until| until <= now) {
            if let Some((_, (lane, queued))) = self.later.pop_first() {
                self.push(lane, queued);
            }
        }
        let oldest = |lane: Lane| Some((self.queues[lane as usize].front()?.exchange, lane));
        let (_, lane) =
            Lane::ALL.into_iter().filter(|lane| self.has_room(*lane)).filter_map(oldest).min_by_key(|(exchange, _)| *exchange)?;
        let queued = self.queues[lane as usize].pop_front()?;
        self.in_flight[lane as usize] += 1;
        self.crowd.came(lane);
        Some((lane, queued))
    }

    /// An exchange that had begun is over.
    pub fn ended(&mut self, lane: Lane) {
        self.in_flight[lane as usize] -= 1;
        self.crowd.went(lane, 1);
    }

    /// Nothing of all that is wanted any more.
    pub fn clear(&mut self) {
        self.queues = Default::default();
        self.later.take();
    }
}

impl<J> Drop for Flow<J> {
    fn drop(&mut self) {
        Lane::ALL.into_iter().for_each(|lane| self.crowd.went(lane, self.in_flight[lane as usize]));
    }
}
