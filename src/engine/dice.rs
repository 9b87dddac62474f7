//! Chance: all that hangs on it is that clients whose server was away do not come back in step.

use super::time::Millis;

/// A repeated request comes no sooner than this after the failure.
const LEAST: Millis = 100;
/// The longest first wait after a failure; it doubles with each further one up to [`MOST`].
const FIRST: Millis = 500;
const MOST: Millis = 30_000;

/// SplitMix64: every seed is a good one.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A wait of this range, both ends included.
    pub fn between(&mut self, least: Millis, most: Millis) -> Millis {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        least + (mixed ^ (mixed >> 31)) % (most.saturating_sub(least) + 1)
    }

    /// The wait after so many failures in a row: any up to a bound that doubles ("full jitter").
    pub fn backoff(&mut self, failures: u32) -> Millis {
        self.between(LEAST, (FIRST << failures.saturating_sub(1).min(16)).min(MOST))
    }
}
