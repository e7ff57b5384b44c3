"""How fast the service answers, beside the floor of HTTP on the same machine."""
