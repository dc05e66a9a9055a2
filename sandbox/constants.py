"""Names and numbers that all who handle runs share: states, queues, the lease of a claim."""

QUEUED = "queued"
RUNNING = "running"
# The names of the queues. A program to which somebody may type holds a thread for as long as that
# takes, and a series of programs for as long as a turn; each have a queue, and threads, of their
# own.
COMPUTING = "sandbox"
INTERACTIVE = "typing"
JUDGING = "judging"
QUEUES = (COMPUTING, INTERACTIVE, JUDGING)
# Seconds after which a series ends that is asked for nothing.
SERIES_IDLE_S = 30.0
# Seconds beyond its program's own limit in which a worker that works has ended a run: in which a
# container is found for it and the result is stored.
AROUND_RUN_S = 30.0
# Seconds for which nobody takes a run before the queue is not believed to hold it any more.
STUCK_S = 15.0
# A run is lost to its queue that has waited so many seconds while runs have begun that were handed
# over this much later: workers take them in order, but for those that one has at hand.
OVERTAKEN_S = 15.0
CLEARLY_S = 2.0
# Seconds after which an interactive run ends whose pages have gone; one that is there says so every
# few seconds.
WATCHED_S = 30.0
WATCH_S = 5.0
# Seconds for which a worker counts as there that has not said so again; it does so more often.
WORKER_LEASE_S = 15.0
WORKER_RENEW_S = 5.0
# A run that has cost its worker's life this many times is not tried again.
MAX_CLAIMS = 2

SERIES_LOST = "The sandbox was restarted while programs were tried."
LEFT = "The program was ended: its page was closed, and nobody came back."
ABANDONED = "The sandbox was restarted while the program ran. Run it again."

# The task that a worker executes, by the name under which it is queued.
EXECUTE = "sandbox.execute"
