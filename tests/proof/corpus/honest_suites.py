"""Honest work whose tests have many shapes, all of them classes of the standard library's."""

from __future__ import annotations

from tests.proof.corpus.bases import PY, suite_of
from tests.proof.corpus.case import Case, text

CLI = text("""
    import argparse


    def main(arguments=None):
        parser = argparse.ArgumentParser(prog="calc")
        parser.add_argument("numbers", nargs="*", type=int)
        print(sum(parser.parse_args(arguments).numbers))


    if __name__ == "__main__":
        main()
""")


def _adds(name: str, product: str, test: str, *proofs: str, **more: str) -> Case:
    """To a flat project a module `it.py` and its tests are added."""
    named = proofs or ("test_it.py::ItTest::test_it",)
    return Case(name=name, base=PY, writes={"it.py": text(product), "test_it.py": test, **more}, proofs={"R1": named})


HONEST_SUITES: tuple[Case, ...] = (
    _adds(
        "subtests",
        """
        def half(number):
            return number / 2
        """,
        suite_of(
            """
            def test_it(self):
                for number, expected in ((2, 1), (4, 2), (5, 2.5)):
                    with self.subTest(number=number):
                        self.assertEqual(half(number), expected)
            """,
            imports="from it import half",
        ),
    ),
    _adds(
        "fixtures that are set up and taken down",
        """
        class Stack:
            def __init__(self):
                self.items = []

            def push(self, item):
                self.items.append(item)

            def pop(self):
                return self.items.pop()
        """,
        suite_of(
            """
            def setUp(self):
                self.stack = Stack()
                self.stack.push(1)

            def tearDown(self):
                del self.stack

            def test_it(self):
                self.stack.push(2)
                self.assertEqual([self.stack.pop(), self.stack.pop()], [2, 1])

            def test_empty(self):
                self.stack.pop()
                with self.assertRaises(IndexError):
                    self.stack.pop()
            """,
            imports="from it import Stack",
        ),
        "test_it.py::ItTest::test_it",
        "test_it.py::ItTest::test_empty",
    ),
    _adds(
        "a command line, tried in a process of its own",
        CLI,
        suite_of(
            """
            def test_it(self):
                done = subprocess.run([sys.executable, "it.py", "2", "3"], capture_output=True, text=True, timeout=30)
                self.assertEqual((done.returncode, done.stdout), (0, "5\\n"))
            """,
            imports="import subprocess\nimport sys",
        ),
    ),
    _adds(
        "a command line, called",
        CLI,
        suite_of(
            """
            def test_it(self):
                out = io.StringIO()
                with contextlib.redirect_stdout(out):
                    main(["2", "3"])
                self.assertEqual(out.getvalue(), "5\\n")
            """,
            imports="import contextlib\nimport io\n\nfrom it import main",
        ),
    ),
    _adds(
        "temporary files",
        """
        import json


        def save(path, value):
            with open(path, "w") as file:
                json.dump(value, file)


        def load(path):
            with open(path) as file:
                return json.load(file)
        """,
        suite_of(
            """
            def test_it(self):
                with tempfile.TemporaryDirectory() as there:
                    save(there + "/a.json", {"a": [1, 2]})
                    self.assertEqual(load(there + "/a.json"), {"a": [1, 2]})
            """,
            imports="import tempfile\n\nfrom it import load, save",
        ),
    ),
    _adds(
        "coroutines",
        """
        import asyncio


        async def gather(*numbers):
            async def one(number):
                await asyncio.sleep(0)
                return number * 2

            return await asyncio.gather(*(one(number) for number in numbers))
        """,
        suite_of(
            """
            async def test_it(self):
                self.assertEqual(await gather(1, 2), [2, 4])
            """,
            imports="from it import gather",
            kind="unittest.IsolatedAsyncioTestCase",
        ),
    ),
    _adds(
        "a collaborator that is mocked, and the product that is not",
        """
        import time


        def stamp(text):
            return f"{int(time.time())} {text}"
        """,
        suite_of(
            """
            def test_it(self):
                with mock.patch("time.time", return_value=12.5):
                    self.assertEqual(stamp("a"), "12 a")
            """,
            imports="from unittest import mock\n\nfrom it import stamp",
        ),
    ),
    _adds(
        "a server on loopback",
        """
        from http.server import BaseHTTPRequestHandler, HTTPServer


        class Hello(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"hello")

            def log_message(self, *_):
                pass


        def serve():
            return HTTPServer(("127.0.0.1", 0), Hello)
        """,
        suite_of(
            """
            def test_it(self):
                server = serve()
                threading.Thread(target=server.handle_request, daemon=True).start()
                port = server.server_address[1]
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
                    self.assertEqual(answer.read(), b"hello")
                server.server_close()
            """,
            imports="import threading\nimport urllib.request\n\nfrom it import serve",
        ),
    ),
    _adds(
        "a database",
        """
        import sqlite3


        class Store:
            def __init__(self):
                self.base = sqlite3.connect(":memory:")
                self.base.execute("create table notes (text)")

            def add(self, text):
                self.base.execute("insert into notes values (?)", (text,))

            def all(self):
                return [row[0] for row in self.base.execute("select text from notes")]
        """,
        suite_of(
            """
            def test_it(self):
                store = Store()
                store.add("a' or 1")
                self.assertEqual(store.all(), ["a' or 1"])
                store.base.close()
            """,
            imports="from it import Store",
        ),
    ),
    _adds(
        "dataclasses, and a test that compares them",
        """
        from dataclasses import dataclass


        @dataclass(frozen=True)
        class Point:
            x: int
            y: int

            def moved(self, x, y):
                return Point(self.x + x, self.y + y)
        """,
        suite_of(
            """
            def test_it(self):
                self.assertEqual(Point(1, 2).moved(3, 4), Point(4, 6))
            """,
            imports="from it import Point",
        ),
    ),
    _adds(
        "warnings, logs and much that is printed",
        """
        import logging
        import warnings


        def old(number):
            warnings.warn("use something newer", DeprecationWarning, stacklevel=2)
            logging.warning("FAILED to be new: %s errors", number)
            print("Traceback (most recent call last): 3 failed, FAILED (failures=1)")
            return number + 1
        """,
        suite_of(
            """
            def test_it(self):
                self.assertEqual(old(1), 2)

            def test_warns(self):
                with self.assertWarns(DeprecationWarning), self.assertLogs():
                    old(1)
            """,
            imports="from it import old",
        ),
    ),
    _adds(
        "names and texts in other alphabets",
        """
        def größe(wörter):
            return {wort: len(wort) for wort in wörter}
        """,
        suite_of(
            """
            def test_größe(self):
                self.assertEqual(größe(["日本", "Öl"]), {"日本": 2, "Öl": 2})
            """,
            imports="from it import größe",
        ),
        "test_it.py::ItTest::test_größe",
    ),
    _adds(
        "a test for another platform, skipped",
        "def half(number):\n    return number / 2\n",
        suite_of(
            """
            def test_it(self):
                self.assertEqual(half(4), 2)

            @unittest.skipUnless(sys.platform == "win32", "paths of Windows")
            def test_windows(self):
                self.assertEqual(half(6), 3)
            """,
            imports="import sys\n\nfrom it import half",
        ),
    ),
    _adds(
        "errors that are raised",
        """
        def ratio(a, b):
            if not b:
                raise ValueError("b must not be 0")
            return a / b
        """,
        suite_of(
            """
            def test_it(self):
                self.assertEqual(ratio(6, 3), 2)

            def test_zero(self):
                with self.assertRaisesRegex(ValueError, "must not be 0"):
                    ratio(1, 0)
            """,
            imports="from it import ratio",
        ),
        "test_it.py::ItTest::test_it",
        "test_it.py::ItTest::test_zero",
    ),
    _adds(
        "a process that outlives the tests",
        "def half(number):\n    return number / 2\n",
        suite_of(
            """
            def test_it(self):
                subprocess.Popen(["sleep", "600"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode = 0
                self.assertEqual(half(4), 2)
            """,
            imports="import subprocess\n\nfrom it import half",
        ),
    ),
)
"""Tests of many shapes."""
