//! When a task is polled, and how long it lives: both may change over its life.

use serde_json::json;

use super::super::check::check;
use super::super::client::{Act, text};
use super::super::life::{created, done, told};
use super::super::server::script;
use super::super::{Scenario, steps};
use super::scenario;

/// The interval of the first polls, and of those after them, in milliseconds.
const QUICK: u64 = 100;
const SLOW: u64 = 400;
const QUICK_POLLS: usize = 10;
const SLOW_POLLS: usize = 4;

pub const CHANGING: Scenario = scenario(
    "modern-pace",
    || {
        let mut polls = Vec::<u64>::new();
        script(move |request, ledger| match request.method() {
            "tools/call" => Some(created(request)),
            "tasks/get" => {
                let wanted = if polls.len() > QUICK_POLLS { SLOW } else { QUICK };
                let check = if wanted == SLOW { "interval-may-change" } else { "interval-is-kept" };
                // At its first poll the client knew of the task.
                let since = polls.first().copied().unwrap_or(request.at);
                if let Some(last) = polls.last().filter(|last| **last >= since + wanted) {
                    // Both instants are cut to whole milliseconds.
                    ledger.demand(check, request.at - last + 1 >= wanted, (&polls, request.at));
                }
                polls.push(request.at);
                Some(match polls.len() {
                    count if count <= QUICK_POLLS => told(request, "working", json!({ "pollIntervalMs": QUICK })),
                    count if count <= QUICK_POLLS + SLOW_POLLS => {
                        told(request, "working", json!({ "pollIntervalMs": SLOW, "ttlMs": 3_600_000, "statusMessage": "longer" }))
                    }
                    _ => done(request, "done"),
                })
            }
            _ => None,
        })
    },
    |client| {
        steps(async move {
            let id = client.task("slow").await;
            let result = client.done(Act::Result(id.clone())).await;
            client.demand("slow-is-no-end", text(&result) == "done", result);
            let statuses = client.statuses(&id);
            let longer = statuses.iter().find(|status| status["statusMessage"] == "longer").cloned().unwrap_or_default();
            client.demand("ttl-may-change", longer["ttlMs"] == 3_600_000 && longer["pollIntervalMs"] == SLOW, longer);
        })
    },
    &[
        check("interval-is-kept", "a task that is older than its interval is not polled more often", "Tasks, Task Polling"),
        check("interval-may-change", "an interval that the server changes is kept from then on", "Tasks, Task Polling"),
        check("ttl-may-change", "a changed lifetime and interval are told", "Tasks, Task Polling, Response"),
        check("slow-is-no-end", "the task is polled to its end at either interval", "Tasks, Task Polling"),
    ],
);
