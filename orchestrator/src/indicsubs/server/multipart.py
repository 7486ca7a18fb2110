"""Reads forms with files (multipart/form-data, RFC 7578) part by part: no file is in memory."""

from collections.abc import AsyncIterable, Callable
from typing import Final, Protocol

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, MultipartState, parse_options_header

from indicsubs.server.failures import bad_request

_MOST_FIELDS: Final = 64
_LONGEST_FIELD: Final = 64 * 1024
_WRITTEN_AT_ONCE: Final = 1 << 20


class FileSink(Protocol):
    """Takes the bytes of a file as they come."""

    async def write(self, data: bytes) -> None:
        """Takes the next bytes."""
        ...


class _FormPart:
    """The part of a form that is being read."""

    def __init__(self) -> None:
        self.header = bytearray()
        self.headers: dict[bytes, bytes] = {}
        self.name = ""
        self.is_file = False
        self.file_name = ""
        self.value = bytearray()


class FormReader:
    """Reads one form with one file.

    Args:
        content_type: The value of the header Content-Type.
        file_field: The name of the field with the file.
        open_file: Called with the file's name and the fields before it; returns what takes it.
    """

    def __init__(
        self,
        content_type: str,
        file_field: str,
        open_file: Callable[[str, dict[str, list[str]]], FileSink],
    ) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not boundary:
            raise bad_request(
                f"Send the file as multipart/form-data, in the field {file_field}.", file_field
            )
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin,
                    "on_header_field": self._header_name,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_end,
                    "on_headers_finished": self._headers_finished,
                    "on_part_data": self._data,
                    "on_part_end": self._end,
                },
            )
        except FormParserError as error:
            raise bad_request("The boundary of the form is too long.") from error
        self._file_field, self._open_file = file_field, open_file
        self._part = _FormPart()
        self._header_text = bytearray()
        self._pending = bytearray()
        self._sink: FileSink | None = None
        self.fields: dict[str, list[str]] = {}

    async def read(self, chunks: AsyncIterable[bytes]) -> dict[str, list[str]]:
        """Reads the whole form, and returns its fields without the file.

        Raises:
            RequestError: The form is damaged, incomplete or too large, or has no file or several.
        """
        async for chunk in chunks:
            try:
                self._parser.write(chunk)
            except FormParserError as error:
                raise bad_request(f"The form cannot be read: {error}.") from error
            await self._flush(_WRITTEN_AT_ONCE)
        if self._parser.state != MultipartState.END:
            raise bad_request("The form ends too early: its last boundary is missing.")
        await self._flush(1)
        if self._sink is None:
            raise bad_request(
                f"The form has no file. Send it in the field {self._file_field}.", self._file_field
            )
        return self.fields

    async def _flush(self, least: int) -> None:
        """Hands the bytes of the file on, if they are as many as ``least``."""
        if self._sink is not None and len(self._pending) >= least:
            data, self._pending = bytes(self._pending), bytearray()
            await self._sink.write(data)

    def _begin(self) -> None:
        self._part = _FormPart()

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._part.header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_text += data[start:end]

    def _header_end(self) -> None:
        self._part.headers[bytes(self._part.header).lower()] = bytes(self._header_text)
        self._part.header.clear()
        self._header_text.clear()

    def _headers_finished(self) -> None:
        part = self._part
        kind, options = parse_options_header(part.headers.get(b"content-disposition", b""))
        part.name = options.get(b"name", b"").decode("utf-8", "replace")
        if kind != b"form-data" or not part.name:
            raise bad_request("A part of the form has no name.")
        part.is_file = b"filename" in options
        name = options.get(b"filename", b"").decode("utf-8", "replace")
        part.file_name = name.replace("%22", '"')  # as browsers write it (HTML, 4.10.22.8)
        if not part.is_file:
            if sum(map(len, self.fields.values())) >= _MOST_FIELDS:
                raise bad_request(f"The form has more than {_MOST_FIELDS} fields.")
            return
        if part.name != self._file_field:
            raise bad_request(
                f"The file is in the field {part.name[:80]!r}. Send it in the field"
                f" {self._file_field}.",
                self._file_field,
            )
        if self._sink is not None:
            raise bad_request("The form has several files. Send one request for each.")
        self._sink = self._open_file(part.file_name, self.fields)

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._part.is_file:
            self._pending += data[start:end]
            return
        self._part.value += data[start:end]
        if len(self._part.value) > _LONGEST_FIELD:
            raise bad_request(f"The field {self._part.name[:80]!r} is too long.", self._part.name)

    def _end(self) -> None:
        if not self._part.is_file:
            text = self._part.value.decode("utf-8", "replace")
            self.fields.setdefault(self._part.name, []).append(text)
