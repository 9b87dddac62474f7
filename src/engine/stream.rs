//! The GET stream of the server's own messages ("Listening for Messages from the Server").
//!
//! Open while tasks are live or somebody listens; closed a moment after, for it holds one of few connections. It only ever
//! makes things faster: without it, everything is polled.

use super::crowd::CROWDED;
use super::dice::Dice;
use super::era::Era;
use super::flow::Lane;
use super::follow::RETRY_AFTER_CAP;
use super::json::Json;
use super::machine::Engine;
use super::silence::Silence;
use super::sse::Decoder;
use super::time::Millis;
use super::wire::{Channel, ExchangeId, Head, LAST_EVENT_ID, Verb};

/// A stream that nobody needs stays open so long, for the next task.
pub(super) const IDLE: Millis = 5_000;
/// The longest wait before a broken stream is opened again, where the server does not say; it doubles while it keeps breaking.
const REOPEN: Millis = 1_000;
const REOPEN_FLOOR: Millis = 500;
const REOPEN_CAP: Millis = 60_000;

/// Attempts that name the last event, and of which nothing is seen, so many in a row: the browser may not be allowed to send its id.
pub(super) const SUSPICIOUS: u32 = 2;

/// The wait after so many failures: by chance, and no sooner than the server wants.
pub(super) fn reopening(wished: Millis, failures: u32, dice: &mut Dice) -> Millis {
    let most = if wished == 0 { REOPEN } else { wished };
    dice.between(wished.max(REOPEN_FLOOR), (most << failures.min(16)).min(REOPEN_CAP))
}

#[derive(Default)]
pub struct Stream {
    exchange: Option<ExchangeId>,
    open: bool,
    /// Counts the connections: what an earlier one delivered says nothing about this one.
    epoch: u32,
    /// Counts the lines of connections between which nothing was missed.
    line: u32,
    /// The server has no such stream.
    refused: bool,
    failures: u32,
    /// Not opened before, after a failure; and before that for the server's sake.
    rest_until: Millis,
    not_before: Millis,
    /// Closed then, unless it is needed again.
    idle_until: Option<Millis>,
    last_event_id: Option<String>,
    /// So often in a row nothing was seen of an attempt that names the last event; then one is made that does not.
    unseen: u32,
    /// The connection began with what had been missed: old news, of tasks that were polled since.
    resumed: bool,
    retry: Option<Millis>,
    /// This connection has told of a task.
    pub delivered: bool,
    pub silence: Silence,
    wanted: bool,
    pub listened: bool,
}

impl Stream {
    pub fn exchange(&self) -> Option<ExchangeId> {
        self.exchange
    }

    /// The same before it was ever opened; what was counted goes on.
    pub fn anew(&self) -> Self {
        Self { epoch: self.epoch, line: self.line, listened: self.listened, ..Self::default() }
    }

    /// The number of the open connection; 0 while there is none.
    pub fn connection(&self) -> u32 {
        if self.open { self.epoch } else { 0 }
    }

    /// The number of the line of connections; 0 while it is cut.
    pub fn line(&self) -> u32 {
        if self.open { self.line } else { 0 }
    }

    /// Is it to be there, and is not? A server that has none will not ask there.
    pub fn is_missing(&self) -> bool {
        self.wanted && !self.refused && !self.open
    }

    /// Must a status from this connection be checked, for a task that was not asked about since it began?
    pub fn repeats(&self) -> bool {
        self.open && self.resumed
    }

    pub fn deadline(&self) -> Option<Millis> {
        match self.exchange {
            None if self.wanted && !self.refused => Some(self.rested()),
            None => None,
            Some(_) => [self.idle_until, self.silence.until()].into_iter().flatten().min(),
        }
    }

    /// What to go on from when the connection breaks. A connection that brought a message was a good one.
    pub fn remember(&mut self, decoder: &Decoder, brought: bool) {
        self.silence.broken();
        if let Some(id) = decoder.last_event_id() {
            self.last_event_id = Some(id.into());
        }
        self.retry = decoder.retry().or(self.retry);
        if brought {
            self.failures = 0;
        }
    }

    fn rested(&self) -> Millis {
        self.rest_until.max(self.not_before)
    }

    /// What failed before says nothing about now.
    pub fn wake(&mut self) {
        self.failures = 0;
        self.rest_until = 0;
    }

