"""From architectures to points of the embedding space."""
