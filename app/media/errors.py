"""What media can be refused for."""

from app.core.errors import TooLarge, Unavailable, Unusable


class UnsupportedMedia(Unusable):
    """The bytes are not of a kind taken here, whatever their name says."""

    code = "media.unsupported"
    message = "This kind of file is not taken here. Send PNG, JPEG or WebP pictures, or MP3, M4A or WAV sound."


class UnreadableMedia(Unusable):
    """The file claims a kind and cannot be read as it."""

    code = "media.unreadable"
    message = "The file is damaged or incomplete and cannot be read. Export it again and send it once more."


class MediaTooLarge(TooLarge):
    """More picture than is decoded here."""

    code = "media.too_large"
    message = "The picture has too many pixels. Send one of at most 40 megapixels and 8192 pixels a side."


class PictureTooSmall(Unusable):
    """Too few pixels to start a film from."""

    code = "media.picture_too_small"
    message = "The picture is too small. Its short side must have more than 300 pixels."


class PictureUnfit(Unusable):
    """A shape that no engine takes."""

    code = "media.picture_ratio"
    message = "The picture is too narrow or too wide. Its sides must be between 2:5 and 5:2."


class AudioTooShort(Unusable):
    """Not enough sound."""

    code = "media.audio_too_short"
    message = "The recording is too short. A voice sample must last at least 10 seconds."


class AudioTooLong(Unusable):
    """Too much sound."""

    code = "media.audio_too_long"
    message = "The recording is too long. A voice sample must last at most 5 minutes."


class ToolMissing(Unavailable):
    """No usable ffmpeg."""

    code = "media.tool_missing"
    message = "ffmpeg is missing or too old on the server. The operator can set FFMPEG_PATH or reinstall the service."


class ToolFailed(Unavailable):
    """A tool ended with an error that is not the file's fault."""

    code = "media.tool_failed"
    message = "The media tool failed. Nothing was changed; try again, and tell the operator if it stays."


class ToolTimedOut(Unavailable):
    """A tool took too long."""

    code = "media.tool_timed_out"
    message = "Reading this file took too long. Send a shorter or simpler file."


class ClipUnusable(Unusable):
    """A clip without a single picture to show."""

    code = "media.clip_unusable"
    message = "One of the clips holds no pictures. Make a new take of its segment, then assemble again."


class FontMissing(Unavailable):
    """The captions hold letters that no font here has."""

    code = "media.font_missing"
    message = (
        "No font on the server has the letters of these captions. Use the soft caption track, or ask the operator to "
        "install a font for this script, such as Noto Sans CJK."
    )


class SlideshowUnfit(Unusable):
    """A slideshow that cannot be shown; `reason` names the field."""

    code = "media.slideshow_unfit"
    message = (
        "This slideshow cannot be made. Give 1 to 1000 pictures of at least one frame each, an hour in all at most, "
        "24, 30 or 60 frames per second, and a size from 720p to 2160p between 9:21 and 21:9."
    )


class SlideUnreadable(Unusable):
    """A picture of a slideshow does not open; `slide` counts from 0."""

    code = "media.slide_unreadable"
    message = "One of the pictures is damaged and cannot be opened. Replace it, then make the slideshow again."
