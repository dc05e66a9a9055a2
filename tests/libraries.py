"""What the fork server imports before any process is forked from it: see tests/forked.py.

Nothing of it may read settings, which each process has of its own, install Twisted's reactor, whose
files would be shared, or keep a fact of its process: sandbox.owner has its number.
"""

import importlib

LIBRARIES = (
    "django.core.management", "django.contrib.admin", "django.contrib.auth", "django.db.models",
    "django.core.management.commands.migrate", "django.db.backends.sqlite3.base", "psycopg",
    "channels.routing", "channels.auth", "channels.layers", "channels.generic.websocket",
    "channels_redis.core", "redis.asyncio", "structlog", "pydantic", "ruamel.yaml", "markdown_it",
    "celery.apps.worker", "celery.bin.celery", "celery.bin.worker", "celery.fixups.django",
    "celery.loaders.app", "celery.app.amqp", "celery.app.control", "celery.worker.consumer",
    "celery.contrib.django.task", "celery.concurrency.thread", "kombu.transport.redis",
    "kombu.transport.memory", "docker.api", "requests", "openai", "openai.types.responses",
    "websockets.asyncio.server", "websockets.asyncio.client", "h11", "opentelemetry.trace",
    "cryptography", "OpenSSL", "service_identity", "twisted.internet.base",
    "twisted.internet.endpoints", "twisted.internet.protocol", "twisted.internet.ssl",
    "twisted.web.http", "twisted.web.server", "txaio", "autobahn.websocket.protocol",
    "uvicorn.config", "uvicorn.lifespan.on", "uvicorn.protocols.websockets.websockets_sansio_impl",
    "courses.source", "tutor.emulator", "tutor.practice", "tutor.protocol.frames",
    "tutor.turn.rules",
)  # fmt: skip

for name in LIBRARIES:
    importlib.import_module(name)
