"""Programs that search everything in their reach for what other cases were asked or have answered.

A canary is `kanari-` and 16 hexadecimal digits, several times in a row: what is freed loses its
beginning. Each program prints a line of JSON, {"found": the canaries, "others": what else should
not be there}, and then leaves its own canaries wherever it can.
"""

PYTHON = r"""
import ctypes, gc, json, os, re, sys, threading, time

PATTERN = re.compile(rb"kanari-[0-9a-f]{16}")
FOLDERS = ("/tmp", "/dev", "/run", "/var", "/home", "/srv", "/mnt", "/etc")
libc = ctypes.CDLL(None)


def attempt(action, *arguments):
    try:
        return action(*arguments)
    except BaseException:
        return None


def read(path, most=1 << 20):
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        return os.read(fd, most)
    finally:
        os.close(fd)


def frames():
    frame = sys._getframe()
    while frame:
        yield repr(frame.f_locals).encode()
        frame = frame.f_back
    for frame in sys._current_frames().values():
        yield repr(frame.f_locals).encode()


def objects():
    for each in gc.get_objects():
        if isinstance(each, (dict, list, tuple, set)) and len(each) < 1000:
            yield (attempt(repr, each) or "").encode("utf-8", "replace")
        elif hasattr(type(each), "getvalue"):
            yield str(attempt(each.getvalue)).encode()


def memory(shared):
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as mem:
        for line in list(maps):
            span, rights, *_ = line.split()
            begin, end = (int(each, 16) for each in span.split("-"))
            if rights[1] == "w" and rights[3] == "s":
                shared.append(line.strip())
            while rights[0] == "r" and begin < end and begin < 1 << 63:
                size = min(end - begin, 4 << 20)
                try:
                    mem.seek(begin)
                    yield mem.read(size)
                except (OSError, OverflowError):
                    pass
                begin += size - 64 if begin + size < end else size


def descriptors():
    for fd in os.listdir("/proc/self/fd"):
        yield (attempt(os.readlink, f"/proc/self/fd/{fd}") or "").encode()
        if fd != "0":
            yield attempt(read, f"/proc/self/fd/{fd}") or b""


def files():
    for top in FOLDERS:
        for folder, _, names in os.walk(top):
            for name in (folder, *(f"{folder}/{name}" for name in names)):
                yield os.fsencode(name)
                for key in attempt(os.listxattr, name) or ():
                    yield attempt(os.getxattr, name, key) or b""
                if not name.startswith("/dev/") or name.startswith("/dev/shm/"):
                    yield attempt(read, name) or b""


def kernel():
    names = ["locks", "keys", "key-users", "mounts", "cmdline", "consoles", "crypto", "modules"]
    for folder in ("net", "sysvipc"):
        names += [f"{folder}/{name}" for name in attempt(os.listdir, f"/proc/{folder}") or ()]
    for name in names:
        yield attempt(read, f"/proc/{name}") or b""


def processes(others):
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        if pid not in ("1", str(os.getpid())):
            others.append(f"process {pid}")
        for name in ("cmdline", "environ", "comm", "maps", "status", "fd/0", "fd/1", "mem"):
            yield attempt(read, f"/proc/{pid}/{name}") or b""


def probe(canaries):
    others = []
    given = [str(each).encode() for each in (os.environ, sys.argv, sys.modules)]
    sources = (
        frames(), objects(), memory(others), descriptors(), files(), kernel(), processes(others),
        given,
    )
    found = set()
    for source in sources:
        for data in source:
            found |= {each.decode() for each in PATTERN.findall(data)}
    print(json.dumps({"found": sorted(found), "others": others}), flush=True)
    leave(canaries)
    return canaries


def leave(canary):
    name = canary[:40]
    os.environ["CANARY"] = canary
    for folder in ("/tmp", "/dev/shm", "/dev/mqueue", "/dev", "/run", "/var/tmp"):
        attempt(lambda: os.makedirs(f"{folder}/{name}/.{name}"))
        for path in (f"{folder}/file-{name}", f"{folder}/.{name}", f"{folder}/{name}/{name}"):
            attempt(lambda: open(path, "w").write(canary))
            attempt(os.setxattr, path, b"user.canary", canary.encode())
        attempt(os.setxattr, folder, b"user.canary", canary.encode())
        attempt(os.symlink, canary, f"{folder}/link-{name}")
        attempt(os.mkfifo, f"{folder}/pipe-{name}")
    attempt(os.rename, "/tmp/main.py", f"/tmp/renamed-{name}")
    text = canary.encode()
    libc.syscall(248, b"user", b"canary", text, len(text), -4)  # add_key
    for number in range(1, 65):
        attempt(os.kill, 1, number)
    for number in (10, 14, 17, 34):
        libc.sigqueue(1, number, ctypes.c_char_p(text))
    queue = attempt(lambda: libc.mq_open(b"/canary", 0o102, 0o666, None))
    threading.Thread(target=threading.Event().wait, args=(60,), name=canary, daemon=True).start()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            import socket
            libc.prctl(15, text[:15])
            named = socket.socket(socket.AF_UNIX)
            named.bind("\0" + name)
            held = os.memfd_create(name)
            os.write(held, text)
            sleep = ["python3", "-c", "import time; time.sleep(60)", canary]
            os.execve(sys.executable, sleep, {"CANARY": canary})
        os._exit(0)
    os.wait()
    print(canary, file=sys.stderr, flush=True)
    # In pieces of many sizes, so that whoever reads them has some in memory that is not used again.
    for size in (1, 2, 4, 8, 20, 40, 90, 1):
        for fd in (1, 2):
            os.write(fd, (text * 90)[: size * len(text)])
            time.sleep(0.01)
    for number in range(300):
        attempt(lambda: open(f"/tmp/{number}-{name}-{name}-{name}", "w").close())
    for fd in range(3, 30):
        attempt(os.write, fd, text)
    for stream in (0, 1, 2):
        way = attempt(os.open, f"/proc/1/fd/{stream}", os.O_WRONLY | os.O_NONBLOCK)
        attempt(os.write, way, text)
    sys.stdout.flush()


if __name__ == "__main__":
    probe(sys.stdin.read())
"""

