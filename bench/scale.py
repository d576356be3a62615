"""How much is done: the quick form, and the whole one."""

import msgspec


class Scale(msgspec.Struct, frozen=True):
    """Sizes that differ between the two; the rest stands in the workloads."""

    name: str
    rounds: int
    autosave_questions: int
    prompt_samples: int
    prompt_events: int
    backlog: int
    backlog_rounds: int
    steady_s: int
    buyers: int
    seats: int
    enrol_rounds: int
    autosave_rounds: int
    read_requests: int
    read_rounds: int
    growth_sizes: tuple[int, ...]
    growth_samples: int


WHOLE = Scale("whole", 6, 20, 400, 10_000, 20_000, 2, 30, 2_000, 500, 3, 4, 4_000, 4, (1_000, 100_000, 1_000_000), 100)
QUICK = Scale("quick", 6, 2, 150, 3_000, 2_000, 2, 10, 1_000, 250, 2, 4, 1_000, 3, (1_000, 100_000), 40)
