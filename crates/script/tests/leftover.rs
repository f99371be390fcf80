//! No worker outlives its pool. Alone in its file: it counts the children of its process.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{class, pool, run};

/// Workers of this test's own process: children by `/proc`.
fn children() -> usize {
    let mut count = 0;
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        count += std::fs::read_to_string(task.unwrap().path().join("children")).unwrap_or_default().split_whitespace().count();
    }
    count
}

#[tokio::test]
async fn no_process_is_left_over() {
    let before = children();
    let pool = pool(2, &class(&["for (;;);"])).await;
    for _ in 0..3 {
        let _ = run(&pool, "attack0", "[]").await;
    }
    assert!(children() > before);
    drop(pool);
    let until = std::time::Instant::now() + Duration::from_secs(20);
    while children() > before {
        assert!(std::time::Instant::now() < until, "workers are left");
        tokio::task::yield_now().await;
    }
}
