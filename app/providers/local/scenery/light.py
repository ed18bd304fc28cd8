"""Figures in the light of their place: air, rim, lamps and shadows; and the style of the finished picture."""

import numpy as np
from PIL import Image, ImageFilter

from app.providers.local.scenery.art import glow, sprite
from app.providers.local.scenery.buildings import ROOMS
from app.providers.local.scenery.layout import PlacedFigure
from app.providers.local.scenery.palette import (
    DARKEST,
    TINTED,
    VIGNETTE_DARK,
    VIGNETTE_ELSE,
    Colour,
    blend,
    lightness,
    rgb,
)
from app.providers.local.scenery.scene import Hour, PictureStyle, Place
from app.providers.local.scenery.stage import Grid, Site, cloud_noise

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


# Enough against bands in smooth skies, little enough to cost a film no bitrate.
GRAIN = {PictureStyle.CINEMATIC: 0.008, PictureStyle.NOIR: 0.012}
GRAIN_ELSE = 0.003
GRAIN_TILE = 512
PAPER = "f7f4ec"


def styled(pixels: Grid, alpha: Grid | None, look: PictureStyle, rng: np.random.Generator, unit: float) -> Grid:
    """The colours of one layer in a style."""
    if look is not PictureStyle.POSTER:
        pixels = np.clip(pixels, 0, 1)
    if look is PictureStyle.CARTOON:
        pixels = _cartoon(pixels, alpha)
    elif look is PictureStyle.WATERCOLOR:
        pixels = _watercolor(pixels, rng, unit)
    elif look is PictureStyle.NOIR:
        grey = np.clip((lightness(pixels) - 0.42) * 1.35 + 0.4, 0, 1)
        pixels = grey[..., None] * np.array([0.98, 0.99, 1.0], np.float32)
    elif look is PictureStyle.CINEMATIC:
        pixels = _cinematic(pixels)
    grain = _grain(rng, pixels.shape[0], pixels.shape[1]) * np.float32(GRAIN.get(look, GRAIN_ELSE))
    return np.asarray(np.clip(pixels + grain[..., None], 0, 1), np.float32)


def veil_of(look: PictureStyle, size: tuple[int, int], rng: np.random.Generator) -> tuple[Grid, Colour]:
    """What lies over the whole: darker corners, or the bare edges of the paper."""
    width, height = size
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    if look is PictureStyle.WATERCOLOR:
        blots = cloud_noise(rng, size, min(size) * 0.3, 5)
        bare = np.clip((np.maximum(np.abs(down), np.abs(across)) - 0.93 + (blots - 0.5) * 0.14) * 22, 0, 1)
        return np.asarray(bare, np.float32), rgb(PAPER)
    power = VIGNETTE_DARK if look in {PictureStyle.NOIR, PictureStyle.CINEMATIC} else VIGNETTE_ELSE
    return np.asarray(np.float32(power) * np.clip((down**2 + across**2) / 2, 0, 1) ** 1.5, np.float32), rgb("000000")


def _grain(rng: np.random.Generator, height: int, width: int) -> Grid:
    """Chances for every pixel; a tile of them repeats, which nobody sees and which takes a sixth of the time."""
    tile = rng.standard_normal((min(height, GRAIN_TILE), min(width, GRAIN_TILE)), dtype=np.float32)
    return np.tile(tile, (-(-height // tile.shape[0]), -(-width // tile.shape[1])))[:height, :width]


def _cinematic(pixels: Grid) -> Grid:
    """Teal in the shadows, warmth in the lights."""
    light = lightness(pixels)[..., None]
    shadows = np.array([-0.02, 0.008, 0.028], np.float32) * (1 - light)
    lights = np.array([0.04, 0.012, -0.03], np.float32) * light
    curved = pixels * pixels * (3 - 2 * pixels)
    return np.asarray(np.clip(pixels + (curved - pixels) * np.float32(0.3) + shadows + lights, 0, 1), np.float32)


def _cartoon(pixels: Grid, alpha: Grid | None) -> Grid:
    """Fewer, stronger colours with dark outlines."""
    grey = lightness(pixels)[..., None]
    level = grey * 12
    # A step with a soft foot: flat fields, but no ragged edge between them.
    stepped = (np.floor(level) + np.clip((level % 1 - 0.5) * 5 + 0.5, 0, 1)) / 12
    strong = np.clip(stepped + (pixels - grey) * np.float32(1.45) + np.float32(0.04), 0, 1)
    slope = _slope(lightness(pixels), 1.2)
    if alpha is not None:
        slope = slope + _slope(alpha, 1.2)
    return np.asarray(strong * (1 - np.clip((slope - 0.03) * 14, 0, 0.85))[..., None], np.float32)


def _watercolor(pixels: Grid, rng: np.random.Generator, unit: float) -> Grid:
    """Soft washes with darker edges on rough paper."""
    size = (pixels.shape[1], pixels.shape[0])
    blots = cloud_noise(rng, size, unit * 0.3, 5)[..., None]
    paper = cloud_noise(rng, size, unit * 0.012, 2)[..., None]
    edges = np.clip(_slope(lightness(pixels), 2) * 5, 0, 0.22)[..., None]
    lifted = 1 - (1 - pixels) * (0.62 + 0.3 * blots)
    return np.asarray(lifted * (1 - edges) * (0.96 + 0.05 * paper), np.float32)


def _slope(plane: Grid, radius: float) -> Grid:
    sheet = Image.fromarray((plane * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(radius))
    return np.asarray(np.hypot(*np.gradient(np.asarray(sheet, np.float32) / np.float32(255))), np.float32)
