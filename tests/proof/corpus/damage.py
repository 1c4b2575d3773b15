"""Work that holds only where the agent sits, breaks something else, or that nobody may have as it is."""

from __future__ import annotations

from tests.proof.corpus.bases import (
    ADD,
    ADD_AND_SUB,
    PROVES_SUB,
    PROVES_SUB_PLAIN,
    PY,
    PYTEST,
    TEST_ADD,
    TEST_ADD_PLAIN,
    TEST_SUB,
    TEST_SUB_PLAIN,
)
from tests.proof.corpus.case import Case, text
from tests.proof.corpus.errors import DONE, WRONG
from tests.proof.corpus.reasons import FAILS, GONE, NO_COMMAND, REGRESSED

ELSEWHERE = (
    Case(
        name="a product that needs an ignored file",
        base={**PY, ".gitignore": "*.local\n"},
        writes={
            "numbers.local": "2\n",
            "calc.py": ADD + '\n\ndef sub(a, b):\n    return int(open("numbers.local").read())\n',
            "test_sub.py": TEST_SUB,
        },
        proofs=PROVES_SUB,
        expected="refused",
        because=FAILS,
    ),
    Case(
        name="a product that needs a file of the agent's home",
        base=PY,
        writes={
            "calc.py": ADD
            + '\n\nimport os\n\n\ndef sub(a, b):\n    open(os.path.expanduser("~/.calc"))\n    return a - b\n',
            "test_sub.py": TEST_SUB,
        },
        shell=("echo 1 > ~/.calc", "python3 -m unittest -q"),
        proofs=PROVES_SUB,
        expected="refused",
        because=FAILS,
    ),
    Case(
        name="a product that needs what lies in the directory for temporary files",
        base=PY,
        writes={
            "calc.py": ADD
            + "\n\nimport tempfile\n\n\ndef sub(a, b):\n"
            + '    open(tempfile.gettempdir() + "/calc.cache")\n    return a - b\n',
            "test_sub.py": TEST_SUB,
        },
        shell=('echo 1 > "$(python3 -c "import tempfile; print(tempfile.gettempdir())")/calc.cache"',),
        proofs=PROVES_SUB,
        expected="refused",
        because=FAILS,
    ),
    Case(
        name="a product that needs a server the agent left running",
        base=PY,
        writes={
            "calc.py": ADD
            + "\n\nimport socket\n\n\ndef sub(a, b):\n"
            + '    socket.create_connection(("127.0.0.1", 48731), timeout=1).close()\n    return a - b\n',
            "test_sub.py": TEST_SUB,
        },
        proofs=PROVES_SUB,
        expected="refused",
        because=FAILS,
    ),
    Case(
        name="tests that pass with the network only",
        base=PY,
        writes={
            "calc.py": ADD
            + "\n\nimport socket\n\n\ndef sub(a, b):\n"
            + '    socket.create_connection(("127.0.0.1", @PORT@), timeout=2).close()\n    return a - b\n',
            "test_sub.py": TEST_SUB,
        },
        proofs=PROVES_SUB,
        settings={"network": "off"},
        serves=True,
        expected="refused",
        because=FAILS,
    ),
    Case(
        name="a directory of tests that is a link to elsewhere",
        base={"README.md": "# Calc\n", "calc.py": ADD},
        writes={"calc.py": ADD_AND_SUB},
        shell=("mkdir -p ~/elsewhere", f"cat > ~/elsewhere/test_sub.py <<'E'\n{TEST_SUB}E", "ln -s ~/elsewhere tests"),
        proofs={"R1": ("tests/test_sub.py::SubTest::test_subtracts",)},
        expected="refused",
        because=NO_COMMAND,
    ),
)
"""It works where the agent sits, and nowhere else."""

