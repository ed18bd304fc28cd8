"""The stand-in keeps to the documented contract: what the vendor refuses, it refuses; it counts what is paid."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from openai import AsyncOpenAI
from pydantic import BaseModel

from tests.contract.providers.conftest import Stage
from tests.standins.minimax.media import still
from tests.standins.openai.plans import strict_faults
from tests.standins.openai.world import GOOD_KEY, World

PNG = still(64, 64, (1, 2, 3), "PNG")
TEXT = {"model": "gpt-5.6-luna", "input": "A fox."}
DRAW = {"model": "gpt-image-2", "prompt": "A fox"}
SPEAK = {"model": "tts-1", "input": "A fox", "voice": "ash"}
LOOSE = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
REFUSED: list[tuple[str, dict[str, Any], int, str]] = [
    ("/v1/responses", TEXT | {"model": "gpt-4"}, 404, "model_not_found"),
    ("/v1/responses", TEXT | {"msgs": []}, 400, "unknown_parameter"),
    (
        "/v1/responses",
        TEXT | {"text": {"format": {"type": "json_schema", "name": "x", "strict": True, "schema": LOOSE}}},
        400,
        "invalid_json_schema",
    ),
    ("/v1/chat/completions", {"model": "gpt-5.6-luna", "input": "x"}, 400, "unknown_parameter"),
    ("/v1/images/generations", DRAW | {"model": "gpt-image-1"}, 404, "model_not_found"),
    ("/v1/images/generations", DRAW | {"model": "dall-e-3"}, 404, "model_not_found"),
    ("/v1/images/generations", DRAW | {"response_format": "url"}, 400, "unknown_parameter"),
    ("/v1/images/generations", DRAW | {"size": "1920x1080"}, 400, ""),
    ("/v1/images/generations", DRAW | {"size": "3840x1024"}, 400, ""),
    ("/v1/images/generations", DRAW | {"model": "gpt-image-1.5", "size": "1280x720"}, 400, "invalid_value"),
    ("/v1/images/generations", DRAW | {"n": 11}, 400, ""),
    ("/v1/images/generations", DRAW | {"prompt": "x" * 32_001}, 400, ""),
    ("/v1/audio/speech", SPEAK | {"input": "x" * 4097}, 400, "string_above_max_length"),
    ("/v1/audio/speech", SPEAK | {"voice": "nobody"}, 400, ""),
    ("/v1/audio/speech", SPEAK | {"speed": 5}, 400, ""),
    ("/v1/audio/speech", SPEAK | {"instructions": "softly"}, 400, ""),
    ("/v1/moderations", {"input": [{"type": "image_url", "image_url": {"url": "file:///x"}}]}, 400, ""),
    ("/v1/moderations", {"input": []}, 400, ""),
]


@pytest.fixture
async def http(world: World, stage: Stage) -> AsyncIterator[httpx2.AsyncClient]:
    headers = {"Authorization": f"Bearer {GOOD_KEY}"}
    async with httpx2.AsyncClient(base_url=stage.address, headers=headers) as client:
        yield client


@pytest.mark.parametrize(("path", "body", "status", "code"), REFUSED)
async def test_what_the_vendor_refuses_is_refused(
    http: httpx2.AsyncClient, world: World, path: str, body: dict[str, Any], status: int, code: str
) -> None:
    reply = await http.post(path, json=body)
    assert (reply.status_code, reply.json()["error"]["code"] or "") == (status, code)
    assert world.paid == []


@pytest.mark.parametrize(
    ("files", "fields"),
    [
        ([], {}),
        ([("image[]", ("a.png", PNG, "image/png"))] * 17, {}),
        ([("image", ("a.png", b"no picture", "image/png"))], {}),
        ([("image", ("a.png", PNG, "image/png"))], {"input_fidelity": "high"}),
        ([("image", ("a.png", PNG, "image/png"))], {"moderation": "low"}),
    ],
)
async def test_references_that_the_vendor_refuses_are_refused(
    http: httpx2.AsyncClient, world: World, files: list[Any], fields: dict[str, str]
) -> None:
    reply = await http.post("/v1/images/edits", data=DRAW | fields, files=files or [("x", ("x", b"", "a/b"))])
    assert reply.status_code == 400
    assert world.paid == []


async def test_no_key_no_answer(stage: Stage, world: World) -> None:
    async with httpx2.AsyncClient(base_url=stage.address) as stranger:
        for path in ("/v1/models", "/v1/responses", "/v1/moderations"):
            reply = await (stranger.get(path) if path == "/v1/models" else stranger.post(path, json=TEXT))
            assert (reply.status_code, reply.json()["error"]["code"]) == (401, "invalid_api_key")


def test_the_strict_mode_names_what_is_loose() -> None:
    nested = {"type": "object", "additionalProperties": False, "required": [], "properties": {"b": LOOSE}}
    assert len(strict_faults(nested)) == 2
    assert strict_faults(LOOSE | {"additionalProperties": False}) == []


class Tale(BaseModel):
    title: str
    chapters: list[str]


async def test_the_official_library_unchanged_gets_its_answers(stage: Stage, world: World) -> None:
    async with AsyncOpenAI(api_key=GOOD_KEY, base_url=f"{stage.address}/v1", max_retries=0) as official:
        told = await official.responses.parse(model="gpt-6-luna", input="A fox. A lamp.", text_format=Tale)
        assert told.output_parsed == Tale(title="A fox.", chapters=["A fox.", "A lamp.", "A fox."])
        talk = [{"role": "user", "content": json.dumps({"story": "A fox.", "segment_count": 1})}]
        chat = await official.chat.completions.parse(model="gpt-6-luna", messages=talk, response_format=Tale)
        assert chat.choices[0].message.parsed == Tale(title="A fox.", chapters=["A fox."])
        drawn = await official.images.edit(model="gpt-image-2", prompt="A fox", image=[PNG, PNG], size="1280x720")
        assert drawn.data[0].b64_json.startswith("iVBOR")
        spoken = await official.audio.speech.create(model="tts-1", input="A fox", voice="ash", response_format="wav")
        assert spoken.content.startswith(b"RIFF")
        judged = await official.moderations.create(input="A murder")
        assert judged.results[0].categories.violence
        assert "gpt-6-luna" in [model.id async for model in official.models.list()]
    assert [one.path.rpartition("/")[2] for one in world.paid] == ["responses", "completions", "edits", "speech"]


async def test_the_oracle_and_the_faults_work_by_hand(http: httpx2.AsyncClient, world: World) -> None:
    planned = await http.post("/_control/faults", json=[{"kind": "status", "path": "/v1/responses", "status": 429}])
    assert planned.json()["waiting"][0]["status"] == 429
    assert (await http.post("/v1/responses", json=TEXT)).status_code == 429
    assert (await http.post("/v1/responses", json=TEXT)).status_code == 200
    paid = (await http.get("/_control/paid")).json()
    assert (paid["count"], paid["paid"][0]["model"]) == (1, "gpt-5.6-luna")
    rules = await http.post("/_control/rules", json={"answer": "refusal", "typo": 1})
    assert (rules.json()["answer"], rules.json()["unknown"]) == ("refusal", ["typo"])
    assert "refusal" in (await http.post("/v1/responses", json=TEXT)).json()["output"][0]["content"][0]
    truth = (await http.get("/_control/truth")).json()
    assert truth["calls"][0] == ["POST", "/v1/responses"]
