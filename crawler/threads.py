"""What would hold up all visits: long work goes to a thread, and Python's own pauses are kept short."""

import asyncio
import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

#: Objects made until Python searches the youngest for garbage, and how many such searches lead to one among older ones:
#: nearly all that a crawl drops is free at once, and with Python's own numbers the search took some 7 % of the time.
_SEARCHES: Final = (10_000, 25, 25)
Result = TypeVar("Result")

# Smaller files are read faster than a thread is woken.
_SMALL: Final = 16_384
#: How long a thread may compute before others get their turn; Python's default of 5 ms adds up for whoever gives way
#: at each read and write.
_TURN_SECONDS: Final = 0.001


async def apart(body: bytes, work: Callable[[], Result]) -> Result:
    """Return what `work` makes of a body: at once for a small one, in a thread for a large one."""
    return work() if len(body) <= _SMALL else await asyncio.to_thread(work)


@contextmanager
def short_pauses() -> Iterator[None]:
    """Keep Python from stopping all visits: what is loaded already is no more searched for garbage again and again.

    A full search of the libraries' objects takes more than 50 ms.
    """
    interval, frozen, searches = sys.getswitchinterval(), gc.get_freeze_count(), gc.get_threshold()
    sys.setswitchinterval(_TURN_SECONDS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_SEARCHES)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        gc.set_threshold(*searches)
        # Whoever froze objects before wants them to stay so.
        if not frozen:
            gc.unfreeze()
