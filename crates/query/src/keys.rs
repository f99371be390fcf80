//! The keys of an entity set: a list in an order, as compact as keys can be (`rest-dialect.md` 11.1).

use std::hash::Hash;
use std::ops::Range;

use rustc_hash::FxHashSet;

/// Keys of entities of one dataclass, in order, each once. What identifies a row, and how it is encoded, is the store's business.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyList(Keys);

#[derive(Clone, PartialEq, Eq, Debug)]
enum Keys {
    /// Whole numbers: eight bytes each.
    Whole(Box<[i64]>),
    /// Anything else: the bytes of all keys, one after the other, and where each ends.
    Encoded { bytes: Box<[u8]>, ends: Box<[u32]> },
}

/// One key of a list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum KeyRef<'a> {
    /// A row number, or a key that is one whole number.
    Whole(i64),
    /// As the store encoded it.
    Encoded(&'a [u8]),
}

/// How two sets are combined (11.6).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SetOperator {
    /// Entities in both.
    And,
    /// Entities in either.
    Or,
    /// Entities in the first but not in the second.
    Except,
    /// Whether they share one.
    Intersect,
}

/// What comes of two sets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Combined {
    /// In the order of the first; behind it, for `OR`, the rest of the second.
    Keys(KeyList),
    /// `INTERSECT`
    Shared(bool),
}

impl KeyList {
    /// A list of whole numbers.
    pub fn whole(keys: Vec<i64>) -> Self {
        Self(Keys::Whole(keys.into_boxed_slice()))
    }

    /// A list of encoded keys: their bytes, and where in them each key ends, ascending up to the end.
    pub fn encoded(bytes: Vec<u8>, ends: Vec<u32>) -> Self {
        debug_assert_eq!(ends.last().map_or(0, |end| *end as usize), bytes.len());
        Self(Keys::Encoded { bytes: bytes.into_boxed_slice(), ends: ends.into_boxed_slice() })
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        match &self.0 {
            Keys::Whole(keys) => keys.len(),
            Keys::Encoded { ends, .. } => ends.len(),
        }
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory that it holds.
    pub fn held_bytes(&self) -> usize {
        size_of::<Self>()
            + match &self.0 {
                Keys::Whole(keys) => size_of_val::<[i64]>(keys),
                Keys::Encoded { bytes, ends } => bytes.len() + size_of_val::<[u32]>(ends),
            }
    }

    /// The key at a place.
    pub fn get(&self, at: usize) -> Option<KeyRef<'_>> {
        match &self.0 {
            Keys::Whole(keys) => keys.get(at).copied().map(KeyRef::Whole),
            Keys::Encoded { bytes, ends } => {
                let end = *ends.get(at)? as usize;
                let start = at.checked_sub(1).map_or(0, |before| ends[before] as usize);
                bytes.get(start..end).map(KeyRef::Encoded)
            }
        }
    }

