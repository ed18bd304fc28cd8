"""The table of the films: what was measured of each, and what is wrong with them all."""

from collections.abc import Sequence
from pathlib import Path

from tests.e2e.conftest import service
from tests.e2e.stories.measures import Measured, measured, sheet
from tests.e2e.stories.telling import LONGEST_SECONDS, Story, filmed

SHEETS = Path(__file__).parents[3] / "build" / "stories"
FEWEST_SEEN = 0.9
# Longer than thirty films take.
SIGNED_IN_MINUTES = 120
HEAD = (
    f"{'story':16}{'language':>9}{'seconds':>9}{'words':>8}{'silence':>9}{'LUFS':>7}{'named':>7}{'drawn':>7}{'late':>7}"
)


async def made(told: Sequence[Story], folder: Path) -> list[Measured]:
    """Every film, measured; a sheet of its pictures goes to an ignored folder."""
    rows = []
    print(f"\n{HEAD}")
    longest, signed_in = str(LONGEST_SECONDS), str(SIGNED_IN_MINUTES)
    async with service(folder, MAX_TARGET_DURATION_SEC=longest, ACCESS_TOKEN_EXPIRE_MINUTES=signed_in) as person:
        for story in told:
            row = await measured(story, person, await filmed(story, person), folder)
            await sheet(folder / f"{story.name}.mp4", row.seconds, SHEETS / f"{story.name}.jpg")
            print(_line(row), flush=True)
            rows.append(row)
    return rows


def wrongs(rows: Sequence[Measured]) -> list[str]:
    """What is wrong with these films; nothing if they are as they must be."""
    wanted = sum(row.subjects for row in rows)
    seen = {"named": sum(len(row.named) for row in rows), "drawn": sum(len(row.drawn) for row in rows)}
    few = [f"{count} of {wanted} subjects are {how}" for how, count in seen.items() if count < FEWEST_SEEN * wanted]
    return [*(wrong for row in rows for wrong in row.wrongs()), *few]


def _line(row: Measured) -> str:
    seen = "".join(f"{f'{len(keys)}/{row.subjects}':>7}" for keys in (row.named, row.drawn))
    told = f"{row.language + ('' if row.is_language_right else '!'):>9}{row.seconds:9.1f}{row.words:8.1%}"
    return f"{row.name:16}{told}{row.silence:9.1%}{row.loudness:7.1f}{seen}{row.late_seconds:7.2f}"
