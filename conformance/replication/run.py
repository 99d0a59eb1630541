#!/usr/bin/env python3
"""Replication between our node and Debian's redis-server, in both directions: datasets compared by value.

    run.py --binary target/debug/elastane [--redis redis-server] [--seed N]
"""

import argparse
import pathlib
import sys
import threading
import time
import traceback

import dataset
from servers import Server, wait_until


class Test:
    def __init__(self, ours, theirs, seed):
        self.make = {"elastane": ours, "redis": theirs}
        self.seed = seed
        self.passed = 0
        self.failed = 0

    def check(self, text, holds, detail=""):
        self.passed += bool(holds)
        self.failed += not holds
        print(f"  {'ok  ' if holds else 'FAIL'}  {text} {'' if holds else detail}", flush=True)

    def same(self, text, primary, replica):
        """Waits until the replica has all that the primary sent, then compares every key."""
        wait_until("the offsets are equal", lambda: primary.offset() == replica.offset(), 60)
        a, b = dataset.read(primary.client()), dataset.read(replica.client())
        differ = dataset.differences(a, b)
        self.check(f"{text} ({len(a)} keys)", a and not differ, f"{len(differ)} keys differ: {differ[:3]}")

    def direction(self, primary_make, replica_make):
        print(f"{replica_make} follows {primary_make}:", flush=True)
        servers = []

        def server(make):
            servers.append(Server(make, self.make[make]))
            return servers[-1]

        try:
            self.story(server, primary_make, replica_make)
        except Exception:  # noqa: BLE001 - whatever it was, this direction has failed
            traceback.print_exc()
            for one in servers:
                print(f"--- {one.name} on {one.port}:\n{one.tail()}")
            self.check(f"{replica_make} follows {primary_make} to the end", False)
        finally:
            for one in servers:
                one.end()

    def story(self, server, primary_make, replica_make):
        primary, replica = server(primary_make), server(replica_make)
        commands = primary.commands() & replica.commands()
        dataset.fill(primary.client())
        replica.client().set("old", "must go")
        replica.follow(primary)
        wait_until("the link is up", replica.link_is_up, 60)
        self.same("a full sync brings every key of every type", primary, replica)

        dataset.Writes(primary.client(), self.seed, commands).run(4000)
        self.same("the stream brings every write", primary, replica)
        self.check("WAIT is answered by the replica", primary.client().execute_command("WAIT", 1, 5000) == 1)
        role = primary.client().execute_command("ROLE")
        self.check("ROLE lists it", role[0] == b"master" and len(role[2]) == 1, role)
        role = replica.client().execute_command("ROLE")
        self.check("its own ROLE names the primary and is connected", role[0] == b"slave" and role[3] == b"connected", role)

        late = self.sync_under_writes(server, primary, replica_make, commands)
        self.same("a replica that synced while writes went on is equal", primary, late)
        self.same("and so is the first", primary, replica)
        self.broken_link(primary, replica, commands)
        self.promoted(primary, replica)

    def sync_under_writes(self, server, primary, replica_make, commands):
        """Four writers go on from before the sync until after it."""
        halt = threading.Event()
        errors = []

        def write(seed):
            writes = dataset.Writes(primary.client(), seed, commands)
            while not halt.is_set():
                try:
                    writes.run(50)
                except Exception as error:  # noqa: BLE001
                    errors.append(repr(error))
                    return

        writers = [threading.Thread(target=write, args=(self.seed + 100 + i,)) for i in range(4)]
        for writer in writers:
            writer.start()
        try:
            late = server(replica_make)
            late.follow(primary)
            wait_until("the link is up", late.link_is_up, 60)
            time.sleep(1)
        finally:
            halt.set()
            for writer in writers:
                writer.join()
        self.check("no write failed during the sync", not errors, errors[:2])
        return late

    def broken_link(self, primary, replica, commands):
        """A cut link continues where it was, without a second full sync."""
        before = primary.client().info("stats")
        primary.client().execute_command("CLIENT", "KILL", "TYPE", "replica")
        dataset.Writes(primary.client(), self.seed + 1, commands).run(200)
        wait_until("the link is up again", replica.link_is_up, 60)
        self.same("after a cut link the data is equal", primary, replica)
        after = primary.client().info("stats")
        self.check("the link continued by partial resync", after["sync_partial_ok"] > before["sync_partial_ok"], after["sync_partial_ok"])
        self.check("no further full sync", after["sync_full"] == before["sync_full"], (before["sync_full"], after["sync_full"]))

    def promoted(self, primary, replica):
        client = replica.client()
        try:
            client.set("refused", "1")
            self.check("a replica refuses writes", False)
        except Exception as error:  # noqa: BLE001
            self.check("a replica refuses writes", "read only replica" in str(error), error)
        client.execute_command("REPLICAOF", "NO", "ONE")
        self.check("promoted, it takes writes", client.set("promoted", "1"))
        kept = dataset.read(client)
        kept.pop((0, b"promoted"), None)
        differ = dataset.differences(dataset.read(primary.client()), kept)
        self.check("and has kept the data", not differ, differ[:3])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--redis", default="redis-server")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    test = Test([str(pathlib.Path(args.binary).resolve()), "node"], [args.redis], args.seed)
    test.direction("elastane", "redis")
    test.direction("redis", "elastane")
    test.direction("elastane", "elastane")
    print(f"{test.passed} passed, {test.failed} failed")
    sys.exit(1 if test.failed or not test.passed else 0)


if __name__ == "__main__":
    main()
