//! What the server and its workers say to each other: frames of JSON, each behind its length.
//!
//! JSON, because arguments and results are JSON in the end and pass through as they are, unread ([`RawValue`]); the few words around them cost
//! less than a microsecond. Neither side believes lengths: a frame above the limit ends the conversation.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::registry::Registry;
use crate::source::{Finding, Source};

/// The length of a frame in front of it, little endian.
pub(crate) const LENGTH: usize = 4;
/// Beyond what a frame carries for others: names, an error's message and stack.
pub(crate) const FRAME_EXTRA: usize = 512 << 10;

/// To a worker.
#[derive(Debug, Deserialize)]
pub(crate) enum Request {
    /// The first, once.
    Load {
        /// The functions.
        load: Box<Load>,
        /// Another worker has read them, and found nothing wrong.
        is_checked: bool,
    },
    /// Run one at a time; the next may come before the last has ended.
    Call(Box<Call>),
    /// To [`Answer::Host`].
    Reply(Result<Box<RawValue>, Refusal>),
}

/// [`Request`] as it is written: what it is about stays the writer's.
#[derive(Debug, Serialize)]
pub(crate) enum Order<'a> {
    Load { load: &'a Load, is_checked: bool },
    Call(&'a Call),
    Reply(&'a Result<Box<RawValue>, Refusal>),
}

/// From a worker.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// Functions are ready.
    Loaded(Registry),
    /// They are not; the worker ends.
    Refused(Vec<Finding>),
    /// The running call asks the server; the worker waits for [`Request::Reply`].
    Host {
        /// What is asked for.
        operation: String,
        /// A list.
        arguments: Box<RawValue>,
    },
    /// A line for the log.
    Console(Line),
    /// The call has ended.
    Done {
        /// How.
        outcome: Result<Box<RawValue>, Failure>,
        /// The worker ends and wants to be replaced.
        is_spent: bool,
    },
}

/// Everything that a worker needs to know once.
#[derive(Debug, Serialize, Deserialize)]
pub struct Load {
    /// The files.
    pub sources: Vec<Source>,
    /// Names of the dataclasses: an exported class of such a name, alone or with `Selection` or `Entity`, belongs to it.
    pub dataclasses: Vec<String>,
    /// What is there before them.
    pub prelude: Prelude,
    /// For the engine, in bytes.
    pub memory: usize,
}

/// A script that gives the functions what they reach beyond the language: [`crate::data::prelude`].
///
/// Its text is an expression: a function that is called once, before there are modules, with `host(operation, ...arguments)`, which asks
/// [`crate::Host`], and `tools` (`info(name)`, `load(name)` and `isSettled(name)` of a class). It returns an object whose members the engine calls.
/// `globals()` gives, once, the globals of modules by name, which are frozen with all that they lead to; all others may be left out: `roots`, what
/// is to be frozen besides; `begin(caller)` and `forget()` around each call; `link(info, Class, isForAll)` for each class whose module has run, for
/// all calls or for this one, which gives a list of what it has made; `instances(info, Class, data)`, a list of `this` for a list of data;
/// `singleton(info, Class)`; `values(arguments)`; `unguarded(function)`, the function behind one that `link` put in its place;
/// `event(action, instance)`; `computed(get, instance)`, a value in whose place an error may stand, for `result`; `result(value)`, as JSON text; `end()`,
/// when the result is made or the code has thrown.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Prelude {
    /// The expression; empty for none.
    pub text: String,
    /// Names of its globals.
    pub globals: Vec<String>,
}

/// What is done with a member of a class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// The method is called.
    #[default]
    Function,
    /// The getter.
    Get,
    /// The setter, with the first argument; the instance is the result.
    Set,
    /// The function of that name in the class's static `query`.
    Query,
    /// The function of that name in the class's static `orderBy`.
    OrderBy,
    /// The events `validateSave` and `saving`; [`Call::function`] is empty. The result says for each entity `{"values": {…}}`, what the
    /// events changed, or `{"error": {"message", "errCode"}}`.
    BeforeSave,
    /// The event `afterSave`, in the same way.
    AfterSave,
    /// The events `validateDrop` and `dropping`, in the same way.
    BeforeDrop,
    /// The event `afterDrop`, in the same way.
    AfterDrop,
}

impl Action {
    /// Its name in the engine.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Get => "get",
            Self::Set => "set",
            Self::Query => "query",
            Self::OrderBy => "orderBy",
            Self::BeforeSave => "beforeSave",
            Self::AfterSave => "afterSave",
            Self::BeforeDrop => "beforeDrop",
            Self::AfterDrop => "afterDrop",
        }
    }
}

