"""Every rule holds in the code, and every rule catches its bad sample."""

from collections.abc import Callable, Iterator

import pytest

from tests.architecture import conduct, sizes, words
from tests.architecture.naming import classes_twice
from tests.architecture.sizes import Fault
from tests.architecture.source import SAMPLES, Source, application, suite

Rule = Callable[[Source], Iterator[Fault]]

EVERYWHERE: list[Rule] = [
    sizes.long_functions,
    sizes.many_parameters,
    sizes.long_files,
    words.bad_names,
    words.missing_purpose,
    words.empty_modules,
    words.listed_arguments,
    words.excuses,
    conduct.fat_routes,
    conduct.naive_time,
    conduct.import_side_effects,
    conduct.eager_relationships,
]
OUTSIDE: dict[Rule, tuple[str, ...]] = {
    conduct.commits: ("app/core/database.py",),
    conduct.direct_moves: ("/repository",),
    conduct.statuses: ("app/api/", "app/core/http/", "app/providers/"),
}
IN_TESTS: list[Rule] = [sizes.long_files, words.excuses, conduct.patches]
SAMPLED = [*EVERYWHERE, *OUTSIDE, conduct.patches]


def faults(rule: Rule, sources: list[Source]) -> list[str]:
    return [f"{source.place}:{line}: {said}" for source in sources for line, said in rule(source)]


@pytest.mark.parametrize("rule", EVERYWHERE, ids=lambda rule: rule.__name__)
def test_the_application_keeps_the_rule(rule: Rule) -> None:
    assert faults(rule, application()) == []


@pytest.mark.parametrize("rule", OUTSIDE, ids=lambda rule: rule.__name__)
def test_the_rule_holds_outside_its_home(rule: Rule) -> None:
    abroad = [source for source in application() if not any(home in source.place for home in OUTSIDE[rule])]
    assert faults(rule, abroad) == []


@pytest.mark.parametrize("rule", IN_TESTS, ids=lambda rule: rule.__name__)
def test_the_tests_keep_the_rule(rule: Rule) -> None:
    assert faults(rule, suite()) == []


def test_few_files_are_longer_than_wished() -> None:
    sources = application()
    long = [source.place for source in sources if len(source.text.splitlines()) > sizes.WISHED_LINES]
    assert len(long) <= max(2, len(sources) // 20), long


@pytest.mark.parametrize("rule", SAMPLED, ids=lambda rule: rule.__name__)
def test_the_rule_catches_its_bad_sample(rule: Rule) -> None:
    check_sample(rule, rule.__name__)


def test_a_purpose_that_is_no_sentence_is_caught() -> None:
    check_sample(words.missing_purpose, "missing_sentence")


def check_sample(rule: Rule, name: str) -> None:
    sample = Source.read(SAMPLES / f"{name}.py")
    marked = {line for line, text in sample.comments() if text.endswith("# caught")}
    assert marked
    assert {line for line, _ in rule(sample)} == marked


def test_no_two_classes_have_one_name() -> None:
    assert classes_twice(application()) == {}


def test_a_class_that_is_there_twice_is_found() -> None:
    sources = application()
    assert classes_twice([*sources, sources[-1]]) != {}
