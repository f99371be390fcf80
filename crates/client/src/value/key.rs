//! Keys of entities.

/// The key of an entity: a number, a text, or the text of `__KEY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key(pub(crate) String);

macro_rules! into_key {
    ($($type:ty),*) => {$(
        impl From<$type> for Key {
            fn from(key: $type) -> Self { Self(key.to_string()) }
        }
    )*};
}

into_key!(&str, String, &String, i16, i32, i64, u16, u32, u64, usize);

impl Key {
    /// As text, like `__KEY`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&Key> for Key {
    fn from(key: &Key) -> Self {
        key.clone()
    }
}
