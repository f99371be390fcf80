//! What a reload of the functions replaces as a whole: the model with them, the planner for it, the workers that run them. A request holds one
//! of these from its beginning to its end.

use std::sync::Arc;

use claviger_model::Model;
use claviger_query::Planner;

use crate::functions::Functions;

/// A model and everything that goes with it.
#[derive(Debug)]
pub(crate) struct Served {
    /// That of the store, with the functions.
    pub(crate) model: Arc<Model>,
    /// Plans requests.
    pub(crate) planner: Planner,
    /// Runs functions.
    pub(crate) functions: Functions,
}
