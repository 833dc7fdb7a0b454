"""A plugin of pytest: writes a line for each test that ran, outside of what tests print, and a last one with
pytest's own exit code; and, apart from that, the tests that reach a function which has no body yet."""

import json
import os

# Whoever runs later does not find the files by their names.
_write = open(os.environ.pop("ZERR_RESULTS", os.devnull), "a", encoding="utf-8", buffering=1).write
_reach = open(os.environ.pop("ZERR_REACHED", os.devnull), "a", encoding="utf-8", buffering=1).write
_seen = set()
_current = [""]


def reached():
    """Called in the place of a function's body; nothing is running while modules are imported."""
    _reach(_current[0] + "\n")


def pytest_runtest_logstart(nodeid, location):
    _current[0] = nodeid


def pytest_runtest_logfinish(nodeid, location):
    _current[0] = ""


def pytest_collectreport(report):
    if report.failed:
        _write(json.dumps({"unloaded": report.nodeid}) + "\n")


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
