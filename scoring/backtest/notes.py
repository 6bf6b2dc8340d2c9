"""What a reader of a back-test has to know, in German and English."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from scoring.backtest.customers import Then
from scoring.history import History


class Note(NamedTuple):
    """The same remark in German and English."""

    de: str
    en: str


_EFFORT: Final = Note(
    de="Besuche und Angebote sind nicht zufällig verteilt: Wer besucht wurde, kaufte vielleicht deshalb mehr. Der"
    " Rückblick zeigt, wer wuchs, nicht, was ein Besuch bewirkt hätte. Das zeigt erst ein Versuch mit ausgeloster"
    " Vergleichsgruppe (potenzial experiment).",
    en="Visits and offers are not spread at random: who was visited may have bought more for that reason. The back-test"
    " shows who grew, not what a visit would have done. Only an experiment with a drawn comparison group shows that"
    " (potenzial experiment).",
)
_LOOK_AHEAD: Final = Note(
    de="Websites, Mitarbeiterzahlen und Branchen sind die von heute. Was sich seither geändert hat, etwa das Wachstum"
    " selbst, wusste damals niemand: Der Rückblick sieht dadurch eher zu gut aus.",
    en="Websites, headcounts and industries are those of today. What changed since, growth itself for one, nobody knew"
    " then: the back-test rather looks too good for that.",
)
_SURVIVORS: Final = Note(
    de="Kunden, die seither aus dem Bestand gelöscht wurden, fehlen; auch das lässt den Rückblick zu gut aussehen.",
    en="Customers that were deleted from the stock since are missing, which makes the back-test look too good as well.",
)
_CHANCE: Final = Note(
    de="Wer in einem Jahr wenig kauft, kauft im nächsten im Mittel mehr, auch ohne Zutun (Rückkehr zur Mitte). Deshalb"
    " stehen einfache Reihenfolgen und ähnliche, nicht ausgewählte Kunden daneben.",
    en="Who buys little in one year buys more in the next on average, without any doing (regression to the mean). So"
    " plain orders and customers alike that were not chosen stand beside.",
)


def notes(then: Then, history: History, year: int) -> Mapping[str, tuple[str, ...]]:
    """Say what limits the figures: effort, look ahead, who is missing, and how long the records reach back."""
    told = [_EFFORT, _LOOK_AHEAD, _SURVIVORS, _CHANCE]
    told += [_newcomers(then, year)] if then.newcomers else []
    told += [_new(then)] if then.new.any() else []
    told += [_short(history, year)] if history.recorded.start >= history.year(year).start else []
    return {"de": tuple(note.de for note in told), "en": tuple(note.en for note in told)}


def _newcomers(then: Then, year: int) -> Note:
    revenue = round(then.newcomer_revenue)
    return Note(
        de=f"{_dots(then.newcomers)} Kunden kauften erst nach {year} zum ersten Mal ({_dots(revenue)} EUR im"
        " Folgejahr). Sie bleiben außer Betracht, denn ob ihre Adresse damals im Bestand war, weiß niemand.",
        en=f"{then.newcomers:,} customers bought for the first time after {year} only (EUR {revenue:,} in the next"
        " year). They are left out, for nobody knows whether the stock held their address then.",
    )


def _new(then: Then) -> Note:
    count = int(then.new.sum())
    return Note(
        de=f"Bei {_dots(count)} Kunden, die im Jahr neu waren, ist der Umsatz auf zwölf Monate hochgerechnet, bei"
        " wenigen Bestellungen also unsicher; gelernt wird von ihnen nicht.",
        en=f"Revenue of {count:,} customers that were new in the year is scaled to twelve months, which is uncertain"
        " with few orders; nothing is learnt from them.",
    )


def _short(history: History, year: int) -> Note:
    start = history.recorded.start
    return Note(
        de=f"Die Käufe sind erst ab {start:%d.%m.%Y} verzeichnet: Wer {year} neu war und wer schlief, ist nicht zu"
        " erkennen.",
        en=f"Purchases are recorded from {start} on only: who was new in {year} and who was asleep cannot be told.",
    )


def _dots(number: int) -> str:
    return f"{number:,}".replace(",", ".")
