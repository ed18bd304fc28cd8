"""Every setting in frozen groups, and the only reader of the environment."""

import difflib
import os
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.core.addresses import Address, Addresses, DatabaseAddress, HostRoot

DEVELOPMENT_ORIGINS = tuple(f"http://{at}:{port}" for at in ("localhost", "127.0.0.1") for port in (5173, 3000, 3001))
AUTO = "auto"
ENV_FILE = ".env"
ASSIGNMENT = re.compile(r"\A\s*+(?:export\s++)?([A-Za-z_]\w*+)\s*=")
# Of two names that are equally long, a fifth may differ.
LIKENESS = 0.8


class AppEnv(StrEnum):
    """Which rules of caution apply."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class RegistrationMode(StrEnum):
    """Who may make an account of their own."""

    OPEN = "open"
    INVITE = "invite"
    CLOSED = "closed"


MoneyUsd = Annotated[float, Field(ge=0)]


class Group(BaseSettings):
    """One frozen group of settings; names are the environment's, in lower case."""

    title: ClassVar[str]
    model_config = SettingsConfigDict(
        frozen=True,
        env_file=ENV_FILE,
        extra="ignore",
        env_ignore_empty=True,
        validate_by_name=True,
        validate_default=True,
    )

    @classmethod
    def variables(cls) -> dict[str, tuple[str, ...]]:
        """Field name to the environment names that set it, the preferred one first."""
        prefix = cls.model_config.get("env_prefix", "")
        found: dict[str, tuple[str, ...]] = {}
        for name, field in cls.model_fields.items():
            alias = field.validation_alias
            if isinstance(alias, AliasChoices):
                found[name] = tuple(str(choice) for choice in alias.choices)
            else:
                found[name] = (str(alias) if alias else f"{prefix}{name}".upper(),)
        return found


class ServerSettings(Group):
    """Where the service listens and who may talk to it."""

    title = "Server"
    host: str = Field("127.0.0.1", description="Address to listen on; 0.0.0.0 opens the service to the network")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on")
    app_name: str = Field("AI Video Creator", description="Name shown on pages and in the API document")
    app_env: AppEnv = Field(
        AppEnv.DEVELOPMENT, description="development or production; production refuses unsafe settings"
    )
    debug: bool = Field(
        default=False, description="Shows the API documents in production too; never shows stack traces to clients"
    )
    api_docs: bool | None = Field(
        None,
        description="Whether the API documents are shown; empty shows them in development, and in production to DEBUG",
    )
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")
    public_base_url: Address = Field(
        "", description="Address that people see, for absolute links; empty makes relative links"
    )
    cors_origins: Addresses = Field(
        DEVELOPMENT_ORIGINS,
        validation_alias=AliasChoices("CORS_ORIGINS", "FRONTEND_URL"),
        description="Exact origins of front ends, commas between; in development pages of any port of this machine may "
        "also read answers",
    )
    web_concurrency: int = Field(1, ge=1, description="Web processes on this machine; more than one needs Postgres")
    forwarded_allow_ips: str = Field(
        "127.0.0.1", description="Proxies whose X-Forwarded-For is believed, commas between"
    )
    max_connections: int = Field(1000, ge=10, description="Open connections of one web process")
    max_connections_per_address: int = Field(
        100, ge=1, description="Open connections of one address; those of FORWARDED_ALLOW_IPS are not counted"
    )
    first_byte_seconds: float = Field(
        15, gt=0, description="Longest time a connection may be silent before its next request"
    )
    header_seconds: float = Field(10, gt=0, description="Longest time the head of a request may take to arrive")
    body_seconds: float = Field(60, gt=0, description="Longest time the body of a request may stand still")
    telemetry: bool = Field(
        default=False, description="Records metrics, shown at /metrics, and traces; needs the extra `metrics`"
    )
    otel_exporter_otlp_endpoint: Address = Field(
        "", description="Collector that metrics and traces are sent to over HTTP; empty sends nothing"
    )


