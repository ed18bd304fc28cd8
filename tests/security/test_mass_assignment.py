"""No column of a table can be written by naming it where a request is not meant to write it."""

from collections.abc import Mapping

import pytest
from pydantic import BaseModel, ValidationError
from pydantic.alias_generators import to_camel

from app.main import create_app
from app.tables import METADATA
from tests.contract.test_write_models import body_parts, reached

COLUMNS = sorted({column.name for table in METADATA.tables.values() for column in table.columns})
# What decides whose a row is, what it may do, where its bytes lie and what it has cost.
PROTECTED = frozenset(
    {
        *("owner_id", "user_id", "role", "is_active", "closed_at", "password_hash", "login_email", "login_username"),
        *("subject", "entra_id", "store_key", "avatar_key", "state", "attempts", "version", "lease_owner", "parent_id"),
        *("estimated_micro_usd", "actual_micro_usd", "cost_micro_usd", "micro_usd", "remote_id", "failure", "result"),
        *("id", "created_at", "updated_at", "status", "progress"),
    }
)
# What a protected name stands for in these models.
MEANT: Mapping[str, frozenset[str]] = {
    # What administrators decide about accounts.
    "AdminUserBody": frozenset({"role", "is_active"}),
    # An administrator's word on a job, and a client's that reports what it has seen; both are judged by the state.
    "StatusMove": frozenset({"status"}),
    "MoveForm": frozenset({"status", "progress"}),
    # The editor sends a project back as it was shown; what is taken over of it is named by the service.
    "ProjectBody": frozenset({"id", "created_at", "updated_at", "status"}),
    "MakeBody": frozenset({"id", "created_at", "updated_at", "status"}),
}
# Two keep them as the client's own data; of the third, the page's settings alone are read.
KEEP_UNKNOWN = frozenset({"ProjectBody", "MakeBody", "SettingsForm"})


@pytest.fixture(scope="module")
def models() -> list[type[BaseModel]]:
    known: set[type[BaseModel]] = set()
    for _, field in body_parts(create_app()):
        reached(field.field_info.annotation, known)
    return sorted(known, key=lambda kind: kind.__qualname__)


def test_no_model_names_what_only_the_service_decides(models: list[type[BaseModel]]) -> None:
    named = {kind.__name__: PROTECTED & set(kind.model_fields) for kind in models}
    assert {name: found for name, found in named.items() if found} == MEANT


def test_every_other_column_is_refused_or_passed_over_by_every_model(models: list[type[BaseModel]]) -> None:
    taken, tried = [], 0
    for kind in models:
        known = {spelled for name in kind.model_fields for spelled in (name, to_camel(name))}
        for column in COLUMNS:
            for name in {column, to_camel(column)} - known:
                tried += 1
                if not refuses(kind, name) and kind.model_config.get("extra") != "ignore":
                    taken.append((kind.__name__, name))
    print(f"mass assignment: {tried} columns tried on {len(models)} models")
    assert {kind for kind, _ in taken} == KEEP_UNKNOWN


def refuses(kind: type[BaseModel], name: str) -> bool:
    try:
        kind.model_validate({name: "canary"})
    except ValidationError as fault:
        return any(error["type"] == "extra_forbidden" for error in fault.errors())
    return False
