//! What the page of a world does with its client, and what it heard.

use std::collections::BTreeMap;

use mcp_tasks::engine::{CallId, Code, Invocation, Kind, Listing, Millis, QuestionId, State, TaskStatus};
use serde_json::{Value, json};

use super::chance::Chance;
use super::plan::Plan;
use super::truth::serial;
use crate::bench::{Bench, invocation};
use crate::node::Node;

/// What a call is for.
#[derive(Clone, Debug, PartialEq)]
pub enum Aim {
    Connect,
    /// A call that is to be a task.
    Make {
        token: u64,
        kind: Kind,
        name: &'static str,
    },
    /// One that is not.
    Plain {
        token: u64,
        kind: Kind,
        name: &'static str,
    },
    Status(usize),
    Wait(usize),
    Result(usize),
    Cancel(usize),
    /// To the question of this number.
    Respond(Option<u32>),
    List,
    ListTasks,
    Close,
}

#[derive(Clone, Debug)]
pub struct Pending {
    pub aim: Aim,
    pub since: Millis,
    /// The caller gave it little time.
    pub is_hasty: bool,
}

/// How a task ended, as its holder was told.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Value,
    Error(Code),
}

/// A task as the page holds it.
#[derive(Debug)]
pub struct Handle {
    pub id: String,
    pub kind: Kind,
    pub name: &'static str,
    pub since: Millis,
    /// The newest status: that which the task came with, or the last that was told.
    pub latest: Option<TaskStatus<Node>>,
    pub is_told: bool,
    /// Whether more is told.
    pub active: bool,
    pub detached: bool,
    pub watchers: u32,
    pub outcome: Option<Outcome>,
}

impl Handle {
    pub fn ended(&self) -> Option<TaskStatus<Node>> {
        self.latest.clone().filter(|status| status.state.is_terminal())
    }
}

#[derive(Default)]
pub struct Caller {
    pub pending: BTreeMap<CallId, Pending>,
    pub handles: Vec<Handle>,
    pub by_id: BTreeMap<String, usize>,
    /// The questions that are open, each with its number and its task.
    pub asked: BTreeMap<QuestionId, (u32, Option<String>)>,
    pub tokens: u64,
    pub last_call: CallId,
    /// Somebody refused to answer, so that results may be refused too.
    pub refused: bool,
}

impl Caller {
    fn start(&mut self, bench: &mut Bench, aim: Aim, begin: impl FnOnce(&mut mcp_tasks::engine::Engine<Node>, CallId, Millis)) {
        // A call may be over before `call` returns.
        let call = self.last_call + 1;
        self.last_call = call;
        self.pending.insert(call, Pending { aim, since: bench.now, is_hasty: false });
        assert_eq!(bench.call(begin), call);
    }

    pub fn connect(&mut self, bench: &mut Bench) {
        self.start(bench, Aim::Connect, |engine, call, now| engine.connect(call, now));
    }

    pub fn close(&mut self, bench: &mut Bench, ends_session: bool) {
        self.start(bench, Aim::Close, |engine, call, now| engine.close(call, ends_session, now));
    }

    /// Something, anything.
    pub fn act(&mut self, bench: &mut Bench, plan: &Plan, chance: &mut Chance) {
        let count = self.handles.len() as u64;
        if count == 0 || chance.percent(25) {
            return self.invoke(bench, chance);
        }
        let index = chance.below(count) as usize;
        match chance.below(20) {
            0..=1 => self.status(bench, index),
            2..=3 => self.wait(bench, index, chance),
            4..=8 => self.result(bench, index),
            9 => self.cancel(bench, index),
            10..=12 => self.watch(bench, index, chance),
            13 => self.detach(bench, index),
            14..=15 => self.abandon(bench, chance),
            16 if plan.answers => self.respond(bench, index),
            17 => self.start(bench, Aim::List, |engine, call, now| engine.list(call, Listing::Tools, now)),
            18 => self.start(bench, Aim::ListTasks, |engine, call, now| engine.list_tasks(call, None, 50, now)),
            19 => bench.tell(|engine, now| engine.listen(now % 2 == 0, now)),
            _ => {}
        }
    }

    fn invoke(&mut self, bench: &mut Bench, chance: &mut Chance) {
        self.tokens += 1;
        let token = self.tokens;
        let kind = chance.pick(&[Kind::Tool, Kind::Tool, Kind::Tool, Kind::Tool, Kind::Prompt, Kind::Resource]);
        let name = if kind == Kind::Tool { chance.pick(&["slow", "slow", "slow", "must", "plain", "quick", "safe"]) } else { "" };
        let called = if kind == Kind::Resource { format!("call:{token}") } else { name.into() };
        let as_task = chance.percent(75);
        let arguments = (kind != Kind::Resource).then(|| Node(json!({ "token": token })));
        let call = self.last_call + 1;
        let patience = chance.percent(10).then(|| chance.between(100, 5_000));
        let invocation = Invocation { as_task, arguments, patience, progress: chance.percent(20), ..invocation(kind, &called) };
        let is_hasty = patience.is_some();
        let aim = if as_task { Aim::Make { token, kind, name } } else { Aim::Plain { token, kind, name } };
        self.start(bench, aim, |engine, call, now| engine.invoke(call, invocation, now));
        self.pending.entry(call).and_modify(|pending| pending.is_hasty = is_hasty);
    }

