//! Opening a session.

use mcp_tasks::engine::{CallId, Code, Config};
use serde_json::{Value, json};

use crate::bench::{Bench, config};
use crate::server::all_capabilities;
use crate::wire::{Answer, Reply, Sent};

fn bench() -> Bench {
    Bench::new(config(), all_capabilities())
}

fn connect(bench: &mut Bench) -> CallId {
    bench.call(|engine, call, now| engine.connect(call, now))
}

/// A server that answers `initialize` with this version, whatever it is asked for.
fn offering(version: Value) -> Bench {
    let mut bench = bench();
    bench.results("initialize", json!({ "protocolVersion": version, "capabilities": {}, "serverInfo": {} }));
    bench
}

/// A server that refuses `initialize` unless it asks for one of these versions.
fn supporting(versions: &'static [&'static str]) -> impl FnMut(&Sent) -> Reply {
    move |sent| match &sent.params()["protocolVersion"] {
        Value::String(version) if versions.contains(&version.as_str()) => {
            Reply::json(sent.result(json!({ "protocolVersion": version, "capabilities": {}, "serverInfo": {} })))
        }
        version => {
            let mut error = sent.error(-32602, "Unsupported protocol version");
            error["error"]["data"] = json!({ "supported": versions, "requested": version });
            Reply::status_with(400, error)
        }
    }
}

#[test]
fn a_session_opens_with_the_newest_version_and_is_confirmed() {
    let mut bench = bench();
    let call = connect(&mut bench);
    let methods: Vec<_> = bench.sent.iter().map(Sent::method).collect();
    assert_eq!(methods, ["initialize", "notifications/initialized"]);
    assert_eq!(
        bench.sent[0].params(),
        &json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "0" } })
    );
    assert_eq!(
        bench.value(call),
        json!({
            "protocolVersion": "2025-11-25",
            "serverInfo": { "name": "scripted", "version": "1" },
            "serverCapabilities": all_capabilities(),
        })
    );
}

#[test]
fn the_caller_waits_until_the_server_knows_that_the_session_is_open() {
    let mut bench = bench();
    bench.on("notifications/initialized", |_| Reply::status(202).after(300));
    let call = connect(&mut bench);
    bench.pass(299);
    assert!(bench.is_pending(call));
    bench.pass(1);
    bench.value(call);
}

#[test]
fn every_version_of_the_era_is_spoken_and_no_other() {
    for version in ["2025-11-25", "2025-06-18", "2025-03-26"] {
        let mut bench = offering(version.into());
        let call = connect(&mut bench);
        assert_eq!(bench.value(call)["protocolVersion"], version);
    }
    for version in [json!("2024-11-05"), json!("2031-01-01"), json!(""), json!(7), json!(null)] {
        let mut bench = offering(version.clone());
        let call = connect(&mut bench);
        assert_eq!(bench.error(call).code, Code::Unsupported, "{version}");
        assert_eq!(bench.count("notifications/initialized"), 0, "{version}");
    }
}

#[test]
fn the_version_is_named_in_a_header_since_the_version_that_asks_for_it() {
    for (version, header) in [("2025-11-25", Some("2025-11-25")), ("2025-06-18", Some("2025-06-18")), ("2025-03-26", None)] {
        let mut bench = offering(version.into());
        connect(&mut bench);
        assert_eq!(bench.last("notifications/initialized").header("mcp-protocol-version"), header);
    }
}

#[test]
fn a_refusal_that_names_versions_is_answered_with_the_newest_that_we_speak() {
    let asked = |versions: &'static [&'static str]| {
        let mut bench = bench();
        bench.on("initialize", supporting(versions));
        let call = connect(&mut bench);
        let asked: Vec<_> = bench.all("initialize").iter().map(|sent| sent.params()["protocolVersion"].clone()).collect();
        (asked, bench.outcome(call).map(|outcome| outcome.is_ok()))
    };
    assert_eq!(asked(&["2025-06-18", "2025-03-26"]), (vec![json!("2025-11-25"), json!("2025-06-18")], Some(true)));
    assert_eq!(asked(&["2025-03-26", "2099-01-01"]), (vec![json!("2025-11-25"), json!("2025-03-26")], Some(true)));
    assert_eq!(asked(&["2024-11-05"]), (vec![json!("2025-11-25")], Some(false)));
    assert_eq!(asked(&[]), (vec![json!("2025-11-25")], Some(false)));
}

