"""Backups of a service that runs, and their restoring: database, media, answers on the disk and, if wished, secrets."""