class SecuritySettings(Group):
    """Secrets, tokens and who may skip signing in."""

    title = "Security"
    secret_key: SecretStr = Field(
        SecretStr(""), description="At least 32 random characters; development makes and keeps its own when empty"
    )
    old_secret_key: SecretStr = Field(
        SecretStr(""),
        description="The SECRET_KEY before a change: what it has signed or sealed is still good",
    )
    access_token_expire_minutes: int = Field(15, ge=1, description="Life of an access token of the native API")
    client_token_expire_minutes: int = Field(1440, ge=1, description="Life of a token from a client face's login")
    refresh_token_expire_days: int = Field(30, ge=1, description="Longest life of a signed-in session")
    registration: RegistrationMode = Field(
        RegistrationMode.OPEN,
        description="Who may register: all (open), the invited (invite) or nobody (closed); the first is administrator",
    )
    local_user: bool = Field(
        default=False, description="Maps requests without credentials to one local account; loopback only"
    )
    azure_tenant_id: str = Field("", description="Entra ID tenant; with AZURE_CLIENT_ID turns on its bearer tokens")
    azure_client_id: str = Field("", description="Entra ID application (client) id that tokens must be meant for")
    azure_allowed_tenants: Addresses = Field((), description="Tenants admitted when AZURE_TENANT_ID is common")
    azure_accept_v1: bool = Field(
        default=False, description="Also accepts version 1.0 tokens, whose issuer is sts.windows.net"
    )
    oidc_issuer: Address = Field(
        "", description="OpenID Connect provider; with OIDC_CLIENT_ID people sign in at /api/v1/auth/oidc/login"
    )
    oidc_client_id: str = Field("", description="Client id that the provider knows this service by")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="Client secret, where the provider gave one")
    oidc_scopes: str = Field("openid profile email", description="Scopes that are asked for, spaces between")
    oidc_groups_claim: str = Field("groups", description="Claim of the id token that lists a person's groups")
    oidc_admin_group: str = Field(
        "", description="Members of this group are administrators, others are not; empty leaves roles alone"
    )
    rate_limit_reads: int = Field(1200, ge=1, description="Reads per minute and caller")
    rate_limit_jobs: int = Field(
        120, ge=1, description="Started jobs and other writes that cost work, per minute and caller"
    )
    rate_limit_login: int = Field(30, ge=1, description="Sign-in attempts per minute and address")
    redis_url: str = Field("", description="Redis for rate limits shared by replicas; empty counts per process")
    smtp_url: SecretStr = Field(
        SecretStr(""),
        description="Mail server, smtp://user:password@host:587 or smtps://; empty prints mails in development",
    )
    mail_from: str = Field("", description="Sender of mails; empty takes noreply at the host of PUBLIC_BASE_URL")

    def secret_keys(self) -> tuple[str, ...]:
        """The secret that signs, and behind it those whose signatures still count."""
        old = self.old_secret_key.get_secret_value()
        return (self.secret_key.get_secret_value(), *((old,) if old else ()))


class DatabaseSettings(Group):
    """Where rows live."""

    title = "Database"
    database_url: DatabaseAddress = Field(
        "sqlite+aiosqlite:///./video_creator.db", description="SQLite file for one process, Postgres for several"
    )

    def is_sqlite(self) -> bool:
        """Whether the database is one SQLite file."""
        return self.database_url.startswith("sqlite")


class StorageSettings(Group):
    """Where files live and how long links to them last."""

    title = "Storage"
    storage_path: Path = Field(Path("./storage"), description="Folder of media and of working files")
    storage_url: str = Field("", description="Object store instead of the folder: s3://…, az://… or gs://…")
    aws_s3_bucket: str = Field("", description="Short for STORAGE_URL=s3://BUCKET")
    aws_access_key_id: SecretStr = Field(SecretStr(""), description="Key id of the object store")
    aws_secret_access_key: SecretStr = Field(SecretStr(""), description="Secret key of the object store")
    aws_session_token: SecretStr = Field(SecretStr(""), description="Session token of temporary credentials")
    aws_region: str = Field("", description="Region of the bucket")
    aws_endpoint_url: str = Field("", description="Endpoint of an S3-compatible store")
    media_url_ttl_seconds: int = Field(
        3600,
        ge=60,
        description="Signed media links live at least so long; all readers of the same hour get the same link",
    )
    upload_max_size_mb: int = Field(20, ge=1, le=500, description="Largest picture or sound that may be uploaded")
    archive_max_size_mb: int = Field(
        1024, ge=1, le=2000, description="Largest archive of a project that may be imported, packed and unpacked"
    )
    user_quota_mb: int = Field(10_240, ge=1, description="Most that one user may keep stored")
    user_quota_files: int = Field(20_000, ge=1, description="Most files that one user may keep stored")
    storage_reserve_mb: int = Field(
        1024, ge=0, description="Free disk below which uploads are refused and films wait; 0 looks at no disk"
    )


