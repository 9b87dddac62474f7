//! What happens on an exchange: its head, its body, its end.

use super::bulk::Bulk;
use super::era::Era;
use super::error::{Code, Error};
use super::fault::Fault;
use super::json::Json;
use super::machine::Engine;
use super::message::{Message, RequestId};
use super::purpose::Purpose;
use super::stream::SUSPICIOUS;
use super::texts::Texts;
use super::time::Millis;
use super::wire::{Body, Channel, ExchangeId, Failure, Head, LAST_EVENT_ID, Media};

/// How long we wait before taking up a broken stream again, where the server does not say.
const RESUME_AFTER: Millis = 1_000;
/// What a server's `retry:` can make of it.
const RESUME_FLOOR: Millis = 250;
const RESUME_CAP: Millis = 30_000;

impl<J: Json> Engine<J> {
    /// The head of a response has come. Says how to read the body.
    pub fn head(&mut self, id: ExchangeId, head: Head, now: Millis) -> Body {
        let body = self.headed(id, head, now);
        if body == Body::Whole
            && let Some(exchange) = self.wire.exchanges.get_mut(&id)
        {
            exchange.bulk = Some(Bulk::default());
        }
        body
    }

    fn headed(&mut self, id: ExchangeId, head: Head, now: Millis) -> Body {
        let Some(exchange) = self.wire.exchanges.get_mut(&id) else { return Body::Unread };
        let channel = exchange.channel;
        let (ok, media) = (matches!(head.status, 200..300), head.media);
        self.wire.answers += 1;
        if let Channel::Stream = channel {
            if ok && media == Media::EventStream {
                exchange.deadline = None;
                self.stream_opened(now);
                return Body::Events;
            }
            self.wire.ended(id);
            self.stream_refused(&head, now);
            return Body::Unread;
        }
        if let (Channel::Request(request), true) = (channel, ok)
            && let Some(Purpose::Initialize(_)) = self.wire.requests.get(&request).map(|request| &request.purpose)
        {
            self.wire.session.session_id.clone_from(&head.session_id);
        }
        exchange.head = head;
        match channel {
            Channel::Request(request) => {
                self.wire.passed(request);
                self.aside_heard(request, now);
            }
            Channel::Resumption(_) => self.wire.let_through(LAST_EVENT_ID),
            _ => {}
        }
        if ok && matches!(channel, Channel::Initialized(_) | Channel::Notice | Channel::Reply(_) | Channel::Goodbye(_)) {
            self.ended(id, now);
            return Body::Unread;
        }
        match (media, channel) {
            (Media::EventStream, _) if ok => Body::Events,
            (Media::Json, _) => Body::Whole,
            // An error may be told in any media type.
            _ if !ok => Body::Whole,
            (_, Channel::Request(_) | Channel::Resumption(_)) => {
                let why = "the server answered a request with neither JSON nor an event stream";
                self.exchange_failed(id, Fault::lasting(Error::new(Code::Protocol, why)), now);
                Body::Unread
            }
            _ => {
                self.ended(id, now);
                Body::Unread
            }
        }
    }

    /// The whole body of a response, where it was JSON; its bytes have gone through [`Engine::bytes`].
    pub fn body(&mut self, id: ExchangeId, message: Option<J>, now: Millis) {
        let Some(exchange) = self.wire.exchanges.get(&id) else { return };
        let (channel, head) = (exchange.channel, exchange.head.clone());
        if !matches!(head.status, 200..300) {
            let said = match message.as_ref().map(Message::read) {
                Some(Message::Answer(_, Err(error)) | Message::Complaint(error)) => Some(error),
                _ => None,
            };
            return self.exchange_failed(id, Fault::status(&head, said), now);
        }
        match message {
            Some(message) => self.receive(message, channel, now),
            None if self.is_open(channel) => {
                let error = Error::new(Code::Protocol, "the answer is not JSON");
                return self.exchange_failed(id, Fault::lasting(error), now);
            }
            None => {}
        }
        if self.is_open(channel) {
            let error = Error::new(Code::Protocol, "the response does not answer the request");
            return self.exchange_failed(id, Fault::lasting(error), now);
        }
        self.ended(id, now);
    }

    /// The next bytes of a body that is read.
    pub fn bytes(&mut self, id: ExchangeId, chunk: &[u8], now: Millis) {
        let Some(exchange) = self.wire.exchanges.get_mut(&id) else { return };
        if let Some(bulk) = &mut exchange.bulk {
            if !bulk.feed(chunk) {
                self.failed(id, Failure::TooLarge, None, now);
            }
            return;
        }
        let channel = exchange.channel;
        let mut texts = Texts::default();
        let within = exchange.decoder.feed(chunk, |text| texts.push(text));
        let messages = texts.messages();
        if let Channel::Stream = channel {
            self.stream.remember(&exchange.decoder, !messages.is_empty());
        }
        self.subscription.heard(channel);
        for message in messages {
            match message {
                Some(message) => self.receive(message, channel, now),
                None if self.is_open(channel) && !self.subscription.travels_on(channel) => {
                    let error = Error::new(Code::Protocol, "an event of the answer is not JSON");
                    return self.exchange_failed(id, Fault::lasting(error), now);
                }
                None => self.odd("an event is not JSON", J::null()),
            }
        }
        if within.is_err() {
            self.failed(id, Failure::TooLarge, None, now);
        }
    }

