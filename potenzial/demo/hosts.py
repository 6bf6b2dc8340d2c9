"""What each host of the demo's small web does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import polars as pl

from potenzial.demo.companies import Company

Behaviour = Literal["ok", "unknown", "refused", "moved", "parked", "slow", "error_500", "error_403", "huge", "script"]
Robots = Literal["missing", "open", "partial", "closed", "delay", "tdm_file", "tdm_header", "tdm_meta"]

#: Shares of the websites that are not simply there.
BEHAVIOURS: Final[dict[Behaviour, float]] = {
    "unknown": 0.035,
    "refused": 0.025,
    "moved": 0.03,
    "parked": 0.03,
    "slow": 0.02,
    "error_500": 0.01,
    "error_403": 0.01,
    "huge": 0.004,
    "script": 0.004,
}
#: Shares of the websites with something to say to robots.
ROBOTS: Final[dict[Robots, float]] = {
    "missing": 0.20,
    "partial": 0.06,
    "closed": 0.003,
    "delay": 0.002,
    "tdm_file": 0.004,
    "tdm_header": 0.004,
    "tdm_meta": 0.004,
}
#: Of the websites that moved, this share went to a company of the stock that took the firm over.
_TAKEN_OVER: Final = 0.3

HOSTS: Final = pl.Schema(
    {
        "host": pl.String(),
        "customer_id": pl.String(),
        "number": pl.Int64(),
        "behaviour": pl.String(),
        "target": pl.String(),
        "robots": pl.String(),
    }
)


@dataclass(frozen=True)
class Host:
    """A host: whose site it shows, how it behaves, and where it sends visitors who are to go elsewhere."""

    host: str
    customer_id: str
    number: int
    behaviour: str
    target: str
    robots: str


def make_hosts(companies: Sequence[Company], rng: np.random.Generator) -> tuple[Host, ...]:
    """Give each of these companies, which all have a domain, its hosts: "www." and bare, and the new ones of movers."""
    behaviours = _spread(len(companies), BEHAVIOURS, "ok", rng)
    healthy = [company for company, how in zip(companies, behaviours, strict=True) if how == "ok"]
    # What sites say to robots is spread over those that are there to say it.
    robots = dict(zip([company.number for company in healthy], _spread(len(healthy), ROBOTS, "open", rng), strict=True))
    found: list[Host] = []
    for company, behaviour in zip(companies, behaviours, strict=True):
        found += _hosts_of(company, behaviour, robots.get(company.number, "open"), healthy, rng)
    return tuple(found)


def hosts_frame(hosts: Sequence[Host]) -> pl.DataFrame:
    """Return the hosts as a table, sorted by name."""
    return pl.DataFrame([vars(host) for host in hosts], schema=HOSTS, orient="row").sort("host")


def _hosts_of(
    company: Company, behaviour: str, robots: str, healthy: Sequence[Company], rng: np.random.Generator
) -> list[Host]:
    if behaviour != "moved":
        return _pair(company, company.identity.domain, behaviour, robots)
    if healthy and rng.random() < _TAKEN_OVER:
        buyer = healthy[int(rng.integers(len(healthy)))]
        return _moved(company, f"http://www.{buyer.identity.domain}/")
    domain = company.identity.new_domain
    return [*_moved(company, f"http://www.{domain}/"), *_pair(company, domain, "ok", robots)]


def _pair(company: Company, domain: str, behaviour: str, robots: str) -> list[Host]:
    """Return the host with "www." and the bare one, which leads there; both are dead where the site is."""
    www = Host(f"www.{domain}", company.customer_id, company.number, behaviour, "", robots)
    dead = behaviour in {"unknown", "refused"}
    bare = (behaviour, "") if dead else ("bare", f"http://www.{domain}/")
    return [www, Host(domain, company.customer_id, company.number, *bare, robots)]


def _moved(company: Company, target: str) -> list[Host]:
    domain = company.identity.domain
    names = (f"www.{domain}", domain)
    return [Host(name, company.customer_id, company.number, "moved", target, "missing") for name in names]


def _spread(
    count: int, shares: dict[Behaviour, float] | dict[Robots, float], rest: str, rng: np.random.Generator
) -> list[str]:
    """Give each kind its share of the places, rounded up, at random places."""
    kinds = [kind for kind, share in shares.items() for _ in range(int(np.ceil(share * count)))]
    places = [*kinds[:count], *[rest] * (count - len(kinds))]
    return [places[int(position)] for position in rng.permutation(count)]
