//! One dialect on two engines: the same requests get the same bytes from an application whose data is in SQLite and from one whose data is in
//! PostgreSQL. Models, rows and requests are random; a difference is printed with the fewest requests that show it.
//!
//! `CLAVIGER_SAME_SEED` chooses the random models and requests, `CLAVIGER_SAME_MODELS` how many models are tried (12) and
//! `CLAVIGER_SAME_REQUESTS` how many requests each (150).

#![allow(unreachable_pub, clippy::unwrap_used, missing_docs)]

mod chinook;
#[path = "../../../store/tests/support/dice.rs"]
mod dice;
mod filters;
mod found;
mod models;
mod pair;
mod request;
mod requests;
mod shrink;
#[path = "../support/mod.rs"]
mod support;
mod values;

use std::collections::BTreeMap;

use dice::Dice;
use pair::Pair;
use request::Request;
use requests::Asker;

/// As many differences as are worth reading at once.
const MOST_TOLD: usize = 6;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

#[test]
fn both_engines_answer_the_same() {
    let seed = setting("CLAVIGER_SAME_SEED", 1);
    let models = setting("CLAVIGER_SAME_MODELS", 12);
    let requests = setting("CLAVIGER_SAME_REQUESTS", 150);
    println!("CLAVIGER_SAME_SEED={seed} CLAVIGER_SAME_MODELS={models} CLAVIGER_SAME_REQUESTS={requests}");
    let mut differences = Vec::new();
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    for number in 0..models {
        let mut dice = Dice(seed.wrapping_mul(1_000_003).wrapping_add(number));
        let world = models::world(&mut dice);
        let Some(mut pair) = Pair::open(&world.json) else { return };
        let mut asker = Asker::new(&world);
        let mut asked: Vec<Request> = Vec::new();
        for turn in 0..requests {
            let is_row = (turn as usize) < 12 * world.classes.len();
            let request = if is_row { asker.row(&mut dice, turn as usize % world.classes.len()) } else { asker.request(&mut dice) };
            asked.push(request);
            let [ours, theirs] = pair.ask(&asked[asked.len() - 1]);
            *statuses.entry(ours.0).or_default() += 1;
            if ours != theirs {
                drop(pair);
                differences.push(format!("model {number}: {}", shrink::told(&world.json, asked)));
                break;
            }
        }
        if differences.len() == MOST_TOLD {
            break;
        }
    }
    println!("answers by status: {statuses:?}");
    assert!(differences.is_empty(), "{} differences, seed {seed}:\n\n{}", differences.len(), differences.join("\n\n"));
    let (all, fine) = (statuses.values().sum::<usize>(), statuses.get(&200).copied().unwrap_or(0));
    assert!(fine * 2 > all, "most requests are to be answered: {fine} of {all}");
}
