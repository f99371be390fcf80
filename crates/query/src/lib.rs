//! The dialect's languages and the planner: what was typed ([`Ask`]) becomes what it means ([`Plan`], [`Change`]).
//!
//! Pure: no I/O, no HTTP, no SQL. `Plan` and `Change` can only be made here, with permissions asked for every attribute
//! read, filtered, sorted, aggregated or written: the type is the proof.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod ask;
pub mod asked;
pub mod call;
pub mod change;
pub mod computed;
pub mod directory;
pub mod error;
mod extended;
mod filter;
#[doc(hidden)]
pub mod fuzz;
pub mod info;
pub mod keys;
mod later;
pub mod media;
pub mod need;
pub mod plan;
pub mod planner;
pub mod predicate;
pub mod projection;
pub mod redact;
pub mod restriction;
pub mod set;
mod url;

pub use ask::{Ask, Body, Catalog, CatalogClass, CatalogFunction, Options, Request, Verb};
pub use asked::{Asked, Bearing};
pub use call::{Call, Receiver};
pub use change::{Assign, Change, Computed, Delete, Lock, Reach, Save, SaveItem, Trial};
pub use computed::ComputedValues;
pub use directory::Directory;
pub use error::{Denied, Error, ErrorItem, ErrorKind};
pub use info::Info;
pub use keys::{Combined, KeyList, KeyRef, SetOperator};
pub use media::{ImageFormat, Media, MediaForm, MediaKind, NoBytes, Source as ByteSource, Upload};
pub use need::{Answers, InPlace, Need, Planned};
pub use plan::{Aggregate, Base, ComputeColumn, Explain, ExplainDetail, ExplainNode, Order, Outcome, PageForm, Plan, Selection};
pub use planner::{Planner, Revision, Said, Select, SelectFrom};
pub use predicate::{Comparison, Operand, Pattern, Predicate, Scope, ScopeId, Scopes, Source};
pub use projection::{Field, Output, Projection};
pub use restriction::{Restrictions, Seen};
pub use set::{Combine, Keep, OverSet, Release};
