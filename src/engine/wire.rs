//! HTTP exchanges and the JSON-RPC requests that travel on them.
//!
//! One request may be answered on any stream, so requests and exchanges are two tables. What waits to be carried out by the
//! floor above stands in [`Wire::out`].

use std::borrow::Cow;
use std::collections::VecDeque;

use super::error::{Code, Error};
use super::fault::Fault;
use super::flow::{Flow, Lane, Queued};
use super::header;
use super::json::{Json, Key};
use super::message::{Outgoing, RequestId};
use super::modern::{self, Identity};
use super::purpose::Purpose;
use super::question::{Ask, QuestionId};
use super::served::Serial;
use super::sse::Decoder;
use super::status::TaskStatus;
use super::table::Table;
use super::time::Millis;

/// A request whose answer is lost is sent again so often at most.
const MOST_REPETITIONS: u32 = 2;
/// The farewell is not waited for any longer than this, in milliseconds.
const FAREWELL: Millis = 5_000;

/// What the face awaits: chosen by the face, unique in the life of an engine.
pub type CallId = u32;
/// One HTTP request and its response.
pub type ExchangeId = u32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Get,
    Post,
    Delete,
}

/// An HTTP request to be sent to the endpoint.
#[derive(Clone, Debug)]
pub struct Fetch<J> {
    pub exchange: ExchangeId,
    pub verb: Verb,
    pub headers: Vec<(Cow<'static, str>, String)>,
    pub body: Option<J>,
}

/// What the floor above has to do. After every input it takes these until there are none.
#[derive(Clone, Debug)]
pub enum Output<J> {
    Fetch(Fetch<J>),
    Abort(ExchangeId),
    Resolve(CallId, J),
    Reject(CallId, Error<J>),
    /// A task that the face follows has a new status.
    Status(TaskStatus<J>),
    /// A task that the face follows cannot be followed any more.
    Gone(String, Error<J>),
    /// What is to be remembered of a task has changed: [`Engine::memory`](super::Engine::memory) has it.
    Remember(String),
    Notification(String, Option<J>),
    /// The server asks; the answer goes into [`Engine::answer`](super::Engine::answer), or
    /// [`Engine::refuse`](super::Engine::refuse).
    Ask(Ask<J>),
    /// Nobody needs the answer any more.
    Withdraw(QuestionId),
    /// Progress of the call whose id is the token.
    Progress(CallId, J),
    /// A message of the server, before anything is made of it: for `onDebug` alone.
    Heard(J),
    /// Something that the server sent and nobody here can use: for `onDebug` alone.
    Oddity(&'static str, J),
}

/// The head of a response, as far as the engine cares.
#[derive(Clone, Debug, Default)]
pub struct Head {
    pub status: u16,
    pub media: Media,
    pub session_id: Option<String>,
    /// `Retry-After`, turned into a wait in milliseconds.
    pub retry_after: Option<Millis>,
    pub www_authenticate: Option<String>,
}

/// The response's `Content-Type`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Media {
    Json,
    EventStream,
    #[default]
    Other,
}

/// How the floor above reads a response's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// Whole, parsed as JSON where it is JSON, into [`Engine::body`](super::Engine::body).
    Whole,
    /// Chunk by chunk into [`Engine::bytes`](super::Engine::bytes), then [`Engine::ended`](super::Engine::ended).
    Events,
    /// Not at all: the exchange is over.
    Unread,
}

/// Why an exchange gave no (whole) response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No connection, a broken one, or one that the browser refuses to tell about.
    Network,
    /// The body passed the size limit.
    TooLarge,
    /// The server redirects, and the request carried credentials.
    Redirected,
    /// The request could not be made from what the caller gave.
    Unsendable,
}

/// What an exchange is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// A POST that carries a request.
    Request(RequestId),
    /// The POST that ends the initialization; this call waits for it.
    Initialized(CallId),
    /// A POST that needs no answer.
    Notice,
    /// A POST that answers the server.
    Reply(Serial),
    /// The GET stream of the server's own messages.
    Stream,
    /// A GET that goes on with the broken stream of a request.
    Resumption(RequestId),
    /// The DELETE that ends the session; this call waits for it.
    Goodbye(CallId),
}

/// An exchange that has begun.
pub struct Exchange {
    pub channel: Channel,
    pub lane: Lane,
    pub head: Head,
    pub decoder: Decoder,
    /// When the exchange is given up.
    pub deadline: Option<Millis>,
}

