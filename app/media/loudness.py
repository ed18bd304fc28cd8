"""Pure: how loud something is, and what is done so that a film is as loud as films are."""

import re
from dataclasses import dataclass

from app.media.errors import ToolFailed

TARGET_LUFS = -14.0
CEILING_DBTP = -1.0
TOLERANCE_LU = 0.3
# What is aimed at lies inside what is promised, because the encoder moves both a little.
AIM_LU = 0.12
PEAK_MARGIN_DB = 0.2
MOST_LIFT_DB = 20.0
SILENCE_LUFS = -69.0
# The limiter knows samples, not what lies between them: half a decibel is kept for that.
FIRST_LIMIT_DB = -1.5
LOWEST_LIMIT_DB = -6.0
INTEGRATED = re.compile(r"I:\s+(-?[\d.]+|-inf|nan) LUFS")
PEAK = re.compile(r"Peak:\s+(-?[\d.]+|-inf|nan) dBFS")


@dataclass(frozen=True)
class Level:
    """What a measurement found."""

    integrated_lufs: float
    true_peak_dbtp: float

    @property
    def is_silent(self) -> bool:
        """Whether there is nothing to hear."""
        return self.integrated_lufs <= SILENCE_LUFS


@dataclass(frozen=True)
class LoudnessSetting:
    """How far the sound is lifted, and where its peaks end."""

    gain_db: float
    limit_db: float = FIRST_LIMIT_DB


@dataclass(frozen=True)
class Loudness:
    """How loud the finished sound is, and what that took."""

    integrated_lufs: float
    true_peak_dbtp: float
    gain_db: float
    is_quiet: bool
    is_silent: bool


def read_level(report: str) -> Level:
    """The last summary in what ffmpeg's meter says."""
    integrated, peaks = INTEGRATED.findall(report), PEAK.findall(report)
    if not integrated:
        raise ToolFailed
    return Level(_number(integrated[-1]), _number(peaks[-1]) if peaks else SILENCE_LUFS)


def lift(level: Level, target_lufs: float = TARGET_LUFS) -> float:
    """The decibels that bring a level to a target; silence stays, near-silence is lifted so far and no further."""
    return 0.0 if level.is_silent else min(MOST_LIFT_DB, target_lufs - level.integrated_lufs)


def is_good(level: Level) -> bool:
    """Whether a finished sound is as loud as promised."""
    is_near = abs(level.integrated_lufs - TARGET_LUFS) <= TOLERANCE_LU
    return is_near and level.true_peak_dbtp <= CEILING_DBTP


def adjusted(setting: LoudnessSetting, level: Level, *, most_gain_db: float = MOST_LIFT_DB) -> LoudnessSetting | None:
    """The next setting to try, or None when the level is as good as it gets."""
    if level.is_silent:
        return None
    wanted = min(most_gain_db, setting.gain_db + TARGET_LUFS - level.integrated_lufs)
    is_near = abs(level.integrated_lufs - TARGET_LUFS) <= AIM_LU or abs(wanted - setting.gain_db) <= AIM_LU / 2
    excess = level.true_peak_dbtp - (CEILING_DBTP - PEAK_MARGIN_DB)
    if is_near and excess <= 0:
        return None
    limit = max(LOWEST_LIMIT_DB, setting.limit_db - max(0.0, excess))
    return LoudnessSetting(setting.gain_db if is_near else wanted, limit)


def _number(text: str) -> float:
    return float(text) if text not in {"-inf", "nan"} else SILENCE_LUFS - 1
