//! Half-open streams: the connection is gone, and nobody has told us.
//!
//! A silent stream is no evidence, for there may be nothing to tell. But when a poll brings what the stream should have, and it stays
//! silent, it is opened anew.

use super::era::Era;
use super::fault::Fault;
use super::json::Json;
use super::machine::Engine;
use super::time::Millis;

/// What a poll has told first may come on the stream so much later.
const LAG: Millis = 2_000;

/// What a stream owes us.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silence(Option<Millis>);

impl Silence {
    /// Anything was heard on it: it is there.
    pub fn broken(&mut self) {
        self.0 = None;
    }

    /// When it is taken for dead.
    pub fn until(self) -> Option<Millis> {
        self.0.map(|since| since + LAG)
    }

    fn is_over(self, now: Millis) -> bool {
        self.until().is_some_and(|until| until <= now)
    }
}

impl<J: Json> Engine<J> {
    /// A poll has told of a change of a task, asked like the poll before it under a stream that should have told of it.
    pub(super) fn missed(&mut self, id: &str, now: Millis) {
        let connection = self.connection();
        let streamed = self.tasks.get(id).is_some_and(|task| task.streamed_by == connection);
        let silence = match self.era {
            // It told of others: only what it tells at all can be missed.
            Era::Legacy if self.stream.delivered => &mut self.stream.silence,
            Era::Modern if streamed => &mut self.subscription.silence,
            _ => return,
        };
        silence.0.get_or_insert(now);
    }

    /// Opens the stream anew that has been silent for too long.
    pub(super) fn end_silence(&mut self, now: Millis) {
        if self.stream.silence.is_over(now) {
            self.stream.silence.broken();
            if let Some(exchange) = self.stream.exchange() {
                self.wire.abort(exchange);
                self.stream_ended(now);
            }
        }
        if self.subscription.silence.is_over(now) {
            self.subscription.fell_silent();
            if let Some(request) = self.subscription.current() {
                self.forget_request(request);
                self.unsubscribed(request, Err(Fault::timeout()), now);
            }
        }
    }
}
