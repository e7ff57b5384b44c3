"""Observations that wait on this machine's disk until the server is back."""

from emprox_client.journal.journal import Journal

__all__ = ["Journal"]
