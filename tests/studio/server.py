"""A server with the studio as a process of its own."""

import http.client
import json
import os
import pathlib
import re
import subprocess
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
READY = re.compile(r"the studio: http://127\.0\.0\.1:(\d+)/")
CHANGE = {"X-Hachi-Studio": "1"}


class StudioServer:
    """Starts `serve --studio` and asks it."""

    def __init__(self, folder, *flags):
        command = [sys.executable, "-m", "hachi_tf.serve", "--studio", f"--studio_dir={folder}"]
        command += ["--rest_port=0", "--grpc_port=0", *flags]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        self.child = subprocess.Popen(
            command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True
        )
        self.said = []
        for line in self.child.stderr:
            self.said.append(line)
            if match := READY.search(line):
                self.port = int(match[1])
                break
        else:
            raise AssertionError("".join(self.said))
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.child.stderr:
            self.said.append(line)

    def request(self, method, path, body=None, headers=None):
        """The status, the headers and the body of an answer; `body` may be bytes, or JSON."""
        given = dict(CHANGE if method != "GET" else {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            given["Content-Type"] = "application/json"
        given |= headers or {}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=240)
        try:
            connection.request(
                method, path, body, {key: each for key, each in given.items() if each is not None}
            )
            answer = connection.getresponse()
            content = answer.read()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, content
        finally:
            connection.close()

    def ask(self, method, path, body=None, **headers):
        """The status and the JSON of an answer of the studio's."""
        status, _, content = self.request(method, f"/studio/api/{path}", body, headers)
        return status, json.loads(content)

    def get(self, path):
        """The JSON of an answer that must be fine."""
        status, value = self.ask("GET", path)
        assert status == 200, value
        return value

    def end(self):
        """Ends it as Ctrl-C does; the exit status."""
        self.child.terminate()
        return self.child.wait(60)

    def kill(self):
        self.child.kill()
        self.child.wait(60)
