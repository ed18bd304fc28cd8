"""What the accounts slice refuses."""

from app.core.errors import (
    Conflict,
    Exhausted,
    Forbidden,
    NotFound,
    NotSignedIn,
    TooLarge,
    Unavailable,
    Unfit,
    Unusable,
)


class Taken(Conflict):
    """Somebody has this e-mail address or username."""

    code = "accounts.taken"
    message = "This e-mail address or username is already in use. Sign in, or choose another."


class RegistrationClosed(Forbidden):
    """REGISTRATION=closed."""

    code = "accounts.registration_closed"
    message = "Nobody can register here. Ask the operator of this service for an account."


class InvitationNeeded(Forbidden):
    """REGISTRATION=invite, and no code came with the request."""

    code = "accounts.invitation_needed"
    message = "Only invited people can register here. Use the link of an invitation, or ask an administrator for one."


class InvitationSpent(Forbidden):
    """The code was used, revoked, is too old, or never was one."""

    code = "accounts.invitation_spent"
    message = "This invitation is used up, taken back or too old. Ask an administrator for another."


class InvitationNotFound(NotFound):
    """No invitation of this id that could still be used."""

    code = "accounts.invitation_not_found"
    message = "There is no such invitation that could still be used. Check the id."
    advice = "GET /api/v1/invitations lists them."


class EmailUnverified(Forbidden):
    """Work that costs money, for an account whose address nobody has proven."""

    code = "accounts.email_unverified"
    message = "Verify your e-mail address before work that costs money: ask for a code and send it."
    advice = "POST /api/v1/auth/email/verify/request, then POST /api/v1/auth/email/verify"


class WrongLogin(NotSignedIn):
    """Name and password do not belong together, or there is no such account: never says which."""

    code = "auth.wrong_login"
    message = "The name or the password is wrong. Check both and try again."


class CodeNeeded(NotSignedIn):
    """The right password of an account with a second factor, without its code."""

    code = "auth.code_needed"
    message = (
        "This account has a second factor. Send the code of your authenticator app, or a recovery code, as `code` "
        "together with name and password."
    )


class WrongCode(NotSignedIn):
    """The password is right; the code is not, or was used before."""

    code = "auth.wrong_code"
    message = "The code is wrong, too old or was used before. Wait for the next one of your authenticator app."


class CodeWrong(Unusable):
    """A code that does not confirm or turn off the second factor of somebody who is signed in."""

    code = "accounts.wrong_code"
    message = "The code is wrong, too old or was used before. Wait for the next one; nothing was changed."


class SecondFactorOn(Conflict):
    """The account has a second factor already."""

    code = "accounts.second_factor_on"
    message = "This account has a second factor already. Turn it off first to set up another."


class SecondFactorOff(Conflict):
    """There is no second factor to confirm or to turn off."""

    code = "accounts.second_factor_off"
    message = "This account has no second factor. Set one up first."
    advice = "POST /api/v1/auth/totp/setup"


class TokenRefused(NotSignedIn):
    """The token, key or cookie proves nothing (any more)."""

    code = "auth.token_refused"
    message = "The access token or API key is not valid or has expired. Refresh it or sign in again."


class LocalCredentialRefused(NotSignedIn):
    """The local credential is wrong, came from elsewhere, or the service that wrote it has ended."""

    code = "auth.local_credential_refused"
    message = (
        "The local credential counts only on the machine of the service, without a proxy between, until the service "
        "ends. Repeat the command there, or send an API key."
    )


class RefreshRefused(NotSignedIn):
    """The refresh token is unknown, expired, used up or revoked."""

    code = "auth.refresh_refused"
    message = "This refresh token cannot be used (any more). Sign in again."


class OriginNotAllowed(NotSignedIn):
    """The cookie does not count for a change asked for by another site."""

    code = "auth.origin_not_allowed"
    message = (
        "The session cookie counts for changes only from this service's own pages or an origin in CORS_ORIGINS. "
        "Send an access token as Bearer instead."
    )


class AccountClosed(NotSignedIn):
    """The account was closed or switched off after the proof was made."""

    code = "auth.account_closed"
    message = "This account is closed or switched off. Ask the operator if that is a mistake."


class AccountInactive(Unfit):
    """The right password of an account that is switched off."""

    code = "accounts.inactive"
    message = "This account is switched off. Ask the operator to switch it on again."


class SessionNotFound(NotFound):
    """No live session of this caller."""

    code = "accounts.session_not_found"
    message = "There is no such session. Check the id, or look for it among your sessions."
    advice = "GET /api/v1/users/me/sessions lists yours."


class SignInNeeded(Forbidden):
    """An API key may not manage accounts and keys."""

    code = "auth.sign_in_needed"
    message = "An API key may not do this. Sign in with your password and use that access token."


class ScopeMissing(Forbidden):
    """The key or the role does not cover the act."""

    code = "auth.scope_missing"
    message = "Your account or API key lacks the scope for this. Make a key with that scope, or ask an administrator."


