"""The way to the model: the only package that knows OpenAI's SDK and the words of its protocol.

`upstream.Upstream` asks questions, over a `socket.ReconnectingSocket` or over `http`; each is a
`request.PendingRequest` until its outcome. What decides without I/O has a room of its own,
`sansio`; here belongs only what needs the SDK, the loop, the clock or the log. Imports
`tutor.turn.history`, `tutor.method` and `tutor.protocol`. Begin with `upstream` and `sansio.link`.
"""
