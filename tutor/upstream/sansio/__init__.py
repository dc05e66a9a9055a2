"""What the upstream decides, without I/O: no asyncio, no clock, no network, no Django.

Here belong the protocol's words (`parse`, `items`, `causes`,
`optional_fields`, `usage`, `sse`), what is made of a response
(`output`, `responses`), what is asked instead of what was refused (`recovery`, `length`), and the
states of the link (`link`). May import `tutor.turn.history`, `tutor.method` and `tutor.protocol`,
and the standard library as far as it does nothing. Begin with `link`.
"""
