"""What can be wrong with a file."""

from app.domain.errors import EmproxError


class ExchangeError(EmproxError):
    """A file that cannot be read or written; the message names the file, and the row where there is one."""
