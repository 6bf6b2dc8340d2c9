"""What stands on the pages of a company's website; how it is laid out is the business of `demo.sites`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from potenzial.demo.companies import STREAM_PAGES, Company
from potenzial.demo.content import Content, Profile
from potenzial.demo.phrases import expand, pick, some, suited

#: Layouts, one Jinja template each.
LAYOUTS: Final = ("modern", "classic", "table", "cms", "onepage")
#: Order of the navigation; Impressum and Datenschutz stand in the footer.
NAVIGATION: Final = ("home", "about", "services", "products", "news", "contact")
#: Chance that a site has a page of this kind; the others are always there.
_CHANCES: Final = {"about": 0.9, "products": 0.8, "news": 0.6}
#: Pages of the old, small kind of site.
_ONEPAGE: Final = frozenset({"about", "news", "products"})

#: Companies founded earlier may speak of generations.
_HERITAGE_BEFORE: Final = 1985


@dataclass(frozen=True)
class Block:
    """A heading (may be empty) with paragraphs and list items below it."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    items: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """A page of a site: kind as the crawler calls it, address, title, description and blocks."""

    kind: str
    path: str
    title: str
    description: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Site:
    """A company's website: layout, addresses style, cookie hint and pages by address."""

    company: Company
    layout: str
    style: str
    cookie: str
    pages: Mapping[str, Page]

    def page_of(self, kind: str) -> Page | None:
        """Return the page of a kind, None when the site has none."""
        return next((page for page in self.pages.values() if page.kind == kind), None)


class Writer:
    """Writes the texts of one company with its own part of the random stream."""

    def __init__(self, content: Content, company: Company, seed: int) -> None:
        self.rng = np.random.default_rng([seed, STREAM_PAGES, company.number])
        self.content = content
        self.company = company
        size = company.need.headcount
        self.lines = self._mixed_lines(int(self.rng.integers(3, 6)))
        self.traits = [pick(suited(trait.lines, size), self.rng) for trait in company.need.traits]
        self._slots = self._make_slots()

    def say(self, *lines: str) -> tuple[str, ...]:
        """Expand sentence templates."""
        return tuple(expand(line, self._slots, self.rng) for line in lines)

    def one(self, options: tuple[str, ...]) -> str:
        """Expand one of the options."""
        return self.say(pick(options, self.rng))[0]

    def several(self, options: tuple[str, ...], count: int) -> tuple[str, ...]:
        """Expand up to `count` different options."""
        return self.say(*some(options, count, self.rng))

    def mixed(self, main: tuple[str, ...], beside: tuple[str, ...], count: int) -> tuple[str, ...]:
        """Expand `count` templates, most of them of the main kind."""
        foreign = some(beside, int(self.rng.integers(1, max(2, count - 1))) if beside else 0, self.rng)
        chosen = [*some(main, count - len(foreign), self.rng), *foreign]
        return self.say(*some(chosen, count, self.rng))

    def neighbour(self) -> Profile:
        """Return another profile of the trade: what the company does beside, or what others do."""
        need = self.company.need
        others = [profile for profile in need.trade.profiles if profile.key != need.profile.key]
        return need.beside or others[int(self.rng.integers(len(others)))]

    def _mixed_lines(self, count: int) -> list[str]:
        """Choose sentences on the profiles by their shares, the main one first."""
        need = self.company.need
        beside = suited(need.beside.lines, need.headcount) if need.beside else []
        extra = max(1, round(count * (1 - need.mix))) if beside else 0
        main = some(suited(need.profile.lines, need.headcount), count - extra, self.rng)
        rest = [*main[1:], *some(beside, extra, self.rng)]
        return [*main[:1], *some(rest, len(rest), self.rng)]

    def _make_slots(self) -> dict[str, str]:
        identity, need = self.company.identity, self.company.need
        return {
            "name": identity.short,
            "ort": identity.city,
            "jahr": str(self.company.founded),
            "chef": identity.chief,
            "team": str(max(2, need.headcount)),
            "nebenbei": pick(self.neighbour().items, self.rng),
        }


def write_site(content: Content, company: Company, seed: int) -> Site:
    """Write a company's website, the same one for the same seed."""
    writer = Writer(content, company, seed)
    layout = pick(LAYOUTS, writer.rng)
    style = pick(tuple(content.common.paths), writer.rng)
    paths = content.common.paths[style]
    kinds = [kind for kind in paths if _has(kind, layout, writer.rng)]
    written = {kind: _WRITERS[kind](writer) for kind in kinds if kind not in _LEGAL}
    if "about" not in kinds:
        written["home"] += _about(writer)
    if layout == "onepage":
        written["home"] += _products(writer)
    written |= {kind: _WRITERS[kind](writer) for kind in _LEGAL}
    pages = [_page(writer, kind, paths[kind], blocks) for kind, blocks in written.items()]
    return Site(company, layout, style, writer.one(content.common.cookie), {page.path: page for page in pages})


def _has(kind: str, layout: str, rng: np.random.Generator) -> bool:
    return not (layout == "onepage" and kind in _ONEPAGE) and rng.random() < _CHANCES.get(kind, 1.0)


