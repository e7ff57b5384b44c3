"""What an operator can set, by `EMPROX_*` variables or by options of the same names."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from app.logs import LogFormat

MODELS_DIR = Path(__file__).parent.parent / "models"


class Search(StrEnum):
    """Where the nearest of a study's architectures are looked for, from 20,000 on."""

    MEMORY = "memory"
    PGVECTOR = "pgvector"


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of the server.

    Args:
        data_dir: folder of the database, or of what a replica keeps beside one elsewhere; made when it is missing.
        models_dir: folder of the trained encoders, <space>/<version>/.
        host, port: where to listen.
        max_body_bytes: largest request body taken.
        queue_limit: requests that wait at most for one thread; further ones get a 503.
        spaces_dir: folder of declared search spaces; None for `spaces` in the data directory, where that exists.
        encoder_check_s: seconds between two looks for newer encoders.
        upgrade_backup: whether a database of an older program is backed up before it is migrated.
        max_connections: open at the same time.
        allowed_hosts: what the server is called, with commas between; "*" for anything; "auto" for that, or the names
            of loopback where it listens on that alone and has no keys.
        log_format: text or JSON.
        published: where a container publishes the port, ADDRESS:PORT; "nowhere" where it is no container.
        without_keys: whether other machines may ask while there are no keys.
        keys_required: whether it starts only where there are keys.
        database_url: of a PostgreSQL database that several servers share; None for the one in the data directory.
        keys_dir: folder of the keys; None for the data directory.
        search: where the nearest of many architectures are looked for.
    """

    data_dir: Path = Path("data")
    models_dir: Path = MODELS_DIR
    host: str = "127.0.0.1"
    port: int = 8000
    max_body_bytes: int = 8_000_000
    queue_limit: int = 64
    spaces_dir: Path | None = None
    encoder_check_s: float = 10.0
    upgrade_backup: bool = True
    published: str = "nowhere"
    without_keys: bool = False
    keys_required: bool = False
    max_connections: int = 1000
    allowed_hosts: str = "auto"
    log_format: LogFormat = LogFormat.TEXT
    database_url: str | None = None
    keys_dir: Path | None = None
    search: Search = Search.MEMORY

    @property
    def keys_folder(self) -> Path:
        """Where the keys are."""
        return self.keys_dir or self.data_dir
