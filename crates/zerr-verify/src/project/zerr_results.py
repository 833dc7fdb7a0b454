"""A plugin of pytest: writes a line for each test that ran, outside of what tests print, and a last one with
pytest's own exit code."""

import json
import os

# Whoever runs later does not find the file by its name.
_write = open(os.environ.pop("ZERR_RESULTS", os.devnull), "a", encoding="utf-8", buffering=1).write
_seen = set()


def pytest_runtest_logreport(report):
    # A test's setup and teardown count when they fail.
    if report.when == "call" or report.failed:
        if report.skipped:
            return
        crash = getattr(report.longrepr, "reprcrash", None)
        why = "" if report.passed else str(getattr(crash, "message", report.longrepr))
        _seen.add(report.nodeid)
        line = {"id": report.nodeid, "passed": report.passed, "why": why[:500]}
        _write(json.dumps(line) + "\n")


def pytest_sessionfinish(session, exitstatus):
    _write(json.dumps({"exit": int(exitstatus), "count": len(_seen)}) + "\n")
