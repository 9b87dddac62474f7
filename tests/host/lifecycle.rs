//! The life of one task: what each status means, in the order in which we asked and heard.

use mcp_tasks::engine::{Lifecycle, Source, State, TaskStatus, Verdict};

use crate::node::Node;
use proptest::prelude::*;

use State::{Cancelled, Completed, Failed, InputRequired, Working};
use Verdict::{Changed, Confirm, Same, Stale};

const PUSH: Source = Source::Push;

/// An answer to a request that was sent after so many pushes.
const fn after(heard: u32) -> Source {
    Source::Answer { heard }
}

fn status(state: State, message: &str) -> TaskStatus<Node> {
    TaskStatus { message: (!message.is_empty()).then(|| message.into()), ..TaskStatus::new("t1", state) }
}

fn live(steps: &[(State, &str, Source)]) -> (Lifecycle<Node>, Vec<Verdict>) {
    let mut life = Lifecycle::<Node>::default();
    let verdicts = steps.iter().map(|(state, message, source)| life.observe(status(*state, message), *source)).collect();
    (life, verdicts)
}

#[test]
fn each_status_is_judged_by_what_was_asked_and_heard() {
    type Steps<'a> = &'a [(State, &'a str, Source)];
    let table: &[(&str, Steps, &[Verdict])] = &[
        ("the first is news", &[(Working, "", after(0))], &[Changed]),
        ("the first may be the last", &[(Completed, "", after(0))], &[Changed]),
        ("the same again is none", &[(Working, "", after(0)), (Working, "", after(0))], &[Changed, Same]),
        ("another message is news", &[(Working, "a", after(0)), (Working, "b", PUSH)], &[Changed, Changed]),
        ("no message says nothing about it", &[(Working, "a", after(0)), (Working, "", PUSH)], &[Changed, Same]),
        (
            "a push and the poll that tells the same",
            &[(Working, "a", after(0)), (Working, "b", PUSH), (Working, "b", after(1))],
            &[Changed, Changed, Same],
        ),
        (
            "an answer to what was asked before a push is older than it",
            &[(Working, "a", after(0)), (InputRequired, "", PUSH), (Working, "a", after(0))],
            &[Changed, Changed, Stale],
        ),
        (
            "one to what was asked after it is newer",
            &[(Working, "a", after(0)), (InputRequired, "", PUSH), (Working, "a", after(1))],
            &[Changed, Changed, Changed],
        ),
        (
            "the end is believed however early it was asked for",
            &[(Working, "", after(0)), (Working, "b", PUSH), (Completed, "", after(0))],
            &[Changed, Changed, Changed],
        ),
        ("nothing comes after completed", &[(Completed, "", PUSH), (Working, "x", after(1))], &[Changed, Stale]),
        ("nothing comes after cancelled", &[(Cancelled, "", PUSH), (Completed, "", after(1))], &[Changed, Stale]),
        ("nothing comes after failed", &[(Failed, "", after(0)), (Completed, "", PUSH)], &[Changed, Stale]),
        ("not even the same end", &[(Completed, "", PUSH), (Completed, "more", PUSH)], &[Changed, Stale]),
        (
            "a pushed failure is asked about",
            &[(Working, "", after(0)), (Failed, "Task failed", PUSH), (Failed, "the disk is full", after(1))],
            &[Changed, Confirm, Changed],
        ),
        (
            "and stands even if the server says otherwise",
            &[(Working, "", after(0)), (Failed, "Task failed", PUSH), (Working, "", after(1))],
            &[Changed, Confirm, Changed],
        ),
        (
            "pushed twice, it is asked about and told once",
            &[(Failed, "", PUSH), (Failed, "", PUSH), (Failed, "", after(1)), (Failed, "", PUSH)],
            &[Confirm, Stale, Changed, Stale],
        ),
        (
            "the answer may know of another end",
            &[(Failed, "", PUSH), (Cancelled, "", after(1)), (Failed, "", PUSH)],
            &[Confirm, Changed, Stale],
        ),
    ];
    for (why, steps, verdicts) in table {
        assert_eq!(live(steps).1, *verdicts, "{why}");
    }
}

#[test]
fn the_fuller_message_of_a_failure_is_kept() {
    for (why, steps, message) in [
        ("polled over pushed", [(Failed, "Task failed", PUSH), (Failed, "the disk is full", after(1))], "the disk is full"),
        ("pushed, where the poll says none", [(Failed, "Task failed", PUSH), (Failed, "", after(1))], "Task failed"),
        ("polled first", [(Failed, "the disk is full", after(0)), (Failed, "Task failed", PUSH)], "the disk is full"),
    ] {
        let (life, _) = live(&steps);
        assert_eq!(life.status(), Some(&status(Failed, message)), "{why}");
    }
}

#[test]
fn what_a_status_leaves_out_stays_known() {
    let mut life = Lifecycle::<Node>::default();
    let full = TaskStatus {
        message: Some("a".into()),
        created_at: Some("then".into()),
        updated_at: Some("now".into()),
        interval: Some(500.0),
        ..TaskStatus::new("t1", Working)
    };
    life.observe(full.clone(), after(0));
    life.observe(TaskStatus::new("t1", Working), PUSH);
    assert_eq!(life.status(), Some(&full));
    life.observe(TaskStatus::new("t1", Completed), PUSH);
    assert_eq!(life.status(), Some(&TaskStatus { state: Completed, message: None, ..full }), "the message was about the work");
}

#[test]
fn a_failure_that_nobody_confirms_stands_as_it_was_pushed() {
    let (mut life, _) = live(&[(Working, "", after(0)), (Failed, "Task failed", PUSH)]);
    assert_eq!(life.state(), Some(Working), "held back until then");
    assert_eq!(life.give_up_confirming(), Changed);
    assert_eq!(life.status(), Some(&status(Failed, "Task failed")));
    assert_eq!(life.give_up_confirming(), Stale);
}

#[test]
fn timestamps_prove_nothing() {
    let mut life = Lifecycle::<Node>::default();
    let at = |updated: &str, state| TaskStatus { updated_at: Some(updated.into()), ..TaskStatus::new("t1", state) };
    life.observe(at("2025-11-25T10:00:00Z", Working), after(0));
    assert_eq!(life.observe(at("2020-01-01T00:00:00+00:00", InputRequired), PUSH), Changed, "older by the server's clock");
    assert_eq!(life.observe(at("2030-01-01T00:00:00.000001Z", InputRequired), PUSH), Same, "only newer");
}

fn steps() -> impl Strategy<Value = Vec<(State, String, Source)>> {
    let state = prop::sample::select(vec![Working, Working, InputRequired, Completed, Failed, Cancelled]);
    let source = prop_oneof![Just(PUSH), (0..6_u32).prop_map(after)];
    prop::collection::vec((state, "[ab]?", source), 0..20)
}

proptest! {
    #[test]
    fn the_end_is_told_once_and_nothing_after_it(steps in steps()) {
        let mut life = Lifecycle::<Node>::default();
        let mut told: Vec<TaskStatus<Node>> = Vec::new();
        for (state, message, source) in steps {
            let was_over = life.is_over();
            let before = life.status().cloned();
            let verdict = life.observe(status(state, &message), source);
            if was_over {
                prop_assert_eq!(verdict, Stale);
            }
            let now = life.status().cloned();
            match verdict {
                Changed => told.extend(now),
                Stale | Confirm => prop_assert_eq!(before, now, "what counts for nothing changes nothing"),
                Same => prop_assert_eq!(before.map(|old| (old.state, old.message)), now.map(|new| (new.state, new.message))),
            }
        }
        prop_assert!(told.iter().rev().skip(1).all(|each| !each.state.is_terminal()));
        prop_assert_eq!(told.last().map(|last| last.state), life.state(), "the newest is always the last that was told");
        for pair in told.windows(2) {
            prop_assert!(pair[0].state != pair[1].state || pair[0].message != pair[1].message, "only changes are told");
        }
    }
}
