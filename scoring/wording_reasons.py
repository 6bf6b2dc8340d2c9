"""Which sentences hold for a customer, as Polars expressions in order of weight; a sentence that does not hold is null.

The columns are those of the classified stock with `action` (`scoring.actions`), the evidence (`scoring.evidence`) and
the figures written out by `with_figures`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from scoring.actions import is_negative, is_rated, is_unbooked, reference_date
from scoring.classes import is_active
from scoring.wording import Words, capital, count, decimal, money, month, one_line, quote

_EXACT: Final = 1 + 1e-6
_LABEL_CHARS: Final = 45
#: A best year is worth a word when it was a quarter above today's revenue.
_FORMERLY_MORE: Final = 1.25
#: ... and a tenth of the potential.
_WORTH_A_WORD: Final = 0.1
#: Median and high quantile are worth telling apart from this ratio on.
_APART: Final = 1.1
_FACTOR_MORE: Final = 1.3
_FACTOR_LESS: Final = 0.75
_MOST: Final = 2 / 3
_FEW_PEERS: Final = 3
_WIDE_AT_LEAST: Final = 2.0
_WIDE_SHARE: Final = 0.8
_STALE_DAYS: Final = 548
_LONG_AGO_DAYS: Final = 3 * 365
_EUR_COLUMNS: Final = ("revenue", "revenue_best", "typical", "potential", "potential_low", "potential_high")


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual in a stock: the day it is up to date to, its home country, the ratio that makes a range wide."""

    as_of: date | None
    country: str | None
    wide: float


def usual(stock: pl.DataFrame, as_of: date | None = None) -> Usual:
    """Measure what is usual in a stock, so that only what is unusual counts against a customer.

    Args:
        stock: the classified stock; `country` may be absent.
        as_of: day of the export; None takes the newest purchases for it.

    Returns:
        The usual values; `country` is None unless more than half of the customers state the same ISO 3166 code.
    """
    ratio = stock.select(_range_ratio()).to_series().drop_nulls()
    wide = ratio.quantile(_WIDE_SHARE, "nearest") or _WIDE_AT_LEAST
    return Usual(as_of or reference_date(stock["last_purchase"]), _home(stock), max(wide, _WIDE_AT_LEAST))


def _home(stock: pl.DataFrame) -> str | None:
    if "country" not in stock.columns or stock.is_empty():
        return None
    code = stock["country"].mode().sort()[0]
    known = code is not None and len(code) == len("DE")
    return code if known and (stock["country"] == code).mean() > 1 / 2 else None


def _range_ratio() -> pl.Expr:
    low = pl.col("potential_low")
    return pl.when(low > 0).then(pl.col("potential_high") / low)


def tidied(frame: pl.DataFrame) -> pl.DataFrame:
    """Make text from outside fit for sentences, and note what is known of each customer.

    Args:
        frame: classified customers with evidence.

    Returns:
        The frame with `industry_label`, `industry_label_en` and `website` on one line or null, `headcount` whole and
        above zero or null, and the Boolean columns `knows_text`, `knows_any` and `pooled` (no factor is known, as the
        model compared with all active customers).
    """
    stated = pl.col("basis").str.contains("text", literal=True)
    staff = pl.col("headcount").fill_nan(None).round(0)
    clean = frame.with_columns(
        *(one_line(pl.col(name), _LABEL_CHARS).alias(name) for name in ("industry_label", "industry_label_en")),
        website=one_line(pl.col("website")),
        headcount=pl.when(staff > 0).then(staff),
        knows_text=(stated | (pl.col("peers_known") > 0) | pl.col("phrase_1").is_not_null()).fill_null(value=False),
    )
    known = pl.col("industry_label").is_not_null() | pl.col("headcount").is_not_null()
    factors = pl.all_horizontal(pl.col("factor_industry", "factor_headcount", "factor_text").is_null())
    return clean.with_columns(knows_any=pl.col("knows_text") | known, pooled=factors)


