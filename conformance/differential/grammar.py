"""The commands that are tried, as patterns, and random words for them.

In a pattern `<x>` is a word of a kind (see Words), `[a|b c]` nothing or one of the choices, `(a|b)` one of them, and
`…+` after a word, or a bracket, repeats it once to four times.
"""

import random
import re

# A kind's letter for its keys, and the patterns in which it plays the chief part.
PATTERNS = {
    "string": """
        SET <s> <v> [NX|XX] [GET] [EX <far>|PX <farms>|EXAT <farat>|PXAT <faratms>|KEEPTTL]
        SET <n> <int>
        SET <s> <v>
        GET <s> | GETSET <s> <v> | GETDEL <s> | STRLEN <s> | SETNX <s> <v> | SETEX <s> <far> <v> | PSETEX <s> <farms> <v>
        GETEX <s> [EX <far>|PX <farms>|EXAT <farat>|PXAT <faratms>|PERSIST]
        APPEND <s> <v> | SETRANGE <s> <offset> <v> | GETRANGE <s> <index> <index> | SUBSTR <s> <index> <index>
        MGET <k>+ | MSET (<s> <v>)+ | MSETNX (<s> <v>)+
        INCR <n> | DECR <n> | INCRBY <n> <int> | DECRBY <n> <int> | INCRBYFLOAT <n> <float>
        LCS <s> <s> [LEN|IDX [MINMATCHLEN <small>] [WITHMATCHLEN]]
    """,
    "bitmap": """
        SETBIT <b> <bit> (0|1|<bad>) | GETBIT <b> <bit> | SETBIT <b> <bit> (0|1)
        BITCOUNT <b> [<index> <index> [BYTE|BIT]] | BITPOS <b> (0|1|2) [<index> [<index> [BYTE|BIT]]]
        BITOP (AND|OR|XOR|<bad>) <b> <b>+ | BITOP NOT <b> <b>
        BITFIELD <b> (GET <bits> <bitat>|SET <bits> <bitat> <int>|INCRBY <bits> <bitat> <int>|OVERFLOW (WRAP|SAT|FAIL))+
        BITFIELD_RO <b> (GET <bits> <bitat>)+
    """,
    "hash": """
        HSET <h> (<f> <v>)+ | HMSET <h> (<f> <v>)+ | HSETNX <h> <f> <v> | HSET <h> (<f> <int>)+
        HGET <h> <f> | HMGET <h> <f>+ | HGETALL <h> | HKEYS <h> | HVALS <h> | HLEN <h> | HEXISTS <h> <f> | HSTRLEN <h> <f>
        HDEL <h> <f>+ | HINCRBY <h> <f> <int> | HINCRBYFLOAT <h> <f> <float> | HSCAN <h> 0 COUNT 100000 [MATCH <glob>]
        HRANDFIELD <h> [<count> [WITHVALUES]]
    """,
    "list": """
        LPUSH <l> <v>+ | RPUSH <l> <v>+ | LPUSHX <l> <v>+ | RPUSHX <l> <v>+ | LPOP <l> [<count>] | RPOP <l> [<count>]
        LLEN <l> | LINDEX <l> <index> | LRANGE <l> <index> <index> | LTRIM <l> <wide> <wide> | LSET <l> <index> <v>
        LREM <l> <index> <v> | LINSERT <l> (BEFORE|AFTER|<bad>) <v> <v> | LPOS <l> <v> [RANK <index>] [COUNT <count>] [MAXLEN <count>]
        LMOVE <l> <l> (LEFT|RIGHT) (LEFT|RIGHT|<bad>) | RPOPLPUSH <l> <l> | LMPOP (1 <l>|2 <l> <l>|<count> <l>) (LEFT|RIGHT) [COUNT <count>]
        SORT <l> [BY <pattern>] [LIMIT <index> <count>] [GET <pattern>] [ASC|DESC] [ALPHA] [STORE <l>]
    """,
    "set": """
        SADD <t> <m>+ | SADD <t> <int>+ | SREM <t> <m>+ | SCARD <t> | SISMEMBER <t> <m> | SMISMEMBER <t> <m>+ | SMEMBERS <t>
        SMOVE <t> <t> <m> | SINTER <t>+ | SUNION <t>+ | SDIFF <t>+ | SINTERSTORE <t> <t>+ | SUNIONSTORE <t> <t>+ | SDIFFSTORE <t> <t>+
        SINTERCARD (1 <t>|2 <t> <t>|<count> <t>) [LIMIT <count>] | SPOP <t> (0|100000|-1) | SRANDMEMBER <t> [<count>] | SSCAN <t> 0 COUNT 100000 [MATCH <glob>]
        SORT <t> [LIMIT <index> <count>] [ASC|DESC] ALPHA [STORE <l>]
    """,
    "sorted set": """
        ZADD <z> [NX|XX] [GT|LT] [CH] (<score> <m>)+ | ZADD <z> (<score> <m>)+ | ZADD <z> INCR <score> <m> | ZINCRBY <z> <score> <m>
        ZCARD <z> | ZSCORE <z> <m> | ZMSCORE <z> <m>+ | ZRANK <z> <m> | ZREVRANK <z> <m> | ZREM <z> <m>+
        ZCOUNT <z> <bound> <bound> | ZLEXCOUNT <y> <lex> <lex> | ZPOPMIN <z> [<count>] | ZPOPMAX <z> [<count>]
        ZRANGE <z> <index> <index> [REV] [WITHSCORES] | ZRANGE <z> <bound> <bound> BYSCORE [REV] [LIMIT <index> <count>] [WITHSCORES]
        ZADD <y> (0 <m>)+ | ZREM <y> <m>+ | ZRANGE <y> <lex> <lex> BYLEX [REV] [LIMIT <index> <count>] | ZREVRANGE <z> <index> <index> [WITHSCORES]
        ZRANGEBYSCORE <z> <bound> <bound> [WITHSCORES] [LIMIT <index> <count>] | ZREVRANGEBYSCORE <z> <bound> <bound> [WITHSCORES] [LIMIT <index> <count>]
        ZRANGEBYLEX <y> <lex> <lex> [LIMIT <index> <count>] | ZREVRANGEBYLEX <y> <lex> <lex> [LIMIT <index> <count>]
        ZREMRANGEBYRANK <z> <index> <index> | ZREMRANGEBYSCORE <z> <bound> <bound> | ZREMRANGEBYLEX <y> <lex> <lex>
        ZRANGESTORE <z> <z> <index> <index> [REV] | ZRANGESTORE <z> <z> <bound> <bound> BYSCORE [LIMIT <index> <count>]
        ZUNION 2 <zt> <zt> [WEIGHTS <float> <float>] [AGGREGATE (SUM|MIN|MAX)] [WITHSCORES]
        ZINTER 2 <zt> <zt> [WEIGHTS <float> <float>] [AGGREGATE (SUM|MIN|MAX)] [WITHSCORES] | ZDIFF 2 <zt> <zt> [WITHSCORES]
        ZUNIONSTORE <z> 2 <zt> <zt> [WEIGHTS <float> <float>] [AGGREGATE (SUM|MIN|MAX)] | ZINTERSTORE <z> 2 <zt> <zt> [AGGREGATE (SUM|MIN|MAX)]
        ZDIFFSTORE <z> 2 <zt> <zt> | ZINTERCARD 2 <zt> <zt> [LIMIT <count>] | ZMPOP (1 <z>|2 <z> <z>|<count> <z>) (MIN|MAX) [COUNT <count>]
        ZSCAN <z> 0 COUNT 100000 [MATCH <glob>] | ZRANDMEMBER <z> [<count> [WITHSCORES]]
    """,
    "hyperloglog": """
        PFADD <p> <v>+ | PFADD <p> | PFCOUNT <p>+ | PFMERGE <p> <p>+ | GET <p>
    """,
    "geo": """
        GEOADD <g> [NX|XX] [CH] (<lon> <lat> <m>)+ | GEOPOS <g> <m>+ | GEODIST <g> <m> <m> [m|km|ft|mi|<bad>] | GEOHASH <g> <m>+
        GEOSEARCH <g> (FROMMEMBER <m>|FROMLONLAT <lon> <lat>) (BYRADIUS <radius> (m|km)|BYBOX <radius> <radius> km) (ASC|DESC) [COUNT <small>] [WITHCOORD] [WITHDIST] [WITHHASH]
        GEOSEARCHSTORE <g> <g> FROMLONLAT <lon> <lat> BYRADIUS <radius> km [STOREDIST]
        GEORADIUS <g> <lon> <lat> <radius> km [WITHCOORD] [WITHDIST] [WITHHASH] ASC
        GEORADIUSBYMEMBER <g> <m> <radius> (km|mi) [WITHDIST] ASC | ZRANGE <g> 0 -1 WITHSCORES
    """,
    "stream": """
        XADD <x> [NOMKSTREAM] [MAXLEN [=|~] <small>|MINID <id>] <id> (<f> <v>)+ | XADD <x> <id> (<f> <v>)+ | XLEN <x>
        XRANGE <x> <start> <end> [COUNT <count>] | XREVRANGE <x> <end> <start> [COUNT <count>] | XDEL <x> <id>+
        XTRIM <x> MAXLEN <small> | XTRIM <x> MINID <id> | XREAD [COUNT <count>] STREAMS <x> <id> | XREAD STREAMS <x> <x> <id> <id> | XSETID <x> <id>
        XGROUP CREATE <x> <group> (<id>|$) [MKSTREAM] | XGROUP DESTROY <x> <group> | XGROUP CREATECONSUMER <x> <group> c3
        XGROUP DELCONSUMER <x> <group> <consumer> | XGROUP SETID <x> <group> <id> | XREADGROUP GROUP <group> <consumer> [COUNT <count>] [NOACK] STREAMS <x> (>|<id>)
        XACK <x> <group> <id>+ | XPENDING <x> <group> | XCLAIM <x> <group> c1 0 <id>+ [FORCE] JUSTID | XAUTOCLAIM <x> <group> <consumer> 0 <id> [COUNT <count>] [JUSTID]
    """,
    "keys": """
        DEL <k>+ | UNLINK <k>+ | EXISTS <k>+ | TOUCH <k>+ | TYPE <k> | RENAME <k> <k> | RENAMENX <k> <k> | COPY <k> <k> [DB (0|1|2|99)] [REPLACE]
        MOVE <k> (1|2|0|99|<bad>) | EXPIRE <k> <far> [NX|XX|GT|LT] | PEXPIRE <k> <farms> [NX|XX|GT|LT] | EXPIREAT <k> <farat> [NX|XX|GT|LT] | PEXPIREAT <k> <faratms>
        EXPIRE <k> (-1|0|9223372036854775807|<bad>) | PERSIST <k> | TTL <k> | PTTL <k> | EXPIRETIME <k> | PEXPIRETIME <k> | KEYS <glob>
        OBJECT ENCODING <k> | OBJECT REFCOUNT <k> | DBSIZE | SCAN 0 COUNT 100000 [MATCH <glob>] [TYPE (string|list|hash|zset|set|stream|<bad>)]
        SELECT (0|1|2|0) | SORT <k> [ALPHA] | SORT_RO <k> ALPHA | FLUSHDB | SWAPDB 1 2 | ECHO <v> | PING [<v>]
    """,
}
# How often a kind of its group is drawn; flushing all the time would leave nothing to compare.
RARE = ("FLUSHDB", "SWAPDB 1 2", "SELECT")


