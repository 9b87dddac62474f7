//! JSON-RPC requests on the wire: each with its id and headers, however many exchanges it takes.

use std::borrow::Cow;

use super::blame::unsent;
use super::fault::Fault;
use super::flow::{Lane, Queued};
use super::header;
use super::json::Json;
use super::message::{Outgoing, RequestId};
use super::modern;
use super::purpose::Purpose;
use super::time::Millis;
use super::wire::{Channel, ExchangeId, Verb, Wire};

pub struct Request<J> {
    pub purpose: Purpose,
    pub outgoing: Outgoing<J>,
    pub exchange: ExchangeId,
    /// Sent, rather than only meant to be.
    pub begun: bool,
    /// The longest wait for the answer, on however many exchanges and under however many ids the request travels.
    pub patience: Millis,
    /// When that is over; `None` until it is sent for the first time.
    pub deadline: Option<Millis>,
    /// The session that it was sent in.
    pub session: u32,
    /// How often it was refused, perhaps for want of the session.
    pub doubts: u32,
    /// How often the session had been found to be there when that happened last.
    pub found: u32,
    /// How often it was sent before, under other ids.
    pub repetitions: u32,
    /// The last event that its broken streams brought, and how often in a row they have brought none since.
    pub last_event_id: Option<String>,
    pub fruitless: u32,
    /// How often nothing at all was seen of an attempt to take it up; and how many others had been answered when that happened last.
    pub unseen: u32,
    pub answers: u32,
    /// The headers that the server was not seen to let through yet.
    new_headers: Vec<Cow<'static, str>>,
}

impl<J> Request<J> {
    fn new(purpose: Purpose, outgoing: Outgoing<J>, patience: Millis) -> Self {
        Self {
            purpose,
            outgoing,
            exchange: 0,
            begun: false,
            patience,
            deadline: None,
            session: 0,
            doubts: 0,
            found: 0,
            repetitions: 0,
            last_event_id: None,
            fruitless: 0,
            unseen: 0,
            answers: 0,
            new_headers: Vec::new(),
        }
    }
}

impl<J: Json> Wire<J> {
    /// The id that the next request will have.
    pub fn next_request(&self) -> RequestId {
        self.last_request + 1
    }

    pub fn request(&mut self, purpose: Purpose, outgoing: Outgoing<J>, patience: Option<Millis>, now: Millis) -> RequestId {
        self.request_at(now, purpose, outgoing, patience, now)
    }

    /// The same, so much later.
    pub fn request_at(&mut self, at: Millis, purpose: Purpose, outgoing: Outgoing<J>, patience: Option<Millis>, now: Millis) -> RequestId {
        let request = Request::new(purpose, outgoing, patience.unwrap_or(self.patience));
        self.enter(Lane::of(&request.purpose), request, at, now)
    }

    /// The same now, in another lane than is usual.
    pub fn request_in(&mut self, lane: Lane, purpose: Purpose, outgoing: Outgoing<J>, now: Millis) -> RequestId {
        self.enter(lane, Request::new(purpose, outgoing, self.patience), now, now)
    }

    /// Sends a request that failed once more at that time, under another id; `None` when it would be given up by then.
    pub fn repeat(&mut self, failed: Box<Request<J>>, at: Millis, now: Millis) -> Result<RequestId, Box<Request<J>>> {
        if failed.deadline.is_some_and(|deadline| deadline <= at) {
            return Err(failed);
        }
        let repetitions = failed.repetitions + 1;
        let lane = Lane::of(&failed.purpose);
        Ok(self.enter(lane, Request { begun: false, repetitions, last_event_id: None, fruitless: 0, unseen: 0, ..*failed }, at, now))
    }

    fn enter(&mut self, lane: Lane, request: Request<J>, at: Millis, now: Millis) -> RequestId {
        self.last_request += 1;
        let (id, exchange) = (self.last_request, self.next_exchange());
        self.requests.insert(id, Box::new(Request { exchange, ..request }));
        let queued = Queued { exchange, channel: Channel::Request(id), verb: Verb::Post, body: None, last_event_id: None };
        self.send(lane, queued, at, now);
        id
    }