def with_figures(frame: pl.DataFrame, words: Words) -> pl.DataFrame:
    """Write out once the figures that several sentences name.

    Args:
        frame: from `tidied`.
        words: the language.

    Returns:
        The frame with a text column `said_` for each EUR column and `said_last`, and `said_today`.
    """
    figures = [money(pl.col(name), words).alias(f"said_{name}") for name in _EUR_COLUMNS]
    last = month(pl.col("last_purchase"), words).alias("said_last")
    # Lazy, because only the optimiser computes the shared parts of these expressions once.
    return frame.lazy().with_columns(*figures, last).with_columns(said_today=_today(words)).collect()


def reasons(words: Words, stock: Usual) -> list[pl.Expr]:
    """Every reason for the rating or the action, weightiest first; where none holds, what the customer buys today."""
    weighed = _reasons(words, stock)
    silent = pl.all_horizontal(sentence.is_null() for sentence in weighed)
    return [*weighed, _said(silent, capital(_figure("today")))]


def _reasons(words: Words, stock: Usual) -> list[pl.Expr]:
    return [
        _said(~is_rated() & ~pl.col("knows_any"), pl.lit(words.unknown)),
        _said(~is_rated() & pl.col("knows_any"), pl.lit(words.no_comparison)),
        _said(~is_rated() & ~pl.col("knows_text"), pl.format(words.silent_site, pl.col("website"))),
        _said(is_rated() & is_negative(), pl.format(words.negative, _figure("revenue"))),
        _said(is_unbooked(stock.as_of), pl.format(words.unbooked, _figure("last"))),
        _said(_is_checked_outlier(), _outlier(words)),
        _said(~is_rated(), capital(_figure("today"))),
        _said(
            _is_past_best() & ~_is_checked_outlier(),
            pl.format(words.best_year_today, _figure("revenue_best"), _figure("today")),
        ),
        _said(is_rated() & (pl.col("peer_band") != "somewhat") & ~_text_lowers(), _peers(words)),
        _said(is_rated() & ~_is_checked_outlier(), _with_facts(_comparison(words), words)),
        _phrases_shared(words),
        _said(is_rated() & (pl.col("peer_band") == "somewhat") & ~_text_lowers(), _peers(words)),
        _said(is_rated() & _had_better_year(), pl.format(words.best_year, _figure("revenue_best"))),
        *(_said(~_is_doubted(name), said) for name, said in _factors(words.more, words, more=_FACTOR_MORE).items()),
        _said(pl.col("phrase_peer").is_null() & ~_text_lowers(), _phrases(words)),
    ]


def against(words: Words, stock: Usual) -> list[pl.Expr]:
    """Every reason against the rating, weightiest first; the last one always holds."""
    return [
        _said(
            ~is_rated(),
            pl.when(pl.col("knows_any")).then(pl.lit(words.no_rating)).otherwise(pl.lit(words.complete_first)),
        ),
        _said(_is_checked_outlier(), pl.lit(words.poor_comparison)),
        *_purchases_against(words, stock.as_of),
        _said(pl.col("pooled"), pl.lit(words.pooled)),
        *_knowledge_against(words),
        _said(_has_weak_peers(), pl.format(words.weak_peers, pl.col("peers_c"), pl.col("peers_known"))),
        _said(_has_no_close_peer(), pl.lit(words.no_close_peer)),
        *_factors(words.less, words, less=_FACTOR_LESS).values(),
        _abroad(words, stock.country),
        _said(_range_ratio() > stock.wide, _range(words)),
        _said(~pl.col("knows_text"), pl.lit(words.no_text)),
        _said(pl.col("headcount").is_null(), pl.lit(words.no_headcount)),
        _said(pl.col("typical") < pl.col("potential"), pl.format(words.half_below, _figure("typical"))),
        pl.lit(words.unknown_suppliers),
    ]


def _said(condition: pl.Expr, sentence: pl.Expr) -> pl.Expr:
    return pl.when(condition).then(sentence)


def _figure(name: str) -> pl.Expr:
    return pl.col(f"said_{name}")


