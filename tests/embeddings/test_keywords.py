from collections.abc import Callable

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.chunk import chunk_documents
from embeddings.config import EmbeddingConfig
from embeddings.keywords import TOP, keywords
from embeddings.schema import KEYWORDS

Make = Callable[..., pl.DataFrame]
TRADES = {
    "cnc": "Wir bieten CNC-Fräsen und Lohnfertigung für den Maschinenbau. Unser Betrieb liefert CNC-Fräsen in Serie.",
    "bath": "Wir planen die Badsanierung und jede Wärmepumpe. Die Badsanierung mit Wärmepumpe ist unsere Stärke.",
    "bread": "Wir backen Roggenbrot mit Sauerteig. Das Roggenbrot und der Sauerteig sind von hier.",
    "truck": "Wir fahren jede Teilladung und haben ein Gefahrgutlager. Im Gefahrgutlager wartet die Teilladung.",
    "wood": "Das Team baut Treppen aus Eichenholz. Die Treppe aus Eichenholz hält lange, ebenso der Innenausbau.",
    "pack": "Our plant makes corrugated cardboard and shipping boxes. The corrugated cardboard is printed.",
}


def stock(make_documents: Make, companies: int) -> pl.DataFrame:
    """Give chunks of companies of six trades, each with a sentence that all have."""
    rows = []
    for number in range(companies):
        trade = list(TRADES)[number % len(TRADES)]
        rows.append((f"{trade}{number:03}", "services", f"Herzlich willkommen! {TRADES[trade]}"))
    return chunk_documents(make_documents(*rows), EmbeddingConfig())


def phrases(found: pl.DataFrame, customer: str) -> list[str]:
    """Give the phrases of one customer, best first."""
    return found.filter(pl.col("customer_id") == customer)["phrase"].to_list()


def test_trades_are_told_by_their_own_words(make_documents: Make) -> None:
    """The best phrases name what a company does, spelt as in its text, and none is empty talk."""
    found = keywords(stock(make_documents, 40))
    assert found.schema == KEYWORDS
    assert {"CNC-Fräsen", "Lohnfertigung"} <= set(phrases(found, "cnc000"))
    assert {"Badsanierung", "Wärmepumpe"} <= set(phrases(found, "bath001"))
    assert "Eichenholz" in phrases(found, "wood004")
    assert "corrugated cardboard" in phrases(found, "pack005")
    talk = {"willkommen", "herzlich", "kunden", "jahren", "team", "betrieb", "experience", "company", "wir"}
    assert talk.isdisjoint(word for phrase in found["phrase"].str.to_lowercase() for word in phrase.split())


def test_phrases_come_best_first_and_no_word_twice(make_documents: Make) -> None:
    """Weights fall from 1, there are at most twelve phrases, and no phrase repeats the words of another."""
    found = keywords(stock(make_documents, 40))
    for _, own in found.group_by("customer_id"):
        assert own["weight"].is_sorted(descending=True)
        assert own["weight"][0] == 1
        words = [word for phrase in own["phrase"].str.to_lowercase() for word in phrase.split()]
        assert len(words) == len(set(words))
        assert own.height <= TOP


def test_word_of_everybody_tells_nothing(make_documents: Make) -> None:
    """What more than a fifth of the companies write is no keyword of any."""
    rows = [(f"{n:02}", "home", f"Unsere Schweißerei kennt {'Titan' if n % 10 == 0 else 'Kupfer'}.") for n in range(30)]
    found = keywords(chunk_documents(make_documents(*rows), EmbeddingConfig()))
    assert set(found["phrase"]) == {"Titan"}


def test_name_of_a_single_company_is_no_keyword_in_a_large_stock(make_documents: Make) -> None:
    """In a stock of hundreds a word that only one company writes is taken for a name."""
    rows = [
        (f"{n:03}", "home", f"Wir liefern {'Stanzteile' if n % 9 == 0 else 'Kabel'}, die Ware.") for n in range(220)
    ]
    rows.append(("x", "home", "Wir liefern Stanzteile, und der Fachhandel kennt unser Xyloflex."))
    found = keywords(chunk_documents(make_documents(*rows), EmbeddingConfig()))
    assert phrases(found, "x") == ["Stanzteile"]