def _page(writer: Writer, kind: str, path: str, blocks: tuple[Block, ...]) -> Page:
    title = writer.one(writer.content.common.titles[kind])
    identity = writer.company.identity
    described = kind == "home" or writer.rng.random() < 0.5  # noqa: PLR2004 - half of the subpages have one
    description = blocks[0].paragraphs[0][:155] if described and blocks[0].paragraphs else ""
    return Page(kind, path, f"{title} – {identity.name}", description, blocks)


def _home(writer: Writer) -> tuple[Block, ...]:
    profile, trade = writer.company.need.profile, writer.company.need.trade
    claim = writer.one(profile.claims) if writer.rng.random() < 0.7 else writer.company.identity.name  # noqa: PLR2004 - rest: name
    teaser = writer.say(*writer.lines[:1])
    opening = Block(claim, (writer.one(trade.intros),))
    return (
        opening,
        Block("", (*teaser, writer.one(trade.common))),
        Block("", (writer.one(writer.content.common.calls),)),
    )


def _about(writer: Writer) -> tuple[Block, ...]:
    common = writer.content.common
    old = writer.company.founded < _HERITAGE_BEFORE
    story = list(writer.several((*common.about, *common.heritage) if old else common.about, 2))
    if writer.rng.random() < 0.35:  # noqa: PLR2004 - a third of the sites say how many they are
        story.append(writer.one(common.team))
    special = (*writer.say(*writer.traits), *writer.several(common.values, 2))
    heading = pick(("Das sind wir", "Unsere Geschichte", "Menschen und Werte", "Wer wir sind"), writer.rng)
    return (
        Block(heading, tuple(story)),
        Block(pick(("Was uns wichtig ist", "Darauf kommt es an"), writer.rng), special),
    )


def _services(writer: Writer) -> tuple[Block, ...]:
    profile, trade = writer.company.need.profile, writer.company.need.trade
    common = writer.content.common
    # Lists of services promise more than a company mostly does: words of other profiles stand here too.
    items = writer.mixed(profile.items, writer.neighbour().items, 4)
    heading = pick(("Im Einzelnen", "So arbeiten wir", "Worauf Sie sich verlassen können", ""), writer.rng)
    blocks = [
        Block(pick(common.titles["services"], writer.rng), (writer.one(common.services_intro),), items),
        Block(heading, writer.say(*writer.lines[1:4])),
        Block("", writer.several(trade.common, 2)),
    ]
    if writer.rng.random() < 0.4:  # noqa: PLR2004 - words of others' needs stand here too
        blocks.append(Block("", (writer.one(common.side),)))
    return tuple(blocks)


def _products(writer: Writer) -> tuple[Block, ...]:
    profile = writer.company.need.profile
    common = writer.content.common
    rest = writer.say(*writer.lines[4:])
    beside = writer.company.need.beside
    shown = writer.mixed(profile.refs, beside.refs if beside else (), 2)
    return (Block(pick(common.titles["products"], writer.rng), (writer.one(common.references_intro), *rest), shown),)


def _news(writer: Writer) -> tuple[Block, ...]:
    texts = list(writer.several(writer.content.common.news, 3))
    if writer.traits and writer.rng.random() < 0.5:  # noqa: PLR2004 - half tell it among the news
        texts.insert(0, writer.say(writer.traits[-1])[0])
    months = ("März 2026", "Januar 2026", "November 2025", "Juni 2025")
    return tuple(Block(month, (text,)) for month, text in zip(months, texts, strict=False))


def _contact(writer: Writer) -> tuple[Block, ...]:
    identity = writer.company.identity
    lines = (f"{identity.street}, {identity.postcode} {identity.city}", f"Telefon {identity.phone}")
    return (
        Block("So erreichen Sie uns", (identity.name,), lines),
        Block("Öffnungszeiten", (writer.one(writer.content.common.hours),)),
    )


def _impressum(writer: Writer) -> tuple[Block, ...]:
    identity, number = writer.company.identity, writer.company.number
    address = (identity.street, f"{identity.postcode} {identity.city}", f"Telefon: {identity.phone}")
    # An all-zero range: these numbers are nobody's.
    register = (f"Registergericht: {identity.city}, HRB 000{number:05d}", f"USt-IdNr.: DE000{number:06d}")
    return (
        Block("Angaben gemäß § 5 DDG", (identity.name,), (*address, f"E-Mail: {identity.mailbox}@{identity.domain}")),
        Block("Vertreten durch", (identity.chief,), register),
        Block("Haftung und Streitbeilegung", writer.content.common.liability),
    )


def _privacy(writer: Writer) -> tuple[Block, ...]:
    identity = writer.company.identity
    responsible = f"Verantwortlich ist {identity.name}, {identity.street}, {identity.postcode} {identity.city}."
    return (Block("Datenschutz auf einen Blick", (responsible, *writer.content.common.privacy)),)


_LEGAL: Final = ("impressum", "privacy")
_WRITERS: Final = {
    "home": _home,
    "about": _about,
    "services": _services,
    "products": _products,
    "news": _news,
    "contact": _contact,
    "impressum": _impressum,
    "privacy": _privacy,
}
