"""Plays units several at a time, and says which of their tests count."""

import collections
import concurrent.futures
import dataclasses
import queue

import selection
import suites
import tclsuite


class Pool:
    """As many copies of a suite as there are workers, each with ports of its own."""

    def __init__(self, args, kind, work, port, start, node_arguments, flags):
        self.internal, self.start, self.flags, self.timeout = args.internal, start, flags, args.unit_timeout
        server, arguments = None, ()
        if args.internal:
            server = args.server or f"{args.binary} node"
            arguments = () if args.server else node_arguments
        self.idle = queue.Queue()
        for number in range(max(1, args.workers)):
            folder = work / f"worker-{number}"
            folder.mkdir(exist_ok=True)
            (folder / "stdout.txt").unlink(missing_ok=True)
            self.idle.put(tclsuite.Suite(args.tree, folder, port + number * tclsuite.PORTS_EACH, server, arguments, args.tools))
        self.workers = self.idle.qsize()

    def units(self):
        suite = self.idle.get()
        listed = suite.units()
        self.idle.put(suite)
        return listed

    def play(self, units, left_out):
        """Gives (unit, run) as they end; `left_out(unit)` names tests not to run."""
        with concurrent.futures.ThreadPoolExecutor(self.workers) as executor:
            futures = {executor.submit(self._one, unit, left_out(unit)): unit for unit in units}
            for future in concurrent.futures.as_completed(futures):
                yield futures[future], future.result()

    def _one(self, unit, skip):
        suite = self.idle.get()
        try:
            if self.internal:
                return suite.internal(unit, skip, self.flags, self.timeout)
            return suite.external(unit, self.start, skip, self.flags, self.timeout)
        finally:
            self.idle.put(suite)


@dataclasses.dataclass
class Outcome:
    """(unit, name) -> (status, text) of the tests that count, and how many the skiplist holds back."""

    tests: dict
    skipped: int


def worst(run):
    """(unit, name) -> (status, text): of several tests of a name the one that went worst."""
    results = {}
    for event in run.events:
        if event.status in ("ok", "err", "exception"):
            key = (event.unit, event.name)
            if results.get(key, ("ok",))[0] == "ok":
                results[key] = (event.status, event.text)
    return results


class Everything:
    """Whatever the units hold counts."""

    def __init__(self, units, skiplist, recorded):
        self.units, self.skiplist = units, skiplist
        self.recorded = collections.Counter(test.unit for test in recorded)

    def order(self, pool):
        return [unit for unit in self.units or pool.units() if not self.skiplist.whole(unit)]

    def left_out(self, unit):
        return self.skiplist.names(unit)

    def judge(self, unit, run, skiplist):
        tests = {key: found for key, found in worst(run).items() if not skiplist.has(key)}
        if run.trouble:
            tests[unit, "(the unit)"] = ("exception", run.trouble)
        return Outcome(tests, len(skiplist.names(unit)))

    def summary(self, passed):
        real = sum(count for unit, count in self.recorded.items() if unit in {key[0] for key in passed})
        return f"the real server passes {real} tests in these units" if real else "no run of the real server is recorded for these units"


class Recorded:
    """The tests count that the real server passes and whose commands the server has."""

    def __init__(self, args, kind, mode, units, skiplist, commands):
        file = kind.recorded(mode)
        tests = selection.recorded(file if file.exists() else kind.recorded("external"))
        self.real = [test for test in tests if not units or test.unit in units]
        self.skiplist = skiplist
        can, missing = selection.runnable(self.real, commands)
        print(f"{len(commands)} commands and subcommands; they suffice for {len(can)} of the {len(self.real)} tests that {kind.engine} {kind.version} passes")
        if missing:
            print("most missed:", ", ".join(f"{name} {count}" for name, count in missing.most_common(12)))
        # Some of the tests that do not pass prepare what others find: they are played and not counted.
        playable = {test.key for test in can if args.full or test.elapsed_ms <= selection.QUICK_MS}
        counted = playable
        if args.expected:
            counted = selection.read_expected(kind.expected(mode))
            playable |= counted
        self.counted = {test.key for test in self.real if test.key in counted and not skiplist.has(test.key)}
        self.playable = playable

    def order(self, pool):
        """The longest first, so that the workers end together."""
        lengths = collections.Counter()
        for test in self.real:
            if test.key in self.playable:
                lengths[test.unit] += test.elapsed_ms
        return sorted({unit for unit, _ in self.counted}, key=lambda unit: -lengths[unit])

    def left_out(self, unit):
        others = {test.name for test in self.real if test.unit == unit and test.key not in self.playable}
        return sorted(others | set(self.skiplist.names(unit)))

    def judge(self, unit, run, skiplist):
        results = worst(run)
        tests = {key: results.get(key, ("exception", run.trouble or "did not run")) for key in self.counted if key[0] == unit}
        return Outcome(tests, sum(test.unit == unit and skiplist.has(test.key) for test in self.real))

    def summary(self, passed):
        left_out = sum(self.skiplist.has(test.key) for test in self.real)
        share = 100 * len(passed) / max(1, len(self.real))
        return f"{len(passed)} of the real server's {len(self.real)} tests pass ({share:.1f} %); {left_out} stand in the skiplist"
