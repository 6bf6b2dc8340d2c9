"""The errors that end a command with a message and exit code 2, from every layer."""

from crawler.errors import CrawlerError
from embeddings.errors import EmbeddingError
from potenzial.errors import PotenzialError
from potenzial.ingest.errors import InputError
from scoring.errors import ScoringError

EXPECTED = (PotenzialError, InputError, CrawlerError, EmbeddingError, ScoringError, PermissionError, IsADirectoryError)


def message(error: BaseException) -> str:
    """Say an expected error in one paragraph."""
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}. Check the path and your rights on it."
    return str(error)
