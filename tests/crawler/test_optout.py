from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import OptOutFileError
from crawler.optout import OptOuts, read_opt_outs


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    """Give a list as users write it."""
    path = tmp_path / "opt-out.txt"
    lines = ["# wishes", "", "foo.de", "https://www.Bar.at/impressum?x=1  # by letter", "müller-bau.de", "*.baz.co.uk"]
    path.write_bytes("\ufeff".encode() + "\r\n".join([*lines, ".shop.qux.ch:8080/"]).encode())
    return path


@pytest.mark.parametrize(
    ("site", "line"),
    [
        ("foo.de", "opt-out.txt, line 3: foo.de"),
        ("shop.foo.de", "opt-out.txt, line 3: foo.de"),
        ("www.bar.at", "opt-out.txt, line 4: bar.at"),
        ("xn--mller-bau-q9a.de", "opt-out.txt, line 5: xn--mller-bau-q9a.de"),
        ("a.b.baz.co.uk", "opt-out.txt, line 6: baz.co.uk"),
        ("shop.qux.ch", "opt-out.txt, line 7: shop.qux.ch"),
        ("qux.ch", ""),
        ("notfoo.de", ""),
        ("foo.de.example", ""),
        ("co.uk", ""),
    ],
)
def test_a_line_covers_its_domain_and_what_lies_below(listed: Path, site: str, line: str) -> None:
    """A site is held when it or a name above it is listed, and the line that does it is named."""
    assert read_opt_outs(listed).holds(site) == line


def test_without_a_list_nobody_is_held() -> None:
    """No file means no opt-outs."""
    assert OptOuts().holds("foo.de") == ""


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("info@foo.de", "e-mail address"),
        ("mailto:info@foo.de", "e-mail address"),
        ("foo.de, bar.de", "more than one word"),
        ("Muster GmbH", "more than one word"),
        ("muster", "no domain"),
        ("foo..de", "no domain"),
        ("http://[::1", "no domain"),
        ("192.0.2.7", "no domain that one owner holds"),
        ("co.uk", "no domain that one owner holds"),
        ("-", "no domain"),
    ],
)
def test_a_line_that_is_no_domain_is_named(tmp_path: Path, entry: str, said: str) -> None:
    """What is not one domain stops the crawl with file, line and reason, and is not skipped."""
    path = tmp_path / "opt-out.txt"
    path.write_text(f"foo.de\n\n{entry}\n", encoding="utf-8")
    with pytest.raises(OptOutFileError, match=said) as error:
        read_opt_outs(path)
    assert f"{path}, line 3: " in str(error.value)


def test_a_list_in_another_encoding_or_place_is_named(tmp_path: Path) -> None:
    """A file that is not UTF-8, or not there, is named with what to do."""
    path = tmp_path / "opt-out.txt"
    path.write_bytes("foo.de\nmüller.de\n".encode("latin-1"))
    with pytest.raises(OptOutFileError, match="line 2: is not UTF-8"):
        read_opt_outs(path)
    with pytest.raises(OptOutFileError, match=r"nowhere\.txt: cannot be read"):
        read_opt_outs(tmp_path / "nowhere.txt")


@given(st.text(max_size=60))
def test_any_line_is_a_domain_or_a_clear_error(tmp_path_factory: pytest.TempPathFactory, line: str) -> None:
    """Whatever a line holds, it is covered afterwards or refused by name."""
    path = tmp_path_factory.mktemp("list") / "list.txt"
    path.write_text(line, encoding="utf-8", errors="replace", newline="")
    with suppress(OptOutFileError):
        listed = read_opt_outs(path)
        assert all(listed.holds(f"www.{name}") for name in listed.lines)


def test_a_listed_site_is_not_asked_and_loses_its_pages(web: Any, tmp_path: Path) -> None:  # noqa: ANN401 - a class of conftest.py
    """A site that is put on the list is never asked again, its pages go, and verdict and ledger name the line."""
    for name in ("foo.example", "bar.example"):
        web.sites[name] = {"/": "<html><title>x</title><p>Wir drehen und fräsen Teile aus Stahl und Aluminium.</p>"}
    assert web.crawl().pages["site"].to_list() == ["bar.example", "foo.example"]
    listed = tmp_path / "opt-out.txt"
    listed.write_text("foo.example\n", encoding="utf-8")
    web.log.clear()
    again = web.crawl(opt_out_file=str(listed))
    assert again.pages["site"].to_list() == ["bar.example"]
    assert web.log == []
    verdicts = {site: (verdict, evidence) for site, verdict, evidence, _ in again.verdicts.iter_rows()}
    assert verdicts["foo.example"][0] == "opted_out"
    assert "line 1: foo.example" in verdicts["foo.example"][1]
    assert again.reservations.select("site", "source", "effect").rows() == [("foo.example", "opt_out_file", "obeyed")]
