from math import log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.rarity import count_words


def test_rare_words_are_specific() -> None:
    """What few companies write is specific, what all write is not, and a company counts once."""
    texts = [(f"{n:03}", "Willkommen bei uns") for n in range(100)]
    texts += [("099", "Willkommen Willkommen"), ("099", "Zerspanung")]
    rarity = count_words(texts)
    assert rarity.of_text("Willkommen") == pytest.approx(log(2))
    assert rarity.of_text("Zerspanung!") == pytest.approx(log(101))
    assert rarity.of_text("willkommen Zerspanung") == pytest.approx((log(2) + log(101)) / 2)


def test_names_are_not_more_specific_than_rare_words() -> None:
    """In a large stock a word of one company counts no more than one of a few: it is most likely a name."""
    texts = sorted((f"{n:04}", f"Firma{'x' * (n % 3 == 0)} Stahl" if n > 3 else "Laserschweißen") for n in range(1_000))
    texts.append(("zz", "Müllerbeispiel"))
    rarity = count_words(texts)
    assert rarity.of_text("Müllerbeispiel") == pytest.approx(rarity.of_text("Laserschweißen"), abs=0.01)


@settings(deadline=None, max_examples=20)  # a loaded machine is no fault
@given(text=st.text(max_size=300))
def test_any_text_has_a_weight(text: str) -> None:
    """Whatever the text, its specificity is positive, so that no company loses its vector by it."""
    assert count_words([("a", text)]).of_text(text) > 0
    assert count_words([]).of_text(text) > 0
