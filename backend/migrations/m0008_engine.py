"""Questions of all kinds, what a quiz may be set to, overrides for one person, marks by hand, proof."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.core import db

ID = "2026-11-22T08:08:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The assessment engine"

ASSESSMENTS = """
ALTER TABLE assessment
    ADD COLUMN shuffles_questions boolean NOT NULL DEFAULT false,
    ADD COLUMN shuffles_options boolean NOT NULL DEFAULT false,
    ADD COLUMN is_sequential boolean NOT NULL DEFAULT false,
    ADD COLUMN pause_s integer NOT NULL DEFAULT 0 CHECK (pause_s >= 0),
    ADD COLUMN grace_s integer NOT NULL DEFAULT 5 CHECK (grace_s BETWEEN 0 AND 3600),
    ADD COLUMN counts varchar(16) NOT NULL DEFAULT 'best' CHECK (counts IN ('best', 'last', 'first', 'average')),
    ADD COLUMN pass_percent numeric(5, 2) CHECK (pass_percent BETWEEN 0 AND 100),
    ADD COLUMN show_answers varchar(16) NOT NULL DEFAULT 'after_submit',
    ADD COLUMN show_verdicts varchar(16) NOT NULL DEFAULT 'never',
    ADD COLUMN show_points varchar(16) NOT NULL DEFAULT 'never',
    ADD COLUMN show_key varchar(16) NOT NULL DEFAULT 'never',
    ADD COLUMN show_feedback varchar(16) NOT NULL DEFAULT 'never',
    ADD CONSTRAINT assessment_shows CHECK (
        ARRAY[show_answers, show_verdicts, show_points, show_key, show_feedback]
        <@ ARRAY['after_submit', 'after_close', 'never']::varchar[]
    );
ALTER TABLE section ADD COLUMN draw integer CHECK (draw > 0);
"""

# a key holds all parts of its question; an option's row only gives the id by which an answer names it
QUESTIONS = """
ALTER TABLE question
    ADD COLUMN text_format varchar(16) NOT NULL DEFAULT 'plain' CHECK (text_format IN ('plain', 'markdown', 'html')),
    ADD COLUMN key jsonb,
    ADD COLUMN key_version integer NOT NULL DEFAULT 1,
    ADD COLUMN penalty numeric(8, 2) NOT NULL DEFAULT 0 CHECK (penalty >= 0),
    ADD COLUMN floor numeric(8, 2) CHECK (floor <= 0),
    ADD COLUMN feedback_right text NOT NULL DEFAULT '',
    ADD COLUMN feedback_wrong text NOT NULL DEFAULT '';
UPDATE question q SET
    key = jsonb_build_object('kind', q.kind, 'options', coalesce((
        SELECT jsonb_agg(jsonb_build_object('uuid', o.uuid, 'text', o.text,
            'fraction', CASE WHEN o.is_correct THEN '1' ELSE '0' END) ORDER BY o.position)
        FROM option o WHERE o.question_id = q.id), '[]')),
    key_version = (SELECT a.key_version FROM assessment a WHERE a.id = q.assessment_id);
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE question
    ALTER COLUMN key SET NOT NULL,
    ADD CONSTRAINT question_points CHECK (points >= 0),
    ADD CONSTRAINT question_kind CHECK (kind IN ('single_choice', 'true_false', 'multiple_response', 'short_text',
        'numeric', 'matching', 'ordering', 'blanks', 'essay', 'speaking')),
    ADD CONSTRAINT question_key_kind CHECK (key ->> 'kind' = kind);
