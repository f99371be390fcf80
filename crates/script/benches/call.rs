//! What a call costs beyond the work it does: from the server through the pipe to a worker and back.
#![allow(clippy::unwrap_used, missing_docs)]

use criterion::{Criterion, criterion_group, criterion_main};

#[path = "../tests/common/mod.rs"]
mod common;

use common::{Server, call, class, pool};

fn calls(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let page = format!("[{}]", vec!["{\"n\":1}"; 100].join(","));
    let pool = runtime.block_on(pool(1, &class(&["return args.length;", "return args[0].map(item => item.n * 2);"])));
    let server = Server::default();
    for (name, function, arguments) in
        [("empty", "honest", "[1,2]"), ("async", "attack0", "[]"), ("page of 100", "attack1", &*format!("[{page}]"))]
    {
        let call = call(function, arguments);
        criterion.bench_function(name, |bencher| bencher.iter(|| runtime.block_on(pool.call(&call, &server)).unwrap()));
    }
}

criterion_group!(benches, calls);
criterion_main!(benches);
