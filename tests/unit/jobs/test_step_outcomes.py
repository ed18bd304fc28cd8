"""What a step came to survives its record, also the record of an older version that may have bought something."""

import json
from typing import Any

import pytest

from app.engine.port import StepFailed, StepOutcome, WaitTimedOut

FAILURE = {"code": "clip.broken", "message": "It cannot be read.", "retryable": True, "provider": None}


@pytest.mark.parametrize("result", [None, 3, {"result": 1}, {"failure": "of a material"}, {"cancelled": True}, [1, 2]])
def test_a_result_is_read_as_it_was(result: Any) -> None:
    recorded = json.loads(json.dumps(StepOutcome(result).as_json()))
    assert StepOutcome.of_json("buy", recorded).opened(None) == result


@pytest.mark.parametrize("kind", [StepFailed, WaitTimedOut])
def test_a_failure_is_raised_as_it_was(kind: type[StepFailed]) -> None:
    failed = kind("buy", "clip.broken", "It cannot be read.", retryable=True, facts={"failure": FAILURE})
    recorded = json.loads(json.dumps(StepOutcome(failure=failed).as_json()))
    with pytest.raises(StepFailed) as met:
        StepOutcome.of_json("buy", recorded).opened(None)
    assert type(met.value) is kind
    assert (met.value.code, met.value.retryable, met.value.facts) == ("clip.broken", True, {"failure": FAILURE})


@pytest.mark.parametrize(
    ("recorded", "result"),
    [
        ({"result": {"result": {"asset_id": "a"}}}, {"asset_id": "a"}),
        ({"result": {"result": None}}, None),
        ({"result": None}, None),
    ],
)
def test_a_result_of_an_older_version_is_read(recorded: dict[str, Any], result: Any) -> None:
    assert StepOutcome.of_json("buy", recorded).opened(None) == result


@pytest.mark.parametrize(
    ("recorded", "code", "facts"),
    [
        ({"result": {"failure": FAILURE}}, "clip.broken", {"failure": FAILURE}),
        ({"result": {"cancelled": True}}, "job.cancelled", {"cancelled": True}),
        ({"failure": {"code": "internal", "text": "It broke.", "retryable": False}}, "internal", {}),
    ],
)
def test_a_failure_of_an_older_version_is_read(recorded: dict[str, Any], code: str, facts: dict[str, Any]) -> None:
    with pytest.raises(StepFailed) as met:
        StepOutcome.of_json("buy", recorded).opened(None)
    assert (met.value.code, met.value.facts) == (code, facts)
