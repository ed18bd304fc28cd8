import pytest

from app.providers.local.scenery.art import catalogue
from app.providers.local.scenery.figure_words import FIGURE_WORDS
from app.providers.local.scenery.lexicon import LEXICON
from app.providers.local.scenery.scene import Figure, Hour, Look, Mood, Place, Weather
from app.providers.local.scenery.words import scene_of


@pytest.mark.parametrize(
    ("prompt", "place", "hour", "weather", "figures"),
    [
        ("A storm over the sea at night", Place.SEA, Hour.NIGHT, Weather.STORM, ()),
        ("Burza nad morzem w nocy, łódź", Place.SEA, Hour.NIGHT, Weather.STORM, ("boat",)),
        ("Śnieg w górach o świcie i stary pies", Place.MOUNTAINS, Hour.DAWN, Weather.SNOW, ("dog",)),
        ("Un chien dans la forêt au crépuscule", Place.FOREST, Hour.SUNSET, None, ("dog",)),
        ("Ein Schloss in den Bergen bei Nacht und Nebel", Place.MOUNTAINS, Hour.NIGHT, Weather.FOG, ("castle",)),
        ("Un caballo en el desierto al atardecer", Place.DESERT, Hour.SUNSET, None, ("horse",)),
        ("Il gatto in una cucina di notte", Place.ROOM, Hour.NIGHT, None, ("cat",)),
        ("Um barco no mar com chuva", Place.SEA, None, Weather.RAIN, ("boat",)),
    ],
)
def test_seven_languages_name_the_scene(
    prompt: str, place: Place, hour: Hour | None, weather: Weather | None, figures: tuple[str, ...]
) -> None:
    scene = scene_of(prompt)
    assert (scene.place, scene.hour, scene.weather, tuple(figure.key for figure in scene.figures)) == (
        place,
        hour,
        weather,
        figures,
    )


def test_the_small_words_of_one_language_are_not_nouns_of_another() -> None:
    assert scene_of("las olas del mar y la luna").place is Place.SEA
    assert scene_of("las, świt, lis").place is Place.FOREST
    assert scene_of("la mer est belle car le vent est sur les vagues").figures == ()


def test_style_and_mood_are_read() -> None:
    scene = scene_of("a sad film noir street")
    assert (scene.look, scene.mood, scene.place) == (Look.NOIR, Mood.SORROW, Place.CITY)


def test_a_text_without_known_words_leaves_everything_open() -> None:
    scene = scene_of("xyzzy 42 ...")
    assert (scene.place, scene.hour, scene.weather, scene.figures) == (None, None, None, ())


def test_at_most_three_figures_in_the_order_of_the_text() -> None:
    assert scene_of("a horse, a cat, a dog and a robot").figures == (Figure("horse"), Figure("cat"), Figure("dog"))


def test_every_figure_with_words_can_be_drawn_and_every_fact_has_a_value() -> None:
    assert set(FIGURE_WORDS) <= set(catalogue())
    for table, kind in (("place", Place), ("hour", Hour), ("weather", Weather), ("mood", Mood), ("look", Look)):
        assert set(LEXICON[table]) <= {str(value) for value in kind}
