//! A world: a server, a client and a network, with one clock, out of one seed.

use std::collections::{BTreeMap, BTreeSet};

use mcp_tasks::engine::{Answers, Config, Era, ExchangeId, Failure, Millis, QuestionId};
use serde_json::Value;

use super::caller::{Aim, Caller};
use super::chance::Chance;
use super::peer::Peer;
use super::plan::Plan;
use super::trouble::Fate;
use super::truth::Task;
use crate::bench::{Bench, config};
use crate::server::Server;
use crate::wire::{Arrival, Reply, Sent};

/// So many steps at one instant are a loop without end.
const SPINNING: u32 = 20_000;
/// Longer than any interval, wait or time-out that there is.
const LONG: Millis = 3_600_000;

/// Something that happens at its time.
pub enum Event {
    Arrives(Box<Sent>, Fate),
    GoesOn(usize),
    Act,
    Answer(QuestionId, bool),
    Breaks(ExchangeId, bool),
    Restart(Millis),
    Up,
    Sleep(Millis),
    /// Whoever has no outcome yet asks for it.
    Tend,
}

pub struct World {
    pub seed: u64,
    pub chance: Chance,
    pub bench: Bench,
    pub peer: Peer,
    pub caller: Caller,
    pub connected: bool,
    events: BTreeMap<(Millis, u64), Event>,
    sequence: u64,
    /// When the last arrival of each exchange is due: none overtakes another.
    pub due: BTreeMap<ExchangeId, Millis>,
    pub is_down: bool,
    pub calm: bool,
    /// The exchanges that met with trouble: their end is trouble too, however late it comes.
    pub troubled: BTreeSet<ExchangeId>,
    /// When something last went wrong, as far as the client can tell.
    pub troubled_at: Option<Millis>,
    /// How often each question was asked, and how often asking was for nothing.
    pub asked_times: BTreeMap<u32, u32>,
    pub unanswered: BTreeMap<u32, u32>,
    /// How often a message came twice.
    pub doubled: u32,
    trace: bool,
}

impl World {
    pub fn new(seed: u64, trace: bool) -> Self {
        let mut chance = Chance::new(seed);
        let plan = Plan::new(&mut chance);
        let answers = Answers { elicitation: plan.answers, ..Answers::default() };
        let known = plan.known.then_some(plan.era);
        let mut server = Server::bare(Value::Null);
        server.upset(|_| Some(Reply::never()));
        if trace {
            println!("{plan:#?}");
        }
        Self {
            seed,
            chance,
            bench: Bench::meeting(Config { known, answers, notifications: plan.notifications, ..config() }, server),
            peer: Peer::new(plan),
            caller: Caller::default(),
            connected: false,
            events: BTreeMap::new(),
            sequence: 0,
            due: BTreeMap::new(),
            is_down: false,
            calm: false,
            troubled: BTreeSet::new(),
            troubled_at: None,
            asked_times: BTreeMap::new(),
            unanswered: BTreeMap::new(),
            doubled: 0,
            trace,
        }
    }

    /// Lives the world to its end; gives the number of tasks that lived in it.
    pub fn live(mut self) -> usize {
        self.caller.connect(&mut self.bench);
        self.run(600_000, |world| world.caller.pending.is_empty());
        self.demand(self.caller.pending.is_empty(), "connecting ends");
        if self.connected {
            self.act_out();
            self.come_to_rest();
        }
        self.calm = true;
        self.is_down = false;
        self.check_executions();
        self.close();
        self.peer.tasks.len()
    }

    /// What the callers do, and what befalls them meanwhile.
    fn act_out(&mut self) {
        let plan = self.peer.plan.clone();
        let mut at = self.bench.now;
        for _ in 0..plan.acts {
            at += self.chance.around(1_500);
            self.at(at, Event::Act);
        }
        let span = at - self.bench.now + 10_000;
        for _ in 0..if plan.restarts { self.chance.between(1, 3) } else { 0 } {
            let (at, down) = (self.bench.now + self.chance.below(span), self.chance.around(8_000));
            self.at(at, Event::Restart(down));
        }
        for _ in 0..if plan.sleeps { self.chance.between(1, 2) } else { 0 } {
            let (at, time) = (self.bench.now + self.chance.below(span), self.chance.pick(&[1_000, 60_000, 3_600_000]));
            self.at(at, Event::Sleep(time));
        }
        self.run(span, |_| false);
    }

