"""Servers of both makes, each in a folder of its own, ended by process id."""

import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

import redis


class Server:
    def __init__(self, name, command):
        self.name = name
        self.port = free_port()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix=f"elastane-{name}-"))
        self.log = self.directory / "log"
        with open(self.log, "wb") as log:
            arguments = [*command, "--port", str(self.port), "--save", "", "--dir", str(self.directory)]
            self.process = subprocess.Popen(arguments, cwd=self.directory, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        wait_until(f"{name} answers", self._answers, 30)

    def _answers(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.name} ended with {self.process.returncode}:\n{self.tail()}")
        try:
            return self.client().ping()
        except redis.RedisError:
            return False

    def client(self):
        return redis.Redis(port=self.port, socket_timeout=20, single_connection_client=True)

    def follow(self, primary):
        self.client().execute_command("REPLICAOF", "127.0.0.1", primary.port)

    def link_is_up(self):
        return self.client().info("replication").get("master_link_status") == "up"

    def offset(self):
        info = self.client().info("replication")
        return info["master_repl_offset"]

    def commands(self):
        return {name.upper() for name in self.client().command()}

    def tail(self, lines=30):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(what, holds, seconds=30, pause=0.05):
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds} s: {what}")
        time.sleep(pause)
