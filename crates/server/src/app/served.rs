//! What a reload of the functions replaces as a whole: the model with them, the planner for it, the workers that run them. A request holds one
//! of these from its beginning to its end.

use std::sync::Arc;

use claviger_access::Grants;
use claviger_model::Model;
use claviger_query::{Options, Planner};

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
    /// The permission to do everything with this model, for code that decides what others may see.
    pub(crate) everything: Arc<Grants>,
}

impl Served {
    /// All that goes with a model.
    pub(crate) fn new(model: Arc<Model>, functions: Functions, options: Options) -> Self {
        let everything = Arc::new(Grants::administration(&model));
        Self { planner: Planner::new(Arc::clone(&model), options), model, functions, everything }
    }
}
