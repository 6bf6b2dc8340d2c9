"""Errors of the import.

InputError
|-- FileError     the file is missing, empty, no table, or cannot be decoded
|-- ColumnsError  the header lacks a column, has one twice, or the configured mapping does not fit it
|-- ValuesError   a whole column cannot be read
`-- EmptyError    the file has a header but no customer

A single bad row or value is never an exception: it is listed in the rejects with its reason.
"""


class InputError(Exception):
    """Base of everything that stops an import; the message names file, row and column, and the next step."""


class FileError(InputError):
    """The file cannot be opened as a table; the message names the path and what was found there."""


class ColumnsError(InputError):
    """Header and mapping do not fit; the message shows the header and a mapping to paste."""


class ValuesError(InputError):
    """A column holds no readable values; the message names file, column and an example with its line."""


class EmptyError(InputError):
    """No customer is left to import; the message says what the file holds instead."""
