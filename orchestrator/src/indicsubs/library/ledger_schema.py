"""The tables of the ledger, and their changes from version to version."""

import sqlite3

from indicsubs_contract.errors import FailureCode, IndicsubsError

MIGRATIONS = (
    """
    CREATE TABLE films (
        id INTEGER PRIMARY KEY,
        path TEXT NOT NULL,
        wish TEXT NOT NULL,
        priority INTEGER NOT NULL DEFAULT 0,
        paused INTEGER NOT NULL DEFAULT 0,
        state TEXT NOT NULL,
        runner TEXT,
        attempts INTEGER NOT NULL DEFAULT 0,
        bytes INTEGER NOT NULL,
        modified_ns INTEGER NOT NULL,
        job TEXT,
        code TEXT,
        message TEXT,
        added REAL NOT NULL,
        changed REAL NOT NULL,
        UNIQUE (path, wish)
    );
    CREATE INDEX films_by_turn ON films (state, paused, priority DESC, id);
    CREATE TABLE attempts (
        id INTEGER PRIMARY KEY,
        film INTEGER NOT NULL REFERENCES films ON DELETE CASCADE,
        runner TEXT NOT NULL,
        started REAL NOT NULL,
        ended REAL,
        state TEXT,
        wall_ms INTEGER
    );
    CREATE TABLE written (
        path TEXT PRIMARY KEY,
        sha256 TEXT NOT NULL,
        before TEXT,
        film TEXT NOT NULL
    );
    """,
    """
    DROP INDEX films_by_turn;
    CREATE INDEX films_by_turn ON films (state, paused, priority DESC, id, bytes);
    CREATE INDEX films_by_runner ON films (runner) WHERE runner IS NOT NULL;
    CREATE INDEX attempts_by_film ON attempts (film);
    CREATE INDEX attempts_open ON attempts (film) WHERE state IS NULL;
    CREATE INDEX attempts_by_state ON attempts (state, id);
    CREATE TABLE inside (
        path TEXT PRIMARY KEY,
        bytes INTEGER NOT NULL,
        modified_ns INTEGER NOT NULL,
        languages TEXT NOT NULL
    );
    """,
    """
    CREATE INDEX written_by_content ON written (sha256);
    """,
)
"""SQL that takes the ledger from version N to version N + 1, for N from 0."""


def migrate(connection: sqlite3.Connection) -> None:
    """Brings the tables to the newest version, each step in one transaction.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where a newer version of indicsubs made the ledger.
        sqlite3.Error: The file is no ledger, is damaged, or cannot be written.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > len(MIGRATIONS):
            raise IndicsubsError(
                FailureCode.BAD_INPUT,
                f"The ledger has version {version}, and this indicsubs knows {len(MIGRATIONS)}."
                " Update indicsubs: `git pull`, then `just setup`.",
            )
        for step in MIGRATIONS[version:]:
            for statement in step.split(";\n"):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
