"""Drives Redis's Tcl suite in external mode, unit by unit, against fresh servers of any make.

The suite itself is not stored: it comes from a source tree, of which a private copy is made and touched in three
places. One line sources tcl_hook.tcl, which writes an event for each test. What the suite does before each block
(FUNCTION FLUSH, CONFIG SET) may fail there without ending the whole unit, because a server that lacks one command
should lose only the tests that need it.
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
COPIED = ("runtest", "tests", "utils", "redis.conf", "sentinel.conf")
TOOLS = ("redis-cli", "redis-benchmark", "redis-check-aof", "redis-check-rdb")
# A test server of the suite listens on the ports below baseport; two runs at once must not share them.
BASEPORT_ABOVE = 2000


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
    def __init__(self, tree, work, start, port):
        self.work = pathlib.Path(work).resolve()
        self.copy = self.work / "tree"
        self.start = start
        self.port = port
        self._lay_out(pathlib.Path(tree))

    def _lay_out(self, tree):
        shutil.rmtree(self.copy, ignore_errors=True)
        (self.copy / "src").mkdir(parents=True)
        for name in COPIED:
            source = tree / name
            if source.is_dir():
                shutil.copytree(source, self.copy / name, symlinks=True)
            elif source.exists():
                shutil.copy2(source, self.copy / name)
        for name in TOOLS:
            tool = shutil.which(name)
            if tool:
                (self.copy / "src" / name).symlink_to(tool)
        replace(self.copy / "tests/test_helper.tcl", "\nif {$::client} {\n", f"\nsource {HERE}/tcl_hook.tcl\nif {{$::client}} {{\n")
        server = self.copy / "tests/support/server.tcl"
        replace(server, "    r flushall\n    r function flush\n", "    r flushall\n    catch {r function flush}\n")
        replace(server, "        r config set $param $val\n\n", "        catch {r config set $param $val}\n\n")
        replace(server, "        r config set $param $val\n    }\n", "        catch {r config set $param $val}\n    }\n")

    def run_unit(self, unit, skip=(), timeout=300):
        """Runs one unit on a fresh server, leaving out the tests named in `skip`."""
        events = self.work / "events.tsv"
        events.unlink(missing_ok=True)
        skipfile = self.work / "skip.txt"
        skipfile.write_text("".join(f"{name}\n" for name in skip))
        arguments = ["tclsh", "tests/test_helper.tcl", "--durable", "--no-latency", "--host", "127.0.0.1", "--port", str(self.port)]
        arguments += ["--baseport", str(self.port + BASEPORT_ABOVE), "--portcount", "500"]
        arguments += ["--skipfile", str(skipfile), "--single", unit]
        started = time.monotonic()
        with Server(self.start, self.port, self.work) as server:
            trouble = None if server.answers() else "the server did not come up"
            trouble = trouble or self._tclsh(arguments, dict(os.environ, CONF_LOG=str(events)), timeout)
            if server.process.poll() is not None:
                trouble = f"the server died ({server.process.returncode})"
        return UnitRun(read_events(events), time.monotonic() - started, trouble)

    def _tclsh(self, arguments, environment, timeout):
        with open(self.work / "stdout.txt", "ab") as out:
            process = subprocess.Popen(
                arguments, cwd=self.copy, env=environment, stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True
            )
            try:
                process.wait(timeout)
                return None
            except subprocess.TimeoutExpired:
                return f"not done within {timeout} s"
            finally:
                # The runner's clients live in its session; none may outlive it.
                end_group(process, signal.SIGKILL)
                process.wait()


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
        name = fields[5].split(" in tests/")[0] if fields[1] == "err" else fields[5]
        events.append(Event(unit, fields[1], int(fields[2] or 0), int(fields[3] or 0), commands, name[:160], fields[5]))
    return events
