"""Settings, from the environment. A checkout runs as it is; README.md has the table.

Without REDIS_URL everything lives in one process: SQLite, an in-memory channel layer, an in-memory
broker and a Celery worker in a thread (`EMBEDDED`). Without OPENAI_API_KEY and OPENAI_BASE_URL the
tutor's model is the local emulator (`USES_EMULATOR`).
"""

import os
import secrets
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured

from sandbox import languages

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

# Everything the embedded default writes: database, secret key. Never committed.
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var")))
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)


def persistent_secret(path: Path) -> str:
    """The secret in `path`; made on first use, readable by its owner only."""
    try:
        with path.open("x") as file:
            path.chmod(0o600)
            file.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    return path.read_text().strip()


def switch(name: str, text: str) -> bool:
    """True if a setting is on; off where it is empty. A word that is neither is no setting: read
    as "off" it would take away what it was to bring."""
    match text.strip().lower():
        case "true" | "yes" | "on" | "1":
            return True
        case "" | "false" | "no" | "off" | "0":
            return False
    raise ImproperlyConfigured(f"{name} is {text!r}. It may be true or false.")


def number_or_none(name: str, text: str) -> int | None:
    """The number of a setting; None where it is empty, as compose.yaml passes what is not set."""
    if not text.strip():
        return None
    try:
        return int(text)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {text!r}. It may be a whole number.") from None


def sqlite_options() -> dict[str, Any]:
    """Options by which many threads write one SQLite file without «database is locked».

    Writers take the lock when they begin (IMMEDIATE) and wait for it; WAL lets readers pass.
    """
    return {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }


# Django ----------------------------------------------------------------------------------------

DEBUG = switch("DEBUG", env.str("DEBUG", default=""))
SECRET_KEY = env.str("SECRET_KEY", default="") or persistent_secret(DATA_DIR / "secret-key")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
# Browsers send origins in small letters.
CSRF_TRUSTED_ORIGINS = [origin.lower() for origin in env.list("CSRF_TRUSTED_ORIGINS", default=[])]
ROOT_URLCONF = "tutor.urls"
ASGI_APPLICATION = "tutor.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_TZ = True

INSTALLED_APPS = [
    "tutor",
    "courses",
    "sandbox",
    "channels",
    "django_vite",
    "csp",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tutor.web.middleware.ResponseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "lessons"
LOGOUT_REDIRECT_URL = "login"
AUTHENTICATION_BACKENDS = ["tutor.identity.login.Backend"]
PASSWORD_HASHERS = ["tutor.identity.hashing.BoundedHasher"]
# Passwords that one process hashes at a time; a core is left to serve everybody else.
PASSWORDS_AT_A_TIME = env.int("PASSWORDS_AT_A_TIME", default=max(1, (os.cpu_count() or 2) - 1))
# Attempts to log in that one address may make at once: a class may have one in common.
LOGIN_ATTEMPTS_PER_ADDRESS = env.int("LOGIN_ATTEMPTS_PER_ADDRESS", default=100)
# A school day and the homework after it, and no longer than the browser is open: the next day
# somebody else may sit there.
SESSION_ENGINE = "tutor.identity.sessions"
SESSION_COOKIE_AGE = round(env.float("SESSION_HOURS", default=12) * 3600)
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Behind TLS every cookie is for TLS only, and every page of ours comes by it.
HTTPS = switch("HTTPS", env.str("HTTPS", default=""))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
# For so long a browser that was here takes no page of ours without TLS. A day can be waited for if
# TLS has to go; set more once all is well.
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=86_400 if HTTPS else 0)
# Proxies before us that say in X-Forwarded-For whom they have seen; from others it is not believed.
PROXIES = env.int("PROXIES", default=1 if HTTPS else 0)
# No form of ours holds more. What a server reads is bounded in tutor/serving/bounds.py.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 5

# CodeMirror writes its theme into <style> elements, hence the one exception.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}

# Database --------------------------------------------------------------------------------------

DATABASES = {
    "default": env.db_url_config(
        env.str("DATABASE_URL", default="") or f"sqlite:///{DATA_DIR / 'tutor.sqlite3'}"
    ),
}
DATABASES["default"] |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = sqlite_options()
    # Threads must share the test database, which one in memory does not allow.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
