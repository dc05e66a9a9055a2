"""A row of the tables of broken files."""

# What is wrong; in which file; what is put in the place of what (None: of the whole file); what
# `read` says.
Row = tuple[str, str, str | None, str | bytes, list[str]]