    fn lost(&mut self, dice: &mut Dice, now: Millis) {
        self.exchange = None;
        self.open = false;
        self.delivered = false;
        self.silence.broken();
        self.idle_until = None;
        let wished = self.retry.map_or(0, |retry| retry.clamp(REOPEN_FLOOR, REOPEN_CAP));
        self.not_before = now + wished;
        self.rest_until = now + reopening(wished, self.failures, dice);
        self.failures += 1;
    }
}

impl<J: Json> Engine<J> {
    /// Opens the stream when it is needed, and closes it when it has not been for a while.
    pub(super) fn tend_stream(&mut self, now: Millis) {
        if self.era == Era::Modern {
            return self.tend_subscription(now);
        }
        // The server may ask on it at any time.
        let needed = self.creating > 0 || !self.tasks.is_empty() || self.stream.listened || self.config.answers.any();
        let stream = &mut self.stream;
        stream.wanted = needed && self.config.notifications && self.session.begun;
        match stream.exchange {
            None if stream.wanted && !stream.refused && now >= stream.rested() => {
                if !self.wire.flow.crowd.has_room(Lane::Listening) {
                    stream.rest_until = now + CROWDED;
                    return self.session_opened();
                }
                let after = stream.last_event_id.clone().filter(|_| self.wire.resumes && stream.unseen < SUSPICIOUS);
                stream.resumed = after.is_some();
                stream.exchange = Some(self.wire.open(Channel::Stream, Verb::Get, None, after, now));
            }
            Some(_) if stream.wanted => stream.idle_until = None,
            Some(exchange) => match stream.idle_until {
                None => stream.idle_until = Some(now + IDLE),
                Some(until) if until <= now => {
                    *stream = stream.anew();
                    self.wire.abort(exchange);
                }
                Some(_) => {}
            },
            None => {}
        }
    }

    pub(super) fn stream_opened(&mut self, now: Millis) {
        self.stream_seen();
        self.stream.epoch += 1;
        self.stream.line += u32::from(!self.stream.resumed);
        self.stream.open = true;
        self.may_ask_now(now);
        self.session_opened();
        self.tend_stream(now);
    }

    /// The server has answered: what went unseen before did so for what was in it.
    fn stream_seen(&mut self) {
        if self.stream.resumed {
            self.wire.let_through(LAST_EVENT_ID);
        } else if self.stream.unseen >= SUSPICIOUS {
            self.resume_no_more();
        }
        self.stream.unseen = 0;
    }

    /// There is no connection. Where that may be because the browser does not send the id of the last event, it is tried without: at once,
    /// so that it is not the network which has come back between the two.
    pub(super) fn stream_unseen(&mut self, now: Millis) {
        let is_suspicious = self.stream.resumed && self.config.hides_headers && !self.wire.passes(LAST_EVENT_ID);
        self.stream.unseen = if is_suspicious { self.stream.unseen + 1 } else { 0 };
        self.stream_ended(now);
        if self.stream.unseen >= SUSPICIOUS {
            self.stream.rest_until = now;
            self.stream.not_before = now;
            self.tend_stream(now);
        }
    }

    /// Streams that break are not taken up where they broke.
    pub(super) fn resume_no_more(&mut self) {
        self.wire.resumes = false;
        self.odd(
            "streams that break are not resumed: if the server is there, it must send Access-Control-Allow-Headers: Last-Event-ID",
            J::null(),
        );
    }

    /// The server has no stream for us, or not now.
    pub(super) fn stream_refused(&mut self, head: &Head, now: Millis) {
        self.stream_seen();
        self.session_opened();
        // Other refusals may pass: 409 is for a stream of ours that the server has not yet found dead.
        self.stream.refused = matches!(head.status, 200..300 | 400 | 404..=406 | 501);
        self.stream.lost(&mut self.dice, now);
        let wait = head.retry_after.unwrap_or(0).min(RETRY_AFTER_CAP);
        self.stream.not_before = self.stream.not_before.max(now + wait);
        if matches!(head.status, 400..500) {
            // It may be the event that the server no longer knows.
            self.stream.last_event_id = None;
        }
    }

    pub(super) fn stream_ended(&mut self, now: Millis) {
        self.session_opened();
        self.stream.lost(&mut self.dice, now);
        // What it would have told is polled for from now on.
        self.arm_all(now);
        self.tend_stream(now);
    }
}
