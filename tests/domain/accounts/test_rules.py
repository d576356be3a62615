from datetime import date

import pytest

from backend.domain.accounts import rules
from backend.domain.accounts.terms import GroupType

COMMON = """
123456 12345678 123456789 987654321 111111 121212 qwerty qwerty123 QWERTYUIOP asdfghjkl 1q2w3e4r Password
password1
P@ssw0rd p4ssw0rd! admin123 Admin@2024 rahasia123 indonesia45 bismillah sayangku1 iloveyou Gunadarma2024 !admin!
abcdef abc123 17081945 010203 zxcvbnm letmein welcome1 monkey12 dragon!! lulus123 aaaaaa 123123 654321
"""
FINE = ["kuda terbang biru", "t7#Kq!vB2x", "correct horse", "hujan-di-bulan-juni", "Mt9wqLs0"]


@pytest.mark.parametrize("password", COMMON.split())
def test_what_everybody_tries_is_no_secret(password):
    assert rules.is_common_password(password)


@pytest.mark.parametrize("password", FINE)
def test_what_nobody_tries_is_one(password):
    assert not rules.is_common_password(password, "sari@example.test", "sari", "Sari Wulandari", "08123456789")


@pytest.mark.parametrize("password", ["sari.wulan@example.test", "SariWulan", "sariwulan99", "08123456789"])
def test_ones_own_words_are_no_secret(password):
    assert rules.password_fault(password, "sari.wulan@example.test", "SariWulan", "08123456789") == "common"


@pytest.mark.parametrize(("length", "fault"), [(5, "invalid"), (129, "invalid"), (128, None)])
def test_a_password_has_a_length(length, fault):
    assert rules.password_fault(("kuda terbang biru " * 10)[:length]) == fault


@pytest.mark.parametrize(
    ("group", "nik", "nim", "proof", "lacks"),
    [
        (GroupType.PUBLIC, None, None, None, (True, False)),
        (GroupType.PUBLIC, "1", None, None, (False, False)),
        (GroupType.OWN_STUDENT, None, None, None, (False, True)),
        (GroupType.OWN_STUDENT, None, "1", None, (False, True)),
        (GroupType.OTHER_STUDENT, None, None, "p", (False, True)),
        (GroupType.OTHER_STUDENT, None, "1", "p", (False, False)),
        (None, None, None, None, (False, False)),
    ],
)
def test_each_group_has_its_proof(group, nik, nim, proof, lacks):
    assert (rules.lacks_nik(group, nik), rules.lacks_nim(group, nim, proof)) == lacks


@pytest.mark.parametrize(
    ("born", "holds"),
    [
        (None, True),
        (date(2000, 1, 1), True),
        (date(2026, 5, 2), True),
        (date(2026, 5, 3), False),
        (date(1, 1, 1), False),
    ],
)
def test_nobody_is_born_tomorrow(born, holds):
    assert rules.is_born(born, date(2026, 5, 2)) is holds
