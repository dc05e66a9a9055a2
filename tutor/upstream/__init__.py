"""The way to the model: the only package that knows OpenAI's SDK and the words of its protocol."""

from tutor.upstream.socket import Upstream

__all__ = ["Upstream"]
