//! An engine at work: with a server that a test scripts, and a clock that a test owns.
//!
//! It keeps the engine's one rule (after every input, drain the outputs, then wait for the deadline or the next input), and holds
//! every test to what is true of all: each message that goes out is a good one, a call ends once, nothing spins.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use mcp_tasks::engine::{
    Answers, Ask, Body, CallId, Config, Engine, Era, Error, ExchangeId, Failure, Invocation, Kind, Listing, Millis, Output, QuestionId,
    Round, Sight,
};
use serde_json::{Value, json};

use crate::modern_server::{modern_capabilities, on_stream};
use crate::node::Node;
use crate::schema;
use crate::server::{METHOD_NOT_FOUND, Server, all_capabilities};
use crate::wire::{Arrival, Reply, Sent};

/// So many steps at one instant are a loop that never ends.
const SPINNING: usize = 100_000;

pub struct Bench {
    pub engine: Engine<Node>,
    pub server: Server,
    pub now: Millis,
    /// The engine is woken so long after its deadlines.
    pub lateness: Millis,
    /// What a page sees that knocks, and the names of its caller's headers.
    pub sight: Sight,
    pub own_headers: String,
    /// Every request, in order.
    pub sent: Vec<Sent>,
    /// Everything that the face was told, and when.
    pub told: Vec<(Millis, Output<Node>)>,
    pub aborted: Vec<(Millis, ExchangeId)>,
    arrivals: BTreeMap<(Millis, usize), (ExchangeId, Arrival)>,
    /// How the engine reads the exchanges that are open.
    open: BTreeMap<ExchangeId, Option<Body>>,
    settled: BTreeSet<CallId>,
    /// The ids of all requests, and the era that was settled on.
    ids: BTreeSet<u64>,
    era: Option<Era>,
    last_call: CallId,
    sequence: usize,
}

pub fn config() -> Config<Node> {
    Config {
        client_info: Node(json!({ "name": "test", "version": "0" })),
        notifications: true,
        patience: 60_000,
        id_prefix: "here".into(),
        debug: false,
        hides_headers: false,
        // What sessions are about. How an era is found out is told in `negotiation` and `probe`.
        wanted: None,
        known: Some(Era::Legacy),
        answers: Answers::default(),
        seed: 7,
        remembers: false,
        crowd: Rc::default(),
        session: None,
    }
}

/// For servers of which nothing is known, by a client that answers every question.
pub fn modern_config() -> Config<Node> {
    Config { known: None, answers: Answers { elicitation: true, sampling: true, roots: true, local: false }, ..config() }
}

pub fn invocation(kind: Kind, name: &str) -> Invocation<Node> {
    Invocation {
        kind,
        name: name.into(),
        arguments: None,
        meta: None,
        as_task: false,
        ttl: None,
        throw: true,
        progress: false,
        patience: None,
        round: Round::default(),
    }
}

pub fn tool(name: &str) -> Invocation<Node> {
    invocation(Kind::Tool, name)
}

pub fn tool_task(name: &str) -> Invocation<Node> {
    Invocation { as_task: true, ..tool(name) }
}

impl Bench {
    pub fn new(config: Config<Node>, capabilities: Value) -> Self {
        Self {
            engine: Engine::new(config),
            server: Server::new(capabilities),
            now: 1_000_000,
            lateness: 0,
            sight: Sight::Nothing,
            own_headers: String::new(),
            sent: Vec::new(),
            told: Vec::new(),
            aborted: Vec::new(),
            arrivals: BTreeMap::new(),
            open: BTreeMap::new(),
            settled: BTreeSet::new(),
            ids: BTreeSet::new(),
            era: None,
            last_call: 0,
            sequence: 0,
        }
    }

    /// In a session with a server that offers this, and has no stream.
    pub fn offering(capabilities: Value) -> Self {
        let mut bench = Self::new(config(), capabilities);
        bench.connect();
        bench
    }

    /// In a session with a server that runs everything as a task, and has no stream.
    pub fn polling() -> Self {
        Self::offering(all_capabilities())
    }

    /// The same with a stream of the server's own messages.
    pub fn streaming() -> Self {
        let mut bench = Self::new(config(), all_capabilities());
        bench.on("GET", |_| Reply::stream());
        bench.connect();
        bench
    }

