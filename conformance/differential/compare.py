"""When two replies count as the same."""

import pathlib
import re

HERE = pathlib.Path(__file__).parent
# Replies whose parts come in an order that no server promises.
UNORDERED = set("SMEMBERS SINTER SUNION SDIFF KEYS HKEYS HVALS SPOP".split())
UNORDERED_PAIRS = {"HGETALL"}
SCANS = {"SCAN": 1, "SSCAN": 1, "HSCAN": 2, "ZSCAN": 2}
# A random choice: only the reply's form can be compared.
RANDOM = set("SRANDMEMBER HRANDFIELD ZRANDMEMBER RANDOMKEY".split())
# Milliseconds or seconds that pass between the two servers' answers.
CLOCK = {"TTL": 2, "PTTL": 2000, "EXPIRETIME": 2, "PEXPIRETIME": 2000}


def same(words, ours, theirs, queued=(), known=None):
    """Whether the replies to a command are the same; `queued` are the commands that an EXEC carried out, whose
    differences may be known."""
    if ours.raw == theirs.raw:
        return True
    name = words[0].decode(errors="replace").upper()
    if name == "EXEC" and ours.sign == theirs.sign == "*" and len(ours.value) == len(theirs.value) == len(queued):
        rows = list(zip(queued, ours.value, theirs.value))
        return all(same(*row) or (known and known.explains(*row)) for row in rows)
    if ours.sign != theirs.sign or isinstance(ours.value, list) != isinstance(theirs.value, list):
        return False
    if name in CLOCK and ours.sign == ":":
        one, other = int(ours.value), int(theirs.value)
        return abs(one - other) <= CLOCK[name] and (one < 0) == (other < 0)
    if not isinstance(ours.value, list):
        return name in RANDOM and ours.sign == "$"
    if name in RANDOM:
        return len(ours.value) == len(theirs.value)
    if name in UNORDERED:
        return unordered(ours.value, 1) == unordered(theirs.value, 1)
    if name in UNORDERED_PAIRS:
        return unordered(ours.value, 2) == unordered(theirs.value, 2)
    if name in SCANS and ours.value[0].raw == theirs.value[0].raw:
        step = SCANS[name]
        return unordered(ours.value[1].value, step) == unordered(theirs.value[1].value, step)
    return False


def unordered(parts, step):
    rows = [tuple(part.raw for part in parts[at : at + step]) for at in range(0, len(parts), step)]
    return sorted(rows)


SHORTEST = "a score or distance with as few digits as say the same double, as from 7.2 on; 7.0 prints 17"


def numerically(ours, theirs):
    """Whether replies differ only in how they print the same doubles."""
    if isinstance(ours.value, list) and isinstance(theirs.value, list):
        return len(ours.value) == len(theirs.value) and all(map(numerically, ours.value, theirs.value))
    if ours.raw == theirs.raw:
        return True
    try:
        return ours.sign == theirs.sign and ours.sign in "$," and float(ours.value) == float(theirs.value)
    except ValueError:
        return False


class Known:
    """The committed list of differences: regular expressions on `COMMAND => ours / theirs`, each with its reason."""

    def __init__(self):
        lines = (HERE / "known.txt").read_text().splitlines()
        rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
        self.patterns = [(re.compile(pattern, re.S), reason) for pattern, reason in rows]
        self.met = {}

    def explains(self, words, ours, theirs):
        text = f"{show(words)} => {ours} / {theirs}"
        reasons = [reason for pattern, reason in self.patterns if pattern.search(text)]
        if not reasons and re.match("(?i)z|geo|exec", text) and numerically(ours, theirs):
            reasons = [SHORTEST]
        for reason in reasons[:1]:
            self.met[reason] = self.met.get(reason, 0) + 1
        return bool(reasons)


def show(words):
    """A command as it is typed into redis-cli."""
    return " ".join(word.decode() if re.fullmatch(rb"[!-~]+", word) and b'"' not in word else quoted(word) for word in words)


def quoted(word):
    return '"' + "".join(chr(b) if 32 <= b < 127 and b not in (34, 92) else f"\\x{b:02x}" for b in word) + '"'
