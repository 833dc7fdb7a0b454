"""Runs Python candidates, one forked process each, and says what they did.

Started by zerr-verify as `python3 -c`, confined, with the job as JSON on standard input. Writes
lines `CANDIDATE INPUT SECRET OBSERVATION` (or `CANDIDATE rejected SECRET {...}`) on standard
output. Children hand lines to this process over a pipe, each behind the secret.

A candidate runs in a second thread of its child, under a function whose globals hold nothing, so
that walking its caller's frames does not lead to the secret or the results.

What the runner calls once a candidate runs is bound before, and its builtins are a copy: modules
are shared, and a candidate may replace what is in them.
"""
import json
import os
import resource
import select
import signal
import sys
import time

import _queue
import _thread
from json.encoder import encode_basestring_ascii as quote
from os import _exit, write
from struct import pack, unpack

# Lines for the parent's reader that are not written yet.
said = []

# Values that nobody can change.
FIXED = (type(None), bool, int, float, str, bytes, frozenset)

DIGIT_BITS_MAX = 14_000
DEPTH_MAX = 34

# As the deny-scan has them; capabilities add more (`job["modules"]`).
MODULES = (
    "__future__ bisect cmath collections copy dataclasses decimal enum fractions functools heapq"
    " itertools json math numbers operator re statistics string textwrap typing unicodedata".split()
)

BUILTINS = (
    "abs all any ascii bin bool bytearray bytes callable chr classmethod complex dict divmod"
    " enumerate filter float format frozenset hasattr hash hex int isinstance issubclass iter len"
    " list map max memoryview min next object oct ord pow print property range repr reversed round"
    " set slice sorted staticmethod str sum super tuple type zip __build_class__ __debug__"
    " NotImplemented Ellipsis None True False"
).split()

SERVE = compile("""
def serve(get, put):
    while True:
        call = get()
        try:
            put((True, call[0](*call[1])))
        except BaseException as error:
            put((False, error))
""", "<serve>", "exec")

IMPORT = compile("""
def guarded(name, globals=None, locals=None, fromlist=(), level=0):
    if level or name.split(".")[0] not in allowed:
        raise ImportError("no module named " + repr(name) + " here")
    return real(name, None, None, fromlist, 0)
""", "<import>", "exec")


class Opaque(Exception):
    """A value without encoding."""


class Full(Exception):
    """An encoding past the limit."""


# ---- values


def decode(value):
    tag = value[0]
    if tag == "n" or tag == "u":
        return None
    if tag == "b" or tag == "s" or tag == "c":
        return value[1]
    if tag == "f64":
        return unpack(">d", bytes.fromhex(value[1]))[0]
    if tag == "f32":
        return unpack(">f", bytes.fromhex(value[1]))[0]
    if tag == "y":
        return bytes.fromhex(value[1])
    if tag == "t":
        return tuple(map(decode, value[1]))
    if tag == "l":
        items = value[1]
        if all(item[0] == "int" for item in items):
            # The usual case, and several times faster.
            return [int(item[1]) for item in items]
        return list(map(decode, items))
    if tag == "S":
        return set(map(decode, value[1]))
    if tag == "F":
        return frozenset(map(decode, value[1]))
    if tag == "m":
        return {decode(key): decode(item) for key, item in value[1]}
    if tag == "some" or tag == "ok" or tag == "err":
        return decode(value[1])
    return int(value[1])


def encode(value, room):
    """The canonical text of a value. Looks at exact types only, so no candidate's code runs."""
    parts = []
    left = room

    def put(text):
        nonlocal left
        left -= len(text)
        if left < 0:
            raise Full
        parts.append(text)

    def walk(value, depth):
        kind = type(value)
        if depth > DEPTH_MAX:
            raise Opaque("value nested deeper than %d levels" % DEPTH_MAX)
        if value is None:
            put('["n"]')
        elif kind is bool:
            put('["b",true]' if value else '["b",false]')
        elif kind is int:
            if value.bit_length() > DIGIT_BITS_MAX:
                raise Opaque("int of more than 4,200 digits")
            put('["int","%d"]' % value)
        elif kind is float:
            bits = pack(">d", value).hex() if value == value else "7ff8000000000000"
            put('["f64","%s"]' % bits)
        elif kind is str:
            if len(value) > left:
                raise Full
            put('["s",%s]' % quote(value))
        elif kind is bytes:
            if len(value) > left:
                raise Full
            put('["y","%s"]' % value.hex())
        elif kind is tuple or kind is list:
            put('["t",[' if kind is tuple else '["l",[')
            if depth < DEPTH_MAX and value and len(value) < left and set(map(type, value)) == {int}:
                # The usual case, and many times faster.
                if max(map(int.bit_length, value)) > DIGIT_BITS_MAX:
                    raise Opaque("int of more than 4,200 digits")
                put(",".join(['["int","%d"]' % item for item in value]))
                put("]]")
                return
            for index, item in enumerate(value):
                if index:
                    put(",")
                walk(item, depth + 1)
            put("]]")
        elif kind is set or kind is frozenset:
            put('["S",[')
            put(",".join(sorted(encode(item, left) for item in value)))
            put("]]")
        elif kind is dict:
            put('["m",[')
            for index, (key, item) in enumerate(value.items()):
                put(",[" if index else "[")
                walk(key, depth + 1)
                put(",")
                walk(item, depth + 1)
                put("]")
            put("]]")
        else:
            raise Opaque(name_of(kind))

    walk(value, 0)
    return "".join(parts)


