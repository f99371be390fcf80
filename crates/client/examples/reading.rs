//! The example of `docs/guide/reading-from-outside.md`: reads from the library that `claviger demo` serves.

use claviger_client::{Connect, DataStore, Result, params};

#[tokio::main]
async fn main() -> Result<()> {
    let key = std::env::var("CLAVIGER_API_KEY").unwrap_or_default();
    let ds = DataStore::open(Connect::endpoint(endpoint()).api_key(key)).await?;
    let books = ds.dataclass("Book")?.query("price < :1 and author.fullName = :2", params![20, "A@"]).order_by("title").await?;
    for book in books.iter().await? {
        println!("{} {} {}", book.get::<String>("title")?, book.get::<f64>("price")?, book.get::<String>("authorName")?);
    }
    ds.close().await
}

/// Where the demo is.
fn endpoint() -> String {
    std::env::var("ENDPOINT").unwrap_or_else(|_| "http://127.0.0.1:5397".to_owned())
}
