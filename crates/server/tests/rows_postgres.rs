//! The checklist of the dialect once more, on PostgreSQL: the same tests.

#[path = "rows/main.rs"]
mod postgres;

use postgres::{answer, client, database, functions, library, media, sets, template};