# Revenue, now and before.


def _today(words: Words) -> pl.Expr:
    """What the customer buys now, never hiding that it buys nothing."""
    now = _figure("revenue")
    last = _figure("last")
    lapsed = pl.coalesce(
        pl.format(words.today_last, now, last),
        _said(pl.col("revenue_best") > 0, pl.format(words.today_best, now, _figure("revenue_best"))),
        pl.format(words.never, now),
    )
    silent = pl.coalesce(pl.format(words.unreported_last, last), pl.lit(words.unreported))
    idle = pl.when(pl.col("revenue").is_null()).then(silent).otherwise(lapsed)
    return pl.when(is_active()).then(pl.format(words.today, now)).otherwise(idle)


def _had_better_year() -> pl.Expr:
    """Whether an earlier year is worth a word although the potential rests on comparable customers."""
    best = pl.col("revenue_best")
    worth = (best >= _WORTH_A_WORD * pl.col("potential")) & (_is_checked_outlier() | ~_is_past_best())
    return (_bought_more() & worth).fill_null(value=False)


def _bought_more() -> pl.Expr:
    best, now = pl.col("revenue_best"), pl.max_horizontal(pl.col("revenue").fill_null(0.0), 0.0)
    return (best > 0) & (best >= _FORMERLY_MORE * now)


def _is_at_floor() -> pl.Expr:
    """Whether the potential is the customer's own best year, which exceeds what comparable customers suggest."""
    best = pl.col("revenue_best")
    return ((best > 0) & (pl.col("potential") <= best * _EXACT)).fill_null(value=False)


def _is_past_best() -> pl.Expr:
    return (_is_at_floor() & _bought_more()).fill_null(value=False)


def _is_checked_outlier() -> pl.Expr:
    """Whether the action is "check" because of the comparison: the other rules do not reach rated active customers."""
    return (pl.col("action") == "check") & is_rated() & is_active()


# Comparable customers.


def _comparison(words: Words) -> pl.Expr:
    """Typical is the median of comparable customers, potential their high quantile, unless the floor raised it."""
    typical, potential, today = _figure("typical"), _figure("potential"), _figure("today")
    who = pl.when(pl.col("pooled")).then(pl.lit(words.everyone)).otherwise(pl.lit(words.comparable))
    apart = pl.col("potential") >= _APART * pl.col("typical")
    at_top = is_active() & (pl.col("revenue") * _EXACT >= pl.col("potential"))
    beyond = pl.col("typical") > pl.col("revenue").fill_null(0.0)
    return (
        pl.when(at_top)
        .then(pl.format(words.at_top, _figure("revenue"), who, typical))
        .when(_is_at_floor())
        .then(pl.coalesce(_said(beyond, pl.format(words.typical_only, who, typical)), _near_best(words)))
        .when(apart)
        .then(pl.format(words.range, who, typical, potential, today))
        .otherwise(pl.format(words.strong_only, who, potential, today))
    )


def _near_best(words: Words) -> pl.Expr:
    near = is_active() & ~_is_past_best()
    return _said(near, pl.format(words.near_best, _figure("revenue"), _figure("revenue_best")))


def _outlier(words: Words) -> pl.Expr:
    return _with_facts(pl.format(words.outlier, _figure("revenue"), _figure("typical")), words)


def _with_facts(sentence: pl.Expr, words: Words) -> pl.Expr:
    staff = pl.col("headcount")
    size = (
        pl.when(staff == 1)
        .then(pl.lit(words.one_person))
        .when(staff > 1)
        .then(pl.format(words.headcount, count(staff, words)))
    )
    facts = pl.concat_str(size, _industry(words), separator=", ", ignore_nulls=True)
    return capital(
        pl.when((facts == "") | pl.col("pooled")).then(sentence).otherwise(pl.format("{}: {}", facts, sentence))
    )


def _industry(words: Words) -> pl.Expr:
    """The industry in the language, or in German where it has no English name."""
    german = pl.col("industry_label")
    return german if words.code == "de" else pl.coalesce("industry_label_en", german)


