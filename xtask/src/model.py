"""Writes the ElastiCache service model, without its documentation, as data.

Usage: model.py OUT_DIR PINNED_BOTOCORE_VERSION

Reads the model that the installed botocore ships and keeps names, shapes,
enums, constraints, faults, paginators and waiters. One line holds one shape or
one operation, so that a newer model is a readable diff.
"""

import gzip
import json
import pathlib
import sys

import botocore

API_VERSION = "2015-02-02"

NOTICE = """\
elasticache-{api}.json is derived from the ElastiCache service model that
botocore {version} ships (botocore/data/elasticache/{api}):
documentation removed, structure kept.

Botocore
Copyright 2012-2022 Amazon.com, Inc. or its affiliates. All Rights Reserved.

Licensed under the Apache License, Version 2.0. The project's LICENSE holds its text.
"""


def without_documentation(node):
    """Drops every documentation string, except a member that is named so."""
    if isinstance(node, dict):
        return {
            key: without_documentation(value)
            for key, value in node.items()
            if not (key in ("documentation", "description") and isinstance(value, str))
        }
    if isinstance(node, list):
        return [without_documentation(value) for value in node]
    return node


def operations(model):
    """Name, input shape, output shape, result element and faults of each operation."""
    kept = {}
    for name, operation in sorted(model["operations"].items()):
        entry = {"input": operation["input"]["shape"]}
        if "output" in operation:
            entry["output"] = operation["output"]["shape"]
            entry["resultWrapper"] = operation["output"]["resultWrapper"]
        entry["errors"] = [error["shape"] for error in operation.get("errors", [])]
        kept[name] = entry
    return kept


def lines(table):
    """A JSON object with one entry a line."""
    rows = [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in table.items()]
    return "{\n  " + ",\n  ".join(rows) + "\n }"


def main():
    out, pinned = pathlib.Path(sys.argv[1]), sys.argv[2]
    if botocore.__version__ != pinned:
        sys.exit(f"botocore {pinned} is wanted, {botocore.__version__} is installed")
    source = pathlib.Path(botocore.__file__).parent / "data" / "elasticache" / API_VERSION
    with gzip.open(source / "service-2.json.gz") as file:
        model = without_documentation(json.load(file))
    pages = json.loads((source / "paginators-1.json").read_text())["pagination"]
    waiters = without_documentation(json.loads((source / "waiters-2.json").read_text()))["waiters"]
    metadata = {key: model["metadata"][key] for key in ("apiVersion", "protocol", "serviceId", "xmlNamespace")}
    metadata["source"] = f"botocore {pinned}"
    sections = {
        "metadata": metadata,
        "operations": operations(model),
        "shapes": dict(sorted(model["shapes"].items())),
        "paginators": dict(sorted(pages.items())),
        "waiters": dict(sorted(waiters.items())),
    }
    text = ",\n ".join(f"{json.dumps(name)}: {lines(table)}" for name, table in sections.items())
    out.mkdir(parents=True, exist_ok=True)
    (out / f"elasticache-{API_VERSION}.json").write_text("{\n " + text + "\n}\n")
    (out / "NOTICE").write_text(NOTICE.format(api=API_VERSION, version=pinned))


main()
