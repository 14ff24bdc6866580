"""How far each transcript was sent, so that its end alone is sent the next time."""

import hashlib
from pathlib import Path


class Offsets:
    """Bytes by transcript, in a small file for each. A transcript that was cut begins again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def rest_of(self, transcript: Path) -> tuple[bytes, int]:
        """The whole lines that were not sent, and the offset after them."""
        begin = self._read(transcript)
        raw = transcript.read_bytes()
        if begin > len(raw):
            begin = 0
        end = raw.rfind(b"\n") + 1
        return raw[begin:end], end

    def keep(self, transcript: Path, offset: int) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file(transcript).write_text(str(offset), encoding="ascii")

    def _read(self, transcript: Path) -> int:
        try:
            return int(self._file(transcript).read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0

    def _file(self, transcript: Path) -> Path:
        name = hashlib.sha256(str(transcript.absolute()).encode()).hexdigest()[:24]
        return self._folder / f"{name}.offset"
