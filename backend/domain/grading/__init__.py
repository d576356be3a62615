"""Scores and grades: by machine, by hand, by spreadsheet."""
