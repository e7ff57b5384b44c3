"""The same function in servers that others have made for models."""
