"""Figures in the light of their place: the colour of the air, a rim toward the sun, lamps and shadows."""

import numpy as np
from PIL import Image, ImageFilter

from app.providers.local.scenery.art import glow, sprite
from app.providers.local.scenery.built import ROOMS
from app.providers.local.scenery.layout import PlacedFigure
from app.providers.local.scenery.noise import Grid
from app.providers.local.scenery.palette import Colour, blend, lightness, rgb
from app.providers.local.scenery.scene import Hour, Place
from app.providers.local.scenery.stage import Site

__all__ = ["BLOOM_WIDER", "bloom", "has_shadow", "lit", "shadow"]

# How much of the light of the air figures take on, and how dark they become at most.
TINTED, DARKEST = 0.55, 0.5
BLOOM_WIDER = 1.9
SHADOW_SIDE = 64
HAZE_BEHIND = 0.14


def lit(placed: PlacedFigure, height_px: int, site: Site) -> tuple[Grid, Grid]:
    """The colours of a figure and what it covers."""
    drawn = np.asarray(sprite(placed.figure, height_px, placed.seed), np.float32) / np.float32(255)
    pixels, alpha = _bled(drawn[..., :3], drawn[..., 3]), drawn[..., 3].copy()
    pixels = pixels * ambient(site)
    if site.place not in {*ROOMS, Place.UNDERWATER}:
        rim = _rim(alpha, toward=1 if site.sun[0] > site.column(placed.x) else -1)
        pixels += (rim * np.float32(0.55 * site.palette.glow))[..., None] * (site.palette.light - pixels)
    if placed.is_behind and site.place not in ROOMS:
        pixels = pixels + np.float32(HAZE_BEHIND) * (blend(site.palette.low, site.palette.middle, 0.4) - pixels)
    lamp = glow(placed.figure, height_px, placed.seed) if site.is_dark else None
    if lamp is not None:
        shine = np.asarray(lamp.resize((alpha.shape[1], alpha.shape[0])), np.float32)[..., None] / np.float32(255)
        pixels = pixels + shine * np.float32(0.85) * (rgb("ffe09a") - pixels)
    if placed.stand == "water":
        alpha *= np.clip((1 - np.linspace(0, 1, alpha.shape[0], dtype=np.float32)) / 0.05 - 0.2, 0, 1)[:, None]
    return pixels.astype(np.float32), alpha


def ambient(site: Site) -> Colour:
    """The colour of the light on all that stands there."""
    palette = site.palette
    bright = DARKEST + (1 - DARKEST) * min(1.0, palette.brightness * 1.05)
    air = blend(palette.low, palette.light, 0.35)
    tint = air / max(0.2, float(lightness(air)))
    if site.place in ROOMS and site.hour is Hour.NIGHT:
        tint, bright = rgb("ffdcae"), 0.72
    if site.place is Place.UNDERWATER:
        tint, bright = rgb("a8dcec"), 0.9
    return np.asarray(np.clip(blend(np.ones(3, np.float32), tint, TINTED) * np.float32(bright), 0, 1.15), np.float32)


def bloom(placed: PlacedFigure, height_px: int, site: Site) -> tuple[Colour, Grid] | None:
    """The light around the lamps of a figure, in a picture BLOOM_WIDER times as large, or None where none is lit.

    It is soft, so that a small picture of it serves a large figure.
    """
    lamp = glow(placed.figure, height_px, placed.seed) if site.is_dark else None
    if lamp is None:
        return None
    size = (round(lamp.width * BLOOM_WIDER), round(lamp.height * BLOOM_WIDER))
    sheet = Image.new("L", size)
    sheet.paste(lamp, ((size[0] - lamp.width) // 2, (size[1] - lamp.height) // 2))
    soft = sheet.filter(ImageFilter.GaussianBlur(height_px / 9))
    power = np.asarray(soft, np.float32) / np.float32(255)
    power = np.clip(power * 1.6, 0, 0.55)
    return rgb("ffd27a"), power


def has_shadow(placed: PlacedFigure) -> bool:
    """Whether the figure touches the ground."""
    return placed.stand in {"ground", "far"}


def shadow() -> tuple[Colour, Grid]:
    """A soft round shadow."""
    away = np.linspace(-1, 1, SHADOW_SIDE, dtype=np.float32)
    power = np.clip(1 - (away[:, None] ** 2 + away[None, :] ** 2), 0, 1) ** 1.2 * np.float32(0.38)
    return rgb("000000"), power.astype(np.float32)


def _rim(alpha: Grid, toward: int) -> Grid:
    step = max(1, alpha.shape[0] // 90)
    shifted = np.roll(alpha, (step // 2, -toward * step), axis=(0, 1))
    shifted[: step // 2] = 0
    return np.asarray(np.clip(alpha - shifted, 0, 1), np.float32)


def _bled(pixels: Grid, alpha: Grid) -> Grid:
    """The colours continued a little beyond what they cover, so that soft edges keep their colour."""
    covered = alpha[..., None]
    premultiplied = Image.fromarray((pixels * covered * 255).astype(np.uint8)).filter(ImageFilter.BoxBlur(2))
    cover = Image.fromarray((alpha * 255).astype(np.uint8)).filter(ImageFilter.BoxBlur(2))
    around = np.asarray(premultiplied, np.float32) / np.maximum(np.asarray(cover, np.float32), 1)[..., None]
    return np.asarray(np.where(covered > 0.5, pixels, np.clip(around, 0, 1)), np.float32)
