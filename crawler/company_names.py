"""Names of companies as people write them: which words tell one company from another, and how far two names agree."""

import itertools
import re
import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher
from enum import IntEnum
from typing import Final

import msgspec

_MAX_NAME: Final = 200
_MAX_WORDS: Final = 16
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "œ": "oe"})

#: Legal forms as they stand in texts, the longer ones first.
LEGAL_FORM: Final = (
    r"(?:(?:g?GmbH|GesmbH|mbH|AG|SE|UG(?:\s?\(haftungsbeschr(?:ä|ae)nkt\))?|Aktiengesellschaft|Stiftung)\s?(?:&|und|u\.|\+)\s?"
    r"Co\.?(?:\s?(?:KGaA|KG|OHG|OG|Kommanditgesellschaft))?"
    r"|g?GmbH|GesmbH|Ges\.\s?m\.\s?b\.\s?H\.?|mbH|[Gg]esellschaft mit beschr(?:ä|ae)nkter Haftung"
    r"|UG(?:\s?\(haftungsbeschr(?:ä|ae)nkt\))?|Aktiengesellschaft|AG|SE|(?:&\s?Co\.?\s?)?(?:KGaA|KG|OHG|OG)"
    r"|Kommanditgesellschaft|KEG|GesbR|GbR|e\.\s?K(?:fr|fm)?\.?|eK|e\.\s?U\.|eG|e\.\s?G\.|e\.\s?V\.|PartG(?:\s?mbB)?|PartGmbB"
    r"|Ltd\.?|Limited|Inc\.?|LLC|SA|S\.A\.|S[àa]rl|S\.à\s?r\.l\.|Sagl|[Ss]\.?r\.?l\.|S\.p\.A\.|B\.V\.|N\.V\.)"
)
#: What says nothing of who is meant: legal forms (in the plain form of names), titles and little words.
_EMPTY: Final = re.compile(
    r"(?<![a-z0-9.])(?:g?gmbh|g?mbh|gesmbh|ges(?:ellschaft)?\.? m(?:it)?\.? b(?:eschraenkter)?\.? h(?:aftung)?"
    r"|ug|haftungsbeschraenkt|aktiengesellschaft|ag|se|kgaa|kg|kommanditgesellschaft|ohg|oeg|og|keg|gesbr|gbr"
    r"|partg|partgmbb|mbb|e\.? ?k|ekfr|ekfm|e\.? kfr|e\.? kfm|e\.? ?u|e\.? ?g|e\.? ?v|i\. ?l|i\. ?g|ltd|limited|inc|llc"
    r"|sarl|s\.? a\.? r\.? l|s\.? a|sa|sagl|spa|s\.? p\.? a|srl|s\.? r\.? l|b\.? v|n\.? v|co|cie|cokg|einzelunternehmen"
    r"|und|u|and|firma|fa|inh|inhaber|inhaberin|herr|herrn|frau|dr|prof|dipl|ing|mag|bsc|msc|the|der|die|das)\.?"
    r"(?![a-z0-9])"
)
#: Words of trades, sizes and regions that thousands of companies share.
_COMMON: Final = re.compile(
    r"(?:[a-z]*(?:bau|bauten|technik|techniken|technology|technologi(?:en?|es)|services?|dienste?|handel|handels|vertriebs?"
    r"|systeme?|systems|anlagen|logistik|transporte?|reinigung|verwaltungs?|beteiligungs?|gesellschaft|verarbeitung"
    r"|bearbeitung|fertigung|produktions?|werke?|fabrik|industrie|industrial|montagen?|planung|beratung|betriebe?"
    r"|meister|zentrum|center|shop|markt|buero|mechanik|automation|engineering)"
    r"|spedition|elektro|elektrik|elektronik|sanitaer|heizungs?|lueftung|klima|dach|cnc|solar|metall|stahl|holz|installation"
    r"|installationen|kunststoffe?|maschinen|werkzeuge?|apparate|tischlerei|schreinerei|zimmerei|schlosserei"
    r"|dreherei|malerei?|baeckerei|metzgerei|gaertnerei|druckerei|dachdecker|dachdeckerei|bedachungen|spenglerei"
    r"|flaschnerei|fliesen|garten|moebel|kuechen|fenster|tueren|auto|autohaus|automobile?|kfz|fahrzeuge?|motors?|zerspanungs?"
    r"|verpackungs?|verpackungen|papier|karton|bank|versicherungs?|capital|equity|estate|private|deutsche[rns]?|medien|media|verlag|it|edv|software|solutions?|consulting|immobilien"
    r"|international|deutschland|germany|austria|oesterreich|schweiz|suisse|swiss|europe|europa|gruppe|group|holding"
    r"|soehne|sohn|toechter|gebrueder|gebr|geschwister|partner|nachfolger|nachf|familie|team|nord|sued|ost|west|hotel"
    r"|restaurant|gasthof|gasthaus|apotheke|praxis)"
)
_WEIGHTS: Final = {"telling": 1.0, "short": 0.6, "common": 0.5, "initial": 0.3, "place": 0.2}
_ACCENTS: Final = re.compile("[\u0300-\u036f]+")
_SHORT: Final = 2
_MIN_FUZZY: Final = 5
_MIN_ACRONYM: Final = 3
_ALIKE: Final = 0.88
_MOST: Final = 0.7
_NEARLY_ALL: Final = 0.8
_HALF: Final = 0.5


