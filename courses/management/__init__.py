"""Commands for authors. Begin with `commands.course`; the tutor extends it by two actions."""
