"""The potential model: a location model of log revenue plus calibrated residual quantiles."""

from scoring.potential.rating import Rating, rate

__all__ = ["Rating", "rate"]
