"""The way to the model: the only package that knows OpenAI's SDK and the words of its protocol.

Imports `tutor.turn.history`, `tutor.method` and `tutor.protocol`. Begin with `socket.Upstream`.
"""
