"""What the metrics of a server say that its steps took."""

import re

import httpx

_SUM = re.compile(r'^emprox_step_seconds_(sum|count){request="(\w+)",step="(\w+)"} (\S+)$', re.MULTILINE)

Steps = dict[tuple[str, str], tuple[float, float]]
"""Seconds and how often, by request and step."""


def steps(port: int) -> Steps:
    """All steps so far."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text
    found: dict[tuple[str, str], dict[str, float]] = {}
    for what, request, step, value in _SUM.findall(text):
        found.setdefault((request, step), {})[what] = float(value)
    return {of: (each["sum"], each["count"]) for of, each in found.items()}


def since(before: Steps, after: Steps) -> Steps:
    """What came between."""
    return {of: (seconds - before[of][0], n - before[of][1]) for of, (seconds, n) in after.items()}
