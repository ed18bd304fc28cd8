"""Stand-in vendors by hand: `make standins`, or `python -m tests.standins --minimax-port 8101 --openai-port 8102`."""

import argparse
import time

from tests.standins.minimax.app import minimax_app
from tests.standins.minimax.world import GOOD_KEY, World
from tests.standins.openai.app import openai_app
from tests.standins.openai.world import GOOD_KEY as OPENAI_KEY
from tests.standins.openai.world import World as OpenAIWorld
from tests.standins.running import served


def main() -> None:
    options = argparse.ArgumentParser(description="Strict stand-ins for the vendors, for tests and for playing.")
    options.add_argument("--minimax-port", type=int, default=8101)
    options.add_argument("--openai-port", type=int, default=8102)
    options.add_argument("--task-seconds", type=float, default=10.0, help="how long a clip takes")
    chosen = options.parse_args()
    world = World()
    world.rules.task_seconds = chosen.task_seconds
    world.rules.full_size = True
    with (
        served(minimax_app(world), port=chosen.minimax_port) as address,
        served(openai_app(OpenAIWorld()), port=chosen.openai_port) as openai_address,
    ):
        world.base_url = address
        print(f"export MINIMAX_API_BASE={address} MINIMAX_API_KEY={GOOD_KEY}", flush=True)
        print(f"export OPENAI_BASE_URL={openai_address}/v1 OPENAI_API_KEY={OPENAI_KEY}", flush=True)
        print(f"truth: {address}/_control/paid and /_control/truth; rules, faults, outcomes: POST JSON beside them")
        try:
            while True:
                time.sleep(1)
        except KeyboardInterrupt:
            print("stopped")


if __name__ == "__main__":
    main()