BROKEN = (
    Case(
        name="an unrelated test broken",
        base={
            **PY,
            "words.py": "def shout(word):\n    return word.upper()\n",
            "test_words.py": TEST_ADD.replace("from calc import add", "from words import shout")
            .replace("add(2, 3), 5", 'shout("a"), "A"')
            .replace("add(2, -3), -1", 'shout("b"), "B"')
            .replace("AddTest", "ShoutTest"),
        },
        writes={**DONE, "words.py": "def shout(word):\n    return word\n"},
        proofs=PROVES_SUB,
        expected="refused",
        because=REGRESSED,
    ),
    Case(
        name="tests renamed so that no runner finds them",
        base=PY,
        writes=DONE,
        shell=("mkdir attic && git mv test_calc.py attic/calc_checks.txt",),
        proofs=PROVES_SUB,
        expected="refused",
        because=GONE,
    ),
    Case(
        name="only renames, and the import forgotten",
        base=PYTEST,
        shell=("git mv calc.py calculator.py",),
        proofs={"R1": ("test_calc.py::test_adds",)},
        expected="refused",
        because=FAILS,
    ),
    Case(
        name="half of a monorepo broken",
        base={
            "a/calc.py": ADD,
            "a/test_calc.py": TEST_ADD_PLAIN,
            "b/words.py": "def shout(word):\n    return word.upper()\n",
            "b/test_words.py": 'from words import shout\n\n\ndef test_shouts():\n    assert shout("a") == "A"\n',
            "pytest.ini": "[pytest]\npythonpath = a b\n",
        },
        writes={
            "a/calc.py": ADD_AND_SUB,
            "a/test_sub.py": TEST_SUB_PLAIN,
            "b/words.py": "def shout(word):\n    return word\n",
        },
        proofs={"R1": ("a/test_sub.py::test_subtracts",)},
        expected="refused",
        because=REGRESSED,
    ),
    Case(
        name="a product in place of which a binary was put",
        base=PY,
        writes={"test_sub.py": TEST_SUB},
        shell=("head -c 100000 /dev/urandom > calc.py",),
        proofs=PROVES_SUB,
        expected="refused",
        because=FAILS,
    ),
    Case(
        name="five megabytes of changes, and a test that fails",
        base=PY,
        writes=WRONG,
        shell=("seq 1 700000 > data.txt", "seq 1 700000 | sed 's/^/x = /' > data.py"),
        proofs=PROVES_SUB,
        expected="refused",
        because=FAILS,
    ),
    Case(
        name="a fix that fixes something else",
        base={**PY, "calc.py": ADD.replace("a + b", "a + b + 0.5")},
        writes={"calc.py": ADD.replace("a + b", "a + b + 0.25")},
        proofs={"R1": ("test_calc.py::AddTest::test_adds",)},
        expected="refused",
        because=FAILS,
    ),
    Case(
        name="a test that only sometimes passes, when it does not",
        base=PYTEST,
        writes={"calc.py": ADD_AND_SUB, "test_sub.py": f"{TEST_SUB_PLAIN}    assert id(sub) % 1 == 1\n"},
        proofs=PROVES_SUB_PLAIN,
        expected="refused",
        because=FAILS,
    ),
)
"""Something else does not work any more, or still does not."""

# Put together here, or this file would hold what is looked for.
KEY = "AKIA" + "Q3EGVZ7RWUXL5N2T"
TOKEN = "ghp" + "_" + "x9KfLq2mWzR7tVbN4cYhJ8sDpG1aEuTo5iXw"
PRIVATE = (
    f"-----BEGIN RSA {'PRIVATE'} KEY-----\n"
    + "MIIEowIBAAKCAQEAu1SU1LfVLPHCozMxH2Mo4lgOEePzNm0tRgeLezV6ffAt0gun\n" * 8
    + f"-----END RSA {'PRIVATE'} KEY-----\n"
)

UNSAFE = (
    Case(
        name="an access key in the code",
        base=PY,
        writes={**DONE, "settings.py": f'AWS_ACCESS_KEY_ID = "{KEY}"\n'},
        proofs=PROVES_SUB,
        settings={"phase_security": True},
        expected="refused",
        because="security: secret scan: 1 secret: settings.py:1",
    ),
    Case(
        name="a token in a file of settings",
        base=PY,
        writes={**DONE, ".env": f"GITHUB_TOKEN={TOKEN}\n"},
        proofs=PROVES_SUB,
        settings={"phase_security": True},
        expected="refused",
        because="security: secret scan: 1 secret: .env:1",
    ),
    Case(
        name="a private key",
        base=PY,
        writes={**DONE, "deploy.pem": PRIVATE},
        proofs=PROVES_SUB,
        settings={"phase_security": True},
        expected="refused",
        because="security: secret scan: 1 secret: deploy.pem:1",
    ),
    Case(
        name="what was typed is run as a command",
        base=PY,
        writes={
            **DONE,
            "serve.py": text("""
                import subprocess


                def run(what):
                    return subprocess.check_output("ls " + what, shell=True)
            """),
        },
        proofs=PROVES_SUB,
        settings={"phase_security": True},
        expected="refused",
        because="security: bandit: .*shell=True",
    ),
)
"""It works, and nobody may have it as it is."""

DAMAGE: tuple[Case, ...] = (*ELSEWHERE, *BROKEN, *UNSAFE)
