//! Waits after failures: by chance, within bounds that grow.

use mcp_tasks::engine::{Dice, Millis};
use proptest::prelude::*;

/// The bound of the wait after so many failures in a row.
fn most(failures: usize) -> Millis {
    (500 << (failures - 1).min(16)).min(30_000)
}

/// Are these the waits after the first failures, one after another?
pub fn are_backoffs(waits: &[Millis]) -> bool {
    waits.iter().zip(1..).all(|(wait, failures)| (100..=most(failures)).contains(wait))
}

/// The same for streams that are opened again, where the server does not say when; in ten minutes they grow few.
pub fn are_reopenings(waits: &[Millis]) -> bool {
    waits.len() < 60 && waits.iter().enumerate().all(|(before, wait)| (500..=(1_000 << before.min(16)).min(60_000)).contains(wait))
}

proptest! {
    #[test]
    fn every_wait_is_within_its_bounds(seed: u64, failures in 1..100_usize) {
        let mut dice = Dice::new(seed);
        for _ in 0..100 {
            let wait = dice.backoff(failures as u32);
            prop_assert!((100..=most(failures)).contains(&wait), "{wait}");
        }
        prop_assert_eq!(dice.between(7, 7), 7);
    }
}

#[test]
fn waits_are_spread_over_the_whole_range_and_differ_from_client_to_client() {
    let mut tenths = [0; 10];
    for seed in 0..1_000 {
        let wait = Dice::new(seed).backoff(6);
        tenths[((wait - 100) * 10 / (16_000 - 100 + 1)) as usize] += 1;
    }
    assert!(tenths.iter().all(|count| (60..140).contains(count)), "{tenths:?}");
}
