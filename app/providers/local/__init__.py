"""Offline engines: real pictures, movement, speech, plans and verdicts, with no key and no network."""
