#!/usr/bin/env python3
"""Redis 7.0's Tcl suite against a server, restricted to tests whose commands it has.

Without a flag: every such test that is quick on Redis, with a table of what passed. --full: slow ones too.
--expected: only the tests of expected.txt, and one that does not pass is a failure. --bless: what passes becomes
expected.txt. `cargo xtask conformance redis` gives the other arguments.
"""

import argparse
import collections
import json
import pathlib
import socket
import sys

import redis
import selection
import tclsuite


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tree", required=True, help="a Redis source tree")
    parser.add_argument("--work", required=True, help="scratch folder")
    parser.add_argument("--start", required=True, help="command that runs a server in the foreground, with {port}")
    parser.add_argument("--units", default="", help="comma-separated; all when left out")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--expected", action="store_true")
    parser.add_argument("--bless", action="store_true")
    parser.add_argument("--unit-timeout", type=int, default=300)
    return parser.parse_args()


def server_commands(start, port, work):
    """Names of commands and `CONTAINER|SUBCOMMAND` that the server says it has."""
    with tclsuite.Server(start, port, work) as server:
        if not server.answers():
            sys.exit(f"the server did not come up: see {work}/server.log")
        client = redis.Redis(port=port, protocol=2)
        try:
            names = {name.decode().upper() for name in client.execute_command("COMMAND LIST")}
        except redis.ResponseError:
            names = {name.upper() for name in client.command()}
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


def free_port():
    """A port that leaves room above: the suite takes ports from 2,000 above it, and 10,000 above those."""
    for port in range(21000, 40000, 17):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    sys.exit("no free port between 21000 and 40000")


def choose(args, commands, tests):
    """Tests that count in this run, and tests that run: some of those that do not pass prepare what others find."""
    can, missing = selection.runnable(tests, commands)
    print(f"{len(commands)} commands and subcommands; they suffice for {len(can)} of {len(tests)} recorded tests")
    if missing:
        print("most missed:", ", ".join(f"{name} {count}" for name, count in missing.most_common(12)))
    units = set(filter(None, args.units.split(",")))
    played = {(test.unit, test.name) for test in can if args.full or test.elapsed_ms <= selection.QUICK_MS}
    counted = played
    if args.expected:
        counted = selection.read_expected()
        played |= counted

    def within(keys):
        return [test for test in tests if (test.unit, test.name) in keys and (not units or test.unit in units)]

    return within(counted), within(played)


def run_units(args, suite, counted, played, tests):
    """(unit, name) -> worst status, for all events of the units that hold counted tests."""
    wanted = collections.defaultdict(set)
    for test in counted:
        wanted[test.unit].add(test.name)
    playing = {(test.unit, test.name) for test in played}
    results, texts = {}, {}
    print(f"{'unit':32} {'counted':>8} {'passed':>7} {'asserts':>8} {'s':>5}")
    for unit in sorted(wanted):
        others = {test.name for test in tests if test.unit == unit and (unit, test.name) not in playing}
        others |= {name for broken_unit, name in selection.BROKEN if broken_unit == unit}
        run = suite.run_unit(unit, sorted(others), args.unit_timeout)
        for event in run.events:
            if event.status in ("ok", "err", "exception"):
                key = (event.unit, event.name)
                if results.get(key) in (None, "ok"):
                    results[key], texts[key] = event.status, event.text
        passed = sum(results.get((unit, name)) == "ok" for name in wanted[unit])
        asserts = sum(event.asserts for event in run.events)
        print(f"{unit:32} {len(wanted[unit]):8} {passed:7} {asserts:8} {run.seconds:5.0f} {run.trouble or ''}", flush=True)
    return results, texts


def main():
    args = arguments()
    work = pathlib.Path(args.work)
    work.mkdir(parents=True, exist_ok=True)
    port = free_port()
    tests = selection.recorded()
    counted, played = choose(args, server_commands(args.start, port, work), tests)
    suite = tclsuite.Suite(args.tree, work, args.start, port)
    results, texts = run_units(args, suite, counted, played, tests)
    names = {(test.unit, test.name) for test in counted}
    passed = {key for key in names if results.get(key) == "ok"}
    for key in sorted(names - passed):
        print(f"FAILED {key[0]}: {key[1]}: {texts.get(key, 'did not run')[-300:]}")
    (work / "results.json").write_text(json.dumps([[*key, status, texts[key]] for key, status in sorted(results.items())], indent=0))
    if args.bless:
        kept = selection.read_expected() if args.units else set()
        units = set(args.units.split(","))
        selection.write_expected({key for key in kept if key[0] not in units} | passed)
        print(f"expected.txt now holds {len(selection.read_expected())} tests")
    if not names:
        print("no test counted: expected.txt is empty, or no unit has a test whose commands exist")
    failed = len(names) - len(passed)
    print(f"{len(passed)} passed, {failed} failed")
    sys.exit(1 if args.expected and failed else 0)


if __name__ == "__main__":
    main()
