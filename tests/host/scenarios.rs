//! The scenarios of either era, with the engine as the client and a clock that goes as fast as it can.

#[path = "../scenarios/mod.rs"]
mod script;
mod table;
mod wrong;

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use mcp_tasks::engine::{Answers, CallId, Config, Engine, Invocation, Kind, Millis, Output};
use serde_json::{Value, json};

use crate::bench::{Bench, config, invocation};
use crate::node::Node;
use crate::wire::{Arrival, Reply, Sent};
use script::{Act, Body, Ending, Face, Failure, Ledger, News, Outcome, Question, Request, Scenario, Server, Tell};
use wrong::Wrong;

/// The client's steps look at what has happened so often, in milliseconds.
const MOMENT: Millis = 5;

#[test]
fn every_scenario_holds() {
    let mut broken = Vec::new();
    for scenario in script::all() {
        let ledger = play(scenario, Wrong::Nothing);
        println!("{}\n{ledger}", scenario.id);
        broken.extend((!ledger.is_good()).then_some(scenario.id));
    }
    assert!(broken.is_empty(), "{broken:?}");
}

#[test]
fn every_check_breaks_where_the_client_is_wrong() {
    let table = table::rows();
    let mut unbroken = Vec::new();
    for (id, check, wrong) in &table {
        let scenario = script::all().find(|scenario| scenario.id == *id).unwrap_or_else(|| panic!("there is no {id}"));
        println!("{id}: {check}");
        let ledger = play(scenario, wrong.clone());
        if !ledger.broke(check) {
            unbroken.push(format!("{id}: {check}"));
        }
    }
    assert!(unbroken.is_empty(), "nothing breaks {unbroken:#?}");
}

#[test]
fn no_check_goes_without_a_wrong_that_breaks_it() {
    let table = table::rows();
    for scenario in script::all() {
        for check in scenario.checks {
            let is_tried = table.iter().any(|(id, each, _)| *id == scenario.id && *each == check.id);
            assert!(is_tried, "{}: {}", scenario.id, check.id);
        }
        for check in scenario.all_checks() {
            assert!(table.iter().any(|(_, each, _)| *each == check.id), "{}", check.id);
        }
    }
}

#[test]
fn no_two_scenarios_or_checks_of_one_have_the_same_name() {
    let mut ids: Vec<_> = script::all().map(|scenario| scenario.id).collect();
    for scenario in script::all() {
        let mut checks: Vec<_> = scenario.all_checks().map(|check| check.id).collect();
        let count = checks.len();
        checks.sort_unstable();
        checks.dedup();
        assert_eq!(checks.len(), count, "{}", scenario.id);
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

fn play(scenario: &Scenario, wrong: Wrong) -> Ledger {
    let ledger = scenario.ledger();
    let face = Rc::new(Simulated::new(Server::new(scenario, ledger.clone()), scenario.answers, wrong));
    let mut playing = Box::pin(scenario.play(face.clone(), ledger.clone()));
    while playing.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
        face.bench.borrow_mut().pass(MOMENT);
    }
    ledger
}

/// The engine on its bench, as a client whose messages and words may be falsified.
struct Simulated {
    bench: RefCell<Bench>,
    acts: RefCell<Vec<Act>>,
    wrong: Wrong,
}

impl Simulated {
    fn new(mut server: Server, elicitation: bool, wrong: Wrong) -> Self {
        let answers = Answers { elicitation, ..Answers::default() };
        let mut bench = Bench::new(Config { known: None, answers, ..config() }, json!({}));
        let falsified = wrong.clone();
        bench.server.upset(move |sent| {
            let replies: Vec<_> = falsified.sent(read(sent)).iter().map(|request| server.answer(request)).collect();
            Some(replies.into_iter().next().map_or_else(Reply::fail, write))
        });
        Self { bench: bench.into(), acts: RefCell::default(), wrong }
    }
}

fn read(sent: &Sent) -> Request {
    let headers = sent.headers.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
    Request { at: sent.at, verb: format!("{:?}", sent.verb).to_uppercase(), headers, body: sent.body.clone() }
}

fn write(reply: script::Reply) -> Reply {
    let written = match reply.body {
        Body::Empty => Reply::status(reply.status),
        Body::Json(message) => Reply::status_with(reply.status, message),
        Body::Events(events, ending) => {
            let stream = events.into_iter().fold(Reply::stream(), |stream, (wait, message)| {
                stream.then_after(wait, Arrival::Bytes(format!("data: {message}\n\n").into_bytes()))
            });
            if ending == Ending::Closes { stream.ends() } else { stream }
        }
    };
    written.headed(|head| head.session_id = reply.session).after(reply.wait)
}

fn begin(engine: &mut Engine<Node>, call: CallId, now: Millis, act: Act) {
    let task = |kind, name, ttl| Invocation { as_task: true, ttl, ..invocation(kind, name) };
    match act {
        Act::Connect => engine.connect(call, now),
        Act::Tool(name) => engine.invoke(call, invocation(Kind::Tool, name), now),
        Act::ToolTask(name, ttl) => engine.invoke(call, task(Kind::Tool, name, ttl), now),
        Act::PromptTask(name) => engine.invoke(call, task(Kind::Prompt, name, None), now),
        Act::ResourceTask(uri) => engine.invoke(call, task(Kind::Resource, uri, None), now),
        Act::Result(id) => engine.result(call, &id, Some(Kind::Tool), "", true, None, now),
        Act::Cancel(id) => engine.cancel(call, &id, now),
        Act::Update(id, answers) => engine.update(call, &id, Node(answers), now),
        Act::Respond(id, key, answer) => engine.respond(call, &id, key, Node(answer), now),
        Act::Tasks(cursor, limit) => engine.list_tasks(call, cursor.as_deref(), limit as usize, now),
        Act::Close => engine.close(call, true, now),
    }
}

impl Face for Simulated {
    fn start(&self, act: Act) -> u32 {
        self.acts.borrow_mut().push(act.clone());
        self.bench.borrow_mut().call(|engine, call, now| begin(engine, call, now, act))
    }

    fn tell(&self, tell: Tell) {
        self.bench.borrow_mut().tell(|engine, now| match tell {
            Tell::Watch(id) => engine.watch(&id, true, now),
            Tell::Answer(question, answer) => engine.answer(question, Node(answer), now),
        });
    }

    fn end_of(&self, call: u32) -> Option<Outcome> {
        let outcome = self.bench.borrow().outcome(call)?;
        let data = |data: Option<Node>| data.map_or(Value::Null, |data| data.0);
        let outcome = outcome.map_err(|error| Failure { code: error.code.name().into(), data: data(error.into_account().data) });
        Some(self.wrong.told(&self.acts.borrow()[call as usize - 1], outcome))
    }

    fn heard(&self) -> Vec<News> {
        let bench = self.bench.borrow();
        let news = bench.told.iter().filter_map(|(_, output)| match output {
            Output::Status(status) => Some(News::Status(status.to_json().0)),
            Output::Ask(ask) => Some(News::Asked(Question { number: ask.question, key: ask.key.clone(), params: ask.params.0.clone() })),
            _ => None,
        });
        self.wrong.heard(news.collect())
    }

    fn now(&self) -> u64 {
        self.bench.borrow().now
    }

    fn rest(&self) -> Pin<Box<dyn Future<Output = ()>>> {
        Box::pin(Moment(false))
    }
}

/// Is over the second time that it is looked at.
struct Moment(bool);

impl Future for Moment {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}
