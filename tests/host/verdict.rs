//! Finding out what a server speaks: which requests it takes, and what becomes of what was known.

use mcp_tasks::engine::{CallId, Code, Config, Era, Verb};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::bench::{Bench, modern_config};
use crate::modern_server::{complete, modern_capabilities, unsupported};
use crate::node::Node;
use crate::server::{Server, all_capabilities};
use crate::signature::VERSION;
use crate::wire::{Answer, Reply, Sent};

const PROBED: [&str; 3] = ["server/discover", "initialize", "notifications/initialized"];

fn knowing(known: Option<Era>) -> Config<Node> {
    Config { known, ..modern_config() }
}

/// On another origin than the server, where the browser hides why there is no response.
fn hiding(known: Option<Era>) -> Config<Node> {
    Config { hides_headers: true, ..knowing(known) }
}

fn pinned(wanted: Era) -> Config<Node> {
    Config { wanted: Some(wanted), ..modern_config() }
}

fn legacy(config: Config<Node>) -> Bench {
    Bench::meeting(config, Server::new(all_capabilities()))
}

fn modern(config: Config<Node>) -> Bench {
    Bench::meeting(config, Server::modern(modern_capabilities()))
}

fn connect(bench: &mut Bench) -> CallId {
    bench.call(|engine, call, now| engine.connect(call, now))
}

/// What was sent, but for the stream on which a server with sessions may ask.
fn sequence(bench: &Bench) -> Vec<&str> {
    bench.sent.iter().map(Sent::method).filter(|method| *method != "GET").collect()
}

/// Every request has no response that the page may see.
fn unplug(bench: &mut Bench) {
    bench.server.upset(|_| Some(Reply::fail()));
}

#[test]
fn a_modern_server_is_found_with_one_request() {
    for known in [None, Some(Era::Modern)] {
        let mut bench = modern(knowing(known));
        let call = connect(&mut bench);
        assert_eq!(sequence(&bench), ["server/discover"]);
        assert_eq!(
            bench.value(call),
            json!({
                "protocolVersion": VERSION,
                "serverInfo": { "name": "scripted", "version": "1" },
                "serverCapabilities": modern_capabilities(),
                "instructions": "be kind",
            })
        );
    }
}

#[test]
fn the_first_request_says_what_the_client_answers() {
    let mut bench = modern(modern_config());
    connect(&mut bench);
    let capabilities = &bench.sent[0].params()["_meta"]["io.modelcontextprotocol/clientCapabilities"];
    let tasks = json!({ "io.modelcontextprotocol/tasks": {} });
    let forms = json!({ "form": {}, "url": {} });
    assert_eq!(capabilities, &json!({ "extensions": tasks, "elicitation": forms, "sampling": { "tools": {} }, "roots": {} }));
}

#[test]
fn a_server_with_sessions_is_probed_once_and_no_more_where_that_is_known() {
    let refusals: [Answer; 5] = [
        |sent| Reply::status_with(400, sent.error(-32600, "Missing session ID")),
        |_| Reply::status_with(400, json!({ "jsonrpc": "2.0", "id": null, "error": { "code": -32000, "message": "Not initialized" } })),
        |_| Reply::status(404),
        |sent| Reply::json(sent.result(json!({}))),
        |sent| Reply::json(sent.error(-32601, "Method not found")),
    ];
    for refusal in refusals {
        let mut bench = legacy(knowing(None));
        bench.on("server/discover", refusal);
        let call = connect(&mut bench);
        assert_eq!(sequence(&bench), PROBED);
        let negotiated = bench.value(call);
        assert_eq!((&negotiated["protocolVersion"], negotiated.get("tentative")), (&json!("2025-11-25"), None));
    }
    let mut bench = legacy(knowing(Some(Era::Legacy)));
    connect(&mut bench);
    assert_eq!(sequence(&bench), PROBED[1..]);
}

#[test]
fn a_known_verdict_that_no_longer_holds_is_replaced() {
    let mut bench = modern(knowing(Some(Era::Legacy)));
    let call = connect(&mut bench);
    assert_eq!(sequence(&bench), ["initialize", "server/discover"], "it became modern");
    assert_eq!(bench.value(call)["protocolVersion"], VERSION);

    let mut bench = legacy(knowing(Some(Era::Modern)));
    let call = connect(&mut bench);
    assert_eq!(sequence(&bench), PROBED, "it went back");
    assert_eq!(bench.value(call)["protocolVersion"], "2025-11-25");
}