    /// Everything is well again: now every task has its outcome, and every call its end.
    fn come_to_rest(&mut self) {
        self.calm = true;
        self.peer.calm = true;
        self.is_down = false;
        self.bench.tell(|engine, now| engine.listen(false, now));
        let asked: Vec<_> = self.caller.asked.keys().copied().collect();
        asked.into_iter().for_each(|question| self.at(self.bench.now, Event::Answer(question, false)));
        self.at(self.bench.now, Event::Tend);
        self.run(LONG, |world| world.is_settled());
        let hanging: Vec<_> = self.caller.pending.iter().map(|(call, each)| (call, &each.aim)).collect();
        let open: Vec<_> = self.caller.handles.iter().filter(|each| each.outcome.is_none() && !each.detached).collect();
        self.demand(self.is_settled(), &format!("these have no end: {hanging:?} {open:?}"));
        // Whoever let go of a watcher of a task that lives may leave it at that.
        for index in 0..self.caller.handles.len() {
            self.let_go(index);
        }
        self.events.retain(|_, event| !matches!(event, Event::Tend | Event::Restart(_) | Event::Sleep(_) | Event::Act));
        self.run(LONG, |world| world.events.is_empty());
        // Connections that were lost in sleep may be found dead as late as this.
        self.run(LONG, |_| false);
        self.check_rest();
    }

    fn let_go(&mut self, index: usize) {
        if self.caller.handles[index].active {
            let id = self.caller.handles[index].id.clone();
            self.caller.handles[index].active = false;
            self.bench.tell(|engine, now| engine.detach(&id, now));
        }
    }

    fn is_settled(&self) -> bool {
        self.caller.pending.is_empty() && self.caller.handles.iter().all(|each| each.outcome.is_some() || each.detached)
    }

    /// Nothing is live: nothing is open, and nothing is to be done.
    fn check_rest(&self) {
        let listens = self.peer.plan.era == Era::Legacy && self.peer.plan.answers && self.peer.plan.notifications;
        let open = self.bench.open().count();
        self.demand(open <= usize::from(listens), &format!("nothing is left open, and not {open}"));
        self.demand(self.bench.engine.deadline().is_none(), "nothing is left to do");
    }

    fn close(&mut self) {
        let ends_session = self.chance.percent(50);
        self.caller.close(&mut self.bench, ends_session);
        self.run(600_000, |_| false);
        self.demand(self.caller.pending.is_empty(), "the farewell ends");
        self.demand(self.bench.engine.deadline().is_none() && self.bench.open().count() == 0, "the end is the end");
    }

    /// Lets so much time pass, or less.
    fn run(&mut self, time: Millis, until: impl Fn(&Self) -> bool) {
        let end = self.bench.now + time;
        let (mut instant, mut steps) = (self.bench.now, 0);
        loop {
            self.react();
            if until(self) {
                return;
            }
            steps = if self.bench.now > instant { 0 } else { steps + 1 };
            instant = self.bench.now;
            self.demand(steps < SPINNING, "nothing spins");
            let next = self.events.first_key_value().map_or(end, |((at, _), _)| (*at).min(end));
            if self.bench.step(next) {
                continue;
            }
            match self.events.first_entry() {
                Some(event) if event.key().0 <= self.bench.now => {
                    let event = event.remove();
                    self.happen(event);
                }
                _ if self.bench.now >= end => return,
                _ => {}
            }
        }
    }

    pub fn at(&mut self, at: Millis, event: Event) {
        self.sequence += 1;
        self.events.insert((at.max(self.bench.now), self.sequence), event);
    }

    /// Carries out what the client and the server have done.
    fn react(&mut self) {
        loop {
            let sent = std::mem::take(&mut self.bench.sent);
            let told = std::mem::take(&mut self.bench.told);
            let aborted = std::mem::take(&mut self.bench.aborted);
            let (out, wakes) = (std::mem::take(&mut self.peer.out), std::mem::take(&mut self.peer.wakes));
            if sent.is_empty() && told.is_empty() && aborted.is_empty() && out.is_empty() && wakes.is_empty() {
                return;
            }
            sent.into_iter().for_each(|sent| self.leaves(sent));
            for (_, exchange) in aborted {
                self.say(|| format!("  abort {exchange}"));
                if self.troubled.contains(&exchange) {
                    self.troubles(self.bench.now);
                }
                if self.calm || self.chance.percent(80) {
                    self.peer.hung_up(exchange);
                }
            }
            for (_, output) in told {
                self.say(|| format!("< {output:?}"));
                self.heard(output);
            }
            out.into_iter().for_each(|(exchange, reply)| self.delivers(exchange, reply));
            wakes.into_iter().for_each(|(at, index)| self.at(at, Event::GoesOn(index)));
        }
    }