def name_of(kind):
    name = type.__dict__["__name__"].__get__(kind)
    return name if type(name) is str else "class"


def described(error):
    """Its class and its text; no candidate's code runs."""
    kind = type(error)
    name = name_of(kind)
    if BUILTIN_EXCEPTIONS.get(name) is not kind:
        # Only the real one is called `ValueError`.
        module = type.__dict__["__module__"].__get__(kind)
        name = (module if type(module) is str and module != "builtins" else "candidate") + "." + name
    args = BaseException.args.__get__(error)
    first = args[0] if type(args) is tuple and args else ""
    message = first[:300] if type(first) is str else repr(first) if type(first) is int else ""
    return name, message


def raised(error):
    if type(error) is MemoryError:
        return crashed("out of memory")
    if isinstance(error, SystemExit):
        return crashed("left with SystemExit")
    return '{"raised":{"kind":%s,"message":%s}}' % tuple(map(quote, described(error)))


BUILTIN_EXCEPTIONS = {
    name: kind
    for name, kind in vars(sys.modules["builtins"]).items()
    if isinstance(kind, type) and issubclass(kind, BaseException)
}


# ---- the child


def child(job, candidate, start, out):
    secret, source = candidate["secret"], candidate["source"]
    memory = job["memory_bytes"]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    for fd in (0, 1, 2):
        os.dup2(job["nothing"], fd)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)

    def say(word, rest):
        line = memoryview(("%s %s %s\n" % (secret, word, rest)).encode())
        while line:
            line = line[write(out, line) :]

    texts = [job["imports"], *job["context"], source]
    codes = []
    for text in texts:
        if not text and text is not source:
            continue
        try:
            codes.append(compile(text, "<candidate>", "exec", dont_inherit=True))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            message = "%s: %s" % (type(error).__name__, getattr(error, "msg", None) or error)
            say("rejected", rejection("syntax", text is source, message, getattr(error, "lineno", None)))
            return

    scope = fresh_globals(job)
    sys.modules.pop("__main__")
    calls, results = _queue.SimpleQueue(), _queue.SimpleQueue()
    space = {"__builtins__": {"BaseException": BaseException}}
    exec(SERVE, space)
    _thread.stack_size(64 << 20)
    _thread.start_new_thread(space["serve"], (calls.get, results.put))
    # From here on no process and no thread can be started.
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    sys.addaudithook(guard(_thread.get_ident()))

    def call(function, arguments):
        if not results.empty():
            _exit(71)
        calls.put((function, arguments))
        answer = results.get()
        if type(answer) is not tuple or len(answer) != 2:
            _exit(71)
        return answer

    for code in codes:
        returned, error = call(exec, (code, scope))
        if not returned:
            message = "%s: %s" % described(error)
            say("rejected", rejection("types", code is codes[-1], message))
            return
    function = scope.get(job["function"])
    if type(function) is not type(child):
        say("rejected", rejection("types", True, "defines no function `%s`" % job["function"]))
        return
    say("ready", "")
    room = job["result_bytes_max"]
    for position in range(start, len(job["order"])):
        which = job["order"][position]
        arguments = [decode(value) for value in job["inputs"][which]]
        returned, answer = call(function, tuple(arguments))
        say(position, observation(returned, answer, arguments, job["before"][which], room))
    say("done", "")


