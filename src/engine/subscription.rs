//! The stream of the server's notifications in the stateless era ("Subscriptions").
//!
//! It names the tasks that it wants to hear of, so it is opened anew as tasks come: after a moment in which more may come, and the
//! old stream goes on until the new one is acknowledged. It only ever makes things faster: what it does not cover is polled.

use super::crowd::CROWDED;
use super::dice::Dice;
use super::era::Era;
use super::error::Code;
use super::fault::Fault;
use super::flow::Lane;
use super::follow::RETRY_AFTER_CAP;
use super::json::{Json, Key};
use super::listing::Listing;
use super::machine::Engine;
use super::message::RequestId;
use super::modern;
use super::poll::{EACH, UNDER_STREAM};
use super::purpose::Purpose;
use super::silence::Silence;
use super::stream::{IDLE, reopening};
use super::time::Millis;
use super::wire::Channel;

/// Tasks that come within this time share a stream.
const MOMENT: Millis = 50;
/// After a stream was opened, a new one is not for so long; in a large crowd for longer, for it names every task.
const MOST_REST: Millis = 500;
/// So long a new task is not polled while its stream is on the way.
const MOST_PROMISE: Millis = 1_000;
/// A stream that lived so long was a good one, whatever it brought.
const LASTING: Millis = 30_000;
/// A server that so often took on none of the tasks pushes no tasks.
const MOST_DECLINED: u32 = 3;

#[derive(Default)]
pub struct Subscription {
    /// The request whose answer is the stream that delivers.
    current: Option<RequestId>,
    /// The one that takes its place once it is acknowledged.
    next: Option<RequestId>,
    /// Counts the acknowledged ones.
    epoch: u32,
    /// Counts the lines of streams between which nothing was missed, and the lists whose changes are told on this one.
    line: u32,
    tells: [bool; 3],
    /// Since when there are tasks that no stream covers.
    grown: Option<Millis>,
    opened: Option<Millis>,
    /// Not opened before, after a failure; and before that for the server's sake.
    rest_until: Millis,
    not_before: Millis,
    failures: u32,
    /// How often in a row the server took on none of the tasks; the next try waits for another task.
    declined: u32,
    dormant: bool,
    /// The server has no such stream.
    refused: bool,
    /// Closed then, unless it is needed again.
    idle_until: Option<Millis>,
    wanted: bool,
    pub silence: Silence,
    /// How many tasks there are.
    live: usize,
}

impl Subscription {
    fn for_each(&self, most: Millis) -> Millis {
        (EACH * self.live as Millis).min(most)
    }

    fn rest(&self) -> Millis {
        self.for_each(MOST_REST).max(self.live as Millis / 2)
    }

    fn connection(&self) -> u32 {
        if self.current.is_some() { self.epoch } else { 0 }
    }

    /// The number of the line of streams that tells of a list's changes; 0 while none does.
    pub fn line(&self, listing: Listing) -> u32 {
        let tells = self.tells[match listing {
            Listing::Tools => 0,
            Listing::Prompts => 1,
            Listing::Resources | Listing::ResourceTemplates => 2,
        }];
        if tells && self.current.is_some() { self.line } else { 0 }
    }

    /// There is one task more.
    pub fn grow(&mut self, now: Millis) {
        self.dormant = false;
        self.live += 1;
        self.grown.get_or_insert(now);
    }

    /// No poll before this instant: the stream is on its way. `since` is when the task came.
    pub fn promised(&self, since: Millis) -> Millis {
        let comes = !self.refused && self.failures == 0 && (self.grown.is_some() || self.next.is_some());
        if comes { since + self.for_each(MOST_PROMISE).max(self.rest()) } else { 0 }
    }

    /// When the next stream is opened.
    fn due(&self) -> Option<Millis> {
        let lacks = self.grown.is_some() || self.current.is_none() && !self.dormant;
        if !lacks || !self.wanted || self.refused || self.next.is_some() {
            return None;
        }
        let gathered = self.grown.map_or(0, |since| since + MOMENT);
        let rested = self.opened.map_or(0, |opened| opened + self.rest());
        Some(gathered.max(rested).max(self.rest_until).max(self.not_before))
    }

    pub fn deadline(&self) -> Option<Millis> {
        [self.due().or(self.idle_until), self.silence.until()].into_iter().flatten().min()
    }

    pub fn current(&self) -> Option<RequestId> {
        self.current
    }

    /// Something has come on a channel: the stream is there, if it is its.
    pub fn heard(&mut self, on: Channel) {
        if matches!(on, Channel::Request(id) if self.current == Some(id)) {
            self.silence.broken();
        }
    }

    /// However long it has lived, it was no good one.
    pub fn fell_silent(&mut self) {
        self.silence.broken();
        self.opened = None;
    }

    /// Does the channel carry a stream, rather than the answer to a question?
    pub fn travels_on(&self, channel: Channel) -> bool {
        matches!(channel, Channel::Request(id) if self.current == Some(id) || self.next == Some(id))
    }

    /// A stream has brought news of a task.
    pub fn delivered(&mut self, by: Channel) {
        if matches!(by, Channel::Request(id) if self.current == Some(id)) {
            self.failures = 0;
        }
    }

    /// What failed before says nothing about now.
    pub fn wake(&mut self) {
        self.failures = 0;
        self.rest_until = 0;
    }

