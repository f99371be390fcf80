"""What is sent and what is read, without a server."""

from __future__ import annotations

import unittest
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

from claviger import Misuse, NotFound, Reference, Remote, Unauthorized
from claviger._core import ask as asks
from claviger._core.ask import keyed
from claviger._core.connect import Connect, Rules
from claviger._core.digits import dumps, loads
from claviger._core.endpoint import Endpoint
from claviger._core.query import filtered
from claviger._core.session import Session, Turn
from claviger._core.told import told
from claviger.value import AttributeType, key_of, param, read, written


class AskTest(unittest.TestCase):
    def test_keys_are_spelled_by_their_kind(self) -> None:
        for key, spelled in [
            ("12", "Book(12)"),
            ("-1", "Book(-1)"),
            ("FR", "Book(%22FR%22)"),
            ("a/b\"'", "Book(%22a%2Fb%22%27%22)"),
            ('[1,"a b"]', "Book[1,%22a%20b%22]"),
            ("", "Book(%22%22)"),
            ("[no json", "Book(%22%5Bno%20json%22)"),
            ("١", "Book(%22%D9%A1%22)"),
        ]:
            self.assertEqual(keyed("Book", key), spelled)

    def test_values_cannot_leave_their_parameter(self) -> None:
        ask = asks.get("Book").quoted("$filter", "title = 'a&b'").params(['O\'Neil & "co"'])
        self.assertEqual(
            ask.target,
            "/rest/Book?$filter=%22title%20%3D%20%27a%26b%27%22&$params=%27%5B%22O%5Cu0027Neil%20%26%20%5C%22co%5C%22%22%5D%27",
        )

    def test_what_leads_elsewhere_is_known(self) -> None:
        self.assertIsNone(asks.deferred("https://elsewhere.example/rest/Book"))
        self.assertIsNone(asks.deferred("//elsewhere.example/rest/Book"))
        climbing = asks.deferred("/rest/%2E%2e/console/api")
        self.assertTrue(climbing is not None and climbing.leads_elsewhere)
        self.assertFalse(asks.get("Book/a..b").leads_elsewhere)

    def test_keys_of_several_parts_are_lists(self) -> None:
        self.assertEqual(key_of((1, "ü", Decimal("2.5"))), '[1,"ü",2.5]')
        for wrong in [True, None, 1.5, object(), [None]]:
            with self.assertRaises(Misuse):
                key_of(wrong)

    def test_half_a_character_is_refused(self) -> None:
        with self.assertRaises(Misuse):
            keyed("Book", "\ud800")


class DigitsTest(unittest.TestCase):
    def test_numbers_keep_their_digits(self) -> None:
        for text in ["9007199254740993", "1.5", "0.1", "12345678901234.5678", "0.1000000000000000055511151231257827", "1e400", "-0.5"]:
            number = loads(text)
            self.assertEqual(Decimal(str(number)), Decimal(text))
            self.assertEqual(Decimal(dumps(number)), Decimal(text))
        self.assertIsInstance(loads("0.1"), float)
        self.assertIsInstance(loads("12345678901234.56789012"), Decimal)

    def test_what_json_does_not_have_is_null(self) -> None:
        self.assertEqual(dumps([float("nan"), float("inf"), Decimal("NaN"), None, True]), "[null,null,null,null,true]")
        with self.assertRaises(ValueError):
            loads("NaN")

    def test_texts_are_ascii(self) -> None:
        self.assertEqual(dumps({"ü": "\ud800"}), '{"\\u00fc":"\\ud800"}')


class ValueTest(unittest.TestCase):
    def test_values_are_read_by_their_type_and_written_as_the_dialect_wants(self) -> None:
        for wire, kind, back in [
            ("4!8!1991", AttributeType.DATE, "4!8!1991"),
            ("!!1991-08-04!!", AttributeType.DATE, "4!8!1991"),
            ("1991-08-04T23:00:00.000Z", AttributeType.DATE, "4!8!1991"),
            ("2024-02-28T16:40:00.250Z", AttributeType.INSTANT, "2024-02-28T16:40:00.250Z"),
            ("2024-02-28T18:40:00+02:00", AttributeType.INSTANT, "2024-02-28T16:40:00.000Z"),
            (5_400_000, AttributeType.DURATION, 5_400_000),
            (10**30, AttributeType.DURATION, 10**30),
            (9_007_199_254_740_993, AttributeType.INTEGER, 9_007_199_254_740_993),
            ("0!0!0", AttributeType.DATE, None),
            ("no date", AttributeType.DATE, "no date"),
            ("31!2!1991", AttributeType.DATE, "31!2!1991"),
            ({"__deferred": {"uri": "/rest/Author[7]", "__KEY": "7"}}, AttributeType.ENTITY, {"__KEY": "7"}),
            ({"a": [1]}, AttributeType.OBJECT, {"a": [1]}),
        ]:
            self.assertEqual(written(read(wire, kind, "Author")), back, wire)
        self.assertEqual(read({"__KEY": 7}, AttributeType.ENTITY, "Author"), Reference("Author", "7"))

    def test_parameters_are_iso(self) -> None:
        self.assertEqual(param(date(1991, 8, 4)), "1991-08-04")
        self.assertEqual(param(datetime(1991, 8, 4, 0, 0, 0, 999999, timezone.utc)), "1991-08-04T00:00:00.999Z")
        self.assertEqual(param(timedelta(minutes=90)), 5_400_000)
        self.assertEqual(param(("a", date(1991, 8, 4))), ["a", "1991-08-04"])

    def test_what_cannot_be_sent_is_said(self) -> None:
        for wrong in [datetime(1991, 8, 4), b"bytes", object(), {"a": object()}, float("nan"), [float("inf")], Decimal("NaN")]:
            with self.assertRaises(Misuse):
                written(wrong)


