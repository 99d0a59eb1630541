"""What each suite is: whose it is, how a node speaks its dialect, and which files hold what is known about it."""

import dataclasses
import pathlib

HERE = pathlib.Path(__file__).parent


@dataclasses.dataclass(frozen=True)
class Kind:
    name: str
    engine: str
    version: str

    @property
    def dialect(self):
        """Arguments of a node that speaks as this suite's server does."""
        return ["--engine", self.engine, "--engine-version", self.version]

    def recorded(self, mode):
        """What the real server passes: `external`, `resp3` (external, with --force-resp3) or `internal`."""
        return HERE / f"data/{self.engine}-{self.version}-{mode}.json.gz"

    def expected(self, mode):
        """The tests that must pass."""
        return HERE / f"expected/{self.name}{'' if mode == 'external' else '-' + mode}.txt"

    @property
    def skiplist(self):
        """The tests that are left out, each with the reason."""
        return HERE / f"skip/{self.name}.txt"


KINDS = {kind.name: kind for kind in (Kind("redis-7.0", "redis", "7.0.15"), Kind("redis-8.0", "redis", "8.0.6"), Kind("valkey-9.1", "valkey", "9.1.2"))}

# What a node is started with so that all that the suites ask for is there.
OPENED = ["--enable-debug-command", "yes", "--enable-protected-configs", "yes", "--repl-diskless-sync-delay", "0"]
