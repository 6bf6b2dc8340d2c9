"""The words by which links of company sites are told apart, German first; each group is one regular expression."""

from typing import Final

IMPRESSUM: Final = (
    r"impressum|imprint|anbieterkennzeichnung|legal[ _-]?notice|"
    r"mentions[ _-]l[ée]gales|note[ _-]legali"
)

#: Pages that say nothing about what a company makes or does: legal texts, logins, shops, jobs, news, tools.
UNWANTED: Final = (
    r"datenschutz|data[ _-]?(privacy|protection)|privacy|\bagbs?\b|gesch(ä|ae)ftsbedingung|nutzungsbedingung|terms|"
    r"widerruf|cookie|disclaimer|haftungsausschluss|barrierefrei|"
    r"login|log-?in\b|anmeld|registrier|register|passwor|mein[ _-]?konto|my[ _-]?account|wp-(admin|login)|intranet|"
    r"warenkorb|\bcart\b|checkout|kasse\b|merkliste|wunschliste|\bshop\b|onlineshop|webshop|"
    r"karriere|career|\bjobs?\b|stellen(angebot|markt|anzeig)|bewerb|ausbildung|azubi|praktik|"
    r"\bnews\b|newsletter|neuigkeit|aktuell|\bblog|presse|\bpress\b|events?\b|termine|veranstaltung|messen?\b|"
    r"download|sitemap|\bsuche\b|\bsearch\b|\bfaqs?\b|\bfeed\b|/tag/|/category/|/author/|print\b|drucken|[ck]alend[ea]r|"
    r"g(ä|ae)stebuch|\bforum\b|wetter|galerie|gallery|\blinks\b|spenden"
)

PRODUCTS: Final = (
    r"produkt|product|sortiment|lieferprogramm|programm\b|katalog|catalog|maschinen\b|ger(ä|ae)te\b|artikel\b|"
    r"prodott|produit"
)

SERVICES: Final = (
    r"leistung|service|angebot|l(ö|oe)sung|solution|kompetenz|fertigung|bearbeitung|verfahren|technologi|branche|"
    r"anwendung|produktion|montage|beratung|planung|gewerke|t(ä|ae)tigkeit|gesch(ä|ae)ftsfeld|was[ _-]wir|"
    r"what[ _-]we[ _-]do|expertise|industries|prestations|servizi"
)

ABOUT: Final = (
    r"(ü|ue|u)ber[ _-]?(uns|mich)|wir[ _-](ü|ue)ber|unternehmen|firma\b|firmen(profil|portr|geschicht)|betrieb\b|"
    r"profil\b|philosophie|historie|geschichte|portr(ä|ae)t|leitbild|wer[ _-]wir|das[ _-]sind[ _-]wir|\bteam\b|"
    r"about|company|who[ _-]we|history|qui[ _-]sommes|chi[ _-]siamo|azienda|entreprise"
)

CONTACT: Final = r"kontakt|contact|anfahrt|standort|location|contatt"

#: How links that switch the language call it.
LANGUAGE_NAMES: Final = {
    "deutsch": "de",
    "german": "de",
    "english": "en",
    "englisch": "en",
    "français": "fr",
    "französisch": "fr",
    "italiano": "it",
    "italienisch": "it",
}

#: Language codes that occur as a whole link text or as the first part of a path.
LANGUAGE_CODES: Final = frozenset(
    {"ar", "cs", "cz", "da", "de", "en", "es", "fi", "fr", "hr", "hu", "it", "ja", "ko", "nl", "no", "pl", "pt", "ro"}
    | {"ru", "sk", "sl", "sv", "tr", "uk", "zh"}
)
