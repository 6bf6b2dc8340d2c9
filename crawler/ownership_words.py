"""How the evidence of ownership is told, in English and German."""

from collections.abc import Iterable
from typing import Final

import msgspec

_MAX_TEXT: Final = 300


class Said(msgspec.Struct, frozen=True):
    """A sentence or a part of one, in both languages; `{}` are gaps."""

    en: str
    de: str

    def of(self, *values: "str | Said") -> "Said":
        """Fill the gaps in their order; what is said in both languages goes into each as that language says it."""
        return Said(*(getattr(self, name).format(*_in(name, values)) for name in ("en", "de")))


def _in(language: str, values: Iterable["str | Said"]) -> Iterable[str]:
    return (value if isinstance(value, str) else getattr(value, language) for value in values)


def listed(parts: Iterable[Said]) -> Said:
    """Put parts behind each other, as short as a table's cell may be."""
    known = [part for part in parts if part.en]
    return Said(*("; ".join(getattr(part, name) for part in known)[:_MAX_TEXT] for name in ("en", "de")))


NOTHING: Final = Said("", "")
NAMES: Final = Said("{} names {}", "{} nennt {}")
#: Where a name was read (`crawler.imprint.Imprint.source`); those that are not here are called alike.
SOURCES: Final = {"contact page": Said("contact page", "Kontaktseite")}
VAT_AGREES: Final = Said("VAT id {} as in the address file", "USt-IdNr. {} wie in der Adressdatei")
REGISTER_AGREES: Final = Said("register number {} as in the address file", "Registernummer {} wie in der Adressdatei")
VAT_DIFFERS: Final = Said("VAT id {}, but {} in the address file", "USt-IdNr. {}, in der Adressdatei aber {}")
AND: Final = Said("the name {}, {}", "Name {}, {}")
BUT: Final = Said("the name {}, but {}", "Name {}, aber {}")
AND_A_PAGE: Final = Said("the name {}, and a page names {}", "Name {}, und eine Seite nennt {}")
OTHERS: Final = Said(
    "name and place are others than in the address file", "Name und Ort sind andere als in der Adressdatei"
)
OTHERS_UNPROVEN: Final = Said(
    "name and place are others, but no Impressum says so", "Name und Ort sind andere, es steht aber in keinem Impressum"
)
OTHERS_BUT_A_PAGE: Final = Said(
    "name and place are others, but a page names {}", "Name und Ort sind andere, eine Seite nennt aber {}"
)
NO_COMPANY: Final = Said("the Impressum names no company", "das Impressum nennt keine Firma")
NO_IMPRESSUM: Final = Said("no Impressum was found", "kein Impressum gefunden")
BUT_A_PAGE: Final = Said("{}, but a page names {}", "{}, eine Seite nennt aber {}")
BUT_A_PAGE_AND_DOMAIN: Final = Said(
    "{}, but a page names {}, and the domain sounds like it",
    "{}, eine Seite nennt aber {}, und die Domain klingt danach",
)
AGREES: Final = Said("agrees", "stimmt überein")
AGREES_IN_PART: Final = Said("agrees in part", "stimmt teilweise überein")
SHARES_A_WORD: Final = Said("shares a word", "hat ein Wort gemeinsam")
ANOTHER: Final = Said("is another one", "ist ein anderer")
POSTCODE_AGREES: Final = Said("the postcode agrees", "PLZ stimmt überein")
CITY_AGREES: Final = Said("the city agrees", "Ort stimmt überein")
NO_PLACE: Final = Said("no place is known to compare", "kein Ort zum Vergleichen bekannt")
ANOTHER_PLACE: Final = Said("the place is another one", "der Ort ist ein anderer")
