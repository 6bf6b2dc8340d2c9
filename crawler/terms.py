"""The words by which links of company sites are told apart, German first; each group is one regular expression."""

from typing import Final

IMPRESSUM: Final = (
    r"impressum|imprint|anbieterkennzeichnung|pflichtangaben|firmenangaben|legal[ _-]?notice|\bimpress\b|"
    r"mentions[ _-]l[ée]gales|note[ _-]legali|angaben (gem(ä|ae)(ß|ss)|nach) § ?5"
)

#: Links that lead to what an Impressum holds where none goes by that name.
LEGAL: Final = (
    r"^\W*(legal|rechtliche[rs]?|rechtliche hinweise|legal (information|info|details|stuff|disclosure)|offenlegung|"
    r"(about|company) (details|information)|informations l[ée]gales|aviso legal|colofon)\W*$"
)

#: Pages that say nothing about what a company makes or does: legal texts, logins, shops, jobs, news, tools.
UNWANTED: Final = (
    r"datenschutz|data[ _-]?(privacy|protection)|privacy|\bagbs?\b|gesch(ä|ae)ftsbedingung|nutzungsbedingung|terms|"
    r"(lieferungs|liefer|zahlungs|einkaufs|verkaufs)bedingung|\baeb\b|widerruf|cookie|disclaimer|haftungsausschluss|"
    r"barrierefrei|accessibility|whistleblow|hinweisgeber|lieferkettengesetz|compliance|"
    r"login|log-?in\b|logout|anmeld|registrier|register|passwor|mein[ _-]?konto|my[ _-]?account|wp-(admin|login|json)|"
    r"intranet|extranet|webmail|fernwartung|teamviewer|kundenportal|kundenbereich|"
    r"warenkorb|\bcart\b|\bbasket\b|checkout|kasse\b|merkliste|merkzettel|wunschliste|wishlist|\bshop\b|online-?shop|"
    r"webshop|versandkosten|zahlungsarten|gutschein|newsletter|"
    r"karriere|career|\bjobs?\b|stellen(angebot|markt|anzeig)|bewerb|ausbildung|azubi|praktik|"
    r"\bvacanc|offene[ _-]stellen|"
    r"\bnews\b|neuigkeit|aktuell|\bblog|presse|\bpress\b|events?\b|termine|veranstaltung|messen?\b|magazin|"
    r"download|sitemap|\bsuche\b|\bsearch\b|\bfaqs?\b|\bfeed\b|/tag/|/category/|/author/|/archiv|print\b|drucken|"
    r"[ck]alend[ea]r|g(ä|ae)stebuch|guestbook|\bforum\b|wetter|galerie|gallery|\blinks\b|spenden|"
    r"facebook|instagram|linkedin|youtube|whatsapp"
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
