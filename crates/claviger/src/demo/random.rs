//! A small repeatable generator of numbers: the same seed makes the same library on every machine.

/// SplitMix64: good enough to make data look real, and eight bytes of state.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A whole number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = (high - low + 1).unsigned_abs();
        low + (self.next() % span) as i64
    }

    /// A number of `0..count` in which small ones are more frequent, as with best sellers and busy readers.
    pub(super) fn favourite(&mut self, count: usize) -> usize {
        let unit = self.next() as f64 / u64::MAX as f64;
        ((unit * unit * count as f64) as usize).min(count - 1)
    }

    /// One of them.
    pub(super) fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.between(0, of.len() as i64 - 1) as usize]
    }

    /// Some of them, each once, in their order.
    pub(super) fn some<'a>(&mut self, of: &[&'a str], at_most: i64) -> Vec<&'a str> {
        let wanted = self.between(1, at_most);
        let start = self.between(0, of.len() as i64 - 1) as usize;
        let mut taken: Vec<&str> = Vec::new();
        for step in 0..wanted as usize {
            let word = of[(start + step * 3) % of.len()];
            if !taken.contains(&word) {
                taken.push(word);
            }
        }
        taken
    }

    /// True so many times in a hundred.
    pub(super) fn percent(&mut self, chance: i64) -> bool {
        self.between(1, 100) <= chance
    }

    /// 32 upper-case hexadecimal digits of a version 4 UUID.
    pub(super) fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        let high = (high & 0xFFFF_FFFF_FFFF_0FFF) | 0x4000;
        let low = (low & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000;
        format!("{high:016X}{low:016X}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let series = |seed| (0..5).map(|_| 0).scan(Random::new(seed), |random, _: i32| Some(random.between(0, 999))).collect::<Vec<_>>();
        assert_eq!(series(7), series(7));
        assert_ne!(series(7), series(8));
    }

    #[test]
    fn numbers_stay_in_their_range() {
        let mut random = Random::new(1);
        for _ in 0..1000 {
            assert!((3..=5).contains(&random.between(3, 5)));
            assert!(random.favourite(4) < 4);
        }
    }
}
