"""The doors that courses use: grades into Canvas, Moodle or a table, and grading inside Gradescope."""