class Likeness(IntEnum):
    """How far two names agree: `SAME` is one name, `LIKE` one that holds the other, `UNCLEAR` shares a word."""

    DIFFERENT = 0
    UNCLEAR = 1
    LIKE = 2
    SAME = 3


class Word(msgspec.Struct, frozen=True):
    """A word of a name in its plain form; `cut` when a dot abbreviates it, `kind` says how much it tells."""

    text: str
    cut: bool
    kind: str

    @property
    def weight(self) -> float:
        """How much the word says about who is meant, 0 to 1."""
        return _WEIGHTS[self.kind]

    @property
    def telling(self) -> bool:
        """Whether the word tells one company from another."""
        return self.kind in {"telling", "short"}


def plain(text: str) -> str:
    """Return a text in lower case, umlauts written out, without accents; other signs become single blanks."""
    return " ".join(re.findall(r"[a-z0-9]+", _folded(text)))


def words(name: str, city: str = "") -> tuple[Word, ...]:
    """Return the words of a company's name without its legal form; those of its city weigh little."""
    spelled = " ".join(re.findall(r"[a-z0-9]+\.?", _folded(name[:_MAX_NAME])))
    bare = _EMPTY.sub(" ", spelled).split() or spelled.split()
    places = frozenset(plain(city).split())
    return tuple(_word(token, places) for token in bare[:_MAX_WORDS])


def likeness(name: Sequence[Word], other: Sequence[Word]) -> Likeness:
    """Say how far two names agree, whatever the order of their words, abbreviations and small slips of spelling."""
    if not name or not other:
        return Likeness.DIFFERENT
    mine, theirs = _matched(name, other), _matched(other, name)
    shares = sorted((_share(name, mine), _share(other, theirs)))
    # An initial agrees with any word that begins so, which tells nothing unless another word agrees, too.
    if not (any(word.telling for word in mine) and any(word.telling for word in theirs)):
        # Names of common words only ("Metallbau GmbH") are one name when they are the same, and say nothing otherwise.
        return Likeness.SAME if shares[0] == 1 else _by_initials(name, other)
    if shares[0] >= _MOST:
        return Likeness.SAME
    if shares[1] >= _NEARLY_ALL:
        return Likeness.LIKE
    return Likeness.UNCLEAR if shares[1] >= _HALF else Likeness.DIFFERENT


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", text).casefold().translate(_UMLAUTS))
    return _ACCENTS.sub("", decomposed)


def _word(token: str, places: frozenset[str]) -> Word:
    text = token.rstrip(".")
    return Word(text, token.endswith("."), _kind(text, places))


def _kind(text: str, places: frozenset[str]) -> str:
    if text in places:
        return "place"
    if _COMMON.fullmatch(text):
        return "common"
    return "initial" if len(text) == 1 else "short" if len(text) <= _SHORT else "telling"


def _matched(name: Sequence[Word], other: Sequence[Word]) -> list[Word]:
    """Return the words of a name that the other one has too, also where only one of them is written as two words."""
    joined = {first.text + second.text for first, second in itertools.pairwise(other)}
    whole = {word.text for word in other} | joined
    parts = {
        place + step
        for place, (first, second) in enumerate(itertools.pairwise(name))
        if first.text + second.text in whole
        for step in (0, 1)
    }
    return [
        word
        for place, word in enumerate(name)
        if place in parts or word.text in whole or any(_alike(word, candidate) for candidate in other)
    ]


def _alike(word: Word, other: Word) -> bool:
    short, long = sorted((word, other), key=lambda one: len(one.text))
    if short.cut and long.text.startswith(short.text):
        return True
    if len(short.text) < _MIN_FUZZY or short.text[0] != long.text[0]:
        return False
    return SequenceMatcher(None, short.text, long.text, autojunk=False).ratio() >= _ALIKE


def _share(name: Sequence[Word], matched: Sequence[Word]) -> float:
    return sum(word.weight for word in matched) / sum(word.weight for word in name)


def _by_initials(name: Sequence[Word], other: Sequence[Word]) -> Likeness:
    """Compare an acronym with what it may stand for."""
    found = any(
        len(long) >= _MIN_ACRONYM and "".join(word.text[0] for word in long) in {word.text for word in short}
        for short, long in ((name, other), (other, name))
    )
    return Likeness.LIKE if found else Likeness.DIFFERENT
