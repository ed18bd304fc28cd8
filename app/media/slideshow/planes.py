"""Pictures as the three planes of a film frame, sampled between pixels so that slow motion does not tremble."""

from dataclasses import dataclass

from PIL import Image, ImageEnhance, ImageFilter

from app.media.slideshow.show import PictureFit, SlideView, box_of

Planes = tuple[Image.Image, ...]

# Rec. 709 at video range: luma, then the two colour differences, each with its offset.
LUMA = (0.2126 * 219 / 255, 0.7152 * 219 / 255, 0.0722 * 219 / 255, 16.0)
BLUE = (-0.1146 * 224 / 255, -0.3854 * 224 / 255, 0.5 * 224 / 255, 128.0)
RED = (0.5 * 224 / 255, -0.4542 * 224 / 255, -0.0458 * 224 / 255, 128.0)
TO_PLANES = (*LUMA, *BLUE, *RED)
BLACK_LEVELS = (16, 128, 128)
BACKDROP_SIDE_PX = 96
BACKDROP_BLUR_PX = 5
BACKDROP_LIGHT = 0.55
WHITE = (255, 255, 255)


@dataclass(frozen=True)
class Canvas:
    """A picture fitted to the shape of the frames, large enough for the nearest view of it."""

    planes: Planes
    frame_size: tuple[int, int]

    def seen(self, view: SlideView) -> Planes:
        """The frame that shows this view."""
        width, height = self.frame_size
        halves = (width // 2, height // 2)
        return tuple(
            plane.resize(size, Image.Resampling.BICUBIC, box=box_of(view, plane.size))
            for plane, size in zip(self.planes, (self.frame_size, halves, halves), strict=True)
        )


def canvas_of(picture: Image.Image, fit: PictureFit, frame_size: tuple[int, int], zoom: float) -> Canvas:
    """Fits a picture into the shape of the frames: cut to fill it, or whole before a blurred copy of itself."""
    size = (_even(frame_size[0] * zoom), _even(frame_size[1] * zoom))
    opaque = _opaque(picture)
    fitted = _covering(opaque, frame_size, size) if fit is PictureFit.COVER else _whole(opaque, size)
    luma, blue, red = fitted.convert("RGB", TO_PLANES).split()
    return Canvas((luma, blue.reduce(2), red.reduce(2)), frame_size)


def black(frame_size: tuple[int, int]) -> Planes:
    """A black frame."""
    width, height = frame_size
    halves = (width // 2, height // 2)
    sizes = (frame_size, halves, halves)
    return tuple(Image.new("L", size, level) for size, level in zip(sizes, BLACK_LEVELS, strict=True))


def blended(below: Planes, above: Planes, share: float) -> Planes:
    """Two frames as one; the share is that of the upper."""
    return tuple(Image.blend(low, high, share) for low, high in zip(below, above, strict=True))


def _even(side: float) -> int:
    return round(side / 2) * 2


def _opaque(picture: Image.Image) -> Image.Image:
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    backdrop = Image.new("RGB", picture.size, WHITE)
    backdrop.paste(picture, mask=picture.getchannel("A"))
    return backdrop


def _covering(picture: Image.Image, shape: tuple[int, int], size: tuple[int, int]) -> Image.Image:
    """The largest middle part of that shape; the size may miss the shape by its rounding to whole pixels."""
    scale = min(picture.width / shape[0], picture.height / shape[1])
    width, height = shape[0] * scale, shape[1] * scale
    left, top = (picture.width - width) / 2, (picture.height - height) / 2
    box = (max(0.0, left), max(0.0, top), min(picture.width, left + width), min(picture.height, top + height))
    return picture.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)


def _whole(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    scale = min(size[0] / picture.width, size[1] / picture.height)
    inner = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    if inner == size:
        return _covering(picture, size, size)
    small = max(size) / BACKDROP_SIDE_PX
    blurred = _covering(picture, size, (max(1, round(size[0] / small)), max(1, round(size[1] / small))))
    blurred = blurred.filter(ImageFilter.GaussianBlur(BACKDROP_BLUR_PX))
    backdrop = ImageEnhance.Brightness(blurred).enhance(BACKDROP_LIGHT).resize(size, Image.Resampling.BICUBIC)
    shown = picture.resize(inner, Image.Resampling.LANCZOS, reducing_gap=3.0)
    backdrop.paste(shown, ((size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2))
    return backdrop
