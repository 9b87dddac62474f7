//! Streams whose connection is gone without a word: found out by what polls tell, and only by that.

use mcp_tasks::engine::Millis;
use serde_json::json;

use crate::bench::Bench;
use crate::modern_server::{acknowledgement, modern_told};
use crate::server::told;
use crate::wire::{Arrival, Reply};

/// Both eras, with a task of which the stream has told.
fn benches() -> [(Bench, String, &'static str); 2] {
    [(Bench::streaming(), "GET"), (Bench::modern(), "subscriptions/listen")].map(|(mut bench, method)| {
        bench.server.tasks.borrow_mut().interval = Some(json!(1_000));
        let id = bench.watched_task();
        bench.pass(10_000);
        let message = if method == "GET" { told(&id, "working") } else { modern_told(&id, "working") };
        bench.push(&message);
        bench.pass(20_000);
        (bench, id, method)
    })
}

/// From now on the task changes again and again; whoever polls sees it.
fn change(bench: &mut Bench, id: &str, every: Millis, times: u64) {
    let states = ["working", "input_required"];
    let mut tasks = bench.server.tasks.borrow_mut();
    (1..=times).for_each(|time| tasks.set(id, bench.now + time * every, states[(time % 2) as usize]));
}

#[test]
fn a_stream_that_does_not_bring_what_polls_bring_is_opened_anew() {
    for (mut bench, id, method) in benches() {
        let old = bench.stream();
        change(&mut bench, &id, 100, 1);
        bench.pass(5_000 + 2_000 + 1_000);
        assert_eq!(bench.count(method), 2, "{method}");
        assert!(old.is_some_and(|old| !bench.is_open(old)) && bench.stream() > old, "{method}");
    }
}

#[test]
fn but_not_if_it_brings_anything_at_all() {
    for (mut bench, id, method) in benches() {
        change(&mut bench, &id, 10_000, 6);
        for _ in 0..60 {
            bench.pass(1_000);
            bench.push_bytes(Arrival::Bytes(b": alive\n\n".to_vec()));
        }
        assert_eq!(bench.count(method), 1, "{method}");
    }
}

#[test]
fn nor_if_nothing_has_changed() {
    for (mut bench, _, method) in benches() {
        bench.pass(3_600_000);
        assert_eq!(bench.count(method), 1, "{method}: silence is no evidence");
    }
}

#[test]
fn a_server_that_never_tells_of_tasks_owes_nothing() {
    let mut bench = Bench::streaming();
    let id = bench.watched_task();
    change(&mut bench, &id, 10_000, 30);
    bench.pass(600_000);
    assert_eq!(bench.count("GET"), 1);
}

#[test]
fn one_that_promised_to_and_does_not_is_asked_less_and_less_often() {
    let mut bench = Bench::modern();
    let id = bench.watched_task();
    bench.on("subscriptions/listen", |sent| Reply::stream().event(&acknowledgement(sent, &json!({ "taskIds": ["t1"] }))));
    bench.pass(1_000);
    change(&mut bench, &id, 6_000, 200);
    bench.pass(1_200_000);
    // Without longer and longer rests it would be a hundred.
    assert!((3..50).contains(&bench.count("subscriptions/listen")), "{}", bench.count("subscriptions/listen"));
}

#[test]
fn what_happened_before_the_stream_began_it_does_not_owe() {
    for (mut bench, id, method) in benches() {
        bench.push_bytes(Arrival::End);
        change(&mut bench, &id, 100, 1);
        bench.pass(60_000);
        assert_eq!(bench.count(method), 2, "{method}");
    }
}

#[test]
fn tasks_that_came_together_are_not_asked_about_together() {
    let mut bench = Bench::polling();
    bench.server.tasks.borrow_mut().interval = Some(json!(10_000));
    (0..100).for_each(|_| {
        bench.watched_task();
    });
    bench.pass(60_000);
    bench.sent.clear();
    bench.pass(12_500);
    let polls: Vec<_> = bench.all("tasks/get").iter().map(|sent| sent.at).collect();
    assert!(polls.len() >= 100, "{}", polls.len());
    let most = polls.iter().map(|at| polls.iter().filter(|other| (*at..*at + 250).contains(*other)).count()).max();
    assert!(most.is_some_and(|most| most < 30), "{most:?} of a hundred in a quarter of a second");
}
