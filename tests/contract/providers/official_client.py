"""Runs the vendor's own client package, unmodified, against the address in its environment; prints what it says."""

import json
import os
import sys
from pathlib import Path

from minimax_mcp import server


def main(folder: Path) -> None:
    sample = str(folder / "sample.mp3")
    frame = str(folder / "frame.jpg")
    said = {
        "voices": server.list_voices("all"),
        "speech": server.text_to_audio("Dzień dobry", output_directory=str(folder)),
        "picture": server.text_to_image(prompt="a lake", aspect_ratio="16:9", output_directory=str(folder)),
        "clone": server.voice_clone("official-voice-1", sample, "Dzień dobry", output_directory=str(folder)),
        "again": server.voice_clone("official-voice-1", sample, "", output_directory=str(folder)),
        "design": server.voice_design("an old man", "Dzień dobry", output_directory=str(folder)),
        "clip": server.generate_video(prompt="a lake", output_directory=str(folder)),
        "moving": server.generate_video("MiniMax-Hailuo-02", "a lake", frame, 6, "768P", str(folder)),
        "refused": server.generate_video("MiniMax-Hailuo-02", "a lake", frame, 7, "768P", str(folder)),
    }
    print(json.dumps({name: answer.text for name, answer in said.items()}))


if __name__ == "__main__":
    assert os.environ["MINIMAX_API_HOST"]
    main(Path(sys.argv[1]))
