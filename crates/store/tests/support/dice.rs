//! Random values that are the same at each run.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part")]

/// Random numbers from a seed.
pub struct Dice(pub u64);

impl Dice {
    /// 64 random bits.
    pub fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.throw() % end as u64) as usize
    }

    /// One of several.
    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// A text over all of Unicode, much of it letters.
    pub fn text(&mut self) -> String {
        let length = self.below(12);
        (0..length)
            .map(|_| match self.below(6) {
                0 => char::from(b' ' + self.below(95) as u8),
                1 => char::from_u32(0xc0 + self.below(0x240) as u32).unwrap_or('x'),
                2 => char::from_u32(0x300 + self.below(0x270) as u32).unwrap_or('x'),
                3 => char::from_u32(0x1e00 + self.below(0x300) as u32).unwrap_or('x'),
                4 => self.one(&['_', '-', '9', 'ß', 'İ', 'Σ', 'ς', '中', '가', '\u{1f600}']),
                _ => char::from_u32(1 + self.below(0x11_0000) as u32).unwrap_or('y'),
            })
            .collect()
    }

    /// A double with any bits, or one that people write.
    pub fn double(&mut self) -> f64 {
        match self.below(5) {
            0 => f64::from_bits(self.throw()),
            1 => self.below(1_000_000) as f64 / 100.0 - 3000.0,
            2 => (self.throw() >> 11) as f64 / 9_007_199_254_740_992.0,
            3 => (self.throw() as f64) * 10_f64.powi(self.below(23) as i32),
            _ => (1_u64 << self.below(63)) as f64 * 2_f64.powi(self.below(60) as i32),
        }
    }
}
