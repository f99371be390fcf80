//! Every setting in one table: name, type, default, what it does. The loader, the masks and the settings reference come from here.

/// Type of a setting's value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Text.
    Text,
    /// `true` or `false`.
    Bool,
    /// A whole number, zero or more.
    Number,
    /// An array of texts; in an environment variable separated by commas.
    List,
    /// One of these words.
    Choice(&'static [&'static str]),
}

impl Kind {
    /// The type as the reference names it.
    pub fn name(self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Bool => "true or false".to_owned(),
            Self::Number => "number".to_owned(),
            Self::List => "list of texts".to_owned(),
            Self::Choice(words) => words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" or "),
        }
    }
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Path in `claviger.toml`: `table.name`, or a name alone.
    pub name: &'static str,
    /// Type of its value.
    pub kind: Kind,
    /// Default, as TOML.
    pub default: &'static str,
    /// One sentence for the reference.
    pub doc: &'static str,
}

impl Setting {
    /// The environment variable that overrides it (`interface.md` 3).
    pub fn variable(&self) -> String {
        format!("CLAVIGER_{}", self.name.to_uppercase().replace('.', "__"))
    }
}

const fn setting(name: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> Setting {
    Setting { name, kind, default, doc }
}

/// All settings, tables together, in the order of the reference.
pub const REFERENCE: &[Setting] = &[
    setting("name", Kind::Text, "\"claviger\"", "Application name, shown as `__NAME` in `$catalog`."),
    setting("environment", Kind::Text, "\"development\"", "Name of the environment, shown in the console."),
    setting("listen", Kind::Text, "\"127.0.0.1:5397\"", "Address and port of the endpoint; port 0 picks a free one."),
    setting("public_url", Kind::Text, "\"\"", "The API endpoint as clients see it, without path; empty: derived from the request."),
    setting("console_listen", Kind::Text, "\"\"", "A listener of its own for console, management API and metrics; empty: the same one."),
    setting("trusted_proxies", Kind::List, "[]", "Addresses or CIDR ranges whose `X-Forwarded-For` and `Forwarded` headers are believed."),
    setting(
        "database.url",
        Kind::Text,
        "\"sqlite:data/app.db\"",
        "The application's database; a path is relative to the application folder.",
    ),
    setting(
        "database.mode",
        Kind::Choice(&["owned", "attached"]),
        "\"owned\"",
        "`owned`: tables are made from the model; `attached`: the database exists and its tables stay as they are.",
    ),
    setting(
        "database.durability",
        Kind::Choice(&["full", "normal"]),
        "\"full\"",
        "`full`: an acknowledged write survives a power loss; `normal`: the last commits may be lost then.",
    ),
    setting(
        "database.stamp",
        Kind::Choice(&["side", "hash"]),
        "\"side\"",
        "Stamps of an attached database: kept in a side table of our own, or derived from the row's content.",
    ),
    setting(
        "database.allow_destructive",
        Kind::Bool,
        "false",
        "Lets a changed model drop columns and change types of an owned database at start.",
    ),
    setting("database.readers", Kind::Number, "0", "Connections for reading; 0: one per processor and a few more."),
    setting(
        "control.url",
        Kind::Text,
        "\"sqlite:data/control.db\"",
        "Where keys, console users and the audit log live: a SQLite file, or `postgres://USER:PASSWORD@HOST/DATABASE`, where they are in the schema `claviger_control`.",
    ),
    setting(
        "keys.check",
        Kind::Choice(&["on", "off_everybody_is_guest"]),
        "\"on\"",
        "`off_everybody_is_guest`: nobody needs a key, the header is not read, and everybody may do what `roles.json` gives to guests. For plain \
         clients that know no key, on a network that is trusted.",
    ),
    setting(
        "keys.reveal",
        Kind::Choice(&["on", "off"]),
        "\"on\"",
        "`on`: a secret can be shown again; `off`: it is shown once and no copy is kept.",
    ),
    setting("keys.max_lifetime_days", Kind::Number, "365", "Longest life of a key in days; can only be lowered."),
    setting(
        "keys.master_key_file",
        Kind::Text,
        "\"data/master.key\"",
        "The 32 bytes that seal secrets; made when absent. `CLAVIGER_MASTER_KEY` (64 hexadecimal digits) replaces the file.",
    ),
    setting(
        "keys.administration_listener",
        Kind::Choice(&["any", "console"]),
        "\"any\"",
        "Where Administration keys are accepted; `console`: on the listener of `console_listen` only.",
    ),
    setting("keys.admin_protection", Kind::Bool, "false", "Administration keys get no data."),
    setting(
        "rest.entity_uri",
        Kind::Choice(&["brackets", "parentheses"]),
        "\"brackets\"",
        "How entity keys stand in links: `Book[12]` or `Book(12)`.",
    ),
    setting("rest.star_wildcard", Kind::Bool, "true", "`*` is a wildcard beside `@`."),
    setting("rest.allow_delete_all", Kind::Bool, "false", "Lets `$method=delete` on a dataclass without filter delete everything."),
    setting("rest.allow_get_delete", Kind::Bool, "false", "Lets `GET …?$method=delete` delete."),
    setting("rest.strict_attributes", Kind::Bool, "false", "Unknown attribute names in a body are an error instead of ignored."),
    setting(
        "rest.catalog",
        Kind::Choice(&["all", "readable"]),
        "\"all\"",
        "What `$catalog` lists: everything exposed, or what the key may read.",
    ),
    setting(
        "rest.open_without_roles",
        Kind::Bool,
        "false",
        "Without `roles.json` every key may do everything, for development; else nothing.",
    ),
    setting("rest.max_top", Kind::Number, "1000000", "Largest page that `$top` may ask for; at least 100000."),
    setting("rest.max_body_bytes", Kind::Number, "10485760", "Largest request body; a larger one is answered with 413."),
    setting(
        "rest.max_upload_bytes",
        Kind::Number,
        "20971520",
        "Largest image or blob that `$upload` or a direct post takes, at most 134217728; a larger one is answered with 413.",
    ),
    setting(
        "rest.max_waiting_upload_bytes",
        Kind::Number,
        "268435456",
        "Bytes of memory for all uploads that wait to be saved; one key may have half of them. Beyond it uploads are answered with 503.",
    ),
    setting("rest.max_answer_bytes", Kind::Number, "268435456", "Largest answer; a larger one is given up and answered with 413."),
    setting("rest.request_timeout_seconds", Kind::Number, "30", "Time for one request; a longer one is answered with 503."),
    setting(
        "rest.cors_origins",
        Kind::List,
        "[]",
        "Origins whose scripts may call `/rest/`; `*` allows all; empty: none (no cross-origin headers).",
    ),
    setting(
        "rest.default_entity_set_timeout",
        Kind::Number,
        "7200",
        "Seconds that an entity set lives without being used, where `$timeout` says nothing.",
    ),
    setting(
        "rest.max_entity_set_timeout",
        Kind::Number,
        "0",
        "Longest such life in seconds, a longer `$timeout` is cut to it; 0: no limit.",
    ),
    setting("rest.nb_entity_sets", Kind::Number, "0", "Living entity sets of one API key; one more is answered with 429; 0: no limit."),
    setting(
        "rest.max_entity_set_bytes",
        Kind::Number,
        "1073741824",
        "Memory of all entity sets together (8 bytes per whole-number key); more is answered with 429; 0: no limit.",
    ),
    setting(
        "rest.session_minutes",
        Kind::Number,
        "60",
        "A session of the dialect, and the locks it holds, ends after this time without a request; 1 to 43200.",
    ),
    setting(
        "rest.session_same_site",
        Kind::Choice(&["strict", "lax", "none"]),
        "\"strict\"",
        "`SameSite` of the session's cookies; `none` sends them with `Secure`.",
    ),
    setting(
        "rest.lock_info",
        Kind::Choice(&["minimal", "full"]),
        "\"minimal\"",
        "What is told of who holds a lock; `full`: address and user agent too.",
    ),
    setting("console.session_idle_minutes", Kind::Number, "60", "A console session ends after this time without a request."),
    setting("console.session_hours", Kind::Number, "12", "A console session ends after this time in any case."),
    setting("console.fresh_minutes", Kind::Number, "15", "How long a password counts as just given, for revealing a secret."),
    setting("limits.connections", Kind::Number, "10000", "Open connections per listener; further ones wait."),
    setting("limits.first_byte_seconds", Kind::Number, "10", "Time for the first byte of a new connection."),
    setting("limits.header_seconds", Kind::Number, "10", "Time from the first byte of a request to the end of its head."),
    setting("limits.idle_seconds", Kind::Number, "75", "Time that a connection may stay open between two requests."),
    setting("limits.drain_seconds", Kind::Number, "20", "Time that running requests get when the server is asked to stop."),
    setting(
        "limits.refusals_per_minute",
        Kind::Number,
        "600",
        "Refused keys per address and minute before answers become 429; 0: no limit.",
    ),
    setting("limits.sessions_per_key", Kind::Number, "0", "Sessions of one key before further ones are answered with 402; 0: no limit."),
    setting("functions.timeout_ms", Kind::Number, "5000", "Time limit of one call of a user function."),
    setting("functions.memory_mb", Kind::Number, "64", "Memory that user functions may take in one worker process."),
    setting("functions.workers", Kind::Number, "0", "Worker processes that run user functions; 0: two per core."),
    setting(
        "functions.allow_hosts",
        Kind::List,
        "[]",
        "Hosts that user functions may call: `api.example.org`, with a port, or an address. Loopback, private and link-local addresses only when they are listed as addresses.",
    ),
    setting("log.format", Kind::Choice(&["text", "json"]), "\"text\"", "Form of the log lines on standard error."),
    setting("log.level", Kind::Choice(&["error", "warn", "info", "debug"]), "\"info\"", "Least weight of a log line."),
    setting(
        "log.requests",
        Kind::Choice(&["all", "refused", "off"]),
        "\"all\"",
        "Which requests get a line: all, those answered with 400 and above, none.",
    ),
    setting(
        "log.permissions",
        Kind::Choice(&["off", "denied"]),
        "\"off\"",
        "`denied`: each missing permission gets a line with key, role, dataclass and action.",
    ),
];

/// The setting of that name.
pub fn find(name: &str) -> Option<&'static Setting> {
    REFERENCE.iter().find(|setting| setting.name == name)
}

