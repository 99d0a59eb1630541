#!/usr/bin/env python3
"""The Tcl suites of Redis and Valkey against a server, restricted to tests whose commands it has.

Without a flag: every such test that is quick on the real server, with a table of what passed. --full: slow ones too.
--expected: only the tests of the expected list, and one that does not pass is a failure. --bless: what passes becomes
that list. --internal: the suite starts the servers itself, which is how it tests restarts, replication and files.
--record: what passes is written down as what the real server does. `cargo xtask conformance redis` gives the other
arguments.
"""

import argparse
import gzip
import json
import pathlib
import shlex
import socket
import sys

import redis
import runners
import selection
import suites
import tclsuite


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", choices=sorted(suites.KINDS), default="redis-7.0")
    parser.add_argument("--tree", required=True, help="the source tree that holds the suite")
    parser.add_argument("--work", required=True, help="scratch folder")
    parser.add_argument("--binary", help="elastane, run as a node of the suite's dialect")
    parser.add_argument("--start", help="instead: command that runs a server in the foreground, with {port}")
    parser.add_argument("--server", help="instead, for --internal: a server's program, as /usr/bin/redis-server")
    parser.add_argument("--tools", help="folder of redis-cli and the like; those of the system when left out")
    parser.add_argument("--threads", type=int, default=0, help="I/O threads of the node")
    parser.add_argument("--units", default="", help="comma-separated; all when left out")
    parser.add_argument("--workers", type=int, default=2, help="units played at a time")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--force-resp3", action="store_true", help="every reply in RESP3, translated back")
    parser.add_argument("--internal", action="store_true")
    parser.add_argument("--expected", action="store_true")
    parser.add_argument("--bless", action="store_true")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--unit-timeout", type=int, default=600)
    return parser.parse_args()


def node_arguments(args):
    kind = suites.KINDS[args.suite]
    threads = ["--io-threads", str(args.threads)] if args.threads else []
    return kind.dialect + suites.OPENED + threads


def start_command(args):
    if args.start:
        return args.start
    if args.server:
        return shlex.join([args.server, "--port", "{port}", "--save", "", *suites.OPENED])
    return shlex.join([str(pathlib.Path(args.binary).resolve()), "node", "--port", "{port}", *node_arguments(args)])


def server_commands(start, port, work):
    """Names of commands and `CONTAINER|SUBCOMMAND` that the server says it has."""
    with tclsuite.Server(start, port, work) as server:
        if not server.answers():
            sys.exit(f"the server did not come up: see {work}/server.log")
        client = redis.Redis(port=port, protocol=2)
        names = {name.decode().upper() for name in client.execute_command("COMMAND LIST")}
        for name in list(names):
            names.update(subcommands(client, name))
        return names


def subcommands(client, name):
    try:
        rows = client.execute_command("COMMAND INFO", name.lower())
    except redis.RedisError:
        return set()
    row = next(iter(rows.values() if isinstance(rows, dict) else rows), None)
    listed = row.get("subcommands", []) if isinstance(row, dict) else (row[9] if row and len(row) > 9 else [])
    return {(sub[0] if isinstance(sub, (list, tuple)) else sub).decode().upper() for sub in listed}


def free_port(workers):
    """A port with as many free above it as the runners take, and room for cluster buses 10,000 above those."""
    for port in range(21000, 30000, tclsuite.PORTS_EACH):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            if port + workers * tclsuite.PORTS_EACH < 31000:
                return port
    sys.exit("no free port between 21000 and 30000")


def play_all(args, mode, plan, skiplist):
    """Plays the plan's units and prints a line for each."""
    kind = suites.KINDS[args.suite]
    work, port = pathlib.Path(args.work), free_port(args.workers)
    flags = ["--force-resp3"] if args.force_resp3 else []
    pool = runners.Pool(args, kind, work, port, start_command(args), node_arguments(args), flags)
    print(f"{'unit':44} {'counted':>7} {'passed':>6} {'skipped':>7} {'asserts':>8} {'s':>5}", flush=True)
    results = {}
    for unit, run in pool.play(plan.order(pool), plan.left_out):
        outcome = plan.judge(unit, run, skiplist)
        results[unit] = (run, outcome)
        passed = sum(status == "ok" for status, _ in outcome.tests.values())
        asserts = sum(event.asserts for event in run.events)
        print(
            f"{unit:44} {len(outcome.tests):7} {passed:6} {outcome.skipped:7} {asserts:8} {run.seconds:5.0f} {run.trouble or ''}",
            flush=True,
        )
    return results


def record(file, results):
    """Writes what happened in the form that selection.recorded reads."""
    rows = []
    for unit, (run, _) in sorted(results.items()):
        for event in run.events:
            if event.status in ("ok", "err"):
                rows.append([unit, event.status, event.asserts, event.elapsed_ms, event.commands, event.text[:160]])
    with gzip.open(file, "wt") as stream:
        json.dump({"tests": rows}, stream, indent=0)
    print(f"{file} now holds {len(rows)} tests")


def bless(args, kind, mode, passed):
    file = kind.expected(mode)
    kept = selection.read_expected(file) if args.units else set()
    units = set(args.units.split(","))
    selection.write_expected(file, kind.name, {key for key in kept if key[0] not in units} | passed)
    print(f"{file.name} now holds {len(selection.read_expected(file))} tests")


def main():
    args = arguments()
    kind = suites.KINDS[args.suite]
    mode = "internal" if args.internal else "resp3" if args.force_resp3 else "external"
    work = pathlib.Path(args.work)
    work.mkdir(parents=True, exist_ok=True)
    skiplist = selection.Skiplist.read(kind.skiplist)
    units = list(filter(None, args.units.split(",")))
    if args.internal or args.record:
        plan = runners.Everything(units, skiplist, selection.recorded(kind.recorded(mode)))
    else:
        commands = server_commands(start_command(args), free_port(1), work)
        plan = runners.Recorded(args, kind, mode, units, skiplist, commands)
    results = play_all(args, mode, plan, skiplist)
    outcomes = {key: found for _, outcome in results.values() for key, found in outcome.tests.items()}
    passed = {key for key, (status, _) in outcomes.items() if status == "ok"}
    for key in sorted(set(outcomes) - passed):
        print(f"FAILED {key[0]}: {key[1]}: {outcomes[key][1][:400]}")
    if args.record:
        record(kind.recorded(mode), results)
    if args.bless:
        bless(args, kind, mode, passed)
    print(plan.summary(passed))
    failed = len(outcomes) - len(passed)
    print(f"{len(passed)} passed, {failed} failed")
    sys.exit(1 if args.expected and failed or not outcomes else 0)


if __name__ == "__main__":
    main()
