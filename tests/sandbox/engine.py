"""A Docker engine of the tests' own, which may be killed: others work with the machine's."""

import contextlib
import signal
import subprocess
from contextlib import closing
from pathlib import Path

import docker
from docker.errors import APIError

from sandbox import container
from tests.polling import wait_until

# Seconds in which an engine answers, and in which it has ended.
START_S = 20
STOP_S = 40


CONTAINERD = """\
version = 2
root = "{folder}/containerd"
state = "{folder}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "{folder}/containerd.sock"
"""


class Engine:
    """An engine with a socket, a data folder and processes that nobody else has.

    As on a server, what holds the containers (containerd) is a process beside it and outlives it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = f"unix://{folder}/docker.sock"
        # Both by program; empty while nothing runs.
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Return when it answers. Needs root."""
        folder = self._folder
        (folder / "config.toml").write_text(CONTAINERD.format(folder=folder))
        self._run("containerd", f"--config={folder}/config.toml")
        self._run(
            "dockerd", f"--host={self.url}", f"--containerd={folder}/containerd.sock",
            f"--pidfile={folder}/pid", f"--data-root={folder}/data", f"--exec-root={folder}/exec",
            "--bridge=none", "--iptables=false", "--ip6tables=false",
        )  # fmt: skip
        wait_until(self._answers, START_S)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """SIGTERM ends the containers first; SIGKILL ends nothing but the engine."""
        self._end("dockerd", number)

    def close(self) -> None:
        """Leave nothing."""
        self._end("dockerd", signal.SIGTERM)
        self._end("containerd", signal.SIGTERM)
        # An engine that was killed has left what it had mounted.
        mounted = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
        for path in reversed(mounted):
            if path.startswith(f"{self._folder}/"):
                subprocess.run(["umount", "--lazy", path], check=True)

    def _run(self, program: str, *options: str) -> None:
        if program not in self._processes:
            with (self._folder / f"{program}.log").open("ab") as log:
                self._processes[program] = subprocess.Popen(
                    [program, *options], stdout=log, stderr=log
                )

    def _end(self, program: str, number: int) -> None:
        if process := self._processes.pop(program, None):
            process.send_signal(number)
            process.wait(STOP_S)

    def load(self, image: str) -> None:
        """Take over an image of the machine's engine."""
        with closing(container.connect()) as machine, closing(self._client()) as mine:
            mine.load_image(machine.get_image(image))  # type: ignore[no-untyped-call]

    def containers(self) -> list[str]:
        with closing(self._client()) as client:
            return [each["Names"][0].lstrip("/") for each in client.containers(all=True)]

    def kill_containers(self) -> None:
        """The busy ones and the idle ones."""
        with closing(self._client()) as client:
            for name in self.containers():
                with contextlib.suppress(APIError):  # it does not run: it was just used up
                    client.kill(name)

    def processes(self) -> int:
        """Its own and those of its containers."""
        parents = {}
        mine = set()
        for process in Path("/proc").glob("[0-9]*"):
            try:
                stat, command = (process / "stat").read_text(), (process / "cmdline").read_bytes()
            except OSError:
                continue
            parents[int(process.name)] = int(stat.rpartition(")")[2].split()[1])
            if str(self._folder).encode() in command:
                mine.add(int(process.name))
        while more := {pid for pid, parent in parents.items() if parent in mine} - mine:
            mine |= more
        return len(mine)

    def disk_bytes(self) -> int:
        """All that it stores; what its containers see of their image does not count twice."""
        command = ["du", "--one-file-system", "--summarize", "--block-size=1"]
        # A file that goes meanwhile makes du complain, with the right sum.
        told = subprocess.run([*command, self._folder / "data"], capture_output=True)
        return int(told.stdout.split()[0])

    def _answers(self) -> bool:
        for program, process in self._processes.items():
            assert process.poll() is None, (self._folder / f"{program}.log").read_text()[-2000:]
        try:
            container._check_socket(self.url)
            with closing(self._client()) as client:
                return bool(client.ping())
        except container.ENGINE_ERRORS:
            return False

    def _client(self) -> docker.APIClient:
        return docker.APIClient(base_url=self.url, version="1.41", timeout=60)
