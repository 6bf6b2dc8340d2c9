import itertools
import re
from collections.abc import Callable

import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.chunk import CHARACTERS_PER_TOKEN, chunk_documents, chunk_hash, normalised
from embeddings.config import EmbeddingConfig
from embeddings.rarity import count_words
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


SENTENCES = [f"Satz Nummer {n} über Teile." for n in range(12)]


@pytest.mark.parametrize("overlap", [1, 2])
def test_chunks_overlap_by_whole_sentences(make_documents: Make, overlap: int) -> None:
    """Each chunk begins with the last sentences of the one before, and all sentences are there in order."""
    config = EmbeddingConfig(chunk_tokens=36, chunk_overlap=overlap, chunks_per_company=50)
    chunks = chunk_documents(make_documents(("a", "home", " ".join(SENTENCES))), config)["text"].to_list()
    cut = [re.findall(r"Satz[^.]*[.]", chunk) for chunk in chunks]
    assert len(cut) > 3
    assert all(before[-overlap:] == after[:overlap] for before, after in itertools.pairwise(cut))
    assert list(dict.fromkeys(itertools.chain(*cut))) == SENTENCES


@settings(deadline=None)  # a loaded machine is no fault
@given(text=st.text("ab. \nÄ", max_size=400), overlap=st.integers(0, 8))
def test_overlap_keeps_the_limit_and_comes_to_an_end(text: str, overlap: int) -> None:
    """With any overlap chunks stay within their length and hold every letter."""
    config = EmbeddingConfig(chunk_tokens=16, chunk_overlap=overlap, chunks_per_company=1_000)
    chunks = chunk_documents(one(text), config)["text"]
    assert all(len(chunk) <= 11 * CHARACTERS_PER_TOKEN for chunk in chunks)
    # Lines that come twice are read once, so a chunk as a whole need not stand in the text.
    assert all(word in normalised(text) for chunk in chunks for word in chunk.split())


def test_specific_choice_finds_what_only_this_company_says(make_documents: Make) -> None:
    """Where the budget is short, the choice by rare words takes the passage that tells the company from others."""
    common = "Wir beraten Sie gern und freuen uns auf Ihren Besuch in unserem Haus. "
    special = "Tiefziehwerkzeuge für Edelstahlspülen mit Laserhärtung. "
    pages = [(f"{n:02}", "home", common * 1 + f"Unser Team ist {n} Jahre für Sie da. ") for n in range(20)]
    pages.append(("20", "home", common + special))
    settings = {"chunk_tokens": 24, "chunks_per_company": 1}
    chosen = {
        choice: chunk_documents(
            make_documents(*pages), msgspec.convert({**settings, "chunk_choice": choice}, EmbeddingConfig)
        ).filter(customer_id="20")["text"][0]
        for choice in ("page", "specific")
    }
    assert chosen["page"].startswith("Wir beraten")
    assert chosen["specific"].startswith("Tiefziehwerkzeuge")


def test_rarity_of_a_known_stock_decides_for_a_query(make_documents: Make) -> None:
    """A single text is cut by what is rare in the stock, which it cannot know by itself."""
    stock = [(f"{n:02}", f"Stahl drehen und fräsen, jeden Tag aufs Neue Nummer {n}") for n in range(20)]
    query = make_documents(("q", "home", "Stahl drehen und fräsen, jeden Tag. Filmrequisiten und Bühnenbau."))
    config = EmbeddingConfig(chunk_tokens=16, chunks_per_company=1, chunk_choice="specific")
    assert chunk_documents(query, config, count_words(stock))["text"][0].startswith("Filmrequisiten")


def test_page_weights_replace_the_built_in_ones(make_documents: Make) -> None:
    """A configured weight decides order and share; without weight a kind is read only if nothing else is there."""
    pages = make_documents(("a", "services", LONG), ("a", "about", f"Über uns. {LONG}"))
    heavy = chunk_documents(pages, EmbeddingConfig(page_weights={"about": 2.0}))
    assert heavy.select("kind", "weight").rows() == [("about", 2.0), ("services", 1.0)]
    assert chunk_documents(pages, EmbeddingConfig(page_weights={"about": 0.0}))["kind"].to_list() == ["services"]


def test_contact_pages_with_a_weight_still_hide_persons(make_documents: Make) -> None:
    """Whoever has contact pages read gets their trade, not the persons on them."""
    contact = "Schlosserei und Metallbau in Kiel\nHerr Karl Beispiel\nTel. 0431 1234567"
    config = EmbeddingConfig(page_weights={"contact": 1.0})
    chunks = chunk_documents(make_documents(("a", "contact", contact), ("a", "home", LONG)), config)
    assert chunks["text"][0] == "Schlosserei und Metallbau in Kiel"
    assert "Beispiel" not in "".join(chunks["text"])


def test_title_is_read_only_if_it_is_asked_for(make_documents: Make) -> None:
    """Without the field the title is in no chunk, yet it still tells a legal page from others."""
    pages = make_documents(("a", "other", LONG)).with_columns(title=pl.lit("Drehteile aus Kiel"))
    config = EmbeddingConfig(fields=("main",))
    assert chunk_documents(pages, config)["text"].to_list() == [LONG.strip()]
    assert "Kiel" in chunk_documents(pages, CONFIG)["text"][0]
    assert chunk_documents(pages.with_columns(title=pl.lit("Datenschutz")), config).is_empty()
