//! Values on their way into a statement, in the form in which the product stores them; each engine gives them its own types.

/// A value bound to a parameter.
#[derive(Clone, PartialEq, Debug)]
pub enum Bind {
    /// No value.
    Null,
    /// A whole number; truth values are 0 and 1, instants and durations milliseconds.
    Integer(i64),
    /// A double.
    Real(f64),
    /// Text; dates are `YYYY-MM-DD`, decimals their digits, objects their JSON.
    Text(String),
    /// Bytes; a UUID is 16 of them.
    Blob(Vec<u8>),
}