class QueryTest(unittest.TestCase):
    def test_names_become_numbers_and_quoted_text_stays(self) -> None:
        text = "price < :1 and :att = :who and title = ':who' and :att # 'x'"
        made = filtered(text, [20], {"who": "Ines@"}, {"att": "author.fullName"}, True)
        assert made is not None
        self.assertEqual(made.text, "price < :1 and :2 = :3 and title = ':who' and :2 # 'x'")
        self.assertEqual(made.params, [20, "author.fullName", "Ines@"])

    def test_a_name_without_value_and_a_refused_formula_are_errors(self) -> None:
        with self.assertRaises(Remote) as failed:
            filtered("title = :nobody", [], {}, None, True)
        self.assertEqual(failed.exception.number, 1279)
        with self.assertRaises(Remote) as failed:
            filtered("Eval (1 = 1)", [], None, None, False)
        self.assertEqual(failed.exception.number, 1278)
        self.assertIsNotNone(filtered("evaluation = 1 and title = 'eval('", [], None, None, False))
        self.assertIsNone(filtered("  ", [], None, None, True))


class EndpointTest(unittest.TestCase):
    def test_the_scheme_decides_and_nothing_is_downgraded_silently(self) -> None:
        for hostname, tls, base in [
            ("https://lib.example", False, "https://lib.example:443"),
            ("http://lib.example", None, "http://lib.example:80"),
            ("lib.example", None, "https://lib.example:443"),
            ("lib.example:443", False, "http://lib.example:443"),
            ("127.0.0.1:5397", None, "http://127.0.0.1:5397"),
            ("[::1]:5397", None, "http://[::1]:5397"),
            ("localhost", True, "https://localhost:443"),
            ("https://lib.example/team/rest/", None, "https://lib.example:443/team"),
            ("https://lib.example/rest", None, "https://lib.example:443"),
        ]:
            self.assertEqual(Endpoint.of(hostname, tls, None).base, base, hostname)
        for wrong in ["", "ftp://x", "https://", "https://ines:hunter2@lib.example", "https://x?api-key=y", "http://x:port", "a b"]:
            with self.assertRaises(Misuse) as failed:
                Endpoint.of(wrong, None, None)
            self.assertNotIn("hunter2", str(failed.exception))
        with self.assertRaises(Misuse):
            Endpoint.of("http://lib.example", True, None)

    def test_wrong_types_are_refused_without_repeating_the_value(self) -> None:
        for wrong in [
            {},
            {"hostname": 7},
            {"hostname": "x", "api-key": 99887766},
            {"hostname": "x", "tls": "yes"},
            {"hostname": "x", "idleTimeout": -1},
            {"hostname": "x", "type": "SQL"},
            {"hostname": "x", "api-key": "a\r\n99887766"},
        ]:
            with self.assertRaises(Misuse) as failed:
                Connect.of(wrong, None, False, Rules(), None)
            self.assertNotIn("99887766", str(failed.exception))

    def test_secrets_are_not_shown(self) -> None:
        connect = Connect.of({"hostname": "x", "user": "Inês", "password": "hunter2"}, None, False, Rules(), None)
        self.assertNotIn("hunter2", repr(connect))
        self.assertEqual(connect.credential.user, "Inês")


class SessionTest(unittest.TestCase):
    def test_a_new_session_takes_the_locks_with_it_once(self) -> None:
        session = Session()
        session.receive([("Set-Cookie", "S=A1; Path=/")], session.sent())
        generation = session.hold("Book", "1")
        session.hold("Book", "1")
        first, second = session.sent(), session.sent()
        self.assertEqual(session.receive([("set-cookie", "S=B2")], first), (Turn.REPLACED, [("Book", "1")]))
        # Another request of the old session was answered in a third one.
        self.assertEqual(session.receive([("set-cookie", "S=C3")], second), (Turn.ELSEWHERE, []))
        self.assertEqual(session.sent().header, "S=B2")
        self.assertFalse(session.let_go("Book", "1", generation))

    def test_the_last_holder_lets_a_lock_go(self) -> None:
        session = Session()
        session.hold("Book", "1")
        session.hold("Book", "1")
        self.assertEqual([session.let_go("Book", "1", 0) for _ in range(3)], [False, True, False])

    def test_two_first_requests_have_one_session(self) -> None:
        session = Session()
        first, second = session.sent(), session.sent()
        self.assertEqual(session.receive([("set-cookie", "S=A1")], first)[0], Turn.SAME)
        self.assertEqual(session.receive([("set-cookie", "S=B2")], second)[0], Turn.ELSEWHERE)
        self.assertEqual(session.sent().header, "S=A1")

    def test_a_cookie_that_is_over_is_forgotten(self) -> None:
        session = Session()
        session.receive([("set-cookie", "S=A1"), ("set-cookie", "T=1; Max-Age=3600")], session.sent())
        session.receive([("set-cookie", "S=A1; Max-Age=-1")], session.sent())
        self.assertEqual(session.sent().header, "T=1")


class ToldTest(unittest.TestCase):
    def test_refusals_of_any_shape_are_errors(self) -> None:
        self.assertIsInstance(told(401, {}), Unauthorized)
        self.assertIsInstance(told(500, []), Remote)
        self.assertIsInstance(told(404, {"__ERROR": [{"errCode": 1827}]}, True), NotFound)
        self.assertIsInstance(told(500, {"__ERROR": "no list"}), Remote)
        self.assertIsNone(told(200, {"result": None}))
