"""Search spaces: each turns its own notation into graphs and back."""
