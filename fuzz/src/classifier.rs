//! Which era a server speaks: whatever it says, nothing is concluded that it does not say.

use mcp_tasks::engine::{Era, Finding, Probe, classify};

const STATUSES: [u16; 14] = [200, 301, 400, 401, 403, 404, 405, 406, 408, 425, 429, 500, 503, 599];
const CODES: [i32; 8] = [-32022, -32021, -32020, -32700, -32602, -32601, -32600, 0];

/// The first bytes say what came back; the rest are the versions that it names, one a line.
pub fn try_out(data: &[u8]) {
    let [kind, status, code, hides, rest @ ..] = data else { return };
    let versions: Vec<String> = String::from_utf8_lossy(rest).lines().map(Into::into).collect();
    let names =
        |era: Era| versions.iter().any(|version| if era == Era::Modern { version == "2026-07-28" } else { version.starts_with("2025-") });
    let status = STATUSES[usize::from(*status) % STATUSES.len()];
    let probe = match kind % 5 {
        0 => Probe::Supports(versions.clone()),
        1 => {
            let code = CODES.get(usize::from(*code) % (CODES.len() + 1)).copied();
            Probe::Refused { status, code, supported: versions.clone() }
        }
        2 => Probe::Unreadable,
        3 => Probe::Opaque,
        _ => Probe::Silent,
    };
    let finding = classify(&probe, hides % 2 == 1);
    match finding {
        Finding::Speak(Era::Modern) => assert!(names(Era::Modern), "{probe:?}"),
        Finding::Speak(Era::Legacy) if probe.names_versions() && !versions.is_empty() => assert!(names(Era::Legacy), "{probe:?}"),
        Finding::Speak(Era::Legacy) => {
            assert!(!matches!(status, 401 | 403 | 500..) || !matches!(probe, Probe::Refused { .. }), "{probe:?}")
        }
        Finding::TryLegacy => assert!(hides % 2 == 1 && probe == Probe::Opaque),
        Finding::Correct | Finding::NoCommonVersion | Finding::Refuse => {}
    }
}
