"""Rules about conduct: routes, commits, time, import side effects, state, patching."""

import ast
import re
from collections.abc import Iterator
from http import HTTPStatus

from tests.architecture.sizes import Fault, statements
from tests.architecture.source import Source

MAX_ROUTE_STATEMENTS = 12
MAX_ROUTE_AWAITS = 2
BRANCHES = (ast.If, ast.Match, ast.For, ast.AsyncFor, ast.While, ast.Try)
NAIVE = {"utcnow", "utcfromtimestamp"}
NEEDS_ZONE = {"now": 1, "fromtimestamp": 2}
DECLARING = {
    *(
        "compile",
        "get_logger",
        "create_app",
        "frozenset",
        "tuple",
        "dict",
        "set",
        "sorted",
        "range",
        "len",
        "max",
        "min",
    ),
    *("resolve", "split", "encode", "maketrans", "fromkeys", "items", "values", "removeprefix", "joinpath", "files"),
    *(
        "timedelta",
        "date",
        "field",
        "include",
        "mapped_column",
        "product",
        "chr",
        "ord",
        "zip",
        "enumerate",
        "str",
    ),
    *("replace", "with_variant", "namedtuple", "join", "union", "cast", "lower", "upper", "ip_network", "ip_address"),
    *("text", "aliased", "alias_of", "documents", "add_typer", "with_name", "literal_column"),
}
MOCKING = {"patch", "mock.patch", "mocker.patch", "patch.object", "patch.dict", "mocker.patch.object"}
LIVING = {"AsyncClient", "Client", "ThreadPoolExecutor", "ProcessPoolExecutor", "Lock", "Semaphore", "Event", "Queue"}
LIVING |= {"Thread", "AsyncEngine", "Database", "Settings", "AsyncOpenAI", "OpenAI", "Redis", "TaskGroup"}


def fat_routes(source: Source) -> Iterator[Fault]:
    """A route awaits one service call and at most the showing of its result; no branch, no session, no query."""
    for route in filter(_is_route, source.functions()):
        if statements(route) > MAX_ROUTE_STATEMENTS:
            yield route.lineno, f"{route.name} is longer than {MAX_ROUTE_STATEMENTS} statements"
        nodes = [inner for statement in route.body for inner in ast.walk(statement)]
        if any(isinstance(node, BRANCHES) for node in nodes):
            yield route.lineno, f"{route.name} decides something"
        shown = [inner for node in nodes if isinstance(node, ast.Return) for inner in ast.walk(node)]
        if _awaits(nodes) > MAX_ROUTE_AWAITS or _awaits(nodes) - _awaits(shown) > 1:
            yield route.lineno, f"{route.name} awaits more than one call"
        named = {node.id for node in nodes if isinstance(node, ast.Name)} | {arg.arg for arg in _arguments(route)}
        if named & {"session", "select", "text"}:
            yield route.lineno, f"{route.name} touches the database"


def _awaits(nodes: list[ast.AST]) -> int:
    return sum(isinstance(node, ast.Await) for node in nodes)


def _arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def _is_route(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    called = [node.func for node in function.decorator_list if isinstance(node, ast.Call)]
    owners = [node.value for node in called if isinstance(node, ast.Attribute)]
    return any(isinstance(owner, ast.Name) and owner.id.endswith("router") for owner in owners)


def _calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Subscript):
                function = function.value
            yield node, getattr(function, "attr", getattr(function, "id", ""))


def commits(source: Source) -> Iterator[Fault]:
    """Nobody commits but the unit of work."""
    for call, name in _calls(source.tree):
        if name == "commit" and isinstance(call.func, ast.Attribute):
            yield call.lineno, "commits by itself; the unit of work does that"


