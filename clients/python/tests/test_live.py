"""Cases against the server program that `CLAVIGER_BINARY` names."""

from __future__ import annotations

import asyncio
import os
import unittest

from tests.conformance import cases
from tests.conformance.live import Server
from tests.conformance.runner import FORMS, World, run


@unittest.skipUnless(os.environ.get("CLAVIGER_BINARY"), "CLAVIGER_BINARY names no server program")
class LiveTest(unittest.TestCase):
    def test_live_cases(self) -> None:
        for form in FORMS:
            with Server(os.environ["CLAVIGER_BINARY"]) as server:
                for name, case in cases("live"):
                    with self.subTest(case=name, form=form):
                        asyncio.run(run(name, case, World(server.hostname, server.secrets, form, server.delete_key)))
