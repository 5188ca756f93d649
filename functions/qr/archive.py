"""A ZIP that is sent while it is made: what was written is handed on, and no more than one file of it is held.

Sizes and checksum stand before each file, for readers that go from file to file (Java's, older ones of macOS). zipfile
writes them there when it can go back over what it wrote; and to the beginning of the last file it can.
"""

import io
import zipfile


class Archive:
    """Files of a ZIP, one after the other, not packed: pictures are."""

    def __init__(self) -> None:
        self._window = _Window()
        self._zip = zipfile.ZipFile(self._window, "w", zipfile.ZIP_STORED)

    def add(self, name: str, content: bytes) -> bytes:
        """Put a file into it; the bytes to send now."""
        self._zip.writestr(name, content)
        return self._window.take()

    def close(self) -> bytes:
        """The bytes that are left to send: the table of what is in it."""
        self._zip.close()
        return self._window.take()


class _Window(io.BytesIO):
    """A file of which only what was not taken yet is there. Places count from its beginning, as in a whole one."""

    def __init__(self) -> None:
        super().__init__()
        self._taken = 0

    def tell(self) -> int:
        return self._taken + super().tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._taken + super().seek(offset - self._taken if whence == io.SEEK_SET else offset, whence)

    def take(self) -> bytes:
        """What was written since the last time."""
        content = self.getvalue()
        self._taken += len(content)
        super().seek(0)
        self.truncate()
        return content
