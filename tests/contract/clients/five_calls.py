"""From nothing to a film with the generated client: `python five_calls.py ADDRESS FILE` prints its calls."""

import sys
from pathlib import Path

from video_client import AuthenticatedClient, Client
from video_client.api.accounts import auth_login, auth_register
from video_client.api.assembly import film_read
from video_client.api.production import projects_produce
from video_client.api.projects import projects_create
from video_client.models import LoginBody, ProduceBody, ProjectCreate, RegisterBody

EMAIL, PASSWORD = "ada@example.com", "seven herons over the weir"


def main(address: str, target: Path) -> None:
    """Makes the film; the fourth call is repeated while its answer says that the work goes on."""
    anybody = Client(address, raise_on_unexpected_status=True)
    auth_register.sync(client=anybody, body=RegisterBody(email=EMAIL, password=PASSWORD))
    print("auth_register")
    tokens = auth_login.sync(client=anybody, body=LoginBody(email=EMAIL, password=PASSWORD))
    print("auth_login")
    ada = AuthenticatedClient(address, tokens.access_token, timeout=90, raise_on_unexpected_status=True)
    wish = ProjectCreate(name="The lighthouse", story_prompt="A keeper waits for a ship.", target_duration_sec=6)
    project = projects_create.sync(client=ada, body=wish)
    print("projects_create")
    status = 202
    while status == 202:
        produced = projects_produce.sync_detailed(
            project.id, client=ada, body=ProduceBody(auto_approve=True), prefer="wait=60"
        )
        status = produced.status_code
    print("projects_produce")
    film = film_read.sync_detailed(project.id, client=ada)
    target.write_bytes(film.content)
    print("film_read")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