/// The known name that is most like a mistyped one.
pub fn nearest(name: &str) -> &'static str {
    let tail = |full: &'static str| full.rsplit('.').next().unwrap_or(full);
    let by_name =
        |setting: &&Setting| distance(name, setting.name).min(distance(name.rsplit('.').next().unwrap_or(name), tail(setting.name)) + 1);
    REFERENCE.iter().min_by_key(by_name).map_or("name", |setting| setting.name)
}

/// Edits (insert, drop, replace) from one text to the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, left) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (at, right) in to.iter().enumerate() {
            let replace = diagonal + usize::from(left != *right);
            diagonal = row[at + 1];
            row[at + 1] = replace.min(row[at] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

/// The reference as a Markdown table, for `docs/reference/settings.md`.
pub fn markdown() -> String {
    let mut text = String::from("| Setting | Type | Default | Environment | What it does |\n|---|---|---|---|---|\n");
    for setting in REFERENCE {
        let line = format!(
            "| `{}` | {} | `{}` | `{}` | {} |\n",
            setting.name,
            setting.kind.name(),
            setting.default,
            setting.variable(),
            setting.doc
        );
        text.push_str(&line);
    }
    text.push_str(REMOTE);
    text
}

/// What is no single value.
const REMOTE: &str = r#"
## Other applications' datastores

```toml
[[remote]]
local_id = "shop"                        # functions have it as ds("shop")
hostname = "https://shop.example.org"    # its endpoint; need not be in functions.allow_hosts
api_key_file = "shop.key"                # the file with the API key, below the application folder; readable for the server alone
```

Once for each. The file is read when a function asks for the datastore, so that a key can be exchanged without a restart.
"#;