    /// Connected to a server of the stateless era, which pushes what becomes of tasks.
    pub fn modern() -> Self {
        Self::modern_with(modern_config(), modern_capabilities())
    }

    /// The same without pushes.
    pub fn modern_polling() -> Self {
        let mut bench = Self::modern();
        bench.on("subscriptions/listen", |sent| Reply::status_with(404, sent.error(METHOD_NOT_FOUND, "Method not found")));
        bench
    }

    pub fn modern_with(config: Config<Node>, capabilities: Value) -> Self {
        let mut bench = Self::meeting(config, Server::modern(capabilities));
        bench.connect();
        bench
    }

    /// With this server, and not yet connected.
    pub fn meeting(config: Config<Node>, server: Server) -> Self {
        Self { server, ..Self::new(config, Value::Null) }
    }

    /// Reads the list of tools, and forgets what was sent for that.
    pub fn know_tools(&mut self) {
        let call = self.call(|engine, call, now| engine.list(call, Listing::Tools, now));
        self.value(call);
        self.sent.clear();
        self.told.clear();
    }

    /// Connects, and forgets what was sent for that.
    pub fn connect(&mut self) {
        let call = self.call(|engine, call, now| engine.connect(call, now));
        self.value(call);
        self.sent.clear();
        self.told.clear();
    }

    pub fn on(&mut self, method: &str, handler: impl FnMut(&Sent) -> Reply + 'static) {
        self.server.on(method, handler);
    }

    /// From now on this method has this result.
    pub fn results(&mut self, method: &str, result: Value) {
        self.on(method, move |sent| Reply::json(sent.result(result.clone())));
    }

    /// From now on this method has this error.
    pub fn refuses(&mut self, method: &str, code: i32, message: &'static str) {
        self.on(method, move |sent| Reply::json(sent.error(code, message)));
    }

    /// Whatever is asked has no answer, until [`Bench::reply`] gives it.
    pub fn hold(&mut self, method: &str) {
        self.on(method, |_| Reply::never());
    }

    /// The task's states, from so long after now on.
    pub fn life(&mut self, id: &str, states: &[(Millis, &str)]) {
        states.iter().for_each(|(after, state)| self.server.tasks.borrow_mut().set(id, self.now + after, *state));
    }

    /// Starts a call, under a number of its own, and lets everything happen that happens at once.
    pub fn call(&mut self, start: impl FnOnce(&mut Engine<Node>, CallId, Millis)) -> CallId {
        self.last_call += 1;
        let call = self.last_call;
        start(&mut self.engine, call, self.now);
        self.pass(0);
        call
    }

    pub fn tell(&mut self, act: impl FnOnce(&mut Engine<Node>, Millis)) {
        act(&mut self.engine, self.now);
        self.pass(0);
    }

    pub fn invoke(&mut self, invocation: Invocation<Node>) -> CallId {
        self.call(|engine, call, now| engine.invoke(call, invocation, now))
    }

    /// A task that the face holds and watches.
    pub fn watched_task(&mut self) -> String {
        let call = self.invoke(tool_task("slow"));
        let id = self.value(call)["taskId"].as_str().expect("a task").to_owned();
        self.tell(|engine, now| engine.watch(&id, true, now));
        id
    }

    pub fn result(&mut self, id: &str) -> CallId {
        self.call(|engine, call, now| engine.result(call, id, Some(Kind::Tool), "", true, None, now))
    }

    pub fn abandon(&mut self, call: CallId) {
        self.tell(|engine, now| engine.abandon(call, now));
    }

    pub fn close(&mut self) -> CallId {
        self.call(|engine, call, now| engine.close(call, true, now))
    }

    /// Lets so much time pass.
    pub fn pass(&mut self, wait: Millis) {
        let until = self.now + wait;
        let (mut steps, mut instant) = (0, self.now);
        while self.step(until) {
            steps = if self.now > instant { 0 } else { steps + 1 };
            instant = self.now;
            assert!(steps < SPINNING, "the engine spins: {:?}", self.sent.last());
        }
    }

    /// Lets the next thing happen that is due by then; `false` when there is none, and it is then.
    pub fn step(&mut self, until: Millis) -> bool {
        self.drain();
        let arrival = self.arrivals.first_key_value().map(|((at, _), _)| *at);
        let deadline = self.engine.deadline().map(|deadline| deadline + self.lateness);
        let next = [arrival, deadline].into_iter().flatten().min();
        let Some(next) = next.filter(|at| *at <= until) else {
            self.now = self.now.max(until);
            return false;
        };
        self.now = self.now.max(next);
        if arrival.is_some_and(|at| at <= self.now) {
            self.arrive();
        } else {
            self.engine.tick(self.now);
        }
        self.drain();
        true
    }

