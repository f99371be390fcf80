//! The data of the demo: a bookshop that also lends. Made by a repeatable generator, so that every machine has the same library.

use jiff::civil::{Date, date};
use jiff::{Span, ToSpan};
use serde_json::{Map, Number, Value, json};

use super::random::Random;
use super::words;

const PUBLISHERS: i64 = 36;
const AUTHORS: i64 = 260;
const BOOKS: i64 = 1400;
const CUSTOMERS: i64 = 480;
const LOANS: i64 = 2200;
const SALES: i64 = 850;
const ORDERS: i64 = 60;

/// The entities of one dataclass, as they are posted.
pub(super) struct Batch {
    pub(super) dataclass: &'static str,
    pub(super) entities: Vec<Value>,
}

/// The whole library; what a relation leads to stands before what leads to it.
pub(super) fn library() -> Vec<Batch> {
    let mut random = Random::new(5397);
    let random = &mut random;
    let authors = authors(random);
    let books = books(random);
    let customers = customers(random);
    let (sales, lines) = sales(random, &books, &customers);
    let loans = loans(random, &customers);
    let publishers = publishers(random);
    let products = products(random);
    let orders = orders(random, &products, &customers);
    [
        ("Country", countries()),
        ("Publisher", publishers),
        ("Author", authors),
        ("Book", books),
        ("Customer", customers),
        ("Loan", loans),
        ("Sale", sales),
        ("SaleLine", lines),
        ("Product", products),
        ("Order", orders),
    ]
    .map(|(dataclass, entities)| Batch { dataclass, entities })
    .into()
}

/// What the shop sells besides books.
fn products(random: &mut Random) -> Vec<Value> {
    let mut product = |(index, name): (usize, &&str)| json!({ "ID": index + 1, "name": name, "price": money(random.between(290, 8990)), "stock": random.between(0, 40) });
    words::PRODUCTS.iter().enumerate().map(&mut product).collect()
}

fn orders(random: &mut Random, products: &[Value], customers: &[Value]) -> Vec<Value> {
    (1..=ORDERS)
        .map(|id| {
            let product = &products[random.favourite(products.len())];
            json!({
                "ID": id,
                "orderedAt": instant(random, date(2026, 3, 2), date(2026, 10, 31)),
                "quantity": random.between(1, 4),
                "unitPrice": product["price"],
                "productID": product["ID"],
                "customerID": random.percent(90).then(|| customers[random.favourite(customers.len())]["ID"].clone()),
            })
        })
        .collect()
}

fn countries() -> Vec<Value> {
    words::COUNTRIES.iter().map(|(code, name, currency)| json!({ "code": code, "name": name, "currency": currency })).collect()
}

fn publishers(random: &mut Random) -> Vec<Value> {
    let kinds = words::PUBLISHER_KINDS.len();
    (0..PUBLISHERS as usize)
        .map(|n| {
            let word = words::PUBLISHER_WORDS[n % words::PUBLISHER_WORDS.len()];
            let name = format!("{word} {}", words::PUBLISHER_KINDS[(n + n / words::PUBLISHER_WORDS.len()) % kinds]);
            json!({
                "ID": n + 1,
                "name": name,
                "founded": random.between(1780, 2019),
                "website": random.percent(80).then(|| format!("https://publisher-{}.example", n + 1)),
                "countryCode": country(random),
            })
        })
        .collect()
}

fn authors(random: &mut Random) -> Vec<Value> {
    (1..=AUTHORS)
        .map(|id| {
            let born = day(random, date(1871, 1, 1), date(1996, 12, 31));
            let died = (born.year() < 1945 && random.percent(85)).then(|| born.saturating_add(random.between(38, 91).years()));
            // A mentor was there before, so that nobody is taught by their own student.
            let mentor = (id > 12 && random.percent(35)).then(|| random.between(1, id - 1));
            json!({
                "ID": id,
                "fullName": full_name(random),
                "born": random.percent(96).then(|| born.to_string()),
                "died": died.filter(|day| *day < date(2026, 1, 1)).map(|day| day.to_string()),
                "rating": random.percent(90).then(|| random.between(4, 50) as f64 / 10.0),
                "active": random.percent(92).then(|| died.is_none()),
                "profile": random.percent(85).then(|| profile(random)),
                "countryCode": country(random),
                "mentorID": mentor,
            })
        })
        .collect()
}

