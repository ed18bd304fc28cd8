"""Name to dotted adapter path over Settings: the one place that imports by name; a missing key is an absence."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import cast

from pydantic import SecretStr
from typing_extensions import override

from app.core.settings import AUTO, Settings
from app.providers.bundle import LOCAL, BundlePool, EngineCard, ProviderBundle, ProviderContext, Vendor, account_label
from app.providers.errors import EngineAbsent, EngineNotFound, EngineUnknown
from app.providers.image import ImageProvider
from app.providers.moderation import ModerationProvider
from app.providers.planner import PlannerProvider
from app.providers.speech import MusicProvider, SpeechProvider
from app.providers.stages import OutsideStage, StageService
from app.providers.values import Role
from app.providers.video import VideoProvider

# The order within a role is the order of preference.
VENDORS = (
    Vendor(
        "minimax",
        "MiniMax",
        "app.providers.minimax.bundle:open_kit",
        (Role.VIDEO, Role.SPEECH, Role.IMAGE),
        variable="MINIMAX_API_KEY",
    ),
    Vendor(
        "openai",
        "OpenAI",
        "app.providers.openai.bundle:open_kit",
        (Role.PLANNER, Role.IMAGE, Role.SPEECH, Role.MODERATION),
        variable="OPENAI_API_KEY",
    ),
    Vendor(
        "google",
        "Google Veo",
        "app.providers.google.bundle:open_kit",
        (Role.VIDEO,),
        variable="GOOGLE_CLOUD_PROJECT",
        library="google.genai",
        note="Needs the optional extra: pip install 'ai-video-creator[google]'.",
    ),
    Vendor(
        LOCAL,
        "Offline engines",
        "app.providers.local.bundle:open_kit",
        tuple(Role),
        note="Made on this machine: rule-based plans, drawn pictures, moved stills, eSpeak NG, word lists.",
    ),
)
DOORS: Mapping[str, Callable[[Settings], object]] = {
    "minimax": lambda settings: settings.minimax.api_key,
    "openai": lambda settings: settings.openai.api_key,
    "google": lambda settings: settings.google.google_cloud_project,
}
OUTSIDE_SERVICE = "app.providers.outside.service:HttpStage"
# Whose adapters can work on a key of a user's own: the settings they are opened with, with that key put in.
OWN_KEYS: Mapping[str, Callable[[Settings, SecretStr], Settings]] = {
    "minimax": lambda settings, key: settings.model_copy(
        update={"minimax": settings.minimax.model_copy(update={"api_key": key})}
    ),
    "openai": lambda settings, key: settings.model_copy(
        update={"openai": settings.openai.model_copy(update={"api_key": key})}
    ),
}
PREFERRED = {Role.IMAGE: ("openai", "minimax", LOCAL)}


class Registry:
    """The engines of this process; an adapter is imported and opened when it is first asked for."""

    def __init__(self, ground: ProviderContext, kits: Mapping[str, ProviderBundle] | None = None) -> None:
        self._ground = ground
        self._settings = ground.settings
        self._kits: dict[str, ProviderBundle] = dict(kits or {})
        self._handed_in = frozenset(self._kits)
        self._stages: dict[OutsideStage, StageService] = {}
        self._pool = BundlePool()

    @asynccontextmanager
    async def lend(self, keys: Mapping[str, str]) -> AsyncIterator["Registry"]:
        """The engines for the holder of these keys, by vendor: theirs where a key opens one, else the operator's."""
        own: dict[str, ProviderBundle] = {}
        async with AsyncExitStack() as held:
            for vendor in VENDORS:
                if key := keys.get(vendor.name) if vendor.name in OWN_KEYS else None:
                    build = partial(self._open, vendor, SecretStr(key))
                    own[vendor.name] = await held.enter_async_context(
                        self._pool.held(account_label(vendor.name, key), build)
                    )
            yield BorrowedRegistry(self, own) if own else self

    def keyed_vendors(self) -> tuple[str, ...]:
        """The vendors whose adapters can work on a user's own key."""
        return tuple(OWN_KEYS)

    def pays(self, provider: str, account: str) -> bool:
        """Whether calls of this account stand in the operator's bill, and not in that of a user."""
        if provider not in OWN_KEYS or provider in self._handed_in:
            return True
        return account == account_label(provider, str(_secret(DOORS[provider](self._settings))))

    def planner(self, name: str = AUTO) -> PlannerProvider:
        """Who writes plans."""
        return cast("PlannerProvider", self._engine(Role.PLANNER, name))

    def video(self, name: str = AUTO) -> VideoProvider:
        """Who makes clips."""
        return cast("VideoProvider", self._engine(Role.VIDEO, name))

    def image(self, name: str = AUTO) -> ImageProvider:
        """Who draws."""
        return cast("ImageProvider", self._engine(Role.IMAGE, name))

    def speech(self, name: str = AUTO) -> SpeechProvider:
        """Who speaks."""
        return cast("SpeechProvider", self._engine(Role.SPEECH, name))

    def moderation(self, name: str = AUTO) -> ModerationProvider:
        """Who judges."""
        return cast("ModerationProvider", self._engine(Role.MODERATION, name))

    def composers(self) -> Iterator[MusicProvider]:
        """Who composes; there may be nobody."""
        for vendor in VENDORS:
            composer = getattr(self._kit(vendor), "music", None) if self._present(vendor) else None
            if composer is not None:
                yield cast("MusicProvider", composer)

    def outside(self, stage: OutsideStage) -> StageService | None:
        """The outside service that takes this stage over, if the operator has set one."""
        address = getattr(self._settings.outside, f"{stage.value}_service_url")
        if not address:
            return None
        if stage not in self._stages:
            module, _, name = OUTSIDE_SERVICE.partition(":")
            self._stages[stage] = getattr(import_module(module), name)(stage, address, self._ground.clock)
        return self._stages[stage]

    def chosen(self, role: Role, name: str = AUTO) -> str:
        """The engine's own name: what was asked for, else what the settings say, else the best that is there."""
        wanted = name if name != AUTO else getattr(self._settings.providers, role.value)
        return wanted if wanted != AUTO else self._best(role)

    def cards(self) -> tuple[EngineCard, ...]:
        """Every engine for every role, with the reason why one is absent."""
        return tuple(
            EngineCard(role, vendor, self.chosen(role) == vendor.name, self._absence(vendor))
            for role in Role
            for vendor in VENDORS
            if role in vendor.roles
        )

    def capabilities(self, role: Role, name: str) -> dict[str, object]:
        """Model to the record of what it takes; a judge has none, because it takes what it is given."""
        match role:
            case Role.PLANNER:
                can = self.planner(name).capabilities()
                return {can.model: can}
            case Role.VIDEO:
                video = self.video(name)
                return {model: video.capabilities(model) for model in video.models()}
            case Role.IMAGE:
                image = self.image(name)
                return {model: image.capabilities(model) for model in image.models()}
            case Role.SPEECH:
                speech = self.speech(name)
                return {model: speech.capabilities(model) for model in speech.models()}
            case Role.MODERATION:
                return {}

    def vendor(self, name: str) -> Vendor:
        """A vendor by name."""
        for vendor in VENDORS:
            if vendor.name == name:
                return vendor
        raise EngineNotFound

    async def check(self, name: str) -> None:
        """One free call of a vendor that is set up; ProviderError says what is wrong."""
        await self._kit(self.vendor(name)).check()

    def warm(self) -> None:
        """Imports what is set up, which takes a while: to be run in a thread before the first job needs it."""
        for vendor in VENDORS:
            if self._present(vendor) and vendor.name not in self._kits:
                import_module(vendor.opener.partition(":")[0])

    async def close(self) -> None:
        """Closes what was opened here; what was handed in belongs to its giver."""
        for name, kit in self._kits.items():
            if name not in self._handed_in:
                await kit.close()
        for service in self._stages.values():
            await service.close()
        await self._pool.close()

    def _open(self, vendor: Vendor, key: SecretStr) -> ProviderBundle:
        module, _, opener = vendor.opener.partition(":")
        ground = replace(self._ground, settings=OWN_KEYS[vendor.name](self._settings, key))
        kit: ProviderBundle = getattr(import_module(module), opener)(ground)
        return kit

    def _engine(self, role: Role, name: str) -> object:
        wanted = self.chosen(role, name)
        engine = getattr(self._named(wanted, role), role.value, None)
        if engine is None:
            raise EngineUnknown(param=f"providers.{role}")
        return engine

    def _named(self, name: str, role: Role) -> ProviderBundle | None:
        if name in self._kits:
            return self._kits[name]
        for vendor in VENDORS:
            if vendor.name == name and role in vendor.roles:
                return self._kit(vendor)
        return None

    def _kit(self, vendor: Vendor) -> ProviderBundle:
        if vendor.name not in self._kits:
            if reason := self._absence(vendor):
                raise EngineAbsent(hint=reason, facts={"engine": vendor.name})
            module, _, opener = vendor.opener.partition(":")
            self._kits[vendor.name] = getattr(import_module(module), opener)(self._ground)
        return self._kits[vendor.name]

    def _best(self, role: Role) -> str:
        offered = PREFERRED.get(role) or tuple(vendor.name for vendor in VENDORS if role in vendor.roles)
        return next(name for name in offered if self._present(self.vendor(name)))

    def _present(self, vendor: Vendor) -> bool:
        return not self._absence(vendor)

    def _absence(self, vendor: Vendor) -> str:
        if vendor.name in self._kits or vendor.name not in DOORS:
            return ""
        if not DOORS[vendor.name](self._settings):
            return f"{vendor.variable} is not set."
        return vendor.note if vendor.library and not _installed(vendor.library) else ""


