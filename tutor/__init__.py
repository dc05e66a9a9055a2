"""The Django project, and the app that talks with students. Its rooms are in ARCHITECTURE.md.

Here stand only the modules that Django or a server looks for by name, and two that all rooms use:
`database` and `telemetry`.
"""
