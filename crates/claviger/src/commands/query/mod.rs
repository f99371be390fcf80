//! `claviger query`: asks any endpoint of the dialect for entities, and writes them page by page.

mod columns;
mod form;

use std::io::{self, BufWriter, ErrorKind, Write};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use claviger_client::{DataStore, Dataclass, Error, Query as Asked, Value};
use serde_json::Value as Json;

use crate::failure::Usage;
use crate::output::{Output, line};
use crate::remote::{self, Remote, failure};

use columns::Columns;
use form::{Form, Format, Line};

/// Entities of one request.
const PAGE: usize = 1000;

#[derive(Args)]
pub(crate) struct Query {
    /// Name of the dataclass.
    dataclass: String,
    #[command(flatten)]
    remote: Remote,
    /// Only entities that fit: "price < :1 and author.fullName = :2".
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    filter: Option<String>,
    /// The value of the next placeholder of --filter: JSON (20, true, null, [1,2], "\"20\""), else text.
    #[arg(long = "param", value_name = "VALUE", requires = "filter", allow_hyphen_values = true)]
    params: Vec<String>,
    /// The order: "price desc, title".
    #[arg(long, value_name = "TEXT")]
    order_by: Option<String>,
    /// Only these attributes, in this order, like title,author.fullName,publisher.*; all but relations to several entities when absent.
    #[arg(long, value_name = "LIST", visible_alias = "select")]
    attributes: Option<String>,
    /// Not more entities than this; all when absent.
    #[arg(long, value_name = "N", visible_alias = "top")]
    limit: Option<usize>,
    /// Pass over the first N entities.
    #[arg(long, value_name = "N", default_value_t = 0)]
    skip: usize,
    /// Print how many entities fit, and nothing else.
    #[arg(long, conflicts_with_all = ["attributes", "limit", "skip", "order_by", "format", "table", "csv", "spreadsheet"])]
    count: bool,
    /// How the answer is written; table when absent.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// The same as --format table.
    #[arg(long, conflicts_with_all = ["format", "csv"])]
    table: bool,
    /// The same as --format csv: a header line, then a line an entity.
    #[arg(long, conflicts_with = "format")]
    csv: bool,
    /// CSV for spreadsheet programs: marked as UTF-8, and texts that would run as formulas get an apostrophe in front.
    #[arg(long)]
    spreadsheet: bool,
}

impl Query {
    pub(crate) fn run(self, output: &Output) -> Result<()> {
        let format = self.format(output)?;
        let params: Vec<Value> = self.params.iter().map(|text| param(text)).collect();
        let connect = self.remote.connect()?.page_size(self.page_size());
        remote::run(async {
            let store = DataStore::open(connect).await.map_err(failure)?;
            let done = self.ask(&store, params, format).await;
            // Whatever came of it, sets and session are given back; that this fails changes nothing.
            let _ = store.close().await;
            done
        })
    }

    fn format(&self, output: &Output) -> Result<Format> {
        let asked = match (self.format, self.table, self.csv) {
            (Some(format), ..) => Some(format),
            (None, true, _) => Some(Format::Table),
            (None, _, true) => Some(Format::Csv),
            _ if self.spreadsheet => Some(Format::Csv),
            _ => None,
        };
        if self.spreadsheet && asked != Some(Format::Csv) {
            return Err(Usage("--spreadsheet is for --csv".to_owned()).into());
        }
        match asked {
            Some(Format::Table | Format::Csv | Format::Jsonl) if output.is_json() => {
                Err(Usage("--json asks for another form than the one that is named besides it".to_owned()).into())
            }
            _ if output.is_json() => Ok(Format::Json),
            asked => Ok(asked.unwrap_or(Format::Table)),
        }
    }

    /// What is wanted when it is less than a page.
    fn page_size(&self) -> usize {
        self.limit.map_or(PAGE, |limit| limit.saturating_add(self.skip).clamp(1, PAGE))
    }

