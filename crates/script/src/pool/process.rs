//! One worker: its process and the conversation with it.

use std::collections::VecDeque;
use std::io;
use std::process::Stdio;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::{Host, PoolRules};
use crate::protocol::{Answer, FRAME_EXTRA, Failure, LENGTH, Limit, Order, Refusal, frame};
use crate::registry::Registry;
use crate::source::Finding;

/// Longest answer to `Load`, in bytes: names of functions.
const LONGEST_REGISTRY: usize = 64 << 20;

/// A worker's process. Dropped, it is killed.
pub(super) struct Process {
    /// Owned, so that it ends with this.
    _child: Child,
    id: u32,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// Calls that it was sent and has not begun: their numbers in the queue, and the lengths of their frames.
    pub(super) ahead: VecDeque<(u64, usize)>,
}

/// How a call ended, and whether the worker ends with it.
type Ended = (Result<Box<RawValue>, Failure>, bool);

impl Process {
    /// Starts a process and loads functions into it; `load` is the frame that says which.
    pub(super) async fn start(rules: &PoolRules, load: &[u8]) -> io::Result<Result<(Self, Registry), Vec<Finding>>> {
        let mut child = Command::new(&rules.program)
            .args(&rules.arguments)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let (Some(input), Some(output), Some(mut words)) = (child.stdin.take(), child.stdout.take(), child.stderr.take()) else {
            return Err(io::Error::other("a worker without pipes"));
        };
        let id = child.id().unwrap_or_default();
        tokio::spawn(async move {
            // Last words of a worker, a little at a time: it is not to fill the log.
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = words.read(&mut buffer).await {
                tracing::warn!(worker = id, text = %String::from_utf8_lossy(&buffer[..count]), "a worker for functions says");
            }
        });
        let mut process = Self { _child: child, id, input, output: BufReader::with_capacity(16 << 10, output), ahead: VecDeque::new() };
        process.input.write_all(load).await?;
        match process.read(LONGEST_REGISTRY).await? {
            Answer::Loaded(registry) => Ok(Ok((process, registry))),
            Answer::Refused(findings) => Ok(Err(findings)),
            _ => Err(io::Error::other("a worker spoke out of turn")),
        }
    }

    pub(super) fn id(&self) -> u32 {
        self.id
    }

    /// Sends these frames of calls.
    pub(super) async fn send(&mut self, calls: &[Arc<[u8]>]) -> io::Result<()> {
        match calls {
            [] => Ok(()),
            [call] => self.input.write_all(call).await,
            calls => self.input.write_all(&calls.concat()).await,
        }
    }

    /// Attends a call to its end; `longest`: of its result, in bytes. An error means that the worker is of no use any more.
    pub(super) async fn attend(&mut self, longest: usize, host: &dyn Host) -> io::Result<Ended> {
        let mut limit = None;
        loop {
            match self.read(longest.saturating_add(FRAME_EXTRA)).await? {
                Answer::Host { operation, arguments } => {
                    let reply = match limit {
                        None => host.ask(&operation, &arguments).await,
                        // The call is over: nothing is done for it any more, and nothing it has done is kept.
                        Some(reached) => Err(Refusal::Limit(reached)),
                    };
                    if let Err(Refusal::Limit(reached)) = &reply {
                        limit = Some(*reached);
                    }
                    self.input.write_all(&frame(&Order::Reply(&reply))?).await?;
                }
                Answer::Console(line) => host.console(line),
                Answer::Done { outcome, is_spent } => {
                    let outcome = limit.map_or(outcome, |limit| Err(Failure::Limit(limit)));
                    return Ok((outcome, is_spent));
                }
                Answer::Loaded(_) | Answer::Refused(_) => return Err(io::Error::other("a worker spoke out of turn")),
            }
        }
    }

    /// Waits until a call that nobody wants any more is over; nothing is done for it. Whether the worker ends with it. A long result is an error.
    pub(super) async fn let_end(&mut self) -> io::Result<bool> {
        loop {
            match self.read(FRAME_EXTRA).await? {
                Answer::Host { .. } => {
                    let over: Result<Box<RawValue>, _> = Err(Refusal::Limit(Limit::Time));
                    self.input.write_all(&frame(&Order::Reply(&over))?).await?;
                }
                Answer::Console(_) => {}
                Answer::Done { is_spent, .. } => return Ok(is_spent),
                Answer::Loaded(_) | Answer::Refused(_) => return Err(io::Error::other("a worker spoke out of turn")),
            }
        }
    }

    async fn read<T: for<'de> Deserialize<'de>>(&mut self, longest: usize) -> io::Result<T> {
        let mut length = [0; LENGTH];
        self.output.read_exact(&mut length).await?;
        let length = u32::from_le_bytes(length) as usize;
        if length > longest {
            return Err(io::Error::other("a worker's frame is too long"));
        }
        let mut bytes = Vec::with_capacity(length.min(64 << 10));
        (&mut self.output).take(length as u64).read_to_end(&mut bytes).await?;
        if bytes.len() != length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(serde_json::from_slice(&bytes)?)
    }
}
