//! A network that goes and comes back, and a page that sleeps and wakes.

use mcp_tasks::engine::{Code, Engine, Kind};
use serde_json::json;

use crate::bench::{Bench, invocation, tool_task};
use crate::node::Node;
use crate::server::{all_capabilities, told};
use crate::wire::{Arrival, Reply};

impl Bench {
    /// The network goes: whatever is sent fails, and what was open breaks.
    fn go_offline(&mut self) {
        self.server.upset(|_| Some(Reply::fail()));
        if self.stream().is_some() {
            self.push_bytes(Arrival::Fail(mcp_tasks::engine::Failure::Network));
        }
        self.tell(|engine, _| engine.offline());
        self.sent.clear();
    }

    fn come_back(&mut self) {
        self.server.upset(|_| None);
        self.tell(Engine::wake);
    }
}

/// Both eras, with streams.
fn benches() -> [Bench; 2] {
    [Bench::streaming(), Bench::modern()]
}

#[test]
fn without_a_network_nothing_is_tried_in_vain_and_with_it_everything_at_once() {
    for mut bench in benches() {
        let id = bench.watched_task();
        let result = bench.result(&id);
        bench.pass(10_000);
        bench.go_offline();
        bench.life(&id, &[(5_000, "completed")]);
        bench.pass(3_600_000);
        assert_eq!(bench.sent.len(), 0, "{:?}", bench.sent);
        assert_eq!(bench.engine.deadline(), None, "the page sleeps");
        let back = bench.now;
        bench.come_back();
        bench.value(result);
        assert_eq!(bench.now, back);
    }
}

#[test]
fn streams_are_opened_again_at_once() {
    for mut bench in benches() {
        bench.watched_task();
        bench.pass(10_000);
        bench.go_offline();
        bench.pass(60_000);
        bench.come_back();
        assert!(bench.stream().is_some());
    }
}

#[test]
fn what_had_failed_before_does_not_put_anything_off() {
    for mut bench in benches() {
        let id = bench.watched_task();
        bench.result(&id);
        bench.pass(1_000);
        bench.server.upset(|_| Some(Reply::fail()));
        bench.push_bytes(Arrival::Fail(mcp_tasks::engine::Failure::Network));
        bench.pass(600_000);
        bench.server.upset(|_| None);
        bench.sent.clear();
        bench.tell(Engine::wake);
        assert!(bench.count("tasks/get") == 1 && bench.stream().is_some(), "{:?}", bench.sent);
    }
}

#[test]
fn but_the_servers_own_wish_is_honoured_all_the_same() {
    for mut bench in [Bench::polling(), Bench::modern_polling()] {
        let id = bench.watched_task();
        bench.result(&id);
        bench.on("tasks/get", |_| Reply::status(503).retry_after(60_000));
        bench.pass(30_000);
        bench.sent.clear();
        bench.tell(Engine::wake);
        assert_eq!(bench.count("tasks/get"), 0);
        bench.pass(60_000);
        assert_eq!(bench.count("tasks/get"), 1);
    }
}

#[test]
fn a_caller_who_calls_without_a_network_is_tried_for() {
    for mut bench in benches() {
        bench.go_offline();
        let call = bench.invoke(tool_task("slow"));
        bench.pass(600_000);
        assert_eq!(bench.error(call).code, Code::Network);
        let reads = bench.invoke(invocation(Kind::Resource, "r://"));
        assert_eq!(bench.count("resources/read"), 1);
        bench.pass(10_000);
        assert_eq!((bench.count("resources/read"), bench.is_pending(reads)), (1, true), "what may be repeated waits for the network");
        bench.come_back();
        bench.value(reads);
    }
}

#[test]
fn and_waits_no_longer_than_for_any_answer() {
    for mut bench in benches() {
        bench.go_offline();
        let reads = bench.invoke(invocation(Kind::Resource, "r://"));
        bench.pass(59_999);
        assert!(bench.is_pending(reads));
        bench.pass(1);
        assert_eq!((bench.error(reads).code, bench.engine.deadline()), (Code::Network, None));
    }
}

#[test]
fn an_answer_given_without_a_network_is_sent_with_it() {
    let mut bench = Bench::modern_polling();
    bench.server.tasks.borrow_mut().set("t1", 0, crate::modern_server::asking(&["name"]));
    bench.tell(|engine, now| engine.follow("t1", now));
    bench.result("t1");
    bench.pass(0);
    bench.go_offline();
    bench.answer(1, json!({ "action": "accept", "content": {} }));
    bench.pass(3_600_000);
    assert_eq!(bench.count("tasks/update"), 0);
    bench.come_back();
    assert_eq!(bench.count("tasks/update"), 1);
}

