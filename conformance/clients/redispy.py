#!/usr/bin/env python3
"""redis-py's own tests against one of our nodes.

    redispy.py --tree SDIST --binary target/debug/elastane [-- pytest arguments]

Left out: tests for clusters, modules, TLS, replicas and other set-ups that a lone node is not.
"""

import argparse
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

MARKERS = "not onlycluster and not fixed_client and not multidb_integration and not redismod and not ssl and not replica"
IGNORED = ("tests/test_scenario", "tests/asyncio/test_scenario", "tests/test_asyncio/test_scenario")


def start_node(binary, folder):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with open(folder / "node.log", "wb") as log:
        command = [binary, "node", "--port", str(port), "--save", "", "--dir", str(folder)]
        node = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return node, port
        except OSError:
            time.sleep(0.05)
    sys.exit(f"the node did not come up:\n{(folder / 'node.log').read_text()}")


def run_pytest(tree, port, further):
    """Gives the counts of pytest's closing line."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout", "30", "-m", MARKERS]
    command += ["--redis-url", f"redis://127.0.0.1:{port}/0", "--redis-mod-url", "redis://127.0.0.1:1"]
    command += [f"--ignore={folder}" for folder in IGNORED] + further
    environment = dict(os.environ, PYTHONPATH=str(tree))
    process = subprocess.Popen(command, cwd=tree, env=environment, stdout=subprocess.PIPE, text=True, errors="replace")
    last = ""
    for line in process.stdout:
        print(line, end="")
        if re.search(r"\d+ (passed|failed|error)", line):
            last = line
    process.wait()
    count = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|error)", last)}
    return count.get("passed", 0), count.get("failed", 0) + count.get("error", 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tree", required=True)
    parser.add_argument("--binary", required=True)
    parser.add_argument("further", nargs="*", help="arguments for pytest")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="elastane-redispy-") as folder:
        node, port = start_node(str(pathlib.Path(args.binary).resolve()), pathlib.Path(folder))
        try:
            passed, failed = run_pytest(pathlib.Path(args.tree).resolve(), port, args.further)
        finally:
            node.terminate()
            node.wait(20)
    print(f"{passed} passed, {failed} failed")


if __name__ == "__main__":
    main()
