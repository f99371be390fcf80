//! How long requests took: counts in buckets that are never wider than an eighth of their value, so that percentiles of many minutes
//! can be computed from sums.

/// Bits of a value that tell buckets of one power of two apart.
const SUB_BITS: u32 = 3;
const SUB: u64 = 1 << SUB_BITS;
/// Values from 2^27 µs (134 s) on share the last bucket.
const LAST: u8 = ((27 - SUB_BITS) as u8 + 1) * SUB as u8;

/// Counts by bucket, those that are not zero.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Latency {
    /// Bucket and count, by bucket.
    counts: Vec<(u8, u64)>,
}

/// The bucket of a value: small values have their own, larger ones eight for each power of two.
fn bucket(micros: u64) -> u8 {
    if micros < SUB {
        return micros as u8;
    }
    let shift = micros.ilog2() - SUB_BITS;
    let number = u64::from(shift + 1) * SUB + ((micros >> shift) & (SUB - 1));
    number.min(u64::from(LAST)) as u8
}

/// The smallest value of a bucket, and how many values it has.
fn bounds(bucket: u8) -> (u64, u64) {
    let number = u64::from(bucket);
    if number < SUB {
        return (number, 1);
    }
    let shift = number / SUB - 1;
    ((SUB + number % SUB) << shift, 1 << shift)
}

impl Latency {
    /// Counts one request.
    pub fn add(&mut self, micros: u64) {
        self.add_to(bucket(micros), 1);
    }

    fn add_to(&mut self, bucket: u8, count: u64) {
        match self.counts.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
            Ok(at) => self.counts[at].1 += count,
            Err(at) => self.counts.insert(at, (bucket, count)),
        }
    }

    /// Adds all counts of another.
    pub fn merge(&mut self, other: &Self) {
        for (bucket, count) in &other.counts {
            self.add_to(*bucket, *count);
        }
    }

    /// How many were counted.
    pub fn len(&self) -> u64 {
        self.counts.iter().map(|(_, count)| count).sum()
    }

    /// True when nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// So many microseconds took at most `percent` of a hundred; `None` when nothing was counted. Within a bucket, values are taken to lie
    /// evenly, so the result is off by less than an eighth.
    pub fn percentile(&self, percent: u64) -> Option<u64> {
        let rank = (self.len() * percent).div_ceil(100).max(1);
        let mut before = 0;
        for (bucket, count) in &self.counts {
            if before + count >= rank {
                let (lower, width) = bounds(*bucket);
                return Some(lower + width * (2 * (rank - before) - 1) / (2 * count));
            }
            before += count;
        }
        None
    }

    /// As it is stored: for each bucket its distance from the one before, then its count, both as variable length numbers.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.counts.len() * 3);
        let mut last = 0;
        for (bucket, count) in &self.counts {
            push_number(&mut bytes, u64::from(bucket - last));
            push_number(&mut bytes, *count);
            last = *bucket;
        }
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote; what is damaged is left out: these are statistics.
    pub(super) fn from_bytes(mut bytes: &[u8]) -> Self {
        let mut latency = Self::default();
        let mut last = 0;
        while let (Some(gap), Some(count)) = (take_number(&mut bytes), take_number(&mut bytes)) {
            last += gap;
            if last > u64::from(LAST) || count == 0 {
                break;
            }
            latency.add_to(last as u8, count);
        }
        latency
    }
}

fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..56).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_each_other_without_gap() {
        let mut expected = 0;
        for bucket in 0..=LAST {
            let (lower, width) = bounds(bucket);
            assert_eq!(lower, expected, "{bucket}");
            assert!(width == 1 || width * 8 <= lower, "{bucket}");
            assert_eq!((super::bucket(lower), super::bucket(lower + width - 1)), (bucket, bucket));
            expected = lower + width;
        }
        assert_eq!(bounds(LAST).0, 1 << 27);
        assert_eq!(super::bucket(u64::MAX), LAST);
    }

    #[test]
    fn percentiles_are_those_of_the_values() {
        let mut latency = Latency::default();
        assert_eq!(latency.percentile(50), None);
        latency.add(6);
        assert_eq!((latency.percentile(50), latency.percentile(99)), (Some(6), Some(6)));
        let mut many = Latency::default();
        (1..=1000).for_each(|micros| many.add(micros));
        // Exact: 500 and 990.
        assert_eq!((many.percentile(50), many.percentile(99), many.len()), (Some(500), Some(1007), 1000));
        many.merge(&latency);
        assert_eq!(many.len(), 1001);
    }

    #[test]
    fn bytes_lead_back() {
        let mut latency = Latency::default();
        for micros in [0, 3, 90, 90, 5_000, 70_000_000, u64::MAX] {
            latency.add(micros);
        }
        latency.add_to(7, 1 << 40);
        let bytes = latency.to_bytes();
        assert_eq!(Latency::from_bytes(&bytes), latency);
        assert_eq!(Latency::from_bytes(&[]), Latency::default());
        // Damaged bytes give fewer counts and no panic.
        assert_eq!(Latency::from_bytes(&[200, 200, 200]), Latency::default());
        assert_eq!(Latency::from_bytes(&[5, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]).len(), 1);
    }
}
