"""What a refusal says: patterns of the reasons, so that each case is refused for what is wrong with it."""

from __future__ import annotations

FAILS = r"unit tests: \d+ of \d+ tests fail"
UNBELIEVED = r"unit tests: .* not to be believed"
KILLED = r"unit tests: the tests were ended by a signal"
NEVER_ENDED = r"unit tests: the tests did not end within the time limit"
NO_COMMAND = r"unit tests: no test command found"
RAN_NONE = r"unit tests: the test command ran no test"
UNREADABLE = r"unit tests: .* how many tests it ran cannot be read"
NOT_INSTALLED = r"unit tests: the test command cannot be run"
STAND_IN = r"unit tests: no test was run: .* in place of the test runner's own modules"

UNCHANGED = r"nothing was changed"

UNNAMED = r"R\d .*is unproven: no test is named for it"
UNKNOWN = r"R1 .*is unproven: no test of that name ran"
SKIPPED = r"R1 .*is unproven: .* was skipped"
HOLLOW = r"R1 .*is unproven: .* passes although the product does nothing"

REGRESSED = r"regression: base tests: .*\d+ fail"
GONE = r"regression: base tests: .*\d+ are gone"
SWITCHED_OFF = r"regression: base tests: .*\d+ are skipped"
WEAKENED = r"regression: weakened tests: "
SETTINGS = r"regression: test settings: "
