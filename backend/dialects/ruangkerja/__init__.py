"""Ruangkerja's contract over our courses and batches: batches of a course, courses, and who is in a batch."""
