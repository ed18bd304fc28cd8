"""A real browser that watches its pages: what they log, what is refused, what does not play, what jumps back."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import (
    BrowserContext,
    ConsoleMessage,
    Download,
    Locator,
    Page,
    Response,
    WebError,
    async_playwright,
)
from playwright.async_api import Request as Asked
from playwright.async_api import TimeoutError as StepTimeout

CHROMIUM = shutil.which("chromium")
FLAGS = ["--autoplay-policy=no-user-gesture-required", "--disable-gpu"]
STEP_MS = 120_000
CLICKS = 100
PLAY_SECONDS = 90.0
REFUSED = 400
# A browser gives up requests of players and downloads by itself.
GIVEN_UP = "net::ERR_ABORTED"
# Runs in every page before its own code. A player is at fault when it cannot play, and when it loses its place.
WATCH = """
(() => {
  const places = new WeakMap();
  const report = (fault) => window.reportFault?.(`${location.pathname}: ${fault}`);
  addEventListener("securitypolicyviolation", (event) =>
    report(`policy ${event.violatedDirective} ${event.blockedURI}`));
  addEventListener("error", (event) => {
    const node = event.target;
    if (node instanceof HTMLMediaElement) report(`does not play: ${node.src} ${node.error && node.error.message}`);
    if (node instanceof HTMLImageElement) report(`is not shown: ${node.src}`);
  }, true);
  const watch = (name, look) => addEventListener(name, (event) => {
    if (event.target instanceof HTMLMediaElement) look(event.target);
  }, true);
  const forget = (player) => places.delete(player);
  watch("ended", forget);
  watch("timeupdate", (player) => {
    const last = places.get(player);
    if (last !== undefined && player.currentTime < last - 0.25) report(`jumps from ${last} to ${player.currentTime}`);
    if (!player.ended) places.set(player, player.currentTime);
  });
  watch("emptied", (player) => {
    const last = places.get(player);
    if (last) report(`begins anew, it was at ${last}`);
    forget(player);
  });
})();
"""
CHANGED = "([selector, before]) => ![before, ''].includes(document.querySelector(selector).src)"
PLAY = """
(player, rate) => new Promise((resolve, reject) => {
  const seen = () => ({at: player.currentTime, length: player.duration, width: player.videoWidth || 0,
    height: player.videoHeight || 0, frames: player.getVideoPlaybackQuality?.().totalVideoFrames ?? 0});
  player.addEventListener("ended", () => resolve(seen()), {once: true});
  player.addEventListener("error", () => reject(new Error(player.error.message)), {once: true});
  player.addEventListener("emptied", () => reject(new Error("The player begins anew.")), {once: true});
  player.playbackRate = rate;
  player.play().catch(reject);
})
"""

Json = dict[str, Any]
needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="there is no `chromium` on this machine, so no page of a client is driven"
)


@dataclass
class Visit:
    """Somebody at a page of a client, and what went wrong meanwhile."""

    context: BrowserContext
    page: Page
    faults: list[str] = field(default_factory=list)
    _expected: list[tuple[int, str]] = field(default_factory=list)

    def expect_refusal(self, status: int, path: str) -> None:
        """The flow meets this refusal; it is no fault."""
        self._expected.append((status, path))

    def find(self, selector: str) -> Locator:
        return self.page.locator(selector)

    async def click(self, selector: str) -> None:
        await self.find(selector).click()

    async def click_until(self, button: str, selector: str) -> None:
        """Asks for a list again and again until it shows an element; the list does not follow the service by itself."""
        for _ in range(CLICKS):
            await self.click(button)
            with suppress(StepTimeout):
                return await self.find(selector).first.wait_for(timeout=1000)
        raise AssertionError(f"{button} never showed {selector}")

    async def fill(self, selector: str, words: str) -> None:
        await self.find(selector).fill(words)

    async def send_file(self, selector: str, name: str, media_type: str, content: bytes) -> None:
        await self.find(selector).set_input_files({"name": name, "mimeType": media_type, "buffer": content})

    async def until(self, selector: str, words: str) -> None:
        """Waits until an element says so."""
        await self.find(f'{selector}:text-is("{words}")').wait_for(state="attached")

    async def shown(self, selector: str) -> None:
        """Waits until a picture is there, decoded."""
        picture = self.find(f"{selector}[src]")
        await picture.wait_for()
        await picture.evaluate("(image) => image.decode()")
        assert await picture.evaluate("(image) => image.naturalWidth") > 0

    async def changed(self, selector: str, before: str) -> str:
        """Waits until an element shows another file than before; gives the new link."""
        await self.page.wait_for_function(CHANGED, arg=[selector, before])
        return await self.link(selector)

    async def play(self, selector: str, rate: float = 2.0) -> Json:
        """Plays a film or a sound to its end, and says what was seen."""
        return await played(self.find(selector), rate)

    async def play_as_page(self, selector: str) -> Json:
        """Opens what an element opens in a window, and plays what the window shows."""
        async with self.context.expect_page() as opened:
            await self.click(selector)
        window = await opened.value
        seen = await played(window.locator("video"), 2.0)
        await window.close()
        return seen

    async def download(self, selector: str, target: Path) -> Download:
        """What a click saves, in a file."""
        async with self.page.expect_download() as begun:
            await self.click(selector)
        saved = await begun.value
        await saved.save_as(target)
        return saved

    async def fetch(self, link: str, target: Path) -> Path:
        """What a link of the page gives to whoever has it, in a file."""
        answer = await self.context.request.get(link)
        assert answer.ok, (link, answer.status)
        await asyncio.to_thread(target.write_bytes, await answer.body())
        return target

    async def link(self, selector: str, name: str = "src") -> str:
        """Where an element points to."""
        found: str = await self.find(selector).evaluate("(node, name) => node[name]", name)
        return found

    def watch(self) -> None:
        self.context.on("console", self._on_console)
        self.context.on("weberror", self._on_error)
        self.context.on("response", self._on_response)
        self.context.on("requestfailed", self._on_failure)

    def _is_expected(self, status: int, url: str) -> bool:
        return any(status == expected and path in url for expected, path in self._expected)

    def _on_console(self, message: ConsoleMessage) -> None:
        # The browser logs each refused request as well; that one is judged by its response.
        is_refusal = "Failed to load resource" in message.text and "status of" in message.text
        if message.type == "error" and not is_refusal:
            self.faults.append(f"console: {message.text}")

    def _on_error(self, error: WebError) -> None:
        self.faults.append(f"script: {error.error}")

    def _on_response(self, response: Response) -> None:
        if response.status >= REFUSED and not self._is_expected(response.status, response.url):
            self.faults.append(f"{response.status} {response.request.method} {response.url}")

    def _on_failure(self, asked: Asked) -> None:
        if asked.failure != GIVEN_UP:
            self.faults.append(f"{asked.failure} {asked.method} {asked.url}")


async def played(player: Locator, rate: float) -> Json:
    """What a player saw on its way to the end."""
    async with asyncio.timeout(PLAY_SECONDS):
        seen: Json = await player.evaluate(PLAY, rate)
    assert seen["at"] == pytest.approx(seen["length"], abs=0.3)
    return seen


@asynccontextmanager
async def visit(address: str) -> AsyncIterator[Visit]:
    """Opens a page, and fails at its end when anything went wrong on the way."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = await browser.new_context(accept_downloads=True)
        context.set_default_timeout(STEP_MS)
        guest = Visit(context, await context.new_page())
        try:
            guest.watch()
            await context.expose_binding("reportFault", lambda _source, fault: guest.faults.append(fault))
            await context.add_init_script(WATCH)
            await guest.page.goto(address)
            yield guest
            assert guest.faults == []
        finally:
            print(*guest.faults, sep="\n")
            await browser.close()
