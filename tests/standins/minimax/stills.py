"""Pictures of the stand-in."""

import base64
import hashlib

from starlette.requests import Request
from starlette.responses import Response

from tests.standins.minimax.media import still
from tests.standins.minimax.rulings import body_of, demand, picture, said, whole
from tests.standins.minimax.world import Paid, World

FIELDS = {"model", "prompt", "aspect_ratio", "width", "height", "response_format", "seed", "n", "prompt_optimizer"}
FIELDS |= {"subject_reference"}
SIZES = {"1:1": (1024, 1024), "16:9": (1280, 720), "4:3": (1152, 864), "3:2": (1248, 832), "2:3": (832, 1248)}
SIZES |= {"3:4": (864, 1152), "9:16": (720, 1280), "21:9": (1344, 576)}
PICTURE_MICRO_USD = 3_500


async def draw(request: Request, world: World) -> Response:
    body = await body_of(request, FIELDS)
    prompt, count = body.get("prompt"), body.get("n", 1)
    demand(body.get("model") == "image-01", "invalid params, model")
    demand(isinstance(prompt, str) and 0 < len(prompt) <= 1500, "invalid params, prompt")
    demand(body.get("aspect_ratio", "1:1") in SIZES, "invalid params, aspect_ratio")
    demand(body.get("response_format", "url") in {"url", "base64"}, "invalid params, response_format")
    demand(whole(count) and 1 <= count <= 9, "invalid params, n")
    for subject in body.get("subject_reference", []):
        demand(subject.get("type") == "character", "invalid params, subject_reference")
        picture(subject.get("image_file"), max_bytes=10_485_760, above_px=0, rule="any")
    demand("forbidden" not in str(prompt), "input new_sensitive", 1026)
    demand(not world.over_rate("image"), "rate limit", 1002)
    paid = Paid("/v1/image_generation", "image-01", PICTURE_MICRO_USD * count, world.now(), "", str(prompt), None)
    demand(world.charge(paid), "insufficient balance", 1008)
    held_back = count if world.fault_for("/v1/image_generation", "held_back") else 0
    digest = hashlib.sha256(f"{prompt}{body.get('seed')}".encode()).digest()
    wide, high = SIZES[body.get("aspect_ratio", "1:1")]
    made = [
        still(wide, high, (digest[index], digest[index + 1], digest[index + 2])) for index in range(count - held_back)
    ]
    counts = {"success_count": str(len(made)), "failed_count": str(held_back)}
    if body.get("response_format") == "base64":
        return said(id="i", data={"image_base64": [base64.b64encode(one).decode() for one in made]}, metadata=counts)
    urls = []
    for one in made:
        name = f"picture-{world.new_id()}.jpeg"
        world.side_files[name] = ("image/jpeg", one)
        urls.append(f"{world.base_url}/_files/side/{name}")
    return said(id="i", data={"image_urls": urls}, metadata=counts)