    fn lost(&mut self, dice: &mut Dice, now: Millis) {
        self.silence.broken();
        if self.opened.is_some_and(|opened| now - opened >= LASTING) {
            self.failures = 0;
        }
        self.rest_until = now + reopening(0, self.failures, dice);
        self.failures += 1;
    }
}

impl<J: Json> Engine<J> {
    /// The number of the stream that delivers; 0 while there is none.
    pub(super) fn connection(&self) -> u32 {
        match self.era {
            Era::Legacy => self.stream.connection(),
            Era::Modern => self.subscription.connection(),
        }
    }

    /// Opens the stream when it is needed, and closes it when it has not been for a while.
    pub(super) fn tend_subscription(&mut self, now: Millis) {
        let announced = self.stream.listened && self.session.capabilities.as_ref().is_some_and(modern::announces);
        let needed = announced || self.tasks.iter().any(|(_, task)| task.is_awaited());
        let subscription = &mut self.subscription;
        subscription.live = self.tasks.len();
        subscription.wanted = needed && self.config.notifications && self.session.version.is_some();
        if subscription.wanted {
            subscription.idle_until = None;
            if subscription.due().is_some_and(|due| due <= now) {
                if self.wire.flow.crowd.has_room(Lane::Listening) {
                    self.subscribe(now);
                } else {
                    subscription.rest_until = now + CROWDED;
                }
            }
            return;
        }
        subscription.grown = None;
        let open = [subscription.current, subscription.next];
        if open == [None, None] {
            subscription.idle_until = None;
        } else if *subscription.idle_until.get_or_insert(now + IDLE) <= now {
            let Subscription { epoch, line, refused, declined, .. } = *subscription;
            *subscription = Subscription { epoch, line, refused, declined, ..Subscription::default() };
            open.into_iter().flatten().for_each(|request| self.forget_request(request));
        }
    }

    fn subscribe(&mut self, now: Millis) {
        let live = self.tasks.iter().filter(|(_, task)| task.is_awaited() && !task.life.is_over());
        let ids = live.map(|(id, _)| J::text(id)).collect();
        let capabilities = self.session.capabilities.clone().unwrap_or_else(J::object);
        let request = self.wire.request(Purpose::Listen, modern::listen(ids, &capabilities), None, now);
        let subscription = &mut self.subscription;
        subscription.next = Some(request);
        subscription.grown = None;
        subscription.opened = Some(now);
    }

    /// The server says which of the tasks it tells of.
    pub(super) fn subscribed(&mut self, by: Channel, params: Option<&J>, now: Millis) {
        let Channel::Request(request) = by else { return };
        if self.subscription.next != Some(request) {
            return;
        }
        if let Some(open) = self.wire.requests.get(&request)
            && let Some(exchange) = self.wire.exchanges.get_mut(&open.exchange)
        {
            exchange.deadline = None;
        }
        let before = self.connection();
        let subscription = &mut self.subscription;
        subscription.next = None;
        let old = subscription.current.replace(request);
        subscription.epoch += 1;
        subscription.line += u32::from(before == 0);
        subscription.tells = modern::acknowledged(params);
        let epoch = subscription.epoch;
        // What happened to a task before the stream delivered is asked for: of one at once; most of a thousand will have told by then.
        let look = now + subscription.for_each(UNDER_STREAM);
        let covered = params.and_then(|params| params.path(&[Key::Notifications, Key::TaskIds]));
        let (live, mut taken) = (self.tasks.len(), 0);
        for id in covered.iter().flat_map(J::items).filter_map(|id| id.string()) {
            let Some(task) = self.tasks.get_mut(id.as_str()) else { continue };
            taken += 1;
            if before == 0 || task.streamed_by != before {
                // But no sooner than it would be asked about without a stream: those that end again and again hasten nothing.
                let own = task.pace(0, live).next(task.tried.max(task.heard.unwrap_or(0)));
                task.look = Some(look.max(own));
            }
            task.streamed_by = epoch;
        }
        old.into_iter().for_each(|old| self.forget_request(old));
        let subscription = &mut self.subscription;
        if taken > 0 {
            subscription.declined = 0;
        } else if !self.tasks.is_empty() && !self.stream.listened {
            subscription.declined += 1;
            subscription.dormant = true;
            subscription.refused = subscription.declined == MOST_DECLINED;
            subscription.current = None;
            self.forget_request(request);
        }
        self.arm_all(now);
    }

    /// The stream is over: the server ended it, refused it, or it broke.
    pub(super) fn unsubscribed(&mut self, request: RequestId, outcome: Result<J, Fault<J>>, now: Millis) {
        let subscription = &mut self.subscription;
        let fault = outcome.err();
        let wished = fault.as_ref().and_then(|fault| fault.retry_after).unwrap_or(0).min(RETRY_AFTER_CAP);
        if subscription.next == Some(request) {
            subscription.next = None;
            subscription.refused = fault.is_some_and(|fault| !fault.transient && fault.error.code != Code::Unauthorized);
        } else if subscription.current == Some(request) {
            subscription.current = None;
        } else {
            return;
        }
        subscription.lost(&mut self.dice, now);
        subscription.not_before = now + wished;
        self.arm_all(now);
    }

    /// What streams tell or no longer tell has changed: every task's next poll is reckoned anew.
    pub(super) fn arm_all(&mut self, now: Millis) {
        let ids: Vec<_> = self.tasks.iter().map(|(id, _)| id.clone()).collect();
        ids.iter().for_each(|id| self.arm(id, now));
    }
}
