"""Nearest-neighbor search over embeddings, exact or in a graph; a cache that the database can rebuild."""
