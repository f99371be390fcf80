//! Cost of checking a key: checksum, digest, look-up and decision, with few keys and with a million. It must not grow with their number.
#![expect(clippy::unwrap_used, reason = "bench")]

use std::hint::black_box;

use claviger_access::key::parse_date;
use claviger_access::{AllowedHosts, ClientAddress, Digester, Found, Presented, Secret, SecretDigest, decide};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use rustc_hash::FxHashMap;

fn random(buffer: &mut [u8]) {
    getrandom::fill(buffer).unwrap();
}

fn check_key(criterion: &mut Criterion) {
    let digester = Digester::new(&[7; 32]);
    let hosts = AllowedHosts::parse(&["192.0.2.0/24"]).unwrap();
    let expires_on = parse_date("2026-12-31").unwrap();
    let now = "2026-04-01T12:00:00Z".parse().unwrap();
    let address = ClientAddress::Known("192.0.2.7".parse().unwrap());
    let mut group = criterion.benchmark_group("check_key");
    for count in [10usize, 1_000_000] {
        let mut keys: FxHashMap<SecretDigest, u32> = FxHashMap::default();
        // A thousand secrets that are asked for; the rest are random digests, which differ in nothing that counts.
        let known: Vec<Secret> = (0..count.min(1000)).map(|_| Secret::mint(&mut random)).collect();
        keys.extend(known.iter().enumerate().map(|(index, secret)| (digester.of(secret), index as u32)));
        while keys.len() < count {
            let mut digest = [0; 32];
            random(&mut digest);
            keys.insert(digest, 0);
        }
        let mut next = 0;
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter(|| {
                next = (next + 1) % known.len();
                let presented = Presented::from_values([black_box(known[next].expose().as_bytes())]);
                let text = presented.candidate().unwrap();
                let found = keys.get(&digester.digest(text.as_bytes()));
                decide(presented, found.map(|_| Found { allowed_hosts: &hosts, expires_on, secret_ends: None }), address, now)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, check_key);
criterion_main!(benches);
