//! PostgreSQL goes away under load, in each way a server can, and comes back: callers are told within the time limit, nothing that was
//! acknowledged is lost, nothing is half done, and all is well again without a word to the program.

use claviger_testing::postgres::{Server as Postgres, Stop};

use crate::load::{Load, check, make};
use crate::support::{postgres_server, serve};

#[test]
fn a_database_that_goes_away_and_comes_back() {
    let Some(postgres) = postgres_server() else { return };
    let folder = tempfile::tempdir().unwrap();
    make(folder.path());
    let app = folder.path().join("app");
    let settings = app.join("claviger.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let text = text.replace("sqlite:data/app.db", &postgres.url());
    std::fs::write(&settings, format!("{text}\n[rest]\nrequest_timeout_seconds = 2\n")).unwrap();
    let (server, key) = serve(&app);
    let ready = || server.get("/readyz", None).status;
    let mut acknowledged = Vec::new();

    let ways: [(&str, fn(&Postgres) -> anyhow::Result<()>, fn(&Postgres) -> anyhow::Result<()>); 3] = [
        ("stopped", |postgres| postgres.stop(Stop::Fast), Postgres::resume),
        ("killed", |postgres| postgres.stop(Stop::Immediate), Postgres::resume),
        ("frozen", |postgres| postgres.freeze(true), |postgres| postgres.freeze(false)),
    ];
    for (name, away, back) in ways {
        let load = Load::start(&server, &key, name);
        load.until(|seen| seen.answered().0 >= 100 && seen.answered().1 >= 100);
        assert_eq!(ready(), 200, "{name}");
        away(&postgres).unwrap();
        let (writings, readings) = load.seen.refused();
        load.until(|seen| seen.refused().0 >= writings + 8 && seen.refused().1 >= readings + 8);
        assert_eq!(ready(), 503, "{name}");
        assert_eq!(server.get("/healthz", None).status, 200, "{name}");
        back(&postgres).unwrap();
        let (written, read) = load.seen.answered();
        load.until(|seen| seen.answered().0 >= written + 100 && seen.answered().1 >= read + 100);
        assert_eq!(ready(), 200, "{name}");
        acknowledged.extend(load.end());
        check(&server, &key, &acknowledged);
    }

    let (log, _) = server.stop();
    assert!(!log.contains("panicked"), "{log}");
    assert!(!log.contains("\"status\":500") && !log.contains("status=500"), "{log}");
}
