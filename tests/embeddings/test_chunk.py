from collections.abc import Callable

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.chunk import CHARACTERS_PER_TOKEN, chunk_documents, chunk_hash, normalised
from embeddings.config import EmbeddingConfig
from embeddings.schema import CHUNKS, DOCUMENTS

Make = Callable[..., pl.DataFrame]
CONFIG = EmbeddingConfig()
SMALL = EmbeddingConfig(chunk_tokens=32)
LONG = "Wir fertigen Drehteile und Frästeile für den Maschinenbau. "


def one(text: str) -> pl.DataFrame:
    """Give a stock of one company with one own text."""
    return pl.DataFrame([("a", "own", None, "", text)], schema=DOCUMENTS, orient="row")


@settings(deadline=None)  # a loaded machine is no fault
@given(text=st.text(max_size=2_000))
def test_any_text_is_cut_within_the_limit(text: str) -> None:
    """Whatever the text, chunks fit the schema and the length limit, and hold only what the text holds."""
    chunks = chunk_documents(one(text), SMALL)
    assert chunks.schema == CHUNKS
    assert (
        chunks["text"].str.len_chars().max() is None
        or chunks["text"].str.len_chars().max() <= 32 * CHARACTERS_PER_TOKEN
    )
    letters = normalised(text).replace(" ", "")
    assert all("".join(chunk.split()) in letters for chunk in chunks["text"])


@settings(deadline=None)  # a loaded machine is no fault
@given(words=st.lists(st.sampled_from(["Wir", "drehen", "Stahl", "z. B.", "ca. 3", "Dr. Weiss", "Teile."]), min_size=1))
def test_nothing_is_lost_within_the_budget(words: list[str]) -> None:
    """With budget enough, the chunks one after the other are the text."""
    text = " ".join(words)
    chunks = chunk_documents(one(text), EmbeddingConfig(chunk_tokens=512, chunks_per_company=1000))
    assert normalised("\n".join(chunks["text"])) == normalised(text)


def test_sentences_stay_whole(make_documents: Make) -> None:
    """A chunk ends where a sentence ends, and a full stop after an abbreviation or number ends none."""
    text = (
        "Wir liefern z. B. Drehteile bis ca. 400 mm. Seit dem 3. Mai 1990 fertigen wir Stanzteile. "
        "Auch Dr. Weiss lobt uns sehr."
    )
    chunks = chunk_documents(make_documents(("a", "services", text)), EmbeddingConfig(chunk_tokens=20))
    assert chunks["text"].to_list() == [
        "Wir liefern z. B. Drehteile bis ca. 400 mm.",
        "Seit dem 3. Mai 1990 fertigen wir Stanzteile.",
        "Auch Dr. Weiss lobt uns sehr.",
    ]


def test_every_page_speaks_and_the_telling_ones_more(make_documents: Make) -> None:
    """Within the budget all pages have a say, services before home before about."""
    pages = [("a", kind, "".join(f"{kind} {n} {LONG}" for n in range(40))) for kind in ("about", "home", "services")]
    kinds = chunk_documents(make_documents(*pages), EmbeddingConfig(chunks_per_company=8))["kind"].to_list()
    assert kinds[:3] == ["services", "home", "about"]
    assert len(kinds) == 8
    assert kinds.count("services") > kinds.count("about") > 1


def test_own_text_comes_first_and_weighs_most(make_documents: Make) -> None:
    """The user's own text leads and has the largest weight."""
    chunks = chunk_documents(
        make_documents(("a", "services", LONG), ("a", "own", "Kauft Schaftfräser und Bohrer.")), CONFIG
    )
    assert chunks["kind"].to_list() == ["own", "services"]
    assert chunks["weight"][0] > chunks["weight"][1]


def test_legal_notice_is_never_read(make_documents: Make) -> None:
    """Names from the legal notice and texts on data protection reach no chunk, even where nothing else is there."""
    pages = make_documents(
        ("a", "impressum", "Geschäftsführer: Karl Beispiel, Musterweg 1, 12345 Musterstadt"),
        ("b", "impressum", "Inhaberin: Eva Beispiel"),
        ("b", "home", LONG),
    )
    assert chunk_documents(pages, CONFIG)["text"].to_list() == [LONG.strip()]
    legal = pages.with_columns(kind=pl.lit("other"), title=pl.lit("Datenschutzerklärung"))
    assert chunk_documents(legal, CONFIG).is_empty()


def test_contact_page_alone_is_read_without_persons(make_documents: Make) -> None:
    """A contact page counts only if nothing else is there, and then without its lines on persons and numbers."""
    contact = "Schlosserei und Metallbau in Kiel\nHerr Karl Beispiel\nTel. 0431 1234567\nE-Mail: karl@beispiel.test"
    alone = chunk_documents(make_documents(("a", "contact", contact)), CONFIG)
    assert alone["text"].to_list() == ["Schlosserei und Metallbau in Kiel"]
    assert alone["weight"][0] > 0
    assert chunk_documents(make_documents(("a", "contact", contact), ("a", "home", LONG)), CONFIG)[
        "kind"
    ].to_list() == ["home"]


def test_lines_on_most_pages_are_dropped_and_doubles_kept_once(make_documents: Make) -> None:
    """Navigation on every page goes, a text that stands on two of four pages stays once."""
    frame = "Startseite Leistungen Kontakt"
    pages = [("a", kind, f"{frame}\n{kind} macht {LONG}") for kind in ("home", "about", "services", "products")]
    pages += [
        ("a", "home", f"{frame}\nWir stanzen Bleche aus Kupfer."),
        ("a", "about", "Wir stanzen Bleche aus Kupfer."),
    ]
    text = "\n".join(chunk_documents(make_documents(*pages), CONFIG)["text"])
    assert frame not in text
    assert text.count("Wir stanzen Bleche aus Kupfer.") == 1


def test_companies_are_cut_independently_and_in_any_order(make_documents: Make) -> None:
    """Neither the order of the rows nor other companies change a company's chunks, and the output is sorted."""
    pages = make_documents(
        *((name, kind, f"{name} {kind} {LONG * 9}") for name in "cab" for kind in ("home", "services"))
    )
    chunks = chunk_documents(pages, CONFIG)
    assert chunks.equals(chunk_documents(pages.sample(fraction=1, shuffle=True, seed=3), CONFIG))
    assert chunks["customer_id"].is_sorted()
    alone = chunk_documents(pages.filter(pl.col("customer_id") == "b"), CONFIG)
    assert chunks.filter(pl.col("customer_id") == "b").equals(alone)


def test_hash_names_the_normal_form() -> None:
    """White space and compatibility forms do not change a chunk's name, letters do."""
    assert chunk_hash("Größe  ½\nx") == chunk_hash("Gro\u0308ße 1\u20442 x")
    assert chunk_hash("Drehen") != chunk_hash("drehen")


def test_short_text_alone_is_kept(make_documents: Make) -> None:
    """A company whose only text is a word keeps it."""
    assert chunk_documents(make_documents(("a", "own", "Bäckerei")), CONFIG)["text"].to_list() == ["Bäckerei"]


def test_missing_and_empty_texts_have_no_chunk() -> None:
    """Rows without text, and companies with nothing but white space, vanish without a fault."""
    rows = [("a", "own", None, None, None), ("b", "home", "http://b.test", None, " \n ")]
    assert chunk_documents(pl.DataFrame(rows, schema=DOCUMENTS, orient="row"), CONFIG).is_empty()
    assert chunk_documents(DOCUMENTS.to_frame(), CONFIG).schema == CHUNKS
