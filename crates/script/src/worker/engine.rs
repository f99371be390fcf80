//! The engine with functions in it: loads them once, runs one call at a time.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use rquickjs::context::EvalOptions;
use rquickjs::object::Filter;
use rquickjs::{CatchResultExt, CaughtError, Context, Ctx, Error, Function, Object, Persistent, Runtime, Value};
use serde::Serialize;
use serde_json::value::RawValue;

use super::globals;
use crate::protocol::{Call, Failure, Limit, Line, Load, Refusal, Thrown, raw};
use crate::registry::{Class, Registry, register};
use crate::source::{Finding, Source, read_all, resolve, stateless};

/// What a call can ask of the outside.
pub(crate) trait Port {
    /// Asks the server and waits.
    fn host(&mut self, operation: &str, arguments: &str) -> Result<String, Refusal>;
    /// A line for the log.
    fn console(&mut self, line: Line);
}

/// Of the engine's own stack, in bytes. The thread has [`super::THREAD_STACK`], several times as much.
const STACK: usize = 1 << 20;
/// What the engine holds before there are modules, in bytes: not charged to the operator's setting.
const OWN_MEMORY: usize = 4 << 20;
/// Of an error's message and of its stack, in bytes: both fit [`FRAME_EXTRA`](crate::protocol::FRAME_EXTRA), also written as six characters a byte.
const LONGEST_TEXT: usize = 32 << 10;
/// Of an error's name, in bytes.
const LONGEST_NAME: usize = 256;
/// Time for modules to run when they are loaded.
const LOAD_TIME: Duration = Duration::from_secs(10);

/// The time of the call that runs.
#[derive(Default)]
struct Clock {
    until: Cell<Option<Instant>>,
    is_over: Cell<bool>,
}

impl Clock {
    fn start(&self, time: Duration) {
        self.is_over.set(false);
        self.until.set(Instant::now().checked_add(time));
    }

    /// Remembers that time is over, so that code which catches its end changes nothing.
    fn check(&self) -> bool {
        if self.until.get().is_some_and(|until| Instant::now() >= until) {
            self.is_over.set(true);
        }
        self.is_over.get()
    }

    fn left(&self) -> Duration {
        self.until.get().map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()))
    }
}

/// A class with its name, for `realm/api.js`.
#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
    #[serde(flatten)]
    class: &'a Class,
}

/// The engine, ready for calls.
pub(crate) struct Engine {
    // Before the context, and this before the runtime: each lives in the next.
    api: Persistent<Object<'static>>,
    context: Context,
    _runtime: Runtime,
    clock: Rc<Clock>,
}

/// How a call ended.
pub(crate) struct Ending {
    pub(crate) outcome: Result<Box<RawValue>, Failure>,
    /// The engine may hold what the call left, and takes no more.
    pub(crate) is_spent: bool,
}

impl Engine {
    /// An engine with the functions in it, or what is wrong with them; their syntax is right ([`super::syntax`]).
    pub(crate) fn load(load: &Load, port: Rc<RefCell<dyn Port>>) -> Result<(Self, Registry), Vec<Finding>> {
        let runtime = runtime(load).map_err(|error| failed(error.to_string()))?;
        let clock = Rc::new(Clock::default());
        let ticking = clock.clone();
        runtime.set_interrupt_handler(Some(Box::new(move || ticking.check())));
        clock.start(LOAD_TIME);
        let context = Context::full(&runtime).map_err(|error| failed(error.to_string()))?;
        let (modules, found) = read_all(&load.sources);
        if !found.is_empty() {
            return Err(found);
        }
        let loaded = context.with(|ctx| -> Result<_, Vec<Finding>> {
            let api = realm(&ctx, port).catch(&ctx).map_err(|error| failed(error.to_string()))?;
            let whole = |result: rquickjs::Result<()>| result.catch(&ctx).map_err(|error| failed(error.to_string()));
            whole(call_api(&api, "seal", ()))?;
            if !load.prelude.text.is_empty() {
                let made = (|| call_api(&api, "prelude", (compile(&ctx, "prelude", &load.prelude.text)?, load.prelude.globals.clone())))();
                whole(made)?;
            }
            let stateless = stateless(&modules);
            for source in &load.sources {
                let (path, globals) = (source.path.as_str(), &load.prelude.globals);
                let is_stateless = stateless.contains(path);
                let imported = |written: &str| resolve(path, written).unwrap_or_default();
                let text = modules[path].as_function(&source.text, is_stateless, globals, imported);
                let made = (|| call_api::<_, ()>(&api, "module", (path, compile(&ctx, path, &text)?, is_stateless)))();
                made.catch(&ctx).map_err(|error| vec![finding(&error, &load.sources, &source.path)])?;
            }
            let described = call_api::<_, String>(&api, "describe", ()).catch(&ctx);
            if clock.is_over.get() {
                return Err(failed("the modules do not come to an end".to_owned()));
            }
            let first = load.sources.first().map_or("", |source| &source.path);
            let described = described.map_err(|error| vec![finding(&error, &load.sources, first)])?;
            let described = serde_json::from_str(&described).map_err(|error| failed(error.to_string()))?;
            let registry = register(described, &modules, &load.dataclasses)?;
            let list: Vec<_> = registry.classes.iter().map(|(name, class)| Named { name, class }).collect();
            let list = serde_json::to_string(&list).map_err(|error| failed(error.to_string()))?;
            whole(call_api(&api, "register", (list,)))?;
            while ctx.execute_pending_job() {
                if clock.check() {
                    return Err(failed("the modules do not come to an end".to_owned()));
                }
            }
            whole(end(&ctx, &api).map(drop))?;
            Ok((Persistent::save(&ctx, api), registry))
        });
        let (api, registry) = loaded?;
        runtime.run_gc();
        Ok((Self { api, context, _runtime: runtime, clock }, registry))
    }

