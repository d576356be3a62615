"""Data for Kolibri, by its own ORM: `python -m bench.peer_kolibri` in the peers' environment, Kolibri's settings in the
environment. It prints the four addresses that are asked for, as JSON.

One facility and its administrator (made by `kolibri manage provisiondevice` before); classes with learners; a channel
of topics with exercises; a quiz with questions for a class; each learner of it has tried it once.
"""

import json
import sys
import uuid

from kolibri.main import initialize

initialize()

from django.utils import timezone  # noqa: E402 - Django's models exist once Kolibri is initialised
from kolibri.core.auth.models import Classroom, Facility, FacilityUser  # noqa: E402
from kolibri.core.content.models import ChannelMetadata, ContentNode  # noqa: E402
from kolibri.core.exams.models import Exam, ExamAssignment  # noqa: E402
from kolibri.core.logger.models import AttemptLog, ContentSessionLog, ContentSummaryLog, MasteryLog  # noqa: E402

CLASSES, LEARNERS, TOPICS, QUESTIONS = 10, 10, 20, 10


def _channel() -> str:
    """A channel of topics; gives the id of one."""
    channel, root = uuid.uuid4().hex, uuid.uuid4().hex
    about = {"channel_id": channel, "available": True}
    top = ContentNode.objects.create(id=root, title="Courses", content_id=root, kind="topic", **about)
    for number in range(TOPICS):
        name = uuid.uuid4().hex
        text = "What it is about. " * 10
        ContentNode.objects.create(
            id=name, title=f"Course {number}", description=text, content_id=name, kind="topic", parent=top, **about
        )
    ChannelMetadata.objects.create(id=channel, name="Courses", root=top, min_schema_version="1")
    return name


def _quiz(room: Classroom, creator: FacilityUser) -> Exam:
    questions = [
        {"exercise_id": uuid.uuid4().hex, "question_id": uuid.uuid4().hex, "title": f"Question {number}",
         "counter_in_exercise": number}
        for number in range(1, QUESTIONS + 1)
    ]  # fmt: skip
    section = {"section_title": "Section", "description": "", "questions": questions}
    exam = Exam.objects.create(
        title="Quiz", collection=room, creator=creator, active=True, question_sources=[section], data_model_version=3
    )
    ExamAssignment.objects.create(exam=exam, collection=room, assigned_by=creator)
    return exam


def _try(exam: Exam, learner: FacilityUser) -> None:
    """A finished try at a quiz with its answers."""
    at = timezone.now()
    about = {"content_id": exam.id, "channel_id": None, "start_timestamp": at, "kind": "quiz", "user": learner}
    summary = ContentSummaryLog.objects.create(progress=1, **about)
    session = ContentSessionLog.objects.create(**about)
    tried = MasteryLog.objects.create(
        user=learner, summarylog=summary, start_timestamp=at, completion_timestamp=at, mastery_level=-1, complete=True,
        mastery_criterion={"type": "quiz", "coach_assigned": True},
    )  # fmt: skip
    for question in exam.get_questions():
        AttemptLog.objects.create(
            user=learner, masterylog=tried, sessionlog=session, start_timestamp=at, end_timestamp=at,
            item=f"{question['exercise_id']}:{question['question_id']}", correct=1, complete=True,
        )  # fmt: skip


def main() -> None:
    facility = Facility.objects.get()
    admin = FacilityUser.objects.get(username="bench")
    node = _channel()
    rooms = [Classroom.objects.create(name=f"Class {number}", parent=facility) for number in range(CLASSES)]
    exam = _quiz(rooms[0], admin)
    tried = []
    for number in range(LEARNERS):
        learner = FacilityUser.objects.create(
            username=f"learner{number}", full_name="A learner", facility=facility, password="-"
        )
        rooms[0].add_member(learner)
        _try(exam, learner)
        tried.append(learner.id)
    addresses = {
        "course page": f"/api/content/contentnode/{node}/",
        "batch list": "/api/auth/classroom/",
        "question paper": f"/api/exams/exam/{exam.id}/",
        "results": f"/api/logger/masterylog/?content={exam.id}&user={tried[0]}",
    }
    found = {"addresses": addresses, "facility": facility.id}
    sys.stdout.write("\n" + json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
