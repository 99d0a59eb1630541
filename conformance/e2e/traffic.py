"""Clients that go on while things break: one writes numbered records, one reads."""

import threading
import time

import redis
from service import connect


class Writer(threading.Thread):
    """Writes `record:N` through the primary endpoint, one after the other; connects anew after an error."""

    def __init__(self, endpoint, prefix="record"):
        super().__init__(daemon=True)
        self.endpoint = endpoint
        self.prefix = prefix
        self.halt = threading.Event()
        # (number, when it was acknowledged)
        self.acknowledged = []
        self.errors = []

    def run(self):
        number = 0
        while not self.halt.is_set():
            client = connect(self.endpoint, retry=None)
            try:
                while not self.halt.is_set():
                    number += 1
                    client.set(f"{self.prefix}:{number}", number)
                    self.acknowledged.append((number, time.monotonic()))
            except redis.RedisError as error:
                self.errors.append((time.monotonic(), repr(error)))
                time.sleep(0.01)
            finally:
                client.close()

    def stop(self):
        self.halt.set()
        self.join(15)

    def acknowledged_after(self, moment):
        return [number for number, when in self.acknowledged if when > moment]

    def longest_gap(self):
        """Seconds between two acknowledgements, at most."""
        times = [when for _, when in self.acknowledged]
        return max((b - a for a, b in zip(times, times[1:])), default=0.0)

    def missing(self):
        """Acknowledged records that the primary endpoint does not give back."""
        client = connect(self.endpoint)
        lost = []
        for start in range(0, len(self.acknowledged), 500):
            numbers = [number for number, _ in self.acknowledged[start : start + 500]]
            values = client.mget([f"{self.prefix}:{number}" for number in numbers])
            lost += [number for number, value in zip(numbers, values) if value != str(number)]
        return lost


class Reader(threading.Thread):
    """Reads one key through the reader endpoint on one connection; every error is kept."""

    def __init__(self, endpoint, key):
        super().__init__(daemon=True)
        self.endpoint = endpoint
        self.key = key
        self.halt = threading.Event()
        self.reads = 0
        self.wrong = 0
        self.errors = []
        self.wanted = None

    def run(self):
        while not self.halt.is_set():
            client = connect(self.endpoint, retry=None)
            try:
                while not self.halt.is_set():
                    value = client.get(self.key)
                    self.reads += 1
                    if self.wanted is not None and value != self.wanted:
                        self.wrong += 1
            except redis.RedisError as error:
                self.errors.append(repr(error))
                time.sleep(0.01)
            finally:
                client.close()

    def stop(self):
        self.halt.set()
        self.join(15)
