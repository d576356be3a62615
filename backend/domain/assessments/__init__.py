"""What is asked: assessments, sections, questions, options."""
