//! The product under test: an application in a temporary folder, spoken to in process, with a key per role.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use claviger_access::{KeyDraft, KeyRules};
use claviger_server::accept::{Door, Peer};
use claviger_server::app::{AppState, Opening};
use claviger_server::service;
use claviger_server::settings::Settings;
use claviger_store::control::Actor;
use http::{Method, Request};
use http_body_util::BodyExt;
use serde_json::Value;

use crate::permission::ROLES;
use crate::world::{MODEL, World};

const NOW: i64 = 1_900_000_000_000;
const ADMINISTRATION: &str = "administration";

pub struct Product {
    state: AppState,
    secrets: BTreeMap<&'static str, String>,
    runtime: tokio::runtime::Runtime,
    _folder: tempfile::TempDir,
}

impl Product {
    pub fn open(roles: &str, world: &World) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("model.json"), MODEL).unwrap();
        std::fs::write(folder.path().join("roles.json"), roles).unwrap();
        let seed = AtomicU64::new(1);
        let random = Arc::new(move |buffer: &mut [u8]| {
            for byte in buffer {
                let state = seed.load(Ordering::Relaxed).wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                seed.store(state, Ordering::Relaxed);
                *byte = (state >> 33) as u8;
            }
        });
        let opening = Opening {
            settings: Settings::default(),
            clock: Arc::new(|| NOW),
            random,
            master_key: None,
            log: None,
            worker: claviger_server::WorkerProgram::myself(&[]),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let state = AppState::open(folder.path(), opening).unwrap();
        let mut secrets = BTreeMap::new();
        for (name, _) in ROLES.iter().copied().chain([(ADMINISTRATION, &[] as &[&str])]) {
            let mut draft = KeyDraft::default();
            draft.description = Some(name.to_owned());
            draft.key_type = Some(if name == ADMINISTRATION { "administration" } else { "standard" }.to_owned());
            draft.role = (name != ADMINISTRATION).then(|| Some(name.to_owned()));
            let roles = state.roles();
            let rules = KeyRules { today: claviger_access::key::day_of(state.instant()), max_lifetime_days: 365, roles: &roles };
            let (_, secret) = state.control().create_key(draft, rules, None, &Actor::command_line()).unwrap();
            secrets.insert(name, secret.expose().to_owned());
        }
        state.refresh_keys().unwrap();
        let product = Self { state, secrets, runtime, _folder: folder };
        for (class, body) in world.bodies() {
            let url = format!("/rest/{}?$method=update&$atomic=true", class.name());
            let (status, answer) = product.send(ADMINISTRATION, Method::POST, &url, body.to_string());
            assert_eq!(status, 200, "{answer}");
        }
        product
    }

    pub fn get(&self, role: &str, url: &str) -> (u16, Value) {
        let (status, body) = self.get_raw(role, url);
        (status, serde_json::from_str(&body).unwrap_or_else(|error| panic!("{url}: {error}: {body}")))
    }

    pub fn get_raw(&self, role: &str, url: &str) -> (u16, String) {
        self.send(role, Method::GET, url, String::new())
    }

    fn send(&self, role: &str, method: Method, url: &str, body: String) -> (u16, String) {
        let request =
            Request::builder().method(method).uri(url).header("api-key", self.secrets[role].as_str()).body(Body::from(body)).unwrap();
        let peer = Peer { address: IpAddr::V4(Ipv4Addr::LOCALHOST), door: Door::Both };
        self.runtime.block_on(async {
            let response = service::respond(&self.state, peer, request).await;
            let status = response.status().as_u16();
            let bytes = response.into_body().collect().await.unwrap().to_bytes();
            (status, String::from_utf8(bytes.to_vec()).unwrap())
        })
    }
}

/// Percent-encodes everything but letters and digits.
pub fn encode(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
