"""The command `serve`."""

import ipaddress
import logging
import socket
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl
import uvicorn

from potenzial.commands.output import stdout
from potenzial.errors import ConfigError
from potenzial.project import Project, open_project
from potenzial.web.access import Access, read_tokens
from potenzial.web.app import LOCAL_HOSTS, create_app

logger = logging.getLogger(__name__)

_BACKLOG: Final = 128
#: Idle connections are closed after so many seconds.
_KEEP_ALIVE: Final = 15


@dataclass(frozen=True)
class Asked:
    """Where to listen, and the file with the tokens."""

    host: str
    port: int
    token_file: Path | None


def serve(config_path: Path, sample: int, asked: Asked) -> int:
    """Serve the results of a project until it is stopped; gives the exit code.

    Raises:
        ConfigError: an address that others reach is to be served without tokens, or the token file cannot be used.
        StageError: the customers are not rated yet.
    """
    project = open_project(config_path, sample)
    access = _access(asked)
    listening = _socket(asked)
    app = create_app(project, access, _hosts(project, asked))
    _welcome(asked, listening, access)
    _warn_of_strangers(access, app.state.site.results.stock.frame["owner"])
    config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False, timeout_keep_alive=_KEEP_ALIVE)
    # Ctrl-C is how a server is meant to be stopped.
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])
    return 0


def _access(asked: Asked) -> Access:
    if asked.token_file is not None:
        _warn_of_readers(asked.token_file)
        return read_tokens(asked.token_file)
    if not _is_local(asked.host):
        raise ConfigError(
            f"--host {asked.host}: others can reach this address, so it needs --token-file. "
            "docs/web.md says what such a file holds."
        )
    return Access()


def _warn_of_readers(path: Path) -> None:
    if path.is_file() and path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        logger.warning("%s: others on this machine can read the tokens. Run: chmod 600 %s", path, path)


def _warn_of_strangers(access: Access, owners: pl.Series) -> None:
    known = set(owners.cast(pl.String).unique())
    for _, viewer in access.grants:
        if viewer.owner is not None and viewer.owner not in known:
            logger.warning("%s: no customer has the owner `%s`, so this token shows nothing", viewer.who, viewer.owner)


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _hosts(project: Project, asked: Asked) -> tuple[str, ...]:
    own = f"[{asked.host}]" if ":" in asked.host else asked.host
    return (*LOCAL_HOSTS, own.lower(), *(name.lower() for name in project.config.serve.hosts))


def _socket(asked: Asked) -> socket.socket:
    """Listen before the results are loaded: a port that is taken is told at once."""
    try:
        family = socket.AF_INET6 if ":" in asked.host else socket.AF_INET
        return socket.create_server((asked.host, asked.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise ConfigError(
            f"{asked.host}:{asked.port}: cannot listen there ({error.strerror or error}). "
            "Choose another --port or --host."
        ) from error


def _welcome(asked: Asked, listening: socket.socket, access: Access) -> None:
    shown = f"[{asked.host}]" if ":" in asked.host else asked.host
    stdout().print(f"http://{shown}:{listening.getsockname()[1]}/  (Ctrl-C stops it)", soft_wrap=True)
    if not _is_local(asked.host):
        logger.warning(
            "Tokens and customers travel readable over the network: put a proxy with TLS in front, "
            "and name its host in `hosts` under [serve]."
        )
    if access.asks:
        logger.info("%d tokens are known; log in at /login", len(access.grants))
