//! When a task is asked about next: the rule by itself.

use mcp_tasks::engine::{CAP, FLOOR, Pace};
use proptest::prelude::*;

const CALM: Pace = Pace { since: 0, interval: None, not_before: 0, streamed: false, live: 1 };

#[test]
fn the_wait_until_the_next_poll() {
    let every = |interval: f64| Pace { interval: Some(interval), ..CALM };
    for (why, pace, age, wait) in [
        ("a new task, no interval", CALM, 0, FLOOR),
        ("a quarter of the age", CALM, 4_000, 1_000),
        ("but not for ever longer", CALM, 3_600_000, 5_000),
        ("a new task, 5 s", every(5_000.0), 0, 250),
        ("half a second old, 5 s", every(5_000.0), 500, 500),
        ("the interval is reached", every(5_000.0), 5_000, 5_000),
        ("and kept", every(5_000.0), 3_600_000, 5_000),
        ("a short interval", every(100.0), 0, FLOOR),
        ("a short interval is kept", every(100.0), 50_000, 100),
        ("0 means nothing", every(0.0), 4_000, 1_000),
        ("negative means nothing", every(-1.0), 4_000, 1_000),
        ("NaN means nothing", every(f64::NAN), 4_000, 1_000),
        ("less than a millisecond", every(0.5), 0, FLOOR),
        ("less than a millisecond is not kept up", every(0.5), 4_000, 100),
        ("a day is cut", every(86_400_000.0), 3_600_000, CAP),
        ("so is infinity", every(f64::INFINITY), 3_600_000, CAP),
        ("under a stream", Pace { streamed: true, ..CALM }, 0, 5_000),
        ("under a stream, 1 s", Pace { streamed: true, ..every(1_000.0) }, 0, 5_000),
        ("under a stream, a minute", Pace { streamed: true, ..every(60_000.0) }, 0, 60_000),
        ("one of ten", Pace { live: 10, ..every(1_000.0) }, 0, 180),
        ("one of a thousand", Pace { live: 1_000, ..every(1_000.0) }, 0, 1_000),
        ("one of a thousand, without an interval", Pace { live: 1_000, ..CALM }, 0, 5_000),
        ("one of a thousand, under a stream", Pace { live: 1_000, streamed: true, ..CALM }, 0, 19_980),
        ("one of any number, under a stream", Pace { live: 1 << 40, streamed: true, ..CALM }, 0, 30_000),
        ("a rest", Pace { not_before: 57_000, ..every(100.0) }, 50_000, 7_000),
        ("a rest that is over", Pace { not_before: 10, ..every(100.0) }, 50_000, 100),
    ] {
        assert_eq!(pace.next(age) - age, wait, "{why}");
    }
}

fn paces() -> impl Strategy<Value = Pace> {
    let interval = prop_oneof![Just(None), any::<f64>().prop_map(Some), (0.0..1e6).prop_map(Some)];
    (0..1_u64 << 40, interval, 0..1_u64 << 40, any::<bool>(), 0..2_000_usize)
        .prop_map(|(since, interval, not_before, streamed, live)| Pace { since, interval, not_before, streamed, live })
}

proptest! {
    #[test]
    fn never_sooner_than_the_floor_nor_later_than_the_cap(pace in paces(), now in 0..1_u64 << 41) {
        let next = pace.next(now);
        prop_assert!(next >= now + FLOOR);
        prop_assert!(next >= pace.not_before);
        prop_assert!(next <= (now + CAP).max(pace.not_before));
    }

    #[test]
    fn a_longer_interval_or_rest_never_hastens(pace in paces(), now in 0..1_u64 << 41, more in 0.0..1e9) {
        let rested = Pace { not_before: pace.not_before + 1, ..pace };
        prop_assert!(rested.next(now) >= pace.next(now));
        let longer = Pace { interval: pace.interval.filter(|interval| *interval > 0.0).map(|interval| interval + more), ..pace };
        prop_assert!(longer.next(now) >= pace.next(now));
    }
}