#[test]
fn a_modern_server_whose_network_is_down_is_still_modern() {
    for config in [knowing(Some(Era::Modern)), hiding(Some(Era::Modern))] {
        let mut bench = modern(config);
        unplug(&mut bench);
        let call = connect(&mut bench);
        assert_eq!(bench.error(call).code, Code::Network);
        assert_eq!(sequence(&bench), ["server/discover"]);
    }
}

#[test]
fn walls_and_troubles_change_no_verdict() {
    let troubles: [(&str, Answer, Code, usize); 13] = [
        ("401", |_| Reply::status(401), Code::Unauthorized, 1),
        ("403", |_| Reply::status(403), Code::Unauthorized, 1),
        ("403 in the words of the era", |sent| Reply::status_with(403, sent.error(-32020, "no")), Code::Unauthorized, 1),
        ("408", |_| Reply::status(408), Code::Http, 4),
        ("425", |_| Reply::status(425), Code::Http, 4),
        ("429", |_| Reply::status(429), Code::Http, 4),
        ("307", |_| Reply::status(307), Code::Http, 1),
        ("500", |_| Reply::status(500), Code::Http, 1),
        ("502", |_| Reply::status(502), Code::Http, 4),
        ("503 with an error", |sent| Reply::status_with(503, sent.error(-32603, "down")), Code::Rpc, 4),
        ("503 for longer than anybody waits", |_| Reply::status(503).retry_after(60_000), Code::Http, 1),
        ("the network", |_| Reply::fail(), Code::Network, 1),
        ("silence", |_| Reply::never(), Code::Timeout, 1),
    ];
    for (why, trouble, code, tries) in troubles {
        for known in [None, Some(Era::Legacy), Some(Era::Modern)] {
            let mut bench = modern(knowing(known));
            bench.server.upset(move |sent| Some(trouble(sent)));
            let call = connect(&mut bench);
            bench.pass(600_000);
            assert_eq!(bench.error(call).code, code, "{why}, {known:?}");
            assert_eq!(bench.sent.len(), tries, "{why}, {known:?}");
        }
    }
}

#[test]
fn a_server_that_is_busy_for_a_moment_is_connected_to_all_the_same() {
    for (known, server) in [(None, modern as fn(_) -> _), (Some(Era::Legacy), legacy)] {
        for status in [408, 425, 429, 502, 503, 504] {
            let mut bench: Bench = server(knowing(known));
            let mut left = 3;
            bench.server.upset(move |_| {
                left -= 1;
                (left >= 0).then(|| Reply::status(status))
            });
            let call = connect(&mut bench);
            bench.pass(10_000);
            bench.value(call);
        }
    }
}

#[test]
fn a_refused_preflight_does_not_hide_a_server_with_sessions() {
    let mut bench = legacy(hiding(None));
    bench.on("server/discover", |_| Reply::fail());
    let call = connect(&mut bench);
    assert_eq!(sequence(&bench), PROBED);
    let negotiated = bench.value(call);
    assert_eq!((&negotiated["protocolVersion"], &negotiated["tentative"]), (&json!("2025-11-25"), &json!(true)), "or a moment's trouble");
}

#[test]
fn what_was_answered_once_is_no_refused_preflight_when_the_network_breaks() {
    let mut bench = legacy(hiding(None));
    let mut first = true;
    bench.on("server/discover", move |_| if std::mem::take(&mut first) { Reply::status(408) } else { Reply::fail() });
    let call = connect(&mut bench);
    bench.pass(60_000);
    assert_eq!((bench.error(call).code, bench.count("initialize")), (Code::Network, 0));
}