def _peers(words: Words) -> pl.Expr:
    letter, first, second = pl.col("peer_class"), pl.col("peer_1"), pl.col("peer_2")
    named = pl.coalesce(pl.format(words.two_peers, letter, first, second), pl.format(words.one_peer, letter, first))
    return pl.coalesce(
        *(_said(pl.col("peer_band") == band, pl.format(text, named)) for band, text in words.peers.items())
    )


def _has_weak_peers() -> pl.Expr:
    """Whether similar customers buy little, unless they buy much for their size, which the text factor tells."""
    most = pl.col("peers_c") >= _MOST * pl.col("peers_known")
    raised = (pl.col("factor_text") >= _FACTOR_MORE).fill_null(value=False)
    return (pl.col("peers_known") >= _FEW_PEERS) & most & (pl.col("class_potential") != "C") & ~raised


def _has_no_close_peer() -> pl.Expr:
    return pl.col("closest").is_in(["somewhat", "hardly"]).fill_null(value=False)


def _text_lowers() -> pl.Expr:
    """Whether the text speaks against demand: then likeness and phrases are no reasons for it."""
    return (pl.col("factor_text") <= _FACTOR_LESS).fill_null(value=False)


def _is_doubted(factor: str) -> pl.Expr:
    """Whether a factor rests on the likeness to customers that are not really alike."""
    return _has_no_close_peer() if factor == "factor_text" else pl.lit(value=False)


# What websites and notes say.


def _phrases(words: Words) -> pl.Expr:
    first, second = quote(pl.col("phrase_1"), words), quote(pl.col("phrase_2"), words)
    both = pl.coalesce(pl.format(words.two, first, second), first)
    kind = pl.col("phrase_kind").replace_strict(dict(words.kinds), default=words.kinds["other"], return_dtype=pl.String)
    own = pl.col("phrase_kind").fill_null("own") == "own"
    return pl.when(own).then(pl.format(words.own_names, both)).otherwise(pl.format(words.site_names, both, kind))


def _phrases_shared(words: Words) -> pl.Expr:
    return pl.format(words.like_peer, _phrases(words), pl.col("phrase_peer"))


# The factors of the model.


def _factors(texts: Mapping[str, str], words: Words, *, more: float = 0.0, less: float = 1e9) -> dict[str, pl.Expr]:
    return {
        name: _said(pl.col(name).is_between(more, less), pl.format(text, decimal(pl.col(name), words)))
        for name, text in texts.items()
    }


# What speaks against a rating.


def _purchases_against(words: Words, as_of: date | None) -> list[pl.Expr]:
    last = pl.col("last_purchase")
    day = pl.lit(as_of, pl.Date)
    stale = is_active() & (last < day - pl.duration(days=_STALE_DAYS))
    old = ~is_active() & (last < day - pl.duration(days=_LONG_AGO_DAYS))
    never = ~is_active() & last.is_null() & (pl.col("revenue_best").fill_null(0.0) <= 0)
    return [
        _said(stale, pl.format(words.stale_purchase, _figure("last"))),
        _said(old, pl.format(words.old_purchase, _figure("last"))),
        _said(never, pl.lit(words.no_purchase)),
    ]


def _knowledge_against(words: Words) -> list[pl.Expr]:
    silent, industry, headcount = ~pl.col("knows_text"), pl.col("industry_label"), pl.col("headcount")
    return [
        _said(silent & ~industry.is_null() & headcount.is_null(), pl.lit(words.only_industry)),
        _said(silent & industry.is_null() & ~headcount.is_null(), pl.lit(words.only_headcount)),
    ]


def _abroad(words: Words, home: str | None) -> pl.Expr:
    code, most = pl.col("country"), pl.lit(home, pl.String)
    return _said((code.str.len_chars() == len("DE")) & (code != most), pl.format(words.abroad, code, most))


def _range(words: Words) -> pl.Expr:
    return pl.format(words.wide, _figure("potential_low"), _figure("potential_high"))
