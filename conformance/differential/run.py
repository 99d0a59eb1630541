#!/usr/bin/env python3
"""Random commands to one of our nodes and to redis-server, replies compared byte for byte, then what is stored.

    run.py --binary target/debug/elastane [--seconds 60 | --seed N --steps M]

An episode is a seed: which kinds of value, RESP2 or RESP3, the limits of the packed encodings, the commands. What
differs is shrunk to the shortest sequence that still shows it. Differences that are meant stand in known.txt.
"""

import argparse
import pathlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import compare
import grammar
import wire

LIMITS = ("hash-max-listpack-entries", "zset-max-listpack-entries", "set-max-intset-entries")
LENGTHS = ("hash-max-listpack-value", "zset-max-listpack-value")
DATABASES = (0, 1, 2)
# Longer sequences find no more, and take longer to shrink.
STEPS = 400
SHRINK_SECONDS = 15


class Server:
    def __init__(self, command, folder):
        folder.mkdir()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = open(folder / "log", "wb")
        self.process = subprocess.Popen([*command, "--port", str(self.port), "--save", ""], cwd=folder, stdout=self.log, stderr=self.log)

    def connect(self):
        for _ in range(400):
            try:
                return wire.Connection(self.port)
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        sys.exit(f"the server did not come up: {self.process.args}")

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Episode:
    """What a seed decides."""

    def __init__(self, seed, steps, commands, only=()):
        r = random.Random(f"episode {seed}")
        self.protocol = r.choice((2, 3))
        self.config = [("list-max-listpack-size", r.choice((-2, -2, 3, 10)))]
        self.config += [(name, r.choice((0, 1, 4, 128, 512))) for name in LIMITS] + [(name, r.choice((0, 8, 64))) for name in LENGTHS]
        kinds = sorted(grammar.PATTERNS)
        chosen = r.sample(kinds, r.choice((1, 1, 2, 3, len(kinds))))
        self.kinds = set(only or {"keys", *chosen})
        words = grammar.Words(seed, commands)
        self.commands = []
        while len(self.commands) < steps:
            if r.random() < 0.02:
                self.commands += [[b"WATCH", words.of_kind("k")]] * (r.random() < 0.3)
                self.commands += [[b"MULTI"], *(words.command(self.kinds) for _ in range(r.randrange(6))), [r.choice((b"EXEC", b"EXEC", b"DISCARD"))]]
            self.commands.append(words.command(self.kinds))
        self.pieces = [r.choice((1, 1, 5, 30)) for _ in range(steps)]


class Difference(Exception):
    def __init__(self, at, words, ours, theirs):
        super().__init__(at, words, ours, theirs)
        self.at, self.words, self.ours, self.theirs = at, words, ours, theirs


class Pair:
    """Our node and redis-server, brought to the same beginning for each sequence."""

    def __init__(self, ours, theirs):
        self.servers = (ours, theirs)
        self.known = compare.Known()
        self.commands_run = 0
        self.keys_compared = 0

    def begin(self, episode):
        self.connections = [server.connect() for server in self.servers]
        for connection in self.connections:
            connection.call("HELLO", episode.protocol)
            connection.call("FLUSHALL")
            for name, value in episode.config:
                connection.call("CONFIG", "SET", name, value)

    def close(self):
        for connection in self.connections:
            connection.close()

    def play(self, episode, commands, pieces):
        """Raises the first difference that is not known."""
        self.begin(episode)
        try:
            at, queued = 0, None
            for piece in pieces:
                part = commands[at : at + piece]
                if not part:
                    break
                answers = self.exchange(at, part)
                for number, (words, ours, theirs) in enumerate(zip(part, *answers)):
                    name = words[0].upper()
                    if not compare.same(words, ours, theirs, queued or (), self.known) and not self.known.explains(words, ours, theirs):
                        raise Difference(at + number, words, ours, theirs)
                    if name == b"MULTI" and ours.sign == "+":
                        queued = []
                    elif name in (b"EXEC", b"DISCARD"):
                        queued = None
                    elif queued is not None and ours.raw == b"+QUEUED\r\n":
                        queued.append(words)
                at += len(part)
                self.commands_run += len(part)
            self.compare_data(len(commands))
        finally:
            self.close()

    def exchange(self, at, part):
        for connection in self.connections:
            connection.send(part)
        try:
            return [[connection.read() for _ in part] for connection in self.connections]
        except (OSError, ValueError) as error:
            raise Difference(at, part[0], wire.Reply("!", b"", str(error).encode()), wire.Reply("!", b"", b"(an answer)")) from error

    def compare_data(self, at):
        ours, theirs = self.connections
        self.both(at, "DISCARD", check=False)
        for database in DATABASES:
            self.both(at, "SELECT", database)
            names = self.both(at, "KEYS", "*")[0].value
            for key in sorted(name.value for name in names):
                self.compare_key(at, key)
                self.keys_compared += 1
                # Each reads what the other stores.
                for source, target in ((ours, theirs), (theirs, ours)):
                    dump = source.call("DUMP", key).value
                    answer = target.call("RESTORE", "restored", 0, dump, "REPLACE")
                    if answer.raw != b"+OK\r\n":
                        raise Difference(at, [b"RESTORE", b"restored", b"0", dump], answer, wire.Reply("+", b"OK", b"+OK\r\n"))
                    words, value = self.read_value(source, key)
                    _, restored = self.read_value(target, b"restored")
                    if not compare.same(words, value, restored) and not self.known.explains(words, value, restored):
                        raise Difference(at, [b"RESTORE", b"restored", b"0", b"(the value of)", key], value, restored)
                    target.call("DEL", "restored")

    def both(self, at, *words, check=True):
        answers = [connection.call(*words) for connection in self.connections]
        words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        if check and not compare.same(words, *answers) and not self.known.explains(words, *answers):
            raise Difference(at, words, *answers)
        return answers

    def compare_key(self, at, key):
        kind = self.both(at, "TYPE", key)[0].value
        self.both(at, "OBJECT", "ENCODING", key)
        self.both(at, "PEXPIRETIME", key)
        self.both(at, *READ[kind](key))

    def read_value(self, connection, key):
        words = READ[connection.call("TYPE", key).value](key)
        return words, connection.call(*words)


