//! The questions of a task in any world: whenever they come, however their answers fare, and whatever is pushed meanwhile.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use mcp_tasks::engine::{Millis, QuestionId};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::input::accept;
use crate::modern_server::{asking, complete, modern_task, modern_told};
use crate::server::text_result;
use crate::wire::{Arrival, Reply, Sent};

/// What happens to an update.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    /// It is acknowledged so much later, and shows so much later still.
    Kept(Millis, Millis),
    /// It is taken in, and the acknowledgement lost.
    Unheard,
    Failed,
    Refused503,
    Never,
}

#[derive(Clone, Debug)]
struct Plan {
    /// When each question comes, and how long its answer takes.
    questions: Vec<(Millis, Millis)>,
    fates: Vec<Fate>,
    /// When the state is pushed, and how often.
    pushes: Vec<(Millis, usize)>,
    breaks: Vec<Millis>,
    interval: Option<u64>,
    callers: usize,
}

fn plans() -> impl Strategy<Value = Plan> {
    let fate = prop_oneof![
        4 => (0..3_000_u64, 0..9_000_u64).prop_map(|(ack, shows)| Fate::Kept(ack, shows)),
        1 => Just(Fate::Unheard),
        1 => Just(Fate::Failed),
        1 => Just(Fate::Refused503),
        1 => Just(Fate::Never),
    ];
    (
        vec((0..20_000_u64, 0..10_000_u64), 1..6),
        vec(fate, 0..8),
        vec((0..40_000_u64, 1..3_usize), 0..10),
        vec(0..40_000_u64, 0..3),
        prop::option::of(20..4_000_u64),
        1..3_usize,
    )
        .prop_map(|(questions, fates, pushes, breaks, interval, callers)| Plan { questions, fates, pushes, breaks, interval, callers })
}

/// What the server knows: when each question comes, and since when its answer shows.
#[derive(Default)]
struct Script {
    comes: BTreeMap<String, Millis>,
    shows: BTreeMap<String, Millis>,
    acknowledged: BTreeMap<String, Millis>,
    sent_again: Vec<String>,
}

impl Script {
    fn state(&self, now: Millis) -> Value {
        let is_shown = |key: &String| self.shows.get(key).is_some_and(|at| *at <= now);
        let open: Vec<_> = self.comes.iter().filter(|(key, at)| **at <= now && !is_shown(key)).map(|(key, _)| key.as_str()).collect();
        match open[..] {
            [] if self.comes.keys().all(is_shown) => json!("completed"),
            [] => json!("working"),
            _ => asking(&open),
        }
    }

    fn take(&mut self, sent: &Sent, fate: Fate) -> Reply {
        let keys = sent.params()["inputResponses"].as_object().expect("answers").keys();
        let (heard, shows) = match fate {
            Fate::Kept(ack, shows) => (Some(ack), Some(ack + shows)),
            Fate::Unheard => (None, Some(0)),
            _ => (None, None),
        };
        for key in keys {
            if self.acknowledged.get(key).is_some_and(|at| *at < sent.at) {
                self.sent_again.push(key.clone());
            }
            if let Some(after) = shows {
                self.shows.entry(key.clone()).or_insert(sent.at + after);
            }
            if let Some(after) = heard {
                self.acknowledged.entry(key.clone()).or_insert(sent.at + after);
            }
        }
        match fate {
            Fate::Kept(ack, _) => Reply::json(sent.result(complete(json!({})))).after(ack),
            Fate::Unheard => Reply::stream().ends(),
            Fate::Failed => Reply::fail(),
            Fate::Refused503 => Reply::status(503),
            Fate::Never => Reply::never(),
        }
    }
}

fn scripted(plan: &Plan) -> (Bench, Rc<RefCell<Script>>) {
    let mut bench = Bench::modern();
    bench.server.tasks.borrow_mut().interval = plan.interval.map(Value::from);
    bench.watched_task();
    let script = Rc::new(RefCell::new(Script::default()));
    for (index, (after, _)) in plan.questions.iter().enumerate() {
        script.borrow_mut().comes.insert(format!("k{index}"), bench.now + after);
    }
    let (seen, interval) = (script.clone(), plan.interval.map(Value::from));
    bench.on("tasks/get", move |sent| {
        Reply::json(sent.result(complete(modern_task("t1", &seen.borrow().state(sent.at), interval.as_ref()))))
    });
    let (taken, mut fates) = (script.clone(), plan.fates.clone().into_iter());
    bench.on("tasks/update", move |sent| taken.borrow_mut().take(sent, fates.next().unwrap_or(Fate::Kept(0, 0))));
    (bench, script)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn each_question_is_asked_once_and_each_answer_sent_until_it_is_there(plan in plans()) {
        let (mut bench, script) = scripted(&plan);
        let calls: Vec<_> = (0..plan.callers).map(|_| bench.result("t1")).collect();
        let begin = bench.now;
        let mut answers: BTreeMap<QuestionId, Millis> = BTreeMap::new();
        while calls.iter().any(|call| bench.is_pending(*call)) {
            prop_assert!(bench.now < begin + 3_600_000, "it hangs");
            bench.pass(250);
            for ask in bench.asked() {
                let index: usize = ask.key[1..].parse().expect("a number");
                answers.entry(ask.question).or_insert(bench.now + plan.questions[index].1);
            }
            let due: Vec<_> = answers.iter().filter(|(_, at)| **at <= bench.now).map(|(question, _)| *question).collect();
            for question in due {
                bench.answer(question, accept(json!(question)));
                answers.insert(question, Millis::MAX);
            }
            let now = bench.now;
            let is_now = |after: Millis| (now - 250..now).contains(&(begin + after));
            for times in plan.pushes.iter().filter(|(after, _)| is_now(*after)).map(|(_, times)| *times) {
                for _ in 0..times {
                    let state = script.borrow().state(now);
                    if bench.stream().is_some() {
                        bench.push(&modern_told("t1", state));
                    }
                }
            }
            if plan.breaks.iter().any(|after| is_now(*after)) && bench.stream().is_some() {
                bench.push_bytes(Arrival::End);
            }
        }
        let mut keys = bench.keys();
        keys.sort_unstable();
        let expected: Vec<_> = (0..plan.questions.len()).map(|index| format!("k{index}")).collect();
        prop_assert_eq!(keys, expected, "each question once");
        for call in calls {
            prop_assert_eq!(bench.value(call), text_result("done"));
        }
        let script = script.borrow();
        prop_assert_eq!(script.shows.len(), plan.questions.len());
        prop_assert_eq!(&script.sent_again, &[""; 0], "no answer is sent that the server has acknowledged");
    }
}
