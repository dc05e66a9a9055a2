"""What the scripted tutor says, in English. Nothing here mends a program. Pure.

Functions put in the student's own lines, calls of the lesson, and values; nothing else is code.
Another language is another package with the same names.
"""
