//! Whatever servers ask and callers answer: nothing hangs, and nothing is left.

use std::cell::RefCell;
use std::rc::Rc;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::bench::{Bench, tool, tool_task};
use crate::node::Node;
use crate::served::{accept, answering, cancelled, is, of, question, say, session_of};
use crate::server::{text_result, told};
use crate::wire::{Arrival, Reply};

/// What a server that asks does, and who is asked.
#[derive(Clone, Debug)]
enum Act {
    Asks(bool, Value, Option<&'static str>, &'static str),
    TakesBack(Value),
    Is(&'static str, &'static str, bool),
    Refuses(Reply),
    /// The newest stream of a task's result ends so.
    Ends(bool),
    Break,
    Invoke(bool),
    Result(&'static str),
    Answer(u32, Value),
    Fail(u32),
    Respond(&'static str, &'static str),
    Abandon(u32),
    Detach(&'static str),
    Complete,
}

fn acts() -> impl Strategy<Value = Act> {
    use prop::sample::select;
    let ids = || select(vec![json!(0), json!("0"), json!(1), json!(null), json!(1.5), json!([])]);
    let tasks = || select(vec!["t1", "t2", "t3", "t9"]);
    let methods = select(vec!["elicitation/create", "sampling/createMessage", "roots/list", "ping", "odd"]);
    let states = select(vec!["working", "input_required", "input_required", "completed"]);
    let given = select(vec![accept("x"), json!({ "action": "decline" }), json!({ "roots": [] }), json!(null)]);
    let troubles = select(vec![Reply::fail(), Reply::never(), Reply::status(503), Reply::status(400), Reply::json(json!({}))]);
    prop_oneof![
        8 => (any::<bool>(), ids(), prop::option::of(tasks()), methods).prop_map(|(a, b, c, d)| Act::Asks(a, b, c, d)),
        2 => ids().prop_map(Act::TakesBack),
        6 => (tasks(), states, any::<bool>()).prop_map(|(a, b, c)| Act::Is(a, b, c)),
        3 => troubles.prop_map(Act::Refuses),
        2 => any::<bool>().prop_map(Act::Ends),
        1 => Just(Act::Break),
        4 => any::<bool>().prop_map(Act::Invoke),
        4 => tasks().prop_map(Act::Result),
        6 => (1..12_u32, given).prop_map(|(a, b)| Act::Answer(a, b)),
        2 => (1..12_u32).prop_map(Act::Fail),
        2 => (tasks(), select(vec!["0", "1", "0-2", ""])).prop_map(|(a, b)| Act::Respond(a, b)),
        2 => (1..12_u32).prop_map(Act::Abandon),
        1 => tasks().prop_map(Act::Detach),
        1 => Just(Act::Complete),
    ]
}

/// Gives the call, where it is one that must end.
fn act(bench: &mut Bench, act: Act, troubles: &RefCell<Vec<Reply>>) -> Option<u32> {
    let streams = bench.all("tasks/result");
    let aside = streams.iter().rfind(|sent| bench.is_open(sent.exchange)).cloned();
    match act {
        Act::Asks(on_aside, id, task, method) => {
            let mut request = question(id, "and?");
            request["method"] = json!(method);
            let request = task.map_or(request.clone(), |task| of(task, request));
            match aside {
                Some(aside) if on_aside => say(bench, &aside, &request),
                _ if bench.stream().is_some() => bench.push(&request),
                _ => {}
            }
        }
        Act::TakesBack(id) if bench.stream().is_some() => bench.push(&cancelled(id)),
        Act::Is(id, state, is_pushed) => {
            is(bench, id, state);
            if is_pushed && bench.stream().is_some() {
                bench.push(&told(id, state));
            }
        }
        Act::Refuses(reply) => troubles.borrow_mut().push(reply),
        Act::Ends(well) => {
            if let Some(aside) = aside {
                let answer = if well { aside.result(text_result("done")) } else { aside.error(-32602, "not yet") };
                bench.reply(&aside, Reply::never().event(&answer).ends());
            }
        }
        Act::Break if bench.stream().is_some() => bench.push_bytes(Arrival::End),
        Act::Invoke(as_task) => return Some(bench.invoke(if as_task { tool_task("slow") } else { tool("plain") })),
        Act::Result(id) => return Some(bench.result(id)),
        Act::Answer(question, answer) => bench.answer(question, answer),
        Act::Fail(question) => bench.refuse(question, json!("no")),
        Act::Respond(id, key) => return Some(bench.call(|engine, call, now| engine.respond(call, id, key.into(), Node(accept("x")), now))),
        Act::Abandon(call) => bench.abandon(call),
        Act::Detach(id) => bench.tell(|engine, now| engine.detach(id, now)),
        Act::Complete if bench.stream().is_some() => {
            let params = json!({ "elicitationId": "a" });
            bench.push(&json!({ "jsonrpc": "2.0", "method": "notifications/elicitation/complete", "params": params }));
        }
        _ => {}
    }
    None
}

proptest! {
    #[test]
    fn whatever_is_asked_and_answered_nothing_hangs_and_nothing_is_left(steps in vec((acts(), 0..4_000_u64), 1..60), visits in 0..4_usize) {
        let mut bench = session_of(answering());
        let troubles = Rc::new(RefCell::new(Vec::<Reply>::new()));
        let (left, done) = (troubles.clone(), Rc::new(RefCell::new(false)));
        let (over, mut visits) = (done.clone(), visits);
        bench.server.upset(move |sent| match sent.method() {
            "answer" => left.borrow_mut().pop(),
            "tasks/result" if !*over.borrow() => Some(Reply::stream()),
            "tools/call" if visits > 0 => {
                visits -= 1;
                let mut error = sent.error(-32042, "sign in");
                error["error"]["data"] = json!({ "elicitations": [{ "mode": "url", "elicitationId": "a", "url": "https://a.example" }] });
                Some(Reply::json(error))
            }
            _ => None,
        });
        let (mut calls, mut abandoned) = (Vec::new(), Vec::new());
        for (step, wait) in steps {
            if let Act::Abandon(call) = step {
                abandoned.push(call);
            }
            calls.extend(act(&mut bench, step, &troubles));
            bench.pass(wait);
        }
        *done.borrow_mut() = true;
        troubles.borrow_mut().clear();
        bench.server.tasks.borrow_mut().all_done = Some(bench.now);
        for ask in bench.asked() {
            bench.answer(ask.question, json!({ "action": "cancel" }));
            bench.pass(30_000);
        }
        bench.pass(3_600_000);
        for ask in bench.asked() {
            bench.answer(ask.question, json!({ "action": "cancel" }));
        }
        bench.pass(3_600_000);
        calls.retain(|call| bench.is_pending(*call) && !abandoned.contains(call));
        prop_assert_eq!(calls, [0_u32; 0], "these hang");
        let sent = bench.sent.len();
        prop_assert!(sent < 20_000, "{} requests", sent);
        bench.pass(3_600_000);
        prop_assert_eq!(bench.sent.len(), sent, "nobody wants anything");
        prop_assert_eq!(bench.engine.deadline(), None);
    }
}
