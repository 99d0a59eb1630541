"""RESP on a socket: requests as bytes, replies as values that keep what was on the wire."""

import dataclasses
import socket


@dataclasses.dataclass
class Reply:
    """A reply: its type's sign, its text or parts, and the very bytes."""

    sign: str
    value: object
    raw: bytes

    def __str__(self):
        text = self.raw if len(self.raw) < 400 else self.raw[:400] + b"..."
        return repr(text)[2:-1]


def request(words):
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        parts.append(b"$%d\r\n%s\r\n" % (len(word), word))
    return b"".join(parts)


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.at = 0

    def send(self, commands):
        self.socket.sendall(b"".join(map(request, commands)))

    def run(self, commands):
        """Replies to commands sent in one piece."""
        self.send(commands)
        return [self.read() for _ in commands]

    def call(self, *words):
        return self.run([[w if isinstance(w, bytes) else str(w).encode() for w in words]])[0]

    def close(self):
        self.socket.close()

    def _more(self):
        data = self.socket.recv(1 << 16)
        if not data:
            raise ConnectionError("the server closed the connection")
        self.buffer = self.buffer[self.at :] + data
        self.at = 0

    def _line(self):
        while (end := self.buffer.find(b"\r\n", self.at)) < 0:
            self._more()
        line = self.buffer[self.at : end]
        self.at = end + 2
        return line

    def _take(self, count):
        while len(self.buffer) - self.at < count:
            self._more()
        data = self.buffer[self.at : self.at + count]
        self.at += count
        return data

    def read(self):
        line = self._line()
        sign, rest, raw = chr(line[0]), line[1:], line + b"\r\n"
        if sign in "$=" and rest != b"-1":
            body = self._take(int(rest) + 2)
            return Reply(sign, body[:-2], raw + body)
        if sign in "*~>%" and rest != b"-1":
            count = int(rest) * (2 if sign == "%" else 1)
            parts = [self.read() for _ in range(count)]
            return Reply(sign, parts, raw + b"".join(part.raw for part in parts))
        return Reply(sign, rest, raw)
