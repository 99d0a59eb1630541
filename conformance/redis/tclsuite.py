"""Drives the Tcl suites of Redis and Valkey, unit by unit, against servers of any make.

External mode tests a server that runs; each unit gets a fresh one. In internal mode the suite starts servers by itself,
as `src/redis-server redis.conf` in its tree: there a wrapper runs the server under test.

The suite itself is not stored: it comes from a source tree, of which a private copy is made and touched in three
places. One line sources tcl_hook.tcl, which writes an event for each test. What the suite does before each external
block (FUNCTION FLUSH, CONFIG SET) may fail there without ending the whole unit, because a server that lacks one
command should lose only the tests that need it.
"""

import dataclasses
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent
COPIED = ("runtest", "tests", "utils", "redis.conf", "valkey.conf", "sentinel.conf")
TOOLS = ("cli", "benchmark", "check-aof", "check-rdb")
# A runner listens on the ports below its baseport, and servers it starts take those from there on; ports 10,000 above
# are their cluster buses.
BASEPORT_ABOVE = 100
PORTS_EACH = 900


@dataclasses.dataclass
class Event:
    """What became of one test: ok, err, skip, ignore or exception."""

    unit: str
    status: str
    asserts: int
    elapsed_ms: int
    commands: list
    name: str
    text: str


@dataclasses.dataclass
class UnitRun:
    events: list
    seconds: float
    # None, or why the unit did not end by itself.
    trouble: str | None


