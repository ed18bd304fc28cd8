"""Plays films in a headless Chromium to their end and says what it made of them.

Run it with `python -m benchmarks.assembly.play FILM...`; it ends with 1 when a film does not reach its end whole.
"""

import argparse
import http.server
import json
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from typing_extensions import override

TIMEOUT_SECONDS = 120
PAGE = b"""<video id=v muted autoplay playsinline src=/film.mp4></video><script>
const video = document.getElementById('v');
const tell = (event) => {
  const seen = video.getVideoPlaybackQuality();
  const facts = {event, at: video.currentTime, length: video.duration, fault: video.error && video.error.message,
                 width: video.videoWidth, frames: seen.totalVideoFrames, corrupted: seen.corruptedVideoFrames};
  fetch('/told', {method: 'POST', body: JSON.stringify(facts)});
};
video.onended = () => tell('ended'); video.onerror = () => tell('error'); video.playbackRate = 2;
</script>"""


class Theatre(http.server.ThreadingHTTPServer):
    """Serves one film and hears how it went."""

    def __init__(self, film: Path) -> None:
        super().__init__(("127.0.0.1", 0), Seat)
        self.film = film.read_bytes()
        self.told: dict[str, Any] = {}
        self.over = threading.Event()


class Seat(http.server.BaseHTTPRequestHandler):
    """One request of the player."""

    server: Theatre

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        """The page or the film, from where the player wants it."""
        is_film = self.path == "/film.mp4"
        content = self.server.film if is_film else PAGE
        wanted = self.headers.get("Range", "") if is_film else ""
        begin = int(wanted.removeprefix("bytes=").partition("-")[0]) if wanted else 0
        self.send_response(206 if wanted else 200)
        if wanted:
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Type", "video/mp4" if is_film else "text/html")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(content) - begin))
        self.end_headers()
        self.wfile.write(content[begin:])

    def do_POST(self) -> None:
        """What the player says at the end."""
        self.server.told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()
        self.server.over.set()


def play(chromium: str, film: Path) -> dict[str, Any]:
    """What the player saw."""
    theatre = Theatre(film)
    threading.Thread(target=theatre.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="avc-player-", ignore_cleanup_errors=True) as profile:
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
        address = f"http://127.0.0.1:{theatre.server_port}/"
        player = subprocess.Popen(
            [chromium, *flags, f"--user-data-dir={profile}", address],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        theatre.over.wait(TIMEOUT_SECONDS)
        player.terminate()
        player.wait(10)
    theatre.shutdown()
    theatre.server_close()
    return theatre.told


def main() -> int:
    """Plays all films; 1 when one of them stops before its end."""
    wish = argparse.ArgumentParser(description=__doc__)
    wish.add_argument("films", nargs="+", type=Path)
    wish.add_argument("--chromium", default=shutil.which("chromium") or "chromium")
    chosen = wish.parse_args()
    broken = 0
    for film in chosen.films:
        told = play(chosen.chromium, film)
        is_whole = told.get("event") == "ended" and told["corrupted"] == 0
        broken += not is_whole
        print(f"{'whole ' if is_whole else 'BROKEN'} {film.name}: {told}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
