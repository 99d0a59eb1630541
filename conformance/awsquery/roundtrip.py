#!/usr/bin/env python3
"""Drives every operation of the model through boto3 and the generated codec.

Usage: roundtrip.py --echo-bin PATH     (run with the environment that holds boto3)

The echo server reads each request into the operation's struct and writes each
answer from the operation's struct. Every member is filled, requests and answers
must come back identical, every fault must arrive as its own exception. Requests
go as POST and once more as presigned GET, signed, and the signature is verified.
Prints `N passed, N failed` and exits with 1 if anything failed.
"""

import argparse
import datetime
import json
import os
import subprocess
import sys
import urllib.request

import boto3
import botocore.client
from botocore import xform_name

UTC = datetime.timezone.utc
PATTERNS = {r"\d+": "0001", "[a-zA-Z]*": "redis"}


class Filler:
    """Makes a value for every member of a shape, each different from the others."""

    def __init__(self, elements):
        self.elements = elements
        self.count = 0

    def value(self, shape):
        self.count += 1
        kind = shape.type_name
        if kind == "structure":
            return {name: self.value(member) for name, member in shape.members.items()}
        if kind == "list":
            return [self.value(shape.member) for _ in range(self.elements)]
        if kind == "boolean":
            return self.count % 2 == 0
        if kind == "integer":
            return self.count * (-1 if self.count % 7 == 0 else 1)
        if kind == "double":
            return self.count + 0.25
        if kind == "timestamp":
            return datetime.datetime(2026, 11, 25, 10, 0, self.count % 60, self.count * 1000, tzinfo=UTC)
        return self.string(shape)

    def string(self, shape):
        if shape.enum:
            return shape.enum[self.count % len(shape.enum)]
        pattern = shape.metadata.get("pattern")
        if pattern in PATTERNS:
            return PATTERNS[pattern]
        if pattern == r"[a-zA-Z][a-zA-Z0-9\-]*":
            return f"id-{self.count}"
        return f"v {self.count} <&>\"' +%=\u00e4\U0001f511"


def as_json(value):
    """Values as the echo server spells them: times as milliseconds."""
    if isinstance(value, datetime.datetime):
        epoch = datetime.datetime(1970, 1, 1, tzinfo=UTC)
        return (value - epoch) // datetime.timedelta(milliseconds=1)
    if isinstance(value, dict):
        return {name: as_json(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [as_json(entry) for entry in value]
    return value


class Echo:
    """The server under test and its control requests."""

    def __init__(self, binary):
        self.process = subprocess.Popen([binary], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        self.url = "http://" + line.rsplit(" ", 1)[-1].strip()

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return json.load(answer)

    def put(self, path, body):
        request = urllib.request.Request(self.url + path, data=body.encode(), method="PUT")
        urllib.request.urlopen(request, timeout=30).close()

    def stop(self):
        self.process.kill()
        self.process.wait()


class Checks:
    """Counts what held and tells what did not."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def equal(self, what, found, wanted):
        if found == wanted:
            self.passed += 1
            return
        self.failed += 1
        print(f"FAILED {what}\n  wanted {wanted!r}\n  found  {found!r}")


def client(url, key="AKIDEXAMPLE", secret="secret", token=None):
    config = botocore.client.Config(retries={"max_attempts": 1}, parameter_validation=False)
    return boto3.client(
        "elasticache",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=config,
    )


def run_operation(checks, echo, api, name, elements):
    operation = api.meta.service_model.operation_model(name)
    filler = Filler(elements)
    wanted_input = filler.value(operation.input_shape)
    wanted_output = filler.value(operation.output_shape) if operation.output_shape else {}
    echo.put(f"/output/{name}", json.dumps(as_json(wanted_output)))
    answer = getattr(api, xform_name(name))(**wanted_input)
    metadata = answer.pop("ResponseMetadata")
    checks.equal(f"{name}: request id", metadata["RequestId"], "echo-request")
    checks.equal(f"{name}: request", echo.get("/input"), as_json(wanted_input))
    checks.equal(f"{name}: answer", as_json(answer), as_json(wanted_output))


def run_get(checks, echo, api, name):
    """The same request as a presigned GET: everything stands in the query string."""
    operation = api.meta.service_model.operation_model(name)
    wanted = Filler(2).value(operation.input_shape)
    url = api.generate_presigned_url(xform_name(name), Params=wanted, HttpMethod="GET")
    urllib.request.urlopen(url, timeout=30).close()
    checks.equal(f"{name}: GET", echo.get("/input"), as_json(wanted))


def run_faults(checks, echo, api):
    table = echo.get("/faults")
    shapes = {s.name: s.error_code for s in api.meta.service_model.error_shapes}
    checks.equal("faults: codes", {name: code for name, (code, _) in table.items()}, shapes)
    for name, (code, status) in sorted(table.items()):
        echo.put("/fault", name)
        try:
            api.describe_events()
            checks.equal(f"fault {name}", "no exception", name)
        except api.exceptions.from_code(code) as error:
            found = (
                type(error).__name__,
                error.response["Error"]["Code"],
                error.response["Error"]["Message"],
                error.response["ResponseMetadata"]["HTTPStatusCode"],
            )
            checks.equal(f"fault {name}", found, (name, code, "as asked & told <now>", status))


def run_second_spelling(checks, echo, api):
    """Both names of the list whose name SDKs disagree on stand in the answer."""
    pending = {"LogDeliveryConfigurations": [{"LogType": "slow-log"}]}
    group = {"ReplicationGroups": [{"PendingModifiedValues": pending}]}
    echo.put("/output/DescribeReplicationGroups", json.dumps(group))
    url = api.generate_presigned_url("describe_replication_groups", HttpMethod="GET")
    xml = urllib.request.urlopen(url, timeout=30).read().decode()
    for name in ("LogDeliveryConfigurations", "PendingLogDeliveryConfiguration"):
        part = f"<{name}><member><LogType>slow-log</LogType></member></{name}>"
        checks.equal(f"pending log delivery as {name}", part in xml, True)


def run_signatures(checks, echo):
    """A wrong secret and an unknown key are refused, a session token is tolerated."""
    client(echo.url, token="a/session+token=").describe_events()
    for arguments, wanted in (
        ({"secret": "wrong"}, ("SignatureDoesNotMatch", 403)),
        ({"key": "AKIDUNKNOWN"}, ("InvalidClientTokenId", 403)),
    ):
        api = client(echo.url, **arguments)
        try:
            api.describe_events()
            checks.equal(f"signature with {arguments}", "accepted", wanted)
        except api.exceptions.ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            checks.equal(f"signature with {arguments}", (error.response["Error"]["Code"], status), wanted)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--echo-bin", required=True)
    arguments = parser.parse_args()
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    echo, checks = Echo(arguments.echo_bin), Checks()
    try:
        api = client(echo.url)
        names = api.meta.service_model.operation_names
        checks.equal("operations in the model", len(names), 77)
        for name in names:
            # Lists of one element, of several, and empty: some have a least length.
            for elements in (1, 2, 0):
                try:
                    run_operation(checks, echo, api, name, elements)
                except api.exceptions.ClientError as error:
                    least = elements == 0 and "greater than or equal to 1" in str(error)
                    checks.equal(f"{name}: {elements} elements", least or str(error), True)
            run_get(checks, echo, api, name)
        run_faults(checks, echo, api)
        run_second_spelling(checks, echo, api)
        run_signatures(checks, echo)
    finally:
        echo.stop()
    print(f"{checks.passed} passed, {checks.failed} failed")
    sys.exit(1 if checks.failed else 0)


main()
