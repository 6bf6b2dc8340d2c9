"""The user's address file to `CUSTOMERS`: reading, mapping, rejects and the dry run.

The configuration is loaded by every command, so the names below, which need Polars, are loaded when first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from potenzial.ingest.customers import Import, read_customers
    from potenzial.ingest.dryrun import Check, check
    from potenzial.ingest.rejects import write_rejects
    from potenzial.ingest.show import render_check
    from potenzial.ingest.website import sites

__all__ = ["Check", "Import", "check", "read_customers", "render_check", "sites", "write_rejects"]

_HOMES = {
    "Check": "dryrun",
    "Import": "customers",
    "check": "dryrun",
    "read_customers": "customers",
    "render_check": "show",
    "sites": "website",
    "write_rejects": "rejects",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - the names are of several types, all known to type checkers above
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
