"""Search spaces that are declared in a few lines of YAML or JSON, without code."""
