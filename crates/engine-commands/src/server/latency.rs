//! LATENCY and its subcommands.

use super::shared_sparkline::sparkline;
use crate::help::HELP;
use engine_dispatch::latency::History;
use engine_dispatch::{Command, Cx, Error, Flags, Group, Outcome};

const SUB: Command = Command {
    flags: Flags::ADMIN
        .union(Flags::NOSCRIPT)
        .union(Flags::LOADING)
        .union(Flags::STALE),
    group: Group::Server,
    since: "2.8.13",
    ..Command::BASE
};

pub(crate) const COMMAND: Command = Command {
    name: "latency",
    arity: -2,
    flags: Flags::CONTAINER,
    group: Group::Server,
    since: "2.8.13",
    complexity: "Depends on subcommand.",
    summary: "A container for latency diagnostics commands.",
    subcommands: &[
        Command {
            name: "doctor",
            arity: 2,
            summary: "Says what was seen of events that took long.",
            run: doctor,
            ..SUB
        },
        Command {
            name: "graph",
            arity: 3,
            summary: "Draws the samples of an event.",
            syntax: "event",
            run: graph,
            ..SUB
        },
        Command {
            flags: Flags::LOADING.union(Flags::STALE),
            group: Group::Server,
            since: "2.8.13",
            ..HELP
        },
        Command {
            name: "histogram",
            arity: -2,
            since: "7.0.0",
            complexity: "O(N) where N is the number of commands with latency information being retrieved.",
            summary: "Returns how long the calls of commands took, summed up to powers of two.",
            syntax: "[command [command ...]]",
            run: histogram,
            ..SUB
        },
        Command {
            name: "history",
            arity: 3,
            summary: "Returns the samples of an event.",
            syntax: "event",
            run: history,
            ..SUB
        },
        Command {
            name: "latest",
            arity: 2,
            summary: "Returns the last sample of every event.",
            run: latest,
            ..SUB
        },
        Command {
            name: "reset",
            arity: -2,
            summary: "Forgets the samples of events, or of all.",
            syntax: "[event [event ...]]",
            run: reset,
            ..SUB
        },
    ],
    ..Command::BASE
};

fn find(cx: &Cx<'_>, event: &[u8]) -> Option<History> {
    let all = cx.server.latency.all();
    let found = all.into_iter().find(|(name, _)| name.as_bytes() == event);
    found.map(|(_, history)| history)
}

fn latest(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    let all = cx.server.latency.all();
    cx.out.array(all.len());
    for (name, history) in all {
        let (time_s, ms) = history.samples.back().copied().unwrap_or_default();
        cx.out.array(4);
        cx.out.bulk(name.as_bytes());
        cx.out.int(time_s);
        cx.out.int(ms);
        cx.out.int(history.longest_ms);
    }
    Ok(())
}

fn history(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let samples = find(cx, args[2]).unwrap_or_default().samples;
    cx.out.array(samples.len());
    for (time_s, ms) in samples {
        cx.out.array(2);
        cx.out.int(time_s);
        cx.out.int(ms);
    }
    Ok(())
}

fn reset(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let latency = &cx.server.latency;
    let reset = match &args[2..] {
        [] => latency.reset(None),
        names => names
            .iter()
            .filter_map(|name| std::str::from_utf8(name).ok())
            .map(|name| latency.reset(Some(name)))
            .sum(),
    };
    cx.out.int(reset as i64);
    Ok(())
}

fn graph(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let name = String::from_utf8_lossy(args[2]);
    let Some(history) = find(cx, args[2]) else {
        return Err(Error::new(format!(
            "ERR No samples available for event '{name}'"
        )));
    };
    let values = || history.samples.iter().map(|s| s.1);
    let (high, low) = (values().max().unwrap_or(0), values().min().unwrap_or(0));
    let mut text = format!(
        "{name} - high {high} ms, low {low} ms (all time high {} ms)\n{}\n",
        history.longest_ms,
        "-".repeat(80)
    );
    let now_s = cx.now_ms() / 1000;
    let samples: Vec<(i64, i64)> = history.samples.iter().map(|s| (now_s - s.0, s.1)).collect();
    sparkline(&samples, &mut text);
    cx.out.verbatim("txt", text.as_bytes());
    Ok(())
}