#[test]
fn a_server_that_refuses_what_it_names_is_not_asked_for_ever() {
    let mut bench = bench();
    bench.on("initialize", |sent| {
        let mut error = sent.error(-32602, "Unsupported protocol version");
        error["error"]["data"] = json!({ "supported": ["2025-11-25", "2025-06-18", "2025-03-26"] });
        Reply::json(error)
    });
    let call = connect(&mut bench);
    assert_eq!(bench.error(call).code, Code::Rpc);
    let methods: Vec<_> = bench.sent.iter().map(Sent::method).collect();
    assert_eq!(methods, ["initialize", "initialize", "initialize", "server/discover"], "once for each version, and for the other era");
}

#[test]
fn what_refuses_a_session_says_why() {
    // Whoever says no more than that the request is bad may have become modern.
    let refusals: [(&str, Answer, Code, bool); 8] = [
        ("401", |_| Reply::status(401).headed(|head| head.www_authenticate = Some("Bearer".into())), Code::Unauthorized, false),
        ("403", |_| Reply::status(403), Code::Unauthorized, false),
        ("404", |_| Reply::status(404), Code::Http, true),
        ("500", |_| Reply::status(500), Code::Http, false),
        ("a JSON-RPC error under HTTP 400", |sent| Reply::status_with(400, sent.error(-32600, "Bad")), Code::Rpc, true),
        ("a page in place of JSON", |_| Reply::status(200), Code::Protocol, true),
        ("an answer to another request", |_| Reply::json(json!({ "id": 99, "result": {} })), Code::Protocol, true),
        ("no network", |_| Reply::fail(), Code::Network, false),
    ];
    for (why, refusal, code, tells) in refusals {
        let mut bench = bench();
        bench.on("initialize", refusal);
        let call = connect(&mut bench);
        assert_eq!(bench.error(call).code, code, "{why}");
        let methods: Vec<_> = bench.sent.iter().map(Sent::method).collect();
        let sequence = ["initialize", "server/discover"];
        assert_eq!(methods, &sequence[..1 + usize::from(tells)], "{why}");
    }
}

#[test]
fn an_auth_wall_says_what_it_wants() {
    let mut bench = bench();
    bench.on("initialize", |_| Reply::status(401).headed(|head| head.www_authenticate = Some("Bearer x".into())));
    let call = connect(&mut bench);
    let data = bench.error(call).into_account().data.expect("data");
    assert_eq!(data.0, json!({ "status": 401, "wwwAuthenticate": "Bearer x" }));
}

#[test]
fn the_servers_words_are_handed_on() {
    let mut bench = bench();
    bench.on("initialize", |sent| Reply::status_with(500, sent.error(-32603, "the disk is full")));
    let call = connect(&mut bench);
    let error = bench.error(call);
    assert_eq!(error.message, "the disk is full");
    assert_eq!(error.data.as_ref().expect("data").0, json!({ "code": -32603, "message": "the disk is full" }));
}

#[test]
fn the_session_id_is_taken_from_initialize_alone() {
    let mut bench = bench();
    bench.on("initialize", |sent| {
        let result = json!({ "protocolVersion": "2025-11-25", "capabilities": all_capabilities(), "serverInfo": {} });
        Reply::json(sent.result(result)).in_session("first")
    });
    bench.on("tools/list", |_| Reply::status(400).in_session("fresh"));
    let call = connect(&mut bench);
    assert_eq!(bench.value(call)["sessionId"], "first");
    assert_eq!(bench.last("notifications/initialized").header("mcp-session-id"), Some("first"));
    for _ in 0..2 {
        bench.call(|engine, call, now| engine.list(call, mcp_tasks::engine::Listing::Tools, now));
        assert_eq!(bench.last("tools/list").header("mcp-session-id"), Some("first"));
    }
}