    /// The response is over.
    pub fn ended(&mut self, id: ExchangeId, now: Millis) {
        let Some(exchange) = self.wire.ended(id) else { return };
        match exchange.channel {
            Channel::Initialized(call) => self.session_ready(call, Ok(()), now),
            Channel::Goodbye(call) => self.resolve(call, J::null()),
            Channel::Stream => self.stream_ended(now),
            Channel::Notice => {}
            Channel::Reply(serial) => self.replied(serial, Ok(()), now),
            Channel::Request(request) | Channel::Resumption(request) => {
                let error = Error::new(Code::Network, "the stream ended before the answer came");
                let lost = Fault { status: exchange.head.status, ..Fault::transient(error) };
                if self.era == Era::Modern {
                    return self.answered(request, Err(lost), now);
                }
                let Some(open) = self.wire.requests.get_mut(&request) else { return };
                open.fruitless += 1;
                let brought = exchange.decoder.last_event_id();
                if brought.is_some_and(|id| open.last_event_id.as_deref() != Some(id)) {
                    open.fruitless = 0;
                    open.last_event_id = brought.map(Into::into);
                }
                if open.last_event_id.is_some() && self.wire.resumes {
                    let wait = exchange.decoder.retry().unwrap_or(RESUME_AFTER).clamp(RESUME_FLOOR, RESUME_CAP);
                    let at = now + (wait << open.fruitless.min(8)).min(RESUME_CAP);
                    self.wire.resumptions.insert(request, at);
                    return;
                }
                self.answered(request, Err(lost), now);
            }
        }
    }

    /// No response came, or it broke off.
    pub fn failed(&mut self, id: ExchangeId, failure: Failure, cause: Option<J>, now: Millis) {
        let Some(exchange) = self.wire.exchanges.get(&id) else { return };
        // A stream that broke off is taken up again, and so is the attempt to do that.
        let goes_on = matches!(exchange.channel, Channel::Resumption(_)) || exchange.decoder.last_event_id().is_some();
        if failure == Failure::Network && goes_on && self.era == Era::Legacy {
            if let (Channel::Resumption(request), 0) = (exchange.channel, exchange.head.status) {
                self.resumption_unseen(request);
            }
            return self.ended(id, now);
        }
        let head = &exchange.head;
        let fault = match (failure, head.status) {
            // The status is known, though what the server says of it is not.
            (Failure::Network, 300..) => Fault::status(head, None),
            (Failure::SignIn, _) => Fault::failure(failure, cause),
            (_, status) => Fault { status, ..Fault::failure(failure, cause) },
        };
        self.exchange_failed(id, fault, now);
    }

    /// Nothing was seen of an attempt to take up a stream. When others are answered meanwhile, again and again, the browser does not send
    /// the id of the last event.
    fn resumption_unseen(&mut self, request: RequestId) {
        let answers = self.wire.answers;
        let Some(open) = self.wire.requests.get_mut(&request).filter(|open| open.answers != answers) else { return };
        open.answers = answers;
        open.unseen += 1;
        if open.unseen > SUSPICIOUS && self.config.hides_headers && !self.wire.passes(LAST_EVENT_ID) && self.wire.resumes {
            self.resume_no_more();
        }
    }

    fn exchange_failed(&mut self, id: ExchangeId, mut fault: Fault<J>, now: Millis) {
        let Some(exchange) = self.wire.exchanges.get(&id) else { return };
        let channel = exchange.channel;
        self.wire.abort(id);
        self.blame_hidden_challenge(&mut fault);
        match channel {
            Channel::Request(request) | Channel::Resumption(request) => self.answered(request, Err(fault), now),
            Channel::Initialized(call) => self.session_ready(call, Err(fault), now),
            // The session ends with us, whether or not the server cares to know.
            Channel::Goodbye(call) => {
                if self.config.hides_headers && fault.is_unseen() {
                    self.odd(
                        "the session was not ended: if the server is there, it must send Access-Control-Allow-Methods: DELETE",
                        J::null(),
                    );
                }
                self.resolve(call, J::null());
            }
            Channel::Stream if fault.is_unseen() => self.stream_unseen(now),
            Channel::Stream => self.stream_ended(now),
            Channel::Reply(serial) => {
                if self.tells_of_session(&fault) {
                    self.ask_after_session(now);
                }
                self.replied(serial, Err(fault), now);
            }
            Channel::Notice => {}
        }
    }

    pub(super) fn expire_exchanges(&mut self, now: Millis) {
        let late = |deadline: Option<Millis>| deadline.is_some_and(|deadline| deadline <= now);
        let expired: Vec<_> = self.wire.exchanges.iter().filter(|(_, each)| late(each.deadline)).map(|(id, _)| *id).collect();
        for id in expired {
            self.exchange_failed(id, Fault::timeout(), now);
        }
    }

    /// Takes up the streams that broke before their answer ("Resumability and Redelivery").
    pub(super) fn resume_requests(&mut self, now: Millis) {
        let due: Vec<_> = self.wire.resumptions.iter().filter(|(_, at)| *at <= now).map(|(id, _)| *id).collect();
        for id in due {
            self.wire.resumptions.remove(&id);
            let deadline = self.wire.requests.get(&id).and_then(|request| request.deadline);
            if deadline.is_some_and(|deadline| deadline <= now) {
                self.answered(id, Err(Fault::timeout()), now);
            } else {
                self.wire.resume(id, now);
            }
        }
    }
}
