"""Answers that fit the schema they were asked for, made from the words of the request."""

import json
import re
from typing import Any

SENTENCE = re.compile(r"[^.!?\n]+[.!?]?")
COUNT = re.compile(r"exactly (\d+)")
WORDS = re.compile(r"exactly so: ([^.]+)\.")
MOST_WORDS = 8


def strict_faults(schema: Any, place: str = "root") -> list[str]:
    """What the vendor's strict mode refuses in a schema."""
    faults: list[str] = []
    if not isinstance(schema, dict):
        return faults
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            faults.append(f"{place}: additionalProperties must be false")
        if sorted(schema.get("required", [])) != sorted(schema.get("properties", {})):
            faults.append(f"{place}: required must name every property")
    for name in ("properties", "$defs"):
        for key, inner in schema.get(name, {}).items():
            faults += strict_faults(inner, f"{place}.{key}")
    return faults + strict_faults(schema.get("items"), f"{place}.items")


class Writer:
    """Writes one answer."""

    def __init__(self, schema: dict[str, Any], instructions: str, said: str) -> None:
        self._schema = schema
        self._wanted = _object(said)
        story = str(self._wanted.get("story", said))
        self._sentences = [found.strip() for found in SENTENCE.findall(story) if found.strip()] or [story]
        counted = COUNT.search(instructions)
        self._count = int(self._wanted.get("segment_count") or (counted[1] if counted else 3))
        offered = WORDS.search(instructions)
        self._camera = [word.strip() for word in offered[1].split(",")] if offered else ["static shot"]

    def text(self) -> str:
        """The answer as JSON."""
        return json.dumps(self._value(self._schema, "root", 0), ensure_ascii=False)

    def _value(self, schema: dict[str, Any], name: str, index: int) -> Any:
        if "$ref" in schema:
            schema = self._schema["$defs"][schema["$ref"].rpartition("/")[2]]
        match schema.get("type"):
            case "object":
                return {key: self._value(inner, key, index) for key, inner in schema["properties"].items()}
            case "array" if name == "camera_commands":
                return [self._camera[index % len(self._camera)]]
            case "array":
                return [self._value(schema["items"], name, number) for number in range(self._count)]
            case "integer" | "number" | "boolean":
                return index
            case _:
                return self._words(name, index)

    def _words(self, name: str, index: int) -> str:
        sentence = self._sentences[index % len(self._sentences)]
        words = " ".join(sentence.split()[:MOST_WORDS])
        prefix = {"video_prompt": "A slow scene: ", "end_frame_prompt": "The last still: "}.get(name, "")
        return prefix + words


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
