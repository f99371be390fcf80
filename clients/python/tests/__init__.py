"""Tests of the client. From `clients/python`: `python -m unittest`."""
