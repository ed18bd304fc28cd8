"""SQL of people, one file per table; rows never leave this slice."""

from app.accounts.repository.api_keys import ApiKeyRepository
from app.accounts.repository.buckets import BucketRepository
from app.accounts.repository.invitations import InvitationRepository
from app.accounts.repository.mail_tokens import MailTokenRepository
from app.accounts.repository.provider_keys import ProviderKeyRepository
from app.accounts.repository.second_factors import SecondFactorRepository
from app.accounts.repository.sessions import SessionRepository
from app.accounts.repository.user_settings import SettingRepository
from app.accounts.repository.users import UserRepository

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
