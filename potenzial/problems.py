"""The errors that end a command with a message and exit code 2, from every layer."""

from crawler.errors import CrawlerError
from embeddings.errors import EmbeddingError
from potenzial.errors import PotenzialError
from potenzial.ingest.errors import InputError
from scoring.errors import ScoringError

EXPECTED = (PotenzialError, InputError, CrawlerError, EmbeddingError, ScoringError, OSError)


def message(error: BaseException) -> str:
    """Say an expected error in one paragraph."""
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}. Check the path, your rights on it and the space left on the disk."
    return str(error)
