"""Entra ID: exactly the good tokens pass, keys rotate, the provider may be away, people are never mixed."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from app.accounts.domain import AccountRole, Registration, Via
from app.accounts.entra import EntraKeys, EntraRules, EntraVerifier, KeySource, entra_rules, keys_address
from app.accounts.errors import AccountClosed, InvitationNeeded, RegistrationClosed, TokenRefused
from app.accounts.identity import Identities, local_tokens
from app.accounts.service import AccountService, InvitationService
from app.core.settings import RegistrationMode, SecuritySettings
from app.resources import Resources
from tests.contract.accounts.forging import GONE, hs, jwk, segment, token
from tests.contract.accounts.issuer import CLIENT, TENANT, Issuer, Json, Published
from tests.doubles.clock import FrozenClock
from tests.people import access_token

OTHER_TENANT = "22222222-2222-2222-2222-222222222222"
GRAPH = "00000003-0000-0000-c000-000000000000"
V1_ISSUER, V2_ISSUER = f"https://sts.windows.net/{TENANT}/", f"https://login.microsoftonline.com/{TENANT}/v2.0"
TEMPLATE = "https://login.microsoftonline.com/{tenantid}/v2.0"


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def issuer(rsa_key: rsa.RSAPrivateKey, clock: FrozenClock) -> Issuer:
    return Issuer(rsa_key, clock)


@pytest.fixture
def source(rsa_key: rsa.RSAPrivateKey) -> Published:
    return Published(jwk(rsa_key, "k1", issuer=TEMPLATE))


def verifier(source: KeySource, clock: FrozenClock, *, accept_v1: bool = True, **rules: Any) -> EntraVerifier:
    admitted = EntraRules(**{"client_id": CLIENT, "tenants": frozenset({TENANT}), "accept_v1": accept_v1} | rules)
    return EntraVerifier(rules=admitted, keys=EntraKeys(source, clock), clock=clock)


async def passes(judge: EntraVerifier, text: str) -> bool:
    try:
        await judge.verify(text)
    except TokenRefused:
        return False
    return True


# Two versions, and for each the good token and eleven with one thing wrong.
WRONG: tuple[tuple[str, Json], ...] = (
    ("the issuer of the other version", {"iss": "OTHER"}),
    ("an issuer without its slash or version", {"iss": "CUT"}),
    ("an issuer of another tenant", {"iss": f"https://login.microsoftonline.com/{OTHER_TENANT}/v2.0"}),
    ("an audience of Graph", {"aud": GRAPH}),
    ("no audience", {"aud": GONE}),
    ("another tenant in tid", {"tid": OTHER_TENANT}),
    ("no tid", {"tid": GONE}),
    ("the other version in ver", {"ver": "OTHER"}),
    ("no ver", {"ver": GONE}),
    ("neither scp nor roles", {"scp": GONE}),
    ("an empty scp", {"scp": " "}),
)


def table(issuer: Issuer) -> dict[str, str]:
    tokens = {}
    for version in ("1.0", "2.0"):
        tokens[f"{version} good"] = issuer.token(issuer.claims(version))
        other_issuer = V2_ISSUER if version == "1.0" else V1_ISSUER
        cut = (V1_ISSUER if version == "1.0" else V2_ISSUER)[:-1]
        meant = {"iss": {"OTHER": other_issuer, "CUT": cut}, "ver": {"OTHER": "2.0" if version == "1.0" else "1.0"}}
        for name, change in WRONG:
            real = {claim: meant.get(claim, {}).get(value, value) for claim, value in change.items()}
            tokens[f"{version} {name}"] = issuer.token(issuer.claims(version, **real))
    return tokens


async def test_of_24_tokens_exactly_the_two_good_ones_pass(
    issuer: Issuer, source: Published, clock: FrozenClock
) -> None:
    tokens = table(issuer)
    assert len(tokens) == 24
    judge = verifier(source, clock)
    assert {name for name, text in tokens.items() if await passes(judge, text)} == {"1.0 good", "2.0 good"}


async def test_version_1_passes_only_by_explicit_setting(issuer: Issuer, source: Published, clock: FrozenClock) -> None:
    judge = verifier(source, clock, accept_v1=False)
    assert {name for name, text in table(issuer).items() if await passes(judge, text)} == {"2.0 good"}


async def test_other_algorithms_keys_and_headers_never_pass(
    issuer: Issuer, source: Published, clock: FrozenClock, other_rsa_key: rsa.RSAPrivateKey
) -> None:
    claims = issuer.claims()
    header = {"alg": "HS256", "typ": "JWT", "kid": "k1"}
    published = segment(source.keys[0]).encode()
    bad = {
        "HMAC with the published key": token(segment(header), segment(claims), hs(published)),
        "HMAC said, RSA made": issuer.token(claims, alg="HS256"),
        "none": f"{segment({**header, 'alg': 'none'})}.{segment(claims)}.",
        "another key": Issuer(other_rsa_key, clock).token(claims),
        "no kid": issuer.token(claims, kid=GONE),
        "kid of a list": issuer.token(claims, kid=["k1"]),
        "embedded key": issuer.token(claims, jwk=jwk(other_rsa_key, "k1")),
        "jku": issuer.token(claims, jku="https://evil.example"),
        "crit": issuer.token(claims, crit=["exp"]),
        "expired": issuer.token(issuer.claims(exp=int(clock.now().timestamp()) - 61)),
        "not yet": issuer.token(issuer.claims(nbf=int(clock.now().timestamp()) + 61)),
        "no exp": issuer.token(issuer.claims(exp=GONE)),
        "no sub": issuer.token(issuer.claims(sub=GONE)),
        "no oid": issuer.token(issuer.claims(oid=GONE)),
        "a long oid": issuer.token(issuer.claims(oid="a" * 65)),
        "roles that are empty": issuer.token(issuer.claims(scp=GONE, roles=[])),
    }
    judge = verifier(source, clock)
    assert [name for name, text in bad.items() if await passes(judge, text)] == []
    assert await passes(judge, issuer.token(issuer.claims(scp=GONE, roles=["films"]))), "roles count like scopes"


async def test_another_tenants_token_with_a_shared_key_is_refused_before_keys_are_asked_for(
    issuer: Issuer, source: Published, clock: FrozenClock
) -> None:
    judge = verifier(source, clock)
    assert not await passes(judge, issuer.token(issuer.claims(tenant=OTHER_TENANT)))
    assert source.fetches == 0


async def test_a_key_that_names_another_issuer_is_refused(
    issuer: Issuer, rsa_key: rsa.RSAPrivateKey, clock: FrozenClock
) -> None:
    foreign = f"https://login.microsoftonline.com/{OTHER_TENANT}/v2.0"
    source = Published(jwk(rsa_key, "k1", issuer=foreign))
    assert not await passes(verifier(source, clock), issuer.token(issuer.claims()))


def test_common_admits_only_the_listed_tenants() -> None:
    shared = SecuritySettings(
        _env_file=None,
        azure_tenant_id="common",
        azure_client_id=CLIENT,
        azure_allowed_tenants=(TENANT.upper(), OTHER_TENANT),
    )
    rules = entra_rules(shared)
    assert rules is not None
    assert rules.tenants == {TENANT, OTHER_TENANT}
    assert keys_address(shared) == "https://login.microsoftonline.com/common/discovery/v2.0/keys"


async def test_a_new_key_works_with_its_first_request(
    issuer: Issuer, source: Published, clock: FrozenClock, other_rsa_key: rsa.RSAPrivateKey
) -> None:
    judge = verifier(source, clock)
    assert await passes(judge, issuer.token(issuer.claims()))
    source.keys = [jwk(other_rsa_key, "k2", issuer=TEMPLATE)]
    rotated = Issuer(other_rsa_key, clock, kid="k2")
    assert await passes(judge, rotated.token(rotated.claims()))
    assert not await passes(judge, issuer.token(issuer.claims())), "a withdrawn key ends with the refetch"


async def test_known_keys_work_while_the_provider_is_away_for_a_day(
    issuer: Issuer, source: Published, clock: FrozenClock
) -> None:
    judge = verifier(source, clock)
    assert await passes(judge, issuer.token(issuer.claims()))
    source.is_away = True
    clock.move(25 * 3600)
    assert await passes(judge, issuer.token(issuer.claims()))
    assert source.fetches == 2, "the old set was due for renewal, and is kept"
    for _ in range(10):
        assert await passes(judge, issuer.token(issuer.claims()))
    assert source.fetches == 2, "a provider that is away is not asked again at once"


async def test_ten_thousand_invented_key_ids_cost_one_fetch_and_nobody_waits(
    issuer: Issuer, source: Published, clock: FrozenClock
) -> None:
    judge = verifier(source, clock)
    good = issuer.token(issuer.claims())
    assert await passes(judge, good)
    warm = source.fetches
    for number in range(10_000):
        assert await judge.keys.find(f"invented-{number}") is None
    assert source.fetches - warm == 1
    assert await passes(judge, good)


async def test_invented_key_ids_on_a_cold_start_cost_one_fetch(source: Published, clock: FrozenClock) -> None:
    keys = EntraKeys(source, clock)
    found = await asyncio.gather(*(keys.find(f"invented-{number}") for number in range(1000)))
    assert set(found) == {None}
    assert source.fetches == 1


async def test_broken_published_keys_do_not_hide_the_sound_one(
    issuer: Issuer, source: Published, clock: FrozenClock
) -> None:
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    broken: list[Any] = [{"kid": "a"}, "text", {"kty": "RSA", "kid": "b", "n": "!", "e": "AQAB"}, jwk(small, "small")]
    source.keys = [*broken, *source.keys]
    assert await passes(verifier(source, clock), issuer.token(issuer.claims()))
    weak = Issuer(small, clock, kid="small")
    assert not await passes(verifier(source, clock), weak.token(weak.claims()))


@pytest.fixture
async def people(resources: Resources, source: Published, clock: FrozenClock) -> Identities:
    """Identities on a real database of either kind, with two admitted tenants."""
    judge = verifier(source, clock, tenants=frozenset({TENANT, OTHER_TENANT}))
    tokens = resources.once(local_tokens)
    return Identities(database=resources.database, clock=resources.clock, tokens=tokens, entra=judge)


async def test_a_person_is_stored_at_first_sight_and_found_again(people: Identities, issuer: Issuer) -> None:
    first = await people.by_bearer(issuer.token(issuer.claims()))
    again = await people.by_bearer(issuer.token(issuer.claims(name="Ada Lovelace")))
    assert first.id == again.id
    assert (first.via, first.entra_id, first.email) == (Via.ENTRA, issuer.claims()["oid"], "ada@contoso.example")


async def test_parallel_first_requests_make_one_account(people: Identities, issuer: Issuer) -> None:
    text = issuer.token(issuer.claims())
    found = await asyncio.gather(*(people.by_bearer(text) for _ in range(10)))
    assert len({account.id for account in found}) == 1


async def test_nobody_is_linked_by_e_mail(people: Identities, resources: Resources, issuer: Issuer) -> None:
    async with resources.database.unit_of_work() as session:
        wish = Registration(email="ada@contoso.example", password="")
        local = await AccountService.over(session, resources).add(wish, "hash")
    here = await people.by_bearer(issuer.token(issuer.claims(email="ada@contoso.example")))
    there = await people.by_bearer(issuer.token(issuer.claims(tenant=OTHER_TENANT, email="ada@contoso.example")))
    assert len({local.id, here.id, there.id}) == 3


async def test_a_disabled_person_is_refused_at_once(people: Identities, resources: Resources, issuer: Issuer) -> None:
    text = issuer.token(issuer.claims())
    account = await people.by_bearer(text)
    async with resources.database.unit_of_work() as session:
        await AccountService.over(session, resources).disable(account.id)
    with pytest.raises(AccountClosed):
        await people.by_bearer(text)


async def test_local_tokens_still_work_beside_entra(people: Identities, resources: Resources) -> None:
    text = await access_token(resources, "alice")
    assert (await people.by_bearer(text)).via is Via.SESSION
    with pytest.raises(TokenRefused):
        await people.by_bearer(text[:-3] + "abc")


async def test_the_rules_of_registration_hold_for_people_of_entra(
    people: Identities, resources: Resources, source: Published, clock: FrozenClock, issuer: Issuer
) -> None:
    first = await people.by_bearer(issuer.token(issuer.claims()))
    newcomer = issuer.token(issuer.claims(oid="11111111-2222-3333-4444-555555555555"))
    async with resources.database.unit_of_work() as session:
        code = (await InvitationService.over(session, resources).make(first, "", timedelta(days=1))).code

    def ruled(mode: RegistrationMode) -> Identities:
        tokens = resources.once(local_tokens)
        judge = verifier(source, clock)
        return Identities(
            database=resources.database, clock=resources.clock, tokens=tokens, entra=judge, registration=mode
        )

    with pytest.raises(RegistrationClosed):
        await ruled(RegistrationMode.CLOSED).by_bearer(newcomer, code)
    with pytest.raises(InvitationNeeded):
        await ruled(RegistrationMode.INVITE).by_bearer(newcomer)
    joined = await ruled(RegistrationMode.INVITE).by_bearer(newcomer, code)
    assert (first.role, joined.role) == (AccountRole.ADMIN, AccountRole.USER)
    assert (await ruled(RegistrationMode.CLOSED).by_bearer(newcomer)).id == joined.id, "who is known stays known"
