"""How this contract shows analyses of quizzes. Ours, not the contract's."""

from backend.core.dates import Lang
from backend.domain.grading.analysis_words import WORDS
from backend.domain.grading.item_analysis import FEW, Analysis


class AnalysisOut(Analysis, frozen=True, kw_only=True):
    """An analysis with what must be said of it in words, if anything."""

    notes: list[str]

    @classmethod
    def of(cls, found: Analysis, *, lang: Lang) -> "AnalysisOut":
        """In the reader's language."""
        notes = [WORDS[lang]["few"].format(few=FEW)] if found.quiz.is_few else []
        notes += [] if found.quiz.is_complete else [WORDS[lang]["partial"]]
        return cls(**{name: getattr(found, name) for name in Analysis.__struct_fields__}, notes=notes)