class Suite:
    """A copy of a suite's tree, for one runner at a time; `server` (a path) makes it internal."""

    def __init__(self, tree, work, port, server=None, arguments=(), tools=None):
        self.work = pathlib.Path(work).resolve()
        self.copy = self.work / "tree"
        self.port = port
        self.tools = tools
        self._lay_out(pathlib.Path(tree))
        if server:
            self._lay_wrapper(server, arguments)

    def _lay_out(self, tree):
        shutil.rmtree(self.copy, ignore_errors=True)
        (self.copy / "src").mkdir(parents=True)
        for name in COPIED:
            source = tree / name
            if source.is_dir():
                shutil.copytree(source, self.copy / name, symlinks=True)
            elif source.exists():
                shutil.copy2(source, self.copy / name)
        for source in [*(tree / "src").glob("*.json"), *(tree / "src").glob("commands/*.json"), tree / "src/version.h"]:
            target = self.copy / source.relative_to(tree)
            target.parent.mkdir(exist_ok=True)
            shutil.copy2(source, target)
        for make in ("redis", "valkey"):
            for tool in TOOLS:
                found = self._tool(make, tool)
                if found:
                    (self.copy / "src" / f"{make}-{tool}").symlink_to(found)
            # Valkey's runner wants a server to be there even when it tests another.
            (self.copy / "src" / f"{make}-server").symlink_to("/bin/false")
        replace(self.copy / "tests/test_helper.tcl", "\nif {$::client} {\n", f"\nsource {HERE}/tcl_hook.tcl\nif {{$::client}} {{\n")
        server = self.copy / "tests/support/server.tcl"
        text = server.read_text()
        begin = text.index("proc run_external_server_test")
        end = text.index("\nproc ", begin)
        block = re.sub(r"(?m)^( +)(r (?:function flush|script flush|config resetstat|config set .*))$", r"\1catch {\2}", text[begin:end])
        server.write_text(text[:begin] + block + text[end:])

    def _tool(self, make, tool):
        """A tool of the suite's own make where there is one, else the other's, which speaks the same."""
        for name in (f"{make}-{tool}", f"redis-{tool}", f"valkey-{tool}"):
            found = shutil.which(name, path=self.tools) if self.tools else None
            if found or (found := shutil.which(name)):
                return found
        return None

    def _lay_wrapper(self, server, arguments):
        """The suite waits for ` PID: …` in the output, where the process must have the number it started."""
        wrapper = self.copy / "src/wrapper"
        # The configuration file comes first; what follows on the command line is said after it.
        wrapper.write_text(
            "#!/bin/sh\n"
            'case "$1" in -v|--version) exec %s "$@";; esac\n'
            'echo "Elastane under test, PID: $$"\n'
            'case "$1" in ""|-*) exec %s %s "$@";; esac\n'
            'file=$1; shift; exec %s "$file" %s "$@"\n' % (server, server, shlex.join(arguments), server, shlex.join(arguments))
        )
        wrapper.chmod(0o755)
        for make in ("redis", "valkey"):
            name = self.copy / "src" / f"{make}-server"
            name.unlink()
            name.symlink_to(wrapper)

    def units(self):
        """The units that a run without a choice plays."""
        listed = subprocess.run(["tclsh", "tests/test_helper.tcl", "--list-tests"], cwd=self.copy, capture_output=True, text=True)
        return [word for word in listed.stdout.split() if "/" in word]

    def external(self, unit, start, skip=(), flags=(), timeout=300):
        """Runs one unit against a fresh server, leaving out the tests named in `skip`."""
        started = time.monotonic()
        with Server(start, self.port, self.work) as server:
            if server.answers():
                trouble, events = self._run(unit, ["--host", "127.0.0.1", "--port", str(self.port), *flags], skip, timeout)
                if server.process.poll() is not None:
                    trouble = f"the server died ({server.process.returncode})"
            else:
                trouble, events = "the server did not come up", []
        return UnitRun(events, time.monotonic() - started, trouble)

    def internal(self, unit, skip=(), flags=(), timeout=900):
        """Runs one unit, which starts its servers."""
        started = time.monotonic()
        trouble, events = self._run(unit, ["--clients", "1", *flags], skip, timeout)
        return UnitRun(events, time.monotonic() - started, trouble)

    def _run(self, unit, arguments, skip, timeout):
        log = self.work / "events.tsv"
        log.unlink(missing_ok=True)
        skipfile = self.work / "skip.txt"
        skipfile.write_text("".join(f"{name}\n" for name in skip))
        command = ["tclsh", "tests/test_helper.tcl", "--durable", "--no-latency", *arguments]
        command += ["--baseport", str(self.port + BASEPORT_ABOVE), "--portcount", str(PORTS_EACH - BASEPORT_ABOVE)]
        command += ["--skipfile", str(skipfile), "--single", unit]
        with open(self.work / "stdout.txt", "ab") as out:
            process = subprocess.Popen(
                command,
                cwd=self.copy,
                env=dict(os.environ, CONF_LOG=str(log)),
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
            try:
                process.wait(timeout)
                trouble = None
            except subprocess.TimeoutExpired:
                trouble = f"not done within {timeout} s"
            finally:
                # The runner's clients and servers live in its session; none may outlive it.
                end_group(process, signal.SIGKILL)
                process.wait()
        return trouble, read_events(log)


class Server:
    """A server in the foreground, ended by its process group."""

    def __init__(self, start, port, work):
        self.port = port
        self.directory = pathlib.Path(work) / "server"
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        self.command = shlex.split(start.replace("{port}", str(port)))
        self.log = open(pathlib.Path(work) / "server.log", "ab")

    def __enter__(self):
        self.process = subprocess.Popen(
            self.command, cwd=self.directory, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL, start_new_session=True
        )
        return self

    def __exit__(self, *_):
        end_group(self.process, signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            end_group(self.process, signal.SIGKILL)
            self.process.wait()
        self.log.close()

    def answers(self, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                    connection.sendall(b"PING\r\n")
                    if connection.recv(64)[:1] == b"+":
                        return True
            except OSError:
                pass
            time.sleep(0.05)
        return False


def end_group(process, number):
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass


def replace(file, old, new):
    text = file.read_text()
    if old not in text:
        sys.exit(f"{file}: this suite is not the one the driver knows; it lacks {old!r}")
    file.write_text(text.replace(old, new, 1))


def read_events(file):
    if not file.exists():
        return []
    events = []
    for line in file.read_text(errors="replace").splitlines():
        fields = line.split("\t", 5)
        # The client notices the end of the run by an exception of its own.
        if len(fields) < 6 or (fields[1] == "exception" and "read $::test_server_fd" in fields[5]):
            continue
        unit = re.sub(r"^tests/|\.tcl$", "", fields[0])
        commands = sorted(part.rsplit(":", 1)[0] for part in fields[4].split(",") if ":" in part)
        name, at, _ = fields[5].partition(" in tests/")
        if fields[1] != "ok" and not at:
            # What ended a block outside of a test has no name but its own text.
            name = f"(after {events[-1].name if events else 'nothing'}) a block broke off"
        events.append(Event(unit, fields[1], int(fields[2] or 0), int(fields[3] or 0), commands, name[:160], fields[5]))
    return events