def guard(runner):
    """Ends a process that looks for the secret past its own frames, or makes up code for that.

    In the runner's own thread no code of a candidate's has business: it could get there as the
    finaliser of garbage.
    """
    everywhere = frozenset(
        "sys._current_frames sys._current_exceptions sys.settrace sys.setprofile gc.get_objects"
        " gc.get_referrers gc.get_referents code.__new__ cpython.PyInterpreterState_New".split()
    )
    here = frozenset(("sys._getframe", "object.__getattr__"))
    leave, thread = _exit, _thread.get_ident

    def hook(event, arguments):
        if event in everywhere or event[:6] == "ctypes" or event in here and thread() == runner:
            leave(71)

    return hook


def rejection(layer, is_own, message, line=None):
    own = "true" if is_own else "false"
    line = "null" if line is None else line
    return '{"layer":"%s","own":%s,"message":%s,"line":%s}' % (layer, own, quote(message), line)


def observation(returned, answer, arguments, before, room):
    if not returned:
        if not isinstance(answer, BaseException):
            _exit(71)
        return raised(answer)
    try:
        value = encode(answer, room)
        mutated = ",".join(
            "[%d,%s]" % (index, text)
            for index, argument in enumerate(arguments)
            if type(argument) not in FIXED and (text := encode(argument, room)) != before[index]
        )
    except Opaque as opaque:
        return '{"opaque":{"type":%s}}' % quote(str(opaque))
    except Full:
        return '"output_limit"'
    return '{"returned":{"value":%s,"mutated":[%s]}}' % (value, mutated)


def fresh_globals(job):
    import builtins

    allowed = {name: getattr(builtins, name) for name in BUILTINS}
    allowed.update(BUILTIN_EXCEPTIONS)
    allowed.update((name, getattr(builtins, name)) for name in job["builtins"])
    space = {
        "__builtins__": {"ImportError": ImportError, "repr": repr},
        "real": builtins.__import__,
        "allowed": frozenset(MODULES + job["modules"]),
    }
    exec(IMPORT, space)
    allowed["__import__"] = space["guarded"]
    return {"__builtins__": allowed, "__name__": "candidate"}


# ---- the parent


def before_call(value, room):
    try:
        return encode(decode(value), room)
    except Full:
        return ""