    fn drain(&mut self) {
        while let Some(output) = self.engine.poll_output(|| self.now) {
            match output {
                Output::Fetch(fetch) => {
                    let body = fetch.body.map_or(Value::Null, |body| body.0);
                    let sent = Sent {
                        at: self.now,
                        exchange: fetch.exchange,
                        verb: fetch.verb,
                        headers: fetch.headers,
                        body,
                        awaited: fetch.awaited,
                    };
                    self.check(&sent);
                    self.open.insert(sent.exchange, None);
                    let reply = self.server.reply(&sent);
                    self.reply(&sent, reply);
                    self.sent.push(sent);
                }
                Output::Abort(exchange) => {
                    self.aborted.push((self.now, exchange));
                    self.arrivals.retain(|_, (each, _)| *each != exchange);
                    self.schedule(exchange, 0, Arrival::Fail(Failure::Network));
                }
                Output::Knock(call) => self.engine.knocked(call, self.sight, &self.own_headers),
                output => {
                    if let Output::Resolve(call, _) | Output::Reject(call, _) = &output {
                        assert!(*call <= self.last_call && self.settled.insert(*call), "call {call} ends a second time: {output:?}");
                    }
                    self.told.push((self.now, output));
                }
            }
        }
    }

    fn check(&mut self, sent: &Sent) {
        let era = schema::check(sent);
        let id = sent.body["id"].as_u64().filter(|_| sent.method() != "answer");
        assert!(id.is_none_or(|id| self.ids.insert(id)), "an id comes twice: {}", sent.body);
        if !["server/discover", "initialize", "notifications/initialized"].contains(&sent.method()) {
            assert_eq!(*self.era.get_or_insert(era), era, "nobody speaks both at a time: {}", sent.body);
        }
    }

    /// Answers a request that was held.
    pub fn reply(&mut self, sent: &Sent, reply: Reply) {
        reply.0.into_iter().for_each(|(after, arrival)| self.schedule(sent.exchange, after, arrival));
    }

    pub fn schedule(&mut self, exchange: ExchangeId, after: Millis, arrival: Arrival) {
        self.sequence += 1;
        self.arrivals.insert((self.now + after, self.sequence), (exchange, arrival));
    }

    fn arrive(&mut self) {
        let Some((_, (exchange, arrival))) = self.arrivals.pop_first() else { return };
        let Some(reading) = self.open.get_mut(&exchange) else { return };
        match (arrival, *reading) {
            (Arrival::Head(head), None) => {
                let body = self.engine.head(exchange, head, self.now);
                *reading = Some(body);
                if body == Body::Unread {
                    self.open.remove(&exchange);
                }
            }
            (Arrival::Body(body), Some(Body::Whole)) => {
                self.open.remove(&exchange);
                self.engine.body(exchange, body.map(Node), self.now);
            }
            (Arrival::Bytes(bytes), Some(Body::Events | Body::Whole)) => self.engine.bytes(exchange, &bytes, self.now),
            (Arrival::End, Some(Body::Events)) => {
                self.open.remove(&exchange);
                self.engine.ended(exchange, self.now);
            }
            (Arrival::Fail(failure), _) => {
                self.open.remove(&exchange);
                self.engine.failed(exchange, failure, None, self.now);
            }
            (Arrival::Unsigned(error), _) => {
                self.open.remove(&exchange);
                self.engine.failed(exchange, Failure::SignIn, Some(Node(error)), self.now);
            }
            (arrival, reading) => panic!("{arrival:?} on an exchange that is read as {reading:?}"),
        }
    }

    /// The newest stream of the server's own messages that is open.
    pub fn stream(&self) -> Option<ExchangeId> {
        let carries = |sent: &&Sent| matches!(sent.method(), "GET" | "subscriptions/listen");
        let is_open = |sent: &&Sent| carries(sent) && self.open.get(&sent.exchange) == Some(&Some(Body::Events));
        Some(self.sent.iter().rev().find(is_open)?.exchange)
    }

