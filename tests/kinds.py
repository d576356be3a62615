"""A question of each kind, with an answer that is right and one that is wrong."""

from collections.abc import Callable
from decimal import Decimal

import msgspec

from backend.core.actor import SYSTEM
from backend.domain.assessments import answers, keys
from backend.domain.assessments import question_commands as editing
from backend.domain.assessments.answers import Answer
from backend.domain.assessments.drafts import QuestionDraft
from backend.domain.assessments.keys import Key
from tests.quizzes import CANARY, QuizRow, a_quiz, choices

D = Decimal


def _targets() -> keys.MatchingKey:
    targets = tuple(keys.Target(text=text) for text in ("Rome", "Paris", "Bern"))
    stems = tuple(keys.Stem(text=text, target=targets[at].uuid) for at, text in enumerate(("Italy", "France")))
    return keys.MatchingKey(stems=stems, targets=targets)


def _blanks() -> keys.BlanksKey:
    return keys.BlanksKey(
        gaps=(
            keys.Gap(key=keys.ShortTextKey(accepted=(keys.AcceptedText(text="Depok"),))),
            keys.Gap(key=keys.SingleChoiceKey(options=choices("AB"))),
        )
    )


KEYS: dict[str, Key] = {
    "single_choice": keys.SingleChoiceKey(options=choices("ABC")),
    "true_false": keys.TrueFalseKey(options=choices("AB")),
    "multiple_response": keys.MultipleResponseKey(options=choices("ABC", right="AB")),
    "short_text": keys.ShortTextKey(accepted=(keys.AcceptedText(text="Jak*", feedback=CANARY),)),
    "numeric": keys.NumericKey(
        accepted=(keys.AcceptedNumber(value=D("12.5"), tolerance=D("0.1")),), units=(keys.Unit(name="km"),)
    ),
    "matching": _targets(),
    "ordering": keys.OrderingKey(items=tuple(keys.Item(text=text) for text in ("one", "two", "three", "four"))),
    "blanks": _blanks(),
    "essay": keys.EssayKey(
        rubric=(
            keys.Criterion(
                text="Clear", levels=(keys.Level(text="no", points=D(0)), keys.Level(text="yes", points=D(2)))
            ),
            keys.Criterion(
                text="True", levels=(keys.Level(text="no", points=D(0)), keys.Level(text="yes", points=D(2)))
            ),
        ),
        notes=CANARY,
    ),
    "speaking": keys.SpeakingKey(notes=CANARY, max_s=60),
}

RIGHT: dict[str, Callable[..., Answer]] = {
    "single_choice": lambda key: answers.SingleChoiceAnswer(option=key.options[0].uuid),
    "true_false": lambda key: answers.TrueFalseAnswer(option=key.options[0].uuid),
    "multiple_response": lambda key: answers.MultipleResponseAnswer(options=tuple(o.uuid for o in key.options[:2])),
    "short_text": lambda _: answers.ShortTextAnswer(text=" JAKARTA "),
    "numeric": lambda _: answers.NumericAnswer(text="12,45 km"),
    "matching": lambda key: answers.MatchingAnswer(pairs={stem.uuid: stem.target for stem in key.stems}),
    "ordering": lambda key: answers.OrderingAnswer(items=tuple(item.uuid for item in key.items)),
    "blanks": lambda key: answers.BlanksAnswer(
        gaps={key.gaps[0].uuid: "depok", key.gaps[1].uuid: str(key.gaps[1].key.options[0].uuid)}
    ),
    "essay": lambda _: answers.EssayAnswer(text="Because."),
}

WRONG: dict[str, Callable[..., Answer]] = {
    **RIGHT,
    "single_choice": lambda key: answers.SingleChoiceAnswer(option=key.options[1].uuid),
    "true_false": lambda key: answers.TrueFalseAnswer(option=key.options[1].uuid),
    "multiple_response": lambda key: answers.MultipleResponseAnswer(options=tuple(o.uuid for o in key.options)),
    "short_text": lambda _: answers.ShortTextAnswer(text="Bandung"),
    "numeric": lambda _: answers.NumericAnswer(text="12"),
    "matching": lambda key: answers.MatchingAnswer(pairs={stem.uuid: key.targets[2].uuid for stem in key.stems}),
    "ordering": lambda key: answers.OrderingAnswer(items=tuple(key.items[at].uuid for at in (1, 2, 3, 0))),
    "blanks": lambda key: answers.BlanksAnswer(gaps={key.gaps[0].uuid: "Bogor"}),
}


def a_text(kind: str) -> str:
    """The text of a question of a kind."""
    return "Where [[1]] and which [[2]]?" if kind == "blanks" else f"A question of {kind}"


async def a_quiz_of(*kinds: str, points: str = "1", **plan: object) -> QuizRow:
    """A quiz with a question of each of these kinds."""
    quiz = await a_quiz(points=(), **plan)
    for kind in kinds:
        draft = QuestionDraft(text=a_text(kind), key=KEYS[kind], points=D(points), explanation=CANARY)
        quiz.questions.append(await editing.add_question(SYSTEM, quiz.view.id, draft))
    return quiz


def sent(answer: Answer) -> object:
    """An answer as it goes on the wire."""
    return msgspec.to_builtins(answer)