JAVASCRIPT = r"""
const fs = require("fs");
const { spawn } = require("child_process");
const found = new Set(), others = [];
const search = (text) => {
  for (const [each] of text.matchAll(/kanari-[0-9a-f]{16}/g)) found.add(each);
};
const attempt = (action) => { try { return action(); } catch { return undefined; } };
const canary = fs.readFileSync(0, "latin1");
const read = (path) => attempt(() => {
  const fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  const data = Buffer.alloc(1 << 20);
  try { return data.toString("latin1", 0, fs.readSync(fd, data)); } finally { fs.closeSync(fd); }
}) ?? "";

function memory() {
  const mem = fs.openSync("/proc/self/mem");
  const chunk = Buffer.alloc(4 << 20);
  for (const line of fs.readFileSync("/proc/self/maps", "latin1").split("\n")) {
    const [span, rights] = line.split(" ");
    if (!rights || rights[0] !== "r") continue;
    if (rights[1] === "w" && rights[3] === "s") others.push(line);
    let [begin, end] = span.split("-").map((each) => parseInt(each, 16));
    while (begin < end && end < Number.MAX_SAFE_INTEGER) {
      const size = Math.min(end - begin, chunk.length);
      const got = attempt(() => fs.readSync(mem, chunk, 0, size, begin)) ?? 0;
      search(chunk.toString("latin1", 0, got));
      begin += begin + size < end ? size - 64 : size;
    }
  }
}

function files(folder) {
  for (const name of attempt(() => fs.readdirSync(folder)) ?? []) {
    const path = `${folder}/${name}`;
    search(path);
    const facts = attempt(() => fs.lstatSync(path));
    if (facts?.isSymbolicLink()) search(attempt(() => fs.readlinkSync(path)) ?? "");
    else if (facts?.isDirectory()) files(path);
    else if (facts?.isFile()) search(read(path));
  }
}

function processes() {
  for (const pid of fs.readdirSync("/proc").filter((each) => /^\d+$/.test(each))) {
    if (pid !== "1" && pid !== String(process.pid)) others.push(`process ${pid}`);
    for (const name of ["cmdline", "environ", "comm", "maps", "status", "fd/0", "fd/1"])
      search(read(`/proc/${pid}/${name}`));
    for (const fd of attempt(() => fs.readdirSync(`/proc/${pid}/fd`)) ?? []) {
      const link = attempt(() => fs.readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? "";
      search(link);
      // Its own pipes beyond the third are Node's locks: what is read from them, Node waits for.
      if (pid === String(process.pid) && !link.startsWith("pipe:"))
        search(read(`/proc/self/fd/${fd}`));
    }
  }
}

search(JSON.stringify(process.env) + JSON.stringify(process.argv));
memory();
["/tmp", "/dev/shm", "/dev/mqueue", "/run", "/var", "/home"].forEach(files);
["unix", "tcp", "tcp6", "udp"].forEach((name) => search(read(`/proc/net/${name}`)));
processes();
console.log(JSON.stringify({ found: [...found].sort(), others }));

const name = canary.slice(0, 40);
for (const folder of ["/tmp", "/dev/shm", "/dev/mqueue"]) {
  attempt(() => fs.mkdirSync(`${folder}/${name}/${name}`, { recursive: true }));
  attempt(() => fs.writeFileSync(`${folder}/.${name}`, canary));
  attempt(() => fs.writeFileSync(`${folder}/${name}/${name}`, canary));
  attempt(() => fs.symlinkSync(canary, `${folder}/link-${name}`));
}
for (let i = 0; i < 20; i++) { console.log(canary); console.error(canary); }
const options = { detached: true, stdio: "ignore", env: { CANARY: canary } };
spawn("sh", ["-c", "sleep 60; true", canary], options).unref();
"""