def split_choices(text):
    """The parts of `a | b` at the outermost level."""
    parts, depth, start = [], 0, 0
    for at, sign in enumerate(text):
        depth += (sign in "[(") - (sign in "])")
        if sign == "|" and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]


def table():
    """(kind, pattern) of all commands."""
    found = []
    for kind, text in PATTERNS.items():
        for line in filter(None, map(str.strip, text.splitlines())):
            found += [(kind, part.strip()) for part in re.split(r" \| ", line)]
    return found


class Words:
    """Random words from a seed."""

    def __init__(self, seed, commands):
        self.random = random.Random(seed)
        self.table = [row for row in table() if row[1].split()[0] in commands]
        self.likely = [row for row in self.table if not row[1].startswith(RARE)]

    def command(self, kinds):
        """A command of one of the kinds, now and then with a word too many or too few."""
        r = self.random
        rows = self.table if r.random() < 0.02 else self.likely
        _, pattern = r.choice([row for row in rows if row[0] in kinds] or rows)
        words = self.expand(pattern)
        if r.random() < 0.01:
            words.pop() if r.random() < 0.5 and len(words) > 1 else words.append(self.value())
        if r.random() < 0.2:
            words[0] = words[0].lower()
        return words

    def expand(self, pattern):
        words, at = [], 0
        while at < len(pattern):
            sign = pattern[at]
            if sign == " ":
                at += 1
                continue
            if sign in "[(":
                end = self._end(pattern, at)
                body, at = pattern[at + 1 : end], end + 1
                repeats, at = self._repeats(pattern, at)
                if sign == "[" and self.random.random() < 0.6:
                    continue
                for _ in range(repeats):
                    words += self.expand(self.random.choice(split_choices(body)))
                continue
            end = pattern.find(" ", at)
            end = len(pattern) if end < 0 else end
            word, at = pattern[at:end], end
            repeats = self.random.choice((1, 1, 2, 3, 4)) if word.endswith("+") and len(word) > 1 else 1
            word = word.removesuffix("+") if len(word) > 1 else word
            words += [self.word(word) for _ in range(repeats)]
        return words

    def _end(self, pattern, at):
        depth = 0
        for end in range(at, len(pattern)):
            depth += (pattern[end] in "[(") - (pattern[end] in "])")
            if depth == 0:
                return end
        raise ValueError(f"a bracket stays open in {pattern}")

    def start(self):
        return self.random.choice((b"-", self.id(), b"(" + self.id()))

    def end(self):
        return self.random.choice((b"+", self.id(), b"(" + self.id()))

    def _repeats(self, pattern, at):
        if pattern[at : at + 1] == "+":
            return self.random.choice((1, 1, 2, 3, 4, 12)), at + 1
        return 1, at

    def word(self, text):
        if text.startswith("<") and text.endswith(">"):
            return self.of_kind(text[1:-1])
        if text.isalpha() and self.random.random() < 0.1:
            text = text.lower()
        return text.encode()

    def of_kind(self, kind):
        r = self.random
        if kind in KEYS or kind == "k":
            letter = kind if kind in KEYS and r.random() > 0.03 else r.choice(sorted(set(KEYS) - {"y"}))
            return f"{KEYS[letter]}:{r.randrange(3)}".encode() if r.random() > 0.3 else b"{same}%s" % letter.encode()
        if kind == "zt":
            return self.of_kind(r.choice("zzt"))
        if kind in SIMPLE:
            return str(r.choice(SIMPLE[kind])).encode()
        return getattr(self, {"v": "value", "f": "field", "m": "member", "int": "integer", "float": "number"}.get(kind, kind))()

    def value(self):
        r = self.random
        choice = r.random()
        if choice < 0.3:
            return self.integer()
        if choice < 0.4:
            return self.number()
        if choice < 0.75:
            return b"v%d" % r.randrange(12)
        return r.choice((b"", b"\x00\r\n\xff", b"x" * 63, b"x" * 64, b"y" * 65, b"z" * 700, b" ", b"a b", "ä€".encode()))

    def field(self):
        return b"f%d" % self.random.randrange(9) if self.random.random() < 0.8 else self.value()

    def member(self):
        return b"m%d" % self.random.randrange(12) if self.random.random() < 0.8 else self.value()

    def integer(self):
        r = self.random
        if r.random() < 0.7:
            return str(r.randrange(-20, 120)).encode()
        return str(
            r.choice((0, -1, 2**31 - 1, -(2**31), 2**32, 2**63 - 1, -(2**63), 2**63, 2**64, "1.0", "+1", "-0", "01", " 1", "", "abc", 65535, 70000))
        ).encode()

    def number(self):
        r = self.random
        if r.random() < 0.6:
            return repr(r.choice((r.randrange(-50, 50) / 4, r.randrange(1000) / 10, float(r.randrange(9))))).encode()
        return r.choice(NUMBERS)

    def score(self):
        return self.number() if self.random.random() < 0.3 else str(self.random.randrange(-5, 20)).encode()

    def bound(self):
        r = self.random
        return r.choice((b"-inf", b"+inf", b"(" + self.score(), self.score(), self.score(), b"(1", b"x"))

    def lex(self):
        r = self.random
        return r.choice((b"-", b"+", b"[" + self.member(), b"(" + self.member(), b"m", b"["))

    def bits(self):
        return self.random.choice((b"u8", b"i8", b"u4", b"i16", b"u63", b"i64", b"u64", b"i1", b"u1", b"x8", b"i0", b"u33"))

    def bitat(self):
        return self.random.choice((b"0", b"#1", b"7", b"100", b"#20", b"-1", b"#-1", b"1000", b"a"))

    def id(self):
        r = self.random
        return r.choice((b"%d-%d" % (r.randrange(9), r.randrange(4)), b"%d" % r.randrange(12), b"%d-*" % r.randrange(12), b"0", b"0-0", b"5-", b"18446744073709551615-1"))


