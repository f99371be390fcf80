//! Stand-ins until the model's own modules are there.
pub mod text {
    use std::borrow::Cow;
    pub fn fold(text: &str) -> Cow<'_, str> {
        Cow::Owned(text.to_lowercase())
    }
    pub fn contains_words(text: &str, words: &str) -> bool {
        text.split(' ').any(|word| word == words)
    }
    pub fn matches(parts: &[String], text: &str) -> bool {
        let mut rest = text;
        for (i, p) in parts.iter().enumerate() {
            if i == 0 {
                let Some(r) = rest.strip_prefix(p.as_str()) else { return false };
                rest = r;
            } else if i == parts.len() - 1 {
                return rest.ends_with(p.as_str());
            } else {
                let Some(at) = rest.find(p.as_str()) else { return false };
                rest = &rest[at + p.len()..];
            }
        }
        true
    }
}
pub mod decimal {
    use bigdecimal::{BigDecimal, Zero};
    pub fn canonical(x: &BigDecimal) -> String {
        x.normalized().to_plain_string()
    }
    pub fn parse(x: &str) -> Option<BigDecimal> {
        x.parse().ok()
    }
    pub fn from_f64(x: f64) -> Option<BigDecimal> {
        if !x.is_finite() {
            return None;
        }
        format!("{x}").parse().ok()
    }
    pub fn sort_key(x: &BigDecimal) -> Vec<u8> {
        let f: f64 = x.to_string().parse().unwrap_or(0.0);
        let b = if x.is_zero() { 0 } else { f.to_bits() };
        let b = if f < 0.0 { !b } else { b ^ (1 << 63) };
        b.to_be_bytes().to_vec()
    }
    pub fn average(sum: &BigDecimal, n: u64) -> Option<BigDecimal> {
        Some((sum / BigDecimal::from(n)).with_scale(10))
    }
}