fn profile(random: &mut Random) -> Value {
    let mut profile = Map::new();
    profile.insert("languages".into(), json!(random.some(&words::LANGUAGES, 3)));
    if random.percent(70) {
        profile.insert("home".into(), random.pick(&words::PLACES).into());
    }
    if random.percent(40) {
        let awards = random.some(&words::AWARDS, 3);
        let awards = awards.into_iter().map(|name| json!({ "name": name, "year": random.between(1961, 2025) }));
        profile.insert("awards".into(), awards.collect());
    }
    Value::Object(profile)
}

fn books(random: &mut Random) -> Vec<Value> {
    (1..=BOOKS)
        .map(|id| {
            let published = day(random, date(1931, 1, 1), date(2026, 9, 30));
            let pages = random.between(48, 980);
            let audio = random.percent(22).then(|| pages * random.between(70, 110) * 1000);
            json!({
                "ID": id,
                "isbn": isbn(id),
                "title": title(random),
                "price": random.percent(96).then(|| money(random.between(9, 79) * 50 + random.between(0, 1) * 45 + 4)),
                "pages": pages,
                "language": random.pick(&words::LANGUAGES),
                "published": published.to_string(),
                "addedAt": instant(random, date(2021, 1, 4), date(2026, 10, 30)),
                "playTime": audio,
                "details": random.percent(93).then(|| details(random)),
                "costNote": random.percent(30).then(|| format!("bought at {} %", random.between(38, 65))),
                "authorID": random.percent(98).then(|| random.favourite(AUTHORS as usize) + 1),
                "publisherID": random.percent(97).then(|| random.favourite(PUBLISHERS as usize) + 1),
            })
        })
        .collect()
}

fn details(random: &mut Random) -> Value {
    let mut details = Map::new();
    details.insert("tags".into(), json!(random.some(&words::TAGS, 4)));
    details.insert("format".into(), json!({ "width": random.between(105, 240), "height": random.between(148, 320), "unit": "mm" }));
    if random.percent(55) {
        let count = random.between(1, 4);
        let reviews =
            (0..count).map(|_| json!({ "by": full_name(random), "stars": random.between(1, 5), "on": day(random, date(2022, 1, 1), date(2026, 10, 1)).to_string() }));
        details.insert("reviews".into(), reviews.collect());
    }
    Value::Object(details)
}

fn customers(random: &mut Random) -> Vec<Value> {
    (1..=CUSTOMERS)
        .map(|number| {
            let (first, last) = (random.pick(&words::FIRST_NAMES), random.pick(&words::LAST_NAMES));
            let street = format!("{} {}", random.pick(&words::STREETS), random.between(1, 140));
            let mut address = json!({ "street": street, "city": random.pick(&words::PLACES[..29]) });
            if random.percent(90) {
                address["postcode"] = random.between(10_000, 99_999).to_string().into();
            }
            json!({
                "ID": random.uuid(),
                "memberNumber": format!("M{:05}", 10_000 + number * 7),
                "firstName": random.percent(97).then_some(first),
                "lastName": last,
                "email": random.percent(88).then(|| format!("member{number}@library.example")),
                "joined": day(random, date(2016, 3, 1), date(2026, 10, 1)).to_string(),
                "newsletter": random.percent(80).then(|| random.percent(45)),
                "address": random.percent(94).then_some(address),
                "countryCode": country(random),
            })
        })
        .collect()
}

fn loans(random: &mut Random, customers: &[Value]) -> Vec<Value> {
    (1..=LOANS)
        .map(|id| {
            let lent = day(random, date(2025, 1, 7), date(2026, 10, 31));
            let due = lent.saturating_add(28.days());
            let back = lent.saturating_add(random.between(1, 45).days());
            let returned = (back < date(2026, 11, 1)).then_some(back);
            let late = returned.map_or(0, |back| (back - due).get_days().max(0));
            json!({
                "ID": id,
                "lentAt": at(lent, random),
                "due": due.to_string(),
                "returnedAt": returned.map(|back| at(back, random)),
                "fee": returned.map(|_| money(i64::from(late) * 20)),
                "bookID": random.favourite(BOOKS as usize) + 1,
                "customerID": customers[random.favourite(customers.len())]["ID"],
            })
        })
        .collect()
}

