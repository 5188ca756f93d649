"""The functions, in a process that may be killed at any moment and is there again at once, as a cloud does it.

    python phoenix.py <port> <pid file>

The parent has read the code and keeps the port open; each child is a fork that serves until it is killed. Callers who
come between two lives wait at the port for the next.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path


def main() -> None:
    port, pid_file = int(sys.argv[1]), Path(sys.argv[2])
    import local
    import uvicorn
    from main import FUNCTIONS, load

    for name, function in FUNCTIONS.items():
        if function.module.startswith("billing."):
            load(name)  # once, and not in every life again

    listener = socket.create_server(("127.0.0.1", port), backlog=128)
    child = 0

    def leave(*_: object) -> None:
        os.kill(child, signal.SIGKILL)
        os._exit(0)

    while True:
        child = os.fork()
        if child == 0:
            pid_file.write_text(str(os.getpid()))
            config = uvicorn.Config(local.app, log_level="error", proxy_headers=False, lifespan="off")
            uvicorn.Server(config).run(sockets=[listener])
            os._exit(0)
        signal.signal(signal.SIGTERM, leave)
        os.waitpid(child, 0)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


if __name__ == "__main__":
    main()
