"""Which way a purchase goes."""

from itertools import product

import pytest

from backend.core.actor import SYSTEM, Actor, Role
from backend.domain.accounts.terms import GroupType
from backend.domain.purchases import rules
from backend.domain.purchases.terms import PaymentState as S

ALLOWED = {
    (S.WAITING_CONFIRMATION, S.PAID),
    (S.WAITING_CONFIRMATION, S.REJECTED),
    (S.PENDING, S.PAID),
    (S.PAID, S.CANCELLED),
}


@pytest.mark.parametrize(("before", "after"), list(product(S, S)))
def test_an_admin_moves_purchases_these_ways_only(before, after):
    assert rules.admin_may_move(before, after) is ((before, after) in ALLOWED)


@pytest.mark.parametrize("state", list(S))
def test_what_a_buyer_may_do(state):
    assert rules.buyer_may_cancel(state) is (state in (S.PENDING, S.WAITING_CONFIRMATION))
    assert rules.takes_proof(state) is (state in (S.PENDING, S.REJECTED))


def test_student_prices_need_proof():
    assert [group for group in GroupType if not rules.needs_verification(group)] == [GroupType.PUBLIC]


def test_a_purchase_is_between_the_buyer_and_the_school():
    assert rules.may_see(Actor(3, Role.STUDENT), 3)
    assert rules.may_see(SYSTEM, 3)
    assert not rules.may_see(Actor(4, Role.STUDENT), 3)
    assert not rules.may_see(Actor(4, Role.TEACHER), 3)
