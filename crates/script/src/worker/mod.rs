//! The process that runs functions: reads requests from its standard input, answers on its standard output, and can do nothing else.

mod confine;
mod engine;
mod globals;
mod syntax;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::rc::Rc;

use rustix::event::{PollFd, PollFlags, poll};

use crate::protocol::{Answer, Call, Line, Refusal, Request, Thrown, raw, read_frame, write_frame};
use engine::{Engine, Port};

/// Stack of the engine's thread, in bytes: native code (regular expressions, JSON) needs more than the engine counts.
const THREAD_STACK: usize = 16 << 20;
/// Lines that one call can write to the console.
const MOST_LINES: u32 = 1000;

/// Runs a worker until its standard input ends. The hidden command `script-worker` is this.
///
/// The server starts it with an empty environment and three pipes.
pub fn run_worker() -> io::Result<()> {
    // Belongs to a thread, and to those that it starts.
    rustix::thread::set_no_new_privs(true)?;
    // Nobody waits for the answer of a call whose server is gone; code that runs does not see the end of the input.
    std::thread::Builder::new().name("watch".to_owned()).stack_size(64 << 10).spawn(|| {
        let input = io::stdin();
        loop {
            let mut ends = [PollFd::new(&input, PollFlags::empty())];
            if poll(&mut ends, None).is_ok() && ends[0].revents().intersects(PollFlags::HUP | PollFlags::ERR) {
                std::process::exit(0);
            }
        }
    })?;
    let engine =
        std::thread::Builder::new().name("engine".to_owned()).stack_size(THREAD_STACK).spawn(|| serve(io::stdin(), io::stdout()))?;
    engine.join().unwrap_or_else(|_| Err(io::Error::other("the engine's thread panicked")))
}

/// Both ends of the conversation.
struct Pipes<I, O> {
    input: I,
    output: O,
    /// Written to the console by the running call.
    lines: u32,
    /// What the running call may ask at a time, in bytes.
    longest: usize,
    /// Calls that came while another one ran.
    ahead: VecDeque<Box<Call>>,
}

impl<I: Read, O: Write> Pipes<I, O> {
    /// The call to run; none when the server is done.
    fn next_call(&mut self) -> io::Result<Option<Box<Call>>> {
        if let Some(call) = self.ahead.pop_front() {
            return Ok(Some(call));
        }
        match read_frame(&mut self.input)? {
            Some(Request::Call(call)) => Ok(Some(call)),
            Some(_) => Err(io::Error::other("a reply that nobody waits for")),
            None => Ok(None),
        }
    }

    /// Says it, or ends the process: nobody listens any more.
    fn say(&mut self, answer: &Answer) {
        if write_frame(&mut self.output, answer).is_err() {
            std::process::exit(1);
        }
    }
}

impl<I: Read, O: Write> Port for Pipes<I, O> {
    fn host(&mut self, operation: &str, arguments: &str) -> Result<String, Refusal> {
        let (length, most) = (operation.len() + arguments.len(), self.longest);
        if length > most {
            let message = format!("what is asked of the server is too large: {length} bytes, of which {most} are allowed");
            return Err(Refusal::Error(Thrown { message, ..Thrown::default() }));
        }
        self.say(&Answer::Host { operation: operation.to_owned(), arguments: raw(arguments.to_owned()) });
        loop {
            match read_frame(&mut self.input) {
                Ok(Some(Request::Reply(reply))) => return reply.map(|value| value.get().to_owned()),
                Ok(Some(Request::Call(call))) => self.ahead.push_back(call),
                // The server is gone, or says what it must not say.
                _ => std::process::exit(1),
            }
        }
    }

    fn console(&mut self, line: Line) {
        self.lines += 1;
        if self.lines <= MOST_LINES {
            self.say(&Answer::Console(line));
        }
    }
}

fn serve<I: Read + 'static, O: Write + 'static>(input: I, output: O) -> io::Result<()> {
    let pipes = Rc::new(RefCell::new(Pipes { input, output, lines: 0, longest: 0, ahead: VecDeque::new() }));
    let first = read_frame(&mut pipes.borrow_mut().input)?;
    let (load, is_checked) = match first {
        Some(Request::Load { load, is_checked }) => (load, is_checked),
        None => return Ok(()),
        Some(_) => return Err(io::Error::other("the first request loads")),
    };
    confine::confine(load.memory)?;
    let checked = if is_checked { Ok(()) } else { syntax::check(&load) };
    let engine = match checked.and_then(|()| Engine::load(&load, pipes.clone())) {
        Ok((engine, registry)) => {
            pipes.borrow_mut().say(&Answer::Loaded(registry));
            engine
        }
        Err(findings) => {
            pipes.borrow_mut().say(&Answer::Refused(findings));
            std::process::exit(0);
        }
    };
    drop(load);
    let next = || pipes.borrow_mut().next_call();
    while let Some(call) = next()? {
        answer(&engine, &call, &pipes);
    }
    // The engine is not taken apart: the process ends.
    std::process::exit(0);
}

fn answer<I: Read, O: Write>(engine: &Engine, call: &Call, pipes: &RefCell<Pipes<I, O>>) {
    {
        let mut pipes = pipes.borrow_mut();
        (pipes.lines, pipes.longest) = (0, call.output);
    }
    let ending = engine.call(call);
    let is_spent = ending.is_spent;
    pipes.borrow_mut().say(&Answer::Done { outcome: ending.outcome, is_spent });
    if is_spent {
        std::process::exit(0);
    }
}

/// Cuts a text so that it has at most `most` bytes.
fn shorten(text: &mut String, most: usize) {
    if text.len() > most {
        let end = (0..=most).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        text.truncate(end);
    }
}
