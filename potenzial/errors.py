"""Errors of the product, and the one place where errors of the layers below become messages.

PotenzialError
|-- ConfigError        the configuration cannot be read or contradicts itself
|-- ProjectError       the project folder lacks something or already holds something
|-- ProjectBusyError   another process is running the same project
|-- StageError         a command needs the result of a stage that has not run
|-- UnknownIdError     no customer has the id that was asked for
|-- FilterError        a condition written by the user cannot be used
|-- QuestionError      a search for lookalikes contradicts itself or cannot be answered
|-- SegmentError       a named list of customers cannot be kept or read
|-- RunError           a kept run is not there, cannot be read or cannot have a name
`-- ArtifactError      a stage's file is damaged or does not have the columns it must have
"""


class PotenzialError(Exception):
    """Base of everything that stops a command; the message says what to do next."""


class ConfigError(PotenzialError):
    """The configuration cannot be read; the message names file, table and key."""


class ProjectError(PotenzialError):
    """The project folder is not what the command needs."""


class ProjectBusyError(PotenzialError):
    """Another process is running the same project; the message names its process id."""


class StageError(PotenzialError):
    """A stage has to run first; the message names the command."""


class ArtifactError(PotenzialError):
    """A stage's file is damaged; the message names the file and how to make it anew."""


class UnknownIdError(PotenzialError):
    """No customer has this id; the message names ids that are written alike."""


class FilterError(PotenzialError):
    """A condition cannot be used; the message names the word, and the columns or functions that there are."""


class QuestionError(PotenzialError):
    """A search for lookalikes cannot be made; the message names the option to change."""


class SegmentError(PotenzialError):
    """A named list of customers cannot be kept or read; the message says why."""


class RunError(PotenzialError):
    """A kept run cannot be found, read or named; the message names those that there are."""