fn doctor(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    let all = cx.server.latency.all();
    let threshold = cx.server.config.int(params::LATENCY_MONITOR_THRESHOLD);
    let text = if all.is_empty() && threshold == 0 {
        "Events are not watched on this node: CONFIG SET latency-monitor-threshold <milliseconds> turns it on.\n"
            .to_string()
    } else if all.is_empty() {
        "No event took longer than the threshold since the node was started or LATENCY RESET was given.\n"
            .to_string()
    } else {
        let one = |(n, (name, history)): (usize, &(&str, History))| {
            let count = history.samples.len() as i64;
            let sum: i64 = history.samples.iter().map(|s| s.1).sum();
            let mean = sum / count.max(1);
            let first = history.samples.front().map_or(0, |s| s.0);
            let period = (cx.now_ms() / 1000 - first) as f64 / count.max(1) as f64;
            format!(
                "{}. {name}: {count} latency spikes (average {mean}ms, period {period:.2} sec). Worst all time event {}ms.\n",
                n + 1,
                history.longest_ms
            )
        };
        let lines: String = all.iter().enumerate().map(one).collect();
        format!("{lines}\nSLOWLOG GET tells which commands took long.\n")
    };
    cx.out.verbatim("txt", text.as_bytes());
    Ok(())
}

fn histogram(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let table = cx.server.table;
    let mut ids: Vec<usize> = Vec::new();
    if args.len() == 2 {
        ids.extend(table.all().map(|c| c.id));
    }
    for name in &args[2..] {
        let Some(command) = table.by_full_name(name) else {
            continue;
        };
        ids.push(command.id);
        let mut below: Vec<usize> = command.subcommands.values().map(|c| c.id).collect();
        below.sort_unstable();
        ids.extend(below);
    }
    let totals = cx.server.totals().commands;
    let mark = cx.out.begin();
    let mut shown = 0;
    for id in ids {
        let Some(counts) = totals.get(id).map(|t| &t.times).filter(|t| t.total() > 0) else {
            continue;
        };
        shown += 1;
        cx.out.bulk(table.by_id(id).full_name.as_bytes());
        cx.out.map(2);
        cx.out.bulk(b"calls");
        cx.out.int(counts.total() as i64);
        cx.out.bulk(b"histogram_usec");
        let steps = counts.doubling();
        cx.out.map(steps.len());
        for (limit_ns, calls) in steps {
            // The end of the bucket in which Redis's histogram of two digits counts the limit.
            cx.out.int(((limit_ns + limit_ns / 128 - 1) / 1000) as i64);
            cx.out.int(calls as i64);
        }
    }
    cx.out.end_map(mark, shown);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;
    use engine_session::transcript::Stage;

    #[test]
    fn events_over_the_threshold() {
        let mut stage = Stage::new(crate::table());
        let now_s = stage.worker.now_ms / 1000;
        stage.server.latency.add("command", now_s - 2, 20);
        stage.server.latency.add("command", now_s - 1, 5);
        stage.server.latency.add("command", now_s - 1, 3);
        stage.play(&format!(
            "> LATENCY LATEST
             < *1
             < *4
             < $7
             < command
             < :{last}
             < :5
             < :20
             > LATENCY HISTORY command
             < *2
             < *2
             < :{first}
             < :20
             < *2
             < :{last}
             < :5
             > LATENCY HISTORY other
             < *0
             > LATENCY RESET other
             < :0",
            first = now_s - 2,
            last = now_s - 1
        ));
        let graph = String::from_utf8(stage.send("a", b"LATENCY GRAPH command\r\n")).unwrap();
        assert!(graph.contains("command - high 20 ms, low 5 ms (all time high 20 ms)\n"));
        let advice = String::from_utf8(stage.send("a", b"LATENCY DOCTOR\r\n")).unwrap();
        assert!(advice.contains("1. command: 2 latency spikes (average 12ms"));
        stage.play(
            "> LATENCY RESET
             < :1
             > LATENCY LATEST
             < *0
             > LATENCY GRAPH command
             < -ERR No samples available for event 'command'",
        );
    }

    #[test]
    fn how_long_calls_took() {
        let mut stage = Stage::new(crate::table());
        stage.play(
            "> LATENCY HISTOGRAM nosuch get
             < *0
             > GET k
             < $-1
             > CONFIG GET maxmemory
             > CONFIG RESETSTAT
             < +OK
             > GET k
             < $-1",
        );
        let text = String::from_utf8(stage.send("a", b"LATENCY HISTOGRAM get config\r\n")).unwrap();
        assert!(
            text.starts_with(
                "*4\r\n$3\r\nget\r\n*4\r\n$5\r\ncalls\r\n:1\r\n$14\r\nhistogram_usec\r\n*2\r\n:"
            ),
            "{text}"
        );
        assert!(text.contains("$16\r\nconfig|resetstat\r\n*4\r\n$5\r\ncalls\r\n:1\r\n"));
        play(
            "> CONFIG SET latency-tracking no
             < +OK
             > CONFIG RESETSTAT
             < +OK
             > GET k
             < $-1
             > LATENCY HISTOGRAM
             < *0",
        );
    }
}
