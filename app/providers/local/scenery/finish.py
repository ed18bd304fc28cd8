"""The style of a picture: what it does to the colours of a layer, and what lies over the whole."""

import numpy as np
from PIL import Image, ImageFilter

from app.providers.local.scenery.noise import Grid, cloud_noise
from app.providers.local.scenery.palette import Colour, lightness, rgb
from app.providers.local.scenery.scene import Look

__all__ = ["styled", "veil_of"]

# Enough against bands in smooth skies, little enough to cost a film no bitrate.
GRAIN = {Look.CINEMATIC: 0.008, Look.NOIR: 0.012}
GRAIN_ELSE = 0.003
GRAIN_TILE = 512
VIGNETTE_ELSE, VIGNETTE_DARK = 0.2, 0.42
PAPER = "f7f4ec"


def styled(pixels: Grid, alpha: Grid | None, look: Look, rng: np.random.Generator, unit: float) -> Grid:
    """The colours of one layer in a style."""
    if look is not Look.POSTER:
        pixels = np.clip(pixels, 0, 1)
    if look is Look.CARTOON:
        pixels = _cartoon(pixels, alpha)
    elif look is Look.WATERCOLOR:
        pixels = _watercolor(pixels, rng, unit)
    elif look is Look.NOIR:
        grey = np.clip((lightness(pixels) - 0.42) * 1.35 + 0.4, 0, 1)
        pixels = grey[..., None] * np.array([0.98, 0.99, 1.0], np.float32)
    elif look is Look.CINEMATIC:
        pixels = _cinematic(pixels)
    grain = _grain(rng, pixels.shape[0], pixels.shape[1]) * np.float32(GRAIN.get(look, GRAIN_ELSE))
    return np.asarray(np.clip(pixels + grain[..., None], 0, 1), np.float32)


def veil_of(look: Look, size: tuple[int, int], rng: np.random.Generator) -> tuple[Grid, Colour]:
    """What lies over the whole: darker corners, or the bare edges of the paper."""
    width, height = size
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    if look is Look.WATERCOLOR:
        blots = cloud_noise(rng, size, min(size) * 0.3, 5)
        bare = np.clip((np.maximum(np.abs(down), np.abs(across)) - 0.93 + (blots - 0.5) * 0.14) * 22, 0, 1)
        return np.asarray(bare, np.float32), rgb(PAPER)
    power = VIGNETTE_DARK if look in {Look.NOIR, Look.CINEMATIC} else VIGNETTE_ELSE
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
