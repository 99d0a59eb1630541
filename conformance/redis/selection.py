"""Which tests of a suite count for a server: those whose every command it has and that no skiplist names.

A recorded run of the real server (data/) tells for each test that it passes which commands it sent; a command list
from the server under test then tells which of them could run.
"""

import collections
import dataclasses
import gzip
import json

# Methods of the suites' own client, and what they send around each test whatever the server answers.
NOT_COMMANDS = set(
    "ATTRIBUTES BLOCKING CHANNEL CLOSE DEFERRED FLUSH RAWREAD READ READINGRAW READRAW RECONNECT WRITE FUNCTION|FLUSH DEBUG|LOG".split()
)
# Tests that take longer than this on the real server are left to --full.
QUICK_MS = 3000


@dataclasses.dataclass(frozen=True)
class Test:
    unit: str
    name: str
    elapsed_ms: int
    commands: frozenset

    @property
    def key(self):
        return (self.unit, self.name)


def recorded(file):
    """Tests that the real server passes."""
    if not file.exists():
        return []
    with gzip.open(file, "rt") as stream:
        rows = json.load(stream)["tests"]
    # A name that stands for several tests of a unit passes when all of them do.
    failed = {(unit, name.split(" in tests/")[0]) for unit, status, _, _, _, name in rows if status != "ok"}
    tests = {}
    for unit, status, _asserts, elapsed_ms, commands, name in rows:
        if status == "ok" and (unit, name) not in failed:
            # Some tests send rubbish on purpose; only words are commands.
            real = frozenset(c for c in commands if c not in NOT_COMMANDS and c.split("|")[0].isalpha() and not c.startswith("DEBUG|LOG"))
            same = tests.get((unit, name))
            if same:
                elapsed_ms, real = elapsed_ms + same.elapsed_ms, real | same.commands
            tests[unit, name] = Test(unit, name, elapsed_ms, real)
    return list(tests.values())


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


def read_expected(file):
    """(unit, name) of the tests that must pass."""
    return {tuple(fields[:2]) for fields in _lines(file)}


def write_expected(file, suite, passed):
    head = (
        f"# Tests of the suite {suite} that must pass; a line is unit, tab, name.\n"
        "# Written by `cargo xtask conformance redis --bless`. A line leaves this file only with a reason in its commit.\n"
    )
    file.write_text(head + "".join(f"{unit}\t{name}\n" for unit, name in sorted(passed)))


@dataclasses.dataclass
class Skiplist:
    """(unit, name) -> reason; `*` for a name is the whole unit, `/…` a regular expression of Tcl's."""

    reasons: dict

    @classmethod
    def read(cls, file):
        return cls({(unit, name): reason for unit, name, reason in _lines(file)})

    def whole(self, unit):
        return self.reasons.get((unit, "*"))

    def names(self, unit):
        return [name for of, name in self.reasons if of == unit and name != "*"]

    def has(self, key):
        return key in self.reasons or (key[0], "*") in self.reasons


def _lines(file):
    if not file.exists():
        return []
    return [line.split("\t") for line in file.read_text().splitlines() if line and not line.startswith("#")]
