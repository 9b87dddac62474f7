//! All that is random in a world, out of its seed: the same seed is the same world.

/// SplitMix64: small, fast, and good enough to roll dice with.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// One of so many, from 0 on.
    pub fn below(&mut self, count: u64) -> u64 {
        self.roll() % count.max(1)
    }

    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }

    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    /// A time of that order of magnitude: mostly shorter, seldom much longer.
    pub fn around(&mut self, usual: u64) -> u64 {
        match self.below(10) {
            0 => 0,
            1..=6 => self.below(usual + 1),
            7..=8 => self.below(2 * usual + 1),
            _ => self.below(8 * usual + 1),
        }
    }
}
