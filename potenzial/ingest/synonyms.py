"""Column names that German and English exports give to what we need, for proposals only.

Names stand in the form of `plain`: lower case, umlauts written out, letters and digits alone. Better ones come first.
"""

import re
from typing import Final

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "é": "e", "è": "e"})


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


SYNONYMS: Final[dict[str, tuple[str, ...]]] = {
    "customer_id": _words(
        """
        customerid kundennummer kundennr kundenid kdnr kdnummer knr debitorennummer debitorennr debitornr debitor
        kundenkonto kontonummer kontonr adressnummer adressnr partnernummer geschaeftspartner geschaeftspartnernr
        customernumber customerno customernr customerkey clientid clientnumber accountid accountnumber accountno
        kunnr crmid id nummer nr
        """
    ),
    "name": _words(
        """
        name firma firmenname firmierung unternehmen unternehmensname kundenname kunde name1 firma1
        firmenbezeichnung company companyname customername customer accountname account organisation organization
        organisationsname organizationname business businessname
        """
    ),
    "street": _words(
        """
        street strasse strassehausnummer strassehausnr strasseundhausnummer strassenr str anschrift adresse
        address address1 addressline1 streetaddress
        """
    ),
    "postcode": _words(
        """
        postcode plz postleitzahl plzstrasse zip zipcode postalcode
        """
    ),
    "city": _words(
        """
        city ort stadt wohnort firmensitz sitz town
        """
    ),
    "country": _words(
        """
        country land laenderkennzeichen lkz laendercode staat countrycode laenderschluessel
        """
    ),
    "website": _words(
        """
        website homepage webseite internet internetadresse internetseite webadresse url web www domain companyurl
        webpage homepageurl websiteurl
        """
    ),
    "email": _words(
        """
        email mail emailadresse mailadresse emailaddress epost
        """
    ),
    "phone": _words(
        """
        phone telefon telefonnummer telefonnr tel telnr telno fon rufnummer festnetz telefon1 tel1 telefonzentrale
        zentrale telefongeschaeftlich telefonfirma phonenumber phoneno telephone telephonenumber telephone1 mainphone
        businessphone companyphone
        """
    ),
    "vat_id": _words(
        """
        vatid ustid ustidnr ustidnummer ustidentnr ustidentifikationsnummer umsatzsteuerid umsatzsteueridnr
        umsatzsteueridentnr umsatzsteueridentifikationsnummer euustid euustidnr uid uidnr uidnummer mwstnr
        mwstnummer mwstid vat vatnr vatno vatnumber vatregistrationnumber vatregno tvanumber
        """
    ),
    "register_number": _words(
        """
        registernumber handelsregister handelsregisternummer handelsregisternr hrnummer hrnr hrb hrbnummer hrbnr
        hra registernummer registernr registereintrag firmenbuchnummer firmenbuchnr firmenbuch fnnummer fnnr
        registrationnumber companyregistrationnumber companynumber companyno
        """
    ),
    "industry": _words(
        """
        industry branche branchenbezeichnung branchentext branchencode branchenschluessel wz wzcode wz2008 wz2025
        wirtschaftszweig nace nacecode sector sektor gewerbe noga oenace
        """
    ),
    "headcount": _words(
        """
        headcount mitarbeiter mitarbeiterzahl mitarbeiteranzahl anzahlmitarbeiter mitarbeitende
        anzahlmitarbeitende beschaeftigte beschaeftigtenzahl anzahlbeschaeftigte ma maanzahl groessenklasse
        employees employeecount numberofemployees numberemployees staff fte
        """
    ),
    "revenue": _words(
        """
        revenue umsatz jahresumsatz umsatzeur umsatznetto nettoumsatz umsatzlj umsatz12monate umsatz12m
        umsatzletzte12monate umsatzlfdjahr erloes erloese sales turnover revenueeur salesrevenue annualrevenue
        netsales
        """
    ),
    "margin": _words(
        """
        margin deckungsbeitrag deckungsbeitrageur deckungsbeitrag1 deckungsbeitrag12monate deckungsbeitraglj db db1 dbi
        dbeur contributionmargin contributionmargineur
        """
    ),
    "last_purchase": _words(
        """
        lastpurchase letzterkauf letztekauf letzterumsatz letztebestellung letzterauftrag letztelieferung
        letzterechnung letztesrechnungsdatum letztekaufdatum letzterkaufam letzterauftragam lastorder
        lastorderdate lastpurchasedate lastinvoice lastinvoicedate
        """
    ),
    "owner": _words(
        """
        owner betreuer kundenbetreuer vertreter aussendienst aussendienstmitarbeiter adm verkaeufer vertriebler
        vertrieb vertriebsmitarbeiter ansprechpartnervertrieb gebiet accountmanager accountowner salesrep
        salesperson representative keyaccount keyaccountmanager
        """
    ),
    "text": _words(
        """
        text beschreibung firmenbeschreibung taetigkeit taetigkeitsbeschreibung unternehmensgegenstand gegenstand
        bemerkung bemerkungen notiz notizen kommentar kurzprofil profil description companydescription notes
        summary about comment comments
        """
    ),
}

#: Names that mean contribution margin when a year stands beside them; in percent it is no amount.
MARGIN_WORDS: Final = ("deckungsbeitrag", "contributionmargin")
NO_MARGIN_WORDS: Final = ("plan", "ziel", "budget", "forecast", "target", "prognose", "quote", "prozent", "percent")
#: Names that mean revenue when a year stands beside them, and words that make it something else.
REVENUE_WORDS: Final = ("umsatz", "revenue", "sales", "turnover", "erloes")
NO_REVENUE_WORDS: Final = (
    "plan",
    "ziel",
    "budget",
    "forecast",
    "target",
    "prognose",
    "menge",
    "growth",
    "anteil",
    "steuer",
)


def plain(header: str) -> str:
    """Give a column name in the form in which `SYNONYMS` are written."""
    return re.sub(r"[^a-z0-9]", "", header.casefold().translate(_UMLAUTS))
