"""Rules about names over the whole application: one name, one thing."""

import ast
from collections import defaultdict

from tests.architecture.source import Source


def classes_twice(sources: list[Source]) -> dict[str, list[str]]:
    """Names that more than one class has, with the files of these classes."""
    places: dict[str, list[str]] = defaultdict(list)
    for source in sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(source.place)
    return {name: found for name, found in sorted(places.items()) if len(found) > 1}
