"""Runs a package's own tests by pytest, in this interpreter, and prints what became of each of them.

Usage: suite.py FOLDER OPTIONS, beside `suite.tar`, which holds `source` and `needs`.
"""

import json
import os
import sys
import tarfile

WORK = "/tmp/suite"
TOLD = "outcomes: "


class Outcomes:
    """What pytest says of each test."""

    def __init__(self):
        self.found = {}

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or report.outcome != "passed":
            self.found[report.nodeid] = report.outcome

    def pytest_collectreport(self, report):
        if report.failed:
            self.found[report.nodeid] = "not collected"


def main(arguments):
    with tarfile.open("suite.tar") as file:
        file.extractall(WORK, filter="data")
    os.chdir(WORK + "/source")
    places = [os.getcwd(), os.getcwd() + "/src", WORK + "/needs"]
    sys.path[1:1] = places
    # For the interpreters that tests start.
    os.environ["PYTHONPATH"] = os.pathsep.join(places)
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    # With it a child writes in small pieces, and IPython's `%%script --out` keeps the last piece alone.
    os.environ.pop("PYTHONUNBUFFERED", None)
    import pytest

    outcomes = Outcomes()
    pytest.main([*arguments, "--color=no"], plugins=[outcomes])
    print("\n" + TOLD + json.dumps(outcomes.found))


if __name__ == "__main__":
    main(sys.argv[1:])
