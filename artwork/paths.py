"""Flattens the path of an SVG to polygons."""

import math
import re
from collections.abc import Callable, Iterator

__all__ = ["Contour", "Point", "ellipse", "flatten", "rectangle"]

Point = tuple[float, float]
Contour = list[Point]

TOLERANCE = 0.035
PARTS = re.compile(r"([MmZzLlHhVvCcSsQqTtAa])|([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)")
FLAGS = re.compile(r"[\s,]*([01])")
COUNTS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7, "Z": 0}


def flatten(path: str, tolerance: float = TOLERANCE) -> list[Contour]:
    """The contours of a path, as polygons that stay within the tolerance of its curves."""
    walker = _Walker(tolerance)
    for command, numbers in _commands(path):
        walker.step(command, numbers)
    return [contour for contour in walker.contours if len(contour) > 1]


def ellipse(middle: Point, reach: Point) -> Contour:
    """A whole ellipse."""
    count = max(16, min(64, math.ceil(math.pi / math.acos(1 - TOLERANCE / max(*reach, TOLERANCE * 1.1)))))
    turns = [2 * math.pi * step / count for step in range(count)]
    return [(middle[0] + reach[0] * math.cos(turn), middle[1] + reach[1] * math.sin(turn)) for turn in turns]


def rectangle(left: float, top: float, size: Point, radius: float) -> Contour:
    """A rectangle, with round corners where the radius is more than nothing."""
    right, bottom = left + size[0], top + size[1]
    if radius <= 0:
        return [(left, top), (right, top), (right, bottom), (left, bottom)]
    radius = min(radius, size[0] / 2, size[1] / 2)
    contour: Contour = []
    corners = (
        (right - radius, bottom - radius),
        (left + radius, bottom - radius),
        (left + radius, top + radius),
        (right - radius, top + radius),
    )
    for quarter, (x, y) in enumerate(corners):
        for step in range(7):
            turn = math.pi / 2 * (quarter + step / 6)
            contour.append((x + radius * math.cos(turn), y + radius * math.sin(turn)))
    return contour


def _commands(path: str) -> Iterator[tuple[str, list[float]]]:
    place, command = 0, ""
    while match := PARTS.search(path, place):
        if match[1]:
            command, place = match[1], match.end()
            if command in "Zz":
                yield command, []
            continue
        numbers, place = _numbers(path, match.start(), command.upper())
        yield command, numbers
        command = {"M": "L", "m": "l"}.get(command, command)


def _numbers(path: str, place: int, command: str) -> tuple[list[float], int]:
    numbers: list[float] = []
    for index in range(COUNTS[command]):
        # The two flags of an arc may be written without anything between them and the next number.
        is_flag = command == "A" and index in {3, 4}
        match = FLAGS.match(path, place) if is_flag else PARTS.search(path, place)
        if match is None:
            message = f"A path ends in the middle of a command: {path[-40:]}"
            raise ValueError(message)
        numbers.append(float(match[1] if is_flag else match[2]))
        place = match.end()
    return numbers, place