READ = {
    b"string": lambda key: [b"GET", key],
    b"list": lambda key: [b"LRANGE", key, b"0", b"-1"],
    b"hash": lambda key: [b"HGETALL", key],
    b"set": lambda key: [b"SMEMBERS", key],
    b"zset": lambda key: [b"ZRANGE", key, b"0", b"-1", b"WITHSCORES"],
    b"stream": lambda key: [b"XRANGE", key, b"-", b"+"],
}


def shrink(pair, episode, found):
    """The shortest part of the sequence, found by leaving out ever smaller pieces, that ends in a difference."""
    commands = episode.commands[: found.at + 1]
    end = time.monotonic() + SHRINK_SECONDS
    size = max(1, len(commands) // 2)
    while size and time.monotonic() < end:
        at = 0
        while at < len(commands) and time.monotonic() < end:
            fewer = commands[:at] + commands[at + size :]
            again = difference(pair, episode, fewer, [1] * len(fewer))
            if again and again.words[0].upper() == found.words[0].upper():
                found, commands = again, fewer[: again.at + 1]
            else:
                at += size
        size //= 2
    return found, commands


def difference(pair, episode, commands, pieces):
    try:
        pair.play(episode, commands, pieces)
        return None
    except Difference as found:
        return found


def report(pair, episode, seed, found):
    print(f"\nDIFFERENT with --seed {seed}, RESP{episode.protocol}", flush=True)
    found, commands = shrink(pair, episode, found)
    print("  " + ", ".join(f"{name} {value}" for name, value in episode.config))
    for words in commands[-30:]:
        print("  >", compare.show(words)[:300])
    if found.at >= len(commands):
        print("  at the end:", compare.show(found.words)[:300])
    print("  ours: ", found.ours)
    print("  redis:", found.theirs, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--redis", default=shutil.which("redis-server"))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, help="this episode only")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--kinds", default="", help="of value, comma-separated, as in grammar.py")
    parser.add_argument("--most", type=int, default=20, help="differences after which it ends")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="elastane-differential-") as folder:
        binary = str(pathlib.Path(args.binary).resolve())
        ours = Server([binary, "node", "--engine-version", "7.0.15"], pathlib.Path(folder) / "ours")
        theirs = Server([args.redis], pathlib.Path(folder) / "theirs")
        try:
            passed, failed = episodes(args, Pair(ours, theirs))
        finally:
            ours.end()
            theirs.end()
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


def episodes(args, pair):
    first = args.seed if args.seed is not None else random.SystemRandom().randrange(10**9)
    print(f"episodes of {args.steps} commands from --seed {first} on", flush=True)
    commands = {name.value.decode().upper() for name in pair.servers[0].connect().call("COMMAND", "LIST").value}
    end = time.monotonic() + args.seconds
    passed = failed = 0
    seed = first
    while (args.seed is None or seed == first) and time.monotonic() < end and failed < args.most:
        episode = Episode(seed, args.steps, commands, args.kinds.split(",") if args.kinds else ())
        found = difference(pair, episode, episode.commands, episode.pieces)
        if found:
            failed += 1
            report(pair, episode, seed, found)
        else:
            passed += 1
        seed += 1
    print(f"{pair.commands_run} commands, {pair.keys_compared} keys compared")
    for reason, count in sorted(pair.known.met.items()):
        print(f"  known, {count} times: {reason}")
    return passed, failed


if __name__ == "__main__":
    main()
