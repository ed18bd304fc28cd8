"""The door of /mcp: nobody without a key or token comes in, and no page of a foreign site."""

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from app.accounts.dependencies import account_of_bearer, bearer_proof, is_trusted_origin
from app.core.errors import NotSignedIn, Refused
from app.core.fairness import work_for
from app.mcp.opening import ACCOUNT, Opening
from app.resources import Resources


class ForeignOrigin(Refused):
    """A page of another site wants to speak for its visitor."""

    code = "mcp.foreign_origin"
    message = "Pages of this origin may not speak to the MCP server. Ask the operator to list it in CORS_ORIGINS."


class McpDoor:
    """Lets requests of known callers through to the server of the running application."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        request = Request(scope)
        resources: Resources = request.app.state.resources
        if "origin" in request.headers and not is_trusted_origin(request, resources):
            raise ForeignOrigin
        proof = bearer_proof(request)
        if proof is None:
            raise NotSignedIn
        account = await account_of_bearer(request, resources, proof)
        scope.setdefault("state", {}).update({ACCOUNT: account, "account_id": account.id})
        work_for(account.id)
        opening: Opening = request.app.state.mcp
        await (await opening.handler())(scope, receive, send)
