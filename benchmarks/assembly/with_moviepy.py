"""The same film by moviepy; run by the interpreter of an environment that has it, and printing its cost as JSON."""

import json
import resource
import sys
import time
from pathlib import Path

from moviepy import AudioFileClip, VideoFileClip, concatenate_videoclips

folder, into = Path(sys.argv[1]), sys.argv[2]
begun = time.perf_counter()
before = resource.getrusage(resource.RUSAGE_SELF)
parts = [
    VideoFileClip(str(clip)).with_audio(AudioFileClip(str(said)))
    for clip, said in zip(sorted(folder.glob("[0-9]*.mp4")), sorted(folder.glob("[0-9]*.mp3")), strict=True)
]
film = concatenate_videoclips(parts, method="chain")
film.write_videofile(into, codec="libx264", preset="veryfast", audio_codec="aac", fps=24, logger=None)
film.close()
for part in parts:
    part.close()
own, child = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = own.ru_utime + own.ru_stime - before.ru_utime - before.ru_stime + child.ru_utime + child.ru_stime
wall = time.perf_counter() - begun
memory = {"idle_mb": 0, "own_mb": own.ru_maxrss / 1024, "child_mb": child.ru_maxrss / 1024}
print(json.dumps({"cpu": cpu, "wall": wall, **memory}))
