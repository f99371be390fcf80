//! Goes through all books with the library, and through the same pages with reqwest alone (a part of `cargo xtask bench --clients`): `ENDPOINT`,
//! `API_KEY`; page size, rounds.

use std::collections::HashMap;
use std::time::Instant;

use claviger_client::{Connect, DataStore};
use serde_json::{Value as Json, json};

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let (endpoint, key) = (std::env::var("ENDPOINT")?, std::env::var("API_KEY")?);
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<usize>());
    let (Some(page), Some(rounds)) = (numbers.next().transpose()?, numbers.next().transpose()?) else {
        return Err("page size and rounds are missing".into());
    };
    let mut times: HashMap<&str, Vec<f64>> = HashMap::new();
    let mut grown = 0;
    for round in 0..=rounds {
        let start = Instant::now();
        let alone = plain(&endpoint, &key, page).await?;
        let between = Instant::now();
        let (found, more) = library(&endpoint, &key, page).await?;
        if alone != found {
            return Err(format!("the library read {found} letters instead of {alone}").into());
        }
        // The first one warms up.
        if round > 0 {
            times.entry("plain_s").or_default().push((between - start).as_secs_f64());
            times.entry("library_s").or_default().push(between.elapsed().as_secs_f64());
            grown = more;
        }
    }
    let median = |name: &str| {
        let mut values = times.get(name).cloned().unwrap_or_default();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    };
    println!("{}", json!({ "plain_s": median("plain_s"), "library_s": median("library_s"), "grown_bytes": grown }));
    Ok(())
}

/// The requests that the library sends: a first page, a second one that makes a set, and pages of the set.
async fn plain(endpoint: &str, key: &str, size: usize) -> Result<usize, Failure> {
    // Here no provider comes with reqwest.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build()?;
    let (mut letters, mut at, mut count, mut path, mut is_made) = (0, 0, 1, "Book".to_owned(), false);
    while at < count {
        let skip = if at > 0 { format!("&$skip={at}") } else { String::new() };
        let made = if at > 0 && !is_made { "&$method=entityset" } else { "" };
        let url = format!("{endpoint}/rest/{path}?$top={size}{skip}{made}");
        let answer = client.get(url).header("api-key", key).send().await?.error_for_status()?;
        let page: Json = serde_json::from_slice(&answer.bytes().await?)?;
        if let Some(set) = page["__ENTITYSET"].as_str() {
            (path, is_made) = (set.trim_start_matches("/rest/").to_owned(), true);
        }
        count = page["__COUNT"].as_u64().and_then(|count| usize::try_from(count).ok()).ok_or("no count")?;
        let entities = page["__ENTITIES"].as_array().ok_or("no entities")?;
        letters += entities.iter().filter_map(|entity| entity["title"].as_str()).map(str::len).sum::<usize>();
        at += size;
    }
    let set = path.rsplit('/').next().unwrap_or_default();
    client.post(format!("{endpoint}/rest/$entityset/$release")).header("api-key", key).body(json!([set]).to_string()).send().await?;
    Ok(letters)
}

/// Letters, and bytes more in memory at the end than after a fifth.
async fn library(endpoint: &str, key: &str, page: usize) -> Result<(usize, i64), Failure> {
    let ds = DataStore::open(Connect::endpoint(endpoint).api_key(key).page_size(page)).await?;
    let all = ds.dataclass("Book")?.all().await?;
    let mut cursor = all.cursor();
    let (mut letters, mut seen, mut early) = (0, 0, 0);
    while let Some(book) = cursor.next().await? {
        letters += book.get::<String>("title")?.len();
        seen += 1;
        if seen == 20_000 {
            early = resident();
        }
    }
    let grown = resident() - early;
    ds.close().await?;
    Ok((letters, grown))
}

/// Resident memory, where the system tells.
fn resident() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<i64>().ok()).unwrap_or(0) * 1024
}
