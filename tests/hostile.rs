//! No input may make us panic, or bring a secret or a raw control code into what is written.

mod common;

use common::{RULES, Random, traces};
use whyred::facts::Facts;
use whyred::format::{Human, Look};
use whyred::record::{Detail, Origin, Record};
use whyred::verdict::{Options, Session};

fn written(bytes: &[u8], trace: &str) -> String {
    let options = Options::default();
    let mut session = Session::new(&RULES, &options, Facts::new());
    session.push(bytes);
    let mut out = String::new();
    for judgement in session.finish() {
        let origin = Origin { trace: trace.to_owned(), ..Origin::default() };
        let record = Record::new(&judgement, &origin, Detail::Full, &options.redactor, "catalog");
        let json = serde_json::to_string(&record).unwrap();
        assert!(!json.chars().any(char::is_control));
        // In JSON a control character could still stand escaped.
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        walk(&value, &mut |text| assert!(!text.chars().any(char::is_control), "{text:?}"));
        for look in [Look::Block, Look::Line] {
            let text = Human::new(false, 80).record(&record, look);
            assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
            out.push_str(&text);
        }
        out.push_str(&json);
    }
    out
}

fn walk(value: &serde_json::Value, see: &mut impl FnMut(&str)) {
    match value {
        serde_json::Value::String(text) => see(text),
        serde_json::Value::Array(all) => all.iter().for_each(|v| walk(v, see)),
        serde_json::Value::Object(all) => all.iter().for_each(|(k, v)| {
            see(k);
            walk(v, see);
        }),
        _ => {}
    }
}

#[test]
fn broken_traces() {
    let mut random = Random(11);
    for (name, bytes) in traces() {
        for _ in 0..3 {
            let mut broken = bytes.clone();
            for _ in 0..1 + bytes.len() / 200 {
                if broken.is_empty() {
                    break;
                }
                let at = random.below(broken.len());
                match random.below(4) {
                    0 => broken[at] = random.below(256) as u8,
                    1 => {
                        broken.remove(at);
                    }
                    2 => broken.insert(at, [0x1b, b'\r', 0, b'\n', 0x9b, b'['][random.below(6)]),
                    _ => broken.truncate(at.max(broken.len() / 2)),
                }
            }
            written(&broken, &name);
        }
    }
}

#[test]
fn bytes_without_sense() {
    let mut random = Random(5);
    for size in [0, 1, 2, 31, 32, 33, 1000, 200_000] {
        let bytes: Vec<u8> = (0..size).map(|_| random.below(256) as u8).collect();
        written(&bytes, "\u{1b}]0;title\u{7}\u{202e}name");
    }
    for piece in [
        "section_start:",
        "section_start:1:",
        "2026-08-22T10:00:00.000000Z 01E+",
        "\x1b]8;;",
        "\r",
        "$ ",
        "ERROR: Job failed: ",
        "To https://",
        "{\"level\":\"error\",\"msg\":\"",
    ] {
        written(piece.repeat(3000).as_bytes(), "-");
        written(format!("{piece}\n").repeat(3000).as_bytes(), "-");
    }
}

#[test]
fn secrets_do_not_get_out() {
    let secret = "A1b2C3d4E5f6G7h8I9j0";
    for line in [
        format!("remote: GitLab: You are not allowed to push code to protected branches on this project. glpat-{secret}"),
        format!("fatal: unable to access 'https://oauth2:{secret}@gitlab.example.com/g/p.git/': The requested URL returned error: 403"),
        format!("curl: (22) The requested URL returned error: 403 Authorization: Bearer {secret}"),
        format!("fatal: No space left on device while writing MY_API_TOKEN={secret}"),
    ] {
        let log = format!("{line}\n{line}\n{line}\n");
        let out = written(log.as_bytes(), &format!("https://user:{secret}@host/trace.log"));
        assert!(out.contains("[redacted]") && !out.contains(secret), "{out}");
    }
}
