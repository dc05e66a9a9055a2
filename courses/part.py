"""What all parts of the course format have in common."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of the format: no unknown keys, no conversions, no changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
