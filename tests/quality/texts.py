"""A stock with German texts of known worth, made by code with a fixed seed."""

from typing import Final

import numpy as np
import polars as pl

from embeddings.chunk import chunk_documents
from embeddings.config import EmbeddingConfig
from embeddings.schema import DOCUMENTS
from scoring.schema import CUSTOMERS

#: What a trade does and needs; each of its words stands in some of its texts.
_TRADES: Final = (
    "Drehteile Frästeile Zerspanung Werkzeugbau Schleiftechnik Vorrichtungsbau",
    "Stahlbau Schweißtechnik Geländer Treppenbau Blechbearbeitung Torbau",
    "Dachstühle Zimmerei Holzrahmenbau Carports Aufstockungen Gauben",
    "Heizungsbau Wärmepumpen Badsanierung Rohrleitungen Lüftungsanlagen Solarthermie",
    "Schaltschränke Netzwerktechnik Photovoltaik Beleuchtung Sicherheitstechnik Ladestationen",
    "Gartengestaltung Baumpflege Pflasterarbeiten Teichbau Winterdienst Zaunbau",
    "Lohnbuchhaltung Jahresabschlüsse Steuererklärungen Existenzgründung Unternehmensnachfolge Finanzplanung",
    "Gebäudereinigung Glasreinigung Unterhaltsreinigung Grünpflege Hausmeisterdienste Entsorgung",
    "Backwaren Konditorei Partyservice Vollkornbrot Hochzeitstorten Feingebäck",
    "Spedition Lagerlogistik Schwertransporte Zollabwicklung Kommissionierung Umzüge",
)
#: Words of some firms of every trade, which tell nothing.
_COMMON: Final = ["Familienbetrieb", "Meisterbetrieb", "Ausbildung", "Nachhaltigkeit", "Terminabsprache", "Notdienst"]
_FRAMES: Final = (
    "Zu unseren Stärken gehört {}.", "Viele Kunden schätzen {} aus unserem Haus.", "Seit Jahren bieten wir {} an.",
    "Besonders gefragt ist {}.", "Unser Team kümmert sich um {}.", "Auch {} übernehmen wir gern.",
)  # fmt: skip
_CODES: Final = ("25.62", "43.21", "46.74", "62.01")
_CUSTOMERS: Final = 700
_INACTIVE: Final = 0.35


def synthetic() -> tuple[pl.DataFrame, pl.DataFrame, EmbeddingConfig]:
    """Give CUSTOMERS and CHUNKS of 700 customers of ten trades that texts alone tell, and how to encode them."""
    rng = np.random.default_rng(20260101)
    config = EmbeddingConfig(model="tfidf", prompt="", chunk_tokens=128, chunks_per_company=8)
    trade = rng.integers(0, len(_TRADES), _CUSTOMERS)
    headcount = np.maximum(np.rint(10 ** rng.normal(1.3, 0.5, _CUSTOMERS)), 1)
    worth = np.linspace(-0.5, 0.5, len(_TRADES))[rng.permutation(len(_TRADES))]
    revenue = 10 ** (2.8 + 0.7 * np.log10(headcount) + worth[trade] + rng.normal(0, 0.3, _CUSTOMERS))
    ids = [f"T{row:04d}" for row in range(_CUSTOMERS)]
    listed = {
        "customer_id": ids,
        "name": ids,
        "industry": [_CODES[number] for number in rng.integers(0, len(_CODES), _CUSTOMERS)],
        "headcount": headcount,
        "revenue": np.where(rng.random(_CUSTOMERS) < _INACTIVE, 0.0, np.round(revenue, 2)),
        "text": [_text(number, rng) for number in trade],
    }
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in CUSTOMERS.items() if name not in listed]
    customers = pl.DataFrame(listed).with_columns(missing).select(*CUSTOMERS).cast(dict(CUSTOMERS))
    told = customers.select("customer_id", kind=pl.lit("services"), url=pl.lit(""), title=pl.lit(""), text="text")
    return customers, chunk_documents(told.match_to_schema(DOCUMENTS), config), config


def _text(trade: int, rng: np.random.Generator) -> str:
    """Three to five sentences of the trade and two that any firm may write."""
    words = _TRADES[trade].split()
    own = rng.choice(words, int(rng.integers(3, 6)), replace=False)
    others = rng.choice(_COMMON, 2, replace=False)
    sentences = [_FRAMES[int(rng.integers(0, len(_FRAMES)))].format(word) for word in (*own, *others)]
    return " ".join(str(sentence) for sentence in rng.permutation(sentences))
