"""The leak gate: whether what the tutor says solves the step, found out by running it. Pure.

A text leaks if what it says, put into the student's program in any likely way, makes the step's
cases pass. `pieces` cuts an answer that grows into what may be shown at once and what is judged
first; `judge` asks for programs to be run, and decides. It imports `courses` only: who runs the
programs, and where, is `session`'s and `management`'s to know. Begin with `judge.Judge`.
"""
