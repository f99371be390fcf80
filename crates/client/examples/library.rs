//! Reads and changes the demo library. Start it with `claviger demo`, then
//!
//! ```sh
//! CLAVIGER_ENDPOINT=http://127.0.0.1:5397 CLAVIGER_API_KEY=claviger_… cargo run -p claviger-client --example library
//! ```

use claviger_client::{Connect, DataStore, Error, RequestLog, params};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let setting = |name: &str| std::env::var(name).map_err(|_| Error::Misuse(format!("{name} is not set.")));
    let connect = Connect::endpoint(setting("CLAVIGER_ENDPOINT")?).api_key(setting("CLAVIGER_API_KEY")?);
    let ds = DataStore::open(connect).await?;
    ds.start_request_log(&RequestLog::default())?;
    println!("{}: {}", ds.get_info().connection.hostname, ds.dataclasses().await?.join(", "));

    let books = ds.dataclass("Book")?;
    println!("{} books", books.get_count().await?);
    let cheap = books.query("price < :1 and author.country.code = :2", params![10, "FR"]).order_by("price desc, title").await?;
    println!("{} of them cost less than 10 and come from France:", cheap.len());
    let mut cursor = cheap.cursor();
    while let Some(book) = cursor.next().await? {
        println!("  {:>6} {} ({})", book.get::<f64>("price")?, book.get::<String>("title")?, book.get::<String>("authorName")?);
        if book.index() == Some(4) {
            break;
        }
    }
    println!("all for {}, {:?} to {:?}", cheap.sum("price").await?, cheap.min("published").await?, cheap.max("published").await?);

    let mut book = books.new_entity();
    book.set("title", "Solaris")?;
    book.set("price", 12.5)?;
    let author = ds.dataclass("Author")?.query("fullName = :1", params!["A@"]).await?.first().await?;
    book.set("author", author)?;
    book.save().await?;
    println!("saved as {:?} with stamp {}, by {:?}", book.key(), book.stamp(), book.get::<Option<String>>("authorName")?);
    book.drop().await?;
    println!("{} requests", ds.request_log().len());
    ds.close().await
}
