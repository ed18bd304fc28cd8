"""Tests that patch."""

from unittest.mock import MagicMock  # caught


def test_it(monkeypatch, mocker, service):
    monkeypatch.setattr("app.core.clock.time", MagicMock())  # caught
    monkeypatch.setattr(service, "_clock", None)  # caught
    mocker.patch("app.main")  # caught
    service.patch("/segments", json={})
    setattr(service, "name", "fake")
