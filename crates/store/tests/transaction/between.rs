//! Between a store and its PostgreSQL server: statements are spoiled on their way, so that the server refuses what no caller can make it refuse.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, spawn};

use tokio_postgres::Config;
use tokio_postgres::config::Host;

use crate::database::Database;

/// Carries every connection made to it on to the server of a database.
pub struct Between {
    port: u16,
    spoiled: Arc<Mutex<Option<&'static str>>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Between {
    pub fn new(database: &Database) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server: Config = database.url().parse().unwrap();
        let (spoiled, is_over) = (Arc::<Mutex<Option<&'static str>>>::default(), Arc::new(AtomicBool::new(false)));
        let (word, end) = (Arc::clone(&spoiled), Arc::clone(&is_over));
        let thread = spawn(move || {
            for near in listener.incoming().map_while(Result::ok).take_while(|_| !end.load(Ordering::Acquire)) {
                let far = connect(&server);
                let (near_too, far_too, word) = (near.try_clone().unwrap(), far.try_clone().unwrap(), Arc::clone(&word));
                spawn(move || carry(near, far, |bytes| spoil(bytes, *word.lock().unwrap())));
                spawn(move || carry(far_too, near_too, |_| {}));
            }
        });
        Self { port, spoiled, is_over, thread: Some(thread) }
    }

    /// The database's URL by this way.
    pub fn url(&self, database: &Database) -> String {
        let server: Config = database.url().parse().unwrap();
        let encoded = |text: &[u8]| percent_encoding::percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        let password = server.get_password().map(|password| format!(":{}", encoded(password))).unwrap_or_default();
        let user = encoded(server.get_user().unwrap_or_default().as_bytes());
        format!("postgres://{user}{password}@127.0.0.1:{}/{}?sslmode=disable", self.port, database.name())
    }

    /// From now on the server does not understand this statement, alone or as the last of several.
    pub fn spoil(&self, statement: Option<&'static str>) {
        *self.spoiled.lock().unwrap() = statement;
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        // The thread waits for a connection.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn connect(server: &Config) -> TcpStream {
    let port = server.get_ports().first().copied().unwrap_or(5432);
    match server.get_hosts().first() {
        Some(Host::Tcp(name)) => TcpStream::connect((name.as_str(), port)).unwrap(),
        other => panic!("the server of these tests is reached by TCP, not by {other:?}"),
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, change: impl Fn(&mut [u8])) {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        change(&mut bytes[..count]);
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}

/// The statement's first letter becomes another one. A statement as short as these is never cut by the network of one machine.
fn spoil(bytes: &mut [u8], statement: Option<&str>) {
    let Some(statement) = statement else { return };
    let wanted = [statement.as_bytes(), b"\0"].concat();
    if let Some(at) = bytes.windows(wanted.len()).position(|window| window == wanted) {
        bytes[at] = b'?';
    }
}
