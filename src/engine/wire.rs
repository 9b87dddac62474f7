//! HTTP exchanges and the JSON-RPC requests that travel on them.
//!
//! One request may be answered on any stream, so requests and exchanges are two tables. What waits to be carried out by the
//! floor above stands in [`Wire::out`].

use std::borrow::Cow;
use std::collections::VecDeque;
use std::rc::Rc;

use super::bulk::Bulk;
use super::crowd::Crowd;
use super::error::Error;
use super::flow::{Flow, Lane, Queued};
use super::json::Json;
use super::message::RequestId;
use super::modern::Identity;
use super::question::{Ask, QuestionId};
use super::request::Request;
use super::served::Serial;
use super::sse::Decoder;
use super::status::TaskStatus;
use super::table::Table;
use super::time::Millis;

/// The farewell is not waited for any longer than this, in milliseconds.
const FAREWELL: Millis = 5_000;

/// Names the event after which a stream is taken up.
pub const LAST_EVENT_ID: &str = "last-event-id";

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

impl Verb {
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// An HTTP request to be sent to the endpoint.
#[derive(Clone, Debug)]
pub struct Fetch<J> {
    pub exchange: ExchangeId,
    pub verb: Verb,
    pub headers: Vec<(Cow<'static, str>, String)>,
    pub body: Option<J>,
    /// A caller waits for it, rather than only the clock.
    pub awaited: bool,
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
    /// The session is another: what was negotiated in it.
    Renewed(J),
    /// What is to be remembered of a task has changed: [`Engine::memory`](super::Engine::memory) has it.
    Remember(String),
    /// A notification of the server, as it came.
    Notification(J),
    /// The server asks; the answer goes into [`Engine::answer`](super::Engine::answer), or
    /// [`Engine::refuse`](super::Engine::refuse).
    Ask(Ask<J>),
    /// Nothing could be seen of the server: what the page finds out about that goes into
    /// [`Engine::knocked`](super::Engine::knocked).
    Knock(CallId),
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
    /// Not at all: the exchange is over.
    Unread,
    /// Chunk by chunk into [`Engine::bytes`](super::Engine::bytes), then [`Engine::ended`](super::Engine::ended).
    Events,
    /// Chunk by chunk too, that it may be measured; then parsed as JSON where it is JSON, into [`Engine::body`](super::Engine::body).
    Whole,
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
    /// The server wants the caller to sign in, and that did not succeed.
    SignIn,
}

impl Failure {
    /// What the floor above found out about it; what it knows nothing about is the network's.
    pub fn named(name: &str) -> Self {
        match name {
            "redirected" => Self::Redirected,
            "unsendable" => Self::Unsendable,
            "sign_in" => Self::SignIn,
            _ => Self::Network,
        }
    }
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
    /// Of a body that is read whole.
    pub bulk: Option<Bulk>,
    /// When the exchange is given up.
    pub deadline: Option<Millis>,
}

/// The headers of an established session.
#[derive(Default)]
pub struct SessionHeaders {
    /// Counts the sessions.
    pub number: u32,
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
    pub passing: Vec<Cow<'static, str>>,
    /// Streams that break are taken up where they broke, if the server gives their events ids.
    pub resumes: bool,
    /// How many exchanges were answered.
    pub answers: u32,
    /// What every request says of us, in the era without sessions.
    pub identity: Option<Identity<J>>,
    /// The longest wait for one exchange, in milliseconds.
    pub patience: Millis,
    last_exchange: ExchangeId,
    pub last_request: RequestId,
}

impl<J: Json> Wire<J> {
    pub fn new(patience: Millis, crowd: Rc<Crowd>) -> Self {
        Self {
            out: VecDeque::new(),
            flow: Flow::new(crowd),
            exchanges: Table::default(),
            requests: Table::default(),
            resumptions: Table::default(),
            session: SessionHeaders::default(),
            passing: Vec::new(),
            resumes: true,
            answers: 0,
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

    /// Sends a message that needs no answer.
    pub fn notice(&mut self, message: J, now: Millis) {
        self.post(Channel::Notice, message, now);
    }

    pub fn post(&mut self, channel: Channel, message: J, now: Millis) -> ExchangeId {
        self.open(channel, Verb::Post, Some(message), None, now)
    }

    pub fn open(&mut self, channel: Channel, verb: Verb, body: Option<J>, last_event_id: Option<String>, now: Millis) -> ExchangeId {
        let exchange = self.next_exchange();
        let lane = match channel {
            Channel::Initialized(_) | Channel::Goodbye(_) => Lane::Opening,
            Channel::Stream => Lane::Listening,
            _ => Lane::Free,
        };
        self.send(lane, Queued { exchange, channel, verb, body, last_event_id }, now, now);
        exchange
    }

    pub fn next_exchange(&mut self) -> ExchangeId {
        self.last_exchange += 1;
        self.last_exchange
    }

    /// Sends when that time has come, in the order of its lane.
    pub fn send(&mut self, lane: Lane, queued: Queued<J>, at: Millis, now: Millis) {
        if at > now {
            self.flow.delay(lane, queued, at);
        } else {
            self.flow.push(lane, queued);
            self.fill(now);
        }
    }

    /// Begins what may be in flight. Its time runs from now on, and it goes to the session that there is now.
    pub fn fill(&mut self, now: Millis) {
        while let Some((lane, queued)) = self.flow.begin(now) {
            let Queued { exchange, channel, verb, body, last_event_id } = *queued;
            let (mut headers, body) = match channel {
                Channel::Request(id) => self.begin(id, now),
                _ => (Vec::new(), body),
            };
            headers.extend(self.headers(verb, last_event_id).into_iter().map(|(name, value)| (name.into(), value)));
            let deadline = match channel {
                Channel::Request(id) | Channel::Resumption(id) => self.requests.get(&id).and_then(|request| request.deadline),
                Channel::Goodbye(_) => Some(now.saturating_add(self.patience.min(FAREWELL))),
                _ => Some(now.saturating_add(self.patience)),
            };
            self.exchanges
                .insert(exchange, Exchange { channel, lane, head: Head::default(), decoder: Decoder::default(), bulk: None, deadline });
            let awaited = matches!(lane, Lane::Opening | Lane::Call) || matches!(channel, Channel::Reply(_));
            self.out.push_back(Output::Fetch(Fetch { exchange, verb, headers, body, awaited }));
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
            headers.push((LAST_EVENT_ID, id.bytes().map(char::from).collect()));
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

    /// So much time did not count.
    pub fn postpone(&mut self, time: Millis) {
        let exchanges = self.exchanges.iter_mut().filter_map(|(_, exchange)| exchange.deadline.as_mut());
        let requests = self.requests.iter_mut().filter_map(|(_, request)| request.deadline.as_mut());
        exchanges.chain(requests).for_each(|deadline| *deadline = deadline.saturating_add(time));
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
