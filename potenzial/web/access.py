"""Who may see what: tokens, the owner that a token is bound to, and the limit on failed logins."""

import hashlib
import hmac
import secrets
import time
import tomllib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from potenzial.errors import ConfigError

#: The cookie that keeps the token after the login.
COOKIE: Final = "potenzial_token"
#: Shorter tokens could be guessed.
SHORTEST_TOKEN: Final = 20
_LONGEST_TOKEN: Final = 500
_MOST_BYTES: Final = 1_000_000
#: Failed logins that all readers together may have within `WINDOW` seconds.
FAILURES: Final = 10
WINDOW: Final = 60.0


@dataclass(frozen=True)
class Viewer:
    """Who reads: `who` for the audit log, and the owner whose customers alone may be seen; None for all customers."""

    who: str
    owner: str | None = None

    @property
    def sees_all(self) -> bool:
        """Whether every customer may be seen."""
        return self.owner is None


#: Whoever sits at this machine, where no tokens are asked for.
LOCAL: Final = Viewer("local")


class Grant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry `[[access]]` of a token file; without `owner` the token opens all customers."""

    who: str
    token: str
    owner: str | None = None


class _TokenFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    access: list[Grant]


@dataclass(frozen=True)
class Access:
    """The known tokens by their hash; none at all lets everybody in, which only this machine's own address may do."""

    grants: tuple[tuple[bytes, Viewer], ...] = ()

    @property
    def asks(self) -> bool:
        """Whether a token is needed."""
        return bool(self.grants)

    def viewer(self, token: str | None) -> Viewer | None:
        """Find who a token belongs to; takes as long for a wrong token as for a right one."""
        if not self.asks:
            return LOCAL
        asked, found = _hashed((token or "")[:_LONGEST_TOKEN]), None
        for known, viewer in self.grants:
            if hmac.compare_digest(known, asked):
                found = viewer
        return found


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def read_tokens(path: Path) -> Access:
    """Read a token file.

    Raises:
        ConfigError: the file cannot be read, holds no token, one twice, or one that could be guessed.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES).decode("utf-8-sig")
        grants = msgspec.convert(tomllib.loads(text), _TokenFile).access
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}). {_form()}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"{path}: no token file: {error}. {_form()}") from error
    _refuse_weak(path, grants)
    return Access(tuple((_hashed(grant.token), Viewer(grant.who, grant.owner)) for grant in grants))


def _form() -> str:
    """Show an entry with a token that was drawn just now."""
    example = f'token = "{secrets.token_urlsafe(32)}"'
    owner = 'owner = "Meyer"   # leave this out to show all customers'
    return f'An entry looks like this:\n[[access]]\nwho = "Meyer"\n{example}\n{owner}'


def _refuse_weak(path: Path, grants: list[Grant]) -> None:
    if not grants:
        raise ConfigError(f"{path}: no entry [[access]]. {_form()}")
    if any(not SHORTEST_TOKEN <= len(grant.token) <= _LONGEST_TOKEN for grant in grants):
        raise ConfigError(f"{path}: a token has {SHORTEST_TOKEN} to {_LONGEST_TOKEN} signs. {_form()}")
    if len({grant.token for grant in grants}) < len(grants):
        raise ConfigError(f"{path}: two entries have the same token. {_form()}")


@dataclass
class LoginLimit:
    """Counts failed logins of all readers together, so that nobody can try tokens from many addresses."""

    clock: Callable[[], float] = time.monotonic
    _failed: deque[float] = field(default_factory=lambda: deque(maxlen=FAILURES))

    def fail(self) -> None:
        """Note a failed login."""
        self._failed.append(self.clock())

    @property
    def wait(self) -> float:
        """Seconds until the next login may be tried; 0 for now."""
        if len(self._failed) < FAILURES:
            return 0.0
        return max(0.0, self._failed[0] + WINDOW - self.clock())
