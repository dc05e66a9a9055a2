"""The image that programs run in: Dockerfile, seccomp profile, and how it is built."""
