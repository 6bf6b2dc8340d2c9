"""How an explanation looks on the terminal."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from potenzial.report.numbers import Numbers
from scoring.config import Target
from scoring.explain import Explanation, PeerFact, PhraseFact
from scoring.target import named

_NUMBERS = Numbers("en")


def shown(found: Explanation, target: Target = "revenue") -> RenderableType:
    """Show facts, decomposition, peers, phrases, and the reasons in both languages."""
    parts: list[RenderableType] = [Text(f"{found.name} ({found.customer_id})", style="bold"), _facts(found, target)]
    parts += [_decomposition(found)] if any(found.factors.values()) else []
    parts += [_peers(found.peers, target)] if found.peers else []
    parts += [_phrases(found.phrases)] if found.phrases else []
    return Group(*parts, _reasons(found))


def _facts(found: Explanation, target: Target) -> Table:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for label, value in _fact_rows(found):
        if value:
            table.add_row(named(label, target), Text(value))
    return table


def _fact_rows(found: Explanation) -> tuple[tuple[str, str], ...]:
    return (
        ("place", found.city or ""),
        ("industry", found.industry_en or ""),
        ("headcount", "" if found.headcount is None else f"{found.headcount:,.0f}"),
        ("website", found.website or ""),
        ("known from", found.basis or ""),
        ("last purchase", str(found.last_purchase or "")),
        ("revenue, 12 months", _money(found.revenue)),
        ("best of three years", _money(found.revenue_best)),
        ("potential", _potential(found)),
        ("expected headroom", _money(found.headroom_expected)),
        ("typical of its kind", _money(found.typical)),
        ("class", f"{found.class_revenue} today, {found.class_potential} by potential"),
        ("chances", ", ".join(f"{name} {chance:.0%}" for name, chance in found.chances.items() if chance is not None)),
        ("confidence", found.confidence or ""),
        ("action", found.action),
    )


def _potential(found: Explanation) -> str:
    if found.potential is None:
        return "no data basis"
    span = _NUMBERS.money_range(found.potential_low, found.potential_high)
    return f"{_money(found.potential)} a year (wallet with 80 % chance {span})"


def _money(value: float | None) -> str:
    return "" if value is None else _NUMBERS.money(value)


def _decomposition(found: Explanation) -> Text:
    """How the typical customer's EUR become those typical of this one: "industry x2.90 = +€19k"."""
    parts = [
        f"{name} x{factor:.2f} = {'+' * ((found.euros[name] or 0.0) >= 0)}{_money(found.euros[name])}"
        for name, factor in found.factors.items()
        if factor is not None
    ]
    return Text(f"\nFrom the stock's typical {_money(found.euros['base'])}: " + ", ".join(parts))


def _peers(peers: tuple[PeerFact, ...], target: Target) -> Table:
    buys = {"revenue": "buys a year", "margin": "brings a year"}[target]
    table = Table("similar customer", "id", "class", buys, "similarity", title="\nPeers", title_justify="left")
    for peer in peers:
        band = f"{peer.similarity:.2f} {peer.band_en}"
        table.add_row(peer.name, peer.customer_id, peer.class_revenue, peer.revenue_en, band)
    return table


def _phrases(phrases: tuple[PhraseFact, ...]) -> Table:
    table = Table("phrase", "stands in", "shared with", title="\nPhrases of its own text", title_justify="left")
    for phrase in phrases:
        table.add_row(phrase.phrase, phrase.url or phrase.kind_en, ", ".join(phrase.shared_with))
    return table


def _reasons(found: Explanation) -> Text:
    said = Text("\n")
    for title, reasons, against in (
        ("Reasons", found.reasons_en, found.against_en),
        ("Gründe", found.reasons_de, found.against_de),
    ):
        said.append(f"{title}\n", style="bold")
        said.append("".join(f"  + {reason}\n" for reason in reasons) + f"  - {against}\n")
    return said
