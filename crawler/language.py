"""The language of a text by its most frequent words; pure.

Function words make up a third of any running text, and the sets of two languages hardly meet: counting them tells the
languages of company sites apart from one or two sentences on (Grefenstette 1995, "Comparing two language
identification schemes").
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

_WORDS: Final = {
    "de": "der die das und ist nicht mit für von auf ein eine einen wir sie ihre unsere bei werden wird sind"
    " oder auch zu im dem den des als aus nach wie über ihr ihnen uns sich zum zur durch",
    "en": "the and is not with for of on an we you our your are this that from to by at or be have has it as"
    " which can will their more all",
    "fr": "le la les et est pas avec pour de sur un une nous vous notre votre des dans du au aux nos vos par"
    " qui que ou sont ce cette",
    "it": "il la le e non con per di su un una noi voi nostro della che sono dei del gli alla nel nella anche"
    " si è lo dal ai delle nostri",
    "es": "el la los las y es no con para de en un una nosotros nuestro que su sus del por se son como más al o"
    " nuestra desde",
    "nl": "de het een en is niet met voor van op wij u onze zijn worden bij naar ook aan te dat deze dit als uw"
    " door om wordt",
    "pl": "i w z na do się jest nie oraz dla od przez są to o po że jak nasze ich który lub naszej",
    "cs": "a v se na je z do pro s i že od po k jsou nebo jako při které naše vás není také jsme",
    "pt": "o a os as e é não com para de em um uma nós nosso que do da dos das no na por se são mais ou à ao",
    "da": "og i at det er en til på som af med for den vi har ikke kan fra et de vores din eller",
    "sv": "och i att det är en till på som av med för den vi har inte kan från ett de vår din eller",
    "hu": "a az és hogy nem is egy van meg ezt vagy mint de csak ez már ha még el minden",
    "tr": "ve bir bu için ile olarak de da en çok olan daha kadar sonra gibi her ya",
}
_LANGUAGES_OF: Final = {
    word: tuple(language for language, words in _WORDS.items() if word in words.split())
    for word in sorted({word for words in _WORDS.values() for word in words.split()})
}
_TOKEN: Final = re.compile(r"[^\W\d_]+")
_SAMPLE: Final = 5_000
# Fewer function words than this show no language.
_SURE: Final = 5
# So many, and so many times those of the declared language, contradict what a page declares.
_CLEAR: Final = 15
_TIMES: Final = 3
# And this share of all words where the declared language has no list, since its relatives share words with it.
_DENSE: Final = 0.2
_RELATIVES: Final = {"no": "da", "nb": "da", "nn": "da", "sk": "cs", "gl": "pt", "ca": "es", "af": "nl", "lb": "de"}
_CODE: Final = re.compile(r"^\s*([a-z]{2})(?:[-_,;\s]|$)", re.IGNORECASE)


def declared_code(value: str) -> str:
    """Return the ISO 639-1 code of a language tag such as "de-AT", "" if there is none."""
    match = _CODE.match(value)
    return match[1].lower() if match else ""


def language_of(text: str, declared: Sequence[str]) -> str | None:
    """Return the language (ISO 639-1) of a page, or None.

    The first declared one counts, unless the text clearly contradicts it: many pages carry the language of the template
    that they were made from. Without a declaration the text alone decides.
    """
    words = _TOKEN.findall(text[:_SAMPLE].lower())
    counts = Counter(language for word in words for language in _LANGUAGES_OF.get(word, ()))
    best = min(counts, key=lambda language: (-counts[language], language), default="")
    if not declared:
        return best if counts[best] >= _SURE else None
    return best if counts[best] >= _needed(declared[0], counts, len(words)) else declared[0]


def _needed(declared: str, counts: Counter[str], words: int) -> float:
    """Return how many words of another language contradict the declared one."""
    known = _RELATIVES.get(declared, declared)
    return max(_CLEAR, _TIMES * counts[known] if known in _WORDS else _DENSE * words)