#[test]
fn a_refused_preflight_of_a_modern_server_is_told_by_the_headers() {
    let refusals: [Answer; 3] = [
        |sent| unsupported(sent, &[VERSION]),
        |sent| Reply::status_with(400, sent.error(-32020, "Header mismatch")),
        |sent| unsupported(sent, &["2099-01-01"]),
    ];
    for refusal in refusals {
        let mut bench = modern(hiding(None));
        bench.server.upset(move |sent| Some(if sent.method() == "server/discover" { Reply::fail() } else { refusal(sent) }));
        let call = connect(&mut bench);
        let error = bench.error(call);
        let missing = "Access-Control-Allow-Headers: MCP-Protocol-Version, Mcp-Method, Mcp-Name";
        assert_eq!((error.code, error.data.as_ref().expect("data").0.clone()), (Code::Cors, json!({ "missing": missing })));
        assert_eq!(sequence(&bench), PROBED[..2]);
    }
}

#[test]
fn a_server_that_is_not_there_is_the_network() {
    for (config, asked) in [(hiding(None), 2), (hiding(Some(Era::Legacy)), 1), (knowing(None), 1)] {
        let mut bench = legacy(config);
        unplug(&mut bench);
        let call = connect(&mut bench);
        assert_eq!(bench.error(call).code, Code::Network);
        assert_eq!(bench.sent.len(), asked, "the preflight may have been what failed, once");
    }
}

#[test]
fn a_pinned_era_is_the_only_one_spoken() {
    let mut bench = legacy(pinned(Era::Modern));
    let call = connect(&mut bench);
    assert_eq!((bench.error(call).code, sequence(&bench)), (Code::Unsupported, vec!["server/discover"]));

    let mut bench = modern(pinned(Era::Legacy));
    let call = connect(&mut bench);
    assert_eq!((bench.error(call).code, sequence(&bench)), (Code::Unsupported, vec!["initialize"]));

    let mut bench = legacy(pinned(Era::Legacy));
    let call = connect(&mut bench);
    assert_eq!((bench.outcome(call).is_some_and(|outcome| outcome.is_ok()), sequence(&bench)), (true, PROBED[1..].to_vec()));

    let mut bench = legacy(Config { known: Some(Era::Legacy), ..pinned(Era::Modern) });
    connect(&mut bench);
    assert_eq!(sequence(&bench), ["server/discover"], "whatever is known");

    for hides_headers in [true, false] {
        let mut bench = modern(Config { hides_headers, ..pinned(Era::Modern) });
        unplug(&mut bench);
        let call = connect(&mut bench);
        assert_eq!((bench.error(call).code, bench.sent.len()), (Code::Network, 1));
    }
}

#[test]
fn a_pinned_version_of_sessions_is_the_only_one_of_them() {
    let mut bench = legacy(pinned(Era::Legacy));
    bench.results("initialize", json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {} }));
    let call = connect(&mut bench);
    assert_eq!(bench.error(call).code, Code::Unsupported);
}

#[test]
fn a_request_that_was_not_to_the_servers_liking_is_made_again_once() {
    let refusals: [Answer; 3] = [
        |sent| unsupported(sent, &[VERSION]),
        |sent| Reply::status_with(400, sent.error(-32020, "Header mismatch")),
        |sent| Reply::json(sent.error(-32021, "Missing capability")),
    ];
    for refusal in refusals {
        let mut bench = modern(hiding(None));
        let mut first = true;
        bench.server.upset(move |sent| std::mem::take(&mut first).then(|| refusal(sent)));
        let call = connect(&mut bench);
        assert_eq!(bench.value(call)["protocolVersion"], VERSION);
        assert_eq!(sequence(&bench), ["server/discover", "server/discover"]);

        let mut bench = modern(hiding(None));
        bench.server.upset(move |sent| Some(refusal(sent)));
        let call = connect(&mut bench);
        assert!(matches!(bench.error(call).code, Code::Rpc | Code::Unsupported));
        assert_eq!(sequence(&bench), ["server/discover", "server/discover"]);
    }
}

#[test]
fn a_server_that_showed_itself_modern_is_offered_no_session() {
    let silences: [Answer; 5] = [
        |_| Reply::status(400),
        |_| Reply::fail(),
        |_| Reply::status(200),
        |sent| Reply::json(sent.error(-32601, "Method not found")),
        |sent| Reply::status_with(400, sent.error(-32022, "Unsupported protocol version, and none is named")),
    ];
    for silence in silences {
        let mut bench = modern(hiding(None));
        let mut first = true;
        bench.server.upset(move |sent| {
            Some(if std::mem::take(&mut first) { Reply::status_with(400, sent.error(-32020, "Header mismatch")) } else { silence(sent) })
        });
        let call = connect(&mut bench);
        bench.error(call);
        assert_eq!(sequence(&bench), ["server/discover", "server/discover"]);
    }
}

