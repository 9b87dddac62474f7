//! Which era the answer to a modern request tells of.

use mcp_tasks::engine::{Era, Finding, Probe, classify};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const MODERN: &str = "2026-07-28";
const LEGACY: [&str; 3] = ["2025-11-25", "2025-06-18", "2025-03-26"];

fn refused(status: u16, code: Option<i32>, supported: &[&str]) -> Probe {
    Probe::Refused { status, code, supported: supported.iter().map(|version| (*version).into()).collect() }
}

fn supports(versions: &[&str]) -> Probe {
    Probe::Supports(versions.iter().map(|version| (*version).into()).collect())
}

#[test]
fn every_answer_tells_of_an_era_or_of_none() {
    let (modern, legacy) = (Finding::Speak(Era::Modern), Finding::Speak(Era::Legacy));
    for (why, probe, finding) in [
        ("it lists our version", supports(&[MODERN]), modern),
        ("among others", supports(&["2099-01-01", "2025-11-25", MODERN]), modern),
        ("it lists only versions of sessions", supports(&["2025-06-18"]), legacy),
        ("it lists none that we know", supports(&["2099-01-01"]), Finding::NoCommonVersion),
        ("it lists none", supports(&[]), Finding::NoCommonVersion),
        ("header mismatch", refused(400, Some(-32020), &[]), Finding::Correct),
        ("missing capability", refused(400, Some(-32021), &[]), Finding::Correct),
        ("a modern error is one under any status that has a body", refused(200, Some(-32020), &[]), Finding::Correct),
        ("a version that it does not speak, and it names the very one", refused(400, Some(-32022), &[MODERN]), Finding::Correct),
        ("and names sessions", refused(400, Some(-32022), &["2025-11-25"]), legacy),
        ("and names neither", refused(400, Some(-32022), &["2099-01-01"]), Finding::NoCommonVersion),
        ("the versions beside another error are no evidence", refused(400, Some(-32602), &[MODERN]), legacy),
        ("no session", refused(400, Some(-32600), &[]), legacy),
        ("not initialized", refused(400, Some(-32000), &[]), legacy),
        ("no such method", refused(404, Some(-32601), &[]), legacy),
        ("no such method, under 200", refused(200, Some(-32601), &[]), legacy),
        ("no such page", refused(404, None, &[]), legacy),
        ("a POST is not allowed", refused(405, None, &[]), legacy),
        ("an empty 400", refused(400, None, &[]), legacy),
        ("a page in place of an answer", Probe::Unreadable, legacy),
        ("no time", Probe::Silent, Finding::Refuse),
    ] {
        assert_eq!(classify(&probe, false), finding, "{why}");
        assert_eq!(classify(&probe, true), finding, "{why}, from another origin");
    }
}

#[test]
fn what_the_browser_hides_may_be_a_refused_preflight_only_where_it_makes_one() {
    assert_eq!(classify(&Probe::Opaque, true), Finding::TryLegacy);
    assert_eq!(classify(&Probe::Opaque, false), Finding::Refuse);
}

fn probes() -> impl Strategy<Value = Probe> {
    let known = select([&[MODERN][..], &LEGACY, &["2099-01-01", "", "2026-07-28 "]].concat());
    let versions = vec(prop_oneof![9 => known.prop_map(String::from), 1 => any::<String>()], 0..4);
    let codes = prop_oneof![select(vec![-32020, -32021, -32022]), select(vec![-32000, -32600, -32601, -32602, -32700]), any::<i32>()];
    let statuses = prop_oneof![select(vec![0_u16, 200, 400, 401, 403, 404, 405, 408, 425, 429, 500, 503]), 0..1_000_u16];
    prop_oneof![
        2 => versions.clone().prop_map(Probe::Supports),
        6 => (statuses, prop::option::of(codes), versions).prop_map(|(status, code, supported)| Probe::Refused { status, code, supported }),
        1 => Just(Probe::Unreadable),
        1 => Just(Probe::Opaque),
        1 => Just(Probe::Silent),
    ]
}

/// Does the status say why the request was refused, whatever the server speaks?
fn is_mute(status: u16) -> bool {
    [401, 403, 408, 425, 429].contains(&status) || (300..400).contains(&status) || status >= 500
}

/// What no server of the session era says.
fn is_modern_evidence(probe: &Probe) -> bool {
    let ours = |versions: &[String]| versions.iter().any(|version| version == MODERN);
    match probe {
        Probe::Supports(versions) => ours(versions),
        Probe::Refused { status, .. } if is_mute(*status) => false,
        Probe::Refused { code: Some(-32020 | -32021), .. } => true,
        Probe::Refused { code: Some(-32022), supported, .. } => ours(supported),
        _ => false,
    }
}

proptest! {
    #[test]
    fn modern_is_what_gives_evidence_and_nothing_else(probe in probes(), hides: bool) {
        let finding = classify(&probe, hides);
        let is_modern = matches!(finding, Finding::Speak(Era::Modern) | Finding::Correct);
        prop_assert_eq!(is_modern, is_modern_evidence(&probe), "{:?}", finding);
    }

    #[test]
    fn walls_and_troubles_say_nothing_about_age(probe in probes(), hides: bool) {
        if let Probe::Refused { status, .. } = &probe && is_mute(*status) {
            prop_assert_eq!(classify(&probe, hides), Finding::Refuse);
        }
    }
}
