//! TIME

use engine_dispatch::{Command, Cx, Flags, Group, Outcome};
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) const COMMAND: Command = Command {
    name: "time",
    arity: 1,
    flags: Flags::LOADING.union(Flags::STALE).union(Flags::FAST),
    group: Group::Server,
    since: "2.6.0",
    complexity: "O(1)",
    summary: "Returns the time, as seconds of Unix time and microseconds of that second.",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.unwrap_or_default();
    cx.out.array(2);
    cx.out.bulk_int(now.as_secs() as i64);
    cx.out.bulk_int(i64::from(now.subsec_micros()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use engine_session::transcript::Stage;

    #[test]
    fn seconds_and_microseconds() {
        let mut stage = Stage::new(crate::table());
        let out = String::from_utf8(stage.send("a", b"TIME\r\n")).unwrap();
        let lines: Vec<&str> = out.split("\r\n").collect();
        assert_eq!((lines[0], lines[1]), ("*2", "$10"));
        assert!(lines[2].parse::<u64>().unwrap() > 1_700_000_000);
        assert!(lines[4].parse::<u64>().unwrap() < 1_000_000);
    }
}
