//! Puts the made library into the database the way every write goes: parsed, planned with permissions, saved by the store.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use claviger_access::Grants;
use claviger_model::Cell;
use claviger_query::{Aggregate, Ask, Change, ComputeColumn, Field, Options, Planner, Projection, Request, Verb};
use claviger_server::app::AppState;
use claviger_store::{EntityHead, NothingHeld, Sink};
use indicatif::ProgressBar;

use super::library;

/// Entities per transaction.
const BATCH: usize = 500;
/// Time for one of them, on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Fills an empty database.
pub(super) async fn fill(state: &AppState) -> Result<()> {
    let planner = Planner::new(state.model(), Options::default());
    let grants = Grants::administration(planner.model());
    let library = library::library();
    // Shown when standard error is a terminal.
    let bar = ProgressBar::new(library.iter().map(|batch| batch.entities.len() as u64).sum());
    for batch in library {
        // Only the key is sent back: nobody looks at it.
        let key = if batch.dataclass == "Country" { "code" } else { "ID" };
        let query = format!("$method=update&$atomic=true&$attributes={key}");
        for entities in batch.entities.chunks(BATCH) {
            let ask = Ask::parse(Verb::Post, batch.dataclass, Some(&query))?;
            let request = planner.plan(&grants, &ask, Some(entities.into()))?;
            let Request::Write(Change::Save(save)) = request else { bail!("{} is not saved", batch.dataclass) };
            let saved = state.store().save(save, Arc::new(|| Nobody), Arc::new(NothingHeld), Instant::now() + PATIENCE).await?;
            if let Some(error) = saved.into_iter().find_map(|outcome| outcome.error) {
                return Err(error).with_context(|| format!("cannot make the demo's {}", batch.dataclass));
            }
            bar.inc(entities.len() as u64);
        }
    }
    bar.finish_and_clear();
    Ok(())
}

/// Nobody reads the answers.
struct Nobody;

impl Sink for Nobody {
    fn reset(&mut self) {}
    fn page(&mut self, _: &Projection, _: u64, _: u64) {}
    fn page_end(&mut self, _: u64) {}
    fn entity(&mut self, _: &Projection, _: EntityHead<'_>) {}
    fn missing(&mut self, _: &Projection) {}
    fn entity_end(&mut self) {}
    fn cell(&mut self, _: &Field, _: Cell<'_>) {}
    fn list(&mut self, _: &Field, _: &[Cell<'_>]) {}
    fn deferred_one(&mut self, _: &Field, _: Option<&[Cell<'_>]>) {}
    fn deferred_many(&mut self, _: &Field) {}
    fn one(&mut self, _: &Field, _: &Projection, _: Option<EntityHead<'_>>) {}
    fn many(&mut self, _: &Field, _: &Projection, _: u64) {}
    fn many_end(&mut self, _: u64) {}
    fn aggregate(&mut self, _: &ComputeColumn, _: Aggregate, _: Cell<'_>) {}
    fn distinct(&mut self, _: Cell<'_>) {}
    fn media(&mut self, _: Option<&[u8]>) {}
    fn explained(&mut self, _: &[u64]) {}
}