class MediaSettings(Group):
    """Tools for pictures, sound and film."""

    title = "Media"
    ffmpeg_path: str = Field("", description="ffmpeg to use; empty takes the one that came with the installation")
    ffprobe_path: str = Field("", description="ffprobe to use where there is one; empty reads files without it")


class VoiceSettings(Group):
    """Natural voices."""

    title = "Voices"
    voices_path: Path | None = Field(
        None, description="Folder of natural voices, which `avc voices` fills; empty takes voices in STORAGE_PATH"
    )
    voices_mirror: Address = Field(
        "",
        description="Address that `avc voices install` fetches from instead of the places where voices are published",
    )


class FilmLimits(Group):
    """What a film may be."""

    title = "Films"
    default_language: str = Field(
        "pl", description="Language of plans, narration and captions of a project that names none"
    )
    max_target_duration_sec: int = Field(60, ge=6, le=600, description="Longest film of one project")
    max_movie_duration_sec: int = Field(600, ge=6, le=600, description="Longest movie of all its chapters")
    voice_consent_words: str = Field(
        "The voice on this recording is mine, or its speaker has agreed that I copy it for my films.",
        min_length=1,
        description="What is declared by whoever has the voice of a film's sample cloned, kept as the consent",
    )


class ProviderSettings(Group):
    """Which engine does what; auto is online when its key is set, else local."""

    title = "Engines"
    model_config = SettingsConfigDict(env_prefix="PROVIDER_")
    planner: str = Field(AUTO, description="Writes the plan: auto, openai or local")
    video: str = Field(AUTO, description="Makes clips: auto, minimax, google or local")
    image: str = Field(AUTO, description="Makes key frames: auto, openai, minimax or local")
    speech: str = Field(AUTO, description="Speaks: auto, minimax, openai or local")
    moderation: str = Field(AUTO, description="Judges text and pictures: auto, openai or local")


class OpenAISettings(Group):
    """OpenAI or any compatible server."""

    title = "OpenAI"
    model_config = SettingsConfigDict(env_prefix="OPENAI_")
    api_key: SecretStr = Field(SecretStr(""), description="Key of OpenAI or of a compatible server")
    base_url: Address = Field("https://api.openai.com/v1", description="Address of the server, with its version")
    planner_model: str = Field("", description="Model that plans; empty takes the SDK's default")
    api: str = Field("responses", pattern="^(responses|chat)$", description="responses, or chat for compatible servers")
    image_model: str = Field("gpt-image-2", description="Model that draws")
    moderation_model: str = Field("omni-moderation-latest", description="Model that judges")


class MiniMaxSettings(Group):
    """MiniMax: clips, speech, pictures."""

    title = "MiniMax"
    model_config = SettingsConfigDict(env_prefix="MINIMAX_")
    api_key: SecretStr = Field(SecretStr(""), description="Key of MiniMax")
    api_base: HostRoot = Field("https://api.minimax.io", description="Host of the service, with or without /v1")
    video_model: str = Field("MiniMax-Hailuo-02", description="Model that makes clips")
    speech_model: str = Field("speech-2.8-hd", description="Model that speaks")
    rpm_video: int = Field(5, ge=1, description="Clip requests per minute")
    rpm_image: int = Field(10, ge=1, description="Picture requests per minute")
    rpm_speech: int = Field(60, ge=1, description="Speech requests per minute")
    max_inflight: int = Field(5, ge=1, description="Clips being made at once")
    poll_seconds: float = Field(10, gt=0, description="Usual pause between two looks at a clip")


class GoogleSettings(Group):
    """Google Veo on Vertex."""

    title = "Google"
    google_cloud_project: str = Field("", description="Project that pays for Veo")
    google_cloud_location: str = Field("us-central1", description="Region of Vertex")
    google_api_key: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("GOOGLE_API_KEY", "GEMINI_API_KEY"),
        description="Key of the Gemini API",
    )


