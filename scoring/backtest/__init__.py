"""The back-test: rate with what was known at the end of a year, judge by what was bought afterwards."""

from scoring.backtest.judge import Case, Terms, backtest
from scoring.backtest.result import Backtest

__all__ = ["Backtest", "Case", "Terms", "backtest"]
