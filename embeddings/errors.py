"""Errors of the embeddings.

EmbeddingError
|-- ModelMissingError   the configured model is not on this machine
|-- ModelBrokenError    the bundled weights cannot be rebuilt or do not agree with their own engine
`-- UnknownCompanyError a customer id has no vector
"""


class EmbeddingError(Exception):
    """Base of everything that can go wrong between text and neighbours."""


class ModelMissingError(EmbeddingError):
    """The configured model is not there; the message names the choices that work offline."""


class ModelBrokenError(EmbeddingError):
    """The bundled weights are damaged; the message names the file and how to rebuild it."""


class UnknownCompanyError(EmbeddingError):
    """No vector for this customer; the message says whether the customer has any text."""
