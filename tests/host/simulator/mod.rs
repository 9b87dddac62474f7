//! Random servers of both eras, behind a random network, with random callers: whatever happens, every task has the outcome that it
//! really had, and nothing is left.
//!
//! A world comes out of one number. When a law is broken, the panic names it: `npm run simulate -- --seed …` lives that world alone, and
//! tells all that happens in it.
//!
//! | file | noun |
//! |---|---|
//! | `chance`, `plan` | what is random, and what kind of world comes of it |
//! | `truth`, `peer`, `sessions`, `stateless` | the server: its tasks as they really are, and what it answers in each era |
//! | `network`, `trouble` | what is on its way between the two, and what befalls it |
//! | `caller` | the page |
//! | `laws` | what must be true |
//! | `world` | all of them, with one clock |

mod caller;
mod chance;
mod laws;
mod network;
mod peer;
mod plan;
mod sessions;
mod stateless;
mod trouble;
mod truth;
mod world;

use std::io::{Write, stderr};
use std::panic::catch_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use world::World;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// The first worlds in which a law was broken, and how.
type Broken = Mutex<Vec<(u64, String)>>;

/// So many broken worlds are enough to see what is wrong.
const ENOUGH: usize = 5;

fn live(seed: u64, broken: &Broken) -> usize {
    match catch_unwind(|| World::new(seed, false).live()) {
        Ok(lived) => lived,
        Err(panic) => {
            let said = panic.downcast::<String>().map_or_else(|_| "a panic".into(), |said| *said);
            broken.lock().expect("nobody panics with it").push((seed, said));
            0
        }
    }
}

#[test]
fn whatever_happens_every_task_has_the_outcome_that_it_had() {
    if let Some(seed) = number("SIMULATE_SEED") {
        World::new(seed, true).live();
        return;
    }
    let lifecycles = number("SIMULATE_LIFECYCLES").unwrap_or(20_000) as usize;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let first = number("SIMULATE_FROM").unwrap_or(0);
    let (next, lived, broken) = (AtomicU64::new(first), AtomicUsize::new(0), Broken::default());
    let is_enough = || broken.lock().is_ok_and(|broken| broken.len() >= ENOUGH);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while lived.load(Ordering::Relaxed) < lifecycles && !is_enough() {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    lived.fetch_add(live(seed, &broken), Ordering::Relaxed);
                }
            });
        }
    });
    let (lived, seconds) = (lived.into_inner(), begun.elapsed().as_secs_f64());
    // Past the harness, which shows what a test prints only when it fails.
    let _ = writeln!(stderr(), "{lived} lifecycles in {} worlds, {:.0} a second", next.into_inner() - first, lived as f64 / seconds);
    let broken = broken.into_inner().unwrap_or_default();
    assert!(broken.is_empty(), "SIMULATE_SEED is the first of each: {broken:#?}");
}
