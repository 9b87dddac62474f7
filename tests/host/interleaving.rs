//! Polls, pushes and cancellations in any order: one outcome, told once, and in the order in which things happened.

use mcp_tasks::engine::{Code, Millis};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::server::told;
use crate::wire::{Arrival, Reply};

#[derive(Clone, Debug)]
struct Plan {
    /// The task's states, each so long after the last, and how often each is pushed.
    states: Vec<(Millis, Value, usize)>,
    end: (Millis, &'static str, usize),
    interval: Option<u64>,
    /// How long the answers to polls take.
    latencies: Vec<Millis>,
    /// When the stream breaks.
    breaks: Vec<Millis>,
    cancel: Option<Millis>,
}

fn plans() -> impl Strategy<Value = Plan> {
    let message = prop::sample::select(vec!["a", "b", "c"]);
    let working = message.prop_map(|message| json!({ "status": "working", "statusMessage": message }));
    let state = prop_oneof![5 => working, 1 => Just(json!("input_required"))];
    let gap = prop_oneof![0..50_u64, 0..8_000_u64];
    let end = (gap.clone(), prop::sample::select(vec!["completed", "failed", "cancelled"]), 0..3_usize);
    (
        vec((gap.clone(), state, 0..3_usize), 0..6),
        end,
        prop::option::of(1..6_000_u64),
        vec(prop_oneof![0..20_u64, 0..3_000_u64], 1..5),
        vec(0..20_000_u64, 0..3),
        prop::option::of(0..20_000_u64),
    )
        .prop_map(|(states, end, interval, latencies, breaks, cancel)| Plan { states, end, interval, latencies, breaks, cancel })
}

#[derive(Clone, Copy, Debug)]
enum Act {
    /// The newest state is pushed.
    Push,
    Break,
    Cancel,
}

/// A task as `Bench::states` writes it down.
fn written(task: &Value) -> String {
    match task.get("statusMessage") {
        Some(message) => format!("{}: {}", task["status"].as_str().unwrap_or_default(), message.as_str().unwrap_or_default()),
        None => task["status"].as_str().unwrap_or_default().into(),
    }
}

/// Lives through the plan; gives the bench, the call for the result, and that for the cancellation.
fn live(plan: &Plan) -> (Bench, u32, Option<u32>) {
    let mut bench = Bench::streaming();
    bench.server.tasks.borrow_mut().interval = plan.interval.map(Value::from);
    let id = bench.watched_task();
    let begun = bench.now;
    let mut acts: Vec<(Millis, Act)> = plan.breaks.iter().map(|at| (begun + at, Act::Break)).collect();
    acts.extend(plan.cancel.map(|at| (begun + at, Act::Cancel)));
    let mut at = begun;
    let states = plan.states.iter().cloned().chain([(plan.end.0, plan.end.1.into(), plan.end.2)]);
    for (gap, state, pushes) in states {
        at += gap;
        bench.server.tasks.borrow_mut().set(&id, at, state);
        acts.extend((0..pushes).map(|_| (at, Act::Push)));
    }
    acts.sort_by_key(|(at, _)| *at);

    let (tasks, latencies) = (bench.server.tasks.clone(), plan.latencies.clone());
    let mut polls = 0;
    bench.on("tasks/get", move |sent| {
        polls += 1;
        // The server looks on arrival; what it saw may be old news when it is here.
        Reply::json(sent.result(tasks.borrow().at("t1", sent.at).into())).after(latencies[polls % latencies.len()])
    });
    let result = bench.result(&id);
    let mut cancel = None;
    for (at, act) in acts {
        bench.pass(at.saturating_sub(bench.now));
        let task = bench.server.tasks.borrow().at(&id, bench.now);
        match (act, bench.stream()) {
            (Act::Push, Some(_)) => bench.push(&told(&id, task.unwrap_or_default())),
            (Act::Break, Some(_)) => bench.push_bytes(Arrival::End),
            (Act::Cancel, _) => cancel = Some(bench.call(|engine, call, now| engine.cancel(call, "t1", now))),
            (Act::Push | Act::Break, None) => {}
        }
    }
    bench.pass(600_000);
    (bench, result, cancel)
}

proptest! {
    #[test]
    fn there_is_one_outcome_and_it_is_the_truth(plan in plans()) {
        let (bench, result, cancel) = live(&plan);
        let truth: Vec<_> = bench.server.tasks.borrow().history("t1").iter().map(written).collect();
        let states = bench.states("t1");

        let mut rest = truth.iter();
        prop_assert!(states.iter().all(|state| rest.any(|each| each == state)), "{:?} in another order than {:?}", states, truth);
        prop_assert_eq!(states.last(), truth.last(), "the end is told");
        let ends = states.iter().filter(|state| ["completed", "failed", "cancelled"].contains(&state.as_str())).count();
        prop_assert_eq!(ends, 1, "once");

        let outcome = bench.outcome(result).expect("an end").map_err(|error| error.code);
        let asked = truth.iter().any(|state| state == "input_required") && matches!(outcome, Err(Code::InputRequired));
        let end = truth.last().map(String::as_str);
        prop_assert!(asked || match outcome {
            Ok(_) => end == Some("completed"),
            Err(Code::ToolError) => end == Some("failed"),
            Err(Code::TaskCancelled) => end == Some("cancelled"),
            Err(_) => false,
        }, "{:?} for {:?}", outcome, end);

        if let Some(cancel) = cancel {
            let status = bench.value(cancel);
            prop_assert_eq!(status["status"].as_str(), end, "the truth is read after it");
        }
        prop_assert_eq!(bench.engine.deadline(), None, "and nothing goes on");
    }

    /// Pushes may say what was never true. Whatever they say, a task ends once.
    #[test]
    fn whatever_is_pushed_a_task_ends_once(
        plan in plans(),
        lies in vec((0..20_000_u64, prop::sample::select(vec!["working", "input_required", "completed", "failed", "cancelled"])), 1..8),
    ) {
        let mut bench = Bench::streaming();
        let id = bench.watched_task();
        bench.life(&id, &[(10_000 + plan.end.0, plan.end.1)]);
        let calls = [bench.result(&id), bench.call(|engine, call, now| engine.wait(call, "t1", None, now))];
        let mut lies = lies;
        lies.sort_unstable();
        let begun = bench.now;
        for (at, lie) in lies {
            bench.pass((begun + at).saturating_sub(bench.now));
            if bench.stream().is_some() {
                bench.push(&told(&id, lie));
            }
        }
        bench.pass(600_000);
        let states = bench.states(&id);
        let is_end = |state: &String| ["completed", "failed", "cancelled"].contains(&state.as_str());
        prop_assert_eq!(states.iter().position(is_end), Some(states.len() - 1), "{:?}", states);
        prop_assert!(states.windows(2).all(|pair| pair[0] != pair[1]), "{:?}", states);
        prop_assert!(calls.iter().all(|call| !bench.is_pending(*call)));
        prop_assert_eq!(bench.engine.deadline(), None);
    }
}
