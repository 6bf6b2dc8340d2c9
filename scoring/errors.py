"""Errors of scoring.

ScoringError
|-- NoCustomersError     the stock has no rows
|-- UnknownCustomerError no customer has the number asked for
|-- ConfigRangeError     settings that contradict each other
|-- HistoryError         the purchases on record do not allow what is asked of them
|-- ExperimentError      a contact list or its evaluation is not possible with these customers
`-- LeakError            a customer's own revenue would reach its own features
"""


class ScoringError(Exception):
    """Base of everything that can go wrong between facts and lists."""


class NoCustomersError(ScoringError):
    """There is nothing to rate; the message says what is needed."""


class ConfigRangeError(ScoringError, ValueError):
    """Two settings contradict each other; the message names both."""


class UnknownCustomerError(ScoringError):
    """No customer has the number asked for; the message names it and where to look it up."""


class LeakError(ScoringError):
    """A customer's own revenue would reach its own features; a guard against faults of the program."""


class HistoryError(ScoringError):
    """The purchases on record are too few or too short; the message says what is needed."""


class ExperimentError(ScoringError):
    """An experiment cannot be drawn or evaluated; the message says what to change."""
