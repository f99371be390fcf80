//! Serving: listeners, signals, background work, orderly end.

use std::future::Future;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Body;
use claviger_store::control::ControlError;
use http::{Request, Response};
use tokio::sync::watch;

use super::AppState;
use super::expiry::ExpiryNotice;
use crate::accept::{self, Answer, Door, Limits, Listener, Peer};
use crate::control_socket;
use crate::service::respond;
use crate::telemetry::{Chain, Metrics};

/// How often changes made by other processes are looked for, when nobody told.
const POLL: Duration = Duration::from_millis(250);
/// How often the times of last use are written.
const FLUSH: Duration = Duration::from_secs(5);

/// How often requests that were counted are summed up.
const FOLD: Duration = Duration::from_secs(1);
/// How many times that happens before the sums are written.
const FOLDS_PER_WRITING: u64 = 10;

/// Why serving ended with a failure.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A listener.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// As configured.
        address: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Two servers on one folder would not hear of each other's changes at once.
    #[error("another server runs on the folder {}; stop it first, or serve another folder with --app", .0.display())]
    Served(std::path::PathBuf),
    /// The handlers of signals.
    #[error("cannot wait for signals: {0}")]
    Signals(std::io::Error),
}

impl Answer for AppState {
    fn answer(&self, peer: Peer, request: Request<Body>) -> impl Future<Output = Response<Body>> + Send {
        respond(self, peer, request)
    }

    fn metrics(&self) -> &Metrics {
        Self::metrics(self)
    }
}

impl AppState {
    /// Serves until SIGTERM or SIGINT; prints `listening on http://ADDR` to standard output when ready. SIGHUP reloads roles and functions.
    pub async fn run(self) -> Result<(), RunError> {
        let (stop, stopped) = watch::channel(false);
        let signals = Signals::new().map_err(RunError::Signals)?;
        let ready = |address: SocketAddr| {
            let mut out = std::io::stdout().lock();
            // Somebody who closed standard output does not want to know.
            let _ = writeln!(out, "listening on http://{address}").and_then(|()| out.flush());
        };
        let state = self.clone();
        tokio::spawn(async move { signals.watch(&state, &stop).await });
        self.run_until(stopped, ready).await
    }

    /// Serves until `stopped` turns true; `ready` gets the endpoint's address.
    pub async fn run_until(self, stopped: watch::Receiver<bool>, ready: impl FnOnce(SocketAddr)) -> Result<(), RunError> {
        if control_socket::is_served(self.folder()) {
            return Err(RunError::Served(self.folder().to_owned()));
        }
        let settings = self.settings();
        let limits = Limits::from(&settings.limits);
        let has_console = !settings.console_listen.is_empty();
        let bind = async |address: &str, door| {
            let failed = |source| RunError::Listen { address: address.to_owned(), source };
            let listener = Listener::bind(address, door).await.map_err(failed)?;
            let address = listener.address().map_err(failed)?;
            Ok::<_, RunError>((listener, address))
        };
        let (endpoint, address) = bind(&settings.listen, if has_console { Door::Endpoint } else { Door::Both }).await?;
        let console = if has_console { Some(bind(&settings.console_listen, Door::Console).await?) } else { None };
        self.0.port.store(address.port(), Ordering::Relaxed);
        // The key set follows other processes: told through the socket, or found by looking.
        let socket = control_socket::listen(&self);
        let work =
            [tokio::spawn(self.clone().poll_keys()), tokio::spawn(self.clone().flush_uses()), tokio::spawn(self.clone().record_usage())];
        ready(address);
        // After that: the demo makes its user once it listens.
        self.tell_first_run(console.as_ref().map_or(address, |(_, address)| *address)).await;
        let console = async {
            if let Some((listener, _)) = console {
                accept::serve(listener, limits, self.clone(), stopped.clone()).await;
            }
        };
        tokio::join!(accept::serve(endpoint, limits, self.clone(), stopped.clone()), console);
        drop(socket);
        self.remotes().close().await;
        for task in work {
            task.abort();
        }
        self.flush_now().await;
        self.flush_usage().await;
        Ok(())
    }

