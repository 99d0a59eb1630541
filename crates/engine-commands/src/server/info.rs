//! INFO

use super::shared_info::{self as sections, Section};
use crate::args::is;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "info",
    arity: -1,
    flags: Flags::LOADING.union(Flags::STALE),
    acl: Acl::DANGEROUS,
    group: Group::Server,
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Returns what the node is and how it fares.",
    syntax: "[section [section ...]]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let mut wanted = vec![false; sections::ALL.len()];
    let mut choose = |which: &dyn Fn(&Section) -> bool| {
        for (wanted, section) in wanted.iter_mut().zip(sections::ALL) {
            *wanted |= which(section);
        }
    };
    if args.len() == 1 {
        choose(&|s| s.default);
    }
    for arg in &args[1..] {
        match *arg {
            arg if is(arg, "all") || is(arg, "everything") => choose(&|_| true),
            arg if is(arg, "default") => choose(&|s| s.default),
            arg => choose(&|s| is(arg, s.name)),
        }
    }
    cx.server.sample(cx.now_ms());
    let mut text = String::new();
    for (section, _) in sections::ALL.iter().zip(wanted).filter(|(_, w)| *w) {
        if !text.is_empty() {
            text.push_str("\r\n");
        }
        text.push_str("# ");
        text.push_str(section.title);
        text.push_str("\r\n");
        (section.write)(cx, &mut text);
    }
    cx.out.verbatim("txt", text.as_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;
    use engine_session::transcript::Stage;

    fn info(stage: &mut Stage, sections: &str) -> String {
        let out = stage.send("a", format!("INFO {sections}\r\n").as_bytes());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn sections_are_chosen() {
        let mut stage = Stage::new(crate::table());
        let titles = |text: &str| -> Vec<String> {
            let lines = text.lines().filter_map(|l| l.strip_prefix("# "));
            lines.map(str::to_string).collect()
        };
        let standard = [
            "Server",
            "Clients",
            "Memory",
            "Persistence",
            "Stats",
            "Replication",
            "CPU",
            "Modules",
            "Errorstats",
            "Cluster",
            "Keyspace",
        ];
        assert_eq!(titles(&info(&mut stage, "")), standard);
        assert_eq!(titles(&info(&mut stage, "default")), standard);
        let all = titles(&info(&mut stage, "everything"));
        assert_eq!(all.len(), 13);
        assert!(all.contains(&"Commandstats".to_string()));
        assert_eq!(
            titles(&info(&mut stage, "keyspace server nosuch")),
            ["Server", "Keyspace"]
        );
    }

    #[test]
    fn every_line_is_a_field() {
        let mut stage = Stage::new(crate::table());
        stage.play("> SET k v PX 10000\n< +OK\n> NOSUCH\n");
        for line in info(&mut stage, "everything").split("\r\n").skip(1) {
            let field = line
                .split_once(':')
                .is_some_and(|(name, _)| !name.contains(' '));
            assert!(
                line.is_empty() || line.starts_with("# ") || field,
                "{line:?}"
            );
        }
    }

    #[test]
    fn what_happened_is_counted() {
        let mut stage = Stage::new(crate::table());
        stage.play(
            "> SET k v PX 10000
             < +OK
             > GET k
             > GET nothing
             > NOSUCH x
             > LPUSH k x
             > GET
             ",
        );
        let all = info(&mut stage, "everything");
        let has = |field: &str| assert!(all.contains(&format!("\r\n{field}")), "{field}\n{all}");
        has("server_name:elastane\r\n");
        has("elastane_version:");
        has("redis_version:7.2.4\r\n");
        has("keyspace_hits:1\r\n");
        has("keyspace_misses:1\r\n");
        has("db0:keys=1,expires=1,avg_ttl=");
        has("errorstat_ERR:count=2\r\n");
        has("errorstat_WRONGTYPE:count=1\r\n");
        has("total_error_replies:3\r\n");
        has("cmdstat_set:calls=1,usec=");
        has("cmdstat_get:calls=2,usec=");
        assert!(all.contains("rejected_calls=1,failed_calls=0\r\n"));
        has("latency_percentiles_usec_get:p50=");
        has("role:master\r\n");
        has("cluster_enabled:0\r\n");
        stage.play("> CONFIG RESETSTAT\n< +OK");
        let all = info(&mut stage, "everything");
        assert!(all.contains("\r\nkeyspace_hits:0\r\n") && !all.contains("cmdstat_get:"));
    }

    #[test]
    fn shapes() {
        play(
            "> INFO nosuch
             < $0\\r\\n
             3> INFO nosuch
             < =4
             < txt:
             3> INFO cluster
             < =34
             < txt:# Cluster
             < cluster_enabled:0\\r\\n",
        );
    }
}