class BorrowedRegistry(Registry):
    """The engines of one user: those opened by keys of their own stand before the operator's.

    Judging stays the operator's: whoever brings a key must not choose who judges, or break the judging by it.
    """

    def __init__(self, lender: Registry, own: Mapping[str, ProviderBundle]) -> None:
        super().__init__(lender._ground, own)
        self._lender = lender

    @override
    def moderation(self, name: str = AUTO) -> ModerationProvider:
        return self._lender.moderation(name)

    @override
    def outside(self, stage: OutsideStage) -> StageService | None:
        return self._lender.outside(stage)

    @override
    def pays(self, provider: str, account: str) -> bool:
        return self._lender.pays(provider, account)

    @override
    async def close(self) -> None:
        """What is borrowed is closed by its lender."""

    @override
    def _named(self, name: str, role: Role) -> ProviderBundle | None:
        return self._kits[name] if name in self._kits else self._lender._named(name, role)

    @override
    def _kit(self, vendor: Vendor) -> ProviderBundle:
        return self._kits[vendor.name] if vendor.name in self._kits else self._lender._kit(vendor)

    @override
    def _absence(self, vendor: Vendor) -> str:
        return "" if vendor.name in self._kits else self._lender._absence(vendor)


def _secret(value: object) -> object:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _installed(library: str) -> bool:
    try:
        return find_spec(library) is not None
    except ModuleNotFoundError:
        return False