    /// Where the first console user is made, and with which code, while there is none.
    async fn tell_first_run(&self, console: SocketAddr) {
        let Some(code) = self.console().first_run_code() else { return };
        let state = self.clone();
        let users = tokio::task::spawn_blocking(move || state.control().users()).await;
        if matches!(users, Ok(Ok(users)) if users.is_empty()) {
            tracing::warn!(
                "there is no console user yet; make the first one at http://{console}/console/first-run with the one-time code {code}"
            );
        }
    }

    async fn poll_keys(self) {
        let mut ticks = tokio::time::interval(POLL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut failed: Option<i64> = None;
        loop {
            ticks.tick().await;
            let state = self.clone();
            // Off the async threads: somebody may hold the store for a moment.
            let Ok(polled) = tokio::task::spawn_blocking(move || state.keys().poll(state.control())).await else { continue };
            match polled {
                Ok(true) => {
                    self.metrics().key_reloads.fetch_add(1, Ordering::Relaxed);
                    tracing::debug!("keys changed in the control store");
                }
                Ok(false) => {}
                // Told at once, then once a minute: the next look is a quarter of a second away.
                Err(error) => {
                    let now = self.now();
                    if failed.is_none_or(|told| now - told >= 60_000) {
                        let error = Chain(&error);
                        tracing::error!(%error, "the control store cannot be asked for changed keys: the gate goes on with those it knows");
                        failed = Some(now);
                    }
                    continue;
                }
            }
            if failed.take().is_some() {
                tracing::info!("the control store answers again");
            }
        }
    }

    async fn flush_uses(self) {
        let mut ticks = tokio::time::interval(FLUSH);
        let mut notice = ExpiryNotice::default();
        loop {
            ticks.tick().await;
            self.follow_keys();
            self.sessions().sweep(self.now());
            self.remotes().sweep();
            self.flush_now().await;
            self.sets().sweep(self.now());
            notice = self.tell_of_expiry(notice).await;
        }
    }

    async fn tell_of_expiry(&self, mut notice: ExpiryNotice) -> ExpiryNotice {
        let state = self.clone();
        let looked = tokio::task::spawn_blocking(move || {
            match notice.due(&state) {
                Ok(Some(told)) => tracing::warn!("{told}"),
                Ok(None) => {}
                Err(error) => tracing::error!(%error, "the control store could not be asked for keys that expire"),
            }
            notice
        });
        looked.await.unwrap_or_default()
    }

    async fn record_usage(self) {
        let mut ticks = tokio::time::interval(FOLD);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        for turn in 1u64.. {
            ticks.tick().await;
            self.usage().fold_all();
            self.uploads().sweep(self.now());
            if turn.is_multiple_of(FOLDS_PER_WRITING) || self.usage().is_urgent() {
                self.write_usage(|state| state.usage().flush(state).and_then(|()| state.usage().trim(state))).await;
            }
        }
    }

    /// Writes the numbers of use and the records of refusals that wait.
    pub async fn flush_usage(&self) {
        self.write_usage(|state| state.usage().flush(state)).await;
    }

    /// The same for somebody who looks at them, unless it was done in the last `age` milliseconds.
    pub(crate) async fn refresh_usage(&self, age: u64) {
        self.write_usage(move |state| state.usage().refresh(state, age)).await;
    }

    async fn write_usage(&self, write: impl FnOnce(&Self) -> Result<(), ControlError> + Send + 'static) {
        let state = self.clone();
        let written = tokio::task::spawn_blocking(move || write(&state)).await;
        if let Ok(Err(error)) = written {
            tracing::error!(%error, "the numbers of use could not be written");
        }
    }

    /// Writes the times of last use that wait.
    pub(crate) async fn flush_now(&self) {
        let state = self.clone();
        let flushed = tokio::task::spawn_blocking(move || state.last_used().flush(state.control())).await;
        if let Ok(Err(error)) = flushed {
            tracing::error!(%error, "times of last use could not be written");
        }
    }
}

/// The signals that a server minds.
#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn watch(mut self, state: &AppState, stop: &watch::Sender<bool>) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => break,
                _ = self.interrupt.recv() => break,
                _ = self.hang_up.recv() => state.reload_and_tell().await,
            }
        }
        tracing::info!("asked to stop: running requests may end");
        stop.send_replace(true);
    }
}
