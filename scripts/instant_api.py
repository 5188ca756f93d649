"""Stands where Supabase's API would, and answers every call at once: that a notification is stored, where codes lead.

    python instant_api.py <port>

For bench_billing.py, where the function alone is measured: the API of the local stack takes three times its time, and
would make every server look alike.
"""

import asyncio
import sys
from typing import cast

import uvloop

BODY = (
    b'{"notification_id":"00000000-0000-4000-8000-000000000000","status":"ignored","object_kind":"other",'
    b'"object_id":"x","settle":false,'
    b'"outcome":"target","location":"https://a.ru/","scan_id":1}'
)


def answer(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    return head + body


ANSWER = answer(BODY)


class Connection(asyncio.Protocol):
    """One connection. Requests come one after another, each with its length."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # a TCP server gives no other
        self.heard = b""

    def data_received(self, data: bytes) -> None:
        self.heard += data
        head, found, rest = self.heard.partition(b"\r\n\r\n")
        if found:
            _, _, after = head.lower().partition(b"content-length:")
            length = int(after.split(b"\r\n", 1)[0] or 0)
            if len(rest) >= length:
                self.heard = rest[length:]
                together = rest[:length].count(b'"visitor"') if b"/scan_qr_codes" in head else 0
                self.transport.write(answer(b"[%s]" % b",".join([BODY] * together)) if together else ANSWER)


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
