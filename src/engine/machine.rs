//! The engine's state, its calls, and its clockwork. What it does with them stands in the files beside.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;

use super::crowd::Crowd;
use super::dice::Dice;
use super::era::Era;
use super::error::{Code, Error};
use super::fault::Fault;
use super::json::{Json, Key};
use super::kind::Invocation;
use super::listing::{Listing, Shelf};
use super::message::{Outgoing, RequestId};
use super::purpose::Purpose;
use super::question::{Answers, Question, QuestionId};
use super::reunion::PastSession;
use super::round::Asking;
use super::served::{Serial, Served};
use super::session::Session;
use super::status::TaskStatus;
use super::stream::Stream;
use super::subscription::Subscription;
use super::table::Table;
use super::time::Millis;
use super::tracked::{Settled, Tracked};
use super::visit::Visit;
use super::wire::{CallId, Channel, Output, SessionHeaders, Wire};

/// What an engine is made with.
pub struct Config<J> {
    /// `clientInfo` as it is sent to the server.
    pub client_info: J,
    /// Keep a stream open for the server's own messages while tasks are live or somebody listens.
    pub notifications: bool,
    /// The longest wait for one HTTP exchange, in milliseconds.
    pub patience: Millis,
    /// The beginning of the ids that are made here, different for every engine.
    pub id_prefix: String,
    /// Hand out every message that comes, as [`Output::Heard`].
    pub debug: bool,
    /// The page is on another origin: the browser hides response headers that the server does not expose, and why there is no response.
    pub hides_headers: bool,
    /// The one era to speak, where the caller wants no other.
    pub wanted: Option<Era>,
    /// The era that the server spoke when it was last met.
    pub known: Option<Era>,
    /// The questions that the face answers.
    pub answers: Answers,
    /// Tell the face what is to be remembered of its tasks, as [`Output::Remember`].
    pub remembers: bool,
    /// The session that was open before, to be gone on with where the server still has it.
    pub session: Option<PastSession<J>>,
    /// What is under way to the same origin.
    pub crowd: Rc<Crowd>,
    /// Any number, different for every engine.
    pub seed: u64,
}

/// What a call waits for.
pub(super) enum Call<J> {
    /// The answer to a request, or the end of an exchange.
    Request(RequestId),
    Session,
    /// The session that replaces another: the headers of that one, once it is left.
    Renewal(Option<Box<SessionHeaders>>),
    /// An answer that was given by hand, on its way.
    Reply,
    /// The list of tools, which says how this may be called.
    Tools(Box<Invocation<J>>),
    /// The answer to `tools/call` and its like.
    Invoke(Box<Invocation<J>>, RequestId),
    /// The list of tools, which says what this answer to `tools/call` means.
    Unread(Box<Invocation<J>>, Box<Result<J, Fault<J>>>),
    /// The answers to the server's questions, after which the request is made again.
    Asking(Box<Asking<J>>),
    /// The user's visit to a page, after which the call is made again.
    Visiting(Box<Visit<J>>),
    /// A task; `driven` when its caller knows nothing of it and only wants the result.
    Task {
        id: Rc<str>,
        driven: bool,
    },
    List(Listing),
    /// Tasks that are asked one by one.
    Gather {
        left: usize,
        found: Vec<J>,
        next: Option<String>,
    },
}

pub struct Engine<J> {
    pub(super) config: Config<J>,
    pub(super) era: Era,
    pub(super) session: Session<J>,
    pub(super) wire: Wire<J>,
    pub(super) dice: Dice,
    pub(super) calls: Table<CallId, Call<J>>,
    pub(super) tasks: Table<Rc<str>, Box<Tracked<J>>>,
    pub(super) shelves: [Shelf<J>; Listing::ALL.len()],
    pub(super) stream: Stream,
    pub(super) subscription: Subscription,
    pub(super) questions: Table<QuestionId, Question<J>>,
    pub(super) last_question: QuestionId,
    /// The requests of the server that wait for an answer.
    pub(super) served: Table<Serial, Served<J>>,
    pub(super) last_served: Serial,
    /// The task that last said that it will ask.
    pub(super) announced: Option<(Rc<str>, Millis)>,
    /// Requests in flight that may make a task, and the statuses that were pushed for ids that nobody knows yet.
    pub(super) creating: usize,
    pub(super) early: Vec<TaskStatus<J>>,
    /// Tasks that ended here, newest last: what `listTasks` knows where the server has no list.
    pub(super) ended: Vec<Rc<str>>,
    pub(super) alarms: BinaryHeap<Reverse<(Millis, Rc<str>)>>,
    /// No stream is opened on which a task may ask before: room was made for another client.
    pub(super) yielded_until: Millis,
    /// When calls are made again for which the user visits a page.
    pub(super) retries: Table<CallId, Millis>,
    pub(super) immediates: u32,
    /// Since when the caller signs in.
    pub(super) signing_in: Option<Millis>,
    pub(super) closed: bool,
}