    /// The keys from a place on, so many at most; places past the end give none.
    pub fn slice(&self, skip: u64, top: u64) -> impl Iterator<Item = KeyRef<'_>> {
        self.places(skip, top).filter_map(|at| self.get(at))
    }

    /// All keys.
    pub fn iter(&self) -> impl Iterator<Item = KeyRef<'_>> {
        self.slice(0, u64::MAX)
    }

    fn places(&self, skip: u64, top: u64) -> Range<usize> {
        let most = self.len();
        let start = usize::try_from(skip).unwrap_or(most).min(most);
        let end = start.saturating_add(usize::try_from(top).unwrap_or(most)).min(most);
        start..end
    }

    /// This list and another of the same dataclass (11.6).
    pub fn combine(&self, operator: SetOperator, other: &Self) -> Combined {
        match (&self.0, &other.0) {
            (Keys::Whole(first), Keys::Whole(second)) => {
                let (first, second) = (|| first.iter().copied(), || second.iter().copied());
                shared_or(operator, first, second, |keys| Self::whole(keys.collect()))
            }
            _ => shared_or(operator, || self.iter(), || other.iter(), |keys| Self::of(keys)),
        }
    }

    /// A list of such keys; all are of one kind, because a dataclass has one.
    fn of<'a>(keys: impl Iterator<Item = KeyRef<'a>>) -> Self {
        let (mut whole, mut bytes, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        for key in keys {
            match key {
                KeyRef::Whole(number) => whole.push(number),
                KeyRef::Encoded(key) => {
                    bytes.extend_from_slice(key);
                    ends.push(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
                }
            }
        }
        if ends.is_empty() { Self::whole(whole) } else { Self::encoded(bytes, ends) }
    }
}

/// `first` and `second` make their keys anew each time they are called.
fn shared_or<K, A, B>(
    operator: SetOperator,
    first: impl Fn() -> A,
    second: impl Fn() -> B,
    list: impl Fn(&mut dyn Iterator<Item = K>) -> KeyList,
) -> Combined
where
    K: Eq + Hash + Copy,
    A: Iterator<Item = K>,
    B: Iterator<Item = K>,
{
    Combined::Keys(match operator {
        SetOperator::And => {
            let there: FxHashSet<K> = second().collect();
            list(&mut first().filter(|key| there.contains(key)))
        }
        SetOperator::Except => {
            let there: FxHashSet<K> = second().collect();
            list(&mut first().filter(|key| !there.contains(key)))
        }
        SetOperator::Or => {
            let there: FxHashSet<K> = first().collect();
            list(&mut first().chain(second().filter(|key| !there.contains(key))))
        }
        SetOperator::Intersect => {
            let there: FxHashSet<K> = second().collect();
            return Combined::Shared(first().any(|key| there.contains(&key)));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(keys: &[&str]) -> KeyList {
        KeyList::of(keys.iter().map(|key| KeyRef::Encoded(key.as_bytes())))
    }

    fn combined(first: &KeyList, operator: SetOperator, second: &KeyList) -> KeyList {
        match first.combine(operator, second) {
            Combined::Keys(keys) => keys,
            Combined::Shared(_) => panic!("a list was expected"),
        }
    }

    #[test]
    fn whole_numbers_cost_eight_bytes_each() {
        let list = KeyList::whole((0..1_000_000).collect());
        assert!(list.held_bytes() <= 8_000_064, "{}", list.held_bytes());
    }

    #[test]
    fn slices_keep_the_order_and_end_at_the_end() {
        let list = KeyList::whole(vec![5, 3, 9]);
        let slice = |skip, top| list.slice(skip, top).collect::<Vec<_>>();
        assert_eq!(slice(1, 1), [KeyRef::Whole(3)]);
        assert_eq!(slice(2, u64::MAX), [KeyRef::Whole(9)]);
        assert_eq!(slice(u64::MAX, 5), []);
        assert_eq!(slice(0, 0), []);
        let list = texts(&["b", "", "ccc"]);
        assert_eq!(list.iter().collect::<Vec<_>>(), [KeyRef::Encoded(b"b"), KeyRef::Encoded(b""), KeyRef::Encoded(b"ccc")]);
        assert_eq!(list.slice(2, 9).collect::<Vec<_>>(), [KeyRef::Encoded(b"ccc")]);
    }

    #[test]
    fn combinations_keep_the_order_of_the_first() {
        let (first, second) = (KeyList::whole(vec![4, 2, 7, 1]), KeyList::whole(vec![1, 9, 4]));
        assert_eq!(combined(&first, SetOperator::And, &second), KeyList::whole(vec![4, 1]));
        assert_eq!(combined(&first, SetOperator::Or, &second), KeyList::whole(vec![4, 2, 7, 1, 9]));
        assert_eq!(combined(&first, SetOperator::Except, &second), KeyList::whole(vec![2, 7]));
        assert_eq!(first.combine(SetOperator::Intersect, &second), Combined::Shared(true));
        assert_eq!(first.combine(SetOperator::Intersect, &KeyList::whole(vec![3])), Combined::Shared(false));
        let (first, second) = (texts(&["FR", "PT", "DE"]), texts(&["DE", "IT", "FR"]));
        assert_eq!(combined(&first, SetOperator::And, &second), texts(&["FR", "DE"]));
        assert_eq!(combined(&first, SetOperator::Or, &second), texts(&["FR", "PT", "DE", "IT"]));
        assert_eq!(combined(&first, SetOperator::Except, &second), texts(&["PT"]));
        // A list without keys has no kind.
        assert_eq!(combined(&first, SetOperator::And, &texts(&[])).len(), 0);
        assert_eq!(combined(&texts(&[]), SetOperator::Or, &first), first);
    }
}
