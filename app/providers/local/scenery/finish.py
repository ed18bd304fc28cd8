"""The last hand: style, vignette and grain, and the picture as a file."""

import io

import numpy as np
from PIL import Image, ImageFilter

from app.providers.local.scenery.noise import Grid, cloud_noise
from app.providers.local.scenery.palette import lightness
from app.providers.local.scenery.scene import Look
from app.providers.local.scenery.stage import Stage

__all__ = ["finished"]

# Enough against bands in smooth skies, little enough to cost a film no bitrate.
GRAIN = {Look.CINEMATIC: 0.012, Look.NOIR: 0.02}
GRAIN_ELSE = 0.004
PNG_LEVEL = 1


def finished(stage: Stage, look: Look) -> bytes:
    """The picture as a PNG in its style."""
    pixels = np.clip(stage.pixels, 0, 1)
    if look is Look.CARTOON:
        pixels = _cartoon(pixels)
    elif look is Look.WATERCOLOR:
        pixels = _watercolor(stage, pixels)
    elif look is Look.NOIR:
        grey = np.clip((lightness(pixels) - 0.42) * 1.35 + 0.4, 0, 1)
        pixels = grey[..., None] * np.array([0.98, 0.99, 1.0], np.float32)
    elif look is Look.CINEMATIC:
        pixels = _cinematic(pixels)
    if look is not Look.WATERCOLOR:
        pixels = pixels * _vignette(stage, 0.42 if look in {Look.NOIR, Look.CINEMATIC} else 0.2)
    grain = stage.rng.standard_normal((stage.height, stage.width), dtype=np.float32) * np.float32(
        GRAIN.get(look, GRAIN_ELSE)
    )
    eight_bit = (np.clip(pixels + grain[..., None], 0, 1) * 255 + 0.5).astype(np.uint8)
    made = io.BytesIO()
    Image.fromarray(eight_bit).save(made, "PNG", compress_level=PNG_LEVEL)
    return made.getvalue()


def _vignette(stage: Stage, power: float) -> Grid:
    down = np.linspace(-1, 1, stage.height, dtype=np.float32)[:, None]
    across = np.linspace(-1, 1, stage.width, dtype=np.float32)[None, :]
    return np.asarray((1 - np.float32(power) * np.clip((down**2 + across**2) / 2, 0, 1) ** 1.5)[..., None], np.float32)


def _cinematic(pixels: Grid) -> Grid:
    """Teal in the shadows, warmth in the lights."""
    light = lightness(pixels)[..., None]
    shadows = np.array([-0.02, 0.008, 0.028], np.float32) * (1 - light)
    lights = np.array([0.04, 0.012, -0.03], np.float32) * light
    curved = pixels * pixels * (3 - 2 * pixels)
    return np.asarray(np.clip(pixels + (curved - pixels) * np.float32(0.3) + shadows + lights, 0, 1), np.float32)


def _cartoon(pixels: Grid) -> Grid:
    """Fewer, stronger colours with dark outlines."""
    sheet = Image.fromarray((pixels * 255).astype(np.uint8)).filter(ImageFilter.MedianFilter(5))
    flat = np.asarray(sheet, np.float32) / np.float32(255)
    grey = lightness(flat)[..., None]
    level = grey * 12
    # A step with a soft foot: flat fields, but no ragged edge between them.
    stepped = (np.floor(level) + np.clip((level % 1 - 0.5) * 5 + 0.5, 0, 1)) / 12
    strong = np.clip(stepped + (flat - grey) * np.float32(1.45) + np.float32(0.04), 0, 1)
    lines = np.asarray(sheet.convert("L").filter(ImageFilter.GaussianBlur(1.2)), np.float32) / np.float32(255)
    slope = np.hypot(*np.gradient(lines))
    return np.asarray(strong * (1 - np.clip((slope - 0.03) * 14, 0, 0.85))[..., None], np.float32)


def _watercolor(stage: Stage, pixels: Grid) -> Grid:
    """Soft washes with darker edges on rough paper."""
    sheet = Image.fromarray((pixels * 255).astype(np.uint8))
    washed = np.asarray(sheet.filter(ImageFilter.MedianFilter(7)), np.float32) / np.float32(255)
    size = (stage.width, stage.height)
    blots = cloud_noise(stage.rng, size, stage.unit * 0.3, 5)[..., None]
    paper = cloud_noise(stage.rng, size, stage.unit * 0.012, 2)[..., None]
    soft = np.asarray(
        Image.fromarray((lightness(washed) * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(2)), np.float32
    )
    edges = np.clip(np.hypot(*np.gradient(soft / np.float32(255))) * 5, 0, 0.22)[..., None]
    lifted = 1 - (1 - washed) * (0.62 + 0.3 * blots)
    made = lifted * (1 - edges) * (0.96 + 0.05 * paper)
    down = np.abs(np.linspace(-1, 1, stage.height, dtype=np.float32))[:, None, None]
    across = np.abs(np.linspace(-1, 1, stage.width, dtype=np.float32))[None, :, None]
    bare = np.clip((np.maximum(down, across) - 0.93 + (blots - 0.5) * 0.14) * 22, 0, 1)
    return np.asarray(made + bare * (np.array([0.97, 0.955, 0.925], np.float32) - made), np.float32)