    /// The answers by hand that are under way, and to which questions.
    pub fn by_hand(&self) -> Vec<(CallId, u32)> {
        let numbers = self.pending.iter().filter_map(|(call, each)| match each.aim {
            Aim::Respond(number) => Some((*call, number?)),
            _ => None,
        });
        numbers.collect()
    }

    fn status(&mut self, bench: &mut Bench, index: usize) {
        let id = self.handles[index].id.clone();
        self.start(bench, Aim::Status(index), |engine, call, now| engine.status(call, &id, now));
    }

    fn wait(&mut self, bench: &mut Bench, index: usize, chance: &mut Chance) {
        let handle = &self.handles[index];
        if handle.ended().is_some() || handle.detached {
            return;
        }
        let (id, state) =
            (handle.id.clone(), chance.pick(&[None, Some(State::Completed), Some(State::Working), Some(State::InputRequired)]));
        self.start(bench, Aim::Wait(index), |engine, call, now| engine.wait(call, &id, state, now));
    }

    pub fn result(&mut self, bench: &mut Bench, index: usize) {
        let handle = &self.handles[index];
        // What it ended with is kept.
        if handle.detached || handle.outcome.is_some() {
            return;
        }
        let (id, kind, name, ended) = (handle.id.clone(), handle.kind, handle.name, handle.ended());
        self.start(bench, Aim::Result(index), |engine, call, now| engine.result(call, &id, Some(kind), name, true, ended, now));
    }

    fn cancel(&mut self, bench: &mut Bench, index: usize) {
        if self.handles[index].ended().is_some() {
            return;
        }
        let id = self.handles[index].id.clone();
        self.start(bench, Aim::Cancel(index), |engine, call, now| engine.cancel(call, &id, now));
    }

    fn watch(&mut self, bench: &mut Bench, index: usize, chance: &mut Chance) {
        let handle = &mut self.handles[index];
        if !handle.active {
            return;
        }
        let watching = handle.watchers == 0 || chance.percent(50);
        handle.watchers = if watching { handle.watchers + 1 } else { handle.watchers - 1 };
        let id = handle.id.clone();
        bench.tell(|engine, now| engine.watch(&id, watching, now));
    }

    fn detach(&mut self, bench: &mut Bench, index: usize) {
        let handle = &mut self.handles[index];
        if !handle.active {
            return;
        }
        (handle.active, handle.detached) = (false, true);
        let id = handle.id.clone();
        bench.tell(|engine, now| engine.detach(&id, now));
    }

    /// Somebody waits no longer.
    fn abandon(&mut self, bench: &mut Bench, chance: &mut Chance) {
        let open: Vec<_> = self.pending.iter().filter(|(_, each)| each.aim != Aim::Connect).map(|(call, _)| *call).collect();
        if open.is_empty() {
            return;
        }
        let call = chance.pick(&open);
        self.pending.remove(&call);
        bench.abandon(call);
    }

    /// Answers one of the questions of a task by hand.
    fn respond(&mut self, bench: &mut Bench, index: usize) {
        let handle = &self.handles[index];
        let asked = handle.latest.as_ref().and_then(|status| status.questions.as_ref());
        let Some((key, question)) = asked.and_then(|asked| asked.0.as_object()?.iter().next()) else { return };
        let (id, key, number) = (handle.id.clone(), key.clone(), serial(&question["params"]));
        self.start(bench, Aim::Respond(number), |engine, call, now| engine.respond(call, &id, key, Node(yes()), now));
    }

    /// Takes a task up again that was lost for a while.
    pub fn resume(&mut self, bench: &mut Bench, index: usize) {
        let handle = &mut self.handles[index];
        (handle.active, handle.is_told, handle.watchers, handle.since) = (true, false, 0, bench.now);
        let id = handle.id.clone();
        bench.tell(|engine, now| engine.follow(&id, now));
    }

    pub fn answer(&mut self, bench: &mut Bench, question: QuestionId, refuses: bool) {
        if self.asked.remove(&question).is_none() {
            return;
        }
        match refuses {
            true => {
                self.refused = true;
                bench.refuse(question, json!("no"));
            }
            false => bench.answer(question, yes()),
        }
    }

    /// A task is held from now on.
    pub fn hold(&mut self, id: &str, kind: Kind, name: &'static str, status: Option<TaskStatus<Node>>, now: Millis) -> usize {
        let index = self.handles.len();
        let active = status.as_ref().is_none_or(|status| !status.state.is_terminal());
        let handle = Handle {
            id: id.into(),
            kind,
            name,
            since: now,
            latest: status,
            is_told: false,
            active,
            detached: false,
            watchers: 0,
            outcome: None,
        };
        self.handles.push(handle);
        self.by_id.insert(id.into(), index);
        index
    }
}

fn yes() -> Value {
    json!({ "action": "accept", "content": {} })
}
