"""Numbers, money, shares and dates as German and English readers write them."""

import math
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

Language = Literal["de", "en"]

#: Stands for a value that is not known.
UNKNOWN: Final = "–"
_SPACE: Final = "\N{NO-BREAK SPACE}"
_MINUS: Final = "\N{MINUS SIGN}"
#: From here on the next larger unit is used.
_NEXT_UNIT: Final = 1000
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class _Unit:
    """EUR in a unit; from `coarse` of it on a decimal place says nothing any more, and `trims` drops a zero."""

    size: float
    coarse: float
    trims: bool
    german: str
    english: str

    def places(self, value: float) -> int:
        """Decimal places of an amount of EUR: one at most, and none where a small amount would end in a zero."""
        scaled = round(abs(value) / self.size, 1)
        return 0 if scaled >= self.coarse or (self.trims and scaled.is_integer()) else 1


_EURO: Final = _Unit(1, 0, trims=True, german="€", english="")
_THOUSAND: Final = _Unit(1e3, 10, trims=True, german="T€", english="k")
_MILLION: Final = _Unit(1e6, 100, trims=False, german="Mio.\N{NO-BREAK SPACE}€", english="m")
_BILLION: Final = _Unit(1e9, 100, trims=False, german="Mrd.\N{NO-BREAK SPACE}€", english="bn")


def _unit(value: float) -> _Unit:
    """The unit whose *rounded* amount stays below the next unit, so that 999,999 EUR is 1.0 million."""
    units = (_EURO, _THOUSAND, _MILLION)
    return next((unit for unit in units if round(abs(value) / unit.size) < _NEXT_UNIT), _BILLION)


@dataclass(frozen=True)
class Numbers:
    """Writes values for readers of one language; an unknown or infinite value is written as a dash."""

    language: Language

    def decimal(self, value: float | None, places: int = 0) -> str:
        """`1.234,5` in German, `1,234.5` in English; negative numbers carry a true minus sign."""
        if value is None or not math.isfinite(value):
            return UNKNOWN
        text = f"{abs(value):,.{places}f}"
        if self.language == "de":
            text = text.translate({ord(","): ".", ord("."): ","})
        return _MINUS + text if value < 0 and float(f"{value:.{places}f}") != 0 else text

    def count(self, value: int) -> str:
        """A number of things."""
        return self.decimal(value)

    def euro(self, value: float | None) -> str:
        """Whole EUR: `1.234 €` in German, `€1,234` in English."""
        return self._amount(value, _EURO)

    def money(self, value: float | None) -> str:
        """EUR in two to three digits: `850 €`, `6,5 T€`, `45 T€`, `1,2 Mio. €`; `€850`, `€6.5k`, `€45k`, `€1.2m`."""
        if value is None or not math.isfinite(value):
            return UNKNOWN
        return self._amount(value, _unit(value))

    def money_range(self, low: float | None, high: float | None) -> str:
        """Two amounts in EUR, German ones in the same unit name it once: `45–90 T€`."""
        if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
            return UNKNOWN
        if self.money(low) == self.money(high):
            return self.money(high)
        if self.language == "de" and _unit(low) == _unit(high):
            return f"{self._amount(low, _unit(low)).split(_SPACE)[0]}–{self.money(high)}"
        return f"{self.money(low)}–{self.money(high)}"

    def percent(self, share: float | None, places: int = 0) -> str:
        """`12 %` in German, `12%` in English; only exactly none or all is written as 0 or 100."""
        if share is None or not math.isfinite(share):
            return UNKNOWN
        step = 10.0**-places
        rounded = float(f"{share * 100:.{places}f}")
        if rounded == 0 and share > 0:
            return f"<{_SPACE}{self._share(step, places)}"
        if rounded == 100 and share < 1:  # noqa: PLR2004 - the whole, in percent
            return f">{_SPACE}{self._share(100 - step, places)}"
        return self._share(share * 100, places)

    def day(self, value: date) -> str:
        """`05.11.2026` in German, `5 Nov 2026` in English, whatever the locale of the machine."""
        if self.language == "de":
            return f"{value.day:02d}.{value.month:02d}.{value.year}"
        return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"

    def seconds(self, value: float) -> str:
        """A duration: seconds below two minutes, minutes below two hours, then hours."""
        for size, unit in ((3600, "h"), (60, "min")):
            if value >= 2 * size:
                return f"{self.decimal(value / size, 1)}{_SPACE}{unit}"
        return f"{self.decimal(value, 1)}{_SPACE}s"

    def _share(self, percent: float, places: int) -> str:
        mark = f"{_SPACE}%" if self.language == "de" else "%"
        return self.decimal(percent, places) + mark

    def _amount(self, value: float | None, unit: _Unit) -> str:
        if value is None or not math.isfinite(value):
            return UNKNOWN
        text = self.decimal(value / unit.size, unit.places(value))
        if self.language == "de":
            return f"{text}{_SPACE}{unit.german}"
        sign = _MINUS if text.startswith(_MINUS) else ""
        return f"{sign}€{text.removeprefix(_MINUS)}{unit.english}"
