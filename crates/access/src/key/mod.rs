//! API keys: record, state, rules of creation and edit (`api-keys.md` 4, 5, 8.1).

pub mod dates;
mod draft;
mod record;
mod text;

pub use dates::{ceiling, day_of, expires_soon, is_expired, parse_date, parse_duration, parse_expires, parse_overlap};
pub use draft::{FieldError, KeyDraft, KeyEdit, KeyProperties, KeyRules, MAX_DESCRIPTION};
pub use record::{KeyId, KeyRecord, KeyState, KeyType};