ALTER TABLE option DROP COLUMN text, DROP COLUMN is_correct, DROP COLUMN position;
CREATE INDEX option_question ON option (question_id);
CREATE TABLE question_key (
    id bigserial PRIMARY KEY,
    question_id bigint NOT NULL REFERENCES question (id) ON DELETE CASCADE,
    version integer NOT NULL,
    key jsonb NOT NULL,
    points numeric(8, 2) NOT NULL,
    penalty numeric(8, 2) NOT NULL DEFAULT 0,
    floor numeric(8, 2),
    explanation text,
    feedback_right text NOT NULL DEFAULT '',
    feedback_wrong text NOT NULL DEFAULT '',
    changed_by bigint,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX question_key_once ON question_key (question_id, version);
INSERT INTO question_key (question_id, version, key, points, explanation, created_at)
    SELECT id, key_version, key, points, explanation, updated_at FROM question;
CREATE TRIGGER question_key_stays BEFORE UPDATE ON question_key FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""

ATTEMPTS = """
ALTER TABLE attempt
    ADD COLUMN seed bigint NOT NULL DEFAULT 0,
    ADD COLUMN question_ids bigint[],
    ADD COLUMN is_sequential boolean NOT NULL DEFAULT false,
    ADD COLUMN grace_s integer NOT NULL DEFAULT 5,
    ADD COLUMN closed_by_id bigint,
    ADD CONSTRAINT attempt_state CHECK (state IN ('open', 'submitted', 'marking', 'graded')),
    ADD CONSTRAINT attempt_closed_by CHECK (closed_by IN ('student', 'clock', 'staff')),
    ADD CONSTRAINT attempt_sequence CHECK (NOT is_sequential OR question_ids IS NOT NULL);
CREATE INDEX attempt_marking ON attempt (assessment_id, submitted_at) WHERE state = 'marking';
ALTER TABLE answer
    ALTER COLUMN option_id DROP NOT NULL,
    ADD COLUMN value jsonb,
    ADD CONSTRAINT answer_one_way CHECK (num_nonnulls(option_id, value) = 1);
ALTER TABLE answer_log
    ALTER COLUMN option_id DROP NOT NULL,
    ALTER COLUMN option_id DROP DEFAULT,
    ADD COLUMN value jsonb,
    ADD COLUMN refusal varchar(16) CHECK (refusal IN ('late', 'closed'));
CREATE TABLE quiz_override (
    id bigserial PRIMARY KEY,
    uuid uuid NOT NULL DEFAULT uuidv7() UNIQUE,
    assessment_id bigint NOT NULL REFERENCES assessment (id) ON DELETE CASCADE,
    account_id bigint NOT NULL REFERENCES account (id) ON DELETE RESTRICT,
    extra_s integer NOT NULL DEFAULT 0 CHECK (extra_s BETWEEN 0 AND 604800),
    time_factor numeric(4, 2) NOT NULL DEFAULT 1 CHECK (time_factor BETWEEN 1 AND 10),
    extra_attempts integer NOT NULL DEFAULT 0 CHECK (extra_attempts BETWEEN 0 AND 1000),
    opens_at timestamptz,
    closes_at timestamptz,
    note text NOT NULL DEFAULT '',
    created_by bigint,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT quiz_override_period CHECK (closes_at > opens_at)
);
CREATE UNIQUE INDEX quiz_override_once ON quiz_override (assessment_id, account_id);
CREATE INDEX quiz_override_account ON quiz_override (account_id);
"""

GRADING = """
ALTER TABLE result
    ADD COLUMN marks jsonb,
    ADD CONSTRAINT result_counts CHECK (correct_answers >= 0 AND wrong_answers >= 0
        AND correct_answers + wrong_answers = total_questions),
    ADD CONSTRAINT result_points CHECK (points >= 0);
CREATE TABLE hand_mark (
    id bigserial PRIMARY KEY,
    attempt_id bigint NOT NULL REFERENCES attempt (id) ON DELETE RESTRICT,
    question_id bigint NOT NULL REFERENCES question (id) ON DELETE RESTRICT,
    points numeric(10, 4) NOT NULL CHECK (points >= 0),
    levels jsonb,
    feedback text NOT NULL DEFAULT '',
    marked_by bigint,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX hand_mark_latest ON hand_mark (attempt_id, question_id, id);
CREATE TRIGGER hand_mark_append_only BEFORE UPDATE OR DELETE ON hand_mark
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""

REVERSE = """
DROP TABLE hand_mark;
ALTER TABLE result DROP CONSTRAINT result_counts, DROP CONSTRAINT result_points, DROP COLUMN marks;
DROP TABLE quiz_override;
ALTER TABLE answer_log DROP COLUMN value, DROP COLUMN refusal;
ALTER TABLE answer DROP COLUMN value;
DROP INDEX attempt_marking;
ALTER TABLE attempt
    DROP CONSTRAINT attempt_state, DROP CONSTRAINT attempt_closed_by, DROP COLUMN seed, DROP COLUMN question_ids,
    DROP COLUMN is_sequential, DROP COLUMN grace_s, DROP COLUMN closed_by_id;
DROP TABLE question_key;
DROP INDEX option_question;
ALTER TABLE option
    ADD COLUMN text text NOT NULL DEFAULT '', ADD COLUMN is_correct boolean NOT NULL DEFAULT false,
    ADD COLUMN position integer NOT NULL DEFAULT 0;
UPDATE option o SET text = e.value ->> 'text', is_correct = e.value ->> 'fraction' = '1', position = e.ordinality
    FROM question q, jsonb_array_elements(q.key -> 'options') WITH ORDINALITY AS e
    WHERE q.id = o.question_id AND e.value ->> 'uuid' = o.uuid::text;
ALTER TABLE option ADD CONSTRAINT option_position UNIQUE (question_id, position) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE question
    DROP CONSTRAINT question_points, DROP CONSTRAINT question_kind, DROP CONSTRAINT question_key_kind,
    DROP COLUMN text_format, DROP COLUMN key, DROP COLUMN key_version, DROP COLUMN penalty, DROP COLUMN floor,
    DROP COLUMN feedback_right, DROP COLUMN feedback_wrong;
ALTER TABLE section DROP COLUMN draw;
ALTER TABLE assessment
    DROP COLUMN shuffles_questions, DROP COLUMN shuffles_options, DROP COLUMN is_sequential, DROP COLUMN pause_s,
    DROP COLUMN grace_s, DROP COLUMN counts, DROP COLUMN pass_percent, DROP COLUMN show_answers,
    DROP COLUMN show_verdicts, DROP COLUMN show_points, DROP COLUMN show_key, DROP COLUMN show_feedback;
"""


async def forwards() -> MigrationManager:
    """Add them; what was right about each option moves into the key of its question."""
    manager = MigrationManager(migration_id=ID, app_name="lulus", description=DESCRIPTION)

    async def run() -> None:
        for part in (ASSESSMENTS, QUESTIONS, ATTEMPTS, GRADING):
            await db.script(part)

    async def run_backwards() -> None:
        await db.script(REVERSE)

    manager.add_raw(run)
    manager.add_raw_backwards(run_backwards)
    return manager
