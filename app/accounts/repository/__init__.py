"""SQL of people, one file per table; rows never leave this slice."""

from app.accounts.repository.keys import ApiKeyRepository, ProviderKeyRepository
from app.accounts.repository.sessions import BucketRepository, SecondFactorRepository, SessionRepository
from app.accounts.repository.users import InvitationRepository, MailTokenRepository, SettingRepository, UserRepository

__all__ = [
    "ApiKeyRepository",
    "BucketRepository",
    "InvitationRepository",
    "MailTokenRepository",
    "ProviderKeyRepository",
    "SecondFactorRepository",
    "SessionRepository",
    "SettingRepository",
    "UserRepository",
]
