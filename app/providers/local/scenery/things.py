"""Silhouettes of buildings, vehicles and trees."""

from collections.abc import Callable

from app.providers.local.scenery.pen import Pen

__all__ = ["THINGS"]


def _boat(pen: Pen) -> None:
    pen.shape((-0.55, 0.2), (0.6, 0.2), (0.42, 0.02), (-0.42, 0.02))
    pen.limb(0.025, (0.02, 0.18), (0.02, 0.98))
    pen.shape((0.05, 0.96), (0.05, 0.27), (0.5, 0.27), (0.3, 0.62))
    pen.shape((-0.01, 0.88), (-0.01, 0.27), (-0.42, 0.27), (-0.2, 0.56))


def _ship(pen: Pen) -> None:
    pen.shape((-0.95, 0.36), (0.95, 0.4), (0.8, 0.04), (-0.82, 0.04))
    pen.box(-0.55, 0.36, 1.0, 0.16)
    pen.box(-0.4, 0.5, 0.7, 0.13)
    pen.shape((-0.28, 0.6), (-0.26, 0.92), (-0.1, 0.92), (-0.12, 0.6))
    pen.shape((0.02, 0.6), (0.04, 0.92), (0.2, 0.92), (0.18, 0.6))
    pen.limb(0.015, (0.6, 0.38), (0.6, 0.85))
    for place in range(8):
        pen.oval((-0.48 + place * 0.125, 0.44), (0.026, 0.026), lit=True)


def _house(pen: Pen) -> None:
    pen.box(-0.48, 0.0, 0.96, 0.52)
    pen.shape((-0.62, 0.48), (-0.02, 0.96), (0.62, 0.48))
    pen.box(0.24, 0.66, 0.13, 0.3)
    pen.box(-0.34, 0.2, 0.2, 0.2, lit=True)
    pen.box(0.16, 0.2, 0.2, 0.2, lit=True)
    pen.box(-0.06, 0.0, 0.14, 0.3, lit=True)


def _lighthouse(pen: Pen) -> None:
    pen.shape((-0.13, 0.0), (-0.075, 0.76), (0.075, 0.76), (0.13, 0.0))
    pen.box(-0.11, 0.75, 0.22, 0.025)
    pen.box(-0.06, 0.77, 0.12, 0.11)
    pen.shape((-0.085, 0.875), (0, 0.965), (0.085, 0.875))
    pen.limb(0.012, (0, 0.95), (0, 0.995))
    pen.box(-0.045, 0.785, 0.09, 0.085, lit=True)
    pen.box(-0.018, 0.5, 0.036, 0.05, lit=True)
    pen.box(-0.02, 0.25, 0.04, 0.055, lit=True)
    pen.shape((0.1, 0.0), (0.1, 0.14), (0.25, 0.22), (0.4, 0.14), (0.4, 0.0))


def _castle(pen: Pen) -> None:
    pen.box(-0.62, 0.0, 1.24, 0.38)
    for left, wide, high in ((-0.74, 0.22, 0.6), (-0.3, 0.24, 0.74), (0.08, 0.2, 0.58), (0.5, 0.24, 0.66)):
        pen.box(left, 0.0, wide, high)
        pen.shape((left - 0.03, high), (left + wide / 2, high + wide * 1.05), (left + wide + 0.03, high))
        pen.box(left + wide / 2 - 0.018, high - 0.14, 0.036, 0.07, lit=True)
    for tooth in range(9):
        pen.box(-0.56 + tooth * 0.13, 0.37, 0.07, 0.05)
    pen.oval((-0.02, 0.14), (0.075, 0.1), lit=True)
    pen.box(-0.095, 0.0, 0.15, 0.14, lit=True)


def _church(pen: Pen) -> None:
    pen.box(-0.28, 0.0, 0.7, 0.32)
    pen.shape((-0.32, 0.3), (0.06, 0.52), (0.46, 0.3))
    pen.box(-0.34, 0.0, 0.24, 0.58)
    pen.shape((-0.37, 0.56), (-0.22, 0.92), (-0.07, 0.56))
    pen.limb(0.014, (-0.22, 0.9), (-0.22, 1.0))
    pen.limb(0.014, (-0.255, 0.965), (-0.185, 0.965))
    for left in (0.0, 0.14, 0.28):
        pen.box(left, 0.1, 0.05, 0.13, lit=True)
    pen.oval((-0.22, 0.46), (0.04, 0.04), lit=True)


