//! Would this request be allowed, by which rule, and what is left out of the answer (`roles-privileges.md` 10). The command line and the
//! management API ask here; the answer comes from the gate's own decision, the dialect's own parser and its own planner, and stops where the
//! store would be asked.

mod rule;

pub use rule::{Explanation, Rule};
