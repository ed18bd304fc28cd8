"""A small reader of Dockerfiles, and a builder that carries their steps out in an empty folder."""

import json
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

ROOTED = re.compile(r"(?<![\w./-])/(app|venv|storage)\b")


@dataclass(frozen=True)
class Step:
    """One instruction, its continued lines joined."""

    word: str
    rest: str


@dataclass
class Stage:
    """The steps after one FROM."""

    base: str
    name: str | None
    steps: list[Step] = field(default_factory=list)

    def last(self, word: str) -> str:
        return [step.rest for step in self.steps if step.word == word][-1]

    def environment(self) -> dict[str, str]:
        said = " ".join(step.rest for step in self.steps if step.word == "ENV")
        return dict(pair.split("=", 1) for pair in shlex.split(said))


def read(path: Path) -> list[Stage]:
    text = re.sub(r"^#.*\n", "", path.read_text(), flags=re.MULTILINE)
    stages: list[Stage] = []
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            stages.append(Stage(base, name or None))
        elif word:
            stages[-1].steps.append(Step(word, rest))
    return stages


class Builder:
    """Carries the steps out below one folder instead of below the root of an image."""

    def __init__(self, context: Path, root: Path, python: str, **arguments: str) -> None:
        self.context, self.root, self.python = context, root, python
        self.arguments = arguments
        self.folder = root

    def build(self, stages: list[Stage]) -> None:
        for stage in stages:
            for step in stage.steps:
                self.carry_out(step)

    def carry_out(self, step: Step) -> None:
        if step.word == "WORKDIR":
            self.folder = Path(self.here(step.rest))
            self.folder.mkdir(parents=True, exist_ok=True)
        elif step.word == "COPY" and not step.rest.startswith("--from="):
            self.copy(*shlex.split(step.rest))
        elif step.word == "RUN" and "useradd" not in step.rest:
            command = re.sub(r"^python\b", self.python, self.here(step.rest))
            # Modules are compiled when they are first loaded; compiling all of them takes most of an installation.
            environment = os.environ | {"PIP_NO_COMPILE": "1"} | self.arguments
            subprocess.run(command, shell=True, cwd=self.folder, env=environment, check=True, timeout=600)

    def copy(self, *paths: str) -> None:
        *sources, target = paths
        for source in sources:
            origin = self.context / source
            if origin.is_dir():
                shutil.copytree(origin, self.folder / target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(origin, self.folder / target)

    def here(self, text: str) -> str:
        """The text with the image's own folders moved below the builder's."""
        return ROOTED.sub(lambda found: f"{self.root}/{found[1]}", text)

    def command(self, stage: Stage, word: str) -> list[str]:
        said = stage.last(word)
        found: list[str] = json.loads(said[said.index("[") :])
        return found