def _tree(pen: Pen) -> None:
    pen.shape((-0.07, 0.0), (-0.035, 0.45), (0.035, 0.45), (0.08, 0.0))
    pen.limb(0.03, (0, 0.36), (-0.2, 0.56))
    pen.limb(0.03, (0, 0.4), (0.2, 0.58))
    for x, y, reach in (
        (0, 0.76, 0.21),
        (-0.22, 0.64, 0.17),
        (0.23, 0.65, 0.18),
        (-0.12, 0.84, 0.13),
        (0.13, 0.85, 0.13),
        (-0.34, 0.58, 0.11),
        (0.35, 0.58, 0.11),
        (0, 0.58, 0.17),
    ):
        pen.oval((x, y), (reach * 1.05, reach))


def _car(pen: Pen) -> None:
    pen.shape((-0.9, 0.2), (-0.9, 0.46), (-0.55, 0.54), (0.6, 0.54), (0.92, 0.42), (0.92, 0.2))
    pen.shape((-0.6, 0.52), (-0.38, 0.82), (0.2, 0.82), (0.5, 0.52))
    pen.shape((-0.48, 0.54), (-0.33, 0.76), (-0.08, 0.76), (-0.08, 0.54), hole=True)
    pen.shape((-0.01, 0.54), (-0.01, 0.76), (0.16, 0.76), (0.36, 0.54), hole=True)
    for wheel in (-0.52, 0.52):
        pen.oval((wheel, 0.19), (0.19, 0.19))
    pen.oval((0.88, 0.36), (0.045, 0.05), lit=True)


def _train(pen: Pen) -> None:
    for left in (-1.0, -0.44):
        pen.box(left, 0.16, 0.52, 0.5)
        for pane in range(3):
            pen.box(left + 0.06 + pane * 0.145, 0.4, 0.1, 0.14, lit=True)
    pen.box(0.12, 0.16, 0.34, 0.6)
    pen.box(0.08, 0.74, 0.42, 0.05)
    pen.box(0.4, 0.2, 0.5, 0.34)
    pen.oval((0.88, 0.37), (0.06, 0.17))
    pen.shape((0.68, 0.52), (0.65, 0.78), (0.81, 0.78), (0.78, 0.52))
    pen.box(0.19, 0.5, 0.14, 0.16, lit=True)
    for wheel in (-0.9, -0.62, -0.34, -0.06, 0.24, 0.5, 0.72):
        pen.oval((wheel, 0.1), (0.09, 0.09))


def _balloon(pen: Pen) -> None:
    pen.oval((0, 0.66), (0.31, 0.33))
    pen.shape((-0.285, 0.54), (-0.07, 0.2), (0.07, 0.2), (0.285, 0.54))
    pen.box(-0.065, 0.02, 0.13, 0.1)
    pen.limb(0.008, (-0.055, 0.12), (-0.065, 0.21))
    pen.limb(0.008, (0.055, 0.12), (0.065, 0.21))
    pen.oval((0, 0.21), (0.03, 0.025), lit=True)


def _rocket(pen: Pen) -> None:
    pen.shape((-0.12, 0.2), (-0.15, 0.5), (-0.1, 0.8), (0, 1.0), (0.1, 0.8), (0.15, 0.5), (0.12, 0.2))
    pen.shape((-0.12, 0.46), (-0.28, 0.2), (-0.26, 0.08), (-0.1, 0.24))
    pen.shape((0.12, 0.46), (0.28, 0.2), (0.26, 0.08), (0.1, 0.24))
    pen.oval((0, 0.66), (0.055, 0.055), lit=True)
    pen.shape((-0.09, 0.19), (0, 0.0), (0.09, 0.19), lit=True)


THINGS: dict[str, Callable[[Pen], None]] = {
    "boat": _boat,
    "ship": _ship,
    "house": _house,
    "lighthouse": _lighthouse,
    "castle": _castle,
    "church": _church,
    "tree": _tree,
    "car": _car,
    "train": _train,
    "balloon": _balloon,
    "rocket": _rocket,
}