pub struct Request<J> {
    pub purpose: Purpose,
    pub exchange: ExchangeId,
    /// The longest wait for the answer, on however many exchanges the request travels.
    pub patience: Millis,
    /// When that is over; `None` while the request waits for its turn to be sent.
    pub deadline: Option<Millis>,
    /// The last event that its broken streams brought, and how often in a row they have brought none since.
    pub last_event_id: Option<String>,
    pub fruitless: u32,
    /// What is sent again when the answer is lost, and how often it may be.
    pub again: Option<(Outgoing<J>, u32)>,
    /// The headers that the server was not seen to let through yet.
    pub new_headers: Vec<Cow<'static, str>>,
}

/// The headers of an established session.
#[derive(Default)]
pub struct SessionHeaders {
    pub session_id: Option<String>,
    pub version: Option<Cow<'static, str>>,
}

pub struct Wire<J> {
    pub out: VecDeque<Output<J>>,
    pub flow: Flow<J>,
    pub exchanges: Table<ExchangeId, Exchange>,
    pub requests: Table<RequestId, Box<Request<J>>>,
    /// When the broken streams of requests are taken up again.
    pub resumptions: Table<RequestId, Millis>,
    pub session: SessionHeaders,
    /// The headers of single requests that the server lets the browser send.
    passing: Vec<Cow<'static, str>>,
    /// What every request says of us, in the era without sessions.
    pub identity: Option<Identity<J>>,
    /// The longest wait for one exchange, in milliseconds.
    pub patience: Millis,
    last_exchange: ExchangeId,
    last_request: RequestId,
}

impl<J: Json> Wire<J> {
    pub fn new(patience: Millis) -> Self {
        Self {
            out: VecDeque::new(),
            flow: Flow::default(),
            exchanges: Table::default(),
            requests: Table::default(),
            resumptions: Table::default(),
            session: SessionHeaders::default(),
            passing: Vec::new(),
            identity: None,
            patience,
            last_exchange: 0,
            last_request: 0,
        }
    }

    /// The next request has a higher id than this.
    pub fn number_after(&mut self, last: RequestId) {
        self.last_request = self.last_request.max(last);
    }

    /// The id that the next request will have.
    pub fn next_request(&self) -> RequestId {
        self.last_request + 1
    }

    pub fn request(&mut self, purpose: Purpose, outgoing: Outgoing<J>, patience: Option<Millis>, now: Millis) -> RequestId {
        let again = (self.identity.is_some() && outgoing.repeatable).then(|| (outgoing.clone(), MOST_REPETITIONS));
        self.request_until(purpose, outgoing, patience.unwrap_or(self.patience), None, again, now)
    }

    /// Sends a request whose answer was lost once more, under another id; `None` when it must not be.
    pub fn repeat(&mut self, lost: &Request<J>, now: Millis) -> Option<RequestId> {
        let (outgoing, left) = lost.again.clone().filter(|(_, left)| *left > 0 && lost.deadline.is_some_and(|deadline| deadline > now))?;
        Some(self.request_until(lost.purpose.clone(), outgoing.clone(), lost.patience, lost.deadline, Some((outgoing, left - 1)), now))
    }

    fn request_until(
        &mut self,
        purpose: Purpose,
        outgoing: Outgoing<J>,
        patience: Millis,
        deadline: Option<Millis>,
        again: Option<(Outgoing<J>, u32)>,
        now: Millis,
    ) -> RequestId {
        self.last_request += 1;
        let id = self.last_request;
        let mut headers = Vec::new();
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
        let new_headers = headers.iter().map(|(name, _)| name).filter(|name| !self.passing.contains(name)).cloned().collect();
        let (lane, body) = (Lane::of(&purpose), Some(outgoing.envelope(Some(id))));
        let exchange = self.next_exchange();
        let request = Request { purpose, exchange, patience, deadline, last_event_id: None, fruitless: 0, again, new_headers };
        self.requests.insert(id, Box::new(request));
        self.send(lane, Queued { exchange, channel: Channel::Request(id), verb: Verb::Post, headers, body, last_event_id: None }, now);
        id
    }

    /// Takes up the broken stream of a request.
    pub fn resume(&mut self, id: RequestId, now: Millis) {
        let exchange = self.next_exchange();
        let Some(request) = self.requests.get_mut(&id) else { return };
        request.exchange = exchange;
        let (lane, last_event_id) = (Lane::of(&request.purpose), request.last_event_id.clone());
        let channel = Channel::Resumption(id);
        self.send(lane, Queued { exchange, channel, verb: Verb::Get, headers: Vec::new(), body: None, last_event_id }, now);
    }