    /// Runs a call to its end.
    pub(crate) fn call(&self, call: &Call) -> Ending {
        self.clock.start(Duration::from_millis(call.timeout_ms));
        self.context.with(|ctx| {
            let Ok(api) = self.api.clone().restore(&ctx) else {
                return Ending { outcome: Err(Failure::Limit(Limit::Memory)), is_spent: true };
            };
            let result = self.run(&ctx, &api, call);
            let outcome = result.map_err(|error| self.failure(&ctx, &api, error));
            if matches!(outcome, Err(Failure::Thrown(_))) && call_api::<_, ()>(&api, "fail", ()).is_err() {
                ctx.catch();
            }
            // Whatever comes now is no part of the result, but must not be left to the next call.
            let is_over = self.pump(&ctx).is_err();
            let outcome = if is_over { Err(Failure::Limit(Limit::Time)) } else { outcome };
            let outcome =
                outcome.and_then(|text| if text.len() > call.output { Err(Failure::Limit(Limit::Output)) } else { Ok(raw(text)) });
            let is_exhausted = matches!(outcome, Err(Failure::Limit(Limit::Time | Limit::Memory)));
            let is_clean = !is_exhausted && end(&ctx, &api).unwrap_or(false);
            self.clock.until.set(None);
            Ending { outcome, is_spent: !is_clean || self.clock.is_over.get() }
        })
    }

    fn run<'js>(&self, ctx: &Ctx<'js>, api: &Object<'js>, call: &Call) -> rquickjs::Result<String> {
        let invoked = (
            call.action.name(),
            call.class.as_str(),
            call.function.as_str(),
            call.this.get(),
            call.each,
            call.arguments.get(),
            call.caller.get(),
        );
        let value: Value<'_> = call_api(api, "invoke", invoked)?;
        let value = self.settle(ctx, api, value)?;
        call_api(api, "answer", (value,))
    }

    /// Runs jobs until none is left.
    fn pump(&self, ctx: &Ctx<'_>) -> Result<(), Error> {
        while !self.clock.check() {
            if !ctx.execute_pending_job() {
                return if self.clock.check() { Err(Error::Exception) } else { Ok(()) };
            }
        }
        Err(Error::Exception)
    }

    /// Waits for a promise.
    fn settle<'js>(&self, ctx: &Ctx<'js>, api: &Object<'js>, value: Value<'js>) -> rquickjs::Result<Value<'js>> {
        self.pump(ctx)?;
        let Some(promise) = value.as_promise().cloned() else { return Ok(value) };
        loop {
            if let Some(result) = promise.result() {
                return result;
            }
            let wait: f64 = call_api(api, "wait", ())?;
            if wait < 0.0 {
                return Err(rquickjs::Exception::throw_message(ctx, "the function waits for something that never happens"));
            }
            let wait = Duration::from_secs_f64((wait / 1000.0).min(1e6));
            if wait >= self.clock.left() {
                std::thread::sleep(self.clock.left());
                self.clock.check();
                return Err(Error::Exception);
            }
            std::thread::sleep(wait);
            call_api::<_, ()>(api, "fire", ())?;
            self.pump(ctx)?;
        }
    }

    /// What an error of the engine means.
    fn failure<'js>(&self, ctx: &Ctx<'js>, api: &Object<'js>, error: Error) -> Failure {
        if self.clock.is_over.get() {
            return Failure::Limit(Limit::Time);
        }
        if matches!(error, Error::Allocation) {
            return Failure::Limit(Limit::Memory);
        }
        let thrown = if matches!(error, Error::Exception) {
            let value = ctx.catch();
            if value.is_null() {
                // Without memory for an error the engine throws null. Code hardly does; when it does, it is told the same.
                return Failure::Limit(Limit::Memory);
            }
            let described = call_api::<_, String>(api, "thrown", (value,));
            if described.is_err() {
                ctx.catch();
            }
            described.ok().and_then(|text| serde_json::from_str::<Thrown>(&text).ok())
        } else {
            Some(Thrown { name: "Error".to_owned(), message: error.to_string(), ..Thrown::default() })
        };
        if self.clock.is_over.get() {
            return Failure::Limit(Limit::Time);
        }
        let Some(mut thrown) = thrown else {
            let message = "what the function threw cannot be read".to_owned();
            return Failure::Thrown(Thrown { name: "Error".to_owned(), message, ..Thrown::default() });
        };
        match (thrown.name.as_str(), thrown.message.as_str()) {
            ("InternalError", "out of memory") => Failure::Limit(Limit::Memory),
            ("RangeError" | "InternalError", "Maximum call stack size exceeded" | "stack overflow") => Failure::Limit(Limit::Stack),
            _ => {
                super::shorten(&mut thrown.name, LONGEST_NAME);
                super::shorten(&mut thrown.message, LONGEST_TEXT);
                super::shorten(&mut thrown.stack, LONGEST_TEXT);
                Failure::Thrown(thrown)
            }
        }
    }
}

