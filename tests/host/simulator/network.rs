//! What is on its way between the client and the server of a world.

use mcp_tasks::engine::{ExchangeId, Media};
use serde_json::json;

use super::trouble::{Fate, cut, doubled, nothing, refusal};
use super::truth::serial;
use super::world::{Event, World};
use crate::wire::{Arrival, Reply, Sent};

impl World {
    /// A request leaves the client.
    pub fn leaves(&mut self, sent: Sent) {
        let plan = &self.peer.plan;
        let delay = if self.calm { plan.latency.min(40) } else { self.chance.around(plan.latency) };
        let is_troubled = !self.calm && self.chance.percent(plan.trouble);
        let fate = if is_troubled { Fate::of(&sent, &mut self.chance) } else { Fate::Arrives };
        self.say(|| format!("> {} {} {} {fate:?}", sent.exchange, sent.method(), sent.body));
        if is_troubled {
            self.troubled.insert(sent.exchange);
            self.troubles(self.bench.now);
        }
        let delay = if let Fate::Late(more) = fate { delay + more } else { delay };
        self.at(self.bench.now + delay, Event::Arrives(Box::new(sent), fate));
    }

    pub fn arrives(&mut self, sent: &Sent, fate: &Fate) {
        let exchange = sent.exchange;
        if self.is_down {
            self.troubles(self.bench.now);
            let wait = self.chance.percent(50).then(|| self.chance.below(5_000));
            let reply = if self.chance.percent(50) { Reply::fail() } else { refusal(503, wait) };
            return self.delivers(exchange, reply);
        }
        if matches!(fate, Fate::Lost | Fate::Refused(..) | Fate::Cut { clean: true }) {
            self.note_unanswered(sent);
        }
        match fate {
            Fate::Lost => {
                let nothing = nothing(&mut self.chance);
                return self.delivers(exchange, nothing);
            }
            Fate::Refused(status, retry_after) => return self.delivers(exchange, refusal(*status, *retry_after)),
            _ => {}
        }
        // Who has hung up meanwhile must not have the stream of who has not.
        if sent.method() == "GET" && !self.bench.is_open(exchange) {
            return;
        }
        let now = self.bench.now;
        let reply = self.peer.serve(sent, now, &mut self.chance);
        self.say(|| format!("  {exchange} is answered {reply:?}"));
        let reply = match fate {
            Fate::AnswerLost => {
                self.peer.silence(exchange);
                nothing(&mut self.chance)
            }
            Fate::Masked(status) => {
                self.peer.silence(exchange);
                refusal(*status, None)
            }
            Fate::Cut { clean } => {
                self.peer.silence(exchange);
                cut(reply, *clean, &mut self.chance)
            }
            Fate::Doubled => {
                self.doubled += 1;
                doubled(reply)
            }
            _ => reply,
        };
        let is_stream = matches!(reply.0.first(), Some((_, Arrival::Head(head))) if head.media == Media::EventStream);
        if is_stream && !self.calm && self.chance.percent(self.peer.plan.trouble) {
            let at = now + self.chance.around(5_000);
            let clean = self.chance.percent(50);
            self.at(at, Event::Breaks(exchange, clean));
        }
        self.delivers(exchange, reply);
    }

    /// An answer that the server does not get, as far as the client can tell, is asked for again.
    fn note_unanswered(&mut self, sent: &Sent) {
        for key in sent.params()["inputResponses"].as_object().into_iter().flatten().map(|(key, _)| key) {
            if let Some(number) = serial(&json!({ "message": key })) {
                *self.unanswered.entry(number).or_default() += 1;
            }
        }
    }

    /// Something of a response leaves the server.
    pub fn delivers(&mut self, exchange: ExchangeId, reply: Reply) {
        if !self.bench.is_open(exchange) {
            return;
        }
        let delay = if self.calm { self.peer.plan.latency.min(40) } else { self.chance.around(self.peer.plan.latency) };
        let now = self.bench.now;
        for (after, arrival) in reply.0 {
            let due = self.due.entry(exchange).or_default();
            *due = (*due).max(now + delay + after);
            let at = *due;
            let is_trouble = match &arrival {
                Arrival::Fail(_) => true,
                Arrival::Head(head) => head.status >= 300,
                _ => false,
            };
            // What met with trouble is trouble for whoever has come meanwhile as well, however calm it is by then.
            if is_trouble && !self.calm || self.troubled.contains(&exchange) {
                self.troubles(at);
            }
            self.bench.schedule(exchange, at - now, arrival);
        }
    }
}
