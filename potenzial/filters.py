"""Conditions that users write to narrow a list: one SQL expression, checked word by word before Polars reads it.

The check comes first because a condition may reach the program from a notebook or a web page: only comparisons of known
columns, literals and a few functions get through, never a query, a file or a second statement.
"""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import polars as pl

from potenzial.errors import FilterError

#: Functions that a condition may call; all of them look at one row at a time.
FUNCTIONS: Final = (
    "abs", "ceil", "coalesce", "date", "date_part", "ends_with", "floor", "left", "length", "lower", "right", "round",
    "starts_with", "strpos", "trim", "upper",
)  # fmt: skip
_KEYWORDS: Final = frozenset(
    ("and", "or", "not", "in", "is", "null", "true", "false", "between", "like", "ilike", "date")
)
_MOST_CHARS: Final = 2_000
_DEEPEST: Final = 30
_TOKEN: Final = re.compile(
    r"""(?P<space>\s+) | (?P<text>'(?:[^']|'')*') | (?P<quoted>"[^"]*") | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?!\w))
      | (?P<word>[^\W\d]\w*) | (?P<sign><=|>=|<>|!=|--|[=<>+\-*/%(),])""",
    re.VERBOSE,
)
_HINT: Final = "Example: --where \"plz2 in ('35', '36') and headcount between 20 and 250\"."


class _Token(NamedTuple):
    kind: str
    text: str
    at: int

    def is_word(self, *words: str) -> bool:
        """Whether this is one of these key words."""
        return self.kind == "word" and self.text.lower() in words


@dataclass(frozen=True)
class Filter:
    """A checked condition: its text, and the conditions that AND joins in it, each a whole condition again."""

    text: str
    parts: tuple[str, ...]

    def keeps(self, frame: pl.DataFrame) -> pl.Series:
        """Say for each row whether it meets the condition; one whose value is not known does not.

        Raises:
            FilterError: a comparison does not fit the type of its column.
        """
        return _evaluated(self.text, frame)

    def counts(self, frame: pl.DataFrame) -> tuple[tuple[str, int], ...]:
        """Count the rows that meet each part by itself."""
        return tuple((part, int(_evaluated(part, frame).sum())) for part in self.parts)


def parse_filter(text: str, schema: pl.Schema) -> Filter:
    """Check a condition in SQL against the columns that it may name.

    Raises:
        FilterError: the message names the word, column or type that is wrong, and what is allowed there.
    """
    if len(text) > _MOST_CHARS:
        raise FilterError(f"A condition has {_MOST_CHARS:,} characters at most, this one has {len(text):,}.")
    tokens = tuple(_tokens(text))
    if not tokens:
        raise FilterError(f"The condition is empty. {_HINT}")
    _check_depth(tokens)
    for token, following in zip(tokens, (*tokens[1:], None), strict=True):
        _check(token, following, schema)
    # One row without values meets every error of type that rows of the stock would meet.
    _evaluated(text, schema.to_frame().clear(1))
    return Filter(text, tuple(_parts(text, tokens)))


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None or match[0] == "--":
            raise FilterError(f"The condition cannot be read from {text[at : at + 20]!r} on. {_HINT}")
        if match.lastgroup != "space":
            yield _Token(match.lastgroup, match[0], at)
        at = match.end()


def _check_depth(tokens: tuple[_Token, ...]) -> None:
    depth = 0
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if not 0 <= depth <= _DEEPEST:
            raise FilterError(f"The brackets of the condition do not match, or are nested more than {_DEEPEST} deep.")
    if depth:
        raise FilterError("The condition opens a bracket that it does not close.")


def _check(token: _Token, following: _Token | None, schema: pl.Schema) -> None:
    """Let only columns, key words and functions through."""
    if token.kind == "quoted" and token.text[1:-1] not in schema:
        raise FilterError(f"Text stands in single quotes: '{token.text[1:-1]}' instead of {token.text}.")
    if token.kind != "word" or token.text in schema:
        return
    called = following is not None and following.text == "("
    if called and token.text.lower() not in _KEYWORDS | set(FUNCTIONS):
        raise FilterError(f"There is no function `{token.text}`. Functions are: {', '.join(FUNCTIONS)}.")
    if not called and token.text.lower() not in _KEYWORDS:
        raise FilterError(_unknown(token.text, schema))


def _unknown(name: str, schema: pl.Schema) -> str:
    close = difflib.get_close_matches(name.lower(), schema.names(), 2)
    meant = f" Did you mean {' or '.join(f'`{column}`' for column in close)}?" if close else ""
    return f"There is no column `{name}` to filter by.{meant} Columns are: {', '.join(schema)}."


def _parts(text: str, tokens: tuple[_Token, ...]) -> Iterator[str]:
    """Cut a condition where AND joins its outermost parts; a condition with OR there stays whole."""
    outer = list(_outermost(tokens))
    if any(token.is_word("or") for token in outer):
        yield text.strip()
        return
    start, ranges = 0, 0
    for token in outer:
        ranges += token.is_word("between")
        if token.is_word("and") and not ranges:
            yield text[start : token.at].strip()
            start = token.at + len(token.text)
        elif token.is_word("and"):
            ranges -= 1
    yield text[start:].strip()


def _outermost(tokens: tuple[_Token, ...]) -> Iterator[_Token]:
    depth = 0
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0:
            yield token


def _evaluated(text: str, frame: pl.DataFrame) -> pl.Series:
    try:
        kept = frame.select(_kept=pl.sql_expr(text)).to_series()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise FilterError(_wrong(text, str(error), frame.schema)) from error
    if kept.dtype not in {pl.Boolean, pl.Null}:
        raise FilterError(f"The condition {text!r} gives a value, not yes or no. {_HINT}")
    # A condition on constants alone gives one row for all.
    whole = kept if len(kept) == frame.height else pl.repeat(kept.first(), frame.height, dtype=pl.Boolean, eager=True)
    return whole.cast(pl.Boolean).fill_null(value=False)


def _wrong(text: str, error: str, schema: pl.Schema) -> str:
    """Say what Polars says in its first line, and the types of the columns that are named."""
    named = {token.text for token in _tokens(text)}
    types = ", ".join(f"`{name}` is {_type(dtype)}" for name, dtype in schema.items() if name in named)
    return f"The condition {text!r} cannot be used: {error.splitlines()[0]}. Here {types or 'no column is named'}."


def _type(dtype: pl.DataType) -> str:
    if dtype.is_numeric():
        return "a number (20, 1.5)"
    return "a date (date '2026-01-31')" if dtype.is_temporal() else "text ('35'), also postcodes and ids"
