"""A folder and the processes of one run, and nothing of either afterwards: at the end, on failure and on Ctrl-C."""
import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile


class Scratch:
    """Ends its processes by their ids, the newest first, and then removes the folder."""

    def __init__(self, name):
        self.folder = tempfile.mkdtemp(prefix=f"gatehouse-{name}-")
        self.processes = []
        self.closers = []
        self.closed = False
        atexit.register(self.close)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ended)

    def _ended(self, number, _frame):
        # At once: threads that wait for minutes would hold up an orderly end.
        self.close()
        os._exit(128 + number)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, name, text, mode=0o600):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def start(self, command, log, env=None, cwd=None, **more):
        """Starts a process whose output goes to a file of the folder; what it starts itself ends with it."""
        with open(self.path(log), "ab") as output:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=env, cwd=cwd,
                **{"start_new_session": True, **more})
        self.processes.append(process)
        return process

    def logged(self, *names, last=0):
        """What stands in these files, of each the last characters where that is said; nothing of what is not there."""
        text = ""
        for path in map(self.path, names):
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as file:
                    text += file.read()[-last:]
        return text

    def stop(self, process, patience=15):
        if process in self.processes:
            self.processes.remove(process)
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        try:
            # A server's own children, where it ended without them.
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        return process.returncode

    def close(self):
        if self.closed:
            return
        self.closed = True
        for closer in reversed(self.closers):
            try:
                closer()
            except Exception:  # whatever does not end well must not keep the rest
                pass
        for process in reversed(list(self.processes)):
            self.stop(process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def free_port(ports=(0,)):
    """A port of loopback that nobody has: any, or the first of these."""
    for port in ports:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return probe.getsockname()[1]
            except OSError:
                continue
    raise OSError("every port is taken")