/// What is wrong with the engine itself.
pub(super) fn failed(message: String) -> Vec<Finding> {
    vec![Finding { path: "the engine".to_owned(), line: 1, message }]
}

/// An engine with its limits, and nothing in it.
pub(super) fn runtime(load: &Load) -> rquickjs::Result<Runtime> {
    let runtime = Runtime::new()?;
    runtime.set_memory_limit(load.memory.saturating_add(OWN_MEMORY));
    runtime.set_max_stack_size(STACK);
    Ok(runtime)
}

fn call_api<'js, A: rquickjs::function::IntoArgs<'js>, R: rquickjs::FromJs<'js>>(
    api: &Object<'js>,
    name: &str,
    arguments: A,
) -> rquickjs::Result<R> {
    api.get::<_, Function<'js>>(name)?.call(arguments)
}

/// Ends a call; false when it left something that cannot be taken away.
fn end<'js>(ctx: &Ctx<'js>, api: &Object<'js>) -> rquickjs::Result<bool> {
    let members = ctx.globals().own_keys::<rquickjs::Atom<'js>>(Filter::new().string().symbol()).count();
    call_api(api, "end", (members,))
}

/// A function of an expression's text.
fn compile<'js>(ctx: &Ctx<'js>, path: &str, text: &str) -> rquickjs::Result<Function<'js>> {
    let mut options = EvalOptions::default();
    options.filename = Some(path.to_owned());
    ctx.eval_with_options(text, options)
}

/// What surrounds the modules of functions: their globals, and the few functions by which the worker runs them.
///
/// All that a call can reach from here is frozen before any module runs, so that no call finds what another has changed. The rest is in variables
/// that nothing outside can reach, and begins anew with each call. The files are parts of one function.
const REALM: &str = concat!(
    "(function (native) {\n\"use strict\";\nconst define = (target, name, value) =>\n",
    "  Object.defineProperty(target, name, { value, writable: true, enumerable: false, configurable: true });\n",
    "const setOwn = (target, name, value) =>\n",
    "  Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });\n",
    include_str!("realm/code.js"),
    include_str!("realm/console.js"),
    include_str!("realm/crypto.js"),
    include_str!("realm/text.js"),
    include_str!("realm/url.js"),
    include_str!("realm/clone.js"),
    include_str!("realm/call.js"),
    include_str!("realm/freeze.js"),
    include_str!("realm/describe.js"),
    include_str!("realm/api.js"),
    "})",
);

/// Makes the globals; gives the functions of `realm/api.js`.
fn realm<'js>(ctx: &Ctx<'js>, port: Rc<RefCell<dyn Port>>) -> rquickjs::Result<Object<'js>> {
    let native = globals::native(ctx, port)?;
    compile(ctx, "realm", REALM)?.call((native,))
}

pub(super) fn error_of(error: &CaughtError<'_>) -> Thrown {
    match error {
        CaughtError::Exception(exception) => Thrown {
            name: exception.get("name").unwrap_or_default(),
            message: exception.message().unwrap_or_default(),
            code: None,
            stack: exception.stack().unwrap_or_default(),
        },
        CaughtError::Value(value) => Thrown { message: format!("{value:?}"), ..Thrown::default() },
        CaughtError::Error(error) => Thrown { message: error.to_string(), ..Thrown::default() },
    }
}

/// The first place that a stack names in one of these files: the file's path and the line.
pub(super) fn place_in<'a>(stack: &str, paths: impl Iterator<Item = &'a str> + Clone) -> Option<(&'a str, u32)> {
    stack.lines().find_map(|row| {
        // `at name (path:line:column)`, or without a name and its parentheses.
        let row = row.trim_end().trim_end_matches(')');
        let (before, line) = row.rsplit_once(':')?.0.rsplit_once(':')?;
        // One path may end as another does.
        let path = paths.clone().filter(|path| before.ends_with(path)).max_by_key(|path| path.len())?;
        Some((path, line.parse().ok()?))
    })
}

/// An error that modules threw when they ran, where it came from.
fn finding(error: &CaughtError<'_>, sources: &[Source], path: &str) -> Finding {
    let thrown = error_of(error);
    let (path, line) = place_in(&thrown.stack, sources.iter().map(|source| source.path.as_str())).unwrap_or((path, 1));
    let message = if thrown.name.is_empty() { thrown.message } else { format!("{}: {}", thrown.name, thrown.message) };
    Finding { path: path.to_owned(), line, message }
}

#[cfg(test)]
mod tests;
