//! Going through a selection.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::Result;
use crate::entity::Entity;
use crate::error::Error;
use crate::row::Row;

use super::Selection;
use super::kept::Rows;

/// All entities of a selection, in memory.
pub type Entities = std::vec::IntoIter<Entity>;

/// Goes through a selection. One page is read ahead once half of the one before is used.
pub struct Cursor {
    selection: Selection,
    index: usize,
    page: Option<(usize, Rows)>,
    ahead: VecDeque<(usize, JoinHandle<Result<Rows>>)>,
}

impl Cursor {
    pub(crate) fn new(selection: Selection) -> Self {
        Self { selection, index: 0, page: None, ahead: VecDeque::new() }
    }

    /// Begins at a place, from 0.
    pub fn starting_at(mut self, index: usize) -> Self {
        self.index = index;
        self
    }

    /// The rest of the page that it stands on, as rows; none at the end. The next page is on its way then. For callers that want no objects; a page
    /// of which everything was deleted meanwhile is empty.
    pub async fn next_rows(&mut self) -> Result<Option<Vec<Row>>> {
        let size = self.selection.inner.shape.page_size;
        if self.index >= self.selection.len() {
            return Ok(None);
        }
        let (page, place) = (self.index / size, self.index % size);
        let rows = self.rows(page).await?;
        self.index = (page + 1) * size;
        if self.index < self.selection.len() {
            self.read_ahead(page + 1);
        }
        Ok(Some(rows.get(place..).unwrap_or_default().iter().filter(|row| !row.is_gap()).map(|row| (**row).clone()).collect()))
    }

    /// The next entity; none at the end. What was deleted meanwhile is passed over.
    pub async fn next(&mut self) -> Result<Option<Entity>> {
        let size = self.selection.inner.shape.page_size;
        while self.index < self.selection.len() {
            let (page, place) = (self.index / size, self.index % size);
            let rows = self.rows(page).await?;
            if place >= size / 2 && (page + 1) * size < self.selection.len() && self.ahead.is_empty() {
                self.read_ahead(page + 1);
            }
            let Some(row) = rows.get(place) else { break };
            let index = self.index;
            self.index += 1;
            if !row.is_gap() {
                return Ok(Some(self.selection.entity(Arc::clone(row), index)));
            }
        }
        Ok(None)
    }

    async fn rows(&mut self, page: usize) -> Result<Rows> {
        if let Some((at, rows)) = &self.page
            && *at == page
        {
            return Ok(Arc::clone(rows));
        }
        let mut ready = None;
        while let Some((at, task)) = self.ahead.pop_front() {
            let done = task.await.map_err(|error| Error::Misuse(format!("Reading ahead ended: {error}.")))?;
            if at == page {
                ready = match done {
                    // Told when it is asked for again.
                    Err(Error::SessionLost { .. }) => None,
                    done => Some(done?),
                };
            }
        }
        let rows = match ready {
            Some(rows) => rows,
            None => self.selection.inner.page(page).await?,
        };
        self.page = Some((page, Arc::clone(&rows)));
        Ok(rows)
    }

    fn read_ahead(&mut self, page: usize) {
        let inner = Arc::clone(&self.selection.inner);
        self.ahead.push_back((
            page,
            tokio::spawn(async move {
                let rows = inner.page(page).await;
                if let Err(Error::SessionLost { locks, .. }) = &rows {
                    // Nobody may come to this page: it is told by whatever is asked next.
                    inner.class.store().wire().session.lock().lose(locks.clone());
                }
                rows
            }),
        ));
    }
}

impl std::fmt::Debug for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cursor").field("selection", &self.selection).field("index", &self.index).finish_non_exhaustive()
    }
}