#[test]
fn a_server_that_lists_only_sessions_is_given_one() {
    for discovered in [true, false] {
        let mut bench = legacy(knowing(None));
        bench.on("server/discover", move |sent| match discovered {
            true => Reply::json(sent.result(complete(json!({ "supportedVersions": ["2025-11-25"], "capabilities": {} })))),
            false => unsupported(sent, &["2025-11-25"]),
        });
        let call = connect(&mut bench);
        assert_eq!(sequence(&bench), PROBED);
        assert_eq!(bench.value(call)["protocolVersion"], "2025-11-25");
    }
}

#[test]
fn no_common_version_says_which_the_server_has() {
    let described = || json!({ "supportedVersions": ["2099-01-01"], "capabilities": {} });
    let mut bench = modern(knowing(None));
    bench.results("server/discover", described());
    let call = connect(&mut bench);
    let error = bench.error(call);
    assert_eq!((error.code, error.data.as_ref().expect("data").0.clone()), (Code::Unsupported, described()));

    let mut bench = modern(knowing(None));
    bench.on("server/discover", |sent| unsupported(sent, &["2099-01-01"]));
    let call = connect(&mut bench);
    let error = bench.error(call);
    assert_eq!((error.code, &error.data.as_ref().expect("data").0["data"]["supported"]), (Code::Unsupported, &json!(["2099-01-01"])));
    assert_eq!(sequence(&bench), ["server/discover"]);
}

#[test]
fn a_description_of_a_type_that_it_cannot_have_is_none() {
    for kind in ["task", "input_required", "odd"] {
        let mut bench = modern(knowing(Some(Era::Modern)));
        bench.results("server/discover", json!({ "resultType": kind, "supportedVersions": [VERSION], "capabilities": {} }));
        let call = connect(&mut bench);
        assert!(bench.outcome(call).is_some_and(|outcome| outcome.is_err()), "{kind}");
    }
}

#[test]
fn connecting_can_be_abandoned_at_every_step() {
    for (method, config) in [("server/discover", knowing(None)), ("initialize", knowing(None)), ("initialize", hiding(None))] {
        let mut bench = legacy(config);
        bench.hold(method);
        let call = connect(&mut bench);
        bench.abandon(call);
        bench.pass(600_000);
        assert!(bench.is_pending(call));
        assert_eq!((bench.aborted.len(), bench.engine.deadline()), (1, None), "{method}");
    }
}

/// What a server of any kind says to a request that opens.
#[derive(Clone, Debug)]
enum Say {
    Result(Value),
    Error(u16, i32, Vec<&'static str>),
    Status(u16),
    /// The response begins and breaks off.
    Lost,
    Fail,
    Never,
}

fn says() -> impl Strategy<Value = Say> {
    let versions = || vec(select(vec![VERSION, "2025-11-25", "2025-03-26", "2099-01-01"]), 0..3);
    let session = select(vec!["2025-11-25", "2025-06-18", VERSION, "2099-01-01"]);
    let statuses = || select(vec![200_u16, 301, 400, 401, 403, 404, 405, 408, 425, 429, 500, 503]);
    let codes = select(vec![-32020, -32021, -32022, -32000, -32600, -32601, -32602]);
    prop_oneof![
        2 => versions().prop_map(|versions| Say::Result(json!({ "supportedVersions": versions, "capabilities": {} }))),
        2 => session.prop_map(|version| Say::Result(json!({ "protocolVersion": version, "capabilities": {}, "serverInfo": {} }))),
        1 => Just(Say::Result(json!({}))),
        4 => (statuses(), codes, versions()).prop_map(|(status, code, versions)| Say::Error(status, code, versions)),
        2 => statuses().prop_map(Say::Status),
        1 => Just(Say::Lost),
        2 => Just(Say::Fail),
        1 => Just(Say::Never),
    ]
}

impl Say {
    fn reply(&self, sent: &Sent) -> Reply {
        match self {
            Self::Result(result) => Reply::json(sent.result(result.clone())),
            Self::Error(status, code, versions) => {
                let mut error = sent.error(*code, "no");
                error["error"]["data"] = json!({ "supported": versions });
                Reply::status_with(*status, error)
            }
            Self::Status(status) => Reply::status(*status),
            Self::Lost => Reply::stream().ends(),
            Self::Fail => Reply::fail(),
            Self::Never => Reply::never(),
        }
    }

