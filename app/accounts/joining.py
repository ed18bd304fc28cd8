"""Registering and signing in at once, for clients that ask for both with one request."""

from typing import Self

from app.accounts.credentials import Credentials
from app.accounts.sign_in import SignIn
from app.accounts.values import Caller, Login, Registration, SessionKind, SignedIn
from app.resources import Resources

__all__ = ["Joining"]


class Joining:
    """Owns its transactions: the account is there before its first session is opened."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @classmethod
    def over(cls, resources: Resources) -> Self:
        """Joining at this process."""
        return cls(resources)

    async def join(self, wish: Registration, caller: Caller, *, kind: SessionKind) -> SignedIn:
        """A new account, signed in."""
        async with self._resources.database.unit_of_work() as session:
            await Credentials.over(session, self._resources).register(wish)
        login = Login(wish.email, wish.password)
        return await SignIn.over(self._resources).sign_in(login, caller, kind=kind)