class _Walker:
    """Goes along a path and keeps the contours that it has drawn."""

    def __init__(self, tolerance: float) -> None:
        self.contours: list[Contour] = []
        self._tolerance = tolerance
        self._at: Point = (0.0, 0.0)
        self._control: Point | None = None
        self._last = ""
        self._draw: dict[str, Callable[[list[Point]], None]] = {
            "L": self._line,
            "C": self._cubic,
            "S": self._smooth_cubic,
            "Q": self._quadratic,
            "T": self._smooth_quadratic,
        }

    def step(self, command: str, numbers: list[float]) -> None:
        kind = command.upper()
        base = self._at if command.islower() else (0.0, 0.0)
        if kind == "Z":
            self._at = self.contours[-1][0]
        elif kind == "M":
            self._at = (base[0] + numbers[0], base[1] + numbers[1])
            self.contours.append([self._at])
        elif kind == "A":
            self._arc(numbers, (base[0] + numbers[5], base[1] + numbers[6]))
        else:
            self._begin()
            self._draw["L" if kind in "HV" else kind](self._points(kind, numbers, base))
        self._last = kind

    def _begin(self) -> None:
        if self._last == "Z":
            self.contours.append([self._at])

    def _points(self, kind: str, numbers: list[float], base: Point) -> list[Point]:
        if kind == "H":
            return [(base[0] + numbers[0], self._at[1])]
        if kind == "V":
            return [(self._at[0], base[1] + numbers[0])]
        return [(base[0] + x, base[1] + y) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]

    def _line(self, points: list[Point]) -> None:
        self._at = points[0]
        self.contours[-1].append(self._at)

    def _cubic(self, points: list[Point]) -> None:
        start, (one, two, end) = self._at, points
        count = self._count(start, points)
        for step in range(1, count + 1):
            part = step / count
            rest = 1 - part
            weights = (rest**3, 3 * rest * rest * part, 3 * rest * part * part, part**3)
            corners = (start, one, two, end)
            self.contours[-1].append(
                (
                    sum(weight * corner[0] for weight, corner in zip(weights, corners, strict=True)),
                    sum(weight * corner[1] for weight, corner in zip(weights, corners, strict=True)),
                )
            )
        self._at, self._control = end, two

    def _smooth_cubic(self, points: list[Point]) -> None:
        self._cubic([self._mirrored("CS"), *points])

    def _quadratic(self, points: list[Point]) -> None:
        start, (middle, end) = self._at, points
        one, two = (
            (corner[0] + (middle[0] - corner[0]) * 2 / 3, corner[1] + (middle[1] - corner[1]) * 2 / 3)
            for corner in (start, end)
        )
        self._cubic([one, two, end])
        self._control = middle

    def _smooth_quadratic(self, points: list[Point]) -> None:
        self._quadratic([self._mirrored("QT"), *points])

    def _mirrored(self, kinds: str) -> Point:
        if self._last not in kinds or self._control is None:
            return self._at
        return (2 * self._at[0] - self._control[0], 2 * self._at[1] - self._control[1])

    def _count(self, start: Point, points: list[Point]) -> int:
        """Segments after which no chord is further from the curve than the tolerance."""
        corners = [start, *points]
        bend = max(
            math.hypot(first[0] - 2 * second[0] + third[0], first[1] - 2 * second[1] + third[1])
            for first, second, third in zip(corners, corners[1:], corners[2:], strict=False)
        )
        return max(1, min(40, math.ceil(math.sqrt(0.75 * bend / self._tolerance))))

    def _arc(self, numbers: list[float], end: Point) -> None:
        self._begin()
        start, self._at = self._at, end
        reach = abs(numbers[0]), abs(numbers[1])
        if not (reach[0] and reach[1]) or start == end:
            self.contours[-1].append(end)
            return
        tilt = math.radians(numbers[2])
        self.contours[-1].extend(
            _arc_points(start, end, reach, tilt, (bool(numbers[3]), bool(numbers[4])), self._tolerance)
        )


def _arc_points(
    start: Point, end: Point, reach: Point, tilt: float, flags: tuple[bool, bool], tolerance: float
) -> Contour:
    """The way from the endpoints of an arc to its centre, as SVG 1.1 F.6.5 has it."""
    cos, sin = math.cos(tilt), math.sin(tilt)
    half_x, half_y = (start[0] - end[0]) / 2, (start[1] - end[1]) / 2
    x, y = cos * half_x + sin * half_y, -sin * half_x + cos * half_y
    grown = math.sqrt(max(1.0, (x / reach[0]) ** 2 + (y / reach[1]) ** 2))
    rx, ry = reach[0] * grown, reach[1] * grown
    root = math.sqrt(max(0.0, (rx * ry) ** 2 / ((rx * y) ** 2 + (ry * x) ** 2) - 1))
    sign = -1 if flags[0] == flags[1] else 1
    cx, cy = sign * root * rx * y / ry, -sign * root * ry * x / rx
    first = math.atan2((y - cy) / ry, (x - cx) / rx)
    sweep = math.atan2((-y - cy) / ry, (-x - cx) / rx) - first
    if flags[1] and sweep < 0:
        sweep += 2 * math.pi
    elif not flags[1] and sweep > 0:
        sweep -= 2 * math.pi
    middle = (cos * cx - sin * cy + (start[0] + end[0]) / 2, sin * cx + cos * cy + (start[1] + end[1]) / 2)
    step = 2 * math.acos(max(-1.0, 1 - tolerance / max(rx, ry, tolerance)))
    count = max(1, math.ceil(abs(sweep) / step))
    turns = [first + sweep * part / count for part in range(1, count)]
    along = [(rx * math.cos(turn), ry * math.sin(turn)) for turn in turns]
    return [*((middle[0] + cos * u - sin * v, middle[1] + sin * u + cos * v) for u, v in along), end]
