//! What a browser hides or refuses is told by the header that the server must send.

use mcp_tasks::engine::{CallId, Code, Config, Era, Error, Sight};
use serde_json::{Value, json};

use crate::bench::{Bench, config, modern_config};
use crate::modern_server::modern_capabilities;
use crate::node::Node;
use crate::server::{Server, all_capabilities};
use crate::wire::Reply;

/// On another origin than the server.
fn hiding() -> Config<Node> {
    Config { hides_headers: true, ..modern_config() }
}

fn connect(bench: &mut Bench) -> CallId {
    bench.call(|engine, call, now| engine.connect(call, now))
}

/// A page that sees nothing of the server's answers to what it sends.
fn refused(config: Config<Node>, sight: Sight, own_headers: &str) -> Error<Node> {
    let mut bench = Bench::meeting(config, Server::modern(modern_capabilities()));
    (bench.sight, bench.own_headers) = (sight, own_headers.into());
    bench.server.upset(|_| Some(Reply::fail()));
    let call = connect(&mut bench);
    bench.error(call)
}

fn missing(error: &Error<Node>) -> Value {
    error.data.as_ref().map_or(Value::Null, |data| data.0["missing"].clone())
}

#[test]
fn what_can_be_seen_of_a_server_tells_what_it_lacks() {
    let modern = || Config { known: Some(Era::Modern), ..hiding() };
    for (why, config, sight, own, code, line) in [
        ("nobody there", hiding(), Sight::Nothing, "", Code::Network, json!(null)),
        ("an answer that is hidden", hiding(), Sight::Hidden, "", Code::Cors, json!("Access-Control-Allow-Origin: *")),
        ("our type", hiding(), Sight::Plain, "", Code::Cors, json!("Access-Control-Allow-Headers: Content-Type")),
        (
            "or the caller's",
            hiding(),
            Sight::Plain,
            "authorization, x-a",
            Code::Cors,
            json!("Access-Control-Allow-Headers: Content-Type, authorization, x-a"),
        ),
        (
            "known as modern",
            modern(),
            Sight::Plain,
            "",
            Code::Cors,
            json!("Access-Control-Allow-Headers: Content-Type, MCP-Protocol-Version, Mcp-Method"),
        ),
        (
            "wanted as modern",
            Config { wanted: Some(Era::Modern), ..hiding() },
            Sight::Plain,
            "x-a",
            Code::Cors,
            json!("Access-Control-Allow-Headers: Content-Type, MCP-Protocol-Version, Mcp-Method, x-a"),
        ),
        ("on its own origin nothing is hidden", Config { hides_headers: false, ..hiding() }, Sight::Hidden, "", Code::Network, json!(null)),
    ] {
        let error = refused(config, sight, own);
        assert_eq!((error.code, missing(&error)), (code, line.clone()), "{why}");
        assert!(line.as_str().is_none_or(|line| error.message.contains(line)), "{why}: {}", error.message);
    }
}

#[test]
fn nobody_knocks_where_the_response_broke_off_or_said_something() {
    for reply in [Reply::status(503), Reply::status(401), Reply::stream().ends()] {
        let mut bench = Bench::meeting(hiding(), Server::modern(modern_capabilities()));
        bench.sight = Sight::Hidden;
        let mut reply = Some(reply);
        bench.server.upset(move |_| reply.take().or_else(|| Some(Reply::never())));
        let call = connect(&mut bench);
        bench.pass(120_000);
        assert_ne!(bench.error(call).code, Code::Cors);
    }
}

#[test]
fn of_the_sessions_headers_only_those_that_were_sent_are_blamed() {
    for (id, line) in [(Some("s1"), "Mcp-Session-Id, MCP-Protocol-Version"), (None, "MCP-Protocol-Version")] {
        let mut bench = Bench::new(Config { hides_headers: true, ..config() }, all_capabilities());
        bench.on("initialize", move |sent| {
            let reply = Reply::json(sent.result(json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {} })));
            reply.headed(|head| head.session_id = id.map(Into::into))
        });
        bench.on("notifications/initialized", |_| Reply::fail());
        let call = connect(&mut bench);
        bench.pass(1_000);
        let error = bench.error(call);
        assert_eq!((error.code, missing(&error)), (Code::Cors, json!(["Access-Control-Allow-Headers: ", line].concat())));
    }
}

#[test]
fn a_challenge_that_the_browser_may_hide_is_told_beside_the_401() {
    let line = "Access-Control-Expose-Headers: WWW-Authenticate";
    for (why, config, status, challenge, told) in [
        ("hidden or not there", hiding(), 401, None, json!({ "status": 401, "missing": line })),
        ("read", hiding(), 401, Some("Bearer"), json!({ "status": 401, "wwwAuthenticate": "Bearer" })),
        ("a 403 need not have one", hiding(), 403, None, json!({ "status": 403 })),
        ("nothing is hidden here", modern_config(), 401, None, json!({ "status": 401 })),
    ] {
        let mut bench = Bench::meeting(config, Server::modern(modern_capabilities()));
        bench.server.upset(move |_| Some(Reply::status(status).headed(|head| head.www_authenticate = challenge.map(Into::into))));
        let call = connect(&mut bench);
        let error = bench.error(call);
        assert_eq!((error.code, error.message.contains(line)), (Code::Unauthorized, told.get("missing").is_some()), "{why}");
        assert_eq!(error.data.as_ref().expect("data").0, told, "{why}");
    }
}

#[test]
fn a_farewell_that_the_browser_refuses_is_for_debugging_alone() {
    for hides_headers in [true, false] {
        let mut bench = Bench::new(Config { hides_headers, ..config() }, all_capabilities());
        bench.on("initialize", |sent| {
            Reply::json(sent.result(json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {} }))).in_session("s1")
        });
        bench.on("DELETE", |_| Reply::fail());
        let call = connect(&mut bench);
        bench.value(call);
        let call = bench.close();
        bench.value(call);
        assert_eq!(bench.oddities().iter().any(|odd| odd.contains("Access-Control-Allow-Methods: DELETE")), hides_headers);
    }
}
