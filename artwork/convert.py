"""Turns SVG shapes into the painter's own compact form: whole numbers, outlines with their holes."""

from collections.abc import Iterable

from artwork.paths import Contour
from artwork.svg import Shape

__all__ = ["framed_record", "record"]

# The longer side of every drawing in its own units.
SIDE = 2000


def framed_record(shapes: Iterable[Shape], scale: float) -> list[list[object]]:
    """The same for a part of a figure: it stays where it is in the figure's own frame."""
    parts = [part for shape in shapes for part in _parts(shape)]
    return [row for part in parts if (row := _row(part, (0.0, 0.0), scale))]


def record(shapes: Iterable[Shape]) -> list[list[object]]:
    """Colour, outline and holes of each shape, with opacity and width where they are not the usual; all in one box."""
    parts = [part for shape in shapes if shape.opacity > 0.02 for part in _parts(shape)]
    across = [x for part in parts for x, _ in part.contours[0]]
    down = [y for part in parts for _, y in part.contours[0]]
    scale = SIDE / max(max(across) - min(across), max(down) - min(down))
    corner = min(across), min(down)
    return [row for part in parts if (row := _row(part, corner, scale))]


def _row(part: Shape, corner: tuple[float, float], scale: float) -> list[object]:
    outlines = [line for contour in part.contours if (line := _line(contour, corner, scale, closed=not part.width))]
    if not outlines:
        return []
    row: list[object] = [part.colour, outlines]
    if part.opacity < 1 or part.width:
        row.append(round(part.opacity, 2))
    if part.width:
        row.append(round(part.width * scale))
    return row


def _line(contour: Contour, corner: tuple[float, float], scale: float, *, closed: bool) -> str:
    """The first point and then the step to each next one."""
    points = [(round((x - corner[0]) * scale), round((y - corner[1]) * scale)) for x, y in contour]
    if closed and points[0] == points[-1]:
        points.pop()
    kept = [points[0]]
    steps = [f"{points[0][0]} {points[0][1]}"]
    for x, y in points[1:]:
        if (x, y) != kept[-1]:
            steps.append(f"{x - kept[-1][0]} {y - kept[-1][1]}")
            kept.append((x, y))
    return " ".join(steps) if len(kept) > (2 if closed else 1) else ""


def _parts(shape: Shape) -> list[Shape]:
    """One shape for each outline, with the holes that lie in it."""
    if shape.width:
        return [Shape(shape.colour, shape.opacity, [contour], width=shape.width) for contour in shape.contours]
    contours = sorted((c for c in shape.contours if len(c) > 2), key=lambda contour: -abs(_area(contour)))
    outlines: list[list[Contour]] = []
    for contour in contours:
        around = next((known for known in reversed(outlines) if _is_inside(contour, known[0])), None)
        turns_back = around is not None and _area(contour) * _area(around[0]) < 0
        if (
            around is not None
            and (turns_back or shape.even_odd)
            and not any(_is_inside(contour, h) for h in around[1:])
        ):
            around.append(contour)
        else:
            outlines.append([contour])
    return [Shape(shape.colour, shape.opacity, found) for found in outlines]


def _area(contour: Contour) -> float:
    pairs = zip(contour, [*contour[1:], contour[0]], strict=True)
    return sum(x * other_y - other_x * y for (x, y), (other_x, other_y) in pairs) / 2


def _is_inside(inner: Contour, outer: Contour) -> bool:
    """Whether most corners of the one lie in the other: shapes may touch at their edges."""
    return sum(_contains(outer, point) for point in inner) * 2 > len(inner)


def _contains(contour: Contour, point: tuple[float, float]) -> bool:
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in zip(contour, [*contour[1:], contour[0]], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside
