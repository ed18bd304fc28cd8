"""Fetches the icons in their fixed version and writes the drawings that the painter uses: `make art`."""

import base64
import hashlib
import json
import subprocess
import tarfile
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from artwork.animals import animals
from artwork.convert import framed_record, record
from artwork.recipes import Drawer, Recipe
from artwork.svg import shapes

HERE = Path(__file__).parent
ART = HERE.parent / "app/providers/local/scenery/art"
# Parts of people have a frame of 200 units; this many whole numbers to the unit.
PART_SCALE = 10
MANIFEST = """\
# Made by `make art`: what drawings.tsv holds and where it comes from.
drawings = {count}
sha256 = "{sha256}"

[source]
package = "{package}"
version = "{version}"
integrity = "{integrity}"
licence = "MIT"
licence_file = "licences/fluent-emoji.txt"
author = "Microsoft Corporation, https://github.com/microsoft/fluentui-emoji"
icons = {icons}
"""


def main() -> None:
    """Writes drawings.tsv and its manifest."""
    source = tomllib.loads((HERE / "source.toml").read_text(encoding="utf-8"))
    lines = drawn(_icons(source))
    data = "".join(lines[name] for name in sorted(lines)).encode()
    (ART / "drawings.tsv").write_bytes(data)
    icons = sorted({recipe.icon for recipe in recipes().values() if recipe.icon})
    text = MANIFEST.format(count=len(lines), sha256=hashlib.sha256(data).hexdigest(), icons=json.dumps(icons), **source)
    (ART / "drawings.toml").write_text(text, encoding="utf-8")


def drawn(icons: Mapping[str, str] | None) -> dict[str, str]:
    """The line of every drawing; without the icons, of those that are made without any."""
    known = recipes()
    drawer = Drawer(icons or {}, known, animals(HERE / "animals.toml"))
    names = {*known, *drawer.made} - {name for name in known if name.startswith("_")}
    if icons is None:
        names = {name for name in names if not _needs_icon(known, name)}
    lines = {name: _line(name, drawer.main(name), record(drawer.shapes(name))) for name in names}
    parts = tomllib.loads((HERE / "parts.toml").read_text(encoding="utf-8"))
    for name, body in parts.items():
        lines[f"part.{name}"] = _line(f"part.{name}", "main", framed_record(shapes(body), PART_SCALE))
    return lines


def recipes() -> dict[str, Recipe]:
    """Every recipe by its name."""
    found: dict[str, Recipe] = {}
    for path in sorted((HERE / "recipes").glob("*.toml")):
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        if twice := found.keys() & tables.keys():
            message = f"{path.name} has a recipe that another file has: {', '.join(sorted(twice))}"
            raise SystemExit(message)
        found |= {name: Recipe.of(table) for name, table in tables.items()}
    return found


def _needs_icon(known: Mapping[str, Recipe], name: str) -> bool:
    recipe = known.get(name, Recipe())
    return bool(recipe.icon) or (bool(recipe.base) and _needs_icon(known, recipe.base))


def _line(name: str, main_colour: str, rows: list[list[object]]) -> str:
    return f"{name}\t{main_colour}\t{json.dumps(rows, separators=(',', ':'))}\n"


def _icons(source: dict[str, str]) -> dict[str, str]:
    """The SVG body of each icon; the package is what its fixed hash says, or nothing is made."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = f"{source['package']}@{source['version']}"
        subprocess.run(
            ["npm", "pack", "--silent", "--pack-destination", folder, wanted], check=True, stdout=subprocess.DEVNULL
        )
        archive = next(Path(folder).glob("*.tgz"))
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if f"sha512-{digest}" != source["integrity"]:
            message = f"{wanted} is not what source.toml says: sha512-{digest}"
            raise SystemExit(message)
        with tarfile.open(archive) as files:
            member = files.extractfile("package/icons.json")
            icons: dict[str, dict[str, Any]] = json.load(member)["icons"] if member else {}
    return {name: icon["body"] for name, icon in icons.items()}


if __name__ == "__main__":
    main()