else:
    # Seconds until a server that does not answer counts as down: libpq itself waits for minutes.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 3)

# How many database calls of one web process run at a time; each has a connection.
DATABASE_THREADS = env.int("DATABASE_THREADS", default=8)

# Channels and Celery ---------------------------------------------------------------------------

REDIS_URL = env.str("REDIS_URL", default="")
EMBEDDED = not REDIS_URL

# Seconds after which a Redis that does not answer counts as down.
REDIS_TIMEOUT_S = 2.0

if EMBEDDED:
    CHANNEL_LAYERS: dict[str, Any] = {"default": {"BACKEND": "tutor.serving.layer.ThreadSafeLayer"}}
    CELERY_BROKER_URL = "memory://localhost/"
    # Kombu's in-memory broker looks for work once a second unless told otherwise.
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {"polling_interval": 0.002}
else:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            # With a socket time-out an idle consumer dies after it (channels_redis#422).
            "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": None}]},
        },
    }
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "socket_connect_timeout": REDIS_TIMEOUT_S,
        "socket_timeout": REDIS_TIMEOUT_S,
        # A refused connection is tried again for so long; one that hangs takes the time-out above.
        "connect_retries_timeout": REDIS_TIMEOUT_S / 4,
        "interval_start": 0.1,  # kombu would wait for 2 s before it tries again
        "interval_step": 0,
        # A worker killed in a run: its task is delivered again after about 12 s, not 104.
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
        "visibility_timeout": env.int("CELERY_VISIBILITY_TIMEOUT_S", default=120),
    }

CELERY_TASK_IGNORE_RESULT = True
# Celery would close the database's connection before and after each run; the task looks after it.
CELERY_DB_REUSE_MAX = 2**31
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_TIMEOUT = REDIS_TIMEOUT_S
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# A run to which somebody may type is sent to "typing" instead (sandbox/states.py).
CELERY_TASK_ROUTES = {"sandbox.*": {"queue": "sandbox"}}

# The tutor's model -----------------------------------------------------------------------------

OPENAI_API_KEY = env.str("OPENAI_API_KEY", default="")
OPENAI_BASE_URL = env.str("OPENAI_BASE_URL", default="")
OPENAI_MODEL = env.str("OPENAI_MODEL", default="gpt-6-astra")
EMULATOR_PORT = env.int("EMULATOR_PORT", default=8765)
USES_EMULATOR = not OPENAI_API_KEY and not OPENAI_BASE_URL
# Only in a demo may somebody log in with a password that everybody knows (tutor/identity/demo.py).
IS_DEMO = USES_EMULATOR and not HTTPS
if USES_EMULATOR:
    OPENAI_BASE_URL = f"http://127.0.0.1:{EMULATOR_PORT}/v1"
    OPENAI_API_KEY = "emulator"
elif not OPENAI_BASE_URL:
    OPENAI_BASE_URL = "https://api.openai.com/v1"
elif not OPENAI_API_KEY:
    # A school's own gateway may not ask for a key; the SDK wants one all the same.
    OPENAI_API_KEY = "none"

# How the model is asked; what is empty is not sent. tutor/method/options.py says what may stand
# here, and what a course may choose; tutor/checks.py refuses what may not.
MODEL_OPTIONS: dict[str, Any] = {
    "reasoning_effort": env.str("OPENAI_REASONING_EFFORT", default=""),
    "verbosity": env.str("OPENAI_VERBOSITY", default=""),
    "max_answer_tokens": env.int("OPENAI_MAX_ANSWER_TOKENS", default=0),
    "reasoning_tokens": number_or_none(
        "OPENAI_REASONING_TOKENS", env.str("OPENAI_REASONING_TOKENS", default="")
    ),
    "runs_per_turn": env.int("RUNS_PER_TURN", default=6),
    "service_tier": env.str("OPENAI_SERVICE_TIER", default=""),
    "cache_ttl": env.str("OPENAI_CACHE_TTL", default=""),
    "cache_mode": env.str("OPENAI_CACHE_MODE", default=""),
    "cache_retention": env.str("OPENAI_CACHE_RETENTION", default=""),
}
# In which role the model is told the facts of a step; see docs/models.md. tutor/checks.py refuses
# what is none.
MODEL_FACTS_ROLE = env.str("MODEL_FACTS_ROLE", default="") or "developer"
# What would solve a step is kept from the student (on), only noted (log), or not looked for (off).
LEAK_GATE = env.str("LEAK_GATE", default="") or "on"
# What a million tokens cost, and in what: see tutor/method/pricing.py.
OPENAI_PRICES = env.str("OPENAI_PRICES", default="")
CURRENCY = env.str("CURRENCY", default="USD")

