"""Adapters on users' keys: one per account, open while somebody works with it, a bounded number kept."""

from app.providers.bundle import BundlePool


class CountedKit:
    def __init__(self) -> None:
        self.closed = 0

    async def check(self) -> None:
        """Always there."""

    async def close(self) -> None:
        self.closed += 1


async def test_an_account_is_opened_once_for_all_its_work() -> None:
    pool, built = BundlePool(), []

    def build() -> CountedKit:
        built.append(CountedKit())
        return built[-1]

    async with pool.held("minimax:a", build) as first, pool.held("minimax:a", build) as second:
        assert first is second
    async with pool.held("minimax:a", build) as third:
        assert third is first
    assert len(built) == 1


async def test_the_longest_unused_is_closed_when_there_are_too_many() -> None:
    pool = BundlePool(most=2)
    kits = {name: CountedKit() for name in "abc"}
    for name, kit in kits.items():
        async with pool.held(name, lambda kit=kit: kit):
            pass
    assert {name: kit.closed for name, kit in kits.items()} == {"a": 1, "b": 0, "c": 0}
    assert len(pool) == 2


async def test_what_is_in_use_is_never_closed() -> None:
    pool, used, other = BundlePool(most=0), CountedKit(), CountedKit()
    async with pool.held("used", lambda: used):
        async with pool.held("other", lambda: other):
            pass
        assert (used.closed, other.closed) == (0, 1)
    assert used.closed == 1


async def test_closing_the_pool_closes_everything_once() -> None:
    pool, kit = BundlePool(), CountedKit()
    async with pool.held("kept", lambda: kit):
        pass
    await pool.close()
    await pool.close()
    assert kit.closed == 1