impl<J: Json> Engine<J> {
    pub fn new(config: Config<J>) -> Self {
        Self {
            wire: Wire::new(config.patience, config.crowd.clone()),
            dice: Dice::new(config.seed),
            config,
            era: Era::Legacy,
            session: Session::default(),
            calls: Table::default(),
            tasks: Table::default(),
            shelves: Default::default(),
            stream: Stream::default(),
            subscription: Subscription::default(),
            questions: Table::default(),
            last_question: 0,
            served: Table::default(),
            last_served: 0,
            announced: None,
            creating: 0,
            early: Vec::new(),
            ended: Vec::new(),
            alarms: BinaryHeap::new(),
            yielded_until: 0,
            retries: Table::default(),
            immediates: 0,
            signing_in: None,
            closed: false,
        }
    }

    /// The next thing to do for the floor above; `None` when there is nothing left to do. A browser's clock costs as much as telling of a
    /// message: it is looked at where that matters.
    pub fn poll_output(&mut self, now: impl FnOnce() -> Millis) -> Option<Output<J>> {
        if self.wire.out.is_empty() {
            // What has ended made room for what waits.
            self.wire.fill(now());
        }
        self.wire.out.pop_front()
    }

    /// When [`Engine::tick`] is due. Waking early or late does no harm.
    pub fn deadline(&self) -> Option<Millis> {
        let task = self.alarms.peek().map(|Reverse((at, _))| *at);
        let later = self.wire.flow.deadline();
        let [patience, exchange, resumption] = match self.signing_in {
            None => [
                self.patience_ends().filter(|_| later.is_none()),
                self.wire.exchanges.iter().filter_map(|(_, exchange)| exchange.deadline).min(),
                self.wire.resumptions.iter().map(|(_, at)| *at).min(),
            ],
            Some(_) => [None; 3],
        };
        let retry = self.retries.iter().map(|(_, at)| *at).min();
        let reply = self.served.iter().filter_map(|(_, served)| served.due()).min();
        [task, later, patience, exchange, resumption, self.stream.deadline(), self.subscription.deadline(), reply, retry]
            .into_iter()
            .chain([self.opening_until(), self.beginning_at()])
            .flatten()
            .min()
    }

    /// Time has passed: the deadline came, the page woke, the network is back.
    pub fn tick(&mut self, now: Millis) {
        // The time that the caller takes to sign in is nobody's delay.
        if self.signing_in.is_none() {
            self.expire_exchanges(now);
            self.expire_delayed(now);
            self.resume_requests(now);
        }
        self.resend_replies(now);
        self.retry_visits(now);
        self.resume_beginning(now);
        if self.opening_until().is_some_and(|until| until <= now) {
            self.session_opened();
        }
        let mut ringing = Vec::new();
        while self.alarms.peek().is_some_and(|Reverse((at, _))| *at <= now) {
            ringing.extend(self.alarms.pop());
        }
        for Reverse((at, id)) in ringing {
            self.ring(&id, at, now);
        }
        self.end_silence(now);
        self.tend_stream(now);
    }