# The API ends a socket after 60 minutes; we open the next one before, between two answers.
UPSTREAM_ROTATE_S = env.float("UPSTREAM_ROTATE_MINUTES", default=55) * 60
# A student who has not asked for so long has no socket; the next question opens one.
UPSTREAM_IDLE_S = env.float("UPSTREAM_IDLE_MINUTES", default=20) * 60
# How many questions one process has with the model at a time; all others wait in line.
UPSTREAM_CONCURRENT = env.int("UPSTREAM_CONCURRENT", default=500)
# How many questions a student may ask in a minute; 0 for any number.
QUESTIONS_PER_MINUTE = env.int("QUESTIONS_PER_MINUTE", default=20)
# A dialogue of more tokens is compacted after the turn.
COMPACT_AT_TOKENS = env.int("COMPACT_AT_TOKENS", default=150_000)
# The model's context window; 0 if it is not known. See tutor/upstream/context.py.
OPENAI_CONTEXT_TOKENS = env.int("OPENAI_CONTEXT_TOKENS", default=0)
# How often a silent browser is asked whether it is still there; it has as long to answer.
PING_S = env.float("PING_SECONDS", default=20)
# On SIGTERM: how long a turn that is on may take before it is handed over.
DRAIN_S = env.float("DRAIN_SECONDS", default=8)

# The sandbox -----------------------------------------------------------------------------------

SANDBOX_IMAGE = env.str("SANDBOX_IMAGE", default="tutor-sandbox")
# A setting of earlier releases, which is refused: sandbox.E007 says so.
SANDBOX_RUNTIME_IS_SET = bool(env.ENVIRON.get("SANDBOX_RUNTIME"))
# How many programs one worker runs at a time.
SANDBOX_CONCURRENCY = env.int("SANDBOX_CONCURRENCY", default=4)
# Until the next release the setting below may have its old name; sandbox.W001 says so.
SANDBOX_OLD_NAME = "SANDBOX_TYPISTS"
SANDBOX_OLD_NAME_IS_USED = SANDBOX_OLD_NAME in env.ENVIRON
# How many more it runs at a time to which somebody may type: they mostly wait.
SANDBOX_INTERACTIVE_CONCURRENCY = env.int(
    "SANDBOX_INTERACTIVE_CONCURRENCY", default=env.int(SANDBOX_OLD_NAME, default=24)
)
# How many series of programs one worker has open at a time, each for a turn of a student's.
SANDBOX_JUDGING_CONCURRENCY = env.int("SANDBOX_JUDGING_CONCURRENCY", default=24)
# How many containers it keeps warm for them, of each language of which it keeps any.
SANDBOX_JUDGING_POOL_SIZE = env.int("SANDBOX_JUDGING_POOL_SIZE", default=2)
# Seconds after which a run whose worker does not say that it is still at it counts as lost, where
# nobody can see whether the worker lives. It says so twice a second.
SANDBOX_LEASE_S = env.float("SANDBOX_LEASE_SECONDS", default=5)
# How many containers one worker keeps warm, by language (sandbox/languages.py).
SANDBOX_POOL_SIZES = {
    language.name: env.int(
        language.pool_setting, default=SANDBOX_CONCURRENCY if language is languages.DEFAULT else 0
    )
    for language in languages.LANGUAGES.values()
    if language.pool_setting
}

# Static files ----------------------------------------------------------------------------------

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "tutor" / "classroom" / "dist"]
WHITENOISE_USE_FINDERS = True
# Vite puts a hash into the names of what it builds: browsers may keep it for good.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/assets/.+-[\w-]{8}\.\w+$"
DJANGO_VITE = {
    "default": {
        "manifest_path": BASE_DIR / "tutor" / "classroom" / "dist" / "manifest.json",
    },
}
