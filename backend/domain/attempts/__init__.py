"""One go of one person at an assessment: clock, answers, submission."""
