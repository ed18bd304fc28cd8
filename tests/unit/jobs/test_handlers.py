"""The kind-to-handler table: what may be started, and with what."""

from typing import ClassVar

import pytest
from pydantic import BaseModel, ConfigDict

from app.jobs.errors import KindUnknown, ParamsUnusable
from app.jobs.handlers import Handlers


class CountParams(BaseModel):
    model_config = ConfigDict(extra="forbid")
    to: int


class Count:
    kind: ClassVar[str] = "number.count"
    startable: ClassVar[bool] = True
    params = CountParams


class Sweep(Count):
    kind: ClassVar[str] = "number.sweep"
    startable: ClassVar[bool] = False


HANDLERS = Handlers([Count(), Sweep()])


def test_params_are_kept_as_the_kind_reads_them() -> None:
    assert HANDLERS.checked("number.count", {"to": "7"}) == {"to": 7}


def test_params_that_do_not_fit_are_refused_without_showing_them() -> None:
    with pytest.raises(ParamsUnusable) as refused:
        HANDLERS.checked("number.count", {"to": "hush", "more": 1})
    assert refused.value.code == "job.params_unusable"
    told = str(refused.value.facts["faults"])
    assert "to: " in told
    assert "more: " in told
    assert "hush" not in told


def test_only_startable_kinds_are_offered_and_named() -> None:
    assert HANDLERS.offered("number.count").kind == "number.count"
    with pytest.raises(KindUnknown) as refused:
        HANDLERS.offered("number.sweep")
    assert refused.value.facts["kinds"] == ["number.count"]
