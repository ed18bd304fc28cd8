"""People: accounts, sign-in, sessions, API keys, Entra identities and avatars."""