    pub fn say(&self, what: impl FnOnce() -> String) {
        if self.trace {
            println!("{:>8} {}", self.bench.now - 1_000_000, what());
        }
    }

    pub fn troubles(&mut self, at: Millis) {
        self.troubled_at = self.troubled_at.max(Some(at));
    }

    pub fn expect_answer(&mut self, question: QuestionId) {
        let wait = if self.calm { 0 } else { self.chance.around(1_000) };
        let refuses = !self.calm && self.chance.percent(5);
        if self.calm || self.chance.percent(90) {
            self.at(self.bench.now + wait, Event::Answer(question, refuses));
        }
    }

    fn happen(&mut self, event: Event) {
        let now = self.bench.now;
        match event {
            Event::Arrives(sent, fate) => self.arrives(&sent, &fate),
            Event::GoesOn(index) => self.peer.go_on(index, now, &mut self.chance),
            Event::Act => {
                let by_hand = self.caller.by_hand();
                self.caller.act(&mut self.bench, &self.peer.plan.clone(), &mut self.chance);
                // Whoever no longer waits does not hear that an answer by hand got lost.
                for number in by_hand.into_iter().filter(|(call, _)| !self.caller.pending.contains_key(call)).map(|(_, number)| number) {
                    *self.unanswered.entry(number).or_default() += 1;
                }
                if let Some(Aim::Result(index)) = self.caller.pending.get(&self.caller.last_call).map(|each| each.aim.clone()) {
                    self.note_asked_anew(index);
                }
            }
            Event::Answer(question, refuses) => self.answer(question, refuses),
            Event::Breaks(exchange, clean) => {
                self.peer.hung_up(exchange);
                let last = if clean { Reply::default().ends() } else { Reply::fail() };
                self.troubles(now + 1);
                self.delivers(exchange, last);
            }
            Event::Restart(down) => {
                self.say(|| format!("the server is down for {down}"));
                self.is_down = true;
                self.peer.restart();
                self.troubles(now);
                let open: Vec<_> = self.bench.open().collect();
                open.into_iter().for_each(|exchange| self.bench.schedule(exchange, 0, Arrival::Fail(Failure::Network)));
                self.at(now + down, Event::Up);
            }
            Event::Up => self.is_down = false,
            Event::Sleep(time) => self.sleep(time),
            Event::Tend => self.tend(),
        }
    }

    fn answer(&mut self, question: QuestionId, refuses: bool) {
        if let Some((number, _)) = self.caller.asked.get(&question).filter(|_| refuses) {
            *self.unanswered.entry(*number).or_default() += 1;
        }
        self.caller.answer(&mut self.bench, question, refuses);
    }

    /// The machine sleeps: the server does not, and connections may not survive it.
    fn sleep(&mut self, time: Millis) {
        self.say(|| format!("asleep for {time}"));
        self.bench.now += time;
        let now = self.bench.now;
        self.troubles(now);
        if self.chance.percent(70) {
            for exchange in self.bench.open().collect::<Vec<_>>() {
                self.peer.hung_up(exchange);
                // Sooner or later the client notices as well.
                let after = if self.chance.percent(70) { 0 } else { self.chance.below(900_000) };
                self.bench.schedule(exchange, after, Arrival::Fail(Failure::Network));
                self.troubles(now + after);
            }
        }
        if self.chance.percent(50) {
            self.bench.tell(|engine, now| engine.tick(now));
        }
    }

    /// Whoever wants the result of a task that was lost for a while is asked what it asks now: what was answered before is not told to the
    /// engine.
    fn note_asked_anew(&mut self, index: usize) {
        let handle = &self.caller.handles[index];
        if handle.active || handle.ended().is_some() {
            return;
        }
        let asked = Task::index(&handle.id).map(|index| self.peer.tasks[index].open.clone()).unwrap_or_default();
        asked.iter().for_each(|open| *self.unanswered.entry(open.serial).or_default() += 1);
    }

    fn tend(&mut self) {
        for index in 0..self.caller.handles.len() {
            let handle = &self.caller.handles[index];
            let waits = self.caller.pending.values().any(|each| each.aim == Aim::Result(index));
            if handle.outcome.is_some() || handle.detached || waits {
                continue;
            }
            self.note_asked_anew(index);
            let handle = &self.caller.handles[index];
            if !handle.active && handle.ended().is_none() {
                self.caller.resume(&mut self.bench, index);
            }
            self.caller.result(&mut self.bench, index);
        }
        self.at(self.bench.now + 5_000, Event::Tend);
    }
}
