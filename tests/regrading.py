"""Quizzes that were taken, and whose keys are mended."""

import msgspec

from backend.core.actor import SYSTEM
from backend.domain.assessments import question_commands as editing
from backend.domain.assessments.drafts import KeyChange
from backend.domain.attempts import commands as attempts
from tests.background import drain
from tests.people import Person
from tests.quizzes import QuizRow, an_attempt, choices, save


async def sat(quiz: QuizRow, person: Person, *, right: tuple[bool, ...], enrolled: bool = False) -> int:
    """A graded attempt; question n was answered with its first option (right), or its second."""
    attempt = await an_attempt(quiz, person.actor, enrolled=enrolled)
    for number, is_right in enumerate(right):
        await save(quiz, attempt, person.actor, number, right=is_right)
    await attempts.submit_attempt(person.actor, attempt.id)
    await drain()
    return attempt.id


async def mend(quiz: QuizRow, number: int = 0, right: str = "B") -> None:
    """Let another option of a question be the right one."""
    key = quiz.questions[number].key
    options = tuple(
        msgspec.structs.replace(option, fraction=new.fraction)
        for option, new in zip(key.options, choices("ABC", right), strict=True)
    )
    await editing.change_key(
        SYSTEM, quiz.view.id, quiz.questions[number].uuid, KeyChange(key=msgspec.structs.replace(key, options=options))
    )
