"""The one file of a form as a stream: it goes straight to its place, not through a temporary file of the parser."""

from collections.abc import AsyncIterable, AsyncIterator

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from app.library.errors import FormUnreadable, NothingSent

__all__ = ["file_in_form"]

MAX_PARTS = 20


class _Parts:
    """Collects the bytes of the file named `field`; what else a form holds is passed over."""

    def __init__(self, field: str) -> None:
        self._field = field.encode()
        self._count = 0
        self._header, self._value, self._disposition = b"", b"", b""
        self._is_wanted = False
        self._pieces: list[bytes] = []
        self.found = False
        self.ended = False

    def taken(self) -> list[bytes]:
        """The bytes that have come since the last call."""
        pieces, self._pieces = self._pieces, []
        return pieces

    def on_part_begin(self) -> None:
        self._count += 1
        if self._count > MAX_PARTS:
            raise FormUnreadable
        self._disposition, self._is_wanted = b"", False

    def on_header_field(self, chunk: bytes, start: int, end: int) -> None:
        self._header += chunk[start:end]

    def on_header_value(self, chunk: bytes, start: int, end: int) -> None:
        self._value += chunk[start:end]

    def on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header, self._value = b"", b""

    def on_headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._is_wanted = options.get(b"name") == self._field and b"filename" in options and not self.found
        self.found = self.found or self._is_wanted

    def on_part_bytes(self, chunk: bytes, start: int, end: int) -> None:
        if self._is_wanted:
            self._pieces.append(chunk[start:end])

    def on_end(self) -> None:
        self.ended = True

    def parser(self, boundary: bytes) -> MultipartParser:
        """A parser that tells this object what it meets."""
        return MultipartParser(
            boundary,
            {
                "on_part_begin": self.on_part_begin,
                "on_header_field": self.on_header_field,
                "on_header_value": self.on_header_value,
                "on_header_end": self.on_header_end,
                "on_headers_finished": self.on_headers_finished,
                "on_part_data": self.on_part_bytes,
                "on_end": self.on_end,
            },
        )


async def file_in_form(content_type: str, body: AsyncIterable[bytes], field: str) -> AsyncIterator[bytes]:
    """The bytes of the file that a multipart form carries under this name, a piece at a time."""
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise NothingSent
    parts = _Parts(field)
    try:
        parser = parts.parser(boundary)
        async for chunk in body:
            parser.write(chunk)
            for piece in parts.taken():
                yield piece
    except FormParserError as fault:
        raise FormUnreadable from fault
    if not parts.ended:
        raise FormUnreadable
    if not parts.found:
        raise NothingSent
