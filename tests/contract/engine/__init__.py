"""The engine port on SQLite, on Postgres and in memory; real processes die in it."""
