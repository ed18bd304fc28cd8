"""Asks a person at the terminal, and never waits for one who is not there."""

import sys

import typer

from app.cli.exits import Exit, Stopped


def make_sure(question: str, *, sure: bool) -> None:
    """Goes on only with a yes."""
    if sure:
        return
    if not sys.stdin.isatty():
        text = f"{question} Nobody is there to ask; say --yes."
        raise Stopped(text, Exit.MISUSED)
    typer.confirm(question, abort=True, err=True)


def ask_password(name: str) -> str:
    """The password of this account, typed unseen or from the first line of standard input."""
    if sys.stdin.isatty():
        return str(typer.prompt(f"Password of {name}", hide_input=True, err=True))
    return sys.stdin.readline().rstrip("\n")


def new_password(name: str) -> str:
    """A new password for this account, typed twice unseen or from the first line of standard input."""
    if sys.stdin.isatty():
        return str(typer.prompt(f"New password of {name}", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\n")
