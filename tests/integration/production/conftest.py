"""Films are produced by an application with a worker of its own, whose engines answer by a script."""

from tests.scripted_house import app, camera, house, kit, painter, planner, settings, speaker, vendor

__all__ = ["app", "camera", "house", "kit", "painter", "planner", "settings", "speaker", "vendor"]