KEYS = {"s": "string", "n": "number", "b": "bits", "h": "hash", "l": "list", "t": "set", "z": "zset", "y": "lexset", "p": "log", "g": "geo", "x": "stream"}
NUMBERS = (
    b"inf -inf +inf nan 1e308 -1e308 1.7976931348623157e308 5e-324 1e-7 0.1 3.0 1e17 1e21 123456789012345678 0x10 1e abc -0 -0.0 .5 5. +2".split()
)
# Far expiries only: nothing may expire while the two are compared.
SIMPLE = {
    "far": (100000, 200000, 300000, 99999999),
    "farms": (100000000, 200000000, 300000000),
    "farat": (4000000000, 4100000000, 33177117420),
    "faratms": (4000000000000, 4100000000000),
    "small": (0, 1, 2, 3, 5, 10),
    "count": (0, 1, 1, 2, 3, 10, 100, -1, "x", "9223372036854775807"),
    "index": (0, 0, 1, 2, 3, 5, -1, -1, -2, -3, 10, -10, 100, "x", "9223372036854775807", "-9223372036854775808"),
    "wide": (0, 0, 1, -1, -1, 100, -100, "x"),
    "offset": (0, 1, 5, 20, 300, -1, "x", 536870912),
    "bit": (0, 1, 7, 8, 9, 31, 100, 1000, 5000, -1, "x", 4294967296),
    "glob": ("*", "m*", "f?", "[a-m]*", "*1", "h*llo", "[^m]*", "\\*", "string:*", "{same}*", ""),
    "pattern": ("string:*", "hash:*->f1", "#", "nothing", "{same}*", "number:*"),
    "group": ("g1", "g2"),
    "consumer": ("c1", "c2"),
    "lon": (0, 13.361389, 15.087269, -122.4, 180, 181, "x", 2.5),
    "lat": (0, 38.115556, 37.502669, 85.05, -86, "x", 48.85),
    "radius": (0, 1, 100, 200, 20000, -1, "x"),
    "bad": ("x", "", "-1"),
}