    /// Was the request sent, rather than only meant to be?
    pub fn has_begun(&self, request: RequestId) -> bool {
        self.requests.get(&request).is_some_and(|request| request.deadline.is_some())
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
                if !self.passing.contains(&header) {
                    self.passing.push(header);
                }
            }
        }
    }

    /// Others were answered, and this one was not: its headers may be what the server does not let the browser send.
    pub fn blame_new_headers(&self, request: &Request<J>, fault: Fault<J>) -> Fault<J> {
        // Others may have passed with them while it waited for its turn.
        let new: Vec<_> = request.new_headers.iter().filter(|name| !self.passing.contains(name)).cloned().collect();
        if new.is_empty() || self.passing.is_empty() {
            return fault;
        }
        let missing = ["Access-Control-Allow-Headers: ", &new.join(", ")].concat();
        let message = ["no response: if the server is there, it must send ", &missing, ", or the browser refuses to ask it"].concat();
        let error = Error::new(Code::Cors, message).carrying(J::object().with(Key::Missing, J::text(&missing)));
        Fault { error: Error { cause: fault.error.cause, ..error }, ..fault }
    }

    /// Sends a message that needs no answer.
    pub fn notice(&mut self, message: J, now: Millis) {
        self.post(Channel::Notice, message, now);
    }

    pub fn post(&mut self, channel: Channel, message: J, now: Millis) {
        self.open(channel, Verb::Post, Some(message), None, now);
    }

    pub fn open(&mut self, channel: Channel, verb: Verb, body: Option<J>, last_event_id: Option<String>, now: Millis) -> ExchangeId {
        let exchange = self.next_exchange();
        let lane = match channel {
            Channel::Initialized(_) | Channel::Goodbye(_) => Lane::Opening,
            _ => Lane::Free,
        };
        self.send(lane, Queued { exchange, channel, verb, headers: Vec::new(), body, last_event_id }, now);
        exchange
    }

    fn next_exchange(&mut self) -> ExchangeId {
        self.last_exchange += 1;
        self.last_exchange
    }

    fn send(&mut self, lane: Lane, queued: Queued<J>, now: Millis) {
        self.flow.push(lane, queued);
        self.fill(now);
    }

    /// Begins what may be in flight. Its time runs from now on, and it goes to the session that there is now.
    pub fn fill(&mut self, now: Millis) {
        while let Some((lane, queued)) = self.flow.begin() {
            let Queued { exchange, channel, verb, mut headers, body, last_event_id } = *queued;
            headers.extend(self.headers(verb, last_event_id).into_iter().map(|(name, value)| (name.into(), value)));
            let deadline = match channel {
                Channel::Request(id) | Channel::Resumption(id) => {
                    self.requests.get_mut(&id).map(|request| *request.deadline.get_or_insert(now.saturating_add(request.patience)))
                }
                Channel::Goodbye(_) => Some(now.saturating_add(self.patience.min(FAREWELL))),
                _ => Some(now.saturating_add(self.patience)),
            };
            self.exchanges.insert(exchange, Exchange { channel, lane, head: Head::default(), decoder: Decoder::default(), deadline });
            self.out.push_back(Output::Fetch(Fetch { exchange, verb, headers, body }));
        }
    }

    fn headers(&self, verb: Verb, last_event_id: Option<String>) -> Vec<(&'static str, String)> {
        let mut headers = Vec::new();
        match verb {
            Verb::Post => {
                headers.push(("content-type", "application/json".into()));
                headers.push(("accept", "application/json, text/event-stream".into()));
            }
            Verb::Get => headers.push(("accept", "text/event-stream".into())),
            Verb::Delete => {}
        }
        if let Some(version) = &self.session.version {
            headers.push(("mcp-protocol-version", version.clone().into_owned()));
        }
        if let Some(id) = &self.session.session_id {
            headers.push(("mcp-session-id", id.clone()));
        }
        if let Some(id) = last_event_id {
            // A header holds bytes: those of the id's UTF-8, each as the character that stands for it.
            headers.push(("last-event-id", id.bytes().map(char::from).collect()));
        }
        headers
    }

    /// An exchange that had begun is over.
    pub fn ended(&mut self, exchange: ExchangeId) -> Option<Exchange> {
        let ended = self.exchanges.remove(&exchange)?;
        self.flow.ended(ended.lane);
        Some(ended)
    }

    /// Ends an exchange that is no longer wanted.
    pub fn abort(&mut self, exchange: ExchangeId) {
        if !self.flow.remove(exchange) && self.ended(exchange).is_some() {
            self.out.push_back(Output::Abort(exchange));
        }
    }

    /// Ends everything.
    pub fn abort_all(&mut self) {
        self.flow.clear();
        let exchanges: Vec<_> = self.exchanges.iter().map(|(id, _)| *id).collect();
        exchanges.into_iter().for_each(|exchange| self.abort(exchange));
        self.requests.take();
        self.resumptions.take();
    }
}