#[test]
fn a_server_without_sessions_is_sent_none() {
    let mut bench = bench();
    let call = connect(&mut bench);
    assert_eq!(bench.value(call).get("sessionId"), None);
    assert_eq!(bench.last("notifications/initialized").header("mcp-session-id"), None);
}

#[test]
fn a_session_that_the_browser_hides_is_told_by_the_missing_header() {
    for (hides_headers, code) in [(true, Code::Cors), (false, Code::Http)] {
        let mut bench = Bench::new(Config { hides_headers, ..config() }, all_capabilities());
        bench.on("notifications/initialized", |_| Reply::status(400));
        let call = connect(&mut bench);
        let error = bench.error(call);
        assert_eq!(error.code, code);
        if hides_headers {
            assert_eq!(error.data.as_ref().expect("data").0, json!({ "missing": "Access-Control-Expose-Headers: Mcp-Session-Id" }));
        }
    }
}

#[test]
fn connecting_is_given_up_after_the_patience_for_one_exchange() {
    let mut bench = bench();
    bench.hold("initialize");
    let call = connect(&mut bench);
    bench.pass(59_999);
    assert!(bench.is_pending(call));
    bench.pass(1);
    assert_eq!(bench.error(call).code, Code::Timeout);
    assert_eq!(bench.aborted.len(), 1);
}

#[test]
fn connecting_can_be_abandoned() {
    for method in ["initialize", "notifications/initialized"] {
        let mut bench = bench();
        bench.hold(method);
        let call = connect(&mut bench);
        bench.abandon(call);
        assert!(bench.is_pending(call), "nobody is told, for nobody waits");
        assert_eq!(bench.aborted.len(), 1, "{method}");
        assert_eq!(bench.engine.deadline(), None, "{method}");
    }
}

#[test]
fn a_server_that_is_busy_is_told_again_that_the_session_begins() {
    for (why, hides_headers, trouble, least) in [
        ("busy", true, Reply::status(503), 100),
        ("busy for a while", false, Reply::status(503).retry_after(4_000), 4_000),
        ("too many requests", false, Reply::status(429).retry_after(1_000), 1_000),
        ("no network", false, Reply::fail(), 100),
        ("no network, or the browser refuses", true, Reply::fail(), 100),
        ("no answer", false, Reply::never(), 60_000),
    ] {
        let mut bench = Bench::new(Config { hides_headers, ..config() }, all_capabilities());
        let mut is_first = true;
        bench.on("notifications/initialized", move |_| if std::mem::take(&mut is_first) { trouble.clone() } else { Reply::status(202) });
        let call = connect(&mut bench);
        bench.pass(least - 1);
        assert!(bench.is_pending(call), "{why}");
        bench.pass(60_000);
        let told = bench.all("notifications/initialized");
        if why == "no answer" {
            assert_eq!((bench.error(call).code, told.len()), (Code::Timeout, 1), "its time is over");
            continue;
        }
        assert_eq!((told.len(), bench.outcome(call).map(|outcome| outcome.is_ok())), (2, Some(true)), "{why}");
        assert!(told[1].at - told[0].at >= least, "{why}");
        assert_eq!(bench.count("initialize"), 1, "{why}");
    }
}

#[test]
fn a_server_that_stays_busy_is_not_told_for_ever() {
    for (reply, code, times) in [(Reply::status(503), Code::Http, 4), (Reply::status(503).retry_after(200_000), Code::Http, 1)] {
        let mut bench = bench();
        bench.on("notifications/initialized", move |_| reply.clone());
        let call = connect(&mut bench);
        bench.pass(60_000);
        assert_eq!((bench.error(call).code, bench.count("notifications/initialized")), (code, times));
        assert_eq!(bench.engine.deadline(), None);
    }
}

#[test]
fn who_leaves_meanwhile_has_nothing_said_for_them() {
    for closes in [false, true] {
        let mut bench = bench();
        bench.on("notifications/initialized", |_| Reply::status(503).retry_after(1_000));
        let call = connect(&mut bench);
        if closes {
            bench.close();
        } else {
            bench.abandon(call);
        }
        bench.pass(60_000);
        assert_eq!((bench.count("notifications/initialized"), bench.engine.deadline()), (1, None), "{closes}");
    }
}
