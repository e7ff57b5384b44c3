"""A server, a real search on it, and the page to watch it on: `make demo`."""

import logging
import signal
import socket
import subprocess
import sys
import tempfile
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import digits_search
from emprox_client import Client


def main() -> None:
    """Serve, search as `digits_search.py` does with these arguments, and serve on until somebody has looked enough."""
    args = digits_search.arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the server ends as well
    with _served() as args.url:
        address = f"{args.url}/?study={args.name}-with-estimates"
        print(f"Watch it at {address}")
        webbrowser.open(address)
        digits_search.main(args)
        if sys.stdin.isatty():
            input(f"Look around at {args.url}, where both studies are. Enter ends it. ")


@contextmanager
def _served() -> Iterator[str]:
    """The address of a server on a store of its own, which is gone at the end."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    emprox = Path(sys.executable).with_name("emprox")
    with tempfile.TemporaryDirectory(prefix="emprox-demo-") as folder, Path(folder, "server.log").open("wb") as log:
        command = [emprox, "serve", "--data-dir", f"{folder}/data", "--port", str(port)]
        server = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603
        logging.getLogger("emprox_client").setLevel(logging.ERROR)  # that it is not there at once is no news
        try:
            with Client(url) as client:
                client.wait_until_ready()
            yield url
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
