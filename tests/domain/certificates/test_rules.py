"""Who may have a certificate, and why not."""

from datetime import date

import msgspec
import pytest

from backend.core.actor import SYSTEM, Actor, Role
from backend.domain.certificates import rules
from backend.domain.certificates.rules import Facts, Reason, why_not
from backend.domain.certificates.terms import Fact

FIT = Facts(
    is_enrolled=True,
    done=5,
    total=5,
    attended=2,
    meetings=2,
    ends_on=date(2026, 10, 30),
    after_h=24,
    is_open=True,
    has_one=False,
)
EARLY = Reason(Fact.TOO_EARLY, {"days": 1, "date": "2026-10-30"})


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({}, []),
        ({"attended": 0, "meetings": 0}, []),
        ({"is_enrolled": False, "done": 0, "is_open": False}, [Reason(Fact.NOT_ENROLLED)]),
        ({"done": 4}, [Reason(Fact.PROGRESS, {"done": 4, "total": 5})]),
        ({"done": 0, "total": 0}, [Reason(Fact.PROGRESS, {"done": 0, "total": 0})]),
        (
            {"done": 4, "attended": 1},
            [Reason(Fact.PROGRESS, {"done": 4, "total": 5}), Reason(Fact.ABSENT, {"attended": 1, "meetings": 2})],
        ),
        ({"is_open": False}, [EARLY]),
        ({"is_open": False, "after_h": 0}, [Reason(Fact.TOO_EARLY, {"days": 0, "date": "2026-10-30"})]),
        ({"is_open": False, "after_h": 25}, [Reason(Fact.TOO_EARLY, {"days": 2, "date": "2026-10-30"})]),
        ({"has_one": True}, [Reason(Fact.HAS_ONE)]),
        ({"was_revoked": True}, []),
        ({"was_revoked": True, "is_asked_for": False}, [Reason(Fact.WAS_REVOKED)]),
        ({"is_open": False, "has_one": True}, [EARLY, Reason(Fact.HAS_ONE)]),
    ],
)
def test_every_reason_is_named_in_order(changes, reasons):
    assert why_not(msgspec.structs.replace(FIT, **changes)) == reasons


@pytest.mark.parametrize(
    ("actor", "teaches", "sees"),
    [
        (SYSTEM, False, True),
        (Actor(1, Role.ADMIN), False, True),
        (Actor(7, Role.STUDENT), False, True),
        (Actor(8, Role.STUDENT), False, False),
        (Actor(8, Role.STUDENT), True, False),
        (Actor(8, Role.TEACHER), True, True),
        (Actor(8, Role.TEACHER), False, False),
    ],
)
def test_who_sees_a_certificate(actor, teaches, sees):
    assert rules.may_see(actor, 7, teaches=teaches) is sees
    assert rules.may_issue_all(actor, teaches=teaches) is (sees and not actor.is_student)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        (" brev-2026-01-0001-k7q2mx ", "BREV-2026-01-0001-K7Q2MX"),
        ("A.B-1", "A.B-1"),
        ("", None),
        ("A B", None),
        ("A/B", None),
        ("é", None),
        ("A" * 81, None),
        ("A\0", None),
        ("'; DROP TABLE certificate", None),
        ("A\n", "A"),
    ],
)
def test_numbers_as_they_are_typed(typed, number):
    assert rules.number_typed(typed) == number


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("testclient", "unknown"),
    ],
)
def test_one_customer_counts_once(address, counted):
    assert rules.caller(address) == counted


def test_what_is_noted_of_a_reference():
    assert rules.noted("A\0B\n" + "x" * 200) == "AB" + "x" * 98
