"""Datasets with every type in every size class, random writes over them, and comparison by value."""

import random

DATABASES = (0, 3)
# Past the limits of the packed encodings (128 entries, 64 bytes a value), so that both forms are sent.
MANY = 700
LONG = "x" * 200


def fill(client):
    """Keys of all types, small and large, with and without an expiry, in two databases."""
    for database in DATABASES:
        client.select(database)
        pipe = client.pipeline(transaction=False)
        for i in range(300):
            pipe.set(f"string:{i}", f"value {i}")
            pipe.set(f"number:{i}", i * 7919 - 1000)
        pipe.set("string:empty", "")
        pipe.set("string:binary", bytes(range(256)))
        pipe.set("string:long", "abc" * 50_000)
        pipe.set("expiring", "soon", ex=3600)
        pipe.rpush("list:expiring", "a", "b")
        pipe.expire("list:expiring", 7200)
        collections(pipe)
        pipe.execute()
        streams(client)
    client.select(0)


def collections(pipe):
    pipe.hset("hash:small", mapping={"a": "1", "b": "two", "c": ""})
    pipe.hset("hash:large", mapping={f"field:{i}": f"value {i}" for i in range(MANY)})
    pipe.hset("hash:long", mapping={"field": LONG, LONG: "value"})
    pipe.rpush("list:small", "a", "2", "", "-7")
    pipe.rpush("list:large", *[f"element {i}" for i in range(MANY * 10)])
    pipe.rpush("list:long", *[LONG * 100 for _ in range(30)])
    pipe.sadd("set:numbers", *range(100))
    pipe.sadd("set:many-numbers", *range(0, MANY * 3, 3))
    pipe.sadd("set:small", "a", "b", "3")
    pipe.sadd("set:large", *[f"member {i}" for i in range(MANY)])
    pipe.zadd("zset:small", {"a": 1, "b": 2.5, "c": float("-inf"), "d": float("inf")})
    pipe.zadd("zset:large", {f"member {i}": i / 7 for i in range(MANY)})


