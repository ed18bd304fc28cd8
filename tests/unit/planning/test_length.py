"""A film is as long as its story: short for a sentence, long for a tale, and every word of it fits."""

import pytest

from app.planning.domain import fitting_length
from app.projects.options import Language

TALE = {
    Language.EN: "A girl finds a broken robot in the forest. She repairs it with parts from the old workshop.",
    Language.PL: "Stary latarnik co wieczór wspinał się po krętych schodach, żeby zapalić światło dla statków.",
    Language.DE: "Ein Mädchen findet im Wald einen Drachen. Der Drache kann nicht fliegen, aber er singt in der Nacht.",
    Language.FR: "Un vieux gardien monte dans le phare. La nuit, la tempête éteint la lampe, et un bateau se perd.",
    Language.ES: "Una niña encuentra un perro en la playa. El perro la lleva hasta un barco viejo, y hay un secreto.",
    Language.IT: "Un pescatore parte all'alba con la sua barca. La tempesta arriva, ma un gabbiano gli mostra la via.",
    Language.PT: "Uma menina vê uma luz no farol. Durante a noite o mar cresce, mas o barco do pai volta ao porto.",
}


@pytest.mark.parametrize("language", Language)
def test_a_longer_story_needs_a_longer_film_in_whole_segments(language: Language) -> None:
    lengths = [fitting_length(" ".join([TALE[language]] * times), language) for times in (1, 2, 5, 20)]
    assert lengths == sorted(set(lengths))
    assert all(length % 6 == 0 for length in lengths)
    assert 6 <= lengths[0] <= 18


@pytest.mark.parametrize("story", ["", "???", "Cat.", "A cat sleeps on a red sofa"])
def test_the_shortest_film_has_one_segment(story: str) -> None:
    assert fitting_length(story, Language.EN) == 6
    assert fitting_length(story, Language.EN, segment_seconds=10) == 10


def test_a_faster_narrator_needs_less_and_numbers_need_more() -> None:
    story = TALE[Language.EN] * 3
    assert fitting_length(story, Language.EN, speed=2.0) < fitting_length(story, Language.EN)
    assert fitting_length("1984 1984 1984 1984 1984", Language.EN) > fitting_length("abcd " * 5, Language.EN)
