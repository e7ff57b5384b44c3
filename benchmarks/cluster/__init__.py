"""Replicas over PostgreSQL: how fast, how far behind one another, how large."""