class WorkSettings(Group):
    """Jobs, queues and money."""

    title = "Work"
    embedded_worker: bool = Field(default=True, description="Runs jobs inside the web process")
    max_queue_size: int = Field(1000, ge=1, description="Waiting jobs beyond which new ones are refused")
    max_jobs_per_user: int = Field(100, ge=1, description="Unfinished jobs one user may have, parts not counted")
    productions_per_user: int = Field(4, ge=1, description="Films of one user that a worker makes at once")
    client_wait_seconds: int = Field(600, ge=1, description="Longest time a face holds a reply until its job ends")
    budget_project: MoneyUsd | None = Field(None, description="Most that one project may cost, in USD")
    budget_user_day: MoneyUsd | None = Field(None, description="Most that one user may spend in a day, in USD")
    budget_day: MoneyUsd | None = Field(None, description="Most that the whole service may spend in a day, in USD")


class OutsideSettings(Group):
    """Outside services that take over a stage of the slideshow studio."""

    title = "Outside services"
    script_service_url: Address = Field("", description="Writes scripts instead of us")
    audio_service_url: Address = Field("", description="Speaks instead of us")
    image_service_url: Address = Field("", description="Draws instead of us")
    video_service_url: Address = Field("", description="Renders instead of us")


class McpSettings(Group):
    """The MCP server."""

    title = "MCP"
    model_config = SettingsConfigDict(env_prefix="MCP_")
    transport: str = Field("stdio", pattern="^(stdio|http)$", description="stdio or http")
    log_level: str = Field("WARNING", description="Log level of the MCP server on stdio")


@dataclass(frozen=True)
class StrangeSetting:
    """A name that sets nothing here, and the setting that is perhaps meant."""

    name: str
    place: str
    meant: str | None


def strange_settings(known: Collection[str], env_file: Path = Path(ENV_FILE)) -> Sequence[StrangeSetting]:
    """Names in the file that set nothing, and those in the environment that resemble a setting."""
    lines = env_file.read_text(errors="replace").splitlines() if env_file.is_file() else []
    named = [found[1].upper() for line in lines if (found := ASSIGNMENT.match(line))]
    in_file = [_strange(name, ENV_FILE, known) for name in named if name not in known]
    around = [_strange(name, "the environment", known) for name in sorted(os.environ) if name.upper() not in known]
    return [*in_file, *(strange for strange in around if strange.meant is not None)]


def _strange(name: str, place: str, known: Collection[str]) -> StrangeSetting:
    alike = difflib.get_close_matches(name.upper(), known, n=1, cutoff=LIKENESS)
    return StrangeSetting(name, place, alike[0] if alike else None)


class Settings(BaseModel):
    """All groups together, read once at start."""

    model_config = ConfigDict(frozen=True)
    server: ServerSettings
    security: SecuritySettings
    database: DatabaseSettings
    storage: StorageSettings
    media: MediaSettings
    voices: VoiceSettings
    projects: FilmLimits
    providers: ProviderSettings
    openai: OpenAISettings
    minimax: MiniMaxSettings
    google: GoogleSettings
    work: WorkSettings
    outside: OutsideSettings
    mcp: McpSettings

    @classmethod
    def load(cls) -> Self:
        """Reads the environment and `.env`."""
        groups: dict[str, Any] = {name: kind() for name, kind in cls.groups().items()}
        return cls(**groups)

    @classmethod
    def groups(cls) -> dict[str, type[Group]]:
        """Name to group, in the order of the documents."""
        kinds = {name: field.annotation for name, field in cls.model_fields.items()}
        return {name: kind for name, kind in kinds.items() if isinstance(kind, type) and issubclass(kind, Group)}

    @classmethod
    def variables(cls) -> frozenset[str]:
        """Every name that the environment may set."""
        return frozenset(
            name for kind in cls.groups().values() for names in kind.variables().values() for name in names
        )

    def is_production(self) -> bool:
        """Whether unsafe settings must stop the start."""
        return self.server.app_env is AppEnv.PRODUCTION

    def has_mail_server(self) -> bool:
        """Whether mails reach people; without a server a development machine only prints them."""
        return bool(self.security.smtp_url.get_secret_value())
