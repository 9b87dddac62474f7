//! Several clients of one page whose servers have the same origin: they share its connections.

use std::rc::Rc;

use mcp_tasks::engine::{Config, Crowd, MOST_BACKGROUND, MOST_CALLS, MOST_STREAMS};
use serde_json::json;

use crate::bench::{Bench, config, modern_config, tool};
use crate::modern_server::modern_capabilities;
use crate::node::Node;
use crate::served::answering;
use crate::server::{Server, all_capabilities};
use crate::wire::{Reply, Sent};

fn connected(config: Config<Node>, crowd: &Rc<Crowd>) -> Bench {
    let mut bench = Bench::new(Config { crowd: crowd.clone(), ..config }, all_capabilities());
    bench.on("GET", |_| Reply::stream());
    bench.connect();
    bench
}

/// Time passes for all of them; says what was in flight at most, as each counts it.
fn pass(benches: &mut [Bench], time: u64, count: impl Fn(&Bench) -> usize) -> usize {
    let mut most = 0;
    for _ in 0..time / 20 {
        benches.iter_mut().for_each(|bench| bench.pass(20));
        most = most.max(benches.iter().map(&count).sum());
    }
    most
}

fn open_of(bench: &Bench, method: &str) -> usize {
    bench.all(method).iter().filter(|sent| bench.is_open(sent.exchange)).count()
}

#[test]
fn their_polls_and_calls_are_counted_together_and_each_has_one() {
    let crowd = Rc::default();
    let mut benches: Vec<_> = (0..4).map(|_| connected(Config { notifications: false, ..config() }, &crowd)).collect();
    for bench in &mut benches {
        bench.server.tasks.borrow_mut().interval = Some(json!(100));
        (0..50).for_each(|_| drop(bench.watched_task()));
        bench.server.latency = 100;
    }
    pass(&mut benches, 1_000, |_| 0);
    let most = pass(&mut benches, 10_000, |bench| open_of(bench, "tasks/get"));
    assert!((MOST_BACKGROUND..=MOST_BACKGROUND + benches.len() - 1).contains(&most), "{most}");
    assert!(benches.iter().all(|bench| bench.count("tasks/get") > 50), "nobody starves");

    for bench in &mut benches {
        bench.hold("tools/call");
        for _ in 0..MOST_CALLS {
            bench.invoke(tool("never"));
        }
    }
    let most = pass(&mut benches, 100, |bench| open_of(bench, "tools/call"));
    assert_eq!(most, MOST_CALLS + benches.len() - 1);
}

#[test]
fn their_streams_leave_connections_for_what_is_to_get_through() {
    for is_wide in [false, true] {
        let crowd = Rc::new(if is_wide { Crowd::wide() } else { Crowd::default() });
        let mut benches: Vec<_> = (0..8).map(|_| connected(answering(), &crowd)).collect();
        let streams = |bench: &Bench| bench.open().count();
        let most = pass(&mut benches, 10_000, streams);
        assert_eq!(most, if is_wide { 8 } else { MOST_STREAMS - 1 });
        for gone in 0..4 {
            // The page closes one, and forgets another without a word.
            let mut bench = benches.remove(0);
            if gone % 2 == 0 {
                bench.close();
            }
            drop(bench);
            pass(&mut benches, 1_500, |_| 0);
            let open: usize = benches.iter().map(streams).sum();
            assert_eq!(open, if is_wide { benches.len() } else { MOST_STREAMS - 1 }, "another takes the place");
        }
        benches.clear();
        assert_eq!(streams(&connected(answering(), &crowd)), 1);
    }
}

#[test]
fn in_the_stateless_era_too() {
    let crowd = Rc::<Crowd>::default();
    let subscribed = || {
        let config = Config { crowd: crowd.clone(), ..modern_config() };
        let mut bench = Bench::meeting(config, Server::modern(modern_capabilities()));
        bench.connect();
        bench.watched_task();
        bench
    };
    let mut benches: Vec<_> = (0..6).map(|_| subscribed()).collect();
    let most = pass(&mut benches, 10_000, |bench| open_of(bench, "subscriptions/listen"));
    assert!(most < MOST_STREAMS, "{most}");
    benches.remove(0).close();
    pass(&mut benches, 2_000, |_| 0);
    assert_eq!(benches.iter().map(|bench| open_of(bench, "subscriptions/listen")).sum::<usize>(), MOST_STREAMS - 1);
}

/// A client with so many tasks that wait for input, each asked about on the stream of its result.
fn asking(crowd: &Rc<Crowd>, tasks: usize) -> Bench {
    let mut bench = connected(answering(), crowd);
    bench.on("tasks/result", |_: &Sent| Reply::stream());
    for _ in 0..tasks {
        let id = bench.watched_task();
        bench.server.tasks.borrow_mut().set(&id, bench.now, "input_required");
        bench.result(&id);
    }
    bench
}

#[test]
fn whose_task_asks_has_its_stream_before_long_whoever_has_the_others() {
    let crowd = Rc::default();
    let mut benches = vec![asking(&crowd, 5)];
    pass(&mut benches, 20_000, |_| 0);
    benches.push(asking(&crowd, 1));
    // For a moment, beside what is about to end.
    let most = pass(&mut benches, 30_000, |bench| bench.open().count());
    assert!(most <= MOST_STREAMS + 1, "{most}");
    assert!(
        benches[1].count("tasks/result") > 0 && benches[1].count("GET") > 0,
        "{} {}",
        benches[1].count("tasks/result"),
        benches[1].count("GET")
    );
    let call = benches[1].invoke(tool("plain"));
    benches[1].pass(0);
    benches[1].value(call);
}
