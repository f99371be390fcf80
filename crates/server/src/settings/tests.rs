use super::*;

fn from(file: &str, variables: &[(&str, &str)]) -> Result<Loaded, SettingsError> {
    load(Some(file), variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

#[test]
fn defaults_are_those_of_the_reference() {
    let settings = Settings::default();
    assert_eq!(settings.listen, "127.0.0.1:5397");
    assert_eq!(settings.database.durability, Durability::Full);
    assert_eq!(settings.rest.max_body_bytes, 10_485_760);
    assert_eq!(settings.keys.reveal, Switch::On);
    let loaded = from("", &[]).unwrap();
    assert_eq!(loaded.effective().len(), reference::REFERENCE.len());
    assert!(loaded.effective().iter().all(|(_, value, origin)| !value.is_empty() && origin == "default"));
}

#[test]
fn environment_overrides_the_file() {
    let file = "name = \"library\"\n[rest]\nstar_wildcard = false\n[keys]\nreveal = \"off\"\n";
    let loaded = from(
        file,
        &[("CLAVIGER_KEYS__REVEAL", "on"), ("CLAVIGER_TRUSTED_PROXIES", "10.0.0.1, 2001:db8::/32"), ("CLAVIGER_APP", "x"), ("HOME", "y")],
    )
    .unwrap();
    assert_eq!(loaded.settings.name, "library");
    assert!(!loaded.settings.rest.star_wildcard);
    assert_eq!(loaded.settings.keys.reveal, Switch::On);
    assert_eq!(loaded.settings.trusted_networks().len(), 2);
    assert_eq!(loaded.origins["keys.reveal"], "CLAVIGER_KEYS__REVEAL");
    assert_eq!(loaded.origins["name"], "claviger.toml");
}

#[test]
fn an_unknown_name_is_an_error_that_names_the_nearest() {
    let message = |result: Result<Loaded, SettingsError>| result.unwrap_err().to_string();
    assert!(message(from("[rest]\nstar_wildcards = true", &[])).contains("\"rest.star_wildcard\""));
    assert!(message(from("lisen = \"x\"", &[])).contains("\"listen\""));
    assert!(message(from("", &[("CLAVIGER_DATABSE__URL", "x")])).contains("\"database.url\""));
    assert!(message(from("max_body_bytes = 3", &[])).contains("\"rest.max_body_bytes\""));
}

#[test]
fn values_that_do_not_fit_are_refused() {
    for file in [
        "listen = 5397",
        "listen = \"nowhere\"",
        "[database]\nmode = \"borrowed\"",
        "[keys]\nmax_lifetime_days = 400",
        "[keys]\nmax_lifetime_days = -1",
        "trusted_proxies = [\"proxy.example.org\"]",
        "public_url = \"https://x.example/\"",
        "public_url = \"x.example\"",
        "[rest]\nmax_top = 10",
        "[keys]\nadministration_listener = \"console\"",
        "[database]\nurl = \"mysql://x\"",
        "[database",
    ] {
        assert!(from(file, &[]).is_err(), "{file}");
    }
    assert!(from("", &[("CLAVIGER_REST__STAR_WILDCARD", "maybe")]).is_err());
}

#[test]
fn passwords_in_urls_are_masked() {
    let mut loaded = from("", &[]).unwrap();
    loaded.settings.database.url = "postgres://ana:geheim@db.example/x".to_owned().into();
    loaded.settings.control.url = "postgres://ana@db.example/x?password=geheim".to_owned().into();
    let shown = loaded.effective();
    let (_, url, _) = shown.iter().find(|(name, ..)| *name == "database.url").unwrap();
    assert!(!url.contains("geheim") && url.contains("ana"), "{url}");
    assert!(!format!("{shown:?} {loaded:?} {}", loaded.settings.control.url).contains("geheim"));
    // Nor does an error have it.
    for file in [
        "[control]\nurl = \"postgres://ana:geheim@db.example:x/y\"",
        "[control]\nurl = \"mysql://ana:geheim@db.example/y\"",
        "[control]\nurl = postgres://ana:geheim@db.example/y",
        "[control]\nurl = [\"postgres://ana:geheim@db.example/y\"]",
    ] {
        let message = from(file, &[]).unwrap_err().to_string();
        assert!(!message.contains("geheim") && (message.contains("control.url") || message.contains("line 2")), "{message}");
    }
}

#[test]
fn the_control_store_is_a_file_or_on_a_server() {
    let at = |url: &str| from(&format!("[control]\nurl = \"{url}\""), &[]).unwrap().settings;
    let folder = Path::new("/app");
    let file = at("sqlite:data/control.db");
    assert_eq!(file.control_location(folder).unwrap().to_string(), "/app/data/control.db");
    assert_eq!(file.stamps_path(folder).unwrap(), Path::new("/app/data/stamps.db"));
    assert_eq!(at("/var/keys/control.db").stamps_path(folder).unwrap(), Path::new("/var/keys/stamps.db"));
    let server = at("postgres://ana:geheim@db.example/books");
    assert_eq!(server.control_location(folder).unwrap().to_string(), "postgres://ana@db.example:5432/books");
    assert_eq!(server.stamps_path(folder).unwrap(), Path::new("/app/data/stamps.db"));
    let certificates = at("postgres://db.example/books?sslmode=verify-full&sslrootcert=data/ca.pem");
    assert!(certificates.control_location(folder).unwrap_err().to_string().contains("/app/data/ca.pem"));
}

#[test]
fn a_mark_at_the_beginning_moves_no_line() {
    for text in ["\n= 1", "\u{feff}\n= 1", "\u{feff}\n= 1\n\n\n"] {
        let message = from(text, &[]).unwrap_err().to_string();
        assert!(message.contains("line 2:"), "{text:?}: {message}");
    }
}

#[test]
fn remote_datastores_have_an_alias_a_host_and_a_file() {
    let of = |text: &str| from(text, &[]).map(|loaded| loaded.settings.remote);
    let one = "[[remote]]\nlocal_id = \"shop\"\nhostname = \"https://shop.example.org\"\napi_key_file = \"shop.key\"\n";
    let remotes = of(one).unwrap();
    assert_eq!((remotes.len(), remotes[0].local_id.as_str(), remotes[0].api_key_file.as_path()), (1, "shop", Path::new("shop.key")));
    assert!(of("").unwrap().is_empty());
    for (text, part) in [
        (format!("{one}{one}"), "stands there twice"),
        (one.replace("\"shop\"", "\"\""), "empty"),
        (one.replace("https://", ""), "must begin with https://"),
        (one.replace("local_id", "localID"), "unknown field `localID`"),
        (one.replace("[[remote]]", "[remote]"), "[[remote]]"),
    ] {
        let message = of(&text).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }
}
