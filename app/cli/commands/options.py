"""Options that several commands share."""

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Prints JSON for programs.")]
Limit = Annotated[int, typer.Option(min=1, help="Most to list.")]
Timeout = Annotated[float | None, typer.Option(min=0.1, help="Seconds after which to stop following; the job goes on.")]
Yes = Annotated[bool, typer.Option("--yes", help="Does not ask whether you are sure.")]
