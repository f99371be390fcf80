//! The syntax of modules: looked at once, by the first worker that loads them.

use rquickjs::{CatchResultExt, Context, Module};

use super::engine::{error_of, failed, place_in, runtime};
use crate::protocol::Load;
use crate::source::Finding;

/// Whether all modules can be read, else where they cannot.
///
/// In an engine that nothing else uses: these modules never run. Not in another context of the same one, for only the first of an engine has
/// `DOMException`.
pub(super) fn check(load: &Load) -> Result<(), Vec<Finding>> {
    let mut findings = Vec::new();
    let scratch = runtime(load).map_err(|error| failed(error.to_string()))?;
    for source in &load.sources {
        let context = Context::full(&scratch).map_err(|error| failed(error.to_string()))?;
        context.with(|ctx| {
            let Err(error) = Module::declare(ctx.clone(), source.path.as_str(), source.text.as_str()).catch(&ctx) else { return };
            let text = error_of(&error);
            // Imports are looked at later, with better words.
            if text.name == "SyntaxError" || text.name.is_empty() {
                let line = place_in(&text.stack, std::iter::once(source.path.as_str())).map_or(1, |(_, line)| line);
                findings.push(Finding { path: source.path.clone(), line, message: text.message });
            }
        });
    }
    if findings.is_empty() { Ok(()) } else { Err(findings) }
}