def test_persons_firms_and_addresses_are_no_keywords(make_documents: Make) -> None:
    """Names beside titles, given names and legal forms, places and web addresses stay out."""
    text = (
        "Unsere Schlosserei leitet Frau Mustermann mit Thomas Beispielmann, und die Muster Stahlbau GmbH hilft. "
        "Besuchen Sie uns in 70173 Stuttgart oder unter www.schlosserei-muster.test und info@muster.test."
    )
    found = keywords(chunk_documents(make_documents(("a", "about", text)), EmbeddingConfig()))
    assert phrases(found, "a") == ["Schlosserei"]


def test_page_with_the_most_telling_passage_is_named(make_documents: Make) -> None:
    """A phrase on the home page and among the services is quoted from the services."""
    rows = [
        ("a", "home", "Hier gibt es die Blechbearbeitung."),
        ("a", "services", "Wir bieten die Blechbearbeitung an."),
    ]
    found = keywords(chunk_documents(make_documents(*rows), EmbeddingConfig()))
    assert found.select("phrase", "kind", "url").rows() == [("Blechbearbeitung", "services", "http://a.test/services")]


def test_split_compounds_stay_readable(make_documents: Make) -> None:
    """A German compound with a dangling hyphen is quoted as a whole."""
    found = keywords(
        chunk_documents(make_documents(("a", "own", "Wir liefern Dreh- und Frästeile.")), EmbeddingConfig())
    )
    assert phrases(found, "a") == ["Dreh- und Frästeile"]


def test_contact_and_legal_pages_are_not_read(make_chunks: Make) -> None:
    """Chunks of contact pages and legal notices give no phrase."""
    chunks = make_chunks(("a", "Ansprechpartner Schlosserei"), ("b", "Schlosserei Impressum"))
    kinds = chunks.with_columns(pl.Series("kind", ["contact", "impressum"]))
    assert keywords(kinds).is_empty()


@settings(deadline=None, max_examples=30)  # a loaded machine is no fault
@given(texts=st.lists(st.text(max_size=300), max_size=4))
def test_any_text_gives_a_valid_table(texts: list[str]) -> None:
    """Whatever stands in the texts, phrases come from them and the table keeps its schema."""
    rows = [(str(n), "own", None, "", text) for n, text in enumerate(texts)]
    columns = ("customer_id", "kind", "url", "title", "text")
    documents = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")
    chunks = chunk_documents(documents, EmbeddingConfig())
    found = keywords(chunks)
    assert found.schema == KEYWORDS
    for row in found.iter_rows(named=True):
        assert row["phrase"] in " ".join(chunks.filter(pl.col("customer_id") == row["customer_id"])["text"])


def test_names_of_the_stock_stand_in_no_phrase(make_documents: Make) -> None:
    """A place or person that the caller names is no phrase in any form, and its compounds of trade stay."""
    text = "Wir fertigen in Ansbach. Das Ansbacher Werk baut Ansbachs Treppen. Das Werkstor steht in Werk."
    chunks = chunk_documents(make_documents(*((f"c{n}", "services", text) for n in range(4))), EmbeddingConfig())
    assert any("Ansbach" in phrase for phrase in phrases(keywords(chunks), "c0"))
    found = phrases(keywords(chunks, ["Ansbach", "Werk-Dorf"]), "c0")
    assert "Werkstor" in found
    assert {"ansbach", "ansbacher", "ansbachs", "werk"}.isdisjoint(" ".join(found).lower().split())


def test_english_adverbs_and_verbs_of_reports_are_no_phrases(make_documents: Make) -> None:
    """What a stock exchange's summary says of any firm names no trade."""
    text = "The company operates approximately 40 wafer fabs globally and comprises subsidiaries. Wafer assembly."
    chunks = chunk_documents(make_documents(*((f"c{n}", "own", text) for n in range(4))), EmbeddingConfig())
    words = set(" ".join(phrases(keywords(chunks), "c0")).lower().split())
    assert {"wafer", "assembly"} <= words
    assert words.isdisjoint({"operates", "approximately", "globally", "comprises", "subsidiaries"})


def test_surnames_in_the_own_name_are_no_phrases(make_documents: Make) -> None:
    """Of a firm's own name the surname stands in no phrase, while the trade that many firms name stays."""
    texts = [(f"c{n}", "own", "Bei Eibenwalder gibt es Metallbau und Treppen nach Plan.") for n in range(8)]
    chunks = chunk_documents(make_documents(*texts), EmbeddingConfig())
    firms = {f"c{n}": ("Eibenwalder" if n < 2 else f"Firma{n}") + " Metallbau" for n in range(8)}
    found = keywords(chunks, firms=firms)
    assert {"Metallbau", "Treppen"} <= set(phrases(found, "c0"))
    assert "Eibenwalder" not in phrases(found, "c0")
