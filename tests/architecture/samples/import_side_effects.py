"""Work done by importing."""

import re
from pathlib import Path

from app.core.settings import Settings

PATTERN = re.compile("a")
ROOT = Path(__file__).resolve()
router = Router()
router.get("/again")(ROOT)
CACHE.get("/again")(ROOT)  # caught
LATER = lambda: connect()
SETTINGS = Settings.load()  # caught
CLIENT = httpx.AsyncClient()  # caught
connect()  # caught
if ROOT:
    start()  # caught
if __name__ == "__main__":
    start()