    /// Takes up the broken stream of a request.
    pub fn resume(&mut self, id: RequestId, now: Millis) {
        let exchange = self.next_exchange();
        let Some(request) = self.requests.get_mut(&id) else { return };
        request.exchange = exchange;
        let (lane, last_event_id) = (Lane::of(&request.purpose), request.last_event_id.clone());
        let queued = Queued { exchange, channel: Channel::Resumption(id), verb: Verb::Get, body: None, last_event_id };
        self.send(lane, queued, now, now);
    }

    /// The body and the headers of a request that is sent now; its time begins.
    pub fn begin(&mut self, id: RequestId, now: Millis) -> (Vec<(Cow<'static, str>, String)>, Option<J>) {
        let mut headers = Vec::new();
        let Some(request) = self.requests.get_mut(&id) else { return (headers, None) };
        request.begun = true;
        request.session = self.session.number;
        request.deadline.get_or_insert(now.saturating_add(request.patience));
        let outgoing = request.outgoing.clone();
        let outgoing = match &self.identity {
            Some(identity) => {
                headers.push(("mcp-protocol-version".into(), modern::VERSION.into()));
                headers.push(("mcp-method".into(), outgoing.method.into()));
                headers.extend(outgoing.name.as_deref().map(|name| ("mcp-name".into(), header::encode(name).into_owned())));
                headers.extend(outgoing.mirrored.iter().map(|(name, value)| (name.clone().into(), value.clone())));
                identity.sign(outgoing)
            }
            None => outgoing,
        };
        request.new_headers = headers.iter().map(|(name, _)| name).filter(|name| !self.passing.contains(name)).cloned().collect();
        (headers, Some(outgoing.envelope(Some(id))))
    }

    /// Was the request sent, rather than only meant to be?
    pub fn has_begun(&self, request: RequestId) -> bool {
        self.requests.get(&request).is_some_and(|request| request.begun)
    }

    /// Has the request been under way for so long?
    pub fn has_waited(&self, request: RequestId, time: Millis, now: Millis) -> bool {
        let request = self.requests.get(&request).filter(|request| request.begun);
        let ends = |request: &Request<J>| request.deadline.map(|deadline| deadline.saturating_add(time));
        request.is_some_and(|request| ends(request).is_some_and(|at| at <= now.saturating_add(request.patience)))
    }

    /// A caller waits for this poll now.
    pub fn hasten(&mut self, request: RequestId, now: Millis) {
        if let Some(request) = self.requests.get(&request) {
            self.flow.hasten(request.exchange);
            self.fill(now);
        }
    }

    /// A request has its answer, or nobody wants it any more.
    pub fn take_request(&mut self, id: RequestId) -> Option<Box<Request<J>>> {
        self.resumptions.remove(&id);
        self.requests.remove(&id)
    }

    /// A request was answered: its headers pass.
    pub fn passed(&mut self, request: RequestId) {
        if let Some(request) = self.requests.get_mut(&request) {
            for header in std::mem::take(&mut request.new_headers) {
                self.let_through(header);
            }
        }
    }

    /// A request with this header was answered.
    pub fn let_through(&mut self, header: impl Into<Cow<'static, str>>) {
        let header = header.into();
        if !self.passing.contains(&header) {
            self.passing.push(header);
        }
    }

    /// Was a request with this header answered?
    pub fn passes(&self, header: &str) -> bool {
        self.passing.iter().any(|each| each == header)
    }

    /// Others were answered, and this one was not: its headers may be what the server does not let the browser send.
    pub fn blame_new_headers(&self, request: &Request<J>, fault: Fault<J>) -> Fault<J> {
        // Others may have passed with them since it was sent.
        let names: Vec<_> = request.new_headers.iter().filter(|name| !self.passing.contains(name)).map(|name| &**name).collect();
        if names.is_empty() || self.passing.is_empty() {
            return fault;
        }
        Fault { error: unsent(&names, fault.error), ..fault }
    }
}
