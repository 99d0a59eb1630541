"""`elastane serve` under test: started, killed, started again on the same data directory; and its real clients."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile

import boto3
import botocore.config
import redis
from harness import wait_until

REGION = "eu-central-1"
CLIENT_CONFIG = botocore.config.Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=60)


class Service:
    def __init__(self, binary, aws):
        self.binary = binary
        self.aws_program = aws
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="elastane-e2e-"))
        self.data = self.directory / "data"
        self.log = self.directory / "serve.log"
        self.api = f"127.0.0.1:{free_port()}"
        self.process = None

    def start(self, *flags):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.binary, "serve", "--data-dir", str(self.data), "--api", self.api, *flags],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )
        wait_until("the API answers", self._answers, 30)

    def _answers(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"elastane serve ended with {self.process.returncode}:\n{self.log_tail()}")
        host, port = self.api.split(":")
        try:
            socket.create_connection((host, int(port)), 1).close()
        except OSError:
            return False
        return (self.data / "credentials").exists()

    def kill(self):
        """kill -9 of the service alone; its nodes live on."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, seconds=60):
        """SIGTERM; gives the exit code."""
        self.process.terminate()
        return self.process.wait(seconds)

    def log_tail(self, lines=40):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    def credentials(self):
        """The pair that the service made at its first start, from a file in shell's words."""
        text = (self.data / "credentials").read_text()
        found = dict(re.findall(r"(AWS_\w+)=(\S+)", text))
        return found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"]

    def boto(self, key=None, secret=None, region=REGION):
        own_key, own_secret = self.credentials()
        return boto3.client(
            "elasticache", endpoint_url=f"http://{self.api}", region_name=region, config=CLIENT_CONFIG,
            aws_access_key_id=key or own_key, aws_secret_access_key=secret or own_secret,
        )

    def aws(self, *arguments):
        """The real command line client; gives its JSON."""
        key, secret = self.credentials()
        environment = dict(
            os.environ, AWS_ACCESS_KEY_ID=key, AWS_SECRET_ACCESS_KEY=secret, AWS_EC2_METADATA_DISABLED="true", AWS_PAGER="",
            AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null",
        )
        command = [self.aws_program, "--endpoint-url", f"http://{self.api}", "--region", REGION, "--output", "json", "elasticache", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise RuntimeError(f"aws {' '.join(arguments)}: {done.stderr.strip()}")
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def processes(self):
        """Process ids of the service and its nodes: all that name our data directory or work in it."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit() and self._is_ours(entry):
                found.append(int(entry.name))
        return sorted(found)

    def _is_ours(self, entry):
        try:
            command_line = (entry / "cmdline").read_bytes()
            folder = os.readlink(entry / "cwd")
        except OSError:
            return False
        ours = str(self.directory).encode()
        return ours in command_line or folder.startswith(str(self.directory))

    def clean(self, keep):
        """Ends what is left and removes the directory, unless it is to be looked at."""
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self.process and self.process.poll() is None:
            self.process.wait()
        if keep:
            print(f"left for inspection: {self.directory}")
        else:
            shutil.rmtree(self.directory, ignore_errors=True)


def waiter(client, name, **parameters):
    """An SDK waiter with a delay that suits a cache made in seconds."""
    client.get_waiter(name).wait(WaiterConfig={"Delay": 1, "MaxAttempts": 90}, **parameters)


def connect(endpoint, **options):
    """redis-py on an endpoint as Describe tells it."""
    options = {"decode_responses": True, "socket_timeout": 5, "socket_connect_timeout": 5, **options}
    return redis.Redis(host=endpoint["Address"], port=endpoint["Port"], **options)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
