"""Conditions and values that several statements about attempts share, said once.

`a` is the assessment, `v` the override of the person (LEFT JOIN quiz_override), `u` what `USED` tells.
"""

IN_BATCH = "EXISTS (SELECT FROM enrolment e WHERE e.id = attempt.enrolment_id AND e.state = 'active')"

EXTRA_S = "(coalesce(v.extra_s, 0) + ceil(a.duration_s * (coalesce(v.time_factor, 1) - 1))::int)"
"""Seconds that a person has beyond the quiz's duration."""

DEADLINE = (
    "(least({start} + make_interval(secs => a.duration_s), coalesce(v.closes_at, a.closes_at))"
    f" + make_interval(secs => {EXTRA_S}))"
)
"""When an attempt ends: after the duration or with the quiz, and extra time outlasts both."""

HAS_BEGUN = "coalesce(now() >= coalesce(v.opens_at, a.opens_at), true)"
HAS_ENDED = "coalesce(now() > coalesce(v.closes_at, a.closes_at), false)"

IS_OVER = (
    "((NOT a.is_open OR coalesce(a.closes_at < now(), false))"
    " AND NOT EXISTS (SELECT FROM attempt running WHERE running.assessment_id = a.id AND running.state = 'open')"
    " AND NOT (a.is_open AND EXISTS (SELECT FROM quiz_override later"
    "  WHERE later.assessment_id = a.id AND later.closes_at >= now())))"
)
"""Whether nobody can take the assessment any more: it has ended or was closed, for everybody, and none is at it."""

MOST = "(a.max_attempts + coalesce(v.extra_attempts, 0))"
"""How many attempts a person has, where a number is set at all."""

USED = (
    "(SELECT count(*)::int AS used, coalesce(bool_or(state = 'open'), false) AS is_running,"
    " max(submitted_at) AS ended_at FROM attempt WHERE assessment_id = a.id AND account_id = {account})"
)

PAUSE_LEFT_S = "coalesce(ceil(extract(epoch FROM u.ended_at - now())) + a.pause_s, 0)::int"
"""Seconds until the pause after the last attempt is over; 0 or less: it is."""

_HAS_ORDER = (
    "a.shuffles_questions OR a.is_sequential"
    " OR EXISTS (SELECT FROM section s WHERE s.assessment_id = a.id AND s.draw IS NOT NULL)"
)
# a lot for each question, drawn anew for each attempt
_QUESTION_IDS = (
    f"CASE WHEN {_HAS_ORDER} THEN (SELECT array_agg(z.id ORDER BY z.part,"  # noqa: S608 - our names
    "  CASE WHEN a.shuffles_questions THEN z.lot ELSE z.position END)"
    " FROM (SELECT q.id, s.position AS part, q.position, s.draw,"
    "   row_number() OVER (PARTITION BY s.id ORDER BY random()) AS lot"
    "  FROM question q JOIN section s ON s.id = q.section_id WHERE q.assessment_id = a.id) AS z"
    " WHERE z.draw IS NULL OR z.lot <= z.draw) END"
)
_SEED = "CASE WHEN a.shuffles_options THEN 1 + floor(random() * 9e15)::bigint ELSE 0 END"

NEW_COLUMNS = (
    "assessment_id, account_id, enrolment_id, attempt_no, state, started_at, deadline_at, extra_s, grace_s,"
    " key_version, is_sequential, seed, question_ids"
)
NEW_VALUES = (
    "a.id, {account}, {enrolment}, {used} + 1, 'open', now(), "
    + DEADLINE.format(start="now()")
    + f", {EXTRA_S}, a.grace_s, a.key_version, a.is_sequential, {_SEED}, {_QUESTION_IDS}"
)
"""A new attempt; `account`, `enrolment` and `used` are the caller's."""

IS_ASKED = "(t.question_ids IS NULL OR q.id = ANY(t.question_ids))"
"""Whether a question `q` is one of the attempt `t`."""

IS_ITS_TURN = "(NOT t.is_sequential OR t.question_ids[t.reached] = q.id)"
"""Whether a question `q` may be answered now: where they come one after the other, only the one that was reached."""
