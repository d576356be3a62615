"""How much is done: the quick form, and the whole one."""

import msgspec


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes that differ between the two; the rest stands in the workloads."""

    name: str
    autosave_questions: int
    prompt_samples: int
    prompt_events: int
    prompt_rounds: int
    backlog: int
    backlog_rounds: int
    steady_s: int
    buyers: int
    seats: int
    enrol_rounds: int
    autosave_rounds: int
    read_requests: int
    read_rounds: int
    partner_rounds: int
    partner_batches: int
    growth_sizes: tuple[int, ...]
    growth_samples: int
    hall_students: int
    hall_rounds: int
    hall_login_s: float
    hall_think_s: tuple[float, float]
    hall_submit_s: float


WHOLE = Scale(
    name="whole",
    autosave_questions=20,
    prompt_samples=400,
    prompt_events=4_000,
    prompt_rounds=4,
    backlog=20_000,
    backlog_rounds=2,
    steady_s=30,
    buyers=2_000,
    seats=500,
    enrol_rounds=4,
    autosave_rounds=3,
    read_requests=4_000,
    read_rounds=6,
    partner_rounds=6,
    partner_batches=20_000,
    growth_sizes=(1_000, 100_000, 1_000_000),
    growth_samples=100,
    hall_students=1_000,
    hall_rounds=3,
    hall_login_s=25,
    hall_think_s=(1.5, 2.5),
    hall_submit_s=8,
)
QUICK = Scale(
    name="quick",
    autosave_questions=2,
    prompt_samples=100,
    prompt_events=800,
    prompt_rounds=2,
    backlog=2_000,
    backlog_rounds=1,
    steady_s=5,
    buyers=800,
    seats=200,
    enrol_rounds=2,
    autosave_rounds=2,
    read_requests=1_000,
    read_rounds=2,
    partner_rounds=1,
    partner_batches=8_000,
    growth_sizes=(1_000, 100_000),
    growth_samples=40,
    hall_students=100,
    hall_rounds=2,
    hall_login_s=4,
    hall_think_s=(0.1, 0.3),
    hall_submit_s=2,
)
