"""What teachers and students see of themselves. Each panel is one statement."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from backend.core import db
from backend.core.actor import Actor
from backend.core.paging import MAX_WHOLE
from backend.domain.batches.errors import BatchNotFound
from backend.domain.dashboards import rules
from backend.domain.dashboards.admin_queries import PENDING
from backend.domain.enrolments.errors import NotEnrolled
from backend.domain.enrolments.queries import items_of
from backend.domain.grading.queries import counted_of

UPCOMING = 10
SOON_DAYS = 7


class ComingMeeting(msgspec.Struct, frozen=True, kw_only=True):
    """A meeting that has not begun, and where it is held."""

    uuid: UUID
    title: str
    batch_slug: str
    batch_title: str
    course_title: str
    start_at: datetime
    end_at: datetime
    room: str | None
    join_url: str | None


class TeacherView(msgspec.Struct, frozen=True, kw_only=True):
    """What a teacher has: batches taught, those not over, their people, open tasks, work to grade, what comes."""

    total_courses: int
    active_courses: int
    active_students: int
    ongoing_tasks: int
    pending_grading: int
    total_upcoming: int
    upcoming: list[ComingMeeting]


class StudentView(msgspec.Struct, frozen=True, kw_only=True):
    """What a student has: their batches, how far they are, and what is due within seven days."""

    total_courses: int
    active_courses: int
    avg_progress: Decimal
    total_certificates: int
    upcoming_tasks: int


class MeetingScore(msgspec.Struct, frozen=True, kw_only=True):
    """What a student scored in a meeting on average; None where nothing is scored."""

    uuid: UUID
    title: str
    start_at: datetime
    assignment_avg: Decimal | None
    quiz_avg: Decimal | None


class ScoreProgress(msgspec.Struct, frozen=True, kw_only=True):
    """A student's scores in a batch, meeting by meeting as they are held."""

    batch_slug: str
    batch_title: str
    meetings: list[MeetingScore]


_TEACHER = f"""
WITH taught AS MATERIALIZED (
    SELECT m.id, m.uuid, m.title, m.start_at, m.end_at, m.batch_id, b.end_at >= now() AS is_active,
        b.slug AS batch_slug, b.title AS batch_title, b.course_id, coalesce(m.room, b.room) AS room, m.join_url
    FROM meeting_teacher t JOIN meeting m ON m.id = t.meeting_id JOIN batch b ON b.id = m.batch_id
    WHERE t.account_id = $1
)
SELECT count(DISTINCT batch_id) AS total_courses,
    count(DISTINCT batch_id) FILTER (WHERE is_active) AS active_courses,
    (SELECT count(DISTINCT e.account_id) FROM enrolment e WHERE e.state = 'active'
        AND e.batch_id IN (SELECT batch_id FROM taught WHERE is_active)) AS active_students,
    (SELECT count(*) FROM taught JOIN assignment k ON k.meeting_id = taught.id
        WHERE is_active AND now() BETWEEN k.start_at AND k.end_at)
    + (SELECT count(*) FROM taught JOIN assessment q ON q.meeting_id = taught.id
        WHERE is_active AND q.is_open AND now() >= coalesce(q.opens_at, now()) AND now() <= coalesce(q.closes_at, now())
    ) AS ongoing_tasks,
    ({PENDING.format(teacher="$1")}) AS pending_grading,
    count(*) FILTER (WHERE start_at > now()) AS total_upcoming,
    (SELECT coalesce(json_agg(row_to_json(coming)), '[]')::text FROM (
        SELECT taught.uuid, taught.title, batch_slug, batch_title, c.title AS course_title, start_at, end_at, room,
            join_url
        FROM taught JOIN course c ON c.id = course_id WHERE start_at > now() ORDER BY start_at, taught.id LIMIT $2
    ) AS coming) AS upcoming
FROM taught
"""  # noqa: S608 - our own text

