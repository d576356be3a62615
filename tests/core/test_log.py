"""The access line that is put together by hand says what the chain says."""

import io
import re

import msgspec
import pytest
from structlog.testing import capture_logs

from backend.core import log
from backend.core.log import access, configure, request_id
from backend.core.settings import settings

FACTS = {"dialect": "lms", "method": "GET", "route": '/a/é\n"\\{}', "status": 200, "ms": 12.0}


@pytest.fixture
def lines(monkeypatch):
    """Logs in JSON, as in production, on a stream of the test's."""
    stream = io.StringIO()
    changed = msgspec.structs.replace(settings(), log_format="json")
    with monkeypatch.context() as patch:
        patch.setattr(log, "settings", lambda: changed)
        patch.setattr("sys.stdout", stream)
        configure()
        yield stream
    configure()


def test_the_line_is_the_chains_own(lines):
    token = request_id.set("request-one")
    access(**FACTS)
    log._access.info("request", **FACTS)
    request_id.reset(token)
    ours, chains = [re.sub(r'"timestamp": "[^"]*"', "", line) for line in lines.getvalue().splitlines()]
    assert ours == chains
    assert "request-one" in ours
    for line in lines.getvalue().splitlines():
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", msgspec.json.decode(line)["timestamp"])


def test_the_line_of_a_job_is_the_chains_own(lines):
    log.job(id_=7, kind="grade_attempt", attempt=1, state="done")
    log._job.info("job", job=7, kind="grade_attempt", attempt=1, state="done")
    ours, chains = [re.sub(r'"timestamp": "[^"]*"', "", line) for line in lines.getvalue().splitlines()]
    assert ours == chains


def test_a_test_may_capture_it(lines):
    with capture_logs() as captured:
        access(**FACTS)
    assert [line["event"] for line in captured] == ["request"]
    assert lines.getvalue() == ""


def test_a_stream_that_refuses_breaks_nothing(lines, capsys):
    lines.close()
    access(**FACTS)
    assert "Logging error" in capsys.readouterr().err
