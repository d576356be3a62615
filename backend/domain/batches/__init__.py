"""Cohorts of a course: their days, groups, seats, meetings, teachers and materials."""
