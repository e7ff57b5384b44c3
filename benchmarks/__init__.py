"""Benchmarks: each one command, each writes its table into RESULTS.md."""
