//! Whatever becomes of questions and answers on their way: each is asked once, and each sent until the server has it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use mcp_tasks::engine::{Millis, QuestionId};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::served::{Way, accept, answering, cancelled, of, question, say, session_of};
use crate::server::{id_of, text_result, told};
use crate::wire::{Arrival, Reply, Sent};

/// What happens to an answer.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// It shows so much later, and is acknowledged so much later still.
    Kept(Millis, Millis),
    /// It is taken in, and the acknowledgement lost.
    Unheard,
    Failed,
    Busy,
    Never,
}

#[derive(Clone, Copy, Debug)]
struct Asked {
    task: usize,
    comes: Millis,
    way: Way,
    /// The user thinks so long.
    takes: Millis,
    /// Taken back by the server, so long after it was asked.
    back: Option<Millis>,
    /// Pushed once more.
    repeated: bool,
}

#[derive(Clone, Debug)]
struct Plan {
    asked: Vec<Asked>,
    fates: Vec<Fate>,
    pushes: Vec<(Millis, usize)>,
    breaks: Vec<Millis>,
    interval: Option<u64>,
    callers: usize,
    /// The server says "working" while it asks on its own stream.
    silent: bool,
    text_ids: bool,
}

fn plans() -> impl Strategy<Value = Plan> {
    let fate = prop_oneof![
        4 => (0..2_000_u64, 0..2_000_u64).prop_map(|(shows, ack)| Fate::Kept(shows, ack)),
        1 => Just(Fate::Unheard),
        1 => Just(Fate::Failed),
        1 => Just(Fate::Busy),
        1 => Just(Fate::Never),
    ];
    let way = prop::sample::select(vec![Way::Push, Way::Announced, Way::Aside, Way::AsideUnrelated]);
    let back = prop::option::weighted(0.2, 0..8_000_u64);
    let asked = (0..2_usize, 0..20_000_u64, way, 0..10_000_u64, back, any::<bool>())
        .prop_map(|(task, comes, way, takes, back, repeated)| Asked { task, comes, way, takes, back, repeated });
    (
        vec(asked, 1..6),
        vec(fate, 0..6),
        vec((0..40_000_u64, 0..2_usize), 0..8),
        vec(0..40_000_u64, 0..3),
        prop::option::of(20..4_000_u64),
        1..3_usize,
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(asked, fates, pushes, breaks, interval, callers, silent, text_ids)| Plan {
            asked,
            fates,
            pushes,
            breaks,
            interval,
            callers,
            silent,
            text_ids,
        })
}

/// What the server knows of its questions, by their place in the plan.
#[derive(Default)]
struct Script {
    asked: Vec<Asked>,
    begin: Millis,
    silent: bool,
    delivered: BTreeMap<usize, Millis>,
    taken: BTreeMap<usize, Millis>,
    acknowledged: BTreeMap<usize, Millis>,
    back: BTreeSet<usize>,
    sent_again: Vec<usize>,
}

impl Script {
    fn is_settled(&self, index: usize, now: Millis) -> bool {
        self.back.contains(&index) || self.taken.get(&index).is_some_and(|at| *at <= now)
    }

    fn state(&self, id: &str, now: Millis) -> &'static str {
        let of = |index: &usize| format!("t{}", self.asked[*index].task + 1) == id;
        let all = (0..self.asked.len()).filter(of);
        let left: Vec<_> = all.filter(|index| !self.is_settled(*index, now)).collect();
        let speaks = |index: &usize| {
            let each = &self.asked[*index];
            each.comes + self.begin <= now && !(self.silent && matches!(each.way, Way::Push | Way::Announced))
        };
        match left.is_empty() {
            true => "completed",
            false if left.iter().any(speaks) => "input_required",
            false => "working",
        }
    }

    fn take(&mut self, sent: &Sent, fate: Fate) -> Reply {
        let id = &sent.body["id"];
        let index = id.as_u64().or_else(|| id.as_str()?.parse().ok()).expect("an id of ours") as usize;
        if self.acknowledged.get(&index).is_some_and(|at| *at < sent.at) {
            self.sent_again.push(index);
        }
        let (ack, shows) = match fate {
            Fate::Kept(shows, ack) => (Some(shows + ack), Some(shows)),
            Fate::Unheard => (None, Some(0)),
            _ => (None, None),
        };
        if let Some(after) = shows {
            self.taken.entry(index).or_insert(sent.at + after);
        }
        if let Some(after) = ack {
            self.acknowledged.entry(index).or_insert(sent.at + after);
        }
        match fate {
            Fate::Kept(shows, ack) => Reply::status(202).after(shows + ack),
            Fate::Unheard | Fate::Failed => Reply::fail(),
            Fate::Busy => Reply::status(503),
            Fate::Never => Reply::never(),
        }
    }
}

fn scripted(plan: &Plan) -> (Bench, Rc<RefCell<Script>>) {
    let mut bench = session_of(answering());
    bench.server.tasks.borrow_mut().interval = plan.interval.map(Value::from);
    (0..2).for_each(|_| drop(bench.watched_task()));
    let script = Script { asked: plan.asked.clone(), begin: bench.now, silent: plan.silent, ..Script::default() };
    let script = Rc::new(RefCell::new(script));
    let (seen, interval) = (script.clone(), plan.interval.map(Value::from));
    bench.on("tasks/get", move |sent| {
        let state = seen.borrow().state(id_of(sent), sent.at);
        Reply::json(sent.result(crate::server::task(id_of(sent), &state.into(), interval.as_ref())))
    });
    let seen = script.clone();
    bench.on("tasks/result", move |sent| match seen.borrow().state(id_of(sent), sent.at) {
        "completed" => Reply::json(sent.result(text_result("done"))),
        _ => Reply::stream(),
    });
    let (taken, mut fates) = (script.clone(), plan.fates.clone().into_iter());
    bench.on("answer", move |sent| taken.borrow_mut().take(sent, fates.next().unwrap_or(Fate::Kept(0, 0))));
    (bench, script)
}

