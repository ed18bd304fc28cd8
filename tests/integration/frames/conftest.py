"""The studio of these tests."""

from tests.studio import app, camera, film, judge, kit, painter, people_kit, project, studio

__all__ = ["app", "camera", "film", "judge", "kit", "painter", "people_kit", "project", "studio"]
