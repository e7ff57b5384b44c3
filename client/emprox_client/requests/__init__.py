"""One function for each thing that a server can be asked: it makes the plan, and either client sends it."""
