//! `kill -9` under load loses nothing that was acknowledged, and leaves nothing half done.

use crate::load::{Load, check, make};
use crate::support::serve;

#[test]
fn nothing_acknowledged_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    make(folder.path());
    let app = folder.path().join("app");
    let mut acknowledged = Vec::new();
    for round in 0..3 {
        let (server, key) = serve(&app);
        let load = Load::start(&server, &key, &round.to_string());
        load.until(|seen| seen.answered().0 >= 200);
        server.kill();
        acknowledged.extend(load.end());
    }
    let (server, key) = serve(&app);
    assert!(acknowledged.len() >= 3 * 200);
    check(&server, &key, &acknowledged);
}
