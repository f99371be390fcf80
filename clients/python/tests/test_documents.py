"""What an editor shows of public names."""

from __future__ import annotations

import unittest

import claviger


class DocumentTest(unittest.TestCase):
    def test_the_documents_of_public_names_are_there(self) -> None:
        for name in claviger.__all__:
            public = getattr(claviger, name)
            self.assertTrue(public.__doc__, name)
            for member, value in vars(public).items() if isinstance(public, type) else ():
                if not member.startswith("_") and (callable(value) or isinstance(value, property)):
                    self.assertTrue(value.__doc__, f"{name}.{member}")
