"""Films of one user go on a few at a time; those of another never wait for them."""

from app.production.capacity import FORGOTTEN_AFTER_SECONDS, ProductionPlaces
from tests.doubles.clock import FrozenClock


class Films:
    """Two places for each user, and whoever was woken."""

    def __init__(self) -> None:
        self.clock = FrozenClock()
        self.woken: list[str] = []
        self.places = ProductionPlaces(self.clock, 2, self.woken.append)

    def begun(self, owner: str, *jobs: str) -> list[str]:
        return [job for job in jobs if self.places.take(owner, job)]


def test_a_user_has_so_many_films_going_on_and_another_does_not_wait() -> None:
    films = Films()
    assert films.begun("many", "a", "b", "c", "d") == ["a", "b"]
    assert films.begun("single", "x") == ["x"]
    assert films.begun("many", "a", "b") == ["a", "b"]


def test_the_next_in_line_is_woken_when_a_place_is_free_and_nobody_overtakes_it() -> None:
    films = Films()
    films.begun("many", "a", "b", "c", "d")
    films.places.leave("many", "a")
    assert films.woken == ["c"]
    assert films.begun("many", "e", "d") == []
    assert not films.places.must_wait("many", "c")
    assert films.places.must_wait("many", "d")
    assert films.begun("many", "c") == ["c"]


def test_work_under_way_has_a_place_whoever_else_has_one() -> None:
    films = Films()
    films.begun("many", "a", "b")
    films.places.keep("many", "c")
    assert films.begun("many", "c", "d") == ["c"]
    films.places.leave("many", "a")
    assert films.begun("many", "d") == []
    films.places.leave("many", "b")
    assert films.begun("many", "d") == ["d"]


def test_who_is_in_no_line_need_not_wait() -> None:
    films = Films()
    films.begun("many", "a", "b")
    assert not films.places.must_wait("many", "c")


def test_a_film_that_went_to_another_process_leaves_its_place_and_its_line() -> None:
    films = Films()
    films.begun("many", "a", "b", "c", "d")
    films.clock.move(FORGOTTEN_AFTER_SECONDS * 0.6)
    films.places.keep("many", "a")
    assert films.places.must_wait("many", "d")
    films.clock.move(FORGOTTEN_AFTER_SECONDS * 0.6)
    assert films.begun("many", "a", "d", "e") == ["a", "d"]