_STUDENT = f"""
WITH mine AS MATERIALIZED (
    SELECT e.*, b.end_at >= now() AS is_active FROM enrolment e JOIN batch b ON b.id = e.batch_id
    WHERE e.account_id = $1 AND e.state = 'active'
), standing AS (
    SELECT mine.id, count(item.kind) FILTER (WHERE item.is_done) AS done, count(item.kind) AS total
    FROM mine LEFT JOIN ({items_of("mine")}) AS item ON item.enrolment_id = mine.id GROUP BY mine.id
)
SELECT (SELECT count(*) FROM mine) AS total_courses,
    (SELECT count(*) FROM mine WHERE is_active) AS active_courses,
    (SELECT coalesce(array_agg(done ORDER BY id), '{{}}') FROM standing) AS done,
    (SELECT coalesce(array_agg(total ORDER BY id), '{{}}') FROM standing) AS totals,
    (SELECT count(*) FROM certificate WHERE account_id = $1 AND state = 'issued') AS total_certificates,
    (SELECT count(*) FROM mine JOIN meeting m ON m.batch_id = mine.batch_id JOIN assignment k ON k.meeting_id = m.id
        WHERE k.end_at > now() AND k.end_at <= now() + make_interval(days => $2)
        AND NOT EXISTS (SELECT FROM submission s WHERE s.assignment_id = k.id AND s.account_id = $1))
    + (SELECT count(*) FROM mine JOIN meeting m ON m.batch_id = mine.batch_id JOIN assessment q ON q.meeting_id = m.id
        LEFT JOIN quiz_override v ON v.assessment_id = q.id AND v.account_id = $1
        WHERE ((coalesce(v.opens_at, q.opens_at) > now()
                AND coalesce(v.opens_at, q.opens_at) <= now() + make_interval(days => $2))
            OR (q.is_open AND coalesce(v.closes_at, q.closes_at) > now()
                AND coalesce(v.closes_at, q.closes_at) <= now() + make_interval(days => $2)))
        AND NOT EXISTS (SELECT FROM attempt t
            WHERE t.assessment_id = q.id AND t.account_id = $1 AND t.state <> 'open')) AS upcoming_tasks
"""  # noqa: S608 - our own text

_QUIZZES = (
    "ARRAY(SELECT a.id FROM held JOIN meeting m ON m.batch_id = held.id JOIN assessment a ON a.meeting_id = m.id)"
)
_COUNTED = counted_of("$1", _QUIZZES, as_shown=True)

_SCORES = f"""
WITH held AS MATERIALIZED (
    SELECT b.id, b.slug, b.title,
        EXISTS (SELECT FROM enrolment e WHERE e.batch_id = b.id AND e.account_id = $1 AND e.state = 'active') AS is_mine
    FROM batch b WHERE b.slug = $2
), graded AS (
    SELECT k.meeting_id, round(avg(g.grade), 2) AS mean FROM held JOIN meeting m ON m.batch_id = held.id
    JOIN assignment k ON k.meeting_id = m.id JOIN grade g ON g.assignment_id = k.id AND g.account_id = $1
    GROUP BY k.meeting_id
), tested AS (
    SELECT q.meeting_id, round(avg(counted.score), 2) AS mean FROM ({_COUNTED}) AS counted
    JOIN assessment q ON q.id = counted.id GROUP BY q.meeting_id
)
SELECT held.slug AS batch_slug, held.title AS batch_title, held.is_mine, m.uuid, m.title, m.start_at,
    graded.mean AS assignment_avg, tested.mean AS quiz_avg
FROM held LEFT JOIN meeting m ON m.batch_id = held.id AND held.is_mine
LEFT JOIN graded ON graded.meeting_id = m.id LEFT JOIN tested ON tested.meeting_id = m.id
ORDER BY m.start_at, m.id LIMIT $3
"""  # noqa: S608 - our own text


async def teacher(actor: Actor) -> TeacherView:
    """What the actor teaches. One statement."""
    found = await db.row(_TEACHER, actor.person_id, UPCOMING)
    values = dict(found or {})
    upcoming = msgspec.json.decode(values.pop("upcoming"), type=list[ComingMeeting])
    return TeacherView(**values, upcoming=upcoming)


async def student(actor: Actor) -> StudentView:
    """What the actor learns. One statement.

    Progress is that of each of their batches, on average. Due is what is not handed in: assignments that end, and
    quizzes that open or close, within seven days.
    """
    found = await db.row(_STUDENT, actor.person_id, SOON_DAYS)
    values = dict(found or {})
    standings = list(zip(values.pop("done"), values.pop("totals"), strict=True))
    return StudentView(**values, avg_progress=rules.mean_progress(standings))


async def score_progress(actor: Actor, slug: str) -> ScoreProgress:
    """The actor's scores in a batch of theirs: grades, and of each quiz that shows it the attempt that counts.

    One statement.

    A thousand meetings at most.

    Raises: BatchNotFound, NotEnrolled.
    """
    rows = await db.fetch(_SCORES, actor.person_id, slug, MAX_WHOLE)
    if not rows:
        raise BatchNotFound(ref=slug)
    if not rows[0]["is_mine"]:
        raise NotEnrolled
    meetings = [db.view(MeetingScore, row) for row in rows if row["uuid"] is not None]
    return ScoreProgress(batch_slug=rows[0]["batch_slug"], batch_title=rows[0]["batch_title"], meetings=meetings)
