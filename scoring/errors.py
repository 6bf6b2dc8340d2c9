"""Errors of scoring.

ScoringError
|-- NoCustomersError    the stock has no rows
`-- ConfigRangeError    settings that contradict each other
"""


class ScoringError(Exception):
    """Base of everything that can go wrong between facts and lists."""


class NoCustomersError(ScoringError):
    """There is nothing to rate; the message says what is needed."""


class ConfigRangeError(ScoringError):
    """Two settings contradict each other; the message names both."""
