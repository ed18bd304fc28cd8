"""Pure: an example of a request body, made from its schema where its model shows none."""

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]
MAX_DEPTH = 6
BY_FORMAT: Mapping[str, str] = {
    "uuid": "01933a5c-7e00-7000-8000-000000000001",
    "date-time": "2026-11-21T12:00:00.000Z",
    "date": "2026-11-21",
    "email": "ada@example.com",
    "uri": "https://example.com/hook",
    "password": "correct horse battery staple",
    "binary": "(file)",
}
BY_NAME: Mapping[str, str] = {
    "email": "ada@example.com",
    "username": "ada",
    "password": "correct horse battery staple",
    "current_password": "correct horse battery staple",
    "new_password": "four other random words",
    "name": "The lighthouse",
    "full_name": "Ada Lovelace",
    "story_prompt": "A lighthouse keeper finds a message in a bottle.",
    "prompt": "A lighthouse at dawn, waves below, gulls circling",
    "language": "en",
    "grant_type": "password",
}


def example_of(schema: Json, schemas: Mapping[str, Json]) -> Any:
    """A value that the schema accepts, as far as its rules can be read here."""
    return _Maker(schemas).value(schema, name="", depth=0)


class _Maker:
    """Walks one schema with all the named ones at hand."""

    def __init__(self, schemas: Mapping[str, Json]) -> None:
        self._schemas = schemas

    def value(self, schema: Json, *, name: str, depth: int) -> Any:
        """What the schema shows by itself, else something of its type."""
        schema = self._plain(schema)
        shown = [schema[key] for key in ("example", "default", "const") if schema.get(key) not in (None, "")]
        shown += [schema[key][0] for key in ("examples", "enum") if schema.get(key)]
        if shown:
            return shown[0]
        kind = schema.get("type")
        if kind == "object":
            return self._object(schema, depth) if depth < MAX_DEPTH else {}
        if kind == "array":
            return self._array(schema, name, depth) if depth < MAX_DEPTH else []
        return _simple(kind, schema, name)

    def _plain(self, schema: Json) -> Json:
        """The schema behind references, and of a choice the first that is not null."""
        for _ in range(MAX_DEPTH):
            choices = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
            if "$ref" in schema:
                around = {key: value for key, value in schema.items() if key != "$ref"}
                schema = {**self._schemas.get(schema["$ref"].rpartition("/")[2], {}), **around}
            elif choices and "type" not in schema:
                around = {key: value for key, value in schema.items() if key not in {"anyOf", "oneOf", "allOf"}}
                schema = {**next((choice for choice in choices if choice.get("type") != "null"), {}), **around}
            else:
                break
        return schema

    def _object(self, schema: Json, depth: int) -> Json:
        """Required fields and those whose name says what they hold; the other optional ones are left out."""
        fields: Json = schema.get("properties", {})
        wanted = {*schema.get("required", ()), *BY_NAME}
        return {name: self.value(field, name=name, depth=depth + 1) for name, field in fields.items() if name in wanted}

    def _array(self, schema: Json, name: str, depth: int) -> list[Any]:
        item = self.value(schema.get("items", {}), name=name, depth=depth + 1)
        return [item] * max(int(schema.get("minItems", 0)), 1)


def _simple(kind: str | None, schema: Json, name: str) -> Any:
    if kind in {"integer", "number"}:
        return _number(schema)
    if kind == "string":
        return _text(schema, name)
    return False if kind == "boolean" else None


def _number(schema: Json) -> Any:
    if "minimum" in schema:
        return schema["minimum"]
    if "exclusiveMinimum" in schema:
        return schema["exclusiveMinimum"] + 1
    return min(1, schema.get("maximum", 1))


def _text(schema: Json, name: str) -> str:
    text = BY_NAME.get(name) or BY_FORMAT.get(schema.get("format", ""), name.replace("_", " ") or "text")
    missing = max(int(schema.get("minLength", 0)) - len(text), 0)
    return f"{text}{'.' * missing}"[: int(schema.get("maxLength", 4096))]
