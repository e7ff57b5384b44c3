"""A server, a real search on it, and the page to watch it on: `make demo`."""

import logging
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
    with _served() as url:
        print(f"Watch it at {url}/?study=digits-with-estimates")
        webbrowser.open(f"{url}/?study=digits-with-estimates")
        sys.argv += ["--url", url]
        digits_search.main()
        if not sys.stdin.isatty():
            return
        print(f"Look around at {url} (studies digits-with-estimates and digits-without). Enter ends it.")
        input()


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
