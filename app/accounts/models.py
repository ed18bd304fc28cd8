"""Tables of people: users, proofs of who they are, sessions, keys, invitations, settings, buckets of sign-ins."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.domain import AccountRole, MailPurpose, SessionKind, Theme
from app.core.tables import Base, Keyed, UtcDateTime, string_enum

DIGEST = String(64)
UNPURGED_SQL = "closed_at IS NOT NULL AND purged_at IS NULL"


class User(Keyed, Base):
    """One person; the login columns are lower-cased, unique and empty for those who sign in elsewhere."""

    __tablename__ = "users"

    email: Mapped[str | None] = mapped_column(String(254))
    username: Mapped[str | None] = mapped_column(String(64))
    name: Mapped[str | None] = mapped_column(String(200))
    login_email: Mapped[str | None] = mapped_column(String(254))
    login_username: Mapped[str | None] = mapped_column(String(128))
    email_verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    # Identity from elsewhere: `local`, or `entra:{tenant}:{object id}`; never an e-mail address.
    subject: Mapped[str | None] = mapped_column(String(160))
    entra_id: Mapped[str | None] = mapped_column(String(64))
    role: Mapped[AccountRole] = mapped_column(string_enum(AccountRole))
    is_active: Mapped[bool] = mapped_column(default=True)
    theme_pref: Mapped[Theme | None] = mapped_column(string_enum(Theme))
    avatar_key: Mapped[str | None] = mapped_column(String(120))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    purged_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        UniqueConstraint("login_email"),
        UniqueConstraint("login_username"),
        UniqueConstraint("subject"),
        Index("ix_users_created_at_id", "created_at", "id"),
        Index(
            "ix_users_unpurged",
            "closed_at",
            sqlite_where=text(UNPURGED_SQL),
            postgresql_where=text(UNPURGED_SQL),
        ),
    )


class Credential(Keyed, Base):
    """The password of one user, as an Argon2id hash."""

    __tablename__ = "credentials"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    password_hash: Mapped[str] = mapped_column(String(255))

    __table_args__ = (UniqueConstraint("user_id"),)


class RefreshFamily(Keyed, Base):
    """One signed-in session and its chain of refresh tokens; secrets stand as SHA-256 only."""

    __tablename__ = "refresh_families"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[SessionKind] = mapped_column(string_enum(SessionKind))
    family_hash: Mapped[str] = mapped_column(DIGEST)
    current_hash: Mapped[str] = mapped_column(DIGEST)
    previous_hash: Mapped[str | None] = mapped_column(DIGEST)
    client_hash: Mapped[str | None] = mapped_column(DIGEST)
    rotated_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    # What the browser or program called itself when the session began.
    agent: Mapped[str | None] = mapped_column(String(300))
    last_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime())
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        UniqueConstraint("family_hash"),
        Index("ix_refresh_families_user_id", "user_id"),
        Index("ix_refresh_families_expires_at", "expires_at"),
    )


class ApiKey(Keyed, Base):
    """One API key: its SHA-256, what it may do, what it may cost and until when."""

    __tablename__ = "api_keys"

    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    key_hash: Mapped[str] = mapped_column(DIGEST)
    hint: Mapped[str] = mapped_column(String(16))
    scopes: Mapped[list[Any]] = mapped_column(JSON)
    # Most that may ever be held and charged through this key.
    budget_micro_usd: Mapped[int | None] = mapped_column(BigInteger)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        UniqueConstraint("key_hash"),
        Index("ix_api_keys_owner_id_created_at_id", "owner_id", "created_at", "id"),
    )


class LoginBucket(Keyed, Base):
    """Failed and running sign-ins of one account or one address within a window."""

    __tablename__ = "login_buckets"

    bucket: Mapped[str] = mapped_column(String(100))
    failures: Mapped[int] = mapped_column(default=0)
    running: Mapped[int] = mapped_column(default=0)
    window_started_at: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (
        UniqueConstraint("bucket"),
        Index("ix_login_buckets_window_started_at", "window_started_at"),
    )


class ProviderKey(Keyed, Base):
    """A user's own key of a vendor, sealed for this user and this vendor; nothing shows it again."""

    __tablename__ = "provider_keys"

    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    provider: Mapped[str] = mapped_column(String(40))
    sealed: Mapped[str] = mapped_column(Text)
    hint: Mapped[str] = mapped_column(String(16))

    __table_args__ = (UniqueConstraint("owner_id", "provider"),)


class UserSetting(Keyed, Base):
    """One preference of a user that a client keeps here."""

    __tablename__ = "user_settings"

    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    # JSON without a type of its own: null is a value like any other.
    content: Mapped[Any] = mapped_column(JSON)

    __table_args__ = (UniqueConstraint("owner_id", "name"),)


class Invitation(Keyed, Base):
    """A one-use permission to make an account; its code stands as SHA-256 only."""

    __tablename__ = "invitations"

    created_by: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    note: Mapped[str] = mapped_column(String(200))
    code_hash: Mapped[str] = mapped_column(DIGEST)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime())
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    used_by: Mapped[str | None] = mapped_column(String(36))
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        UniqueConstraint("code_hash"),
        Index("ix_invitations_created_at_id", "created_at", "id"),
        Index("ix_invitations_expires_at", "expires_at"),
        Index("ix_invitations_created_by", "created_by"),
    )


class MailToken(Keyed, Base):
    """A one-use proof that was sent to an e-mail address; it stands as SHA-256 only."""

    __tablename__ = "mail_tokens"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    purpose: Mapped[MailPurpose] = mapped_column(string_enum(MailPurpose))
    email: Mapped[str] = mapped_column(String(254))
    token_hash: Mapped[str] = mapped_column(DIGEST)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime())
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index("ix_mail_tokens_user_id", "user_id", "purpose", "created_at"),
        Index("ix_mail_tokens_expires_at", "expires_at"),
    )


class SecondFactor(Keyed, Base):
    """An authenticator app of one user; it is asked for from its confirmation on."""

    __tablename__ = "second_factors"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    sealed: Mapped[str] = mapped_column(Text)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    # Codes up to this step of time were used or passed over: each counts once.
    last_step: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (UniqueConstraint("user_id"),)


class RecoveryCode(Keyed, Base):
    """A one-use code in the place of the authenticator app's; it stands as SHA-256 only."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    code_hash: Mapped[str] = mapped_column(DIGEST)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (UniqueConstraint("user_id", "code_hash"),)
