"""Which tests of the suite count for a server: those whose every command it has.

The recorded run (data/redis-7.0.15-external.json.gz) tells for each test that Redis itself passes which commands it
sent; a command list from the server under test then tells which of them could run.
"""

import collections
import dataclasses
import gzip
import json
import pathlib

HERE = pathlib.Path(__file__).parent
RECORDED = HERE / "data/redis-7.0.15-external.json.gz"
EXPECTED = HERE / "expected.txt"
# Methods of the suite's own client, and what it sends around each test whatever the server answers.
NOT_COMMANDS = set(
    "ATTRIBUTES BLOCKING CHANNEL CLOSE DEFERRED FLUSH RAWREAD READ READINGRAW READRAW RECONNECT WRITE FUNCTION|FLUSH DEBUG|LOG".split()
)
# Fails against Redis itself in external mode and leaves its settings changed for the tests after it.
BROKEN = {("unit/type/set", "SRANDMEMBER with a dict containing long chain")}
# Tests that take longer than this on Redis are left to --full.
QUICK_MS = 3000


@dataclasses.dataclass(frozen=True)
class Test:
    unit: str
    name: str
    elapsed_ms: int
    commands: frozenset


def recorded():
    """Tests that Redis 7.0.15 passes in external mode."""
    with gzip.open(RECORDED, "rt") as file:
        rows = json.load(file)["tests"]
    tests = []
    for unit, status, _asserts, elapsed_ms, commands, name in rows:
        if status == "ok" and (unit, name) not in BROKEN:
            # Some tests send rubbish on purpose; only words are commands.
            real = frozenset(c for c in commands if c not in NOT_COMMANDS and c.split("|")[0].isalpha() and not c.startswith("DEBUG|LOG"))
            tests.append(Test(unit, name, elapsed_ms, real))
    return tests


def runnable(tests, commands):
    """Tests whose every command is in `commands`, and how often each missing command stands in a test's way."""
    containers = {c for c in commands if "|" not in c}
    known_subcommands = {c.split("|")[0] for c in commands if "|" in c}
    missing = collections.Counter()
    can = []
    for test in tests:
        lacks = []
        for command in test.commands:
            container = command.split("|")[0]
            # A server that lists no subcommands is believed to have all of a container's.
            if command not in commands and not (container in containers and container not in known_subcommands):
                lacks.append(command)
        missing.update(lacks)
        if not lacks:
            can.append(test)
    return can, missing


def read_expected():
    """(unit, name) of the tests that must pass."""
    if not EXPECTED.exists():
        return set()
    lines = [line for line in EXPECTED.read_text().splitlines() if line and not line.startswith("#")]
    return {tuple(line.split("\t", 1)) for line in lines}


def write_expected(passed):
    head = (
        "# Tests of Redis 7.0.15's Tcl suite that must pass in `cargo xtask test`; a line is unit, tab, name.\n"
        "# Written by `cargo xtask conformance redis --bless`. A line leaves this file only with a reason in its commit.\n"
    )
    EXPECTED.write_text(head + "".join(f"{unit}\t{name}\n" for unit, name in sorted(passed)))
