"""What a container starts with."""

from inside.supervisor import main  # type: ignore[import-not-found]  # its name in the image

main()