    fn names(&self, wanted: &str) -> bool {
        match self {
            Self::Result(result) => result["supportedVersions"].as_array().is_some_and(|versions| versions.contains(&json!(wanted))),
            Self::Error(_, -32022, versions) => versions.contains(&wanted),
            _ => false,
        }
    }

    /// What no server of the session era says to a modern request.
    fn is_modern_evidence(&self) -> bool {
        let tells = |status: u16| matches!(status, 200 | 400 | 404 | 405);
        match self {
            Self::Error(status, code, _) if tells(*status) => matches!(code, -32020 | -32021) || self.names(VERSION),
            Self::Error(..) => false,
            _ => self.names(VERSION),
        }
    }

    fn names_sessions(&self) -> bool {
        ["2025-11-25", "2025-03-26"].iter().any(|version| self.names(version))
    }
}

proptest! {
    #[test]
    fn whatever_servers_say_no_era_is_chosen_against_the_evidence(
        said in vec(says(), 1..10), known in select(vec![None, Some(Era::Legacy), Some(Era::Modern)]), hides: bool,
    ) {
        let mut bench = legacy(if hides { hiding(known) } else { knowing(known) });
        let mut script = said.clone().into_iter();
        bench.server.upset(move |sent| match sent.method() {
            "server/discover" | "initialize" => Some(script.next().map_or_else(|| Reply::status(500), |say| say.reply(sent))),
            _ => None,
        });
        let call = connect(&mut bench);
        bench.pass(3_600_000);
        let opening: Vec<_> = bench.sent.iter().filter(|sent| !["notifications/initialized", "GET"].contains(&sent.method())).collect();
        prop_assert!(opening.len() <= 20, "it goes on and on: {:?}", sequence(&bench));
        prop_assert!(bench.sent.iter().all(|sent| matches!(sent.method(), "GET") || sent.verb == Verb::Post));

        let outcome = bench.outcome(call);
        prop_assert!(outcome.is_some(), "it hangs");
        let version = outcome.and_then(Result::ok).map(|negotiated| negotiated["protocolVersion"].clone());
        let mut shown = false;
        for (sent, say) in opening.iter().zip(&said) {
            if sent.method() == "initialize" {
                prop_assert!(!shown, "a session was asked of a server that had shown itself modern");
            } else {
                let offers_sessions_alone = say.names_sessions() && !say.names(VERSION);
                shown = (shown || say.is_modern_evidence()) && !offers_sessions_alone;
            }
        }
        let last = opening.last().zip(said.get(opening.len() - 1));
        if version == Some(json!(VERSION)) {
            prop_assert!(last.is_some_and(|(sent, say)| sent.method() == "server/discover" && say.is_modern_evidence()));
        }
        let is_session = version.is_some_and(|version| version != json!(VERSION));
        let probes: Vec<_> = opening.iter().zip(&said).filter(|(sent, _)| sent.method() == "server/discover").collect();
        // The answer that broke off was no refusal, a server that was busy said nothing, and evidence asked for another.
        let is_busy = |status: u16| matches!(status, 408 | 425 | 429 | 502..=504);
        let says_nothing = |say: &Say| match say {
            Say::Status(status) | Say::Error(status, ..) => is_busy(*status),
            say => matches!(say, Say::Lost),
        };
        let counted = probes.iter().filter(|(_, say)| !says_nothing(say) && !say.is_modern_evidence()).count();
        if is_session {
            prop_assert!(counted <= 1, "{:?}", sequence(&bench));
            prop_assert!(known != Some(Era::Legacy) || probes.is_empty(), "{:?}", sequence(&bench));
        }
    }
}
