"""Errors of the embeddings.

EmbeddingError
|-- ModelMissingError   the configured model is not on this machine
|-- ModelBrokenError    the bundled weights cannot be rebuilt or do not agree with their own engine
|   `-- ModelUnfitError a model cannot be run by OpenVINO or ONNX Runtime
|-- ModelSettingsError  two settings of the model do not go together
|-- StoreBrokenError    the file of vectors is damaged or cannot be written
|-- IndexBrokenError    a saved index is missing, damaged or of another version
|-- NotEncodedError     a chunk has no vector yet
`-- UnknownCompanyError a customer id has no vector
"""


class EmbeddingError(Exception):
    """Base of everything that can go wrong between text and neighbours."""


class ModelMissingError(EmbeddingError):
    """The configured model is not there; the message names the choices that work offline."""


class ModelBrokenError(EmbeddingError):
    """The bundled weights are damaged; the message names the file and how to rebuild it."""


class ModelUnfitError(ModelBrokenError):
    """A model cannot be exported, or its export gives other vectors; the message says what to use instead."""


class ModelSettingsError(EmbeddingError):
    """Backend and precision contradict each other; the message names both and the way out."""


class StoreBrokenError(EmbeddingError):
    """The file of vectors cannot be used; the message names it and says what deleting it costs."""


class IndexBrokenError(EmbeddingError):
    """The saved index cannot be used; the message names it and how to make it anew."""


class NotEncodedError(EmbeddingError):
    """Company vectors were asked for before their chunks were encoded; the message names the stage to run."""


class UnknownCompanyError(EmbeddingError):
    """No vector for this customer; the message says whether the customer has any text."""