/// One call.
#[derive(Debug, Serialize, Deserialize)]
pub struct Call {
    /// What is done.
    pub action: Action,
    /// The exported class.
    pub class: String,
    /// The member.
    pub function: String,
    /// What the instance is made of: JSON, a list of them when [`Self::each`].
    pub this: Box<RawValue>,
    /// The call is made for every element of [`Self::this`]; the result is the list of results.
    pub each: bool,
    /// A list.
    pub arguments: Box<RawValue>,
    /// For the prelude: who calls.
    pub caller: Box<RawValue>,
    /// In milliseconds from when the worker begins.
    pub timeout_ms: u64,
    /// Length of the result's JSON, and of what is asked of the host at a time, in bytes.
    pub output: usize,
}

impl Call {
    /// About as long as its frame, in bytes.
    pub(crate) fn length(&self) -> usize {
        self.class.len() + self.function.len() + self.this.get().len() + self.arguments.get().len() + self.caller.get().len()
    }
}

/// A line that a function wrote to the console.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// `log`, `info`, `debug`, `warn` or `error`.
    pub level: String,
    /// What it wrote.
    pub text: String,
}

/// What can be used up. Its words are those of a resource error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Limit {
    /// `functions.timeout_ms`.
    Time,
    /// `functions.memory_mb`.
    Memory,
    /// Recursion.
    Stack,
    /// Rows loaded.
    Rows,
    /// Length of the result.
    Output,
}

impl std::fmt::Display for Limit {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Time => "time",
            Self::Memory => "memory",
            Self::Stack => "stack",
            Self::Rows => "rows",
            Self::Output => "output",
        })
    }
}

/// What code threw, or the server's refusal that code may catch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
#[serde(rename_all = "camelCase", default)]
pub struct Thrown {
    /// The error's class, `Error` or other.
    pub name: String,
    /// What it says.
    pub message: String,
    /// `errCode` of what was thrown.
    pub code: Option<i64>,
    /// Lines of `at function (file:line:column)`.
    pub stack: String,
}

/// Why the host does not answer what code asks it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// The code gets an error, which it may catch.
    Error(Thrown),
    /// The call is over, whatever the code does with the error that it gets.
    Limit(Limit),
}

/// Why a call has no value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Failure {
    /// The code threw.
    #[error(transparent)]
    Thrown(Thrown),
    /// A limit was reached.
    #[error("the function reached the limit of {0}")]
    Limit(Limit),
}

/// Writes a frame.
pub(crate) fn write_frame(out: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    out.write_all(&frame(message)?)?;
    out.flush()
}

/// The bytes of a frame.
pub(crate) fn frame(message: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; LENGTH];
    serde_json::to_writer(&mut bytes, message)?;
    let length = u32::try_from(bytes.len() - LENGTH).map_err(|_| io::Error::other("a frame is longer than 4 GB"))?;
    bytes[..LENGTH].copy_from_slice(&length.to_le_bytes());
    Ok(bytes)
}

/// Reads a frame; nothing at the end of what is sent.
pub(crate) fn read_frame<T: for<'de> Deserialize<'de>>(input: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0; LENGTH];
    match input.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        result => result?,
    }
    let mut bytes = Vec::new();
    let length = u64::from(u32::from_le_bytes(length));
    // Not `vec![0; length]`: memory is taken as bytes come.
    if input.take(length).read_to_end(&mut bytes)? as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(serde_json::from_slice(&bytes)?))
}

/// JSON that the program itself wrote.
pub(crate) fn raw(text: String) -> Box<RawValue> {
    RawValue::from_string(text).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back_as_they_were() {
        let mut bytes = Vec::new();
        let line = Line { level: "log".to_owned(), text: "ü\u{0}\n".to_owned() };
        write_frame(&mut bytes, &Answer::Console(line.clone())).unwrap();
        let outcome = Ok(raw("{\"a\":[1.0,\"\\ud800\"]}".to_owned()));
        write_frame(&mut bytes, &Answer::Done { outcome, is_spent: false }).unwrap();
        let mut input = bytes.as_slice();
        assert!(matches!(read_frame(&mut input).unwrap(), Some(Answer::Console(read)) if read == line));
        let Some(Answer::Done { outcome: Ok(value), is_spent: false }) = read_frame(&mut input).unwrap() else { panic!() };
        assert_eq!(value.get(), "{\"a\":[1.0,\"\\ud800\"]}");
        assert!(read_frame::<Answer>(&mut input).unwrap().is_none());
    }

    #[test]
    fn a_frame_that_is_cut_or_no_json_is_an_error() {
        assert!(read_frame::<Answer>(&mut [9, 0, 0, 0, b'{'].as_slice()).is_err());
        assert!(read_frame::<Answer>(&mut [255, 255, 255, 255].as_slice()).is_err());
        assert!(read_frame::<Answer>(&mut [1, 0, 0, 0, b'{'].as_slice()).is_err());
    }
}
