"""Which failures may pass, and when to come back."""

from typing import Final

_PASSING: Final = frozenset({"dns_timeout", "connect", "timeout", "broken", "http_429"})
#: What the pause grows by from one try to the next.
_GROWTH: Final = 3.0
#: Longer waits, also those that a site asks for, are left to a later run.
LONGEST_PAUSE: Final = 86_400.0


def passing(reason: str) -> bool:
    """Say whether a request that failed for this reason may succeed later: busy, failing and silent servers."""
    return reason in _PASSING or reason.startswith("http_5")


def pause_before(tries: int, first: float, wished: float | None) -> float:
    """Return the seconds to wait before the next try: what the site wished (Retry-After), else longer each time."""
    own = first * _GROWTH**tries
    return min(LONGEST_PAUSE, own if wished is None else max(wished, 1.0))
