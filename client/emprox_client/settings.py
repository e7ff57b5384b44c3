"""Where the server is, how it is talked to, and how long."""

from __future__ import annotations

import os
from dataclasses import dataclass
from ipaddress import ip_address
from numbers import Real
from typing import Any

import httpx

from emprox_client.call import Call
from emprox_client.errors import SettingsError
from emprox_client.version import VERSION

URL = "http://127.0.0.1:8000"
_CONNECT_SECONDS = 5.0
_MAX_WORKER = 200  # characters, as the server takes
_MAX_TIMEOUT = 1_000_000  # seconds; sockets take 2,147,483 at most
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
        SettingsError: one of them cannot be one.
    """
    key = api_key if api_key is not None else os.environ.get("EMPROX_API_KEY")
    if key not in (None, "") and not _fits_into_a_header(key):
        raise SettingsError(
            "the API key cannot be sent: is it no text, or is there a blank or a line break at its end?"
        )
    if worker not in (None, "") and not (_fits_into_a_header(worker) and len(worker) <= _MAX_WORKER):
        raise SettingsError(
            f"worker is {worker!r:.60}: give at most {_MAX_WORKER} printable characters of ASCII, no blank at the ends"
        )
    if not _is_number(timeout) or not 0 < timeout <= _MAX_TIMEOUT:
        raise SettingsError(f"timeout is {timeout!r}: give seconds, above 0 and at most {_MAX_TIMEOUT}")
    if not _is_number(total_timeout) or not total_timeout >= 0:
        raise SettingsError(f"total_timeout is {total_timeout!r}: give seconds, or 0 for no retries")
    return Settings(_parsed(url or os.environ.get("EMPROX_URL") or URL), key, worker, timeout, total_timeout)


def _fits_into_a_header(text: Any) -> bool:
    return isinstance(text, str) and text.isascii() and text.isprintable() and text == text.strip()


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _parsed(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
        # As sockets and certificates do later, when nobody expects it.
        url.raw_host.decode().encode("idna")
        host = url.host
    except (httpx.InvalidURL, TypeError, ValueError) as err:
        raise SettingsError(f"{text!r} is no URL: write one such as {URL}") from err
    if url.scheme not in {"http", "https"} or not host:
        raise SettingsError(f"{text!r} is no URL of a server: write one such as {URL}, with http:// or https://")
    return url


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
