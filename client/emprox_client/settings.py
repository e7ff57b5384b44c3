"""Where the server is, how it is talked to, and how long."""

from __future__ import annotations

import os
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import httpx

from emprox_client.call import Call
from emprox_client.errors import SettingsError
from emprox_client.version import VERSION

URL = "http://127.0.0.1:8000"
_CONNECT_SECONDS = 5.0
_MAX_WORKER = 200  # characters, as the server takes
# Less than the 5 seconds after which the server closes an idle connection: the client never writes to one that is
# being closed.
_IDLE_SECONDS = 2.0


@dataclass(frozen=True)
class Settings:
    """How a server is talked to.

    Args:
        url: of the server.
        api_key: sent as `Authorization: Bearer`; None for no key.
        worker: who asks, sent as `EmProx-Worker`; None for whom the server knows by its address.
        timeout: seconds that a request waits for its answer.
        total_timeout: seconds after which no request is repeated any more.
    """

    url: httpx.URL
    api_key: str | None
    worker: str | None
    timeout: float
    total_timeout: float

    def http(self) -> dict[str, Any]:
        """Arguments of `httpx.Client` and `httpx.AsyncClient`."""
        headers = {"User-Agent": f"emprox-client/{VERSION}"}
        if self.api_key:
            headers["Authorization"] = f"Bearer {self.api_key}"
        if self.worker:
            headers["EmProx-Worker"] = self.worker
        # A proxy that the environment names is for other machines.
        return {
            "base_url": self.url,
            "headers": headers,
            "trust_env": not _is_loopback(self.url.host),
            "limits": httpx.Limits(keepalive_expiry=_IDLE_SECONDS),
        }

    def request(self, call: Call) -> dict[str, Any]:
        """Arguments of `request`."""
        return {
            "method": call.method,
            "url": call.path,
            "params": call.params,
            "content": call.content,
            "headers": {"Content-Type": "application/json"} if call.content is not None else {},
            "timeout": httpx.Timeout(self.timeout, connect=min(self.timeout, _CONNECT_SECONDS)),
        }


def settings(
    url: str | None, api_key: str | None, worker: str | None, timeout: float, total_timeout: float
) -> Settings:
    """The settings, from arguments or else from `EMPROX_URL` and `EMPROX_API_KEY`.

    Raises:
        SettingsError: the URL, the key or the worker cannot be one.
    """
    key = api_key if api_key is not None else os.environ.get("EMPROX_API_KEY")
    if key and not _fits_into_a_header(key):
        raise SettingsError("the API key cannot be sent: is there a blank or a line break at its end?")
    if worker and not (_fits_into_a_header(worker) and len(worker) <= _MAX_WORKER):
        raise SettingsError(
            f"worker is {worker[:60]!r}: give at most {_MAX_WORKER} printable characters of ASCII, no blank at the ends"
        )
    return Settings(_parsed(url or os.environ.get("EMPROX_URL") or URL), key, worker, timeout, total_timeout)


def _fits_into_a_header(text: str) -> bool:
    return text.isascii() and text.isprintable() and text == text.strip()


def _parsed(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as err:
        raise SettingsError(f"{text!r} is no URL: write one such as {URL}") from err
    if url.scheme not in {"http", "https"} or not url.host:
        raise SettingsError(f"{text!r} is no URL of a server: write one such as {URL}, with http:// or https://")
    return url


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
