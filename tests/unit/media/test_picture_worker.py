"""Pictures that ask for more work than their pixels are known by their structure."""

import io
import json
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from app.media.picture_worker import MOST_PARTS, MOST_PASSES, MOST_SCENE_BYTES, SCENE_CHUNK, intricate, opened, saved

EMPTY_CHUNK = b"\0\0\0\0teXt\0\0\0\0"


def jpeg(**options: object) -> bytes:
    made = io.BytesIO()
    Image.effect_noise((320, 200), 80).save(made, "JPEG", **options)
    return made.getvalue()


def png() -> bytes:
    made = io.BytesIO()
    Image.effect_noise((320, 200), 80).save(made, "PNG")
    return made.getvalue()


def with_passes(count: int) -> bytes:
    content = jpeg(progressive=True)
    drawn = content.count(b"\xff\xda")
    last = content[content.rindex(b"\xff\xda") : -2]
    return content[:-2] + last * (count - drawn) + content[-2:]


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 100}, {"restart_marker_rows": 1}], ids=str)
def test_an_ordinary_jpeg_is_plain(options: dict[str, object]) -> None:
    assert not intricate(jpeg(**options))


@pytest.mark.parametrize(("count", "refused"), [(MOST_PASSES, False), (MOST_PASSES + 1, True)])
def test_passes_are_counted(count: int, refused: bool) -> None:
    assert intricate(with_passes(count)) is refused


def test_segments_are_counted() -> None:
    content = jpeg()
    assert intricate(content[:2] + b"\xff\xfe\0\2" * (MOST_PARTS + 1) + content[2:])


def test_what_stands_behind_the_end_does_not_count() -> None:
    assert not intricate(jpeg() + b"\xff\xda\0\2" * 1000)


def test_passes_inside_a_segment_do_not_count() -> None:
    content = jpeg()
    thumbnail = b"\xff\xda\0\2" * 1000
    assert not intricate(content[:2] + b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail + content[2:])


@pytest.mark.parametrize(("more", "refused"), [(100, False), (MOST_PARTS, True)])
def test_chunks_are_counted(more: int, refused: bool) -> None:
    content = png()
    assert intricate(content[:33] + EMPTY_CHUNK * more + content[33:]) is refused


@pytest.mark.parametrize("content", [b"", b"\x89PNG", b"\xff\xd8", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0", b"RIFF"])
def test_a_stump_is_left_to_the_decoder(content: bytes) -> None:
    assert not intricate(content)


def with_texts(path: Path, **texts: str) -> Path:
    said = PngInfo()
    for name, text in texts.items():
        said.add_text(name.replace("_", "-"), text)
    Image.new("RGB", (64, 48)).save(path, "PNG", pnginfo=said)
    return path


def texts_of(path: Path) -> dict[str, str]:
    with Image.open(path) as picture:
        return dict(picture.info)


def test_a_png_keeps_its_scene_and_no_other_text(tmp_path: Path) -> None:
    picture = opened(str(with_texts(tmp_path / "in.png", avc_scene='{"a": [1, 2]}', Comment="secret", Author="me")))
    saved(picture, {"path": str(tmp_path / "out.png"), "format": "PNG"})
    assert texts_of(tmp_path / "out.png") == {SCENE_CHUNK: '{"a":[1,2]}'}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no JSON",
        "[1]",
        "7",
        '{"a":"\u0105"',
        "{'a':1}",
        json.dumps({"a": "x" * MOST_SCENE_BYTES}),
        "{}\n\x7f",
        "[" * 4000,
    ],
)
def test_a_scene_of_another_form_is_dropped(tmp_path: Path, text: str) -> None:
    picture = opened(str(with_texts(tmp_path / "in.png", avc_scene=text)))
    saved(picture, {"path": str(tmp_path / "out.png"), "format": "PNG"})
    assert texts_of(tmp_path / "out.png") == {}


@pytest.mark.parametrize(
    "output",
    [{"format": "PNG", "square": 16}, {"format": "PNG", "cropped": [30, 30]}, {"format": "PNG", "longest_side": 32}],
)
def test_a_part_of_a_picture_has_no_scene(tmp_path: Path, output: dict[str, object]) -> None:
    picture = opened(str(with_texts(tmp_path / "in.png", avc_scene="{}")))
    saved(picture, output | {"path": str(tmp_path / "out.png")})
    assert texts_of(tmp_path / "out.png") == {}


@pytest.mark.parametrize("form", ["JPEG", "WEBP"])
def test_another_format_has_no_scene(tmp_path: Path, form: str) -> None:
    picture = opened(str(with_texts(tmp_path / "in.png", avc_scene="{}")))
    saved(picture, {"path": str(tmp_path / "out"), "format": form})
    assert SCENE_CHUNK not in texts_of(tmp_path / "out")
