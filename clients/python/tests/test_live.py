"""Cases against the server program that `CLAVIGER_BINARY` names."""

from __future__ import annotations

import asyncio
import os
import shutil
import unittest

from tests.conformance import cases
from tests.conformance.live import Server, faketime
from tests.conformance.runner import FORMS, World, run

POSTGRES = os.environ.get("TEST_POSTGRES_URL")


@unittest.skipUnless(os.environ.get("CLAVIGER_BINARY"), "CLAVIGER_BINARY names no server program")
class LiveTest(unittest.TestCase):
    def test_live_cases_on_sqlite(self) -> None:
        self._run(None)

    @unittest.skipUnless(POSTGRES, "TEST_POSTGRES_URL names no PostgreSQL server")
    @unittest.skipUnless(shutil.which("psql"), "there is no psql, which makes a database")
    def test_live_cases_on_postgresql(self) -> None:
        self._run(POSTGRES)

    def _run(self, postgres: str | None) -> None:
        for form in FORMS:
            with Server(os.environ["CLAVIGER_BINARY"], postgres) as server:
                for name, case in cases("live"):
                    with self.subTest(case=name, form=form, postgres=postgres is not None):
                        if case.get("needs") == "faketime" and faketime() is None:
                            self.skipTest(f"{name} needs the program faketime")
                        asyncio.run(run(name, case, World(server.hostname, server.secrets, form, server.delete_key, server.change)))