def streams(client):
    """Streams with a group each, which random writes read through."""
    for number in range(40):
        client.xgroup_create(f"x:w{number}", "g", mkstream=True)
    for number in range(MANY):
        client.xadd("stream:large", {"field": number, f"field {number % 3}": LONG[: number % 50]})
    client.xgroup_create("stream:large", "readers", id="0")
    client.xreadgroup("readers", "alice", {"stream:large": ">"}, count=MANY // 2)
    client.xreadgroup("readers", "bob", {"stream:large": ">"}, count=MANY // 4, noack=True)
    client.xgroup_createconsumer("stream:large", "readers", "nobody")


# IDs of entries that were added, with their keys, for those who acknowledge and delete.
ADDED = []


def add_entry(client, r):
    name = key("x", r)
    added = client.xadd(name, {"field": r.randrange(100)}, maxlen=500, approximate=r.random() < 0.5)
    if isinstance(added, bytes):
        ADDED.append((name, added))


def with_entry(write):
    """A write on an entry that was added some time, or on one that never was."""

    def step(client, r):
        name, entry_id = r.choice(ADDED) if ADDED else (key("x", r), "1-1")
        write(client, name, entry_id)

    return step


class Writes:
    """Random writes from a seed, restricted to commands that both servers have."""

    def __init__(self, client, seed, commands):
        self.client = client
        self.random = random.Random(seed)
        self.commands = commands
        self.steps = [step for name, step in STEPS if name in commands]

    def run(self, count):
        for _ in range(count):
            if self.random.random() < 0.02:
                self.client.select(self.random.choice(DATABASES))
            if self.random.random() < 0.05:
                pipe = self.client.pipeline(transaction=True)
                for _ in range(3):
                    self.random.choice(self.steps)(pipe, self.random)
                pipe.execute(raise_on_error=False)
            else:
                self.random.choice(self.steps)(self.client, self.random)
        self.client.select(0)


def key(kind, r):
    return f"{kind}:w{r.randrange(40)}"


# Each step is valid whatever the key holds, because a kind of key holds only one type.
STEPS = [
    ("SET", lambda c, r: c.set(key("s", r), r.randrange(10**6))),
    ("SET", lambda c, r: c.set(key("s", r), LONG[: r.randrange(200)], px=r.choice([None, 3_600_000]))),
    ("APPEND", lambda c, r: c.append(key("a", r), "tail")),
    ("SETRANGE", lambda c, r: c.setrange(key("a", r), r.randrange(50), "mid")),
    ("INCRBY", lambda c, r: c.incrby(key("n", r), r.randrange(-50, 50))),
    ("INCRBYFLOAT", lambda c, r: c.incrbyfloat(key("f", r), 0.1)),
    ("GETDEL", lambda c, r: c.getdel(key("s", r))),
    ("MSET", lambda c, r: c.mset({key("s", r): 1, key("s", r): "two"})),
    ("HSET", lambda c, r: c.hset(key("h", r), f"f{r.randrange(300)}", r.randrange(1000))),
    ("HDEL", lambda c, r: c.hdel(key("h", r), f"f{r.randrange(300)}")),
    ("HINCRBYFLOAT", lambda c, r: c.hincrbyfloat(key("hf", r), f"f{r.randrange(20)}", 1.5)),
    ("RPUSH", lambda c, r: c.rpush(key("l", r), *[r.randrange(1000) for _ in range(r.randrange(1, 30))])),
    ("LPUSH", lambda c, r: c.lpush(key("l", r), LONG[: r.randrange(200)])),
    ("LPOP", lambda c, r: c.lpop(key("l", r))),
    ("LREM", lambda c, r: c.lrem(key("l", r), 1, r.randrange(1000))),
    ("LTRIM", lambda c, r: c.ltrim(key("l", r), 0, 400)),
    ("LMOVE", lambda c, r: c.lmove(key("l", r), key("l", r), r.choice(["LEFT", "RIGHT"]), "RIGHT")),
    ("SADD", lambda c, r: c.sadd(key("i", r), *[r.randrange(2000) for _ in range(20)])),
    ("SADD", lambda c, r: c.sadd(key("m", r), f"m{r.randrange(300)}")),
    ("SPOP", lambda c, r: c.spop(key("m", r))),
    ("SREM", lambda c, r: c.srem(key("i", r), r.randrange(2000))),
    ("SMOVE", lambda c, r: c.smove(key("m", r), key("m", r), f"m{r.randrange(300)}")),
    ("ZADD", lambda c, r: c.zadd(key("z", r), {f"m{r.randrange(300)}": r.random() * 100})),
    ("ZINCRBY", lambda c, r: c.zincrby(key("z", r), 1.25, f"m{r.randrange(300)}")),
    ("ZREM", lambda c, r: c.zrem(key("z", r), f"m{r.randrange(300)}")),
    ("ZPOPMIN", lambda c, r: c.zpopmin(key("z", r))),
    ("ZREMRANGEBYRANK", lambda c, r: c.zremrangebyrank(key("z", r), 0, 2)),
    ("EXPIRE", lambda c, r: c.expire(key("s", r), 3600)),
    ("PERSIST", lambda c, r: c.persist(key("s", r))),
    ("GETEX", lambda c, r: c.getex(key("s", r), ex=7200)),
    ("DEL", lambda c, r: c.delete(key(r.choice("snhlimz"), r))),
    ("UNLINK", lambda c, r: c.unlink(key(r.choice("lz"), r))),
    ("SINTERSTORE", lambda c, r: c.sinterstore("store:i", [key("i", r), key("i", r)])),
    ("ZUNIONSTORE", lambda c, r: c.zunionstore("store:z", [key("z", r), key("z", r)])),
    ("COPY", lambda c, r: c.copy(key("z", r), "copied:z", replace=True)),
    ("XADD", add_entry),
    ("XADD", add_entry),
    ("XDEL", with_entry(lambda c, name, entry_id: c.xdel(name, entry_id))),
    ("XACK", with_entry(lambda c, name, entry_id: c.xack(name, "g", entry_id))),
    ("XCLAIM", with_entry(lambda c, name, entry_id: c.xclaim(name, "g", "claimer", 0, [entry_id], justid=True))),
    ("XAUTOCLAIM", lambda c, r: c.xautoclaim(key("x", r), "g", f"c{r.randrange(3)}", 0, count=3)),
    ("XREADGROUP", lambda c, r: c.xreadgroup("g", f"c{r.randrange(3)}", {key("x", r): ">"}, count=5)),
    ("XREADGROUP", lambda c, r: c.xreadgroup("g", "n", {key("x", r): ">", key("x", r): ">"}, count=2, noack=True)),
    ("XGROUP", lambda c, r: c.xgroup_delconsumer(key("x", r), "g", "n")),
    ("XTRIM", lambda c, r: c.xtrim(key("x", r), maxlen=r.randrange(100), approximate=r.random() < 0.5)),
    ("PFADD", lambda c, r: c.pfadd(key("p", r), r.randrange(10_000))),
    ("SETBIT", lambda c, r: c.setbit(key("b", r), r.randrange(500), 1)),
]


def read(client):
    """{(database, key): (type, value, has an expiry)} of the whole server."""
    found = {}
    for name in client.info("keyspace"):
        database = int(name.removeprefix("db"))
        client.select(database)
        for key_name in client.scan_iter(count=1000):
            found[database, key_name] = entry(client, key_name)
    client.select(0)
    return found


def entry(client, name):
    kind = client.type(name).decode()
    value = {
        "string": lambda: client.get(name),
        "hash": lambda: client.hgetall(name),
        "list": lambda: client.lrange(name, 0, -1),
        "set": lambda: set(client.smembers(name)),
        "zset": lambda: client.zrange(name, 0, -1, withscores=True),
        "stream": lambda: stream(client, name),
    }[kind]()
    # Seconds are enough: an expiry is sent as a moment, so both sides count down to the same one.
    # The moment itself, in minutes: what is left of the time depends on when one asks.
    expires_ms = client.execute_command("PEXPIRETIME", name)
    return kind, value, -1 if expires_ms < 0 else expires_ms // 60_000


def stream(client, name):
    groups = client.xinfo_groups(name)
    pending = {}
    for group in groups:
        listed = client.xpending_range(name, group["name"], "-", "+", 10_000)
        pending[group["name"]] = [(p["message_id"], p["consumer"], p["times_delivered"]) for p in listed]
    # Before 7.2 replicas did not hear how many entries a group has read, and consumers were made only when they got some.
    apart = ("consumers", "entries-read", "lag")
    groups = [{field: value for field, value in group.items() if field not in apart} for group in groups]
    return client.xrange(name), groups, pending


def differences(a, b):
    """Texts about the first few keys that differ."""
    out = []
    for name in sorted(set(a) | set(b), key=repr):
        if a.get(name) != b.get(name):
            out.append(f"{name}: {brief(a.get(name))} | {brief(b.get(name))}")
    return out


def brief(found):
    return repr(found)[:120]