/// Asks, if the stream for it is there.
fn ask(bench: &mut Bench, plan: &Plan, index: usize) -> bool {
    let asked = plan.asked[index];
    let task = format!("t{}", asked.task + 1);
    let id = if plan.text_ids { json!(index.to_string()) } else { json!(index) };
    let request = question(id, &format!("k{index}"));
    match asked.way {
        Way::Aside | Way::AsideUnrelated => {
            let streams = bench.all("tasks/result");
            let Some(stream) = streams.iter().rfind(|sent| id_of(sent) == task && bench.is_open(sent.exchange)) else { return false };
            say(bench, stream, &if let Way::Aside = asked.way { of(&task, request) } else { request });
        }
        _ if bench.stream().is_none() => return false,
        Way::Announced => {
            bench.push(&told(&task, "input_required"));
            bench.push(&request);
        }
        _ => bench.push(&of(&task, request)),
    }
    true
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn each_question_is_asked_once_and_each_answer_sent_until_it_is_there(plan in plans()) {
        let (mut bench, script) = scripted(&plan);
        let calls: Vec<_> = ["t1", "t2"].into_iter().flat_map(|id| vec![id; plan.callers]).map(|id| bench.result(id)).collect();
        let begin = bench.now;
        let mut thinking: BTreeMap<QuestionId, Millis> = BTreeMap::new();
        while calls.iter().any(|call| bench.is_pending(*call)) {
            prop_assert!(bench.now < begin + 1_800_000, "it hangs");
            bench.pass(250);
            let now = bench.now;
            for (index, each) in plan.asked.iter().enumerate() {
                let delivered = script.borrow().delivered.get(&index).copied();
                let is_settled = script.borrow().is_settled(index, now);
                match delivered {
                    None if begin + each.comes <= now && !is_settled && ask(&mut bench, &plan, index) => {
                        script.borrow_mut().delivered.insert(index, now);
                        if each.repeated {
                            let task = format!("t{}", each.task + 1);
                            let id = if plan.text_ids { json!(index.to_string()) } else { json!(index) };
                            if bench.stream().is_some() {
                                bench.push(&of(&task, question(id, &format!("k{index}"))));
                            }
                        }
                    }
                    Some(at) if !is_settled && each.back.is_some_and(|after| at + after <= now) && bench.stream().is_some() => {
                        script.borrow_mut().back.insert(index);
                        let id = if plan.text_ids { json!(index.to_string()) } else { json!(index) };
                        bench.push(&cancelled(id));
                    }
                    _ => {}
                }
            }
            for ask in bench.asked() {
                let index: usize = ask.params.0["message"].as_str().expect("words")[1..].parse().expect("a number");
                prop_assert_eq!(ask.task_id, Some(format!("t{}", plan.asked[index].task + 1)));
                thinking.entry(ask.question).or_insert(now + plan.asked[index].takes);
            }
            let due: Vec<_> = thinking.iter().filter(|(_, at)| **at <= now).map(|(question, _)| *question).collect();
            for question in due {
                bench.answer(question, accept("yes"));
                thinking.insert(question, Millis::MAX);
            }
            let is_now = |after: Millis| (now - 250..now).contains(&(begin + after));
            for (_, task) in plan.pushes.iter().filter(|(after, _)| is_now(*after)) {
                let id = format!("t{}", task + 1);
                let state = script.borrow().state(&id, now);
                if bench.stream().is_some() {
                    bench.push(&told(&id, state));
                }
            }
            if plan.breaks.iter().any(|after| is_now(*after)) && bench.stream().is_some() {
                bench.push_bytes(Arrival::End);
            }
        }
        for call in calls {
            prop_assert_eq!(bench.outcome(call).map(|outcome| outcome.map_err(|error| error.code)), Some(Ok(text_result("done"))));
        }
        let script = script.borrow();
        let mut asked: Vec<_> = bench.asked().into_iter().map(|ask| ask.params.0["message"].clone()).collect();
        asked.sort_by_key(|words| words.to_string());
        let expected: Vec<_> = script.delivered.keys().map(|index| json!(format!("k{index}"))).collect();
        prop_assert_eq!(asked, expected, "each that was asked, once");
        for index in 0..plan.asked.len() {
            prop_assert!(script.taken.contains_key(&index) || script.back.contains(&index), "the server has the answer to {}", index);
        }
        prop_assert_eq!(&script.sent_again, &[0; 0], "no answer is sent that the server has acknowledged");
        let elapsed = bench.now - begin;
        let polls = bench.count("tasks/get") as u64;
        prop_assert!(polls <= 2 * (elapsed / plan.interval.unwrap_or(100).max(100) + 100), "{} polls in {} ms", polls, elapsed);
        prop_assert!(bench.count("tasks/result") < 60, "{} streams", bench.count("tasks/result"));
    }
}