#[test]
fn a_thousand_tasks_are_not_asked_about_at_the_same_instant() {
    for mut bench in [Bench::polling(), Bench::modern_polling()] {
        bench.server.tasks.borrow_mut().interval = Some(json!(300_000));
        (0..1_000).for_each(|_| {
            bench.watched_task();
        });
        bench.pass(60_000);
        bench.sent.clear();
        let woken = bench.now;
        bench.tell(Engine::wake);
        bench.pass(30_000);
        let polls = bench.all("tasks/get");
        assert!(polls.len() >= 900, "{}", polls.len());
        for second in 0..19 {
            let from = woken + second * 1_000;
            let count = polls.iter().filter(|sent| (from..from + 1_000).contains(&sent.at)).count();
            assert!((10..100).contains(&count), "{count} in second {second}");
        }
    }
}

#[test]
fn what_was_heard_just_now_is_not_asked_again() {
    let mut bench = Bench::streaming();
    let id = bench.watched_task();
    bench.pass(10_000);
    bench.push(&told(&id, "working"));
    bench.pass(900);
    bench.sent.clear();
    (0..100).for_each(|_| bench.tell(Engine::wake));
    assert_eq!(bench.sent.len(), 0, "whoever walks through their tabs floods nobody");
}

#[test]
fn a_poll_that_was_lost_with_the_connection_is_not_waited_for() {
    for mut bench in [Bench::polling(), Bench::modern_polling()] {
        let id = bench.watched_task();
        let result = bench.result(&id);
        bench.hold("tasks/get");
        bench.pass(20_000);
        bench.sent.clear();
        let tasks = bench.server.tasks.clone();
        tasks.borrow_mut().set(&id, bench.now, "completed");
        let mut server = crate::server::Server::new(all_capabilities());
        server.tasks = tasks;
        bench.on("tasks/get", |sent| Reply::json(sent.error(1, "asked again")));
        bench.tell(Engine::wake);
        assert_eq!(bench.count("tasks/get"), 1);
        assert!(bench.is_pending(result), "and its failure fails nobody");
    }
}

#[test]
fn sleep_is_survived_whatever_the_clock_says_afterwards() {
    for mut bench in benches() {
        let id = bench.watched_task();
        let result = bench.result(&id);
        bench.hold("tasks/get");
        bench.pass(20_000);
        bench.server.upset(|_| None);
        // The machine sleeps with a poll under way: the deadline passes, and nobody is there to notice.
        bench.now += 8 * 3_600_000;
        let tasks = bench.server.tasks.clone();
        tasks.borrow_mut().set(&id, bench.now, "completed");
        bench.on("tasks/get", move |sent| {
            let known = tasks.borrow().at(crate::server::id_of(sent), sent.at).expect("a task");
            Reply::json(sent.result(if sent.header("mcp-method").is_some() {
                crate::modern_server::complete(crate::modern_server::modern_task(crate::server::id_of(sent), &json!("completed"), None))
            } else {
                known
            }))
        });
        bench.tell(Engine::wake);
        bench.pass(2_000);
        assert!(bench.outcome(result).is_some_and(|outcome| outcome.is_ok()));
    }
}

#[test]
fn waking_means_nothing_to_a_client_that_is_closed_or_has_nothing_to_do() {
    for mut bench in benches() {
        bench.pass(60_000);
        bench.sent.clear();
        bench.tell(Engine::wake);
        let close = bench.close();
        bench.value(close);
        let sent = bench.sent.len();
        bench.tell(|engine, _| engine.offline());
        bench.tell(Engine::wake);
        bench.pass(60_000);
        assert_eq!((bench.sent.len(), bench.engine.deadline()), (sent, None));
    }
}

#[test]
fn every_input_is_good_at_any_time() {
    let mut bench = Bench::modern();
    let id = bench.watched_task();
    bench.tell(|engine, _| engine.offline());
    let call = bench.call(|engine, call, now| engine.update(call, &id, Node(json!({ "a": {} })), now));
    bench.tell(Engine::wake);
    bench.tell(Engine::wake);
    bench.pass(1_000);
    bench.value(call);
}

#[test]
fn when_no_task_is_left_no_alarm_is_either() {
    let mut bench = Bench::polling();
    bench.server.tasks.borrow_mut().interval = Some(serde_json::json!(300_000));
    let ids = ["t1", "t2"].map(|_| bench.watched_task());
    bench.pass(600_000);
    assert!(bench.engine.deadline().is_some());
    bench.tell(|engine, now| engine.detach(&ids[0], now));
    assert!(bench.engine.deadline().is_some());
    bench.tell(|engine, now| engine.detach(&ids[1], now));
    assert_eq!(bench.engine.deadline(), None);
}