class ScopeNotYours(Forbidden):
    """Only administrators hand out the scopes admin and worker."""

    code = "accounts.scope_not_yours"
    message = "Only administrators may make keys with the scopes admin or worker. Ask for read and write."


class TooManySignIns(Exhausted):
    """Too many failed sign-ins for this account or from this address."""

    code = "auth.too_many_attempts"
    message = "Too many failed sign-ins. Wait as long as Retry-After says, then try again."


class PasswordsBusy(Unavailable):
    """More people sign in at this moment than passwords can be checked."""

    code = "auth.busy"
    message = "Many people are signing in at this moment. Try again in a second."


class PasswordTooCommon(Unusable):
    """The password is among the first that attackers try."""

    code = "accounts.password_too_common"
    message = "This password is among the first that attackers try. Choose another, best a few unrelated words."


class WrongPassword(Unusable):
    """The current password given for a change is wrong."""

    code = "accounts.wrong_password"
    message = "The current password is wrong. Type it again; nothing was changed."


class NoPassword(Conflict):
    """The account signs in elsewhere."""

    code = "accounts.no_password"
    message = "This account has no password here, because it signs in elsewhere. Change it there."


class UserNotFound(NotFound):
    """No such account."""

    code = "accounts.user_not_found"
    message = "There is no such account. Check the e-mail address, username or id."


class KeyNotFound(NotFound):
    """No such API key of this account."""

    code = "accounts.key_not_found"
    message = "There is no such API key. Check the id, or look for it among your keys."
    advice = "GET /api/v1/api-keys lists yours."


class KeyExpiryPassed(Unusable):
    """A key that would be dead at birth."""

    code = "accounts.key_expiry_passed"
    message = "`expires_at` lies in the past. Give a later time, or leave it out."


class TooManyKeys(Conflict):
    """The account has as many keys as it may."""

    code = "accounts.too_many_keys"
    message = "This account has as many API keys as it may have. Delete one that is not used any more."


class AvatarNotFound(NotFound):
    """No picture, or not this caller's."""

    code = "accounts.avatar_not_found"
    message = "There is no such picture. Upload yours first."
    advice = "POST /api/v1/avatar"


class AvatarUnusable(Unusable):
    """The uploaded file is empty."""

    code = "accounts.avatar_unusable"
    message = "The file is empty. Send one PNG, JPEG or WebP picture in the field `file`."


class AvatarTooLarge(TooLarge):
    """More bytes than a picture of a person needs."""

    code = "accounts.avatar_too_large"
    message = "The picture is larger than 5 MB. Send a smaller one."


class EntraKeysUnavailable(Unavailable):
    """Entra's signing keys cannot be read."""

    code = "auth.entra_unavailable"
    message = "The keys of the Entra tenant cannot be read right now. Try again shortly."


class OidcOff(NotFound):
    """No OpenID Connect provider is configured."""

    code = "auth.oidc_off"
    message = "This service has no OpenID Connect provider. Sign in with a password, or ask the operator."


class OidcRefused(NotSignedIn):
    """What the provider sent back does not belong to a sign-in that this browser began."""

    code = "auth.oidc_refused"
    message = "This sign-in was refused, took too long or began elsewhere. Begin it again."
    advice = "GET /api/v1/auth/oidc/login"


class OidcUnavailable(Unavailable):
    """The provider does not answer, or not as OpenID Connect says."""

    code = "auth.oidc_unavailable"
    message = "The sign-in provider cannot be reached right now. Try again shortly."


class ProviderUnknown(NotFound):
    """No key of such a vendor can be kept."""

    code = "provider_key.unknown_provider"
    message = "No key of this name can be kept here. The names stand in `providers`."


class ProviderKeyNotFound(NotFound):
    """The caller keeps no key of this vendor."""

    code = "provider_key.not_found"
    message = "You keep no key of this vendor. Check the name, or look for it among your keys."
    advice = "GET /api/v1/provider-keys lists yours."


class ProviderKeyUnusable(Unusable):
    """What was sent cannot be a key."""

    code = "provider_key.unusable"
    message = "A key has 8 to 512 plain characters without spaces. Copy it from the vendor's page again."


class SettingNotFound(NotFound):
    """The caller keeps no such preference."""

    code = "setting.not_found"
    message = "You keep no setting of this name. Check it, or look for it among your settings."
    advice = "GET /api/v1/settings lists yours."


class SettingUnusable(Unusable):
    """A preference that cannot be kept."""

    code = "setting.unusable"
    message = "A setting has a name of up to 100 letters, digits, `_`, `.` or `-`, and at most 4 KB; you may keep 100."


class MailTokenSpent(Unusable):
    """The mailed code was used, is too old, or never was one."""

    code = "auth.mail_code_spent"
    message = "This code is used up or too old. Ask for a new mail and use its code within half an hour."