    /// Something happens on it, now.
    pub fn push_bytes(&mut self, arrival: Arrival) {
        let exchange = self.stream().expect("an open stream");
        self.schedule(exchange, 0, arrival);
        self.pass(0);
    }

    pub fn push(&mut self, message: &Value) {
        let subscription = self.sent.iter().find(|sent| sent.method() == "subscriptions/listen" && Some(sent.exchange) == self.stream());
        let message = subscription.map_or_else(|| message.clone(), |sent| on_stream(sent, message.clone()));
        self.push_bytes(Arrival::Bytes(format!("data: {message}\n\n").into_bytes()));
    }

    /// The requests of one method, in order.
    pub fn all(&self, method: &str) -> Vec<Sent> {
        self.sent.iter().filter(|sent| sent.method() == method).cloned().collect()
    }

    pub fn count(&self, method: &str) -> usize {
        self.all(method).len()
    }

    pub fn last(&self, method: &str) -> Sent {
        self.all(method).pop().unwrap_or_else(|| panic!("no {method} was sent"))
    }

    /// The exchanges that are not over.
    pub fn open(&self) -> impl Iterator<Item = ExchangeId> {
        self.open.keys().copied()
    }

    pub fn is_open(&self, exchange: ExchangeId) -> bool {
        self.open.contains_key(&exchange)
    }

    /// How a call ended; `None` while it has not.
    pub fn outcome(&self, call: CallId) -> Option<Result<Value, Error<Node>>> {
        self.told.iter().find_map(|(_, output)| match output {
            Output::Resolve(each, value) if *each == call => Some(Ok(value.0.clone())),
            Output::Reject(each, error) if *each == call => Some(Err(error.clone())),
            _ => None,
        })
    }

    pub fn is_pending(&self, call: CallId) -> bool {
        self.outcome(call).is_none()
    }

    pub fn value(&self, call: CallId) -> Value {
        match self.outcome(call) {
            Some(Ok(value)) => value,
            other => panic!("call {call} did not resolve: {other:?}"),
        }
    }

    pub fn error(&self, call: CallId) -> Error<Node> {
        match self.outcome(call) {
            Some(Err(error)) => error,
            other => panic!("call {call} was not rejected: {other:?}"),
        }
    }

    /// The states that the face was told of a task, each with its message where it has one.
    pub fn states(&self, id: &str) -> Vec<String> {
        let told = self.told.iter().filter_map(|(_, output)| match output {
            Output::Status(status) if status.task_id == id => Some(status),
            _ => None,
        });
        told.map(|status| match &status.message {
            Some(message) => format!("{}: {message}", status.state.name()),
            None => status.state.name().into(),
        })
        .collect()
    }

    /// The questions that the face was asked, in order.
    pub fn asked(&self) -> Vec<Ask<Node>> {
        let asked = self.told.iter().filter_map(|(_, output)| match output {
            Output::Ask(ask) => Some(ask.clone()),
            _ => None,
        });
        asked.collect()
    }

    /// The keys of those questions.
    pub fn keys(&self) -> Vec<String> {
        self.asked().into_iter().map(|ask| ask.key).collect()
    }

    /// The questions that it need not answer any more.
    pub fn withdrawn(&self) -> Vec<QuestionId> {
        let withdrawn = self.told.iter().filter_map(|(_, output)| match output {
            Output::Withdraw(question) => Some(*question),
            _ => None,
        });
        withdrawn.collect()
    }

    pub fn answer(&mut self, question: QuestionId, answer: Value) {
        self.tell(|engine, now| engine.answer(question, Node(answer), now));
    }

    pub fn refuse(&mut self, question: QuestionId, cause: Value) {
        self.tell(|engine, now| engine.refuse(question, Node(cause), now));
    }

    /// What the server sent and nobody could use.
    pub fn oddities(&self) -> Vec<&'static str> {
        let odd = self.told.iter().filter_map(|(_, output)| match output {
            Output::Oddity(what, _) => Some(*what),
            _ => None,
        });
        odd.collect()
    }

    /// The tasks that the face was told it can follow no further, and why.
    pub fn gone(&self) -> Vec<String> {
        let gone = self.told.iter().filter_map(|(_, output)| match output {
            Output::Gone(id, error) => Some(format!("{id}: {}", error.code.name())),
            _ => None,
        });
        gone.collect()
    }
}