    /// The caller no longer waits: it was aborted, or its own time-out came.
    pub fn abandon(&mut self, call: CallId, now: Millis) {
        let Some(waited) = self.calls.remove(&call) else { return };
        match waited {
            Call::Request(request) => {
                let open = self.wire.requests.get(&request);
                // An answer by hand arrives all the same.
                if !open.is_some_and(|request| matches!(request.purpose, Purpose::Update { .. })) {
                    self.forget_request(request);
                }
            }
            Call::Session | Call::Renewal(_) => self.abandon_session(call),
            // It arrives all the same.
            Call::Reply => {}
            Call::Tools(_) => self.leave_shelf(Listing::Tools, call),
            Call::List(listing) => self.leave_shelf(listing, call),
            Call::Invoke(invocation, request) => {
                if invocation.round.unlisted {
                    self.leave_shelf(Listing::Tools, call);
                }
                self.abandon_invocation(request, now);
            }
            Call::Unread(_, outcome) => {
                self.leave_shelf(Listing::Tools, call);
                self.cancel_created(*outcome, now);
            }
            Call::Visiting(visit) => self.abandon_visit(call, &visit),
            Call::Asking(_) => {
                self.calls.insert(call, waited);
                self.abandon_round(call);
                self.calls.remove(&call);
            }
            Call::Task { id, driven } => {
                self.stop_waiting(&id, call, now);
                if driven && !self.tasks.get(&id).is_some_and(|task| task.is_wanted()) {
                    self.cancel_unseen(&id, now);
                }
            }
            Call::Gather { .. } => {
                let ids: Vec<_> = self.tasks.iter().map(|(id, _)| id.clone()).collect();
                ids.iter().for_each(|id| self.stop_waiting(id, call, now));
            }
        }
    }

    /// Somebody listens to the server's notifications, or nobody does any more.
    pub fn listen(&mut self, listening: bool, now: Millis) {
        self.stream.listened = listening;
        self.tend_stream(now);
    }

    /// A request whose answer belongs to this call.
    pub(super) fn ask(&mut self, call: CallId, purpose: Purpose, outgoing: Outgoing<J>, now: Millis) {
        let request = self.wire.request(purpose, outgoing, None, now);
        self.calls.insert(call, Call::Request(request));
    }

    pub(super) fn resolve(&mut self, call: CallId, value: J) {
        self.deliver((call, Ok(value)));
    }

    pub(super) fn reject(&mut self, call: CallId, error: Error<J>) {
        self.deliver((call, Err(error)));
    }

    /// Ends a call, unless it was abandoned.
    pub(super) fn deliver(&mut self, (call, outcome): Settled<J>) {
        match self.calls.remove(&call) {
            None => {}
            Some(Call::Gather { left, found, next }) => self.gather(call, left, found, next, outcome),
            Some(Call::Renewal(former)) => self.renewed(outcome.map(Some), former),
            Some(_) => self.wire.out.push_back(match outcome {
                Ok(value) => Output::Resolve(call, value),
                Err(error) => Output::Reject(call, error),
            }),
        }
    }

    pub(super) fn deliver_all(&mut self, settled: Vec<Settled<J>>) {
        settled.into_iter().for_each(|each| self.deliver(each));
    }

    /// Ends everything here; `ends_session`, the session too. What runs on the server runs on.
    pub fn close(&mut self, call: CallId, ends_session: bool, now: Millis) {
        self.closed = true;
        self.signing_in = None;
        // No stream is opened any more, however long the farewell takes.
        self.session.begun = false;
        self.session.beginning.again = None;
        let calls = self.calls.take();
        for (open, _) in calls {
            self.wire.out.push_back(Output::Reject(open, Error::new(Code::Closed, "the client was closed")));
        }
        self.wire.abort_all();
        self.tasks.take();
        self.alarms.clear();
        self.creating = 0;
        self.stream = Stream::default();
        self.subscription = Subscription::default();
        // Whoever is asked finds out from the face.
        self.questions.take();
        self.served.take();
        self.retries.take();
        self.calls.insert(call, Call::Session);
        if ends_session {
            return self.say_goodbye(call, now);
        }
        self.resolve(call, J::null());
    }

    /// What was negotiated, for the face.
    pub(super) fn negotiated(&self) -> J {
        let session = &self.session;
        J::object()
            .with_some(Key::ProtocolVersion, self.wire.session.version.as_deref().or(session.version.as_deref()).map(J::text))
            .with_some(Key::ServerInfo, session.server_info.clone())
            .with(Key::ServerCapabilities, session.capabilities.clone().unwrap_or_else(J::object))
            .with_some(Key::Instructions, session.instructions.clone())
            .with_some(Key::SessionId, self.wire.session.session_id.as_deref().map(J::text))
    }
}

impl<J> Engine<J> {
    /// Is the channel's request still waiting for its answer?
    pub(super) fn is_open(&self, channel: Channel) -> bool {
        match channel {
            Channel::Request(id) | Channel::Resumption(id) => self.wire.requests.get(&id).is_some(),
            _ => false,
        }
    }
}