    async fn ask(&self, store: &DataStore, params: Vec<Value>, format: Format) -> Result<()> {
        let class = self.class(store).await?;
        let asked = match &self.filter {
            Some(filter) => class.query(filter, params),
            None => class.all(),
        };
        if self.count {
            line(&asked.length().await.map_err(failure)?.to_string());
            return Ok(());
        }
        let out = BufWriter::with_capacity(64 << 10, io::stdout().lock());
        let limit = comfy_table::Table::new().width().map(usize::from);
        match self.write(&class, asked, format, out, limit).await {
            // Who read it has seen enough.
            Err(error) if is_broken_pipe(&error) => Ok(()),
            done => done,
        }
    }

    /// The dataclass; an error that names those that there are.
    async fn class(&self, store: &DataStore) -> Result<Dataclass> {
        match store.dataclass(&self.dataclass) {
            Err(Error::NotFound { mut errors, kind }) => {
                let known = store.dataclasses().await.map_err(failure)?.join(", ");
                for error in &mut errors {
                    error.message.push_str(&format!("; there are: {known}"));
                }
                Err(failure(Error::NotFound { errors, kind }))
            }
            found => found.map_err(failure),
        }
    }

    async fn write(&self, class: &Dataclass, asked: Asked, format: Format, out: impl Write, limit: Option<usize>) -> Result<()> {
        let catalog = class.store().catalog().await.map_err(failure)?;
        let info = class.info().context("the catalog lost the dataclass")?;
        let mut columns = Columns::of(&catalog, info, self.attributes.as_deref())?;
        let asked = columns.select.iter().fold(asked, |asked, select| asked.select(select));
        let asked = self.order_by.iter().fold(asked, |asked, order| asked.order_by(order));
        let end = self.limit.map(|limit| self.skip.saturating_add(limit));
        // More than a page is read of one moment: nothing comes twice or is passed over because of what others save meanwhile.
        let asked = if end.is_none_or(|end| end > PAGE) { asked.kept() } else { asked };
        let selection = asked.await.map_err(failure)?;
        let mut cursor = selection.cursor().starting_at(self.skip);
        let mut left = self.limit.unwrap_or(usize::MAX);
        let mut form = None;
        let mut out = Some(out);
        while left > 0 {
            let Some(mut rows) = cursor.next_rows().await.map_err(failure)? else { break };
            rows.truncate(left);
            left -= rows.len();
            if form.is_none() && !rows.is_empty() {
                self.tell_unreadable(columns.drop_unreadable(&rows));
                if columns.list.is_empty() {
                    bail!("the key may read no attribute of that: ask for a key with another role");
                }
                form = begin(&mut out, format, &columns, limit, self.spreadsheet)?;
            }
            let lines: Vec<Line> = rows.iter().map(|row| columns.list.iter().map(|column| column.value(row)).collect()).collect();
            if let Some(form) = &mut form {
                form.page(&lines)?;
            }
        }
        if form.is_none() {
            form = begin(&mut out, format, &columns, limit, self.spreadsheet)?;
        }
        form.as_mut().map_or(Ok(()), Form::end)?;
        Ok(())
    }

    /// Of attributes that were named; of all that there are, only those that can be read were meant.
    fn tell_unreadable(&self, dropped: Vec<String>) {
        if self.attributes.is_some() && !dropped.is_empty() {
            eprintln!("claviger: left out, because the key may not read them: {}", dropped.join(", "));
        }
    }
}

fn begin<W: Write>(
    out: &mut Option<W>,
    format: Format,
    columns: &Columns,
    limit: Option<usize>,
    for_spreadsheet: bool,
) -> Result<Option<Form<W>>> {
    let names = columns.list.iter().map(|column| column.name.clone()).collect();
    Ok(out.take().map(|out| Form::new(out, format, names, limit, for_spreadsheet)).transpose()?)
}

/// JSON where it is some, else text.
fn param(text: &str) -> Value {
    serde_json::from_str::<Json>(text).map_or_else(|_| Value::from(text), Value::from)
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kind = error.chain().find_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    kind == Some(ErrorKind::BrokenPipe)
}
