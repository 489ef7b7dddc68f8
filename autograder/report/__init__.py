"""What comes out of grading: one file per student, one table per class, and what the terminal shows."""
