#!/usr/bin/env python3
"""End to end: the ElastiCache API through boto3 and the aws command line, the cache through redis-py, real processes.

    run.py --binary target/debug/elastane --aws .venv/bin/aws [--only create,endpoints]

Run it in a network namespace of its own where you can: groups listen on 127.x.y.z:6379 (`cargo xtask test` does).
"""

import argparse
import pathlib
import sys

import scenarios
from harness import Checks
from service import Service


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--aws", required=True, help="the aws command line client")
    parser.add_argument("--only", default="", help="comma-separated scenarios; create always runs")
    parser.add_argument("--keep", action="store_true", help="leave the data directory and the logs")
    args = parser.parse_args()
    wanted = set(filter(None, args.only.split(",")))

    checks = Checks()
    service = Service(str(pathlib.Path(args.binary).resolve()), str(pathlib.Path(args.aws).absolute()))
    try:
        service.start()
        for scenario in scenarios.ALL:
            if wanted and scenario.__name__ not in wanted and scenario not in scenarios.NEEDED:
                continue
            if not checks.scenario(scenario.__name__, scenario, service) and scenario in scenarios.NEEDED:
                break
    finally:
        if checks.failed or checks.passed == 0:
            print(f"service log:\n{service.log_tail()}")
        service.clean(keep=args.keep)
    print(f"{checks.passed} passed, {len(checks.failed)} failed")
    sys.exit(1 if checks.failed or not checks.passed else 0)


if __name__ == "__main__":
    main()
