#!/usr/bin/env python3
"""What COMMAND, COMMAND DOCS and COMMAND GETKEYS say, compared with a real server's.

Every command that both know is one check for each thing that is said of it: arity, flags, ACL categories, tips, key
specifications, legacy key range, subcommands; group, since, deprecation and the argument tree of COMMAND DOCS (not
summary and complexity, whose words are ours). Then the keys of sample requests. What may differ stands in
`command_differences.txt`: a command, what differs, and the reason. A difference that is listed and is none any more
fails, too.
"""

import argparse
import fnmatch
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

import redis

HERE = pathlib.Path(__file__).parent
DIFFERENCES = HERE / "command_differences.txt"
# What COMMAND INFO says, in its order.
INFO = ["name", "arity", "flags", "first", "last", "step", "categories", "tips", "keyspecs", "subcommands"]
DOCS = ["since", "group", "doc_flags", "deprecated_since", "replaced_by", "arguments"]

# Requests whose keys are asked for.
SAMPLES = """
get k
set k v
set k v GET
mset a 1 b 2
msetnx a 1 b 2
del a b c
bitop AND d a b
bitfield k GET u8 0
bitfield k SET u8 0 1
sort k BY w GET x STORE d
sort_ro k BY w
zunionstore d 2 a b WEIGHTS 1 2
zunion 2 a b
zunion 9 a b
zinterstore d 0 a b
lmpop 2 a b LEFT
blmpop 0 2 a b LEFT
bzmpop 0 1 a MIN
sintercard 2 a b
georadius k 0 0 1 m STORE d
georadiusbymember k m 1 m STOREDIST d
geosearchstore d k FROMLONLAT 0 0 BYRADIUS 1 m
xread COUNT 1 STREAMS a b 0 0
xreadgroup GROUP g c STREAMS a >
xgroup CREATE k g $
object ENCODING k
memory USAGE k
migrate host 1 k 0 1
migrate host 1 "" 0 1 KEYS a b
eval s 2 a b c
evalsha s 0
fcall f 1 a
copy a b
rename a b
lmove a b LEFT LEFT
pfcount a b
pfmerge d a b
rpoplpush a b
blpop a b 0
ssubscribe c
ping
get
config GET x
nosuch k
""".strip().splitlines()


def plain(value):
    """Bytes as text, and what has no order in one order."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, set):
        return sorted(plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def mapped(flat):
    """A flat reply of names and values as a map, and maps in it alike."""
    if not isinstance(flat, list) or len(flat) % 2 or not all(isinstance(name, str) for name in flat[::2]):
        return flat
    return dict(zip(flat[::2], flat[1::2], strict=True))


def argument(flat):
    """An argument without what it is called: our trees are read from the syntax, where groups have no names."""
    fields = mapped(flat)
    for words in ("name", "display_text", "since", "summary"):
        fields.pop(words, None)
    if isinstance(fields.get("flags"), list):
        fields["flags"] = sorted(fields["flags"])
    if "arguments" in fields:
        fields["arguments"] = [argument(inner) for inner in fields["arguments"]]
    return fields


def infos(connection):
    """Facts of COMMAND by full name."""
    found = {}

    def note(entry):
        facts = dict(zip(INFO, entry, strict=True))
        for unordered in ("flags", "categories", "tips"):
            facts[unordered] = sorted(facts[unordered])
        facts["keyspecs"] = [keyspec(spec) for spec in facts["keyspecs"]]
        inner = facts.pop("subcommands")
        facts["subcommands"] = sorted(sub[0] for sub in inner)
        found[facts.pop("name")] = facts
        for sub in inner:
            note(sub)

    for entry in plain(connection.execute_command("COMMAND")):
        note(entry)
    return found


def keyspec(flat):
    spec = mapped(flat)
    spec.pop("notes", None)
    spec["flags"] = sorted(spec["flags"])
    for part in ("begin_search", "find_keys"):
        spec[part] = mapped(spec[part])
        spec[part]["spec"] = mapped(spec[part]["spec"])
    return spec


def docs(connection):
    """Facts of COMMAND DOCS by full name."""
    found = {}

    def note(name, flat):
        entry = mapped(flat)
        facts = {field: entry.get(field) for field in DOCS}
        facts["arguments"] = [argument(inner) for inner in entry.get("arguments", [])]
        found[name] = facts
        for sub, inner in mapped(entry.get("subcommands", [])).items():
            note(sub, inner)

    for name, flat in mapped(plain(connection.execute_command("COMMAND", "DOCS"))).items():
        note(name, flat)
    return found


def keys_of(connection, request):
    words = [word.strip('"') for word in request.split(" ")]
    try:
        return plain(connection.execute_command("COMMAND", "GETKEYSANDFLAGS", *words))
    except redis.ResponseError as error:
        return f"-{error}"


def facts(port):
    """All that is compared: (command, what) → value."""
    connection = redis.Redis(port=port, protocol=2)
    # Replies as they come: the library would reshape those of COMMAND.
    connection.response_callbacks.clear()
    out = {}
    for name, said in infos(connection).items():
        out.update({(name, what): value for what, value in said.items()})
    for name, said in docs(connection).items():
        out.update({(name, what): value for what, value in said.items()})
    known = {name for name, _ in out}
    for request in SAMPLES:
        if request.split()[0] in known or request.startswith("nosuch"):
            out[("getkeys", request)] = keys_of(connection, request)
    return out


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def started(command, port):
    process = subprocess.Popen(command, cwd=tempfile.mkdtemp(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            redis.Redis(port=port).ping()
            return process
        except redis.RedisError:
            time.sleep(0.05)
    process.terminate()
    raise RuntimeError(f"{command[0]} does not answer")


def said_by(command):
    port = free_port()
    process = started([*command, "--port", str(port), "--save", ""], port)
    try:
        return facts(port)
    finally:
        process.terminate()
        process.wait()


def differences():
    """The listed ones: (pattern of commands, what or *) → reason."""
    listed = {}
    for line in DIFFERENCES.read_text().splitlines():
        if line and not line.startswith("#"):
            name, what, reason = line.split(None, 2)
            listed[(name, what)] = reason
    return listed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True, help="elastane")
    parser.add_argument("--server", default="redis-server", help="the real server")
    parser.add_argument("--engine", default="redis")
    parser.add_argument("--engine-version", default="7.0.15", help="of the real server")
    args = parser.parse_args()
    real = said_by([args.server])
    ours = said_by([args.binary, "node", "--engine", args.engine, "--engine-version", args.engine_version])
    known = {name for name, _ in ours}
    listed, used = differences(), set()
    passed = failed = 0
    for (name, what), value in sorted(real.items()):
        if name not in known or (name == "getkeys" and (name, what) not in ours):
            continue
        mine = ours.get((name, what))
        word = what.replace(" ", "_")
        reason = next((row for row in listed if fnmatch.fnmatch(name, row[0]) and fnmatch.fnmatch(word, row[1])), None)
        if mine == value:
            passed += 1
        elif reason:
            used.add(reason)
        else:
            failed += 1
            print(f"{name} {word}\n  real {value}\n  ours {mine}")
    for row in sorted(set(listed) - used):
        failed += 1
        print(f"{row[0]} {row[1]}: listed in {DIFFERENCES.name}, but there is no such difference")
    missing = sorted({name for name, _ in real} - known)
    print(f"{len(missing)} commands are not ours: {' '.join(missing)}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
