"""Postgres databases of tests: each comes back as the migrations left it, or does not come back."""

import psycopg
from sqlalchemy import make_url

from tests.databases import PostgresDatabases


def connected(url: str) -> psycopg.Connection:
    at = make_url(url)
    return psycopg.connect(host=str(at.query["host"]), user="postgres", dbname=at.database, autocommit=True)


def accounts(url: str) -> list[tuple[object, ...]]:
    with connected(url) as connection:
        return connection.execute("SELECT * FROM users ORDER BY id").fetchall()


def numbered(url: str) -> object:
    with connected(url) as connection:
        return connection.execute("SELECT nextval('job_events_id_seq')").fetchone()


def test_what_a_test_wrote_is_gone_and_what_the_migrations_wrote_is_there(
    postgres_databases: PostgresDatabases,
) -> None:
    with postgres_databases.lent() as url:
        before, number = accounts(url), numbered(url)
        with connected(url) as connection:
            connection.execute("UPDATE users SET username = 'somebody'")
            connection.execute("INSERT INTO engine.queues (queue_id, name) VALUES ('q', 'left')")
        assert accounts(url) != before
    with postgres_databases.lent() as again:
        assert again == url
        assert (accounts(again), numbered(again)) == (before, number)
        with connected(again) as connection:
            assert connection.execute("SELECT count(*) FROM engine.queues").fetchone() == (0,)
            assert connection.execute("SELECT count(*) FROM engine.dbos_migrations").fetchone() != (0,)


def test_a_database_of_another_shape_is_not_lent_again(postgres_databases: PostgresDatabases) -> None:
    for change in (
        "CREATE TABLE left_over (id INTEGER)",
        "ALTER TABLE users ADD COLUMN left_over TEXT",
        "ALTER DATABASE {} SET lock_timeout = '1s'",
        "DROP SCHEMA engine CASCADE",
    ):
        with postgres_databases.lent() as url, connected(url) as connection:
            connection.execute(change.format(make_url(url).database))
        with postgres_databases.lent() as another:
            assert another != url, change


def test_a_database_that_somebody_holds_is_not_lent_again(postgres_databases: PostgresDatabases) -> None:
    with postgres_databases.lent() as url:
        holding = connected(url)
    with postgres_databases.lent() as another:
        assert another != url
    holding.close()