class Running:
    def __init__(self, candidate):
        self.candidate = candidate
        self.position = 0
        self.lost = 0
        self.pid = 0
        self.fd = -1
        self.buffer = b""
        self.deadline = self.due = self.latest = 0.0
        self.patience = None
        self.loaded = False

    def start(self, job):
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            status = 71
            try:
                os.close(read)
                os.setpgid(0, 0)
                child(job, self.candidate, self.position, write)
                status = 0
            finally:
                _exit(status)
        os.close(write)
        os.set_blocking(read, False)
        self.pid, self.fd, self.buffer, self.loaded = pid, read, b"", False
        self.allow(job["call_ms"] / 1000 + 2)

    def allow(self, seconds):
        """Gives it so much time of a processor from now on, and on a busy machine longer to get it: all
        its calls together wait BUSY times as long as one may take, no more."""
        now = time.monotonic()
        used = processor_time(self.pid)
        if self.patience is None:
            self.patience = BUSY * seconds
        else:
            self.patience -= max(0.0, min(now, self.latest) - self.due)
        self.enough, self.looked = used + seconds, (now, used)
        self.deadline = self.due = now + seconds
        self.latest = self.due + max(0.0, self.patience)

    def is_late(self, now):
        """Whether its time is over, or it waits for something else than a processor; if not, when to
        look again."""
        if now < self.deadline:
            return False
        used, (before, used_before) = processor_time(self.pid), self.looked
        if used >= self.enough or now >= self.latest:
            return True
        # Shorter than this even who is ready may wait in a queue.
        if now - before >= GLANCE:
            if used - used_before < IDLE * (now - before):
                return True
            self.looked = (now, used)
        self.deadline = min(now + max(self.enough - used, 0.005), self.latest)
        return False

    def stop(self):
        """Ends the process and all that it started; says how it ended by itself, if it did."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        for kill, target in ((os.killpg, self.pid), (os.kill, self.pid)):
            try:
                if pid == 0 or kill is os.killpg:
                    kill(target, signal.SIGKILL)
            except OSError:
                pass
        if pid == 0:
            os.waitpid(self.pid, 0)
        os.close(self.fd)
        if pid == 0:
            return None
        if os.WIFSIGNALED(status):
            return "signal %d" % os.WTERMSIG(status)
        return "left early with exit code %d" % os.WEXITSTATUS(status)


# Who waits for a processor waits at most so many times as long as one call may take, all calls together.
BUSY = 10
# Who has one for less than this share of so many seconds does not wait for it.
IDLE = 0.02
GLANCE = 0.25


def processor_time(pid):
    """Seconds that a process has had a processor for; by the wall clock where that cannot be asked."""
    try:
        # The clock of a process, as Linux numbers it (see clock_getcpuclockid(3)).
        return time.clock_gettime((~pid << 3) | 2)
    except (AttributeError, OSError, OverflowError):
        return time.monotonic()


def say(candidate, word, rest):
    said.append("%d %s %s %s\n" % (candidate["id"], word, candidate["secret"], rest))


def flush():
    """What was said since the last time goes out in one piece."""
    text = memoryview("".join(said).encode())
    said.clear()
    while text:
        text = text[write(1, text) :]


def crashed(how):
    return '{"crashed":{"how":%s}}' % quote(how)


def step(job, running, end):
    """Takes in what the child wrote. Says whether the candidate is finished."""
    prefix = running.candidate["secret"].encode() + b" "
    heard = False
    while True:
        line, newline, rest = running.buffer.partition(b"\n")
        if not newline:
            break
        running.buffer = rest
        if not line.startswith(prefix):
            continue
        word, _, text = line[len(prefix) :].decode("utf-8", "replace").partition(" ")
        heard = True
        if word == "done" or word == "rejected":
            if word == "rejected":
                say(running.candidate, "rejected", text)
            running.stop()
            return True
        if word == "ready":
            running.loaded = True
        elif word == str(running.position):
            say(running.candidate, job["order"][running.position], text)
            running.position += 1
    if heard:
        running.allow(job["call_ms"] / 1000)
    if end is None and len(running.buffer) > 4 * job["result_bytes_max"] + 10_000:
        end = "flood"
    if end is None:
        return False
    how = running.stop()
    order = job["order"]
    if not running.loaded:
        text = crashed(how or "did not load in time")
        for position in range(running.position, len(order)):
            say(running.candidate, order[position], text)
        return True
    if running.position < len(order):
        text = '"output_limit"' if end == "flood" else crashed(how) if how else '"timed_out"'
        say(running.candidate, order[running.position], text)
        running.position += 1
        running.lost += 1
    if running.lost > job["lost_max"]:
        text = crashed("not run: too many calls before this one did not end")
        for position in range(running.position, len(order)):
            say(running.candidate, order[position], text)
        return True
    if running.position >= len(order):
        return True
    running.start(job)
    return False


def share_memory():
    """Children do not touch, and so do not copy, what is here before they start."""
    import gc

    gc.freeze()
    sys.modules.pop("gc")


def shut_proc():
    """No other process of the same user opens this one's memory or descriptors from now on."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)
        for name in [name for name in sys.modules if "ctypes" in name]:
            del sys.modules[name]
    except (ImportError, AttributeError, OSError):
        # Then the sandbox's user alone stands between candidates; results keep their secrets.
        pass


def main():
    shut_proc()
    job = json.loads(sys.stdin.buffer.read())
    sys.path[:] = [path for path in sys.path if path]
    sys.dont_write_bytecode = True
    waiting = [Running(candidate) for candidate in job["candidates"]]
    waiting.reverse()
    # What is imported here need not be imported once a child.
    texts = "\n".join([*job["context"], *(running.candidate["source"] for running in waiting)])
    for module in MODULES:
        if module in texts:
            __import__(module)
    room = job["result_bytes_max"]
    job["nothing"] = os.open(os.devnull, os.O_RDWR)
    job["before"] = [[before_call(value, room) for value in values] for values in job["inputs"]]
    share_memory()
    try:
        run_all(job, waiting)
    finally:
        flush()


def run_all(job, waiting):
    active = []
    while waiting or active:
        while waiting and len(active) < job["width"]:
            running = waiting.pop()
            running.start(job)
            active.append(running)
        poll = select.poll()
        for running in active:
            poll.register(running.fd, select.POLLIN)
        soonest = min(running.deadline for running in active) - time.monotonic()
        heard = {fd for fd, _ in poll.poll(max(0, int(soonest * 1000) + 1))}
        now = time.monotonic()
        for running in list(active):
            end = None
            if running.fd in heard:
                try:
                    piece = os.read(running.fd, 1 << 16)
                    running.buffer += piece
                    if not piece:
                        end = "closed"
                        flush()
                        # The pipe closes a moment before the process is gone.
                        wait_a_moment(running.pid)
                except BlockingIOError:
                    pass
            elif running.is_late(now):
                end = "late"
            if step(job, running, end):
                active.remove(running)
        flush()


def wait_a_moment(pid):
    until = time.monotonic() + 1
    while time.monotonic() < until:
        info = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if info is not None:
            return
        time.sleep(0.001)


if __name__ == "runner":
    main()