def naive_time(source: Source) -> Iterator[Fault]:
    """No moment without a zone."""
    for call, name in _calls(source.tree):
        zones = any(keyword.arg in {"tz", "tzinfo"} for keyword in call.keywords)
        owner = ast.unparse(call.func).split(".")
        on_datetime = "datetime" in owner[:-1]
        short = on_datetime and name in NEEDS_ZONE and len(call.args) < NEEDS_ZONE[name] and not zones
        built = owner[-1] == "datetime" and call.args and len(call.args) < 8 and not zones
        if name in NAIVE or short or built or (name == "today" and owner[-2:-1] in (["date"], ["datetime"])):
            yield call.lineno, f"{ast.unparse(call)} is a moment without a zone"


def import_side_effects(source: Source) -> Iterator[Fault]:
    """A module declares; it opens, starts and calls nothing when it is imported."""
    routers = _made_by(source.tree, "Router")
    for statement in source.tree.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or _is_main_guard(statement):
            continue
        hidden = {id(inner) for node in ast.walk(statement) if isinstance(node, ast.Lambda) for inner in ast.walk(node)}
        for call, name in _calls(statement):
            declares = name in DECLARING or (name.lstrip("_")[:1].isupper() and name not in LIVING)
            if id(call) not in hidden and not declares and not _registers(call, routers):
                yield call.lineno, f"{name} is called when the module is imported"


def _made_by(tree: ast.Module, maker: str) -> set[str]:
    made = [node for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)]
    return {ast.unparse(node.targets[0]) for node in made if ast.unparse(node.value).startswith(f"{maker}(")}


def _registers(call: ast.Call, routers: set[str]) -> bool:
    asked = call.func.func if isinstance(call.func, ast.Call) else call.func
    return isinstance(asked, ast.Attribute) and ast.unparse(asked.value) in routers


def _is_main_guard(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and "__name__" in ast.unparse(statement.test)


def direct_moves(source: Source) -> Iterator[Fault]:
    """A state changes only by the guarded UPDATE of a repository."""
    for node in ast.walk(source.tree):
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
        )
        for target in targets:
            moved = isinstance(target, ast.Attribute) and target.attr in {"state", "status"}
            if moved and ast.unparse(target.value) != "self":
                yield node.lineno, f"{ast.unparse(target)} is set outside a repository"


def eager_relationships(source: Source) -> Iterator[Fault]:
    """A relationship never loads by surprise."""
    for call, name in _calls(source.tree):
        lazy = [keyword.value for keyword in call.keywords if keyword.arg == "lazy"]
        if name == "relationship" and not (lazy and ast.unparse(lazy[0]) in {"'raise'", "'raise_on_sql'"}):
            yield call.lineno, 'a relationship without lazy="raise"'


def patches(source: Source) -> Iterator[Fault]:
    """Tests inject; they patch neither strings nor private names."""
    for call, name in _calls(source.tree):
        said = [argument.value for argument in call.args[:2] if isinstance(argument, ast.Constant)]
        dotted = [value for value in said if isinstance(value, str) and re.search(r"\.|^_", value)]
        if (name == "setattr" and isinstance(call.func, ast.Attribute) and dotted) or ast.unparse(call.func) in MOCKING:
            yield call.lineno, f"{ast.unparse(call)} patches instead of injecting"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom | ast.Import) and "unittest.mock" in ast.unparse(node):
            yield node.lineno, "mocks are the last choice: write a fake that works"


def statuses(source: Source) -> Iterator[Fault]:
    """Only the edge knows the status of a refusal."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.keyword) and node.arg == "status_code" and isinstance(node.value, ast.Constant):
            if isinstance(node.value.value, int) and node.value.value >= HTTPStatus.BAD_REQUEST:
                yield node.value.lineno, f"status {node.value.value} is named outside the edge"
        elif isinstance(node, ast.Attribute) and ast.unparse(node).startswith(
            ("HTTPStatus.", "status.HTTP_4", "status.HTTP_5")
        ):
            yield node.lineno, f"{ast.unparse(node)} is named outside the edge"
