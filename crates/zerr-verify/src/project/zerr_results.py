"""A plugin of pytest: writes a line for each test that ran, outside of what tests print."""

import json
import os

_FILE = open(os.environ["ZERR_RESULTS"], "a", encoding="utf-8")


def pytest_runtest_logreport(report):
    # A test's setup and teardown count when they fail.
    if report.when == "call" or report.failed:
        if report.skipped:
            return
        crash = getattr(report.longrepr, "reprcrash", None)
        why = "" if report.passed else str(getattr(crash, "message", report.longrepr))
        line = {"id": report.nodeid, "passed": report.passed, "why": why[:500]}
        _FILE.write(json.dumps(line) + "\n")
        _FILE.flush()
