"""What a second visit asks for, and what comes back after a passing trouble."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import polars as pl

from crawler.crawl import crawl, requeue, standing

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    import pytest
    from conftest import Behaviour, Web

DAY = 86_400
HOME = '<html lang=de><body><a href="/leistungen">Leistungen</a><p>Wir drehen und fräsen Teile aus Stahl.</p></body>'
SERVICES = "<html lang=de><body><p>Drehen bis 400 mm, Fräsen auf fünf Achsen.</p></body>"


def later(monkeypatch: pytest.MonkeyPatch, days: float) -> None:
    """Let days pass."""
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + days * DAY)


def conditional(web: Web, page: str, tag: str, reply: Callable[..., bytes]) -> Behaviour:
    """Return a page that answers 304 to whoever knows its state."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        known = web.headers.get("if-none-match") == tag
        writer.write(b"HTTP/1.1 304 x\r\n\r\n" if known else reply(page, f"ETag: {tag}"))

    return answer


def test_unchanged_pages_are_asked_for_by_their_tag_and_stand(
    web: Web, reply: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A re-crawl sends what the server called its pages; 304 keeps text and pages, and only a changed page is new."""
    home = conditional(web, HOME, '"1"', reply)
    web.sites = {"gut.example": {"/": home, "/leistungen": conditional(web, SERVICES, '"2"', reply)}}
    first = web.crawl()
    later(monkeypatch, 91)
    web.sites["gut.example"] = {"/": home, "/leistungen": SERVICES.replace("fünf", "sechs")}
    second = web.crawl()
    assert second.fetches.filter(kind="home")["reason"].to_list() == ["unchanged"]
    assert second.pages.filter(kind="home")["text"].equals(first.pages.filter(kind="home")["text"])
    assert "sechs Achsen" in second.pages.filter(kind="services")["text"].item()
    assert second.verdicts["verdict"].to_list() == ["ok"]


def test_a_page_read_under_other_settings_is_asked_for_anew(
    web: Web, reply: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an unchanged page holds is read again when the settings ask for another length of text."""
    web.sites = {"gut.example": {"/": conditional(web, HOME, '"1"', reply)}}
    web.crawl(max_text_chars=10)
    later(monkeypatch, 91)
    assert "Stahl" in web.crawl(max_text_chars=1000).pages["text"].item()


def test_a_site_that_is_busy_is_taken_up_when_it_says(
    web: Web, reply: Callable[..., bytes], no_reply: Callable[..., bytes]
) -> None:
    """After 429 with Retry-After the visit goes on not before that time, in the same crawl, and ends well."""
    answers = iter([no_reply(429, "Retry-After: 1")])

    async def busy(writer: asyncio.StreamWriter) -> None:
        writer.write(next(answers, reply("<p>Wir drehen.</p>")))

    web.sites = {"busy.example": {"/": busy}}
    crawled = web.crawl(retries=1, retry_seconds=60.0, patience_seconds=20.0)
    asked = [entry.began for entry in web.log if entry.path == "/"]
    assert crawled.verdicts["verdict"].to_list() == ["ok"]
    assert asked[1] - asked[0] >= 1.0


def test_what_is_kept_before_a_trouble_stays_and_is_not_asked_for_again(
    web: Web, no_reply: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A visit put off amid its pages is taken up by a later run behind the pages that it has."""
    web.sites = {"halb.example": {"/": HOME, "/leistungen": no_reply(503)}}
    put_off = web.crawl(retries=1, retry_seconds=30.0, patience_seconds=0.0)
    assert put_off.verdicts["evidence"].item().endswith("to be tried again")
    assert put_off.pages.height == 1
    web.sites["halb.example"] = {"/": HOME, "/leistungen": SERVICES}
    assert standing(web.table(), web.config(), web.folder).waiting == 1
    later(monkeypatch, 1)
    whole = web.crawl()
    assert (whole.pages.height, web.asked("halb.example").count("/")) == (2, 1)


def test_retry_takes_only_what_may_succeed_now(
    web: Web, no_reply: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Servers that failed are made due; missing pages, refusals, and sites that asked for more time are not."""
    forbids = {"/robots.txt": "User-agent: *\nDisallow: /", "/": HOME}
    web.sites = {
        "down.example": {"/": no_reply(500)},
        "later.example": {"/": no_reply(503, "Retry-After: 7200")},
        "closed.example": forbids,
        "good.example": {"/": HOME},
        "gone.example": {},
    }
    web.crawl()
    web.sites["new.example"] = web.sites["good.example"]
    now = standing(web.table(), web.config(), web.folder)
    assert (now.done, now.due, now.retryable) == (5, 1, 1)
    assert requeue(web.table(), web.folder) == now.retryable
    web.sites["down.example"] = {"/": HOME}
    before = len(web.log)
    again = crawl(web.table(), web.config(), web.folder, progress=lambda _done, _total: None, visits="failed")
    assert {entry.host for entry in web.log[before:]} == {"down.example"}
    assert dict(again.verdicts.select("site", "verdict").iter_rows())["down.example"] == "ok"
    later(monkeypatch, 0.1)
    assert requeue(web.table(), web.folder) == 1


def test_standing_counts_every_site_once(web: Web) -> None:
    """Done, open, waiting and new sites add up to all."""
    web.sites = {"gut.example": {"/": HOME}, "neu.example": {"/": HOME}}
    web.crawl("gut.example")
    found = standing(web.table(), web.config(), web.folder)
    assert (found.total, found.done, found.due, found.verdicts) == (2, 1, 1, (("ok", 1),))
    assert isinstance(web.crawl().verdicts, pl.DataFrame)