fn sales(random: &mut Random, books: &[Value], customers: &[Value]) -> (Vec<Value>, Vec<Value>) {
    let (mut sales, mut lines) = (Vec::new(), Vec::new());
    for id in 1..=SALES {
        let day = day(random, date(2025, 6, 2), date(2026, 10, 31));
        let customer = random.percent(82).then(|| customers[random.favourite(customers.len())]["ID"].clone());
        sales.push(json!({
            "ID": id,
            "number": format!("{}-{id:05}", day.year()),
            "soldAt": at(day, random),
            "status": random.pick(&["ordered", "paid", "shipped", "shipped", "shipped", "returned"]),
            "remark": random.percent(18).then(|| random.pick(&words::REMARKS)),
            "customerID": customer,
        }));
        for _ in 0..random.between(1, 4) {
            let book = &books[random.favourite(books.len())];
            lines.push(json!({
                "ID": lines.len() + 1,
                "quantity": if random.percent(85) { 1 } else { random.between(2, 12) },
                "unitPrice": if book["price"].is_null() { money(990) } else { book["price"].clone() },
                "saleID": id,
                "bookID": book["ID"],
            }));
        }
    }
    (sales, lines)
}

fn title(random: &mut Random) -> String {
    let (adjective, noun) = (random.pick(&words::ADJECTIVES), random.pick(&words::NOUNS));
    match random.between(1, 7) {
        1 | 2 => format!("The {adjective} {noun}"),
        3 => format!("{noun} of {}", random.pick(&words::PLACES)),
        4 => format!("The {noun} and the {}", random.pick(&words::NOUNS)),
        5 => format!("{adjective} Days in {}", random.pick(&words::PLACES)),
        6 => format!("The {}'s {noun}", random.pick(&["Widow", "Captain", "Locksmith", "Queen", "Gardener", "Thief"])),
        _ => format!("{adjective} {noun}"),
    }
}

fn full_name(random: &mut Random) -> String {
    format!("{} {}", random.pick(&words::FIRST_NAMES), random.pick(&words::LAST_NAMES))
}

fn country(random: &mut Random) -> Option<&'static str> {
    random.percent(97).then(|| words::COUNTRIES[random.between(0, words::COUNTRIES.len() as i64 - 1) as usize].0)
}

/// A well-formed ISBN-13 with its check digit.
fn isbn(number: i64) -> String {
    let digits = format!("97800000{:04}", number);
    let sum: u32 = digits.bytes().enumerate().map(|(at, digit)| u32::from(digit - b'0') * if at % 2 == 0 { 1 } else { 3 }).sum();
    format!("978-0-00-00{number:04}-{}", (10 - sum % 10) % 10)
}

/// An exact decimal with two places, from cents.
fn money(cents: i64) -> Value {
    let text = format!("{}.{:02}", cents / 100, cents % 100);
    text.parse::<Number>().map_or(Value::Null, Value::Number)
}

fn day(random: &mut Random, from: Date, to: Date) -> Date {
    let days = (to - from).get_days();
    from.saturating_add(Span::new().days(random.between(0, i64::from(days))))
}

/// An instant on that day, in opening hours.
fn at(day: Date, random: &mut Random) -> String {
    let (hour, minute, second) = (random.between(8, 18), random.between(0, 59), random.between(0, 59));
    format!("{day}T{hour:02}:{minute:02}:{second:02}.{:03}Z", random.between(0, 999))
}

fn instant(random: &mut Random, from: Date, to: Date) -> String {
    let day = day(random, from, to);
    at(day, random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_the_same_every_time() {
        let text = || library().iter().map(|batch| format!("{} {:?}", batch.dataclass, batch.entities)).collect::<Vec<_>>();
        assert_eq!(text(), text());
    }

    #[test]
    fn it_has_some_thousands_of_entities_with_unique_keys() {
        let library = library();
        let mut total = 0;
        for batch in &library {
            let key = if batch.dataclass == "Country" { "code" } else { "ID" };
            let mut keys: Vec<String> = batch.entities.iter().map(|entity| entity[key].to_string()).collect();
            keys.sort_unstable();
            keys.dedup();
            assert_eq!(keys.len(), batch.entities.len(), "{}", batch.dataclass);
            total += keys.len();
        }
        assert!((6_000..12_000).contains(&total), "{total}");
    }

    #[test]
    fn an_isbn_carries_its_check_digit() {
        assert_eq!(isbn(1), "978-0-00-000001-9");
        let digits: Vec<u32> = isbn(1234).chars().filter_map(|c| c.to_digit(10)).collect();
        assert_eq!(digits.len(), 13);
        assert_eq!(digits.iter().enumerate().map(|(at, digit)| digit * if at % 2 == 0 { 1 } else { 3 }).sum::<u32>() % 10, 0);
    }

    #[test]
    fn money_keeps_its_digits() {
        assert_eq!(money(1990).to_string(), "19.90");
        assert_eq!(money(5).to_string(), "0.05");
    }
}
